"""The gradient of soft sizes in operations of torch: for gradients of the gradient, and where there is no numba."""

from __future__ import annotations

import sys
from typing import Any


def gradient_in_operations(
    operands: tuple[Any, ...],
    g_both: Any,
    g_a: Any,
    summed: tuple[int, ...],
    tnorm: str,
    some_cut_off: bool,
) -> Any:
    """Return the gradient of the prediction.

    Parameters
    ----------
    operands : tuple of tensors
        Prediction, target, weights and where; the last two may be None.
    g_both, g_a : tensor
        The gradients of what is shared and of the size of the prediction.
    summed : tuple of int
        The axes that the sizes were summed over.
    tnorm : {"minimum", "product", "lukasiewicz"}
        How two soft values intersect.
    some_cut_off : bool
        Whether values lie beyond 0 and 1 by rounding, and were cut off.
    """
    torch = sys.modules["torch"]
    prediction, target, weights, where = operands
    shape = tuple(1 if k in summed else n for k, n in enumerate(prediction.shape))
    p = prediction.detach().double()
    y = target.double()
    if some_cut_off:
        y = y.clamp(0, 1)
    if tnorm == "minimum":
        slope = (p < y) + 0.5 * (p == y)
    elif tnorm == "product":
        slope = y
    else:
        slope = (p + y > 1).double()
    slope = torch.where((y == 0) | (y == 1), y, slope)
    gradient = g_both.reshape(shape) * slope + g_a.reshape(shape)
    if weights is not None:
        gradient = gradient * weights
    if some_cut_off:
        gradient = torch.where((p < 0) | (p > 1), 0.0, gradient)
    if where is not None:
        gradient = torch.where(where, gradient, 0.0)
    return gradient.to(prediction.dtype)
