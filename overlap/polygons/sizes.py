"""The areas of polygons and of what they share: `overlap.polygons.measure`."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from ..counts import Overlap
from .periodic import (
    Floats,
    Geometries,
    Period,
    lattice,
    moved,
    prepared,
    read_periods,
)


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
