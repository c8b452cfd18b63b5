"""Regions from tables of text: a grid, or a row for each cell.

Conventions
-----------
- Cells of a line are separated by commas, semicolons or tabs, whichever the first line has most of; numbers have
  points. A cell may stand in quotation marks.
- Every line has as many cells as the first. Empty lines count for nothing.
- No column and no angle stands twice, and no pair of angles.
- A grid needs memory in proportion to its table: pairs of angles that fill no grid are refused before one is made.
- True and False are 1 and 0.
- A column may say its unit: ``phi (deg)``, ``phi_rad``, ``F [kJ/mol]``. A column in a unit of energy is an energy.
- A long table whose values are all 1 lists the cells of a region: absent ones are 0.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .._checks import UsageError
from .._files import ReadError, Row, read_text, split_rows
from .._text import one_line
from .formats.mesh import on_grid
from .formats.rows import Rows
from .formats.surface import Declared, Surface, find_axes, labelled
from .quantities import UNITS
from .torus import centres

_WORDS = {"true": 1.0, "false": 0.0}
_NO_NUMBER_OF_TEXT = ("_", "nan", "inf")
_SEPARATORS = (",", ";", "\t")
_WITH_UNIT = re.compile(
    r"(?P<name>.*?)\s*(?:\((?P<round>[^()]*)\)|\[(?P<square>[^\[\]]*)\]|_(?P<suffix>deg|degrees|rad|radians))"
)
_ANGLE_UNITS = {"deg": "degrees", "degree": "degrees", "degrees": "degrees", "°": "degrees"}
_ANGLE_UNITS |= {"rad": "radians", "radian": "radians", "radians": "radians"}
_GREEK = {"φ": "phi", "ϕ": "phi", "ψ": "psi"}
_UNITS = {unit.lower(): unit for unit in UNITS}


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

    def column_with_gaps(self, k: int) -> np.ndarray:
        """Return the numbers of column `k`, NaN where a cell is empty."""
        if self.numbers is not None:
            return self.column(k)
        values = np.full(len(self.rows), np.nan)
        for at, row in enumerate(self.rows):
            if row.cells[k].strip():
                values[at] = _number(row, k)
        return values

    def first(self, k: int) -> str:
        """Return the first cell of column `k` as text."""
        if self.numbers is not None:
            return f"{self.numbers[0, k]:g}"
        return self.rows[0].cells[k].strip()

    def texts(self, k: int) -> list[str]:
        """Return the cells of column `k` as text."""
        if self.numbers is not None:
            return [f"{number:g}" for number in self.numbers[:, k].tolist()]
        return [row.cells[k].strip() for row in self.rows]


class Column(NamedTuple):
    """The heading of a column: its name without the unit, and the unit, "" if there is none."""

    name: str
    unit: str


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
    separator = _separator(text)
    return _plain_table(text, separator) or _checked_table(text, separator)


def _separator(text: str) -> str:
    """Return what separates the cells of the first line that holds anything."""
    first = text.lstrip("\n").partition("\n")[0]
    return max(_SEPARATORS, key=first.count)


def _plain_table(text: str, separator: str) -> Table | None:
    """Return a table of numbers alone, a line for each row; None if it needs a closer look."""
    head, _, body = text.partition("\n")
    body = body.rstrip("\n")
    lowered = text.lower()
    if '"' in text or not head.strip() or not body.strip() or any(odd in lowered for odd in _NO_NUMBER_OF_TEXT):
        return None
    names = [name.strip() for name in head.split(separator)]
    try:
        numbers = np.loadtxt(StringIO(body), delimiter=separator, comments=None, ndmin=2)
    except ValueError:
        return None
    n_lines = body.count("\n") + 1
    # empty lines are passed over
    if numbers.shape != (n_lines, len(names)):
        return None
    return Table(names, np.arange(2, n_lines + 2), [], numbers)


def _checked_table(text: str, separator: str) -> Table:
    """Return any table, after a look at each of its lines."""
    rows = [row for row in split_rows(text, separator) if any(cell.strip() for cell in row.cells)]
    header = rows[0]
    names = [cell.strip() for cell in header.cells]
    for row in rows:
        if len(row.cells) != len(names):
            found = f"line {row.line}: {_n_cells(row.cells)}, but the first line has {len(names)}"
            raise ReadError(f"{found}; write every line with as many, and numbers with points")
    body = rows[1:]
    if not body:
        raise ReadError("no line after the first; write a row for each cell, or a grid of numbers")
    lines = np.array([row.line for row in body], dtype=int)
    return Table(names, lines, body, None)


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
        If an angle is none or stands twice, or a value is no number.

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
            angles.append(_as_number(name))
        except ValueError:
            found = f"neither columns phi, psi, value nor a grid of numbers: column {k} is {one_line(name, 40)!r}"
            raise ReadError(f"{found}; write an angle in degrees there") from None
    columns = np.array(angles)
    rows = table.column(0)
    # a grid has a name in its corner, or nothing
    may_be_matrix = _is_number(table.names[0])
    _check_angles(columns, [f"column {k}" for k in range(2, len(columns) + 2)], may_be_matrix)
    _check_angles(rows, [f"line {line}" for line in table.lines], may_be_matrix)
    values = [table.column(k) for k in range(1, len(table.names))]
    cells = np.stack(values, axis=1)
    return Surface(labelled(cells, declared.order, declared.in_degrees(rows), declared.in_degrees(columns)))


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
    head = [_number(first, k) for k in range(len(table.names))]
    body = np.stack([table.column(k) for k in range(len(table.names))], axis=1)
    cells = np.vstack([head, body])
    n_rows, n_columns = cells.shape
    source = "matrix without angles: cells divide the circle from -180 on"
    return Surface(labelled(cells, declared.order, centres(n_rows), centres(n_columns)), source=source)


def begins_with_columns(text: str) -> bool:
    """Return whether the first line of a text names columns phi and psi, separated as those of a table are.

    Examples
    --------
    >>> begins_with_columns("phi (deg);psi (deg);p"), begins_with_columns("#! FIELDS phi psi free")
    (True, False)
    """
    first = text.lstrip().partition("\n")[0]
    names = [heading(name.strip(' "')).name for name in first.split(_separator(first))]
    return {"phi", "psi"} <= set(names)


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
    return declared.axes is not None and not all(_is_number(name) for name in names[1:])


def heading(text: str) -> Column:
    """Return the name and the unit of a column, in lower case but for units of energy.

    Examples
    --------
    >>> heading("Phi (deg)"), heading("psi_rad"), heading("F [kJ/mol]")
    (Column(name='phi', unit='degrees'), Column(name='psi', unit='radians'), Column(name='f', unit='kJ/mol'))
    """
    bare = text.strip()
    match = _WITH_UNIT.fullmatch(bare)
    unit = ""
    if match is not None and match["name"]:
        said = (match["round"] or match["square"] or match["suffix"] or "").strip().lower()
        unit = _ANGLE_UNITS.get(said) or _UNITS.get(said, "")
    if match is not None and unit:
        bare = match["name"]
    lowered = bare.lower()
    return Column(_GREEK.get(lowered, lowered), unit)


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
    unit = columns[k].unit
    if unit == "radians":
        radians: np.ndarray = np.degrees(table.column(k))
        return radians
    return table.column(k) if unit else declared.in_degrees(table.column(k))


def _wanted(maps: list[str], variable: str | None) -> str:
    if variable is None and len(maps) == 1:
        return maps[0]
    if variable is not None and heading(variable).name in maps:
        return heading(variable).name
    if not maps:
        raise ReadError(
            "no map in it: a long table has a third column for the value; add one of 1 if the rows are the cells of a "
            "region, or read points with read_angles and make a region with region_from_angles"
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


def _is_number(cell: str) -> bool:
    try:
        _as_number(cell)
    except ValueError:
        return False
    return True


def _n_cells(cells: Sequence[str]) -> str:
    return "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
