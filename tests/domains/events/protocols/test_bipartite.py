"""Largest matchings: as large as scipy's, and the one that mir_eval ends with."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from domains.events.protocols.bipartite import largest_matching

# what mir_eval 0.8.2 (mir_eval.util._bipartite_match) answers: rows, columns, {column: row}
ANSWERS = [
    ([0, 0, 1, 1], [0, 1, 0, 1], {0: 0, 1: 1}),
    ([0, 0, 1, 2, 2], [0, 1, 0, 1, 2], {0: 1, 1: 0, 2: 2}),
    ([3, 1, 1, 2, 0, 2], [0, 0, 1, 1, 2, 2], {0: 1, 1: 2, 2: 0}),
]


@pytest.mark.parametrize(("rows", "columns", "answer"), ANSWERS)
def test_the_one_that_mir_eval_ends_with(rows, columns, answer):
    assert largest_matching(np.array(rows), np.array(columns)) == answer
    assert largest_matching(np.array(rows[::-1]), np.array(columns[::-1])) == answer


def test_no_larger_one_exists():
    rng = np.random.default_rng(0)
    for _ in range(200):
        n, m = rng.integers(1, 12, 2)
        is_pair = rng.random((n, m)) < rng.uniform(0.05, 0.6)
        matching = largest_matching(*np.nonzero(is_pair))
        assert all(is_pair[row, column] for column, row in matching.items())
        assert len(set(matching.values())) == len(matching)
        best = sparse.csgraph.maximum_bipartite_matching(sparse.csr_array(is_pair))
        assert len(matching) == (best >= 0).sum()


def test_a_path_through_every_pair():
    # each row but the last is matched twice on the way; no recursion is deep enough for it
    n = 3000
    rows = np.repeat(np.arange(n), 2)[1:]
    columns = np.repeat(np.arange(n), 2)[:-1]
    assert len(largest_matching(rows, columns)) == n
