"""Losses of aligned boxes and their gradients, in numba: one pass each way, next to no memory beside the result.

A pass takes pairs in blocks that stay in the first cache. Forward does the operations of `overlap.boxes.scores` in
their order, and gives the same bits. Backward measures each block anew and follows the formula back: first to the
lengths along each axis, then to the edges.

Conventions
-----------
- Boxes are columns here, (2d, m); lengths along each axis (d, m); what a pair has (m,).
- The loss is 1 − S/U + …, with U = A − S + B: S is what both boxes share, A and B what each has, in units of the
  enclosing box C.
- At a tie the slope is that of torch: of two edges that coincide each has half; what touches can grow.
"""

from __future__ import annotations

from math import pi
from typing import Any, NamedTuple

import numpy as np

from .._compiled import entry, inner

_BLOCK = 1024
# as numpy divides: 0/0 is NaN, and nothing raises
_inner: Any = inner(error_model="numpy")
_inlined: Any = inner(error_model="numpy", inline="always")
_entry: Any = entry(error_model="numpy")


class Formula(NamedTuple):
    """What is added to 1 − IoU, and what a pair counts: (1 − IoU)^gamma, or IoU^gamma where `easy` ones count most."""

    hull: bool
    distance: bool
    angle: bool
    sides: bool
    is_detached: bool
    gamma: float
    easy: bool


class _Pairs(NamedTuple):
    """Lengths of pairs along each axis, and as shares of the enclosing box; IoU, and the union in units of that box.

    What overlaps is less than 0 where boxes are apart.
    """

    overlap: np.ndarray
    a: np.ndarray
    b: np.ndarray
    enclosing: np.ndarray
    between_centres: np.ndarray
    share: np.ndarray
    share_a: np.ndarray
    share_b: np.ndarray
    iou: np.ndarray
    union: np.ndarray


class _Slopes(NamedTuple):
    """How the loss answers to the lengths along each axis."""

    shared: np.ndarray
    a: np.ndarray
    b: np.ndarray
    enclosing: np.ndarray
    between_centres: np.ndarray


@_inner
def _columns(boxes: np.ndarray) -> np.ndarray:
    columns = np.empty(boxes.shape[::-1], boxes.dtype)
    for k in range(boxes.shape[1]):
        for j in range(len(boxes)):
            columns[k, j] = boxes[j, k]
    return columns


@_inner
def _measure(x: np.ndarray, y: np.ndarray) -> Any:
    d = len(x) // 2
    half = x.dtype.type(0.5)
    overlap = np.empty_like(x[:d])
    a = np.empty_like(overlap)
    b = np.empty_like(overlap)
    enclosing = np.empty_like(overlap)
    between_centres = np.empty_like(overlap)
    for k in range(d):
        for j in range(x.shape[1]):
            overlap[k, j] = min(x[d + k, j], y[d + k, j]) - max(x[k, j], y[k, j])
            a[k, j] = x[d + k, j] - x[k, j]
            b[k, j] = y[d + k, j] - y[k, j]
            enclosing[k, j] = max(x[d + k, j], y[d + k, j]) - min(x[k, j], y[k, j])
            between_centres[k, j] = ((x[k, j] - y[k, j]) + (x[d + k, j] - y[d + k, j])) * half
    share = _shares(overlap, enclosing)
    share_a = _shares(a, enclosing)
    share_b = _shares(b, enclosing)
    shared = _product(share)
    union = _product(share_a)
    size_b = _product(share_b)
    for j in range(union.size):
        union[j] = (union[j] - shared[j]) + size_b[j]
    iou = _ratio(shared, union)
    return _Pairs(overlap, a, b, enclosing, between_centres, share, share_a, share_b, iou, union)


@_inner
def _shares(lengths: np.ndarray, enclosing: np.ndarray) -> np.ndarray:
    """Return lengths as shares of the enclosing one; 1 where that is 0, and nothing where boxes are apart."""
    zero = lengths.dtype.type(0)
    shares = np.empty_like(lengths)
    for k in range(len(lengths)):
        for j in range(lengths.shape[1]):
            flat = enclosing[k, j] == 0
            shares[k, j] = 1 if flat else max(lengths[k, j], zero) / enclosing[k, j]
    return shares


@_inner
def _product(shares: np.ndarray) -> Any:
    size = shares[0].copy()
    for k in range(1, len(shares)):
        for j in range(size.size):
            size[j] *= shares[k, j]
    return size


@_inner
def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> Any:
    """Return ratios, 0 where the denominator is."""
    ratio = np.empty_like(numerator)
    for j in range(ratio.size):
        ratio[j] = 0 if denominator[j] == 0 else numerator[j] / denominator[j]
    return ratio


@_inner
def _sum_of_squares(lengths: np.ndarray) -> Any:
    total = np.zeros_like(lengths[0])
    for k in range(len(lengths)):
        for j in range(total.size):
            total[j] += lengths[k, j] * lengths[k, j]
    return total


@_inner
def _in_units(lengths: np.ndarray, unit: np.ndarray) -> np.ndarray:
    shares = np.empty_like(lengths)
    for k in range(len(lengths)):
        for j in range(unit.size):
            shares[k, j] = lengths[k, j] / unit[j]
    return shares


# ---- forward


@_entry
def fill_losses(a: np.ndarray, b: np.ndarray, formula: Any, loss: np.ndarray) -> int:
    """Fill the loss of each pair of boxes (n, 2d), NaN where one is malformed, and return of how many boxes that is."""
    one = a.dtype.type(1)
    malformed = 0
    for start in range(0, len(a), _BLOCK):
        block = slice(start, start + _BLOCK)
        x = _columns(a[block])
        y = _columns(b[block])
        pairs = _measure(x, y)
        score = _score(pairs, formula)
        weight = _weight(pairs.iou, formula)
        for j in range(score.size):
            loss[start + j] = weight[j] * (one - score[j])
        malformed += _spoil_malformed(x, loss[block])
        malformed += _spoil_malformed(y, loss[block])
    return malformed


@_inlined
def _score(pairs: Any, formula: Any) -> Any:
    one = pairs.iou.dtype.type(1)
    score = pairs.iou.copy()
    if formula.hull:
        for j in range(score.size):
            score[j] -= one - pairs.union[j]
    if formula.distance:
        unit = _longest(pairs.enclosing)
        between_centres = _in_units(pairs.between_centres, unit)
        enclosing = _in_units(pairs.enclosing, unit)
        _subtract(score, _ratio(_sum_of_squares(between_centres), _sum_of_squares(enclosing)))
    if formula.angle:
        v = _v(_between_angles(pairs))
        alpha = _alpha(pairs.iou, v)
        for j in range(score.size):
            score[j] -= alpha[j] * v[j]
    if formula.sides:
        _subtract(score, _sum_of_squares(_difference_of_sides(pairs)))
    return score


@_inner
def _subtract(score: np.ndarray, penalty: np.ndarray) -> None:
    for j in range(score.size):
        score[j] -= penalty[j]


@_inner
def _between_angles(pairs: Any) -> Any:
    between = _angle(pairs.b)
    _subtract(between, _angle(pairs.a))
    return between


@_inner
def _angle(sides: np.ndarray) -> Any:
    """Return arctan(width / height), that of a square for a point."""
    angle = np.empty_like(sides[0])
    unit = _longest(sides)
    for j in range(angle.size):
        is_point = sides[0, j] == 0 and sides[1, j] == 0
        angle[j] = pi / 4 if is_point else np.arctan2(sides[0, j] / unit[j], sides[1, j] / unit[j])
    return angle


@_inner
def _longest(lengths: np.ndarray) -> Any:
    """Return the longest of the lengths along the axes, in whose units squares neither overflow nor vanish; 1 for 0."""
    longest = lengths[0].copy()
    for k in range(1, len(lengths)):
        for j in range(longest.size):
            longest[j] = max(longest[j], lengths[k, j])
    for j in range(longest.size):
        longest[j] = longest[j] if longest[j] > 0 else 1
    return longest


@_inner
def _v(between: np.ndarray) -> Any:
    """Return v = 4/π² (θ_b − θ_a)² of CIoU."""
    scale = between.dtype.type(4 / pi**2)
    v = np.empty_like(between)
    for j in range(v.size):
        v[j] = scale * (between[j] * between[j])
    return v


@_inner
def _alpha(iou: np.ndarray, v: np.ndarray) -> Any:
    one = iou.dtype.type(1)
    total = np.empty_like(v)
    for j in range(v.size):
        total[j] = (one - iou[j]) + v[j]
    return _ratio(v, total)


@_inner
def _difference_of_sides(pairs: Any) -> Any:
    """Return (s_a − s_b)/C along each axis, 0 where C is."""
    difference = np.empty_like(pairs.a)
    for k in range(len(difference)):
        for j in range(difference.shape[1]):
            flat = pairs.enclosing[k, j] == 0
            difference[k, j] = 0 if flat else (pairs.a[k, j] - pairs.b[k, j]) / pairs.enclosing[k, j]
    return difference


@_inner
def _weight(iou: np.ndarray, formula: Any) -> Any:
    """Return what each pair counts: (1 − IoU)^gamma, or IoU^gamma."""
    weight = np.ones_like(iou)
    if formula.gamma > 0:
        for j in range(iou.size):
            base = iou[j] if formula.easy else 1 - iou[j]
            weight[j] = base**formula.gamma
    return weight


@_inner
def _spoil_malformed(boxes: np.ndarray, loss: np.ndarray) -> int:
    d = len(boxes) // 2
    malformed = 0
    for k in range(d):
        for j in range(loss.size):
            # comparisons with NaN are false
            well_formed = -np.inf < boxes[k, j] <= boxes[d + k, j] < np.inf
            loss[j] = loss[j] if well_formed else np.nan
            malformed += not well_formed
    return malformed


# ---- backward


@_entry
def fill_gradients(
    a: np.ndarray, b: np.ndarray, g: np.ndarray, formula: Any, gradient_a: np.ndarray, gradient_b: np.ndarray
) -> None:
    """Fill the gradients of each pair by either box, where there is room for it."""
    for start in range(0, len(a), _BLOCK):
        block = slice(start, start + _BLOCK)
        x = _columns(a[block])
        y = _columns(b[block])
        pairs = _measure(x, y)
        slopes = _slopes_of_iou(pairs, formula.hull)
        if formula.distance:
            _add_distance(pairs, slopes)
        if formula.angle:
            _add_angle(pairs, slopes)
        if formula.sides:
            _add_sides(pairs, slopes)
        if formula.is_detached:
            slopes.enclosing[:] = 0
        scale = _weight(pairs.iou, formula)
        for j in range(scale.size):
            scale[j] *= g[start + j]
        if len(gradient_a):
            _write_edges(x, y, slopes.a, slopes, 1.0, scale, gradient_a[block])
        if len(gradient_b):
            _write_edges(y, x, slopes.b, slopes, -1.0, scale, gradient_b[block])


@_inlined
def _slopes_of_iou(pairs: Any, hull: bool) -> Any:
    """Return the slopes of 1 − S/U, and of 1 − U where the hull counts; along an axis without length there are none."""
    one = pairs.iou.dtype.type(1)
    by_size = _ratio(pairs.iou, pairs.union)
    by_shared = np.empty_like(by_size)
    for j in range(by_shared.size):
        by_shared[j] = one + pairs.iou[j]
    by_shared = _ratio(by_shared, pairs.union)
    for j in range(by_shared.size):
        by_shared[j] = one - by_shared[j] if hull else -by_shared[j]
        by_size[j] -= one if hull else one - one
    shared = _by_length(by_shared, pairs.share, pairs.enclosing)
    a = _by_length(by_size, pairs.share_a, pairs.enclosing)
    b = _by_length(by_size, pairs.share_b, pairs.enclosing)
    enclosing = np.empty_like(shared)
    for k in range(len(shared)):
        for j in range(shared.shape[1]):
            by_shares = shared[k, j] * pairs.share[k, j] + a[k, j] * pairs.share_a[k, j] + b[k, j] * pairs.share_b[k, j]
            enclosing[k, j] = -by_shares
            shared[k, j] = 0 if pairs.overlap[k, j] < 0 else shared[k, j]
    return _Slopes(shared, a, b, enclosing, np.zeros_like(a))


@_inner
def _by_length(by_size: np.ndarray, shares: np.ndarray, enclosing: np.ndarray) -> np.ndarray:
    """Return the slopes by the lengths of which a size is the product, each a share of C."""
    slopes = np.empty_like(shares)
    for k in range(len(shares)):
        for j in range(by_size.size):
            slopes[k, j] = 0 if enclosing[k, j] == 0 else by_size[j] / enclosing[k, j]
        for other in range(len(shares)):
            if other == k:
                continue
            for j in range(by_size.size):
                slopes[k, j] *= shares[other, j]
    return slopes


@_inlined
def _add_distance(pairs: Any, slopes: Any) -> None:
    """Add the slopes of ρ²/c²."""
    two = pairs.iou.dtype.type(2)
    unit = _longest(pairs.enclosing)
    between_centres = _in_units(pairs.between_centres, unit)
    enclosing = _in_units(pairs.enclosing, unit)
    c_squared = _sum_of_squares(enclosing)
    distance = _ratio(_sum_of_squares(between_centres), c_squared)
    for k in range(len(pairs.a)):
        for j in range(distance.size):
            if c_squared[j] > 0:
                slopes.between_centres[k, j] = two * between_centres[k, j] / c_squared[j] / unit[j]
                slopes.enclosing[k, j] -= two * distance[j] * enclosing[k, j] / c_squared[j] / unit[j]


@_inlined
def _add_angle(pairs: Any, slopes: Any) -> None:
    """Add the slopes of αv, α a constant."""
    between = _between_angles(pairs)
    scale = between.dtype.type(8 / pi**2)
    by_angle = _alpha(pairs.iou, _v(between))
    for j in range(by_angle.size):
        by_angle[j] *= scale * between[j]
    _add_ratio_of_sides(pairs.a, -1.0, by_angle, slopes.a)
    _add_ratio_of_sides(pairs.b, 1.0, by_angle, slopes.b)


@_inner
def _add_ratio_of_sides(sides: np.ndarray, towards: float, by_angle: np.ndarray, slopes: np.ndarray) -> None:
    sign = sides.dtype.type(towards)
    unit = _longest(sides)
    shares = _in_units(sides, unit)
    diagonal_squared = _sum_of_squares(shares)
    for j in range(by_angle.size):
        if diagonal_squared[j] > 0:
            slope = sign * by_angle[j]
            slopes[0, j] += slope * shares[1, j] / diagonal_squared[j] / unit[j]
            slopes[1, j] -= slope * shares[0, j] / diagonal_squared[j] / unit[j]


@_inlined
def _add_sides(pairs: Any, slopes: Any) -> None:
    """Add the slopes of Σ (s_a − s_b)²/C²."""
    two = pairs.iou.dtype.type(2)
    difference = _difference_of_sides(pairs)
    for k in range(len(difference)):
        for j in range(difference.shape[1]):
            if pairs.enclosing[k, j] > 0:
                by_side = two * difference[k, j] / pairs.enclosing[k, j]
                slopes.a[k, j] += by_side
                slopes.b[k, j] -= by_side
                slopes.enclosing[k, j] -= by_side * difference[k, j]


@_inner
def _write_edges(
    box: np.ndarray, other: np.ndarray, own: np.ndarray, slopes: Any, towards: float, scale: np.ndarray, to: np.ndarray
) -> None:
    """Write the gradient of boxes, (m, 2d); `towards` is 1 for the first of a pair, -1 for the second."""
    d = len(own)
    one = own.dtype.type(1)
    half_way = own.dtype.type(towards / 2)
    for k in range(d):
        for j in range(scale.size):
            # the nearer edge is an end of what is shared, the farther one an end of C
            nearer_lo = _part(other[k, j], box[k, j], one)
            nearer_hi = _part(box[d + k, j], other[d + k, j], one)
            by_lo = -own[k, j] - nearer_lo * slopes.shared[k, j] - (one - nearer_lo) * slopes.enclosing[k, j]
            by_hi = own[k, j] + nearer_hi * slopes.shared[k, j] + (one - nearer_hi) * slopes.enclosing[k, j]
            shift = half_way * slopes.between_centres[k, j]
            to[j, k] = scale[j] * (by_lo + shift)
            to[j, d + k] = scale[j] * (by_hi + shift)


@_inner
def _part(lower: Any, higher: Any, one: Any) -> Any:
    """Return how much of the lower of two numbers is the first: all, none, or half where they are equal."""
    if lower == higher:
        return one / (one + one)
    return one if lower < higher else one - one
