"""The choice of how the sums of a batch are taken.

Conventions
-----------
- Either way gives the same sums, to rounding.
"""

from __future__ import annotations

from torch import Tensor

from .operations import sums_by_operations
from .sums import Settings, Sums
from .targets import Target


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
    return sums_by_operations(operation, prediction, target, weights, where, settings)
