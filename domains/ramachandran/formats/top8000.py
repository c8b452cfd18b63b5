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

from ..._files import ReadError
from ..._text import one_line
from ..torus import centres
from .columns import Columns, read_columns
from .surface import Declared, Surface, find_axes, labelled

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
    if table.values.shape[1] != 3:
        raise ReadError(
            f"line {table.lines[0]}: {table.values.shape[1]} columns, not phi, psi and a value; write it again"
        )
    places = [_places(table, k, n) for k, n in enumerate(n_bins)]
    phi, psi = find_axes(["x1", "x2"], declared, ("x1", "x2"))
    cell = places[psi] * n_bins[phi] + places[phi]
    found, counts = np.unique(cell, return_counts=True)
    if (counts > 1).any():
        again = table.lines[np.flatnonzero(cell == found[counts > 1][0])]
        raise ReadError(f"one bin stands in line {again[0]} and in line {again[1]}; keep one")
    values = np.zeros(n_bins[phi] * n_bins[psi])
    values[cell] = table.values[:, 2]
    grid = labelled(
        values.reshape(n_bins[psi], n_bins[phi]), ("psi", "phi"), centres(n_bins[psi]), centres(n_bins[phi])
    )
    name = _NAME.search(text)
    title = name[1].strip() if name else ""
    return Surface(grid, "rank", "", f"percentile contours, {title}; absent bins are 0", _category(title))


def _bins(number: str, low: str, high: str, n: str, wraps: str) -> int:
    if (float_or_nan(low), float_or_nan(high)) != (-180.0, 180.0) or wraps != "true":
        found = f"axis x{number} goes from {one_line(low, 20)} to {one_line(high, 20)}, wrapping {wraps}"
        raise ReadError(f"{found}; one of angles wraps from -180 to 180")
    if not 2 <= int(n) <= 3600:
        raise ReadError(f"axis x{number} has {n} bins; a map has 2 to 3600")
    return int(n)


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
    with np.errstate(over="ignore"):
        position = (values + 180) / (360 / n) - 0.5
    place = np.round(np.clip(np.nan_to_num(position, nan=-1.0), -1, n)).astype(int)
    off = np.flatnonzero((np.abs(position - place) > 0.01) | (place < 0) | (place >= n) | np.isnan(position))
    if len(off):
        raise ReadError(
            f"line {table.lines[off[0]]}: {values[off[0]]:g} is the centre of none of {n} bins; write it again"
        )
    return place


def _category(title: str) -> str:
    for begin, category in _CATEGORIES.items():
        if title.lower().startswith(begin):
            return category
    return ""
