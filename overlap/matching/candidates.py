"""Candidate pairs of a matching and the two ways to choose among them, under `overlap.matching`.

Conventions
-----------
- Candidates are three arrays: row, column, score. A dense matrix has one for each entry, a sparse one for each
  stored entry, explicit zeros too. NaN is never a candidate.
- `greedy`, `optimal` and `heaviest` return positions in these arrays, ascending: no row and no column twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from .._arrays import numbers_on_host, on_host
from .._checks import check_real

Ints = NDArray[np.intp]
Floats = NDArray[np.float64]
Prices = Callable[[Floats, int], tuple[Floats, float]]

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


def most(pairs: Candidates) -> int:
    """Count the most pairs that can be matched."""
    edges = np.ones(len(pairs.row), np.int8)
    graph = sparse.csr_array((edges, (pairs.row, pairs.column)), pairs.shape)
    column_of_row = csgraph.maximum_bipartite_matching(graph, perm_type="column")
    return int(np.count_nonzero(column_of_row >= 0))


def optimal(pairs: Candidates) -> Ints:
    """Choose as many pairs as can be, and among such choices the one of the greatest total score."""
    return _by_component(pairs, _most_first)


def heaviest(pairs: Candidates) -> Ints:
    """Choose the pairs of the greatest total score, however few."""
    adds = np.flatnonzero(pairs.score > 0)
    return np.asarray(adds[_by_component(pairs.take(adds), _score_alone)])


def _by_component(pairs: Candidates, prices: Prices) -> Ints:
    """Choose pairs at the least price.

    Components of the graph are independent: pairs that nothing competes with are taken at once, the others solved in
    batches of whole components.
    """
    component = _components(pairs)
    size = np.bincount(component, minlength=1)
    is_alone = size[component] == 1
    contested = np.flatnonzero(~is_alone)
    contested = contested[np.argsort(component[contested], kind="stable")]
    cuts = _batches(component[contested])
    positions = [np.flatnonzero(is_alone)]
    for batch in np.split(contested, cuts):
        solution = _assignment(pairs.take(batch), prices)
        positions.append(batch[solution])
    return np.sort(np.concatenate(positions))


def _most_first(score: Floats, most_pairs: int) -> tuple[Floats, float]:
    """Return the price of each pair and of none: no chain of exchanges gains as much as one pair more is worth."""
    best = score.max()
    spread = best - score.min()
    # from 1 for the best score to 2 for the least; a price of 0 would not be stored
    price = (best - score) / (spread if spread > 0 else 1.0) + 1
    return price, most_pairs + 2.0


def _score_alone(score: Floats, most_pairs: int) -> tuple[Floats, float]:
    """Return the price of each pair and of none, which is as good as a score of 0."""
    best = score.max()
    return best - score + 1, best + 1


def _components(pairs: Candidates) -> Ints:
    """Return the connected component of each pair, in the graph whose nodes are rows and columns."""
    n, m = pairs.shape
    edges = np.ones(len(pairs.row), np.int8)
    graph = sparse.coo_array((edges, (pairs.row, n + pairs.column)), (n + m, n + m))
    _, component_of_node = csgraph.connected_components(graph, directed=False)
    component: Any = component_of_node[pairs.row]
    return np.asarray(component)


def _batches(component: Ints) -> Ints:
    """Return where to cut pairs, sorted by component: between components, after about BATCH pairs."""
    starts = np.flatnonzero(component[1:] != component[:-1]) + 1
    batch = np.concatenate([[0], starts]) // BATCH
    opens_batch = batch[1:] != batch[:-1]
    return np.asarray(starts[opens_batch])


def _assignment(pairs: Candidates, prices: Prices) -> Ints:
    """Solve one batch: each row takes a column, or at its price none."""
    if not len(pairs.row):
        return np.zeros(0, np.intp)
    rows, row = np.unique(pairs.row, return_inverse=True)
    columns, column = np.unique(pairs.column, return_inverse=True)
    n = len(rows)
    m = len(columns)

    price, of_none = prices(pairs.score, min(n, m))
    price_of_none = np.full(n, of_none)
    every_row = np.arange(n)
    # row i may also take the column m + i, which stands for none
    ends = (np.append(row, every_row), np.append(column, m + every_row))
    graph = sparse.csr_array((np.append(price, price_of_none), ends), (n, m + n))
    chosen_row, chosen_column = csgraph.min_weight_full_bipartite_matching(graph)

    is_pair = chosen_column < m
    # counted from 1, since a 0 would be read as missing
    position = sparse.csr_array((np.arange(len(row)) + 1, (row, column)), (n, m))
    chosen = position[chosen_row[is_pair], chosen_column[is_pair]]
    return np.asarray(chosen).ravel() - 1
