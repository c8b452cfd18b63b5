"""How much each of the things counts that a loss is averaged over: pairs of boxes, scores."""

from __future__ import annotations

from math import inf
from types import ModuleType

from .._arrays import Array, is_host, namespace, plain


def weight_of_each(operation: str, weights: Array | None, loss: Array, xp: ModuleType) -> Array | None:
    """Return weights in the shape and dtype of the losses, or None where all count alike.

    Raises
    ------
    TypeError, ValueError
        If the weights are no real numbers, do not broadcast, or are negative, NaN or infinite where values may be
        looked at.

    Examples
    --------
    >>> import array_api_compat.numpy as xp
    >>> weight_of_each("losses.box_loss", xp.asarray([1, 0]), xp.ones((2, 2)), xp)
    array([[1., 0.],
           [1., 0.]])
    """
    if weights is None:
        return None
    namespace(operation, prediction=loss, weights=weights)
    (weights,) = plain(weights)
    if not xp.isdtype(weights.dtype, ("bool", "real floating", "integral")):
        raise TypeError(f"{operation}: weights has dtype {weights.dtype}; pass real numbers")
    weights = xp.astype(weights, loss.dtype, copy=False)
    if is_host(weights) and not bool(xp.all((weights >= 0) & (weights < inf))):
        raise ValueError(f"{operation}: weights holds a number that is negative, NaN or infinite; pass numbers >= 0")
    try:
        return xp.broadcast_to(weights, loss.shape)
    except (ValueError, RuntimeError):
        raise ValueError(
            f"{operation}: weights has shape {tuple(weights.shape)}, which does not broadcast to that of the losses, "
            f"{tuple(loss.shape)}; pass one number for each"
        ) from None
