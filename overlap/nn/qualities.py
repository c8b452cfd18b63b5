"""Losses of scores that are trained towards the IoU of their boxes, as modules. Public through `overlap.nn`."""

from __future__ import annotations

from typing import Literal, NamedTuple

import array_api_compat.torch as xp
import torch
from torch import Tensor
from torch.nn import functional as F

from .._arrays import plain
from .._checks import check_choice
from ..losses.entropies import at_least_single, log
from ..losses.qualities import check_power, check_same_shape, check_scores, quality_focal, varifocal
from ..losses.ratios import REDUCTIONS, Reduction, reduced
from ..losses.weights import weight_of_each

Activation = Literal["sigmoid"] | None


class _Scores(NamedTuple):
    """Scores, their logarithms and those of their complements, and the IoU that each is trained towards."""

    p: Tensor
    log_p: Tensor
    log_not_p: Tensor
    q: Tensor


class QualityFocalLoss(torch.nn.Module):
    """Quality focal loss of scores against the IoU of their boxes; see `overlap.losses.quality_focal_loss`.

    Parameters
    ----------
    beta : float
        Power (≥ 0) of how far off a score is.
    from_logits : {None, "sigmoid"}
        What turns the prediction into scores.
    reduction : {"mean", "sum", "none"}
        Over all scores.

    Raises
    ------
    ValueError, TypeError
        If an option is unknown, or `beta` is no finite number >= 0.

    Examples
    --------
    >>> logits, iou = torch.tensor([[2.0, -1.0]]), torch.tensor([[0.9, 0.0]])
    >>> round(float(QualityFocalLoss(from_logits="sigmoid")(logits, iou)), 4)
    0.0114
    """

    def __init__(self, beta: float = 2.0, *, from_logits: Activation = None, reduction: Reduction = "mean") -> None:
        super().__init__()
        _check_options("nn.QualityFocalLoss", from_logits, reduction)
        check_power("nn.QualityFocalLoss", "beta", beta)
        self.beta = beta
        self.from_logits = from_logits
        self.reduction = reduction

    def forward(self, prediction: Tensor, target: Tensor, *, weights: Tensor | None = None) -> Tensor:
        """Return the loss of scores or logits against IoU of their shape, of which each counts as `weights` say."""
        operation = "nn.QualityFocalLoss"
        scores = _read(operation, prediction, target, self.from_logits)
        loss = quality_focal(*scores, self.beta, xp)
        return _reduced(operation, loss, weights, self.reduction)

    def extra_repr(self) -> str:
        """Return the options."""
        return f"beta={self.beta}, from_logits={self.from_logits!r}"


class VarifocalLoss(torch.nn.Module):
    """Varifocal loss of scores against the IoU of their boxes; see `overlap.losses.varifocal_loss`.

    Parameters
    ----------
    alpha : float
        Weight (≥ 0) of places without an object.
    gamma : float
        Power (≥ 0) of their score.
    from_logits : {None, "sigmoid"}
        What turns the prediction into scores.
    reduction : {"mean", "sum", "none"}
        Over all scores.

    Raises
    ------
    ValueError, TypeError
        If an option is unknown, or `alpha` or `gamma` is no finite number >= 0.

    Examples
    --------
    >>> logits, iou = torch.tensor([[2.0, -1.0]]), torch.tensor([[0.9, 0.0]])
    >>> round(float(VarifocalLoss(from_logits="sigmoid")(logits, iou)), 4)
    0.1556
    """

    def __init__(
        self,
        alpha: float = 0.75,
        gamma: float = 2.0,
        *,
        from_logits: Activation = None,
        reduction: Reduction = "mean",
    ) -> None:
        super().__init__()
        _check_options("nn.VarifocalLoss", from_logits, reduction)
        check_power("nn.VarifocalLoss", "alpha", alpha)
        check_power("nn.VarifocalLoss", "gamma", gamma)
        self.alpha = alpha
        self.gamma = gamma
        self.from_logits = from_logits
        self.reduction = reduction

    def forward(self, prediction: Tensor, target: Tensor, *, weights: Tensor | None = None) -> Tensor:
        """Return the loss of scores or logits against IoU of their shape, of which each counts as `weights` say."""
        operation = "nn.VarifocalLoss"
        scores = _read(operation, prediction, target, self.from_logits)
        loss = varifocal(*scores, self.alpha, self.gamma, xp)
        return _reduced(operation, loss, weights, self.reduction)

    def extra_repr(self) -> str:
        """Return the options."""
        return f"alpha={self.alpha}, gamma={self.gamma}, from_logits={self.from_logits!r}"


def _check_options(operation: str, from_logits: object, reduction: object) -> None:
    check_choice(operation, "from_logits", from_logits, (None, "sigmoid"))
    check_choice(operation, "reduction", reduction, REDUCTIONS)


def _read(operation: str, prediction: Tensor, target: Tensor, from_logits: Activation) -> _Scores:
    """Return scores and their targets, checked, in one dtype of 32 bits or more."""
    x, q = plain(prediction, target)
    check_scores(operation, "target", q, xp)
    check_same_shape(operation, x, q)
    dtype = torch.promote_types(at_least_single(x, xp).dtype, at_least_single(q, xp).dtype)
    x = x.to(dtype)
    q = q.to(dtype)
    if from_logits == "sigmoid":
        return _Scores(torch.sigmoid(x), F.logsigmoid(x), F.logsigmoid(-x), q)
    check_scores(operation, "prediction", x, xp)
    return _Scores(x, log(x, xp), log(1 - x, xp), q)


def _reduced(operation: str, loss: Tensor, weights: Tensor | None, reduction: Reduction) -> Tensor:
    share = weight_of_each(operation, weights, loss, xp)
    of_all: Tensor = reduced(operation, loss, share, reduction, xp)
    return of_all
