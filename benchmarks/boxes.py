"""Boxes beside torchvision's formulas, written out: all pairs of two sets, a million losses; a join of intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

Row = tuple[str, str, float, float, float]
"""What, the peer, our seconds, the peer's seconds, the ratio aimed at."""


def some(n: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    low = rng.uniform(0, 1000, (n, 2))
    return np.concatenate([low, low + rng.uniform(1, 100, (n, 2))], axis=1).astype(np.float32)


def plain_numpy(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    areas = [(x[:, 2] - x[:, 0]) * (x[:, 3] - x[:, 1]) for x in (a, b)]
    low, high = np.maximum(a[:, None, :2], b[:, :2]), np.minimum(a[:, None, 2:], b[:, 2:])
    side = (high - low).clip(min=0)
    shared = side[..., 0] * side[..., 1]
    return shared / (areas[0][:, None] + areas[1] - shared)


def plain_torch(a: Any, b: Any) -> Any:
    import torch

    areas = [(x[:, 2] - x[:, 0]) * (x[:, 3] - x[:, 1]) for x in (a, b)]
    low, high = torch.max(a[:, None, :2], b[:, :2]), torch.min(a[:, None, 2:], b[:, 2:])
    side = (high - low).clamp(min=0)
    shared = side[..., 0] * side[..., 1]
    return shared / (areas[0][:, None] + areas[1] - shared)


def plain_giou(a: Any, b: Any) -> Any:
    import torch

    (x1, y1, x2, y2), (u1, v1, u2, v2) = a.unbind(-1), b.unbind(-1)
    wide, high = torch.min(x2, u2) - torch.max(x1, u1), torch.min(y2, v2) - torch.max(y1, v1)
    meet = (wide > 0) & (high > 0)
    shared = torch.zeros_like(x1)
    shared[meet] = wide[meet] * high[meet]
    union = (x2 - x1) * (y2 - y1) + (u2 - u1) * (v2 - v1) - shared
    hull = (torch.max(x2, u2) - torch.min(x1, u1)) * (torch.max(y2, v2) - torch.min(y1, v1))
    return (1 - shared / (union + 1e-7) + (hull - union) / (hull + 1e-7)).mean()


def rows(seconds: Callable[..., list[float]]) -> Iterator[Row]:
    import torch

    from overlap import boxes
    from overlap.losses import box_loss

    torch.set_num_threads(1)
    a, b = some(5000), some(5000)[::-1].copy()
    ours, peer = seconds(lambda: boxes.pairwise(a, b), lambda: plain_numpy(a, b), repeats=5)
    yield "5000 × 5000 float32 boxes, all pairs", "torchvision's formula, numpy", ours, peer, 20
    p, q = map(torch.as_tensor, (a, b))
    ours, peer = seconds(lambda: boxes.pairwise(p, q), lambda: plain_torch(p, q), repeats=5)
    yield "the same, torch", "torchvision's formula, torch", ours, peer, 10
    prediction, target = torch.as_tensor(some(10**6)).requires_grad_(), torch.as_tensor(some(10**6)) + 10
    compiled = torch.compile(box_loss, fullgraph=True)
    eager, fused, peer = seconds(
        *(partial(descend, f, prediction, target) for f in (box_loss, compiled, plain_giou)), repeats=7
    )
    # ours looks at every box, the formula at none
    yield "10⁶ GIoU losses and gradients", "torchvision's formula, torch", eager, peer, 1
    yield "the same, torch.compile", "torchvision's formula, torch", fused, peer, 1.5
    yield from joins(seconds)


def descend(loss: Callable[[Any, Any], Any], prediction: Any, target: Any) -> None:
    prediction.grad = None
    loss(prediction, target).backward()


def joins(seconds: Callable[..., list[float]]) -> Iterator[Row]:
    from overlap import intervals

    rng = np.random.default_rng(0)
    n = 1_000_000
    a, b = (np.stack([s, s + rng.uniform(0, 2, n)], axis=1) for s in rng.uniform(0, n, (2, n)))
    k = len(intervals.overlap_pairs(a, b).a)
    ours = seconds(lambda: intervals.overlap_pairs(a, b), repeats=5)[0] / (2 * n + k)
    # the aim is a time: told as a ratio to that
    yield f"a row or pair of a join of 10⁶ × 10⁶ intervals, {k / 1e6:.1f} M pairs", "0.5 µs", ours, 0.5e-6, 1
