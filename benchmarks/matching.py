"""Matching and average precision at the size of a benchmark. The aims are times, printed as ratios to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

Row = tuple[str, str, float, float, float]
"""What, the peer, our seconds, the peer's seconds, the ratio aimed at."""

Pairs = tuple[np.ndarray, np.ndarray, np.ndarray]


def rows(seconds: Callable[..., list[float]]) -> Iterator[Row]:
    rng = np.random.default_rng(0)
    yield mean_average_precision(seconds, rng)
    yield most_matches(seconds, rng)


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
