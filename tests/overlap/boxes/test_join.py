"""Oracles: every pair looked at, axis by axis; the intervals' join; `boxes.measure`, which has its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import overlap as ov
from overlap import boxes, intervals

rng = np.random.default_rng(5)


def overlap_on_a_line(s, e, t, f):
    """The convention in words: half-open, a side of 0 is a point."""
    is_point, other_is_point = s == e, t == f
    if is_point and other_is_point:
        return s == t
    if is_point:
        return t <= s < f
    if other_is_point:
        return s <= t < e
    return max(s, t) < min(e, f)


def overlap_on_a_ring(s, e, t, f, period):
    e, f = min(e, s + period), min(f, t + period)
    shift = (s - t) // period * period
    return any(overlap_on_a_line(s, e, t + shift + k * period, f + shift + k * period) for k in (-1, 0, 1))


def brute(a, b, period=None):
    d = a.shape[1] // 2
    pairs = []
    for i, x in enumerate(a.tolist()):
        for j, y in enumerate(b.tolist()):
            along = []
            for k in range(d):
                ends = (x[k], x[d + k], y[k], y[d + k])
                ring = period is not None and period[k]
                along.append(overlap_on_a_ring(*ends, period[k]) if ring else overlap_on_a_line(*ends))
            if all(along):
                pairs.append((i, j))
    return pairs


def joined(pairs):
    return list(zip(pairs.a.tolist(), pairs.b.tolist(), strict=True))


def tables(d, largest=8, side=4):
    corner = st.lists(st.integers(0, largest), min_size=d, max_size=d)
    sides = st.lists(st.integers(0, side), min_size=d, max_size=d)
    box = st.tuples(corner, sides).map(lambda x: x[0] + [lo + w for lo, w in zip(*x, strict=True)])
    return st.lists(box, max_size=12).map(lambda rows: np.array(rows, float).reshape(-1, 2 * d))


@pytest.mark.parametrize("d", [1, 2, 3, 4])
@given(st.data())
def test_every_pair(d, data):
    a, b = data.draw(tables(d)), data.draw(tables(d))
    pairs = boxes.overlap_pairs(a, b)
    assert joined(pairs) == brute(a, b)
    np.testing.assert_array_equal(pairs.intersection, boxes.measure(a[pairs.a], b[pairs.b]).intersection)


@pytest.mark.parametrize("period", [(7,), (7, None), (5, 6), (4, None, 9)])
@given(st.data())
def test_every_pair_on_a_ring(period, data):
    """Also boxes that run round more than once, and pairs of two pieces: each pair is there once."""
    d = len(period)
    a, b = data.draw(tables(d, 20, 12)), data.draw(tables(d, 20, 12))
    turned = a - 140 * np.tile([0 if p is None else p for p in period], 2)
    pairs = boxes.overlap_pairs(turned, b, period=period)
    assert joined(pairs) == brute(a, b, period)
    shared = boxes.measure(a[pairs.a], b[pairs.b], period=period).intersection
    np.testing.assert_array_equal(pairs.intersection, shared)


@given(tables(1), tables(1))
def test_on_the_line_it_is_the_join_of_intervals(a, b):
    assert joined(boxes.overlap_pairs(a, b)) == joined(intervals.overlap_pairs(a, b))


@pytest.mark.parametrize("scale", [1e-150, 1.0, 1e150])
def test_what_shares_area_is_found_and_nothing_else_has_any(scale):
    lo = rng.uniform(-1, 1, (400, 2))
    a = scale * np.concatenate([lo, lo + rng.uniform(0, 0.3, (400, 2))], axis=1)
    pairs = boxes.overlap_pairs(a, a)
    i, j = np.nonzero(boxes.pairwise(a, a) > 0)
    assert joined(pairs) == list(zip(i.tolist(), j.tolist(), strict=True))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_angles_in_radians_over_the_seam(dtype):
    """No pair that `measure` sees is lost to rounding, wherever the seam is."""
    lo = rng.uniform(-30, 30, (150, 2))
    lo[::3] = np.round(lo[::3])
    a = np.concatenate([lo, lo + rng.uniform(0, 3, (150, 2))], axis=1)
    a = a.astype(dtype)
    period = (2 * np.pi, 2 * np.pi)
    shared = boxes.measure(a[:, None], a, period=period).intersection
    i, j = np.nonzero(shared > 0)
    pairs = boxes.overlap_pairs(a, a, period=period)
    assert joined(pairs) == list(zip(i.tolist(), j.tolist(), strict=True))
    np.testing.assert_array_equal(pairs.intersection, shared[i, j])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arcs_that_touch_but_for_rounding(dtype):
    """What `measure` sees between an arc and one that begins where it ends, some turns on, is a pair."""
    start = rng.uniform(-30, 30, 400)
    end = start + rng.uniform(0, 3, 400)
    there = np.stack([start, end], axis=1).astype(dtype)
    turned = np.stack([end, end + 1], axis=1) + 2 * np.pi * rng.integers(-9, 9, (400, 1))
    back = turned.astype(dtype)
    shared = boxes.measure(there, back, period=(2 * np.pi,)).intersection
    sees = np.flatnonzero(shared > 0)
    assert 50 < len(sees) < 350
    pairs = set(joined(boxes.overlap_pairs(there, back, period=(2 * np.pi,))))
    assert {(i, i) in pairs for i in sees.tolist()} == {True}
    assert {(i, i) in pairs for i in np.flatnonzero(shared == 0).tolist()} == {False}


def test_rows_of_one_label():
    a = np.array([[0, 0, 9, 9], [0, 0, 9, 9]])
    pairs = boxes.overlap_pairs(a, a, by=(["cat", "dog"], ["dog", "cow"]))
    assert joined(pairs) == [(1, 0)]
    on_ring = boxes.overlap_pairs(a, a, by=([1, 2], [2, 3]), period=(10, None))
    assert joined(on_ring) == [(1, 0)]


def test_a_float32_box_is_measured_as_it_is():
    a = np.array([[0.1, 0.1, 0.3, 0.7]], np.float32)
    pairs = boxes.overlap_pairs(a, a)
    assert pairs.intersection.dtype == np.float32
    assert float(ov.iou(ov.Overlap(pairs.intersection, *[boxes.measure(a, a).size_a] * 2))[0]) == 1


def test_tensors_come_back_as_tensors():
    torch = pytest.importorskip("torch")
    a = torch.tensor([[0.0, 0, 2, 2], [1, 1, 3, 3]], requires_grad=True)
    pairs = boxes.overlap_pairs(a, a)
    assert [type(x) for x in pairs] == [torch.Tensor] * 3
    assert joined(pairs) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert pairs.intersection.tolist() == [4, 1, 1, 4]
    with pytest.raises(ValueError, match=r"boxes.overlap_pairs: a is no array .* tensors as x.detach\(\).cpu\(\)"):
        boxes.overlap_pairs(torch.zeros((1, 4), device="meta"), torch.zeros((1, 4), device="meta"))


@pytest.mark.slow
def test_many_boxes_among_which_few_meet():
    """All pairs would take 80 GB."""
    n = 100_000
    corner = np.stack([np.arange(n) % 500, np.arange(n) // 500], axis=1).astype(float)
    tiles = np.concatenate([corner, corner + 1], axis=1)
    pairs = boxes.overlap_pairs(tiles, tiles[::-1] + np.array([0.5, 0, 0.5, 0]))
    assert len(pairs.a) == 2 * n - n // 500
    assert set(pairs.intersection.tolist()) == {0.5}


@pytest.mark.parametrize(
    ("a", "period", "message"),
    [
        ([[1, 0, 0, 1]], None, "boxes.overlap_pairs: 1 of 1 boxes of a are malformed"),
        ([0, 0, 1, 1], None, r"boxes.overlap_pairs: a has shape \(4,\); pass \(n, 2d\)"),
        ([[0, 0, 1]], None, "last axis holds lo|hi"),
        ([[0, 0, 1, 1]], (5,), "a length for each of the 2 axes"),
    ],
)
def test_refused(a, period, message):
    with pytest.raises(ValueError, match=message):
        boxes.overlap_pairs(np.array(a, float), np.zeros((3, 4)), period=period)
