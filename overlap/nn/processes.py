"""Sums over the processes that share a batch, with their gradient.

Conventions
-----------
- Every process of the group takes part, one without a case too: it adds zeros.
- Each process then has the loss of the whole batch. `DistributedDataParallel` averages their gradients, and the
  average is the gradient of that loss: what comes back to a process is added up over all.

References
----------
MIC-DKFZ/nnUNet, issue 1354 (what a gradient that is not added up does to a pooled Dice)
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .sums import Sums


def over_processes(sums: Sums) -> Sums:
    """Return the sums of all processes; without any others, the same.

    Examples
    --------
    >>> ones = Sums(*torch.ones(7, 2))
    >>> over_processes(ones) is ones
    True
    """
    if n_processes() == 1:
        return sums
    total = _added_up(torch.stack([x.to(sums.cells.dtype) for x in sums]))
    return Sums(*total)


def n_processes() -> int:
    """Return how many processes share a batch."""
    distributed = torch.distributed
    if not (distributed.is_available() and distributed.is_initialized()):
        return 1
    n: int = distributed.get_world_size()
    return n


class _AddedUp(torch.autograd.Function):
    """A tensor added up over all processes; its gradient is added up over them as well."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        total = x.clone(memory_format=torch.contiguous_format)
        torch.distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Any:
        return _added_up(gradient)


def _added_up(x: Tensor) -> Tensor:
    total: Tensor = _AddedUp.apply(x)  # type: ignore[no-untyped-call]
    return total
