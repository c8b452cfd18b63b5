"""Losses against a map made before training, of distances or of components. Public through `overlap.nn`.

Conventions
-----------
- A map has a channel for each channel of the prediction that counts, ``(batch, class, *spatial)``: without the
  background it has one less. Of a single one it may be ``(batch, *spatial)``.
- Nothing is pooled over a batch: a mean of p·φ and a mean over components are no ratios of sums.
"""

from __future__ import annotations

from typing import ClassVar

import array_api_compat.torch as xp
from torch import Tensor

from .._arrays import is_host, plain
from ..losses.blobs import blob_loss_of_each
from ..losses.boundaries import boundary_loss_of_each
from ..losses.ratios import Reduction, counted_ratios, reduced
from .operations import counted_logits, probabilities
from .options import ClassWeights, MaskLoss, check_tensors, on_device
from .sums import Activation


class _MapLoss(MaskLoss):
    """What both have in common: the classes that count."""

    def _counted_classes(
        self, prediction: Tensor, weights: Tensor | None, where: Tensor | None
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Return the probabilities of the classes that count, and what their cells count."""
        prediction, weights, where = self._read_prediction(prediction, weights, where)
        logits = counted_logits(prediction, where, self.from_logits)
        p = probabilities(logits, self.from_logits)
        if self.include_background:
            return p, weights, where
        return p[:, 1:], _without_first(weights, p), _without_first(where, p)

    def _reduced(self, loss: Tensor, counted: Tensor | None) -> Tensor:
        """Return the mean or sum over cases and classes."""
        class_weights = on_device(self.class_weights, loss)
        value: Tensor = reduced(self._operation, loss, class_weights, self.reduction, xp, counted)
        return value


class BoundaryLoss(_MapLoss):
    """Boundary loss, the mean of p·φ for each case and class; see `overlap.losses.boundary_loss`.

    Parameters
    ----------
    from_logits : {None, "sigmoid", "softmax"}
        What turns the prediction into probabilities; see `OverlapLoss`.
    include_background : bool
        Whether channel 0 counts.
    class_weights : sequence of float, optional
        Weight (≥ 0) of each counted channel; means are divided by the sum of weights.
    reduction : {"mean", "sum", "none"}
        Over cases and classes; "none" leaves (batch, class).

    Examples
    --------
    >>> import torch
    >>> from overlap.surfaces import signed_distance
    >>> target = torch.tensor([False, False, True, True, True, False])
    >>> distance = signed_distance(target, spacing=2.0)
    >>> round(float(BoundaryLoss()(target[None, None].float(), distance[None])), 4)
    -0.8333
    """

    def __init__(
        self,
        *,
        from_logits: Activation = None,
        include_background: bool = True,
        class_weights: ClassWeights = None,
        reduction: Reduction = "mean",
    ) -> None:
        super().__init__(from_logits, include_background, class_weights, reduction)

    def forward(
        self, prediction: Tensor, distance: Tensor, *, weights: Tensor | None = None, where: Tensor | None = None
    ) -> Tensor:
        """Return the loss of a batch.

        Parameters
        ----------
        prediction : tensor (batch, class, ...)
            Logits or probabilities, as `from_logits` says.
        distance : tensor of float
            Signed distance of each cell from the boundary of its class, negative inside: a channel for each class that
            counts, or ``(batch, *spatial)`` of one.
        weights : tensor, optional
            Size (≥ 0) of each cell; broadcasts to the prediction.
        where : tensor of bool, optional
            True = counted; broadcasts to the prediction.
        """
        p, weights, where = self._counted_classes(prediction, weights, where)
        distance = _one_a_channel(self._operation, "distance", distance, p)
        axes = tuple(range(2, p.ndim))
        made_here = self.from_logits is not None
        loss, _ = boundary_loss_of_each(self._operation, p, distance, axes, weights, where, made_here)
        counted = counted_ratios(where, weights, p.shape, axes, xp)
        return self._reduced(loss, counted)


class BlobLoss(_MapLoss):
    """Blob loss, the mean of 1 − Dice over the components of each case and class; see `overlap.losses.blob_loss`.

    Cases without a component are left out. The paper adds it to a loss of the whole mask, twice as heavy:
    ``2 * nn.DiceLoss(from_logits="sigmoid")(x, components > 0) + nn.BlobLoss(from_logits="sigmoid")(x, components)``.

    Parameters
    ----------
    from_logits : {None, "sigmoid", "softmax"}
        What turns the prediction into probabilities; see `OverlapLoss`.
    include_background : bool
        Whether channel 0 counts.
    class_weights : sequence of float, optional
        Weight (≥ 0) of each counted channel; means are divided by the sum of weights.
    smooth : float
        Cells of agreement, for each component. A component has a gradient without it.
    reduction : {"mean", "sum", "none"}
        Over cases and classes that have a component; "none" leaves (batch, class), NaN of the others.

    Examples
    --------
    >>> import torch
    >>> components = torch.tensor([[1, 1, 1, 1, 1, 1, 1, 1, 0, 2]])
    >>> prediction = (components == 1).float().unsqueeze(1)
    >>> float(BlobLoss()(prediction, components))
    0.5
    """

    _defaults: ClassVar[dict[str, object]] = {**MaskLoss._defaults, "smooth": 0.0}

    def __init__(
        self,
        *,
        from_logits: Activation = None,
        include_background: bool = True,
        class_weights: ClassWeights = None,
        smooth: float = 0.0,
        reduction: Reduction = "mean",
    ) -> None:
        super().__init__(from_logits, include_background, class_weights, reduction)
        self._check_not_negative(smooth=smooth)
        self.smooth = smooth

    def forward(
        self, prediction: Tensor, components: Tensor, *, weights: Tensor | None = None, where: Tensor | None = None
    ) -> Tensor:
        """Return the loss of a batch.

        Parameters
        ----------
        prediction : tensor (batch, class, ...)
            Logits or probabilities, as `from_logits` says.
        components : tensor
            Number of each cell's component, 0 = background, integers or floating numbers that are whole: a channel for
            each class that counts, or ``(batch, *spatial)`` of one.
        weights : tensor, optional
            Size (≥ 0) of each cell; broadcasts to the prediction.
        where : tensor of bool, optional
            True = counted; broadcasts to the prediction.
        """
        p, weights, where = self._counted_classes(prediction, weights, where)
        components = _one_a_channel(self._operation, "components", components, p)
        components = _whole(self._operation, components, where)
        axes = tuple(range(2, p.ndim))
        made_here = self.from_logits is not None
        loss, counted, _ = blob_loss_of_each(
            self._operation, p, components, axes, self.smooth, weights, where, made_here
        )
        return self._reduced(loss, counted)


def _one_a_channel(operation: str, name: str, values: Tensor, p: Tensor) -> Tensor:
    """Return a map as one channel for each class that counts."""
    check_tensors(operation, **{name: values})
    (values,) = plain(values)
    cells = (p.shape[0], *p.shape[2:])
    if values.shape == p.shape:
        return values
    if p.shape[1] == 1 and values.shape == cells:
        return values.unsqueeze(1)
    fitting = f"{tuple(p.shape)} or {cells}" if p.shape[1] == 1 else f"{tuple(p.shape)}"
    raise ValueError(
        f"{operation}: {name} has shape {tuple(values.shape)}; it has a channel for each class that counts, {fitting}"
    )


def _whole(operation: str, components: Tensor, where: Tensor | None) -> Tensor:
    """Return the numbers of components as integers."""
    if not components.is_floating_point():
        return components
    rounded = components.round()
    if is_host(components):
        unknown = components != rounded
        if where is not None:
            unknown = unknown & where
        if unknown.any():
            raise ValueError(
                f"{operation}: {int(unknown.sum())} counted values of components are not whole; resample numbers of "
                'components by the nearest neighbour, mode="nearest"'
            )
    return rounded.long()


def _without_first(x: Tensor | None, p: Tensor) -> Tensor | None:
    """Return what broadcasts to the channels of `p` without the first of them."""
    has_channels = x is not None and x.ndim == p.ndim and x.shape[1] > 1
    return x[:, 1:] if x is not None and has_channels else x
