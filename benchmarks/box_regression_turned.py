"""Which loss brings a rotated box to its target, and a 3-D box with a heading: by gradient descent alone.

Cases are drawn: a target of area 1 in any direction, with ratios of its sides of 1 to 8; a box within 3 of it, of half
to twice its size, of any ratio and direction. Half of the boxes and more begin apart. Each takes 200 steps
b ← b − rate (2 − IoU) ∂L/∂b, as in the experiment of the DIoU paper (`box_regression.py`): the rate falls to a tenth at
step 161, to a hundredth at step 181. As losses differ in scale, each has three first rates, and its best one counts;
a second rule, Adam, has none of that scale.

What is counted is 1 − IoU, the mean over all cases and steps, and how many cases end above an IoU of 0.75 and of 0.95.

    python benchmarks/box_regression_turned.py                 # a quarter of an hour on one core
    python benchmarks/box_regression_turned.py --cases 200 --only EIoU --into /tmp/try.csv
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from overlap import cuboids, oriented
from overlap.losses import box_loss

CASES = 1000
N_STEPS = 200
FALLS = (160, 180)
"""The steps after which the rate is a tenth of what it was."""
RATES = (0.03, 0.1, 0.3)
RATE_OF_ADAM = 0.05
RATIOS = (1.0, 2.0, 4.0, 8.0)
LEAST_SIDE = 1e-3
"""No step makes a side shorter."""
SEEDS = (0, 1, 2)
RESULTS = Path(__file__).parent / "results" / "box_regression_turned.csv"
KEY = ["shape", "loss", "form", "rule", "rate", "seed"]

Loss = Callable[[Tensor, Tensor], Tensor]
"""Of boxes and targets (n, columns), a loss for each."""


# ---- the contestants


def of_family(shape: str, **options: Any) -> Loss:
    """Return a loss of `box_loss`."""
    return partial(box_loss, shape=shape, reduction="none", **options)


FAMILY: dict[str, dict[str, Any]] = {
    "IoU": {"kind": "iou"},
    "GIoU, hull": {"kind": "giou", "enclosing": "hull"},
    "GIoU, aligned": {"kind": "giou", "enclosing": "aligned"},
    "GIoU, as the target": {"kind": "giou", "enclosing": "target"},
    "DIoU, C held": {"kind": "diou"},
    "DIoU, C free": {"kind": "diou", "detach_enclosing": False},
    "EIoU, C held": {"kind": "eiou"},
    "EIoU, C free": {"kind": "eiou", "detach_enclosing": False},
    "EIoU × (1 − IoU)^½, C held": {"kind": "eiou", "gamma": 0.5},
}


def covariance(boxes: Tensor, sides: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Return the entries xx, yy and xy of boxes that are taken for Gaussians with such deviations along their sides."""
    along, across = sides
    cos = torch.cos(boxes[:, -1])
    sin = torch.sin(boxes[:, -1])
    xx = (along * cos) ** 2 + (across * sin) ** 2
    yy = (along * sin) ** 2 + (across * cos) ** 2
    xy = (along**2 - across**2) * sin * cos
    return xx, yy, xy


@dataclass
class Gaussians:
    """Two sets of boxes as Gaussians: from centre to centre, covariances on the ground, and deviations upright."""

    step: Tensor
    ground: tuple[Tensor, Tensor, Tensor]
    ground_t: tuple[Tensor, Tensor, Tensor]
    upright: Tensor | None
    upright_t: Tensor | None


def gaussians(box: Tensor, target: Tensor, sides_in_a_deviation: float) -> Gaussians:
    """Return boxes, rotated or with a heading, as Gaussians."""
    d = box.shape[1] // 2
    deviations, deviations_t = (x[:, d : 2 * d] / sides_in_a_deviation for x in (box, target))
    is_solid = d == 3
    return Gaussians(
        box[:, :d] - target[:, :d],
        covariance(box, (deviations[:, 0], deviations[:, 1])),
        covariance(target, (deviations_t[:, 0], deviations_t[:, 1])),
        deviations[:, 2] if is_solid else None,
        deviations_t[:, 2] if is_solid else None,
    )


def determinant(covariance: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    xx, yy, xy = covariance
    return xx * yy - xy**2


def mahalanobis(step: Tensor, covariance: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """Return dᵀ Σ⁻¹ d on the ground."""
    xx, yy, xy = covariance
    x = step[:, 0]
    y = step[:, 1]
    return (yy * x**2 - 2 * xy * x * y + xx * y**2) / determinant(covariance)


def trace_of_product(a: tuple[Tensor, Tensor, Tensor], b: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    return a[0] * b[0] + a[1] * b[1] + 2 * a[2] * b[2]


def root(x: Tensor) -> Tensor:
    return (x.clamp(min=0) + 1e-15).sqrt()


def tamed(divergence: Tensor) -> Tensor:
    """Return 1 − 1 / (1 + ln(1 + √D)), as the papers on Gaussians do."""
    return 1 - 1 / (1 + torch.log1p(root(divergence)))


def gwd(box: Tensor, target: Tensor) -> Tensor:
    """Yang, X. et al. (2021). arXiv:2101.11952: the distance of Wasserstein."""
    g = gaussians(box, target, 2.0)
    traces = g.ground[0] + g.ground[1] + g.ground_t[0] + g.ground_t[1]
    determinants = root(determinant(g.ground) * determinant(g.ground_t))
    between = traces - 2 * root(trace_of_product(g.ground, g.ground_t) + 2 * determinants)
    if g.upright is not None:
        between = between + (g.upright - g.upright_t) ** 2
    return tamed((g.step**2).sum(1) + between)


def kld(box: Tensor, target: Tensor) -> Tensor:
    """Yang, X. et al. (2021). arXiv:2106.01883: the divergence of Kullback and Leibler, of the target from the box."""
    g = gaussians(box, target, 2.0)
    xx, yy, xy = g.ground
    inverse = (yy, xx, -xy)
    trace = trace_of_product(inverse, g.ground_t) / determinant(g.ground)
    ratio = torch.log(determinant(g.ground) / determinant(g.ground_t))
    twice = mahalanobis(g.step, g.ground) + trace + ratio - 2
    if g.upright is not None:
        share = (g.upright_t / g.upright) ** 2
        twice = twice + (g.step[:, 2] / g.upright) ** 2 + share - torch.log(share) - 1
    return tamed(twice / 2)


def prob_iou(box: Tensor, target: Tensor) -> Tensor:
    """Llerena, J. et al. (2021). arXiv:2106.06072: the distance of Hellinger."""
    g = gaussians(box, target, 12**0.5)
    xx, yy, xy = ((p + q) / 2 for p, q in zip(g.ground, g.ground_t, strict=True))
    middle = (xx, yy, xy)
    of_both = (determinant(g.ground) * determinant(g.ground_t)).sqrt()
    distance = mahalanobis(g.step, middle) / 8 + torch.log(determinant(middle) / of_both) / 2
    if g.upright is not None:
        variance = (g.upright**2 + g.upright_t**2) / 2
        distance = distance + g.step[:, 2] ** 2 / variance / 8
        distance = distance + torch.log(variance / (g.upright * g.upright_t)) / 2
    return root(1 - torch.exp(-distance))


def l1(box: Tensor, target: Tensor) -> Tensor:
    """The numbers of a box against those of its target, an angle among them."""
    return (box - target).abs().sum(1)


OTHERS: dict[str, Loss] = {"GWD": gwd, "KLD": kld, "ProbIoU": prob_iou, "L1": l1}


def loss_of(shape: str, name: str) -> Loss:
    """Return a contestant by its name."""
    return OTHERS[name] if name in OTHERS else of_family(shape, **FAMILY[name])


# ---- the cases


def draw(shape: str, n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Return boxes and their targets."""
    generator = torch.Generator().manual_seed(seed)

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(n, generator=generator, dtype=torch.float64)

    def sides(area: Tensor) -> list[Tensor]:
        ratio = torch.tensor(RATIOS, dtype=torch.float64)[torch.randint(len(RATIOS), (n,), generator=generator)]
        return [(area * ratio).sqrt(), (area / ratio).sqrt()]

    nothing = torch.zeros(n, dtype=torch.float64)
    radius = 3 * uniform(0, 1).sqrt()
    bearing = uniform(0, 2 * torch.pi)
    box = [radius * bearing.cos(), radius * bearing.sin(), *sides(2 ** uniform(-1, 1)), uniform(0, torch.pi)]
    target = [nothing, nothing, *sides(nothing + 1), uniform(0, torch.pi)]
    if shape == "cuboids":
        box[2:2] = [uniform(-1.5, 1.5)]
        target[2:2] = [nothing]
        box[5:5] = [2 ** uniform(-1, 1)]
        target[5:5] = [nothing + 1]
    return torch.stack(box, dim=1), torch.stack(target, dim=1)


def iou_of(shape: str, box: Tensor, target: Tensor) -> Tensor:
    package = cuboids if shape == "cuboids" else oriented
    return package.iou(box, target, empty=0.0)


# ---- the descent


@dataclass(frozen=True)
class Run:
    """A loss under a form of box, a rule of steps and a first rate."""

    shape: str
    loss: str
    form: str
    """What a step moves: "size", the numbers of a box, or "log-size", with the logarithms of its sides."""
    rule: str
    """"plain", rate (2 − IoU) times the slope, or "adam"."""
    rate: float
    seed: int = 0


def descend(run: Run, n_cases: int) -> dict[str, Any]:
    """Take every case through all its steps and return the row of a run."""
    loss = loss_of(run.shape, run.loss)
    start, target = draw(run.shape, n_cases, run.seed)
    d = start.shape[1] // 2
    sides = slice(d, 2 * d)
    is_log = run.form == "log-size"

    def box_of(code: Tensor) -> Tensor:
        size = code[:, sides].exp() if is_log else code[:, sides].clamp(min=LEAST_SIDE)
        return torch.cat([code[:, :d], size, code[:, -1:]], dim=1)

    code = start.clone()
    if is_log:
        code[:, sides] = code[:, sides].log()
    code.requires_grad_()
    adam = torch.optim.Adam([code], lr=run.rate)
    begins_apart = iou_of(run.shape, start, target) == 0
    begin = time.process_time()
    total = 0.0
    for step in range(N_STEPS):
        rate = run.rate * 0.1 ** sum(step >= fall for fall in FALLS)
        iou = iou_of(run.shape, box_of(code.detach()), target)
        code.grad = None
        loss(box_of(code), target).sum().backward()
        if run.rule == "adam":
            adam.param_groups[0]["lr"] = rate
            adam.step()
        else:
            with torch.no_grad():
                code -= rate * (2 - iou)[:, None] * code.grad
        if not is_log:
            with torch.no_grad():
                code[:, sides] = code[:, sides].clamp(min=LEAST_SIDE)
        total += float((1 - iou_of(run.shape, box_of(code.detach()), target)).mean())
    final = iou_of(run.shape, box_of(code.detach()), target)
    return {
        **asdict(run),
        "cases": n_cases,
        "mean_1_minus_iou": total / N_STEPS,
        "final_1_minus_iou": float((1 - final).mean()),
        "iou_over_0.75": float((final > 0.75).double().mean()),
        "iou_over_0.95": float((final > 0.95).double().mean()),
        "apart_over_0.95": float((final[begins_apart] > 0.95).double().mean()),
        "cpu_seconds": time.process_time() - begin,
    }


def all_runs() -> Iterator[Run]:
    """Yield what is run, what matters most first."""
    for shape in ("oriented", "cuboids"):
        for name in (*FAMILY, *OTHERS):
            for form in ("size", "log-size"):
                for rate in RATES:
                    yield Run(shape, name, form, "plain", rate)
                yield Run(shape, name, form, "adam", RATE_OF_ADAM)
    for shape in ("oriented", "cuboids"):
        for seed in SEEDS[1:]:
            for name in ("EIoU, C held", "GIoU, hull", "GIoU, as the target"):
                for rate in RATES:
                    yield Run(shape, name, "log-size", "plain", rate, seed)
                yield Run(shape, name, "log-size", "adam", RATE_OF_ADAM, seed)


def done(path: Path) -> set[tuple[Any, ...]]:
    """Return the runs that a table has."""
    if not path.exists():
        return set()
    return set(pd.read_csv(path)[KEY].itertuples(index=False, name=None))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--only", help="a loss by its name in the table")
    parser.add_argument("--into", type=Path, default=RESULTS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    there = done(options.into)
    for run in all_runs():
        if tuple(asdict(run).values()) in there or options.only not in (None, run.loss):
            continue
        row = descend(run, options.cases)
        table = pd.DataFrame([row])
        table.to_csv(options.into, mode="a", header=not options.into.exists(), index=False, float_format="%.5g")
        print(
            f"{run}: 1 − IoU {row['mean_1_minus_iou']:.4f}, {row['iou_over_0.95']:.1%} above 0.95, "
            f"{row['cpu_seconds']:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
