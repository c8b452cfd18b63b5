"""Dice together with a focal cross-entropy, as a module. Public through `overlap.nn`."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from torch import Tensor

from ..losses.focal import check_focus, focal_logarithms
from ..losses.ratios import Reduction
from ..raster import TNorm
from .entropies import DiceCELoss
from .masks import Batch
from .operations import sums_by_operations
from .options import ClassWeights
from .sums import Activation, Sums
from .targets import Target


class DiceFocalLoss(DiceCELoss):
    """Dice loss plus a focal cross-entropy, which looks at cells far off; options as `DiceCELoss`.

    See `overlap.losses.dice_focal_loss`. From logits the focal part is taken without passing through a probability.
    With ``from_logits="softmax"`` it is that of the classes against each other, added up over them. MONAI's
    ``FocalLoss(use_softmax=True)`` averages over the classes: ``ce_weight=1 / n_classes`` is the same. Its
    ``DiceFocalLoss(softmax=True)`` takes the focal part of a sigmoid of each channel.

    Parameters
    ----------
    gamma : float
        Power (≥ 0) of how far off a cell is; 0 is the cross-entropy itself.
    alpha : float, optional
        Weight (0 to 1) of cells of the target; those of the background weigh 1 − alpha. Of a softmax the first class
        is the background. By default all weigh 1.

    Examples
    --------
    >>> import torch
    >>> loss = DiceFocalLoss(dice_weight=0.0, from_logits="sigmoid")
    >>> round(float(loss(torch.tensor([[[0.0, 0.0]]]), torch.tensor([[[True, False]]]))), 5)
    0.17329
    """

    _defaults: ClassVar[dict[str, object]] = {**DiceCELoss._defaults, "gamma": 2.0, "alpha": None}

    def __init__(
        self,
        gamma: float = 2.0,
        alpha: float | None = None,
        *,
        dice_weight: float = 1.0,
        ce_weight: float = 1.0,
        ce_class_weights: ClassWeights = None,
        from_logits: Activation = None,
        batch: Batch = False,
        include_background: bool = True,
        class_weights: ClassWeights = None,
        smooth: float = 1.0,
        tnorm: TNorm = "minimum",
        ignore_index: int | None = None,
        reduction: Reduction = "mean",
    ) -> None:
        super().__init__(
            dice_weight,
            ce_weight,
            ce_class_weights=ce_class_weights,
            from_logits=from_logits,
            batch=batch,
            include_background=include_background,
            class_weights=class_weights,
            smooth=smooth,
            tnorm=tnorm,
            ignore_index=ignore_index,
            reduction=reduction,
        )
        check_focus(self._operation, gamma, alpha)
        self.gamma = gamma
        self.alpha = alpha

    def _sums_of_process(
        self, prediction: Tensor, target: Target, weights: Tensor | None, where: Tensor | None
    ) -> Sums:
        class_axis = 1 if self.from_logits == "softmax" else None
        bend = partial(focal_logarithms, gamma=self.gamma, alpha=self.alpha, class_axis=class_axis)
        return sums_by_operations(self._operation, prediction, target, weights, where, self._settings(), bend)
