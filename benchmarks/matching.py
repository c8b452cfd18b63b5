"""Matching and average precision at the size of a benchmark. The aims are times, told as ratios to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

Pairs = tuple[np.ndarray, np.ndarray, np.ndarray]


def rows(seconds: Callable[..., list[float]]) -> Iterator[tuple[str, str, float, float, float]]:
    from scipy import sparse

    from overlap import matching

    rng = np.random.default_rng(0)
    confidence, label_a, label_b, (i, j, iou) = detections(rng, 100_000, 30_000, videos=5000, classes=20)
    thresholds = np.arange(50, 100, 5) / 100

    def precision() -> np.ndarray:
        scores = sparse.coo_array((iou, (i, j)), (len(label_a), len(label_b)))
        return matching.average_precision(confidence, scores, thresholds, labels_a=label_a, labels_b=label_b)

    what = "mAP of 100 000 predictions, 20 classes, 5000 videos, 10 thresholds"
    yield what, "0.25 s", *seconds(precision, repeats=7), 0.25, 1
    n = 1_000_000
    a, b = np.sort(rng.uniform(0, n, (2, n)), axis=1)
    i, j = joined(np.searchsorted(b, a - 0.5), np.searchsorted(b, a + 0.5))
    near = sparse.coo_array((-abs(a[i] - b[j]), (i, j)), (n, n))
    yield (
        "most matches of 1 M onsets",
        "0.5 s",
        *seconds(lambda: matching.threshold_curve(near, [-0.5]), repeats=3),
        0.5,
        1,
    )


def joined(start: np.ndarray, stop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every i with every j from start[i] to stop[i]."""
    size = stop - start
    first = np.repeat(start - np.cumsum(size) + size, size)
    return np.repeat(np.arange(len(size)), size), first + np.arange(size.sum())


def detections(
    rng: np.random.Generator, n: int, m: int, videos: int, classes: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, Pairs]:
    """Six in ten predictions lie near a reference of their own class and video, the rest anywhere."""
    video, label = rng.integers(0, videos, m), rng.integers(0, classes, m)
    start, length = rng.uniform(0, 200, m), rng.lognormal(2.5, 0.7, m)
    of, near = rng.integers(0, m, n), rng.random(n) < 0.6
    in_video = np.where(near, video[of], rng.integers(0, videos, n))
    in_label = np.where(near, label[of], rng.integers(0, classes, n))
    begin = np.where(near, start[of] + length[of] * rng.normal(0, 0.25, n), rng.uniform(0, 200, n))
    end = begin + length[of] * np.exp(rng.normal(0, 0.25, n))
    confidence = np.where(near, rng.beta(3, 2, n), rng.beta(2, 3, n))
    key, own = video * classes + label, in_video * classes + in_label
    order = np.argsort(key, kind="stable")
    i, k = joined(np.searchsorted(key[order], own), np.searchsorted(key[order], own, "right"))
    j = order[k]
    common = np.minimum(end[i], start[j] + length[j]) - np.maximum(begin[i], start[j])
    meet = common > 0
    i, j, common = i[meet], j[meet], common[meet]
    return confidence, in_label, label, (i, j, common / (end[i] - begin[i] + length[j] - common))
