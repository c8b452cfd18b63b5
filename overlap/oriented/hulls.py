"""Rotated boxes and the convex hull of both: `overlap.oriented.giou`.

Method
------
Over each x the hull of some points reaches up to the highest line between two of them, and down to the lowest. Both
bounds are straight from one point to the next in x, so the area is a sum of trapezia. It is continuous in the points,
also where they coincide or lie on one line; no order round the hull is looked for, so none can be lost. An upright line
has no height over x, and the slope of a steep one amplifies rounding: so the axes are turned first, y between the two
directions of lines through two points that are farthest from each other. No line is then steeper than 18.

References
----------
Rezatofighi, H. et al. (2019). Generalized intersection over union. CVPR. arXiv:1902.09630 (GIoU; C is the smallest
convex set around both)
"""

from __future__ import annotations

from math import inf, nan, pi, prod
from types import ModuleType

from .. import indices
from .._arrays import Array, SameArray, detached, safe_ratio
from .._coordinates import common_shape, read_boxes
from ..counts import Overlap
from .sizes import ROTATED, angle_between, corners, in_axes_of, measured, parts


def giou(a: SameArray, b: SameArray) -> SameArray:
    """Generalised IoU of rotated boxes, pair by pair: IoU − (|C| − |A∪B|) / |C|, with C the convex hull of both.

    The hull turns with the boxes, so the value does not depend on the axes. `overlap.boxes.giou` takes the aligned box
    around both instead, which is as large or larger.

    Parameters
    ----------
    a, b : array (..., 5)
        Prediction and reference, as (cx, cy, w, h, theta); what leads broadcasts.

    Returns
    -------
    array (...)
        In [−1, 1]: 1 for equal boxes, IoU where one lies in the other, towards −1 as boxes move apart. NaN where the
        hull has no area.

    Raises
    ------
    ValueError, TypeError
        See `measure`.

    See Also
    --------
    iou : Intersection over union of rotated boxes, pair by pair (Jaccard index).
    overlap.losses.box_loss : Loss of boxes, 1 − EIoU or 1 minus one of its relatives.

    Examples
    --------
    Two squares, a square apart on a diagonal street:

    >>> import numpy as np
    >>> a = np.array([0, 0, 1, 1, np.pi / 4])
    >>> b = np.array([2 * 0.5**0.5, 2 * 0.5**0.5, 1, 1, np.pi / 4])
    >>> round(float(giou(a, b)), 4)
    -0.3333
    """
    (a, b), xp = read_boxes("oriented.giou", ROTATED, a=a, b=b)
    shape = common_shape("oriented.giou", ROTATED, a=a, b=b)
    overlap = measured(a, b, shape, prod(shape[:-1]), xp)
    return generalised_iou(overlap, hull_area(a, b, xp), xp)


def generalised_iou(overlap: Overlap, enclosing: Array, xp: ModuleType) -> Array:
    """Return IoU − (|C| − |A∪B|) / |C|; NaN where |C| is 0."""
    union = overlap.size_a + overlap.size_b - overlap.intersection
    # rounding must not leave the hull smaller than what it encloses
    enclosing = xp.maximum(enclosing, union)
    share = safe_ratio(union, enclosing, nan, xp)
    return indices.iou(overlap, empty=0.0) - (1 - share)


def hull_area(boxes_a: Array, boxes_b: Array, xp: ModuleType) -> Array:
    """Return the area of the convex hull of two well-formed boxes, pair by pair."""
    a = parts(boxes_a, xp)
    b = parts(boxes_b, xp)
    cos, sin = angle_between(a, b)
    # the corners of both in the axes of b
    centre_x, centre_y = in_axes_of(b, a.x - b.x, a.y - b.y)
    x_a = corners(centre_x, a.u * cos, -a.v * sin, xp)
    y_a = corners(centre_y, a.u * sin, a.v * cos, xp)
    nothing = xp.zeros_like(b.u)
    x_b = corners(nothing, b.u, nothing, xp)
    y_b = corners(nothing, nothing, b.v, xp)
    x = xp.concat([x_a, xp.broadcast_to(x_b, x_a.shape)], axis=-1)
    y = xp.concat([y_a, xp.broadcast_to(y_b, y_a.shape)], axis=-1)
    upright = _farthest_from_lines(detached(x), detached(y), xp)
    cos = xp.cos(upright)
    sin = xp.sin(upright)
    return _area_of_hull(x * sin - y * cos, x * cos + y * sin, xp)


def _farthest_from_lines(x: Array, y: Array, xp: ModuleType) -> Array:
    """Return the direction (..., 1) that is farthest from those of all lines through two of eight points (..., 8)."""
    run = (_opposite(x, xp) - _repeated(x, xp))[..., 0, :]
    rise = (_opposite(y, xp) - _repeated(y, xp))[..., 0, :]
    angle = xp.atan2(rise, run)
    # a line has no sense: half a turn is none
    directions = xp.sort(xp.where(angle < 0, angle + pi, angle), axis=-1)
    following = xp.concat([directions[..., 1:], directions[..., :1] + pi], axis=-1)
    gap = following - directions
    widest = gap == xp.max(gap, axis=-1, keepdims=True)
    middle = (directions + following) / 2
    return xp.max(xp.where(widest, middle, -inf), axis=-1, keepdims=True)


def _area_of_hull(x: Array, y: Array, xp: ModuleType) -> Array:
    """Return the area of the convex hull of eight points (..., 8), by the method of this module's docstring."""
    at = xp.sort(x, axis=-1)
    height = _height_of_hull(x, y, at[..., None], xp)
    width = at[..., 1:] - at[..., :-1]
    twice_the_areas = width * (height[..., 1:] + height[..., :-1])
    return xp.sum(twice_the_areas, axis=-1) / 2


def _height_of_hull(x: Array, y: Array, at: Array, xp: ModuleType) -> Array:
    """Return how high the hull of points (..., 8) is at some abscissae (..., 8, 1) of theirs."""
    x_first = _repeated(x, xp)
    y_first = _repeated(y, xp)
    x_second = _opposite(x, xp)
    y_second = _opposite(y, xp)
    is_after = xp.minimum(x_first, x_second) <= at
    is_before = at <= xp.maximum(x_first, x_second)
    lies_under = is_after & is_before
    run = x_second - x_first
    share = (at - x_first) / xp.where(lies_under & (run != 0), run, 1.0)
    line = y_first + share * (y_second - y_first)
    top = xp.max(xp.where(lies_under, line, -inf), axis=-1)
    bottom = xp.min(xp.where(lies_under, line, inf), axis=-1)
    return top - bottom


def _repeated(x: Array, xp: ModuleType) -> Array:
    """Return one coordinate of the first point of every pair, (..., 1, 32)."""
    return xp.concat([x] * 4, axis=-1)[..., None, :]


def _opposite(x: Array, xp: ModuleType) -> Array:
    """Return that of the second: of eight points in a circle, the one to four places on from the first."""
    places_on = [xp.roll(x, -places, axis=-1) for places in (1, 2, 3, 4)]
    return xp.concat(places_on, axis=-1)[..., None, :]
