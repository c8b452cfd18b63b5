"""How near the losses come to a copy of the bytes that they must move, beside other ways to compute them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import gpu_losses
import torch
from gpu_meters import Meters, first_line
from torch import Tensor

SHAPES = ((16, 1, 1024, 1024), (2, 4, 128, 128, 128), (1, 1, 256, 256, 256))
DRY_SHAPES = ((4, 1, 32, 32), (2, 4, 8, 8, 8), (1, 1, 16, 16, 16))
DTYPES = (torch.float32, torch.bfloat16, torch.float16)
SCALE = 65536.0
"""What the loss is multiplied by, as a GradScaler does, so that gradients of half logits do not underflow."""
HEADER = (
    "| what | forward, ms | of copy | forward + backward, ms | of copy | as a CUDA graph, ms | of copy | extra "
    "| error of the value | of the gradient | waits |\n"
    "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|\n"
)


@dataclass(frozen=True)
class Batch:
    """Logits and target, and the bytes that a loss of them must move."""

    x: Tensor
    y: Tensor

    @property
    def size(self) -> int:
        return self.x.numel() * self.x.element_size()

    @property
    def forward_bytes(self) -> int:
        return self.size + self.y.numel() * self.y.element_size()

    @property
    def bytes(self) -> int:
        return 2 * self.forward_bytes + self.size


def soft_batch(shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Batch:
    """Draw logits, and a soft target: background, lesion and a rim between, or shares of classes."""
    draw = torch.Generator(device).manual_seed(0)
    x = 2 * torch.randn(shape, generator=draw, device=device)
    if shape[1] == 1:
        y = torch.rand(shape, generator=draw, device=device)
        y = torch.where(y < 0.6, 0.0, torch.where(y > 0.9, 1.0, y))
    else:
        y = torch.softmax(3 * torch.randn(shape, generator=draw, device=device), 1)
    return Batch(x.to(dtype).requires_grad_(), y.to(dtype))


def label_batch(shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Batch:
    """Draw logits and the label of each cell."""
    batch = soft_batch(shape, dtype, device)
    return Batch(batch.x, batch.y.argmax(1))


def section(
    title: str, batch: Batch, variants: Iterator[tuple[str, str, Callable[..., Tensor]]], meters: Meters, copy: float
) -> str:
    """Return a table of some ways to compute the loss of a batch."""
    print(f"\n{title}", flush=True)
    text = f"\n## {title}\n\n{HEADER}"
    references: dict[str, tuple[Tensor, Tensor]] = {}
    for name, kind, loss in variants:
        if kind not in references:
            references[kind] = value_and_gradient(gpu_losses.plain(kind), batch, torch.float64)
        try:
            cells = row(loss, batch, references[kind], meters, copy)
        except Exception as error:  # a table with a hole beats none
            cells = [first_line(error)] + 9 * [""]
        line = f"| {name} | {' | '.join(cells)} |"
        print(line, flush=True)
        text += line + "\n"
    return text


def value_and_gradient(loss: Callable[..., Tensor], batch: Batch, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    x = batch.x.detach().to(dtype).requires_grad_()
    value = loss(x, batch.y)
    (gradient,) = torch.autograd.grad(SCALE * value, x)
    return value.detach(), gradient


def row(
    loss: Callable[..., Tensor], batch: Batch, reference: tuple[Tensor, Tensor], meters: Meters, copy: float
) -> list[str]:
    """Return the cells of one row of the table."""

    def forward() -> None:
        with torch.no_grad():
            loss(batch.x, batch.y)

    def step() -> None:
        torch.autograd.grad(SCALE * loss(batch.x, batch.y), batch.x)

    value, gradient = value_and_gradient(loss, batch, batch.x.dtype)
    true_value, true_gradient = reference
    value_error = (value.double() - true_value).abs() / true_value.abs()
    gradient_error = (gradient.double() - true_gradient).norm() / true_gradient.norm()
    waits = meters.synchronises(step)
    forward_ms = meters.milliseconds(forward)
    step_ms = meters.milliseconds(step)
    extra = (meters.peak_bytes(step) - batch.size) / batch.size
    try:
        graph_ms = meters.milliseconds(meters.graph(step))
    except RuntimeError:
        graph_ms = float("nan")
    return [
        f"{forward_ms:.3f}",
        f"{batch.forward_bytes / (forward_ms / 1e3) / copy:.2f}",
        f"{step_ms:.3f}",
        f"{batch.bytes / (step_ms / 1e3) / copy:.2f}",
        f"{graph_ms:.3f}",
        f"{batch.bytes / (graph_ms / 1e3) / copy:.2f}",
        f"{extra:.1f}",
        f"{value_error.item():.0e}",
        f"{gradient_error.item():.0e}",
        waits,
    ]


def variants(
    batch: Batch, kinds: tuple[str, ...], compiled: tuple[str, ...], is_dry: bool, left: Callable[[], float]
) -> Iterator[tuple[str, str, Callable[..., Tensor]]]:
    """Yield name, kind and loss: ours first, what takes long to compile last, and not at all without time for it."""
    n_classes = batch.x.shape[1]
    for kind in kinds:
        yield f"ours, {kind}", kind, gpu_losses.ours(kind, n_classes).to(batch.x.device)
    for kind in kinds:
        yield f"plain, {kind}", kind, gpu_losses.plain(kind)
    for kind in kinds:
        yield f"MONAI's, {kind}", kind, gpu_losses.monai(kind)
    backend = "aot_eager" if is_dry else "inductor"
    for kind in compiled:
        for who, loss in (("plain", gpu_losses.plain(kind)), ("ours", gpu_losses.ours(kind, n_classes))):
            if left() < 30:
                print(f"{who} compiled, {kind}: no time left")
                continue
            torch._dynamo.reset()
            yield f"{who} compiled, {kind}", kind, torch.compile(loss, dynamic=False, fullgraph=True, backend=backend)
