"""Hold every function of powerboxes against ours, on drawn boxes and on those that are hard.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install powerboxes==0.3.1 numpy
    python benchmarks/peers/beside_powerboxes.py /tmp/peer/bin/python

Prints a line for each function and family of boxes: the pairs, how many differ by more than 1e-9, and the largest
difference. ``masks_to_boxes`` and the drawings have no counterpart here; ``tiou``, and the enclosing box of rotated
boxes, upright there, are made of ours.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from math import pi
from pathlib import Path

import numpy as np

from overlap import boxes, oriented

N = 2_000
"""Pairs of a family."""
NEAR = 1e-9

PEER = """
import sys
import numpy, powerboxes

asked = numpy.load(sys.argv[1])
answers = {}

def pairs(name, a, b):
    answer = []
    for x, y in zip(a, b):
        try:
            answer.append(getattr(powerboxes, name)(x[None], y[None])[0, 0])
        except BaseException:
            answer.append(numpy.inf)
    return numpy.array(answer)

for key in asked.files:
    kind, family, side = key.split("/")
    if side != "a":
        continue
    a, b = asked[key], asked[f"{kind}/{family}/b"]
    if kind == "aligned":
        for name in ("iou", "giou", "diou", "ciou", "tiou", "parallel_iou", "parallel_giou"):
            answers[f"{name}/{family}"] = pairs(name + "_distance", a, b)
        answers[f"boxes_areas/{family}"] = powerboxes.boxes_areas(a)
        answers[f"xywh/{family}"] = powerboxes.box_convert(a, "xyxy", "xywh")
        answers[f"cxcywh/{family}"] = powerboxes.box_convert(a, "xyxy", "cxcywh")
        answers[f"small/{family}"] = powerboxes.remove_small_boxes(a, numpy.median(powerboxes.boxes_areas(a)))
        for name in ("nms", "rtree_nms"):
            answers[f"{name}/{family}"] = getattr(powerboxes, name)(a, asked["scores/x/x"], 0.3, -1.0)
    if kind == "rotated":
        for name in ("rotated_iou", "rotated_giou", "rotated_tiou"):
            for form in (name, "parallel_" + name):
                answers[f"{form}/{family}"] = pairs(form + "_distance", a, b)
        for name in ("rotated_nms", "rtree_rotated_nms"):
            try:
                answers[f"{name}/{family}"] = getattr(powerboxes, name)(a, asked["scores/x/x"], 0.3, -1.0)
            except BaseException:
                answers[f"{name}/{family}"] = numpy.array([-1])
numpy.savez(sys.argv[2], **answers)
"""


def aligned(rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    def some(scale: float = 1.0, offset: float = 0.0) -> np.ndarray:
        low = rng.uniform(0, 30, (N, 2))
        return offset + scale * np.concatenate([low, low + rng.uniform(0.5, 20, (N, 2))], axis=1)

    a, b = some(), some()
    yield "generic", a, b
    one_longer = np.array([0, 0, 1, 1])
    yield "whole", np.floor(a) + one_longer, np.floor(b) + one_longer
    yield "equal", a, a.copy()
    yield "nested", a, a + 0.1 * np.array([1, 1, -1, -1])
    width = a[:, 2:3] - a[:, 0:1]
    yield "touching", np.round(a * 8) / 8, np.round(a * 8) / 8 + np.round(width * 8) / 8 * [1, 0, 1, 0]
    yield "apart", a, b + 100
    yield "small", some(1e-6), some(1e-6)
    yield "large", some(1e6), some(1e6)
    yield "far", some(offset=1e6), some(offset=1e6)


def rotated(rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    def some() -> np.ndarray:
        centre, sides = rng.uniform(0, 30, (N, 2)), rng.uniform(1, 20, (N, 2))
        return np.concatenate([centre, sides, rng.uniform(-180, 180, (N, 1))], axis=1)

    a = some()
    along = a[:, 2:3] * np.stack([np.cos(np.deg2rad(a[:, 4])), np.sin(np.deg2rad(a[:, 4]))], axis=1)
    none = np.zeros((N, 3))
    turned = np.array([0, 0, 0, 0, 1])
    yield "generic", a, some()
    yield "upright", a * [1, 1, 1, 1, 0], some() * [1, 1, 1, 1, 0]
    yield "equal", a, a.copy()
    yield "half a turn", a, a + turned * 180
    yield "sides exchanged", a, a[:, [0, 1, 3, 2, 4]] + turned * 90
    yield "almost equal", a, a * (1 + 1e-9)
    yield "half along", a, a + np.concatenate([along / 2, none], axis=1)
    yield "touching", a, a + np.concatenate([along, none], axis=1)
    yield "concentric", a, a * [1, 1, 0.5, 0.5, 1]


def in_radians(box: np.ndarray) -> np.ndarray:
    return box * [1, 1, 1, 1, pi / 180]


def tiou(size_a: np.ndarray, size_b: np.ndarray, iou: np.ndarray, giou: np.ndarray) -> np.ndarray:
    """Return the smaller area over the enclosing one, which GIoU knows."""
    union = (size_a + size_b) / (1 + iou)
    enclosing = union / (1 - (iou - giou))
    return np.minimum(size_a, size_b) / enclosing


def ours_of_aligned(a: np.ndarray, b: np.ndarray, scores: np.ndarray) -> dict[str, np.ndarray]:
    iou = boxes.iou(a, b)
    giou = boxes.giou(a, b)
    o = boxes.measure(a, b)
    kept = boxes.nms(a, scores, 0.3)
    return {
        "iou": 1 - iou,
        "parallel_iou": 1 - iou,
        "giou": 1 - giou,
        "parallel_giou": 1 - giou,
        "diou": 1 - boxes.diou(a, b),
        "ciou": 1 - boxes.ciou(a, b),
        "tiou": 1 - tiou(o.size_a, o.size_b, iou, giou),
        "boxes_areas": o.size_a,
        "xywh": boxes.convert(a, "xyxy", "xywh"),
        "cxcywh": boxes.convert(a, "xyxy", "cxcywh"),
        "small": a[o.size_a >= np.median(o.size_a)],
        "nms": kept,
        "rtree_nms": kept,
    }


def enclosing_area(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the area of the upright box around two rotated ones."""
    envelope_a, envelope_b = envelope(a), envelope(b)
    lo = np.minimum(envelope_a[:, :2], envelope_b[:, :2])
    hi = np.maximum(envelope_a[:, 2:], envelope_b[:, 2:])
    return np.prod(hi - lo, axis=1)


def envelope(box: np.ndarray) -> np.ndarray:
    cos, sin = np.abs(np.cos(box[:, 4])), np.abs(np.sin(box[:, 4]))
    reach = np.stack([box[:, 2] * cos + box[:, 3] * sin, box[:, 2] * sin + box[:, 3] * cos], axis=1) / 2
    return np.concatenate([box[:, :2] - reach, box[:, :2] + reach], axis=1)


def ours_of_rotated(a: np.ndarray, b: np.ndarray, scores: np.ndarray) -> dict[str, np.ndarray]:
    a, b = in_radians(a), in_radians(b)
    o = oriented.measure(a, b)
    iou = oriented.iou(a, b)
    union = o.size_a + o.size_b - o.intersection
    enclosing = enclosing_area(a, b)
    kept = oriented.nms(a, scores, 0.3)
    distances = {
        "rotated_iou": 1 - iou,
        "rotated_giou": 1 - (iou - (enclosing - union) / enclosing),
        "rotated_tiou": 1 - np.minimum(o.size_a, o.size_b) / enclosing,
    }
    in_parallel = {f"parallel_{name}": each for name, each in distances.items()}
    return {**distances, **in_parallel, "rotated_nms": kept, "rtree_rotated_nms": kept}


def main(python: str) -> None:
    rng = np.random.default_rng(11)
    asked = {"scores/x/x": rng.random(N)}
    families = {"aligned": list(aligned(rng)), "rotated": list(rotated(rng))}
    for kind, each in families.items():
        for family, a, b in each:
            asked[f"{kind}/{family}/a"] = np.ascontiguousarray(a)
            asked[f"{kind}/{family}/b"] = np.ascontiguousarray(b)
    with tempfile.TemporaryDirectory() as folder:
        question = Path(folder) / "question.npz"
        answer = Path(folder) / "answer.npz"
        np.savez(question, **asked)
        subprocess.run([python, "-c", PEER, question, answer], check=True, stderr=subprocess.DEVNULL)
        theirs = dict(np.load(answer))
    for kind, ours_of in (("aligned", ours_of_aligned), ("rotated", ours_of_rotated)):
        for family, a, b in families[kind]:
            for name, ours in ours_of(a, b, asked["scores/x/x"]).items():
                report(name, family, ours, theirs[f"{name}/{family}"])


def report(name: str, family: str, ours: np.ndarray, theirs: np.ndarray) -> None:
    if name.endswith("nms"):
        same = set(ours.tolist()) == set(theirs.tolist())
        print(f"{name:22}{family:18}{len(ours):8} kept; the peer's {len(theirs)}, the same set: {same}")
        return
    if ours.shape != theirs.shape:
        print(f"{name:22}{family:18} of {ours.shape}, the peer's of {theirs.shape}")
        return
    scale = max(1.0, float(np.max(np.abs(ours)))) if ours.size else 1.0
    difference = np.abs(ours - theirs) / scale
    difference[~np.isfinite(difference)] = np.inf
    count = int(np.sum(difference > NEAR))
    worst = np.unravel_index(np.argmax(difference), difference.shape)
    largest = f"largest difference {difference[worst]:.2g}"
    both = f": ours {ours[worst]:.6g}, the peer's {theirs[worst]:.6g}" if count else ""
    print(f"{name:22}{family:18}{len(ours):8}{count:8} differ, {largest}{both}")


if __name__ == "__main__":
    main(sys.argv[1])
