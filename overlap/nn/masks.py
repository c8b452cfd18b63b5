"""The loss of any index of overlap as a module, which the others are named cases of. Public through `overlap.nn`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import isfinite
from numbers import Real
from typing import Literal

import array_api_compat.torch as xp
import torch
from torch import Tensor

from .._arrays import plain
from .._checks import check_choice, check_real, shown
from ..indices import dice
from ..losses.ratios import REDUCTIONS, Index, Reduction, check_index, loss_of_sizes, reduced
from ..raster import TNORMS, TNorm
from .one_pass import take_sums
from .processes import over_processes
from .sums import Activation, Form, Settings, Sums
from .targets import Target, read_target

Batch = bool | Literal["local"]
ClassWeights = Sequence[float] | Tensor | None

_DEFAULTS = {
    "from_logits": None,
    "batch": False,
    "include_background": True,
    "smooth": 1.0,
    "tnorm": "minimum",
    "ignore_index": None,
    "reduction": "mean",
}
"""Options that a module shows where they differ."""


class OverlapLoss(torch.nn.Module):
    """Loss of any index of overlap, 1 − index for each case and class; see `overlap.losses.overlap_loss`.

    Parameters
    ----------
    index : callable
        A function of an `overlap.Overlap`, such as `overlap.dice`, `overlap.ochiai` or
        ``partial(overlap.f_beta, beta=2)``.
    from_logits : {None, "sigmoid", "softmax"}
        What turns the prediction into probabilities: nothing, a sigmoid for each channel by itself, or a softmax
        over the channels.
    batch : bool or "local"
        Whether the cases of a batch are pooled into one ratio for each class. Where several processes share a batch
        (`torch.distributed` is initialised), True pools the cases of all of them, and each must call the loss,
        one without a case too; "local" pools those of this process.
    include_background : bool
        Whether channel 0 counts.
    class_weights : sequence of float, optional
        Weight (≥ 0) of each counted channel; means are divided by the sum of weights.
    smooth : float
        Cells of agreement, half of it added to each size; in the unit of `weights`, if given.
    tnorm : {"minimum", "product", "lukasiewicz"}
        How two soft values intersect: the minimum returns a soft target, the product drives it to 0 or 1.
    ignore_index : int, optional
        The label of cells that do not count, such as 255 or −1; of one class, the value of its mask.
    reduction : {"mean", "sum", "none"}
        Over cases and classes; "none" leaves (batch, class), or (class,) of a pooled batch.

    Raises
    ------
    TypeError, ValueError
        If an option is unknown or out of its range; when called, as `overlap.losses.overlap_loss`, and if the shapes
        do not fit.

    Examples
    --------
    >>> from overlap import ochiai
    >>> loss = OverlapLoss(ochiai, smooth=0.0)
    >>> loss
    OverlapLoss(ochiai, smooth=0.0)
    >>> round(float(loss(torch.tensor([[[0.5, 0.0, 1.0]]]), torch.tensor([[[True, False, True]]]))), 4)
    0.134
    """

    class_weights: Tensor | None

    def __init__(
        self,
        index: Index = dice,
        *,
        from_logits: Activation = None,
        batch: Batch = False,
        include_background: bool = True,
        class_weights: ClassWeights = None,
        smooth: float = 1.0,
        tnorm: TNorm = "minimum",
        ignore_index: int | None = None,
        reduction: Reduction = "mean",
    ) -> None:
        super().__init__()
        check_choice(self._operation, "from_logits", from_logits, (None, "sigmoid", "softmax"))
        check_choice(self._operation, "batch", batch, (False, True, "local"))
        check_choice(self._operation, "tnorm", tnorm, TNORMS)
        check_choice(self._operation, "reduction", reduction, REDUCTIONS)
        check_index(self._operation, index)
        self._check_not_negative(smooth=smooth)
        self._check_label(ignore_index)
        self.index = index
        self.from_logits = from_logits
        self.batch = batch
        self.include_background = include_background
        self.smooth = smooth
        self.tnorm = tnorm
        self.ignore_index = ignore_index
        self.reduction = reduction
        self._register_weights("class_weights", class_weights)

    def forward(
        self, prediction: Tensor, target: Tensor, *, weights: Tensor | None = None, where: Tensor | None = None
    ) -> Tensor:
        """Return the loss of a batch.

        Parameters
        ----------
        prediction : tensor (batch, class, *spatial)
            Logits or probabilities, as `from_logits` says.
        target : tensor
            A channel for each class, ``(batch, class, *spatial)``: bool, integer 0 and 1, or floating in [0, 1]. Or
            labels, ``(batch, *spatial)`` or ``(batch, 1, *spatial)``: integers, or floating numbers that are whole.
        weights : tensor, optional
            Size (≥ 0) of each cell; broadcasts to the prediction.
        where : tensor of bool, optional
            True = counted; broadcasts to the prediction.
        """
        sums = self._sums(prediction, target, weights, where)
        return self._overlap_loss(sums)

    def extra_repr(self) -> str:
        """Return the options that differ from their defaults."""
        options = {name: getattr(self, name) for name in _DEFAULTS}
        shown_options = [f"{name}={value!r}" for name, value in options.items() if value != _DEFAULTS[name]]
        if type(self) is OverlapLoss:
            shown_options.insert(0, _name(self.index))
        return ", ".join(shown_options)

    @property
    def _operation(self) -> str:
        return f"nn.{type(self).__name__}"

    @property
    def _form(self) -> Form:
        """How two soft values intersect."""
        return self.tnorm

    def _settings(self) -> Settings:
        """Return how the sums are taken."""
        return Settings(self.from_logits, self._form, pooled=bool(self.batch), ignore_index=self.ignore_index)

    def _sums(self, prediction: Tensor, target: Tensor, weights: Tensor | None, where: Tensor | None) -> Sums:
        """Return the sums of a batch, of all processes that share it if it is pooled."""
        operation = self._operation
        prediction, target, weights, where = plain(prediction, target, weights, where)
        self._check_prediction(prediction)
        read = read_target(operation, prediction, target, self.ignore_index)
        sums = self._sums_of_process(prediction, read, weights, where)
        return over_processes(sums) if self.batch is True else sums

    def _sums_of_process(
        self, prediction: Tensor, target: Target, weights: Tensor | None, where: Tensor | None
    ) -> Sums:
        """Return the sums of the cases that this process has."""
        return take_sums(self._operation, prediction, target, weights, where, self._settings())

    def _check_prediction(self, prediction: Tensor) -> None:
        n_classes = prediction.shape[1] if prediction.ndim > 1 else 0
        needs_two = self.from_logits == "softmax" or not self.include_background
        if n_classes == 0 or (n_classes == 1 and needs_two):
            raise ValueError(
                f"{self._operation}: the prediction has shape {tuple(prediction.shape)}; it is (batch, class, "
                "*spatial), of two classes or more for a softmax or without the background"
            )

    def _overlap_loss(self, sums: Sums) -> Tensor:
        """Return the loss of the overlap, reduced over cases and classes."""
        sums = self._counted_classes(sums)
        loss = self._loss_of_each(sums)
        class_weights = on_device(self.class_weights, loss)
        reduced_loss: Tensor = reduced(self._operation, loss, class_weights, self.reduction, xp, sums.cells > 0)
        return reduced_loss

    def _counted_classes(self, sums: Sums) -> Sums:
        """Return the sums without those of the background, unless it counts."""
        return sums if self.include_background else sums.of_classes(1)

    def _loss_of_each(self, sums: Sums) -> Tensor:
        """Return the loss of each case and class."""
        loss: Tensor
        loss = loss_of_sizes(self._operation, self.index, sums.both, sums.size_a, sums.size_b, self.smooth, xp)
        return loss

    def _register_weights(self, name: str, weights: float | ClassWeights) -> None:
        """Keep the weights of classes with the module, without making them a part of its state."""
        if weights is not None:
            weights = torch.as_tensor(weights, dtype=torch.float32)
            if weights.ndim > 1 or not bool((weights >= 0).all() and weights.isfinite().all()):
                raise ValueError(
                    f"{self._operation}: {name} is {shown(weights.tolist())}; it is one number >= 0 for each class"
                )
        self.register_buffer(name, weights, persistent=False)

    def _check_not_negative(self, **options: float) -> None:
        """Refuse options that are no finite numbers >= 0."""
        for name, value in options.items():
            check_real(self._operation, name, value)
            if not (isfinite(value) and value >= 0):
                raise ValueError(f"{self._operation}: {name} must be a finite number >= 0, got {value}")

    def _check_label(self, ignore_index: object) -> None:
        """Refuse what is no label."""
        if ignore_index is None:
            return
        is_whole = isinstance(ignore_index, Real) and not isinstance(ignore_index, bool) and ignore_index % 1 == 0
        if not is_whole:
            raise ValueError(f"{self._operation}: ignore_index must be a whole number or None, got {ignore_index!r}")


def on_device(weights: Tensor | None, loss: Tensor) -> Tensor | None:
    """Return weights where a loss is, without waiting for the device."""
    return None if weights is None else weights.to(loss.device, non_blocking=True)


def _name(index: Index) -> str:
    """Return how an index was written."""
    if isinstance(index, partial):
        options = [f"{name}={value!r}" for name, value in index.keywords.items()]
        return f"partial({', '.join([_name(index.func), *map(repr, index.args), *options])})"
    return getattr(index, "__name__", repr(index))
