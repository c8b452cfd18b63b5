r"""Histograms of cpptraj in gnuplot's format (``hist … out map.gnu``).

Conventions
-----------
- Rows between ``splot`` and ``end`` hold the lower edges of a bin and its value. ``xlabel`` and ``ylabel`` name the
  axes.
- Counts, a normalised histogram or free energies are written alike: what they are has to be declared. Of an energy, the
  highest value, where several bins have it, stands for bins that were never visited: half a count, as cpptraj has it.
- A last row or column at a whole turn from the first is the edge of the picture, and left out.

References
----------
Roe, D. R. & Cheatham, T. E. (2013). J. Chem. Theory Comput. 9, 3084. doi:10.1021/ct400341p; https://amberhub.chpc.utah.edu
"""

from __future__ import annotations

import re

import numpy as np

from ...._files import ReadError, split_lines
from ...torus import LARGEST, PERIOD
from .columns import to_numbers
from .mesh import on_grid
from .rows import Rows, rows_of
from .surface import Declared, Surface, find_axes, never_visited

_LABEL = re.compile(r'^\s*set\s+([xy])label\s+"([^"]*)"', re.MULTILINE)
_PLOT = re.compile(r'^\s*splot\s+"-"', re.MULTILINE)


def is_gnuplot(text: str) -> bool:
    r"""Return whether a text is a picture of gnuplot with its own data.

    Examples
    --------
    >>> is_gnuplot('set pm3d map\nsplot "-" with pm3d\n0 0 1\nend\n')
    True
    """
    return text.lstrip().startswith("set ") and _PLOT.search(text) is not None


def read_surface(text: str, declared: Declared) -> Surface:
    r"""Read the values of all bins.

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

    Examples
    --------
    >>> rows = "-180 -180 1\n-180 0 2\n\n0 -180 3\n0 0 4\n"
    >>> text = 'set xlabel "phi:2"\nset ylabel "psi:2"\nsplot "-" with pm3d\n' + rows + "end\npause -1\n"
    >>> surface = read_surface(text, Declared())
    >>> surface.values.values, surface.values.phi.values
    (array([[1., 3.],
           [2., 4.]]), array([-90.,  90.]))
    """
    labels = dict(_LABEL.findall(text))
    names = [labels.get("x") or "x", labels.get("y") or "y"]
    phi, psi = find_axes(names, declared)
    lines, words = _rows(text)
    table = to_numbers(lines, words)
    table.check_width(3, "not x, y and a value")
    edges = rows_of(table, phi, psi, 2, declared)
    _check_angles(edges)
    edges = edges.take(_is_bin(edges.phi) & _is_bin(edges.psi))
    rows = edges._replace(phi=edges.phi + _step(edges.phi) / 2, psi=edges.psi + _step(edges.psi) / 2)
    if declared.quantity == "energy":
        rows = rows._replace(values=never_visited(rows.values))
    named = f"phi is {names[phi]} and psi {names[psi]}"
    source = f"gnuplot map, {named}, centres of bins whose lower edges stand in the file"
    cells = on_grid(rows, declared.absent, declared.meaning(""))
    return Surface(cells, source=source)


def _check_angles(rows: Rows) -> None:
    is_angle = (np.abs(rows.phi) <= LARGEST) & (np.abs(rows.psi) <= LARGEST)
    if not is_angle.all():
        line = rows.lines[np.flatnonzero(~is_angle)[0]]
        raise ReadError(f"line {line}: no angle; write it again")


def _is_bin(edges: np.ndarray) -> np.ndarray:
    """Return whether each edge is that of a bin, and not the picture's end: a whole turn from the first."""
    inside: np.ndarray = edges - edges.min() < PERIOD - 1e-3
    return inside


def _rows(text: str) -> tuple[list[int], list[list[str]]]:
    """Return the rows of data and their lines."""
    lines = []
    rows = []
    is_data = False
    for number, line in enumerate(split_lines(text), 1):
        words = line.split()
        if not words:
            continue
        if is_data and words[0].lower() in ("end", "e"):
            break
        if is_data:
            lines.append(number)
            rows.append(words)
        is_data = is_data or words[0] == "splot"
    else:
        raise ReadError('no line "end" behind the data, so it is cut off; write it again')
    return lines, rows


def _step(edges: np.ndarray) -> float:
    nodes = np.unique(edges)
    if len(nodes) < 2:
        raise ReadError("all rows have one angle; write a map of phi and psi")
    return float(np.diff(nodes).min())
