"""The update rules of the published simulation, as its authors' MATLAB has them, which are not the losses' gradients.

They are written here anew from the steps of ``dIOU.m``, ``dGIOU.m``, ``dDIOU.m`` and ``dCIOU.m``
(github.com/Zzh-tju/DIoU, "simulation experiment"). What differs from the gradient of the loss:

- a width moves by the right edge's slope less the left one's, twice what the chain rule says;
- GIoU multiplies the lengths that boxes share though they are apart and these are negative;
- the slope of c² by the centre has the other sign, and both sides of C move with each of the four numbers;
- where the box covers the target along an axis, C's side shrinks by 1 as the box grows by 1;
- CIoU leaves out 1 / (w² + h²).

A rule takes a box (x, y, w, h) and its target and returns the step upwards in score for a rate of 1, less the factor
2 − IoU. It is plain Python, which numba compiles.
"""

from __future__ import annotations

from math import atan, pi
from typing import NamedTuple

from numba import njit

compiled = njit(error_model="numpy", nogil=True)
"""Divides as numpy does, and lets other threads run."""


class Edges(NamedTuple):
    """Left, right, top and bottom of a box, or slopes by them."""

    l: float  # noqa: E741
    r: float
    t: float
    b: float


class Box(NamedTuple):
    """Centre and size, or a step of them."""

    x: float
    y: float
    w: float
    h: float


@compiled
def iou(box, target):
    p = _edges(box)
    g = _edges(target)
    return _by_centre(_iou_slopes(p, g))


@compiled
def giou(box, target):
    p = _edges(box)
    g = _edges(target)
    shared = _shared(p, g)
    width = shared.r - shared.l
    height = shared.b - shared.t
    union = _area(p) + _area(g) - width * height
    by_union = _union_slopes(p, g)
    cover = _cover(p, g)
    enclosing = _area(cover)
    by_enclosing = _enclosing_slopes(p, g)
    by_iou = _iou_slopes(p, g)
    square = enclosing * enclosing
    slopes = Edges(
        by_iou.l + (enclosing * by_union.l - union * by_enclosing.l) / square,
        by_iou.r + (enclosing * by_union.r - union * by_enclosing.r) / square,
        by_iou.t + (enclosing * by_union.t - union * by_enclosing.t) / square,
        by_iou.b + (enclosing * by_union.b - union * by_enclosing.b) / square,
    )
    return _by_centre(slopes)


@compiled
def diou(box, target):
    step = iou(box, target)
    penalty = _distance_step(box, target)
    return Box(step.x + penalty.x, step.y + penalty.y, step.w + penalty.w, step.h + penalty.h)


@compiled
def ciou(box, target):
    step = diou(box, target)
    between = atan(target.w / target.h) - atan(box.w / box.h)
    v = 4 / pi**2 * between**2
    alpha = v / (1 - iou_of(box, target) + v + 1e-7)
    by_angle = alpha * 8 / pi**2 * between
    return Box(step.x, step.y, step.w + by_angle * box.h, step.h - by_angle * box.w)


@compiled
def iou_of(box, target):
    p = _edges(box)
    g = _edges(target)
    shared = _shared(p, g)
    if not _meet(shared):
        return 0.0
    intersection = _area(shared)
    return intersection / (_area(p) + _area(g) - intersection)


@compiled
def _distance_step(box, target):
    p = _edges(box)
    g = _edges(target)
    cover = _cover(p, g)
    c_w = cover.r - cover.l
    c_h = cover.b - cover.t
    c_squared = c_w * c_w + c_h * c_h
    d_x = box.x - target.x
    d_y = box.y - target.y
    rho_squared = d_x * d_x + d_y * d_y
    is_left = 1.0 if p.l < g.l else 0.0
    is_right = 1.0 if p.r > g.r else 0.0
    is_above = 1.0 if p.t < g.t else 0.0
    is_below = 1.0 if p.b > g.b else 0.0
    # both sides of C move with each of the four numbers
    by_x = 2 * (c_w + c_h) * (is_right - is_left)
    by_y = 2 * (c_w + c_h) * (is_below - is_above)
    wider = (is_right + is_left) / 2
    higher = (is_below + is_above) / 2
    by_w = 2 * c_w * (-1.0 if wider == 1 else wider) + 2 * c_h * wider
    by_h = 2 * c_h * (-1.0 if higher == 1 else higher) + 2 * c_w * higher
    square = c_squared * c_squared
    return Box(
        (-2 * d_x * c_squared - by_x * rho_squared) / square,
        (-2 * d_y * c_squared - by_y * rho_squared) / square,
        by_w * rho_squared / square,
        by_h * rho_squared / square,
    )


@compiled
def _iou_slopes(p, g):
    shared = _shared(p, g)
    if not _meet(shared):
        return Edges(0.0, 0.0, 0.0, 0.0)
    i = _area(shared)
    u = _area(p) + _area(g) - i
    by_i = _intersection_slopes(p, g)
    by_u = _union_slopes(p, g)
    square = u * u
    return Edges(
        (u * by_i.l - i * by_u.l) / square,
        (u * by_i.r - i * by_u.r) / square,
        (u * by_i.t - i * by_u.t) / square,
        (u * by_i.b - i * by_u.b) / square,
    )


@compiled
def _intersection_slopes(p, g):
    shared = _shared(p, g)
    width = shared.r - shared.l
    height = shared.b - shared.t
    return Edges(
        -height if p.l > g.l else 0.0,
        height if p.r < g.r else 0.0,
        -width if p.t > g.t else 0.0,
        width if p.b < g.b else 0.0,
    )


@compiled
def _union_slopes(p, g):
    width = p.r - p.l
    height = p.b - p.t
    by_i = _intersection_slopes(p, g)
    return Edges(-height - by_i.l, height - by_i.r, -width - by_i.t, width - by_i.b)


@compiled
def _enclosing_slopes(p, g):
    cover = _cover(p, g)
    width = cover.r - cover.l
    height = cover.b - cover.t
    return Edges(
        -height if p.l < g.l else 0.0,
        height if p.r > g.r else 0.0,
        -width if p.t < g.t else 0.0,
        width if p.b > g.b else 0.0,
    )


@compiled
def _by_centre(slopes):
    return Box(slopes.l + slopes.r, slopes.t + slopes.b, slopes.r - slopes.l, slopes.b - slopes.t)


@compiled
def _edges(box):
    return Edges(box.x - box.w / 2, box.x + box.w / 2, box.y - box.h / 2, box.y + box.h / 2)


@compiled
def _shared(p, g):
    return Edges(max(p.l, g.l), min(p.r, g.r), max(p.t, g.t), min(p.b, g.b))


@compiled
def _cover(p, g):
    return Edges(min(p.l, g.l), max(p.r, g.r), min(p.t, g.t), max(p.b, g.b))


@compiled
def _area(edges):
    return (edges.r - edges.l) * (edges.b - edges.t)


@compiled
def _meet(shared):
    return shared.l < shared.r and shared.t < shared.b
