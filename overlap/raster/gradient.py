"""The gradient of soft sizes, in numba: one pass each way, no temporaries besides the gradient itself.

For large plain CPU tensors whose target needs no gradient. Forward is the kernel of `overlap.raster.measure`;
backward writes, cell by cell, the slope of the intersection times its gradient plus the gradient of the size.
Where a graph of the gradient itself is asked for, the same is written in torch operations.
"""

from __future__ import annotations

import sys
from functools import cache
from math import prod
from typing import Any

import numpy as np

from .._arrays import as_host
from .._compiled import entry
from . import compiled

_entry: Any = entry()


def raster_sizes(
    prediction: Any, target: Any, axis: int | tuple[int, ...] | None, tnorm: str
) -> tuple[Any, Any, Any] | None:
    """See `overlap.raster.measure`; None for what only the array path can do, raising included."""
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(prediction, torch.Tensor) or not isinstance(target, torch.Tensor):
        return None
    p = as_host(prediction, detach=True)
    y = as_host(target)
    if p is None or y is None:
        return None
    inner, outer = compiled.split(axis, prediction.ndim)
    measured = compiled.raster_sizes(p, y, axis, tnorm)
    if measured is None:
        return None
    sizes, valid = measured
    if not valid:
        return None
    both, size_a, size_b = _soft_sizes(torch).apply(
        prediction,
        target,
        inner,
        outer,
        tnorm,
        *(torch.as_tensor(x) for x in sizes),
    )
    return both, size_a, size_b


@cache
def _soft_sizes(torch: Any) -> Any:
    """Return the sizes as an autograd function: a class that can only be written once torch is there."""

    class SoftSizes(torch.autograd.Function):  # type: ignore[misc]
        """The three sizes, already known, as functions of the prediction."""

        @staticmethod
        def forward(
            ctx: Any, prediction: Any, target: Any, inner: Any, outer: Any, tnorm: str, *sizes: Any
        ) -> tuple[Any, ...]:
            ctx.save_for_backward(prediction, target)
            summed = (*inner, *outer)
            ctx.shape = tuple(1 if k in summed else n for k, n in enumerate(prediction.shape))
            ctx.n_inner = len(inner)
            ctx.tnorm = tnorm
            both, size_a, size_b = (x.clone() for x in sizes)
            ctx.mark_non_differentiable(size_b)
            return both, size_a, size_b

        @staticmethod
        def backward(ctx: Any, g_both: Any, g_a: Any, _: Any) -> tuple[Any, ...]:
            prediction, target = ctx.saved_tensors
            g_both = g_both.reshape(ctx.shape)
            g_a = g_a.reshape(ctx.shape)
            if torch.is_grad_enabled():
                gradient = _gradient_graph(prediction, target, g_both, g_a, ctx.tnorm, torch)
            else:
                gradient = _gradient(prediction, target, g_both, g_a, ctx.n_inner, ctx.tnorm, torch)
            others = (None,) * 7
            return gradient, *others

    return SoftSizes


def _gradient(prediction: Any, target: Any, g_both: Any, g_a: Any, n_inner: int, tnorm: str, torch: Any) -> Any:
    """Write the gradient of the prediction, row by row of memory."""
    p = prediction.detach().numpy()
    y = target.detach().numpy()
    row_shape = p.shape[: p.ndim - n_inner]
    rows = (prod(row_shape), -1)
    # numpy asks the system for large pages, torch does not: on a new array that is most of the time
    gradient = np.empty_like(p)
    write = _WRITE[tnorm]
    write(
        p.reshape(rows),
        compiled.as_bytes(y).reshape(rows),
        _by_row(g_both, row_shape),
        _by_row(g_a, row_shape),
        gradient.reshape(rows),
    )
    return torch.from_numpy(gradient)


def _by_row(g: Any, row_shape: tuple[int, ...]) -> np.ndarray:
    """Return the gradient of a size, one number for each row of memory."""
    by_row = g.detach().numpy()
    by_row = by_row.reshape(by_row.shape[: len(row_shape)])
    return np.broadcast_to(by_row, row_shape).reshape(-1).astype(np.float64, copy=False)


def _gradient_graph(prediction: Any, target: Any, g_both: Any, g_a: Any, tnorm: str, torch: Any) -> Any:
    """Write the same in torch operations, for gradients of the gradient."""
    p = prediction.detach().double()
    y = target.double()
    if tnorm == "minimum":
        slope = (p < y) + 0.5 * (p == y)
    elif tnorm == "product":
        slope = y
    else:
        slope = (p + y > 1).double()
    slope = torch.where((y == 0) | (y == 1), y, slope)
    return (g_both * slope + g_a).to(prediction.dtype)


@_entry
def _write_minimum(p: np.ndarray, y: np.ndarray, g_both: np.ndarray, g_a: np.ndarray, out: np.ndarray) -> None:
    for row in range(p.shape[0]):
        # three values only: which one is all that depends on the cell
        outside = g_a[row]
        tie = 0.5 * g_both[row] + g_a[row]
        inside = g_both[row] + g_a[row]
        a = p[row]
        b = y[row]
        to = out[row]
        for k in range(a.size):
            soft = inside if a[k] < b[k] else (outside if a[k] > b[k] else tie)
            to[k] = outside if b[k] == 0 else (inside if b[k] == 1 else soft)


@_entry
def _write_product(p: np.ndarray, y: np.ndarray, g_both: np.ndarray, g_a: np.ndarray, out: np.ndarray) -> None:
    for row in range(p.shape[0]):
        slope = g_both[row]
        level = g_a[row]
        b = y[row]
        to = out[row]
        for k in range(b.size):
            to[k] = slope * b[k] + level


@_entry
def _write_lukasiewicz(p: np.ndarray, y: np.ndarray, g_both: np.ndarray, g_a: np.ndarray, out: np.ndarray) -> None:
    for row in range(p.shape[0]):
        outside = g_a[row]
        inside = g_both[row] + g_a[row]
        a = p[row]
        b = y[row]
        to = out[row]
        for k in range(a.size):
            soft = inside if np.float64(a[k]) + np.float64(b[k]) > 1 else outside
            to[k] = outside if b[k] == 0 else (inside if b[k] == 1 else soft)


_WRITE = {"minimum": _write_minimum, "product": _write_product, "lukasiewicz": _write_lukasiewicz}
