"""The sizes of soft masks as operators of torch, for ``torch.compile`` on the host.

Conventions
-----------
- ``overlap::raster_sizes`` and ``overlap::raster_gradient`` are opaque to ``torch.compile``, which calls them as they
  are.
- Values are not looked at, as nowhere under ``torch.compile``.
- What the kernels cannot read, and a machine without numba, takes the operations of torch inside of the operator.
- `overlap.raster` imports no torch: it has the operators from here, once `overlap.nn` is imported.
"""

from __future__ import annotations

from math import inf
from typing import Any

import array_api_compat.torch as xp
import torch
from torch import Tensor

from .._compiled import kernels
from ..raster import sizes
from ..raster.layout import kept_shape
from ..raster.sizes import Names
from ..raster.slopes import gradient_in_operations

_OPERANDS = "Tensor a, Tensor b, Tensor? weights, Tensor? where, int[] summed, str tnorm"


def _sizes(a: Tensor, b: Tensor, weights: Tensor | None, where: Tensor | None, summed: list[int], tnorm: Any) -> Tensor:
    """Return what is shared and both sizes, ``(3, *kept)``."""
    compiled = kernels("raster.compiled")
    if compiled is not None:
        views = [None if x is None else x.detach().numpy() for x in (a, b, weights, where)]
        slack = compiled.Slack(inf, inf, inf)
        measured = compiled.raster_sizes(compiled.Operands(*views), tuple(summed), tnorm, slack)
        if measured is not None:
            return torch.from_numpy(measured.sizes)
    names = Names("raster.measure")
    return torch.stack(
        sizes.measure_in_operations(names, a, b, tuple(summed), weights, where, tnorm, False, xp),
    )


def _gradient(
    g: Tensor, a: Tensor, b: Tensor, weights: Tensor | None, where: Tensor | None, summed: list[int], tnorm: str
) -> Tensor:
    """Return the gradient of the first mask."""
    operands = (a.detach(), b, weights, where)
    g_both, g_a, _ = g.detach().unbind()
    compiled = kernels("raster.gradient")
    if compiled is not None:
        gradient: Tensor | None = compiled.host_gradient(operands, g_both, g_a, tuple(summed), tnorm, False)
        if gradient is not None:
            return gradient
    of_a: Tensor = gradient_in_operations(operands, g_both, g_a, tuple(summed), tnorm, False)
    return of_a.contiguous()


def _shape_of_sizes(a: Tensor, b: Tensor, weights: Any, where: Any, summed: list[int], tnorm: str) -> Tensor:
    return a.new_empty((3, *kept_shape(tuple(a.shape), tuple(summed))), dtype=torch.float64)


def _shape_of_gradient(g: Tensor, a: Tensor, *_: Any) -> Tensor:
    return torch.empty_like(a)


def _keep(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    *operands, ctx.summed, ctx.tnorm = inputs
    ctx.save_for_backward(*operands)


def _backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
    gradient = _gradient_operator(g, *ctx.saved_tensors, ctx.summed, ctx.tnorm)
    others = (None,) * 5
    return gradient, *others


_sizes_operator = torch.library.custom_op(
    "overlap::raster_sizes", _sizes, mutates_args=(), schema=f"({_OPERANDS}) -> Tensor"
)
_gradient_operator = torch.library.custom_op(
    "overlap::raster_gradient", _gradient, mutates_args=(), schema=f"(Tensor g, {_OPERANDS}) -> Tensor"
)
_sizes_operator.register_fake(_shape_of_sizes)
_gradient_operator.register_fake(_shape_of_gradient)
_sizes_operator.register_autograd(_backward, setup_context=_keep)
sizes.measure_traced_by(_sizes_operator)
