r"""Maps of GROMACS and PyReweighting: ``gmx sham`` (xpm), and free energies in xvg files.

Conventions
-----------
- xpm: a picture with a table of colours, each with its value in a comment. The first row of the picture has the highest
  y. The comments ``x-axis`` and ``y-axis`` hold the edges of the bins, one more than there are, or their centres.
- xvg: rows of x, y and a value. PyReweighting writes ``#RC1 RC2 PMF(kcal/mol)`` and the lower edges of the bins,
  multiples of the step; coordinates that are no such multiples are centres.
- Axes that are not called phi and psi have to be named: ``axes="PC1 PC2"``, or ``axes="x y"``. RC1 is phi and RC2 psi,
  unless ``axes`` says otherwise.
- The highest value, where several bins have it, stands for bins that were never visited.
- A unit in the legend (``G (kJ/mol)``) says that the values are an energy.

References
----------
https://manual.gromacs.org, "gmx sham"; Miao, Y. et al. (2014). J. Chem. Theory Comput. 10, 2677. doi:10.1021/ct500090q
"""

from __future__ import annotations

import re

import numpy as np

from ..._files import ReadError, split_lines
from ..._text import one_line
from ..densities import UNITS
from ..torus import LARGEST, PERIOD
from .columns import number_of, read_columns
from .mesh import on_grid
from .surface import Declared, Surface, find_axes, labelled

_QUOTED = re.compile(r'"([^"]*)"')
_COMMENT = re.compile(r'/\*\s*([\w-]+):\s*"?([^"*]*)"?\s*\*/')
_VALUE = re.compile(r'/\*\s*"([^"]*)"\s*\*/')
_UNIT = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_REWEIGHTED = re.compile(r"#\s*RC1\s+RC2\s+PMF", re.IGNORECASE)
_LABEL = re.compile(r'^@\s+([xyz])axis\s+label\s+"([^"]*)"', re.MULTILINE)
_UNITS = {unit.lower(): unit for unit in UNITS}


def is_xpm(text: str) -> bool:
    """Return whether a text is a picture in the xpm format.

    Examples
    --------
    >>> is_xpm("/* XPM */ static char")
    True
    """
    return text.lstrip().startswith("/* XPM */")


def is_xvg(text: str) -> bool:
    r"""Return whether a text has the header of an xvg file.

    Examples
    --------
    >>> is_xvg("# gmx rama\n@TYPE xy\n")
    True
    """
    if _REWEIGHTED.match(text.lstrip()):
        return True
    for line in text.splitlines()[:200]:
        if line.startswith("@"):
            return True
        if line.strip() and not line.lstrip().startswith("#"):
            return False
    return False


def read_xpm(text: str, declared: Declared) -> Surface:
    """Read a picture.

    Parameters
    ----------
    text : str
    declared : Declared

    Returns
    -------
    Surface

    Raises
    ------
    ReadError
        If the picture has other sizes than it says, or a colour without a value.
    UsageError
        If it is not said which axis is phi.
    """
    said = {key: value.strip() for key, value in _COMMENT.findall(text)}
    strings = _strings(text)
    n_columns, n_rows, n_colours, n_letters = _sizes(strings)
    levels = _levels(strings[1 : n_colours + 1], n_letters)
    rows = [words for _, words, _ in strings[n_colours + 1 :]]
    if len(rows) != n_rows or any(len(row) != n_columns * n_letters for row in rows):
        raise ReadError(f"the picture is not of {n_columns} × {n_rows} cells, as it says; write it again")
    try:
        cells = np.array([[levels[row[k : k + n_letters]] for k in range(0, len(row), n_letters)] for row in rows])
    except KeyError as error:
        raise ReadError(
            f"the letters {one_line(error.args[0], 20)!r} are no colour of its table; write it again"
        ) from None
    names = [said.get("x-label") or "x", said.get("y-label") or "y"]
    if declared.axes is not None and {name.lower() for name in declared.axes} == {"x", "y"}:
        names = ["x", "y"]
    phi, _ = find_axes(names, declared)
    unit = _unit_of(said.get("legend", ""))
    if unit or declared.quantity == "energy":
        cells = never_visited(cells)
    x = declared.in_degrees(_axis(text, "x-axis", n_columns))
    y = declared.in_degrees(_axis(text, "y-axis", n_rows))
    # the first row is the highest
    order = ("psi", "phi") if phi == 0 else ("phi", "psi")
    values = labelled(cells[::-1], order, y, x)
    source = f"xpm picture, phi is {names[phi]}, {n_colours} levels"
    return Surface(values, "energy" if unit else "", unit, source)


def read_xvg(text: str, declared: Declared) -> Surface:
    """Read rows of x, y and a value.

    Parameters
    ----------
    text : str
    declared : Declared

    Returns
    -------
    Surface

    Raises
    ------
    ReadError
        If a row is damaged, or bins are missing.
    UsageError
        If it is not said which axis is phi.
    """
    table = read_columns(text)
    if table.values.shape[1] != 3:
        n = table.values.shape[1]
        raise ReadError(f"line {table.lines[0]}: {n} columns, not x, y and a value; write a map of three columns")
    labels = dict(_LABEL.findall(text))
    is_reweighted = _REWEIGHTED.match(text.lstrip()) is not None
    names = [labels.get("x") or "x", labels.get("y") or "y"]
    default = ("RC1", "RC2") if is_reweighted and names == ["RC1", "RC2"] else None
    phi, psi = find_axes(names, declared, default)
    unit = _unit_of(text.lstrip().partition("\n")[0]) if is_reweighted else _unit_of(labels.get("z", ""))
    values = table.values[:, 2]
    if is_reweighted or (unit and declared.quantity in (None, "energy")):
        values = never_visited(values)
    angles = [declared.in_degrees(table.values[:, k]) for k in (phi, psi)]
    source = f"xvg map, phi is {names[phi]} and psi {names[psi]}"
    if is_reweighted:
        angles = [_to_centres(axis) for axis in angles]
        source += ", centres of bins whose lower edges stand in the file"
    cells = on_grid(angles[0], angles[1], values, table.lines, declared.absent)
    return Surface(cells, "energy" if unit else "", unit, source)


def never_visited(values: np.ndarray) -> np.ndarray:
    """Return energies whose highest value, if several cells have it, is infinite.

    Examples
    --------
    >>> never_visited(np.array([0.0, 8.0, 8.0, 3.0]))
    array([ 0., inf, inf,  3.])
    """
    if not values.size:
        return values
    is_highest = values == values.max()
    if np.count_nonzero(is_highest) < 2:
        return values
    return np.where(is_highest, np.inf, values)


def _strings(text: str) -> list[tuple[int, str, str]]:
    """Return the quoted strings that are no comments: line, content, and what stands behind."""
    found = []
    for number, line in enumerate(split_lines(text), 1):
        stripped = line.strip()
        if stripped.startswith('"') and (match := _QUOTED.match(stripped)):
            found.append((number, match[1], stripped[match.end() :]))
    if not found:
        raise ReadError("no string in it, so no picture; write it again")
    return found


def _sizes(strings: list[tuple[int, str, str]]) -> tuple[int, int, int, int]:
    line, words, _ = strings[0]
    numbers = words.split()
    if len(numbers) != 4 or not all(word.isascii() and word.isdecimal() and len(word) < 6 for word in numbers):
        raise ReadError(f"line {line}: not the four sizes of a picture, but {one_line(words, 40)!r}; write it again")
    columns, rows, colours, letters = (int(word) for word in numbers)
    if min(columns, rows, colours, letters) < 1 or len(strings) < colours + 1:
        raise ReadError(f"line {line}: a picture of {columns} × {rows} cells and {colours} colours; write it again")
    return columns, rows, colours, letters


def _levels(strings: list[tuple[int, str, str]], n_letters: int) -> dict[str, float]:
    levels: dict[str, float] = {}
    for line, words, behind in strings:
        match = _VALUE.search(behind)
        if match is None:
            raise ReadError(f"line {line}: a colour without a value in a comment; write the picture with gmx")
        letters = words[:n_letters]
        if letters in levels:
            raise ReadError(f"line {line}: the letters {one_line(letters, 20)!r} are two colours; write it again")
        levels[letters] = number_of(match[1].strip(), line)
    return levels


def _axis(text: str, name: str, n: int) -> np.ndarray:
    """Return the centres of the bins of an axis."""
    words = " ".join(re.findall(rf"/\*\s*{name}:([^*]*)\*/", text)).split()
    values = np.array([number_of(word, 0) for word in words])
    if len(values) == n + 1:
        middle: np.ndarray = (values[1:] + values[:-1]) / 2
        return middle
    if len(values) != n:
        raise ReadError(f"{len(values)} values in the comments {name} of {n} bins; write the picture with gmx")
    return values


def _unit_of(legend: str) -> str:
    for word in _UNIT.findall(legend):
        if unit := _UNITS.get(word.strip().lower()):
            return unit
    return ""


def _to_centres(edges: np.ndarray) -> np.ndarray:
    """Return the centres of bins whose lower edges are multiples of the step; centres stay."""
    if not (np.abs(edges) <= LARGEST).all():
        # no angles, which the grid refuses
        return edges
    nodes = np.unique(edges)
    step = float(np.diff(nodes).min()) if len(nodes) > 1 else PERIOD
    if step < 1e-3:
        # no step round the circle, which the grid refuses
        return edges
    remainder = np.abs(nodes / step - np.round(nodes / step))
    return edges + step / 2 if (remainder < 1e-3).all() else edges
