"""Tables of text whose cells are separated by commas, semicolons or tabs.

Conventions
-----------
- The separator is the one of the three that the first line has most of. Numbers have points. A cell may stand in
  quotation marks.
- Every line has as many cells as the first. Empty lines count for nothing.
- Lines that begin with # above the first are comments. The last of them is the first line if it names phi and psi and
  as many columns as the numbers below it have, as ``numpy.savetxt`` writes a header.
- True and False are 1 and 0.
- A column may say its unit: ``phi (deg)``, ``phi/deg``, ``phi_rad``, ``F [kJ/mol]``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..._files import ReadError, Row, read_text, split_rows
from ..._text import one_line
from .quantities import UNITS

_WORDS = {"true": 1.0, "false": 0.0}
_NO_NUMBER_OF_TEXT = ("_", "nan", "inf")
_SEPARATORS = (",", ";", "\t")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?", re.ASCII)
_WITH_UNIT = re.compile(
    r"(?P<name>.*?)\s*(?:\((?P<round>[^()]*)\)|\[(?P<square>[^\[\]]*)\]|_(?P<suffix>deg|degrees|rad|radians)"
    r"|/\s*(?P<slash>[^/].*))"
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
        return np.array([number_in(row, k) for row in self.rows], dtype=float)

    def column_with_gaps(self, k: int) -> np.ndarray:
        """Return the numbers of column `k`, NaN where a cell is empty."""
        if self.numbers is not None:
            return self.column(k)
        values = np.full(len(self.rows), np.nan)
        for at, row in enumerate(self.rows):
            if row.cells[k].strip():
                values[at] = number_in(row, k)
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
    text = _without_comments(text)
    if not text.strip():
        raise ReadError("the file is empty; write columns phi, psi, value or a grid of numbers")
    separator = _separator(text)
    return _plain_table(text, separator) or _checked_table(text, separator)


def _without_comments(text: str) -> str:
    """Return a text whose comments above the first line are empty lines; one that names the columns stays as a line."""
    if not _is_comment(text.partition("\n")[0]):
        return text
    lines = text.split("\n")
    first = next((k for k, line in enumerate(lines) if not _is_comment(line)), len(lines))
    if first == len(lines):
        return ""
    above = [""] * first
    names = lines[first - 1].lstrip("# \t")
    if _are_names_of(names, lines[first]):
        above[-1] = names
    return "\n".join([*above, *lines[first:]])


def _is_comment(line: str) -> bool:
    """Return whether a line is empty or a comment; PLUMED's ``#!`` is neither."""
    bare = line.strip()
    return not bare or (bare.startswith("#") and not bare.startswith("#!"))


def _are_names_of(names: str, row: str) -> bool:
    """Return whether a comment names the columns of a row of numbers."""
    separator = _separator(row)
    cells = row.split(separator)
    headings = [heading(name.strip(' "')).name for name in names.split(separator)]
    return len(headings) == len(cells) and {"phi", "psi"} <= set(headings) and all(is_number(cell) for cell in cells)


def _separator(text: str) -> str:
    """Return what separates the cells of the first line that holds anything."""
    first = text.lstrip("\n").partition("\n")[0]
    return max(_SEPARATORS, key=first.count)


def _plain_table(text: str, separator: str) -> Table | None:
    """Return a table of numbers alone, a line for each row; None if it needs a closer look."""
    n_above = len(text) - len(text.lstrip("\n"))
    head, _, body = text[n_above:].partition("\n")
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
    lines = n_above + 2 + np.arange(n_lines)
    return Table(names, lines, [], numbers)


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


def heading(text: str) -> Column:
    """Return the name and the unit of a column, in lower case but for units of energy.

    Examples
    --------
    >>> heading("Phi (deg)"), heading("psi_rad"), heading("F / kJ/mol")
    (Column(name='phi', unit='degrees'), Column(name='psi', unit='radians'), Column(name='f', unit='kJ/mol'))
    """
    # of a run of spaces the pattern would try every division
    bare = " ".join(text.split())
    match = _WITH_UNIT.fullmatch(bare)
    unit = ""
    if match is not None and match["name"]:
        said = (match["round"] or match["square"] or match["suffix"] or match["slash"] or "").strip().lower()
        unit = _ANGLE_UNITS.get(said) or _UNITS.get(said, "")
    if match is not None and unit:
        bare = match["name"]
    lowered = bare.lower()
    return Column(_GREEK.get(lowered, lowered), unit)


def number_in(row: Row, k: int) -> float:
    """Return the number in a cell of a row.

    Raises
    ------
    ReadError
        If it is none.

    Examples
    --------
    >>> number_in(Row(2, 1, ["-90", "True"]), 1)
    1.0
    """
    try:
        return as_number(row.cells[k])
    except ValueError:
        found = f"line {row.line}: no number in column {k + 1}, but {one_line(row.cells[k], 40)!r}"
        if _DECIMAL_COMMA.fullmatch(row.cells[k].strip()):
            to_points = 'pandas.read_csv(path, sep=";", decimal=",").to_csv(path, index=False)'
            raise ReadError(f"{found}; write points for decimal commas, such as by {to_points}") from None
        raise ReadError(f"{found}; write one, with a point for decimals") from None


def as_number(cell: str) -> float:
    """Return the number that a cell is; True and False are 1 and 0.

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> as_number(" 1e-3"), as_number("False")
    (0.001, 0.0)
    """
    word = cell.strip().lower()
    if word in _WORDS:
        return _WORDS[word]
    if "_" in word or not word.isascii():
        raise ValueError(cell)
    return float(word)


def is_number(cell: str) -> bool:
    """Return whether a cell is a number.

    Examples
    --------
    >>> is_number("0.5"), is_number("1_0")
    (True, False)
    """
    try:
        as_number(cell)
    except ValueError:
        return False
    return True


def _n_cells(cells: Sequence[str]) -> str:
    return "1 cell" if len(cells) == 1 else f"{len(cells)} cells"


def begins_with_columns(text: str) -> bool:
    """Return whether the first line of a text names columns phi and psi, separated as those of a table are.

    Comments above it are passed over.

    Examples
    --------
    >>> begins_with_columns("phi (deg);psi (deg);p"), begins_with_columns("#! FIELDS phi psi free")
    (True, False)
    """
    first = _without_comments(text).lstrip().partition("\n")[0]
    names = [heading(name.strip(' "')).name for name in first.split(_separator(first))]
    return {"phi", "psi"} <= set(names)
