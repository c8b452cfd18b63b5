"""The two kernels by themselves: what they take of the time that a copy of their bytes would."""

from __future__ import annotations

import gpu_speed
import torch
from gpu_losses import activation
from gpu_meters import Meters, first_line
from gpu_speed import Batch

HEADER = "| logits | target | sums | sums, ms | of copy | gradient, ms | of copy |\n|---|---|---|---:|---:|---:|---:|\n"


def section(shapes: tuple[tuple[int, ...], ...], meters: Meters, copy: float) -> str:
    """Return a table of the kernels, or why there is none."""
    text = "\n## The kernels by themselves\n\n"
    if not meters.is_gpu:
        return text + "On a device only.\n"
    try:
        from overlap.nn import device
    except ImportError as error:
        return text + f"{first_line(error)}\n"
    text += HEADER
    for dtype in (torch.float32, torch.bfloat16):
        for shape in shapes:
            batches = {"soft": gpu_speed.soft_batch(shape, dtype, meters.device)}
            if shape[1] > 1:
                batches["labels"] = gpu_speed.label_batch(shape, dtype, meters.device)
                channels_last = batches["labels"].x.detach().movedim(1, -1).contiguous().movedim(-1, 1)
                batches["labels, channels last"] = Batch(channels_last, batches["labels"].y)
            for name, batch in batches.items():
                for form in ("minimum", "product"):
                    line = row(device, name, batch, form, meters, copy)
                    print(line, flush=True)
                    text += line + "\n"
    return text


def row(device, name: str, batch: Batch, form: str, meters: Meters, copy: float) -> str:
    """Return the row of the minimum by itself, or of the product and a cross-entropy, as the tables below have them."""
    entropy = form == "product"
    x = batch.x.detach()
    labels = batch.y.ndim < x.ndim
    options = (x, batch.y, None, None, labels, None, activation(x.shape[1]), form, entropy, 0.0)
    g = torch.rand(7, *x.shape[:2], device=x.device)
    sums_ms = meters.milliseconds(meters.graph(lambda: device.sums(*options)))
    gradient_ms = meters.milliseconds(meters.graph(lambda: device.sums_gradient(g, *options)))
    sums_share = batch.forward_bytes / (sums_ms / 1e3) / copy
    gradient_share = (batch.forward_bytes + batch.size) / (gradient_ms / 1e3) / copy
    what = "product, cross-entropy" if entropy else "minimum"
    shape = f"{tuple(x.shape)} {str(x.dtype).removeprefix('torch.')}"
    return (
        f"| {shape} | {name} | {what} | {sums_ms:.3f} | {sums_share:.2f} | {gradient_ms:.3f} | {gradient_share:.2f} |"
    )
