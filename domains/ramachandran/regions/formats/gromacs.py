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
- ``gmx rama`` and ``gmx chi -rama`` write angles of frames under axes called phi and psi: no map.

References
----------
https://manual.gromacs.org, "gmx sham"; Miao, Y. et al. (2014). J. Chem. Theory Comput. 10, 2677. doi:10.1021/ct500090q
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from ...._files import ReadError, split_lines
from ...._text import one_line
from ..quantities import UNITS
from .columns import number_of, read_columns, rows_of_words
from .mesh import on_grid
from .rows import centres_of_bins, rows_of
from .surface import Declared, Surface, find_axes, labelled, never_visited

_QUOTED = re.compile(r'"([^"]*)"')
_COMMENT = re.compile(r'/\*\s*([\w-]+):\s*"?([^"*]*)"?\s*\*/')
_VALUE = re.compile(r'/\*\s*"([^"]*)"\s*\*/')
_UNIT = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_REWEIGHTED = re.compile(r"#\s*RC1\s+RC2\s+PMF", re.IGNORECASE)
_LABEL = re.compile(r'^@\s+([xyz])axis\s+label\s+"([^"]*)"', re.MULTILINE)
_SYMBOL = re.compile(r"\\(?:8|x)([fy])\\(?:4|f\{\})")
_GREEK = {"f": "phi", "y": "psi"}
"""Letters of the font Symbol."""
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


def is_rama(text: str) -> bool:
    r"""Return whether a text holds phi and psi of frames, and nothing else, under axes of these names.

    Examples
    --------
    >>> is_rama('@    xaxis  label "Phi"\n@    yaxis  label "Psi"\n-63 -43\n')
    True
    """
    if not is_xvg(text):
        return False
    first = next(rows_of_words(text), None)
    if first is None or len(first[1]) != 2:
        return False
    labels = axis_labels(text)
    names = {labels.get(axis, "").lower() for axis in "xy"}
    return names == {"phi", "psi"}


def axis_labels(text: str) -> dict[str, str]:
    r"""Return what an xvg file calls x, y and z, without units of angles and with Greek letters by name.

    Examples
    --------
    >>> axis_labels('@    xaxis  label "\\xf\\f{} (deg)"\n@    yaxis  label "Psi"\n')
    {'x': 'phi', 'y': 'Psi'}
    """
    labels = {}
    for axis, label in _LABEL.findall(text):
        named = _SYMBOL.sub(lambda match: _GREEK[match[1]], label)
        labels[axis] = named.removesuffix("(deg)").strip()
    return labels


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
    size = _size(strings)
    levels = _levels(strings[1 : size.colours + 1], size.letters)
    cells = _cells(strings[size.colours + 1 :], levels, size)
    names = _axis_names(said.get("x-label") or "x", said.get("y-label") or "y", declared)
    phi, _ = find_axes(names, declared)
    unit = _unit_of(said.get("legend", ""))
    if unit or declared.quantity == "energy":
        cells = never_visited(cells)
    x = declared.in_degrees(_axis(text, "x-axis", size.columns))
    y = declared.in_degrees(_axis(text, "y-axis", size.rows))
    order = ("psi", "phi") if phi == 0 else ("phi", "psi")
    values = labelled(cells, order, y, x)
    source = f"xpm picture, phi is {names[phi]}, {size.colours} levels"
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
    table.check_width(3, "not x, y and a value")
    is_reweighted = _REWEIGHTED.match(text.lstrip()) is not None
    labels = axis_labels(text)
    unlabelled = ("RC1", "RC2") if is_reweighted else ("x", "y")
    names = _axis_names(labels.get("x") or unlabelled[0], labels.get("y") or unlabelled[1], declared)
    default = ("RC1", "RC2") if is_reweighted and names == ["RC1", "RC2"] else None
    phi, psi = find_axes(names, declared, default)
    legend = text.lstrip().partition("\n")[0] if is_reweighted else labels.get("z", "")
    unit = _unit_of(legend)
    rows = rows_of(table, phi, psi, 2, declared)
    source = f"xvg map, phi is {names[phi]} and psi {names[psi]}"
    if is_reweighted:
        rows = rows._replace(phi=centres_of_bins(rows.phi), psi=centres_of_bins(rows.psi))
        source += ", centres of bins whose lower edges stand in the file"
    if is_reweighted or (unit and declared.quantity in (None, "energy")):
        rows = rows._replace(values=never_visited(rows.values))
    quantity = "energy" if unit else ""
    cells = on_grid(rows, declared.absent, declared.meaning(quantity))
    return Surface(cells, quantity, unit, source)


def _axis_names(x: str, y: str, declared: Declared) -> list[str]:
    """Return what the axes are called: x and y, if the user calls them so."""
    if declared.axes is not None and {name.lower() for name in declared.axes} == {"x", "y"}:
        return ["x", "y"]
    return [x, y]


class String(NamedTuple):
    """A quoted string of a picture: its line, its content, and what stands behind it.

    Attributes
    ----------
    line : int
    content, behind : str
    """

    line: int
    content: str
    behind: str


class Size(NamedTuple):
    """The sizes of a picture, in cells; the colours of its table, and the letters that stand for each.

    Attributes
    ----------
    columns, rows, colours, letters : int
    """

    columns: int
    rows: int
    colours: int
    letters: int


def _strings(text: str) -> list[String]:
    """Return the quoted strings that are no comments."""
    strings = []
    for number, line in enumerate(split_lines(text), 1):
        stripped = line.strip()
        match = _QUOTED.match(stripped)
        if match is not None:
            strings.append(String(number, match[1], stripped[match.end() :]))
    if not strings:
        raise ReadError("no string in it, so no picture; write it again")
    return strings


def _size(strings: list[String]) -> Size:
    line, content, _ = strings[0]
    words = content.split()
    if len(words) != 4 or not all(word.isascii() and word.isdecimal() and len(word) < 6 for word in words):
        raise ReadError(f"line {line}: not the four sizes of a picture, but {one_line(content, 40)!r}; write it again")
    size = Size(*map(int, words))
    if min(size) < 1 or len(strings) < size.colours + 1:
        found = f"a picture of {size.columns} × {size.rows} cells and {size.colours} colours"
        raise ReadError(f"line {line}: {found}; write it again")
    return size


def _cells(strings: list[String], levels: dict[str, float], size: Size) -> np.ndarray:
    """Return the values of the cells; rows ascend with y, so the picture's last one comes first."""
    n = size.letters
    width = size.columns * n
    if len(strings) != size.rows or any(len(string.content) != width for string in strings):
        raise ReadError(f"the picture is not of {size.columns} × {size.rows} cells, as it says; write it again")
    cells = []
    for _, row, _ in reversed(strings):
        for k in range(0, width, n):
            letters = row[k : k + n]
            if letters not in levels:
                raise ReadError(f"the letters {one_line(letters, 20)!r} are no colour of its table; write it again")
            cells.append(levels[letters])
    return np.array(cells).reshape(size.rows, size.columns)


def _levels(strings: list[String], n_letters: int) -> dict[str, float]:
    levels: dict[str, float] = {}
    for line, content, behind in strings:
        match = _VALUE.search(behind)
        if match is None:
            raise ReadError(f"line {line}: a colour without a value in a comment; write the picture with gmx")
        letters = content[:n_letters]
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
