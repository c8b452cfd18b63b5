"""The losses as torch modules."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

import array_api_compat.torch as xp
import torch
from torch import Tensor
from torch.nn import functional as F

from .. import losses
from .._checks import check_choice
from ..counts import Overlap
from ..indices import dice, iou, tversky
from ..losses.boxes import Focus, Kind
from ..losses.classes import (
    WEIGHTINGS,
    Weighting,
    any_class,
    counted_cases,
    cross_entropy,
    generalised_loss_of_each,
    log,
)
from ..losses.curves import focused
from ..losses.ratios import REDUCTIONS, Index, Reduction, counted_ratios, loss_of_each, reduced
from ..raster import TNORMS, TNorm
from .running import is_labels, one_hot

Activation = Literal["sigmoid", "softmax"] | None
ClassWeights = Sequence[float] | Tensor | None

_DEFAULTS = {
    "from_logits": None,
    "batch": False,
    "include_background": True,
    "smooth": 1.0,
    "tnorm": "minimum",
    "reduction": "mean",
}
"""Options that a module shows where they differ."""


class OverlapLoss(torch.nn.Module):
    """Loss of any index of overlap, 1 − index for each case and class; see `overlap.losses.overlap_loss`.

    Parameters
    ----------
    index : callable
        A function of an `overlap.Overlap`, such as `overlap.dice`, `overlap.ochiai` or
        ``partial(overlap.f_beta, beta=2)``.
    from_logits : {None, "sigmoid", "softmax"}
        What turns the prediction into probabilities: nothing, a sigmoid for each channel by itself, or a softmax
        over the channels.
    batch : bool
        Whether the cases of a batch are pooled into one ratio for each class.
    include_background : bool
        Whether channel 0 counts.
    class_weights : sequence of float, optional
        Weight (≥ 0) of each counted channel; means are divided by the sum of weights.
    smooth : float
        Cells of agreement, half of it added to each size; in the unit of `weights`, if given.
    tnorm : {"minimum", "product", "lukasiewicz"}
        How two soft values intersect: the minimum returns a soft target, the product drives it to 0 or 1.
    reduction : {"mean", "sum", "none"}
        Over cases and classes; "none" leaves (batch, class), or (class,) of a pooled batch.

    Raises
    ------
    ValueError
        If an option is unknown; when called, as `overlap.losses.overlap_loss`, and if the channels do not fit.

    Examples
    --------
    >>> from overlap import ochiai
    >>> loss = OverlapLoss(ochiai, smooth=0.0)
    >>> loss
    OverlapLoss(ochiai, smooth=0.0)
    >>> round(float(loss(torch.tensor([[[0.5, 0.0, 1.0]]]), torch.tensor([[[True, False, True]]]))), 4)
    0.134
    """

    class_weights: Tensor | None

    def __init__(
        self,
        index: Index = dice,
        *,
        from_logits: Activation = None,
        batch: bool = False,
        include_background: bool = True,
        class_weights: ClassWeights = None,
        smooth: float = 1.0,
        tnorm: TNorm = "minimum",
        reduction: Reduction = "mean",
    ) -> None:
        super().__init__()
        operation = f"nn.{type(self).__name__}"
        check_choice(operation, "from_logits", from_logits, (None, "sigmoid", "softmax"))
        check_choice(operation, "tnorm", tnorm, TNORMS)
        check_choice(operation, "reduction", reduction, REDUCTIONS)
        if not callable(index):
            raise TypeError(f"{operation}: index is {index!r}; pass a function of an Overlap, such as overlap.dice")
        self.index = index
        self.from_logits = from_logits
        self.batch = batch
        self.include_background = include_background
        self.smooth = smooth
        self.tnorm = tnorm
        self.reduction = reduction
        if class_weights is not None:
            class_weights = torch.as_tensor(class_weights, dtype=torch.float32)
        self.register_buffer("class_weights", class_weights, persistent=False)

    def forward(
        self, prediction: Tensor, target: Tensor, *, weights: Tensor | None = None, where: Tensor | None = None
    ) -> Tensor:
        """Return the loss of predicted arrays ``(batch, class, *spatial)``; `weights` and `where` broadcast to them."""
        logits, target = self._read(prediction, target, where)
        return self._overlap_loss(_probabilities(logits, self.from_logits), target, weights, where)

    def extra_repr(self) -> str:
        """Return the options that differ from their defaults."""
        options = {name: getattr(self, name) for name in _DEFAULTS}
        shown = [f"{name}={value!r}" for name, value in options.items() if value != _DEFAULTS[name]]
        if type(self) is OverlapLoss:
            shown.insert(0, _name(self.index))
        return ", ".join(shown)

    def _read(self, prediction: Tensor, target: Tensor, where: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return the prediction in float32 or wider, and the target as one channel for each class."""
        operation = f"nn.{type(self).__name__}"
        n = prediction.shape[1] if prediction.ndim > 1 else 0
        needs_two = self.from_logits == "softmax" or not self.include_background
        if n == 0 or (n == 1 and needs_two):
            raise ValueError(
                f"{operation}: the prediction has shape {tuple(prediction.shape)}; it is (batch, class, "
                "*spatial), of two classes or more for a softmax or without the background"
            )
        if is_labels(target):
            if n == 1 or target.shape != (len(prediction), *prediction.shape[2:]):
                raise ValueError(
                    f"{operation}: the integer target has shape {tuple(target.shape)}; labels are (batch, "
                    f"*spatial) of two classes or more, the prediction is {tuple(prediction.shape)}: squeeze(1) a "
                    "class axis, and pass `target > 0` for one class"
                )
            target = one_hot(operation, target, n, where)
        if prediction.dtype != torch.float64:
            prediction = prediction.float()
        return prediction, target

    def _overlap_loss(self, p: Tensor, target: Tensor, weights: Tensor | None, where: Tensor | None) -> Tensor:
        """Return the loss of probabilities, reduced over cases and classes."""
        loss = self._loss_of_each(p, target, weights, where)
        # after the sums, which are fastest over what is contiguous
        counted = counted_ratios(where, p.shape, self._axis(p), xp)
        if not self.include_background:
            loss = loss[..., 1:]
            counted = None if counted is None else counted[..., 1:]
        class_weights = self.class_weights
        if class_weights is not None:
            class_weights = class_weights.to(loss.device)
        operation = f"nn.{type(self).__name__}"
        reduced_loss: Tensor = reduced(operation, loss, class_weights, self.reduction, xp, counted)
        return reduced_loss

    def _loss_of_each(self, p: Tensor, target: Tensor, weights: Tensor | None, where: Tensor | None) -> Tensor:
        """Return the loss of each case and class."""
        loss: Tensor
        loss, _ = loss_of_each(
            f"nn.{type(self).__name__}",
            p,
            target,
            self.index,
            self._axis(p),
            self.smooth,
            self.tnorm,
            weights,
            where,
            self.from_logits is not None,
        )
        return loss

    def _axis(self, prediction: Tensor) -> tuple[int, ...]:
        """Return the axes that one ratio is taken over."""
        spatial = tuple(range(2, prediction.ndim))
        return (0, *spatial) if self.batch else spatial


class DiceLoss(OverlapLoss):
    """Soft Dice loss, 1 − Dice for each case and class; options as `OverlapLoss`. See `overlap.losses.dice_loss`.

    Examples
    --------
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
        batch: bool = False,
        include_background: bool = True,
        class_weights: ClassWeights = None,
        smooth: float = 1.0,
        tnorm: TNorm = "minimum",
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
            reduction=reduction,
        )


class JaccardLoss(OverlapLoss):
    """Soft Jaccard loss, 1 − IoU; options as `OverlapLoss`. See `overlap.losses.jaccard_loss`.

    Examples
    --------
    >>> round(float(JaccardLoss(smooth=0.0)(torch.tensor([[[0.5, 1.0]]]), torch.tensor([[[True, True]]]))), 6)
    0.25
    """

    def __init__(
        self,
        *,
        from_logits: Activation = None,
        batch: bool = False,
        include_background: bool = True,
        class_weights: ClassWeights = None,
        smooth: float = 1.0,
        tnorm: TNorm = "minimum",
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
            reduction=reduction,
        )


class TverskyLoss(OverlapLoss):
    """Tversky loss: `alpha` is the price of false positives, `beta` of false negatives; options as `OverlapLoss`.

    See `overlap.losses.tversky_loss`.

    Examples
    --------
    >>> missed = torch.tensor([[[0.5, 0.0]]]), torch.tensor([[[True, False]]])
    >>> round(float(TverskyLoss(0.3, 0.7, smooth=0.0)(*missed)), 4)
    0.4118
    """

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        *,
        from_logits: Activation = None,
        batch: bool = False,
        include_background: bool = True,
        class_weights: ClassWeights = None,
        smooth: float = 1.0,
        tnorm: TNorm = "minimum",
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
            reduction=reduction,
        )
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
    >>> missed = torch.tensor([[[0.5, 0.0]]]), torch.tensor([[[True, False]]])
    >>> round(float(FocalTverskyLoss(smooth=0.0)(*missed)), 4)
    0.514
    """

    def __init__(
        self,
        alpha: float = 0.3,
        beta: float = 0.7,
        gamma: float = 0.75,
        *,
        from_logits: Activation = None,
        batch: bool = False,
        include_background: bool = True,
        class_weights: ClassWeights = None,
        smooth: float = 1.0,
        tnorm: TNorm = "minimum",
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
            reduction=reduction,
        )
        self.alpha = alpha
        self.beta = beta
        self.gamma = gamma

    def _tversky(self, o: Overlap) -> Tensor:
        index: Tensor = tversky(o, self.alpha, self.beta, empty=1.0)
        return index

    def _loss_of_each(self, p: Tensor, target: Tensor, weights: Tensor | None, where: Tensor | None) -> Tensor:
        loss = super()._loss_of_each(p, target, weights, where)
        powered: Tensor = focused(loss, xp, self.gamma)
        return powered


class GeneralisedDiceLoss(OverlapLoss):
    """Generalised Dice loss, one ratio of all classes, weighted by their rarity; options as `OverlapLoss`.

    See `overlap.losses.generalised_dice_loss` for `weighting`. With ``reduction="none"`` the shape is (batch,).

    Examples
    --------
    >>> target = torch.tensor([[0, 0, 0, 1]])
    >>> round(float(GeneralisedDiceLoss(smooth=0.0)(torch.full((1, 2, 4), 0.5), target)), 4)
    0.625
    """

    def __init__(
        self,
        weighting: Weighting = "square",
        *,
        from_logits: Activation = None,
        batch: bool = False,
        include_background: bool = True,
        class_weights: ClassWeights = None,
        smooth: float = 1.0,
        tnorm: TNorm = "minimum",
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
            reduction=reduction,
        )
        check_choice("nn.GeneralisedDiceLoss", "weighting", weighting, WEIGHTINGS)
        self.weighting = weighting

    def _overlap_loss(self, p: Tensor, target: Tensor, weights: Tensor | None, where: Tensor | None) -> Tensor:
        if not self.include_background:
            n = p.shape[1]
            p = p[:, 1:]
            target = target[:, 1:]
            weights = _without_first(weights, n)
            where = _without_first(where, n)
        class_weights = self.class_weights
        if class_weights is not None:
            class_weights = class_weights.to(p.device)
        loss: Tensor
        loss, _ = generalised_loss_of_each(
            "nn.GeneralisedDiceLoss",
            p,
            target,
            1,
            self._axis(p),
            self.weighting,
            self.smooth,
            self.tnorm,
            weights,
            where,
            class_weights,
            self.from_logits is not None,
        )
        counted = counted_cases(where, p.shape, self._axis(p), 1, xp)
        reduced_loss: Tensor = reduced("nn.GeneralisedDiceLoss", loss, None, self.reduction, xp, counted)
        return reduced_loss


class DiceCELoss(OverlapLoss):
    """Dice loss plus cross-entropy, the part that calibrates; options as `OverlapLoss`.

    The cross-entropy is that of the classes against each other with ``from_logits="softmax"``, and of each channel
    by itself otherwise. It sees all channels: `include_background`, `class_weights` and `smooth` are Dice's. From
    logits it is taken without passing through a probability. With ``reduction="none"`` both parts are means over the
    classes, (batch,) or () of a pooled batch. See `overlap.losses.dice_ce_loss`.

    Examples
    --------
    >>> round(float(DiceCELoss(smooth=0.0)(torch.tensor([[[0.5, 0.5]]]), torch.tensor([[[True, False]]]))), 4)
    1.1931
    """

    def __init__(
        self,
        dice_weight: float = 1.0,
        ce_weight: float = 1.0,
        *,
        from_logits: Activation = None,
        batch: bool = False,
        include_background: bool = True,
        class_weights: ClassWeights = None,
        smooth: float = 1.0,
        tnorm: TNorm = "minimum",
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
            reduction=reduction,
        )
        self.dice_weight = dice_weight
        self.ce_weight = ce_weight

    def forward(
        self, prediction: Tensor, target: Tensor, *, weights: Tensor | None = None, where: Tensor | None = None
    ) -> Tensor:
        """Return the loss of predicted arrays ``(batch, class, *spatial)``; `weights` and `where` broadcast to them."""
        logits, target = self._read(prediction, target, where)
        overlap = self._overlap_loss(_probabilities(logits, self.from_logits), target, weights, where)
        log_p, log_not_p = _logarithms(logits, self.from_logits)
        class_axis = 1 if self.from_logits == "softmax" else None
        entropy = cross_entropy(log_p, log_not_p, target, class_axis, self._axis(logits), weights, where, xp)
        counted = counted_ratios(where, logits.shape, self._axis(logits), xp)
        entropy = reduced("nn.DiceCELoss", entropy, None, self.reduction, xp, any_class(counted, entropy, xp))
        if self.reduction == "none":
            overlap = _mean_over_classes(overlap, counted)
            entropy = _mean_over_classes(entropy, counted)
        loss: Tensor = self.dice_weight * overlap + self.ce_weight * entropy
        return loss


class BoxLoss(torch.nn.Module):
    """Loss of aligned boxes lo|hi (..., 2d), 1 − GIoU or a relative; see `overlap.losses.box_loss` for the options.

    Examples
    --------
    >>> float(BoxLoss()(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([[3.0, 0.0, 4.0, 1.0]])))
    1.5
    """

    def __init__(
        self,
        *,
        kind: Kind = "giou",
        gamma: float = 0.0,
        focus: Focus = "hard",
        detach_enclosing: bool | None = None,
        reduction: Reduction = "mean",
    ) -> None:
        super().__init__()
        self.options: dict[str, Any] = {
            "kind": kind,
            "gamma": gamma,
            "focus": focus,
            "detach_enclosing": detach_enclosing,
            "reduction": reduction,
        }

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Return the loss of predicted boxes."""
        loss: Tensor = losses.box_loss(prediction, target, **self.options)
        return loss

    def extra_repr(self) -> str:
        """Return the kind of loss."""
        return f"kind={self.options['kind']!r}"


def _mean_over_classes(loss: Tensor, counted: Tensor | None) -> Tensor:
    """Return the mean over the counted classes of each case, NaN where none is."""
    if counted is None or loss.shape[-1] == 1:
        return loss.mean(-1)
    counted = counted[..., -loss.shape[-1] :]
    return torch.where(counted, loss, 0.0).sum(-1) / counted.sum(-1)


def _probabilities(logits: Tensor, from_logits: Activation) -> Tensor:
    if from_logits == "sigmoid":
        return torch.sigmoid(logits)
    if from_logits == "softmax":
        return torch.softmax(logits, dim=1)
    return logits


def _logarithms(logits: Tensor, from_logits: Activation) -> tuple[Tensor, Tensor]:
    """Return the logarithms of p and of 1 − p; a softmax does not need the second."""
    if from_logits == "sigmoid":
        return F.logsigmoid(logits), F.logsigmoid(-logits)
    if from_logits == "softmax":
        return F.log_softmax(logits, dim=1), logits
    return log(logits, xp), log(1 - logits, xp)


def _without_first(x: Tensor | None, n: int) -> Tensor | None:
    """Return what broadcasts to n channels without the first of them."""
    if x is None or x.ndim < 2 or x.shape[1] != n:
        return x
    return x[:, 1:]


def _name(index: Index) -> str:
    """Return how an index was written."""
    if isinstance(index, partial):
        options = [f"{name}={value!r}" for name, value in index.keywords.items()]
        return f"partial({', '.join([_name(index.func), *map(repr, index.args), *options])})"
    return getattr(index, "__name__", repr(index))
