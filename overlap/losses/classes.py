"""Losses that look at all classes, or at cells one by one, besides Dice. Public through `overlap.losses`.

Conventions
-----------
- ``class_axis`` is the axis of the classes, 1 in arrays (batch, class, ...).
- Logarithms of probabilities stop at −100, so that a cross-entropy is finite at 0 and 1. From logits,
  `overlap.nn` takes the logarithms without passing through a probability.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType, ModuleType
from typing import Any, Literal

from .._arrays import Array, Axis, namespace, safe_ratio, sum_dtype
from .._checks import check_choice
from ..counts import Overlap
from ..indices import dice
from ..raster import TNorm, measure
from .masks import Reduction, checked, dice_loss, reduced, smoothed

Weighting = Literal["square", "linear", "uniform"]

_WEIGHTING: Mapping[str, Callable[[Array], Array]] = MappingProxyType(
    {"square": lambda size: 1 / size**2, "linear": lambda size: 1 / size, "uniform": lambda size: 0 * size + 1}
)
_SMALLEST = 3.7200759760208356e-44
"""exp(−100)"""


def generalised_dice_loss(
    prediction: Array,
    target: Array,
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
) -> Array:
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
    >>> target = np.zeros((1, 2, 8), bool)
    >>> target[0, 0, :7] = target[0, 1, 7] = True
    >>> prediction = np.zeros((1, 2, 8))
    >>> prediction[0, 0] = 1.0
    >>> round(float(generalised_dice_loss(prediction, target)), 3), float(dice_loss(prediction, target))
    (0.781, 0.125)
    """
    operation = "losses.generalised_dice_loss"
    xp = checked(operation, prediction, target, smooth)
    check_choice(operation, "weighting", weighting, _WEIGHTING)
    axes, at = _around(operation, prediction.ndim, axis, class_axis)
    o = measure(prediction, target, axis=axes, weights=weights, where=where, tnorm=tnorm)
    share = _class_share(o.size_b, at, weighting, class_weights, xp)
    pooled = Overlap(*(xp.sum(share * x, axis=at) for x in (o.intersection, o.size_a, o.size_b)))
    return reduced(operation, 1 - dice(smoothed(pooled, smooth), empty=1.0), None, reduction, xp)


def _around(operation: str, ndim: int, axis: Axis, class_axis: int) -> tuple[tuple[int, ...], int]:
    """Return the axes to sum over, and where the axis of the classes is after that."""
    given = () if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
    if not all(-ndim <= k < ndim for k in (class_axis, *given)):
        raise ValueError(f"{operation}: class_axis {class_axis} or axis {axis} is not one of the {ndim} axes")
    kept = class_axis % ndim
    axes = tuple(k % ndim for k in given) if axis is not None else tuple(k for k in range(ndim) if k != kept)
    if kept in axes:
        raise ValueError(f"{operation}: axis {axis} names the axis of the classes, {class_axis}; leave it out")
    return axes, kept - sum(k < kept for k in axes)


def _class_share(size: Array, at: int, weighting: str, class_weights: Array | None, xp: ModuleType) -> Array:
    size = xp.astype(size, sum_dtype((size,), xp), copy=False) if xp.isdtype(size.dtype, "integral") else size
    present = size > 0
    found = xp.where(present, _WEIGHTING[weighting](xp.where(present, size, 1.0)), 0.0)
    rarest = xp.max(found, axis=at, keepdims=True)
    share = xp.where(present, found, xp.where(rarest > 0, rarest, 1.0))
    if class_weights is not None:
        namespace("losses.generalised_dice_loss", target=size, class_weights=class_weights)
        shape = tuple(-1 if k == at else 1 for k in range(size.ndim))
        share = share * xp.reshape(xp.astype(class_weights, size.dtype, copy=False), shape)
    return safe_ratio(share, xp.sum(share, axis=at, keepdims=True), 0.0, xp)


def dice_ce_loss(
    prediction: Array,
    target: Array,
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
    reduction: Reduction = "mean",
) -> Array:
    """Dice loss plus cross-entropy: the overlap as a whole, and each cell's probability by itself.

    The cross-entropy is the part that calibrates: of a target drawn anew each time, as from one of several raters,
    it returns the mean, where Dice by itself seeks a quantile.

    Parameters
    ----------
    prediction, target : array
        As in `dice_loss`.
    class_axis : int, optional
        The axis of the classes if they exclude each other (probabilities sum to 1 over it): the cross-entropy is
        then that of the classes against each other, and `weights` and `where` must be alike for all of them. By
        default every value is a chance by itself, with a binary cross-entropy.
    axis : int or tuple of int, optional
        As in `dice_loss`. The cross-entropy is a mean over the counted cells of these axes.
    dice_weight, ce_weight : float
        Weights (≥ 0) of the two parts.
    smooth, tnorm, weights, where
        As in `dice_loss`.
    class_weights : array, optional
        As in `dice_loss`, for the Dice part.
    reduction : {"mean", "sum", "none"}
        As in `dice_loss`.

    Returns
    -------
    array
        () or, for "none", of the shape that `axis` leaves, of length 1 along `class_axis` (Dice is averaged there).

    Raises
    ------
    TypeError, ValueError
        As `dice_loss`.

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
    xp = checked("losses.dice_ce_loss", prediction, target, smooth)
    cells: dict[str, Any] = {"axis": axis, "weights": weights, "where": where, "reduction": reduction}
    overlap = dice_loss(prediction, target, smooth=smooth, tnorm=tnorm, class_weights=class_weights, **cells)
    p = at_least_single(prediction, xp)
    entropy = cross_entropy(log(p, xp), log(1 - p, xp), target, class_axis=class_axis, **cells)
    return dice_weight * per_case(overlap, entropy, xp) + ce_weight * entropy


def cross_entropy(
    log_p: Array,
    log_not_p: Array,
    target: Array,
    *,
    class_axis: int | None,
    axis: Axis,
    weights: Array | None,
    where: Array | None,
    reduction: Reduction,
) -> Array:
    """Average the cross-entropy over the cells of `axis`, from the logarithms of p and 1 − p."""
    operation = "losses.dice_ce_loss"
    xp = namespace(operation, log_p=log_p, target=target, weights=weights, where=where)
    y = xp.astype(target, log_p.dtype, copy=False)
    if where is not None:
        y = xp.where(where, y, 0.0)
    if class_axis is None:
        cells = -(y * log_p + (1 - y) * log_not_p)
    else:
        cells = -xp.sum(y * log_p, axis=class_axis, keepdims=True)
    cells, count = _counted(cells, weights, where, xp)
    mean = safe_ratio(xp.sum(cells, axis=axis), xp.sum(count, axis=axis), 0.0, xp)
    return reduced(operation, mean, None, reduction, xp)


def per_case(overlap: Array, entropy: Array, xp: ModuleType) -> Array:
    """Average Dice over the classes where the cross-entropy has one value for all of them."""
    axes = tuple(k for k, (n, m) in enumerate(zip(overlap.shape, entropy.shape, strict=True)) if n != m)
    return xp.mean(overlap, axis=axes, keepdims=True) if axes else overlap


def at_least_single(x: Array, xp: ModuleType) -> Array:
    """Return `x` in float32, or wider if it is."""
    return x if x.dtype in (xp.float32, xp.float64) else xp.astype(x, xp.float32)


def _counted(cells: Array, weights: Array | None, where: Array | None, xp: ModuleType) -> tuple[Array, Array]:
    count = xp.ones_like(cells, dtype=sum_dtype((cells,), xp))
    if weights is not None:
        count = count * xp.astype(weights, count.dtype, copy=False)
    if where is not None:
        cells, count = xp.where(where, cells, 0.0), xp.where(where, count, 0.0)
    return cells * count, count


def log(p: Array, xp: ModuleType) -> Array:
    """Take the logarithm of probabilities, −100 at the least."""
    some = p > _SMALLEST
    return xp.where(some, xp.log(xp.where(some, p, 1.0)), -100.0)
