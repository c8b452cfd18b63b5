"""A plain loop: the target is the share of four raters, the network runs in half precision, the score is pooled.

python examples/recipes/plain_loop.py
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

import overlap as ov
from overlap import nn


def draw_cases(n: int, seed: int) -> TensorDataset:
    """Draw images of a disc whose border four raters see differently, and the share of raters: (n, 1, 32, 32)."""
    draw = torch.Generator().manual_seed(seed)
    middle = 16 + 6 * torch.rand(n, 1, 2, 1, 1, generator=draw) - 3
    radii = 6 + 3 * torch.rand(n, 4, 1, 1, generator=draw)
    grid = torch.stack(torch.meshgrid(torch.arange(32), torch.arange(32), indexing="ij"))
    distance = torch.linalg.vector_norm(grid - middle, dim=2)
    share = (distance < radii).float().mean(1, keepdim=True)
    image = torch.sigmoid(7.5 - distance) + 0.2 * torch.randn(n, 1, 32, 32, generator=draw)
    return TensorDataset(image, share)


def make_network() -> torch.nn.Module:
    """Return a small network with one logit for each pixel."""
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, 5, padding=2), torch.nn.ReLU(), torch.nn.Conv2d(8, 1, 5, padding=2)
    )


def train(network: torch.nn.Module, cases: TensorDataset, epochs: int) -> None:
    """Train by Dice, which sees the lesion as a whole, and cross-entropy, which calibrates each pixel."""
    loss = nn.DiceCELoss(from_logits="sigmoid")
    optimiser = torch.optim.Adam(network.parameters(), 1e-2)
    for _ in range(epochs):
        for image, share in DataLoader(cases, batch_size=8, shuffle=True):
            optimiser.zero_grad()
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = network(image)
            loss(logits, share).backward()
            optimiser.step()


@torch.no_grad()
def validate(network: torch.nn.Module, cases: TensorDataset) -> Tensor:
    """Return the soft Dice of all cases together: no threshold, as in the loss."""
    running = nn.RunningOverlap(1)
    for image, share in DataLoader(cases, batch_size=8):
        running.update(network(image).sigmoid(), share)
    return ov.dice(running.compute())


def main(epochs: int = 10) -> float:
    """Train and return the validation score."""
    torch.manual_seed(0)
    network = make_network()
    train(network, draw_cases(64, seed=0), epochs)
    return float(validate(network, draw_cases(16, seed=1)))


if __name__ == "__main__":
    print(f"soft Dice {main():.3f}")
