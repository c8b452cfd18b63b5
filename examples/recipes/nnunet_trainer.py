"""An nnU-Net trainer: the same network, plans and augmentation, with the losses of overlap.

Name its folder in the environment variable nnUNet_extTrainer, then

    nnUNetv2_train DATASET CONFIGURATION FOLD -tr nnUNetTrainerOverlap
"""

from __future__ import annotations

import torch
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer
from torch import Tensor

from overlap import nn


class nnUNetTrainerOverlap(nnUNetTrainer):
    """nnU-Net with Dice and cross-entropy of overlap, which its plans pool over the batch and over processes."""

    def _build_loss(self) -> torch.nn.Module:
        regions = self.label_manager.has_regions
        ignored = self.label_manager.ignore_label
        loss: torch.nn.Module = nn.DiceCELoss(
            from_logits="sigmoid" if regions else "softmax",
            batch=self.configuration_manager.batch_dice,
            include_background=regions,
            ignore_index=None if regions else ignored,
            smooth=1e-5,
        )
        if regions and ignored is not None:
            loss = LastChannelIgnored(loss)
        if not self.enable_deep_supervision:
            return loss
        weights = [0.5**k for k in range(len(self._get_deep_supervision_scales()))]
        # as in nnU-Net: processes that do not compile need a gradient of the coarsest prediction too
        weights[-1] = 1e-6 if self.is_ddp and not self._do_i_compile() else 0.0
        return nn.DeepSupervision(loss, [weight / sum(weights) for weight in weights])


class LastChannelIgnored(torch.nn.Module):
    """A loss of regions whose target says in one channel more which cells do not count, as nnU-Net's does."""

    def __init__(self, loss: torch.nn.Module) -> None:
        super().__init__()
        self.loss = loss

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return the loss of the cells that count."""
        return self.loss(logits, target[:, :-1], where=target[:, -1:] == 0)
