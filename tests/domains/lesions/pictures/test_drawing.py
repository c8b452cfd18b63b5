"""What is drawn in a slice lies where it is, and is as grey as it is."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from skimage.color import rgb2lab

from domains._checks import UsageError
from domains.lesions import as_image
from domains.lesions.images.grids import Grid
from domains.lesions.pictures.drawing import RIM, draw_arrow, draw_edges, draw_image, frame, rim_of, shades
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


def test_an_image_is_drawn_in_its_window(ax):
    image = flat([[-1400.0, 0.0], [100.0, 400.0]])
    assert drawn(image, ax, window="lung") == "grey from −1350 to 150 (HU, lung window)"
    assert ax.images[0].get_clim() == (-1350, 150)


@pytest.mark.parametrize("view", ["radiological", "neurological"])
def test_an_arrow_points_at_what_is_inside(ax, view):
    mask = np.zeros((30, 20), bool)
    mask[4:7, 10] = True
    place = slice_at("f", Grid.of(flat(mask, (2.0, 0.5))), "z", 0.0, view)
    draw_arrow(place, mask.T, ax)
    (arrow,) = ax.texts
    assert arrow.xy == (10.0, 5.0)


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
