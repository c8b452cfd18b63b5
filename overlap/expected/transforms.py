"""E[exp(−s D)] and E[N exp(−s D)] of sums over independent cells, for every rate s, with a gradient.

Conventions
-----------
- N = Σ value Y and D = Σ step Y, where Y is 1 with the chance p of a cell, else 0. The cells lie along the last axis,
  the rates along the first axis of s, before those of the cases.
- No path keeps a number for each cell and each rate: the host goes block by block, a device rate by rate. So does the
  gradient of torch, but under compile, in functorch, and where the steps have a gradient.
"""

from __future__ import annotations

import sys
from functools import cache
from types import ModuleType
from typing import Any

import array_api_compat as compat
import array_api_compat.numpy as numpy_namespace
import numpy as np

from .._arrays import Array, as_host, is_traced, like

_BLOCK = 1 << 17
"""Numbers at a time that stay in the cache."""


def transformed(p: Array, value: Array, step: Array | float, s: Array, xp: ModuleType) -> tuple[Array, Array]:
    """Return ln E[exp(−s D)], and E[N exp(−s D)] / E[exp(−s D)], of the shape of `s`."""
    if _has_own_gradient(p, value, step):
        log_chance, shared = _with_gradient(sys.modules["torch"]).apply(p, value, step, s, xp)
        return log_chance, shared
    return _transformed(p, value, step, s, xp)


def _transformed(p: Array, value: Array, step: Array | float, s: Array, xp: ModuleType) -> tuple[Array, Array]:
    """See `transformed`."""
    host_p = as_host(p)
    host_value = as_host(value)
    host_s = as_host(s)
    host_step = step if isinstance(step, float) else as_host(step)
    if host_p is None or host_value is None or host_s is None or host_step is None:
        return _rate_by_rate(p, value, step, s, xp)
    log_chance, shared = block_by_block(host_p, host_value, host_step, host_s)
    return like(log_chance, p, xp), like(shared, p, xp)


def block_by_block(
    p: np.ndarray, value: np.ndarray, step: np.ndarray | float, s: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """See `transformed`: as many cells at a time as the cache holds for all rates."""
    log_chance = np.zeros(s.shape)
    shared = np.zeros(s.shape)
    n_together = max(1, _BLOCK // max(1, s.size))
    for first in range(0, p.shape[-1], n_together):
        block = np.s_[..., first : first + n_together]
        step_there = step if isinstance(step, float) else step[block]
        logs, parts = _of_cells(p[block], value[block], step_there, s[..., None], numpy_namespace)
        log_chance += logs
        shared += parts
    return log_chance, shared


def _rate_by_rate(p: Array, value: Array, step: Array | float, s: Array, xp: ModuleType) -> tuple[Array, Array]:
    """See `transformed`: all cells at a time, for one rate after the other."""
    log_chance = []
    shared = []
    for k in range(s.shape[0]):
        logs, parts = _of_cells(p, value, step, s[k, ..., None], xp)
        log_chance.append(logs)
        shared.append(parts)
    return xp.stack(log_chance), xp.stack(shared)


def _of_cells(p: Array, value: Array, step: Array | float, s: Array, xp: ModuleType) -> tuple[Array, Array]:
    """Sum over the last axis."""
    kept = xp.exp(-s * step)
    gone = p * below_one(-xp.expm1(-s * step), xp)
    log_chance = xp.sum(xp.log1p(-gone), axis=-1)
    shared = xp.sum(p * value * kept / (1 - gone), axis=-1)
    return log_chance, shared


def below_one(chance: Array, xp: ModuleType) -> Array:
    """Return chances with 1 replaced by the largest number below: their complement has a logarithm."""
    return xp.clip(chance, None, 1 - float(xp.finfo(chance.dtype).eps) / 2)


def _has_own_gradient(p: Array, value: Array, step: Array | float) -> bool:
    """Return whether `_with_gradient` is for these: tensors that nothing traces, and steps without a gradient."""
    if not compat.is_torch_array(p) or is_traced(p) or is_traced(value):
        return False
    if not isinstance(step, float) and step.requires_grad:
        return False
    return bool(p.requires_grad or value.requires_grad)


@cache
def _with_gradient(torch: Any) -> Any:
    """Return the sums as an autograd function: a class that can only be written once torch is there."""

    class Transformed(torch.autograd.Function):  # type: ignore[misc]
        """Forward keeps the chances and the values only. Backward is made of operations that have gradients."""

        @staticmethod
        def forward(ctx: Any, p: Any, value: Any, step: Any, s: Any, xp: ModuleType) -> tuple[Any, Any]:
            ctx.save_for_backward(p, value, s)
            ctx.step = step
            ctx.xp = xp
            return _transformed(p.detach(), value.detach(), step, s, xp)

        @staticmethod
        def backward(ctx: Any, g_log: Any, g_shared: Any) -> tuple[Any, ...]:
            p, value, s = ctx.saved_tensors
            g_p = torch.zeros_like(p)
            g_value = torch.zeros_like(value)
            for k in range(len(s)):
                falls = s[k, ..., None] * ctx.step
                gone = below_one(-torch.expm1(-falls), ctx.xp)
                left = 1 / (1 - p * gone)
                slope = g_shared[k, ..., None] * torch.exp(-falls) * left
                g_p = g_p + left * (slope * value - g_log[k, ..., None] * gone)
                g_value = g_value + slope * p
            return g_p, g_value, None, None, None

    return Transformed
