"""The loss of a mask that is drawn from the prediction, cell by cell. Public through `overlap.losses`.

Conventions
-----------
- The mean is that of `overlap.expected.expected_dice`, with the target as the fixed mask and the prediction as the
  chances: ``expected_dice_loss(p, y)`` is ``1 - expected_dice(y, p, empty=1.0)``.
"""

from __future__ import annotations

from types import ModuleType

from .._arrays import Array, Axis, SameArray, plain
from .._checks import check_choice
from ..expected.means import cells_of, dice_of
from ..raster.sizes import Names, check_masks
from .ratios import REDUCTIONS, Reduction, check_smooth, counted_ratios, reduced


def expected_dice_loss(
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
    """Loss of the expected Dice, 1 − E[Dice(Y, target)]: a cell is in Y by itself, with the predicted probability.

    What a probability costs is what its cell adds to Dice or takes from it when it is drawn: the loss is linear in
    each probability by itself, and its gradient is the difference of two means of Dice. So it is least for a hard
    mask, which holds the cells whose target is above half of the Dice that is reached, also where the target is soft.
    For many cells it tends to `dice_loss` with ``tnorm="product"``. Unlike that, it has a gradient where the target is
    empty, as long as an empty Y is not too unlikely.

    Parameters
    ----------
    prediction, target, axis
        As in `dice_loss`.
    smooth : float
        Cells (≥ 0) of agreement: E[(2|Y∩B| + s) / (|Y| + |B| + s)], where B is the target.
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
    overlap.expected.expected_dice : Return the expected Dice of a mask, E[2|A∩Y| / (|A| + |Y|)].
    overlap.nn.ExpectedDiceLoss : Loss of the expected Dice, 1 − E[Dice].

    References
    ----------
    Dai, B. & Li, C. (2023). RankSEG: a consistent ranking-based framework for segmentation. J. Mach. Learn. Res. 24,
    224. arXiv:2206.13086 (the mean; there it is taken over the target)

    Examples
    --------
    >>> import numpy as np
    >>> prediction, target = np.array([0.5, 0.5]), np.array([True, False])
    >>> round(float(expected_dice_loss(prediction, target)), 6), 1 - (1 + 0 + 2 / 3 + 0) / 4
    (0.583333, 0.5833333333333334)
    """
    operation = "losses.expected_dice_loss"
    check_choice(operation, "reduction", reduction, REDUCTIONS)
    prediction, target, weights, where = plain(prediction, target, weights, where)
    loss, xp = expected_loss_of_each(operation, prediction, target, axis, smooth, weights, where)
    counted = counted_ratios(where, weights, prediction.shape, axis, xp)
    return reduced(operation, loss, class_weights, reduction, xp, counted)


def expected_loss_of_each(
    operation: str,
    prediction: Array,
    target: Array,
    axis: Axis,
    smooth: float,
    weights: Array | None,
    where: Array | None,
    is_in_range: bool = False,
) -> tuple[Array, ModuleType]:
    """Return 1 − E[Dice], ratio by ratio, and the array namespace; see `ratios.loss_of_each`."""
    check_smooth(operation, smooth)
    names = Names(operation, "prediction", "target")
    xp = check_masks(names, prediction, target, weights, where, "product")
    cells = cells_of(names, prediction, target, axis, weights, where, xp, is_in_range)
    return 1 - dice_of(cells, smooth, 1.0, xp), xp
