"""The outlines of polygons as edges, and their areas by Green's theorem.

Conventions
-----------
- An edge runs upwards from (x0, y0) to (x1, y1), or to the right where it is level. Its weight is +1 where the inside
  of its polygon is on its left and −1 where it is on its right: the area is the sum of weight · ∫ x dy over the edges.
- Nothing that is computed from the edges knows where a ring begins, or in which direction it was drawn.
- Edges (2, 2, n) are points, x before y, where they begin, and those where they end.
- Lengths are measured from a corner near by, in a unit of 2**n: scaling by powers of two changes no digit.
- `exact_totals` adds on binary grids, where a sum is the same in any order.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from .._compiled import kernels
from .periodic import POLYGON
from .twofold import Bools, Floats, Reals, Twofold, exact_sum, head

Geometries = NDArray[np.object_]
Integers = NDArray[np.intp]
Exponents = NDArray[np.intc]

EPSILON = 2.0**-53
"""The largest relative error of one operation on float64."""
TOLERANCE = 1e-11
"""The error, relative to an area, from which on the area is computed again with twice the digits."""
ROUNDERS = tuple(1.5 * 2.0 ** (52 - digits) for digits in (32, 64, 96, 128))
"""Adding these and taking them away again rounds to multiples of 2**-digits."""
SMALL = 1 << 13
"""A call with so many edges imports the compiler."""
MANY = 1 << 15
"""So many edges in all small calls import it, too: they have taken as long as the import takes."""
_edges_so_far = 0


class Outlines(NamedTuple):
    """The edges of polygons (n,), one polygon after the other, and what is known of the polygons.

    `weight` (edges,), `first` (n + 1,) each polygon's first edge, `bounds` (4, n), `area` (n,) and a bound of its
    `error` (n,).
    """

    edges: Floats
    weight: Floats
    first: Integers
    bounds: Floats
    area: Floats
    error: Floats


class _Drawn(NamedTuple):
    """Edges as they were drawn, the ring and the polygon of each, the polygon of each ring and which rings are holes.

    Polygons are plain where each has one ring and nothing else. `compiled` is the compiled version, where it is used.
    """

    edges: Floats
    ring: Integers
    polygon: Integers
    owner: Integers
    is_hole: Bools
    are_plain: bool
    compiled: Any


def outlines(geometries: Geometries) -> Outlines:
    """Return the edges and areas of valid polygons (n,).

    Examples
    --------
    >>> frame = shapely.box(0, 0, 4, 4) - shapely.box(1, 1, 2, 2)
    >>> outlines(np.array([frame])).area
    array([15.])
    """
    drawn = _drawn(geometries)
    bounds = np.ascontiguousarray(shapely.bounds(geometries).T)
    area, error, backwards = _measured(drawn, bounds)
    turn = _upwards if drawn.compiled is None else drawn.compiled.upwards
    edges, weight = turn(drawn.edges, drawn.ring, backwards)
    first = drawn.polygon.searchsorted(np.arange(len(area) + 1))
    return Outlines(edges, weight, first, bounds, area, error)


def shifted(o: Outlines, begin: int, shift: Floats) -> Outlines:
    """Return outlines with the polygons from `begin` on moved by a vector; adding it must be exact.

    Examples
    --------
    >>> boxes = shapely.box([0, 0], 0, 1, 1)
    >>> shifted(outlines(boxes), 1, np.array([2.0, 0.0])).bounds.T.tolist()
    [[0.0, 0.0, 1.0, 1.0], [2.0, 0.0, 3.0, 1.0]]
    """
    if not shift.any():
        return o
    edges = o.edges.copy()
    edges[..., o.first[begin] :] += shift[:, None]
    bounds = o.bounds.copy()
    bounds[:, begin:] += np.tile(shift, 2)[:, None]
    return o._replace(edges=edges, bounds=bounds)


def _upwards(edges: Floats, ring: Integers, backwards: Bools) -> tuple[Floats, Floats]:
    """Return edges turned upwards, and their weights."""
    goes_back = edges[0] > edges[1]
    runs_down = goes_back[1] | ((edges[0, 1] == edges[1, 1]) & goes_back[0])
    weight = np.where(runs_down != backwards[ring], -1.0, 1.0)
    return np.where(runs_down, edges[::-1], edges), weight


def compiled_for(edges: int) -> Any:
    """Return the compiled version once there were edges enough to pay for its import, in one call or in many.

    None before that, and where there is no compiler.

    Examples
    --------
    >>> compiled_for(10**6) is kernels("polygons.compiled")
    True
    """
    global _edges_so_far
    _edges_so_far += edges if edges < SMALL else MANY
    return kernels("polygons.compiled") if _edges_so_far >= MANY else None


def exact_totals(terms: Reals, group: Integers, groups: int) -> Floats:
    """Return the sums of terms by group as levels (k, groups) that are still to be added up.

    Each level is exact, so that the order of the terms does not matter: for up to a million terms below 1000.

    Examples
    --------
    >>> terms = np.array([0.1, 1.0, -1.0])
    >>> totals = exact_totals(terms, np.array([0, 0, 0]), 1)
    >>> float(added(totals)[0])
    0.1
    """
    rounders = ROUNDERS if isinstance(terms, Twofold) else ROUNDERS[:2]
    totals = np.empty((len(rounders), groups))
    rounded: Any = 0.0
    for level, rounder in enumerate(rounders):
        terms = terms - rounded
        rounded = (head(terms) + rounder) - rounder
        totals[level] = np.bincount(group, rounded, groups)
    return totals


def added(totals: Floats) -> Floats:
    """Add levels (k, groups) up: where the coarse ones cancel, the fine ones are not lost."""
    total, lost = exact_sum(totals[0], totals[1])
    for level in totals[2:]:
        total, rest = exact_sum(total, level)
        lost = lost + rest
    whole: Floats = total + lost
    return whole


def rounded_totals(lengths: Floats, group: Integers, groups: int) -> Floats:
    """Return sums of lengths by group, rounded up so that their order does not matter.

    Examples
    --------
    >>> rounded_totals(np.array([0.5, 0.25, 1.0]), np.array([0, 0, 1]), 2).tolist()
    [0.75, 1.0]
    """
    total: Floats = np.bincount(group, np.ceil(lengths * 2.0**20), groups) / 2.0**20
    return total


def exponents(extent: Floats) -> Exponents:
    """Return the exponents of the powers of two just above lengths.

    Examples
    --------
    >>> exponents(np.array([3.0, 4.0])).tolist()
    [2, 3]
    """
    _, exponent = np.frexp(extent)
    within: Exponents = np.maximum(np.minimum(exponent, 1000), -1000)
    return within


def local(x: Floats, origin: Floats, scale: Floats, twofold: bool) -> Reals:
    """Return coordinates from an origin on, times a power of two; with `twofold` exactly."""
    if not twofold:
        return (x - origin) * scale
    distance, rest = exact_sum(x, -origin)
    return Twofold(distance * scale, rest * scale)


def _drawn(geometries: Geometries) -> _Drawn:
    is_polygon = shapely.get_type_id(geometries) == POLYGON
    are_plain = bool((is_polygon & (shapely.get_num_interior_rings(geometries) == 0)).all())
    if are_plain:
        # one ring each: no need to take them apart
        owner = np.arange(len(geometries))
        is_hole = np.zeros(len(geometries), dtype=np.bool_)
        xy, ring = shapely.get_coordinates(geometries, return_index=True)
    else:
        parts, whole = shapely.get_parts(geometries, return_index=True)
        rings, part = shapely.get_rings(parts, return_index=True)
        owner = whole[part]
        # the first ring of a part is its shell
        is_hole = np.diff(part, prepend=-1) == 0
        xy, ring = shapely.get_coordinates(rings, return_index=True)
    compiled = compiled_for(len(xy))
    connect = _connected if compiled is None else compiled.connected
    edges, ring = connect(xy, ring)
    polygon = ring if are_plain else owner[ring]
    return _Drawn(edges, ring, polygon, owner, is_hole, are_plain, compiled)


def _connected(xy: Floats, ring: Integers) -> tuple[Floats, Integers]:
    """Return the edges between vertices of the same ring, and the ring of each; vertices may be repeated."""
    points = np.ascontiguousarray(xy.T)
    moves = points[:, 1:] != points[:, :-1]
    (is_edge,) = ((moves[0] | moves[1]) & (ring[1:] == ring[:-1])).nonzero()
    edges = np.array([points.take(is_edge, axis=1), points.take(is_edge + 1, axis=1)])
    return edges, ring[is_edge]


def _measured(drawn: _Drawn, bounds: Floats) -> tuple[Floats, Floats, Bools]:
    """Return the areas of polygons, bounds of their errors, and which rings were drawn with the inside on the right."""
    exponent = exponents(bounds[2:] - bounds[:2])
    rings, error = _areas_of_rings(drawn, bounds, exponent, twofold=False)
    area, backwards = _areas_of_polygons(rings, drawn, len(error))
    is_doubtful = ~(error <= TOLERANCE * area)
    if is_doubtful.any():
        doubtful = _of_polygons(drawn, is_doubtful)
        rings, precise_error = _areas_of_rings(doubtful, bounds, exponent, twofold=True)
        precise_area, precise_backwards = _areas_of_polygons(rings, drawn, len(error))
        area = np.where(is_doubtful, precise_area, area)
        error = np.where(is_doubtful, precise_error, error)
        backwards = np.where(is_doubtful[drawn.owner], precise_backwards, backwards)
    unit = exponent[0] + exponent[1]
    with np.errstate(over="ignore"):
        return np.ldexp(area, unit), np.ldexp(error, unit), backwards


def _of_polygons(drawn: _Drawn, chosen: Bools) -> _Drawn:
    """Return what was drawn with the edges of some polygons only."""
    index = np.flatnonzero(chosen[drawn.polygon])
    return drawn._replace(edges=drawn.edges.take(index, axis=2), ring=drawn.ring[index], polygon=drawn.polygon[index])


def _areas_of_rings(drawn: _Drawn, bounds: Floats, exponent: Exponents, *, twofold: bool) -> tuple[Floats, Floats]:
    """Return the signed areas of rings as levels (k, rings), and a bound of the error of each polygon's."""
    corner = bounds[:2]
    scale = np.ldexp(1.0, -exponent)
    if drawn.compiled is None or twofold:
        areas, length = _ring_areas(drawn, corner, scale, twofold=twofold)
    else:
        areas, length = drawn.compiled.ring_areas(drawn.edges, drawn.ring, drawn.owner, corner, scale)
    rounding = 2 * (EPSILON**2 if twofold else EPSILON)
    return areas, rounding * length


def _ring_areas(drawn: _Drawn, corner: Floats, scale: Floats, *, twofold: bool) -> tuple[Floats, Floats]:
    """Return the signed areas of rings as levels (k, rings), and the length of each polygon's outline."""
    corner_of_edge = corner.take(drawn.polygon, axis=1)
    scale_of_edge = scale.take(drawn.polygon, axis=1)
    edges = local(drawn.edges, corner_of_edge, scale_of_edge, twofold)
    x0 = edges[0, 0]
    x1 = edges[1, 0]
    rise = edges[1, 1] - edges[0, 1]
    areas = exact_totals((x0 + x1) * rise * 0.5, drawn.ring, len(drawn.owner))
    length = np.abs(head(x1) - head(x0)) + np.abs(head(rise))
    return areas, rounded_totals(length, drawn.polygon, corner.shape[1])


def _areas_of_polygons(rings: Floats, drawn: _Drawn, polygons: int) -> tuple[Floats, Bools]:
    """Return the areas of polygons from the signed areas of their rings, and which rings were drawn backwards."""
    total = added(rings)
    if drawn.are_plain:
        return np.abs(total), total < 0.0
    turn = np.sign(total)
    sign = np.where(drawn.is_hole, -turn, turn)
    levels = np.zeros((len(rings), polygons))
    for level, areas in enumerate(rings):
        levels[level] = np.bincount(drawn.owner, areas * sign, polygons)
    return added(levels), sign < 0
