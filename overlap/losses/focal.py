"""Dice together with a focal cross-entropy, which looks at cells far off. Public through `overlap.losses`.

Conventions
-----------
- Of a cell of the target the loss is α (1 − p)^γ (−log p), of one of the background (1 − α) p^γ (−log(1 − p)). Without
  an α both count 1. A target between 0 and 1 weighs the two, as chances: the loss is then the mean of that of targets
  drawn 0 or 1.
- Of classes that exclude each other it is Σ y α (1 − p)^γ (−log p), where the first class, the background, has 1 − α
  and all others α.
- Sums and means are those of the cross-entropy of `overlap.losses.dice_ce_loss`, which this is at γ = 0.

References
----------
Lin, T.-Y. et al. (2017). Focal loss for dense object detection. ICCV. arXiv:1708.02002
Zhu, W. et al. (2019). AnatomyNet. Med. Phys. 46, 576. arXiv:1808.05238 (with Dice)
"""

from __future__ import annotations

from functools import partial
from math import isfinite
from types import ModuleType

import array_api_compat as compat

from .._arrays import Array, Axis, SameArray
from .._checks import check_real
from ..raster import TNorm
from .entropies import dice_and_entropy
from .ratios import Reduction


def dice_focal_loss(
    prediction: SameArray,
    target: SameArray,
    gamma: float = 2.0,
    alpha: float | None = None,
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
    reduction: Reduction = "mean",
) -> SameArray:
    """Dice loss plus a focal cross-entropy: cells that are nearly right hardly count, and cells far off do.

    What it seeks is not the chance of a cell but something nearer to 1/2: 0.31 where the chance is 0.1, at γ = 2. For
    calibrated probabilities use `dice_ce_loss`.

    Parameters
    ----------
    prediction, target : array
        As in `dice_loss`.
    gamma : float
        Power (≥ 0) of how far off a cell is; 0 is the cross-entropy itself.
    alpha : float, optional
        Weight (0 to 1) of cells of the target; those of the background weigh 1 − alpha. By default both weigh 1.
    class_axis : int, optional
        The axis of the classes if they exclude each other; the first one is then the background. By default every value
        is a chance by itself.
    axis, dice_weight, ce_weight, smooth, tnorm, weights, where, class_weights, ce_class_weights, reduction
        As in `dice_ce_loss`.

    Returns
    -------
    array
        As `dice_ce_loss`.

    Raises
    ------
    TypeError, ValueError
        As `dice_ce_loss`, and if `gamma` is negative or `alpha` not in [0, 1].

    See Also
    --------
    dice_ce_loss : Dice loss plus cross-entropy.
    overlap.nn.DiceFocalLoss : Dice loss plus a focal cross-entropy, which looks at cells far off.

    References
    ----------
    Lin, T.-Y. et al. (2017). Focal loss for dense object detection. ICCV. arXiv:1708.02002

    Examples
    --------
    >>> import numpy as np
    >>> near, far = np.array([0.9, 0.1]), np.array([0.5, 0.5])
    >>> target = np.array([True, False])
    >>> [round(float(dice_focal_loss(p, target, dice_weight=0.0)), 5) for p in (near, far)]
    [0.00105, 0.17329]
    """
    operation = "losses.dice_focal_loss"
    check_focus(operation, gamma, alpha)
    bend = partial(focal_logarithms, gamma=gamma, alpha=alpha, class_axis=class_axis)
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
        None,
        0.0,
        reduction,
        bend,
    )


def check_focus(operation: str, gamma: float, alpha: float | None) -> None:
    """Refuse what is no power, or no share."""
    check_real(operation, "gamma", gamma)
    if not (isfinite(gamma) and gamma >= 0):
        raise ValueError(f"{operation}: gamma must be a finite number >= 0, got {gamma}")
    if alpha is None:
        return
    check_real(operation, "alpha", alpha)
    if not 0 <= alpha <= 1:
        raise ValueError(f"{operation}: alpha is the weight of the target, a share from 0 to 1, or None, got {alpha}")


def focal_logarithms(
    log_p: Array, log_not_p: Array, xp: ModuleType, gamma: float, alpha: float | None, class_axis: int | None
) -> tuple[Array, Array]:
    """Return α (1 − p)^γ log p and (1 − α) p^γ log(1 − p), of the logarithms of p and 1 − p."""
    own = xp.exp(gamma * log_not_p) * log_p
    other = xp.exp(gamma * log_p) * log_not_p
    if alpha is None:
        return own, other
    if class_axis is None:
        return alpha * own, (1 - alpha) * other
    weight = _weight_of_classes(alpha, own, class_axis, xp)
    return weight * own, weight * other


def _weight_of_classes(alpha: float, x: Array, class_axis: int, xp: ModuleType) -> Array:
    """Return 1 − α for the first class and α for the others, along their axis."""
    shape = [1] * x.ndim
    shape[class_axis] = -1
    classes = xp.arange(x.shape[class_axis], device=compat.device(x))
    is_background = xp.astype(classes == 0, x.dtype)
    return xp.reshape(alpha + (1 - 2 * alpha) * is_background, tuple(shape))
