"""Level surfaces of soft masks as triangles, and how far one is from another.

Conventions
-----------
- Cells are points with the mask's value, outside the grid it is 0; between them the value is interpolated (marching
  cubes). A hard mask is 0 and 1: its surface lies midway.
- A triangle counts with its centre and its area. Its distance to the other surface is that to the nearest point of
  the nearest triangles, not only to their corners.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_NEAREST, _AT_ONCE = 12, 1 << 16
"""How many triangles, by their centres, may be the nearest; how many points are looked at together."""


def triangles(mask: np.ndarray, level: float, steps: np.ndarray) -> np.ndarray:
    """Return the triangles of the level surface, shape (n, 3, 3); none if the mask does not rise above it."""
    from skimage import measure

    high = np.argwhere(mask > level)
    if not len(high):
        return np.zeros((0, 3, 3))
    low = high.min(axis=0)
    box = tuple(slice(max(start - 1, 0), stop + 2) for start, stop in zip(low, high.max(axis=0), strict=True))
    marching_cubes: Any = measure.marching_cubes
    field = np.pad(mask[box].astype(np.float64), 1)
    vertices, faces, _, _ = marching_cubes(field, level, allow_degenerate=False)
    origin = np.maximum(low - 1, 0) - 1
    placed: np.ndarray = (vertices.astype(float) + origin)[faces] * steps
    return placed


def areas(surface: np.ndarray) -> np.ndarray:
    """Return the area of each triangle."""
    a, b, c = np.moveaxis(surface, 1, 0)
    found: np.ndarray = np.linalg.norm(np.cross(b - a, c - a), axis=-1) / 2
    return found


def nearest(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far the triangles of each surface are from the other; infinite where there is none."""
    if not (len(a) and len(b)):
        return np.full(len(a), np.inf), np.full(len(b), np.inf)
    return _from_to(a, b), _from_to(b, a)


def _from_to(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    from scipy.spatial import cKDTree

    centres, tree = a.mean(axis=1), cKDTree(b.mean(axis=1))
    count = np.arange(1, min(_NEAREST, len(b)) + 1)
    parts = np.array_split(centres, -(-len(centres) // _AT_ONCE))
    return np.concatenate([_to_triangles(p[:, None], b[tree.query(p, count)[1]]).min(axis=1) for p in parts])


def _to_triangles(p: np.ndarray, surface: np.ndarray) -> np.ndarray:
    """Return the distance of points (n, 1, 3) to triangles (n, k, 3, 3)."""
    corners = [surface[..., k, :] for k in range(3)]
    sides = [(corners[k], corners[(k + 1) % 3] - corners[k]) for k in range(3)]
    normal = np.cross(sides[0][1], -sides[2][1])
    size = np.linalg.norm(normal, axis=-1)
    inside = np.all([_dot(np.cross(side, p - corner), normal) >= 0 for corner, side in sides], axis=0)
    height = np.abs(_dot(p - corners[0], normal)) / np.where(size > 0, size, 1)
    rim = np.min([_to_side(p - corner, side) for corner, side in sides], axis=0)
    found: np.ndarray = np.where(inside & (size > 0), height, rim)
    return found


def _to_side(p: np.ndarray, side: np.ndarray) -> np.ndarray:
    long = _dot(side, side)
    along = np.clip(_dot(p, side) / np.where(long > 0, long, 1), 0, 1)
    found: np.ndarray = np.linalg.norm(p - along[..., None] * side, axis=-1)
    return found


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    found: np.ndarray = (a * b).sum(axis=-1)
    return found
