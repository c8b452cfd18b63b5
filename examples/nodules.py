"""What would the other radiologists say? A network that corrects one reader's outline, against two that hardly try.

Thirty lung nodules of 29 patients, each outlined by four radiologists (LIDC-IDRI), come with the package; the CT scans
do not. So a model sees one reader's outline, as distances in mm, and answers with the share of the other three who drew
each cell. A small U-Net is compared with a logistic of two numbers on the distance, and with the outline as it is.

Patients are split into five parts, and each part is scored by models that were trained on the four others. Scores are
means over the four readers of a nodule, and over the seeds; intervals are bootstrapped over patients (95 %). The second
table has differences on the same nodules, which is what tells models apart.

    Dice         of the answers above a half, with each reader whom the model has not seen
    soft Dice    of the answers as they are, with the mean of these readers
    Brier        mean squared distance of an answer from the share of these readers, within 3 mm of an outline
    volume       how much more is predicted than drawn

    python examples/nodules.py              # about seven minutes on two cores
    python examples/nodules.py --quick      # a quarter of a minute
    python examples/nodules.py --csv scores.csv
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from intervals import with_interval
from scipy.ndimage import distance_transform_edt
from torch import Tensor
from torch.nn import functional as F

import overlap as ov
from domains.lesions import example, grid_spacing, read_image
from overlap import nn

PROGRESS = logging.getLogger(__name__)
"""What is being trained; the command shows it on standard error."""

READERS = range(4)
FOLDS = 5
NEAR = 3.0
"""Distance (mm) from an outline within which answers are compared with shares."""

MEASURES = {"dice": "Dice", "soft_dice": "soft Dice", "brier": "Brier", "volume": "volume"}
"""Columns of the scores, and how they are headed in tables."""

LOSSES = {
    "minimum Dice": nn.DiceLoss(from_logits="sigmoid"),
    "product Dice": nn.DiceLoss(from_logits="sigmoid", tnorm="product"),
    "Dice + cross-entropy": nn.DiceCELoss(from_logits="sigmoid"),
}

Answer = Callable[[Tensor], Tensor]
"""A function of distances (readers, 1, x, y, z) that returns probabilities of the same shape."""


# ---------------------------------------------------------------- data


@dataclass(frozen=True)
class Nodule:
    """Four outlines (4, 1, x, y, z), and the signed distance from each of them, in mm, positive inside."""

    name: str
    patient: str
    masks: Tensor
    distances: Tensor

    def shares(self) -> Tensor:
        """Return for each reader the share of the three others who drew a cell."""
        others = self.masks.sum(0) - self.masks
        return others / 3


def load(n: int) -> list[Nodule]:
    """Load the first `n` nodules."""
    index = json.loads(example().with_name("index.json").read_text())["nodules"]
    return [load_one(name, index[name]["patient_id"]) for name in list(index)[:n]]


def load_one(name: str, patient: str) -> Nodule:
    """Load a nodule, and measure distances in mm, however long the voxels are."""
    image = read_image(example(name)).transpose("rater", "x", "y", "z")
    masks = with_margin(image.values > 0)
    distances = np.stack([signed_distance(mask, grid_spacing(image)) for mask in masks])
    return Nodule(name, patient, as_readers(masks), as_readers(distances))


def with_margin(masks: np.ndarray) -> np.ndarray:
    """Cut out what any reader drew with four cells around it; sizes are multiples of four, as the network needs."""
    drawn = np.argwhere(masks.any(axis=0))
    first = drawn.min(axis=0)
    size = np.ptp(drawn, axis=0) + 1
    room = -(-(size + 8) // 4) * 4
    cut = np.zeros((len(masks), *room), bool)
    inside = [slice(4, 4 + n) for n in size]
    outside = [slice(low, low + n) for low, n in zip(first, size, strict=True)]
    cut[:, *inside] = masks[:, *outside]
    return cut


def signed_distance(mask: np.ndarray, spacing: tuple[float, ...]) -> np.ndarray:
    """Return distances from the outline in mm, positive inside."""
    inside = distance_transform_edt(mask, sampling=spacing)
    outside = distance_transform_edt(~mask, sampling=spacing)
    return inside - outside


def as_readers(x: np.ndarray) -> Tensor:
    """Return an array (readers, x, y, z) as a batch of one channel."""
    return torch.tensor(x[:, None], dtype=torch.float32)


def folds(nodules: Sequence[Nodule], seed: int) -> list[set[str]]:
    """Divide the patients at random."""
    patients = sorted({nodule.patient for nodule in nodules})
    shuffled = np.random.default_rng(seed).permutation(patients)
    return [set(part) for part in np.array_split(shuffled, FOLDS)]


# ---------------------------------------------------------------- models


class Logistic(torch.nn.Module):
    """Two numbers: how steep, and where."""

    learning_rate = 0.1

    def __init__(self) -> None:
        super().__init__()
        self.steepness = torch.nn.Parameter(torch.tensor(2.0))
        self.shift = torch.nn.Parameter(torch.tensor(0.0))

    def forward(self, distances: Tensor) -> Tensor:
        """Return logits."""
        return self.steepness * distances + self.shift


class UNet(torch.nn.Module):
    """A small U-Net of three levels over the same two numbers; it adds nothing at first."""

    learning_rate = 0.01

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.logistic = Logistic()
        self.down = torch.nn.ModuleList([block(1, width), block(width, 2 * width), block(2 * width, 4 * width)])
        self.up = torch.nn.ModuleList([block(6 * width, 2 * width), block(3 * width, width)])
        self.last = torch.nn.Conv3d(width, 1, 1)
        torch.nn.init.zeros_(self.last.weight)
        torch.nn.init.zeros_(self.last.bias)

    def forward(self, distances: Tensor) -> Tensor:
        """Return logits (batch, 1, x, y, z)."""
        first, second, third = self.down
        up_to_middle, up_to_fine = self.up
        fine = first(distances.clamp(-10, 10) / 5)
        middle = second(F.max_pool3d(fine, 2))
        coarse = third(F.max_pool3d(middle, 2))
        x = up_to_middle(torch.cat([F.interpolate(coarse, scale_factor=2.0), middle], dim=1))
        x = up_to_fine(torch.cat([F.interpolate(x, scale_factor=2.0), fine], dim=1))
        return self.logistic(distances) + self.last(x)


def block(n: int, m: int) -> torch.nn.Module:
    """Return a convolution with its norm and its bend."""
    return torch.nn.Sequential(
        torch.nn.Conv3d(n, m, 3, padding=1), torch.nn.InstanceNorm3d(m, affine=True), torch.nn.ReLU()
    )


MODELS = {"logistic": Logistic, "U-Net": UNet}


def train(model: str, loss: str, nodules: Sequence[Nodule], epochs: int, seed: int) -> Answer:
    """Train on every reader of every nodule, the target being the share of the other three."""
    torch.manual_seed(seed)
    network = MODELS[model]()
    optimiser = torch.optim.Adam(network.parameters())
    steps = epochs * len(nodules)
    learning_rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, network.learning_rate, steps)
    for _ in range(epochs):
        for distances, shares in batches(nodules):
            optimiser.zero_grad()
            LOSSES[loss](network(distances), shares).backward()
            optimiser.step()
            learning_rate.step()

    @torch.no_grad()
    def answer(distances: Tensor) -> Tensor:
        return network(distances).sigmoid()

    return answer


def batches(nodules: Sequence[Nodule]) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the four readers of a nodule with their targets, in random order and mirrored at random."""
    for k in torch.randperm(len(nodules)):
        nodule = nodules[k]
        mirrored = [axis for axis in (2, 3, 4) if torch.rand(()) < 0.5]
        yield nodule.distances.flip(mirrored), nodule.shares().flip(mirrored)


def outline(distances: Tensor) -> Tensor:
    """Answer with what was drawn."""
    return (distances > 0).float()


# ---------------------------------------------------------------- scores


def score(answer: Tensor, nodule: Nodule) -> dict[str, float]:
    """Return the measures of answers (4, 1, x, y, z), means over the readers who were seen."""
    shares = nodule.shares()
    drawn = nodule.masks > 0
    dice_of_each = []
    for seen, unseen in product(READERS, READERS):
        if seen != unseen:
            dice_of_each.append(ov.raster.dice(answer[seen] > 0.5, drawn[unseen]))
    near = nodule.distances.abs().amin(0) < NEAR
    squares = (answer - shares) ** 2
    return {
        "dice": float(torch.stack(dice_of_each).mean()),
        "soft_dice": float(ov.raster.dice(answer, shares, axis=(1, 2, 3, 4)).mean()),
        "brier": float(squares[:, near].mean()),
        "volume": float(answer.sum() / shares.sum() - 1),
    }


def run(nodules: Sequence[Nodule], epochs: int, seeds: int) -> pd.DataFrame:
    """Return the scores of each model, nodule and seed; no model knows the patient that it is scored on."""
    rows = []
    for seed in range(seeds):
        for k, held_out in enumerate(folds(nodules, seed)):
            PROGRESS.info("seed %d of %d, part %d of %d", seed + 1, seeds, k + 1, FOLDS)
            training = [nodule for nodule in nodules if nodule.patient not in held_out]
            answers = {"outline": outline}
            for model, loss in product(MODELS, LOSSES):
                answers[f"{model}, {loss}"] = train(model, loss, training, epochs, seed)
            unseen = [nodule for nodule in nodules if nodule.patient in held_out]
            for nodule, (name, answer) in product(unseen, answers.items()):
                row = {"model": name, "seed": seed, "nodule": nodule.name, "patient": nodule.patient}
                rows.append(row | score(answer(nodule.distances), nodule))
    return pd.DataFrame(rows)


def by_nodule(scores: pd.DataFrame) -> pd.DataFrame:
    """Return means over the seeds: a row for each model and nodule."""
    columns = ["model", "nodule", "patient"]
    return scores.groupby(columns, sort=False)[list(MEASURES)].mean().reset_index("patient")


def summarise(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the means of each model with their intervals, as text."""
    table = by_nodule(scores)
    rows = {model: described(table.loc[model]) for model in table.index.unique("model")}
    return pd.DataFrame.from_dict(rows, orient="index")


def pairs() -> list[tuple[str, str]]:
    """Return which are compared: each model with the outline, U-Nets with the logistic of their loss, and U-Nets."""
    with_outline = [(f"{model}, {loss}", "outline") for model, loss in product(MODELS, LOSSES)]
    with_logistic = [(f"U-Net, {loss}", f"logistic, {loss}") for loss in LOSSES]
    first, *others = LOSSES
    with_first = [(f"U-Net, {loss}", f"U-Net, {first}") for loss in others]
    return with_outline + with_logistic + with_first


def differences(scores: pd.DataFrame, compared: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """Return the means of the first of two models minus the second, over the same nodules, as text."""
    table = by_nodule(scores)
    rows = {}
    for model, other in compared:
        difference = table.loc[model].copy()
        difference[list(MEASURES)] -= table.loc[other, list(MEASURES)]
        rows[f"{model} − {other}"] = described(difference, sign="+")
    return pd.DataFrame.from_dict(rows, orient="index")


def described(cases: pd.DataFrame, sign: str = "") -> dict[str, str]:
    """Return the mean of each measure over the nodules, with its interval over patients."""
    patients = cases["patient"]
    return {title: with_interval(cases[column], patients, sign) for column, title in MEASURES.items()}


# ---------------------------------------------------------------- the command


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer nodules, epochs and seeds, for a look")
    parser.add_argument("--nodules", type=int, help="how many, 30 (quick: 10)")
    parser.add_argument("--epochs", type=int, help="of training, 6 (quick: 2)")
    parser.add_argument("--seeds", type=int, help="3 (quick: 1)")
    parser.add_argument("--threads", type=int, default=2, help="of torch; the digits are those of their number")
    parser.add_argument("--csv", type=Path, help="save the scores of each nodule and seed here")
    options = parser.parse_args(arguments)
    logging.basicConfig(format="%(message)s")
    PROGRESS.setLevel(logging.INFO)
    torch.set_num_threads(options.threads)
    nodules = options.nodules or (10 if options.quick else 30)
    epochs = options.epochs or (2 if options.quick else 6)
    seeds = options.seeds or (1 if options.quick else 3)
    scores = run(load(nodules), epochs, seeds)
    if options.quick:
        print("quick: the models are undertrained and the nodules few; the long version may say the contrary\n")
    print(summarise(scores).to_string())
    print()
    print(differences(scores, pairs()).to_string())
    if options.csv:
        scores.to_csv(options.csv, index=False, float_format="%.6f")


if __name__ == "__main__":
    main()
