"""Soft Dice forward and backward over 256³ float32, beside MONAI's where it is installed and plain torch where not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Row = tuple[str, str, float, float, float]
"""What, the peer, our seconds, the peer's seconds, the ratio aimed at."""


def plain_torch(p: Any, y: Any) -> Any:
    return 1 - (2 * (p * y).sum() + 1e-5) / (p.sum() + y.sum() + 1e-5)


def peers() -> Iterator[tuple[str, Callable[[Any, Any], Any]]]:
    yield "plain torch, product", plain_torch
    try:
        from monai.losses import DiceLoss
    except ImportError:
        return
    yield "MONAI DiceLoss", DiceLoss()
    yield "MONAI DiceLoss(soft_label=True)", DiceLoss(soft_label=True)


def rows(seconds: Callable[..., list[float]]) -> Iterator[Row]:
    """Yield the rows; `seconds(*functions, repeats)` are median times, in turns."""
    import torch

    from overlap import nn

    torch.set_num_threads(1)
    draw = torch.Generator().manual_seed(0)
    p = torch.rand(1, 1, 256, 256, 256, generator=draw)
    y = torch.rand(1, 1, 256, 256, 256, generator=draw)
    p.requires_grad_()

    def step(loss: Callable[[Any, Any], Any]) -> Callable[[], None]:
        def run() -> None:
            p.grad = None
            loss(p, y).backward()

        return run

    for name, peer in peers():
        for tnorm in ("minimum", "product"):
            ours, theirs = seconds(step(nn.DiceLoss(tnorm=tnorm)), step(peer), repeats=7)
            yield f"soft Dice of 256³ float32 with gradient, {tnorm}", name, ours, theirs, 2.5
