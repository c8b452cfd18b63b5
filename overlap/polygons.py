"""Overlap of polygons, on the plane, on a cylinder or on a torus; between polygons and grids.

Conventions
-----------
- Polygons are shapely's, in arrays that broadcast. Sizes are areas; touching has none.
- ``period=(360, 360)`` is a torus of angles in degrees, ``(360, None)`` a cylinder. Draw polygons on past the seam
  (from 150 to 210), shells counter-clockwise: so they are always read right. What runs round more than once counts
  once; a band all round is a box of a whole period.
- Vertices wrapped into one cell (from 150 to -150): pass the polygons through `unwrap`. Else a shell with an edge
  between half a period and a whole one is taken for wrapped, with a warning, if it is clockwise (the right-hand rule,
  RFC 7946) or its polygon is not valid as drawn. A wide region drawn clockwise, as shapely's ``union`` and
  ``buffer(0)`` return it, must first go through ``shapely.orient_polygons``; a box wrapped over a corner, or a shell
  that was clockwise before wrapping, through `unwrap`: they look like wide regions.
- A grid is two arrays of evenly spaced cell centres, ``(x, y)``; its arrays are (y, x), as in ``pcolormesh``. A
  centre on an edge belongs to what is right of it, or above: neighbours share no centre and leave none out.

References
----------
Butler, H. et al. (2016). The GeoJSON format. RFC 7946, section 3.1.6 (the right-hand rule).
Lorensen, W. & Cline, H. (1987). Marching cubes. SIGGRAPH 21, 163. doi:10.1145/37402.37422
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from ._covering import (
    Floats,
    Geometries,
    Period,
    Polygonal,
    areal,
    at_origin,
    in_one_piece,
    lattice,
    moved,
    prepared,
    read_periods,
)
from ._gridded import Grid, cell_coverage, centres_inside, contour_area, edges, read_grid, traced_grid
from .counts import Overlap


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
    periods = read_periods("measure", period)
    a, b = (prepared(f"measure: {k}", x, periods) for k, x in (("a", a), ("b", b)))
    try:
        shared = np.zeros(np.broadcast_shapes(a.shape, b.shape))
    except ValueError:
        raise ValueError(f"measure: a {a.shape} and b {b.shape} do not broadcast together") from None
    for shift in lattice(periods, (-1, 0, 1)):
        shared += _shared_area(a, moved(b, shift))
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
    return in_one_piece("unwrap: geometries", geometries, read_periods("unwrap", period), wrapped=True)[()]


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
    periods = read_periods("rasterize", period)
    origin, step, size = read_grid("rasterize", grid, periods)
    array = prepared("rasterize: geometries", geometries, periods)
    lowest = np.minimum(origin, origin + step * (np.array(size) - 1))
    flat = at_origin(array.ravel(), lowest - np.abs(step) / 2, periods)
    start, stop, owner = edges(flat)
    images = [shift - lowest for shift in lattice(periods, (-1, 0))]
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
    periods = read_periods("from_raster", period)
    if level <= 0 and not np.all(periods):
        raise ValueError(
            f"from_raster: level must be above 0, the value outside the grid, got {level}; lift the map: "
            "from_raster(mask - low, level - low) with low below both"
        )
    rows, columns = values.shape
    origin, step = traced_grid(grid, (columns, rows), periods)
    found = contour_area(values, level, (bool(periods[0]), bool(periods[1])))
    area: Polygonal = areal(np.array([found]))[0]
    return shapely.orient_polygons(shapely.transform(area, lambda xy: origin + step * xy))


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
