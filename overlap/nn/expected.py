"""The loss of a mask that is drawn from the prediction, as a module. Public through `overlap.nn`."""

from __future__ import annotations

from typing import ClassVar

import array_api_compat.torch as xp
import torch
from torch import Tensor

from ..losses.expected import expected_loss_of_each
from ..losses.ratios import Reduction, reduced
from .masks import Batch, OverlapLoss
from .operations import counted_cells, counted_logits, probabilities, unknown_ratios
from .options import ClassWeights, on_device
from .processes import n_processes
from .sums import Activation
from .targets import Channels, as_channels


class ExpectedDiceLoss(OverlapLoss):
    """Loss of the expected Dice, 1 − E[Dice], where cells are drawn from the prediction one by one.

    See `overlap.losses.expected_dice_loss`; targets are those of `OverlapLoss`.

    Parameters
    ----------
    from_logits : {None, "sigmoid", "softmax"}
        What turns the prediction into probabilities; see `OverlapLoss`.
    batch : bool or "local"
        Whether the cases of a batch are pooled into one ratio for each class. They are those of this process: a mean
        of ratios is no ratio of sums. Where several processes share a batch, say "local".
    include_background : bool
        Whether channel 0 counts.
    class_weights : sequence of float, optional
        Weight (≥ 0) of each counted channel; means are divided by the sum of weights.
    smooth : float
        Cells of agreement; in the unit of `weights`, if given.
    ignore_index : int, optional
        The label of cells that do not count, such as 255 or −1; of one class, the value of its mask.
    reduction : {"mean", "sum", "none"}
        Over cases and classes; "none" leaves (batch, class), or (class,) of a pooled batch.

    Raises
    ------
    TypeError, ValueError
        If an option is unknown or out of its range; when called, as `overlap.losses.expected_dice_loss`, and if the
        shapes do not fit.

    Examples
    --------
    >>> import torch
    >>> loss = ExpectedDiceLoss(smooth=0.0)
    >>> round(float(loss(torch.tensor([[[0.5, 0.5]]]), torch.tensor([[[True, False]]]))), 6)
    0.583333
    """

    _defaults: ClassVar[dict[str, object]] = {k: v for k, v in OverlapLoss._defaults.items() if k != "tnorm"}

    def __init__(
        self,
        *,
        from_logits: Activation = None,
        batch: Batch = False,
        include_background: bool = True,
        class_weights: ClassWeights = None,
        smooth: float = 1.0,
        ignore_index: int | None = None,
        reduction: Reduction = "mean",
    ) -> None:
        super().__init__(
            from_logits=from_logits,
            batch=batch,
            include_background=include_background,
            class_weights=class_weights,
            smooth=smooth,
            ignore_index=ignore_index,
            reduction=reduction,
        )

    def forward(
        self, prediction: Tensor, target: Tensor, *, weights: Tensor | None = None, where: Tensor | None = None
    ) -> Tensor:
        """Return the loss of a batch; see `OverlapLoss.forward` for the parameters."""
        if self.batch is True and n_processes() > 1:
            raise ValueError(
                f"{self._operation}: batch=True would pool the cases of {n_processes()} processes, whose expected Dice "
                'is no sum over them; pass batch="local", which pools those of each process'
            )
        prediction, weights, where = self._read_prediction(prediction, weights, where)
        read = self._read_target(prediction, target)
        channels = as_channels(self._operation, read, prediction.shape[1], where, self.ignore_index)
        logits = counted_logits(prediction, channels.where, self.from_logits)
        p = probabilities(logits, self.from_logits)
        loss, cells = self._expected_loss(p, channels, weights)
        if not self.include_background:
            loss = loss[..., 1:]
            cells = cells[..., 1:]
        class_weights = on_device(self.class_weights, loss)
        value: Tensor = reduced(self._operation, loss, class_weights, self.reduction, xp, cells > 0)
        return value

    def _expected_loss(self, p: Tensor, channels: Channels, weights: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return the loss of each case and class, and how many cells it counts."""
        axes = tuple(range(2, p.ndim))
        if self.batch:
            axes = (0, *axes)
        made_here = self.from_logits is not None
        loss, _ = expected_loss_of_each(
            self._operation, p, channels.values, axes, self.smooth, weights, channels.where, made_here
        )
        unknown = unknown_ratios(channels, axes)
        if unknown is not None:
            loss = torch.where(unknown, torch.nan, loss)
        return loss, counted_cells(p, weights, channels.where, axes)
