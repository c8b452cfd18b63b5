"""Rows of angles and a value, brought onto the grid that they lie on.

Conventions
-----------
- Every node of the grid has one row. Nodes without a row are refused, unless their value is declared. Of an energy it
  is infinite, or at least the highest: a cell that was never visited is none of the lowest.
- Where rows are absent, the step of an axis is the smallest difference of two of its angles, which divides the circle,
  and all its angles lie on the grid of this step. An axis with one angle alone has the step of the other one.
- Two axes may have two steps if the rows show them: cells beside each other at these steps. Where they do not, it may
  be that cells between them are absent, and the file is refused.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from ...._checks import UsageError
from ...._files import ReadError
from ...torus import LARGEST, PERIOD
from .rows import FINEST, Rows, of_one_turn
from .surface import labelled

_FEWEST = 4
"""So many cells within 2π degrees of 0 are none of a backbone: their angles are radians."""
_ENOUGH = 4
"""Of so many angles the next one is there only if the step is right."""
_WIDEST = 45.0
"""Cells beside each other are not further apart, in degrees; those of two basins are."""
_OFF_NODE = 0.01
"""How far an angle may lie beside its node, as a part of the step: angles in files are rounded."""


def with_absent(rows: Rows, phi: np.ndarray, psi: np.ndarray, absent: float | None) -> Rows:
    """Return rows and, if the value of absent ones is declared, one more for each node that has none.

    Parameters
    ----------
    rows : Rows
        At nodes of the grid.
    phi, psi : ndarray
        The nodes of the grid, ascending, in degrees.
    absent : float or None

    Examples
    --------
    >>> rows = Rows(np.array([-90.0]), np.array([90.0]), np.ones(1), np.array([3]))
    >>> nodes = np.array([-90.0, 90.0])
    >>> with_absent(rows, nodes, nodes, np.inf).values
    array([ 1., inf, inf, inf])
    """
    if absent is None:
        return rows
    is_absent = np.ones((len(psi), len(phi)), dtype=bool)
    line = np.searchsorted(psi, rows.psi)
    column = np.searchsorted(phi, rows.phi)
    is_absent[line, column] = False
    line, column = np.nonzero(is_absent)
    absent_rows = Rows(phi[column], psi[line], np.full(len(line), absent), np.zeros(len(line), dtype=int))
    return Rows(*map(np.append, rows, absent_rows))


def on_grid(rows: Rows, absent: float | None = None, quantity: str = "") -> xr.DataArray:
    """Return rows as a map over the torus.

    Parameters
    ----------
    rows : Rows
    absent : float, optional
        The value of nodes without a row; there may be none if it is not given.
    quantity : str
        What the values are, one of `QUANTITIES`, or "".

    Returns
    -------
    DataArray, dimensions (psi, phi)
        Angles ascend.

    Raises
    ------
    ReadError
        If an angle is none, a pair of angles stands twice, a node has no row, or the angles lie on no grid.
    UsageError
        If absent cells would be among the visited ones of an energy, or infinite of another quantity.

    Examples
    --------
    >>> rows = Rows(np.array([-90, -90, 90]), np.array([-90, 90, 90]), np.ones(3), np.arange(3))
    >>> on_grid(rows, absent=0.0).values
    array([[1., 0.],
           [1., 1.]])
    """
    _check_angles("phi", rows.phi, rows.lines)
    _check_angles("psi", rows.psi, rows.lines)
    rows = of_one_turn(rows)
    if absent is None:
        return _complete_grid(rows, quantity)
    cells = _sparse_grid(rows, absent)
    if cells.size > len(rows.values):
        check_absent(absent, rows.values, quantity)
    return cells


def check_absent(absent: float, values: np.ndarray, quantity: str) -> None:
    """Check that absent cells can have a value beside those that are there.

    Parameters
    ----------
    absent : float
    values : ndarray
        Of the cells that are there.
    quantity : str
        What they are, one of `QUANTITIES`, or "".

    Raises
    ------
    UsageError
        If absent cells would be among the visited ones of an energy, or infinite of another quantity.

    Examples
    --------
    >>> check_absent(0.0, np.array([0.0, 12.0]), "density")
    >>> check_absent(0.0, np.array([0.0, 12.0]), "energy")
    Traceback (most recent call last):
    domains._checks.UsageError: absent=0 (--absent 0) is an energy as low as that of visited cells, 0 to 12; say that \
absent ones were never visited with absent=inf (--absent inf)
    """
    if quantity == "energy":
        visited = values[np.isfinite(values)]
        if visited.size and absent < visited.max():
            found = f"an energy as low as that of visited cells, {visited.min():g} to {visited.max():g}"
            remedy = "say that absent ones were never visited with absent=inf (--absent inf)"
            raise UsageError(f"absent={absent:g} (--absent {absent:g}) is {found}; {remedy}")
    elif quantity and np.isinf(absent):
        found = f"the values are taken for {quantity}"
        raise UsageError(f"absent=inf (--absent inf) is for an energy, and {found}; say absent=0 (--absent 0)")


def _complete_grid(rows: Rows, quantity: str) -> xr.DataArray:
    """Return the grid of which every node has a row."""
    phi, column = np.unique(rows.phi, return_inverse=True)
    psi, line = np.unique(rows.psi, return_inverse=True)
    cell = line * len(phi) + column
    order = np.argsort(cell, kind="stable")
    ordered = rows.take(order)
    _check_once(cell[order], ordered)
    _check_all(cell[order], psi, phi, quantity)
    values = ordered.values.reshape(len(psi), len(phi))
    return labelled(values, ("psi", "phi"), psi, phi)


def _sparse_grid(rows: Rows, absent: float) -> xr.DataArray:
    """Return the grid whose steps the rows tell, with a value for nodes that have none."""
    _check_unit(rows)
    along_phi, along_psi = _steps(rows)
    phi, column = _nodes("phi", rows.phi, along_phi, rows.lines)
    psi, line = _nodes("psi", rows.psi, along_psi, rows.lines)
    cell = line * len(phi) + column
    order = np.argsort(cell, kind="stable")
    _check_once(cell[order], rows.take(order))
    values = np.full((len(psi), len(phi)), float(absent))
    values.flat[cell] = rows.values
    return labelled(values, ("psi", "phi"), psi, phi)


def _check_angles(name: str, angles: np.ndarray, lines: np.ndarray) -> None:
    # a NaN is at most nothing
    odd = np.flatnonzero(~(np.abs(angles) <= LARGEST))
    if len(odd):
        raise ReadError(f"line {lines[odd[0]]}: {name} is no angle; write degrees")


def _check_unit(rows: Rows) -> None:
    """Refuse what goes round once in radians: where rows are absent, the grid does not tell."""
    angles = np.abs([rows.phi, rows.psi])
    largest = angles.max(initial=0)
    if len(rows.phi) >= _FEWEST and largest <= 2 * np.pi:
        raise ReadError(
            f'all angles lie within ±{largest:.3g}, where no backbone is in degrees; say angles="radians" '
            "(--angles radians), or write degrees"
        )


def _check_once(cell: np.ndarray, rows: Rows) -> None:
    again = np.flatnonzero(np.diff(cell) == 0)
    if not len(again):
        return
    first, second = rows.lines[again[0] : again[0] + 2]
    raise ReadError(f"{rows.pair(again[0])} stands in line {first} and in line {second}; keep one")


def _check_all(cell: np.ndarray, psi: np.ndarray, phi: np.ndarray, quantity: str) -> None:
    n_cells = len(psi) * len(phi)
    n_missing = n_cells - len(cell)
    if not n_missing:
        return
    line, column = divmod(_first_missing(cell), len(phi))
    found = f"{len(cell)} pairs of {len(phi)} angles phi and {len(psi)} psi, whose grid has {n_cells} cells"
    missing = f"{n_missing} cells have no value, first phi {phi[column]:g}, psi {psi[line]:g}"
    raise ReadError(f"{found}: {missing}; write a row for each, {_remedy_of_absent(quantity)}")


def _remedy_of_absent(quantity: str) -> str:
    """Say how to declare what cells without a row are."""
    if quantity == "energy":
        return "or say that absent ones were never visited with absent=inf (--absent inf)"
    if quantity:
        return "0 too, or say what absent ones are with absent=0 (--absent 0)"
    return (
        "or say what absent ones are: absent=0 (--absent 0) of a mask, a density, counts or ranks, absent=inf "
        "(--absent inf) of an energy"
    )


def _first_missing(cells: np.ndarray) -> int:
    """Return the first number that is missing in a sorted run from 0 on."""
    off = np.flatnonzero(cells != np.arange(len(cells)))
    return int(off[0]) if len(off) else len(cells)


def _steps(rows: Rows) -> tuple[float, float]:
    """Return the steps of the grid along phi and along psi."""
    along_phi = _step(rows.phi)
    along_psi = _step(rows.psi)
    if along_phi is None and along_psi is None:
        raise ReadError("all rows have the same angles, which tell no grid; write a row for each cell")
    if along_phi is None or along_psi is None:
        only = along_phi or along_psi or PERIOD
        return only, only
    if along_phi == along_psi:
        return along_phi, along_psi
    columns = np.round((rows.phi - rows.phi.min()) / along_phi).astype(int)
    lines = np.round((rows.psi - rows.psi.min()) / along_psi).astype(int)
    if not (_is_shown(along_phi, columns, lines) and _is_shown(along_psi, lines, columns)):
        found = f"cells without a row, and angles phi at least {along_phi:g}° apart, psi {along_psi:g}°"
        raise ReadError(f"{found}, too few of them beside each other to tell the grid; write a row for each cell")
    return along_phi, along_psi


def _step(angles: np.ndarray) -> float | None:
    """Return the part of the circle that the smallest difference of two angles is; None of one angle alone."""
    differences = np.diff(np.unique(angles))
    if not len(differences):
        return None
    least = float(differences.min())
    if not FINEST <= least <= PERIOD / 2:
        raise ReadError(
            f"the angles differ by {least:g}°, which is no step round the circle; write a row for each cell"
        )
    return PERIOD / round(PERIOD / least)


def _is_shown(step: float, along: np.ndarray, across: np.ndarray) -> bool:
    """Return whether places along an axis follow each other there, so that its step is no larger than theirs."""
    n = round(PERIOD / step)
    angles = np.unique(along % n)
    has_next = np.isin((angles + 1) % n, angles)
    if np.count_nonzero(has_next) >= _ENOUGH:
        return True
    if step > _WIDEST:
        return False
    cells = across * n + along % n
    before = across * n + (along - 1) % n
    behind = across * n + (along + 1) % n
    touches = np.isin(before, cells) | np.isin(behind, cells)
    return bool(touches.mean() >= 0.5)


def _nodes(name: str, angles: np.ndarray, step: float, lines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the nodes of a whole circle, and which of them each angle is."""
    first = float(angles.min())
    position = (angles - first) / step
    place = np.round(position).astype(int)
    # rounded steps add up along the circle
    beside = _OFF_NODE * np.maximum(1, place / 10)
    odd = np.flatnonzero(np.abs(position - place) > beside)
    if len(odd):
        found = f"line {lines[odd[0]]}: {name} {angles[odd[0]]:g}"
        raise ReadError(f"{found} lies on no grid of {step:g}° from {first:g}; correct it")
    n = round(PERIOD / step)
    # the circle begins at -180, or at 0 for angles from 0 to 360
    is_from_zero = first >= 0 and angles.max() > PERIOD / 2
    begin = 0.0 if is_from_zero else -PERIOD / 2
    before = int(np.floor((first - begin) / step + _OFF_NODE))
    nodes = first + (np.arange(n) - before) * step
    return nodes, (place + before) % n
