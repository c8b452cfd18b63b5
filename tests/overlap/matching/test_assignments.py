"""Oracles: scipy's dense solver, cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, sparse

from overlap import matching
from overlap.matching import assignments
from overlap.matching.assignments import BATCH
from overlap.matching.candidates import read_candidates

rng = np.random.default_rng(11)


def test_many_components_of_all_sizes():
    """More pairs than one batch holds, against scipy's dense solver on each block."""
    sizes = rng.integers(1, 12, (400, 2))
    blocks = [np.round(rng.random(size), 2) for size in sizes]
    m = matching.match(sparse.block_diag(blocks), 0.0)
    assert sum(b.size for b in blocks) > 5 * BATCH
    assert m.n == sizes.min(1).sum()
    best = sum(b[optimize.linear_sum_assignment(b, maximize=True)].sum() for b in blocks)
    np.testing.assert_allclose(m.scores.sum(), best, rtol=1e-12)


def test_one_large_component():
    place = np.sort(rng.uniform(0, 100, (2, 500)), axis=1)
    scores = -abs(place[0][:, None] - place[1])
    m = matching.match(scores, -1.0)
    cost = np.where(scores >= -1, -scores, 1e4)
    row, column = optimize.linear_sum_assignment(cost)
    real = cost[row, column] <= 1
    assert m.n == real.sum()
    np.testing.assert_allclose(m.scores.sum(), -cost[row, column][real].sum(), rtol=1e-9)


def test_the_number_of_pairs_outweighs_any_score():
    scores = np.full((300, 300), np.nan)
    k = np.arange(300)
    scores[k, k] = 0.0
    scores[k[:-1], k[1:]] = 1e6
    m = matching.match(scores, -1.0)
    assert m.n == 300
    assert m.scores.sum() == 0


def test_the_most_pairs_of_a_chain():
    chain = np.eye(6) + np.eye(6, k=1)
    assert assignments.most(read_candidates("matching.match", chain, 0.5)) == 6
    assert assignments.most(read_candidates("matching.match", chain[:, :1], 0.5)) == 1


def test_batches_end_between_components():
    component = np.repeat(np.arange(1000), 7)
    cuts = assignments._batches(component)
    assert np.all(component[cuts] != component[cuts - 1])
    sizes = np.diff([0, *cuts, len(component)])
    assert np.all(abs(sizes[:-1] - BATCH) < 7)
    assert assignments._batches(component[:3]).tolist() == []


@pytest.mark.parametrize("scores", [[[0.3]], [[0.3, 0.3], [0.3, 0.3]], [[1.0, 1e6], [np.nan, 1.0]]])
def test_an_assignment_matches_all_that_can_be(scores):
    pairs = read_candidates("matching.match", scores, 0.0)
    chosen = pairs.take(assignments._assignment(pairs, assignments._most_first))
    assert sorted(chosen.row) == sorted(chosen.column) == list(range(len(scores)))


def test_components_with_and_without_a_cycle():
    """A chain, a square of two rows and two columns, a pair alone."""
    blocks = [np.tril(np.ones((4, 4))) - np.tril(np.ones((4, 4)), -2), np.ones((2, 2)), [[1.0]]]
    pairs = read_candidates("matching.match", sparse.block_diag(blocks), 0.5)
    component = assignments._components(pairs)
    is_tree = assignments._are_trees(pairs, component)
    assert is_tree[component].tolist() == [True] * 7 + [False] * 4 + [True]
    assert len(assignments.optimal(pairs)) == 7
