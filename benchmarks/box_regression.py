"""The regression experiment of the DIoU paper, whole: which loss brings a box to its target, by gradient descent alone.

Seven targets of area 1 around one centre, 5000 points within 3 of it, at each point 49 boxes (seven sizes, seven
shapes): 1,715,000 cases. Each takes 200 steps b ← b − rate (2 − IoU) ∂L/∂b, at a rate of 0.1, from step 161 of 0.01,
from 181 of 0.001. An error is |Δx| + |Δy| + |Δw| + |Δh| after a step, E its sum over all cases, ΣE that over all steps.

Zheng, Z. et al. (2020). Distance-IoU loss. AAAI 34, 12993. arXiv:1911.08287

    python benchmarks/box_regression.py                        # all that is not in results/box_regression.csv yet
    python benchmarks/box_regression.py --points 300 --only EIoU --into /tmp/try.csv
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

import box_regression_losses as losses
import box_regression_published as published
import numpy as np
import pandas as pd
from box_regression_published import Box, compiled, iou_of

HERE = Path(__file__).parent
POINTS = 5000
N_STEPS = 200
RATIOS = (1 / 4, 1 / 3, 1 / 2, 1, 2, 3, 4)
"""Width to height, of targets and of boxes."""
SIZES = (0.5, 0.67, 0.75, 1, 1.33, 1.5, 2)
"""Areas of boxes; that of every target is 1."""
RATES = np.repeat([0.1, 0.01, 0.001], [160, 20, 20])
ARRIVED = 0.1
"""A final error below it."""
FITTING = 0.95
"""A final IoU above it."""
SEEDS = (0, 1, 2)
"""Of the points; the first alone for most losses."""
EVERY = 5
"""Of the steps that are kept of a curve."""
IDENTITY = ["loss", "form", "enclosing", "seed"]

CASES = POINTS * len(SIZES) * len(RATIOS) ** 2

FORMS = ("centre-size", "centre-log-size", "code")
"""What a step moves: the numbers of a box; log sizes; or offsets in sides of the first box and log sizes, as R-CNN."""
RESULTS = HERE / "results" / "box_regression.csv"


@dataclass(frozen=True)
class Run:
    """A loss, or a published rule, under one form of a box."""

    loss: str
    form: str
    enclosing: str
    """"held" where the enclosing box is a constant to the gradient, "free" where not, "published" for their rule."""
    seed: int = 0


# ---- the contestants

FAMILY = {"IoU": losses.iou, "GIoU": losses.giou, "DIoU": losses.diou, "CIoU": losses.ciou, "EIoU": losses.eiou}
"""What `overlap.losses.box_loss` has."""

WITH_ENCLOSING = {
    "CIoU, α from IoU ½": losses.ciou_gated,
    "CIoU, α not held": losses.ciou_full,
    "EIoU × (1 − IoU)^½": losses.hard_eiou,
    "EIoU × IoU^½": losses.focal_eiou,
    "α-DIoU, α = 3": losses.alpha_diou,
    "SIoU": losses.siou,
    "Shape-IoU": losses.shape_iou,
    "Inner-EIoU": losses.inner_iou,
    "MPDIoU over C": losses.mpdiou,
}

NEAREST = ("CIoU, α from IoU ½", "CIoU, α not held", "EIoU × (1 − IoU)^½", "MPDIoU over C")
"""Those of them that are run in log size too."""

WITHOUT_ENCLOSING = {
    "Wise-IoU v1": losses.wise_iou,
    "α-IoU, α = 3": losses.alpha_iou,
    "Focaler-IoU": losses.focaler_iou,
    "bounded IoU": losses.bounded_iou,
    "MPDIoU, image of 20": losses.mpdiou_image,
    "Powerful-IoU": losses.powerful_iou,
    "MGIoU": losses.mgiou,
    "GWD": losses.gwd,
    "KLD": losses.kld,
    "ProbIoU": losses.prob_iou,
    "L1": losses.l1,
    "smooth L1": losses.smooth_l1,
}
"""Losses without an enclosing box, with one that their paper holds, or with nothing but it."""

PUBLISHED = {"IoU": published.iou, "GIoU": published.giou, "DIoU": published.diou, "CIoU": published.ciou}

SCHEDULES = {"L1, then CIoU": losses.l1, "L1, then EIoU": losses.l1}
SWITCH = 40
"""The step from which the second loss of a schedule counts."""


def all_runs() -> Iterator[Run]:
    """Yield what is run, what matters most first."""
    for seed in SEEDS:
        yield Run("EIoU", "centre-log-size", "held", seed)
    for name in PUBLISHED:
        for seed in SEEDS:
            yield Run(name, "centre-size", "published", seed)
    for form in ("centre-size", "centre-log-size"):
        yield Run("IoU", form, "free")
        for name in ("GIoU", "DIoU", "CIoU", "EIoU", *NEAREST):
            yield Run(name, form, "held")
            yield Run(name, form, "free")
        for name in ("L1", "smooth L1", "Wise-IoU v1"):
            yield Run(name, form, "free")
        for name in SCHEDULES:
            yield Run(name, form, "held")
    for name in WITH_ENCLOSING:
        yield Run(name, "centre-size", "held")
        yield Run(name, "centre-size", "free")
    for name in WITHOUT_ENCLOSING:
        yield Run(name, "centre-size", "free")


def steps_of(run: Run) -> tuple[losses.Rule, losses.Rule, int]:
    """Return the rule of a run, the rule that follows, and from which step."""
    if run.enclosing == "published":
        rule = PUBLISHED[run.loss]
        return rule, rule, 0
    first, _, then = run.loss.partition(", then ")
    name = then or first
    loss = (FAMILY | WITH_ENCLOSING | WITHOUT_ENCLOSING)[name]
    rule = losses.exact(loss, hold_enclosing=run.enclosing == "held")
    if not then:
        return rule, rule, 0
    return losses.exact(SCHEDULES[run.loss]), rule, SWITCH


# ---- the cases


def points(n: int, seed: int) -> np.ndarray:
    """Return n points evenly spread over a disc of radius 3, (n, 2)."""
    rng = np.random.default_rng(seed)
    radius = 3 * np.sqrt(rng.random(n))
    angle = 2 * np.pi * rng.random(n)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def shapes(areas: tuple[float, ...]) -> np.ndarray:
    """Return the sides of boxes of each area and each ratio, (n, 2)."""
    area, ratio = np.meshgrid(areas, RATIOS, indexing="ij")
    sides = np.stack([np.sqrt(area * ratio), np.sqrt(area / ratio)], axis=-1)
    return sides.reshape(-1, 2)


# ---- the descent


@compiled
def descend(starts, boxes, targets, first, second, scheme, curves):
    """Take every case through all its steps; add to `curves` (4, 200), and return how many arrive, fit to an IoU of
    0.95, and begin apart.

    A row of `curves` is a sum over cases after each step: the error, the error in sides of the target, 1 − IoU, and
    the area of boxes that begin apart from their target.
    """
    form, rates, switch = scheme
    n_arrived = 0
    n_fitting = 0
    n_apart = 0
    for start in starts:
        for w_t, h_t in targets:
            target = Box(0.0, 0.0, w_t, h_t)
            for w, h in boxes:
                box = Box(start[0], start[1], w, h)
                begins_apart = iou_of(box, target) == 0
                n_apart += begins_apart
                for k in range(len(rates)):
                    rate = rates[k] * (2 - iou_of(box, target))
                    step = first(box, target) if k < switch else second(box, target)
                    box = _moved(box, step, rate, form, w, h)
                    d_x = abs(box.x)
                    d_y = abs(box.y)
                    d_w = abs(box.w - w_t)
                    d_h = abs(box.h - h_t)
                    error = d_x + d_y + d_w + d_h
                    curves[0, k] += error
                    curves[1, k] += (d_x + d_w) / w_t + (d_y + d_h) / h_t
                    curves[2, k] += 1 - iou_of(box, target)
                    if begins_apart:
                        curves[3, k] += box.w * box.h
                n_arrived += error < ARRIVED
                n_fitting += iou_of(box, target) > FITTING
    return n_arrived, n_fitting, n_apart


@compiled
def _moved(box, step, rate, form, w_0, h_0):
    if form == 0:
        return Box(box.x + rate * step.x, box.y + rate * step.y, box.w + rate * step.w, box.h + rate * step.h)
    # ∂/∂ ln w is w ∂/∂w
    w = box.w * np.exp(rate * box.w * step.w)
    h = box.h * np.exp(rate * box.h * step.h)
    if form == 1:
        return Box(box.x + rate * step.x, box.y + rate * step.y, w, h)
    # x is w_0 times its code
    return Box(box.x + rate * w_0 * w_0 * step.x, box.y + rate * h_0 * h_0 * step.y, w, h)


# ---- the experiment


def experiment(run: Run, n_points: int, n_threads: int) -> tuple[dict[str, Any], np.ndarray]:
    """Return the row of a run, scaled to all cases, and its curves (2, 200): mean error, and area if apart."""
    first, second, switch = steps_of(run)
    starts = points(n_points, run.seed)
    scheme = (FORMS.index(run.form), RATES, switch)
    boxes = shapes(SIZES)
    targets = shapes((1.0,))

    def part(some: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        curves = np.zeros((4, N_STEPS))
        counts = descend(some, boxes, targets, first, second, scheme, curves)
        return curves, np.array(counts)

    # compiles
    part(starts[:1])
    begin = time.process_time()
    with ThreadPoolExecutor(n_threads) as pool:
        parts = list(pool.map(part, np.array_split(starts, n_threads)))
    seconds = time.process_time() - begin
    sums, counts = (np.sum(values, axis=0) for values in zip(*parts, strict=True))
    n_arrived, n_fitting, n_apart = counts
    n_cases = n_points * len(boxes) * len(targets)
    errors, relative_errors, distances, areas = sums
    in_millions = CASES / n_cases / 1e6
    row = {
        **asdict(run),
        "points": n_points,
        "sum_error": errors.sum() * in_millions,
        "error_50": errors[49] * in_millions,
        "error_160": errors[159] * in_millions,
        "error_200": errors[199] * in_millions,
        "arrived": n_arrived / n_cases,
        "iou_over_0.95": n_fitting / n_cases,
        "sum_relative_error": relative_errors.sum() * in_millions,
        "sum_1_minus_iou": distances.sum() * in_millions,
        "cpu_seconds": seconds,
    }
    return row, np.stack([errors / n_cases, areas / n_apart])


def keep(row: dict[str, Any], curves: np.ndarray, path: Path) -> None:
    """Add a run to the table and its curves, every fifth step, to theirs."""
    append(pd.DataFrame([row]), path)
    shown = curves[:, EVERY - 1 :: EVERY]
    names = [str(k) for k in range(EVERY, N_STEPS + 1, EVERY)]
    table = pd.DataFrame(shown, columns=names)
    table.insert(0, "mean", ["error", "area"])
    for k, name in enumerate(IDENTITY):
        table.insert(k, name, row[name])
    append(table, curves_of(path))


def append(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, mode="a", header=not path.exists(), index=False, float_format="%.5g")


def curves_of(path: Path) -> Path:
    return path.with_name(f"{path.stem}_curves.csv")


def done(path: Path) -> set[tuple[Any, ...]]:
    """Return the runs that a table has."""
    if not path.exists():
        return set()
    table = pd.read_csv(path)
    return set(table[IDENTITY].itertuples(index=False, name=None))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=POINTS)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", help="a loss by its name in the table")
    parser.add_argument("--into", type=Path, default=RESULTS)
    options = parser.parse_args()
    there = done(options.into)
    for run in dict.fromkeys(all_runs()):
        if astuple(run) in there or options.only not in (None, run.loss):
            continue
        row, curves = experiment(run, options.points, options.threads)
        keep(row, curves, options.into)
        print(
            f"{run}: ΣE {row['sum_error']:.1f}e6, {row['arrived']:.2%} arrive, {row['cpu_seconds']:.0f} s", flush=True
        )


if __name__ == "__main__":
    main()
