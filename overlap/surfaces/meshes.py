"""Distances between two meshes: `overlap.surfaces.mesh_distances`."""

from __future__ import annotations

from math import nan

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import numbers_on_host
from .._checks import check_real
from ..indices import EmptyPolicy
from .pieces import FlatPieces, nearest, nothing, weights
from .scores import Definition, SurfaceDistances

Mesh = tuple[ArrayLike, ArrayLike]

DEFINITION = Definition("mesh", "max", "area")

FINENESS = 50
"""How many pieces there are at least along the diagonal of both meshes, if no resolution is asked for."""


def mesh_distances(
    a: Mesh,
    b: Mesh,
    *,
    resolution: float | None = None,
    empty: float | EmptyPolicy = nan,
) -> SurfaceDistances:
    """Measure how far two meshes are from each other: triangles in space, or lines in a plane.

    The distance from a point to the other mesh is exact. Each mesh is looked at in the middle of its pieces, which
    weigh their area (lines: their length), and at its vertices, which weigh nothing; pieces that are longer than the
    resolution are divided before.

    Parameters
    ----------
    a, b : tuple of two array_like
        ``(vertices, faces)``: points (n, 3) and the three of each triangle, (m, 3), whole numbers from 0; or points
        (n, 2) and the two of each line, (m, 2). Neither needs to be closed, nor to be oriented.
    resolution : float, optional
        The longest side of a piece, in the unit of the vertices; by default a fiftieth of the diagonal of the box
        around both meshes.
    empty : float or EmptyPolicy
        Value of a distance where both meshes have no face; a policy also replaces infinity where one has none.

    Returns
    -------
    SurfaceDistances

    Raises
    ------
    TypeError
        If vertices or faces are no numbers.
    ValueError
        If shapes do not fit, a face names a vertex that is not there, or the resolution is not > 0.

    See Also
    --------
    distances : Measure how far the boundaries of two masks are from each other.

    Notes
    -----
    The mean over a surface is the integral over it, divided by its area, as Heimann et al. (2009) write for surfaces
    without thickness.

    Examples
    --------
    Two squares, one inside the other: a corner of the outer one is √2 from the inner one.

    >>> square = np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])
    >>> sides = [[0, 1], [1, 2], [2, 3], [3, 0]]
    >>> d = mesh_distances((2 * square, sides), (square, sides))
    >>> round(d.hausdorff(), 4), round(d.masd(), 3)
    (1.4142, 1.037)
    """
    operation = "surfaces.mesh_distances"
    mesh_a = _read(operation, "a", a)
    mesh_b = _read(operation, "b", b)
    if mesh_a.corners.shape[1] != mesh_b.corners.shape[1]:
        raise ValueError(
            f"{operation}: a lies in {mesh_a.corners.shape[1]} dimensions and b in {mesh_b.corners.shape[1]}: pass "
            "two meshes in space, or two in a plane"
        )
    longest = _longest_side(operation, resolution, mesh_a, mesh_b)
    fine_a = FlatPieces(divided(mesh_a.pieces, longest), mesh_a.corners)
    fine_b = FlatPieces(divided(mesh_b.pieces, longest), mesh_b.corners)
    a_to_b, b_to_a = nearest(fine_a, fine_b)
    area_a = weights(fine_a)
    area_b = weights(fine_b)
    policy = empty if isinstance(empty, EmptyPolicy) else EmptyPolicy(both_empty=empty)
    return SurfaceDistances(a_to_b, b_to_a, area_a, area_b, DEFINITION, policy)


def divided(pieces: np.ndarray, longest: float) -> np.ndarray:
    """Return pieces none of whose sides is longer: each is halved at its longest side until that is so."""
    short_enough = []
    left = pieces
    while len(left):
        sides = np.roll(left, -1, axis=1) - left
        lengths = np.linalg.norm(sides, axis=-1)
        is_long = lengths.max(axis=1) > longest
        short_enough.append(left[~is_long])
        left = _halved(left[is_long], lengths[is_long].argmax(axis=1))
    return np.concatenate(short_enough) if short_enough else pieces


def _halved(pieces: np.ndarray, side: np.ndarray) -> np.ndarray:
    """Return both halves of each piece, which is cut from the middle of the side that begins at this corner."""
    each = np.arange(len(pieces))
    end = (side + 1) % pieces.shape[1]
    middle = (pieces[each, side] + pieces[each, end]) / 2
    first_half = pieces.copy()
    first_half[each, end] = middle
    second_half = pieces.copy()
    second_half[each, side] = middle
    return np.concatenate([first_half, second_half])


def _read(operation: str, name: str, mesh: Mesh) -> FlatPieces:
    """Check a mesh, and return its faces and the vertices that they use."""
    if not isinstance(mesh, (tuple, list)) or len(mesh) != 2:
        raise TypeError(f"{operation}: {name} must be (vertices, faces), such as (mesh.vertices, mesh.faces)")
    vertices = numbers_on_host(operation, f"vertices of {name}", mesh[0]).astype(np.float64)
    faces = numbers_on_host(operation, f"faces of {name}", mesh[1])
    if vertices.ndim != 2 or vertices.shape[1] not in (2, 3):
        raise ValueError(f"{operation}: vertices of {name} must have shape (n, 3) or (n, 2), got {vertices.shape}")
    n_axes = vertices.shape[1]
    if not faces.size:
        return nothing(n_axes)
    if faces.ndim != 2 or faces.shape[1] != n_axes:
        raise ValueError(
            f"{operation}: faces of {name} must have shape (m, {n_axes}), {n_axes} vertices each in {n_axes} "
            f"dimensions, got {faces.shape}: cut larger faces into triangles"
        )
    if faces.dtype.kind not in "iu":
        raise TypeError(f"{operation}: faces of {name} must be whole numbers counted from 0, got {faces.dtype}")
    used = np.unique(faces)
    if used[0] < 0 or used[-1] >= len(vertices):
        raise ValueError(
            f"{operation}: faces of {name} name vertices {used[0]} to {used[-1]}, and there are 0 to "
            f"{len(vertices) - 1}: count them from 0 (faces - 1, if the file counts from 1)"
        )
    if not np.isfinite(vertices[used]).all():
        raise ValueError(f"{operation}: vertices of {name} must be finite")
    return FlatPieces(vertices[faces], vertices[used])


def _longest_side(operation: str, resolution: float | None, a: FlatPieces, b: FlatPieces) -> float:
    """Return how long the side of a piece may be."""
    if resolution is not None:
        check_real(operation, "resolution", resolution)
        if not resolution > 0:
            raise ValueError(f"{operation}: resolution must be a length > 0, got {resolution}")
        return float(resolution)
    corners = np.concatenate([a.corners, b.corners])
    if not len(corners):
        return np.inf
    extent = np.ptp(corners, axis=0)
    diagonal = float(np.linalg.norm(extent))
    return diagonal / FINENESS
