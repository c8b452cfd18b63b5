"""Oracles are planes and lines whose place the values say, and circles in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from overlap.surfaces.isosurfaces import level_surface, thick_axis, unclipped


def faces_across(values, steps, level=0.5):
    """Return where the surface of a slab, or of a bar, cuts its last axis."""
    steps = np.array(steps)
    mask = np.broadcast_to(np.array(values), (6,) * (len(steps) - 1) + (len(values),))
    found = level_surface(mask, level, steps).pieces
    assert found.shape[1:] == (len(steps), len(steps))
    inner = found[np.ptp(found[..., -1], axis=1) < 1e-9]
    return np.unique(inner[..., -1].round(5)).tolist()


@pytest.mark.parametrize("others", [(1.0,), (1.0, 1.0)])
def test_a_plane_lies_where_the_values_say(others):
    values = [1.0, 1, 0.25, 0, 0]
    assert faces_across(values, (*others, 1.0)) == pytest.approx([-0.5, 1 + (1 - 0.5) / (1 - 0.25)], abs=1e-5)
    # shares of slices: 2.25 of them are full
    assert faces_across(values, (*others, 3.0)) == pytest.approx([-1.5, -1.5 + 2.25 * 3], abs=1e-5)
    # along a thin axis values are no shares
    assert faces_across(values, (3.0, *others)[: len(others) + 1]) == pytest.approx([-0.5, 5 / 3], abs=1e-5)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.7, 0.98])
def test_shares_of_thick_slices_are_heights(share):
    """A face at any height in a slice, from above and from below, is found exactly."""
    full = 3 + share
    assert faces_across([0, 0, 1, 1, 1, share, 0, 0], (0.5, 0.5, 5.0)) == pytest.approx(
        [1.5 * 5, (1.5 + full) * 5], abs=1e-4
    )
    assert faces_across([0, 0, share, 1, 1, 1, 0, 0], (0.5, 0.5, 5.0)) == pytest.approx(
        [(5.5 - full) * 5, 5.5 * 5], abs=1e-4
    )


def test_values_that_are_no_shares_between_full_and_empty_stay_as_they_are():
    hard = np.array([0.0, 0, 1, 1, 0])
    thin = np.array([0.0, 0, 0.6, 0, 0])
    plateau = np.array([0.0, 0.75, 0.75, 0, 0])
    logistic = 1 / (1 + np.exp(np.array([4.0, 2, 0.1, -3, 5])))
    for values in (hard, thin, plateau, logistic):
        np.testing.assert_array_equal(unclipped(values, 0.5, 0), values)
    np.testing.assert_allclose(unclipped(np.array([0, 0.3, 1.0, 0.9, 0.6, 0]), 0.5, 0), [0, 0.3, 1.3, 0.9, 0.6, -0.4])


def test_what_is_full_continues_as_what_is_empty():
    draw = np.random.default_rng(3)
    field = np.clip(draw.normal(0.5, 0.6, (5, 6, 9)), 0, 1)
    for axis in range(3):
        mirrored = 1 - unclipped(1 - field, 0.5, axis)
        np.testing.assert_allclose(unclipped(field, 0.5, axis), mirrored)
        flipped = np.flip(unclipped(np.flip(field, axis), 0.5, axis), axis)
        np.testing.assert_array_equal(unclipped(field, 0.5, axis), flipped)
        moved = np.moveaxis(unclipped(np.moveaxis(field, axis, 0), 0.5, 0), 0, axis)
        np.testing.assert_array_equal(unclipped(field, 0.5, axis), moved)


@pytest.mark.parametrize(("steps", "axis"), [((1, 1, 3), 2), ((5.0, 0.5, 0.5), 0), ((1, 1, 1.05), None), ((2, 3), 1)])
def test_the_thick_axis(steps, axis):
    assert thick_axis(np.array(steps, float)) == axis


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
