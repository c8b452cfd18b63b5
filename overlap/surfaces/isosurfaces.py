"""Level surfaces of soft masks: triangles in three dimensions, lines in two.

Conventions
-----------
- Cells are points with the mask's value, outside the grid it is 0; between them the value is interpolated (marching
  cubes, marching squares). A hard mask is 0 and 1: its surface lies midway.
- Across slices that are thicker than a cell is wide, a value is the share of the slice that is inside: see `unclipped`.
- A cell whose value is the level is inside, as it is where masks are cut (``value >= level``). The surface runs
  through it, or around it by a hair.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .pieces import FlatPieces, nothing

HAIR = 1e-6
"""How far below the level the surface lies, as a part of it, so that cells of just this value are inside."""

THICK = 1.1
"""How much thicker than a cell is wide a slice is, to be called thick."""


def level_surface(mask: np.ndarray, level: float, steps: np.ndarray) -> FlatPieces:
    """Return the level surface of a mask; without pieces if the mask does not reach the level."""
    inside = np.argwhere(mask >= level)
    if not len(inside):
        return nothing(mask.ndim)
    # two more cells on each side, where the image has them, then a frame of the value outside
    low = np.maximum(inside.min(axis=0) - 2, 0)
    high = inside.max(axis=0) + 3
    box = tuple(slice(start, stop) for start, stop in zip(low, high, strict=True))
    values = mask[box].astype(np.float64)
    field = np.pad(values, 1)
    below = level * (1 - HAIR)
    axis = thick_axis(steps)
    if axis is not None and mask.dtype != bool:
        field = unclipped(field, below, axis)
    trace = _lines if mask.ndim == 2 else _triangles
    vertices, faces = trace(field, below)
    placed = (vertices + (low - 1)) * steps
    return FlatPieces(placed[faces], placed)


def thick_axis(steps: np.ndarray) -> int | None:
    """Return the axis along which cells are longer than along any other, if there is one.

    Examples
    --------
    >>> thick_axis(np.array([0.5, 0.5, 5.0])), thick_axis(np.array([1.0, 1.0, 1.0]))
    (2, None)
    """
    order = np.argsort(steps)
    if steps[order[-1]] < THICK * steps[order[-2]]:
        return None
    return int(order[-1])


def unclipped(field: np.ndarray, level: float, axis: int) -> np.ndarray:
    """Return a field whose empty and full cells continue the shares of the cells beside them.

    A slice of which a share v is full, between a full slice and an empty one, has its surface v of its thickness above
    its lower face, and v − 1/2 above its middle. The share of the empty slice is cut off at 0: the line from v to v − 1
    crosses 1/2 there, the line from v to 0 farther out, by up to 0.09 of the thickness. The same holds below, from v to
    v + 1. So an empty (full) cell is given this value where the surface lies between it and its neighbour, and the
    values fall (rise) towards it.

    Parameters
    ----------
    field : array
        Shares in [0, 1], 0 at its rim.
    level : float
        Where the surface is.
    axis : int
        Across the slices.

    Returns
    -------
    array
        Shares as they are, and values below 0 and above 1.

    Examples
    --------
    >>> unclipped(np.array([0.0, 1.0, 0.75, 0.0, 0.0]), 0.5, 0)
    array([ 0.  ,  1.  ,  0.75, -0.25,  0.  ])
    """
    shares = np.moveaxis(field, axis, 0)
    continued = shares.copy()
    upwards = slice(None)
    downwards = slice(None, None, -1)
    for way in (upwards, downwards):
        before = shares[way][:-2]
        beside = shares[way][1:-1]
        cell = shares[way][2:]
        of_cell = continued[way][2:]
        falls = (cell <= 0) & (beside >= level) & (before > beside)
        of_cell[falls] = np.minimum(of_cell[falls], beside[falls] - 1)
        rises = (cell >= 1) & (beside < level) & (before < beside)
        of_cell[rises] = np.maximum(of_cell[rises], beside[rises] + 1)
    return np.moveaxis(continued, 0, axis)


def _triangles(field: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the vertices of a level surface in space, and the three of each triangle."""
    from skimage import measure

    marching_cubes: Any = measure.marching_cubes
    vertices, faces, _, _ = marching_cubes(field, level, allow_degenerate=False)
    return vertices.astype(float), faces


def _lines(field: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the vertices of a level line in a plane, and the two of each piece."""
    from skimage import measure

    find_contours: Any = measure.find_contours
    contours = find_contours(field, level)
    vertices = np.concatenate(contours)
    lengths = [len(contour) for contour in contours]
    last = np.cumsum(lengths) - 1
    # each vertex begins a line, but the last of its contour
    start = np.delete(np.arange(len(vertices)), last)
    lines = np.stack([start, start + 1], axis=-1)
    return vertices, lines
