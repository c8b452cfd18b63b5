"""What would the other radiologists say? Train on soft targets with two losses, and see what each of them seeks.

Thirty lung nodules, each outlined by four radiologists (LIDC-IDRI), come with the package; the CT scans do not. So the
network sees one reader's outline, as distances in mm, and predicts the mean of the other three. Of that mean the
outline says something, but not all: the minimum Dice answers with a quantile of what readers draw, the cross-entropy
with their share. A third network begins with both losses and ends with Dice alone: the last loss decides what it
answers. Patients are split, not nodules.

Every row of the table is scored against readers that it has not seen, each of them and their mean: the outline as it
is, the three networks, and the mean of three readers against the one left out, which is about as far as one can get
without a scan. "calibration" is the mean gap between a probability and the share of readers, within 3 mm of an
outline; "volume" is how much more is predicted than readers draw.

    python examples/train_soft_dice.py           # about three minutes on two cores
    python examples/train_soft_dice.py --quick   # seconds, for a look
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.ndimage import distance_transform_edt
from torch import Tensor
from torch.nn import functional as F

import overlap as ov
from domains.lesions import example, grid_spacing, read_image
from overlap import nn

SHAPE = (40, 40, 12)
READERS = range(4)


# ---------------------------------------------------------------- data


@dataclass(frozen=True)
class Nodule:
    """Four outlines (4, x, y, z), and the signed distance (mm, positive inside) from each of them."""

    patient: str
    masks: Tensor
    distances: Tensor

    def others(self, reader: int) -> Tensor:
        """Return the outlines of the other three."""
        return self.masks[[k for k in READERS if k != reader]]


def load(n: int) -> list[Nodule]:
    """Load the first `n` nodules."""
    index = json.loads(example().with_name("index.json").read_text())["nodules"]
    return [load_one(name, index[name]["patient_id"]) for name in list(index)[:n]]


def load_one(name: str, patient: str) -> Nodule:
    """Bring the outlines to one shape, in the middle, and measure distances in mm, however long the voxels are."""
    image = read_image(example(name)).transpose("rater", "x", "y", "z")
    outlines = image.values > 0
    drawn = np.argwhere(outlines.any(axis=0))
    size = np.ptp(drawn, axis=0) + 1
    cut = box(drawn.min(axis=0), size)
    middle = box((SHAPE - size) // 2, size)
    masks = np.zeros((len(READERS), *SHAPE), bool)
    masks[:, *middle] = outlines[:, *cut]
    distances = np.stack([signed_distance(mask, grid_spacing(image)) for mask in masks])
    return Nodule(patient, torch.tensor(masks), torch.tensor(distances, dtype=torch.float32))


def box(first: np.ndarray, size: np.ndarray) -> list[slice]:
    """Return the slices of a box of cells."""
    return [slice(low, low + n) for low, n in zip(first, size, strict=True)]


def signed_distance(mask: np.ndarray, spacing: tuple[float, ...]) -> np.ndarray:
    """Distance from the outline in mm, positive inside."""
    inside = distance_transform_edt(mask, sampling=spacing)
    outside = distance_transform_edt(~mask, sampling=spacing)
    return inside - outside


def split(nodules: list[Nodule], seed: int) -> tuple[list[Nodule], list[Nodule]]:
    """Split two to one by patient."""
    patients = sorted({x.patient for x in nodules})
    held_out = set(np.random.default_rng(seed).permutation(patients)[: len(patients) // 3])
    return [x for x in nodules if x.patient not in held_out], [x for x in nodules if x.patient in held_out]


# ---------------------------------------------------------------- network


class UNet(torch.nn.Module):
    """A small U-Net of three levels, which corrects the outline it is given."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.down = torch.nn.ModuleList([block(1, width), block(width, 2 * width), block(2 * width, 4 * width)])
        self.up = torch.nn.ModuleList([block(6 * width, 2 * width), block(3 * width, width)])
        self.last = torch.nn.Conv3d(width, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (batch, 1, x, y, z): two a mm from the outline, and what the network adds."""
        outline = 10 * x
        first, second, third = self.down
        fine = first(x)
        middle = second(F.max_pool3d(fine, 2))
        coarse = third(F.max_pool3d(middle, 2))
        up_to_middle, up_to_fine = self.up
        x = up_to_middle(torch.cat([F.interpolate(coarse, scale_factor=2.0), middle], dim=1))
        x = up_to_fine(torch.cat([F.interpolate(x, scale_factor=2.0), fine], dim=1))
        return outline + self.last(x)


def block(n: int, m: int) -> torch.nn.Module:
    """Return a convolution with its norm and its bend."""
    return torch.nn.Sequential(
        torch.nn.Conv3d(n, m, 3, padding=1), torch.nn.InstanceNorm3d(m, affine=True), torch.nn.ReLU()
    )


@dataclass(frozen=True, slots=True, init=False)
class Schedule:
    """Which loss holds from which epoch on.

    Parameters
    ----------
    *stages : (epoch, loss)
        The first epoch of each stage and its loss; the first stage begins at 0, epochs ascend.
    """

    stages: tuple[tuple[int, torch.nn.Module], ...]

    def __init__(self, *stages: tuple[int, torch.nn.Module]) -> None:
        epochs = [epoch for epoch, _ in stages]
        ascending = all(epoch < later for epoch, later in pairwise(epochs))
        if not epochs or epochs[0] != 0 or not ascending:
            raise ValueError(f"Schedule: stages begin at epoch 0 and ascend, got the epochs {epochs}")
        object.__setattr__(self, "stages", stages)

    def __call__(self, epoch: int) -> torch.nn.Module:
        """Return the loss of an epoch (≥ 0)."""
        if epoch < 0:
            raise ValueError(f"Schedule: an epoch is 0 or more, got {epoch}")
        begun = [loss for first, loss in self.stages if first <= epoch]
        return begun[-1]


def train(schedule: Schedule, nodules: list[Nodule], epochs: int, seed: int) -> UNet:
    """Train on every reader of every nodule, the target being the mean of the other three."""
    torch.manual_seed(seed)
    network = UNet()
    optimiser = torch.optim.Adam(network.parameters(), 3e-3)
    learning_rate = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    for epoch in track(range(epochs), "training", console=Console(stderr=True), transient=True):
        loss = schedule(epoch)
        for x, y in batches(nodules):
            optimiser.zero_grad()
            loss(network(x), y).backward()
            optimiser.step()
        learning_rate.step()
    return network.eval()


def batches(nodules: list[Nodule], size: int = 4) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield (batch, 1, x, y, z) of inputs and soft targets, in random order and mirrored at random."""
    pairs = [(nodule, reader) for nodule in nodules for reader in READERS]
    for chosen in torch.randperm(len(pairs)).split(size):
        inputs = []
        targets = []
        for k in chosen:
            nodule, reader = pairs[k]
            inputs.append(as_input(nodule, reader))
            targets.append(nodule.others(reader).float().mean(0, keepdim=True))
        mirrored = [d for d in (2, 3, 4) if torch.rand(()) < 0.5]
        yield torch.stack(inputs).flip(mirrored), torch.stack(targets).flip(mirrored)


def as_input(nodule: Nodule, reader: int) -> Tensor:
    """Return one reader's outline as the network sees it, (1, x, y, z)."""
    return nodule.distances[reader][None].clamp(-10, 10) / 5


# ---------------------------------------------------------------- scores

Answer = Callable[[Nodule, int], tuple[Tensor, Tensor]]
"""A probability map for a reader of a nodule, and the outlines (n, x, y, z) that it has not seen."""


def outline(nodule: Nodule, reader: int) -> tuple[Tensor, Tensor]:
    """Answer with what was drawn."""
    return nodule.masks[reader].float(), nodule.others(reader)


def three_others(nodule: Nodule, reader: int) -> tuple[Tensor, Tensor]:
    """Answer with the mean of three, to be scored on the one left out."""
    return nodule.others(reader).float().mean(0), nodule.masks[[reader]]


def answer_of(network: UNet) -> Answer:
    """Answer with a network."""

    @torch.no_grad()
    def answer(nodule: Nodule, reader: int) -> tuple[Tensor, Tensor]:
        return network(as_input(nodule, reader)[None]).sigmoid()[0, 0], nodule.others(reader)

    return answer


def score(answer: Answer, nodules: list[Nodule]) -> dict[str, float]:
    """Score answers against the readers that they have not seen."""
    dice_of_each = []
    dice_of_mean = []
    near_p = []
    near_share = []
    predicted = 0.0
    drawn = 0.0
    for nodule in nodules:
        near = nodule.distances.abs().amin(0) < 3
        for reader in READERS:
            p, unseen = answer(nodule, reader)
            share = unseen.float().mean(0)
            dice_of_each += [ov.raster.dice(p, one) for one in unseen]
            dice_of_mean.append(ov.raster.dice(p, share))
            near_p.append(p[near])
            near_share.append(share[near])
            predicted += float(p.sum())
            drawn += float(share.sum())
    return {
        "Dice, each": float(torch.stack(dice_of_each).mean()),
        "Dice, mean": float(torch.stack(dice_of_mean).mean()),
        "calibration": calibration_error(torch.cat(near_p), torch.cat(near_share)),
        "volume": predicted / drawn - 1,
    }


def calibration_error(p: Tensor, y: Tensor, bins: int = 10) -> float:
    """Return how far the mean answer is from the share of readers, over bins of the answer, weighted by cells."""
    which = (p * bins).long().clamp(max=bins - 1)
    gaps = torch.zeros(bins).index_add_(0, which, p - y)
    return float(gaps.abs().sum() / len(p))


# ---------------------------------------------------------------- the command


def schedules(epochs: int) -> dict[str, Schedule]:
    """Return the losses of each network, by the name of its row."""
    dice = nn.DiceLoss(from_logits="sigmoid")
    both = nn.DiceCELoss(from_logits="sigmoid")
    return {
        "minimum Dice": Schedule((0, dice)),
        "Dice + cross-entropy": Schedule((0, both)),
        "both, then Dice alone": Schedule((0, both), (epochs // 2, dice)),
    }


def run(nodules: int, epochs: int, seed: int) -> dict[str, dict[str, float]]:
    """Train with each loss and return the rows of the table."""
    training, held_out = split(load(nodules), seed)
    rows = {"one reader's outline": score(outline, held_out)}
    for name, schedule in schedules(epochs).items():
        network = train(schedule, training, epochs, seed)
        rows[name] = score(answer_of(network), held_out)
    return rows | {"mean of three readers": score(three_others, held_out)}


def main(quick: bool = False, epochs: int = 20, seed: int = 0) -> None:
    """Train a small 3-D U-Net on soft targets with two losses and print one table."""
    nodules = 6 if quick else 30
    epochs = 2 if quick else epochs
    rows = run(nodules, epochs, seed)
    table = Table("answer", *next(iter(rows.values())), title=f"{nodules} nodules, a third of the patients held out")
    for name, values in rows.items():
        *shares, volume = values.values()
        table.add_row(name, *(f"{x:.3f}" for x in shares), f"{volume:+.1%}")
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
