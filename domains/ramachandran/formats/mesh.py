"""Rows of angles and a value, brought onto the grid that they lie on.

Conventions
-----------
- Every node of the grid has one row. Nodes without a row are refused, unless their value is declared.
- Where rows are absent, the step is the smallest difference of two angles, which divides the circle, and all angles lie
  on the grid of this step.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from ..._files import ReadError
from ..torus import LARGEST, PERIOD
from .surface import labelled

FINEST = 0.01
"""The smallest step of a grid, degrees."""
_TOLERANCE = 0.01
"""How far an angle may lie beside its node, as a part of the step: angles in files are rounded."""


def on_grid(
    phi: np.ndarray, psi: np.ndarray, values: np.ndarray, lines: np.ndarray, absent: float | None
) -> xr.DataArray:
    """Return rows as a map over the torus.

    Parameters
    ----------
    phi, psi : ndarray, shape (n,)
        Degrees.
    values : ndarray, shape (n,)
    lines : ndarray of int, shape (n,)
        Where each row stands.
    absent : float or None
        The value of nodes without a row; None if there may be none.

    Returns
    -------
    DataArray, dimensions (psi, phi)
        Angles ascend.

    Raises
    ------
    ReadError
        If an angle is none, a pair of angles stands twice, a node has no row, or the angles lie on no grid.

    Examples
    --------
    >>> line = np.arange(3)
    >>> on_grid(np.array([-90, -90, 90]), np.array([-90, 90, 90]), np.ones(3), line, 0.0).values
    array([[1., 0.],
           [1., 1.]])
    """
    for name, angles in (("phi", phi), ("psi", psi)):
        _check_angles(name, angles, lines)
    if absent is None:
        columns, column = np.unique(phi, return_inverse=True)
        rows, row = np.unique(psi, return_inverse=True)
    else:
        _check_unit(phi, psi)
        step = _step(phi, psi)
        columns, column = _nodes("phi", phi, step, lines)
        rows, row = _nodes("psi", psi, step, lines)
    cell = row * len(columns) + column
    order = np.argsort(cell, kind="stable")
    _check_once(cell[order], phi[order], psi[order], lines[order])
    n_cells = len(rows) * len(columns)
    if absent is None:
        _check_all(cell[order], rows, columns)
        found = values[order]
    else:
        found = np.full(n_cells, float(absent))
        found[cell] = values
    return labelled(found.reshape(len(rows), len(columns)), ("psi", "phi"), rows, columns)


def _check_angles(name: str, angles: np.ndarray, lines: np.ndarray) -> None:
    odd = np.flatnonzero(~(np.abs(angles) <= LARGEST))
    if len(odd):
        raise ReadError(f"line {lines[odd[0]]}: {name} is no angle; write degrees")


def _check_unit(phi: np.ndarray, psi: np.ndarray) -> None:
    """Refuse what goes round once in radians: where rows are absent, the grid does not tell."""
    largest = max(np.abs(phi).max(initial=0), np.abs(psi).max(initial=0))
    if len(phi) >= 10 and largest <= 2 * np.pi:
        raise ReadError(
            f'all angles lie within ±{largest:.3g}, where no backbone is in degrees; say angles="radians" '
            "(--angles radians), or write degrees"
        )


def _check_once(cell: np.ndarray, phi: np.ndarray, psi: np.ndarray, lines: np.ndarray) -> None:
    again = np.flatnonzero(np.diff(cell) == 0)
    if not len(again):
        return
    k = again[0]
    pair = f"phi {phi[k]:g}, psi {psi[k]:g}"
    raise ReadError(f"{pair} stands in line {lines[k]} and in line {lines[k + 1]}; keep one")


def _check_all(cell: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> None:
    n_cells = len(rows) * len(columns)
    if len(cell) == n_cells:
        return
    found = f"{len(cell)} pairs of {len(columns)} angles phi and {len(rows)} psi, whose grid has {n_cells} cells"
    missing = _first_missing(cell)
    at = f"phi {columns[missing % len(columns)]:g}, psi {rows[missing // len(columns)]:g}"
    raise ReadError(
        f"{found}: {n_cells - len(cell)} cells have no value, first {at}; write a row for each, 0 too, or say what "
        "absent ones are with absent=0 (--absent 0)"
    )


def _first_missing(cells: np.ndarray) -> int:
    """Return the first number that is missing in a sorted run from 0 on."""
    off = np.flatnonzero(cells != np.arange(len(cells)))
    return int(off[0]) if len(off) else len(cells)


def _step(phi: np.ndarray, psi: np.ndarray) -> float:
    """Return the step of the grid that angles of both axes lie on."""
    differences = np.concatenate([np.diff(np.unique(angles)) for angles in (phi, psi)])
    if not len(differences):
        raise ReadError("all rows have the same angles, which tell no grid; write a row for each cell")
    least = float(differences.min())
    if not FINEST <= least <= PERIOD / 2:
        raise ReadError(
            f"the angles differ by {least:g}°, which is no step round the circle; write a row for each cell"
        )
    return PERIOD / round(PERIOD / least)


def _nodes(name: str, angles: np.ndarray, step: float, lines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the nodes of a whole circle, and which of them each angle is."""
    first = float(angles.min())
    position = (angles - first) / step
    place = np.round(position).astype(int)
    odd = np.flatnonzero(np.abs(position - place) > _TOLERANCE * np.maximum(1, place / 10))
    n = round(PERIOD / step)
    if len(odd):
        k = odd[0]
        raise ReadError(
            f"line {lines[k]}: {name} {angles[k]:g} lies on no grid of {step:g}° from {first:g}; correct it"
        )
    if place.max() >= n:
        raise ReadError(
            f"{name} runs from {first:g} to {angles.max():g}, more than once round the circle; leave one end out"
        )
    # the first cell of the circle that begins at -180, or at 0 for angles from 0 to 360
    turn = 0.0 if first >= 0 and angles.max() > PERIOD / 2 else -PERIOD / 2
    before = int(np.floor((first - turn) / step + _TOLERANCE))
    nodes = first + (np.arange(n) - before) * step
    return nodes, (place + before) % n
