"""The IoU family of aligned boxes: scores that also tell how far apart boxes are. Public through `overlap.boxes`.

References
----------
Rezatofighi, H. et al. (2019). Generalized intersection over union. CVPR. arXiv:1902.09630 (GIoU)
Zheng, Z. et al. (2020). Distance-IoU loss: faster and better learning for bounding box regression. AAAI 34, 12993.
arXiv:1911.08287 (DIoU, CIoU)
Zhang, Y.-F. et al. (2022). Focal and efficient IOU loss for accurate bounding box regression. Neurocomputing 506,
146. arXiv:2101.08158 (EIoU)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf, pi
from types import MappingProxyType, ModuleType
from typing import NamedTuple

from .._arrays import Array, safe_ratio
from .arrays import Interval, detached, intervals, length, product, read, shared_length


def giou(a: Array, b: Array, *, detach_enclosing: bool = False) -> Array:
    """Generalised IoU: IoU − (|C| − |A∪B|) / |C|, with C the box that encloses both.

    Parameters
    ----------
    a, b : array (..., 2d)
        Boxes lo|hi of any dimension; the shapes broadcast.
    detach_enclosing : bool
        Whether C is a constant to torch's gradients. Then GIoU no longer pulls boxes that are apart together.

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
        at; elsewhere (CUDA, ``torch.compile``, ``vmap``, dask) it gives NaN.

    Examples
    --------
    >>> import numpy as np
    >>> float(giou(np.array([0.0, 0.0, 1.0, 1.0]), np.array([3.0, 0.0, 4.0, 1.0])))
    -0.5
    """
    return _public("giou", a, b, detach_enclosing)


def diou(a: Array, b: Array, *, detach_enclosing: bool = False) -> Array:
    """Distance IoU: IoU − ρ²/c², squared distance of the centres over the squared diagonal of the enclosing box.

    See `giou` for parameters and errors. In [−1, 1]. Undetached, the gradient also rewards a larger enclosing box.

    Examples
    --------
    >>> import numpy as np
    >>> float(diou(np.array([0.0, 0.0, 1.0, 1.0]), np.array([2.0, 2.0, 3.0, 3.0]))).__round__(4)
    -0.4444
    """
    return _public("diou", a, b, detach_enclosing)


def ciou(a: Array, b: Array, *, detach_enclosing: bool = False) -> Array:
    """Complete IoU: DIoU − αv, v = 4/π² (atan(w_b/h_b) − atan(w_a/h_a))², α = v / (1 − IoU + v). 2-D only.

    α is a constant to torch's gradients, and is not cut off at low IoU. See `giou` for parameters and errors.

    Examples
    --------
    >>> import numpy as np
    >>> float(ciou(np.array([0.0, 0.0, 1.0, 2.0]), np.array([0.0, 0.0, 2.0, 1.0]))).__round__(4)
    0.2371
    """
    return _public("ciou", a, b, detach_enclosing)


def eiou(a: Array, b: Array, *, detach_enclosing: bool = False) -> Array:
    """Efficient IoU: DIoU − Σ (s_a − s_b)²/C², sides s over sides C of the enclosing box, added over the axes.

    The EIoU of Zhang et al.; Extended IoU shares its short name. See `giou` for parameters and errors.

    Examples
    --------
    >>> import numpy as np
    >>> float(eiou(np.array([0.0, 0.0, 1.0, 2.0]), np.array([0.0, 0.0, 2.0, 1.0]))).__round__(4)
    -0.2292
    """
    return _public("eiou", a, b, detach_enclosing)


def iou_and_score(kind: str, a: Array, b: Array, detach_enclosing: bool, xp: ModuleType) -> tuple[Array, Array]:
    """Return the IoU of boxes that were read, and their score of the given kind."""
    if kind == "ciou" and a.shape[-1] != 4:
        raise ValueError(f"ciou: the ratio of width to height needs boxes (x1, y1, x2, y2), got {a.shape[-1]} columns")
    sides = zip(intervals(a), intervals(b), strict=True)
    axes = [_axis(x, y, detach_enclosing, xp) for x, y in sides]
    both, in_a, in_b = map(product, zip(*(_shares(axis, xp) for axis in axes), strict=True))
    union = (in_a - both) + in_b
    iou = safe_ratio(both, union, 0.0, xp)
    return iou, _SCORES[kind](iou, union, axes, xp)


class _Axis(NamedTuple):
    """Lengths along one axis: shared, of either box, of the enclosing one, and between the centres."""

    shared: Array
    a: Array
    b: Array
    hull: Array
    apart: Array


def _axis(x: Interval, y: Interval, detach: bool, xp: ModuleType) -> _Axis:
    hull = xp.maximum(x[1], y[1]) - xp.minimum(x[0], y[0])
    apart = ((x[0] - y[0]) + (x[1] - y[1])) / 2
    return _Axis(shared_length(x, y, xp), length(x), length(y), detached(hull) if detach else hull, apart)


def _shares(axis: _Axis, xp: ModuleType) -> list[Array]:
    """Return the lengths as shares of the enclosing one, so that no scale is special; 1 where all are 0."""
    flat = axis.hull == 0
    # an infinite divisor: no share, no slope
    hull = xp.where(flat, inf, axis.hull)
    return [x / hull + xp.astype(flat, x.dtype) for x in axis[:3]]


def _public(kind: str, a: Array, b: Array, detach_enclosing: bool) -> Array:
    (a, b), xp = read(f"boxes.{kind}", a=a, b=b)
    return iou_and_score(kind, a, b, detach_enclosing, xp)[1]


def _giou(iou: Array, union: Array, axes: list[_Axis], xp: ModuleType) -> Array:
    return iou - (1 - union)


def _diou(iou: Array, union: Array, axes: list[_Axis], xp: ModuleType) -> Array:
    distance, diagonal = (sum(x * x for x in xs) for xs in zip(*((x.apart, x.hull) for x in axes), strict=True))
    return iou - safe_ratio(distance, diagonal, 0.0, xp)


def _ciou(iou: Array, union: Array, axes: list[_Axis], xp: ModuleType) -> Array:
    width, height = axes
    v = 4 / pi**2 * (_angle(width.b, height.b, xp) - _angle(width.a, height.a, xp)) ** 2
    alpha = detached(safe_ratio(v, 1 - iou + v, 0.0, xp))
    return _diou(iou, union, axes, xp) - alpha * v


def _eiou(iou: Array, union: Array, axes: list[_Axis], xp: ModuleType) -> Array:
    stretch = (safe_ratio(x.a - x.b, x.hull, 0.0, xp) for x in axes)
    return _diou(iou, union, axes, xp) - sum(x * x for x in stretch)


def _angle(width: Array, height: Array, xp: ModuleType) -> Array:
    # a point counts as a square: atan2 has no gradient there
    point = (width == 0) & (height == 0)
    return xp.atan2(xp.where(point, 1.0, width), xp.where(point, 1.0, height))


_SCORES: Mapping[str, Callable[..., Array]] = MappingProxyType(
    {"iou": lambda iou, *_: iou, "giou": _giou, "diou": _diou, "ciou": _ciou, "eiou": _eiou}
)
KINDS = tuple(_SCORES)
