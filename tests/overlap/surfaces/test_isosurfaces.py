"""Oracles are planes and lines whose place the values say, and circles in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from overlap.surfaces.isosurfaces import level_surface


def test_a_plane_lies_where_the_values_say():
    mask = np.broadcast_to(np.array([1.0, 1, 0.25, 0, 0]), (6, 6, 5))
    found = level_surface(mask, 0.5, np.array([1.0, 1, 3])).pieces
    inner = found[np.ptp(found[..., 2], axis=1) < 1e-9]
    assert np.unique(inner[..., 2].round(5)).tolist() == [-1.5, 5.0], "1 + (1 - 0.5) / (1 - 0.25) cells of 3"


def test_a_line_lies_where_the_values_say():
    mask = np.broadcast_to(np.array([1.0, 1, 0.25, 0, 0]), (6, 5))
    found = level_surface(mask, 0.5, np.array([1.0, 3])).pieces
    assert found.shape[1:] == (2, 2)
    inner = found[np.ptp(found[..., 1], axis=1) < 1e-9]
    assert np.unique(inner[..., 1].round(5)).tolist() == [-1.5, 5.0]


def test_two_rings_are_two_lines():
    """The end of one contour is not joined with the start of the next: no piece is longer than a cell's diagonal."""
    mask = np.zeros((20, 20))
    mask[2:5, 2:5] = 1
    mask[14:18, 12:18] = 1
    surface = level_surface(mask, 0.5, np.ones(2))
    lengths = np.linalg.norm(surface.pieces[:, 1] - surface.pieces[:, 0], axis=-1)
    assert lengths.max() <= 2**0.5
    # squares of 3 × 3 and 4 × 6 whose corners are cut off
    assert lengths.sum() == pytest.approx(4 * 2 + 2 * (3 + 5) + 8 * 0.5**0.5, abs=1e-4)


@pytest.mark.parametrize("ndim", [2, 3])
def test_a_cell_of_just_the_level_is_inside(ndim):
    """Two of four raters: 0.5 is in the mask cut at >= 0.5, and has a surface."""
    mask = np.zeros((5,) * ndim)
    mask[(2,) * ndim] = 0.5
    found = level_surface(mask, 0.5, np.ones(ndim)).corners
    assert len(found)
    np.testing.assert_allclose(found, 2, atol=1e-5)
    assert not len(level_surface(mask, 0.51, np.ones(ndim)).pieces)


@pytest.mark.parametrize("shape", [(3, 3), (3, 3, 3)])
def test_none(shape):
    nothing = level_surface(np.zeros(shape), 0.5, np.ones(len(shape)))
    assert nothing.pieces.shape == (0, len(shape), len(shape))
    assert nothing.corners.shape == (0, len(shape))


@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 1), (1, 4), (2, 1, 3)])
def test_a_mask_that_fills_its_image(shape):
    assert len(level_surface(np.ones(shape), 0.5, np.ones(len(shape))).pieces)
