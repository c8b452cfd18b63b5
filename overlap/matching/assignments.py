"""The best choice among candidate pairs, under `overlap.matching`: the most pairs, or the greatest total score.

Conventions
-----------
- `optimal` and `heaviest` return positions of candidates, ascending: no row and no column twice.
- Connected components of the graph of rows and columns are independent. Chains and rings, and large nets, are solved by
  exchanges (`overlap.matching.exchanges`), in time about linear in their pairs. Others are solved by scipy in batches:
  it is compiled, but looks at all columns of a batch for each row.
- No scale of scores is special: those of a power of two as large have the same choice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from .._groups import ranked_by_table
from .candidates import Candidates, Floats, Ints
from .exchanges import best_of_few

Prices = Callable[[Floats, int], tuple[Floats, float]]

BATCH = 1024
"""Pairs solved at once by scipy: its search touches all columns of a batch for each of its rows."""
FEW = 1.25
"""So many pairs a node leave few cycles."""
SEARCHED = 4000
"""So many columns are looked at by scipy in the time that exchanges take for a pair."""
_CHAINS, _NETS, _COMPACT = range(3)


def most(pairs: Candidates) -> int:
    """Count the most pairs that can be matched."""
    edges = np.ones(len(pairs.row), np.int8)
    graph = sparse.csr_array((edges, (pairs.row, pairs.column)), pairs.shape)
    column_of_row = csgraph.maximum_bipartite_matching(graph, perm_type="column")
    return int(np.count_nonzero(column_of_row >= 0))


def optimal(pairs: Candidates) -> Ints:
    """Choose as many pairs as can be, and among such choices the one of the greatest total score."""
    return _by_component(pairs, counted=True, prices=_most_first)


def heaviest(pairs: Candidates) -> Ints:
    """Choose the pairs of the greatest total score, however few."""
    adds = np.flatnonzero(pairs.score > 0)
    return np.asarray(adds[_by_component(pairs.take(adds), counted=False, prices=_score_alone)])


def _by_component(pairs: Candidates, counted: bool, prices: Prices) -> Ints:
    """Choose pairs that add most, of each component in the way that suits it."""
    # a pair that shares no end with another is chosen in any case
    is_alone = _occurs_once(pairs.row) & _occurs_once(pairs.column)
    shared = np.flatnonzero(~is_alone)
    chosen = _of_components(_without_others(pairs.take(shared)), counted, prices)
    return np.sort(np.concatenate([np.flatnonzero(is_alone), shared[chosen]]))


def _without_others(pairs: Candidates) -> Candidates:
    """Return pairs with their rows and columns renumbered: no others take time, however many there are."""
    n, m = pairs.shape
    row = ranked_by_table(pairs.row, n)
    column = ranked_by_table(pairs.column, m)
    shape = (int(row.max(initial=-1)) + 1, int(column.max(initial=-1)) + 1)
    return pairs._replace(row=row, column=column, shape=shape)


def _occurs_once(index: Ints) -> Any:
    return np.bincount(index)[index] == 1


def _of_components(pairs: Candidates, counted: bool, prices: Prices) -> Ints:
    """Choose pairs of components that have more than one pair."""
    component = _components(pairs)
    kind = _kinds(pairs, component)[component]
    positions = []
    for exchanged in (_CHAINS, _NETS):
        members = np.flatnonzero(kind == exchanged)
        some = pairs.take(members)
        positions.append(members[best_of_few(some.row, some.column, some.score, counted)])

    others = np.flatnonzero(kind == _COMPACT)
    others = others[np.argsort(component[others], kind="stable")]
    cuts = _batches(component[others])
    for batch in np.split(others, cuts):
        some = pairs.take(batch)
        in_units = some._replace(score=_in_units_of_the_greatest(some.score, component[batch]))
        positions.append(batch[_assignment(in_units, prices)])
    return np.sort(np.concatenate(positions))


def _in_units_of_the_greatest(score: Floats, component: Ints) -> Floats:
    """Return scores in units of a power of two that those of their component just stay below."""
    _, member_of = np.unique(component, return_inverse=True)
    greatest = np.zeros(member_of.max(initial=-1) + 1)
    np.maximum.at(greatest, member_of, abs(score))
    _, exponent = np.frexp(greatest)
    return np.ldexp(score, -exponent[member_of])


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


def _kinds(pairs: Candidates, component: Ints) -> Ints:
    """Return the kind of each component: a chain, with few cycles; a large net, with few pairs; or a compact one."""
    _, first_of_row = np.unique(pairs.row, return_index=True)
    _, first_of_column = np.unique(pairs.column, return_index=True)
    n_pairs = np.bincount(component)
    n_components = len(n_pairs)
    n_rows = np.bincount(component[first_of_row], minlength=n_components)
    n_columns = np.bincount(component[first_of_column], minlength=n_components)
    is_chain = n_pairs <= FEW * (n_rows + n_columns)
    is_net = n_pairs * SEARCHED < n_rows * n_columns
    return np.asarray(np.where(is_chain, _CHAINS, np.where(is_net, _NETS, _COMPACT)))


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
