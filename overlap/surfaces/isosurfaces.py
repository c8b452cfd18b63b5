"""Level surfaces of soft masks: triangles in three dimensions, lines in two.

Conventions
-----------
- Cells are points with the mask's value, outside the grid it is 0; between them the value is interpolated (marching
  cubes, marching squares). A hard mask is 0 and 1: its surface lies midway.
- A cell whose value is the level is inside, as it is where masks are cut (``value >= level``). The surface runs
  through it, or around it by a hair.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .pieces import FlatPieces, nothing

HAIR = 1e-6
"""How far below the level the surface lies, as a part of it, so that cells of just this value are inside."""


def level_surface(mask: np.ndarray, level: float, steps: np.ndarray) -> FlatPieces:
    """Return the level surface of a mask; without pieces if the mask does not reach the level."""
    inside = np.argwhere(mask >= level)
    if not len(inside):
        return nothing(mask.ndim)
    # one more cell on each side, where the image has it, then a frame of the value outside
    low = np.maximum(inside.min(axis=0) - 1, 0)
    high = inside.max(axis=0) + 2
    box = tuple(slice(start, stop) for start, stop in zip(low, high, strict=True))
    values = mask[box].astype(np.float64)
    field = np.pad(values, 1)
    trace = _lines if mask.ndim == 2 else _triangles
    vertices, faces = trace(field, level * (1 - HAIR))
    placed = (vertices + (low - 1)) * steps
    return FlatPieces(placed[faces], placed)


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
