"""Oracle: the official code's own call, numpy.argsort(scores)[::-1], in each group."""

from __future__ import annotations

import numpy as np
import pytest

from domains.events.protocols.ranks import ranks


@pytest.mark.parametrize("n", [0, 1, 8, 60])
def test_official_ranks_are_those_of_argsort_backwards(n):
    rng = np.random.default_rng(n)
    confidence = rng.integers(0, 6, n) / 6
    group = rng.integers(0, 3, n)
    rank = ranks(confidence, group)
    for k in range(3):
        rows = np.flatnonzero(group == k)
        assert rows[np.argsort(rank[rows])].tolist() == rows[confidence[rows].argsort()[::-1]].tolist()


def test_where_nothing_is_tied_all_orders_are_one():
    confidence = np.random.default_rng(0).permutation(50) / 50
    group = np.arange(50) % 4
    official = ranks(confidence, group)
    assert official.tolist() == ranks(confidence, group, ties="index").tolist()
    assert sorted(official[group == 1]) == list(range(13))
