"""Matching where pairs are few beside rows and columns: chains, rings, nets. `best_of_few`, under `overlap.matching`.

Conventions
-----------
- The nodes of the graph are the rows, then the columns; its edges are the pairs.
- Scores are taken as whole numbers of their smallest unit, of any size: nothing is rounded, and no scale is special.
- Where the number of pairs comes first, a pair adds more than all exchanges of scores can, and its score.

Method
------
A forest of the best pairs that leaves no node out is solved by itself (`overlap.matching.forests`), which also gives
each node a worth. The worths of the ends of a pair should be at least what it adds. Where a pair left out of the
forest adds more, its row is worth as much as is lacking, and is free. Then each free node of some worth looks for the
cheapest chain of exchanges that ends its freedom or its worth, by Dijkstra's search from it alone, no farther than it
is worth (the Hungarian method). Where pairs lie along a line or in the plane, such a search stays near, whatever else
there is. A ring has one pair outside the forest, and one or two searches.

Where many pairs lie outside the forest and their number comes first, it comes second here: the best choice by scores
alone is found, then every row is worth one pair more, and the free rows go on looking.

References
----------
Kuhn, H. W. (1955). The Hungarian method for the assignment problem. Naval Res. Logist. Q. 2, 83.
Edmonds, J. & Karp, R. M. (1972). Theoretical improvements in algorithmic efficiency for network flow problems. J. ACM
19, 248.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from .candidates import Floats, Ints, greedy
from .forests import best_in_forest

NO_PAIR = -1
FEW_CYCLES = 0.25
"""So many pairs outside the forest, beside those in it, leave the number of pairs about as the forest has it."""


def best_of_few(row: Ints, column: Ints, score: Floats, counted: bool) -> Ints:
    """Choose pairs that add most, no row and no column twice.

    Parameters
    ----------
    row, column : ndarray (n,)
        Ends of the pairs.
    score : ndarray (n,)
        Scores of the pairs, finite.
    counted : bool
        Whether the number of pairs comes first, and then the score; else the score alone counts.

    Returns
    -------
    ndarray (m,)
        Positions of the chosen pairs, ascending.

    Examples
    --------
    >>> row, column = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    >>> best_of_few(row, column, np.array([0.2, 0.9, 0.1, 0.3]), counted=True).tolist()
    [1, 2]
    >>> best_of_few(row, column, np.array([0.2, 0.5, 0.1, 0.4]), counted=True).tolist()
    [0, 3]
    """
    if not len(row):
        return np.zeros(0, np.intp)
    added = _whole_numbers(score)
    # no exchange of scores, be it of all pairs, gains as much as one pair more
    of_a_pair = 2 * sum(abs(x) for x in added) + 1 if counted else 0
    in_forest = _spanning_forest(row, column, score)
    cycles = len(row) - len(in_forest)
    if cycles <= len(in_forest) * FEW_CYCLES:
        added = [of_a_pair + x for x in added]
        of_a_pair = 0
    chosen, worth = best_in_forest(row[in_forest], column[in_forest], [added[k] for k in in_forest.tolist()])
    if not cycles:
        return chosen

    graph = _graph(row, column, added)
    partner = _partners(graph, in_forest[chosen].tolist())
    _exchange_all(_make_worth_enough(graph, worth, partner), graph, worth, partner)
    if of_a_pair:
        graph = graph._replace(added=[of_a_pair + x for x in added])
        rows = range(int(row.max()) + 1)
        for node in rows:
            worth[node] += of_a_pair
        _exchange_all(rows, graph, worth, partner)
    of_rows = partner[: int(row.max()) + 1]
    return np.array(sorted(k for k in of_rows if k != NO_PAIR), np.intp)


def _whole_numbers(score: Floats) -> list[int]:
    """Return scores in units of the last place of the smallest one."""
    mantissa, exponent = np.frexp(score)
    digits = np.ldexp(mantissa, 53).astype(np.int64).tolist()
    is_zero = score == 0
    least = np.min(exponent, where=~is_zero, initial=np.iinfo(exponent.dtype).max)
    shift = np.where(is_zero, 0, exponent - least).tolist()
    return [whole << places for whole, places in zip(digits, shift, strict=True)]


def _spanning_forest(row: Ints, column: Ints, score: Floats) -> Ints:
    """Return which pairs join all nodes that any pairs join and close no cycle: the best first, of equals the first.

    Before all come those that are chosen greedily, so that a ring of equals is cut where its first choice is not.
    """
    n_rows = int(row.max()) + 1
    n_columns = int(column.max()) + 1
    best_first = np.lexsort((column, row, -score))
    chosen = greedy(row[best_first], column[best_first], (n_rows, n_columns))
    order = np.concatenate([best_first[chosen], np.delete(best_first, chosen)])
    rank = np.empty(len(row))
    # counted from 1, since a 0 would be read as missing
    rank[order] = np.arange(1, len(row) + 1)
    n_nodes = n_rows + n_columns
    graph = sparse.csr_array((rank, (row, n_rows + column)), (n_nodes, n_nodes))
    forest = csgraph.minimum_spanning_tree(graph)
    place = forest.data.astype(np.intp) - 1
    return np.sort(order[place])


class Graph(NamedTuple):
    """Both ends of each pair (row and column node), what it adds, and the pairs of each node."""

    row: list[int]
    column: list[int]
    added: list[int]
    pairs_of: list[list[int]]

    def other_end(self, pair: int, node: int) -> int:
        """Return with which node a pair joins one of its ends."""
        return self.row[pair] + self.column[pair] - node


def _graph(row: Ints, column: Ints, added: list[int]) -> Graph:
    n_rows = int(row.max()) + 1
    n_nodes = n_rows + int(column.max()) + 1
    rows = row.tolist()
    columns = (n_rows + column).tolist()
    pairs_of: list[list[int]] = [[] for _ in range(n_nodes)]
    for pair, (i, j) in enumerate(zip(rows, columns, strict=True)):
        pairs_of[i].append(pair)
        pairs_of[j].append(pair)
    return Graph(rows, columns, added, pairs_of)


def _partners(graph: Graph, chosen: list[int]) -> list[int]:
    """Return the chosen pair of each node."""
    partner = [NO_PAIR] * len(graph.pairs_of)
    for pair in chosen:
        partner[graph.row[pair]] = pair
        partner[graph.column[pair]] = pair
    return partner


def _make_worth_enough(graph: Graph, worth: list[int], partner: list[int]) -> list[int]:
    """Raise the worth of rows until no pair adds more than its ends are worth; return the nodes that are set free."""
    freed = []
    for pair, (i, j, added) in enumerate(zip(graph.row, graph.column, graph.added, strict=True)):
        lacking = added - worth[i] - worth[j]
        if lacking <= 0:
            continue
        worth[i] += lacking
        freed.append(i)
        old = partner[i]
        if old not in (NO_PAIR, pair):
            mate = graph.column[old]
            partner[i] = NO_PAIR
            partner[mate] = NO_PAIR
            freed.append(mate)
    return freed


def _exchange_all(nodes: Iterable[int], graph: Graph, worth: list[int], partner: list[int]) -> None:
    """End the freedom of nodes, or their worth."""
    for node in nodes:
        if partner[node] == NO_PAIR and worth[node] > 0:
            _exchange(node, graph, worth, partner)


def _exchange(start: int, graph: Graph, worth: list[int], partner: list[int]) -> None:
    """End the freedom of a node, or its worth, by the exchanges that cost least."""
    cost_of_own = {start: 0}
    cost_of_others: dict[int, int] = {}
    reached_by: dict[int, int] = {}
    # at worst the node stays free, and loses all its worth
    least = worth[start]
    end = start
    waiting = [(0, start)]
    while waiting:
        cost, node = heappop(waiting)
        if cost >= least:
            break
        if cost > cost_of_own[node]:
            continue
        for pair in graph.pairs_of[node]:
            other = graph.other_end(pair, node)
            cost_of_other = cost + worth[node] + worth[other] - graph.added[pair]
            if cost_of_other >= least or cost_of_other >= cost_of_others.get(other, least):
                continue
            cost_of_others[other] = cost_of_other
            reached_by[other] = pair
            given_up = partner[other]
            if given_up == NO_PAIR:
                least = cost_of_other
                end = other
                continue
            mate = graph.other_end(given_up, other)
            cost_of_own[mate] = cost_of_other
            heappush(waiting, (cost_of_other, mate))
            if cost_of_other + worth[mate] < least:
                # it may stay free instead
                least = cost_of_other + worth[mate]
                end = mate

    for node, cost in cost_of_own.items():
        worth[node] -= max(least - cost, 0)
    for node, cost in cost_of_others.items():
        worth[node] += max(least - cost, 0)
    _exchange_along(start, end, reached_by, graph, partner)


def _exchange_along(start: int, end: int, reached_by: dict[int, int], graph: Graph, partner: list[int]) -> None:
    """Match the nodes of a chain anew, from its end back to its start."""
    if end == start:
        return
    other = end
    if end not in reached_by:
        # of the side of the start: it stays free, and what it had is matched with another
        other = graph.other_end(partner[end], end)
        partner[end] = NO_PAIR
    while True:
        pair = reached_by[other]
        node = graph.other_end(pair, other)
        given_up = partner[node]
        partner[node] = pair
        partner[other] = pair
        if node == start:
            return
        other = graph.other_end(given_up, node)
