"""What every loss of masks is told, and what it checks of it: the base of the modules."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import ClassVar

import torch
from torch import Tensor

from .._checks import check_choice, check_real, shown
from ..losses.ratios import REDUCTIONS, Reduction
from .sums import Activation

ClassWeights = Sequence[float] | Tensor | None


class MaskLoss(torch.nn.Module):
    """A loss of predicted masks ``(batch, class, *spatial)``, reduced over cases and classes.

    Parameters
    ----------
    from_logits : {None, "sigmoid", "softmax"}
        What turns the prediction into probabilities.
    include_background : bool
        Whether channel 0 counts.
    class_weights : sequence of float, optional
        Weight (≥ 0) of each counted channel.
    reduction : {"mean", "sum", "none"}
        Over cases and classes.

    Raises
    ------
    ValueError
        If an option is unknown, or weights are no numbers >= 0.
    """

    class_weights: Tensor | None

    _defaults: ClassVar[dict[str, object]] = {"from_logits": None, "include_background": True, "reduction": "mean"}
    """Options that a module shows where they differ."""

    def __init__(
        self, from_logits: Activation, include_background: bool, class_weights: ClassWeights, reduction: Reduction
    ) -> None:
        super().__init__()
        check_choice(self._operation, "from_logits", from_logits, (None, "sigmoid", "softmax"))
        check_choice(self._operation, "reduction", reduction, REDUCTIONS)
        self.from_logits = from_logits
        self.include_background = include_background
        self.reduction = reduction
        self._register_weights("class_weights", class_weights)

    def extra_repr(self) -> str:
        """Return the options that differ from their defaults."""
        options = {name: getattr(self, name) for name in self._defaults}
        return ", ".join(f"{name}={value!r}" for name, value in options.items() if value != self._defaults[name])

    @property
    def _operation(self) -> str:
        return f"nn.{type(self).__name__}"

    def _check_prediction(self, prediction: Tensor) -> None:
        n_classes = prediction.shape[1] if prediction.ndim > 1 else 0
        needs_two = self.from_logits == "softmax" or not self.include_background
        if n_classes == 0 or (n_classes == 1 and needs_two):
            raise ValueError(
                f"{self._operation}: the prediction has shape {tuple(prediction.shape)}; it is (batch, class, "
                "*spatial), of two classes or more for a softmax or without the background"
            )

    def _register_weights(self, name: str, weights: float | ClassWeights) -> None:
        """Keep the weights of classes with the module, without making them a part of its state."""
        if weights is not None:
            weights = torch.as_tensor(weights, dtype=torch.float32)
            if weights.ndim > 1 or not bool((weights >= 0).all() and weights.isfinite().all()):
                raise ValueError(
                    f"{self._operation}: {name} is {shown(weights.tolist())}; it is one number >= 0 for each class"
                )
        self.register_buffer(name, weights, persistent=False)

    def _check_not_negative(self, **options: float) -> None:
        """Refuse options that are no finite numbers >= 0."""
        for name, value in options.items():
            check_real(self._operation, name, value)
            if not (isfinite(value) and value >= 0):
                raise ValueError(f"{self._operation}: {name} must be a finite number >= 0, got {value}")


def on_device(weights: Tensor | None, loss: Tensor) -> Tensor | None:
    """Return weights where a loss is, without waiting for the device."""
    return None if weights is None else weights.to(loss.device, non_blocking=True)


def check_tensors(operation: str, **operands: object) -> None:
    """Refuse what is no tensor, an array of numpy above all, and a `where` that is not bool."""
    for name, x in operands.items():
        if x is not None and not isinstance(x, Tensor):
            raise TypeError(f"{operation}: {name} is a {type(x).__name__}; pass a tensor, torch.as_tensor({name})")
    where = operands.get("where")
    if isinstance(where, Tensor) and where.dtype != torch.bool:
        raise TypeError(f"{operation}: where has dtype {where.dtype}; pass bool, True = counted")


def aligned(x: Tensor | None, prediction: Tensor) -> Tensor | None:
    """Return what broadcasts to a prediction with all of its axes, so that its axis of classes is the second."""
    if x is None:
        return None
    x = plain(x)
    return x.reshape((1,) * (prediction.ndim - x.ndim) + x.shape)


def plain(x: Tensor) -> Tensor:
    """Return a tensor without what a subclass, such as MONAI's MetaTensor, adds to it and runs at each operation."""
    return x if type(x) is Tensor else x.as_subclass(Tensor)
