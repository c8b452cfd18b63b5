"""Turned boxes beside their target: what the scores of the IoU family are made of, for rotated boxes and 3-D ones.

Conventions
-----------
- A rotated box is that of `overlap.oriented`, (..., 5); a box with a heading that of `overlap.cuboids`, (..., 7).
- A pair is measured in the axes of its target. There DIoU and EIoU are read as for aligned boxes: C is the box around
  both that is turned as the target is, and the sides of the prediction are how far it spreads along those axes,
  √(w² cos² φ + h² sin² φ) and √(w² sin² φ + h² cos² φ) for an angle φ between both. So a value does not depend on how
  the plane is turned, nor on which of its names a box has (half a turn, sides exchanged). Where both have the same
  angle it is that of aligned boxes.
- GIoU encloses by the convex hull of both, or by the smallest aligned box around both.
- Lengths are in units of the longest of their pair, so that no scale is special.

References
----------
Zhou, D. et al. (2019). IoU loss for 2D/3D object detection. 3DV. arXiv:1908.03851 (rotated IoU and GIoU as losses)
"""

from __future__ import annotations

from math import prod
from types import ModuleType
from typing import Literal

from .._arrays import Array, detached, safe_ratio
from .._coordinates import Kind
from ..boxes.arrays import Sizes, positive, shared_length
from ..boxes.scores import Axis, Pair
from ..counts import Overlap
from ..cuboids.sizes import CUBOID, footprint
from ..cuboids.sizes import measured as cuboids_measured
from ..oriented.hulls import hull_area
from ..oriented.sizes import ROTATED, Parts, angle_between, in_axes_of, parts
from ..oriented.sizes import measured as rotated_measured

Enclosing = Literal["hull", "aligned", "target"]


def measure_rotated(
    prediction: Array, target: Array, enclosing: Enclosing, detach_enclosing: bool, xp: ModuleType
) -> Pair:
    """Measure well-formed rotated boxes of one shape."""
    a, b = _in_units_of_their_own(prediction, target, ROTATED, xp)
    overlap = rotated_measured(a, b, tuple(a.shape), prod(a.shape[:-1]), xp)
    axes = _level_axes(a, b, xp)
    size = _ground(a, b, enclosing, axes, xp)
    return _pair(overlap, size, axes, _are_one_line(overlap, a, b, xp), detach_enclosing, xp)


def measure_cuboids(
    prediction: Array, target: Array, enclosing: Enclosing, detach_enclosing: bool, xp: ModuleType
) -> Pair:
    """Measure well-formed boxes with a heading, of one shape."""
    a, b = _in_units_of_their_own(prediction, target, CUBOID, xp)
    overlap = cuboids_measured(a, b, prod(a.shape[:-1]), xp)
    ground_a = footprint(a, xp)
    ground_b = footprint(b, xp)
    axes = _level_axes(ground_a, ground_b, xp)
    upright = _axis(a[..., 2], a[..., 5] / 2, a[..., 5], b[..., 5] / 2, xp)
    size = _ground(ground_a, ground_b, enclosing, axes, xp) * upright.enclosing
    return _pair(overlap, size, [*axes, upright], _are_one_line(overlap, a, b, xp), detach_enclosing, xp)


def _in_units_of_their_own(a: Array, b: Array, kind: Kind, xp: ModuleType) -> tuple[Array, Array]:
    """Return pairs whose target stands at 0, in units of their longest length: a constant, as no score has a unit."""
    centre = slice(0, kind.sides.start)
    step = a[..., centre] - b[..., centre]
    lengths = xp.concat([xp.abs(step), a[..., kind.sides], b[..., kind.sides]], axis=-1)
    longest = detached(xp.max(lengths, axis=-1, keepdims=True))
    unit = xp.where(longest > 0, longest, 1.0)
    box_a = xp.concat([step / unit, a[..., kind.sides] / unit, a[..., -1:]], axis=-1)
    box_b = xp.concat([xp.zeros_like(step), b[..., kind.sides] / unit, b[..., -1:]], axis=-1)
    return box_a, box_b


def _are_one_line(overlap: Overlap, a: Array, b: Array, xp: ModuleType) -> Array:
    """Return which pairs are equal boxes without size: a line, a point."""
    return (_union(overlap) == 0) & xp.all(a == b, axis=-1)


def _union(overlap: Overlap) -> Array:
    return (overlap.size_a - overlap.intersection) + overlap.size_b


def _pair(
    overlap: Overlap, enclosing: Array, axes: list[Axis], are_one: Array, detach_enclosing: bool, xp: ModuleType
) -> Pair:
    """Return what scores are made of, |A∪B| in units of |C|: 1 where C has no size, or both `are_one` line."""
    union = _union(overlap)
    # rounding must not leave C smaller than what it encloses; its slope stays
    size = enclosing + detached(positive(union - enclosing, xp))
    if detach_enclosing:
        size = detached(size)
        axes = [axis._replace(enclosing=detached(axis.enclosing)) for axis in axes]
    iou = xp.where(are_one, 1.0, safe_ratio(overlap.intersection, union, 0.0, xp))
    share = xp.where(are_one, 1.0, safe_ratio(union, size, 1.0, xp))
    return Pair(iou, share, axes)


def _level_axes(boxes_a: Array, boxes_b: Array, xp: ModuleType) -> list[Axis]:
    """Measure rotated boxes along both axes of the second, which stands at 0."""
    a = parts(boxes_a, xp)
    b = parts(boxes_b, xp)
    cos, sin = angle_between(a, b)
    x, y = in_axes_of(b, a.x, a.y)
    along_w = _turned_axis(x, a, cos, sin, b.u, xp)
    along_h = _turned_axis(y, a, sin, cos, b.v, xp)
    return [along_w, along_h]


def _turned_axis(centre: Array, box: Parts, by_u: Array, by_v: Array, half_b: Array, xp: ModuleType) -> Axis:
    """Measure a box along an axis that has such shares of its directions, beside one that stands at 0."""
    reach = _reach(box, by_u, by_v, xp)
    squared = (box.u * by_u) ** 2 + (box.v * by_v) ** 2
    is_wide = squared > 0
    # a box that has no extent along the axis can get one, which a root of 0 would not say
    spread = xp.where(is_wide, xp.sqrt(xp.where(is_wide, squared, 1.0)), reach)
    return _axis(centre, reach, 2 * spread, half_b, xp)


def _axis(centre: Array, reach: Array, side: Array, half_b: Array, xp: ModuleType) -> Axis:
    """Measure a box that reaches so far from its centre and has such a side, beside one that stands at 0."""
    interval = (centre - reach, centre + reach)
    interval_b = (-half_b, half_b)
    sizes = Sizes(shared_length(interval, interval_b, xp), side, 2 * half_b)
    return Axis(sizes, _enclosing_length(centre, reach, half_b, xp), centre)


def _enclosing_length(centre: Array, reach: Array, reach_b: Array, xp: ModuleType) -> Array:
    """Return the length of the interval around two, the second of which stands at 0."""
    return xp.maximum(centre + reach, reach_b) + xp.maximum(reach - centre, reach_b)


def _ground(a: Array, b: Array, enclosing: Enclosing, axes: list[Axis], xp: ModuleType) -> Array:
    """Return the area of what encloses rotated boxes."""
    if enclosing == "hull":
        return hull_area(a, b, xp)
    if enclosing == "aligned":
        return _aligned_area(parts(a, xp), parts(b, xp), xp)
    along_w, along_h = axes
    return along_w.enclosing * along_h.enclosing


def _aligned_area(a: Parts, b: Parts, xp: ModuleType) -> Array:
    """Return the area of the aligned box around boxes, the second of which stands at 0."""
    width = _enclosing_length(a.x, _reach(a, a.cos, a.sin, xp), _reach(b, b.cos, b.sin, xp), xp)
    height = _enclosing_length(a.y, _reach(a, a.sin, a.cos, xp), _reach(b, b.sin, b.cos, xp), xp)
    return width * height


def _reach(box: Parts, by_u: Array, by_v: Array, xp: ModuleType) -> Array:
    """Return how far a box reaches from its centre along an axis that has such shares of its directions."""
    return box.u * xp.abs(by_u) + box.v * xp.abs(by_v)
