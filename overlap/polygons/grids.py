"""Polygons and grids: `overlap.polygons.rasterize` and `from_raster`."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from .._arrays import on_host
from .._checks import check_choice, check_real
from .cells import Grid, cell_coverage, centres_inside, contour_area, edges, read_grid, traced_grid
from .periodic import Period, Polygonal, areal, at_origin, lattice, prepared, read_periods, without_long_edges
from .tracing import area_of_cells


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

    See Also
    --------
    from_raster : Trace the region of a map where its value is at least `level`.
    overlap.raster.measure : Measure how two masks on one grid overlap.

    Examples
    --------
    >>> import numpy as np, shapely
    >>> rasterize(shapely.box(0.5, 0, 3, 1.5), (np.arange(4), np.arange(3)), "coverage")
    array([[0.  , 0.5 , 0.5 , 0.25],
           [0.  , 1.  , 1.  , 0.5 ],
           [0.  , 0.  , 0.  , 0.  ]])
    """
    operation = "polygons.rasterize"
    check_choice(operation, "mode", mode, ("centre", "coverage"))
    periods = read_periods(operation, period)
    even = read_grid(operation, grid, periods)
    array = prepared(f"{operation}: geometries", geometries, periods)
    columns, rows = even.size
    last = even.origin + even.step * (np.array(even.size) - 1)
    lowest = np.minimum(even.origin, last)
    cell = np.abs(even.step)

    flat = at_origin(array.ravel(), lowest - cell / 2, periods)
    start, stop, owner = edges(flat)
    # what reaches past the end of the period is drawn once more, a period lower
    shifts = [shift - lowest for shift in lattice(periods, (-1, 0))]
    start = np.concatenate([start + shift for shift in shifts]) / cell
    stop = np.concatenate([stop + shift for shift in shifts]) / cell
    owner = np.tile(owner, len(shifts))
    shape = (len(flat), rows, columns)
    draw = centres_inside if mode == "centre" else cell_coverage
    drawn: NDArray[Any] = draw(start, stop, owner, shape)

    if even.step[0] < 0:
        drawn = drawn[:, :, ::-1]
    if even.step[1] < 0:
        drawn = drawn[:, ::-1, :]
    return drawn.reshape(*array.shape, rows, columns)


def from_raster(
    mask: ArrayLike,
    level: float = 0.5,
    *,
    grid: Grid | None = None,
    period: Period | None = None,
    outline: Literal["contour", "cells"] = "contour",
) -> Polygonal:
    """Trace the region of a map where its value is at least `level`.

    A contour runs between cell centres where the linearly interpolated value is the level: halfway for a hard mask,
    whose corners it cuts. Outside the grid the value is 0; along a periodic axis the map repeats. The outline of the
    cells runs along their edges: the area is that of the cells.

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
    outline : {"contour", "cells"}
        Whether the outline is a contour of the map or runs along the edges of cells.

    Returns
    -------
    Polygon or MultiPolygon
        Shells counter-clockwise, within the grid's one period, with no edge longer than half a period. Empty if nothing
        is inside.

    Raises
    ------
    ValueError
        If the mask is not a finite 2-D array, or the grid does not fit the mask or the period.

    See Also
    --------
    rasterize : Draw polygons on a grid.

    Examples
    --------
    >>> import numpy as np
    >>> from_raster(np.ones((2, 3), bool), period=(3, 2)).area
    6.0
    >>> one_cell = np.pad(np.ones((1, 1), bool), 1)
    >>> from_raster(one_cell).area, from_raster(one_cell, outline="cells").area
    (0.5, 1.0)
    """
    operation = "polygons.from_raster"
    check_choice(operation, "outline", outline, ("contour", "cells"))
    check_real(operation, "level", level)
    if level != level:
        raise ValueError(f"{operation}: level is NaN; pass the least value that is inside")
    values = on_host(operation, "mask", mask).astype(np.float64)
    if values.ndim != 2 or not values.size or not np.all(np.isfinite(values)):
        raise ValueError(f"{operation}: mask must be a finite 2-D array, got shape {values.shape} or NaN in it")
    periods = read_periods(operation, period)
    if outline == "contour" and level <= 0 and not np.all(periods):
        raise ValueError(
            f"{operation}: level must be above 0, the value outside the grid, got {level}; lift the map: "
            "from_raster(mask - low, level - low) with low below both"
        )
    rows, columns = values.shape
    even = traced_grid(operation, grid, (columns, rows), periods)
    if outline == "cells":
        region = area_of_cells(values >= level)
    else:
        wrap_x, wrap_y = periods > 0
        region = contour_area(values, level, (bool(wrap_x), bool(wrap_y)))
    area: Polygonal = areal(np.array([region]))[0]
    placed = shapely.transform(area, lambda xy: even.origin + even.step * xy)
    oriented = shapely.orient_polygons(placed)
    return without_long_edges(oriented, periods)
