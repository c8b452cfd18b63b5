"""The areas of polygons and of what they share: `overlap.polygons.measure`, and their ratios."""

from __future__ import annotations

from math import nan
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from .. import indices
from ..counts import Overlap, unchecked
from ..indices import EmptyPolicy
from .outlines import Integers, Outlines, outlines, shifted
from .periodic import Floats, Geometries, Period, element, lattice, moved, prepared, read_periods
from .shared import shared_areas
from .sphere import check_latitudes, read_sphere, sphere_area

SMALLEST = 2.0**-400
LARGEST = 2.0**400
"""Polygons as wide and high as between these have areas that float64 can hold."""
UNKNOWN = 1e-9
"""An error, relative to the smaller polygon, that is not let pass."""


def measure(a: Any, b: Any, *, period: Period | None = None, sphere: bool = False) -> Overlap[np.ndarray]:
    """Measure how polygons overlap.

    Parameters
    ----------
    a, b : Polygon, MultiPolygon or array of them
        Prediction and reference; their shapes broadcast. Empty geometries have size 0.
    period : (px, py), optional
        Length after which x and y repeat; None for an axis that does not.
    sphere : bool
        Whether x is longitude and y latitude, in degrees, and sizes are areas on the sphere. Edges are straight in
        these coordinates, as in GeoJSON; longitude repeats after 360. A cap round a pole is a band up to ±90.

    Returns
    -------
    Overlap
        Areas (float64) of the broadcast shape, in the square of the unit of the coordinates. On the sphere in
        steradians: times 6371.0072² in km² of the Earth.

    Raises
    ------
    ValueError
        If a polygon is missing or invalid, the period is not a pair, or a latitude is beyond 90 degrees.
    TypeError
        If a geometry is not a polygon, or a side is a GeoSeries, whose index and coordinate system would be lost.

    See Also
    --------
    iou : Intersection over union of polygons (Jaccard index): |A∩B| / |A∪B|.
    dice : Dice coefficient of polygons: 2|A∩B| / (|A| + |B|).
    overlap_pairs : Find all pairs of polygons that share an area.

    References
    ----------
    Butler, H. et al. (2016). The GeoJSON format. RFC 7946, section 3.1.1 (edges are straight).

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

    An octant of the sphere, and its northern half:

    >>> o = measure(shapely.box(0, 0, 90, 90), shapely.box(0, 30, 90, 90), sphere=True)
    >>> float(o.size_a.round(4)), float(o.size_b.round(4))
    (1.5708, 0.7854)
    """
    periods = read_periods("polygons.measure", read_sphere("polygons.measure", period, sphere))
    a = prepared("polygons.measure: a", a, periods, sphere=sphere)
    b = prepared("polygons.measure: b", b, periods, sphere=sphere)
    if sphere:
        check_latitudes("polygons.measure: a", a)
        check_latitudes("polygons.measure: b", b)
    try:
        shape = np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        raise ValueError(
            f"polygons.measure: a {a.shape} and b {b.shape} do not broadcast together; pass as many of each, or "
            "a[:, None] for every pair"
        ) from None
    return measured(a, b, shape, periods, sphere=sphere)


def iou(
    a: Any, b: Any, *, period: Period | None = None, sphere: bool = False, empty: float | EmptyPolicy = nan
) -> np.ndarray:
    """Intersection over union of polygons (Jaccard index): |A∩B| / |A∪B|.

    Parameters
    ----------
    a, b : Polygon, MultiPolygon or array of them
        Prediction and reference; their shapes broadcast.
    period : (px, py), optional
        Length after which x and y repeat; None for an axis that does not.
    sphere : bool
        Whether x is longitude and y latitude, in degrees: see `measure`.
    empty : float or EmptyPolicy
        Value where both polygons have no area.

    Returns
    -------
    array
        In [0, 1], of the broadcast shape: ``overlap.iou(measure(a, b, period=period), empty=empty)``.

    Raises
    ------
    ValueError, TypeError
        See `measure`.

    See Also
    --------
    measure : Measure how polygons overlap.
    dice : Dice coefficient of polygons: 2|A∩B| / (|A| + |B|).

    Examples
    --------
    >>> import shapely
    >>> float(iou(shapely.box(0, 0, 3, 2), shapely.box(1, 0, 4, 2)))
    0.5
    """
    return indices.iou(measure(a, b, period=period, sphere=sphere), empty=empty)


def dice(
    a: Any, b: Any, *, period: Period | None = None, sphere: bool = False, empty: float | EmptyPolicy = nan
) -> np.ndarray:
    """Dice coefficient of polygons: 2|A∩B| / (|A| + |B|).

    Parameters
    ----------
    a, b : Polygon, MultiPolygon or array of them
        Prediction and reference; their shapes broadcast.
    period : (px, py), optional
        Length after which x and y repeat; None for an axis that does not.
    sphere : bool
        Whether x is longitude and y latitude, in degrees: see `measure`.
    empty : float or EmptyPolicy
        Value where both polygons have no area.

    Returns
    -------
    array
        In [0, 1], of the broadcast shape: ``overlap.dice(measure(a, b, period=period), empty=empty)``.

    Raises
    ------
    ValueError, TypeError
        See `measure`.

    See Also
    --------
    measure : Measure how polygons overlap.
    iou : Intersection over union of polygons (Jaccard index): |A∩B| / |A∪B|.

    Examples
    --------
    >>> import shapely
    >>> a, b = shapely.box(170, 0, 190, 10), shapely.box(-180, 0, -160, 10)
    >>> float(dice(a, b, period=(360, 360)))
    0.5
    """
    return indices.dice(measure(a, b, period=period, sphere=sphere), empty=empty)


def measured(a: Geometries, b: Geometries, shape: tuple[int, ...], periods: Floats, *, sphere: bool = False) -> Overlap:
    """Return the overlap of prepared polygons that broadcast to a shape."""
    # one after the other, a before b
    every = np.concatenate([a.ravel(), b.ravel()])
    envelopes = shapely.bounds(every)
    envelope_a = envelopes[: a.size].reshape(*a.shape, 4)
    envelope_b = envelopes[a.size :].reshape(*b.shape, 4)
    if not periods.any() and not _are_in_range(envelopes).all():
        _check_range("polygons.measure: a", a, envelope_a)
        _check_range("polygons.measure: b", b, envelope_b)
    both = outlines(every)
    number_a = np.arange(a.size).reshape(a.shape)
    number_b = np.arange(a.size, a.size + b.size).reshape(b.shape)
    size_a = both.area[: a.size].reshape(a.shape)
    size_b = both.area[a.size :].reshape(b.shape)
    has_area = (size_a > 0) & (size_b > 0)
    shared = np.zeros(shape)
    for shift in lattice(periods, (-1, 0, 1)):
        meets = _envelopes_overlap(envelope_a, envelope_b + np.tile(shift, 2)) & has_area
        if not meets.any():
            continue
        area = _shared_of_pairs(shifted(both, a.size, shift), number_a, number_b, meets)
        if sphere:
            area = _on_the_sphere(_of_pairs(a, meets), _of_pairs(moved(b, shift), meets), area)
        shared[meets] += area
    if not periods.any():
        return unchecked(shared, size_a, size_b)
    if sphere:
        size_a = sphere_area(a)
        size_b = sphere_area(b)
    # rounding must not carry a part beyond the whole
    return Overlap(np.minimum(shared, np.minimum(size_a, size_b)), size_a, size_b)


def _shared_of_pairs(both: Outlines, a: Integers, b: Integers, meets: NDArray[np.bool_]) -> Floats:
    """Return the areas that the pairs (n,) share which meet, of polygons of these numbers."""
    of_a = _of_pairs(a, meets)
    of_b = _of_pairs(b, meets)
    area, error = shared_areas(both, of_a, of_b)
    smaller = np.minimum(both.area[of_a], both.area[of_b])
    is_unknown = ~(error <= UNKNOWN * smaller)
    if is_unknown.any():
        is_bad = np.zeros(meets.shape, dtype=np.bool_)
        is_bad[meets] = is_unknown
        raise ValueError(
            f"{element('polygons.measure: the pair', is_bad)} differs in size by more than 19 digits; cut the "
            "larger polygon to the surroundings of the smaller with shapely.clip_by_rect"
        )
    return area


def _on_the_sphere(a: Geometries, b: Geometries, area: Floats) -> Floats:
    """Return what pairs (n,) share in steradians; `area` is what they share in degrees."""
    shares = area > 0
    shared = np.zeros(area.shape)
    if shares.any():
        common = _clipped(a[shares], b[shares], area[shares])
        shared[shares] = np.maximum(sphere_area(common), 0.0)
    return shared


def _are_in_range(envelopes: Floats) -> NDArray[np.bool_]:
    """Return whether float64 can hold the areas of polygons, by their envelopes (..., 4)."""
    with np.errstate(over="ignore"):
        extent = envelopes[..., 2:] - envelopes[..., :2]
    is_held = (extent >= SMALLEST) & (extent <= LARGEST)
    return is_held[..., 0] & is_held[..., 1]


def _check_range(name: str, geometries: Geometries, envelopes: Floats) -> None:
    """Refuse polygons whose areas float64 cannot hold: they would be infinite, or 0 as if there were no polygon."""
    is_bad = ~_are_in_range(envelopes) & ~shapely.is_empty(geometries)
    if not is_bad.any():
        return
    xmin, ymin, xmax, ymax = envelopes[is_bad][0].tolist()
    raise ValueError(
        f"{element(name, is_bad)} is {xmax - xmin:.3g} wide and {ymax - ymin:.3g} high, which makes its area one that "
        "float64 cannot hold; multiply the coordinates of a and b by the same power of ten"
    )


def _envelopes_overlap(a: Floats, b: Floats) -> NDArray[np.bool_]:
    """Return the pairs whose envelopes (..., 4) share an area."""
    is_beside = (a[..., :2] < b[..., 2:]) & (b[..., :2] < a[..., 2:])
    meets: NDArray[np.bool_] = is_beside[..., 0] & is_beside[..., 1]
    return meets


def _of_pairs(items: NDArray[Any], meets: NDArray[np.bool_]) -> NDArray[Any]:
    """Return the items that broadcast to the pairs that meet (n,)."""
    if items.shape == meets.shape:
        return items[meets]
    return np.broadcast_to(items, meets.shape)[meets]


def _clipped(a: Geometries, b: Geometries, area: Floats) -> Geometries:
    """Return what pairs (n,) have in common, which has this area."""
    try:
        shared = np.asarray(shapely.intersection(a, b))
    except shapely.errors.GEOSException:
        return _clipped_on_grid(a, b)
    # where edges almost coincide GEOS may return points, or all of a polygon: look again
    smaller = np.minimum(shapely.area(a), shapely.area(b))
    is_wrong = np.abs(shapely.area(shared) - area) > UNKNOWN * smaller
    if is_wrong.any():
        shared[is_wrong] = _clipped_on_grid(a[is_wrong], b[is_wrong])
    return shared


def _clipped_on_grid(a: Geometries, b: Geometries) -> Geometries:
    """Return what pairs (n,) have in common, clipped on a grid of 2**-40 of their extent."""
    bounds = shapely.bounds(a)
    corner = bounds[:, :2]
    extent = bounds[:, 2:] - corner
    size = np.max(extent, axis=1)
    unit_a = _scaled(a, corner, size)
    unit_b = _scaled(b, corner, size)
    shared = np.asarray(shapely.intersection(unit_a, unit_b, grid_size=2.0**-40))
    return _scaled(shared, -corner / size[:, None], 1 / size)


def _scaled(geometries: Geometries, origin: Floats, size: Floats) -> Geometries:
    """Move geometries (n,) from their origin (n, 2) to 0 and divide them by their size (n,)."""
    xy, owner = shapely.get_coordinates(geometries, return_index=True)
    scaled = (xy - origin[owner]) / size[owner, None]
    return shapely.set_coordinates(geometries.copy(), scaled)
