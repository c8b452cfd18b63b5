"""Rotated boxes beside shapely: all pairs of two sets, few of which overlap or most."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np


def rows(seconds: Callable[..., list[float]]) -> Iterator[tuple[str, str, float, float, float]]:
    import shapely

    from overlap import oriented

    rng = np.random.default_rng(0)
    for n, size, share in ((1000, 80, "1 %"), (300, 1800, "99 %")):
        a = some(rng, n, size)
        b = some(rng, n, size)
        polygons_a = shapely.polygons(corners(a))
        polygons_b = shapely.polygons(corners(b))
        call = partial(oriented.pairwise, a, b)
        peer = partial(shapely_pairwise, polygons_a, polygons_b)
        ours, theirs = seconds(call, peer, repeats=5)
        yield f"{n} × {n} rotated boxes, {share} overlap", "shapely, STRtree", ours, theirs, 5


def some(rng: np.random.Generator, n: int, size: float) -> np.ndarray:
    centre = rng.uniform(0, 1000, (n, 2))
    sides = rng.uniform(0.3 * size, size, (n, 2))
    angle = rng.uniform(-np.pi, np.pi, (n, 1))
    return np.concatenate([centre, sides, angle], axis=1)


def shapely_pairwise(a: Any, b: Any) -> np.ndarray:
    """Return the IoU of all pairs of polygons: clip those whose envelopes meet."""
    import shapely

    i, j = shapely.STRtree(b).query(a)
    shared = shapely.area(shapely.intersection(a[i], b[j]))
    union = shapely.area(a[i]) + shapely.area(b[j]) - shared
    iou = np.zeros((len(a), len(b)))
    iou[i, j] = shared / union
    return iou


def corners(boxes: np.ndarray) -> np.ndarray:
    """Return the corners (n, 4, 2) of boxes (cx, cy, w, h, theta)."""
    x, y, w, h, theta = boxes.T[..., None]
    along = w / 2 * np.array([1, -1, -1, 1])
    across = h / 2 * np.array([1, 1, -1, -1])
    cosine = np.cos(theta)
    sine = np.sin(theta)
    corner_x = x + cosine * along - sine * across
    corner_y = y + sine * along + cosine * across
    return np.stack([corner_x, corner_y], axis=-1)
