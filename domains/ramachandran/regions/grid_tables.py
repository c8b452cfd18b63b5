r"""Regions from tables of text: a grid, or a row for each cell.

Conventions
-----------
- Cells are separated as `domains.ramachandran.regions.separated` says.
- No column and no angle stands twice, and no pair of angles.
- A grid needs memory in proportion to its table: pairs of angles that fill no grid are refused before one is made.
- The corner of a grid may name its axes: ``phi\psi`` and ``phi/psi`` say that its lines are phi and its columns psi, as
  ``phi`` alone does. A corner without phi or psi names nothing: lines are psi then, unless the user says otherwise.
- A column in a unit of energy is an energy.
- A long table whose values are all 1 lists the cells of a region: absent ones are 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..._checks import UsageError
from ..._files import ReadError, Row
from ..._text import one_line
from .formats.mesh import on_grid
from .formats.rows import Rows
from .formats.surface import WITHOUT_ANGLES, Declared, Surface, find_axes, labelled, without_angles
from .quantities import UNITS
from .separated import Column, Table, as_number, heading, is_number, number_in

_OTHER = {"phi": "psi", "psi": "phi"}
_SEPARATORS_OF_CORNER = ("\\", "|", "/")


def as_grid(table: Table, declared: Declared) -> Surface:
    """Return a grid, whose first line and first column hold angles.

    Parameters
    ----------
    table : Table
    declared : Declared

    Returns
    -------
    Surface

    Raises
    ------
    ReadError
        If an angle is none or stands twice, a value is no number, or the corner names one axis twice.
    UsageError
        If the corner names the axes, and the user declares them.

    Examples
    --------
    >>> rows = [Row(2, 1, ["-90", "1", "0"]), Row(3, 1, ["90", "0", "0.5"])]
    >>> as_grid(Table(["psi", "-90", "90"], np.array([2, 3]), rows, None), Declared()).values.values
    array([[1. , 0. ],
           [0. , 0.5]])
    """
    if len(table.names) < 2:
        raise ReadError("neither columns phi, psi, value nor a grid of numbers; write one of the two")
    angles = []
    for k, name in enumerate(table.names[1:], 2):
        try:
            angles.append(as_number(name))
        except ValueError:
            found = f"neither columns phi, psi, value nor a grid of numbers: column {k} is {one_line(name, 40)!r}"
            raise ReadError(f"{found}; write an angle in degrees there") from None
    columns = np.array(angles)
    rows = table.column(0)
    # a grid has a name in its corner, or nothing
    may_be_matrix = is_number(table.names[0])
    _check_angles(columns, [f"column {k}" for k in range(2, len(columns) + 2)], may_be_matrix)
    _check_angles(rows, [f"line {line}" for line in table.lines], may_be_matrix)
    values = [table.column(k) for k in range(1, len(table.names))]
    cells = np.stack(values, axis=1)
    corner = _corner(table.names[0])
    if not corner:
        declared.refuse_others("a grid", "angles", "phi_first")
        return Surface(labelled(cells, declared.order, declared.in_degrees(rows), declared.in_degrees(columns)))
    of_rows, of_columns = corner
    taken = ["angles", "axes"]
    if of_rows.name == "phi":
        taken.append("phi_first")
    declared.refuse_others("a grid with phi and psi in its corner", *taken)
    phi_at, _ = find_axes([of_rows.name, of_columns.name], declared)
    order = ("phi", "psi") if phi_at == 0 else ("psi", "phi")
    row_angles = _in_degrees(rows, of_rows.unit, declared)
    column_angles = _in_degrees(columns, of_columns.unit, declared)
    source = f"grid, its lines are {order[0]} and its columns {order[1]}"
    return Surface(labelled(cells, order, row_angles, column_angles), source=source)


def _corner(text: str) -> tuple[Column, Column] | None:
    """Return what the corner of a grid says of its lines and of its columns; None if it names neither phi nor psi."""
    alone = heading(text)
    if alone.name in _OTHER:
        return alone, Column(_OTHER[alone.name], alone.unit)
    for separator in _SEPARATORS_OF_CORNER:
        first, found, second = text.partition(separator)
        if not found:
            continue
        of_rows = heading(first)
        of_columns = heading(second)
        if of_rows.name not in _OTHER or of_columns.name not in _OTHER:
            return None
        if of_rows.name == of_columns.name:
            raise ReadError(f"the corner {one_line(text, 40)!r} names one axis twice; write phi\\psi or psi\\phi there")
        return of_rows, of_columns
    return None


def as_matrix(table: Table, declared: Declared) -> Surface:
    """Return a matrix without angles, whose first line is data; its cells divide the circle evenly from −180 on.

    Parameters
    ----------
    table : Table
    declared : Declared

    Returns
    -------
    Surface

    Raises
    ------
    ReadError
        If a value is no number.

    Examples
    --------
    >>> rows = [Row(2, 1, ["0", "1"])]
    >>> as_matrix(Table(["1", "0"], np.array([2]), rows, None), Declared()).values.values
    array([[1., 0.],
           [0., 1.]])
    """
    first = Row(1, 1, table.names)
    head = [number_in(first, k) for k in range(len(table.names))]
    body = np.stack([table.column(k) for k in range(len(table.names))], axis=1)
    cells = np.vstack([head, body])
    return without_angles(cells, declared, WITHOUT_ANGLES)


def is_long(table: Table, declared: Declared) -> bool:
    """Return whether a table has a row for each cell, with columns phi and psi.

    Examples
    --------
    >>> is_long(Table(["phi (deg)", "psi (deg)", "p"], np.array([]), [], None), Declared())
    True
    """
    names = [heading(name).name for name in table.names]
    if {"phi", "psi"} <= set(names):
        return True
    # the first line of a grid is one of angles
    return declared.axes is not None and not all(is_number(name) for name in names[1:])


def from_long(table: Table, declared: Declared) -> Surface:
    """Return the grid of a table with columns phi, psi and one for the value.

    Parameters
    ----------
    table : Table
    declared : Declared
        With the name of the column of the value, if there are several.

    Returns
    -------
    Surface

    Raises
    ------
    UsageError
        If there is no such column, or several and none is named.
    ReadError
        If a column or a pair of angles stands twice, or the pairs fill no grid.

    Examples
    --------
    >>> rows = [Row(k + 2, 1, f"{phi},{psi},1".split(",")) for k, (phi, psi) in enumerate([(-90, 0), (90, 0)])]
    >>> from_long(Table(["phi", "psi", "value"], np.array([2, 3]), rows, None), Declared(absent=0.0)).values.values
    array([[0., 0.],
           [1., 1.]])
    """
    columns = [heading(name) for name in table.names]
    names = [column.name for column in columns]
    for name in names:
        if names.count(name) > 1:
            raise ReadError(f"the column {one_line(name, 40)!r} stands twice; leave one of them out")
    phi_at, psi_at = find_axes(names, declared)
    maps = [k for k in range(len(names)) if k not in (phi_at, psi_at)]
    wanted = _wanted([names[k] for k in maps], declared.variable)
    value_at = names.index(wanted)
    rows = Rows(
        phi=_angles(table, columns, phi_at, declared),
        psi=_angles(table, columns, psi_at, declared),
        values=table.column(value_at),
        lines=table.lines,
    )
    absent = declared.absent
    source = ""
    if absent is None and declared.quantity in (None, "mask") and (rows.values == 1).all():
        absent = 0.0
        source = "list of cells: those without a row are outside"
    unit = columns[value_at].unit
    if unit not in UNITS:
        return Surface(on_grid(rows, absent, declared.meaning("")), source=source)
    cells = on_grid(rows, absent, declared.meaning("energy"))
    return Surface(cells, "energy", unit, source)


def _angles(table: Table, columns: Sequence[Column], k: int, declared: Declared) -> np.ndarray:
    """Return the angles of a column in degrees: its own unit goes before the declared one."""
    return _in_degrees(table.column(k), columns[k].unit, declared)


def _in_degrees(angles: np.ndarray, unit: str, declared: Declared) -> np.ndarray:
    """Return angles in degrees: a heading's own unit goes before the declared one."""
    if unit == "radians":
        radians: np.ndarray = np.degrees(angles)
        return radians
    return angles if unit else declared.in_degrees(angles)


def _wanted(maps: list[str], variable: str | None) -> str:
    if variable is None and len(maps) == 1:
        return maps[0]
    if variable is not None and heading(variable).name in maps:
        return heading(variable).name
    if not maps:
        raise UsageError(
            "no map in it: a long table has a third column for the value; add one of 1 if the rows are the cells of a "
            "region, or, if they are angles of residues, say bandwidth=8 (--bandwidth 8), the width of the kernel in "
            "degrees"
        )
    asked = "" if variable is None else f"no {variable!r}; "
    listed = ", ".join(one_line(name, 40) for name in maps)
    raise UsageError(f"{asked}name one map with variable= (--variable): {listed}")


def _check_angles(angles: np.ndarray, places: Sequence[str], may_be_matrix: bool) -> None:
    """Refuse angles that are none, or stand twice."""
    seen: dict[float, str] = {}
    for angle, place in zip(angles.tolist(), places, strict=True):
        if not np.isfinite(angle):
            raise ReadError(f"{place}: {angle} is no angle; write degrees")
        if angle in seen:
            found = f"the angle {angle:g} stands in {seen[angle]} and in {place}"
            if may_be_matrix:
                raise UsageError(f"{found}; if no line holds angles, say header=False (--no-header)")
            raise ReadError(f"{found}; leave one of them out")
        seen[angle] = place
