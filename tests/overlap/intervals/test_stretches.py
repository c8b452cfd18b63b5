"""Oracles: cells of a raster counted one by one; `intervals.measure`."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlap import intervals

small = st.integers(0, 12)
rows = st.lists(st.tuples(small, st.integers(0, 5)), max_size=6).map(
    lambda x: np.array([(a, a + w) for a, w in x], dtype=np.int64).reshape(-1, 2)
)


def counted(x, n=20):
    """Return how many rows cover each cell."""
    cells = np.arange(n) + 0.5
    return ((x[:, :1] < cells) & (cells < x[:, 1:])).sum(0)


def drawn(stretches, n=20):
    """Return the counts of each cell, and how often a stretch covers it."""
    counts = np.zeros((n, stretches.counts.shape[1]), int)
    times = np.zeros(n, int)
    for start, end, of_stretch in zip(stretches.start, stretches.end, stretches.counts, strict=True):
        counts[start:end] += of_stretch
        times[start:end] += 1
    return counts, times


@given(rows, rows, rows)
def test_counts_of_cells(a, b, c):
    counts, times = drawn(intervals.sweep(a, b, c))
    expected = np.stack([counted(a), counted(b), counted(c)], axis=1)
    np.testing.assert_array_equal(counts, expected)
    # each place that something covers is in one stretch
    np.testing.assert_array_equal(times, expected.any(axis=1))


@given(rows, rows, st.data())
def test_groups_are_swept_by_themselves(a, b, data):
    names = st.sampled_from(["x", "y"])
    group_a = np.array(data.draw(st.lists(names, min_size=len(a), max_size=len(a))), str)
    group_b = np.array(data.draw(st.lists(names, min_size=len(b), max_size=len(b))), str)
    together = intervals.sweep(a, b, by=[group_a, group_b])
    for name in ("x", "y"):
        alone = intervals.sweep(a[group_a == name], b[group_b == name])
        is_own = together.group == name
        np.testing.assert_array_equal(together.counts[is_own], alone.counts)
        np.testing.assert_array_equal(together.start[is_own], alone.start)
        np.testing.assert_array_equal(together.length[is_own], alone.length)


def test_the_overlap_of_two_sets():
    rng = np.random.default_rng(1)
    start = rng.uniform(0, 1e4, (2, 500, 1))
    a, b = np.concatenate([start, start + rng.exponential(8, start.shape)], axis=2)
    stretches = intervals.sweep(a, b)
    is_both = (stretches.counts > 0).all(axis=1)
    assert stretches.length[is_both].sum() == pytest.approx(float(intervals.measure(a, b).intersection), rel=1e-12)


def test_times_and_their_lengths():
    days = np.array([["2020-01-01", "2020-01-04"], ["2020-01-02", "2020-01-03"]], "datetime64[D]")
    stretches = intervals.sweep(days)
    assert stretches.counts.ravel().tolist() == [1, 2, 1]
    assert stretches.length.tolist() == [np.timedelta64(1, "D")] * 3


@pytest.mark.parametrize(
    ("by", "error", "message"),
    [
        ("xy", TypeError, "by must be a list of labels for each table"),
        ([["x"]], ValueError, r"a label for each row of each table \(1, 1 rows\)"),
        ([["x"], ["x", "y"]], ValueError, r"got shapes \(1,\), \(2,\)"),
        ([["x"], [1]], TypeError, "dtypes <U1 and int64; convert one of them"),
        ([["x"], [None]], ValueError, "1 labels of by are missing"),
    ],
)
def test_wrong_groups(by, error, message):
    with pytest.raises(error, match=message):
        intervals.sweep([[0, 1]], [[0, 1]], by=by)


def test_nothing_to_sweep():
    with pytest.raises(ValueError, match=r"there is no table to sweep; pass one or more: sweep\(a, b\)"):
        intervals.sweep()
    swept = intervals.sweep([], [], by=[[], []])
    assert len(swept.start) == 0
    assert swept.group.dtype == np.int64
