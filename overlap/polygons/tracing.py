"""The outlines of cells, along their edges: `area_of_cells`, under `overlap.polygons.from_raster`.

Conventions
-----------
- The centre of cell (row, column) is at (x, y) = (column, row). Corner (i, j) is at (j − 1/2, i − 1/2).
- An outline has what is inside on its left: shells run counter-clockwise, holes clockwise.
- Cells are of one region if they share an edge, and not if they only share a corner.

Method
------
The edges between inside and outside are linked where one ends and the next begins. At most corners there is one such
edge. Where two cells touch at a corner only, there are two: the outline turns to the left and stays with its cell if
the two are of different regions, and to the right if they are of one, so that it closes round what they enclose. No
outline meets a corner twice. The time is linear in the number of cells.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

_STEPS = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])
"""(x, y) of a step to the east, north, west and south; each is a turn to the left from the one before."""
_NO_EDGE = -1


def area_of_cells(inside: Bools) -> shapely.Geometry:
    """Return the region that cells cover: a polygon, or one for each of its parts.

    Examples
    --------
    >>> area_of_cells(np.array([[True, True], [False, True]])).wkt
    'POLYGON ((-0.5 -0.5, 1.5 -0.5, 1.5 1.5, 0.5 1.5, 0.5 0.5, -0.5 0.5, -0.5 -0.5))'
    """
    from scipy import ndimage

    region_of_cell, n_regions = ndimage.label(inside)
    if n_regions == 0:
        return shapely.MultiPolygon()
    corners = _around_corners(region_of_cell.astype(np.intp))
    edges = _edges(corners)
    order, ring = _rings(_linked(edges, corners))
    polygons = _polygons(edges, order, ring)
    region: shapely.Geometry = polygons[0] if n_regions == 1 else shapely.MultiPolygon(polygons.tolist())
    return region


class _Corners(NamedTuple):
    """The regions of the four cells round each corner, 0 outside; north is towards the higher row."""

    south_west: Ints
    south_east: Ints
    north_west: Ints
    north_east: Ints


class _Edges(NamedTuple):
    """Of each edge: the corner (i, j) at which it begins, which step it takes, and the region on its left."""

    i: Ints
    j: Ints
    step: Ints
    region: Ints


def _around_corners(region_of_cell: Ints) -> _Corners:
    framed = np.pad(region_of_cell, 1)
    return _Corners(framed[:-1, :-1], framed[:-1, 1:], framed[1:, :-1], framed[1:, 1:])


def _edges(corners: _Corners) -> _Edges:
    """Return all edges that have a region on their left and none on their right."""
    # the cells to the left and to the right of a step from the corner
    beside = [
        (corners.north_east, corners.south_east),
        (corners.north_west, corners.north_east),
        (corners.south_west, corners.north_west),
        (corners.south_east, corners.south_west),
    ]
    parts = []
    for step, (left, right) in enumerate(beside):
        i, j = np.nonzero((left > 0) & (right == 0))
        parts.append(np.stack([i, j, np.full(len(i), step), left[i, j]]))
    return _Edges(*np.concatenate(parts, axis=1))


def _linked(edges: _Edges, corners: _Corners) -> Ints:
    """Return the edge that follows each edge on its outline."""
    shape = corners.south_west.shape
    begins = np.full((4, *shape), _NO_EDGE)
    begins[edges.step, edges.i, edges.j] = np.arange(len(edges.step))
    i = edges.i + _STEPS[edges.step, 1]
    j = edges.j + _STEPS[edges.step, 0]
    to_the_left = begins[(edges.step + 1) % 4, i, j]
    straight_on = begins[edges.step, i, j]
    to_the_right = begins[(edges.step - 1) % 4, i, j]

    south_west, south_east, north_west, north_east = (of_cell[i, j] for of_cell in corners)
    are_apart = np.where(south_west > 0, south_west != north_east, south_east != north_west)
    turns_left = (to_the_left != _NO_EDGE) & ((to_the_right == _NO_EDGE) | are_apart)
    turns_right = ~turns_left & (to_the_right != _NO_EDGE)
    unless_left = np.where(turns_right, to_the_right, straight_on)
    return np.asarray(np.where(turns_left, to_the_left, unless_left))


def _rings(following: Ints) -> tuple[Ints, Ints]:
    """Return the edges in the order of their rings, and the ring of each."""
    follow = following.tolist()
    is_seen = bytearray(len(follow))
    order: list[int] = []
    sizes: list[int] = []
    for first in range(len(follow)):
        edge = first
        n_before = len(order)
        while not is_seen[edge]:
            is_seen[edge] = True
            order.append(edge)
            edge = follow[edge]
        if len(order) > n_before:
            sizes.append(len(order) - n_before)
    return np.array(order, np.intp), np.repeat(np.arange(len(sizes)), sizes)


def _polygons(edges: _Edges, order: Ints, ring: Ints) -> NDArray[np.object_]:
    """Return the polygon of each region."""
    step = edges.step[order]
    before = np.roll(step, 1)
    first = np.flatnonzero(np.diff(ring, prepend=-1))
    last = np.append(first[1:], len(ring)) - 1
    before[first] = step[last]
    # a shell turns to the left once more often than to the right times four, a hole the other way round
    turn = (step - before + 1) % 4 - 1
    is_shell = np.add.reduceat(turn, first) > 0
    region = edges.region[order[first]] - 1

    turns = turn != 0
    x = edges.j[order] - 0.5
    y = edges.i[order] - 0.5
    xy = np.stack([x, y], axis=1)[turns]
    rings = shapely.linearrings(xy, indices=ring[turns])
    # the first ring of each region has to be its shell
    in_order = np.lexsort((~is_shell, region))
    return np.asarray(shapely.polygons(rings[in_order], indices=region[in_order]))
