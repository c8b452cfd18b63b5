"""The choice of how the sums of a batch are taken: in one pass by a kernel, or in tensor operations.

Conventions
-----------
- Either way gives the same sums, to rounding.
- Kernels take logits: of the host with numba, of a CUDA device with triton. Tensor operations take the rest:
  probabilities, whose sums are those of the metric to the bit, targets and weights that need a gradient, transforms of
  functions, forward derivatives, and what is to be refused.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .._arrays import is_compiling, is_plain, is_traced
from .._compiled import kernels
from . import operators
from .operations import cells_of_any_class, sums_by_operations
from .sums import Settings, Sums
from .targets import Target, counted_where


def take_sums(
    operation: str,
    prediction: Tensor,
    target: Target,
    weights: Tensor | None,
    where: Tensor | None,
    settings: Settings,
) -> Sums:
    """Return the sums of a batch; see `operations.sums_by_operations` for the parameters.

    Examples
    --------
    >>> import torch
    >>> target = Target(torch.tensor([[0, 1]]), True)
    >>> take_sums("nn.DiceLoss", torch.zeros(1, 2, 2), target, None, None, Settings("softmax", "minimum")).both
    tensor([[0.5000, 0.5000]], dtype=torch.float64)
    """
    if _can_pass(prediction, target, weights, where, settings):
        sums = _pass(prediction, target, weights, where, settings)
        if sums is not None:
            return sums
    return sums_by_operations(operation, prediction, target, weights, where, settings)


def _can_pass(x: Tensor, target: Target, weights: Tensor | None, where: Tensor | None, settings: Settings) -> bool:
    """Return whether there is a kernel for these tensors."""
    if settings.activation is None or not x.is_floating_point():
        return False
    operands = [target.values]
    if weights is not None:
        operands.append(weights)
    if where is not None:
        if where.dtype != torch.bool:
            return False
        operands.append(where)
    for operand in (x, *operands):
        if operand.device != x.device or operand.is_complex() or not _is_there(operand):
            return False
    if any(operand.requires_grad for operand in operands):
        return False
    for broadcast in operands[1:]:
        if not _broadcasts(broadcast, x):
            return False
    return _has_kernels(x, settings)


def _is_there(x: Tensor) -> bool:
    """Return whether a tensor has values, or will have when compiled code runs."""
    return is_compiling() or (is_plain(x) and not is_traced(x))


def _broadcasts(x: Tensor, to: Tensor) -> bool:
    if x.ndim > to.ndim:
        return False
    pairs = zip(reversed(x.shape), reversed(to.shape), strict=False)
    return all(n in (1, m) for n, m in pairs)


def _has_kernels(x: Tensor, settings: Settings) -> bool:
    if x.device.type == "cpu":
        return bool(_host_has_kernels())
    if x.device.type == "cuda":
        return bool(_device_can_take(x.dtype, int(x.shape[1]), str(settings.activation)))
    return False


@torch.compiler.assume_constant_result  # type: ignore[untyped-decorator]
def _host_has_kernels() -> bool:
    return kernels("nn.host") is not None


@torch.compiler.assume_constant_result  # type: ignore[untyped-decorator]
def _device_can_take(dtype: torch.dtype, n_classes: int, activation: str) -> bool:
    device = kernels("nn.device", "triton")
    return device is not None and bool(device.can_take(dtype, n_classes, activation))


def _pass(x: Tensor, target: Target, weights: Tensor | None, where: Tensor | None, settings: Settings) -> Sums | None:
    """Return the sums by a kernel; None if values that cannot be are to be refused."""
    weights = _expanded(weights, x)
    where = _expanded(where, x)
    rows = operators.sums(
        x,
        target.values,
        weights,
        where,
        target.is_labels,
        settings.ignore_index,
        str(settings.activation),
        settings.form,
        settings.entropy,
        settings.label_smoothing,
        settings.pooled,
    )
    both, size_a, size_b, own, other, cells, n_bad = rows
    if x.device.type == "cpu" and not is_compiling() and bool(n_bad.any()):
        return None
    any_class = cells
    if settings.entropy:
        axes = tuple(range(2, x.ndim))
        if settings.pooled:
            axes = (0, *axes)
        where = counted_where(target, where, settings.ignore_index)
        any_class = cells_of_any_class(x, weights, where, axes, cells)
    return Sums(both, size_a, size_b, own, other, cells, any_class)


def _expanded(x: Tensor | None, to: Tensor) -> Tensor | None:
    """Return what broadcasts to logits as (1 or batch, 1 or class, *spatial)."""
    if x is None:
        return None
    x = x.reshape((1,) * (to.ndim - x.ndim) + x.shape)
    return x.expand(x.shape[0], x.shape[1], *to.shape[2:])
