"""A small 3-D U-Net on drawn lesions with a soft rim, with mixed precision and torch.compile."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import cycle
from statistics import median

import gpu_losses
import torch
from gpu_meters import Meters
from torch import Tensor

from overlap import dice, raster

N_CASES = 2
N_LESIONS = 4
NOISE = 0.5
N_BATCHES = 16
STEPS_OF_ROUND = 20
HEADER = (
    "| loss | steps | a step, ms | of which the loss, ms | share | Dice of new cases | host and device differ by |\n"
)


class Block(torch.nn.Sequential):
    """Two convolutions."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__(
            torch.nn.Conv3d(n_in, n_out, 3, padding=1),
            torch.nn.InstanceNorm3d(n_out, affine=True),
            torch.nn.LeakyReLU(0.01),
            torch.nn.Conv3d(n_out, n_out, 3, padding=1),
            torch.nn.InstanceNorm3d(n_out, affine=True),
            torch.nn.LeakyReLU(0.01),
        )


class SmallUNet(torch.nn.Module):
    """Two levels down and up again."""

    def __init__(self) -> None:
        super().__init__()
        self.first = Block(1, 16)
        self.second = Block(16, 32)
        self.third = Block(32, 64)
        self.down = torch.nn.MaxPool3d(2)
        self.up_second = torch.nn.ConvTranspose3d(64, 32, 2, 2)
        self.up_first = torch.nn.ConvTranspose3d(32, 16, 2, 2)
        self.join_second = Block(64, 32)
        self.join_first = Block(32, 16)
        self.last = torch.nn.Conv3d(16, 1, 1)

    def forward(self, image: Tensor) -> Tensor:
        first = self.first(image)
        second = self.second(self.down(first))
        third = self.third(self.down(second))
        second = self.join_second(torch.cat([second, self.up_second(third)], 1))
        first = self.join_first(torch.cat([first, self.up_first(second)], 1))
        return self.last(first)


def lesions(n: int, draw: torch.Generator, device: torch.device) -> tuple[Tensor, Tensor]:
    """Draw images, and how much of each cell is lesion: balls whose rim is two to four cells wide."""
    axis = torch.arange(n, device=device, dtype=torch.float32)
    grid = torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"))
    centre = n * torch.rand(N_CASES, N_LESIONS, 3, 1, 1, 1, generator=draw, device=device)
    radius = n * (0.05 + 0.1 * torch.rand(N_CASES, N_LESIONS, 1, 1, 1, generator=draw, device=device))
    softness = 0.5 + torch.rand(N_CASES, N_LESIONS, 1, 1, 1, generator=draw, device=device)
    distance = (grid - centre).norm(dim=2) - radius
    share = torch.sigmoid(-distance / softness).amax(1, keepdim=True)
    share = torch.where(share < 0.01, 0.0, torch.where(share > 0.99, 1.0, share))
    noise = torch.randn(share.shape, generator=draw, device=device)
    return share + NOISE * noise, share


def train(name: str, loss: Callable[..., Tensor], seconds: float, meters: Meters) -> str:
    """Return the row of one training."""
    begin = time.perf_counter()
    device = meters.device
    n = 96 if meters.is_gpu else 16
    torch.manual_seed(0)
    draw = torch.Generator(device).manual_seed(0)
    batches = cycle([lesions(n, draw, device) for _ in range(N_BATCHES)])
    net = SmallUNet().to(device)
    optimiser = torch.optim.AdamW(net.parameters(), 1e-3)
    scaler = torch.amp.GradScaler(device.type, enabled=meters.is_gpu)
    half = torch.float16 if meters.is_gpu else torch.bfloat16

    def predict_and_lose(image: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
        with torch.autocast(device.type, dtype=half):
            logits = net(image)
        return loss(logits, share), logits

    torch._dynamo.reset()
    backend = "inductor" if meters.is_gpu else "aot_eager"
    compiled = torch.compile(predict_and_lose, fullgraph=True, dynamic=False, backend=backend)

    def step() -> tuple[Tensor, Tensor, Tensor]:
        image, share = next(batches)
        optimiser.zero_grad()
        value, logits = compiled(image, share)
        scaler.scale(value).backward()
        scaler.step(optimiser)
        scaler.update()
        return value.detach(), logits.detach(), share

    step()
    differences = []
    rounds_ms = []
    while time.perf_counter() - begin < seconds or not rounds_ms:
        meters.wait()
        begin_round = time.perf_counter()
        for _ in range(STEPS_OF_ROUND):
            value, logits, share = step()
        meters.wait()
        rounds_ms.append(1e3 * (time.perf_counter() - begin_round) / STEPS_OF_ROUND)
        on_host = loss(logits.cpu().float(), share.cpu()).item()
        differences.append(abs(value.item() - on_host) / abs(on_host))
    n_steps = STEPS_OF_ROUND * len(rounds_ms)
    step_ms = median(rounds_ms)

    x = logits.requires_grad_()
    loss_ms = meters.milliseconds(lambda: torch.autograd.grad(loss(x, share), x))
    score = dice_of_new_cases(net, n, device)
    return (
        f"| {name} | {n_steps} | {step_ms:.1f} | {loss_ms:.2f} | {100 * loss_ms / step_ms:.1f} % | {score:.3f} "
        f"| {max(differences):.0e} |"
    )


@torch.no_grad()
def dice_of_new_cases(net: torch.nn.Module, n: int, device: torch.device) -> float:
    draw = torch.Generator(device).manual_seed(1)
    scores = []
    for _ in range(4):
        image, share = lesions(n, draw, device)
        scores.append(dice(raster.measure(torch.sigmoid(net(image)), share)).item())
    return sum(scores) / len(scores)


def section(seconds: float, meters: Meters) -> str:
    """Return a table of trainings that share the time, compiling included."""
    losses = {
        "ours, minimum and cross-entropy": gpu_losses.nn.DiceCELoss(from_logits="sigmoid").to(meters.device),
        "plain, product and cross-entropy": gpu_losses.plain("entropy"),
    }
    text = "\n## Training a small 3-D U-Net\n\n"
    text += "Patches of 96³, two a step; float16 autocast, GradScaler, torch.compile of network and loss. The loss is\n"
    text += "timed by itself, eager, forward and backward. Host and device are compared every 20 steps.\n\n"
    text += HEADER + "|---|---:|---:|---:|---:|---:|---:|\n"
    for name, loss in losses.items():
        line = train(name, loss, seconds / len(losses), meters)
        print(line, flush=True)
        text += line + "\n"
    return text
