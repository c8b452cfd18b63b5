"""Regions from tables of text: a grid, or a row for each cell.

Conventions
-----------
- Cells of a line are separated by commas; numbers have points. A cell may stand in quotation marks.
- Every line has as many cells as the first. Empty lines count for nothing.
- No column and no angle stands twice, and no pair of angles.
- A grid needs memory in proportion to its table: pairs of angles that fill no grid are refused before one is made.
- True and False are 1 and 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .._checks import UsageError
from .._files import ReadError, Row, read_text, split_rows
from .._text import one_line

_WORDS = {"true": 1.0, "false": 0.0}
_NO_NUMBER_OF_TEXT = ("_", "nan", "inf")


class Table(NamedTuple):
    """A table: the names of its columns, the line of each row, and its cells as text or as numbers.

    Parameters
    ----------
    names : list of str
    lines : ndarray of int, shape (rows,)
    rows : list of Row
        Without the first; empty where `numbers` are there already.
    numbers : ndarray, shape (rows, columns), or None
    """

    names: list[str]
    lines: np.ndarray
    rows: list[Row]
    numbers: np.ndarray | None

    def column(self, k: int) -> np.ndarray:
        """Return the numbers of column `k`; a cell that is none is a `ReadError`."""
        if self.numbers is not None:
            values: np.ndarray = self.numbers[:, k]
            return values
        return np.array([_number(row, k) for row in self.rows], dtype=float)


class Cells(NamedTuple):
    """A grid: its values, and the angles of its rows and columns."""

    values: np.ndarray
    rows: np.ndarray
    columns: np.ndarray


def read_table(operation: str, path: Path) -> Table:
    """Read a table whose rows are all as long as its first line.

    Parameters
    ----------
    operation : str
        Who reads.
    path : Path

    Returns
    -------
    Table

    Raises
    ------
    ReadError
        If a line has more or fewer cells than the first, or a quotation mark is not closed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "long.csv")
    ...     _ = path.write_text("phi,psi,value" + chr(10) + "-90,-90,1" + chr(10))
    ...     table = read_table("ramachandran.read_region", path)
    >>> table.names, table.column(2)
    (['phi', 'psi', 'value'], array([1.]))
    """
    text = read_text(operation, path, may_be_empty=True)
    if not text.strip():
        raise ReadError("the file is empty; write columns phi, psi, value or a grid of numbers")
    return _plain_table(text) or _checked_table(text)


def _plain_table(text: str) -> Table | None:
    """Return a table of numbers alone, a line for each row; None if it needs a closer look."""
    head, _, body = text.partition("\n")
    body = body.rstrip("\n")
    lowered = text.lower()
    if '"' in text or not head.strip() or not body.strip() or any(odd in lowered for odd in _NO_NUMBER_OF_TEXT):
        return None
    names = [name.strip() for name in head.split(",")]
    try:
        numbers = np.loadtxt(StringIO(body), delimiter=",", comments=None, ndmin=2)
    except ValueError:
        return None
    n_lines = body.count("\n") + 1
    # empty lines are passed over
    if numbers.shape != (n_lines, len(names)):
        return None
    return Table(names, np.arange(2, n_lines + 2), [], numbers)


def _checked_table(text: str) -> Table:
    """Return any table, after a look at each of its lines."""
    rows = [row for row in split_rows(text, ",") if any(cell.strip() for cell in row.cells)]
    header = rows[0]
    names = [cell.strip() for cell in header.cells]
    if len(names) == 1:
        _refuse_other_separator(header)
    for row in rows:
        if len(row.cells) != len(names):
            found = f"line {row.line}: {_n_cells(row.cells)}, but the first line has {len(names)}"
            raise ReadError(f"{found}; write every line with as many, and numbers with points")
    body = rows[1:]
    if not body:
        raise ReadError("no line after the first; write a row for each cell, or a grid of numbers")
    lines = np.array([row.line for row in body], dtype=int)
    return Table(names, lines, body, None)


def as_grid(table: Table) -> Cells:
    """Return a grid, whose first line and first column hold angles.

    Parameters
    ----------
    table : Table

    Returns
    -------
    Cells

    Raises
    ------
    ReadError
        If an angle is none or stands twice, or a value is no number.

    Examples
    --------
    >>> rows = [Row(2, 1, ["-90", "1", "0"]), Row(3, 1, ["90", "0", "0.5"])]
    >>> as_grid(Table(["psi", "-90", "90"], np.array([2, 3]), rows, None)).values
    array([[1. , 0. ],
           [0. , 0.5]])
    """
    if len(table.names) < 2:
        raise ReadError("neither columns phi, psi, value nor a grid of numbers; write one of the two")
    angles = []
    for k, name in enumerate(table.names[1:], 2):
        try:
            angles.append(_as_number(name))
        except ValueError:
            found = f"neither columns phi, psi, value nor a grid of numbers: column {k} is {one_line(name, 40)!r}"
            raise ReadError(f"{found}; write an angle in degrees there") from None
    columns = np.array(angles)
    rows = table.column(0)
    _check_angles(columns, [f"column {k}" for k in range(2, len(columns) + 2)])
    _check_angles(rows, [f"line {line}" for line in table.lines])
    values = [table.column(k) for k in range(1, len(table.names))]
    return Cells(np.stack(values, axis=1), rows, columns)


def from_long(table: Table, variable: str | None) -> Cells:
    """Return the grid of a table with columns phi, psi and one for the value; its rows are psi.

    Parameters
    ----------
    table : Table
    variable : str, optional
        Which column holds the value, if there are several.

    Returns
    -------
    Cells

    Raises
    ------
    UsageError
        If there is no such column, or several and none is named.
    ReadError
        If a column or a pair of angles stands twice, or the pairs fill no grid.

    Examples
    --------
    >>> rows = [Row(k + 2, 1, f"{phi},{psi},1".split(",")) for k, (phi, psi) in enumerate([(-90, 0), (90, 0)])]
    >>> from_long(Table(["phi", "psi", "value"], np.array([2, 3]), rows, None), None)
    Cells(values=array([[1., 1.]]), rows=array([0.]), columns=array([-90.,  90.]))
    """
    names = [name.lower() for name in table.names]
    for name in names:
        if names.count(name) > 1:
            raise ReadError(f"the column {one_line(name, 40)!r} stands twice; leave one of them out")
    maps = [name for name in names if name not in ("phi", "psi")]
    wanted = _wanted(maps, variable)
    phi = table.column(names.index("phi"))
    psi = table.column(names.index("psi"))
    values = table.column(names.index(wanted))
    for name, angles in (("phi", phi), ("psi", psi)):
        odd = np.flatnonzero(~np.isfinite(angles))
        if len(odd):
            raise ReadError(f"line {table.lines[odd[0]]}: {name} is no angle; write degrees")
    columns, column = np.unique(phi, return_inverse=True)
    rows, row = np.unique(psi, return_inverse=True)
    cell = row * len(columns) + column
    order = np.argsort(cell, kind="stable")
    again = np.flatnonzero(np.diff(cell[order]) == 0)
    if len(again):
        first = order[again[0]]
        second = order[again[0] + 1]
        pair = f"phi {phi[first]:g}, psi {psi[first]:g}"
        raise ReadError(f"{pair} stands in line {table.lines[first]} and in line {table.lines[second]}; keep one")
    n_cells = len(rows) * len(columns)
    if len(cell) != n_cells:
        found = f"{len(cell)} pairs of {len(columns)} angles phi and {len(rows)} psi, whose grid has {n_cells} cells"
        missing = _first_missing(cell[order])
        at = f"phi {columns[missing % len(columns)]:g}, psi {rows[missing // len(columns)]:g}"
        raise ReadError(f"{found}: {n_cells - len(cell)} cells have no value, first {at}; write a row for each, 0 too")
    return Cells(values[order].reshape(len(rows), len(columns)), rows, columns)


def _first_missing(cells: np.ndarray) -> int:
    """Return the first number that is missing in a sorted run from 0 on."""
    off = np.flatnonzero(cells != np.arange(len(cells)))
    return int(off[0]) if len(off) else len(cells)


def _wanted(maps: list[str], variable: str | None) -> str:
    if variable is None and len(maps) == 1:
        return maps[0]
    if variable is not None and variable.lower() in maps:
        return variable.lower()
    if not maps:
        raise ReadError("no map in it: a long table has a third column for the value")
    asked = "" if variable is None else f"no {variable!r}; "
    listed = ", ".join(one_line(name, 40) for name in maps)
    raise UsageError(f"{asked}name one map with variable= (--variable): {listed}")


def _check_angles(angles: np.ndarray, places: Sequence[str]) -> None:
    """Refuse angles that are none, or stand twice."""
    seen: dict[float, str] = {}
    for angle, place in zip(angles.tolist(), places, strict=True):
        if not np.isfinite(angle):
            raise ReadError(f"{place}: {angle} is no angle; write degrees")
        if angle in seen:
            raise ReadError(f"the angle {angle:g} stands in {seen[angle]} and in {place}; leave one of them out")
        seen[angle] = place


def _number(row: Row, k: int) -> float:
    try:
        return _as_number(row.cells[k])
    except ValueError:
        found = f"line {row.line}: no number in column {k + 1}, but {one_line(row.cells[k], 40)!r}"
        raise ReadError(f"{found}; write one, with a point for decimals") from None


def _as_number(cell: str) -> float:
    word = cell.strip().lower()
    if word in _WORDS:
        return _WORDS[word]
    if "_" in word or not word.isascii():
        raise ValueError(cell)
    return float(word)


def _refuse_other_separator(header: Row) -> None:
    for separator, name in ((";", "semicolons"), ("\t", "tabs")):
        if separator in header.cells[0]:
            raise ReadError(f"line {header.line}: the cells are separated by {name}; save it with commas")


def _n_cells(cells: Sequence[str]) -> str:
    return "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
