r"""Tables of the reference laboratory: percentile contours such as ``rama8000-general-noGPIVpreP.data``.

Conventions
-----------
- The header gives for each axis its bounds, its number of bins and whether it wraps. Coordinates are the centres of
  bins; the first is phi.
- The value is the share of the data at a lower density, a rank. Bins without a row are 0.

References
----------
https://github.com/rlabduke/reference_data, Top8000; Williams, C. J. et al. (2018). Protein Sci. 27, 293.
doi:10.1002/pro.3330
"""

from __future__ import annotations

import re

import numpy as np

from ...._files import ReadError
from ...._text import one_line
from ...torus import PERIOD, centres
from .columns import Columns, read_columns
from .surface import Declared, Surface, find_axes, labelled

RANK = 2
"""The column of the value."""
HEAD = "# Table name/description:"
_AXIS = re.compile(r"^#\s+x(\d+):\s+(\S+)\s+(\S+)\s+(\d+)\s+(true|false)\s*$", re.MULTILINE)
_NAME = re.compile(r'^# Table name/description:\s*"?([^"\n]*)', re.MULTILINE)
_CATEGORIES = {
    "general": "general",
    "gly": "glycine",
    "cis pro": "cis-proline",
    "trans pro": "trans-proline",
    "pre-pro": "pre-proline",
    "ile/val": "isoleucine or valine",
}
"""How the names of the tables begin."""


def is_top8000(text: str) -> bool:
    """Return whether a text begins as these tables do.

    Examples
    --------
    >>> is_top8000('# Table name/description: "Gly (sym), 70%, B<30"')
    True
    """
    return text.lstrip().startswith(HEAD)


def read_surface(text: str, declared: Declared) -> Surface:
    r"""Read the ranks of all bins.

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
        If the header describes no torus, or a row no bin of it.

    Examples
    --------
    >>> head = '# Table name/description: "General"\n#   x1: -180.0 180.0 2 true\n#   x2: -180.0 180.0 2 true\n'
    >>> surface = read_surface(head + "-90.0 90.0 0.5\n90.0 90.0 1.0\n", Declared())
    >>> surface.values.values, surface.category
    (array([[0. , 0. ],
           [0.5, 1. ]]), 'general')
    """
    axes = _AXIS.findall(text)
    if len(axes) != 2:
        raise ReadError(f"a table of {len(axes)} dimensions; one of phi and psi has two lines #   x1: and x2:")
    n_bins = [_bins(*axis) for axis in axes]
    table = read_columns(text)
    table.check_width(3, "not phi, psi and a value")
    phi, psi = find_axes(["x1", "x2"], declared, ("x1", "x2"))
    column = _places(table, phi, n_bins[phi])
    row = _places(table, psi, n_bins[psi])
    cell = row * n_bins[phi] + column
    _check_once(cell, table)
    ranks = np.zeros((n_bins[psi], n_bins[phi]))
    ranks.flat[cell] = table.values[:, RANK]
    grid = labelled(ranks, ("psi", "phi"), centres(n_bins[psi]), centres(n_bins[phi]))
    title = _title(text)
    source = f"percentile contours, {title}; absent bins are 0"
    return Surface(grid, "rank", source=source, category=_category(title))


def _title(text: str) -> str:
    match = _NAME.search(text)
    return "" if match is None else match[1].strip()


def _check_once(cell: np.ndarray, table: Columns) -> None:
    cells, counts = np.unique(cell, return_counts=True)
    again = cells[counts > 1]
    if len(again):
        first, second, *_ = table.lines[cell == again[0]]
        raise ReadError(f"one bin stands in line {first} and in line {second}; keep one")


def _bins(number: str, low: str, high: str, n: str, wraps: str) -> int:
    """Return the number of bins of an axis, which has to go once round the circle."""
    ends = (float_or_nan(low), float_or_nan(high))
    if ends != (-180.0, 180.0) or wraps != "true":
        found = f"axis x{number} goes from {one_line(low, 20)} to {one_line(high, 20)}, wrapping {wraps}"
        raise ReadError(f"{found}; one of angles wraps from -180 to 180")
    n_bins = int(n)
    if not 2 <= n_bins <= 3600:
        raise ReadError(f"axis x{number} has {n} bins; a map has 2 to 3600")
    return n_bins


def float_or_nan(word: str) -> float:
    """Return a number, or NaN.

    Examples
    --------
    >>> float_or_nan("-180.0"), float_or_nan("x")
    (-180.0, nan)
    """
    try:
        return float(word)
    except ValueError:
        return np.nan


def _places(table: Columns, column: int, n: int) -> np.ndarray:
    """Return the bin of each row along an axis; a coordinate that is no centre is refused."""
    values = table.values[:, column]
    step = PERIOD / n
    with np.errstate(over="ignore"):
        position = (values + 180) / step - 0.5
    # far from all bins, where a number is none or too large for an integer
    position = np.clip(np.nan_to_num(position, nan=-1.0), -1, n)
    place = np.round(position).astype(int)
    is_centre = (np.abs(position - place) <= 0.01) & (place >= 0) & (place < n)
    off = np.flatnonzero(~is_centre)
    if len(off):
        found = f"line {table.lines[off[0]]}: {values[off[0]]:g}"
        raise ReadError(f"{found} is the centre of none of {n} bins; write it again")
    return place


def _category(title: str) -> str:
    for begin, category in _CATEGORIES.items():
        if title.lower().startswith(begin):
            return category
    return ""
