"""Polygons on axes that repeat: the covering of cylinder and torus by the plane, under `overlap.polygons`.

Conventions
-----------
- `periods` is (px, py), 0 for an axis that does not repeat. A turn is a whole period, with its sign; the images of
  a polygon are it and its translates by whole turns.
- A prepared polygon is valid, drawn in one piece, no larger than a period and begins in the first, so that two can
  only meet within one turn of each other.
"""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Iterator
from itertools import product
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from .._checks import check_real

Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]
Polygonal = shapely.Polygon | shapely.MultiPolygon
Period = tuple[float | None, float | None]

PACKAGE = str(Path(__file__).parents[1]) + os.sep
POLYGON = int(shapely.GeometryType.POLYGON)
MULTIPOLYGON = int(shapely.GeometryType.MULTIPOLYGON)
"""The types of geometry that have an area; as plain numbers numpy compares them faster."""
MOST_TURNS = 10_000
"""So many periods, both axes multiplied, may a polygon run round."""


def unwrap(geometries: Any, period: Period) -> Any:
    """Undo the wrapping of vertices into one cell: long edges go the short way round.

    An edge is long when it spans more than half a period and less than a whole one. The first vertex of each
    shell stays; holes are moved by whole periods into their shell.

    Parameters
    ----------
    geometries : Polygon, MultiPolygon or array of them
        As drawn, with rings in either direction.
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

    See Also
    --------
    measure : Measure how polygons overlap.

    Examples
    --------
    >>> import shapely
    >>> wrapped = shapely.Polygon([(170, 0), (-170, 0), (-170, 10), (170, 10)])
    >>> unwrap(wrapped, (360, 360)).bounds
    (170.0, 0.0, 190.0, 10.0)
    """
    periods = read_periods("polygons.unwrap", period)
    unwrapped = in_one_piece("polygons.unwrap: geometries", geometries, periods, wrapped=True)
    return unwrapped[()]


def read_periods(name: str, period: Period | None) -> Floats:
    """Return (px, py) with 0 for an axis that does not repeat."""
    if period is None:
        return np.zeros(2)
    if not isinstance(period, (tuple, list, np.ndarray)) or len(period) != 2:
        raise ValueError(
            f"{name}: period must be a pair (px, py), got {period!r}; (360, 360) is a torus, (360, None) a cylinder"
        )
    lengths = []
    for length in period:
        if length is not None:
            check_real(name, "a period", length)
        if length is not None and not 0 < length < inf:
            raise ValueError(f"{name}: a period must be positive and finite, got {period!r}; None for an open axis")
        lengths.append(0.0 if length is None else float(length))
    periods = np.array(lengths)
    return _snapped(periods, periods)


def lattice(periods: Floats, turns: tuple[int, ...]) -> Iterator[Floats]:
    """Yield the shifts by so many turns of each periodic axis."""
    turns_x = turns if periods[0] else (0,)
    turns_y = turns if periods[1] else (0,)
    for turn in product(turns_x, turns_y):
        yield np.array(turn) * periods


def moved(geometries: Geometries, shift: Floats) -> Geometries:
    """Translate geometries by a vector, or each by its own (n, 2)."""
    if not np.any(shift):
        return geometries
    xy, owner = shapely.get_coordinates(geometries, return_index=True)
    shift_of_vertex = shift if shift.ndim == 1 else shift[owner]
    return shapely.set_coordinates(geometries.copy(), xy + shift_of_vertex)


def prepared(name: str, geometries: Any, periods: Floats, *, sphere: bool = False) -> Geometries:
    """Return valid polygons, drawn in one piece, no larger than a period, near the origin.

    On the sphere, whose latitude does not repeat, both coordinates lie on the grid of longitude.
    """
    drawn = in_one_piece(name, geometries, periods)
    if not periods.any() or not drawn.size:
        return drawn
    runs_on = _turns_round(drawn.ravel(), periods) > MOST_TURNS
    _check_scale(name, drawn, runs_on.reshape(drawn.shape), "too large", periods)
    flat = at_origin(drawn.ravel(), np.zeros(2), periods)
    xy = shapely.get_coordinates(flat)
    grid = np.repeat(periods.max(), 2) if sphere else periods
    snapped = shapely.set_coordinates(flat.copy(), _snapped(xy, grid))
    bounds = shapely.bounds(snapped)
    vanishes = np.any(bounds[:, :2] == bounds[:, 2:], axis=1)
    _check_scale(name, drawn, vanishes.reshape(drawn.shape), "too small", periods)
    return _folded(snapped, periods).reshape(drawn.shape)


def without_long_edges(polygon: Polygonal, periods: Floats) -> Polygonal:
    """Cut edges longer than half a period, which might be taken for wrapped."""
    if not periods.any():
        return polygon
    half = periods[periods > 0].min() / 2
    cut: Polygonal = shapely.segmentize(polygon, half)
    return cut


def in_one_piece(name: str, geometries: Any, periods: Floats, *, wrapped: bool = False) -> Geometries:
    """Return valid polygons, drawn past the seam.

    With `wrapped` all polygons that have a long edge are unwrapped, else only those that look wrapped.
    """
    array = _polygons(name, geometries)
    if periods.any() and array.size:
        array = _unwrapped(name, array, periods, every=wrapped)
    _check_valid(name, array)
    return array


def at_origin(geometries: Geometries, origin: Floats, periods: Floats) -> Geometries:
    """Bring the lower corners of geometries (n,) into the period that starts at `origin`."""
    corner = shapely.bounds(geometries)[:, :2] - origin
    turns = np.floor(_in_periods(corner, periods))
    # an empty geometry has no corner
    turns = np.nan_to_num(turns)
    return moved(geometries, -turns * periods)


def areal(geometries: Geometries) -> Geometries:
    """Keep the polygons of geometries (n,): overlays also return the lines and points of contact."""
    parts, owner = shapely.get_parts(geometries, return_index=True)
    is_polygon = shapely.get_type_id(parts) == POLYGON
    polygons = np.full(geometries.shape, shapely.MultiPolygon(), dtype=object)
    if is_polygon.any():
        owners, multipolygons = _grouped(parts[is_polygon], owner[is_polygon])
        polygons[owners] = multipolygons
    is_areal = np.isin(shapely.get_type_id(geometries), (POLYGON, MULTIPOLYGON))
    return np.where(is_areal, geometries, polygons)


def _grouped(parts: Geometries, owner: NDArray[np.intp]) -> tuple[NDArray[np.intp], Geometries]:
    """Return the owners of polygons (n,), and for each of them one MultiPolygon of its own."""
    owners, group = np.unique(owner, return_inverse=True)
    return owners, np.asarray(shapely.multipolygons(parts, indices=group))


def _in_periods(length: Floats, periods: Floats) -> Floats:
    """Divide lengths (..., 2) by the periods; 0 along an axis that does not repeat."""
    return np.divide(length, periods, out=np.zeros_like(length), where=periods > 0)


def _folded(geometries: Geometries, periods: Floats) -> Geometries:
    """Lay what is wider than a period over itself: it counts once."""
    bounds = shapely.bounds(geometries)
    extent = bounds[:, 2:] - bounds[:, :2]
    is_wide = np.any((periods > 0) & (extent > periods), axis=1)
    if not is_wide.any():
        return geometries
    folded = geometries.copy()
    folded[is_wide] = _folded_once(geometries[is_wide], bounds[is_wide], periods)
    return folded


def _folded_once(geometries: Geometries, bounds: Floats, periods: Floats) -> Geometries:
    """Return the union of the images of geometries (n,) within one period from their lower corners."""
    lower = bounds[:, :2]
    upper = bounds[:, 2:]
    end = np.where(periods > 0, lower + periods, upper)
    cell = shapely.box(lower[:, 0], lower[:, 1], end[:, 0], end[:, 1])
    widest = np.max(upper - lower, axis=0)
    turns_x, turns_y = np.ceil(_in_periods(widest, periods)).astype(int)
    pieces = []
    for turn in np.ndindex(max(turns_x, 1), max(turns_y, 1)):
        image = moved(geometries, -np.array(turn) * periods)
        piece = shapely.intersection(image, cell)
        pieces.append(areal(piece))
    union = shapely.union_all(np.stack(pieces, axis=1), axis=1)
    return areal(np.asarray(union))


def _check_scale(name: str, drawn: Geometries, is_bad: NDArray[np.bool_], what: str, periods: Floats) -> None:
    """Refuse polygons that fit no period, as when it is in another unit."""
    if not is_bad.any():
        return
    xmin, ymin, xmax, ymax = shapely.bounds(drawn[is_bad][0]).tolist()
    lengths = " and ".join(f"{length:g}" for length in periods if length)
    raise ValueError(
        f"{element(name, is_bad)} is {xmax - xmin:.3g} wide and {ymax - ymin:.3g} high, {what} where axes repeat after "
        f"{lengths}; give the period in the unit of the coordinates"
    )


def _turns_round(geometries: Geometries, periods: Floats) -> Floats:
    """Return how many images of a period each geometry (n,) takes."""
    bounds = shapely.bounds(geometries)
    extent = np.nan_to_num(bounds[:, 2:] - bounds[:, :2])
    with np.errstate(over="ignore"):
        turns = np.maximum(_in_periods(extent, periods), 1.0)
        return np.asarray(turns[:, 0] * turns[:, 1])


def _snapped(values: Floats, periods: Floats) -> Floats:
    """Round to a binary grid of 2**-50 of the period, on which adding periods is exact.

    Images of one polygon then meet bit for bit; edges that almost coincide are where overlays fail.
    """
    _, exponent = np.frexp(periods)
    step = np.ldexp(1.0, exponent - 50)
    return np.where(periods > 0, np.rint(values / step) * step, values)


def _unwrapped(name: str, geometries: Geometries, periods: Floats, *, every: bool) -> Geometries:
    """Unwrap the polygons that look wrapped, or `every` one that has a long edge."""
    flat = geometries.ravel()
    parts, owner = shapely.get_parts(flat, return_index=True)
    wrapped = np.flatnonzero(_has_long_edge(parts, periods))
    if not every:
        looks_wrapped = _looks_wrapped(parts[wrapped], periods)
        _warn_of_doubt(name, looks_wrapped, periods)
        wrapped = wrapped[looks_wrapped]
    if not len(wrapped):
        return geometries
    parts[wrapped], closes = _short_way(parts[wrapped], periods)
    if not closes.all():
        is_bad = np.zeros(flat.shape, dtype=np.bool_)
        is_bad[owner[wrapped[~closes]]] = True
        raise ValueError(
            f"{element(name, is_bad.reshape(geometries.shape))} has a ring that runs round the period and does not "
            "close; draw a band all round as a box a whole period wide"
        )
    return _with_parts(flat, parts, owner, wrapped).reshape(geometries.shape)


def _warn_of_doubt(name: str, looks_wrapped: NDArray[np.bool_], periods: Floats) -> None:
    """Say how polygons with a long edge are read: as wrapped, or as wide as drawn."""
    if not len(looks_wrapped):
        return
    n_wrapped = np.count_nonzero(looks_wrapped)
    n_wide = len(looks_wrapped) - n_wrapped
    readings = []
    if n_wrapped:
        readings.append(f"{n_wrapped} polygons with an edge longer than half a period look wrapped and are unwrapped")
    if n_wide:
        readings.append(f"{n_wide} polygons with an edge longer than half a period are taken to be as wide as drawn")
    half = periods[periods > 0].min() / 2
    warnings.warn(
        f"{name}: {', '.join(readings)}; to say so, pass polygons with wrapped vertices through polygons.unwrap, and "
        f"wide ones through shapely.segmentize(shapely.orient_polygons(polygon), {half:g})",
        stacklevel=_level_of_caller(),
    )


def _level_of_caller() -> int:
    """Return the `stacklevel` at which a warning of the calling function shows the line outside this package."""
    level = 0
    frame = inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith(PACKAGE):
        level += 1
        frame = frame.f_back
    # the first of these frames is this function's own
    return level


def _with_parts(
    geometries: Geometries, parts: Geometries, owner: NDArray[np.intp], changed: NDArray[np.intp]
) -> Geometries:
    """Return geometries (n,) with their changed parts.

    A Polygon is its only part. A MultiPolygon is built from all its parts.
    """
    result = geometries.copy()
    is_multi = shapely.get_type_id(geometries) == MULTIPOLYGON
    single = changed[~is_multi[owner[changed]]]
    result[owner[single]] = parts[single]
    of_changed = np.isin(owner, owner[changed])
    member = of_changed & is_multi[owner]
    if member.any():
        owners, multipolygons = _grouped(parts[member], owner[member])
        result[owners] = multipolygons
    return result


def _long_edges(xy: Floats, ring: NDArray[np.intp], periods: Floats) -> Floats:
    """Return, at each edge's end, the turn (−1, 0, +1) of the edges between half a period and a whole one."""
    with np.errstate(invalid="ignore"):  # infinite coordinates are for the check of validity to name
        step = np.diff(xy, axis=0, prepend=xy[:1])
    begins_ring = np.diff(ring, prepend=-1) != 0
    step[begins_ring] = 0
    # to rounding, so that boxes of half a period and of a whole one stay as drawn wherever they lie
    over_half = np.abs(step) > periods * (0.5 + 1e-9)
    under_whole = np.abs(step) < periods * (1 - 1e-9)
    return np.where(over_half & under_whole, np.sign(step), 0.0)


def _has_long_edge(geometries: Geometries, periods: Floats) -> NDArray[np.bool_]:
    """Return which polygons (n,) have a long edge in any of their rings."""
    rings, owner = shapely.get_rings(geometries, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    is_long = np.any(_long_edges(xy, ring, periods), axis=1)
    owner_of_long = owner[ring[is_long]]
    count = np.bincount(owner_of_long, minlength=len(geometries))
    return count > 0


def _looks_wrapped(polygons: Geometries, periods: Floats) -> NDArray[np.bool_]:
    """Return which polygons (n,) with a long edge were wrapped, by validity and the right-hand rule."""
    shells = shapely.get_exterior_ring(polygons)
    filled = np.asarray(shapely.polygons(shells))
    is_clockwise = ~shapely.is_ccw(shells)
    breaks_the_rule = is_clockwise & _has_long_edge(filled, periods)
    is_invalid = ~shapely.is_valid(polygons)
    return np.asarray(is_invalid | breaks_the_rule)


def _short_way(polygons: Geometries, periods: Floats) -> tuple[Geometries, NDArray[np.bool_]]:
    """Return unwrapped polygons (n,), and which of them close."""
    rings, polygon = shapely.get_rings(polygons, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    first = np.searchsorted(ring, np.arange(len(rings)))
    last = np.append(first[1:], len(xy)) - 1

    turns = np.cumsum(_long_edges(xy, ring, periods), axis=0)
    turns -= turns[first][ring]
    is_open = np.any(turns[last], axis=1)
    xy = xy - turns * periods

    # the first ring of a polygon is its shell: holes go by whole periods into it
    corner = np.minimum.reduceat(xy, first)
    shell = np.searchsorted(polygon, polygon)
    gap = corner[shell] - corner
    lift = np.ceil(_in_periods(gap, periods) - 1e-9)
    xy = xy + lift[ring] * periods

    unwrapped_rings = np.asarray(shapely.linearrings(xy, indices=ring))
    unwrapped = np.asarray(shapely.polygons(unwrapped_rings, indices=polygon))
    open_rings = np.bincount(polygon[is_open], minlength=len(polygons))
    return unwrapped, open_rings == 0


def _polygons(name: str, geometries: Any) -> Geometries:
    """Return an object array of polygons, or say which element is none."""
    if hasattr(geometries, "crs"):
        raise TypeError(
            f"{name} is a {type(geometries).__name__}, whose index and coordinate system would be lost; pass "
            "x.geometry.to_numpy(), both sides in one system (x.to_crs(...)), in the order of your index"
        )
    array = np.asarray(geometries, dtype=object)
    is_foreign = ~np.asarray(shapely.is_geometry(array))
    if is_foreign.any():
        _refuse_foreign(name, array, is_foreign)
    kinds = np.asarray(shapely.get_type_id(array))
    has_no_area = (kinds != POLYGON) & (kinds != MULTIPOLYGON)
    if has_no_area.any():
        has_no_area &= ~shapely.is_empty(array)
    if has_no_area.any():
        kind = array[has_no_area][0].geom_type
        raise TypeError(f"{element(name, has_no_area)} is a {kind}, which has no area; keep Polygons and MultiPolygons")
    return array


def _refuse_foreign(name: str, array: Geometries, is_foreign: NDArray[np.bool_]) -> None:
    """Say which element is no geometry."""
    is_missing = np.asarray(shapely.is_missing(array))
    if is_missing.any():
        raise ValueError(f"{element(name, is_missing)} is None; drop it, or use an empty shapely.Polygon()")
    kind = type(array[is_foreign][0]).__name__
    raise TypeError(f"{element(name, is_foreign)} is a {kind}, not a shapely geometry; pass Polygons")


def element(name: str, is_bad: NDArray[np.bool_]) -> str:
    """Name the first bad element: ``a[1, 2]``, or ``a`` for a scalar."""
    first = np.argwhere(is_bad)[0]
    index = ", ".join(str(i) for i in first)
    return f"{name}[{index}]" if index else name


def _check_valid(name: str, geometries: Geometries) -> None:
    is_invalid = ~np.asarray(shapely.is_valid(geometries))
    if is_invalid.any():
        bad = geometries[is_invalid][0]
        reason = shapely.is_valid_reason(bad)
        raise ValueError(f"{element(name, is_invalid)} is invalid: {reason}; {_repair(bad)}")


def _repair(polygon: Polygonal) -> str:
    """Return what makes a polygon valid, and leaves it one."""
    if not np.isfinite(shapely.get_coordinates(polygon)).all():
        return "leave out the corners that are NaN or infinite"
    repaired = shapely.make_valid(polygon)
    if shapely.get_type_id(repaired) in (POLYGON, MULTIPOLYGON):
        return "repair it with shapely.make_valid"
    # lines beside polygons, or nothing but lines
    return 'repair it with shapely.make_valid(polygon, method="structure", keep_collapsed=False)'
