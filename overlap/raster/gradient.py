"""The gradient of soft sizes, in numba: one pass each way, no temporaries besides the gradient itself.

For host tensors whose target and weights need no gradient. Forward is the kernel of `overlap.raster.measure`; backward
writes, cell by cell, the slope of the intersection times its gradient plus the gradient of the size, times the size of
the cell: 0 where it is not counted. Where a graph of the gradient itself is asked for, `slopes` writes the same.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

import numpy as np

from .._compiled import entry, inner
from .compiled import TNORMS, Measured, Operands, fill, find_block, leave_out, near_block
from .layout import BLOCK, cell_sizes, flat, layout, source, summed_axes
from .slopes import gradient_in_operations

_entry: Any = entry()
_inner: Any = inner()


def differentiable(
    operands: tuple[Any, ...], axis: int | tuple[int, ...] | None, tnorm: str, measured: Measured
) -> tuple[Any, Any, Any]:
    """Return what is shared and both sizes, already measured, as functions of the prediction, the first operand.

    What was cut off, because it is beyond 0 or 1, has no gradient.
    """
    summed = summed_axes(axis, operands[0].ndim)
    measured_as = (summed, tnorm, measured.sizes, measured.a_cut_off)
    both, size_a, size_b = _soft_sizes(sys.modules["torch"]).apply(*operands, *measured_as)
    return both, size_a, size_b


@cache
def _soft_sizes(torch: Any) -> Any:
    """Return the sizes as an autograd function: a class that can only be written once torch is there."""

    class SoftSizes(torch.autograd.Function):  # type: ignore[misc]
        """The three sizes as functions of the prediction."""

        @staticmethod
        def forward(
            ctx: Any,
            prediction: Any,
            target: Any,
            weights: Any,
            where: Any,
            summed: tuple[int, ...],
            tnorm: str,
            sizes: np.ndarray,
            some_cut_off: bool,
        ) -> tuple[Any, ...]:
            ctx.save_for_backward(prediction, target, weights, where)
            ctx.summed = summed
            ctx.tnorm = tnorm
            ctx.some_cut_off = some_cut_off
            both, size_a, size_b = torch.from_numpy(sizes)
            ctx.mark_non_differentiable(size_b)
            ctx.set_materialize_grads(False)
            return both, size_a, size_b

        @staticmethod
        def backward(ctx: Any, g_both: Any, g_a: Any, _: Any) -> tuple[Any, ...]:
            others = (None,) * 7
            if g_both is None and g_a is None:
                return None, *others
            if g_both is None:
                g_both = torch.zeros_like(g_a)
            if g_a is None:
                g_a = torch.zeros_like(g_both)
            write = gradient_in_operations if torch.is_grad_enabled() else host_gradient
            gradient = write(ctx.saved_tensors, g_both, g_a, ctx.summed, ctx.tnorm, ctx.some_cut_off)
            return gradient, *others

    return SoftSizes


def host_gradient(
    operands: tuple[Any, ...],
    g_both: Any,
    g_a: Any,
    summed: tuple[int, ...],
    tnorm: str,
    some_cut_off: bool,
) -> Any:
    """Write the gradient of the prediction, block by block; None for what only the operations of torch can do."""
    on_host: list[Any] = [None if x is None else x.detach().numpy() for x in operands]
    read = Operands(*on_host).widened()
    # numpy asks the system for large pages, torch does not: on a new array that is most of the time
    gradient = np.empty_like(read.a)
    plan = layout((*read, gradient), summed)
    if plan is None:
        return None
    slopes = (_flat_gradient(g_both), _flat_gradient(g_a))
    counts = cell_sizes(read.weights, read.where)
    rule = None if read.b.dtype == np.bool_ else TNORMS[tnorm]
    _write(source(read.a), source(read.b), *counts, flat(gradient), *plan, *slopes, rule, some_cut_off)
    return sys.modules["torch"].from_numpy(gradient)


def _flat_gradient(g: Any) -> np.ndarray:
    """Return the gradient of a size, one number for each result."""
    return np.ascontiguousarray(g.detach().numpy(), np.float64).reshape(-1)


@_inner
def _hard_block(y: np.ndarray, outside: Any, inside: Any, to: np.ndarray) -> None:
    for k in range(y.size):
        to[k] = inside if y[k] else outside


@_inner
def _minimum_block(p: np.ndarray, y: np.ndarray, outside: Any, tie: Any, inside: Any, to: np.ndarray) -> None:
    for k in range(p.size):
        soft = inside if p[k] < y[k] else (outside if p[k] > y[k] else tie)
        to[k] = outside if y[k] <= 0 else (inside if y[k] >= 1 else soft)


@_inner
def _product_block(y: np.ndarray, g_both: float, g_a: float, to: np.ndarray) -> None:
    for k in range(y.size):
        to[k] = g_both * min(max(np.float64(y[k]), 0.0), 1.0) + g_a


@_inner
def _lukasiewicz_block(p: np.ndarray, y: np.ndarray, outside: Any, inside: Any, to: np.ndarray) -> None:
    for k in range(p.size):
        soft = inside if np.float64(p[k]) + np.float64(y[k]) > 1 else outside
        to[k] = outside if y[k] <= 0 else (inside if y[k] >= 1 else soft)


@_inner
def _leave_out_of_range(p: np.ndarray, to: np.ndarray) -> None:
    """Set to 0 the gradient of what was cut off."""
    for k in range(p.size):
        to[k] = 0 if p[k] < 0 or p[k] > 1 else to[k]


@_entry
def _write(
    p: np.ndarray,
    y: np.ndarray,
    single: np.ndarray,
    double: np.ndarray,
    counted: np.ndarray,
    gradient: np.ndarray,
    shape: np.ndarray,
    steps: np.ndarray,
    within: np.ndarray,
    n_cells: int,
    g_both: np.ndarray,
    g_a: np.ndarray,
    tnorm: Any,
    some_cut_off: bool,
) -> None:
    """Write the gradient block by block; `tnorm` is None where the target is hard, for all are alike there."""
    room_p = np.empty(BLOCK, p.dtype)
    room_y = np.empty(BLOCK, y.dtype)
    room_counted = np.empty(BLOCK, np.uint8)
    room_sizes = np.empty(BLOCK, np.float64)
    room = np.empty(BLOCK, gradient.dtype)
    start = np.zeros(steps.shape[0], np.int64)
    for turn in range(shape.prod()):
        find_block(turn, shape, steps, start)
        n = min(BLOCK, n_cells - start[6])
        a = near_block(p, start[0], within[0], n, room_p)
        b = near_block(y, start[1], within[1], n, room_y)
        to = gradient[start[4] : start[4] + n] if within[4] == 1 else room[:n]
        # all but the product have three values only, which are rounded once
        slope = g_both[start[5]]
        level = g_a[start[5]]
        outside = p.dtype.type(level)
        tie = p.dtype.type(0.5 * slope + level)
        inside = p.dtype.type(slope + level)
        if tnorm is None:
            _hard_block(b, outside, inside, to)
        elif tnorm == 0:
            _minimum_block(a, b, outside, tie, inside, to)
        elif tnorm == 1:
            _product_block(b, slope, level, to)
        else:
            _lukasiewicz_block(a, b, outside, inside, to)
        if single.size + double.size > 0:
            size = room_sizes[:n]
            if single.size > 0:
                fill(single, start[2], within[2], size)
            else:
                fill(double, start[2], within[2], size)
            for k in range(n):
                to[k] *= size[k]
        if counted.size > 0:
            leave_out(near_block(counted, start[3], within[3], n, room_counted), to)
        if some_cut_off:
            _leave_out_of_range(a, to)
        if within[4] != 1:
            for k in range(n):
                gradient[start[4] + k * within[4]] = to[k]
