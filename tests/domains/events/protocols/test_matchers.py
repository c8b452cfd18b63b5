"""Matchings whose size is known, or counted by trying every one."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.events import as_events
from domains.events.protocols.criteria import Pairs
from domains.events.protocols.matchers import all_pairs, as_matrix, by_confidence, one_to_one, same_label_first

EDGES = st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)))


def pairs(edges, value=1.0):
    edges = sorted(edges)
    i, j = (np.array([e[k] for e in edges], int) for k in (0, 1))
    return Pairs(i, j, np.full(len(edges), float(value)))


def some(n):
    return as_events(np.stack([np.arange(n), np.arange(n) + 1.0], axis=1)).assign(confidence=0.5)


def largest(edges):
    return max(sum((i, j) in edges for i, j in enumerate(order)) for order in permutations(range(5)))


def check(matches, edges, n):
    """Partners agree from both sides and are candidates."""
    for of_a, of_b in zip(matches.prediction, matches.reference, strict=True):
        found = {(i, int(j)) for i, j in enumerate(of_a) if j >= 0}
        assert found == {(int(i), j) for j, i in enumerate(of_b) if i >= 0}
        assert found <= edges
        assert len(found) == n


@pytest.mark.slow
@given(EDGES)
def test_optimal_matchings_are_largest(edges):
    check(one_to_one(some(5), some(5), pairs(edges)), edges, largest(edges))
    check(same_label_first(some(5), some(5), pairs(edges)), edges, largest(edges))


@pytest.mark.slow
@given(EDGES)
def test_greedy_takes_the_first_that_is_free(edges):
    taken, expected = set(), {}
    for j in range(5):
        free = [i for i in range(5) if (i, j) in edges and i not in taken]
        if free:
            taken.add(free[0])
            expected[j] = free[0]
    found = same_label_first(some(5), some(5), pairs(edges), matching="greedy").reference[0]
    assert {j: int(i) for j, i in enumerate(found) if i >= 0} == expected


def test_substitution_is_for_what_is_left_over():
    a, b = some(3), some(2)
    of = Pairs(np.array([0, 1, 2, 2]), np.array([0, 0, 0, 1]), np.array([1.0, 1, 0, 0]))
    matches = same_label_first(a, b, of)
    assert matches.reference[0].tolist() == [0, -1]
    assert matches.substituted.tolist() == [False, True]


@pytest.mark.parametrize(("substitutions", "n"), [("first", 1), ("most", 2)])
def test_substitution_in_order_or_as_many_as_can_be(substitutions, n):
    of = Pairs(np.array([0, 1, 0]), np.array([0, 0, 1]), np.zeros(3))
    assert same_label_first(some(2), some(2), of, substitutions=substitutions).substituted.sum() == n


def test_confidence_goes_first_and_falls_back():
    a = some(3).assign(confidence=[0.1, 0.9, 0.5])
    of = Pairs(np.array([0, 1, 2, 2]), np.array([0, 0, 0, 1]), np.array([0.9, 0.6, 0.8, 0.7]))
    matches = by_confidence(a, some(2), of, thresholds=[0.5, 0.65])
    assert matches.prediction.tolist() == [[-1, 0, 1], [-1, -1, 0]]
    assert matches.reference.tolist() == [[1, 2], [2, -1]]
    assert matches.thresholds.tolist() == [0.5, 0.65]


def test_a_threshold_counts_itself_and_with_a_tolerance_a_bit_less():
    a, b = some(1), some(1)
    less = Pairs(np.array([0]), np.array([0]), np.array([np.nextafter(0.5, 0)]))
    for matcher in (by_confidence, one_to_one):
        assert matcher(a, b, less._replace(value=np.array([0.5]))).prediction.tolist() == [[0]]
        assert matcher(a, b, less).prediction.tolist() == [[-1]]
        assert matcher(a, b, less, tolerance=1e-9).prediction.tolist() == [[0]]


def test_all_pairs_name_the_best_partner():
    of = Pairs(np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([1.0, 3.0, 2.0]))
    matches = all_pairs(some(3), some(2), of)
    assert matches.prediction.tolist() == [[1, 1, -1]]
    assert matches.reference.tolist() == [[0, 0]]


def test_the_matrix_holds_the_pairs_alone():
    matrix = as_matrix(pairs({(0, 1), (2, 0)}, 0.5), 3, 2)
    assert matrix.nnz == 2
    assert matrix.toarray().tolist() == [[0, 0.5], [0, 0], [0.5, 0]]


def test_nothing_to_match():
    nothing = Pairs(np.empty(0, int), np.empty(0, int), np.empty(0))
    for matcher in (same_label_first, by_confidence, one_to_one, all_pairs):
        matches = matcher(some(2), some(0), nothing)
        assert matches.prediction.tolist() == [[-1, -1]]
        assert matches.reference.shape == (1, 0)
