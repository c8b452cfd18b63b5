"""The areas of rotated boxes and of what they share: `overlap.oriented.measure`, `pairwise`, and ratios.

Method
------
In the axes of b, whose half sides are u and v, the function clamp(x, ±u) on the strip abs(y) ≤ v has the derivative 1
inside b and 0 outside. So by Green's theorem the area common to both is the integral of clamp(x, ±u) over
clamp(y, ±v) round the edges of a. On one edge that is a closed form: the edge is clipped at the strip by
interpolation of signed distances, and what is left is a trapezium with its ends clamped. The sum is continuous in
the boxes, also where edges coincide; no polygon is built, so none can lose or gain a vertex. Boxes that an axis of one
of them separates share exactly 0.

References
----------
Liang, Y.-D. & Barsky, B. A. (1984). A new concept and method for line clipping. ACM Trans. Graph. 3, 1.
doi:10.1145/357332.357333
"""

from __future__ import annotations

from math import nan, prod
from types import ModuleType
from typing import Any

import numpy as np

from .. import indices
from .._arrays import Array, as_host, is_host, like, namespace
from .._compiled import kernels
from ..counts import Overlap
from ..indices import EmptyPolicy

SMALL = 1 << 16
"""Fewer pairs never import the compiler."""


def measure(a: Array, b: Array) -> Overlap:
    """Measure how rotated boxes overlap.

    Parameters
    ----------
    a, b : array (..., 5)
        Prediction and reference, as (cx, cy, w, h, theta); what leads broadcasts. Integers become float64.

    Returns
    -------
    Overlap
        Areas of the broadcast shape, in the boxes' dtype (at least float32). NaN for a malformed box where its
        values may not be looked at: on CUDA, dask, under ``torch.compile`` and ``vmap``.

    Raises
    ------
    TypeError
        If the boxes are not real numbers, or come from different libraries.
    ValueError
        If the last axis is not 5 long, the shapes do not broadcast, or (on the host) a side is negative or a number
        is NaN or infinite.

    Examples
    --------
    >>> import numpy as np
    >>> from math import pi
    >>> a = np.array([0.0, 0.0, 4.0, 2.0, 0.0])
    >>> crossed, shifted = np.array([0, 0, 4, 2, pi / 2]), np.array([2.0, 0, 4, 2, pi])
    >>> measure(a, np.stack([crossed, shifted])).intersection
    array([4., 4.])
    """
    a, b, xp = _read("oriented.measure", a, b)
    try:
        shape = np.broadcast_shapes(tuple(a.shape), tuple(b.shape))
    except ValueError:
        raise ValueError(
            f"oriented.measure: a {tuple(a.shape)} and b {tuple(b.shape)} do not broadcast together; "
            "oriented.pairwise(a, b) takes every pair of two sets"
        ) from None
    hosts = _hosts(a, b, prod(shape[:-1]))
    if hosts is None:
        return _overlap(a, b, xp)
    area = _kernels().intersection(*(np.broadcast_to(x, shape) for x in hosts))
    return Overlap(like(area, a, xp), _size(a), _size(b))


def iou(a: Array, b: Array, *, empty: float | EmptyPolicy = nan) -> Array:
    """Intersection over union of rotated boxes, pair by pair (Jaccard index): |A∩B| / |A∪B|.

    Parameters
    ----------
    a, b : array (..., 5)
        Prediction and reference, as (cx, cy, w, h, theta); what leads broadcasts.
    empty : float or EmptyPolicy
        Value where both boxes are empty, or an `overlap.EmptyPolicy`.

    Returns
    -------
    array (...)
        In [0, 1]: ``overlap.iou(measure(a, b), empty=empty)``. For every pair of two sets, `pairwise`.

    Raises
    ------
    ValueError, TypeError
        See `measure`.

    Examples
    --------
    >>> import numpy as np
    >>> upright, turned = np.array([0, 0, 4, 2, 0]), np.array([0, 0, 4, 2, np.pi / 2])
    >>> round(float(iou(upright, turned)), 4)
    0.3333
    """
    return indices.iou(measure(a, b), empty=empty)


def dice(a: Array, b: Array, *, empty: float | EmptyPolicy = nan) -> Array:
    """Dice coefficient of rotated boxes, pair by pair: 2|A∩B| / (|A| + |B|).

    Parameters
    ----------
    a, b : array (..., 5)
        Prediction and reference, as (cx, cy, w, h, theta); what leads broadcasts.
    empty : float or EmptyPolicy
        Value where both boxes are empty, or an `overlap.EmptyPolicy`.

    Returns
    -------
    array (...)
        In [0, 1]: ``overlap.dice(measure(a, b), empty=empty)``.

    Raises
    ------
    ValueError, TypeError
        See `measure`.

    Examples
    --------
    >>> import numpy as np
    >>> upright, turned = np.array([0, 0, 4, 2, 0]), np.array([0, 0, 4, 2, np.pi / 2])
    >>> round(float(dice(upright, turned)), 4)
    0.5
    """
    return indices.dice(measure(a, b), empty=empty)


def pairwise(a: Array, b: Array) -> Array:
    """IoU of every rotated box of one set with every one of another.

    Parameters
    ----------
    a : array (N, 5)
        Boxes as (cx, cy, w, h, theta).
    b : array (M, 5)
        The same.

    Returns
    -------
    array (N, M)
        IoU in [0, 1]; NaN between two empty boxes.

    Raises
    ------
    TypeError, ValueError
        See `measure`; also if a set is not a table of boxes.

    Examples
    --------
    >>> import numpy as np
    >>> parked = np.array([[0, 0, 4, 2, 0], [1, 2.5, 4, 2, np.pi / 2], [0, 0, 2, 4, np.pi / 2]])
    >>> pairwise(parked, parked).round(3)
    array([[1.   , 0.067, 1.   ],
           [0.067, 1.   , 0.067],
           [1.   , 0.067, 1.   ]])
    """
    a, b, xp = _read("oriented.pairwise", a, b)
    for name, x in {"a": a, "b": b}.items():
        if x.ndim != 2:
            raise ValueError(f"oriented.pairwise: {name} must have shape (n, 5), got {tuple(x.shape)}; see measure")
    n, m = a.shape[0], b.shape[0]
    hosts = _hosts(a, b, n * m)
    if hosts is not None:
        return like(_kernels().pairwise(*hosts), a, xp)
    # by blocks that stay in the cache, and never hold the corners of all pairs
    rows = max(1, SMALL // max(1, m))
    blocks = (a[k : min(k + rows, n), None, :] for k in range(0, max(1, n), rows))
    return xp.concat([indices.iou(_overlap(block, b[None, :, :], xp)) for block in blocks], axis=0)


def _read(operation: str, a: Array, b: Array) -> tuple[Array, Array, ModuleType]:
    """Return two sets of well-formed boxes, in one dtype that can hold an area."""
    xp = namespace(operation, a=a, b=b)
    given = {f"{operation}: {name}": x for name, x in {"a": a, "b": b}.items()}
    dtype = xp.result_type(xp.float32, *(_floating(what, x, xp) for what, x in given.items()))
    a, b = (_checked(what, xp.astype(x, dtype, copy=False), xp) for what, x in given.items())
    return a, b, xp


def _floating(what: str, x: Array, xp: ModuleType) -> Any:
    if x.ndim == 0 or x.shape[-1] != 5:
        raise ValueError(f"{what} has shape {tuple(x.shape)}; a rotated box is (cx, cy, w, h, theta): (..., 5)")
    if not xp.isdtype(x.dtype, ("integral", "real floating")):
        raise TypeError(f"{what} has dtype {x.dtype}; boxes are real numbers: pass float64 or float32")
    return xp.float64 if xp.isdtype(x.dtype, "integral") else x.dtype


def _checked(what: str, x: Array, xp: ModuleType) -> Array:
    """Refuse malformed boxes on the host; make them NaN elsewhere."""
    valid = xp.all(xp.isfinite(x), axis=-1) & xp.all(x[..., 2:4] >= 0, axis=-1)
    if not is_host(x):
        return xp.where(valid[..., None], x, xp.nan)
    if not bool(xp.all(valid)):
        raise ValueError(
            f"{what} has {int(xp.count_nonzero(~valid))} malformed boxes (a side < 0, NaN or infinite); a rotated box "
            "is (cx, cy, w, h, theta), its sides w and h not negative"
        )
    return x


def _overlap(a: Array, b: Array, xp: ModuleType) -> Overlap:
    return Overlap(_intersection(a, b, xp), _size(a), _size(b))


def _size(boxes: Array) -> Array:
    return boxes[..., 2] * boxes[..., 3]


def _intersection(a: Array, b: Array, xp: ModuleType) -> Array:
    """Return the area common to boxes, pair by pair: the method above."""
    # products of each box's own cosine and sine: of n + m boxes, not of n × m pairs
    cos_a, sin_a, cos_b, sin_b = (f(box[..., 4]) for box in (a, b) for f in (xp.cos, xp.sin))
    cos, sin = cos_a * cos_b + sin_a * sin_b, sin_a * cos_b - cos_a * sin_b
    dx, dy = a[..., 0] - b[..., 0], a[..., 1] - b[..., 1]
    in_a, in_b = ((dx * c + dy * s, dy * c - dx * s) for c, s in ((cos_a, sin_a), (cos_b, sin_b)))
    half_a, half_b = ((box[..., 2] / 2, box[..., 3] / 2) for box in (a, b))
    apart = _beyond(in_a, half_a, half_b, cos, sin, xp) | _beyond(in_b, half_b, half_a, cos, sin, xp)
    x = _corners(in_b[0], half_a[0] * cos, -half_a[1] * sin, xp)
    y = _corners(in_b[1], half_a[0] * sin, half_a[1] * cos, xp)
    area = _area_within(x, y, half_b[0][..., None], half_b[1][..., None], xp)
    # rounding must not leave a trace between boxes that are apart
    return xp.where(apart | (area < 0), 0.0, area)


def _beyond(
    centre: tuple[Array, Array],
    own: tuple[Array, Array],
    other: tuple[Array, Array],
    cos: Array,
    sin: Array,
    xp: ModuleType,
) -> Array:
    """Return whether an axis of one box separates it from another, at `centre` in its axes, of half sides `other`."""
    cos, sin = xp.abs(cos), xp.abs(sin)
    reach = other[0] * cos + other[1] * sin, other[0] * sin + other[1] * cos
    return (xp.abs(centre[0]) > own[0] + reach[0]) | (xp.abs(centre[1]) > own[1] + reach[1])


def _corners(centre: Array, along: Array, across: Array, xp: ModuleType) -> Array:
    """Return one coordinate of the corners (..., 4), counter-clockwise."""
    ends = centre + along, centre - along
    return xp.stack([ends[0] + across, ends[1] + across, ends[1] - across, ends[0] - across], axis=-1)


def _area_within(x: Array, y: Array, u: Array, v: Array, xp: ModuleType) -> Array:
    """Return the area of polygons (..., corners) within abs(x) ≤ u and abs(y) ≤ v."""
    low = _clamp(y, v, xp)
    high, rise = _next(low, xp), _next(y, xp) - y
    slope = (_next(x, xp) - x) / xp.where(rise != 0, rise, 1.0)
    start, stop = x + (low - y) * slope, _next(x, xp) + (high - _next(y, xp)) * slope
    near, far = _clamp(start, u, xp), _clamp(stop, u, xp)
    run = stop - start
    skew = ((start - near) + (stop - far)) / xp.where(run != 0, run, 1.0)
    return xp.sum((high - low) * (near + far + (far - near) * skew), axis=-1) / 2


def _next(x: Array, xp: ModuleType) -> Array:
    return xp.roll(x, -1, axis=-1)


def _clamp(x: Array, limit: Array, xp: ModuleType) -> Array:
    # minimum and maximum share the gradient of a tie, so that it vanishes between equal boxes
    return xp.maximum(xp.minimum(x, limit), -limit)


def _hosts(a: Array, b: Array, pairs: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the boxes as numpy where the compiled version is there and worth its import."""
    if pairs < SMALL:
        return None
    host_a, host_b = as_host(a), as_host(b)
    return None if host_a is None or host_b is None or _kernels() is None else (host_a, host_b)


def _kernels() -> Any:
    return kernels("oriented.compiled")
