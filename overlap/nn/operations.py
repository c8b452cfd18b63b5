"""The sums in tensor operations: for any device, transform and order of derivative.

Conventions
-----------
- Probabilities are measured by `overlap.raster.measure`, so that a loss of them has the bits of the metric.
- Logarithms of given probabilities stop at −100; from logits they are taken without passing through a probability.
- A counted value that cannot be is refused where values may be looked at, and makes its sums NaN elsewhere.
"""

from __future__ import annotations

from math import prod

import array_api_compat.torch as xp
import torch
from torch import Tensor
from torch.nn import functional as F

from .._arrays import is_host, sum_dtype
from ..losses.entropies import Bend, entropy_sums, log
from ..raster.sizes import ROUNDING, Names, check_broadcasts, check_masks, measure_checked
from ..raster.squares import squared_checked
from . import traced  # noqa: F401 - measures what torch.compile traces
from .sums import Activation, Settings, Sums
from .targets import Channels, Target, as_channels


def sums_by_operations(
    operation: str,
    prediction: Tensor,
    target: Target,
    weights: Tensor | None,
    where: Tensor | None,
    settings: Settings,
    bend: Bend | None = None,
) -> Sums:
    """Return the sums of a batch.

    Parameters
    ----------
    operation : str
        What messages call the loss.
    prediction : tensor (batch, class, ...)
        Logits, or probabilities.
    target : Target
        As `targets.read_target` returns it.
    weights, where : tensor, optional
        Size of each cell, and True = counted; broadcast to the prediction.
    settings : Settings
        How the sums are taken.
    bend : callable, optional
        What is made of the logarithms before the cross-entropy is summed, as a focal loss does.

    Examples
    --------
    >>> settings = Settings("sigmoid", "minimum")
    >>> target = Target(torch.tensor([[[1.0, 0.0]]]), False)
    >>> sums = sums_by_operations("nn.DiceLoss", torch.zeros(1, 1, 2), target, None, None, settings)
    >>> sums.both.item(), sums.size_a.item(), sums.size_b.item()
    (0.5, 1.0, 1.0)
    """
    n_classes = prediction.shape[1]
    weights = _of_all_axes(operation, "weights", weights, prediction)
    where = _of_all_axes(operation, "where", where, prediction)
    where = _with_weight(where, weights)
    channels = as_channels(operation, target, n_classes, where, settings.ignore_index)
    prediction = counted_logits(prediction, channels.where, settings.activation)
    p = probabilities(prediction, settings.activation)
    axes = tuple(range(2, p.ndim))
    if settings.pooled:
        axes = (0, *axes)
    both, size_a, size_b = _sizes(operation, p, channels, weights, axes, settings)
    cells = counted_cells(p, weights, channels.where, axes)
    own = torch.zeros_like(cells)
    other = own
    any_class = cells_of_any_class(p, weights, channels.where, axes, cells)
    if settings.entropy:
        log_p, log_not_p = _logarithms(prediction, settings.activation)
        if bend is not None:
            if settings.activation == "softmax":
                log_not_p = log(-torch.expm1(log_p), xp)
            log_p, log_not_p = bend(log_p, log_not_p, xp)
        class_axis = 1 if settings.activation == "softmax" else None
        y = channels.values
        of_cells = entropy_sums(
            log_p, log_not_p, y, class_axis, axes, weights, channels.where, settings.label_smoothing, xp
        )
        own = of_cells.own
        other = of_cells.other
    sums = Sums(both, size_a, size_b, own, other, cells, any_class)
    return _undefined_where_unknown(sums, channels, axes)


def _sizes(
    operation: str, p: Tensor, channels: Channels, weights: Tensor | None, axes: tuple[int, ...], settings: Settings
) -> tuple[Tensor, Tensor, Tensor]:
    """Return |A∩B|, |A| and |B| as the form has them."""
    names = Names(operation, "prediction", "target")
    made_here = settings.activation is not None
    y = channels.values
    where = channels.where
    sizes: tuple[Tensor, Tensor, Tensor]
    if settings.form == "squared":
        check_masks(names, p, y, weights, where, "product")
        sizes = squared_checked(names, p, y, axes, weights, where, None, xp, made_here)
        return sizes
    check_masks(names, p, y, weights, where, settings.form)
    sizes = measure_checked(names, p, y, axes, weights, where, settings.form, None, xp, made_here)
    return sizes


def _of_all_axes(operation: str, name: str, x: Tensor | None, prediction: Tensor) -> Tensor | None:
    """Return what broadcasts to a prediction with as many axes."""
    if x is None:
        return None
    check_broadcasts(operation, name, x, prediction.shape)
    return x.reshape((1,) * (prediction.ndim - x.ndim) + x.shape)


def _with_weight(where: Tensor | None, weights: Tensor | None) -> Tensor | None:
    """Return which cells count: a weight of 0 leaves a cell out, whatever stands there."""
    if weights is None:
        return where
    has_weight = weights != 0
    return has_weight if where is None else where & has_weight


def counted_logits(x: Tensor, where: Tensor | None, activation: Activation) -> Tensor:
    """Return a prediction in float32 or wider, of logits with 0 where no class counts.

    What stands there may be NaN, and 0 times NaN is no 0.
    """
    if x.dtype != torch.float64:
        x = x.float()
    if where is None or activation is None:
        return x
    if activation == "softmax" and where.shape[1] != 1:
        where = where.any(1, keepdim=True)
    return torch.where(where, x, 0.0)


def counted_cells(p: Tensor, weights: Tensor | None, where: Tensor | None, axes: tuple[int, ...]) -> Tensor:
    """Return Σ s over the cells of `axes`: what is broadcast along one of them is added up once, and multiplied."""
    dtype = sum_dtype((p,), xp)
    s = torch.ones((), dtype=dtype, device=p.device)
    if weights is not None or where is not None:
        s = counts_of(weights, where)
    s = s.reshape((1,) * (p.ndim - s.ndim) + s.shape)
    sums = s.sum(axes, dtype=torch.int64 if s.dtype == torch.bool else dtype).to(dtype)
    # a list: torch.compile cannot hand a generator on
    n_alike = prod([p.shape[k] for k in axes if s.shape[k] == 1])
    kept = [n for k, n in enumerate(p.shape) if k not in axes]
    return (n_alike * sums).expand(kept)


def counts_of(weights: Tensor | None, where: Tensor | None) -> Tensor:
    """Return how much each cell counts, s, of which one is given: bool, or a number."""
    if weights is None:
        return torch.as_tensor(where)
    return weights if where is None else torch.where(where, weights, 0)


def cells_of_any_class(
    p: Tensor, weights: Tensor | None, where: Tensor | None, axes: tuple[int, ...], cells: Tensor
) -> Tensor:
    """Return Σ of the largest s that a class gives a cell; the sums of the classes, `cells`, if they are alike."""
    differ = [x is not None and x.shape[1] > 1 for x in (weights, where)]
    if not any(differ):
        return cells
    s = counts_of(weights, where).amax(1, keepdim=True)
    return counted_cells(p, s, None, axes)


def probabilities(logits: Tensor, activation: Activation) -> Tensor:
    """Return what a sigmoid or a softmax makes of logits."""
    if activation == "sigmoid":
        return torch.sigmoid(logits)
    if activation == "softmax":
        return torch.softmax(logits, dim=1)
    return logits


def _logarithms(logits: Tensor, activation: Activation) -> tuple[Tensor, Tensor]:
    """Return the logarithms of p and of 1 − p; the cross-entropy of a softmax does not need the second."""
    if activation == "sigmoid":
        return F.logsigmoid(logits), F.logsigmoid(-logits)
    if activation == "softmax":
        return F.log_softmax(logits, dim=1), logits
    return log(logits, xp), log(1 - logits, xp)


def _undefined_where_unknown(sums: Sums, channels: Channels, axes: tuple[int, ...]) -> Sums:
    """Return sums that are NaN where the target holds what nobody looked at and cannot be."""
    is_bad = unknown_ratios(channels, axes)
    if is_bad is None:
        return sums
    undefined = [torch.where(is_bad, torch.nan, x) for x in sums]
    # a case of which no cell counts has no loss; this one has
    return Sums(*undefined)._replace(cells=sums.cells, any_class=sums.any_class)


def unknown_ratios(channels: Channels, axes: tuple[int, ...]) -> Tensor | None:
    """Return for which ratios the target holds what nobody looked at and cannot be; None if it was looked at."""
    y = channels.values
    if is_host(y):
        return None
    unknown = channels.unknown
    if unknown is None and y.is_floating_point():
        rounding = max(ROUNDING, 2 * torch.finfo(y.dtype).eps)
        unknown = ~((y >= -rounding) & (y <= 1 + rounding))
        if channels.where is not None:
            unknown = unknown & channels.where
    if unknown is None:
        return None
    return unknown.expand(y.shape).sum(axes) > 0
