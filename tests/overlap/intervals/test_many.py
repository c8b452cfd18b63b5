"""Oracles: a raster in one dimension, counted cell by cell; `intervals.measure` of every two sets."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlap import intervals

small = st.integers(0, 12)
rows = st.lists(st.tuples(small, st.integers(0, 5)), max_size=6).map(
    lambda x: np.array([(a, a + w) for a, w in x], dtype=np.int64).reshape(-1, 2)
)


def drawn(x, n=20):
    cells = np.arange(n) + 0.5
    return ((x[:, :1] < cells) & (cells < x[:, 1:])).any(0)


@given(st.lists(rows, max_size=5))
def test_combinations_of_cells(sets):
    masks = [drawn(x) for x in sets]
    counted = Counter(zip(*[mask.tolist() for mask in masks], strict=True))
    counted.pop((False,) * len(sets), None)
    subsets = intervals.measure_many(sets)
    found = dict(zip(map(tuple, subsets.members.tolist()), subsets.size.tolist(), strict=True))
    assert found == counted


@given(st.lists(rows, min_size=2, max_size=4))
def test_every_two_sets(sets):
    subsets = intervals.measure_many([x / 4 for x in sets])
    for a in range(len(sets)):
        for b in range(len(sets)):
            o = subsets.overlap(a, b)
            assert o.intersection == intervals.measure(sets[a] / 4, sets[b] / 4).intersection
            assert o.size_a == intervals.measure(sets[a] / 4, sets[b] / 4).size_a


def test_the_sixty_second_set():
    subsets = intervals.measure_many([[[k, k + 1.5]] for k in range(62)])
    assert subsets.size.sum() == 62.5
    *_, alone, with_the_one_before = subsets.members
    assert alone.nonzero()[0].tolist() == [61]
    assert with_the_one_before.nonzero()[0].tolist() == [60, 61]


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        ([[[0, 1]], [[2, 1]]], r"sets\[1\]"),
        ([np.array([["2020-01-01", "2020-01-02"]], "datetime64[D]")], r"sets\[0\] are times; choose a unit"),
        ([[[0, 1]]] * 63, "63 sets have too many combinations"),
    ],
)
def test_wrong_input_is_one_line(sets, message):
    with pytest.raises((TypeError, ValueError), match=f"^intervals.measure_many: .*{message}") as raised:
        intervals.measure_many(sets)
    assert "\n" not in str(raised.value)
