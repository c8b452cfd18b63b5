"""What every loss of masks is told, and what it checks of it: the base of the modules."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import ClassVar

import torch
from torch import Tensor

from .._arrays import plain
from .._checks import check_choice, check_real, shown
from ..losses.ratios import REDUCTIONS, Reduction
from ..raster.sizes import check_broadcasts
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

    _operation: ClassVar[str]
    """What messages call the loss."""

    _defaults: ClassVar[dict[str, object]] = {
        "from_logits": None,
        "include_background": True,
        "class_weights": None,
        "reduction": "mean",
    }
    """Options that a module shows where they differ."""

    def __init__(
        self, from_logits: Activation, include_background: bool, class_weights: ClassWeights, reduction: Reduction
    ) -> None:
        super().__init__()
        check_choice(self._operation, "from_logits", from_logits, (None, "sigmoid", "softmax"))
        check_choice(self._operation, "include_background", include_background, (True, False))
        check_choice(self._operation, "reduction", reduction, REDUCTIONS)
        self.from_logits = from_logits
        self.include_background = include_background
        self.reduction = reduction
        self._register_weights("class_weights", class_weights)

    def extra_repr(self) -> str:
        """Return the options that differ from their defaults."""
        options = {name: _shown(getattr(self, name)) for name in self._defaults}
        return ", ".join(f"{name}={value!r}" for name, value in options.items() if value != self._defaults[name])

    def __init_subclass__(cls) -> None:
        """Name the loss."""
        super().__init_subclass__()
        cls._operation = f"nn.{cls.__name__}"

    def _read_prediction(
        self, prediction: Tensor, weights: Tensor | None, where: Tensor | None
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Return a prediction, and how much its cells count, as plain tensors of as many axes."""
        check_tensors(self._operation, prediction=prediction)
        (prediction,) = plain(prediction)
        self._check_prediction(prediction)
        weights, where = read_counts(self._operation, weights, where, prediction.shape)
        return prediction, weights, where

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
            if not weights.any():
                raise ValueError(f"{self._operation}: {name} leaves nothing to count: all are 0")
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


def _shown(option: object) -> object:
    """Return an option as it was written."""
    return option.tolist() if isinstance(option, Tensor) else option


def check_tensors(operation: str, **operands: object) -> None:
    """Refuse what is no tensor, an array of numpy above all."""
    for name, x in operands.items():
        if x is not None and not isinstance(x, Tensor):
            raise TypeError(f"{operation}: {name} is a {type(x).__name__}; pass a tensor, torch.as_tensor({name})")


def read_counts(
    operation: str, weights: Tensor | None, where: Tensor | None, shape: tuple[int, ...]
) -> tuple[Tensor | None, Tensor | None]:
    """Return how much the cells of a shape (batch, class, *spatial) count, as plain tensors of as many axes."""
    check_tensors(operation, weights=weights, where=where)
    if where is not None and where.dtype != torch.bool:
        raise TypeError(f"{operation}: where has dtype {where.dtype}; pass bool, True = counted")
    weights, where = plain(weights, where)
    weights = aligned(operation, "weights", weights, shape)
    where = aligned(operation, "where", where, shape)
    return weights, where


def aligned(operation: str, name: str, x: Tensor | None, shape: tuple[int, ...]) -> Tensor | None:
    """Return what broadcasts to a shape (batch, class, *spatial) with all of its axes, that of classes the second."""
    if x is None:
        return None
    if x.ndim == len(shape) - 1 and x.ndim > 0:
        raise ValueError(
            f"{operation}: {name} has shape {tuple(x.shape)}, and (batch, class, *spatial) is {tuple(shape)}; pass "
            f"{name}.unsqueeze(1) if it has one mask a case, {name}[None] if one a class"
        )
    check_broadcasts(operation, name, x, shape)
    return x.reshape((1,) * (len(shape) - x.ndim) + x.shape)
