"""COCO's average precision of a whole validation set, beside pycocotools in one run.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install pycocotools==2.0.11 numpy
    python benchmarks/coco.py /tmp/peer/bin/python           # 5000 images, 80 categories, about 36,000 references
    python benchmarks/coco.py /tmp/peer/bin/python --images 500 --masks

The set is drawn: as many references, categories, crowds and detections as COCO's val2017 and a detector's results have.
Both read the same two JSON files, and take turns. Times are of the processor, medians of the runs; what is compared at
the end is every precision and recall.
"""

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np

Row = tuple[str, str, float, float, float]
"""What, the peer, our seconds, the peer's seconds, the ratio aimed at."""

CATEGORIES = 80
REFERENCES_AN_IMAGE = 7.3
DETECTIONS_AN_IMAGE = 100
CROWDS = 0.012
WIDTH = 640
HEIGHT = 480

PEER = """
import contextlib, io, sys, time
import numpy
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
instances, results, kind, answer = sys.argv[1:]
began = time.process_time()
with contextlib.redirect_stdout(io.StringIO()):
    references = COCO(instances)
    detections = references.loadRes(results)
    loaded = time.process_time()
    evaluation = COCOeval(references, detections, kind)
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    done = time.process_time()
numpy.savez(answer, precision=evaluation.eval["precision"], recall=evaluation.eval["recall"], stats=evaluation.stats)
print(loaded - began, done - loaded)
"""

OURS = """
import sys, time
import numpy
from overlap import coco
instances, results, kind, answer = sys.argv[1:]
shapes = {"bbox": "boxes", "segm": "masks"}[kind]
began = time.process_time()
references = coco.read_instances(instances, shapes)
detections = coco.read_results(results, references, shapes)
loaded = time.process_time()
evaluation = coco.evaluate(detections.detections, references.references, shapes)
summary = evaluation.summary()
done = time.process_time()
filled = [numpy.where(numpy.isnan(x), -1, x) for x in (evaluation.precision, evaluation.recall)]
numpy.savez(answer, precision=filled[0], recall=filled[1], stats=list(summary.values()))
print(loaded - began, done - loaded)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("python", help="the Python of an environment with pycocotools")
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--masks", action="store_true", help="compare masks, not boxes")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    kind = "segm" if options.masks else "bbox"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        report(measured(options.python, folder, options.images, kind, options.repeats))
        agree(folder)


def rows(python: str) -> Iterator[Row]:
    """Yield the evaluation of boxes, and that with both files read; one run each."""
    with tempfile.TemporaryDirectory() as name:
        times = measured(python, Path(name), 5000, "bbox", 1)
    read_ours, evaluate_ours = times["overlap"][0]
    read_theirs, evaluate_theirs = times["pycocotools"][0]
    what = "COCO's AP of 500 000 boxes in 5000 images"
    yield what, "pycocotools", evaluate_ours, evaluate_theirs, 20
    yield "the same, files to AP", "pycocotools", read_ours + evaluate_ours, read_theirs + evaluate_theirs, 5


def measured(python: str, folder: Path, n_images: int, kind: str, repeats: int) -> dict[str, list[list[float]]]:
    """Let both read and evaluate the same files in turns, and return how long each took to."""
    files = write(folder, np.random.default_rng(0), n_images, kind)
    programs = {"pycocotools": (python, PEER), "overlap": (sys.executable, OURS)}
    times: dict[str, list[list[float]]] = {program: [] for program in programs}
    for _ in range(repeats):
        for program, (interpreter, code) in programs.items():
            answer = folder / f"{program}.npz"
            told = run([interpreter, "-c", code, *files, kind, str(answer)])
            times[program].append([float(number) for number in told.split()])
    return times


def run(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def report(times: dict[str, list[list[float]]]) -> None:
    rows = {}
    for program, runs in times.items():
        load = median(run[0] for run in runs)
        evaluate = median(run[1] for run in runs)
        rows[program] = (load, evaluate, load + evaluate)
    print("| | read | evaluate | both |\n|---|---:|---:|---:|")
    for program, row in rows.items():
        print(f"| {program} | " + " | ".join(f"{seconds:.2f} s" for seconds in row) + " |")
    ratios = [theirs / ours for theirs, ours in zip(rows["pycocotools"], rows["overlap"], strict=True)]
    print("| ratio | " + " | ".join(f"{ratio:.1f}" for ratio in ratios) + " |")


def agree(folder: Path) -> None:
    with np.load(folder / "pycocotools.npz") as theirs, np.load(folder / "overlap.npz") as ours:
        for what in ("precision", "recall", "stats"):
            print(f"{what}: greatest difference {abs(theirs[what] - ours[what]).max():.1e}")
        print("AP", ours["stats"][0])


def write(folder: Path, rng: np.random.Generator, n_images: int, kind: str) -> list[str]:
    """Draw references and results, and write them as COCO does."""
    # categories are as unlike in number as they are in COCO
    share = rng.dirichlet(np.full(CATEGORIES, 0.6))
    image_b = np.sort(rng.integers(0, n_images, int(REFERENCES_AN_IMAGE * n_images)))
    category_b = rng.choice(CATEGORIES, len(image_b), p=share)
    boxes_b = draw_boxes(rng, len(image_b))
    images = [{"id": k + 1, "width": WIDTH, "height": HEIGHT} for k in range(n_images)]
    categories = [{"id": k + 1, "name": f"class {k + 1}"} for k in range(CATEGORIES)]
    annotations = []
    for k, (image, category, box) in enumerate(zip(image_b, category_b, boxes_b.tolist(), strict=True)):
        row = {"id": k + 1, "image_id": int(image) + 1, "category_id": int(category) + 1, "bbox": box}
        is_crowd = int(rng.random() < CROWDS)
        shape = {"segmentation": [outline(rng, box)]} if kind == "segm" else {}
        annotations.append(row | shape | {"area": box[2] * box[3] * 0.7, "iscrowd": is_crowd})

    n = DETECTIONS_AN_IMAGE * n_images
    of = rng.integers(0, len(image_b), n)
    is_near = rng.random(n) < 0.3
    image_a = np.where(is_near, image_b[of], rng.integers(0, n_images, n))
    is_named_right = is_near & (rng.random(n) < 0.8)
    category_a = np.where(is_named_right, category_b[of], rng.choice(CATEGORIES, n, p=share))
    near = np.maximum(boxes_b[of] + rng.normal(0, 0.08, (n, 4)) * boxes_b[of][:, [2, 3, 2, 3]], 1)
    boxes_a = np.round(np.where(is_near[:, None], near, draw_boxes(rng, n)), 2)
    score = np.round(np.where(is_near, rng.beta(3, 2, n), rng.beta(1, 8, n)), 3)
    results = []
    for image, category, box, confidence in zip(image_a, category_a, boxes_a.tolist(), score.tolist(), strict=True):
        shape = {"bbox": box} if kind == "bbox" else {"segmentation": rectangle(box)}
        results.append({"image_id": int(image) + 1, "category_id": int(category) + 1, "score": confidence} | shape)
    instances = {"images": images, "categories": categories, "annotations": annotations}
    paths = []
    for name, content in {"instances.json": instances, "results.json": results}.items():
        path = folder / name
        path.write_text(json.dumps(content))
        paths.append(str(path))
    said = f"{n_images} images, {len(annotations)} references, {len(results)} detections, {kind}"
    print(said, file=sys.stderr)
    return paths


def draw_boxes(rng: np.random.Generator, n: int) -> np.ndarray:
    side = np.clip(rng.lognormal(4.0, 0.9, (n, 2)), 4, (WIDTH, HEIGHT))
    corner = rng.uniform(0, 1, (n, 2)) * ((WIDTH, HEIGHT) - side)
    return np.round(np.concatenate([corner, side], axis=1), 2)


def outline(rng: np.random.Generator, box: list[float]) -> list[float]:
    """Draw a polygon of 24 corners in a box."""
    x, y, w, h = box
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    reach = rng.uniform(0.7, 1, 24)
    corners = np.stack([x + w / 2 * (1 + reach * np.cos(turn)), y + h / 2 * (1 + reach * np.sin(turn))], axis=1)
    return np.round(corners, 2).ravel().tolist()


def rectangle(box: list[float]) -> dict[str, object]:
    """Return the cells of a box as packed run lengths."""
    from overlap.raster.rle import pack

    x, y, w, h = (round(number) for number in box)
    x = min(max(x, 0), WIDTH - 1)
    y = min(max(y, 0), HEIGHT - 1)
    w = min(max(w, 1), WIDTH - x)
    h = min(max(h, 1), HEIGHT - y)
    edges = (np.arange(x, x + w)[:, None] * HEIGHT + [y, y + h]).ravel()
    counts = np.diff(np.concatenate([[0], edges, [WIDTH * HEIGHT]]))
    return {"size": [HEIGHT, WIDTH], "counts": pack(counts)}


if __name__ == "__main__":
    began = time.perf_counter()
    main()
    print(f"{time.perf_counter() - began:.0f} s in all")
