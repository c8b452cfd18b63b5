"""Oracles: scipy's dense solver on the same trees, chains worked by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, sparse

from overlap import intervals, matching
from overlap.matching.forests import best_in_forest


def random_forest(rng, n_nodes):
    """Join each node with an earlier one of the other side, or with none."""
    is_row = rng.random(n_nodes) < 0.5
    place = np.where(is_row, np.cumsum(is_row), np.cumsum(~is_row)) - 1
    pairs = []
    for node in range(1, n_nodes):
        others = np.flatnonzero(is_row[:node] != is_row[node])
        if not len(others) or rng.random() < 0.1:
            continue
        # mostly a near one, so that trees are deep
        other = others[-1 - min(rng.geometric(0.5) - 1, len(others) - 1)]
        row, column = (node, other) if is_row[node] else (other, node)
        pairs.append((place[row], place[column]))
    ends = np.array(pairs, np.intp).reshape(-1, 2)
    return ends[:, 0], ends[:, 1]


@pytest.mark.slow
@settings(max_examples=150)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.booleans())
def test_as_the_dense_solver(seed, n_nodes, ties):
    rng = np.random.default_rng(seed)
    row, column = random_forest(rng, n_nodes)
    if not len(row):
        return
    added = rng.integers(1, 5 if ties else 10**6, len(row))
    chosen, worth = best_in_forest(row, column, added.tolist())
    assert len(set(row[chosen])) == len(set(column[chosen])) == len(chosen)
    dense = np.zeros((row.max() + 1, column.max() + 1))
    dense[row, column] = added
    best = dense[optimize.linear_sum_assignment(dense, maximize=True)].sum()
    assert added[chosen].sum() == best
    # the dual problem has the same optimum
    assert sum(worth) == best
    worths = np.array(worth)
    assert np.all(worths[row] + worths[row.max() + 1 + column] >= added)


def test_pairs_that_add_nothing_are_left():
    chosen, worth = best_in_forest(np.array([0, 0, 1]), np.array([0, 1, 1]), [-9, 50, -8])
    assert chosen.tolist() == [1]
    assert worth == [50, 0, 0, 0]


@pytest.mark.parametrize("n", [1, 2, 501, 100_000])
def test_every_other_pair_of_a_long_chain(n):
    """Row k meets the columns k and k + 1: all n rows are matched, by k or, from the dearest shift on, by k + 1."""
    k = np.arange(n)
    row = np.repeat(k, 2)
    column = np.stack([k, k + 1], axis=1).ravel()
    # each pair adds more than all shifts can
    added = 10**9 + np.tile([5, 4], n)
    added[2 * (n // 2) + 1] += 10**6
    chosen, _ = best_in_forest(row, column, added.tolist())
    assert chosen.tolist() == np.where(k < n // 2, 2 * k, 2 * k + 1).tolist()


def tiling(rng, n):
    edges = np.concatenate([[0], np.sort(rng.random(n - 1)), [1]])
    return np.array(list(pairwise(edges)))


def test_two_tilings_of_one_recording():
    """Words against words, all in one tree; shares of the recording never outweigh a pair."""
    rng = np.random.default_rng(3)
    a = tiling(rng, 300)
    b = tiling(rng, 340)
    met = intervals.overlap_pairs(a, b)
    assert len(met.a) == 300 + 340 - 1
    scores = sparse.csr_array((met.length, (met.a, met.b)), (300, 340))
    found = matching.match(scores, np.nextafter(0, 1))
    dense = np.where(scores.toarray() > 0, scores.toarray() + 1, 0)
    best = dense[optimize.linear_sum_assignment(dense, maximize=True)]
    assert found.n == np.count_nonzero(best)
    np.testing.assert_allclose(found.scores.sum(), best.sum() - found.n, rtol=1e-12)
