"""The join of two tables of boxes: which envelopes meet, without a look at all pairs.

Method
------
The envelopes of one table are packed four by four into nodes, level by level up to one root. Those of the other table
go down this tree together, one level at a time, in blocks of bounded size: memory stays small however many pairs there
are. Both tables lie along a curve that keeps neighbours together (Morton's, of their ranks along each axis); in another
order the pairs are the same, and take longer to find.

Conventions
-----------
- Envelopes are closed: those that touch meet. What counts as an overlap is for the caller to say.
- A group (a class, a chromosome) is one more axis, on which an envelope is the point of its number: only equals meet.
  Labels are equal if they are exactly; a missing one is an error.

References
----------
Morton, G. M. (1966). A computer oriented geodetic data base and a new technique in file sequencing. IBM.
Kamel, I. & Faloutsos, C. (1993). On packing R-trees. CIKM, 490. doi:10.1145/170088.170403
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._checks import shown
from ._groups import are_comparable, number_labels, read_labels

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Labels = tuple[ArrayLike, ArrayLike]

_FAN = 4
"""Nodes under one node."""
_BLOCK = 1 << 12
"""Envelopes that are looked at together: they stay in the cache."""
_BITS = 62
"""Digits of a place on the curve."""


class Pairs(NamedTuple):
    """The pairs that overlap: row of `a`, row of `b`, and the length, area or volume that they share."""

    a: Any
    b: Any
    intersection: Any


class Envelopes(NamedTuple):
    """Closed boxes: where they begin and end along each axis, (n, d) each."""

    lo: Floats
    hi: Floats

    def take(self, rows: Indices) -> Envelopes:
        """Return some of the envelopes."""
        return Envelopes(self.lo[rows], self.hi[rows])

    def moved(self, shift: Floats) -> Envelopes:
        """Return the envelopes elsewhere."""
        return Envelopes(self.lo + shift, self.hi + shift)

    def grouped(self, group: Indices) -> Envelopes:
        """Return the envelopes with one more axis, their group."""
        point = group[:, None].astype(np.float64)
        return Envelopes(np.concatenate([point, self.lo], axis=1), np.concatenate([point, self.hi], axis=1))


def along_curve(envelopes: Envelopes) -> Indices:
    """Return the order in which a curve through all of space meets the envelopes' centres.

    Examples
    --------
    >>> corners = np.array([[0.0, 0], [9, 9], [1, 0], [9, 8]])
    >>> along_curve(Envelopes(corners, corners + 1))
    array([0, 2, 3, 1])
    """
    n, d = envelopes.lo.shape
    digits_of_rank = max(1, (n - 1).bit_length())
    digits = min(digits_of_rank, _BITS // d)
    place = np.zeros(n, np.int64)
    for axis in range(d):
        centre = envelopes.lo[:, axis] / 2 + envelopes.hi[:, axis] / 2
        rank = np.empty(n, np.int64)
        rank[np.argsort(centre, kind="stable")] = np.arange(n)
        rank >>= digits_of_rank - digits
        for digit in range(digits):
            place |= ((rank >> digit) & 1) << (digit * d + axis)
    return np.argsort(place, kind="stable")


def packed(envelopes: Envelopes) -> list[Floats]:
    """Pack envelopes into a tree: the reach (hi, −lo) of the nodes of each level, (nodes, 2d), the lowest first.

    Examples
    --------
    >>> starts = np.arange(20.0)[:, None]
    >>> [len(nodes) for nodes in packed(Envelopes(starts, starts + 1))]
    [20, 8, 4]
    """
    nodes = np.concatenate([envelopes.hi, -envelopes.lo], axis=1)
    levels = []
    while True:
        nodes = _filled_up(nodes)
        levels.append(nodes)
        if len(nodes) <= _FAN:
            return levels
        nodes = nodes.reshape(-1, _FAN, nodes.shape[1]).max(axis=1)


def near(envelopes: Envelopes, levels: list[Floats]) -> Iterator[tuple[Indices, Indices]]:
    """Yield the pairs whose envelopes meet, in blocks: row of `envelopes`, row of what was packed.

    Examples
    --------
    >>> levels = packed(Envelopes(np.array([[0.0], [5.0]]), np.array([[1.0], [6.0]])))
    >>> lines = Envelopes(np.array([[2.0], [1.0]]), np.array([[4.0], [9.0]]))
    >>> [(i.tolist(), j.tolist()) for i, j in near(lines, levels)]
    [([1, 1], [0, 1])]
    """
    # an envelope meets a node if (lo, −hi) is nowhere greater than the node's reach (hi, −lo)
    ends = np.concatenate([envelopes.lo, -envelopes.hi], axis=1)
    row = np.arange(len(ends))
    root = np.zeros(len(ends), np.int64)
    waiting = [(len(levels), row, root)]
    while waiting:
        level, row, node = waiting.pop()
        if level == 0:
            yield row, node
            continue
        for start in range(0, len(row), _BLOCK):
            block = slice(start, start + _BLOCK)
            below = _below(ends, row[block], levels[level - 1], node[block])
            waiting.append((level - 1, *below))


def _below(ends: Floats, row: Indices, nodes: Floats, parent: Indices) -> tuple[Indices, Indices]:
    """Return the envelopes again, each with every node under its own that it meets."""
    first = parent * _FAN
    node = (first[:, None] + np.arange(_FAN)).ravel()
    row = np.repeat(row, _FAN)
    is_within = ends.take(row, axis=0) <= nodes.take(node, axis=0)
    # many times as fast as a reduction over so short an axis
    meets = is_within[:, 0]
    for column in range(1, is_within.shape[1]):
        meets = meets & is_within[:, column]
    found = np.flatnonzero(meets)
    return row[found], node[found]


def _filled_up(nodes: Floats) -> Floats:
    """Add nodes that nothing meets, up to full groups, of which there is at least one."""
    groups = max(1, -(-len(nodes) // _FAN))
    lacking = groups * _FAN - len(nodes)
    nothing = np.full((lacking, nodes.shape[1]), -np.inf)
    return np.concatenate([nodes, nothing])


# ---- pairs and groups


def renamed(
    blocks: Iterable[tuple[Indices, Indices]], row_a: Indices, row_b: Indices
) -> Iterator[tuple[Indices, Indices]]:
    """Yield pairs by the rows that theirs stand for.

    Examples
    --------
    >>> list(renamed([(np.array([0]), np.array([1]))], np.array([7, 8]), np.array([5, 6])))
    [(array([7]), array([6]))]
    """
    for i, j in blocks:
        yield row_a[i], row_b[j]


def gathered(blocks: Iterable[tuple[Indices, Indices]]) -> tuple[Indices, Indices]:
    """Return all pairs of several blocks.

    Examples
    --------
    >>> gathered([(np.array([0, 2]), np.array([1, 1])), (np.array([5]), np.array([3]))])
    (array([0, 2, 5]), array([1, 1, 3]))
    """
    rows = list(blocks)
    nothing = np.zeros(0, np.int64)
    index_a = [i for i, _ in rows]
    index_b = [j for _, j in rows]
    return np.concatenate([nothing, *index_a]), np.concatenate([nothing, *index_b])


def in_order(index_a: Indices, index_b: Indices, shape: tuple[int, int]) -> tuple[Indices, Indices]:
    """Sort pairs by row of `a`, then of `b`: by their place in the matrix of all pairs, one column and not two.

    Examples
    --------
    >>> [x.tolist() for x in in_order(np.array([1, 0, 1]), np.array([2, 1, 0]), (2, 3))]
    [[0, 1, 1], [1, 0, 2]]
    """
    if not len(index_a):
        return index_a, index_b
    place = np.sort(np.ravel_multi_index((index_a, index_b), shape))
    index_a, index_b = np.unravel_index(place, shape)
    return index_a, index_b


def read_groups(operation: str, by: Labels | None, n: int, m: int) -> tuple[Indices, Indices]:
    """Return the number of each row's group, in tables of n and m rows.

    Examples
    --------
    >>> [x.tolist() for x in read_groups("boxes.overlap_pairs", (["x", "y"], ["y", "x", "x"]), 2, 3)]
    [[0, 1], [1, 0, 0]]
    """
    if by is None:
        return np.zeros(n, np.int64), np.zeros(m, np.int64)
    if not isinstance(by, tuple | list):
        raise TypeError(f"{operation}: by must be two lists of labels, (labels of a, labels of b), got {shown(by)}")
    labels = [read_labels(operation, "by", x) for x in by]
    shapes = [x.shape for x in labels]
    if shapes != [(n,), (m,)]:
        listed = ", ".join(str(shape) for shape in shapes)
        raise ValueError(f"{operation}: by must be a label for each row of a ({n}) and of b ({m}), got shapes {listed}")
    labels_a, labels_b = labels
    if n and m and not are_comparable(labels_a, labels_b):
        raise TypeError(
            f"{operation}: the labels of a have dtype {labels_a.dtype} and of b {labels_b.dtype}; convert one of them"
        )
    group = number_labels(operation, "labels of by", labels_a, labels_b)
    return group[:n], group[n:]
