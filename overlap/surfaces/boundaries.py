"""Boundaries of masks as points of a lattice, and the nearest of one set of points to another.

Conventions
-----------
- Points are whole numbers: indices of cells, or of corners between cells. Distances are taken from their
  differences, so that they round alike wherever the masks lie.
- Only the box around both masks is looked at.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any, NamedTuple

import numpy as np

_RADIUS, _LOOKS = 5, 100
"""How far to look close by, in cells, and how often for each point before a tree is quicker."""

_HALF = 4
"""Of eight corners: a configuration with more inside is that of the rest, seen from the other side."""


class Boundary(NamedTuple):
    """Points of a boundary, shape (n, ndim), and for corners the configuration of the cells around."""

    points: np.ndarray
    codes: np.ndarray | None


def find(a: np.ndarray, b: np.ndarray, surface: str) -> tuple[Boundary, Boundary]:
    """Return the boundaries of two masks of one shape, in one lattice."""
    box = _box(a, b)
    trace = _cells if surface == "voxel" else _corners
    return trace(a[box]), trace(b[box])


def nearest(a: np.ndarray, b: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far each point of `a` is from `b`, and of `b` from `a`; infinite where there is none."""
    if not (len(a) and len(b)):
        return np.full(len(a), np.inf), np.full(len(b), np.inf)
    return _from_to(a, b, steps), _from_to(b, a, steps)


def areas(boundary: Boundary, steps: np.ndarray) -> np.ndarray | None:
    """Return the length or area of contour at each corner; None for cells, which have none."""
    if boundary.codes is None:
        return None
    table = _lengths(steps) if len(steps) == 2 else _areas(steps)
    found: np.ndarray = table[boundary.codes]
    return found


def _box(a: np.ndarray, b: np.ndarray) -> tuple[slice, ...]:
    box: tuple[slice, ...] = ()
    for axis in range(a.ndim):
        here: Any = (*box, ...)
        others = tuple(k for k in range(a.ndim) if k != axis)
        found = np.flatnonzero(a[here].any(axis=others) | b[here].any(axis=others))
        box += (slice(found[0], found[-1] + 1) if len(found) else slice(0, 0),)
    return box


def _cells(mask: np.ndarray) -> Boundary:
    inner = mask.copy()
    for axis in range(mask.ndim):
        x, y = np.moveaxis(inner, axis, 0), np.moveaxis(mask, axis, 0)
        x[1:] &= y[:-1]
        x[:-1] &= y[1:]
        x[:1] = x[-1:] = False
    edge = np.flatnonzero(mask ^ inner)
    return Boundary(np.stack(np.unravel_index(edge, mask.shape), axis=-1), None)


def _corners(mask: np.ndarray) -> Boundary:
    padded = np.pad(mask, 1).view(np.uint8)
    codes = np.zeros([n + 1 for n in mask.shape], np.uint8)
    for bit, corner in enumerate(product((0, 1), repeat=mask.ndim)):
        codes |= padded[tuple(slice(k, k + n) for k, n in zip(corner, codes.shape, strict=True))] << bit
    full = (1 << (1 << mask.ndim)) - 1
    edge = np.flatnonzero((codes != 0) & (codes != full))
    return Boundary(np.stack(np.unravel_index(edge, codes.shape), axis=-1), codes.ravel()[edge])


def _from_to(a: np.ndarray, b: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return how far the points of `a` are from `b`: first look close by, then ask a tree."""
    found, left = _close_by(a, b, steps)
    if len(left):
        from scipy.spatial import cKDTree

        tree = cKDTree(b * steps, balanced_tree=False, compact_nodes=False)
        _, at = tree.query(a[left] * steps)
        found[left] = _length(a[left] - b[at], steps)
    return found


def _close_by(a: np.ndarray, b: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Try the lattice's offsets from the shortest on: the first that hits is the nearest. Tell who is left."""
    offsets = _offsets(steps)
    reach = np.abs(offsets).max(axis=0)
    low = np.minimum(a.min(axis=0), b.min(axis=0)) - reach
    shape = np.maximum(a.max(axis=0), b.max(axis=0)) + reach - low + 1
    strides = np.append(np.cumprod(shape[:0:-1])[::-1], 1)
    there = np.zeros(np.prod(shape), bool)
    there[(b - low) @ strides] = True
    found, left, at, looks = np.full(len(a), np.inf), np.arange(len(a)), (a - low) @ strides, 0
    for jump, length in zip(offsets @ strides, _length(offsets, steps), strict=True):
        hit = there[at + jump]
        found[left[hit]] = length
        looks += len(left)
        left, at = left[~hit], at[~hit]
        if not len(left) or looks > _LOOKS * len(a):
            break
    return found, left


def _offsets(steps: np.ndarray) -> np.ndarray:
    """Return the offsets of a lattice within a few cells, the shortest first."""
    radius = _RADIUS * np.prod(steps) ** (1 / len(steps))
    sides = [np.arange(-n, n + 1) for n in (radius // steps).astype(int)]
    offsets = np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1).reshape(-1, len(steps))
    length = _length(offsets, steps)
    order = np.argsort(length, kind="stable")
    return offsets[order[: np.count_nonzero(length <= radius)]]


def _length(offsets: np.ndarray, steps: np.ndarray) -> np.ndarray:
    length: np.ndarray = np.sqrt(((offsets * steps) ** 2).sum(axis=-1))
    return length


def _lengths(steps: np.ndarray) -> np.ndarray:
    """Return the length of contour for each of the 16 squares."""
    table = np.zeros(16)
    diagonal = np.hypot(*steps) / 2
    for code in range(1, 15):
        inside = np.array([code >> bit & 1 for bit in range(4)]).reshape(2, 2)
        if inside.sum() != 2:
            table[code] = diagonal
        elif inside[0, 0] == inside[1, 1]:
            table[code] = 2 * diagonal
        else:
            table[code] = steps[0] if inside[0, 0] == inside[1, 0] else steps[1]
    return table


def _areas(steps: np.ndarray) -> np.ndarray:
    """Return the area of contour for each of the 256 cubes."""
    stretch = np.prod(steps) / steps
    return np.array([np.linalg.norm(normals * stretch, axis=-1).sum() for normals in _normals()])


@cache
def _normals() -> list[np.ndarray]:
    """Return the area vectors of the triangles that marching cubes puts into each of the 256 unit cubes."""
    from skimage import measure

    marching_cubes: Any = measure.marching_cubes
    normals = [np.zeros((0, 3))]
    for code in range(1, 255):
        inside = np.array([code >> bit & 1 for bit in range(8)], np.float32).reshape(2, 2, 2)
        vertices, faces, _, _ = marching_cubes(inside if inside.sum() <= _HALF else 1 - inside, 0.5, method="lorensen")
        corners = vertices[faces].astype(float)
        normals.append(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]) / 2)
    return [*normals, np.zeros((0, 3))]
