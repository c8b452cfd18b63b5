"""What would the other radiologists say? Train on soft targets with two losses, and see what each of them seeks.

Thirty lung nodules, each outlined by four radiologists (LIDC-IDRI), come with the package; the CT scans do not. So the
network sees one reader's outline, as distances in mm, and predicts the mean of the other three. Of that mean the
outline tells something, but not all: the minimum Dice answers with a quantile of what readers draw, the cross-entropy
with their share. Patients are split, not nodules.

Every row of the table is scored against readers that it has not seen, each of them and their mean: the outline as it
is, the two networks, and the mean of three readers against the one left out, which is about as far as one can get
without a scan. "calibration" is the mean gap between a probability and the share of readers, within 3 mm of an
outline; "volume" is how much more is predicted than readers draw.

    python examples/train_soft_dice.py           # about two minutes on two cores
    python examples/train_soft_dice.py --quick   # seconds, for a look
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.ndimage import distance_transform_edt
from torch import Tensor

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
    drawn = np.argwhere((image.values > 0).any(0))
    masks = np.zeros((len(READERS), *SHAPE), bool)
    low, size = drawn.min(0), np.ptp(drawn, axis=0) + 1
    into = [slice(k, k + n) for k, n in zip((SHAPE - size) // 2, size, strict=True)]
    masks[:, *into] = image.values[:, *(slice(k, k + n) for k, n in zip(low, size, strict=True))] > 0
    distances = np.stack([signed_distance(mask, grid_spacing(image)) for mask in masks])
    return Nodule(patient, torch.tensor(masks), torch.tensor(distances, dtype=torch.float32))


def signed_distance(mask: np.ndarray, spacing: tuple[float, ...]) -> np.ndarray:
    """Distance from the outline in mm, positive inside."""
    inside, outside = (distance_transform_edt(x, sampling=spacing) for x in (mask, ~mask))
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
        outline, seen = 10 * x, []
        for level in self.down:
            x = level(x if not seen else torch.nn.functional.max_pool3d(x, 2))
            seen.append(x)
        for level, before in zip(self.up, seen[-2::-1], strict=True):
            x = level(torch.cat([torch.nn.functional.interpolate(x, scale_factor=2.0), before], dim=1))
        return outline + self.last(x)


def block(n: int, m: int) -> torch.nn.Module:
    """Return a convolution with its norm and its bend."""
    return torch.nn.Sequential(
        torch.nn.Conv3d(n, m, 3, padding=1), torch.nn.InstanceNorm3d(m, affine=True), torch.nn.ReLU()
    )


def train(loss: torch.nn.Module, nodules: list[Nodule], epochs: int, seed: int) -> UNet:
    """Train on every reader of every nodule, the target being the mean of the other three."""
    torch.manual_seed(seed)
    network = UNet()
    optimiser = torch.optim.Adam(network.parameters(), 3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    for _ in track(range(epochs), str(loss), console=Console(stderr=True), transient=True):
        for x, y in batches(nodules):
            optimiser.zero_grad()
            loss(network(x), y).backward()
            optimiser.step()
        schedule.step()
    return network.eval()


def batches(nodules: list[Nodule], size: int = 4) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield (batch, 1, x, y, z) of inputs and soft targets, in random order and mirrored at random."""
    pairs = [(nodule, reader) for nodule in nodules for reader in READERS]
    for some in torch.randperm(len(pairs)).split(size):
        x, y = zip(
            *((as_input(n, r), n.others(r).float().mean(0, keepdim=True)) for n, r in (pairs[k] for k in some)),
            strict=True,
        )
        mirrored = [d for d in (2, 3, 4) if torch.rand(()) < 0.5]
        yield torch.stack(x).flip(mirrored), torch.stack(y).flip(mirrored)


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
    found = [(n, *answer(n, r)) for n in nodules for r in READERS]
    near = [n.distances.abs().amin(0) < 3 for n, _, _ in found]
    p = torch.cat([p[where] for (_, p, _), where in zip(found, near, strict=True)])
    y = torch.cat([unseen[:, where].float().mean(0) for (_, _, unseen), where in zip(found, near, strict=True)])
    return {
        "Dice, each": mean(ov.dice(ov.raster.measure(p, y)) for _, p, unseen in found for y in unseen),
        "Dice, mean": mean(ov.dice(ov.raster.measure(p, y.float().mean(0))) for _, p, y in found),
        "calibration": calibration_error(p, y),
        "volume": float(sum(p.sum() for _, p, _ in found) / sum(y.float().mean(0).sum() for _, _, y in found) - 1),
    }


def mean(values: Iterator[Tensor]) -> float:
    """Return the mean of some numbers."""
    return float(torch.stack(list(values)).mean())


def calibration_error(p: Tensor, y: Tensor, bins: int = 10) -> float:
    """Return how far the mean answer is from the share of readers, over bins of the answer, weighted by cells."""
    which = (p * bins).long().clamp(max=bins - 1)
    gaps = torch.zeros(bins).index_add_(0, which, p - y)
    return float(gaps.abs().sum() / len(p))


# ---------------------------------------------------------------- the command

LOSSES = {
    "minimum Dice": nn.DiceLoss(from_logits="sigmoid"),
    "Dice + cross-entropy": nn.DiceCELoss(from_logits="sigmoid"),
}


def run(nodules: int, epochs: int, seed: int) -> dict[str, dict[str, float]]:
    """Train with each loss and return the rows of the table."""
    training, held_out = split(load(nodules), seed)
    rows = {"one reader's outline": score(outline, held_out)}
    for name, loss in LOSSES.items():
        rows[name] = score(answer_of(train(loss, training, epochs, seed)), held_out)
    return rows | {"mean of three readers": score(three_others, held_out)}


def main(quick: bool = False, epochs: int = 20, seed: int = 0) -> None:
    """Train a small 3-D U-Net on soft targets with two losses and print one table."""
    nodules, epochs = (12, 6) if quick else (30, epochs)
    rows = run(nodules, epochs, seed)
    table = Table("answer", *next(iter(rows.values())), title=f"{nodules} nodules, a third of the patients held out")
    for name, values in rows.items():
        *shares, volume = values.values()
        table.add_row(name, *(f"{x:.3f}" for x in shares), f"{volume:+.1%}")
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
