"""Surfaces made of flat pieces, triangles in space or lines in a plane, and how far one is from another.

Conventions
-----------
- A surface is looked at in the middle of each piece, which weighs the area of the piece (the length of a line), and at
  its corners, which weigh nothing: only the largest distance is taken from them.
- How far a point is from a surface is exact: it is that from the nearest point of the nearest piece.
"""

from __future__ import annotations

from itertools import chain
from typing import NamedTuple

import numpy as np

AT_ONCE = 1 << 10
"""How many points are looked at together."""

ROUNDING = 1e-12
"""Distances shorter than this part of the coordinates are those of equal places."""


class FlatPieces(NamedTuple):
    """Triangles (n, 3, 3) or lines (n, 2, 2) by their corners, and every corner once, (m, 3) or (m, 2)."""

    pieces: np.ndarray
    corners: np.ndarray


def nothing(ndim: int) -> FlatPieces:
    """Return a surface without pieces."""
    return FlatPieces(np.zeros((0, ndim, ndim)), np.zeros((0, ndim)))


def areas(pieces: np.ndarray) -> np.ndarray:
    """Return the area of each triangle, or the length of each line."""
    sides = pieces[:, 1:] - pieces[:, :1]
    area: np.ndarray
    if pieces.shape[1] == 2:
        area = np.linalg.norm(sides[:, 0], axis=-1)
    else:
        normal = np.cross(sides[:, 0], sides[:, 1])
        area = np.linalg.norm(normal, axis=-1) / 2
    return area


def weights(surface: FlatPieces) -> np.ndarray:
    """Return what each point of a surface weighs: the middles of the pieces, then the corners."""
    of_middles = areas(surface.pieces)
    of_corners = np.zeros(len(surface.corners))
    return np.concatenate([of_middles, of_corners])


def nearest(a: FlatPieces, b: FlatPieces) -> tuple[np.ndarray, np.ndarray]:
    """Return how far the points of each surface are from the other surface; infinite where there is none."""
    points_a = _points(a)
    points_b = _points(b)
    if not len(points_a) or not len(points_b):
        return np.full(len(points_a), np.inf), np.full(len(points_b), np.inf)
    shortest = ROUNDING * max(np.abs(points_a).max(), np.abs(points_b).max())
    a_to_b = _from_to(points_a, b.pieces)
    b_to_a = _from_to(points_b, a.pieces)
    a_to_b[a_to_b < shortest] = 0
    b_to_a[b_to_a < shortest] = 0
    return a_to_b, b_to_a


def _points(surface: FlatPieces) -> np.ndarray:
    middles = surface.pieces.mean(axis=1)
    return np.concatenate([middles, surface.corners])


def _from_to(points: np.ndarray, pieces: np.ndarray) -> np.ndarray:
    """Return how far points are from the nearest of some pieces.

    The piece whose middle is nearest gives a bound. Only pieces may be nearer that reach below it.
    """
    from scipy.spatial import cKDTree

    middles = pieces.mean(axis=1)
    to_corners = np.linalg.norm(pieces - middles[:, None], axis=-1)
    reach = to_corners.max(axis=1)
    normals = _unit_normals(pieces)
    of_all = cKDTree(middles)
    classes = [(members, cKDTree(middles[members])) for members in _alike(reach)]
    distance = np.empty(len(points))
    for start in range(0, len(points), AT_ONCE):
        some = points[start : start + AT_ONCE]
        _, first = of_all.query(some)
        shortest = _to_pieces(some, pieces[first])
        for members, tree in classes:
            around = tree.query_ball_point(some, shortest + reach[members].max())
            i, k = _pairs(around)
            j = members[k]
            least = _least(some[i] - middles[j], normals[j], reach[j])
            may_be_nearer = least < shortest[i]
            i = i[may_be_nearer]
            j = j[may_be_nearer]
            np.minimum.at(shortest, i, _to_pieces(some[i], pieces[j]))
        distance[start : start + AT_ONCE] = shortest
    return distance


def _alike(reach: np.ndarray) -> list[np.ndarray]:
    """Return the pieces in classes of about one reach: a few long ones would draw the circle for all too wide."""
    longest = reach.max()
    number = np.digitize(reach, [longest / 4, longest / 2])
    classes = [np.flatnonzero(number == k) for k in range(3)]
    return [members for members in classes if len(members)]


def _unit_normals(pieces: np.ndarray) -> np.ndarray:
    """Return the direction in which each piece has no extent; zeros where it has no area."""
    side = pieces[:, 1] - pieces[:, 0]
    if pieces.shape[1] == 2:
        normal = np.stack([-side[:, 1], side[:, 0]], axis=-1)
    else:
        normal = np.cross(side, pieces[:, 2] - pieces[:, 0])
    length = np.linalg.norm(normal, axis=-1, keepdims=True)
    unit: np.ndarray = normal / np.where(length > 0, length, 1)
    return unit


def _pairs(lists: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return lists of neighbours as pairs: whose list it is, and the neighbour."""
    lengths = np.array([len(one) for one in lists])
    owner = np.repeat(np.arange(len(lists)), lengths)
    neighbour = np.fromiter(chain.from_iterable(lists), np.intp, lengths.sum())
    return owner, neighbour


def _least(from_middle: np.ndarray, normal: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Return a bound of the distance of points to pieces: each lies in its plane, within reach of its middle."""
    above = _dot(from_middle, normal)
    aside = np.sqrt(np.maximum(_dot(from_middle, from_middle) - above**2, 0))
    beyond = np.maximum(aside - reach, 0)
    least: np.ndarray = np.sqrt(above**2 + beyond**2)
    return least


def _to_pieces(p: np.ndarray, pieces: np.ndarray) -> np.ndarray:
    """Return the distance of each point (n, ndim) to its piece."""
    if pieces.shape[1] == 2:
        return _to_side(p - pieces[:, 0], pieces[:, 1] - pieces[:, 0])
    return _to_triangles(p, pieces)


def _to_triangles(p: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Return the distance of points (n, 3) to triangles (n, 3, 3).

    Over a triangle a point is as far as from its plane, elsewhere as from its nearest side.
    """
    a = triangles[..., 0, :]
    b = triangles[..., 1, :]
    c = triangles[..., 2, :]
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
    """Return the distance of points to lines from 0 to `side`."""
    square = _dot(side, side)
    share = _dot(p, side) / np.where(square > 0, square, 1)
    share = np.clip(share, 0, 1)
    distance: np.ndarray = np.linalg.norm(p - share[..., None] * side, axis=-1)
    return distance


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    product: np.ndarray = np.einsum("...i,...i->...", a, b)
    return product
