"""The Dice loss whose sizes are sums of squares, V-Net's. Public through `overlap.losses`.

Conventions
-----------
- The sizes are those of `overlap.raster.squared`: ``squared_dice_loss(p, y)`` is ``1 - dice(squared(p, y))`` to the
  last bit. They imply how soft values intersect, so that there is no choice of a t-norm.
"""

from __future__ import annotations

from types import ModuleType

from .._arrays import Array, Axis, SameArray, plain
from .._checks import check_choice
from ..indices import dice
from ..raster.sizes import Names, check_masks
from ..raster.squares import squared_checked
from .ratios import REDUCTIONS, Reduction, counted_ratios, loss_of_sizes, reduced


def squared_dice_loss(
    prediction: SameArray,
    target: SameArray,
    *,
    axis: Axis = None,
    smooth: float = 0.0,
    weights: Array | None = None,
    where: Array | None = None,
    class_weights: Array | None = None,
    reduction: Reduction = "mean",
) -> SameArray:
    """Squared Dice loss of V-Net, 1 − 2Σpy / (Σp² + Σy²): a squared error, scaled by what there is to find.

    Equal to Σ(p − y)² / (Σp² + Σy²), so that a target between 0 and 1 is returned as it is. Of a target that is drawn
    anew in each cell it returns the mean over D, at most 1, where D is the best squared Dice there is: the mean itself
    only where all else is certain, more than it elsewhere (with D = 0.64, 1.6 times as much).

    Parameters
    ----------
    prediction, target, axis
        As in `dice_loss`.
    smooth : float
        Cells (≥ 0) of agreement: (2Σpy + s) / (Σp² + Σy² + s).
    weights, where, class_weights, reduction
        As in `dice_loss`.

    Returns
    -------
    array
        As `dice_loss`.

    Raises
    ------
    TypeError, ValueError
        As `dice_loss`.

    See Also
    --------
    dice_loss : Soft Dice loss, 1 − Dice.
    overlap.raster.squared : Measure two masks in squares, as V-Net's Dice does.
    overlap.nn.SquaredDiceLoss : Squared Dice loss of V-Net, 1 − 2Σpy / (Σp² + Σy²) for each case and class.

    References
    ----------
    Milletari, F., Navab, N. & Ahmadi, S.-A. (2016). V-Net. 3DV. arXiv:1606.04797

    Examples
    --------
    >>> import numpy as np
    >>> target = np.array([0.0, 0.25, 0.75, 1.0])
    >>> float(squared_dice_loss(target, target)), round(float(squared_dice_loss(target.round(), target)), 4)
    (0.0, 0.0345)
    """
    operation = "losses.squared_dice_loss"
    check_choice(operation, "reduction", reduction, REDUCTIONS)
    prediction, target, weights, where = plain(prediction, target, weights, where)
    loss, xp = squared_loss_of_each(operation, prediction, target, axis, smooth, weights, where)
    counted = counted_ratios(where, weights, prediction.shape, axis, xp)
    return reduced(operation, loss, class_weights, reduction, xp, counted)


def squared_loss_of_each(
    operation: str,
    prediction: Array,
    target: Array,
    axis: Axis,
    smooth: float,
    weights: Array | None,
    where: Array | None,
    is_in_range: bool = False,
) -> tuple[Array, ModuleType]:
    """Return 1 − Dice in squares, ratio by ratio, and the array namespace; see `loss_of_each`."""
    names = Names(operation, "prediction", "target")
    xp = check_masks(names, prediction, target, weights, where, "product")
    both, size_a, size_b = squared_checked(names, prediction, target, axis, weights, where, None, xp, is_in_range)
    return loss_of_sizes(operation, dice, both, size_a, size_b, smooth, xp), xp
