"""Oracles: a plain loop; the suppression of boxes of one dimension."""

from __future__ import annotations

import numpy as np
import pytest

from overlap import boxes, intervals

rng = np.random.default_rng(37)


def plain(rows, scores, threshold, labels):
    order, kept = sorted(range(len(rows)), key=lambda i: (-scores[i], i)), []
    while order:
        best = order.pop(0)
        kept.append(best)
        left = []
        for i in order:
            (s, e), (t, f) = rows[best], rows[i]
            shared = max(min(e, f) - max(s, t), 0)
            is_rival = labels[i] == labels[best] and shared > threshold * (e - s + f - t - shared)
            left += [] if is_rival else [i]
        order = left
    return kept


def scene(n):
    start = rng.integers(0, 60, n)
    return np.stack([start, start + rng.integers(0, 15, n)], axis=1), np.round(rng.random(n), 1), rng.integers(0, 3, n)


@pytest.mark.parametrize("threshold", [0.0, 0.25, 0.5])
def test_a_plain_loop(threshold):
    rows, scores, labels = scene(120)
    assert intervals.nms(rows, scores, threshold).tolist() == plain(rows.tolist(), scores, threshold, [0] * 120)
    assert intervals.nms(rows, scores, threshold, labels=labels).tolist() == plain(
        rows.tolist(), scores, threshold, labels
    )


@pytest.mark.parametrize("method", ["hard", "linear", "gaussian"])
def test_intervals_are_boxes_of_one_dimension(method):
    rows, scores, labels = scene(90)
    of_intervals = intervals.nms(rows, scores, 0.3, labels=labels, method=method, sigma=0.2)
    of_boxes = boxes.nms(rows / 1.0, scores, 0.3, labels=labels, method=method, sigma=0.2)
    np.testing.assert_allclose(np.stack(of_intervals), np.stack(of_boxes), rtol=1e-14)


@pytest.mark.parametrize("method", ["hard", "gaussian"])
def test_times(method):
    rows, scores, _ = scene(40)
    times = np.datetime64("2026-02-28T23:59", "ns") + rows * np.timedelta64(1, "s")
    kept = intervals.nms(times, scores, 0.3, method=method)
    np.testing.assert_array_equal(np.stack(kept), np.stack(intervals.nms(rows, scores, 0.3, method=method)))


def test_action_proposals():
    """A thousand around each of twenty actions: one of each is left, and little is compared."""
    centre = np.repeat(np.arange(20) * 100.0, 1000) + rng.uniform(-1, 1, 20_000)
    rows = np.stack([centre - 10, centre + 10], axis=1)
    kept = intervals.nms(rows, rng.random(20_000), 0.7)
    assert sorted((np.round(rows[kept].mean(axis=1) / 100)).tolist()) == list(range(20))


def test_rows_are_not_united_and_points_suppress_nothing():
    assert intervals.nms([[0, 4], [4, 8], [2, 6], [5, 5], [5, 5]], [0.9, 0.8, 0.7, 0.6, 0.6], 0.3).tolist() == [
        0,
        1,
        3,
        4,
    ]
    assert intervals.nms([[5, 5], [5, 5], [0, 9]], [0.6, 0.6, 0.7], 0.0).tolist() == [2, 0, 1]
    assert intervals.nms([], [], 0.5).tolist() == []


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[2, 1]], "intervals.nms: 1 of 1 rows of intervals end before"),
        ([1, 2, 3], r"intervals.nms: intervals must be rows"),
    ],
)
def test_refused(rows, message):
    with pytest.raises(ValueError, match=message):
        intervals.nms(rows, [0.5], 0.5)


@pytest.mark.parametrize("method", ["hard", "linear", "gaussian"])
@pytest.mark.parametrize("row", [[-np.inf, np.inf], [2, np.inf], [-np.inf, 8], [np.inf, np.inf]])
def test_infinite_intervals_are_refused_and_the_remedy_is_right(row, method):
    rows = np.array([row, row, [20, 30]])
    with pytest.raises(ValueError, match="intervals.nms: 2 of 3 rows of intervals are infinite") as refused:
        intervals.nms(rows, [0.9, 0.8, 0.7], 0.5, method=method)
    *_, remedy = str(refused.value).split("ends, ")
    cut = eval(remedy, {"numpy": np, "intervals": rows, "begin": 0, "end": 40})
    kept = intervals.nms(cut, [0.9, 0.8, 0.7], 0.5, method=method)
    expected = boxes.nms(cut, [0.9, 0.8, 0.7], 0.5, method=method)
    np.testing.assert_array_equal(np.stack(kept), np.stack(expected))
