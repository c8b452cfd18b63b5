"""Losses of masks by name: which index of overlap they take, and what they do with it. Public through `overlap.nn`."""

from __future__ import annotations

from typing import ClassVar

import array_api_compat.torch as xp
from torch import Tensor

from .._checks import check_choice
from ..counts import Overlap
from ..indices import dice, iou, tversky
from ..losses.curves import focused, log_cosh
from ..losses.generalised import WEIGHTINGS, Weighting, generalised_loss_of_sizes
from ..losses.ratios import Reduction, reduced
from ..raster import TNorm
from .masks import Batch, OverlapLoss
from .options import ClassWeights, on_device
from .sums import Activation, Form, Sums


class DiceLoss(OverlapLoss):
    """Soft Dice loss, 1 − Dice for each case and class; options as `OverlapLoss`. See `overlap.losses.dice_loss`.

    Examples
    --------
    >>> import torch
    >>> logits = torch.tensor([[[-4.0, 0.0, 4.0]]], requires_grad=True)
    >>> loss = DiceLoss(from_logits="sigmoid")(logits, torch.tensor([[[0.0, 0.5, 1.0]]]))
    >>> round(loss.item(), 4)
    0.009
    >>> DiceLoss(batch=True, smooth=0.0)
    DiceLoss(batch=True, smooth=0.0)
    """

    def __init__(
        self,
        *,
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
            dice,
            from_logits=from_logits,
            batch=batch,
            include_background=include_background,
            class_weights=class_weights,
            smooth=smooth,
            tnorm=tnorm,
            ignore_index=ignore_index,
            reduction=reduction,
        )


class JaccardLoss(OverlapLoss):
    """Soft Jaccard loss, 1 − IoU; options as `OverlapLoss`. See `overlap.losses.jaccard_loss`.

    Examples
    --------
    >>> import torch
    >>> round(float(JaccardLoss(smooth=0.0)(torch.tensor([[[0.5, 1.0]]]), torch.tensor([[[True, True]]]))), 6)
    0.25
    """

    def __init__(
        self,
        *,
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
            iou,
            from_logits=from_logits,
            batch=batch,
            include_background=include_background,
            class_weights=class_weights,
            smooth=smooth,
            tnorm=tnorm,
            ignore_index=ignore_index,
            reduction=reduction,
        )


class TverskyLoss(OverlapLoss):
    """Tversky loss: `alpha` is the price of false positives, `beta` of false negatives; options as `OverlapLoss`.

    See `overlap.losses.tversky_loss`.

    Examples
    --------
    >>> import torch
    >>> missed = torch.tensor([[[0.5, 0.0]]]), torch.tensor([[[True, False]]])
    >>> round(float(TverskyLoss(0.3, 0.7, smooth=0.0)(*missed)), 4)
    0.4118
    """

    _defaults: ClassVar[dict[str, object]] = {"alpha": 0.5, "beta": 0.5, **OverlapLoss._defaults}

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        *,
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
            self._tversky,
            from_logits=from_logits,
            batch=batch,
            include_background=include_background,
            class_weights=class_weights,
            smooth=smooth,
            tnorm=tnorm,
            ignore_index=ignore_index,
            reduction=reduction,
        )
        self._check_not_negative(alpha=alpha, beta=beta)
        self.alpha = alpha
        self.beta = beta

    def _tversky(self, o: Overlap) -> Tensor:
        index: Tensor = tversky(o, self.alpha, self.beta, empty=1.0)
        return index


class FocalTverskyLoss(OverlapLoss):
    """Focal Tversky loss, the Tversky loss to the power `gamma`; options as `OverlapLoss`.

    See `overlap.losses.focal_tversky_loss`.

    Examples
    --------
    >>> import torch
    >>> missed = torch.tensor([[[0.5, 0.0]]]), torch.tensor([[[True, False]]])
    >>> round(float(FocalTverskyLoss(smooth=0.0)(*missed)), 4)
    0.514
    """

    _defaults: ClassVar[dict[str, object]] = {"alpha": 0.3, "beta": 0.7, "gamma": 0.75, **OverlapLoss._defaults}

    def __init__(
        self,
        alpha: float = 0.3,
        beta: float = 0.7,
        gamma: float = 0.75,
        *,
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
            self._tversky,
            from_logits=from_logits,
            batch=batch,
            include_background=include_background,
            class_weights=class_weights,
            smooth=smooth,
            tnorm=tnorm,
            ignore_index=ignore_index,
            reduction=reduction,
        )
        self._check_not_negative(alpha=alpha, beta=beta, gamma=gamma)
        if gamma == 0:
            raise ValueError("nn.FocalTverskyLoss: gamma must be > 0, got 0")
        self.alpha = alpha
        self.beta = beta
        self.gamma = gamma

    def _tversky(self, o: Overlap) -> Tensor:
        index: Tensor = tversky(o, self.alpha, self.beta, empty=1.0)
        return index

    def _loss_of_each(self, sums: Sums) -> Tensor:
        loss = super()._loss_of_each(sums)
        powered: Tensor = focused(loss, xp, self.gamma)
        return powered


class LogCoshDiceLoss(OverlapLoss):
    """Log-cosh Dice loss, log cosh(1 − Dice) for each case and class; options as `OverlapLoss`.

    See `overlap.losses.log_cosh_dice_loss`.

    Examples
    --------
    >>> import torch
    >>> missed = torch.tensor([[[0.5, 0.0]]]), torch.tensor([[[True, False]]])
    >>> round(float(LogCoshDiceLoss(smooth=0.0)(*missed)), 4)
    0.0546
    """

    def __init__(
        self,
        *,
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
            dice,
            from_logits=from_logits,
            batch=batch,
            include_background=include_background,
            class_weights=class_weights,
            smooth=smooth,
            tnorm=tnorm,
            ignore_index=ignore_index,
            reduction=reduction,
        )

    def _loss_of_each(self, sums: Sums) -> Tensor:
        loss = super()._loss_of_each(sums)
        bent: Tensor = log_cosh(loss, xp)
        return bent


class SquaredDiceLoss(OverlapLoss):
    """Squared Dice loss of V-Net, 1 − 2Σpy / (Σp² + Σy²) for each case and class; options as `OverlapLoss`.

    It has no choice of a t-norm. See `overlap.losses.squared_dice_loss`.

    Examples
    --------
    >>> import torch
    >>> target = torch.tensor([[[0.25, 0.75]]])
    >>> float(SquaredDiceLoss()(target, target))
    0.0
    """

    def __init__(
        self,
        *,
        from_logits: Activation = None,
        batch: Batch = False,
        include_background: bool = True,
        class_weights: ClassWeights = None,
        smooth: float = 1.0,
        ignore_index: int | None = None,
        reduction: Reduction = "mean",
    ) -> None:
        super().__init__(
            dice,
            from_logits=from_logits,
            batch=batch,
            include_background=include_background,
            class_weights=class_weights,
            smooth=smooth,
            ignore_index=ignore_index,
            reduction=reduction,
        )

    @property
    def _form(self) -> Form:
        return "squared"


class GeneralisedDiceLoss(OverlapLoss):
    """Generalised Dice loss, one ratio of all classes, weighted by their rarity; options as `OverlapLoss`.

    See `overlap.losses.generalised_dice_loss` for `weighting`. With ``reduction="none"`` the shape is (batch,).

    Examples
    --------
    >>> import torch
    >>> target = torch.tensor([[0, 0, 0, 1]])
    >>> round(float(GeneralisedDiceLoss(smooth=0.0)(torch.full((1, 2, 4), 0.5), target)), 4)
    0.625
    """

    _defaults: ClassVar[dict[str, object]] = {"weighting": "square", **OverlapLoss._defaults}

    def __init__(
        self,
        weighting: Weighting = "square",
        *,
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
            dice,
            from_logits=from_logits,
            batch=batch,
            include_background=include_background,
            class_weights=class_weights,
            smooth=smooth,
            tnorm=tnorm,
            ignore_index=ignore_index,
            reduction=reduction,
        )
        check_choice("nn.GeneralisedDiceLoss", "weighting", weighting, WEIGHTINGS)
        self.weighting = weighting

    def _overlap_loss(self, sums: Sums) -> Tensor:
        sums = self._counted_classes(sums)
        sizes = (sums.both, sums.size_a, sums.size_b)
        class_weights = on_device(self.class_weights, sums.both)
        classes = sums.both.ndim - 1
        loss: Tensor
        loss = generalised_loss_of_sizes(
            self._operation, sizes, classes, self.weighting, self.smooth, class_weights, xp
        )
        counted = (sums.cells > 0).any(-1)
        reduced_loss: Tensor = reduced(self._operation, loss, None, self.reduction, xp, counted)
        return reduced_loss
