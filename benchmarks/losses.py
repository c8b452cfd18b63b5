"""Losses forward and backward, beside MONAI's where it is installed and its formula written out where not.

Run by ``run.py``. Peak memory is that of a step beyond logits and target, in sizes of the logits, in a process of its
own: ``python losses.py NAME ours`` prints it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = tuple[str, str, float, float, float]
"""What, the peer, our seconds, the peer's seconds, the ratio aimed at."""


@dataclass(frozen=True)
class Case:
    """One batch and its loss."""

    shape: tuple[int, ...]
    """Of the logits."""
    target: str
    """"hard" or "soft" channels, or "labels"."""
    entropy: bool
    aim: float

    @property
    def activation(self) -> str:
        """What turns the logits into probabilities."""
        return "sigmoid" if self.shape[1] == 1 else "softmax"

    def batch(self) -> tuple[Any, Any]:
        """Return logits and target."""
        import torch

        draw = torch.Generator().manual_seed(0)
        x = torch.randn(self.shape, generator=draw)
        if self.target == "labels":
            n_cases, n_classes, *cells = self.shape
            return x.requires_grad_(), torch.randint(0, n_classes, (n_cases, 1, *cells), generator=draw)
        y = torch.sigmoid(3 * torch.randn(self.shape, generator=draw))
        if self.target == "hard":
            y = (y > 0.5).float()
        return x.requires_grad_(), y

    def ours(self) -> Callable[[Any, Any], Any]:
        """Return our loss."""
        from overlap import nn

        loss = nn.DiceCELoss if self.entropy else nn.DiceLoss
        # MONAI's formula is the product
        module: Callable[[Any, Any], Any] = loss(from_logits=self.activation, tnorm="product", smooth=1e-5)
        return module

    def theirs(self) -> Callable[[Any, Any], Any]:
        """Return the peer's loss."""
        try:
            from monai import losses
        except ImportError:
            return self.written_out
        options = {self.activation: True}
        if self.target == "labels":
            options["to_onehot_y"] = True
        module: Callable[[Any, Any], Any]
        if self.entropy:
            module = losses.DiceCELoss(**options)
        else:
            module = losses.DiceLoss(soft_label=self.target == "soft", **options)
        return module

    def written_out(self, x: Any, y: Any) -> Any:
        """Return the product form by the formula."""
        import torch
        from torch.nn import functional as F

        p = torch.sigmoid(x) if self.activation == "sigmoid" else torch.softmax(x, 1)
        if self.target == "labels":
            y = torch.zeros_like(x).scatter_(1, y, 1.0)
        axes = tuple(range(2, x.ndim))
        both = (p * y).sum(axes)
        loss = 1 - ((2 * both + 1e-5) / (p.sum(axes) + y.sum(axes) + 1e-5)).mean()
        if not self.entropy:
            return loss
        if self.activation == "sigmoid":
            return loss + F.binary_cross_entropy_with_logits(x, y)
        return loss + F.cross_entropy(x, y)


CASES = {
    "256³ sigmoid Dice, hard": Case((1, 1, 256, 256, 256), "hard", False, 3),
    "256³ sigmoid Dice, soft": Case((1, 1, 256, 256, 256), "soft", False, 3),
    "256³ sigmoid Dice + CE": Case((1, 1, 256, 256, 256), "hard", True, 2),
    "2 × 64³ sigmoid Dice, hard": Case((2, 1, 64, 64, 64), "hard", False, 1.5),
    "2 × 64³ sigmoid Dice, soft": Case((2, 1, 64, 64, 64), "soft", False, 1.5),
    "2 × 4 × 96³ softmax Dice, labels": Case((2, 4, 96, 96, 96), "labels", False, 1.5),
    "2 × 4 × 96³ softmax Dice, soft": Case((2, 4, 96, 96, 96), "soft", False, 1.5),
    "2 × 4 × 96³ softmax Dice + CE, labels": Case((2, 4, 96, 96, 96), "labels", True, 2),
}


def rows(seconds: Callable[..., list[float]]) -> Iterator[Row]:
    """Yield the rows; `seconds(*functions, repeats)` are median times, in turns."""
    import torch

    torch.set_num_threads(1)
    for name, case in CASES.items():
        x, y = case.batch()
        theirs = case.theirs()
        peer = type(theirs).__name__ if theirs != case.written_out else "MONAI's formula"
        repeats = 7 if x.numel() > 1 << 23 else 25
        ours_took, theirs_took = seconds(step(case.ours(), x, y), step(theirs, x, y), repeats=repeats)
        memory = f"{memory_of(name, 'ours')} inputs of memory, the peer {memory_of(name, 'theirs')}"
        yield f"{name}: {memory}", peer, ours_took, theirs_took, case.aim
    yield from beside_the_plain_call(seconds)


def beside_the_plain_call(seconds: Callable[..., list[float]]) -> Iterator[Row]:
    """Yield what masks, layouts, half precision and compiled code cost beside the plain call."""
    import torch

    case = CASES["2 × 4 × 96³ softmax Dice, labels"]
    x, y = case.batch()
    loss = case.ours()
    plain = step(loss, x, y)
    where = torch.rand(2, 1, 96, 96, 96) < 0.8
    last = x.detach().to(memory_format=torch.channels_last_3d).requires_grad_()
    half = x.detach().bfloat16().requires_grad_()
    others = {
        "where=": (step(loss, x, y, where=where), 1 / 1.3),
        "channels last": (step(loss, last, y), 1 / 1.3),
        "bfloat16": (step(loss, half, y), 1.0),
        "torch.compile": (step(torch.compile(loss, fullgraph=True), x, y), 1.0),
    }
    try:
        from monai.data import MetaTensor
    except ImportError:
        pass
    else:
        others["MetaTensor"] = (step(loss, x, MetaTensor(y)), 1 / 1.3)
    for name, (other, aim) in others.items():
        took, plain_took = seconds(other, plain, repeats=9)
        yield f"2 × 4 × 96³ softmax Dice, labels, {name}", "the plain call", took, plain_took, round(aim, 2)


def step(loss: Callable[..., Any], x: Any, *operands: Any, **options: Any) -> Callable[[], None]:
    """Return a function that runs forward and backward."""

    def run() -> None:
        x.grad = None
        loss(x, *operands, **options).backward()

    return run


def memory_of(name: str, who: str) -> str:
    """Return the peak memory of a step in sizes of its logits; "?" where the system does not tell."""
    environment = os.environ | {"MALLOC_MMAP_THRESHOLD_": str(1 << 20)}
    command = [sys.executable, __file__, name, who]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    return done.stdout.strip() or "?"


def peak_memory(case: Case, who: str) -> float:
    """Return what a step takes at its peak, in sizes of the logits, once it has run before."""
    import torch

    torch.set_num_threads(1)
    x, y = case.batch()
    run = step(case.ours() if who == "ours" else case.theirs(), x, y)
    run()
    x.grad = None
    # the peak begins anew
    Path("/proc/self/clear_refs").write_text("5")
    before = status("VmRSS")
    run()
    return float((status("VmHWM") - before) / x.nbytes)


def status(name: str) -> int:
    """Return a size in bytes of this process."""
    text = Path("/proc/self/status").read_text()
    (kilobytes,) = re.findall(rf"{name}:\s+(\d+) kB", text)
    return 1024 * int(kilobytes)


if __name__ == "__main__":
    print(f"{peak_memory(CASES[sys.argv[1]], sys.argv[2]):.1f}")
