"""Matching, average precision and suppression at the size of a benchmark. Most aims are times.

Suppression beside powerboxes, which runs in an environment of its own: ``python benchmarks/matching.py PYTHON``.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import numpy as np
import oriented as rotated

Row = tuple[str, str, float, float, float]
"""What, the peer, our seconds, the peer's seconds, the ratio aimed at."""

Pairs = tuple[np.ndarray, np.ndarray, np.ndarray]

POWERBOXES = """
import sys, time
import numpy, powerboxes
image = numpy.load(sys.argv[1])
for suppress in (powerboxes.nms, powerboxes.rtree_nms):
    for _ in range(5):
        began = time.perf_counter()
        kept = suppress(image["boxes"], image["scores"], 0.5, -1.0)
        print(suppress.__name__, time.perf_counter() - began, hash(tuple(sorted(kept.tolist()))))
"""


def rows(seconds: Callable[..., list[float]]) -> Iterator[Row]:
    rng = np.random.default_rng(0)
    yield mean_average_precision(seconds, rng)
    yield most_matches(seconds, rng)
    yield suppression(seconds)
    yield rotated_suppression(seconds, rng)


def mean_average_precision(seconds: Callable[..., list[float]], rng: np.random.Generator) -> Row:
    from scipy import sparse

    from overlap import matching

    confidence, label_a, label_b, pairs = detections(rng, 100_000, 30_000, videos=5000, classes=20)
    i, j, iou = pairs
    thresholds = np.arange(50, 100, 5) / 100

    def precision() -> np.ndarray:
        scores = sparse.coo_array((iou, (i, j)), (len(label_a), len(label_b)))
        return matching.average_precision(confidence, scores, thresholds, labels_a=label_a, labels_b=label_b)

    (ours,) = seconds(precision, repeats=7)
    return "mAP of 100 000 predictions, 20 classes, 5000 videos, 10 thresholds", "0.25 s", ours, 0.25, 1


def most_matches(seconds: Callable[..., list[float]], rng: np.random.Generator) -> Row:
    from scipy import sparse

    from overlap import matching

    n = 1_000_000
    a, b = np.sort(rng.uniform(0, n, (2, n)), axis=1)
    i, j = joined(np.searchsorted(b, a - 0.5), np.searchsorted(b, a + 0.5))
    near = sparse.coo_array((-abs(a[i] - b[j]), (i, j)), (n, n))
    (ours,) = seconds(lambda: matching.threshold_curve(near, [-0.5]), repeats=3)
    return "most matches of 1 M onsets", "0.5 s", ours, 0.5, 1


def suppression(seconds: Callable[..., list[float]]) -> Row:
    from overlap import boxes

    image, scores = aerial_image(30_000)
    (ours,) = seconds(lambda: boxes.nms(image, scores, 0.5), repeats=7)
    return "hard suppression of 30 000 boxes scattered over 4000²", "0.5 s", ours, 0.5, 1


def rotated_suppression(seconds: Callable[..., list[float]], rng: np.random.Generator) -> Row:
    import shapely

    from overlap import oriented

    turned = rotated.some(rng, 1000, 300)
    scores = rng.random(1000)
    polygons = shapely.polygons(rotated.corners(turned))

    def plain() -> list[int]:
        iou = rotated.shapely_pairwise(polygons, polygons)
        order = np.argsort(-scores)
        kept = []
        while len(order):
            best = order[0]
            kept.append(int(best))
            order = order[1:][iou[best, order[1:]] <= 0.3]
        return kept

    ours, peer = seconds(lambda: oriented.nms(turned, scores, 0.3), plain, repeats=3)
    return "hard suppression of 1000 rotated boxes, 14 % overlap", "shapely, STRtree", ours, peer, 5


def aerial_image(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return boxes of 10 to 60 px, scattered over 4000², and their scores."""
    rng = np.random.default_rng(0)
    centre = rng.uniform(0, 4000, (n, 2))
    side = rng.uniform(10, 60, (n, 2))
    scores = rng.random(n)
    return np.concatenate([centre - side / 2, centre + side / 2], axis=1), scores


def beside_powerboxes(python: str) -> None:
    """Print the times of both suppressions of powerboxes and of ours, turn by turn, and whether the same is kept."""
    from overlap import boxes

    for n in (10_000, 30_000):
        image, scores = aerial_image(n)
        boxes.nms(image, scores, 0.5)
        times: dict[str, list[float]] = {"boxes.nms": []}
        answers = set()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "image.npz"
            np.savez(path, boxes=image, scores=scores)
            for _ in range(3):
                began = time.perf_counter()
                kept = boxes.nms(image, scores, 0.5)
                times["boxes.nms"].append(time.perf_counter() - began)
                answers.add(str(hash(tuple(sorted(kept.tolist())))))
                command = [python, "-c", POWERBOXES, str(path)]
                told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                for line in told.splitlines():
                    name, took, answer = line.split()
                    times.setdefault(f"powerboxes.{name}", []).append(float(took))
                    answers.add(answer)
        medians = ", ".join(f"{name} {median(took) * 1e3:.0f} ms" for name, took in times.items())
        print(f"{n} boxes: {medians}; the same kept: {len(answers) == 1}")


def joined(start: np.ndarray, stop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every i with every j from start[i] to stop[i]."""
    size = stop - start
    i = np.repeat(np.arange(len(size)), size)
    before = np.cumsum(size) - size
    place = np.arange(size.sum()) - before[i]
    return i, start[i] + place


def detections(
    rng: np.random.Generator, n: int, m: int, videos: int, classes: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, Pairs]:
    """Six in ten predictions lie near a reference of their own class and video, the rest anywhere.

    Returns confidences, labels of predictions, labels of references, and (i, j, IoU) of the pairs that overlap.
    """
    video = rng.integers(0, videos, m)
    label = rng.integers(0, classes, m)
    start = rng.uniform(0, 200, m)
    length = rng.lognormal(2.5, 0.7, m)

    of = rng.integers(0, m, n)
    is_near = rng.random(n) < 0.6
    in_video = np.where(is_near, video[of], rng.integers(0, videos, n))
    in_label = np.where(is_near, label[of], rng.integers(0, classes, n))
    begin_near = start[of] + length[of] * rng.normal(0, 0.25, n)
    begin = np.where(is_near, begin_near, rng.uniform(0, 200, n))
    end = begin + length[of] * np.exp(rng.normal(0, 0.25, n))
    confidence = np.where(is_near, rng.beta(3, 2, n), rng.beta(2, 3, n))

    # pairs of one video and class
    key = video * classes + label
    own_key = in_video * classes + in_label
    order = np.argsort(key, kind="stable")
    first = np.searchsorted(key[order], own_key)
    last = np.searchsorted(key[order], own_key, "right")
    i, place = joined(first, last)
    j = order[place]
    shared = np.minimum(end[i], start[j] + length[j]) - np.maximum(begin[i], start[j])
    meet = shared > 0
    i = i[meet]
    j = j[meet]
    shared = shared[meet]
    union = end[i] - begin[i] + length[j] - shared
    return confidence, in_label, label, (i, j, shared / union)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("name the Python of an environment with powerboxes: python benchmarks/matching.py PYTHON")
    beside_powerboxes(sys.argv[1])
