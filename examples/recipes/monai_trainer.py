"""A MONAI trainer: its transforms, its engine, and labels (batch, 1, *spatial) as they come, MetaTensors included.

python examples/recipes/monai_trainer.py
"""

from __future__ import annotations

import numpy as np
import torch
from monai.data import DataLoader, Dataset
from monai.engines import SupervisedTrainer
from monai.networks.nets import UNet
from monai.transforms import Compose, EnsureChannelFirstd, RandFlipd, RandRotated, ToTensord
from torch import Tensor

import overlap as ov
from overlap import nn

CLASSES = 3


def draw_cases(n: int, seed: int) -> list[dict[str, np.ndarray]]:
    """Draw images (32, 32) of two discs in each other, and their labels: 0, 1 and 2."""
    draw = np.random.default_rng(seed)
    x, y = np.mgrid[:32, :32]
    cases = []
    for _ in range(n):
        middle = draw.uniform(12, 20, size=2)
        distance = np.hypot(x - middle[0], y - middle[1])
        label = (distance < 10).astype(np.int64) + (distance < 5)
        cases.append({"image": (label + 0.3 * draw.normal(size=label.shape)).astype(np.float32), "label": label})
    return cases


def make_loader(cases: list[dict[str, np.ndarray]], augmented: bool) -> DataLoader:
    """Return batches of images and labels, both (batch, 1, 32, 32) and MetaTensors."""
    keys = ["image", "label"]
    steps = [EnsureChannelFirstd(keys, channel_dim="no_channel")]
    if augmented:
        steps.append(RandFlipd(keys, prob=0.5))
        steps.append(RandRotated(keys, range_x=0.5, prob=0.5, mode=["bilinear", "nearest"]))
    return DataLoader(Dataset(cases, Compose([*steps, ToTensord(keys)])), batch_size=8, shuffle=augmented)


def train(network: torch.nn.Module, loader: DataLoader, epochs: int) -> None:
    """Train; instead of monai.losses.DiceCELoss(softmax=True, to_onehot_y=True)."""
    trainer = SupervisedTrainer(
        device=torch.device("cpu"),
        max_epochs=epochs,
        train_data_loader=loader,
        network=network,
        optimizer=torch.optim.Adam(network.parameters(), 1e-2),
        loss_function=nn.DiceCELoss(from_logits="softmax"),
    )
    trainer.run()


@torch.no_grad()
def validate(network: torch.nn.Module, loader: DataLoader) -> Tensor:
    """Return the Dice of each class over all cases; instead of monai.metrics.DiceMetric."""
    network.eval()
    running = nn.RunningOverlap(CLASSES)
    for batch in loader:
        running.update(network(batch["image"]).argmax(1), batch["label"])
    return ov.dice(running.compute())


def main(epochs: int = 5) -> list[float]:
    """Train and return the Dice of each class."""
    torch.manual_seed(0)
    network = UNet(spatial_dims=2, in_channels=1, out_channels=CLASSES, channels=(8, 16), strides=(2,))
    train(network, make_loader(draw_cases(64, seed=0), augmented=True), epochs)
    return validate(network, make_loader(draw_cases(16, seed=1), augmented=False)).tolist()


if __name__ == "__main__":
    print("Dice", " ".join(f"{dice:.3f}" for dice in main()))
