"""Boundaries of masks as points of a lattice, and the nearest of one set of points to another.

Conventions
-----------
- Points are whole numbers: indices of cells, or of corners between cells. Distances are taken from their
  differences, so that they round alike wherever the masks lie.
- The configuration of a corner is a number with one bit for each cell around it, in C order: set if the cell is in the
  mask.
- Only the box around both masks is looked at.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any, NamedTuple

import numpy as np

RADIUS = 5
"""How far to look close by, in cells."""

LOOKS = 100
"""How often to look close by for each point, before a tree is quicker."""

HALF = 4
"""Of eight corners: a configuration with more inside is that of the rest, seen from the other side."""


class Boundary(NamedTuple):
    """Points of a boundary, shape (n, ndim), and for corners the configuration of the cells around."""

    points: np.ndarray
    codes: np.ndarray | None


def find(a: np.ndarray, b: np.ndarray, surface: str) -> tuple[Boundary, Boundary]:
    """Return the boundaries of two masks of one shape, in one lattice."""
    box = box_around(a, b)
    if surface == "voxel":
        return _cells(a[box]), _cells(b[box])
    if surface == "contour":
        wider = _with_rim(box, a.shape)
        return _touching(a[wider]), _touching(b[wider])
    return _corners(a[box]), _corners(b[box])


def nearest(a: np.ndarray, b: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far each point of `a` is from `b`, and of `b` from `a`; infinite where there is none."""
    if not len(a) or not len(b):
        return np.full(len(a), np.inf), np.full(len(b), np.inf)
    return _from_to(a, b, steps), _from_to(b, a, steps)


def areas(boundary: Boundary, steps: np.ndarray) -> np.ndarray | None:
    """Return the length or area of contour at each corner; None for cells, which have none."""
    if boundary.codes is None:
        return None
    table = _lengths(steps) if len(steps) == 2 else _areas(steps)
    contour: np.ndarray = table[boundary.codes]
    return contour


def box_around(a: np.ndarray, b: np.ndarray) -> tuple[slice, ...]:
    """Return the smallest box around two masks."""
    box: tuple[slice, ...] = ()
    for axis in range(a.ndim):
        within: Any = (*box, ...)
        others = tuple(k for k in range(a.ndim) if k != axis)
        in_a = a[within].any(axis=others)
        in_b = b[within].any(axis=others)
        occupied = np.flatnonzero(in_a | in_b)
        if not len(occupied):
            return (slice(0, 0),) * a.ndim
        box += (slice(occupied[0], occupied[-1] + 1),)
    return box


def _with_rim(box: tuple[slice, ...], shape: tuple[int, ...]) -> tuple[slice, ...]:
    """Return a box with one more cell on each side, where the image has it."""
    return tuple(slice(max(side.start - 1, 0), min(side.stop + 1, n)) for side, n in zip(box, shape, strict=True))


def edge_cells(mask: np.ndarray) -> np.ndarray:
    """Return where the cells of a mask are that miss a face neighbour in it."""
    inner = mask.copy()
    for axis in range(mask.ndim):
        # views with this axis in front
        inner_cells = np.moveaxis(inner, axis, 0)
        cells = np.moveaxis(mask, axis, 0)
        inner_cells[1:] &= cells[:-1]
        inner_cells[:-1] &= cells[1:]
        inner_cells[:1] = False
        inner_cells[-1:] = False
    edge: np.ndarray = mask ^ inner
    return edge


def _cells(mask: np.ndarray) -> Boundary:
    """Return the cells of a mask that miss a face neighbour in it."""
    return _boundary_of(edge_cells(mask))


def _touching(mask: np.ndarray) -> Boundary:
    """Return the cells of a mask that touch one outside of it, by a corner too; beyond the image there is nothing."""
    inner = mask.copy()
    for axis in range(mask.ndim):
        inner_cells = np.moveaxis(inner, axis, 0)
        # what was taken off along the axes before counts: so corners do
        cells = inner_cells.copy()
        inner_cells[1:] &= cells[:-1]
        inner_cells[:-1] &= cells[1:]
    return _boundary_of(mask ^ inner)


def _boundary_of(edge: np.ndarray) -> Boundary:
    """Return the cells of an image as a boundary."""
    points = np.stack(np.unravel_index(np.flatnonzero(edge), edge.shape), axis=-1)
    return Boundary(points, None)


def _corners(mask: np.ndarray) -> Boundary:
    """Return the corners between cells that are not all alike."""
    padded = np.pad(mask, 1).view(np.uint8)
    shape = [n + 1 for n in mask.shape]
    codes = np.zeros(shape, np.uint8)
    for bit, corner in enumerate(product((0, 1), repeat=mask.ndim)):
        around = tuple(slice(k, k + n) for k, n in zip(corner, shape, strict=True))
        codes |= padded[around] << bit
    full = 2 ** (2**mask.ndim) - 1
    edge = np.flatnonzero((codes != 0) & (codes != full))
    points = np.stack(np.unravel_index(edge, shape), axis=-1)
    return Boundary(points, codes.ravel()[edge])


def _from_to(a: np.ndarray, b: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return how far the points of `a` are from `b`: first look close by, then in a tree."""
    distance, left = _close_by(a, b, steps)
    if not len(left):
        return distance
    from scipy.spatial import cKDTree

    tree = cKDTree(b * steps, balanced_tree=False, compact_nodes=False)
    _, index = tree.query(a[left] * steps)
    distance[left] = _length(a[left] - b[index], steps)
    return distance


def _close_by(a: np.ndarray, b: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far the points of `a` are from `b`, and the indices of those that have nothing close by.

    The lattice's offsets are tried from the shortest on: the first that meets a point of `b` is the nearest.
    """
    offsets = _offsets(steps)
    reach = np.abs(offsets).max(axis=0)
    low = np.minimum(a.min(axis=0), b.min(axis=0)) - reach
    high = np.maximum(a.max(axis=0), b.max(axis=0)) + reach
    shape = high - low + 1

    # a flat image of where `b` is, in which an offset is one number
    strides = np.append(np.cumprod(shape[:0:-1])[::-1], 1)
    is_b = np.zeros(np.prod(shape), bool)
    is_b[(b - low) @ strides] = True
    jumps = offsets @ strides
    lengths = _length(offsets, steps)

    distance = np.full(len(a), np.inf)
    left = np.arange(len(a))
    place = (a - low) @ strides
    looks = 0
    for jump, length in zip(jumps, lengths, strict=True):
        hits = is_b[place + jump]
        distance[left[hits]] = length
        looks += len(left)
        left = left[~hits]
        place = place[~hits]
        if not len(left) or looks > LOOKS * len(a):
            break
    return distance, left


def _offsets(steps: np.ndarray) -> np.ndarray:
    """Return the offsets of a lattice within a few cells, the shortest first."""
    mean_step = np.prod(steps) ** (1 / len(steps))
    radius = RADIUS * mean_step
    reach = (radius // steps).astype(int)
    sides = [np.arange(-n, n + 1) for n in reach]
    grid = np.meshgrid(*sides, indexing="ij")
    offsets = np.stack(grid, axis=-1).reshape(-1, len(steps))
    length = _length(offsets, steps)
    order = np.argsort(length, kind="stable")
    n_near = np.count_nonzero(length <= radius)
    return offsets[order[:n_near]]


def _length(offsets: np.ndarray, steps: np.ndarray) -> np.ndarray:
    squares = (offsets * steps) ** 2
    length: np.ndarray = np.sqrt(squares.sum(axis=-1))
    return length


def _cells_around(code: int, ndim: int) -> np.ndarray:
    """Return which cells around a corner are in the mask, 0 or 1, shape (2,) * ndim."""
    bits = [code >> bit & 1 for bit in range(2**ndim)]
    return np.array(bits).reshape((2,) * ndim)


def _lengths(steps: np.ndarray) -> np.ndarray:
    """Return the length of contour for each of the 16 squares."""
    table = np.zeros(16)
    half_diagonal = np.hypot(*steps) / 2
    for code in range(1, 15):
        inside = _cells_around(code, 2)
        if inside.sum() != 2:
            table[code] = half_diagonal
        elif inside[0, 0] == inside[1, 1]:
            # two cells that touch at the corner only: cut off one by one
            table[code] = 2 * half_diagonal
        elif inside[0, 0] == inside[1, 0]:
            table[code] = steps[0]
        else:
            table[code] = steps[1]
    return table


def _areas(steps: np.ndarray) -> np.ndarray:
    """Return the area of contour for each of the 256 cubes."""
    # the components of an area vector are areas across the other two axes
    stretch = np.prod(steps) / steps
    table = np.zeros(256)
    for code, normals in enumerate(_normals()):
        table[code] = np.linalg.norm(normals * stretch, axis=-1).sum()
    return table


@cache
def _normals() -> list[np.ndarray]:
    """Return the area vectors of the triangles that marching cubes puts into each of the 256 unit cubes."""
    from skimage import measure

    marching_cubes: Any = measure.marching_cubes
    nothing = np.zeros((0, 3))
    table = [nothing]
    for code in range(1, 255):
        inside = _cells_around(code, 3).astype(np.float32)
        if inside.sum() > HALF:
            inside = 1 - inside
        vertices, faces, _, _ = marching_cubes(inside, 0.5, method="lorensen")
        triangles = vertices[faces].astype(float)
        side_1 = triangles[:, 1] - triangles[:, 0]
        side_2 = triangles[:, 2] - triangles[:, 0]
        table.append(np.cross(side_1, side_2) / 2)
    table.append(nothing)
    return table
