"""Whether the loss of boxes and its gradient are finite: a million pairs of each kind, most of them at a kink or worse.

Families: random pairs; equal ones; one box by another of its names; touching along a side; at a corner; one in the
other, free and at an edge; turned, shifted or shrunk by next to nothing; without width, without any size, on one line;
far apart; a million times larger. Each is taken at scales from 1e-6 to 1e6, near 0 and a thousand sizes from it.

The table has the pairs of a kind, the values that are NaN or infinite (of the loss and of both gradients), the largest
slope by the centre of a box with a size, per longest side of the smaller box, and how many pairs that share nothing
have no gradient.

    python benchmarks/box_gradients.py                     # a million of each kind, in some minutes
    python benchmarks/box_gradients.py --pairs 20000
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from overlap import boxes, cuboids, oriented
from overlap.losses import box_loss

PAIRS = 1_000_000
BLOCK = 10_000
"""Pairs that are differentiated at once."""
SCALES = (1e-6, 1e-3, 1.0, 1e3, 1e6)
OFFSETS = (0.0, 1e3)
DTYPES = (torch.float64, torch.float32)

COLUMNS = {"oriented": 2, "cuboids": 3}
"""Axes of turned boxes."""

KINDS: dict[str, list[dict[str, Any]]] = {
    "boxes": [{"kind": kind} for kind in ("iou", "giou", "diou", "ciou", "eiou")],
    "oriented": [
        {"kind": "iou"},
        {"kind": "giou", "enclosing": "hull"},
        {"kind": "giou", "enclosing": "aligned"},
        {"kind": "giou", "enclosing": "target"},
        {"kind": "diou"},
        {"kind": "eiou"},
        {"kind": "eiou", "detach_enclosing": False},
        {"kind": "eiou", "gamma": 0.5},
    ],
}
KINDS["cuboids"] = KINDS["oriented"]

Family = Callable[[np.ndarray, np.random.Generator], np.ndarray]
"""Of boxes in unit scale (n, 2d + 1), centre, sides and angle, those that they are paired with."""


def along(box: np.ndarray, steps: list[np.ndarray]) -> np.ndarray:
    """Return boxes moved by so much along their own axes."""
    d = box.shape[1] // 2
    cos = np.cos(box[:, -1])
    sin = np.sin(box[:, -1])
    x, y, *upright = [*steps, *[np.zeros(len(box))] * (d - len(steps))]
    moved = box.copy()
    moved[:, 0] += cos * x - sin * y
    moved[:, 1] += sin * x + cos * y
    for k, z in enumerate(upright):
        moved[:, 2 + k] += z
    return moved


def sides_of(box: np.ndarray) -> np.ndarray:
    d = box.shape[1] // 2
    return box[:, d : 2 * d]


def resized(box: np.ndarray, factors: Any) -> np.ndarray:
    out = box.copy()
    sides_of(out)[:] *= factors
    return out


def another_name(box: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    out = box.copy()
    d = box.shape[1] // 2
    quarters = rng.integers(-4, 5, len(box))
    odd = quarters % 2 == 1
    out[odd, d], out[odd, d + 1] = box[odd, d + 1], box[odd, d]
    out[:, -1] += quarters * np.pi / 2
    return out


def turned(box: np.ndarray, angle: Any) -> np.ndarray:
    out = box.copy()
    out[:, -1] += angle
    return out


def tiny(rng: np.random.Generator, n: int) -> np.ndarray:
    return 10.0 ** rng.uniform(-17, -2, n) * rng.choice([-1, 1], n)


def random_boxes(n: int, d: int, rng: np.random.Generator) -> np.ndarray:
    """Return boxes near 0 of sides 0.05 to 2, a third of them at right angles."""
    centre = rng.normal(size=(n, d))
    sides = rng.uniform(0.05, 2, (n, d))
    angle = rng.uniform(-2 * np.pi, 2 * np.pi, (n, 1))
    angle[::3] = np.pi / 2 * rng.integers(-4, 5, angle[::3].shape)
    return np.concatenate([centre, sides, angle], axis=1)


def line_of(box: np.ndarray) -> np.ndarray:
    return resized(box, [1.0] + [0.0] * (box.shape[1] // 2 - 1))


FAMILIES: dict[str, Family] = {
    "random": lambda a, rng: random_boxes(len(a), a.shape[1] // 2, rng),
    "equal": lambda a, rng: a.copy(),
    "another name": another_name,
    "touching": lambda a, rng: along(a, [sides_of(a)[:, 0]]),
    "touching at a corner": lambda a, rng: along(a, [sides_of(a)[:, 0], sides_of(a)[:, 1]]),
    "shifted by half": lambda a, rng: along(a, [sides_of(a)[:, 0] / 2]),
    "nested": lambda a, rng: resized(a, 0.5),
    "nested at an edge": lambda a, rng: along(resized(a, 0.5), [sides_of(a)[:, 0] / 4]),
    "crossing": lambda a, rng: turned(a, np.pi / 2),
    "turned a little": lambda a, rng: turned(a, tiny(rng, len(a))),
    "shifted a little": lambda a, rng: along(a, [tiny(rng, len(a)), tiny(rng, len(a))]),
    "shrunk a little": lambda a, rng: resized(a, 1 - abs(tiny(rng, len(a)))[:, None]),
    "no width": lambda a, rng: resized(a, [0.0] + [1.0] * (a.shape[1] // 2 - 1)),
    "a point": lambda a, rng: resized(a, 0.0),
    "a point of the edge": lambda a, rng: along(resized(a, 0.0), [sides_of(a)[:, 0] / 2]),
    "far apart": lambda a, rng: along(a, [10.0 ** rng.uniform(1, 6, len(a))]),
    "a million times larger": lambda a, rng: resized(a, 1e6),
    "a million times smaller": lambda a, rng: resized(a, 1e-6),
}

FLAT: dict[str, Family] = {
    "both on one line": lambda a, rng: along(line_of(a), [sides_of(a)[:, 0] * rng.choice([0, 0.5, 1, 3], len(a))]),
    "both points": lambda a, rng: resized(a, 0.0),
}
"""Families whose first box is flattened too."""


def pairs(shape: str, n: int, rng: np.random.Generator) -> Iterator[tuple[str, Tensor, Tensor]]:
    """Yield pairs of all families, scales, offsets and dtypes: about n, and which family they are of."""
    d = COLUMNS.get(shape, 2)
    families = FAMILIES | FLAT
    each = max(1, round(n / (len(families) * len(SCALES) * len(OFFSETS) * len(DTYPES))))
    for name, family in families.items():
        for scale in SCALES:
            for offset in OFFSETS:
                for dtype in DTYPES:
                    a = random_boxes(each, d, rng)
                    b = family(a, rng)
                    if name == "both on one line":
                        a = line_of(a)
                    if name == "both points":
                        a = resized(a, 0.0)
                    for x in (a, b):
                        x[:, :d] += offset
                        x[:, :-1] *= scale
                    first, second = (torch.tensor(x, dtype=dtype) for x in (a, b))
                    if shape == "boxes":
                        first, second = (boxes.convert(x[:, :-1], "centre-size", "lo-hi") for x in (first, second))
                    yield name, first, second


def measure_of(shape: str) -> Any:
    return {"boxes": boxes, "oriented": oriented, "cuboids": cuboids}[shape].measure


def check(shape: str, options: dict[str, Any], n: int, seed: int = 0) -> dict[str, Any]:
    """Return the row of a kind."""
    rng = np.random.default_rng(seed)
    n_pairs = 0
    n_bad = 0
    n_still = 0
    largest = 0.0
    for name, first, second in pairs(shape, n, rng):
        for start in range(0, len(first), BLOCK):
            block = slice(start, start + BLOCK)
            a = first[block].clone().requires_grad_()
            b = second[block].clone().requires_grad_()
            loss = box_loss(a, b, shape=shape, reduction="none", **options)
            loss.sum().backward()
            results = (loss.detach(), a.grad, b.grad)
            n_pairs += len(a)
            n_bad += sum(int((~x.isfinite()).sum()) for x in results)
            size = unit_of(shape, a.detach(), b.detach())
            if name in FAMILIES:
                largest = max(largest, float((a.grad[:, :2].abs() * size[:, None]).max()))
                n_still += int(without_a_pull(shape, a, b).sum())
    return {
        "shape": shape,
        **options,
        "pairs": n_pairs,
        "NaN or infinite": n_bad,
        "largest slope": largest,
        "apart, no slope": n_still,
    }


def unit_of(shape: str, a: Tensor, b: Tensor) -> Tensor:
    """Return the longest side of the smaller box of each pair, which the slopes by a centre are in proportion to."""
    if shape == "boxes":
        lengths = [x[:, 2:] - x[:, :2] for x in (a, b)]
    else:
        d = a.shape[1] // 2
        lengths = [x[:, d : 2 * d] for x in (a, b)]
    longest = torch.stack([x.max(dim=1).values for x in lengths])
    return longest.min(dim=0).values


def without_a_pull(shape: str, a: Tensor, b: Tensor) -> Tensor:
    """Return which pairs share nothing, though both have a size, and have no gradient."""
    overlap = measure_of(shape)(a.detach(), b.detach())
    is_solid = (overlap.size_a > 0) & (overlap.size_b > 0)
    return (overlap.intersection == 0) & is_solid & (a.grad == 0).all(dim=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=PAIRS, help="of each kind")
    parser.add_argument("--shape", choices=list(KINDS), help="of these boxes alone")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print("| boxes | loss | pairs | NaN or infinite | largest slope | apart, no slope |")
    print("|---|---|---:|---:|---:|---:|")
    for shape, kinds in KINDS.items():
        if options.shape not in (None, shape):
            continue
        for kind in kinds:
            row = check(shape, kind, options.pairs)
            named = ", ".join(str(value) if key == "kind" else f"{key}={value}" for key, value in kind.items())
            print(
                f"| {shape} | {named} | {row['pairs']:,} | {row['NaN or infinite']} | {row['largest slope']:.1f} | "
                f"{row['apart, no slope']} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
