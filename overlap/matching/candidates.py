"""Candidate pairs of a matching and the two ways to choose among them, under `overlap.matching`.

Conventions
-----------
- Candidates are three arrays: row, column, score. A dense matrix has one for each entry, a sparse one for each
  stored entry, explicit zeros too. NaN is never a candidate.
- ``chosen`` pairs are positions in these arrays: no row and no column twice.
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

Ints = NDArray[np.intp]
Floats = NDArray[np.float64]

BATCH = 1024
"""Pairs solved at once: the search touches all columns of a batch for each of its rows."""


class Candidates(NamedTuple):
    """Pairs that may be matched."""

    row: Ints
    column: Ints
    score: Floats
    shape: tuple[int, int]

    def take(self, index: Any) -> Candidates:
        """Return some of the candidates."""
        return Candidates(self.row[index], self.column[index], self.score[index], self.shape)


def candidates(operation: str, scores: Any, threshold: float) -> Candidates:
    """Read the pairs of a matrix whose score is at least `threshold`, by row, then column."""
    if np.isnan(threshold):
        raise ValueError(f"{operation}: the threshold is NaN")
    if sparse.issparse(scores):
        found = _stored(sparse.csr_array(cast(Any, scores)))
        found = found.take(found.score >= threshold)
    else:
        found = _entries(operation, np.asarray(scores), threshold)
    if np.isinf(found.score).any():
        raise ValueError(f"{operation}: {np.isinf(found.score).sum()} scores are infinite; a pairwise index is finite")
    return found


def _stored(scores: Any) -> Candidates:
    entries = scores.sorted_indices().tocoo()
    row, column = (x.astype(np.intp) for x in entries.coords)
    return Candidates(row, column, entries.data.astype(np.float64), scores.shape)


def _entries(operation: str, scores: NDArray[Any], threshold: float) -> Candidates:
    if scores.ndim != 2 or scores.dtype.kind not in "fiub":
        raise ValueError(
            f"{operation}: scores has shape {scores.shape} and dtype {scores.dtype}; it is a pairwise index of N "
            "predictions and M references: a matrix (N, M) of numbers, or a scipy sparse one"
        )
    row, column = np.nonzero(scores >= threshold)
    return Candidates(row, column, scores[row, column].astype(np.float64), (scores.shape[0], scores.shape[1]))


def greedy(row: Ints, column: Ints, shape: tuple[int, int]) -> Ints:
    """Choose pairs in the order given, each if both its ends are still free."""
    # what comes first for both its ends is chosen whatever happens to the others: most pairs, at once
    sure = _first(row, shape[0]) & _first(column, shape[1])
    free_row, free_column = np.ones(shape[0], bool), np.ones(shape[1], bool)
    free_row[row[sure]] = free_column[column[sure]] = False
    left = np.flatnonzero(free_row[row] & free_column[column])
    rows, columns, chosen = set[int](), set[int](), []
    for k, i, j in zip(left.tolist(), row[left].tolist(), column[left].tolist(), strict=True):
        if i not in rows and j not in columns:
            rows.add(i)
            columns.add(j)
            chosen.append(k)
    return np.sort(np.concatenate([np.flatnonzero(sure), np.array(chosen, np.intp)]))


def _first(index: Ints, n: int) -> NDArray[np.bool_]:
    """Mark where each index occurs for the first time."""
    place = np.arange(len(index))
    first = np.empty(n, np.intp)
    # of writes to one place the last one stays
    first[index[::-1]] = place[::-1]
    return np.asarray(first[index] == place)


def by_score(found: Candidates) -> Ints:
    """Order candidates by descending score; ties by row, then by column."""
    return np.lexsort((found.column, found.row, -found.score))


def most(found: Candidates) -> int:
    """Count the most pairs that can be matched."""
    graph = sparse.csr_array((np.ones(len(found.row), np.int8), (found.row, found.column)), found.shape)
    return int(np.count_nonzero(csgraph.maximum_bipartite_matching(graph, perm_type="column") >= 0))


def optimal(found: Candidates) -> Ints:
    """Choose as many pairs as can be, and among such choices the one of the greatest total score.

    Components of the graph are independent: pairs that nothing competes with are taken at once, the others solved in
    batches of whole components.
    """
    n, m = found.shape
    ends = found.row, found.column + n
    graph = sparse.coo_array((np.ones(len(found.row), np.int8), ends), (n + m, n + m))
    component: Any = csgraph.connected_components(graph, directed=False)[1][found.row]
    size = np.bincount(component, minlength=1)
    alone = size[component] == 1
    contested = np.flatnonzero(~alone)
    contested = contested[np.argsort(component[contested], kind="stable")]
    batches = _batches(component[contested])
    chosen = [part[_assignment(found.take(part))] for part in np.split(contested, batches)]
    return np.sort(np.concatenate([np.flatnonzero(alone), *chosen]))


def _batches(component: Ints) -> Ints:
    """Return where to cut pairs, sorted by component: between components, after about BATCH pairs."""
    starts = np.flatnonzero(component[1:] != component[:-1]) + 1
    batch = np.concatenate([[0], starts]) // BATCH
    return np.asarray(starts[batch[1:] != batch[:-1]])


def _assignment(found: Candidates) -> Ints:
    """Solve one batch: each row takes a column, or at a price above all else none."""
    if not len(found.row):
        return np.zeros(0, np.intp)
    row, column = (np.unique(x, return_inverse=True)[1] for x in (found.row, found.column))
    n, m = int(row.max()) + 1, int(column.max()) + 1
    low, high = found.score.min(), found.score.max()
    unit = high - low if high > low else 1.0
    # no chain of exchanges gains as much score as one pair more is worth; a price of 0 would not be stored
    price = np.concatenate([(high - found.score) / unit + 1, np.full(n, min(n, m) + 2.0)])
    graph = sparse.csr_array((price, (np.append(row, np.arange(n)), np.append(column, m + np.arange(n)))), (n, m + n))
    rows, columns = csgraph.min_weight_full_bipartite_matching(graph)
    place = sparse.csr_array((np.arange(len(row)) + 1, (row, column)), (n, m))
    real = columns < m
    return np.asarray(place[rows[real], columns[real]]).ravel() - 1
