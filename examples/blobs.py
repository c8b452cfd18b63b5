"""Images of blurred blobs whose label probability is known, and raters who outline them.

Conventions
-----------
- A blob is an ellipse. ρ is the distance from its centre, 1 on its border; the evidence is z = (1 − ρ) / SOFTNESS, and
  a cell belongs to the blob with probability p = 1 / (1 + exp(−z)).
- A picture has two channels: z under the noise of the pixels, and the noise alone, as a dark frame shows it. The noise
  has nothing to do with the labels, and their difference is z: whoever sees the picture can know p, and nobody more.
- Moving or stretching an ellipse leaves the shares of its cells with each p as they are. So all blobs have one best
  expected Dice, and one threshold of p is best for all.
- Raters draw from p. Either each cell falls by itself, or the border moves as a whole: the cells where p is above one
  number, drawn anew for each outline. The probability of a cell is p both times. A border that moves far enough leaves
  nothing: one rater in eight sees no blob.
- A target is what a network is trained on: one rater, the mean of some, or p. It is drawn anew at every step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

SIZE = 32
"""Rows and columns of a picture."""

SOFTNESS = 0.5
"""How far the border is blurred, in half-axes."""

NOISE = 1.0
"""Standard deviation of the noise, in units of z."""

Rater = Callable[[np.ndarray, np.random.Generator], np.ndarray]
"""A function of p (n, SIZE, SIZE) that draws an outline of each image, bool of the same shape."""


@dataclass(frozen=True)
class Images:
    """What a network sees, (n, 2, SIZE, SIZE), and the probability of each cell, (n, SIZE, SIZE)."""

    pictures: np.ndarray
    p: np.ndarray


def draw_images(n: int, rng: np.random.Generator) -> Images:
    """Draw images of one blob each."""
    evidence = np.stack([draw_evidence(rng) for _ in range(n)])
    noise = rng.normal(0, NOISE, evidence.shape)
    pictures = np.stack([evidence + noise, noise], axis=1)
    return Images(pictures.astype(np.float32), expit(evidence))


def draw_evidence(rng: np.random.Generator) -> np.ndarray:
    """Return z of an ellipse near the middle, of any direction."""
    centre = SIZE * rng.uniform(0.42, 0.58, 2)
    half_axes = SIZE * rng.uniform(0.14, 0.2, 2)
    angle = rng.uniform(0, np.pi)
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    x = x - centre[0]
    y = y - centre[1]
    along = (np.cos(angle) * x + np.sin(angle) * y) / half_axes[0]
    across = (np.cos(angle) * y - np.sin(angle) * x) / half_axes[1]
    return (1 - np.hypot(along, across)) / SOFTNESS


def independent_cells(p: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw an outline of each image, each cell by itself."""
    return rng.random(p.shape) < p


def whole_border(p: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw an outline of each image whose border moves as a whole."""
    level = rng.random((len(p), 1, 1))
    return level < p


@dataclass(frozen=True)
class Target:
    """What a network is trained on: the mean of so many raters of one kind, or p itself where there are none.

    Parameters
    ----------
    name : str
        Its name in tables.
    rater : callable
        How a rater draws; those that the answers are scored against draw likewise.
    raters : int, optional
        How many draw at each step.
    """

    name: str
    rater: Rater
    raters: int | None

    def draw(self, p: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return targets for images of probability p."""
        if self.raters is None:
            return p
        outlines = [self.rater(p, rng) for _ in range(self.raters)]
        return np.mean(outlines, axis=0)


TARGETS = (
    Target("one rater, each cell by itself", independent_cells, 1),
    Target("one rater, the border as a whole", whole_border, 1),
    Target("mean of three raters", independent_cells, 3),
    Target("the probability itself", independent_cells, None),
)
