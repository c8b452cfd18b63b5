from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_rgb
from skimage.color import rgb2lab

from overlap import calibration, plotting

A = np.array([[True, True], [False, False]])
B = np.array([[True, False], [True, False]])


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def drawn(ax):
    return np.asarray(ax.images[0].get_array())


def rows_of(ax):
    """Return the image as it is seen, from the bottom up: which rows are coloured."""
    (image,) = ax.images
    return [bool((row[..., :3] < 1).any()) for row in image.get_array()]


def test_north_is_up():
    """Latitudes descend in most files; the first row is the highest."""
    mask = np.zeros((4, 3), bool)
    mask[0] = True
    x = xr.DataArray(mask, dims=("lat", "lon"), coords={"lat": [50.0, 40, 30, 20], "lon": [3, 2, 1]})
    ax = plotting.agreement(x, x)
    assert rows_of(ax) == [False, False, False, True]
    assert ax.get_ylim() == (15, 55)
    assert ax.get_xlim() == (0.5, 3.5)


def test_words_stand_beside_their_cells():
    mask = np.zeros((3, 30), bool)
    mask[1] = True
    x = xr.DataArray(mask, dims=("stage", "epoch"), coords={"stage": ["wake", "N1", "N2"]})
    ax = plotting.agreement(x, x)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["wake", "N1", "N2"]
    assert ax.get_yticks().tolist() == [0, 1, 2]
    assert ax.get_xlim() == (-0.5, 29.5)
    many = xr.DataArray(mask, dims=("stage", "epoch"), coords={"epoch": [f"e{k}" for k in range(30)]})
    assert [text.get_text() for text in plotting.agreement(many, many).get_xticklabels()][:3] == ["e0", "e3", "e6"]


def test_uneven_coordinates_are_refused():
    x = xr.DataArray(np.ones((3, 2), bool), dims=("y", "x"), coords={"y": [0.0, 1.0, 5.0], "x": [0, 1]})
    with pytest.raises(ValueError, match="^plotting.agreement: y must be evenly spaced cell centres; resample"):
        plotting.agreement(x, x)


def test_three_colours():
    image = drawn(plotting.agreement(A, B))
    expected = [[plotting.BOTH, plotting.ONLY_A], [plotting.ONLY_B, "white"]]
    np.testing.assert_allclose(image, [[to_rgb(c) for c in row] for row in expected])


def test_soft_masks_are_drawn_by_opacity():
    image = drawn(plotting.agreement(A * 0.5, B * 0.5))
    np.testing.assert_allclose(image[0, 0], (np.array(to_rgb(plotting.BOTH)) + 1) / 2)


def test_what_lies_below_is_seen_through_soft_cells():
    """Over white it is the same picture; neither is nothing, and a half is a half of the colour."""
    soft = np.array([[1.0, 0.5], [0.25, 0.0]])
    through = drawn(plotting.agreement(soft, A, transparent=True))
    over_white = through[..., :3] * through[..., 3:] + 1 - through[..., 3:]
    np.testing.assert_allclose(over_white, drawn(plotting.agreement(soft, A)), atol=1e-12)
    np.testing.assert_allclose(through[..., 3], np.maximum(soft, A))
    np.testing.assert_allclose(through[1, 0], [*to_rgb(plotting.ONLY_A), 0.25])


def test_legend_names_and_sizes():
    ax = plotting.agreement(A, B, labels=("model", "truth"), colours={"both": "black"})
    assert [t.get_text() for t in ax.get_legend().get_texts()] == [
        "both (1)",
        "only model (1)",
        "only truth (1)",
    ]
    np.testing.assert_allclose(drawn(ax)[0, 0], 0)


@pytest.mark.parametrize(
    ("value", "shape", "shown"),
    [(0.9287, (4, 5), "18.6"), (0.012345, (2, 2), "0.0494"), (0.7, (30, 40), "840"), (1, (400, 50), "20000")],
)
def test_sizes_have_digits_that_can_be_meant(value, shape, shown):
    mask = np.full(shape, float(value))
    both, *others = plotting.agreement(mask, mask).get_legend().get_texts()
    assert both.get_text() == f"both ({shown})"
    assert [text.get_text() for text in others] == ["only prediction (0)", "only reference (0)"]


def test_coordinates_become_the_axes():
    x = xr.DataArray(A, dims=("y", "x"), coords={"y": [10.0, 20.0], "x": [-1.0, 1.0]})
    ax = plotting.agreement(x, x, ax=plt.figure().add_subplot())
    assert ax.images[0].get_extent() == [-2, 2, 5, 25]


def test_labels_are_aligned_not_ignored():
    x = xr.DataArray(A, dims=("y", "x"), coords={"y": [0, 1], "x": [0, 1]})
    np.testing.assert_array_equal(drawn(plotting.agreement(x, x.T)), drawn(plotting.agreement(x, x)))
    with pytest.raises(ValueError, match="coordinates of 'y' differ"):
        plotting.agreement(x, x.assign_coords(y=[1, 0]))
    with pytest.raises(ValueError, match="rename"):
        plotting.agreement(x, x.rename(y="z"))


def test_two_dimensions_only():
    with pytest.raises(ValueError, match="two-dimensional"):
        plotting.agreement(A[0], B[0])


def test_labelled_masks_have_two_dimensions_too():
    volume = xr.DataArray(np.ones((2, 2, 2)) > 0, dims=("z", "y", "x"), coords={k: [0, 1] for k in "xyz"})
    with pytest.raises(ValueError, match=r"plotting.agreement: masks must be two-dimensional, got shapes \(2, 2, 2\)"):
        plotting.agreement(volume, volume)


def test_an_unknown_colour_is_refused():
    with pytest.raises(ValueError, match="plotting.agreement: colours must be one of 'both', 'only_a', 'only_b'"):
        plotting.agreement(np.eye(2) > 0, np.eye(2) > 0, colours={"neither": "red"})


def test_the_colours_are_three_in_grey():
    lightness = [lightness_of(colour) for colour in (plotting.BOTH, plotting.ONLY_A, plotting.ONLY_B, "white")]
    np.testing.assert_allclose(lightness, [25, 55, 82, 100], atol=1)


def lightness_of(colour):
    """Return L* of CIE 1976 by scikit-image, which is no part of the drawing."""
    return float(rgb2lab(np.array(to_rgb(colour)))[0])


# ---------------------------------------------------------------- reliability

PREDICTED = np.array([0.1, 0.2, 0.2, 0.9])
OBSERVED = np.array([False, True, False, True])


def table(n_bins=4):
    return calibration.reliability(PREDICTED, OBSERVED, n_bins=n_bins)


def test_a_point_for_each_bin_with_a_cell():
    ax = plotting.reliability(table())
    x, y = ax.containers[0].lines[0].get_data()
    np.testing.assert_allclose(x.astype(float), [0.5 / 3, np.nan, np.nan, 0.9])
    np.testing.assert_allclose(y.astype(float), [1 / 3, np.nan, np.nan, 1])
    low, high = ax.containers[0].lines[2][0].get_segments()[0][:, 1]
    np.testing.assert_allclose((low, high), table().loc[0, ["low", "high"]])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "observed")


def test_shares_have_a_panel_of_their_own():
    """They are no part of the axis of what is observed."""
    ax = plotting.reliability(table(), label="model")
    plotting.reliability(table(2), ax=ax, label="other")
    (shares,) = ax.child_axes
    assert [bar.get_height() for bar in shares.patches] == [0.75, 0, 0, 0.25]
    assert [bar.get_x() for bar in shares.patches] == [0, 0.25, 0.5, 0.75]
    assert shares.get_title() == "share of cells, model"
    assert not ax.patches


def test_the_legend_says_what_is_empty():
    ax = plotting.reliability(table(), label="model")
    assert [t.get_text() for t in ax.get_legend().get_texts()] == [
        "as predicted",
        "model (2 of 4 bins empty)",
    ]
    assert "model" in [t.get_text() for t in plotting.reliability(table(1), label="model").get_legend().get_texts()]


def test_further_tables_on_the_same_axes():
    ax = plotting.reliability(table(2), label="one")
    assert plotting.reliability(table(2), ax=ax, label="other", colour=plotting.ONLY_A, marker="s") is ax
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["as predicted", "one", "other"]
    assert ax.containers[-1].lines[0].get_marker() == "s"


def test_what_is_no_table_of_one_case():
    cases = calibration.reliability(np.stack([PREDICTED] * 2), np.stack([OBSERVED] * 2), axis=1)
    with pytest.raises(ValueError, match="plotting.reliability: the table has the levels .'axis 0', 'bin'."):
        plotting.reliability(cases)
    plotting.reliability(cases.loc[1])
    with pytest.raises(ValueError, match=r"plotting.reliability: the table has .* the columns \['lower'\]"):
        plotting.reliability(table()[["lower"]])
