"""Rotated boxes beside shapely: all pairs of two sets, few of which overlap or most."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np


def rows(seconds: Callable[..., list[float]]) -> Iterator[tuple[str, str, float, float, float]]:
    import shapely

    from overlap import oriented

    rng = np.random.default_rng(0)

    def batch(n: int, size: float) -> np.ndarray:
        centre, sides = rng.uniform(0, 1000, (n, 2)), rng.uniform(0.3 * size, size, (n, 2))
        return np.concatenate([centre, sides, rng.uniform(-np.pi, np.pi, (n, 1))], axis=1)

    def peer(p: np.ndarray, q: np.ndarray, n: int) -> np.ndarray:
        found = np.zeros((n, n))
        i, j = shapely.STRtree(q).query(p)
        common = shapely.area(shapely.intersection(p[i], q[j]))
        found[i, j] = common / (shapely.area(p[i]) + shapely.area(q[j]) - common)
        return found

    for n, size, share in ((1000, 80, "1 %"), (300, 1800, "99 %")):
        a, b = batch(n, size), batch(n, size)
        p, q = (shapely.polygons(corners(x)) for x in (a, b))
        ours, theirs = seconds(partial(oriented.pairwise, a, b), partial(peer, p, q, n), repeats=5)
        yield f"{n} × {n} rotated boxes, {share} overlap", "shapely, STRtree", ours, theirs, 5


def corners(boxes: np.ndarray) -> np.ndarray:
    x, y, w, h, theta = boxes.T[..., None]
    along, across = w / 2 * np.array([1, -1, -1, 1]), h / 2 * np.array([1, 1, -1, -1])
    c, s = np.cos(theta), np.sin(theta)
    return np.stack([x + c * along - s * across, y + s * along + c * across], axis=-1)
