"""Dice together with a cross-entropy, which looks at cells one by one. Public through `overlap.losses`.

Conventions
-----------
- A cross-entropy is a ratio of sums, too: over all cells of a case, or of a pooled batch.
- Of classes that exclude each other it is the mean over cells of Σ y′ (−log p). With weights of classes it is
  Σ w y′ (−log p) / Σ w y over cells and classes: of labels, torch's ``cross_entropy(weight=w)``.
- Of channels by themselves it is the mean over cells of v y′ (−log p) + (1 − y′) (−log(1 − p)), v the positive weight.
- y′ = (1 − ε) y + ε/K is the label smoothed by ε, K the number of classes that exclude each other, or 2.
- Logarithms of probabilities stop at −100, so that a cross-entropy is finite at 0 and 1. From logits,
  `overlap.nn` takes the logarithms without passing through a probability.

References
----------
Isensee, F. et al. (2021). nnU-Net: a self-configuring method for deep learning-based biomedical image
segmentation. Nat. Methods 18, 203. doi:10.1038/s41592-020-01008-z
Szegedy, C. et al. (2016). Rethinking the Inception architecture. CVPR. arXiv:1512.00567 (label smoothing)
"""

from __future__ import annotations

from collections.abc import Callable
from math import nan
from types import ModuleType
from typing import Any, NamedTuple

from .._arrays import Array, Axis, SameArray, plain, safe_ratio, sum_dtype
from .._checks import check_choice, check_real
from ..indices import dice
from ..raster import TNorm
from .ratios import REDUCTIONS, Reduction, counted_ratios, loss_of_each, reduced

_SMALLEST = 3.7200759760208356e-44
"""exp(−100)"""


Bend = Callable[[Array, Array, ModuleType], tuple[Array, Array]]
"""What is made of log p and log(1 − p) before they are summed: a function of both and their array namespace."""


class EntropySums(NamedTuple):
    """What a cross-entropy is made of: sums over cells, each cell counting s."""

    own: Array
    """Σ s y′ (−log p)"""
    other: Array
    """Σ s (1 − y′) (−log(1 − p)); 0 of classes that exclude each other."""
    mass: Array
    """Σ s y"""
    cells: Array
    """Σ s; of classes that exclude each other, of the largest s that a class gives a cell."""


def dice_ce_loss(
    prediction: SameArray,
    target: SameArray,
    *,
    class_axis: int | None = None,
    axis: Axis = None,
    dice_weight: float = 1.0,
    ce_weight: float = 1.0,
    smooth: float = 0.0,
    tnorm: TNorm = "minimum",
    weights: Array | None = None,
    where: Array | None = None,
    class_weights: Array | None = None,
    ce_class_weights: Array | None = None,
    pos_weight: Array | float | None = None,
    label_smoothing: float = 0.0,
    reduction: Reduction = "mean",
) -> SameArray:
    """Dice loss plus cross-entropy: the overlap as a whole, and each cell's probability by itself.

    The cross-entropy is the part that calibrates: of a target drawn anew each time, as from one of several raters,
    it returns the mean, where Dice by itself seeks a quantile.

    Parameters
    ----------
    prediction, target : array
        As in `dice_loss`.
    class_axis : int, optional
        The axis of the classes if they exclude each other (probabilities sum to 1 over it): the cross-entropy is
        then that of the classes against each other. By default every value is a chance by itself, with a binary
        cross-entropy.
    axis : int or tuple of int, optional
        As in `dice_loss`. The cross-entropy is a mean over the counted cells of these axes.
    dice_weight, ce_weight : float
        Weights of the two parts.
    smooth, tnorm, weights, where
        As in `dice_loss`.
    class_weights : array, optional
        As in `dice_loss`, for both parts.
    ce_class_weights : array, optional
        Weights of the classes in the cross-entropy, if it has its own.
    pos_weight : array or float, optional
        How much a cell of the target counts in a binary cross-entropy, beside one of the background.
    label_smoothing : float
        Share (0 to 1) of each label that the cross-entropy spreads over all classes.
    reduction : {"mean", "sum", "none"}
        As in `dice_loss`.

    Returns
    -------
    array
        () or, for "none", of the shape that `axis` leaves, of length 1 along `class_axis` (Dice is averaged there).

    Raises
    ------
    TypeError, ValueError
        As `dice_loss`; if `label_smoothing` is not in [0, 1]; if `pos_weight` is given with `class_axis`.

    See Also
    --------
    dice_loss : Soft Dice loss, 1 − Dice.
    dice_focal_loss : Dice loss plus a focal cross-entropy.
    overlap.nn.DiceCELoss : Dice loss plus cross-entropy, the part that calibrates.

    References
    ----------
    Isensee, F. et al. (2021). nnU-Net: a self-configuring method for deep learning-based biomedical image
    segmentation. Nat. Methods 18, 203. doi:10.1038/s41592-020-01008-z

    Examples
    --------
    >>> import numpy as np
    >>> round(float(dice_ce_loss(np.array([0.5, 0.5]), np.array([True, False]))), 4)
    1.1931
    """
    operation = "losses.dice_ce_loss"
    check_label_smoothing(operation, label_smoothing)
    if pos_weight is not None and class_axis is not None:
        raise ValueError(
            f"{operation}: pos_weight is for a binary cross-entropy, and class_axis={class_axis} makes the classes "
            "exclude each other; weigh them by ce_class_weights="
        )
    return dice_and_entropy(
        operation,
        prediction,
        target,
        class_axis,
        axis,
        dice_weight,
        ce_weight,
        smooth,
        tnorm,
        weights,
        where,
        class_weights,
        ce_class_weights,
        pos_weight,
        label_smoothing,
        reduction,
    )


def dice_and_entropy(
    operation: str,
    prediction: Array,
    target: Array,
    class_axis: int | None,
    axis: Axis,
    dice_weight: float,
    ce_weight: float,
    smooth: float,
    tnorm: TNorm,
    weights: Array | None,
    where: Array | None,
    class_weights: Array | None,
    ce_class_weights: Array | None,
    pos_weight: Array | float | None,
    label_smoothing: float,
    reduction: Reduction,
    bend: Bend | None = None,
) -> Array:
    """Return Dice plus a cross-entropy; see `dice_ce_loss`. Messages name the operation."""
    check_choice(operation, "reduction", reduction, REDUCTIONS)
    prediction, target, weights, where = plain(prediction, target, weights, where)
    loss, xp = loss_of_each(operation, prediction, target, dice, axis, smooth, tnorm, weights, where)
    counted = counted_ratios(where, weights, prediction.shape, axis, xp)
    p = at_least_single(prediction, xp)
    over_cells = _without(class_axis, axis, prediction.ndim)
    log_p = log(p, xp)
    log_not_p = log(1 - p, xp)
    if bend is not None:
        log_p, log_not_p = bend(log_p, log_not_p, xp)
    sums = entropy_sums(log_p, log_not_p, target, class_axis, over_cells, weights, where, label_smoothing, xp)
    if ce_class_weights is None:
        ce_class_weights = class_weights
    if class_axis is None:
        entropy = binary_entropy(sums, pos_weight, xp)
        entropy = reduced(operation, entropy, ce_class_weights, reduction, xp, counted)
        overlap = reduced(operation, loss, class_weights, reduction, xp, counted)
        return dice_weight * overlap + ce_weight * entropy
    classes = class_axis % prediction.ndim
    classes -= len([k for k in over_cells if k < classes])
    entropy = exclusive_entropy(sums, ce_class_weights, classes, xp)
    is_defined = weight_of_cells(sums, ce_class_weights, classes, xp) > 0
    if entropy.ndim > loss.ndim:
        # one ratio of all classes
        entropy = xp.squeeze(entropy, axis=classes)
        is_defined = xp.squeeze(is_defined, axis=classes)
        entropy = reduced(operation, entropy, None, reduction, xp, is_defined)
        overlap = reduced(operation, loss, class_weights, reduction, xp, counted)
        return dice_weight * overlap + ce_weight * entropy
    entropy = reduced(operation, entropy, None, reduction, xp, is_defined)
    if reduction == "none":
        overlap = mean_over_classes(loss, class_weights, counted, classes, xp)
    else:
        overlap = reduced(operation, loss, class_weights, reduction, xp, counted)
    return dice_weight * overlap + ce_weight * entropy


def check_label_smoothing(operation: str, label_smoothing: float) -> None:
    """Refuse what is no share."""
    check_real(operation, "label_smoothing", label_smoothing)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"{operation}: label_smoothing is a share from 0 to 1, got {label_smoothing}")


def _without(class_axis: int | None, axis: Axis, ndim: int) -> tuple[int, ...]:
    """Return the axes to sum cells over, counted from the first: those named, but not that of the classes."""
    if axis is None:
        axes = set(range(ndim))
    elif isinstance(axis, int):
        axes = {axis % ndim}
    else:
        axes = {k % ndim for k in axis}
    if class_axis is not None:
        axes.discard(class_axis % ndim)
    return tuple(sorted(axes))


def entropy_sums(
    log_p: Array,
    log_not_p: Array,
    target: Array,
    class_axis: int | None,
    axis: tuple[int, ...],
    weights: Array | None,
    where: Array | None,
    label_smoothing: float,
    xp: ModuleType,
) -> EntropySums:
    """Add up the cross-entropy of cells, from the logarithms of p and 1 − p."""
    dtype = sum_dtype((log_p,), xp)
    y = xp.astype(target, log_p.dtype, copy=False)
    s = xp.ones_like(log_p)
    if weights is not None:
        s = xp.astype(s, dtype) * xp.astype(weights, dtype, copy=False)
    if where is not None:
        y = xp.where(where, y, 0.0)
        s = xp.where(where, s, 0.0)
    # where all cells count 1 there is nothing to multiply
    counts = None if weights is None and where is None else s
    n_rivals = 2 if class_axis is None else log_p.shape[class_axis]
    smoothed = (1 - label_smoothing) * y + label_smoothing / n_rivals if label_smoothing else y
    own = -_summed(_share_of(smoothed, log_p, where, xp), counts, axis, dtype, xp)
    other = xp.zeros_like(own)
    if class_axis is None:
        other = -_summed(_share_of(1 - smoothed, log_not_p, where, xp), counts, axis, dtype, xp)
    mass = _summed(y, counts, axis, dtype, xp)
    if class_axis is not None and counts is not None:
        # a cell counts if one of its classes does
        s = xp.broadcast_to(xp.max(s, axis=class_axis, keepdims=True), tuple(s.shape))
    return EntropySums(own, other, mass, _summed(s, None, axis, dtype, xp))


def _summed(x: Array, counts: Array | None, axis: tuple[int, ...], dtype: Any, xp: ModuleType) -> Array:
    """Return Σ s x; `counts` is None where every cell counts 1."""
    if counts is not None:
        x = xp.astype(counts, dtype, copy=False) * x
    return xp.sum(x, axis=axis, dtype=dtype)


def _share_of(y: Array, logarithm: Array, where: Array | None, xp: ModuleType) -> Array:
    """Return y log p, which is 0 where y is 0 or does not count, whatever p is there."""
    has_share = y != 0
    if where is not None:
        has_share = has_share & where
    return xp.where(has_share, y * xp.where(has_share, logarithm, 0.0), 0.0)


def exclusive_entropy(sums: EntropySums, class_weights: Array | None, classes: int, xp: ModuleType) -> Array:
    """Return the cross-entropy of classes that exclude each other, of length 1 along their axis, `classes`."""
    own = sums.own
    if class_weights is not None:
        own = xp.astype(class_weights, own.dtype, copy=False) * own
    own = xp.sum(own, axis=classes, keepdims=True)
    return safe_ratio(own, weight_of_cells(sums, class_weights, classes, xp), 0.0, xp)


def weight_of_cells(sums: EntropySums, class_weights: Array | None, classes: int, xp: ModuleType) -> Array:
    """Return what a cross-entropy of classes that exclude each other is divided by; 0 where none is defined."""
    if class_weights is None:
        return xp.max(sums.cells, axis=classes, keepdims=True)
    w = xp.astype(class_weights, sums.mass.dtype, copy=False)
    return xp.sum(w * sums.mass, axis=classes, keepdims=True)


def binary_entropy(sums: EntropySums, pos_weight: Array | float | None, xp: ModuleType) -> Array:
    """Return the mean over cells of v y′ (−log p) + (1 − y′) (−log(1 − p)), v the positive weight."""
    own = sums.own
    if pos_weight is not None:
        own = pos_weight * own
    return safe_ratio(own + sums.other, sums.cells, 0.0, xp)


def mean_over_classes(
    loss: Array, class_weights: Array | None, counted: Array | None, classes: int, xp: ModuleType
) -> Array:
    """Average over the classes that count, by their weights; NaN where none does. The axis stays, of length 1."""
    share = xp.ones_like(loss)
    if class_weights is not None:
        share = share * xp.astype(class_weights, loss.dtype, copy=False)
    if counted is not None:
        share = xp.where(counted, share, 0.0)
        loss = xp.where(counted, loss, 0.0)
    total = xp.sum(share * loss, axis=classes, keepdims=True)
    return safe_ratio(total, xp.sum(share, axis=classes, keepdims=True), nan, xp)


def at_least_single(x: Array, xp: ModuleType) -> Array:
    """Return `x` in float32, or wider if it is."""
    if x.dtype in (xp.float32, xp.float64):
        return x
    return xp.astype(x, xp.float32)


def log(p: Array, xp: ModuleType) -> Array:
    """Take the logarithm of probabilities, −100 at the least."""
    large_enough = p > _SMALLEST
    return xp.where(large_enough, xp.log(xp.where(large_enough, p, 1.0)), -100.0)
