from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.colors import to_hex

from domains.lesions import as_image, assess, consensus, example, plot_overlay, plot_raters, plot_scores, read_image
from domains.lesions.grids import Grid
from domains.lesions.plotting import INK, PREDICTED_INK, _draw_outline, _plane


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.fixture
def raters():
    return read_image(example("nodule_00")) == 1


def test_the_slice_of_most_disagreement(raters):
    a, b = raters.isel(rater=0), raters.isel(rater=1)
    disputed = (a != b).sum(["x", "y"])
    z = float(disputed.z[int(disputed.values.argmax())])
    ax = plot_overlay(a, b)
    assert ax.get_title() == f"z = {z:.1f} mm, most disagreement"
    k = int(disputed.values.argmax())
    both = int((a & b).isel(z=k).sum())
    assert ax.get_legend().get_texts()[0].get_text() == f"both ({both})"
    assert ax.get_legend().get_title().get_text() == "voxels of this slice"
    other = plot_overlay(a, b, axis="x", at=float(a.x[16]))
    assert (other.get_xlabel(), other.get_ylabel()) == ("y (mm)", "z (mm)")


def test_the_picture_lies_in_mm(raters):
    ax = plot_overlay(raters.isel(rater=0), raters.isel(rater=1))
    left, right, bottom, top = ax.images[0].get_extent()
    half = 0.56640625 / 2
    assert (left, right) == pytest.approx((-half, 31 * 0.56640625 + half))
    assert ax.get_aspect() == 1
    assert left <= ax.get_xlim()[0] < ax.get_xlim()[1] <= right
    assert bottom <= ax.get_ylim()[0] < ax.get_ylim()[1] <= top


def test_soft_masks_get_contours(raters, tmp_path):
    a, b = (consensus(raters.isel(rater=k)) for k in ([0, 1], [1, 2, 3]))
    ax = plot_overlay(a, b, image=a * 100)
    assert "contours 0.25, 0.5, 0.75" in ax.get_title()
    assert len(ax.images) == 2
    ax.figure.savefig(tmp_path / "o.pdf")
    assert (tmp_path / "o.pdf").stat().st_size > 5000


def test_outline_is_the_perimeter():
    """2 × 3 voxels of 2 × 0.5 mm: 4 edges of 2 mm and 6 of 0.5 mm; one voxel alone has four."""
    mask = np.zeros((6, 6), bool)
    mask[1:3, 1:4] = True
    mask[5, 5] = True
    _, ax = plt.subplots()
    image = as_image(mask, (2.0, 0.5))
    plane = _plane(Grid.of(image), image, "z", None, "")
    _draw_outline(plane, plane.slice(image), ax, colors="k")
    segments = np.array(ax.collections[0].get_segments())
    lengths = np.abs(segments[:, 1] - segments[:, 0]).sum(axis=1)
    assert sorted(lengths) == pytest.approx([0.5] * 8 + [2.0] * 6)


def test_every_rater_is_drawn(raters):
    ax = plot_raters(raters.assign_coords(rater=["ann", "bob", "cleo", "dan"]))
    assert [t.get_text() for t in ax.get_legend().get_texts()] == [f"rater {k}" for k in ("ann", "bob", "cleo", "dan")]
    assert len(ax.collections) == 4


def test_scores_by_label():
    scores = pd.DataFrame(
        {"label": ["1", "1", "2", "2", ""], "error": ["", "", "", "", "bad"], "hd95": [1.0, np.inf, 2, 3, np.nan]}
    )
    ax = plot_scores(scores, "hd95")
    assert [t.get_text() for t in ax.get_yticklabels()] == ["1  (n = 2)", "2  (n = 2)"]
    assert sum(len(c.get_offsets()) for c in ax.collections) == 3


def drawn_lesions(ax):
    """Count the outlines of a picture of a result: (solid, dotted) of the prediction, then of the reference."""
    counts = {}
    for outline in ax.collections:
        colour = to_hex(outline.get_edgecolor()[0])
        dotted = outline.get_linestyle()[0][1] is not None
        counts[colour, dotted] = counts.get((colour, dotted), 0) + 1
    return [counts.get((colour.lower(), dotted), 0) for colour in (PREDICTED_INK, INK) for dotted in (False, True)]


def soft_lesions():
    """One slice. Above: a lesion of IoU 0.5 if cut at 0.5, missed if cut at 0.8. Below: one that a corner joins."""
    a, b = np.zeros((2, 30, 30))
    a[2:6, 2:6], b[2:6, 2:10] = 0.6, 1
    a[20:24, 20:24], b[20:24, 20:24] = 1, 1
    a[24:28, 24:28], b[24:28, 24:28] = 1, 1
    return as_image(a, 1.0), as_image(b, 1.0)


@pytest.mark.parametrize(
    ("options", "drawn"),
    [
        ({}, [2, 0, 2, 0]),
        ({"threshold": 0.6}, [1, 1, 1, 1]),
        ({"level": 0.8}, [1, 0, 1, 1]),
        ({"connectivity": 1}, [3, 0, 3, 0]),
        ({"connectivity": 1, "threshold": 0.6}, [2, 1, 2, 1]),
    ],
)
def test_the_picture_shows_what_the_table_says(options, drawn):
    result = assess(*soft_lesions(), **options)
    ax = plot_overlay(result)
    assert drawn_lesions(ax) == drawn
    matched = int(result.lesions["matched"].sum())
    predicted, reference = result.lesions["predicted"].nunique(), result.lesions["reference"].nunique()
    assert [matched, predicted - matched, matched, reference - matched] == drawn
    assert result.report.lesions_matched.item() == matched
    assert f"cut at {options.get('level', 0.5)}, matched (solid)" in ax.get_title()
    assert ax.get_title().endswith(f"{matched} of {predicted} predicted and {reference} reference lesions")


def test_a_picture_of_a_result_names_its_label_and_case():
    a, b = (image.expand_dims(z=[0.0]) for image in soft_lesions())
    maps = [(x > 0) * 2 + 0 for x in (a, b)]
    cases = [xr.concat([x, x * 0], xr.Variable("case", ["p", "q"])) for x in maps]
    cases = [x.assign_coords(z=("z", [0.0], {"spacing": 3.0})) for x in cases]
    result = assess(*cases, labels=[1, 2])
    assert plot_overlay(result, label=2, case="p").get_title().startswith("case p, label 2, Dice 0.8")
    assert plot_overlay(result, label=1).get_title().startswith("case p, label 1, Dice nan (not drawn: 2)\n")
    with pytest.raises(ValueError, match="labels are 1, 2"):
        plot_overlay(result, label=3)
    with pytest.raises(ValueError, match="keep_masks=True"):
        plot_overlay(assess(*cases, keep_masks=False))


def test_a_picture_of_one_label_says_that_others_are_not_drawn():
    image = as_image(np.arange(36).reshape(6, 6) // 12 + 1, 1.0)
    assert plot_overlay(assess(image, image)).get_title().startswith("label 1, Dice 1.000 (not drawn: 2, 3)\n")
    assert "not drawn" not in plot_overlay(assess(image, image, labels=[2])).get_title()


def test_an_image_lies_where_the_masks_are(raters):
    a, b = raters.isel(rater=0), raters.isel(rater=1)
    below = a.copy(data=np.arange(a.size, dtype=float).reshape(a.shape))
    ax = plot_overlay(assess(a, b), image=below)
    shown = np.asarray(ax.images[0].get_array())
    left, right, bottom, top = ax.images[0].get_extent()
    part = below.sel(x=slice(left, right), y=slice(bottom, top))
    assert any(np.array_equal(shown, part.isel(z=k).transpose("y", "x")) for k in range(a.sizes["z"]))
    assert shown.shape == np.asarray(ax.images[1].get_array()).shape[:2]


def test_refusals(raters):
    with pytest.raises(ValueError, match="axis must be one of"):
        plot_overlay(raters.isel(rater=0), raters.isel(rater=1), axis="t")
    with pytest.raises(ValueError, match="different grids"):
        plot_overlay(raters.isel(rater=0), raters.isel(rater=1, x=slice(3)))
    with pytest.raises(TypeError, match="reference is None"):
        plot_overlay(raters.isel(rater=0))
