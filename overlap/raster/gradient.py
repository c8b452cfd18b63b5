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

import numba
import numpy as np

from .._arrays import as_host
from . import compiled

_kernel: Any = numba.njit(cache=True, nogil=True)


def raster_sizes(
    prediction: Any, target: Any, axis: int | tuple[int, ...] | None, tnorm: str
) -> tuple[Any, Any, Any] | None:
    """See `overlap.raster.measure`; None for what only the array path can do, raising included."""
    torch = sys.modules.get("torch")
    tensors = torch is not None and isinstance(prediction, torch.Tensor) and isinstance(target, torch.Tensor)
    if torch is None or not tensors or target.requires_grad:
        return None
    p, y = (as_host(x.detach()) for x in (prediction, target))
    if p is None or y is None:
        return None
    inner, outer = compiled.split(axis, prediction.ndim)
    found = compiled.raster_sizes(p, y, axis, tnorm)
    if found is None or not found[1]:
        return None
    sizes = [torch.as_tensor(x) for x in found[0]]
    outputs: tuple[Any, Any, Any] = _function(torch).apply(prediction, target, inner, outer, tnorm, *sizes)
    return outputs


@cache
def _function(torch: Any) -> Any:
    class SoftSizes(torch.autograd.Function):  # type: ignore[misc]
        """The three sizes, already known, as functions of the prediction."""

        @staticmethod
        def forward(
            ctx: Any, prediction: Any, target: Any, inner: Any, outer: Any, tnorm: str, *sizes: Any
        ) -> tuple[Any, ...]:
            ctx.save_for_backward(prediction, target)
            shape = tuple(1 if k in inner or k in outer else n for k, n in enumerate(prediction.shape))
            ctx.how = shape, len(inner), tnorm, torch
            intersection, size_a, size_b = (x.clone() for x in sizes)
            ctx.mark_non_differentiable(size_b)
            return intersection, size_a, size_b

        @staticmethod
        def backward(ctx: Any, g_both: Any, g_a: Any, _: Any) -> tuple[Any, ...]:
            prediction, target = ctx.saved_tensors
            shape, *how = ctx.how
            write = _gradient_graph if torch.is_grad_enabled() else _gradient
            gradient = write(prediction, target, g_both.reshape(shape), g_a.reshape(shape), *how)
            return gradient, *(None,) * 7

    return SoftSizes


def _gradient(prediction: Any, target: Any, g_both: Any, g_a: Any, inner: int, tnorm: str, torch: Any) -> Any:
    p, y = (x.detach().numpy() for x in (prediction, target))
    lead = p.shape[: p.ndim - inner]
    rows = (prod(lead), -1)
    # numpy asks the system for large pages, torch does not: on a new array that is most of the time
    gradient = np.empty_like(p)
    scales = (
        np.broadcast_to(x.detach().numpy(), (*lead, *(1,) * inner)).reshape(-1).astype(np.float64, copy=False)
        for x in (g_both, g_a)
    )
    _write[tnorm](*(x.reshape(rows) for x in (p, compiled.as_bytes(y))), *scales, gradient.reshape(rows))
    return torch.from_numpy(gradient)


def _gradient_graph(prediction: Any, target: Any, g_both: Any, g_a: Any, inner: int, tnorm: str, torch: Any) -> Any:
    p, y = prediction.detach().double(), target.double()
    slope = {
        "minimum": lambda: (p < y) + 0.5 * (p == y),
        "product": lambda: y,
        "lukasiewicz": lambda: (p + y > 1).double(),
    }[tnorm]()
    slope = torch.where((y == 0) | (y == 1), y, slope)
    return (g_both * slope + g_a).to(prediction.dtype)


@_kernel
def _minimum(p: np.ndarray, y: np.ndarray, g_both: np.ndarray, g_a: np.ndarray, out: np.ndarray) -> None:
    for row in range(p.shape[0]):
        # three values only: which one is all that depends on the cell
        outside, tie, inside = g_a[row], 0.5 * g_both[row] + g_a[row], g_both[row] + g_a[row]
        a, b, to = p[row], y[row], out[row]
        for k in range(a.size):
            soft = inside if a[k] < b[k] else (outside if a[k] > b[k] else tie)
            to[k] = outside if b[k] == 0 else (inside if b[k] == 1 else soft)


@_kernel
def _product(p: np.ndarray, y: np.ndarray, g_both: np.ndarray, g_a: np.ndarray, out: np.ndarray) -> None:
    for row in range(p.shape[0]):
        b, to, slope, level = y[row], out[row], g_both[row], g_a[row]
        for k in range(b.size):
            to[k] = slope * b[k] + level


@_kernel
def _lukasiewicz(p: np.ndarray, y: np.ndarray, g_both: np.ndarray, g_a: np.ndarray, out: np.ndarray) -> None:
    for row in range(p.shape[0]):
        outside, inside = g_a[row], g_both[row] + g_a[row]
        a, b, to = p[row], y[row], out[row]
        for k in range(a.size):
            soft = inside if np.float64(a[k]) + np.float64(b[k]) > 1 else outside
            to[k] = outside if b[k] == 0 else (inside if b[k] == 1 else soft)


_write = {"minimum": _minimum, "product": _product, "lukasiewicz": _lukasiewicz}
