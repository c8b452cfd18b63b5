"""Oracles: `intervals.measure` for hard tracks; sums over a fine raster on whole numbers for soft ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlap import intervals, raster

TNORMS = ("minimum", "product", "lukasiewicz")
steps = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 8)), max_size=6)


def track(rows, start):
    """Return whole edges from `start` on, and values in eighths."""
    edges = start + np.cumsum([0, *(width for width, _ in rows)])
    return edges, np.array([eighths for _, eighths in rows]) / 8


def drawn(edges, values, n=60):
    cells = np.zeros(n)
    for begin, end, value in zip(edges[:-1], edges[1:], values, strict=True):
        cells[begin:end] = value
    return cells


@given(steps, steps, st.integers(0, 9), st.sampled_from(TNORMS))
def test_soft_tracks_are_their_raster(rows_a, rows_b, start, tnorm):
    a = track(rows_a, 3)
    b = track(rows_b, start)
    o = intervals.measure_tracks(*a, *b, tnorm=tnorm)
    expected = raster.measure(drawn(*a), drawn(*b), tnorm=tnorm)
    for name in ("intersection", "size_a", "size_b"):
        assert float(getattr(o, name)) == float(getattr(expected, name))


@pytest.mark.parametrize("tnorm", TNORMS)
def test_hard_tracks_are_sets_of_intervals(tnorm):
    rng = np.random.default_rng(3)
    for n, m in rng.integers(1, 40, (40, 2)):
        a = np.sort(rng.uniform(0, 1e3, 2 * n))
        b = np.sort(rng.uniform(0, 1e3, 2 * m))
        # on from each second edge to the next
        on_a = np.arange(2 * n - 1) % 2 == 0
        on_b = np.arange(2 * m - 1) % 2 == 0
        o = intervals.measure_tracks(a, on_a, b, on_b, tnorm=tnorm)
        expected = intervals.measure(a.reshape(-1, 2), b.reshape(-1, 2))
        for name in ("intersection", "size_a", "size_b"):
            assert float(getattr(o, name)) == pytest.approx(float(getattr(expected, name)), rel=1e-12)


def test_of_several_edges_at_one_place_the_last_counts():
    o = intervals.measure_tracks([0, 1, 1, 2], [0.5, 1.0, 0.25], [0, 2], [True])
    assert float(o.size_a) == 0.75


def test_no_track_at_all():
    o = intervals.measure_tracks([0], [], [0, 4], [0.5])
    assert [float(x) for x in (o.intersection, o.size_a, o.size_b)] == [0, 0, 2]


@pytest.mark.parametrize(
    ("edges", "values", "error", "message"),
    [
        ([0, 1, 2], [0.5], ValueError, r"edges_a has shape \(3,\) and values_a \(1,\); a track has one edge more"),
        ([0, 2, 1], [0.5, 0.5], ValueError, "edges_a must be finite and ascend"),
        ([0, np.inf], [0.5], ValueError, "edges_a must be finite"),
        ([0, 1], [70.0], ValueError, r"1 of 1 values_a lie outside \[0, 1\]"),
        ([0, 1], [np.nan], ValueError, "or are NaN"),
        ([0, 1], [1], TypeError, "values_a has dtype int64; pass bool for a hard track"),
        (np.array(["2020-01-01", "2020-01-02"], "M8[D]"), [0.5], TypeError, "edges are numbers"),
        ([[0, 1]], [[0.5]], ValueError, "shape"),
    ],
)
def test_wrong_tracks(edges, values, error, message):
    with pytest.raises(error, match=message):
        intervals.measure_tracks(edges, values, [0, 1], [1.0])
