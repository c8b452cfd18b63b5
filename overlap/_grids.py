"""Grids of evenly spaced cells, as polygons and boxes are drawn on them.

Conventions
-----------
- An axis is given by the centres of its cells, ascending or descending; a cell reaches half a step to either side.
- Along a periodic axis a grid spans one period at most.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._arrays import is_compiling

ROUNDING = 1e-6
"""How much longer or shorter than a period a grid may be by rounding, relative to it."""


class EvenAxis(NamedTuple):
    """The first centre, the step (negative where the axis descends) and the number of cells."""

    first: float
    step: float
    size: int

    @property
    def span(self) -> float:
        """Length from the outer edge of the first cell to that of the last."""
        return abs(self.step) * self.size

    @property
    def edges(self) -> NDArray[np.float64]:
        """Where cells begin and end, (size + 1,), in the order of the centres: neighbours share an edge."""
        steps = np.arange(self.size + 1, dtype=np.float64) - 0.5
        edges: NDArray[np.float64] = self.first + self.step * steps
        return edges


def even_axis(name: str, centres: ArrayLike) -> EvenAxis:
    """Read evenly spaced cell centres; under ``torch.compile`` they are not looked at.

    Examples
    --------
    >>> even_axis("grid x", [0.5, 1.5, 2.5])
    EvenAxis(first=0.5, step=1.0, size=3)
    """
    x = np.asarray(centres, dtype=np.float64)
    if x.ndim != 1 or x.size < 2:
        raise ValueError(f"{name} must be a 1-D array of two or more cell centres, got shape {x.shape}")
    step = (x[-1] - x[0]) / (x.size - 1)
    if is_compiling():
        return EvenAxis(x[0], step, x.size)
    is_step = step != 0 and np.isfinite(step)
    is_even = is_step and np.all(np.abs(np.diff(x) - step) <= 1e-3 * abs(step))
    if not is_even:
        raise ValueError(f"{name} must be evenly spaced cell centres; resample, or use one grid per spacing")
    return EvenAxis(float(x[0]), float(step), x.size)
