"""The loss of boxes as a module. Public through `overlap.nn`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .. import losses
from ..losses.boxes import Focus, Kind, Shape, check_options, prepare_for_compile
from ..losses.ratios import Reduction
from ..losses.turned import Enclosing


class BoxLoss(torch.nn.Module):
    """Loss of boxes, aligned (lo|hi), rotated or with a heading: 1 − EIoU or a relative.

    See `overlap.losses.box_loss` for the options.

    Raises
    ------
    ValueError, TypeError
        If an option is unknown, or `gamma` is no finite number >= 0.

    Examples
    --------
    >>> loss = BoxLoss()(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([[3.0, 0.0, 4.0, 1.0]]))
    >>> round(float(loss), 4)
    1.5294
    """

    def __init__(
        self,
        *,
        kind: Kind = "eiou",
        shape: Shape = "boxes",
        gamma: float = 0.0,
        focus: Focus = "hard",
        enclosing: Enclosing | None = None,
        detach_enclosing: bool | None = None,
        reduction: Reduction = "mean",
    ) -> None:
        super().__init__()
        check_options("nn.BoxLoss", kind, shape, gamma, focus, enclosing, detach_enclosing, reduction)
        prepare_for_compile()
        self.options: dict[str, Any] = {
            "kind": kind,
            "shape": shape,
            "gamma": gamma,
            "focus": focus,
            "enclosing": enclosing,
            "detach_enclosing": detach_enclosing,
            "reduction": reduction,
        }

    def forward(self, prediction: Tensor, target: Tensor, *, weights: Tensor | None = None) -> Tensor:
        """Return the loss of predicted boxes, of which each counts as `weights` (...) say."""
        loss: Tensor = losses.box_loss(prediction, target, weights=weights, **self.options)
        return loss

    def extra_repr(self) -> str:
        """Return the kind of loss, and of which boxes."""
        return f"kind={self.options['kind']!r}, shape={self.options['shape']!r}"
