"""Outlines within windows: the area of one polygon in a box is that of `rationals`."""

from __future__ import annotations

from fractions import Fraction

import families
import numpy as np
import pytest
import rationals
import shapely

from overlap.polygons import windows
from overlap.polygons.outlines import outlines
from overlap.polygons.twofold import head

PAIR = np.array([0, 1])


def area_in_window(region, box, strips, twofold):
    """Return the area of a region within a box: the sum of what its pieces have to their left."""
    both = outlines(np.array([families.shape(region), shapely.box(*box)]))
    seen = windows.windows(both, PAIR)
    # of exactly the size that envelopes share
    opposite = both.bounds[2:].min(axis=1)[:, None]
    seen = seen._replace(size=(opposite - seen.corner) * seen.scale)
    clipped, _ = windows.clipped(both, PAIR, seen, twofold=twofold)
    pieces = windows.pieces(clipped, seen.size, np.array([strips, strips]))
    # the windows of the region come first
    pieces = pieces.take(np.flatnonzero(pieces.window < strips))
    low_x, high_x = head(pieces.x)
    low_y, high_y = head(pieces.y)
    total = np.sum((low_x + high_x) / 2 * (high_y - low_y) * pieces.weight)
    return total / seen.scale[:, 0].prod(), pieces


@pytest.mark.parametrize("twofold", [False, True])
@pytest.mark.parametrize("strips", [1, 2, 8])
def test_pieces_hold_the_area_within_the_window(strips, twofold):
    rng = np.random.default_rng(6)
    for region, _ in families.pairs("holes and parts", 20, seed=4):
        low = rng.uniform(-1.5, 0.5, 2)
        box = (*low, *(low + rng.uniform(0.1, 2, 2)))
        if not families.shape(region).intersects(shapely.box(*box)):
            continue
        got, pieces = area_in_window(region, box, strips, twofold)
        corners = [(box[0], box[1]), (box[2], box[1]), (box[2], box[3]), (box[0], box[3])]
        exact = rationals.shared_area([ring for rings in region for ring in rings], [corners])
        assert abs(Fraction(float(got)) - exact) <= Fraction(1, 10**14)
        assert np.all((head(pieces.x) >= 0) & (head(pieces.y) >= 0))
        assert np.all((pieces.window >= 0) & (pieces.window < strips))


def test_a_window_is_what_envelopes_share_in_units_of_powers_of_two():
    both = outlines(np.array([shapely.box(0, 0, 5, 2), shapely.box(2, -1, 9, 1)]))
    seen = windows.windows(both, PAIR)
    assert seen.corner.tolist() == [[2, 2], [0, 0]]
    np.testing.assert_allclose(seen.size, [[0.75, 0.75], [0.5, 0.5]], rtol=1e-5)
    assert np.all(seen.size > [[0.75], [0.5]])
    assert seen.scale.tolist() == [[0.25, 0.25], [0.5, 0.5]]


def test_doubt_grows_with_the_reach_of_an_edge():
    doubts = []
    for reach in (2.0, 2e6):
        large = shapely.Polygon([(-reach, -reach), (reach, reach), (reach, -reach)])
        both = outlines(np.array([large, shapely.box(0, 0, 1, 1)]))
        _, doubt = windows.clipped(both, PAIR, windows.windows(both, PAIR), twofold=False)
        doubts.append(float(doubt[0]))
    assert doubts[1] > 1e5 * doubts[0]


def strips_of_itself(polygon):
    both = outlines(np.array([polygon, polygon]))
    clipped, _ = windows.clipped(both, PAIR, windows.windows(both, PAIR), twofold=False)
    return windows.strips(clipped, 2)


def test_crowded_windows_are_cut_into_strips():
    x = np.arange(400.0)
    teeth = np.stack([x, np.where(x % 2, 100.0, 1.0)], axis=1)
    comb = strips_of_itself(shapely.Polygon([*teeth, (399, 0), (0, 0)]))
    assert comb[0] >= 32
    assert comb[1] == comb[0]
    assert strips_of_itself(shapely.box(0, 0, 300, 50)).tolist() == [1, 1]


def test_a_side_may_have_no_edges_in_its_window(monkeypatch):
    monkeypatch.setattr(windows, "FEW", 0)
    zeros = np.zeros((2, 1))
    edges = windows.Clipped(np.zeros(1, int), np.zeros(1), zeros, np.array([[0.0], [1.0]]), *np.ones((3, 1)))
    assert windows.strips(edges, 2).tolist() == [1, 1]


def test_few_edges_are_never_crowded(monkeypatch):
    # every edge is as high as the window, and meets all of the other side
    half = windows.FEW // 2
    edges = windows.Clipped(
        np.repeat([0, 1], half),
        np.zeros(2 * half),
        np.zeros((2, 2 * half)),
        np.array([np.zeros(2 * half), np.ones(2 * half)]),
        np.ones(2 * half),
        np.zeros(2 * half, dtype=bool),
        np.ones(2 * half, dtype=bool),
    )
    monkeypatch.setattr(windows, "FEW", 0)
    assert windows.strips(edges, 2).tolist() == [1, 1]
