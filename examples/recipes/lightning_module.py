"""A Lightning module: the loss in `training_step`, the sizes of the whole validation set in a running overlap.

python examples/recipes/lightning_module.py
"""

from __future__ import annotations

import torch
from pytorch_lightning import LightningModule, Trainer
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

import overlap as ov
from overlap import nn

CLASSES = 3


class Segmentation(LightningModule):
    """A small network of three classes."""

    def __init__(self) -> None:
        super().__init__()
        self.network = torch.nn.Sequential(
            torch.nn.Conv2d(1, 8, 5, padding=2), torch.nn.ReLU(), torch.nn.Conv2d(8, CLASSES, 5, padding=2)
        )
        # with batch=True the cases of all processes are pooled
        self.loss = nn.DiceCELoss(from_logits="softmax", batch=True, smooth=0.0)
        # no weights: a checkpoint with it loads without it, and the other way round
        self.running = nn.RunningOverlap(CLASSES)

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """Return the loss of a batch."""
        image, label = batch
        return self.loss(self.network(image), label)

    def validation_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> None:
        """Add the sizes of a batch."""
        image, label = batch
        self.running.update(self.network(image).argmax(1), label)

    def on_validation_epoch_end(self) -> None:
        """Log the Dice of each class, once, over all batches of all processes."""
        for k, dice in enumerate(ov.dice(self.running.compute())):
            self.log(f"dice_{k}", dice.float())
        self.running.reset()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Return Adam."""
        return torch.optim.Adam(self.parameters(), 1e-2)


def draw_cases(n: int, seed: int) -> DataLoader:
    """Draw images (n, 1, 32, 32) of two discs in each other, and their labels (n, 32, 32): 0, 1 and 2."""
    draw = torch.Generator().manual_seed(seed)
    middle = 12 + 8 * torch.rand(n, 2, 1, 1, generator=draw)
    grid = torch.stack(torch.meshgrid(torch.arange(32), torch.arange(32), indexing="ij"))
    distance = torch.linalg.vector_norm(grid - middle, dim=1)
    label = (distance < 10).long() + (distance < 5)
    image = label.unsqueeze(1) + 0.3 * torch.randn(n, 1, 32, 32, generator=draw)
    return DataLoader(TensorDataset(image, label), batch_size=8)


def main(epochs: int = 5) -> dict[str, float]:
    """Train and return the Dice of each class."""
    torch.manual_seed(0)
    trainer = Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(Segmentation(), draw_cases(64, seed=0), draw_cases(16, seed=1))
    return {name: float(dice) for name, dice in trainer.callback_metrics.items()}


if __name__ == "__main__":
    for name, dice in main().items():
        print(f"{name} {dice:.3f}")
