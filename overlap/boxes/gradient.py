"""Losses of aligned boxes as a function that torch differentiates: compiled passes forward and backward.

For plain host arrays of one shape. Where a graph of the gradient itself is asked for, the array path makes it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from .._arrays import Array, as_host
from .passes import Formula, fill_gradients, fill_losses

Losses = Callable[[Array, Array], Array]


def formula_of(kind: str, detach_enclosing: bool, gamma: float, focus: str) -> Formula:
    """Return the formula that options of `overlap.losses.box_loss` name."""
    return Formula(
        hull=kind == "giou",
        distance=kind in ("diou", "ciou", "eiou"),
        angle=kind == "ciou",
        sides=kind == "eiou",
        is_detached=bool(detach_enclosing),
        gamma=float(gamma),
        easy=focus == "easy",
    )


def pair_losses(prediction: Array, target: Array, formula: Formula, in_array_operations: Losses) -> Array | None:
    """Return the loss of each pair of boxes (..., 2d); None for what only the array path can do, raising included.

    `in_array_operations` is that path, for the gradient of a gradient.
    """
    a = as_host(prediction, detach=True)
    b = as_host(target, detach=True)
    if a is None or b is None or a.shape != b.shape:
        return None
    if a.dtype not in (np.float32, np.float64):
        return None
    loss, malformed = losses_on_host(a, b, formula)
    if malformed:
        return None
    if isinstance(prediction, np.ndarray):
        return loss
    torch = sys.modules["torch"]
    return _differentiable(torch).apply(prediction, target, loss, formula, in_array_operations)


def losses_on_host(a: np.ndarray, b: np.ndarray, formula: Formula) -> tuple[np.ndarray, int]:
    """Return the loss of each pair of boxes (..., 2d), NaN where one is malformed, and how many boxes are."""
    loss = np.empty(a.shape[:-1], a.dtype)
    malformed = fill_losses(_rows(a), _rows(b), formula, loss.reshape(-1))
    return loss, malformed


def write_gradients(
    a: np.ndarray, b: np.ndarray, g: np.ndarray, formula: Formula, needed: Sequence[bool]
) -> list[np.ndarray]:
    """Write the gradients by both boxes in one pass; one that is not needed is empty."""
    rows = _rows(a)
    filled = [np.empty_like(rows if is_needed else rows[:0]) for is_needed in needed]
    fill_gradients(rows, _rows(b), np.ascontiguousarray(g).reshape(-1), formula, *filled)
    return [x.reshape(a.shape) if is_needed else x for x, is_needed in zip(filled, needed, strict=True)]


def _rows(boxes: np.ndarray) -> np.ndarray:
    """Return boxes one below the other, (n, 2d): of one type for the compiler, however they lie in memory."""
    return np.require(boxes, requirements=["C", "W"]).reshape(-1, boxes.shape[-1])


@cache
def _differentiable(torch: Any) -> Any:
    """Return the losses as an autograd function: a class that can only be written once torch is there."""

    class PairLosses(torch.autograd.Function):  # type: ignore[misc]
        """The loss of each pair, already known, as a function of both boxes."""

        @staticmethod
        def forward(
            ctx: Any, prediction: Any, target: Any, loss: np.ndarray, formula: Formula, in_array_operations: Losses
        ) -> Any:
            ctx.save_for_backward(prediction, target)
            ctx.formula = formula
            ctx.in_array_operations = in_array_operations
            return torch.from_numpy(loss)

        @staticmethod
        def backward(ctx: Any, g: Any) -> tuple[Any, ...]:
            boxes = ctx.saved_tensors
            needed = ctx.needs_input_grad[:2]
            host_g = as_host(g)
            if torch.is_grad_enabled() or host_g is None:
                gradients = _gradient_graph(boxes, needed, g, ctx.in_array_operations, torch)
            else:
                gradients = _gradients(boxes, needed, host_g, ctx.formula, torch)
            others = (None,) * 3
            return *gradients, *others

    return PairLosses


def _gradients(boxes: Sequence[Any], needed: Sequence[bool], g: np.ndarray, formula: Formula, torch: Any) -> list[Any]:
    """Return the gradients that are needed as tensors."""
    prediction, target = boxes
    written = write_gradients(prediction.detach().numpy(), target.detach().numpy(), g, formula, needed)
    return [torch.from_numpy(x) if is_needed else None for x, is_needed in zip(written, needed, strict=True)]


def _gradient_graph(boxes: Sequence[Any], needed: Sequence[bool], g: Any, losses: Losses, torch: Any) -> list[Any]:
    """Return the gradients that are needed as functions of the boxes, for gradients of the gradient."""
    with torch.enable_grad():
        # two names even where both are one tensor
        views = [x.view_as(x) for x in boxes]
        loss = losses(*views)
    wanted = [x for x, is_needed in zip(views, needed, strict=True) if is_needed]
    found = iter(torch.autograd.grad(loss, wanted, g, create_graph=True))
    return [next(found) if is_needed else None for is_needed in needed]
