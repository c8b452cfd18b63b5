"""Ask pycocotools for average precision on drawn sets: crowds, ranges of area, ties, categories without a reference.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install pycocotools==2.0.11 numpy
    /tmp/peer/bin/python benchmarks/peers/ask_pycocotools_ap.py

The answers lie in tests/data/pycocotools_ap.json: sets as COCO writes them, with what pycocotools makes of them. With
``--sets 500 --seed 7 --into FILE`` it draws others, and also writes the precision at every recall.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import io
import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

ANSWERS = Path(__file__).parents[2] / "tests" / "data" / "pycocotools_ap.json"
LABELS = ("all", "small", "medium", "large")


def draw(rng: np.random.Generator, kind: str, *, most: int) -> dict[str, object]:
    """Draw references and results, both with ties: coordinates and scores take few values."""
    n_images = int(rng.integers(1, most + 1))
    n_categories = int(rng.integers(1, 5))
    # identifiers neither begin at 1 nor are in order
    images = (3 + 7 * rng.permutation(n_images)).tolist()
    categories = (2 + 5 * rng.permutation(n_categories)).tolist()
    height = 40 if kind == "segm" else 200
    width = 60 if kind == "segm" else 300
    step = float(rng.choice([1.0, 0.5, 0.1, 0.01]))
    n_scores = int(rng.choice([3, 20, 10_000]))
    annotations: list[dict[str, object]] = []
    results: list[dict[str, object]] = []
    for image in images:
        of_image = [draw_box(rng, width, height, step) for _ in range(rng.integers(0, 8))]
        for box in of_image:
            is_crowd = bool(rng.random() < 0.15)
            category = int(rng.choice(categories[: max(1, n_categories - 1)]))
            shape = draw_shape(rng, kind, box, width, height, is_crowd)
            area = box[2] * box[3] if rng.random() < 0.5 else round(box[2] * box[3] * 0.7, 2)
            number = 10 + 3 * len(annotations)
            row = {"id": number, "image_id": image, "category_id": category, "iscrowd": int(is_crowd)}
            annotations.append(row | {"bbox": box, "area": area} | shape)
        for _ in range(rng.integers(0, 25)):
            is_near = len(of_image) > 0 and rng.random() < 0.7
            box = draw_box(rng, width, height, step)
            if is_near:
                box = nudged(rng, of_image[rng.integers(len(of_image))], step)
            category = int(rng.choice(categories))
            score = int(rng.integers(1, n_scores + 1)) / n_scores
            row = {"image_id": image, "category_id": category, "score": score}
            shape = {"bbox": box} if kind == "bbox" else draw_mask(rng, box, width, height)
            results.append(row | shape)
    results = [results[k] for k in rng.permutation(len(results))]
    annotations = [annotations[k] for k in rng.permutation(len(annotations))]
    limits = [[1, 10, 100], [1, 2, 3], [5]][int(rng.choice(3, p=[0.6, 0.2, 0.2]))]
    unit = 1.0 if kind == "bbox" else 8.0
    edges = [0.0, (32 / unit) ** 2, (96 / unit) ** 2, 1e10]
    ranges = [[0.0, 1e10], edges[0:2], edges[1:3], edges[2:4]]
    return {
        "kind": kind,
        "instances": {
            "images": [{"id": image, "width": width, "height": height} for image in images],
            "categories": [{"id": category, "name": f"class {category}"} for category in categories],
            "annotations": annotations,
        },
        "results": results,
        "max_detections": limits,
        "size_ranges": ranges,
        "use_categories": bool(rng.random() < 0.8),
    }


def draw_box(rng: np.random.Generator, width: int, height: int, step: float) -> list[float]:
    """Draw x, y, width, height; sides of 32 and 96 often, where ranges of area meet."""
    sides = rng.choice([4.0, 8, 12, 16, 32, 32, 48, 96, 96, 120], 2) * (1.0 if width > 100 else 0.25)
    if rng.random() < 0.3:
        sides = np.maximum(1.0, np.round(sides * rng.uniform(0.5, 1.5, 2) / step) * step)
    x = np.round(rng.uniform(0, max(1.0, width - sides[0])) / step) * step
    y = np.round(rng.uniform(0, max(1.0, height - sides[1])) / step) * step
    return [round(float(value), 2) for value in (x, y, *sides)]


def nudged(rng: np.random.Generator, box: list[float], step: float) -> list[float]:
    """Move a box a little, or leave it; move it by half of a side, so that the IoU is a third, or cut it in half."""
    x, y, w, h = box
    kind = rng.integers(5)
    if kind == 0:
        return box
    if kind == 1:
        return [x, y, round(w / 2, 2), h]
    if kind == 2:
        return [round(x + w / 4, 2), y, w, h]
    moved = np.array(box) + np.round(rng.normal(0, 0.1, 4) * (w, h, w, h) / step) * step
    return [round(float(value), 2) for value in np.maximum(moved, (0, 0, 1, 1))]


def draw_shape(
    rng: np.random.Generator, kind: str, box: list[float], width: int, height: int, is_crowd: bool
) -> dict[str, object]:
    """Draw what a reference's mask is written as: polygons, or run lengths of both forms."""
    if kind == "bbox":
        return {}
    if not is_crowd and rng.random() < 0.6:
        return {"segmentation": draw_polygons(rng, box)}
    packed = draw_mask(rng, box, width, height)["segmentation"]
    if rng.random() < 0.5:
        return {"segmentation": packed}
    cells = coco_mask.decode({"size": packed["size"], "counts": packed["counts"].encode()}).ravel(order="F")
    edges = np.flatnonzero(np.diff(cells, prepend=0))
    counts = np.diff(np.concatenate([[0], edges, [cells.size]]))
    return {"segmentation": {"size": packed["size"], "counts": counts.tolist()}}


def draw_polygons(rng: np.random.Generator, box: list[float]) -> list[list[float]]:
    """Draw one or two polygons, some of them beyond the image."""
    polygons = []
    for _ in range(1 + int(rng.random() < 0.2)):
        n = int(rng.integers(3, 9))
        angle = np.sort(rng.uniform(0, 2 * np.pi, n))
        reach = rng.uniform(0.3, 1.1, n)
        x = box[0] + box[2] / 2 * (1 + reach * np.cos(angle))
        y = box[1] + box[3] / 2 * (1 + reach * np.sin(angle))
        polygons.append(np.round(np.stack([x, y], axis=1), int(rng.integers(0, 3))).ravel().tolist())
    return polygons


def draw_mask(rng: np.random.Generator, box: list[float], width: int, height: int) -> dict[str, object]:
    """Draw a filled ellipse or rectangle as packed run lengths."""
    x, y, w, h = box
    row, column = np.mgrid[:height, :width] + 0.5
    if rng.random() < 0.5:
        mask = (abs(column - x - w / 2) < w / 2) & (abs(row - y - h / 2) < h / 2)
    else:
        mask = ((column - x - w / 2) / (w / 2)) ** 2 + ((row - y - h / 2) / (h / 2)) ** 2 < 1
    packed = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"segmentation": {"size": packed["size"], "counts": packed["counts"].decode()}}


def answer(drawn: dict[str, object]) -> COCOeval | None:
    """Evaluate one set; None where there is no result, which pycocotools cannot read."""
    if not drawn["results"]:
        return None
    with contextlib.redirect_stdout(io.StringIO()):
        references = COCO()
        references.dataset = copy.deepcopy(drawn["instances"])
        references.createIndex()
        detections = references.loadRes(copy.deepcopy(drawn["results"]))
        evaluation = COCOeval(references, detections, drawn["kind"])
        evaluation.params.maxDets = list(drawn["max_detections"])
        evaluation.params.areaRng = [list(size) for size in drawn["size_ranges"]]
        evaluation.params.useCats = int(drawn["use_categories"])
        evaluation.evaluate()
        evaluation.accumulate()
        if len(drawn["max_detections"]) == 3:
            evaluation.summarize()
    return evaluation


def draw_outlines(rng: np.random.Generator, n: int) -> list[dict[str, object]]:
    """Draw objects of one to three polygons, some beyond the image, with corners that repeat; and their run lengths."""
    drawn = []
    for _ in range(n):
        height, width = (int(side) for side in rng.integers(1, 40, 2))
        polygons = []
        for _ in range(rng.integers(1, 4)):
            corners = rng.uniform(-0.3, 1.3, (rng.integers(3, 12), 2)) * (width, height)
            corners = np.round(corners, int(rng.integers(0, 3)))
            corners = np.repeat(corners, 1 + (rng.random(len(corners)) < 0.1), axis=0)
            polygons.append(corners.ravel().tolist())
        packed = coco_mask.merge(coco_mask.frPyObjects(polygons, height, width))
        drawn.append({"size": packed["size"], "polygons": polygons, "counts": packed["counts"].decode()})
    return drawn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, help="how many sets to draw of boxes and masks together")
    parser.add_argument("--seed", type=int, default=25)
    parser.add_argument("--into", type=Path, default=ANSWERS)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    sets = []
    n_sets = options.sets or 16
    while len(sets) < n_sets:
        drawn = draw(rng, ("bbox", "segm")[len(sets) % 2], most=6 if options.sets else 4)
        evaluation = answer(drawn)
        if evaluation is None:
            continue
        precision = evaluation.eval["precision"]
        # -1 everywhere where there is no reference
        drawn["average_precision"] = precision.mean(axis=1).tolist()
        drawn["recall"] = evaluation.eval["recall"].tolist()
        drawn["stats"] = list(evaluation.stats)
        if options.sets:
            drawn["precision"] = precision.tolist()
            drawn["scores"] = evaluation.eval["scores"].tolist()
        sets.append(drawn)
    versions = {tool: version(tool) for tool in ("pycocotools", "numpy")}
    about = "answers to drawn sets; benchmarks/peers/ask_pycocotools_ap.py says how they were made"
    outlines = draw_outlines(rng, 10 * n_sets if options.sets else 60)
    answers = {"about": about, "versions": versions, "sets": sets, "outlines": outlines}
    text = json.dumps(answers, separators=(",", ":"))
    options.into.write_text(text.replace('},"', '},\n"') + "\n")


if __name__ == "__main__":
    main()
