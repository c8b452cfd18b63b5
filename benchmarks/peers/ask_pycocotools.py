"""Ask pycocotools for run lengths, areas and IoU of masks, crowds among them.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install pycocotools==2.0.11 numpy
    /tmp/peer/bin/python benchmarks/peers/ask_pycocotools.py

The answers lie in tests/data/pycocotools_masks.json. A mask there is a line of text for each row of the image, with "#"
inside.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
from pycocotools import mask as coco

ANSWERS = Path(__file__).parents[2] / "tests" / "data" / "pycocotools_masks.json"
SHAPES = ((1, 1), (1, 40), (40, 1), (13, 17), (64, 48))


def draw(rng: np.random.Generator, shape: tuple[int, int], n: int) -> np.ndarray:
    """Draw masks: none, all, noise of several densities, and rectangles."""
    masks = rng.random((n, *shape)) < rng.random((n, 1, 1))
    masks[0] = False
    masks[1] = True
    for mask in masks[2::2]:
        mask[:] = False
        first = [rng.integers(0, size) for size in shape]
        stop = [rng.integers(start, size) + 1 for start, size in zip(first, shape, strict=True)]
        mask[first[0] : stop[0], first[1] : stop[1]] = True
    return masks


def as_text(masks: np.ndarray) -> list[list[str]]:
    return [["".join(".#"[int(cell)] for cell in row) for row in mask] for mask in masks]


def answer(rng: np.random.Generator, shape: tuple[int, int]) -> dict[str, object]:
    a = draw(rng, shape, 7)
    b = draw(rng, shape, 6)
    packed_a = coco.encode(np.asfortranarray(a.transpose(1, 2, 0).astype(np.uint8)))
    packed_b = coco.encode(np.asfortranarray(b.transpose(1, 2, 0).astype(np.uint8)))
    return {
        "a": as_text(a),
        "b": as_text(b),
        "counts_a": [rle["counts"].decode() for rle in packed_a],
        "counts_b": [rle["counts"].decode() for rle in packed_b],
        "areas_a": coco.area(packed_a).tolist(),
        "iou": coco.iou(packed_a, packed_b, [0] * len(b)).tolist(),
        "iou of crowds": coco.iou(packed_a, packed_b, [1] * len(b)).tolist(),
    }


if __name__ == "__main__":
    rng = np.random.default_rng(20)
    versions = {tool: version(tool) for tool in ("pycocotools", "numpy")}
    about = "answers to drawn masks; benchmarks/peers/ask_pycocotools.py says how they were made"
    images = {f"{height} x {width}": answer(rng, (height, width)) for height, width in SHAPES}
    ANSWERS.write_text(json.dumps({"about": about, "versions": versions, "images": images}, indent=0) + "\n")
