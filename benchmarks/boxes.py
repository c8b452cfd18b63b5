"""Boxes beside torchvision's formulas, written out: all pairs of two sets, a million losses; a join of intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

Row = tuple[str, str, float, float, float]
"""What, the peer, our seconds, the peer's seconds, the ratio aimed at."""


def rows(seconds: Callable[..., list[float]]) -> Iterator[Row]:
    yield from pairs(seconds)
    yield from losses(seconds)
    yield from joins(seconds)
    yield join_of_boxes(seconds)


def pairs(seconds: Callable[..., list[float]]) -> Iterator[Row]:
    import torch

    from overlap import boxes

    torch.set_num_threads(1)
    a = some(5000)
    b = some(5000)[::-1].copy()
    ours, peer = seconds(lambda: boxes.pairwise(a, b), lambda: plain_numpy(a, b), repeats=5)
    yield "5000 × 5000 float32 boxes, all pairs", "torchvision's formula, numpy", ours, peer, 20
    p = torch.as_tensor(a)
    q = torch.as_tensor(b)
    ours, peer = seconds(lambda: boxes.pairwise(p, q), lambda: plain_torch(p, q), repeats=5)
    yield "the same, torch", "torchvision's formula, torch", ours, peer, 10


def losses(seconds: Callable[..., list[float]]) -> Iterator[Row]:
    import torch

    from overlap.losses import box_loss

    torch.set_num_threads(1)
    prediction = torch.as_tensor(some(10**6)).requires_grad_()
    target = torch.as_tensor(some(10**6)) + 10
    giou_loss = partial(box_loss, kind="giou")
    compiled = torch.compile(giou_loss, fullgraph=True)
    calls = [partial(descend, loss, prediction, target) for loss in (giou_loss, compiled, plain_giou)]
    eager, fused, peer = seconds(*calls, repeats=7)
    # ours looks at every box, the formula at none
    yield "10⁶ GIoU losses and gradients", "torchvision's formula, torch", eager, peer, 1.5
    yield "the same, torch.compile", "torchvision's formula, torch", fused, peer, 1.5


def joins(seconds: Callable[..., list[float]]) -> Iterator[Row]:
    from overlap import intervals

    rng = np.random.default_rng(0)
    n = 1_000_000
    start_a, start_b = rng.uniform(0, n, (2, n))
    a = np.stack([start_a, start_a + rng.uniform(0, 2, n)], axis=1)
    b = np.stack([start_b, start_b + rng.uniform(0, 2, n)], axis=1)
    found = len(intervals.overlap_pairs(a, b).a)
    (total,) = seconds(lambda: intervals.overlap_pairs(a, b), repeats=5)
    ours = total / (2 * n + found)
    # the aim is a time, printed as a ratio to it
    yield f"a row or pair of a join of 10⁶ × 10⁶ intervals, {found / 1e6:.1f} M pairs", "0.5 µs", ours, 0.5e-6, 1


def join_of_boxes(seconds: Callable[..., list[float]]) -> Row:
    from overlap import boxes

    rng = np.random.default_rng(0)
    n = 100_000
    low = rng.uniform(0, 7300, (2, n, 2))
    a, b = np.concatenate([low, low + rng.uniform(10, 60, (2, n, 2))], axis=2)
    found = len(boxes.overlap_pairs(a, b).a)
    (total,) = seconds(lambda: boxes.overlap_pairs(a, b), repeats=3)
    ours = total / (2 * n + found)
    return f"a row or pair of a join of 10⁵ × 10⁵ boxes, {found / 1e6:.1f} M pairs", "3 µs", ours, 3e-6, 1


def some(n: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    low = rng.uniform(0, 1000, (n, 2))
    high = low + rng.uniform(1, 100, (n, 2))
    return np.concatenate([low, high], axis=1).astype(np.float32)


def descend(loss: Callable[[Any, Any], Any], prediction: Any, target: Any) -> None:
    prediction.grad = None
    loss(prediction, target).backward()


def plain_numpy(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    area_a = (a[:, 2] - a[:, 0]) * (a[:, 3] - a[:, 1])
    area_b = (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
    low = np.maximum(a[:, None, :2], b[:, :2])
    high = np.minimum(a[:, None, 2:], b[:, 2:])
    side = (high - low).clip(min=0)
    shared = side[..., 0] * side[..., 1]
    return shared / (area_a[:, None] + area_b - shared)


def plain_torch(a: Any, b: Any) -> Any:
    import torch

    area_a = (a[:, 2] - a[:, 0]) * (a[:, 3] - a[:, 1])
    area_b = (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
    low = torch.max(a[:, None, :2], b[:, :2])
    high = torch.min(a[:, None, 2:], b[:, 2:])
    side = (high - low).clamp(min=0)
    shared = side[..., 0] * side[..., 1]
    return shared / (area_a[:, None] + area_b - shared)


def plain_giou(a: Any, b: Any) -> Any:
    import torch

    x1, y1, x2, y2 = a.unbind(-1)
    u1, v1, u2, v2 = b.unbind(-1)
    width = torch.min(x2, u2) - torch.max(x1, u1)
    height = torch.min(y2, v2) - torch.max(y1, v1)
    meet = (width > 0) & (height > 0)
    shared = torch.zeros_like(x1)
    shared[meet] = width[meet] * height[meet]
    union = (x2 - x1) * (y2 - y1) + (u2 - u1) * (v2 - v1) - shared
    hull_width = torch.max(x2, u2) - torch.min(x1, u1)
    hull_height = torch.max(y2, v2) - torch.min(y1, v1)
    hull = hull_width * hull_height
    return (1 - shared / (union + 1e-7) + (hull - union) / (hull + 1e-7)).mean()
