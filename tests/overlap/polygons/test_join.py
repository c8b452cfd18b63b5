"""Oracles: shapely's areas, pair by pair; `boxes.overlap_pairs` on rectangles."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from overlap import boxes, polygons

rng = np.random.default_rng(41)


def blobs(n, extent=100, corners=9):
    angle = 2 * np.pi * (np.arange(corners) + rng.uniform(0, 0.9, (n, corners))) / corners
    radius = rng.uniform(4, 12, (n, corners))
    around = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)
    return shapely.polygons(around + rng.uniform(0, extent, (n, 1, 2)))


def joined(pairs):
    return list(zip(pairs.a.tolist(), pairs.b.tolist(), strict=True))


def test_every_pair():
    a, b = blobs(60), blobs(80)
    area = shapely.area(shapely.intersection(a[:, None], b))
    pairs = polygons.overlap_pairs(a, b)
    assert joined(pairs) == list(zip(*map(np.ndarray.tolist, np.nonzero(area)), strict=True))
    np.testing.assert_allclose(pairs.intersection, area[pairs.a, pairs.b], rtol=1e-9)
    np.testing.assert_array_equal(pairs.intersection, polygons.measure(a[pairs.a], b[pairs.b]).intersection)
    assert [pairs.a.dtype, pairs.b.dtype] == [np.int64] * 2


@pytest.mark.parametrize("period", [(50, 40), (50, None), (None, 40)])
def test_rectangles_on_a_ring_are_joined_as_boxes(period):
    """Also those that meet in two pieces, which are one pair."""
    lo = rng.integers(0, 120, (40, 2))
    rows = np.concatenate([lo, lo + rng.integers(1, 45, (40, 2))], axis=1)
    rows[:, 2] = np.minimum(rows[:, 2], rows[:, 0] + 49)
    rows[:, 3] = np.minimum(rows[:, 3], rows[:, 1] + 39)
    rectangles = shapely.segmentize(shapely.box(*rows.T), 15)
    pairs = polygons.overlap_pairs(rectangles, rectangles, period=period)
    expected = boxes.overlap_pairs(rows, rows, period=period)
    assert joined(pairs) == joined(expected)
    np.testing.assert_allclose(pairs.intersection, expected.intersection, rtol=1e-9)


def test_neighbours_written_in_two_ways_share_no_more_than_rounding_put_between_them():
    """The corner is `k * 0.1` to one tile and `k / 10` to the other; the tile before is the same one."""
    k = np.arange(1, 40)
    left = shapely.box((k - 1) * 0.1, 0, k * 0.1, 1)
    right = shapely.box(k / 10, 0, (k + 1) / 10, 1)
    pairs = polygons.overlap_pairs(left, right)
    is_tile = pairs.a == pairs.b + 1
    assert is_tile.sum() == 38
    np.testing.assert_allclose(pairs.intersection[is_tile], 0.1, rtol=1e-12)
    assert (pairs.intersection[~is_tile] < 1e-15).all()


def test_labels_parts_holes_and_nothing():
    frame = shapely.box(0, 0, 9, 9) - shapely.box(1, 1, 8, 8)
    a = [frame, shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 5, 6, 6)]), shapely.Polygon()]
    b = [shapely.box(4, 4, 7, 7), shapely.box(0, 0, 9, 9)]
    assert joined(polygons.overlap_pairs(a, b)) == [(0, 1), (1, 0), (1, 1)]
    assert joined(polygons.overlap_pairs(a, b, by=(["x", "y", "x"], ["y", "x"]))) == [(0, 1), (1, 0)]
    assert joined(polygons.overlap_pairs([], b)) == []


def test_no_more_pairs_are_measured_together_than_fit():
    n = 300
    strips = shapely.box(np.arange(n), 0, np.arange(n) + 1.0, 1)
    pairs = polygons.overlap_pairs(strips, [shapely.box(0, 0, n, 1)] * 60)
    assert len(pairs.a) == 60 * n
    assert pairs.intersection.sum() == 60 * n


@pytest.mark.parametrize(
    ("a", "error", "message"),
    [
        ([[shapely.box(0, 0, 1, 1)]], ValueError, r"polygons.overlap_pairs: a has shape \(1, 1\)"),
        ([None], ValueError, "polygons.overlap_pairs: a"),
        ([shapely.Point(0, 0)], TypeError, "polygons.overlap_pairs: a"),
        ([shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])], ValueError, "polygons.overlap_pairs: a"),
    ],
)
def test_refused(a, error, message):
    with pytest.raises(error, match=message):
        polygons.overlap_pairs(a, [shapely.box(0, 0, 1, 1)])
