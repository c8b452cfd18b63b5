"""Areas on the sphere of polygons in longitude and latitude, under `overlap.polygons`.

Conventions
-----------
- Coordinates are degrees, edges straight between their ends in longitude and latitude, the sphere has radius 1.

Notes
-----
The area to the left of a ring is, by Green's theorem,

    −∮ sin φ dλ = −Σ Δλ · sin φₘ · sin(Δφ/2) / (Δφ/2),

where φₘ is the middle of an edge. The sum over a ring of Δλ is 0, so that sin φ₀ of any one latitude may be taken off:
the area of a small polygon is then no difference of large numbers.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from .._checks import check_choice
from .cells import edges
from .periodic import Floats, Geometries, Period, element

ALL_ROUND = 360.0
POLE = 90.0


def read_sphere(name: str, period: Period | None, sphere: bool) -> Period | None:
    """Return the period of the axes, on the sphere that of longitude."""
    check_choice(name, "sphere", sphere, (False, True))
    if not sphere:
        return period
    if period is not None and period != (ALL_ROUND, None):
        raise ValueError(f"{name}: on the sphere longitude repeats after 360 degrees; leave out period={period!r}")
    return (ALL_ROUND, None)


def check_latitudes(name: str, geometries: Geometries) -> None:
    """Refuse polygons that reach beyond a pole."""
    bounds = shapely.bounds(geometries)
    is_beyond = (bounds[..., 1] < -POLE) | (bounds[..., 3] > POLE)
    if np.any(is_beyond):
        _, lowest, _, highest = bounds[is_beyond][0].tolist()
        raise ValueError(
            f"{element(name, is_beyond)} has latitudes (y) from {lowest:g} to {highest:g}; they lie between -90 and 90 "
            "degrees, and x is the longitude"
        )


def sphere_area(geometries: Geometries) -> Floats:
    """Return the areas of polygons on the unit sphere, in steradians.

    Examples
    --------
    >>> band = np.array([shapely.box(0, 0, 360, 30)])
    >>> (sphere_area(band) / np.pi).round(12)
    array([1.])
    """
    flat = geometries.ravel()
    start, stop, owner = edges(flat)
    start = np.deg2rad(start)
    stop = np.deg2rad(stop)
    width = stop[:, 0] - start[:, 0]
    height = stop[:, 1] - start[:, 1]
    middle = (start[:, 1] + stop[:, 1]) / 2
    level = np.deg2rad(_lowest_latitude(flat))[owner]
    # sin φₘ − sin φ₀, and what the mean of the sine along the edge differs from the sine of its middle
    above_level = 2 * np.cos((middle + level) / 2) * np.sin((middle - level) / 2)
    bend = np.sin(middle) * (np.sinc(height / (2 * np.pi)) - 1)
    area = np.bincount(owner, -width * (above_level + bend), len(flat))
    return np.asarray(area.reshape(geometries.shape))


def _lowest_latitude(geometries: Geometries) -> NDArray[np.float64]:
    return np.asarray(np.nan_to_num(shapely.bounds(geometries)[:, 1]))
