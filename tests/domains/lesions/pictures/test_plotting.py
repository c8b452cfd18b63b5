"""Overlays show what the table says, in mm."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.colors import to_hex
from matplotlib.text import Text

from domains._pictures import settle
from domains.lesions import (
    as_image,
    assess,
    consensus,
    example,
    plot_detection,
    plot_labels,
    plot_models,
    plot_overlay,
    plot_raters,
    plot_reliability,
    plot_scores,
    read_image,
)
from domains.lesions.pictures.drawing import INK
from domains.lesions.pictures.plotting import OUTLINES, PREDICTED_INK

pytestmark = pytest.mark.usefixtures("unsettled")


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
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
    assert left <= ax.get_xlim()[1] < ax.get_xlim()[0] <= right
    assert bottom <= ax.get_ylim()[0] < ax.get_ylim()[1] <= top


@pytest.mark.slow
def test_soft_masks_get_contours(raters, tmp_path):
    a, b = (consensus(raters.isel(rater=k)) for k in ([0, 1], [1, 2, 3]))
    ax = plot_overlay(a, b, image=a * 100)
    assert "contours 0.25, 0.5, 0.75" in ax.get_title()
    assert len(ax.images) == 2
    ax.figure.savefig(tmp_path / "o.pdf")
    assert (tmp_path / "o.pdf").stat().st_size > 5000


@pytest.mark.slow
@pytest.mark.parametrize(("is_soft", "filled"), [((True, True), False), ((True, False), True), ((False, False), True)])
def test_the_first_savefig_cuts_nothing_off(raters, tmp_path, monkeypatch, filled, is_soft):
    # the layout is what it is about
    monkeypatch.undo()
    masks = []
    for k, soft in zip(([0, 1], [2, 3]), is_soft, strict=True):
        mask = consensus(raters.isel(rater=k))
        masks.append(mask if soft else mask >= 0.5)
    ax = plot_overlay(*masks, filled=filled)
    ax.figure.savefig(tmp_path / "o.png", dpi=ax.figure.dpi)
    paper = ax.figure.bbox
    for text in (ax.title, ax.get_legend()):
        box = text.get_window_extent()
        assert paper.y0 <= box.y0 < box.y1 <= paper.y1


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
    rule = f"IoU >= {options.get('threshold', 0.5)}"
    assert (
        f"\nlesions cut at {options.get('level', 0.5)}\nsolid: matched ({rule}), dotted: unmatched\n" in ax.get_title()
    )
    assert f"\n{matched} of {reference} reference lesions matched" in ax.get_title()


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"hit": "dice", "threshold": 0.3}, "Dice >= 0.3"),
        ({"hit": "voxel"}, "any voxel"),
        ({"hit": "centre", "radius": 4.0}, "centres within 4 mm"),
    ],
)
def test_a_picture_names_the_rule_that_lesions_were_matched_by(options, rule):
    title = plot_overlay(assess(*soft_lesions(), **options)).get_title()
    assert f"solid: matched ({rule})" in title
    assert "IoU" not in title


def test_a_picture_says_which_lesions_lie_in_other_slices(box):
    both = np.s_[2:8, 2:8, 1:3]
    predicted = box(both, np.s_[10, 10, 2], np.s_[20, 20, 0])
    reference = box(both, np.s_[3, 20, 0], np.s_[12, 20, 0])
    result = assess(predicted, reference)
    counts = "1 of 3 reference lesions matched, 2 missed, 2 spurious"
    titles = [plot_overlay(result, at=at).get_title() for at in (0.0, 4.0)]
    assert titles[0].endswith(f"{counts}\nin other slices: 1 spurious")
    assert titles[1].endswith(f"{counts}\nin other slices: 2 missed, 1 spurious")


@pytest.mark.slow
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
    over = np.asarray(ax.images[1].get_array())
    assert over.shape == (*shown.shape, 4)
    assert (over[..., 3] > 0).any()
    assert (over[..., 3] == 0).any()


def test_an_image_shows_what_is_around(raters):
    result = assess(raters.isel(rater=0), raters.isel(rater=1))
    alone = plot_overlay(result)
    around = plot_overlay(result, image=raters.isel(rater=0) * 100.0)
    whole = plot_overlay(result, margin=np.inf)
    widths = [abs(np.subtract(*ax.get_xlim())) for ax in (alone, around, whole)]
    assert widths[0] < widths[1] <= widths[2]
    assert widths[2] == pytest.approx(32 * 0.56640625)
    assert "grey from 0 to 100 (1st to 99th percentile)" in around.get_title()


def outline_colours(ax):
    return [to_hex(outline.get_edgecolor()[0]).upper() for outline in ax.collections]


def test_outlines_only(raters):
    a, b = raters.isel(rater=0), raters.isel(rater=1)
    for ax in (plot_overlay(a, b, filled=False), plot_overlay(assess(a, b), filled=False)):
        assert len(ax.images) == 0
        assert [colour for colour in outline_colours(ax) if colour in OUTLINES] == list(OUTLINES)
        assert [t.get_text() for t in ax.get_legend().get_texts()] == ["prediction", "reference"]
    soft = plot_overlay(a.astype(float) * 0.6, b, filled=False)
    assert "contours 0.25, 0.5, 0.75: prediction solid" in soft.get_title()


def test_a_place_outside_of_the_masks_is_drawn_empty(raters):
    """The masks of a result are cut out of the image, the picture is not."""
    result = assess(raters.isel(rater=0), raters.isel(rater=1))
    ax = plot_overlay(result, at=0.0)
    assert ax.get_legend().get_texts()[0].get_text() == "both (0)"
    with pytest.raises(ValueError, match="the slice at z = 99 mm: the image is from -0.9 to 15.3 mm"):
        plot_overlay(result, at=99.0)


def test_masks_that_agree_are_cut_where_most_of_them_is(raters):
    one = raters.isel(rater=0)
    most = int(one.sum(["x", "y"]).values.argmax())
    for ax in (plot_overlay(one, one), plot_overlay(assess(one, one))):
        assert f"z = {float(one.z[most]):.1f} mm, no disagreement anywhere" in ax.get_title()
        assert ax.get_legend().get_texts()[0].get_text() == f"both ({int(one.isel(z=most).sum())})"


def sizes_of_letters(figure):
    return [text.get_fontsize() for text in figure.findobj(Text) if text.get_visible() and text.get_text()]


def scores_of_cases():
    cases = {"case": ["a", "b", "c"], "label": ["1", "1", "2"], "error": ""}
    return pd.DataFrame({**cases, "dice": [0.5, 0.8, np.nan], "hd95": [1.0, np.inf, 2.0]})


def every_picture(raters):
    a, b = raters.isel(rater=0), raters.isel(rater=1)
    result = assess(a, b)
    yield 85, plot_overlay(result, image=a * 1.0)
    yield 85, plot_raters(raters)
    yield 85, plot_scores(scores_of_cases(), "hd95")
    yield 85, plot_models(scores_of_cases(), scores_of_cases(), "hd95")
    yield 85, plot_detection(result.lesions)
    yield 85, plot_reliability(consensus(raters), b)
    yield 180, plot_labels(result)[0]


@pytest.mark.slow
def test_pictures_are_as_wide_as_a_column_no_letter_is_too_small_and_nothing_runs_over_the_sides(raters, monkeypatch):
    """As it is saved for a page: what is written lies within the figure."""
    pictures = list(every_picture(raters))
    # each is laid out once
    monkeypatch.undo()
    for width, ax in pictures:
        assert ax.figure.get_figwidth() * 25.4 == pytest.approx(width)
        assert min(sizes_of_letters(ax.figure)) >= 6
        settle(ax.figure)
        legends = [ax.get_legend(), *ax.figure.legends]
        named = [text for legend in legends if legend is not None for text in legend.get_texts()]
        for text in [ax.title, ax.xaxis.label, ax.yaxis.label, *ax.texts, *named]:
            box = text.get_window_extent()
            if text.get_text():
                assert -1 <= box.x0 <= box.x1 <= ax.figure.bbox.x1 + 1, text
                assert -1 <= box.y0 <= box.y1 <= ax.figure.bbox.y1 + 1, text


@pytest.mark.slow
def test_names_of_others_are_no_formula(raters):
    a, b = raters.isel(rater=0), raters.isel(rater=1)
    result = assess(a, b, labels={"$x_1$<b>": 1})
    ax = plot_overlay(result, labels=("$p$", "<i>\x1b"))
    assert r"\$x_1\$<b>" in ax.get_title()
    assert r"only \$p\$" in ax.get_legend().get_texts()[1].get_text()
    plot_raters(raters.assign_coords(rater=["$a", "b$", "c", "d"])).figure.canvas.draw()
    ax.figure.canvas.draw()


def test_refusals(raters):
    with pytest.raises(ValueError, match="axis must be one of"):
        plot_overlay(raters.isel(rater=0), raters.isel(rater=1), axis="t")
    with pytest.raises(ValueError, match="different grids"):
        plot_overlay(raters.isel(rater=0), raters.isel(rater=1, x=slice(3)))
    with pytest.raises(TypeError, match="reference is None"):
        plot_overlay(raters.isel(rater=0))
