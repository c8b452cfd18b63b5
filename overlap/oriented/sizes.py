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

from collections.abc import Callable
from math import nan, prod
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from .. import indices
from .._arrays import Array, SameArray, as_host, bounded, like
from .._compiled import kernels
from .._coordinates import Kind, common_shape, read_boxes, read_rows
from ..counts import Overlap, unchecked
from ..indices import EmptyPolicy

SMALL = 1 << 16
"""Fewer pairs never import the compiler."""

ROTATED = Kind("oriented", "rotated box", ("cx", "cy", "w", "h", "theta"), slice(2, 4))


def measure(a: SameArray, b: SameArray) -> Overlap[SameArray]:
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

    See Also
    --------
    pairwise : IoU of every rotated box of one set with every one of another.
    iou : Intersection over union of rotated boxes, pair by pair (Jaccard index).
    dice : Dice coefficient of rotated boxes, pair by pair: 2|A∩B| / (|A| + |B|).

    Examples
    --------
    >>> import numpy as np
    >>> from math import pi
    >>> a = np.array([0.0, 0.0, 4.0, 2.0, 0.0])
    >>> crossed, shifted = np.array([0, 0, 4, 2, pi / 2]), np.array([2.0, 0, 4, 2, pi])
    >>> measure(a, np.stack([crossed, shifted])).intersection
    array([4., 4.])
    """
    (a, b), xp = read_boxes("oriented.measure", ROTATED, a=a, b=b)
    shape = common_shape("oriented.measure", ROTATED, a=a, b=b)
    return measured(a, b, shape, prod(shape[:-1]), xp)


def iou(a: SameArray, b: SameArray, *, empty: float | EmptyPolicy = nan) -> SameArray:
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

    See Also
    --------
    measure : Measure how rotated boxes overlap.
    giou : Generalised IoU of rotated boxes, pair by pair.
    pairwise : IoU of every rotated box of one set with every one of another.

    Examples
    --------
    >>> import numpy as np
    >>> upright, turned = np.array([0, 0, 4, 2, 0]), np.array([0, 0, 4, 2, np.pi / 2])
    >>> round(float(iou(upright, turned)), 4)
    0.3333
    """
    return indices.iou(measure(a, b), empty=empty)


def dice(a: SameArray, b: SameArray, *, empty: float | EmptyPolicy = nan) -> SameArray:
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

    See Also
    --------
    measure : Measure how rotated boxes overlap.
    iou : Intersection over union of rotated boxes, pair by pair (Jaccard index).

    Examples
    --------
    >>> import numpy as np
    >>> upright, turned = np.array([0, 0, 4, 2, 0]), np.array([0, 0, 4, 2, np.pi / 2])
    >>> round(float(dice(upright, turned)), 4)
    0.5
    """
    return indices.dice(measure(a, b), empty=empty)


def pairwise(a: SameArray, b: SameArray) -> SameArray:
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

    See Also
    --------
    iou : Intersection over union of rotated boxes, pair by pair (Jaccard index).
    measure : Measure how rotated boxes overlap.
    overlap.matching.match : Match predictions with references, one to one.

    Examples
    --------
    >>> import numpy as np
    >>> parked = np.array([[0, 0, 4, 2, 0], [1, 2.5, 4, 2, np.pi / 2], [0, 0, 2, 4, np.pi / 2]])
    >>> pairwise(parked, parked).round(3)
    array([[1.   , 0.067, 1.   ],
           [0.067, 1.   , 0.067],
           [1.   , 0.067, 1.   ]])
    """
    (a, b), xp = read_rows("oriented.pairwise", ROTATED, a=a, b=b)
    hosts = _hosts(a, b, a.shape[0] * b.shape[0])
    if hosts is not None:
        host_a, host_b = hosts
        return like(_compiled().pairwise(host_a, host_b), a, xp)
    return by_blocks(a, b, lambda block, row: indices.iou(_overlap(block, row, xp)), xp)


def by_blocks(a: Array, b: Array, iou_of: Callable[[Array, Array], Array], xp: ModuleType) -> Array:
    """Return the IoU of all pairs by blocks that stay in the cache, and never hold the corners of all."""
    n = a.shape[0]
    m = b.shape[0]
    rows = max(1, SMALL // max(1, m))
    blocks = []
    for start in range(0, max(1, n), rows):
        block = a[start : min(start + rows, n), None, :]
        blocks.append(iou_of(block, b[None, :, :]))
    return xp.concat(blocks, axis=0)


def measured(a: Array, b: Array, shape: tuple[int, ...], pairs: int, xp: ModuleType) -> Overlap:
    """Return the overlap of well-formed boxes that broadcast to a shape, a part of so many pairs."""
    hosts = _hosts(a, b, pairs)
    if hosts is None:
        return _overlap(a, b, xp)
    host_a, host_b = hosts
    area = _compiled().intersection(np.broadcast_to(host_a, shape), np.broadcast_to(host_b, shape))
    return _overlap_of(like(area, a, xp), a, b, xp)


def _overlap(a: Array, b: Array, xp: ModuleType) -> Overlap:
    return _overlap_of(_intersection(a, b, xp), a, b, xp)


def _overlap_of(area: Array, a: Array, b: Array, xp: ModuleType) -> Overlap:
    """Return the overlap of boxes that share an area, but for rounding."""
    size_a = _size(a)
    size_b = _size(b)
    return unchecked(bounded(area, size_a, size_b, xp), size_a, size_b)


def _size(boxes: Array) -> Array:
    return boxes[..., 2] * boxes[..., 3]


class Parts(NamedTuple):
    """Boxes in parts: centre x, y, half sides u, v, cosine and sine of the angle."""

    x: Array
    y: Array
    u: Array
    v: Array
    cos: Array
    sin: Array


def parts(boxes: Array, xp: ModuleType) -> Parts:
    """Return boxes (..., 5) in parts."""
    theta = boxes[..., 4]
    return Parts(
        x=boxes[..., 0],
        y=boxes[..., 1],
        u=boxes[..., 2] / 2,
        v=boxes[..., 3] / 2,
        cos=xp.cos(theta),
        sin=xp.sin(theta),
    )


def angle_between(a: Parts, b: Parts) -> tuple[Array, Array]:
    """Return cosine and sine of the angle from b to a; each box's own are taken once, not once for each pair."""
    cos = a.cos * b.cos + a.sin * b.sin
    sin = a.sin * b.cos - a.cos * b.sin
    return cos, sin


def in_axes_of(box: Parts, dx: Array, dy: Array) -> tuple[Array, Array]:
    """Return a step of the plane in the axes of a box."""
    x = dx * box.cos + dy * box.sin
    y = dy * box.cos - dx * box.sin
    return x, y


def _intersection(boxes_a: Array, boxes_b: Array, xp: ModuleType) -> Array:
    """Return the area common to boxes, pair by pair, by the method of this module's docstring."""
    a = parts(boxes_a, xp)
    b = parts(boxes_b, xp)
    cos, sin = angle_between(a, b)
    # from the centre of b to that of a, in the axes of the plane, of a and of b
    dx = a.x - b.x
    dy = a.y - b.y
    x_in_a, y_in_a = in_axes_of(a, dx, dy)
    x_in_b, y_in_b = in_axes_of(b, dx, dy)
    apart_along_a = _is_beyond(x_in_a, y_in_a, a, b, cos, sin, xp)
    apart_along_b = _is_beyond(x_in_b, y_in_b, b, a, cos, sin, xp)
    # the corners of a in the axes of b
    x = corners(x_in_b, a.u * cos, -a.v * sin, xp)
    y = corners(y_in_b, a.u * sin, a.v * cos, xp)
    area = _area_within(x, y, b.u[..., None], b.v[..., None], xp)
    # rounding must not leave a trace between boxes that are apart
    return xp.where(apart_along_a | apart_along_b | (area < 0), 0.0, area)


def _is_beyond(x: Array, y: Array, own: Parts, other: Parts, cos: Array, sin: Array, xp: ModuleType) -> Array:
    """Return whether an axis of a box separates it from another, whose centre lies at (x, y) in its axes."""
    cos = xp.abs(cos)
    sin = xp.abs(sin)
    reach_x = other.u * cos + other.v * sin
    reach_y = other.u * sin + other.v * cos
    return (xp.abs(x) > own.u + reach_x) | (xp.abs(y) > own.v + reach_y)


def corners(centre: Array, along: Array, across: Array, xp: ModuleType) -> Array:
    """Return one coordinate of the corners (..., 4), counter-clockwise."""
    front = centre + along
    back = centre - along
    return xp.stack([front + across, back + across, back - across, front - across], axis=-1)


def _area_within(x: Array, y: Array, u: Array, v: Array, xp: ModuleType) -> Array:
    """Return the area of polygons (..., corners), counter-clockwise, within abs(x) ≤ u and abs(y) ≤ v."""
    # each edge, clipped at the strip abs(y) ≤ v
    low = _clamp(y, v, xp)
    high = _next(low, xp)
    rise = _next(y, xp) - y
    slope = (_next(x, xp) - x) / xp.where(rise != 0, rise, 1.0)
    start = x + (low - y) * slope
    stop = _next(x, xp) + (high - _next(y, xp)) * slope
    # the trapezium between it and the y axis, its ends clamped; the skew makes the integral of clamp(x, ±u) exact
    # where the edge crosses x = ±u within the strip
    near = _clamp(start, u, xp)
    far = _clamp(stop, u, xp)
    run = stop - start
    skew = ((start - near) + (stop - far)) / xp.where(run != 0, run, 1.0)
    twice_the_areas = (high - low) * (near + far + (far - near) * skew)
    return xp.sum(twice_the_areas, axis=-1) / 2


def _next(x: Array, xp: ModuleType) -> Array:
    return xp.roll(x, -1, axis=-1)


def _clamp(x: Array, limit: Array, xp: ModuleType) -> Array:
    # minimum and maximum share the gradient of a tie, so that it vanishes between equal boxes
    return xp.maximum(xp.minimum(x, limit), -limit)


def _hosts(a: Array, b: Array, pairs: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the boxes as numpy where the compiled version is there and worth its import."""
    if pairs < SMALL:
        return None
    host_a = as_host(a)
    host_b = as_host(b)
    if host_a is None or host_b is None or _compiled() is None:
        return None
    return host_a, host_b


def _compiled() -> Any:
    return kernels("oriented.compiled")
