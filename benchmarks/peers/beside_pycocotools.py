"""Hold every function of pycocotools.mask against ours, on drawn masks and boxes and on those that are hard.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install pycocotools==2.0.11 numpy
    python benchmarks/peers/beside_pycocotools.py /tmp/peer/bin/python

Prints a line for each function and family: the pairs, how many differ, and the largest difference. What is empty counts
as 0 there. ``frPyObjects``, which draws polygons on pixels by a rule of its own, and ``toBbox`` are not asked.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import overlap as ov
from overlap import boxes, raster

N = 60
"""Masks of a family on each side."""
BOXES = 150
"""Boxes of a family on each side."""

PEER = """
import json, sys
import numpy
from pycocotools import mask as coco

asked = numpy.load(sys.argv[1])
answers = {}
counts = {}
for key in asked.files:
    kind, family, side = key.split("/")
    if side != "a":
        continue
    a, b = asked[key], asked[f"{kind}/{family}/b"]
    if kind == "boxes":
        for crowd in (0, 1):
            answers[f"iou, crowd {crowd}/{family}"] = coco.iou(a, b, [crowd] * len(b))
        continue
    a, b = (coco.encode(numpy.asfortranarray(x.transpose(1, 2, 0).astype(numpy.uint8))) for x in (a, b))
    for crowd in (0, 1):
        answers[f"iou, crowd {crowd}/{family}"] = coco.iou(a, b, [crowd] * len(b))
    answers[f"area/{family}"] = coco.area(a)
    answers[f"decode/{family}"] = coco.decode(a).transpose(2, 0, 1).astype(bool)
    for name, intersect in (("union", 0), ("intersection", 1)):
        merged = [coco.merge([x, y], intersect) for x, y in zip(a, b)]
        answers[f"merge, {name}/{family}"] = coco.decode(merged).transpose(2, 0, 1).astype(bool)
    counts[family] = [rle["counts"].decode() for rle in a]
numpy.savez(sys.argv[2], **answers)
print(json.dumps(counts))
"""


def masks(rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    def noise(*shape: int) -> np.ndarray:
        return rng.random((N, *shape)) < rng.random((N, 1, 1))

    def rectangles(height: int, width: int) -> np.ndarray:
        drawn = np.zeros((N, height, width), dtype=bool)
        for mask in drawn:
            top, left = rng.integers(0, height), rng.integers(0, width)
            mask[top : top + rng.integers(1, height), left : left + rng.integers(1, width)] = True
        return drawn

    yield "noise", noise(37, 53), noise(37, 53)
    yield "rectangles", rectangles(120, 160), rectangles(120, 160)
    yield "a row", noise(1, 200), noise(1, 200)
    yield "a column", noise(200, 1), noise(200, 1)
    yield "a cell", noise(1, 1), noise(1, 1)
    all_or_nothing = np.zeros((N, 20, 30), dtype=bool)
    all_or_nothing[::2] = True
    yield "all or nothing", all_or_nothing, all_or_nothing[::-1].copy()
    stripes = np.zeros((N, 64, 64), dtype=bool)
    for k, mask in enumerate(stripes):
        mask[k % 7 :: 1 + k % 5] = True
    yield "stripes", stripes, stripes.transpose(0, 2, 1).copy()
    yield "noise and its complement", (x := noise(40, 40)), ~x
    yield "long runs", rectangles(1500, 3), rectangles(1500, 3)


def aligned(rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    def some(scale: float = 1.0, offset: float = 0.0) -> np.ndarray:
        low, size = rng.uniform(0, 30, (BOXES, 2)), rng.uniform(0.5, 20, (BOXES, 2))
        return np.concatenate([offset + scale * low, scale * size], axis=1)

    yield "generic", some(), some()
    one_longer = np.array([0, 0, 1, 1])
    yield "whole", np.floor(some()) + one_longer, np.floor(some()) + one_longer
    a = some()
    yield "equal", a, a.copy()
    yield "small", some(1e-6), some(1e-6)
    yield "large", some(1e6), some(1e6)
    yield "far", some(offset=1e6), some(offset=1e6)
    yield "sides of 0", some() * [1, 1, 0, 1], some()


def ours_of_masks(a: np.ndarray, b: np.ndarray) -> dict[str, np.ndarray]:
    o = raster.measure_pairs(a, b)
    return {
        "iou, crowd 0": ov.iou(o, empty=0.0),
        "iou, crowd 1": ov.precision(o, empty=0.0),
        "area": np.broadcast_to(o.size_a, o.shape)[:, 0],
        "decode": raster.decode_rle(raster.encode_rle(a)),
        "merge, union": a | b,
        "merge, intersection": a & b,
    }


def ours_of_boxes(a: np.ndarray, b: np.ndarray) -> dict[str, np.ndarray]:
    a, b = boxes.convert(a, "xywh", "xyxy"), boxes.convert(b, "xywh", "xyxy")
    o = boxes.measure(a[:, None], b)
    return {"iou, crowd 0": ov.iou(o, empty=0.0), "iou, crowd 1": ov.precision(o, empty=0.0)}


def main(python: str) -> None:
    rng = np.random.default_rng(12)
    families = {"masks": list(masks(rng)), "boxes": list(aligned(rng))}
    asked = {}
    for kind, each in families.items():
        for family, a, b in each:
            asked[f"{kind}/{family}/a"] = a
            asked[f"{kind}/{family}/b"] = b
    with tempfile.TemporaryDirectory() as folder:
        question = Path(folder) / "question.npz"
        answer = Path(folder) / "answer.npz"
        np.savez(question, **asked)
        run = subprocess.run([python, "-c", PEER, question, answer], check=True, stdout=subprocess.PIPE)
        theirs = dict(np.load(answer))
    counts = json.loads(run.stdout)
    for family, a, b in families["masks"]:
        for name, ours in ours_of_masks(a, b).items():
            report(name, family, ours, theirs[f"{name}/{family}"])
        text = [rle["counts"] for rle in raster.encode_rle(a)]
        unlike = sum(x != y for x, y in zip(text, counts[family], strict=True))
        print(f"{'encode':22}{family:28}{len(a):8}{unlike:8} differ")
        pairs = raster.pairwise(raster.encode_rle(a), raster.encode_rle(b), empty=0.0)
        report("iou of run lengths", family, pairs, theirs[f"iou, crowd 0/{family}"])
    for family, a, b in families["boxes"]:
        for name, ours in ours_of_boxes(a, b).items():
            report(name, family, ours, theirs[f"{name}/{family}"])


def report(name: str, family: str, ours: np.ndarray, theirs: np.ndarray) -> None:
    ours = np.asarray(ours, dtype=float)
    difference = np.abs(ours - theirs)
    both_nan = np.isnan(ours) & np.isnan(theirs)
    difference[both_nan] = 0
    difference[np.isnan(difference)] = np.inf
    count = int(np.sum(difference > 1e-9))
    worst = np.unravel_index(np.argmax(difference), difference.shape)
    both = f": ours {ours[worst]:.6g}, the peer's {theirs[worst]:.6g}" if count else ""
    print(f"{name:22}{family:28}{ours.size:8}{count:8} differ, largest difference {difference[worst]:.2g}{both}")


if __name__ == "__main__":
    main(sys.argv[1])
