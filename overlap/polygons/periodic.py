"""Polygons on axes that repeat: the covering of cylinder and torus by the plane, under `overlap.polygons`.

Conventions
-----------
- `periods` is (px, py), 0 for an axis that does not repeat. A turn is a whole period, with its sign; the images of
  a polygon are it and its translates by whole turns.
- A prepared polygon is valid, drawn in one piece, no larger than a period and begins in the first, so that two can
  only meet within one turn of each other.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]
Polygonal = shapely.Polygon | shapely.MultiPolygon
Period = tuple[float | None, float | None]


def unwrap(geometries: Any, period: Period) -> Any:
    """Undo the wrapping of vertices into one cell: long edges go the short way round.

    An edge is long when it spans more than half a period and less than a whole one. The first vertex of each
    shell stays; holes are moved by whole periods into their shell.

    Parameters
    ----------
    geometries : Polygon, MultiPolygon or array of them
        As drawn, whatever the direction of their rings.
    period : (px, py)
        Length after which x and y repeat; None for an axis that does not.

    Returns
    -------
    Polygon, MultiPolygon or array of them
        The same regions, drawn past the seam.

    Raises
    ------
    ValueError
        If a ring runs round the torus and does not close, or the result is invalid.

    Examples
    --------
    >>> import shapely
    >>> wrapped = shapely.Polygon([(170, 0), (-170, 0), (-170, 10), (170, 10)])
    >>> unwrap(wrapped, (360, 360)).bounds
    (170.0, 0.0, 190.0, 10.0)
    """
    return in_one_piece("unwrap: geometries", geometries, read_periods("unwrap", period), wrapped=True)[()]


def read_periods(name: str, period: Period | None) -> Floats:
    """Return (px, py) with 0 for an axis that does not repeat."""
    if period is None:
        return np.zeros(2)
    if not isinstance(period, (tuple, list, np.ndarray)) or len(period) != 2:
        raise ValueError(
            f"{name}: period must be a pair (px, py), got {period!r}; (360, 360) is a torus, (360, None) a cylinder"
        )
    given = np.array([p for p in period if p is not None], dtype=np.float64)
    if not np.all((given > 0) & (given < np.inf)):
        raise ValueError(f"{name}: a period must be positive and finite, got {period!r}; None for an open axis")
    periods = np.array([0.0 if p is None else p for p in period], dtype=np.float64)
    return _snapped(periods, periods)


def lattice(periods: Floats, turns: tuple[int, ...]) -> Iterator[Floats]:
    """Yield the shifts by so many turns of each periodic axis."""
    for turn in product(*(turns if p else (0,) for p in periods)):
        yield np.array(turn) * periods


def moved(geometries: Geometries, shift: Floats) -> Geometries:
    """Translate geometries by a vector, or each by its own (n, 2)."""
    if not np.any(shift):
        return geometries
    xy, owner = shapely.get_coordinates(geometries, return_index=True)
    by = shift if shift.ndim == 1 else shift[owner]
    return shapely.set_coordinates(geometries.copy(), xy + by)


def prepared(name: str, geometries: Any, periods: Floats) -> Geometries:
    """Return valid polygons, drawn in one piece, no larger than a period, near the origin."""
    drawn = in_one_piece(name, geometries, periods)
    if not np.any(periods):
        return drawn
    flat = at_origin(drawn.ravel(), np.zeros(2), periods)
    snapped = _snapped(shapely.get_coordinates(flat), periods)
    return _folded(shapely.set_coordinates(flat.copy(), snapped), periods).reshape(drawn.shape)


def in_one_piece(name: str, geometries: Any, periods: Floats, *, wrapped: bool = False) -> Geometries:
    """Return valid polygons, drawn past the seam: all that have a long edge are `wrapped`, or those that look so."""
    array = _polygons(name, geometries)
    drawn = _unwrapped(name, array, periods, every=wrapped) if np.any(periods) else array
    _check_valid(name, drawn)
    return drawn


def at_origin(geometries: Geometries, origin: Floats, periods: Floats) -> Geometries:
    """Bring the lower corners of geometries (n,) into the period that starts at `origin`."""
    corner = shapely.bounds(geometries)[:, :2] - origin
    turns = np.floor(np.divide(corner, periods, out=np.zeros_like(corner), where=periods > 0))
    return moved(geometries, -np.nan_to_num(turns) * periods)


def areal(geometries: Geometries) -> Geometries:
    """Keep the polygons of geometries (n,): overlays also return the lines and points of contact."""
    parts, owner = shapely.get_parts(geometries, return_index=True)
    flat = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    kept = np.full(geometries.shape, shapely.MultiPolygon(), dtype=object)
    if flat.any():
        owners, index = np.unique(owner[flat], return_inverse=True)
        kept[owners] = shapely.multipolygons(parts[flat], indices=index)
    is_area = np.isin(shapely.get_type_id(geometries), (3, 6))
    return np.where(is_area, geometries, kept)


def _folded(geometries: Geometries, periods: Floats) -> Geometries:
    """Lay what is wider than a period over itself: it counts once."""
    bounds = shapely.bounds(geometries)
    extent = bounds[:, 2:] - bounds[:, :2]
    wide = np.any((periods > 0) & (extent > periods), axis=1)
    if not wide.any():
        return geometries
    folded = geometries.copy()
    folded[wide] = _once(geometries[wide], bounds[wide], periods)
    return folded


def _once(geometries: Geometries, bounds: Floats, periods: Floats) -> Geometries:
    """Return the union of the images of geometries (n,) within one period from their lower corners."""
    low, high = bounds[:, :2], np.where(periods > 0, bounds[:, :2] + periods, bounds[:, 2:])
    cell = shapely.box(*low.T, *high.T)
    extent = np.max(bounds[:, 2:] - low, axis=0)
    turns = np.ceil(np.divide(extent, periods, out=np.ones(2), where=periods > 0)).astype(int)
    shifts = [-np.array(t) * periods for t in product(*(range(n) for n in turns))]
    pieces = [areal(shapely.intersection(moved(geometries, shift), cell)) for shift in shifts]
    return areal(np.asarray(shapely.union_all(np.stack(pieces, axis=1), axis=1)))


def _snapped(values: Floats, periods: Floats) -> Floats:
    """Round to a binary grid of 2**-50 of the period, on which adding periods is exact.

    Images of one polygon then meet bit for bit; edges that almost coincide are where overlays fail.
    """
    step = np.ldexp(1.0, np.frexp(periods)[1] - 50)
    return np.where(periods > 0, np.rint(values / step) * step, values)


def _unwrapped(name: str, geometries: Geometries, periods: Floats, *, every: bool) -> Geometries:
    """Unwrap the polygons that were wrapped, or every one that has a long edge."""
    flat = geometries.ravel().copy()
    parts, owner = shapely.get_parts(flat, return_index=True)
    wrapped = np.flatnonzero(_has_long_edge(parts, periods))
    if not every:
        wrapped = wrapped[_looks_wrapped(parts[wrapped], periods)]
    if not len(wrapped):
        return geometries
    if not every:
        warnings.warn(
            f"{name}: {len(wrapped)} polygons with an edge longer than half a period look wrapped and are unwrapped; "
            "pass them through polygons.unwrap, or through shapely.orient_polygons if they are as wide as drawn",
            stacklevel=5,
        )
    parts[wrapped], closes = _short_way(parts[wrapped], periods)
    if not closes.all():
        bad = np.isin(np.arange(flat.size), owner[wrapped[~closes]]).reshape(geometries.shape)
        raise ValueError(
            f"{_element(name, bad)} has a ring that runs round the period and does not close; "
            "draw a band all round as a box a whole period wide"
        )
    changed, many = np.unique(owner[wrapped]), shapely.get_type_id(flat) == shapely.GeometryType.MULTIPOLYGON
    single = wrapped[~many[owner[wrapped]]]
    flat[owner[single]] = parts[single]
    member = np.isin(owner, changed[many[changed]])
    if member.any():
        owners, index = np.unique(owner[member], return_inverse=True)
        flat[owners] = shapely.multipolygons(parts[member], indices=index)
    return flat.reshape(geometries.shape)


def _long_edges(xy: Floats, ring: NDArray[np.intp], periods: Floats) -> Floats:
    """Return, at each edge's end, the turn (−1, 0, +1) of the edges between half a period and a whole one."""
    with np.errstate(invalid="ignore"):  # infinite coordinates are for the check of validity to name
        step = np.diff(xy, axis=0, prepend=xy[:1])
    step[np.diff(ring, prepend=-1) != 0] = 0
    # to rounding, so that boxes of half a period and of a whole one stay as drawn wherever they lie
    long = (np.abs(step) > periods * (0.5 + 1e-9)) & (np.abs(step) < periods * (1 - 1e-9))
    return np.where(long, np.sign(step), 0.0)


def _has_long_edge(geometries: Geometries, periods: Floats) -> NDArray[np.bool_]:
    """Tell which polygons (n,) have a long edge in any of their rings."""
    rings, owner = shapely.get_rings(geometries, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    long = np.any(_long_edges(xy, ring, periods), axis=1)
    return np.bincount(owner[ring[long]], minlength=len(geometries)).astype(np.bool_)


def _looks_wrapped(polygons: Geometries, periods: Floats) -> NDArray[np.bool_]:
    """Tell the wrapped from the wide, by validity and the right-hand rule."""
    shells = shapely.get_exterior_ring(polygons)
    clockwise = ~shapely.is_ccw(shells) & _has_long_edge(np.asarray(shapely.polygons(shells)), periods)
    return np.asarray(~shapely.is_valid(polygons) | clockwise)


def _short_way(polygons: Geometries, periods: Floats) -> tuple[Geometries, NDArray[np.bool_]]:
    """Unwrap polygons (n,); tell also which of them close."""
    rings, part = shapely.get_rings(polygons, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    first = np.searchsorted(ring, np.arange(len(rings)))
    turns = np.cumsum(_long_edges(xy, ring, periods), axis=0)
    turns -= turns[first][ring]
    last = np.append(first[1:], len(xy)) - 1
    open_rings = np.any(turns[last], axis=1)
    xy = xy - turns * periods
    low = np.minimum.reduceat(xy, first)
    gap = low[np.searchsorted(part, part)] - low
    lift = np.ceil(np.divide(gap, periods, out=np.zeros_like(gap), where=periods > 0) - 1e-9)
    closed = shapely.linearrings(xy + lift[ring] * periods, indices=ring)
    closes = np.bincount(part[open_rings], minlength=len(polygons)) == 0
    return shapely.polygons(closed, indices=part), closes


def _polygons(name: str, geometries: Any) -> Geometries:
    """Return an object array of polygons, or say which element is none."""
    array = np.asarray(geometries, dtype=object)
    missing = np.asarray(shapely.is_missing(array), dtype=np.bool_)
    if missing.any():
        raise ValueError(f"{_element(name, missing)} is None; drop it, or use an empty shapely.Polygon()")
    foreign = ~np.asarray(shapely.is_geometry(array), dtype=np.bool_)
    if foreign.any():
        found = type(array[foreign][0]).__name__
        raise TypeError(f"{_element(name, foreign)} is a {found}, not a shapely geometry")
    other = ~np.isin(shapely.get_type_id(array), (3, 6)) & ~shapely.is_empty(array)
    if other.any():
        found = array[other][0].geom_type
        raise TypeError(f"{_element(name, other)} is a {found}, which has no area; keep Polygons and MultiPolygons")
    return array


def _element(name: str, bad: NDArray[np.bool_]) -> str:
    """Name the first bad element: ``a[1, 2]``, or ``a`` for a scalar."""
    index = ", ".join(str(i) for i in np.argwhere(bad)[0])
    return f"{name}[{index}]" if index else name


def _check_valid(name: str, geometries: Geometries) -> None:
    invalid = ~np.asarray(shapely.is_valid(geometries))
    if invalid.any():
        reason = shapely.is_valid_reason(geometries[invalid][0])
        raise ValueError(f"{_element(name, invalid)} is invalid: {reason}; repair it with shapely.make_valid")
