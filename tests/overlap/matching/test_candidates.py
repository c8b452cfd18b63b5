"""Oracles: cases worked by hand."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from overlap.matching import candidates


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
