"""Boxes and grids: `overlap.boxes.rasterize`.

Conventions
-----------
- A grid is the cell centres along each axis of the box, (x, y, z); the arrays drawn on it have x along the last axis,
  (z, y, x), as those of `overlap.polygons` have.
- What a cell shares with a box is a product over the axes. Along one axis it is the length of the box up to the cell's
  right edge, less that up to its left edge. So neighbours share nothing and leave nothing out, a cell within the box
  has exactly 1, and one outside exactly 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import mul
from types import ModuleType

import array_api_compat as compat
from numpy.typing import ArrayLike

from .._arrays import Array, SameArray, bounded, is_compiling
from .._grids import ROUNDING, EvenAxis, even_axis
from .arrays import Interval, Period, intervals, read, read_periods


def rasterize(box: SameArray, grid: Sequence[ArrayLike], *, period: Period | None = None) -> SameArray:
    """Draw boxes on a grid: the exact share of each cell's length, area or volume, a soft mask.

    Parameters
    ----------
    box : array (..., 2d)
        Boxes lo|hi. Each is drawn on its own grid.
    grid : (x, y, ...)
        Evenly spaced cell centres along each of the d axes, ascending or descending; ``(x,)`` on the line.
    period : sequence of d numbers or None, optional
        Length after which each axis repeats; None for an axis that does not. Boxes then wrap onto the grid, which
        must not exceed one period.

    Returns
    -------
    array
        Shape ``box.shape[:-1] + (..., len(y), len(x))``, in [0, 1]: exactly 0 outside and exactly 1 inside. Times the
        size of a cell, the shares add to the size of the box, if the grid holds it. Torch's gradients flow to the box;
        where it ends between two cells, the slope is halfway between those on both sides.

    Raises
    ------
    ValueError
        If the grid is uneven, too short, longer than the period or not one of d axes, or a box is malformed (hi < lo,
        NaN or infinite) where values may be looked at; elsewhere such a box is NaN on its grid.

    See Also
    --------
    overlap.raster.measure : Measure how two masks on one grid overlap.
    overlap.polygons.rasterize : Draw polygons on a grid.

    Examples
    --------
    >>> import numpy as np
    >>> rasterize(np.array([0.5, 0.0, 3.0, 1.5]), (np.arange(4), np.arange(3)))
    array([[0.  , 0.5 , 0.5 , 0.25],
           [0.  , 1.  , 1.  , 0.5 ],
           [0.  , 0.  , 0.  , 0.  ]])
    """
    operation = "boxes.rasterize"
    (box,), xp = read(operation, box=box)
    sides = intervals(box)
    d = len(sides)
    axes = _read_grid(operation, grid, d)
    periods = read_periods(operation, period, box)
    shares = []
    for k in range(d):
        share = _shares(operation, sides[k], axes[k], periods[k], xp)
        shares.append(_placed(share, k, d, xp))
    return reduce(mul, shares)


def _read_grid(operation: str, grid: Sequence[ArrayLike], d: int) -> list[EvenAxis]:
    if len(grid) != d:
        raise ValueError(
            f"{operation}: grid must hold the cell centres along each of the {d} axes of the box, got {len(grid)} "
            "arrays; on the line pass (x,), in the plane (x, y)"
        )
    return [even_axis(f"{operation}: grid[{k}]", centres) for k, centres in enumerate(grid)]


def _shares(operation: str, side: Interval, axis: EvenAxis, period: float | None, xp: ModuleType) -> Array:
    """Return the share of each cell of an axis (..., n) that lies in an interval (...)."""
    lo, hi = side
    edges = xp.asarray(axis.edges, dtype=lo.dtype, device=compat.device(lo))
    left = xp.minimum(edges[:-1], edges[1:])
    right = xp.maximum(edges[:-1], edges[1:])
    width = right - left
    if period is None:
        return _covered(lo, hi, left, right, xp) / width
    if not is_compiling() and axis.span > period * (1 + ROUNDING):
        raise ValueError(f"{operation}: the grid spans {axis.span:g}, more than the period; drop the repeated cells")
    # begin within one period of the grid's first edge: what reaches past its end has come round
    turns = xp.floor((lo - xp.min(left)) / period)
    lo = lo - turns * period
    hi = hi - turns * period
    hi = xp.where(hi - lo > period, lo + period, hi)
    ahead = _covered(lo, hi, left, right, xp)
    come_round = _covered(lo - period, hi - period, left, right, xp)
    return bounded(ahead + come_round, width, width, xp) / width


def _covered(lo: Array, hi: Array, left: Array, right: Array, xp: ModuleType) -> Array:
    """Return the length that intervals (...) share with cells (n,): (..., n)."""
    lo = lo[..., None]
    hi = hi[..., None]
    up_to_left = xp.minimum(xp.maximum(left, lo), hi)
    up_to_right = xp.minimum(xp.maximum(right, lo), hi)
    return up_to_right - up_to_left


def _placed(share: Array, k: int, d: int, xp: ModuleType) -> Array:
    """Return shares along axis k (..., n) as an array of d axes of cells, the first axis last."""
    cells = [1] * d
    cells[d - 1 - k] = share.shape[-1]
    return xp.reshape(share, (*share.shape[:-1], *cells))
