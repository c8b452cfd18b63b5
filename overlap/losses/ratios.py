"""What all losses of masks share: 1 minus an index of three sizes, smoothed, and reduced over the ratios.

Conventions
-----------
- One ratio for each place of the shape that ``axis`` leaves: of each case and class, say, or of a pooled batch.
- ``smooth`` is in cells (in the unit of `weights`, if given). Half of it is added to each of the three sizes, as
  if the masks agreed on so much more. Dice becomes (2|A∩B| + s) / (|A| + |B| + s).
- Where both masks are empty the loss is 0, and so is its gradient. A ratio of which no cell counts, by `where` or by
  its weight, is no agreement: it is left out of means and sums, and NaN of itself.
"""

from __future__ import annotations

from collections.abc import Callable
from math import nan, prod
from types import ModuleType
from typing import Literal

from .._arrays import Array, Axis, is_host, namespace, plain, safe_ratio
from .._checks import check_choice
from ..counts import Overlap, unchecked
from ..raster import TNorm
from ..raster.sizes import Names, check_masks, measure_checked

Reduction = Literal["mean", "sum", "none"]
REDUCTIONS = ("mean", "sum", "none")

Index = Callable[[Overlap], Array]
"""Any function of an `Overlap` that returns one value for each of them."""

Curve = Callable[[Array, ModuleType], Array]
"""What is made of the loss of each ratio before they are averaged: a function of it and its array namespace."""


def reduced_loss(
    operation: str,
    prediction: Array,
    target: Array,
    index: Index,
    axis: Axis,
    smooth: float,
    tnorm: TNorm,
    weights: Array | None,
    where: Array | None,
    class_weights: Array | None,
    reduction: Reduction,
    curve: Curve | None = None,
) -> Array:
    """Return the loss of an index of overlap; see `overlap_loss`. Messages name the operation."""
    check_choice(operation, "reduction", reduction, REDUCTIONS)
    prediction, target, weights, where = plain(prediction, target, weights, where)
    loss, xp = loss_of_each(operation, prediction, target, index, axis, smooth, tnorm, weights, where)
    if curve is not None:
        loss = curve(loss, xp)
    counted = counted_ratios(where, weights, prediction.shape, axis, xp)
    return reduced(operation, loss, class_weights, reduction, xp, counted)


def loss_of_each(
    operation: str,
    prediction: Array,
    target: Array,
    index: Index,
    axis: Axis,
    smooth: float,
    tnorm: TNorm,
    weights: Array | None,
    where: Array | None,
    is_in_range: bool = False,
) -> tuple[Array, ModuleType]:
    """Return 1 − index, ratio by ratio, and the array namespace.

    With `is_in_range` the values of the prediction are not looked at: a sigmoid made them. A NaN among them is a loss
    of NaN, which tells `torch.amp.GradScaler` to leave out the step.
    """
    check_index(operation, index)
    names = Names(operation, "prediction", "target")
    xp = check_masks(names, prediction, target, weights, where, tnorm)
    both, size_a, size_b = measure_checked(
        names, prediction, target, axis, weights, where, tnorm, None, xp, is_in_range
    )
    return loss_of_sizes(operation, index, both, size_a, size_b, smooth, xp), xp


def check_index(operation: str, index: object) -> None:
    """Refuse what is no index of overlap."""
    if not callable(index):
        raise TypeError(f"{operation}: index is {index!r}; pass a function of an Overlap, such as overlap.dice")


def loss_of_sizes(
    operation: str, index: Index, both: Array, size_a: Array, size_b: Array, smooth: float, xp: ModuleType
) -> Array:
    """Return 1 − index of three sizes; see `smoothed`."""
    o = smoothed(operation, both, size_a, size_b, smooth)
    value = index(o)
    if not smooth:
        value = _defined(value, index, o, xp)
    return 1 - value


def smoothed(operation: str, both: Array, size_a: Array, size_b: Array, smooth: float) -> Overlap:
    """Add half of `smooth` to each size: what both masks would agree on, |A| + |B| growing by `smooth`."""
    check_smooth(operation, smooth)
    if not smooth:
        return unchecked(both, size_a, size_b)
    half = smooth / 2
    return unchecked(both + half, size_a + half, size_b + half)


def check_smooth(operation: str, smooth: float) -> None:
    """Refuse what is no number of cells."""
    if not smooth >= 0:
        raise ValueError(f"{operation}: smooth is a number of cells >= 0, got {smooth}")


def _defined(value: Array, index: Index, o: Overlap, xp: ModuleType) -> Array:
    """Return an index that is 1 where both sets are empty, and 0 where one is, if it is NaN there."""
    # 0 times NaN is NaN: what is no number because the masks hold NaN stays so
    some_empty = o.size_a * o.size_b == 0
    undefined = xp.isnan(value) & some_empty
    if is_host(undefined) and not bool(xp.any(undefined)):
        return value
    # an index that divides 0 by 0 has no gradient either, so it is taken of other sizes there
    both = xp.where(undefined, xp.ones_like(o.intersection), o.intersection)
    size_a = xp.where(undefined, xp.ones_like(o.size_a), o.size_a)
    size_b = xp.where(undefined, xp.ones_like(o.size_b), o.size_b)
    value = index(unchecked(both, size_a, size_b))
    both_empty = xp.astype(o.size_a + o.size_b == 0, value.dtype)
    return xp.where(undefined, both_empty, value)


def counted_ratios(
    where: Array | None, weights: Array | None, shape: tuple[int, ...], axis: Axis, xp: ModuleType
) -> Array | None:
    """Return which ratios have a cell that counts, with a weight; None if all cells count."""
    if weights is not None:
        has_weight = weights != 0
        where = has_weight if where is None else where & has_weight
    if where is None:
        return None
    ndim = len(shape)
    if axis is None:
        axis = tuple(range(ndim))
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    summed = tuple(k % ndim for k in axes)
    kept = tuple(n for k, n in enumerate(shape) if k not in summed)
    if 0 in shape:
        return xp.any(xp.broadcast_to(where, tuple(shape)), axis=summed)
    # before it is broadcast: what holds for all classes is looked at once
    where = xp.reshape(where, (1,) * (ndim - where.ndim) + tuple(where.shape))
    counted = xp.any(where, axis=summed)
    return xp.broadcast_to(counted, kept)


def reduced(
    operation: str,
    loss: Array,
    class_weights: Array | None,
    reduction: Reduction,
    xp: ModuleType,
    counted: Array | None = None,
) -> Array:
    """Weigh and reduce the losses of all ratios that are `counted`; without reduction the others are NaN."""
    share = None
    if class_weights is not None:
        share = _share(operation, loss, class_weights, xp)
    if counted is not None and is_host(counted) and bool(xp.all(counted)):
        counted = None
    if counted is not None:
        loss = xp.where(counted, loss, nan if reduction == "none" else 0.0)
        whole = xp.astype(counted, loss.dtype)
        share = whole if share is None else share * whole
    if share is not None:
        loss = share * loss
    if reduction == "none":
        return loss
    if reduction == "sum":
        return xp.sum(loss)
    if share is not None:
        return safe_ratio(xp.sum(loss), xp.sum(share), 0.0, xp)
    return xp.sum(loss) / max(prod(loss.shape), 1)


def _share(operation: str, loss: Array, class_weights: Array, xp: ModuleType) -> Array:
    """Return the weight of each ratio."""
    namespace(operation, loss=loss, class_weights=class_weights)
    try:
        return xp.broadcast_to(xp.astype(class_weights, loss.dtype, copy=False), loss.shape)
    except (ValueError, RuntimeError):
        raise ValueError(
            f"{operation}: class_weights has shape {tuple(class_weights.shape)}, which does not broadcast to that of "
            f"the ratios, {tuple(loss.shape)}"
        ) from None
