"""Three questions that the regression experiment leaves open.

*rules*: which published rule does what? DIoU and GIoU by exact gradients, and with one published departure at a time.

*sizes*: what of boxes of many sizes? All lengths of the experiment times a scale: 1, or nine from 0.1 to 10, or nine
from 10 to 1000, evenly spread over the logarithm. One rate serves all scales, the best of those tried, for each loss
and spread. EIoU moves the code of a box against where it began (`overlap.boxes.encode`); L1 and smooth L1 (β = 1) move
centre and size as they are. What is counted is 1 − IoU, the mean over cases and steps.

*adam*: what is left of the ranking under Adam, with codes of anchors? The mean IoU of 400 generated boxes after so many
steps; a third of them begin apart from their target.

    python benchmarks/box_regression_ablation.py      # into results/box_regression_ablation.csv, four minutes a core
"""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path
from typing import Any

import box_regression as experiment
import box_regression_losses as losses
import box_regression_published as published
import numpy as np
import pandas as pd
import torch
from box_regression_published import Box, compiled

from overlap import boxes, nn

RESULTS = Path(__file__).parent / "results" / "box_regression_ablation.csv"
SPREADS = {"one size": [1.0], "0.1 to 10": np.geomspace(0.1, 10, 9), "10 to 1000": np.geomspace(10, 1000, 9)}
RATES = tuple(10 ** (k / 2) for k in range(-6, 7))
"""Times those of the experiment."""
FEWER = 250
"""One in so many points for the question of sizes."""

exact_diou = losses.exact(losses.diou)
exact_giou = losses.exact(losses.giou)


# ---- the rules, one at a time


@compiled
def halved(step):
    """Return a published step of 1 − IoU or GIoU with sizes moved as the chain rule says."""
    return Box(step.x, step.y, step.w / 2, step.h / 2)


@compiled
def doubled(step):
    return Box(step.x, step.y, step.w * 2, step.h * 2)


@compiled
def diou_sizes_twice(box, target):
    by_iou = published.iou(box, target)
    step = exact_diou(box, target)
    return Box(step.x, step.y, step.w + by_iou.w / 2, step.h + by_iou.h / 2)


@compiled
def diou_slope_of_c(box, target):
    by_iou = published.iou(box, target)
    step = published.diou(box, target)
    return Box(step.x, step.y, step.w - by_iou.w / 2, step.h - by_iou.h / 2)


@compiled
def giou_sizes_twice(box, target):
    return doubled(exact_giou(box, target))


@compiled
def giou_negative_lengths(box, target):
    return halved(published.giou(box, target))


RULES = {
    ("DIoU", "exact"): exact_diou,
    ("DIoU", "sizes twice"): diou_sizes_twice,
    ("DIoU", "slope of c²"): diou_slope_of_c,
    ("DIoU", "all as published"): published.diou,
    ("GIoU", "exact"): exact_giou,
    ("GIoU", "sizes twice"): giou_sizes_twice,
    ("GIoU", "negative lengths"): giou_negative_lengths,
    ("GIoU", "all as published"): published.giou,
}


def rule_by_rule(n_points: int) -> list[dict[str, Any]]:
    rows = []
    for (loss, departure), rule in RULES.items():
        curves = run(rule, "centre-size", n_points)
        n_cases = n_points * len(experiment.SIZES) * len(experiment.RATIOS) ** 2
        total = curves[0].sum() * experiment.CASES / n_cases / 1e6
        rows.append({"question": "rules", "loss": loss, "case": departure, "sum_error": total})
        print(rows[-1], flush=True)
    return rows


def run(rule: losses.Rule, form: str, n_points: int, scale: float = 1.0, rate: float = 1.0) -> np.ndarray:
    """Return the curves (4, 200) of the experiment with all lengths times a scale."""
    starts = scale * experiment.points(n_points, 0)
    curves = np.zeros((4, experiment.N_STEPS))
    sides = scale * experiment.shapes(experiment.SIZES)
    targets = scale * experiment.shapes((1.0,))
    scheme = (experiment.FORMS.index(form), rate * experiment.RATES, 0)
    experiment.descend(starts, sides, targets, rule, rule, scheme, curves)
    return curves


# ---- many sizes


def many_sizes(n_points: int) -> list[dict[str, Any]]:
    contestants = {
        "EIoU, C held": (losses.exact(losses.eiou, hold_enclosing=True), "code"),
        "L1": (losses.exact(losses.l1), "centre-size"),
        "smooth L1": (losses.exact(losses.smooth_l1), "centre-size"),
    }
    n_values = n_points * len(experiment.SIZES) * len(experiment.RATIOS) ** 2 * experiment.N_STEPS
    rows = []
    for (loss, (rule, form)), (spread, scales) in product(contestants.items(), SPREADS.items()):
        means = []
        for rate in RATES:
            curves = [run(rule, form, n_points, scale, rate) for scale in scales]
            means.append(np.mean(curves, axis=0)[2].sum() / n_values)
        best = np.nanargmin(means)
        found = {"rate": RATES[best], "mean_1_minus_iou": means[best]}
        rows.append({"question": "sizes", "loss": loss, "case": spread} | found)
        print(rows[-1], flush=True)
    return rows


# ---- under Adam


def under_adam(n: int = 400, n_steps: int = 400) -> list[dict[str, Any]]:
    rng = np.random.default_rng(0)
    centre = rng.uniform(0, 640, (n, 2))
    sides = np.exp(rng.uniform(np.log(16), np.log(200), (n, 2)))
    near = centre + sides * rng.normal(0, 0.7, (n, 2))
    like = sides * np.exp(rng.normal(0, 0.5, (n, 2)))
    targets = torch.tensor(np.concatenate([centre - sides / 2, centre + sides / 2], axis=1))
    anchors = torch.tensor(np.concatenate([near - like / 2, near + like / 2], axis=1))
    rows = []
    for kind in ("iou", "giou", "diou", "ciou", "eiou"):
        code = torch.zeros_like(anchors, requires_grad=True)
        loss = nn.BoxLoss(kind=kind, reduction="sum")
        optimiser = torch.optim.Adam([code], lr=0.05)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, n_steps)
        for k in range(1, n_steps + 1):
            optimiser.zero_grad()
            loss(boxes.decode(code, anchors), targets).backward()
            optimiser.step()
            schedule.step()
            if k in (25, 100, n_steps):
                iou = float(boxes.iou(boxes.decode(code.detach(), anchors), targets).mean())
                rows.append({"question": "adam", "loss": kind, "case": f"after {k}", "mean_1_minus_iou": 1 - iou})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=experiment.POINTS)
    parser.add_argument("--into", type=Path, default=RESULTS)
    options = parser.parse_args()
    rows = rule_by_rule(options.points) + many_sizes(max(options.points // FEWER, 1)) + under_adam()
    pd.DataFrame(rows).to_csv(options.into, index=False, float_format="%.5g")


if __name__ == "__main__":
    main()
