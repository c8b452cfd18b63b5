"""Losses of masks: 1 minus an index of soft sizes. Public through `overlap.losses`.

Conventions
-----------
- The sizes are those of `overlap.raster.measure`, the ratios those of `overlap.indices`: with ``smooth=0`` a loss
  is 1 minus the metric, to the last bit.
- Sums and losses are float64 on the host and at least float32 on a device, whatever the masks are stored in.
"""

from __future__ import annotations

from functools import partial

from .._arrays import Array, Axis, SameArray
from ..indices import dice, iou, tversky
from ..raster import TNorm
from .ratios import Index, Reduction, reduced_loss


def overlap_loss(
    prediction: SameArray,
    target: SameArray,
    index: Index = dice,
    *,
    axis: Axis = None,
    smooth: float = 0.0,
    tnorm: TNorm = "minimum",
    weights: Array | None = None,
    where: Array | None = None,
    class_weights: Array | None = None,
    reduction: Reduction = "mean",
) -> SameArray:
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

    See Also
    --------
    dice_loss : Soft Dice loss, 1 − Dice.
    jaccard_loss : Soft Jaccard loss, 1 − IoU.
    tversky_loss : Tversky loss, 1 − |A∩B| / (|A∩B| + α|A∖B| + β|B∖A|).
    overlap.nn.OverlapLoss : Loss of any index of overlap, 1 − index for each case and class.

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
    return reduced_loss(
        operation, prediction, target, index, axis, smooth, tnorm, weights, where, class_weights, reduction
    )


def dice_loss(
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
        lesions of few cells (at 1 the Dice of 3 cells of which 2 are found, .800, becomes .833).
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

    See Also
    --------
    overlap_loss : Loss of any index of overlap, 1 − index.
    dice_ce_loss : Dice loss plus cross-entropy.
    generalised_dice_loss : Generalised Dice loss.
    overlap.raster.dice : Dice coefficient of two masks.
    overlap.nn.DiceLoss : Soft Dice loss, 1 − Dice for each case and class; options as `OverlapLoss`.

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
    return reduced_loss(
        operation, prediction, target, dice, axis, smooth, tnorm, weights, where, class_weights, reduction
    )


def jaccard_loss(
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
    """Soft Jaccard loss, 1 − IoU: as `dice_loss`, which see, but harder on poor overlaps.

    See Also
    --------
    dice_loss : Soft Dice loss, 1 − Dice.
    overlap_loss : Loss of any index of overlap, 1 − index.
    overlap.nn.JaccardLoss : Soft Jaccard loss, 1 − IoU; options as `OverlapLoss`.

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
    return reduced_loss(
        operation, prediction, target, iou, axis, smooth, tnorm, weights, where, class_weights, reduction
    )


def tversky_loss(
    prediction: SameArray,
    target: SameArray,
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
) -> SameArray:
    """Tversky loss, 1 − |A∩B| / (|A∩B| + α|A∖B| + β|B∖A|): Dice with a price for each kind of error.

    `alpha` is the price of false positives, what only the prediction has; `beta` that of false negatives. For the
    rest see `dice_loss`, which is (1/2, 1/2).

    See Also
    --------
    focal_tversky_loss : Focal Tversky loss, the Tversky loss to the power `gamma`, ratio by ratio.
    overlap.tversky : Tversky's index, |A∩B| / (|A∩B| + α|A∖B| + β|B∖A|).
    overlap.nn.TverskyLoss : Tversky loss.

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
    return reduced_loss(
        operation, prediction, target, index, axis, smooth, tnorm, weights, where, class_weights, reduction
    )
