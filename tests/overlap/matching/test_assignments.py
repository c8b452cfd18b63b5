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


@pytest.mark.parametrize("method", ["optimal", "total"])
def test_rows_and_columns_without_a_pair_change_nothing(method):
    blocks = [np.round(rng.random(size), 2) for size in rng.integers(1, 7, (40, 2))]
    few = sparse.coo_array(sparse.block_diag(blocks))
    n, m = few.shape
    row = np.sort(rng.choice(50 * n, n, replace=False))
    column = np.sort(rng.choice(50 * m, m, replace=False))
    spread = sparse.coo_array((few.data, (row[few.coords[0]], column[few.coords[1]])), (50 * n, 50 * m))
    expected = matching.match(few, 0.0, method).pairs
    got = matching.match(spread, 0.0, method).pairs
    np.testing.assert_array_equal(got, np.stack([row[expected[:, 0]], column[expected[:, 1]]], axis=1))


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


def ring(n):
    k = np.arange(n)
    return np.repeat(k, 2), np.stack([k, (k + 1) % n], axis=1).ravel()


def test_kinds_of_components():
    """A chain, a square of two rows and two columns, a pair alone; many pairs; a large net."""
    chain = np.tril(np.ones((4, 4))) - np.tril(np.ones((4, 4)), -2)
    blocks = [chain, np.ones((2, 2)), [[1.0]], np.ones((5, 6))]
    pairs = read_candidates("matching.match", sparse.block_diag(blocks), 0.5)
    component = assignments._components(pairs)
    kind = assignments._kinds(pairs, component)
    assert kind.tolist() == [assignments._CHAINS] * 3 + [assignments._COMPACT]
    assert len(assignments.optimal(pairs)) == 12
    n = 20_000
    net = sparse.diags_array([np.ones(n)] * 4, offsets=[0, 1, 2, 3], shape=(n, n))
    pairs = read_candidates("matching.match", net, 0.5)
    assert assignments._kinds(pairs, assignments._components(pairs)).tolist() == [assignments._NETS]


@pytest.mark.parametrize("method", ["total", "optimal"])
@pytest.mark.parametrize("power", [-1000, -66, 66, 900])
def test_no_scale_of_scores_is_special(method, power):
    """Components with and without cycles, scores of one and of many scales."""
    random = np.random.default_rng(5)
    blocks = [random.random((4, 5)), random.random((2, 2)), random.random((3, 3)) * 2.0**-60, random.random((1, 3))]
    scores = sparse.block_diag(blocks).tocsr()
    as_given = matching.match(scores, 0.0, method)
    scaled = matching.match(scores * 2.0**power, 0.0, method)
    np.testing.assert_array_equal(scaled.pairs, as_given.pairs)
    start = np.cumsum([[0, 0]] + [b.shape for b in blocks], axis=0)
    for i, block in zip(start[:, 0], blocks, strict=False):
        inside = (as_given.pairs[:, 0] >= i) & (as_given.pairs[:, 0] < i + len(block))
        best = block[optimize.linear_sum_assignment(block, maximize=True)].sum()
        np.testing.assert_allclose(as_given.scores[inside].sum(), best, rtol=1e-12)


def test_small_scores_beside_large_ones():
    """The pairs of 1e-20 count, though one of 1 is joined with them."""
    scores = np.array([[1.0, 0.0, 0.0], [1e-20, 3e-20, 2e-20], [0.0, 2e-20, 2e-20]])
    scores[scores == 0] = np.nan
    assert matching.match(scores, 0.0, "total").pairs.tolist() == [[0, 0], [1, 1], [2, 2]]


@pytest.mark.parametrize("method", ["total", "optimal"])
def test_a_long_ring_of_segments(method):
    """Two tilings of a circle: cut open anywhere they are a chain, whose choices differ by the pair at the cut."""
    n = 8_000
    row, column = ring(n)
    score = np.tile([0.5, 0.4], n)
    score[1] = 0.7 * n
    scores = sparse.csr_array((score, (row, column)), (n, n))
    found = matching.match(scores, 0.1, method)
    assert found.pairs[:, 1].tolist() == [*range(1, n), 0] if method == "optimal" else found.n == n - 1
