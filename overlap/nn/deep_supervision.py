"""Losses of predictions at several resolutions. Public through `overlap.nn`.

Conventions
-----------
- Predictions come from full to coarse resolution, each ``(batch, class, *spatial)``.
- A target of full size is brought to the size of each prediction, and `where` and `weights` with it: by the nearest
  cell, which keeps labels labels, as nnU-Net does; or by the mean over the area of each coarse cell, which keeps the
  mass of a soft target, exactly so where sizes divide.
- In a mean over an area cells count as `weights` and `where` say: what is not counted may hold anything, and a coarse
  cell weighs as much as what is counted of it. What a loss ignores by its value is left out with `where` instead.

References
----------
Isensee, F. et al. (2021). nnU-Net: a self-configuring method for deep learning-based biomedical image segmentation.
Nat. Methods 18, 203. doi:10.1038/s41592-020-01008-z
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from numbers import Real
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from .._arrays import plain
from .._checks import check_choice, shown

Resample = Literal["nearest-exact", "area"]
Weights = Literal["halved_without_last"] | Sequence[float] | None

_OPERATION = "nn.DeepSupervision"


class DeepSupervision(torch.nn.Module):
    """A weighted sum of one loss over predictions from full to coarse resolution.

    Parameters
    ----------
    loss : callable
        Any loss of this module, or another function of a prediction and a target. `weights` and `where` are handed on
        to it if they are given.
    weights : sequence of float or "halved_without_last", optional
        Numbers ≥ 0, one of each prediction, taken as they are. By default 1, ½, ¼, … divided by their sum;
        "halved_without_last" has 0 for the coarsest before, as nnU-Net (of a single prediction 1). A prediction of
        weight 0 is not looked at.
    resample : {"nearest-exact", "area"}
        How a target of full size is brought to the size of a prediction: labels by the nearest cell, soft targets also
        by the mean over its area. The mean returns the share of a coarse cell that is inside, where the nearest cell
        loses small structures or doubles them.
    stacked : bool
        Whether the predictions come as one tensor, ``(batch, level, class, *spatial)``, as MONAI's DynUNet stacks them,
        all of full size.

    Raises
    ------
    TypeError, ValueError
        If an option is none of these; when called, if the predictions are no list (or no tensor, with `stacked`), or
        their number or sizes do not fit.

    Examples
    --------
    >>> from overlap import nn
    >>> loss = nn.DeepSupervision(nn.DiceLoss(smooth=0.0), weights=[1.0, 0.5])
    >>> target = torch.tensor([[[1.0, 1.0, 0.0, 0.0]]])
    >>> predictions = [target, torch.tensor([[[0.5, 0.0]]])]
    >>> round(loss(predictions, target).item(), 4)
    0.1667
    """

    def __init__(
        self,
        loss: Callable[..., Tensor],
        weights: Weights = None,
        *,
        resample: Resample = "nearest-exact",
        stacked: bool = False,
    ) -> None:
        super().__init__()
        if not callable(loss):
            raise TypeError(f"{_OPERATION}: loss is {loss!r}; pass a loss, such as nn.DiceLoss()")
        check_choice(_OPERATION, "resample", resample, ("nearest-exact", "area"))
        self.loss = loss
        self.weights = _read_weights(weights)
        self.resample = resample
        self.stacked = stacked

    def forward(
        self,
        predictions: Sequence[Tensor] | Tensor,
        target: Tensor | Sequence[Tensor],
        *,
        weights: Tensor | None = None,
        where: Tensor | None = None,
    ) -> Tensor:
        """Return the weighted sum of the losses.

        Parameters
        ----------
        predictions : list of tensor
            From full to coarse resolution; one tensor if `stacked`.
        target : tensor or list of tensor
            Of full size, to be resampled; or one of the size of each prediction.
        weights, where : tensor, optional
            As the loss takes them, of full size.
        """
        levels = self._levels(predictions)
        factors = self._factors(len(levels))
        targets = _one_each(target, levels)
        full = tuple(levels[0].shape[2:])
        weights, where = plain(weights, where)
        losses = []
        for factor, prediction, of_level in zip(factors, levels, targets, strict=True):
            if factor == 0:
                continue
            given = _Given(of_level, weights, where)
            size = tuple(prediction.shape[2:])
            if size != full:
                given = self._resampled(given, prediction, full, isinstance(target, Tensor))
            losses.append(factor * self.loss(prediction, given.target, **given.options()))
        total: Tensor = sum(losses[1:], start=losses[0])
        return total

    def extra_repr(self) -> str:
        """Return the options that differ from their defaults."""
        options = [f"weights={self.weights!r}"] if self.weights is not None else []
        if self.resample != "nearest-exact":
            options.append(f"resample={self.resample!r}")
        if self.stacked:
            options.append("stacked=True")
        return ", ".join(options)

    def _levels(self, predictions: Sequence[Tensor] | Tensor) -> list[Tensor]:
        """Return the predictions, one by one."""
        if isinstance(predictions, Tensor) != self.stacked:
            expected = "one tensor (batch, level, class, *spatial), for stacked=True" if self.stacked else "a list"
            raise TypeError(
                f"{_OPERATION}: predictions is a {type(predictions).__name__}; it is {expected}. Pass [prediction] for "
                "one of full size, and stacked=True for levels that are stacked along axis 1"
            )
        levels = list(predictions.unbind(1)) if isinstance(predictions, Tensor) else list(predictions)
        if not levels:
            raise ValueError(f"{_OPERATION}: there is no prediction; pass them from full to coarse resolution")
        for k, level in enumerate(levels):
            larger = [n > most for n, most in zip(level.shape[2:], levels[0].shape[2:], strict=False)]
            if level.ndim != levels[0].ndim or any(larger):
                raise ValueError(
                    f"{_OPERATION}: prediction {k} has shape {tuple(level.shape)} and the first "
                    f"{tuple(levels[0].shape)}; pass them from full to coarse resolution"
                )
        return levels

    def _factors(self, n: int) -> list[float]:
        """Return the weight of each of n predictions."""
        if isinstance(self.weights, tuple):
            if len(self.weights) != n:
                raise ValueError(
                    f"{_OPERATION}: there are {n} predictions and {len(self.weights)} weights; pass one weight for each"
                )
            return list(self.weights)
        factors = [0.5**k for k in range(n)]
        if self.weights == "halved_without_last" and n > 1:
            factors[-1] = 0.0
        return [factor / sum(factors) for factor in factors]

    def _resampled(self, given: _Given, prediction: Tensor, full: tuple[int, ...], with_target: bool) -> _Given:
        """Return what the loss is given, at the size of a prediction; a target of that size stays as it is."""
        size = tuple(prediction.shape[2:])
        target = given.target if with_target else None
        if self.resample == "area":
            if target is not None:
                _check_channels(target, prediction)
            resampled = _by_area(target, given.weights, given.where, full, size)
        else:
            resampled = _Resampled(*(None if x is None else _nearest(x, full, size) for x in (target, *given[1:])))
        target = given.target if resampled.target is None else resampled.target
        return _Given(target, resampled.weights, resampled.where)


class _Given(NamedTuple):
    """What a loss is given beside a prediction."""

    target: Tensor
    weights: Tensor | None
    where: Tensor | None

    def options(self) -> dict[str, Tensor]:
        """Return what of weights and where there is."""
        options = {"weights": self.weights, "where": self.where}
        return {name: x for name, x in options.items() if x is not None}


class _Resampled(NamedTuple):
    target: Tensor | None
    weights: Tensor | None
    where: Tensor | None


def _read_weights(weights: Weights) -> str | tuple[float, ...] | None:
    """Return the weights, checked."""
    if weights is None or isinstance(weights, str):
        check_choice(_OPERATION, "weights", weights, (None, "halved_without_last"))
        return weights
    numbers = tuple(weights)
    are_weights = all(isinstance(w, Real) and isfinite(w) and w >= 0 for w in numbers)
    if not are_weights or not any(numbers):
        raise ValueError(
            f"{_OPERATION}: weights is {shown(weights)}; it is one number >= 0 for each prediction, and one of them "
            "more than 0"
        )
    return numbers


def _one_each(target: Tensor | Sequence[Tensor], levels: list[Tensor]) -> list[Tensor]:
    """Return a target for each level, as it was given."""
    if isinstance(target, Tensor):
        spatial = tuple(levels[0].shape[2:])
        if tuple(target.shape[target.ndim - len(spatial) :]) != spatial:
            raise ValueError(
                f"{_OPERATION}: the target has shape {tuple(target.shape)} and the first prediction "
                f"{tuple(levels[0].shape)}; a target that is resampled has the size of the first"
            )
        return list(plain(target)) * len(levels)
    targets = list(plain(*target))
    if len(targets) != len(levels):
        raise ValueError(
            f"{_OPERATION}: there are {len(levels)} predictions and {len(targets)} targets; pass one target for each, "
            "or one tensor of full size"
        )
    return targets


def _check_channels(target: Tensor, prediction: Tensor) -> None:
    """Refuse labels, of which there is no mean."""
    if target.ndim != prediction.ndim or target.shape[1] != prediction.shape[1]:
        raise ValueError(
            f"{_OPERATION}: the target has shape {tuple(target.shape)}, which is labels for a prediction of "
            f"{prediction.shape[1]} classes; there is no mean of labels: pass resample='nearest-exact', or one channel "
            "for each class"
        )


def _nearest(x: Tensor, full: tuple[int, ...], size: tuple[int, ...]) -> Tensor:
    """Return the cells nearest to the centres of coarser ones, along the last axes; what is broadcast stays so."""
    for k, (n, n_coarse) in enumerate(zip(reversed(full), reversed(size), strict=True), start=1):
        if n != n_coarse and x.ndim >= k and x.shape[-k] == n:
            # of the positions, so that labels of any dtype stay as they are
            positions = torch.arange(n, dtype=torch.float32, device=x.device).reshape(1, 1, n)
            nearest = F.interpolate(positions, size=n_coarse, mode="nearest-exact").reshape(-1)
            x = x.index_select(x.ndim - k, nearest.long())
    return x


def _by_area(
    target: Tensor | None, weights: Tensor | None, where: Tensor | None, full: tuple[int, ...], size: tuple[int, ...]
) -> _Resampled:
    """Return means over the area of coarser cells: of a target over what counts of it, and of how much counts."""
    if weights is None and where is None:
        return _Resampled(None if target is None else _mean(_floating(target), size), None, None)
    share = _share(weights, where)
    n_axes = len(full) + 2
    share = share.reshape((1,) * (n_axes - share.ndim) + share.shape)
    share = share.expand(*share.shape[:2], *full)
    coarse = _mean(share, size)
    counts = coarse > 0
    if target is None:
        return _Resampled(None, coarse, counts)
    inside = torch.where(share > 0, _floating(target), 0.0) * share
    means = _mean(inside, size) / torch.where(counts, coarse, 1.0)
    return _Resampled(torch.where(counts, means, 0.0), coarse, counts)


def _share(weights: Tensor | None, where: Tensor | None) -> Tensor:
    """Return how much each cell counts."""
    counted = torch.ones(()) if where is None else where.float()
    if weights is None:
        return counted
    if where is None:
        return _floating(weights)
    return torch.where(where, _floating(weights), 0.0)


def _floating(x: Tensor) -> Tensor:
    return x if x.is_floating_point() else x.float()


def _mean(x: Tensor, size: tuple[int, ...]) -> Tensor:
    """Return the means over the area of coarser cells."""
    return F.interpolate(x, size=size, mode="area")
