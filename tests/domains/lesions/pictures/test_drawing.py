"""What is drawn in a slice lies where it is, and is as grey as it is."""

from __future__ import annotations

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from skimage.color import rgb2lab

from domains._checks import UsageError
from domains.lesions import as_image
from domains.lesions.images.grids import Grid
from domains.lesions.pictures.drawing import RIM, WINDOWS, draw_edges, draw_image, frame, parse_window, rim_of, shades
from domains.lesions.pictures.slices import slice_at


@pytest.fixture
def ax():
    _, ax = plt.subplots()
    yield ax
    plt.close("all")


def flat(values, spacing=1.0, **options):
    return as_image(np.asarray(values), spacing, **options)


def drawn(image, ax, grid=None, at=0.0, **options):
    grid = grid or Grid.of(image)
    return draw_image("f", grid, slice_at("f", grid, "z", at), image, ax, **options)


def lengths(collection):
    segments = np.array(collection.get_segments())
    return np.abs(segments[:, 1] - segments[:, 0]).sum(axis=1)


@pytest.mark.parametrize("rim", [False, True])
def test_outline_is_the_perimeter(ax, rim):
    """2 × 3 voxels of 2 × 0.5 mm: 4 edges of 2 mm and 6 of 0.5 mm; one voxel alone has four. A rim lies below."""
    mask = np.zeros((6, 6), bool)
    mask[1:3, 1:4] = True
    mask[5, 5] = True
    place = slice_at("f", Grid.of(flat(mask, (2.0, 0.5))), "z", 0.0)
    draw_edges(place, mask.T, ax, colour="k", width=1.0, rim=rim)
    for outline in ax.collections:
        assert sorted(lengths(outline)) == pytest.approx([0.5] * 8 + [2.0] * 6)
    assert [float(outline.get_linewidth()[0]) for outline in ax.collections] == ([1 + RIM, 1] if rim else [1])


def test_a_rim_differs_from_its_line_in_grey():
    for colour in [*shades(6), "#DB6000", "#A3D3F2"]:
        rim = rim_of(colour)
        light = [rgb2lab(plt.matplotlib.colors.to_rgb(c))[0] for c in (colour, rim)]
        assert abs(light[0] - light[1]) > 25


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6])
def test_shades_stay_apart_in_grey(n):
    lightness = [rgb2lab(colour[:3])[0] for colour in shades(n)]
    assert (-np.diff(lightness) > 60 / n).all()


def test_a_window_of_ct(ax):
    """Radiopaedia's lung window: W 1500, L -600."""
    said = drawn(flat([[-1400.0, 0.0], [100.0, 400.0]]), ax, window="lung")
    assert said == "grey from −1350 to 150 (HU, lung window)"
    assert ax.images[0].get_clim() == (-1350, 150)
    drawn(flat([[-1400.0, 0.0], [100.0, 400.0]]), ax, window=(50, 200))
    assert ax.images[1].get_clim() == (-50, 150)


def test_without_a_window_percentiles_of_the_slice(ax):
    values = np.arange(200.0).reshape(10, 20)
    values[0, 0] = 1e6
    said = drawn(flat(values), ax)
    assert ax.images[0].get_clim() == pytest.approx(np.percentile(values, [1, 99]))
    assert said.endswith("(1st to 99th percentile)")


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ("lungs", "window must be one of"),
        ((40,), r"pass a name \(bone, .*\) or \(centre, width\)"),
        ((40, 0), r"pass a name"),
    ],
)
def test_what_is_no_window_is_refused(ax, window, said):
    with pytest.raises(UsageError, match=said):
        drawn(flat([[200.0, 900.0], [300.0, 400.0]]), ax, window=window)


SCALED = np.linspace(0, 1, 400).reshape(20, 20)
STANDARDISED = np.linspace(-3, 3.5, 400).reshape(20, 20)


@pytest.mark.parametrize(
    ("values", "window"),
    [
        *[(SCALED, name) for name in WINDOWS],
        *[(STANDARDISED, name) for name in ("lung", "brain", "stroke")],
        (SCALED * 700 + 200, "stroke"),
        (SCALED, (50.0, 400.0)),
        (SCALED * 4095 + 30000, "lung"),
    ],
)
def test_a_window_that_shows_nearly_nothing_is_refused_and_the_remedy_shows_all(ax, values, window):
    with pytest.raises(UsageError, match="nearly nothing of the image") as refused:
        drawn(flat(values), ax, window=window)
    own = re.search(r"--window (\S+), or leave it out", str(refused.value)).group(1)
    drawn(flat(values), ax, window=parse_window(own))
    assert ax.images[-1].get_clim() == pytest.approx(np.percentile(values, [1, 99]), rel=1e-4)
    drawn(flat(values), ax)


@pytest.mark.parametrize(
    ("values", "window"),
    [
        (STANDARDISED * 300, "lung"),
        (np.full((4, 4), 0.5), "brain"),
        (np.where(SCALED > 0.999, 60.0, -900.0), "soft tissue"),
    ],
)
def test_a_window_that_shows_what_there_is_is_taken(ax, values, window):
    drawn(flat(values), ax, window=window)


def test_a_slice_of_air_is_drawn_in_a_window_that_shows_the_rest(ax):
    ct = np.full((20, 20, 3), -1000.0)
    ct[..., 2] = np.linspace(-1000, 300, 400).reshape(20, 20)
    drawn(flat(ct), ax, at=0.0, window="bone")
    assert ax.images[0].get_clim() == (-500, 1300)


def test_a_slice_of_nearly_one_value_shows_the_others(ax):
    values = np.zeros((20, 20))
    values[3, 4] = 5.0
    assert drawn(flat(values), ax) == "grey from 0 to 5 (all of its values)"
    assert ax.images[0].get_clim() == (0, 5)


def test_every_window_has_a_width():
    assert all(width > 0 for _, width in WINDOWS.values())


def test_an_image_on_another_grid_lies_where_it_is(ax):
    masks = Grid.of(flat(np.zeros((4, 4, 3), bool), (2.0, 2.0, 5.0)))
    image = flat(np.arange(8 * 6 * 11.0).reshape(8, 6, 11), (1.0, 1.0, 1.0), origin=(-0.5, 1.5, -0.5))
    drawn(image, ax, masks, at=5.0)
    assert ax.images[0].get_extent() == [-1.0, 7.0, 1.0, 7.0]
    np.testing.assert_array_equal(ax.images[0].get_array(), image.isel(z=5).transpose("y", "x"))


def test_an_image_that_does_not_reach_or_points_elsewhere_is_refused(ax):
    masks = Grid.of(flat(np.zeros((4, 4, 3), bool), (2.0, 2.0, 5.0)))
    short = flat(np.zeros((4, 4, 3)), 1.0)
    with pytest.raises(UsageError, match=r"the image at z = 10 mm: the image is from -0.5 to 2.5 mm"):
        drawn(short, ax, masks, at=10.0)
    turned = short.assign_attrs(directions=[0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1])
    with pytest.raises(UsageError, match="point elsewhere: resample the image onto the masks"):
        drawn(turned, ax, masks)
    with pytest.raises(UsageError, match="image has dimensions"):
        drawn(flat(np.zeros((4, 4, 3, 2))), ax, masks)
    with pytest.raises(TypeError, match="image is a ndarray"):
        drawn(np.zeros((4, 4)), ax, masks)


def test_the_frame_is_the_mask_and_its_margin_within_the_image(ax):
    mask = np.zeros((20, 30), bool)
    mask[5:9, 25:29] = True
    place = slice_at("f", Grid.of(flat(mask.T, (2.0, 1.0))), "z", 0.0)
    frame(place, mask, ax, 0.5)
    assert ax.get_xlim() == (59.0, 45.0)
    assert ax.get_ylim() == (0.5, 12.5)
    frame(place, mask & False, ax, 0.5)
    assert ax.get_xlim() == (59.0, -1.0)
