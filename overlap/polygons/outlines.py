"""The outlines of polygons as edges, and their areas by Green's theorem.

Conventions
-----------
- An edge runs upwards from (x0, y0) to (x1, y1), or to the right where it is level. Its weight is +1 where the inside
  of its polygon is on its left and −1 where it is on its right: the area is the sum of weight · ∫ x dy over the edges.
- Nothing that is computed from the edges knows where a ring begins, or in which direction it was drawn.
- Lengths are measured from a corner near by, in a unit of 2**n: scaling by powers of two changes no digit.
- `exact_totals` adds on binary grids, where a sum is the same in any order.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from .._compiled import kernels
from .twofold import Bools, Floats, Reals, Twofold, exact_sum, head

Geometries = NDArray[np.object_]
Integers = NDArray[np.intp]
Exponents = NDArray[np.intc]

EPSILON = 2.0**-53
"""The largest relative error of one operation on float64."""
TOLERANCE = 1e-11
"""The error, relative to an area, from which on the area is computed again with twice the digits."""
SMALL = 1 << 13
"""Fewer edges never import the compiler."""


class Edges(NamedTuple):
    """Edges as four columns (n,): where they begin and end."""

    x0: Floats
    y0: Floats
    x1: Floats
    y1: Floats

    def at(self, index: Integers | slice) -> Edges:
        """Return some of the edges."""
        return Edges(self.x0[index], self.y0[index], self.x1[index], self.y1[index])


class Outlines(NamedTuple):
    """The edges of polygons (n,), one polygon after the other, and what is known of the polygons.

    `weight` (edges,), `first` (n + 1,) each polygon's first edge, `bounds` (n, 4), `area` (n,) and a bound of its
    `error` (n,).
    """

    edges: Edges
    weight: Floats
    first: Integers
    bounds: Floats
    area: Floats
    error: Floats


class _Drawn(NamedTuple):
    """Edges as they were drawn, the ring of each, the polygon of each ring and which rings are holes."""

    edges: Edges
    ring: Integers
    owner: Integers
    is_hole: Bools


def outlines(geometries: Geometries) -> Outlines:
    """Return the edges and areas of valid polygons (n,).

    Examples
    --------
    >>> frame = shapely.box(0, 0, 4, 4) - shapely.box(1, 1, 2, 2)
    >>> outlines(np.array([frame])).area
    array([15.])
    """
    drawn = _drawn(geometries)
    bounds = np.asarray(shapely.bounds(geometries))
    area, error, backwards = _measured(drawn, bounds)
    x0, y0, x1, y1 = drawn.edges
    runs_down = (y0 > y1) | ((y0 == y1) & (x0 > x1))
    weight = np.where(runs_down != backwards[drawn.ring], -1.0, 1.0)
    upwards = Edges(np.where(runs_down, x1, x0), np.minimum(y0, y1), np.where(runs_down, x0, x1), np.maximum(y0, y1))
    first = np.searchsorted(drawn.owner[drawn.ring], np.arange(len(bounds) + 1))
    return Outlines(upwards, weight, first, bounds, area, error)


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
    digits = (32, 64, 96, 128) if isinstance(terms, Twofold) else (32, 64)
    totals = np.zeros((len(digits), groups))
    for level, digit in enumerate(digits):
        # adding this number and taking it away again rounds to multiples of 2**-digit
        rounder = 1.5 * 2.0 ** (52 - digit)
        rounded = (head(terms) + rounder) - rounder
        totals[level] = np.bincount(group, rounded, groups)
        terms = terms - rounded
    return totals


def added(totals: Floats) -> Floats:
    """Add levels (k, groups) up: where the coarse ones cancel, the fine ones are not lost."""
    total = totals[0]
    lost = np.zeros_like(total)
    for level in totals[1:]:
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
    within: Exponents = np.clip(exponent, -1000, 1000)
    return within


def local(x: Floats, origin: Floats, scale: Floats, twofold: bool) -> Reals:
    """Return coordinates from an origin on, times a power of two; with `twofold` exactly."""
    if not twofold:
        return (x - origin) * scale
    distance, rest = exact_sum(x, -origin)
    return Twofold(distance * scale, rest * scale)


def _drawn(geometries: Geometries) -> _Drawn:
    is_polygon = shapely.get_type_id(geometries) == shapely.GeometryType.POLYGON
    is_plain = is_polygon & (shapely.get_num_interior_rings(geometries) == 0)
    if is_plain.all():
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
    x = np.ascontiguousarray(xy[:, 0])
    y = np.ascontiguousarray(xy[:, 1])
    moves = (x[1:] != x[:-1]) | (y[1:] != y[:-1])
    is_edge = np.flatnonzero(moves & (ring[1:] == ring[:-1]))
    edges = Edges(x[is_edge], y[is_edge], x[is_edge + 1], y[is_edge + 1])
    return _Drawn(edges, ring[is_edge], owner, is_hole)


def _measured(drawn: _Drawn, bounds: Floats) -> tuple[Floats, Floats, Bools]:
    """Return the areas of polygons, bounds of their errors, and which rings were drawn with the inside on the right."""
    exponent = exponents(bounds[:, 2:] - bounds[:, :2])
    everything = slice(None)
    rings, error = _areas_of_rings(drawn, everything, bounds, exponent, twofold=False)
    area, backwards = _areas_of_polygons(rings, drawn, len(bounds))
    is_doubtful = ~(error <= TOLERANCE * area)
    doubtful = np.flatnonzero(is_doubtful[drawn.owner[drawn.ring]])
    if len(doubtful):
        rings, precise_error = _areas_of_rings(drawn, doubtful, bounds, exponent, twofold=True)
        precise_area, precise_backwards = _areas_of_polygons(rings, drawn, len(bounds))
        area = np.where(is_doubtful, precise_area, area)
        error = np.where(is_doubtful, precise_error, error)
        backwards = np.where(is_doubtful[drawn.owner], precise_backwards, backwards)
    unit = exponent.sum(axis=1)
    with np.errstate(over="ignore"):
        return np.ldexp(area, unit), np.ldexp(error, unit), backwards


def _areas_of_rings(
    drawn: _Drawn, index: Integers | slice, bounds: Floats, exponent: Exponents, *, twofold: bool
) -> tuple[Floats, Floats]:
    """Return the signed areas of rings as levels (k, rings), and a bound of the error of each polygon's."""
    edges = drawn.edges.at(index)
    ring = drawn.ring[index]
    corner = bounds[:, :2]
    scale = np.ldexp(1.0, -exponent)
    compiled = kernels("polygons.compiled") if len(ring) >= SMALL and not twofold else None
    if compiled is None:
        areas, length = _ring_areas(edges, ring, drawn.owner, corner, scale, twofold=twofold)
    else:
        areas, length = compiled.ring_areas(edges, ring, drawn.owner, corner, scale)
    rounding = 2 * (EPSILON**2 if twofold else EPSILON)
    return areas, rounding * length


def _ring_areas(
    edges: Edges, ring: Integers, owner: Integers, corner: Floats, scale: Floats, *, twofold: bool
) -> tuple[Floats, Floats]:
    """Return the signed areas of rings as levels (k, rings), and the length of each polygon's outline."""
    polygon = owner[ring]
    corner_x = corner[:, 0][polygon]
    corner_y = corner[:, 1][polygon]
    scale_x = scale[:, 0][polygon]
    scale_y = scale[:, 1][polygon]
    x0 = local(edges.x0, corner_x, scale_x, twofold)
    y0 = local(edges.y0, corner_y, scale_y, twofold)
    x1 = local(edges.x1, corner_x, scale_x, twofold)
    y1 = local(edges.y1, corner_y, scale_y, twofold)
    rise = y1 - y0
    areas = exact_totals((x0 + x1) * rise * 0.5, ring, len(owner))
    length = np.abs(head(x1) - head(x0)) + np.abs(head(rise))
    return areas, rounded_totals(length, polygon, len(corner))


def _areas_of_polygons(rings: Floats, drawn: _Drawn, polygons: int) -> tuple[Floats, Bools]:
    """Return the areas of polygons from the signed areas of their rings, and which rings were drawn backwards."""
    turn = np.sign(added(rings))
    sign = np.where(drawn.is_hole, -turn, turn)
    levels = [np.bincount(drawn.owner, level * sign, polygons) for level in rings]
    return added(np.stack(levels)), sign < 0
