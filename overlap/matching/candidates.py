"""Candidate pairs of a matching and the greedy choice among them, under `overlap.matching`.

Conventions
-----------
- Candidates are three arrays: row, column, score. A dense matrix has one for each entry, a sparse one for each
  stored entry, explicit zeros too. NaN is never a candidate.
- `greedy` returns positions in these arrays, ascending: no row and no column twice.
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .._arrays import numbers_on_host, on_host
from .._checks import check_real

Ints = NDArray[np.intp]
Floats = NDArray[np.float64]


class Candidates(NamedTuple):
    """Pairs that may be matched."""

    row: Ints
    column: Ints
    score: Floats
    shape: tuple[int, int]

    def take(self, index: Any) -> Candidates:
        """Return some of the candidates."""
        return Candidates(self.row[index], self.column[index], self.score[index], self.shape)


def read_candidates(operation: str, scores: Any, threshold: float) -> Candidates:
    """Read the pairs of a matrix whose score is at least `threshold`, by row, then column."""
    check_real(operation, "threshold", threshold)
    if np.isnan(threshold):
        raise ValueError(f"{operation}: the threshold is NaN; pass the least score of a pair")
    if sparse.issparse(scores):
        pairs = _from_sparse(scores, threshold)
    else:
        pairs = _from_dense(operation, on_host(operation, "scores", scores), threshold)
    is_infinite = np.isinf(pairs.score)
    if is_infinite.any():
        raise ValueError(
            f"{operation}: {is_infinite.sum()} scores are infinite; a pairwise index is finite: use NaN for pairs that "
            "must not be matched"
        )
    return pairs


def read_thresholds(operation: str, thresholds: Any) -> Floats:
    """Read least scores: one number, or a row of them."""
    steps = numbers_on_host(operation, "thresholds", thresholds).astype(np.float64)
    if steps.ndim > 1:
        raise ValueError(f"{operation}: thresholds has shape {steps.shape}; pass one number, or a row of them")
    return steps


def _from_sparse(scores: Any, threshold: float) -> Candidates:
    rows = sparse.csr_array(cast(Any, scores))
    entries = rows.sorted_indices().tocoo()
    row, column = entries.coords
    score = entries.data.astype(np.float64)
    stored = Candidates(row.astype(np.intp), column.astype(np.intp), score, rows.shape)
    return stored.take(score >= threshold)


def _from_dense(operation: str, scores: NDArray[Any], threshold: float) -> Candidates:
    if scores.ndim != 2 or scores.dtype.kind not in "fiub":
        raise ValueError(
            f"{operation}: scores has shape {scores.shape} and dtype {scores.dtype}; it is a pairwise index of N "
            "predictions and M references: a matrix (N, M) of numbers, or a scipy sparse one"
        )
    n, m = scores.shape
    row, column = np.nonzero(scores >= threshold)
    score = scores[row, column].astype(np.float64)
    return Candidates(row, column, score, (n, m))


def by_score(pairs: Candidates) -> Ints:
    """Order candidates by descending score; ties by row, then by column."""
    return np.lexsort((pairs.column, pairs.row, -pairs.score))


def greedy(row: Ints, column: Ints, shape: tuple[int, int]) -> Ints:
    """Choose pairs in the order given, each if both its ends are still free."""
    n, m = shape
    # what comes first for both its ends is chosen in any case: most pairs, at once
    is_sure = _first_of_each(row, n) & _first_of_each(column, m)
    row_is_free = np.ones(n, bool)
    row_is_free[row[is_sure]] = False
    column_is_free = np.ones(m, bool)
    column_is_free[column[is_sure]] = False
    left = np.flatnonzero(row_is_free[row] & column_is_free[column])

    taken_rows = set[int]()
    taken_columns = set[int]()
    later = []
    for k, i, j in zip(left.tolist(), row[left].tolist(), column[left].tolist(), strict=True):
        if i not in taken_rows and j not in taken_columns:
            taken_rows.add(i)
            taken_columns.add(j)
            later.append(k)
    sure = np.flatnonzero(is_sure)
    return np.sort(np.concatenate([sure, np.array(later, np.intp)]))


def _first_of_each(index: Ints, n: int) -> NDArray[np.bool_]:
    """Mark where each of the indices below `n` occurs for the first time."""
    place = np.arange(len(index))
    first = np.empty(n, np.intp)
    # of writes to one place the last one stays
    first[index[::-1]] = place[::-1]
    return np.asarray(first[index] == place)
