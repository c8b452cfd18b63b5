"""Oracles: scipy's dense solver on random graphs, rings and grids; rings worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from overlap.matching import exchanges
from overlap.matching.exchanges import best_of_few


def best_by_scipy(row, column, score, worth_of_a_pair):
    """Return the greatest total of score and worth, none being worth 0."""
    worth = np.zeros((row.max() + 1, column.max() + 1))
    worth[row, column] = np.maximum(score + worth_of_a_pair, 0)
    return worth[optimize.linear_sum_assignment(worth, maximize=True)].sum()


def assert_best(row, column, score, counted):
    chosen = best_of_few(row, column, score, counted)
    assert len(set(row[chosen])) == len(set(column[chosen])) == len(chosen)
    # no chain of exchanges of scores up to 1 gains as much as 1000
    worth_of_a_pair = 1000.0 * counted
    total = score[chosen].sum() + worth_of_a_pair * len(chosen)
    assert total == pytest.approx(best_by_scipy(row, column, score, worth_of_a_pair), rel=1e-12)


def scores_of(rng, n, ties):
    return rng.choice([0.25, 0.5, 0.75, 1.0], n) if ties else rng.uniform(0.01, 1, n)


@pytest.mark.slow
@settings(max_examples=80)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.2, 0.4, 0.7, 1.0]), st.booleans(), st.booleans())
def test_random_graphs_as_the_dense_solver(seed, density, ties, counted):
    rng = np.random.default_rng(seed)
    row, column = np.nonzero(rng.random(rng.integers(1, 12, 2)) < density)
    if len(row):
        assert_best(row, column, scores_of(rng, len(row), ties), counted)


def ring(n):
    k = np.arange(n)
    return np.repeat(k, 2), np.stack([k, (k + 1) % n], axis=1).ravel()


def grid(rows, columns):
    """Cells of one colour of a chess board, each beside up to four of the other."""
    cells = np.argwhere(np.ones((rows, columns)))
    colour = cells.sum(1) % 2
    number = np.empty(len(cells), int)
    number[colour == 0] = np.arange((colour == 0).sum())
    number[colour == 1] = np.arange((colour == 1).sum())
    number = number.reshape(rows, columns)
    beside = [(c, c + step) for c in cells for step in ([0, 1], [1, 0]) if np.all(c + step < (rows, columns))]
    ends = [(number[tuple(c)], number[tuple(d)])[:: 1 if c.sum() % 2 == 0 else -1] for c, d in beside]
    row, column = np.array(ends).T
    return row, column


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize("graph", [ring(300), grid(16, 15), grid(13, 21)], ids=["ring", "grid", "odd grid"])
def test_rings_and_grids_as_the_dense_solver(graph, ties, counted):
    row, column = graph
    assert_best(row, column, scores_of(np.random.default_rng(1), len(row), ties), counted)


def test_more_rows_than_columns_in_a_net():
    """A row of four may be matched only if another is not: the search for a place ends soon."""
    row, column = np.nonzero(np.random.default_rng(2).random((120, 40)) < 0.08)
    assert_best(row, column, scores_of(np.random.default_rng(3), len(row), False), True)


@pytest.mark.parametrize("counted", [True, False])
def test_a_ring_of_ten_thousand(counted):
    """Seconds, were the time that of its square."""
    n = 10_000
    row, column = ring(n)
    score = np.tile([0.5, 0.4], n)
    assert best_of_few(row, column, score, counted).tolist() == list(range(0, 2 * n, 2))
    score[1::2] = 0.6
    assert best_of_few(row, column, score, counted).tolist() == list(range(1, 2 * n, 2))


def test_of_equal_choices_in_a_ring_the_first():
    row, column = ring(7)
    assert best_of_few(row, column, np.ones(14), True).tolist() == list(range(0, 14, 2))


def test_scores_as_whole_numbers():
    whole = exchanges._whole_numbers(np.array([0.75, -3.0, 0.0, 2.0**-40]))
    assert whole == [w * whole[3] for w in (3 * 2**38, -3 * 2**40, 0, 1)]


def test_negative_scores_are_pairs_too_where_their_number_comes_first():
    row = np.array([0, 0, 1])
    column = np.array([0, 1, 1])
    score = np.array([-0.9, 5.0, -0.8])
    assert best_of_few(row, column, score, True).tolist() == [0, 2]
    assert best_of_few(row, column, score, False).tolist() == [1]


def test_no_pairs():
    none = np.zeros(0, np.intp)
    assert best_of_few(none, none, np.zeros(0), True).tolist() == []
