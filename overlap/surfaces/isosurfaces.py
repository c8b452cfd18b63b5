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

NEAREST = 12
"""How many triangles, by their centres, may be the nearest."""

ROUNDING = 1e-12
"""Distances shorter than this part of the coordinates are those of equal places."""

AT_ONCE = 1 << 16
"""How many points are looked at together."""


def triangles(mask: np.ndarray, level: float, steps: np.ndarray) -> np.ndarray:
    """Return the triangles of the level surface, shape (n, 3, 3); none if the mask does not rise above it."""
    from skimage import measure

    above = np.argwhere(mask > level)
    if not len(above):
        return np.zeros((0, 3, 3))
    # one more cell on each side, where the image has it, then a frame of the value outside
    low = np.maximum(above.min(axis=0) - 1, 0)
    high = above.max(axis=0) + 2
    box = tuple(slice(start, stop) for start, stop in zip(low, high, strict=True))
    field = np.pad(mask[box].astype(np.float64), 1)
    marching_cubes: Any = measure.marching_cubes
    vertices, faces, _, _ = marching_cubes(field, level, allow_degenerate=False)
    cells = vertices.astype(float) + (low - 1)
    placed: np.ndarray = cells[faces] * steps
    return placed


def areas(surface: np.ndarray) -> np.ndarray:
    """Return the area of each triangle."""
    a = surface[:, 0]
    b = surface[:, 1]
    c = surface[:, 2]
    normal = np.cross(b - a, c - a)
    area: np.ndarray = np.linalg.norm(normal, axis=-1) / 2
    return area


def nearest(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far the triangles of each surface are from the other; infinite where there is none."""
    if not len(a) or not len(b):
        return np.full(len(a), np.inf), np.full(len(b), np.inf)
    return _from_to(a, b), _from_to(b, a)


def _from_to(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return how far the centres of triangles of `a` are from the triangles of `b`."""
    from scipy.spatial import cKDTree

    centres = a.mean(axis=1)
    tree = cKDTree(b.mean(axis=1))
    # a list, so that one neighbour has an axis too
    ranks = np.arange(1, min(NEAREST, len(b)) + 1)
    shortest = ROUNDING * max(np.abs(a).max(), np.abs(b).max())
    distances = []
    for start in range(0, len(centres), AT_ONCE):
        points = centres[start : start + AT_ONCE]
        _, index = tree.query(points, ranks)
        to_each = _to_triangles(points[:, None], b[index])
        distances.append(to_each.min(axis=1))
    distance = np.concatenate(distances)
    return np.where(distance < shortest, 0.0, distance)


def _to_triangles(p: np.ndarray, surface: np.ndarray) -> np.ndarray:
    """Return the distance of points (n, 1, 3) to triangles (n, k, 3, 3).

    Over a triangle a point is as far as from its plane, elsewhere as from its nearest side.
    """
    a = surface[..., 0, :]
    b = surface[..., 1, :]
    c = surface[..., 2, :]
    ab = b - a
    bc = c - b
    ca = a - c
    normal = np.cross(ab, -ca)
    size = np.linalg.norm(normal, axis=-1)
    has_area = size > 0

    left_of_ab = _dot(np.cross(ab, p - a), normal) >= 0
    left_of_bc = _dot(np.cross(bc, p - b), normal) >= 0
    left_of_ca = _dot(np.cross(ca, p - c), normal) >= 0
    is_over = left_of_ab & left_of_bc & left_of_ca & has_area
    to_plane = np.abs(_dot(p - a, normal)) / np.where(has_area, size, 1)

    to_ab = _to_side(p - a, ab)
    to_bc = _to_side(p - b, bc)
    to_ca = _to_side(p - c, ca)
    to_sides = np.minimum(np.minimum(to_ab, to_bc), to_ca)
    distance: np.ndarray = np.where(is_over, to_plane, to_sides)
    return distance


def _to_side(p: np.ndarray, side: np.ndarray) -> np.ndarray:
    """Return the distance of points to segments from 0 to `side`."""
    square = _dot(side, side)
    share = _dot(p, side) / np.where(square > 0, square, 1)
    share = np.clip(share, 0, 1)
    distance: np.ndarray = np.linalg.norm(p - share[..., None] * side, axis=-1)
    return distance


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    product: np.ndarray = (a * b).sum(axis=-1)
    return product
