"""Overlap of polygons, on the plane, on a cylinder or on a torus; between polygons and grids.

Conventions
-----------
- Polygons are shapely geometries (Polygon or MultiPolygon), in arrays that broadcast as numpy's do. Sizes
  are areas, in the square of the coordinates' unit. Touching has no area.
- ``period=(px, py)`` closes the axes on themselves: ``(360, 360)`` is a torus of angles in degrees, ``(360,
  None)`` a cylinder. Where the seam lies does not matter, nor which cell a polygon is drawn in.
- Coordinates are taken as drawn: a polygon over the seam may run past it (from 150 to 210). What runs round
  more than one period counts once. A band all round is a box of a whole period, ``shapely.box(-180, -30,
  180, 30)``.
- A polygon whose vertices were wrapped into one cell gives itself away by a long edge: longer than half a
  period and shorter than a whole one. By the right-hand rule of RFC 7946, a shell that has one and runs
  counter-clockwise is as drawn (a wide box); one that runs clockwise, or a polygon that is not valid as
  drawn, was wrapped: each long edge then goes the short way round, and holes move into their shell. `unwrap`
  does so whatever the direction.
- Two drawings are ambiguous. A wide region drawn clockwise is taken for a wrapped one: shapely's own
  overlays (``union``, ``buffer(0)``) return clockwise shells, so pass what they return through
  ``shapely.orient_polygons``, or through ``shapely.segmentize``, which leaves no edge long. And a box wrapped
  over a corner turns twice, back to counter-clockwise, as one wrapped from a clockwise shell does: `unwrap` it.
- A grid is two arrays of evenly spaced cell centres, ``(x, y)``; its arrays have shape (y, x), as in
  matplotlib's ``pcolormesh(x, y, C)``.
- A cell centre on an edge belongs to what lies to its right, or above: [left, right) and [bottom, top).
  Polygons that share an edge share no centre and leave none out.

References
----------
Butler, H. et al. (2016). The GeoJSON format. RFC 7946, section 3.1.6 (the right-hand rule).
Lorensen, W. & Cline, H. (1987). Marching cubes. SIGGRAPH 21, 163. doi:10.1145/37402.37422
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from ._gridded import (
    Floats,
    Grid,
    Polygonal,
    areal,
    cell_coverage,
    centres_inside,
    contour_area,
    edges,
    read_grid,
    traced_grid,
)
from .counts import Overlap

Geometries = NDArray[np.object_]
Period = tuple[float | None, float | None]


def measure(a: Any, b: Any, *, period: Period | None = None) -> Overlap:
    """Measure how polygons overlap.

    Parameters
    ----------
    a, b : Polygon, MultiPolygon or array of them
        Prediction and reference; their shapes broadcast. Empty geometries have size 0.
    period : (px, py), optional
        Length after which x and y repeat; None for an axis that does not.

    Returns
    -------
    Overlap
        Areas (float64) of the broadcast shape.

    Raises
    ------
    ValueError
        If a polygon is missing or invalid, or the period is not a pair.
    TypeError
        If a geometry is not a polygon.

    Examples
    --------
    >>> import shapely
    >>> a, b = shapely.box(170, -10, 190, 10), shapely.box(-180, 0, -160, 10)
    >>> o = measure(a, b, period=(360, 360))
    >>> float(o.intersection), float(o.size_a), float(o.size_b)
    (100.0, 400.0, 200.0)

    Every pair of two sets:

    >>> boxes = shapely.box([0, 1, 2], 0, [2, 3, 4], 1)
    >>> measure(boxes[:, None], boxes).intersection
    array([[2., 1., 0.],
           [1., 2., 1.],
           [0., 1., 2.]])
    """
    periods = _periods("measure", period)
    a, b = (_prepared(f"measure: {k}", x, periods) for k, x in (("a", a), ("b", b)))
    try:
        shared = np.zeros(np.broadcast_shapes(a.shape, b.shape))
    except ValueError:
        raise ValueError(f"measure: a {a.shape} and b {b.shape} do not broadcast together") from None
    for shift in _lattice(periods, (-1, 0, 1)):
        shared += _shared_area(a, _moved(b, shift))
    return Overlap(shared, *(np.asarray(shapely.area(x)) for x in (a, b)))


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
    array = _polygons("unwrap: geometries", geometries)
    result = _unwrapped("unwrap: geometries", array, _periods("unwrap", period), every=True)
    _check_valid("unwrap: geometries", result)
    return result[()]


def rasterize(
    geometries: Any,
    grid: Grid,
    mode: Literal["centre", "coverage"] = "centre",
    *,
    period: Period | None = None,
) -> NDArray[Any]:
    """Draw polygons on a grid: a hard mask of cell centres, or the exact share of each cell's area.

    Parameters
    ----------
    geometries : Polygon, MultiPolygon or array of them
        Each is drawn on its own grid.
    grid : (x, y)
        Evenly spaced cell centres, ascending or descending: x along the columns, y along the rows.
    mode : {"centre", "coverage"}
        "centre": True where the cell's centre is inside. "coverage": the covered share of the cell in [0, 1],
        a soft mask; exactly 0 outside and exactly 1 inside.
    period : (px, py), optional
        Polygons then wrap onto the grid, which must not exceed one period.

    Returns
    -------
    ndarray of bool or float64
        Shape ``geometries.shape + (len(y), len(x))``.

    Raises
    ------
    ValueError
        If the grid is uneven, too short or longer than the period, or a polygon is invalid.

    Examples
    --------
    >>> import numpy as np, shapely
    >>> rasterize(shapely.box(0.5, 0, 3, 1.5), (np.arange(4), np.arange(3)), "coverage")
    array([[0.  , 0.5 , 0.5 , 0.25],
           [0.  , 1.  , 1.  , 0.5 ],
           [0.  , 0.  , 0.  , 0.  ]])
    """
    if mode not in ("centre", "coverage"):
        raise ValueError(f'rasterize: mode must be "centre" or "coverage", got {mode!r}')
    periods = _periods("rasterize", period)
    origin, step, size = read_grid("rasterize", grid, periods)
    array = _prepared("rasterize: geometries", geometries, periods)
    lowest = np.minimum(origin, origin + step * (np.array(size) - 1))
    flat = _at_origin(array.ravel(), lowest - np.abs(step) / 2, periods)
    start, stop, owner = edges(flat)
    images = [shift - lowest for shift in _lattice(periods, (-1, 0))]
    start, stop = (np.concatenate([xy + by for by in images]) / np.abs(step) for xy in (start, stop))
    owner = np.tile(owner, len(images))
    draw = centres_inside if mode == "centre" else cell_coverage
    drawn = draw(start, stop, owner, (len(flat), size[1], size[0]))
    turned = drawn[:, :: int(np.sign(step[1])), :: int(np.sign(step[0]))]
    return turned.reshape(*array.shape, size[1], size[0])


def from_raster(
    mask: ArrayLike,
    level: float = 0.5,
    *,
    grid: Grid | None = None,
    period: Period | None = None,
) -> Polygonal:
    """Trace the region of a map where its value is at least `level`.

    The outline runs between cell centres where the linearly interpolated value is the level: halfway for a
    hard mask. Outside the grid the value is 0; along a periodic axis the map repeats.

    Parameters
    ----------
    mask : array (rows, columns)
        bool, a soft mask, or any finite map.
    level : float
        What counts as inside. Above 0 unless both axes are periodic.
    grid : (x, y), optional
        Evenly spaced cell centres. By default 0, 1, 2, ...; along a periodic axis of length p and n cells, 0,
        p/n, 2p/n, ...
    period : (px, py), optional
        Length after which x and y repeat; the grid must span a whole one.

    Returns
    -------
    Polygon or MultiPolygon
        Shells counter-clockwise, within the grid's one period. Empty if nothing is inside.

    Raises
    ------
    ValueError
        If the mask is not a finite 2-D array, or the grid does not fit the mask or the period.

    Examples
    --------
    >>> import numpy as np
    >>> from_raster(np.ones((2, 3), bool), period=(3, 2)).area
    6.0
    """
    values = np.asarray(mask, dtype=np.float64)
    if values.ndim != 2 or 0 in values.shape or not np.all(np.isfinite(values)):
        raise ValueError(f"from_raster: mask must be a finite 2-D array, got shape {values.shape} or NaN in it")
    periods = _periods("from_raster", period)
    if level <= 0 and not np.all(periods):
        raise ValueError(
            f"from_raster: level must be above 0, the value outside the grid, got {level}; lift the map: "
            "from_raster(mask - low, level - low) with low below both"
        )
    rows, columns = values.shape
    origin, step = traced_grid(grid, (columns, rows), periods)
    area = contour_area(values, level, (bool(periods[0]), bool(periods[1])))
    placed = shapely.transform(area, lambda xy: origin + step * xy)
    return shapely.orient_polygons(placed)


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


def _periods(name: str, period: Period | None) -> Floats:
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


def _snapped(values: Floats, periods: Floats) -> Floats:
    """Round to a binary grid of 2**-50 of the period, on which adding periods is exact.

    Images of one polygon then meet bit for bit; edges that almost coincide are where overlays fail.
    """
    step = np.ldexp(1.0, np.frexp(periods)[1] - 50)
    return np.where(periods > 0, np.rint(values / step) * step, values)


def _lattice(periods: Floats, turns: tuple[int, ...]) -> Iterator[Floats]:
    """Yield the shifts by so many turns of each periodic axis."""
    for turn in product(*(turns if p else (0,) for p in periods)):
        yield np.array(turn) * periods


def _moved(geometries: Geometries, shift: Floats) -> Geometries:
    """Translate geometries by a vector, or each by its own (n, 2)."""
    if not np.any(shift):
        return geometries
    xy, owner = shapely.get_coordinates(geometries, return_index=True)
    by = shift if shift.ndim == 1 else shift[owner]
    return shapely.set_coordinates(geometries.copy(), xy + by)


def _prepared(name: str, geometries: Any, periods: Floats) -> Geometries:
    """Return valid polygons, drawn in one piece, no larger than a period, near the origin."""
    array = _polygons(name, geometries)
    if not np.any(periods):
        _check_valid(name, array)
        return array
    drawn = _unwrapped(name, array, periods, every=False)
    _check_valid(name, drawn)
    flat = _at_origin(drawn.ravel(), np.zeros(2), periods)
    xy = shapely.get_coordinates(flat)
    return _folded(shapely.set_coordinates(flat.copy(), _snapped(xy, periods)), periods).reshape(array.shape)


def _at_origin(geometries: Geometries, origin: Floats, periods: Floats) -> Geometries:
    """Bring the lower corners of geometries (n,) into the period that starts at `origin`."""
    corner = shapely.bounds(geometries)[:, :2] - origin
    turns = np.floor(np.divide(corner, periods, out=np.zeros_like(corner), where=periods > 0))
    return _moved(geometries, -np.nan_to_num(turns) * periods)


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
    pieces = [areal(shapely.intersection(_moved(geometries, shift), cell)) for shift in shifts]
    return areal(np.asarray(shapely.union_all(np.stack(pieces, axis=1), axis=1)))


def _shared_area(a: Geometries, b: Geometries) -> Floats:
    """Return the area common to each pair; only pairs whose envelopes overlap are clipped."""
    box_a, box_b = shapely.bounds(a), shapely.bounds(b)
    meet = np.all((box_a[..., :2] < box_b[..., 2:]) & (box_b[..., :2] < box_a[..., 2:]), axis=-1)
    area = np.zeros(meet.shape)
    a, b = (np.broadcast_to(x, meet.shape)[meet] for x in (a, b))
    clipped = shapely.intersection(a, b)
    found = shapely.area(clipped)
    # edges that almost coincide may leave points only where there is area (GEOS): look again
    doubtful = (found == 0) & ~shapely.is_empty(clipped)
    found[doubtful] = _area_on_grid(a[doubtful], b[doubtful])
    area[meet] = found
    return area


def _area_on_grid(a: Geometries, b: Geometries) -> Floats:
    """Return the area common to pairs (n,), clipped on a grid of 2**-40 of their extent."""
    bounds = shapely.bounds(a)
    size = np.max(bounds[:, 2:] - bounds[:, :2], axis=1)
    a, b = (_scaled(x, bounds[:, :2], size) for x in (a, b))
    return np.asarray(shapely.area(shapely.intersection(a, b, grid_size=2.0**-40)) * size**2)


def _scaled(geometries: Geometries, origin: Floats, size: Floats) -> Geometries:
    """Move and shrink geometries (n,), each by its own measure."""
    xy, owner = shapely.get_coordinates(geometries, return_index=True)
    return shapely.set_coordinates(geometries.copy(), (xy - origin[owner]) / size[owner, None])


def _unwrapped(name: str, geometries: Geometries, periods: Floats, *, every: bool) -> Geometries:
    """Unwrap the polygons that were wrapped, or every one that has a long edge."""
    flat = geometries.ravel().copy()
    parts, owner = shapely.get_parts(flat, return_index=True)
    wrapped = np.flatnonzero(_has_long_edge(parts, periods))
    if not every:
        wrapped = wrapped[_looks_wrapped(parts[wrapped], periods)]
    if not len(wrapped):
        return geometries
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
