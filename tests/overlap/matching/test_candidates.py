"""Oracles: scipy's dense solver, cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, sparse

from overlap import matching
from overlap.matching import candidates
from overlap.matching.candidates import BATCH

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


def test_entries_of_a_dense_matrix():
    scores = np.array([[0.2, np.nan, 0.9], [0.5, 0.1, 0.0]])
    pairs = candidates.read_candidates("matching.match", scores, 0.2)
    assert pairs.row.tolist() == [0, 0, 1]
    assert pairs.column.tolist() == [0, 2, 0]
    assert pairs.score.tolist() == [0.2, 0.9, 0.5]
    assert pairs.shape == (2, 3)


def test_stored_entries_of_a_sparse_matrix_by_row_and_column():
    scores = sparse.coo_array(([0.0, 0.7, np.nan, 0.5], ([1, 0, 0, 1], [2, 1, 0, 0])), (2, 3))
    pairs = candidates.read_candidates("matching.match", scores, 0.0)
    assert pairs.row.tolist() == [0, 1, 1]
    assert pairs.column.tolist() == [1, 0, 2]
    assert pairs.score.tolist() == [0.7, 0.5, 0.0]


def test_what_comes_first_for_both_ends_is_chosen():
    row = np.array([0, 0, 1, 1, 2])
    column = np.array([0, 1, 0, 1, 1])
    assert candidates.greedy(row, column, (3, 2)).tolist() == [0, 3]
    assert candidates.greedy(row[:0], column[:0], (3, 2)).tolist() == []


def test_the_most_pairs_of_a_chain():
    chain = np.eye(6) + np.eye(6, k=1)
    assert candidates.most(candidates.read_candidates("matching.match", chain, 0.5)) == 6
    assert candidates.most(candidates.read_candidates("matching.match", chain[:, :1], 0.5)) == 1


def test_batches_end_between_components():
    component = np.repeat(np.arange(1000), 7)
    cuts = candidates._batches(component)
    assert np.all(component[cuts] != component[cuts - 1])
    sizes = np.diff([0, *cuts, len(component)])
    assert np.all(abs(sizes[:-1] - BATCH) < 7)
    assert candidates._batches(component[:3]).tolist() == []


@pytest.mark.parametrize("scores", [[[0.3]], [[0.3, 0.3], [0.3, 0.3]], [[1.0, 1e6], [np.nan, 1.0]]])
def test_an_assignment_matches_all_that_can_be(scores):
    pairs = candidates.read_candidates("matching.match", scores, 0.0)
    chosen = pairs.take(candidates._assignment(pairs, candidates._most_first))
    assert sorted(chosen.row) == sorted(chosen.column) == list(range(len(scores)))
