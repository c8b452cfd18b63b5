from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from domains.lesions import as_image, consensus, example, plot_overlay, plot_raters, plot_scores, read_image
from domains.lesions.plotting import _outline, save


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
    save(ax.figure, tmp_path / "o.pdf")
    assert (tmp_path / "o.pdf").stat().st_size > 5000


def test_outline_is_the_perimeter():
    """2 × 3 voxels of 2 × 0.5 mm: 4 edges of 2 mm and 6 of 0.5 mm; one voxel alone has four."""
    mask = np.zeros((6, 6), bool)
    mask[1:3, 1:4] = True
    mask[5, 5] = True
    _, ax = plt.subplots()
    _outline(as_image(mask, (2.0, 0.5)).transpose("y", "x"), ax, "k", 1)
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


def test_refusals(raters):
    with pytest.raises(ValueError, match="no axis 't'"):
        plot_overlay(raters.isel(rater=0), raters.isel(rater=1), axis="t")
    with pytest.raises(ValueError, match="different grids"):
        plot_overlay(raters.isel(rater=0), raters.isel(rater=1, x=slice(3)))
