"""Which loss answers with what? Train on blobs whose label probability is known, and look how far each loss gets.

Each loss trains the same small network on each kind of target (`blobs.TARGETS`), with several seeds. A seed has images,
raters and a first network of its own. The pictures show p exactly and the network can express it, so that whatever it
answers instead is the choice of the loss. What that should be, in closed form, stands in `sought`.

The table has a row for each target and loss: means over the seeds, with 95 % intervals.

    Dice              of the answers above a half, with raters whom nobody has seen
    short of best     how far that is from the best mask there is, on the same images and raters
    short, best cut   the same, for the mask that is best if the answers are taken for probabilities
    promised          how much more Dice the answers promise to that mask than it gets
    off p             mean distance of an answer from the true probability of its cell
    ECE               expected calibration error, against the unseen raters
    volume            how much more is predicted than drawn

    python examples/known_truth.py              # about six minutes on two cores
    python examples/known_truth.py --quick      # under a minute
    python examples/known_truth.py --csv scores.csv --plot answers.png
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from blobs import TARGETS, Images, Target, draw_images, whole_border
from intervals import with_interval
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sought import (
    Sought,
    by_cross_entropy,
    by_dice_and_cross_entropy,
    by_dice_and_focal,
    by_dice_of_border,
    by_minimum,
    by_product,
    by_squared,
)
from torch import Tensor

import overlap as ov
from overlap import nn

PROGRESS = logging.getLogger(__name__)
"""What is being trained; the command shows it on standard error."""

TRAINING_IMAGES = 128
TEST_IMAGES = 64
UNSEEN_RATERS = 8
BATCH = 8

BINS = 20
"""Of p, from 0 to 1."""

MEASURES = {
    "dice": "Dice",
    "short": "short of best",
    "short_best_cut": "short, best cut",
    "promised": "promised",
    "off": "off p",
    "ece": "ECE",
    "volume": "volume",
}
"""Columns of the scores, and how they are headed in tables."""


@dataclass(frozen=True)
class Loss:
    """A loss, what it seeks where each cell is labelled by itself, and where the border moves as a whole, if known."""

    name: str
    of_logits: Callable[[Tensor, Tensor], Tensor]
    sought: Sought
    sought_of_border: Sought | None


OPTIONS = {"from_logits": "sigmoid", "smooth": 0}
LOSSES = (
    Loss("minimum Dice", nn.DiceLoss(**OPTIONS), by_minimum, by_dice_of_border),
    Loss("product Dice", nn.DiceLoss(tnorm="product", **OPTIONS), by_product, by_dice_of_border),
    Loss("expected Dice", nn.ExpectedDiceLoss(**OPTIONS), by_product, by_dice_of_border),
    Loss("minimum Jaccard", nn.JaccardLoss(**OPTIONS), by_minimum, None),
    Loss("product Jaccard", nn.JaccardLoss(tnorm="product", **OPTIONS), by_product, None),
    Loss("squared Dice", nn.SquaredDiceLoss(**OPTIONS), by_squared, None),
    Loss("Dice + focal", nn.DiceFocalLoss(**OPTIONS), by_dice_and_focal, None),
    Loss("Dice + cross-entropy", nn.DiceCELoss(**OPTIONS), by_dice_and_cross_entropy, None),
    Loss("cross-entropy", torch.nn.BCEWithLogitsLoss(), by_cross_entropy, by_cross_entropy),
)
SHOWN = [loss for loss in LOSSES if "Jaccard" not in loss.name]
"""In the picture, where Jaccard's panels would be those of Dice once more."""


# ---------------------------------------------------------------- training


class Network(torch.nn.Module):
    """Look at each cell by itself: a line, which can be z exactly, and what bends it."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.line = torch.nn.Conv2d(2, 1, 1)
        self.bend = torch.nn.Sequential(
            torch.nn.Conv2d(2, width, 1),
            torch.nn.ReLU(),
            torch.nn.Conv2d(width, width, 1),
            torch.nn.ReLU(),
            torch.nn.Conv2d(width, 1, 1),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """Return logits (n, 1, rows, columns)."""
        return self.line(pictures) + self.bend(pictures)


def train(loss: Loss, target: Target, steps: int, seed: int) -> Network:
    """Train a network on targets drawn anew at every step."""
    torch.manual_seed(seed)
    rng = np.random.default_rng([seed, 0])
    images = draw_images(TRAINING_IMAGES, rng)
    network = Network()
    optimiser = torch.optim.Adam(network.parameters())
    learning_rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=0.03, total_steps=steps)
    for _ in range(steps):
        batch = rng.integers(0, TRAINING_IMAGES, BATCH)
        y = target.draw(images.p[batch], rng)
        y = torch.tensor(y[:, None], dtype=torch.float32)
        logits = network(torch.tensor(images.pictures[batch]))
        optimiser.zero_grad()
        loss.of_logits(logits, y).backward()
        optimiser.step()
        learning_rate.step()
    return network


@torch.no_grad()
def answer_of(network: Network, images: Images) -> np.ndarray:
    """Return what a network answers, (n, rows, columns)."""
    logits = network(torch.tensor(images.pictures))
    return logits[:, 0].double().sigmoid().numpy()


# ---------------------------------------------------------------- scores


@dataclass(frozen=True)
class Unseen:
    """Images that no network has seen, outlines of other raters (raters, n, rows, columns), and the best masks."""

    images: Images
    outlines: np.ndarray
    best: np.ndarray


def draw_unseen(target: Target, seed: int) -> Unseen:
    """Draw what the networks of a seed are tested on, by raters of the target's kind."""
    rng = np.random.default_rng([seed, 1])
    images = draw_images(TEST_IMAGES, rng)
    outlines = [target.rater(images.p, rng) for _ in range(UNSEEN_RATERS)]
    if target.rater is whole_border:
        best = by_dice_of_border(images.p, 1) > 0.5
    else:
        best = ov.expected.optimal_mask(images.p, axis=(-2, -1))
    return Unseen(images, np.stack(outlines), best)


def score(answer: np.ndarray, unseen: Unseen) -> dict[str, float]:
    """Return the measures of an answer (n, rows, columns)."""
    p = unseen.images.p
    dice = mean_dice(answer > 0.5, unseen.outlines)
    dice_of_best = mean_dice(unseen.best, unseen.outlines)
    cut = ov.expected.optimal_mask(answer, axis=(-2, -1))
    dice_of_cut = mean_dice(cut, unseen.outlines)
    promised = ov.expected.expected_dice(cut, answer, axis=(-2, -1), empty=1.0)
    return {
        "dice": dice,
        "short": dice_of_best - dice,
        "short_best_cut": dice_of_best - dice_of_cut,
        "promised": promised.mean() - dice_of_cut,
        "off": np.abs(answer - p).mean(),
        "ece": float(ov.calibration.expected_calibration_error(answer, unseen.outlines.mean(axis=0))),
        "volume": answer.sum() / p.sum() - 1,
    }


def mean_dice(mask: np.ndarray, outlines: np.ndarray) -> float:
    """Return the mean Dice of masks with outlines; to answer nothing is right where a rater saw nothing."""
    sizes = ov.raster.measure(np.broadcast_to(mask, outlines.shape), outlines, axis=(-2, -1))
    return float(ov.dice(sizes, empty=1.0).mean())


def response(answer: np.ndarray, p: np.ndarray) -> dict[str, np.ndarray]:
    """Return the middle of each bin of p, and the mean answer there; NaN where no cell has such a p."""
    which = np.minimum(np.floor(p * BINS).astype(int), BINS - 1).ravel()
    cells = np.bincount(which, minlength=BINS)
    total = np.bincount(which, weights=answer.ravel(), minlength=BINS)
    mean = np.divide(total, cells, out=np.full(BINS, np.nan), where=cells > 0)
    return {"p": (np.arange(BINS) + 0.5) / BINS, "answer": mean}


def answers_of_each(
    targets: Sequence[Target], losses: Sequence[Loss], steps: int, seeds: int
) -> Iterator[tuple[str, int, Unseen, dict[str, np.ndarray]]]:
    """Train with each loss on each target and seed; give the target's name, the seed, its test and the answers."""
    for target, seed in product(targets, range(seeds)):
        unseen = draw_unseen(target, seed)
        answers = {}
        for loss in losses:
            PROGRESS.info("%s, seed %d of %d: %s", target.name, seed + 1, seeds, loss.name)
            network = train(loss, target, steps, seed)
            answers[loss.name] = answer_of(network, unseen.images)
        yield target.name, seed, unseen, answers


def respond(targets: Sequence[Target], losses: Sequence[Loss], steps: int, seeds: int) -> pd.DataFrame:
    """Train with each loss on each target and seed; return the responses to p, as `run` does, and no scores."""
    responses = []
    for target, seed, unseen, answers in answers_of_each(targets, losses, steps, seeds):
        for name, answer in answers.items():
            row = {"target": target, "loss": name, "seed": seed}
            responses.append(pd.DataFrame(row | response(answer, unseen.images.p)))
    return pd.concat(responses, ignore_index=True)


def run(targets: Sequence[Target], losses: Sequence[Loss], steps: int, seeds: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train with each loss on each target and seed; return their scores, and their responses to p.

    Each has the columns ``target``, ``loss`` and ``seed``. The best mask and the probability itself are answers too,
    with names in brackets.
    """
    scores = []
    responses = []
    for target, seed, unseen, trained in answers_of_each(targets, losses, steps, seeds):
        known = {"(best mask)": unseen.best.astype(float), "(probability)": unseen.images.p}
        for name, answer in (known | trained).items():
            row = {"target": target, "loss": name, "seed": seed}
            scores.append(row | score(answer, unseen))
            responses.append(pd.DataFrame(row | response(answer, unseen.images.p)))
    return pd.DataFrame(scores), pd.concat(responses, ignore_index=True)


def summarise(scores: pd.DataFrame) -> pd.DataFrame:
    """Return means over the seeds with their intervals, as text."""
    rows = {}
    for key, group in scores.groupby(["target", "loss"], sort=False):
        rows[key] = {title: with_interval(group[column]) for column, title in MEASURES.items()}
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.names = ["target", "loss"]
    return table


# ---------------------------------------------------------------- the picture


def draw_responses(responses: pd.DataFrame, targets: Sequence[Target], losses: Sequence[Loss]) -> Figure:
    """Draw a row of panels for each target: what is answered to each p, over what is sought."""
    rows = len(targets)
    columns = len(losses)
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=(1.4 * columns + 0.2, 1.6 * rows),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    p = np.sort(draw_images(1, np.random.default_rng(0)).p, axis=None)
    found = responses.set_index(["target", "loss"]).sort_index()
    for (i, target), (j, loss) in product(enumerate(targets), enumerate(losses)):
        seek = loss.sought_of_border if target.rater is whole_border else loss.sought
        if seek is not None:
            draw_sought(axes[i, j], p, seek(p, target.raters))
        draw_answered(axes[i, j], found.loc[(target.name, loss.name)])
    axes[0, 0].set(xlim=(0, 1), ylim=(-0.05, 1.05), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    for ax, loss in zip(axes[0], losses, strict=True):
        ax.set_title(loss.name.replace(" + ", "\n+ "), fontsize="small")
    for ax, target in zip(axes[:, 0], targets, strict=True):
        ax.set_ylabel(target.name.replace(", ", ",\n"), fontsize="small")
    figure.supylabel("answer", fontsize="medium")
    figure.supxlabel("true probability of a cell", fontsize="medium")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=2, frameon=False, fontsize="small")
    return figure


def draw_sought(ax: Axes, p: np.ndarray, sought: np.ndarray) -> None:
    """Draw a closed form as a broad grey line."""
    ax.plot(p, sought, color="0.6", linewidth=3, label="sought, in closed form (where known)")


def draw_answered(ax: Axes, responses: pd.DataFrame) -> None:
    """Draw the mean answer in each bin of p, with whiskers from the lowest to the highest seed."""
    answers = responses.groupby("p")["answer"]
    mean = answers.mean()
    whiskers = [mean - answers.min(), answers.max() - mean]
    style = {"color": "black", "fmt": ".", "markersize": 4, "elinewidth": 0.8}
    ax.errorbar(mean.index, mean, whiskers, label="answered: mean of the seeds, and their range", **style)


# ---------------------------------------------------------------- the command


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer steps and seeds, for a look")
    parser.add_argument("--steps", type=int, help="of training, 400 (quick: 100)")
    parser.add_argument("--seeds", type=int, help="5 (quick: 2)")
    parser.add_argument("--threads", type=int, default=2, help="of torch; the digits are those of their number")
    parser.add_argument("--csv", type=Path, help="save the scores of each seed here")
    parser.add_argument("--plot", type=Path, help="save the picture here")
    options = parser.parse_args(arguments)
    logging.basicConfig(format="%(message)s")
    PROGRESS.setLevel(logging.INFO)
    torch.set_num_threads(options.threads)
    steps = options.steps or (100 if options.quick else 400)
    seeds = options.seeds or (2 if options.quick else 5)
    scores, responses = run(TARGETS, LOSSES, steps, seeds)
    print(summarise(scores).to_string())
    if options.csv:
        scores.to_csv(options.csv, index=False, float_format="%.6f")
    if options.plot:
        draw_responses(responses, TARGETS, SHOWN).savefig(options.plot, dpi=200)


if __name__ == "__main__":
    main()
