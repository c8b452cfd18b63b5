"""Largest matchings, in the order in which mir_eval and the DCASE few-shot code find them.

Conventions
-----------
- Of several largest matchings each is as good by its size, but not by what is measured of its pairs. Here it is the
  one that those tools end with: the phases of Hopcroft and Karp, begun from a greedy matching in which each
  prediction takes the first reference that is free.
- Pairs are met by reference, then by prediction; predictions are numbered in the order in which they are met.

References
----------
Hopcroft, J. E. & Karp, R. M. (1973). An n^(5/2) algorithm for maximum matchings. SIAM J. Comput. 2, 225.
Raffel, C. et al. (2014). mir_eval: a transparent implementation of common MIR metrics. ISMIR, 367.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

Graph = dict[int, list[int]]

FREE = -1
"""Stands for the partner of a prediction that has none."""


def largest_matching(row: np.ndarray, column: np.ndarray) -> dict[int, int]:
    """Return a largest matching of pairs: the row of each column that has one.

    Parameters
    ----------
    row, column : array of int
        The two sides of each pair, predictions and references.

    Returns
    -------
    dict
        Row by column.

    Examples
    --------
    >>> largest_matching(np.array([0, 0, 1]), np.array([0, 1, 0]))
    {0: 1, 1: 0}
    """
    graph = _graph(row, column)
    matching = _greedy(graph)
    while True:
        phase = _Phase(graph, matching)
        if not phase.ends:
            return matching
        for end in phase.ends:
            phase.augment(end)


def _graph(row: np.ndarray, column: np.ndarray) -> Graph:
    """Return the columns of each row, all in the order of columns, then rows."""
    graph: Graph = {}
    for k in np.lexsort((row, column)):
        graph.setdefault(int(row[k]), []).append(int(column[k]))
    return graph


def _greedy(graph: Graph) -> dict[int, int]:
    matching: dict[int, int] = {}
    for row, columns in graph.items():
        for column in columns:
            if column not in matching:
                matching[column] = row
                break
    return matching


class _Phase:
    """One phase: the shortest paths from free rows to free columns, layer by layer."""

    def __init__(self, graph: Graph, matching: dict[int, int]) -> None:
        self.matching = matching
        self.ends: list[int] = []
        matched = set(matching.values())
        # the column that leads to each row
        self.column_before = {row: FREE for row in graph if row not in matched}
        # the rows that lead to each column
        self.rows_before: dict[int, list[int]] = {}
        layer = list(self.column_before)
        while layer and not self.ends:
            layer = self._next_layer(graph, layer)

    def _next_layer(self, graph: Graph, layer: list[int]) -> list[int]:
        reached: dict[int, list[int]] = {}
        for row in layer:
            for column in graph[row]:
                if column not in self.rows_before:
                    reached.setdefault(column, []).append(row)
        following = []
        for column, rows in reached.items():
            self.rows_before[column] = rows
            if column in self.matching:
                row = self.matching[column]
                self.column_before[row] = column
                following.append(row)
            else:
                self.ends.append(column)
        return following

    def augment(self, end: int) -> None:
        """Follow a path back from a free column to a free row, if one is left, and match along it."""
        columns = [end]
        choices = [self._take_rows(end)]
        chosen: list[int] = []
        while columns:
            row = next(choices[-1], None)
            if row is None:
                columns.pop()
                choices.pop()
                if chosen:
                    chosen.pop()
                continue
            chosen.append(row)
            before = self.column_before.pop(row)
            if before == FREE:
                self.matching.update(zip(columns, chosen, strict=True))
                return
            columns.append(before)
            choices.append(self._take_rows(before))

    def _take_rows(self, column: int) -> Iterator[int]:
        """Yield the rows that lead to a column and are not yet taken; each column is asked once."""
        rows = self.rows_before.pop(column, [])
        return (row for row in rows if row in self.column_before)
