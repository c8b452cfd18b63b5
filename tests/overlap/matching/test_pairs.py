"""Oracles: brute force over all matchings, a plain loop, cases worked by hand."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

import overlap as ov
from overlap import matching

rng = np.random.default_rng(11)


def matrices(limit=5):
    """Small matrices with ties and NaN."""
    value = st.sampled_from([0.0, 0.1, 0.3, 0.3, 0.5, 0.7, 0.9, 1.0, np.nan])
    sides = st.tuples(st.integers(0, limit), st.integers(0, limit))
    return sides.flatmap(
        lambda s: st.lists(value, min_size=s[0] * s[1], max_size=s[0] * s[1]).map(lambda x: np.array(x).reshape(s))
    )


def stored(scores):
    """The same candidates as a sparse matrix, unsorted."""
    row, column = np.nonzero(~np.isnan(scores))
    turn = rng.permutation(len(row))
    return sparse.coo_array((scores[row, column][turn], (row[turn], column[turn])), scores.shape)


def best_by_brute_force(scores, threshold):
    """Return the greatest number of pairs, and the greatest total score of as many."""
    n, m = scores.shape
    for size in range(min(n, m), 0, -1):
        totals = [
            scores[list(rows), list(columns)].sum()
            for rows in combinations(range(n), size)
            for columns in permutations(range(m), size)
            if np.all(scores[list(rows), list(columns)] >= threshold)
        ]
        if totals:
            return size, max(totals)
    return 0, 0.0


@pytest.mark.slow
@given(matrices(4), st.sampled_from([-np.inf, 0.0, 0.3, 0.5, 2.0]))
def test_optimal_against_brute_force(scores, threshold):
    for given_as in (scores, stored(scores), sparse.csr_matrix(stored(scores))):
        m = matching.match(given_as, threshold)
        size, total = best_by_brute_force(scores, threshold)
        assert m.n == size
        np.testing.assert_allclose(m.scores.sum(), total, rtol=1e-12)


@given(matrices(), st.sampled_from([0.0, 0.3, 0.5]), st.sampled_from(["optimal", "total", "greedy"]))
def test_a_matching_is_one_to_one(scores, threshold, method):
    m = matching.match(scores, threshold, method)
    a, b = m.pairs.T
    assert m.scores.tolist() == scores[a, b].tolist()
    assert np.all(m.scores >= threshold)
    assert np.all(np.diff(a) > 0)
    assert sorted([*a, *m.unmatched_a]) == list(range(scores.shape[0]))
    assert sorted([*b, *m.unmatched_b]) == list(range(scores.shape[1]))
    assert [int(x) for x in (m.overlap.intersection, m.overlap.size_a, m.overlap.size_b)] == [m.n, *scores.shape]


@given(matrices(), st.sampled_from([0.0, 0.3, 0.5]))
def test_greedy_against_a_plain_loop(scores, threshold):
    pairs = [(-scores[i, j], i, j) for i, j in np.ndindex(scores.shape) if scores[i, j] >= threshold]
    rows, columns, expected = set(), set(), []
    for _, i, j in sorted(pairs):
        if i not in rows and j not in columns:
            rows.add(i)
            columns.add(j)
            expected.append([i, j])
    assert matching.match(scores, threshold, "greedy").pairs.tolist() == sorted(expected)
    assert matching.match(stored(scores), threshold, "greedy").pairs.tolist() == sorted(expected)


@given(matrices(4), st.sampled_from([-np.inf, 0.3, 0.5]))
def test_total_against_brute_force(scores, threshold):
    """The greatest total over matchings of any number of pairs."""
    n, m = scores.shape
    best = 0.0
    for size in range(1, min(n, m) + 1):
        for rows in combinations(range(n), size):
            for columns in permutations(range(m), size):
                chosen = scores[list(rows), list(columns)]
                if np.all(chosen >= threshold):
                    best = max(best, chosen.sum())
    found = matching.match(stored(scores), threshold, "total")
    np.testing.assert_allclose(found.scores.sum(), best, rtol=1e-12, atol=1e-15)
    assert (found.scores > 0).all()


def test_total_takes_one_good_pair_before_two_poor_ones():
    scores = [[0.9, 0.3], [0.4, np.nan]]
    assert matching.match(scores, 0.1, "total").pairs.tolist() == [[0, 0]]
    assert matching.match(scores, 0.1, "optimal").pairs.tolist() == [[0, 1], [1, 0]]


def test_optimal_finds_what_greedy_misses():
    chain = np.diag(np.full(6, 0.6)) + np.diag(np.full(5, 0.7), 1)
    assert matching.match(chain, 0.5, "greedy").n == 5
    assert matching.match(chain, 0.5).n == 6


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (2, 3)])
@pytest.mark.parametrize("method", ["optimal", "greedy"])
def test_nothing_to_match(shape, method):
    m = matching.match(np.zeros(shape), 0.5, method)
    assert m.pairs.shape == (0, 2)
    assert (len(m.unmatched_a), len(m.unmatched_b)) == shape
    assert matching.threshold_curve(np.zeros(shape), [0.5], method).intersection.tolist() == [0]


def test_threshold_is_inclusive_and_absent_entries_are_no_candidates():
    assert matching.match([[0.5]], 0.5).n == 1
    assert matching.match([[0.5]], np.nextafter(0.5, 1)).n == 0
    assert matching.match(sparse.csr_array((2, 2)), -1.0).n == 0
    assert matching.match(np.zeros((2, 2)), -1.0).n == 2
    assert matching.match(np.zeros((2, 2)), np.nextafter(0, 1)).n == 0


@pytest.mark.slow
@given(matrices(), st.sampled_from(["optimal", "total", "greedy"]))
def test_threshold_curve_counts_what_match_finds(scores, method):
    steps = [0.5, 0.0, 0.3, 0.95, 2.0]
    for given_as in (scores, stored(scores)):
        o = matching.threshold_curve(given_as, steps, method)
        assert o.intersection.tolist() == [matching.match(scores, t, method).n for t in steps]
        assert (o.size_a.tolist(), o.size_b.tolist()) == ([scores.shape[0]] * 5, [scores.shape[1]] * 5)


def test_f1_of_a_matching():
    m = matching.match(np.diag([0.9, 0.6, 0.4])[:, :2], 0.5)
    assert ov.dice(m.overlap) == 2 * 2 / (3 + 2)
    assert ov.precision(m.overlap) == 2 / 3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: matching.match(np.zeros(3), 0.5), r"matching.match: scores has shape \(3,\)"),
        (lambda: matching.match([["a"]], 0.5), "matching.match: scores has shape"),
        (lambda: matching.match([[1.0]], np.nan), "matching.match: the threshold is NaN"),
        (lambda: matching.match([[np.inf]], 0.5), "matching.match: 1 scores are infinite"),
        (
            lambda: matching.match([[1.0]], 0.5, "best"),
            "matching.match: method must be one of 'optimal', 'total', 'greedy', got 'best'",
        ),
        (lambda: matching.threshold_curve([[1.0]], [0.5, np.nan]), "matching.threshold_curve: the threshold is NaN"),
    ],
)
def test_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
