"""Generalised Dice: one ratio of all classes, weighted by their rarity. Public through `overlap.losses`.

Conventions
-----------
- ``class_axis`` is the axis of the classes, 1 in arrays (batch, class, ...).
- The weight of a class comes from its size in the target.
"""

from __future__ import annotations

from types import ModuleType
from typing import Literal

from .._arrays import Array, Axis, SameArray, namespace, plain, safe_ratio, sum_dtype
from .._checks import check_choice
from ..indices import dice
from ..raster import TNorm
from ..raster.sizes import Names, check_masks, measure_checked
from .ratios import REDUCTIONS, Reduction, counted_ratios, reduced, smoothed

Weighting = Literal["square", "linear", "uniform"]
WEIGHTINGS = ("square", "linear", "uniform")


def generalised_dice_loss(
    prediction: SameArray,
    target: SameArray,
    *,
    class_axis: int = 1,
    axis: Axis = None,
    weighting: Weighting = "square",
    smooth: float = 0.0,
    tnorm: TNorm = "minimum",
    weights: Array | None = None,
    where: Array | None = None,
    class_weights: Array | None = None,
    reduction: Reduction = "mean",
) -> SameArray:
    """Generalised Dice loss: one Dice of all classes together, rare classes weighing as much as common ones.

    1 − 2 Σ w|A∩B| / Σ w(|A| + |B|) over the classes, where w falls with the size of the class in the target. A
    class the target lacks weighs as much as the rarest one there is. The weights are divided by their sum, so
    that `smooth` is in cells of an average class.

    Parameters
    ----------
    prediction, target : array
        As in `dice_loss`.
    class_axis : int
        The axis of the classes.
    axis : int or tuple of int, optional
        Axes that sizes are summed over, besides that of the classes; all others by default.
    weighting : {"square", "linear", "uniform"}
        w = 1/|B|², 1/|B| or 1.
    smooth, tnorm, weights, where
        As in `dice_loss`.
    class_weights : array, optional
        A further weight (≥ 0) of each class, (classes,).
    reduction : {"mean", "sum", "none"}
        As in `dice_loss`.

    Returns
    -------
    array
        () or, for "none", of the shape that `axis` and `class_axis` leave.

    Raises
    ------
    TypeError, ValueError
        As `dice_loss`, and if `axis` names the axis of the classes.

    See Also
    --------
    dice_loss : Soft Dice loss, 1 − Dice.
    overlap.nn.GeneralisedDiceLoss : Generalised Dice loss, one ratio of all classes, weighted by their rarity.

    References
    ----------
    Crum, W. R., Camara, O. & Hill, D. L. G. (2006). Generalized overlap measures for evaluation and validation in
    medical image analysis. IEEE Trans. Med. Imaging 25, 1451. doi:10.1109/TMI.2006.880587
    Sudre, C. H. et al. (2017). Generalised Dice overlap as a deep learning loss function for highly unbalanced
    segmentations. DLMIA. arXiv:1707.03237

    Examples
    --------
    A class of one cell is missed: Dice over all cells would hardly see it.

    >>> import numpy as np
    >>> from overlap.losses import dice_loss
    >>> target = np.zeros((1, 2, 8), bool)
    >>> target[0, 0, :7] = target[0, 1, 7] = True
    >>> prediction = np.zeros((1, 2, 8))
    >>> prediction[0, 0] = 1.0
    >>> round(float(generalised_dice_loss(prediction, target)), 3), float(dice_loss(prediction, target))
    (0.781, 0.125)
    """
    operation = "losses.generalised_dice_loss"
    check_choice(operation, "weighting", weighting, WEIGHTINGS)
    check_choice(operation, "reduction", reduction, REDUCTIONS)
    prediction, target, weights, where = plain(prediction, target, weights, where)
    loss, xp = generalised_loss_of_each(
        operation, prediction, target, class_axis, axis, weighting, smooth, tnorm, weights, where, class_weights
    )
    counted = counted_cases(where, weights, prediction.shape, axis, class_axis, xp)
    return reduced(operation, loss, None, reduction, xp, counted)


def counted_cases(
    where: Array | None,
    weights: Array | None,
    shape: tuple[int, ...],
    axis: Axis,
    class_axis: int,
    xp: ModuleType,
) -> Array | None:
    """Return which ratios of all classes have a cell that counts, without the axis of the classes; None if all do."""
    ndim = len(shape)
    summed = _summed_axes("losses.generalised_dice_loss", ndim, axis, class_axis)
    return counted_ratios(where, weights, shape, (*summed, class_axis % ndim), xp)


def generalised_loss_of_each(
    operation: str,
    prediction: Array,
    target: Array,
    class_axis: int,
    axis: Axis,
    weighting: Weighting,
    smooth: float,
    tnorm: TNorm,
    weights: Array | None,
    where: Array | None,
    class_weights: Array | None,
    is_in_range: bool = False,
) -> tuple[Array, ModuleType]:
    """Return 1 − Dice of all classes, ratio by ratio, and the array namespace; see `loss_of_each`."""
    names = Names(operation, "prediction", "target")
    xp = check_masks(names, prediction, target, weights, where, tnorm)
    summed = _summed_axes(operation, prediction.ndim, axis, class_axis)
    both, size_a, size_b = measure_checked(
        names, prediction, target, summed, weights, where, tnorm, None, xp, is_in_range
    )
    # where the axis of the classes is among those that are left
    classes = class_axis % prediction.ndim
    classes -= len([k for k in summed if k < classes])
    sizes = (both, size_a, size_b)
    return generalised_loss_of_sizes(operation, sizes, classes, weighting, smooth, class_weights, xp), xp


def generalised_loss_of_sizes(
    operation: str,
    sizes: tuple[Array, Array, Array],
    classes: int,
    weighting: Weighting,
    smooth: float,
    class_weights: Array | None,
    xp: ModuleType,
) -> Array:
    """Return 1 − Dice of all classes from |A∩B|, |A| and |B| of each; `classes` is their axis."""
    both, size_a, size_b = sizes
    weight = _class_weight(size_b, weighting, classes, xp)
    if class_weights is not None:
        weight = weight * _along(operation, class_weights, classes, weight, xp)
    weight = safe_ratio(weight, xp.sum(weight, axis=classes, keepdims=True), 0.0, xp)
    both = xp.sum(weight * both, axis=classes)
    size_a = xp.sum(weight * size_a, axis=classes)
    size_b = xp.sum(weight * size_b, axis=classes)
    return 1 - dice(smoothed(operation, both, size_a, size_b, smooth), empty=1.0)


def _summed_axes(operation: str, ndim: int, axis: Axis, class_axis: int) -> tuple[int, ...]:
    """Return the axes to sum sizes over, counted from the first: those named, or all but that of the classes."""
    if axis is None:
        axes = tuple(k for k in range(ndim) if k != class_axis % ndim)
    elif isinstance(axis, int):
        axes = (axis,)
    else:
        axes = tuple(axis)
    if not all(-ndim <= k < ndim for k in (class_axis, *axes)):
        raise ValueError(f"{operation}: class_axis {class_axis} or axis {axis} is not one of the {ndim} axes")
    axes = tuple(k % ndim for k in axes)
    if class_axis % ndim in axes:
        raise ValueError(f"{operation}: axis {axis} names the axis of the classes, {class_axis}; leave it out")
    return axes


def _class_weight(size: Array, weighting: Weighting, classes: int, xp: ModuleType) -> Array:
    """Return w = 1/|B|², 1/|B| or 1; a class without a cell weighs as much as the rarest one there is."""
    if xp.isdtype(size.dtype, "integral"):
        size = xp.astype(size, sum_dtype((size,), xp), copy=False)
    present = size > 0
    size = xp.where(present, size, 1.0)
    if weighting == "square":
        weight = 1 / size**2
    elif weighting == "linear":
        weight = 1 / size
    else:
        weight = xp.ones_like(size)
    largest = xp.max(xp.where(present, weight, 0.0), axis=classes, keepdims=True)
    return xp.where(present, weight, xp.where(largest > 0, largest, 1.0))


def _along(operation: str, class_weights: Array, classes: int, weight: Array, xp: ModuleType) -> Array:
    """Return the weights of classes so that they broadcast along the axis of the classes."""
    namespace(operation, target=weight, class_weights=class_weights)
    shape = [1] * weight.ndim
    shape[classes] = -1
    return xp.reshape(xp.astype(class_weights, weight.dtype, copy=False), tuple(shape))
