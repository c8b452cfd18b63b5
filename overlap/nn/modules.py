"""The losses as torch modules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypedDict, Unpack

import array_api_compat.torch
import torch
from torch import Tensor
from torch.nn import functional as F

from .. import losses
from .._checks import check_choice
from ..losses.boxes import Focus, Kind
from ..losses.classes import Weighting, cross_entropy, log
from ..losses.masks import Reduction, reduced
from ..raster import TNorm
from .running import is_labels, one_hot

Activation = Literal["sigmoid", "softmax"] | None

_ACTIVATIONS: dict[Activation, Callable[[Tensor], Tensor]] = {
    None: lambda x: x,
    "sigmoid": torch.sigmoid,
    "softmax": lambda x: torch.softmax(x, dim=1),
}
_LOGARITHMS: dict[Activation, Callable[[Tensor], tuple[Tensor, Tensor]]] = {
    None: lambda p: (log(p, array_api_compat.torch), log(1 - p, array_api_compat.torch)),
    "sigmoid": lambda x: (F.logsigmoid(x), F.logsigmoid(-x)),
    "softmax": lambda x: (F.log_softmax(x, dim=1), x),
}
"""The logarithms of p and of 1 − p; the second is not needed between classes that exclude each other."""


class Options(TypedDict, total=False):
    """What all losses of masks take; see `DiceLoss`."""

    from_logits: Activation
    batch: bool
    include_background: bool
    class_weights: Sequence[float] | Tensor | None
    smooth: float
    tnorm: TNorm
    reduction: Reduction


class DiceLoss(torch.nn.Module):
    """Soft Dice loss, 1 − Dice for each case and class; see `overlap.losses.dice_loss`.

    Parameters
    ----------
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
        If an option is unknown; when called, as `overlap.losses.dice_loss`, and if the channels do not fit.

    Examples
    --------
    >>> logits = torch.tensor([[[-4.0, 0.0, 4.0]]], requires_grad=True)
    >>> loss = DiceLoss(from_logits="sigmoid")(logits, torch.tensor([[[0.0, 0.5, 1.0]]]))
    >>> round(loss.item(), 4)
    0.009
    >>> DiceLoss(batch=True, smooth=0.0)
    DiceLoss(batch=True, smooth=0.0)
    """

    class_weights: Tensor | None

    def __init__(
        self,
        *,
        from_logits: Activation = None,
        batch: bool = False,
        include_background: bool = True,
        class_weights: Sequence[float] | Tensor | None = None,
        smooth: float = 1.0,
        tnorm: TNorm = "minimum",
        reduction: Reduction = "mean",
    ) -> None:
        super().__init__()
        check_choice(f"nn.{type(self).__name__}", "from_logits", from_logits, _ACTIVATIONS)
        self.from_logits, self.batch, self.include_background = from_logits, batch, include_background
        self.smooth, self.tnorm, self.reduction = smooth, tnorm, reduction
        weights = None if class_weights is None else torch.as_tensor(class_weights, dtype=torch.float32)
        self.register_buffer("class_weights", weights, persistent=False)

    def forward(
        self, prediction: Tensor, target: Tensor, *, weights: Tensor | None = None, where: Tensor | None = None
    ) -> Tensor:
        """Return the loss of predicted arrays ``(batch, class, *spatial)``; `weights` and `where` broadcast to them."""
        logits, target = self._read(prediction, target, where)
        return self._overlap_loss(_ACTIVATIONS[self.from_logits](logits), target, weights, where)

    def loss(self, prediction: Tensor, target: Tensor, **options: Any) -> Tensor:
        """Apply the functional loss."""
        return losses.dice_loss(prediction, target, **options)  # type: ignore[no-any-return]

    def extra_repr(self) -> str:
        """Return the options that differ from their defaults."""
        defaults = Options(from_logits=None, batch=False, include_background=True, smooth=1.0)
        defaults |= Options(tnorm="minimum", reduction="mean")
        return ", ".join(f"{k}={getattr(self, k)!r}" for k, x in defaults.items() if getattr(self, k) != x)

    def _read(self, prediction: Tensor, target: Tensor, where: Tensor | None) -> tuple[Tensor, Tensor]:
        n = prediction.shape[1] if prediction.ndim > 1 else 0
        if n == 0 or (n == 1 and (self.from_logits == "softmax" or not self.include_background)):
            raise ValueError(
                f"nn.{type(self).__name__}: the prediction has shape {tuple(prediction.shape)}; it is (batch, class, "
                "*spatial), of two classes or more for a softmax or without the background"
            )
        if is_labels(target):
            if target.shape != (len(prediction), *prediction.shape[2:]) or n == 1:
                raise ValueError(
                    f"nn.{type(self).__name__}: the integer target has shape {tuple(target.shape)}; labels are (batch, "
                    f"*spatial) of two classes or more, the prediction is {tuple(prediction.shape)}: squeeze(1) a "
                    "class axis, and pass `target > 0` for one class"
                )
            target = one_hot(target, n, where)
        return prediction if prediction.dtype == torch.float64 else prediction.float(), target

    def _overlap_loss(self, prediction: Tensor, target: Tensor, weights: Tensor | None, where: Tensor | None) -> Tensor:
        each = self.loss(
            prediction,
            target,
            axis=self._axis(prediction),
            smooth=self.smooth,
            tnorm=self.tnorm,
            weights=weights,
            where=where,
            reduction="none",
        )
        # after the sums, which are fastest over what is contiguous
        each = each if self.include_background else each[..., 1:]
        return reduced(  # type: ignore[no-any-return]
            f"nn.{type(self).__name__}",
            each,
            self._class_weights(each.device),
            self.reduction,
            array_api_compat.torch,
        )

    def _class_weights(self, device: torch.device) -> Tensor | None:
        return None if self.class_weights is None else self.class_weights.to(device)

    def _axis(self, prediction: Tensor) -> tuple[int, ...]:
        return (*((0,) if self.batch else ()), *range(2, prediction.ndim))


class JaccardLoss(DiceLoss):
    """Soft Jaccard loss, 1 − IoU; options as `DiceLoss`. See `overlap.losses.jaccard_loss`.

    Examples
    --------
    >>> round(float(JaccardLoss(smooth=0.0)(torch.tensor([[[0.5, 1.0]]]), torch.tensor([[[True, True]]]))), 6)
    0.25
    """

    def loss(self, prediction: Tensor, target: Tensor, **options: Any) -> Tensor:
        """Apply the functional loss."""
        return losses.jaccard_loss(prediction, target, **options)  # type: ignore[no-any-return]


class TverskyLoss(DiceLoss):
    """Tversky loss: `alpha` is the price of false positives, `beta` of false negatives; options as `DiceLoss`.

    See `overlap.losses.tversky_loss`.

    Examples
    --------
    >>> missed = torch.tensor([[[0.5, 0.0]]]), torch.tensor([[[True, False]]])
    >>> round(float(TverskyLoss(0.3, 0.7, smooth=0.0)(*missed)), 4)
    0.4118
    """

    def __init__(self, alpha: float = 0.5, beta: float = 0.5, **options: Unpack[Options]) -> None:
        super().__init__(**options)
        self.alpha, self.beta = alpha, beta

    def loss(self, prediction: Tensor, target: Tensor, **options: Any) -> Tensor:
        """Apply the functional loss."""
        return losses.tversky_loss(prediction, target, self.alpha, self.beta, **options)  # type: ignore[no-any-return]


class FocalTverskyLoss(DiceLoss):
    """Focal Tversky loss, the Tversky loss to the power `gamma`; options as `DiceLoss`.

    See `overlap.losses.focal_tversky_loss`.

    Examples
    --------
    >>> missed = torch.tensor([[[0.5, 0.0]]]), torch.tensor([[[True, False]]])
    >>> round(float(FocalTverskyLoss(smooth=0.0)(*missed)), 4)
    0.514
    """

    def __init__(self, alpha: float = 0.3, beta: float = 0.7, gamma: float = 0.75, **options: Unpack[Options]) -> None:
        super().__init__(**options)
        self.alpha, self.beta, self.gamma = alpha, beta, gamma

    def loss(self, prediction: Tensor, target: Tensor, **options: Any) -> Tensor:
        """Apply the functional loss."""
        return losses.focal_tversky_loss(  # type: ignore[no-any-return]
            prediction, target, self.alpha, self.beta, self.gamma, **options
        )


class GeneralisedDiceLoss(DiceLoss):
    """Generalised Dice loss, one ratio of all classes, weighted by their rarity; options as `DiceLoss`.

    See `overlap.losses.generalised_dice_loss` for `weighting`. With ``reduction="none"`` the shape is (batch,).

    Examples
    --------
    >>> target = torch.tensor([[0, 0, 0, 1]])
    >>> round(float(GeneralisedDiceLoss(smooth=0.0)(torch.full((1, 2, 4), 0.5), target)), 4)
    0.625
    """

    def __init__(self, weighting: Weighting = "square", **options: Unpack[Options]) -> None:
        super().__init__(**options)
        self.weighting = weighting

    def loss(self, prediction: Tensor, target: Tensor, **options: Any) -> Tensor:
        """Apply the functional loss."""
        return losses.generalised_dice_loss(  # type: ignore[no-any-return]
            prediction, target, weighting=self.weighting, **options
        )

    def _overlap_loss(self, prediction: Tensor, target: Tensor, weights: Tensor | None, where: Tensor | None) -> Tensor:
        if not self.include_background:
            n = prediction.shape[1]
            prediction, target, weights, where = (_without_first(x, n) for x in (prediction, target, weights, where))
        return self.loss(
            prediction,
            target,
            axis=self._axis(prediction),
            smooth=self.smooth,
            tnorm=self.tnorm,
            weights=weights,
            where=where,
            class_weights=self._class_weights(prediction.device),
            reduction=self.reduction,
        )


class DiceCELoss(DiceLoss):
    """Dice loss plus cross-entropy, the part that calibrates; options as `DiceLoss`.

    The cross-entropy is that of the classes against each other with ``from_logits="softmax"``, and of each channel
    by itself otherwise. It sees all channels: `include_background`, `class_weights` and `smooth` are Dice's. From
    logits it is taken without passing through a probability. With ``reduction="none"`` both parts are means over the
    classes, (batch,) or () of a pooled batch. See `overlap.losses.dice_ce_loss`.

    Examples
    --------
    >>> round(float(DiceCELoss(smooth=0.0)(torch.tensor([[[0.5, 0.5]]]), torch.tensor([[[True, False]]]))), 4)
    1.1931
    """

    def __init__(self, dice_weight: float = 1.0, ce_weight: float = 1.0, **options: Unpack[Options]) -> None:
        super().__init__(**options)
        self.dice_weight, self.ce_weight = dice_weight, ce_weight

    def forward(
        self, prediction: Tensor, target: Tensor, *, weights: Tensor | None = None, where: Tensor | None = None
    ) -> Tensor:
        """Return the loss of predicted arrays ``(batch, class, *spatial)``; `weights` and `where` broadcast to them."""
        logits, target = self._read(prediction, target, where)
        overlap: Tensor = self._overlap_loss(_ACTIVATIONS[self.from_logits](logits), target, weights, where)
        entropy: Tensor = cross_entropy(
            *_LOGARITHMS[self.from_logits](logits),
            target,
            class_axis=1 if self.from_logits == "softmax" else None,
            axis=self._axis(logits),
            weights=weights,
            where=where,
            reduction=self.reduction,
        )
        if self.reduction == "none":
            overlap, entropy = overlap.mean(-1), entropy.mean(-1)
        return self.dice_weight * overlap + self.ce_weight * entropy


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
        self.options: dict[str, Any] = {"kind": kind, "gamma": gamma, "focus": focus}
        self.options |= {"detach_enclosing": detach_enclosing, "reduction": reduction}

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Return the loss of predicted boxes."""
        return losses.box_loss(prediction, target, **self.options)  # type: ignore[no-any-return]

    def extra_repr(self) -> str:
        """Return the kind of loss."""
        return f"kind={self.options['kind']!r}"


def _without_first(x: Tensor | None, n: int) -> Any:
    return x if x is None or x.ndim < 2 or x.shape[1] != n else x[:, 1:]
