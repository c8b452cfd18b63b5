"""Losses of masks: 1 minus an index of soft sizes. Public through `overlap.losses`.

Conventions
-----------
- The sizes are those of `overlap.raster.measure`, the ratios those of `overlap.indices`: with ``smooth=0`` a loss
  is 1 minus the metric, to the last bit.
- ``smooth`` is in cells (in the unit of `weights`, if given). Half of it is added to each of the three sizes, as
  if the masks agreed on so much more. Dice becomes (2|A∩B| + s) / (|A| + |B| + s).
- Where both masks are empty the loss is 0, and so is its gradient. A ratio of which `where` counts no cell is no
  agreement: it is left out of means and sums, and NaN of itself.
- Sums and losses are float64 on the host and at least float32 on a device, whatever the masks are stored in.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import nan, prod
from types import ModuleType
from typing import Literal

from .._arrays import Array, Axis, is_host, namespace, safe_ratio
from .._checks import check_choice
from ..counts import Overlap, unchecked
from ..indices import dice, iou, tversky
from ..raster import TNorm
from ..raster.sizes import Names, check_masks, measure_checked

Reduction = Literal["mean", "sum", "none"]
REDUCTIONS = ("mean", "sum", "none")

Index = Callable[[Overlap], Array]
"""Any function of an `Overlap` that returns one value for each of them."""


def overlap_loss(
    prediction: Array,
    target: Array,
    index: Index = dice,
    *,
    axis: Axis = None,
    smooth: float = 0.0,
    tnorm: TNorm = "minimum",
    weights: Array | None = None,
    where: Array | None = None,
    class_weights: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """Loss of any index of overlap, 1 − index: how far a predicted mask is from overlapping its target.

    Parameters
    ----------
    prediction, target : array
        As in `dice_loss`.
    index : callable
        A function of an `overlap.Overlap`: `overlap.dice`, `overlap.iou`, `overlap.ochiai`, `overlap.containment`,
        ``partial(overlap.f_beta, beta=2)``, ``partial(overlap.tversky, alpha=0.3, beta=0.7)`` or your own.
        Where it is NaN because a set is empty, it counts as 1 if both are and as 0 if one is, without a gradient.
        ``partial(index, empty=...)`` says otherwise.
    axis, smooth, tnorm, weights, where, class_weights, reduction
        As in `dice_loss`.

    Returns
    -------
    array
        () or, for "none", of the shape that `axis` leaves.

    Raises
    ------
    TypeError, ValueError
        As `dice_loss`.

    Examples
    --------
    >>> from functools import partial
    >>> import numpy as np
    >>> from overlap import f_beta, ochiai
    >>> prediction, target = np.array([0.5, 0.0, 1.0]), np.array([True, False, True])
    >>> round(float(overlap_loss(prediction, target, ochiai)), 4)
    0.134
    >>> round(float(overlap_loss(prediction, target, partial(f_beta, beta=2))), 4)
    0.2105
    """
    operation = "losses.overlap_loss"
    return _reduced_loss(
        operation, prediction, target, index, axis, smooth, tnorm, weights, where, class_weights, reduction
    )


def dice_loss(
    prediction: Array,
    target: Array,
    *,
    axis: Axis = None,
    smooth: float = 0.0,
    tnorm: TNorm = "minimum",
    weights: Array | None = None,
    where: Array | None = None,
    class_weights: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """Soft Dice loss, 1 − Dice: how far a predicted mask is from overlapping its target.

    Two soft values intersect as far as they can (``tnorm="minimum"``): the loss is least where the prediction
    equals the target, whatever the target is. With ``"product"`` a target between 0 and 1 is driven to 0 or 1. Of
    a target that is drawn anew each time, as from one of several raters, no loss of this family returns the
    mean: the minimum seeks a quantile. For calibrated probabilities add a cross-entropy (`dice_ce_loss`).

    Parameters
    ----------
    prediction, target : array
        Masks of one shape and one array library: probabilities in [0, 1] (not logits), the target also bool.
    axis : int or tuple of int, optional
        Axes that one ratio is taken over; all by default. Name the batch axis among them to pool a batch.
    smooth : float
        Cells (≥ 0) of agreement. A target without any cell gives no gradient at 0: pool the batch, so that
        its false positives count beside the lesions of other cases, or else smooth by a cell or so, which biases
        lesions of few cells (3 with 2 found: .667 becomes .714 at 1).
    tnorm : {"minimum", "product", "lukasiewicz"}
        How soft values intersect; see `overlap.raster`. All agree where the target is 0 or 1.
    weights : array, optional
        Size (≥ 0) of each cell; broadcasts to the masks. `smooth` is then in its unit.
    where : array of bool, optional
        True = counted; broadcasts to the masks.
    class_weights : array, optional
        Weight (≥ 0) of each ratio; broadcasts to the shape that `axis` leaves.
    reduction : {"mean", "sum", "none"}
        Over the ratios. The mean is weighted by `class_weights`; so is the sum, undivided.

    Returns
    -------
    array
        () or, for "none", of the shape that `axis` leaves; in [0, 1] before the weights.

    Raises
    ------
    TypeError
        If a mask is neither bool nor floating, or the operands come from different libraries.
    ValueError
        If the shapes do not fit, an option is unknown, or a counted value is outside [0, 1] where values may be
        looked at.

    References
    ----------
    Milletari, F., Navab, N. & Ahmadi, S.-A. (2016). V-Net. 3DV. arXiv:1606.04797
    Wang, Z. et al. (2023). Dice semimetric losses: optimizing the Dice score with soft labels. MICCAI.
    arXiv:2303.16296

    Examples
    --------
    >>> import numpy as np
    >>> target = np.array([[0.0, 0.25, 0.75, 1.0], [0.0, 0.0, 0.0, 1.0]])
    >>> float(dice_loss(target, target)), round(float(dice_loss(target, target, tnorm="product")), 3)
    (0.0, 0.125)
    >>> dice_loss(np.roll(target, 1, axis=1), target, axis=1, smooth=1.0, reduction="none").round(3)
    array([0.4  , 0.667])
    """
    operation = "losses.dice_loss"
    return _reduced_loss(
        operation, prediction, target, dice, axis, smooth, tnorm, weights, where, class_weights, reduction
    )


def jaccard_loss(
    prediction: Array,
    target: Array,
    *,
    axis: Axis = None,
    smooth: float = 0.0,
    tnorm: TNorm = "minimum",
    weights: Array | None = None,
    where: Array | None = None,
    class_weights: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """Soft Jaccard loss, 1 − IoU: as `dice_loss`, which see, but harder on poor overlaps.

    References
    ----------
    Wang, Z. et al. (2023). Jaccard metric losses: optimizing the Jaccard index with soft labels. NeurIPS.
    arXiv:2302.05666

    Examples
    --------
    >>> import numpy as np
    >>> round(float(jaccard_loss(np.array([0.5, 1.0]), np.array([True, True]))), 6)
    0.25
    """
    operation = "losses.jaccard_loss"
    return _reduced_loss(
        operation, prediction, target, iou, axis, smooth, tnorm, weights, where, class_weights, reduction
    )


def tversky_loss(
    prediction: Array,
    target: Array,
    alpha: float = 0.5,
    beta: float = 0.5,
    *,
    axis: Axis = None,
    smooth: float = 0.0,
    tnorm: TNorm = "minimum",
    weights: Array | None = None,
    where: Array | None = None,
    class_weights: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """Tversky loss, 1 − |A∩B| / (|A∩B| + α|A∖B| + β|B∖A|): Dice with a price for each kind of error.

    `alpha` is the price of false positives, what only the prediction has; `beta` that of false negatives. For the
    rest see `dice_loss`, which is (1/2, 1/2).

    References
    ----------
    Salehi, S. S. M., Erdogmus, D. & Gholipour, A. (2017). Tversky loss function for image segmentation using 3D
    fully convolutional deep networks. MLMI. arXiv:1706.05721

    Examples
    --------
    >>> import numpy as np
    >>> missed = np.array([0.5, 0.0]), np.array([True, False])
    >>> round(float(tversky_loss(*missed, 0.3, 0.7)), 4)
    0.4118
    """
    operation = "losses.tversky_loss"
    index = partial(tversky, alpha=alpha, beta=beta, empty=1.0)
    return _reduced_loss(
        operation, prediction, target, index, axis, smooth, tnorm, weights, where, class_weights, reduction
    )


def focal_tversky_loss(
    prediction: Array,
    target: Array,
    alpha: float = 0.3,
    beta: float = 0.7,
    gamma: float = 0.75,
    *,
    axis: Axis = None,
    smooth: float = 0.0,
    tnorm: TNorm = "minimum",
    weights: Array | None = None,
    where: Array | None = None,
    class_weights: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """Focal Tversky loss, the Tversky loss to the power `gamma`, ratio by ratio.

    Below 1 the power steepens the loss of what is nearly right, above 1 of what is far off. (The paper writes its
    exponent as 1/γ; its γ = 4/3 is 0.75 here.) At a loss of exactly 0 the gradient is 0. For the rest see
    `tversky_loss`.

    References
    ----------
    Abraham, N. & Khan, N. M. (2019). A novel focal Tversky loss function with improved attention U-Net for lesion
    segmentation. ISBI. arXiv:1810.07842

    Examples
    --------
    >>> import numpy as np
    >>> missed = np.array([0.5, 0.0]), np.array([True, False])
    >>> round(float(focal_tversky_loss(*missed)), 4)
    0.514
    """
    operation = "losses.focal_tversky_loss"
    if not gamma > 0:
        raise ValueError(f"{operation}: gamma must be > 0, got {gamma}")
    check_choice(operation, "reduction", reduction, REDUCTIONS)
    index = partial(tversky, alpha=alpha, beta=beta, empty=1.0)
    loss, xp = loss_of_each(operation, prediction, target, index, axis, smooth, tnorm, weights, where)
    counted = counted_ratios(where, prediction.shape, axis, xp)
    return reduced(operation, focused(loss, gamma, xp), class_weights, reduction, xp, counted)


def _reduced_loss(
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
) -> Array:
    """See `overlap_loss`; messages name the operation."""
    check_choice(operation, "reduction", reduction, REDUCTIONS)
    loss, xp = loss_of_each(operation, prediction, target, index, axis, smooth, tnorm, weights, where)
    counted = counted_ratios(where, prediction.shape, axis, xp)
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
    if not smooth >= 0:
        raise ValueError(f"{operation}: smooth is a number of cells >= 0, got {smooth}")
    if not smooth:
        return unchecked(both, size_a, size_b)
    half = smooth / 2
    return unchecked(both + half, size_a + half, size_b + half)


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


def focused(loss: Array, gamma: float, xp: ModuleType) -> Array:
    """Return losses to the power gamma; at 0 the gradient is 0. NaN stays."""
    positive = ~(loss <= 0)
    return xp.where(positive, xp.where(positive, loss, 1.0) ** gamma, 0.0)


def counted_ratios(where: Array | None, shape: tuple[int, ...], axis: Axis, xp: ModuleType) -> Array | None:
    """Return which ratios have a cell that counts; None if all cells count."""
    if where is None:
        return None
    if isinstance(axis, list):
        axis = tuple(axis)
    return xp.any(xp.broadcast_to(where, tuple(shape)), axis=axis)


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
