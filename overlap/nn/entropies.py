"""Dice together with a cross-entropy, as a module. Public through `overlap.nn`."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import array_api_compat.torch as xp
from torch import Tensor

from ..indices import dice
from ..losses.entropies import (
    EntropySums,
    binary_entropy,
    check_label_smoothing,
    exclusive_entropy,
    mean_over_classes,
    weight_of_cells,
)
from ..losses.ratios import Reduction, reduced
from ..raster import TNorm
from .masks import Batch, OverlapLoss
from .options import ClassWeights, on_device
from .sums import Activation, Settings, Sums


class DiceCELoss(OverlapLoss):
    """Dice loss plus cross-entropy, the part that calibrates; options as `OverlapLoss`.

    The cross-entropy is that of the classes against each other with ``from_logits="softmax"``, and of each channel
    by itself otherwise. It sees all channels: `include_background` and `smooth` are Dice's. From logits it is taken
    without passing through a probability. With ``reduction="none"`` both parts are means over the classes, (batch,) or
    () of a pooled batch. See `overlap.losses.dice_ce_loss`.

    Parameters
    ----------
    dice_weight, ce_weight : float
        Weights (≥ 0) of the two parts.
    ce_class_weights : sequence of float, optional
        Weight (≥ 0) of each channel in the cross-entropy; those of `class_weights` by default. It has all channels,
        so without the background it must be given if `class_weights` is.
    pos_weight : float or sequence of float, optional
        How much a cell of the target counts in the cross-entropy of a channel by itself, beside one of the background.
    label_smoothing : float
        Share (0 to 1) of each label that the cross-entropy spreads over all classes.

    Examples
    --------
    >>> import torch
    >>> round(float(DiceCELoss(smooth=0.0)(torch.tensor([[[0.5, 0.5]]]), torch.tensor([[[True, False]]]))), 4)
    1.1931
    """

    _defaults: ClassVar[dict[str, object]] = {
        "dice_weight": 1.0,
        "ce_weight": 1.0,
        **OverlapLoss._defaults,
        "ce_class_weights": None,
        "pos_weight": None,
        "label_smoothing": 0.0,
    }

    ce_class_weights: Tensor | None
    pos_weight: Tensor | None

    def __init__(
        self,
        dice_weight: float = 1.0,
        ce_weight: float = 1.0,
        *,
        ce_class_weights: ClassWeights = None,
        pos_weight: float | ClassWeights = None,
        label_smoothing: float = 0.0,
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
        self._check_not_negative(dice_weight=dice_weight, ce_weight=ce_weight)
        if dice_weight == ce_weight == 0:
            raise ValueError(f"{self._operation}: dice_weight and ce_weight are both 0; one of the parts must count")
        check_label_smoothing(self._operation, label_smoothing)
        if pos_weight is not None and from_logits == "softmax":
            raise ValueError(
                f"{self._operation}: pos_weight is for channels by themselves, and a softmax makes the classes exclude "
                "each other; weigh them by ce_class_weights="
            )
        if class_weights is not None and ce_class_weights is None:
            if not include_background:
                raise ValueError(
                    f"{self._operation}: class_weights has no weight of the background, which the cross-entropy sees; "
                    "give that its own ce_class_weights=, one for each channel"
                )
            ce_class_weights = class_weights
        self.dice_weight = dice_weight
        self.ce_weight = ce_weight
        self.label_smoothing = label_smoothing
        self._register_weights("ce_class_weights", ce_class_weights)
        self._register_weights("pos_weight", pos_weight)

    def forward(
        self, prediction: Tensor, target: Tensor, *, weights: Tensor | None = None, where: Tensor | None = None
    ) -> Tensor:
        """Return the loss of a batch; see `OverlapLoss.forward`."""
        sums = self._sums(prediction, target, weights, where)
        loss: Tensor = self.dice_weight * self._overlap_loss(sums) + self.ce_weight * self._entropy(sums)
        return loss

    def _settings(self) -> Settings:
        return replace(super()._settings(), entropy=True, label_smoothing=self.label_smoothing)

    def _entropy(self, sums: Sums) -> Tensor:
        """Return the cross-entropy, reduced over cases, and over classes."""
        class_weights = on_device(self.ce_class_weights, sums.own)
        loss: Tensor
        if self.from_logits == "softmax":
            of_cells = EntropySums(sums.own, sums.other, sums.size_b, sums.any_class)
            loss = exclusive_entropy(of_cells, class_weights, -1, xp).squeeze(-1)
            is_defined = weight_of_cells(of_cells, class_weights, -1, xp).squeeze(-1) > 0
            loss = reduced(self._operation, loss, None, self.reduction, xp, is_defined)
            return loss
        of_cells = EntropySums(sums.own, sums.other, sums.size_b, sums.cells)
        counted = sums.cells > 0
        loss = binary_entropy(of_cells, on_device(self.pos_weight, sums.own), xp)
        if self.reduction == "none":
            loss = mean_over_classes(loss, class_weights, counted, -1, xp).squeeze(-1)
            return loss
        loss = reduced(self._operation, loss, class_weights, self.reduction, xp, counted)
        return loss

    def _overlap_loss(self, sums: Sums) -> Tensor:
        """Return the loss of the overlap, reduced over cases and classes; without reduction over classes only."""
        if self.reduction != "none":
            return super()._overlap_loss(sums)
        sums = self._counted_classes(sums)
        loss = self._loss_of_each(sums)
        class_weights = on_device(self.class_weights, loss)
        averaged: Tensor = mean_over_classes(loss, class_weights, sums.cells > 0, -1, xp).squeeze(-1)
        return averaged
