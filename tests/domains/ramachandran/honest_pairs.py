"""Predictions that are read rightly, and how well they fit: no guard may speak of them.

Each is a name, the prediction and the options of `compare`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from domains.ramachandran import LEVELS, hard_sphere, reference, region
from domains.ramachandran.torus import centres

N = 180
NODES = centres(N)
PEAKS = {
    "general": [(-115, 131), (-65, 145), (-63, -43), (53, 43), (53, -127)],
    "glycine": [(-63, -41), (63, 41), (80, -173), (-80, 173), (-115, 150), (115, -150)],
    "cis-proline": [(-75, 155), (-89, 5)],
    "trans-proline": [(-59, 143), (-57, -37), (-81, 65)],
    "pre-proline": [(-67, 147), (-120, 120), (-57, -45), (49, 57)],
    "isoleucine or valine": [(-121, 129), (-63, 130), (-63, -45)],
}

Pair = tuple[str, xr.DataArray, dict[str, str]]


def as_region(cells: np.ndarray) -> xr.DataArray:
    return xr.DataArray(cells, dims=("psi", "phi"), coords={"psi": NODES, "phi": NODES})


def honest_pairs(category: str, seed: int) -> Iterator[Pair]:
    rng = np.random.default_rng(seed)
    for level in LEVELS:
        options = {"category": category, "level": level}
        yield from _empirical(options)
        yield from _sampled(options, rng)
        yield from _discs(options, rng)
        yield from _ellipses(options, rng)
        yield from _soft(options, rng)


def _empirical(options: dict[str, str]) -> Iterator[Pair]:
    """Regions of the category itself, at both levels and shifted by up to 10° along an axis or both."""
    category, level = options["category"], options["level"]
    for own in LEVELS:
        yield f"{own} region", region("top8000", category, own), options
    cells = region("top8000", category, level).values
    for rows, columns in [(1, 0), (0, 1), (2, 2), (-2, 2), (0, -4), (5, 0), (-5, 5), (3, 4)]:
        yield f"shifted by {2 * rows}, {2 * columns}", as_region(np.roll(cells, (rows, columns), (0, 1))), options


def _sampled(options: dict[str, str], rng: np.random.Generator) -> Iterator[Pair]:
    """Kernel density estimates of a few residues, cut by mass, wide and narrow."""
    category = options["category"]
    score = reference().score.sel(category=category).values
    mass = 0.98 if options["level"] == "favored" else 0.999
    first = LEVELS.index(options["level"])
    for k, n in enumerate((50, 200, 1000, 5000, 20_000)):
        counts = drawn(score, n, rng)
        if category == "glycine":
            counts = counts + counts[::-1, ::-1]
        # each number with most bandwidths at one of the levels
        for bandwidth in (2, 5, 8, 15, 20)[(first + k) % 3 :: 3]:
            density = smoothed(counts, bandwidth)
            yield f"{n} residues, {bandwidth}°", as_region(holding(density, mass)), options


def _discs(options: dict[str, str], rng: np.random.Generator) -> Iterator[Pair]:
    """Discs of any size round some of the basins."""
    for _ in range(6):
        cells = np.zeros((N, N), bool)
        for phi, psi in PEAKS[options["category"]]:
            if rng.random() < 0.8:
                x, y = rng.normal((phi, psi), 8)
                cells |= disc(x, y, rng.uniform(10, 60))
        if options["category"] == "glycine":
            cells |= cells[::-1, ::-1]
        if cells.any():
            yield "discs", as_region(cells), options


def _ellipses(options: dict[str, str], rng: np.random.Generator) -> Iterator[Pair]:
    """Ellipses of any size and direction round few of the basins, often of one alone."""
    for _ in range(6):
        cells = np.zeros((N, N), bool)
        for phi, psi in PEAKS[options["category"]]:
            if rng.random() < 0.45:
                x, y = rng.normal((phi, psi), 10)
                long, short = rng.uniform(8, 60, 2)
                cells |= ellipse(x, y, long, short, rng.uniform(0, np.pi))
        if options["category"] == "glycine":
            cells |= cells[::-1, ::-1]
        if cells.any():
            yield "ellipses", as_region(cells), options


def _soft(options: dict[str, str], rng: np.random.Generator) -> Iterator[Pair]:
    """A soft edge, the mean of several models, and a membership that is 0.5 everywhere."""
    truth = region("top8000", **options)
    score = np.maximum(truth.score.values, 1e-7)
    edge = 1 / (1 + (float(truth.cut) / score) ** rng.uniform(1, 4))
    yield "soft edge", as_region(edge), options
    models = [np.roll(truth.values, tuple(rng.integers(-3, 4, 2)), (0, 1)) for _ in range(8)]
    yield "mean of models", as_region(np.mean(models, axis=0)), options
    yield "a half", as_region(truth.values * 0.5), options


def spheres() -> Iterator[Pair]:
    """Each at one level, and each of its choices at both."""
    for limits in ("normal", "outer"):
        for clashes in ("all", "ho2003"):
            for k, tau in enumerate((109.0, 111.0, 115.0)):
                for j, scale in enumerate((0.85, 0.95, 1.0)):
                    cells = hard_sphere(limits, clashes=clashes, tau=tau, scale=scale)
                    yield f"{cells.attrs['name']}, × {scale}", cells, {"level": LEVELS[(j + k) % 2]}


def drawn(score: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return counts by cell of n residues, from the masses that ranks hold."""
    order = np.argsort(score, axis=None)
    ranks = score.ravel()[order].astype(float)
    masses = np.diff(ranks, append=1.0)
    counts = np.zeros(score.size)
    counts[order] = rng.multinomial(n, masses / masses.sum())
    return counts.reshape(score.shape)


def smoothed(counts: np.ndarray, bandwidth: float) -> np.ndarray:
    away = np.minimum(np.arange(N), N - np.arange(N)) * 360 / N
    kernel = np.fft.fft(np.exp(-((away / bandwidth) ** 2) / 2))
    return np.clip(np.fft.ifft2(np.fft.fft2(counts) * np.outer(kernel, kernel)).real, 0, None)


def holding(density: np.ndarray, mass: float) -> np.ndarray:
    falling = np.sort(density, axis=None)[::-1]
    held = np.cumsum(falling)
    return density >= falling[np.searchsorted(held, mass * held[-1])]


def disc(phi: float, psi: float, radius: float) -> np.ndarray:
    across = (NODES - phi + 180) % 360 - 180
    up = (NODES - psi + 180) % 360 - 180
    return np.hypot(across[None], up[:, None]) <= radius


def ellipse(phi: float, psi: float, long: float, short: float, turn: float) -> np.ndarray:
    across = (NODES - phi + 180) % 360 - 180
    up = ((NODES - psi + 180) % 360 - 180)[:, None]
    along = across * np.cos(turn) + up * np.sin(turn)
    beside = up * np.cos(turn) - across * np.sin(turn)
    return np.hypot(along / long, beside / short) <= 1
