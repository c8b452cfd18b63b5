"""Losses of masks that bend the loss of each ratio: focal Tversky and log-cosh Dice. Public through `overlap.losses`.

Conventions
-----------
- The loss of a ratio is that of `overlap.losses.tversky_loss` or `dice_loss`. It is bent ratio by ratio, before
  the mean over the ratios is taken.
"""

from __future__ import annotations

from functools import partial
from types import ModuleType

from .._arrays import Array, Axis, SameArray
from ..indices import dice, tversky
from ..raster import TNorm
from .ratios import Reduction, reduced_loss


def focal_tversky_loss(
    prediction: SameArray,
    target: SameArray,
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
) -> SameArray:
    """Focal Tversky loss, the Tversky loss to the power `gamma`, ratio by ratio.

    Below 1 the power steepens the loss of what is nearly right, above 1 of what is far off. (The paper writes its
    exponent as 1/γ; its γ = 4/3 is 0.75 here.) At a loss of exactly 0 the gradient is 0. For the rest see
    `tversky_loss`.

    See Also
    --------
    tversky_loss : Tversky loss, 1 − |A∩B| / (|A∩B| + α|A∖B| + β|B∖A|).
    overlap.nn.FocalTverskyLoss : Focal Tversky loss, the Tversky loss to the power `gamma`.

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
    index = partial(tversky, alpha=alpha, beta=beta, empty=1.0)
    curve = partial(focused, gamma=gamma)
    return reduced_loss(
        operation, prediction, target, index, axis, smooth, tnorm, weights, where, class_weights, reduction, curve
    )


def log_cosh_dice_loss(
    prediction: SameArray,
    target: SameArray,
    *,
    axis: Axis = None,
    smooth: float = 0.0,
    tnorm: TNorm = "minimum",
    weights: Array | None = None,
    where: Array | None = None,
    class_weights: Array | None = None,
    reduction: Reduction = "mean",
) -> SameArray:
    """Log-cosh Dice loss, log cosh(1 − Dice), ratio by ratio: the Dice loss with a slope that fades near its end.

    About (1 − D)²/2 where the overlap is nearly right, and at most log cosh 1 = 0.434. A case or class that fits well
    pulls less than one that does not. The prediction that is best is the one that `dice_loss` seeks, of one ratio. For
    the options see there.

    See Also
    --------
    dice_loss : Soft Dice loss, 1 − Dice.
    overlap.nn.LogCoshDiceLoss : Log-cosh Dice loss, log cosh(1 − Dice) for each case and class.

    References
    ----------
    Jadon, S. (2020). A survey of loss functions for semantic segmentation. CIBCB. arXiv:2006.14822

    Examples
    --------
    >>> import numpy as np
    >>> missed = np.array([0.5, 0.0]), np.array([True, False])
    >>> round(float(log_cosh_dice_loss(*missed)), 4)
    0.0546
    """
    operation = "losses.log_cosh_dice_loss"
    return reduced_loss(
        operation, prediction, target, dice, axis, smooth, tnorm, weights, where, class_weights, reduction, log_cosh
    )


def focused(loss: Array, xp: ModuleType, gamma: float) -> Array:
    """Return losses to the power gamma; at 0 the gradient is 0. NaN stays."""
    positive = ~(loss <= 0)
    return xp.where(positive, xp.where(positive, loss, 1.0) ** gamma, 0.0)


def log_cosh(loss: Array, xp: ModuleType) -> Array:
    """Return log cosh of losses, as accurate for small ones as for large."""
    # cosh x − 1 = 2 sinh²(x/2)
    return xp.log1p(2 * xp.sinh(loss / 2) ** 2)
