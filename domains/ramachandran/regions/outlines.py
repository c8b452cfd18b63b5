"""Regions from outlines: polygons in the (phi, psi) plane, drawn round the torus.

Conventions
-----------
- Vertices are (phi, psi) in degrees. An outline that crosses ±180° goes on beyond it: from 170 to 190, not to −170. The
  last vertex joins the first.
- A cell is inside if its centre is inside any of the polygons.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import xarray as xr

from ..._checks import UsageError, check_choice, check_whole
from ..torus import PERIOD, TURNS, centres, with_nan

OPERATION = "ramachandran.region_from_polygons"


def region_from_polygons(polygons: Any, *, cells: int = 180, unit: str = "degrees") -> xr.DataArray:
    """Return the cells whose centres are inside polygons.

    Parameters
    ----------
    polygons : Polygon, MultiPolygon, or iterable of them or of arrays, shape (n, 2)
        Outlines; an array has the vertices (phi, psi) of one. Shapely's polygons may have holes.
    cells : int
        Of the grid along each axis.
    unit : {"degrees", "radians"}
        Of the vertices.

    Returns
    -------
    DataArray of bool, dimensions (psi, phi)

    Raises
    ------
    ValueError
        If there is no polygon, one is invalid or has fewer than three vertices, or vertices cannot be of the unit.
    UsageError
        If an option has none of its values.

    See Also
    --------
    overlap.polygons.rasterize : Draw polygons on a grid.
    compare : Compare a predicted region with a reference one, as two sets on the torus.

    Examples
    --------
    >>> box = [(150, -20), (210, -20), (210, 20), (150, 20)]
    >>> cells = region_from_polygons([box], cells=36)
    >>> int(cells.sum()), bool(cells.sel(phi=-175, psi=5))
    (24, True)
    """
    from overlap import polygons as ov_polygons

    check_whole(OPERATION, "cells", cells, at_least=2, at_most=3600)
    shapes = _shapes(polygons, unit)
    nodes = centres(cells)
    drawn = ov_polygons.rasterize(np.array(shapes, object), (nodes, nodes), period=(PERIOD, PERIOD))
    inside = drawn.any(axis=0)
    attrs = {"name": f"{len(shapes)} polygons", "meaning": "the cells whose centres are inside polygons"}
    return xr.DataArray(inside, coords={"psi": nodes, "phi": nodes}, dims=("psi", "phi"), name="region", attrs=attrs)


def _shapes(polygons: Any, unit: str) -> list[Any]:
    """Return every polygon as shapely's, in degrees."""
    import shapely

    given = [polygons] if isinstance(polygons, shapely.Geometry) else polygons
    if isinstance(given, np.ndarray) and given.ndim == 2:
        given = [given]
    if not isinstance(given, Iterable):
        raise UsageError(f"{OPERATION}: polygons are a {type(polygons).__name__}; pass a list of outlines")
    shapes = [_shape(k, one) for k, one in enumerate(given)]
    if not shapes:
        raise ValueError(f"{OPERATION}: no polygon; pass one at least")
    scale = _check_unit(shapely.get_coordinates(np.array(shapes, object)), unit)
    return [shapely.transform(shape, lambda vertices: vertices * scale) for shape in shapes]


def _shape(k: int, polygon: Any) -> Any:
    import shapely

    if isinstance(polygon, shapely.Geometry):
        return polygon
    try:
        vertices = with_nan(polygon).astype(float)
    except (TypeError, ValueError):
        vertices = np.empty(0)
    if vertices.ndim != 2 or vertices.shape[1] != 2 or len(vertices) < 3:
        raise ValueError(f"{OPERATION}: polygon {k} is no list of three vertices (phi, psi) and more; pass one")
    if not np.isfinite(vertices).all():
        raise ValueError(f"{OPERATION}: polygon {k}: a vertex is NaN or infinite; leave it out")
    shape = shapely.Polygon(vertices)
    if not shape.is_valid:
        reason = shapely.is_valid_reason(shape)
        raise ValueError(f"{OPERATION}: polygon {k} is invalid: {reason}; order the vertices round the outline")
    return shape


def _check_unit(vertices: np.ndarray, unit: str) -> float:
    """Return how many degrees the unit is, after a look that the vertices can be of it."""
    check_choice(OPERATION, "unit", unit, TURNS)
    largest = float(np.abs(vertices).max(initial=0))
    if largest > 2 * TURNS[unit]:
        raise ValueError(f"{OPERATION}: a vertex at {largest:g}, more than two turns in {unit}; say the other unit")
    if unit == "degrees" and 0 < largest <= TURNS["radians"]:
        raise ValueError(
            f'{OPERATION}: all vertices lie within ±{largest:.3g}, where no backbone is in degrees; say unit="radians"'
        )
    return PERIOD / TURNS[unit]
