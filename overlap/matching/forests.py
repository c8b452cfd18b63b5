"""The best choice among pairs that form trees: `best_in_forest`, under `overlap.matching.exchanges`.

Two families of segments that each tile a recording (words, sleep stages, speaker turns) overlap in one long tree: no
two segments of the one meet the same two of the other.

Conventions
-----------
- The nodes of the graph are the rows, then the columns; its edges are the pairs.
- What a pair adds is a whole number of any size, so that nothing is rounded.

Notes
-----
Root each tree. The worth of a node is what the tree below it gains if the node itself may be matched there:

    worth(v) = max(0, max over children c of (added(v, c) - worth(c)))

since c, once matched with v, is lost to its own children. The worths of the two ends of a pair are together at least
what it adds, and the worths of all nodes together are what the best choice adds: they solve the dual problem.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

Ints = NDArray[np.intp]
NO_NODE = -1


def best_in_forest(row: Ints, column: Ints, added: list[int]) -> tuple[Ints, list[int]]:
    """Choose pairs that add most, no row and no column twice, in time linear in their number.

    Parameters
    ----------
    row, column : ndarray (n,)
        Ends of the pairs; the graph has no cycle.
    added : list of int (n,)
        What each pair adds.

    Returns
    -------
    chosen : ndarray (m,)
        Positions of the chosen pairs, ascending.
    worth : list of int
        Of each node up to the greatest row, then up to the greatest column.

    Examples
    --------
    >>> chosen, worth = best_in_forest(np.array([0, 0, 1]), np.array([0, 1, 1]), [2, 9, 3])
    >>> chosen.tolist(), worth
    ([1], [6, 0, 0, 3])
    """
    order, parent, pair_above = _rooted(row, column)
    child_of, worth = _best_children(order, parent, pair_above, added)
    return _from_the_roots(order, child_of, pair_above), worth


def _rooted(row: Ints, column: Ints) -> tuple[list[int], list[int], list[int]]:
    """Root every tree: its nodes from the roots down, the parent of each, and the pair between the two."""
    n_rows = int(row.max()) + 1
    n_columns = int(column.max()) + 1
    n_nodes = n_rows + n_columns
    column_node = n_rows + column
    tree_of_node = _trees(row, column_node, n_nodes)

    # one node above all trees, so that one search goes through the whole forest
    top = n_nodes
    _, roots = np.unique(tree_of_node, return_index=True)
    starts = np.concatenate([row, np.full(len(roots), top)])
    ends = np.concatenate([column_node, roots])
    edges = np.ones(len(starts), np.int8)
    graph = sparse.csr_array((edges, (starts, ends)), (n_nodes + 1, n_nodes + 1))
    order, parent = csgraph.breadth_first_order(graph, top, directed=False)
    parent[roots] = NO_NODE

    row_is_child = parent[row] == column_node
    child = np.where(row_is_child, row, column_node)
    pair_above = np.full(n_nodes, NO_NODE)
    pair_above[child] = np.arange(len(row))
    return order[1:].tolist(), parent.tolist(), pair_above.tolist()


def _trees(row: Ints, column_node: Ints, n_nodes: int) -> Ints:
    edges = np.ones(len(row), np.int8)
    graph = sparse.coo_array((edges, (row, column_node)), (n_nodes, n_nodes))
    _, tree_of_node = csgraph.connected_components(graph, directed=False)
    found: Any = tree_of_node
    return np.asarray(found)


def _best_children(
    order: list[int], parent: list[int], pair_above: list[int], added: list[int]
) -> tuple[list[int], list[int]]:
    """Return with which child each node adds most, from the leaves up, and the worth of each node."""
    worth = [0] * len(pair_above)
    child_of = [NO_NODE] * len(pair_above)
    for node in reversed(order):
        above = parent[node]
        if above == NO_NODE:
            continue
        gain = added[pair_above[node]] - worth[node]
        # of equals the first: children come up last to first, and a root is the first row of its tree
        if gain >= worth[above]:
            worth[above] = gain
            child_of[above] = node
    return child_of, worth


def _from_the_roots(order: list[int], child_of: list[int], pair_above: list[int]) -> Ints:
    """Match each node that is still free with its best child, from the roots down."""
    is_matched = [False] * len(child_of)
    chosen = []
    for node in order:
        child = child_of[node]
        if child == NO_NODE or is_matched[node]:
            continue
        is_matched[child] = True
        chosen.append(pair_above[child])
    return np.sort(np.array(chosen, np.intp))
