"""Dice, and Dice plus cross-entropy, of logits: ours, the plain formula, and MONAI's, written out.

Kinds are "minimum" and "product", how two soft values intersect, and "entropy", the product and a cross-entropy.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from overlap import nn

Loss = Callable[[Tensor, Tensor], Tensor]

KINDS = ("minimum", "product", "entropy")
SMOOTH = 1.0
_MONAI_SMOOTH = 1e-5


def activation(n_classes: int) -> str:
    return "sigmoid" if n_classes == 1 else "softmax"


def ours(kind: str, n_classes: int) -> torch.nn.Module:
    if kind == "entropy":
        return nn.DiceCELoss(from_logits=activation(n_classes), tnorm="product", smooth=SMOOTH)
    return nn.DiceLoss(from_logits=activation(n_classes), tnorm=kind, smooth=SMOOTH)


def probabilities(x: Tensor) -> Tensor:
    return torch.sigmoid(x) if x.shape[1] == 1 else torch.softmax(x, 1)


def channels(y: Tensor, x: Tensor) -> Tensor:
    """Return a target for each class."""
    if y.shape == x.shape:
        return y.to(x.dtype)
    return F.one_hot(y, x.shape[1]).movedim(-1, 1).to(x.dtype)


def plain(kind: str) -> Loss:
    """Return the formula in a few tensor operations, in the dtype of the logits or float32."""

    def dice(x: Tensor, y: Tensor) -> Tensor:
        p = probabilities(x)
        axes = tuple(range(2, x.ndim))
        both = torch.minimum(p, y) if kind == "minimum" else p * y
        return 1 - (2 * both.sum(axes) + SMOOTH) / (p.sum(axes) + y.sum(axes) + SMOOTH)

    def loss(x: Tensor, y: Tensor) -> Tensor:
        x = x if x.dtype == torch.float64 else x.float()
        value = dice(x, channels(y, x)).mean()
        return value + cross_entropy(x, y) if kind == "entropy" else value

    return loss


def cross_entropy(x: Tensor, y: Tensor) -> Tensor:
    """Return the mean over cells, of labels as they are or of a target for each class."""
    if y.is_floating_point():
        y = y.to(x.dtype)
    if x.shape[1] == 1:
        return F.binary_cross_entropy_with_logits(x, y)
    return F.cross_entropy(x, y)


def monai(kind: str) -> Loss:
    """Return what MONAI 1.5 computes: DiceLoss, with soft_label for the minimum, or DiceCELoss."""

    def dice(x: Tensor, y: Tensor) -> Tensor:
        p = probabilities(x)
        axes = tuple(range(2, x.ndim))
        size_p = p.sum(axes)
        size_y = y.sum(axes)
        both = (p * y).sum(axes)
        if kind == "minimum":
            both = (size_p + size_y - (p - y).abs().sum(axes)) / 2
        false_positive = size_p - both
        false_negative = size_y - both
        denominator = 2 * both + false_positive + false_negative
        return 1 - (2 * both + _MONAI_SMOOTH) / (denominator + _MONAI_SMOOTH)

    def loss(x: Tensor, y: Tensor) -> Tensor:
        x = x.float()
        value = dice(x, channels(y, x)).mean()
        return value + cross_entropy(x, y) if kind == "entropy" else value

    return loss
