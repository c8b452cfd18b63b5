"""The join of two tables of polygons: which rows overlap. Public through `overlap.polygons`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely

from .._join import Indices, Labels, Pairs, gathered, in_order, read_groups
from .periodic import Floats, Geometries, Period, lattice, moved, prepared, read_periods
from .sizes import measured

_ROWS = 1 << 14
"""Rows that are looked up in the tree together."""
_CHUNK = 1 << 14
"""Pairs that are measured together."""


def overlap_pairs(a: Any, b: Any, *, by: Labels | None = None, period: Period | None = None) -> Pairs:
    """Find all pairs of polygons that share an area, without looking at the others.

    Pairs whose envelopes meet (shapely's tree) are measured, as exactly as by `measure`. Neighbours are no pair if
    their edge has the same corners; if it was written in two ways, they share what rounding put between them.

    Parameters
    ----------
    a, b : array (n,), (m,) of Polygon or MultiPolygon
        Polygons, in arrays or lists.
    by : (labels of a, labels of b), optional
        One label for each row: only rows of equal label are joined (image, class).
    period : (px, py), optional
        Length after which x and y repeat; None for an axis that does not.

    Returns
    -------
    Pairs
        ``a`` and ``b``, row numbers (int64), ascending in ``a`` and then in ``b``; ``intersection``, the area that
        each pair shares (float64).

    Raises
    ------
    ValueError, TypeError
        See `measure`; also if a set has more than one axis.

    See Also
    --------
    measure : Measure how polygons overlap.
    overlap.matching.nms : Non-maximum suppression by overlaps of any kind.

    Examples
    --------
    >>> import shapely
    >>> tiles = shapely.box([0, 2, 4], 0, [2, 4, 6], 2)
    >>> pairs = overlap_pairs(tiles, [shapely.box(1, 1, 3, 3)])
    >>> pairs.a.tolist(), pairs.b.tolist(), pairs.intersection.tolist()
    ([0, 1], [0, 0], [1.0, 1.0])
    """
    operation = "polygons.overlap_pairs"
    periods = read_periods(operation, period)
    polygons_a = _table(operation, "a", a, periods)
    polygons_b = _table(operation, "b", b, periods)
    shape = (len(polygons_a), len(polygons_b))
    index_a, index_b = gathered(_candidates(polygons_a, polygons_b, periods))
    if by is not None:
        group_a, group_b = read_groups(operation, by, *shape)
        is_of_one_group = group_a[index_a] == group_b[index_b]
        index_a = index_a[is_of_one_group]
        index_b = index_b[is_of_one_group]
    index_a, index_b = in_order(index_a, index_b, shape)
    is_new = _differs_from_last(index_a, index_b)
    index_a = index_a[is_new]
    index_b = index_b[is_new]
    shared = np.zeros(len(index_a))
    for start in range(0, len(index_a), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        of_a = polygons_a[index_a[chunk]]
        of_b = polygons_b[index_b[chunk]]
        overlap = measured(of_a, of_b, of_a.shape, periods)
        shared[chunk] = overlap.intersection
    has_area = shared > 0
    return Pairs(index_a[has_area], index_b[has_area], shared[has_area])


def _table(operation: str, name: str, polygons: Any, periods: Floats) -> Geometries:
    """Return valid polygons (n,)."""
    table = prepared(f"{operation}: {name}", polygons, periods)
    if table.ndim != 1:
        raise ValueError(f"{operation}: {name} has shape {table.shape}; pass one row of polygons, (n,)")
    return table


def _candidates(a: Geometries, b: Geometries, periods: Floats) -> Iterator[tuple[Indices, Indices]]:
    """Yield the pairs whose envelopes meet; where axes repeat a pair may come more than once."""
    tree = shapely.STRtree(b)
    for shift in lattice(periods, (-1, 0, 1)):
        for start in range(0, len(a), _ROWS):
            rows = moved(a[start : start + _ROWS], shift)
            i, j = tree.query(rows)
            yield i.astype(np.int64) + start, j.astype(np.int64)


def _differs_from_last(index_a: Indices, index_b: Indices) -> np.ndarray:
    is_new = np.ones(len(index_a), bool)
    is_new[1:] = (index_a[1:] != index_a[:-1]) | (index_b[1:] != index_b[:-1])
    return is_new
