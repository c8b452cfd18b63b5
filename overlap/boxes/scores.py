"""The IoU family of aligned boxes: scores that also say how far apart boxes are. Public through `overlap.boxes`.

A score is a function of what two boxes measure together (`Pair`), as its paper writes it. The public functions read
two arrays of boxes; the losses call the bare formulas.

References
----------
Rezatofighi, H. et al. (2019). Generalized intersection over union. CVPR. arXiv:1902.09630 (GIoU)
Zheng, Z. et al. (2020). Distance-IoU loss: faster and better learning for bounding box regression. AAAI 34, 12993.
arXiv:1911.08287 (DIoU, CIoU)
Zhang, Y.-F. et al. (2022). Focal and efficient IOU loss for accurate bounding box regression. Neurocomputing 506,
146. arXiv:2101.08158 (EIoU)
"""

from __future__ import annotations

from math import inf, pi
from types import ModuleType
from typing import NamedTuple

from .._arrays import Array, SameArray, check_constants, detached, safe_ratio
from .arrays import Interval, Sizes, intervals, length, multiply, read, shared_length


def giou(a: SameArray, b: SameArray, *, detach_enclosing: bool = False) -> SameArray:
    """Generalised IoU: IoU − (|C| − |A∪B|) / |C|, with C the box that encloses both.

    Parameters
    ----------
    a, b : array (..., 2d)
        Boxes lo|hi of any dimension; the shapes broadcast.
    detach_enclosing : bool
        Whether C is a constant to gradients. Then GIoU no longer pulls boxes that are apart together.

    Returns
    -------
    array (...)
        In [−1, 1]: 1 for equal boxes, IoU where one lies in the other, towards −1 as boxes move apart. An axis
        along which both boxes are the same point drops out: two segments of one line have the value of their
        lengths, and a box has 1 with itself even if it is a point.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a box is malformed (hi < lo, NaN or infinite), where values may be looked
        at. Elsewhere (CUDA, ``torch.compile``, ``vmap``, dask) a malformed box gives NaN.

    See Also
    --------
    iou : Intersection over union of boxes, pair by pair (Jaccard index).
    diou : Distance IoU.
    ciou : Complete IoU.
    eiou : Efficient IoU.
    overlap.losses.box_loss : Loss of boxes, 1 − EIoU or 1 minus one of its relatives.

    Examples
    --------
    >>> import numpy as np
    >>> float(giou(np.array([0.0, 0.0, 1.0, 1.0]), np.array([3.0, 0.0, 4.0, 1.0])))
    -0.5
    """
    pair, xp = _read_pair("boxes.giou", a, b, detach_enclosing)
    return giou_of(pair, xp)


def diou(a: SameArray, b: SameArray, *, detach_enclosing: bool = False) -> SameArray:
    """Distance IoU: IoU − ρ²/c², squared distance of the centres over the squared diagonal of the enclosing box.

    See `giou` for parameters and errors. In [−1, 1]. Undetached, the gradient also rewards a larger enclosing box.

    See Also
    --------
    giou : Generalised IoU.
    ciou : Complete IoU.
    eiou : Efficient IoU.

    Examples
    --------
    >>> import numpy as np
    >>> float(diou(np.array([0.0, 0.0, 1.0, 1.0]), np.array([2.0, 2.0, 3.0, 3.0]))).__round__(4)
    -0.4444
    """
    pair, xp = _read_pair("boxes.diou", a, b, detach_enclosing)
    return diou_of(pair, xp)


def ciou(a: SameArray, b: SameArray, *, detach_enclosing: bool = False) -> SameArray:
    """Complete IoU: DIoU − αv, v = 4/π² (atan(w_b/h_b) − atan(w_a/h_a))², α = v / (1 − IoU + v). 2-D only.

    α is a constant to gradients, and is not cut off at low IoU. See `giou` for parameters and errors.

    See Also
    --------
    diou : Distance IoU.
    eiou : Efficient IoU.

    Examples
    --------
    >>> import numpy as np
    >>> float(ciou(np.array([0.0, 0.0, 1.0, 2.0]), np.array([0.0, 0.0, 2.0, 1.0]))).__round__(4)
    0.2371
    """
    (a, b), xp = read("boxes.ciou", a=a, b=b)
    check_planar("boxes.ciou", a)
    check_constants("boxes.ciou", a, "pass numpy, torch or jax arrays")
    pair = measure_pair(a, b, detach_enclosing, xp)
    return ciou_of(pair, xp)


def eiou(a: SameArray, b: SameArray, *, detach_enclosing: bool = False) -> SameArray:
    """Efficient IoU: DIoU − Σ (s_a − s_b)²/C², sides s over sides C of the enclosing box, added over the axes.

    The EIoU of Zhang et al.; Extended IoU shares its short name. See `giou` for parameters and errors.

    See Also
    --------
    diou : Distance IoU.
    ciou : Complete IoU.
    overlap.losses.box_loss : Loss of boxes, 1 − EIoU or 1 minus one of its relatives.

    Examples
    --------
    >>> import numpy as np
    >>> float(eiou(np.array([0.0, 0.0, 1.0, 2.0]), np.array([0.0, 0.0, 2.0, 1.0]))).__round__(4)
    -0.2292
    """
    pair, xp = _read_pair("boxes.eiou", a, b, detach_enclosing)
    return eiou_of(pair, xp)


def _read_pair(operation: str, a: Array, b: Array, detach_enclosing: bool) -> tuple[Pair, ModuleType]:
    (a, b), xp = read(operation, a=a, b=b)
    if detach_enclosing:
        check_constants(operation, a, "pass detach_enclosing=False, or numpy, torch or jax arrays")
    return measure_pair(a, b, detach_enclosing, xp), xp


class Axis(NamedTuple):
    """Lengths along one axis: of both boxes, of the enclosing box C, and from centre to centre."""

    sides: Sizes
    enclosing: Array
    between_centres: Array


class Pair(NamedTuple):
    """What the scores of two boxes are made of. |A∪B| is in units of |C|, so that no scale is special."""

    iou: Array
    union: Array
    axes: list[Axis]


def measure_pair(a: Array, b: Array, detach_enclosing: bool, xp: ModuleType) -> Pair:
    """Measure boxes that were read."""
    sides = zip(intervals(a), intervals(b), strict=True)
    axes = [_measure_axis(x, y, detach_enclosing, xp) for x, y in sides]
    sizes = multiply([_shares_of_enclosing(axis, xp) for axis in axes])
    union = (sizes.a - sizes.shared) + sizes.b
    iou = safe_ratio(sizes.shared, union, 0.0, xp)
    return Pair(iou, union, axes)


def iou_of(pair: Pair, xp: ModuleType) -> Array:
    """Return IoU = |A∩B| / |A∪B|."""
    return pair.iou


def giou_of(pair: Pair, xp: ModuleType) -> Array:
    """Return GIoU = IoU − (|C| − |A∪B|) / |C|; here |C| is 1."""
    return pair.iou - (1 - pair.union)


def diou_of(pair: Pair, xp: ModuleType) -> Array:
    """Return DIoU = IoU − ρ² / c², ρ from centre to centre, c the diagonal of C."""
    unit = _longest_side(pair, xp)
    rho_squared = sum((axis.between_centres / unit) ** 2 for axis in pair.axes)
    c_squared = sum((axis.enclosing / unit) ** 2 for axis in pair.axes)
    return pair.iou - safe_ratio(rho_squared, c_squared, 0.0, xp)


def ciou_of(pair: Pair, xp: ModuleType) -> Array:
    """Return CIoU = IoU − ρ² / c² − αv, where v compares the ratios of width to height."""
    width = pair.axes[0].sides
    height = pair.axes[1].sides
    angle_b = _arctan(width.b, height.b, xp)
    angle_a = _arctan(width.a, height.a, xp)
    v = 4 / pi**2 * (angle_b - angle_a) ** 2
    alpha = detached(safe_ratio(v, 1 - pair.iou + v, 0.0, xp))
    return diou_of(pair, xp) - alpha * v


def eiou_of(pair: Pair, xp: ModuleType) -> Array:
    """Return EIoU = IoU − ρ² / c² − (w_b − w_a)² / C_w² − (h_b − h_a)² / C_h², and so on for more axes."""
    diou = diou_of(pair, xp)
    differences = [safe_ratio(axis.sides.a - axis.sides.b, axis.enclosing, 0.0, xp) for axis in pair.axes]
    return diou - sum(share * share for share in differences)


def check_planar(operation: str, box: Array) -> None:
    """Refuse boxes that have no ratio of width to height."""
    columns = box.shape[-1]
    if columns != 4:
        raise ValueError(
            f"{operation}: CIoU compares width with height, got {columns} columns; pass boxes (x1, y1, x2, y2), or "
            "take EIoU, which has any dimension"
        )


def _measure_axis(x: Interval, y: Interval, detach_enclosing: bool, xp: ModuleType) -> Axis:
    x_lo, x_hi = x
    y_lo, y_hi = y
    enclosing = xp.maximum(x_hi, y_hi) - xp.minimum(x_lo, y_lo)
    between_centres = ((x_lo - y_lo) + (x_hi - y_hi)) / 2
    sides = Sizes(shared_length(x, y, xp), length(x), length(y))
    if detach_enclosing:
        enclosing = detached(enclosing)
    return Axis(sides, enclosing, between_centres)


def _shares_of_enclosing(axis: Axis, xp: ModuleType) -> Sizes:
    """Return the lengths of both boxes as shares of the enclosing one; 1 where that is 0."""
    flat = axis.enclosing == 0
    # an infinite divisor: no share, no slope
    divisor = xp.where(flat, inf, axis.enclosing)
    one_if_flat = xp.astype(flat, axis.enclosing.dtype)
    shared = axis.sides.shared / divisor + one_if_flat
    side_a = axis.sides.a / divisor + one_if_flat
    side_b = axis.sides.b / divisor + one_if_flat
    return Sizes(shared, side_a, side_b)


def _longest_side(pair: Pair, xp: ModuleType) -> Array:
    """Return the longest side of C, in whose units squares neither overflow nor vanish; 1 for a point."""
    longest = pair.axes[0].enclosing
    for axis in pair.axes[1:]:
        longest = xp.maximum(longest, axis.enclosing)
    return _unit(longest, xp)


def _unit(length: Array, xp: ModuleType) -> Array:
    """Return a length to divide by, 1 where it is 0. A ratio has no slope by its unit."""
    constant = detached(length)
    return xp.where(constant > 0, constant, 1.0)


def _arctan(width: Array, height: Array, xp: ModuleType) -> Array:
    """Return arctan(width / height). A point counts as a square: arctan has no gradient there."""
    point = (width == 0) & (height == 0)
    unit = _unit(xp.maximum(width, height), xp)
    width = xp.where(point, 1.0, width / unit)
    height = xp.where(point, 1.0, height / unit)
    return xp.atan2(width, height)
