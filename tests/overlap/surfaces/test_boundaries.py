from __future__ import annotations

import numpy as np
import pytest

from overlap.surfaces import boundaries


def test_cells_that_miss_a_neighbour():
    mask = np.ones((5, 5), bool)
    edge, _ = boundaries.find(mask, mask, "voxel")
    assert len(edge.points) == 16
    assert edge.codes is None
    assert boundaries.areas(edge, np.ones(2)) is None


def test_cells_that_touch_the_background():
    mask = np.ones((5, 5), bool)
    mask[0, 0] = False
    edge, _ = boundaries.find(mask, mask, "contour")
    assert edge.points.tolist() == [[0, 1], [1, 0], [1, 1]], "by the corner too, and not where the image ends"


def test_corners_between_cells():
    mask = np.zeros((5, 5), bool)
    mask[2, 2] = True
    edge, _ = boundaries.find(mask, mask, "marching")
    assert len(edge.points) == 4
    assert sorted(edge.codes) == [1, 2, 4, 8]


@pytest.mark.parametrize("surface", ["voxel", "contour", "marching"])
def test_nothing(surface):
    mask = np.zeros((3, 3, 3), bool)
    a, b = boundaries.find(mask, mask, surface)
    assert len(a.points) == len(b.points) == 0
    assert boundaries.nearest(a.points, b.points, np.ones(3))[0].shape == (0,)


def test_every_square_and_cube_is_its_inverse():
    lengths, areas = boundaries._lengths(np.array([2.0, 3.0])), boundaries._areas(np.array([2.0, 3.0, 5.0]))
    np.testing.assert_allclose(lengths, lengths[::-1])
    np.testing.assert_allclose(areas, areas[::-1])
    assert areas[0b00001111] == pytest.approx(15)
    assert areas[0b00110011] == pytest.approx(10)
    assert areas[0b01010101] == pytest.approx(6)
    assert (areas[1:-1] > 0).all()


def test_offsets_are_sorted_and_near():
    steps = np.array([0.5, 0.5, 5.0])
    offsets = boundaries._offsets(steps)
    length = np.sqrt(((offsets * steps) ** 2).sum(axis=1))
    assert (np.diff(length) >= 0).all()
    assert (offsets[0] == 0).all()
    assert len(np.unique(offsets, axis=0)) == len(offsets)
