"""Oracles are erosions as Cheng's own code makes them, and a search of every pair of cells."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from overlap import EmptyPolicy
from overlap.surfaces import boundary_iou, boundary_overlap

SQUARE = np.zeros((20, 24), bool)
SQUARE[3:15, 4:18] = True


def counts(bands):
    return int(bands.intersection), int(bands.size_a), int(bands.size_b)


def counted(band_a, band_b):
    return (band_a & band_b).sum(), band_a.sum(), band_b.sum()


def eroded_band(mask, d):
    """What d erosions by a square take off, with a rim around the image."""
    inside = ndimage.binary_erosion(np.pad(mask, 1), np.ones((3, 3)), iterations=d)[1:-1, 1:-1]
    return mask & ~inside


@pytest.mark.parametrize("d", [1, 2, 3, 9])
@pytest.mark.parametrize("moved", [(0, 0), (1, 0), (2, 3), (-5, 6)])
def test_rectangles_are_chengs(d, moved):
    """At straight edges both mean the same band; one of the squares leaves the image."""
    other = ndimage.shift(SQUARE.astype(int), moved, order=0) > 0
    band_a = eroded_band(SQUARE, d)
    band_b = eroded_band(other, d)
    step = 0.7
    found = boundary_overlap(SQUARE, other, (d - 1) * step, spacing=step)
    assert counts(found) == counted(band_a, band_b)
    expected = (band_a & band_b).sum() / (band_a | band_b).sum()
    assert boundary_iou(SQUARE, other, (d - 1) * step, spacing=step) == pytest.approx(expected)


def brute_band(mask, width, steps):
    """Look at every pair of a cell and a boundary cell."""
    padded = np.pad(mask, 1)
    misses = np.zeros(padded.shape, bool)
    for axis in range(mask.ndim):
        misses |= ~np.roll(padded, 1, axis) | ~np.roll(padded, -1, axis)
    edge = np.argwhere((padded & misses)[(slice(1, -1),) * mask.ndim])
    band = np.zeros(mask.shape, bool)
    for cell in np.argwhere(mask):
        far = np.sqrt((((edge - cell) * steps) ** 2).sum(axis=1))
        band[tuple(cell)] = far.min() <= width
    return band


@given(hnp.arrays(bool, (2, 5, 6)) | hnp.arrays(bool, (2, 4, 4, 3)), st.sampled_from([0.0, 0.9, 1.1, 2.6, 40.0]))
def test_every_pair_of_cells(pair, width):
    a, b = pair
    steps = np.array([1.0, 0.7, 2.5][: a.ndim])
    band_a = brute_band(a, width, steps)
    band_b = brute_band(b, width, steps)
    assert counts(boundary_overlap(a, b, width, spacing=steps)) == counted(band_a, band_b)


@pytest.mark.parametrize("marks", [0, 10**9])
@pytest.mark.parametrize("width", [0.0, 1.0, 2.1, 9.0])
def test_both_ways_to_a_band(marks, width, monkeypatch):
    """By a distance transform, and by marking what lies around each boundary cell."""
    monkeypatch.setattr("overlap.surfaces.bands.MARKS", marks)
    draw = np.random.default_rng(5)
    a, b = draw.random((2, 7, 9, 6)) < 0.8
    steps = np.array([1.0, 0.7, 2.1])
    expected = counted(brute_band(a, width, steps), brute_band(b, width, steps))
    assert counts(boundary_overlap(a, b, width, spacing=steps)) == expected


def test_a_wide_band_is_the_mask():
    other = np.roll(SQUARE, 2, axis=1)
    assert counts(boundary_overlap(SQUARE, other, 100.0, spacing=1.0)) == counted(SQUARE, other)
    iou = (SQUARE & other).sum() / (SQUARE | other).sum()
    assert boundary_iou(SQUARE, other, 100.0, spacing=1.0) == iou


def test_cases_add():
    other = np.roll(SQUARE, 3, axis=0)
    moved = boundary_overlap(SQUARE, other, 1.0, spacing=1.0)
    same = boundary_overlap(SQUARE, SQUARE, 1.0, spacing=1.0)
    both_a = np.concatenate([SQUARE, SQUARE], axis=1)
    both_b = np.concatenate([other, SQUARE], axis=1)
    assert counts(boundary_overlap(both_a, both_b, 1.0, spacing=1.0)) == counts(moved + same)


def test_three_tenths_are_three_cells():
    """3 × 0.1 is more than 0.3 in floating point."""
    line = np.zeros((1, 30), bool)
    line[0, 5:25] = True
    wall = np.repeat(line, 30, axis=0)
    band = boundary_overlap(wall, wall, 0.3, spacing=(50.0, 0.1)).size_a
    # four cells at either end of the inner rows; the outer rows are boundary cells themselves
    assert band == 28 * 8 + 2 * 20


def test_soft_masks_are_cut_at_the_level():
    soft = np.where(SQUARE, 0.5, 0.2)
    assert boundary_iou(soft, SQUARE, 1.0, spacing=1.0) == 1
    assert boundary_iou(soft, SQUARE, 1.0, spacing=1.0, level=0.6) == 0


def test_empty_masks():
    nothing = np.zeros_like(SQUARE)
    assert counts(boundary_overlap(nothing, nothing, 1.0, spacing=1.0)) == (0, 0, 0)
    assert isnan(boundary_iou(nothing, nothing, 1.0, spacing=1.0))
    assert boundary_iou(nothing, nothing, 1.0, spacing=1.0, empty=1.0) == 1
    assert boundary_iou(nothing, SQUARE, 1.0, spacing=1.0) == 0
    policy = EmptyPolicy(both_empty=1.0, prediction_empty=0.25)
    assert boundary_iou(nothing, SQUARE, 1.0, spacing=1.0, empty=policy) == 0.25


def test_wrong_arguments():
    with pytest.raises(ValueError, match="^surfaces.boundary_overlap: width is a distance >= 0 .*, got -1$"):
        boundary_overlap(SQUARE, SQUARE, -1, spacing=1.0)
    with pytest.raises(ValueError, match="got nan"):
        boundary_iou(SQUARE, SQUARE, np.nan, spacing=1.0)
    with pytest.raises(ValueError, match="^surfaces.boundary_overlap: a has shape"):
        boundary_iou(SQUARE, SQUARE[1:], 1.0, spacing=1.0)
    with pytest.raises(TypeError, match="^surfaces.boundary_overlap: b has dtype int64"):
        boundary_iou(SQUARE, SQUARE.astype(int), 1.0, spacing=1.0)
