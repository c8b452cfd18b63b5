"""The loss of any index of overlap as a module, which the others are named cases of. Public through `overlap.nn`."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Literal

import array_api_compat.torch as xp
from torch import Tensor

from .._arrays import plain
from .._checks import check_choice
from ..indices import dice
from ..losses.ratios import Index, Reduction, check_index, loss_of_sizes, reduced
from ..raster import TNORMS, TNorm
from .one_pass import take_sums
from .options import ClassWeights, MaskLoss, check_tensors, on_device
from .processes import over_processes
from .sums import Activation, Form, Settings, Sums
from .targets import Target, check_label, read_target

Batch = bool | Literal["local"]


class OverlapLoss(MaskLoss):
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
    >>> import torch
    >>> from overlap import ochiai
    >>> loss = OverlapLoss(ochiai, smooth=0.0)
    >>> loss
    OverlapLoss(ochiai, smooth=0.0)
    >>> round(float(loss(torch.tensor([[[0.5, 0.0, 1.0]]]), torch.tensor([[[True, False, True]]]))), 4)
    0.134
    """

    _defaults: ClassVar[dict[str, object]] = {
        "from_logits": None,
        "batch": False,
        "include_background": True,
        "class_weights": None,
        "smooth": 1.0,
        "tnorm": "minimum",
        "ignore_index": None,
        "reduction": "mean",
    }

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
        super().__init__(from_logits, include_background, class_weights, reduction)
        check_choice(self._operation, "batch", batch, (False, True, "local"))
        batch = batch if batch == "local" else bool(batch)
        check_choice(self._operation, "tnorm", tnorm, TNORMS)
        check_index(self._operation, index)
        self._check_not_negative(smooth=smooth)
        check_label(self._operation, ignore_index)
        self.index = index
        self.batch = batch
        self.smooth = smooth
        self.tnorm = tnorm
        self.ignore_index = ignore_index

    def forward(
        self, prediction: Tensor, target: Tensor, *, weights: Tensor | None = None, where: Tensor | None = None
    ) -> Tensor:
        """Return the loss of a batch.

        Parameters
        ----------
        prediction : tensor (batch, class, ...)
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
        options = super().extra_repr()
        if type(self) is not OverlapLoss:
            return options
        index = _name(self.index)
        return f"{index}, {options}" if options else index

    @property
    def _form(self) -> Form:
        """How two soft values intersect."""
        return self.tnorm

    def _settings(self) -> Settings:
        """Return how the sums are taken."""
        return Settings(self.from_logits, self._form, pooled=bool(self.batch), ignore_index=self.ignore_index)

    def _sums(self, prediction: Tensor, target: Tensor, weights: Tensor | None, where: Tensor | None) -> Sums:
        """Return the sums of a batch, of all processes that share it if it is pooled."""
        prediction, weights, where = self._read_prediction(prediction, weights, where)
        read = self._read_target(prediction, target)
        sums = self._sums_of_process(prediction, read, weights, where)
        return over_processes(sums) if self.batch is True else sums

    def _read_target(self, prediction: Tensor, target: Tensor) -> Target:
        """Return a target by its shape."""
        check_tensors(self._operation, target=target)
        (target,) = plain(target)
        return read_target(self._operation, prediction, target, self.ignore_index)

    def _sums_of_process(
        self, prediction: Tensor, target: Target, weights: Tensor | None, where: Tensor | None
    ) -> Sums:
        """Return the sums of the cases that this process has."""
        return take_sums(self._operation, prediction, target, weights, where, self._settings())

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


def _name(index: Index) -> str:
    """Return how an index was written."""
    if isinstance(index, partial):
        options = [f"{name}={value!r}" for name, value in index.keywords.items()]
        return f"partial({', '.join([_name(index.func), *map(repr, index.args), *options])})"
    return getattr(index, "__name__", repr(index))
