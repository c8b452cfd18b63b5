"""Free energies on two coordinates: Grossfield's WHAM.

Conventions
-----------
- ``#X Y Free Pro``: the centres of the bins, the free energy, and the probability of the bin. ``inf`` or 9999999 are
  bins that were never visited.
- phi is X and psi is Y, unless ``axes="Y X"`` says otherwise. The unit of the energy is that of the run, which the file
  does not tell.
- Angles are in degrees unless ``angles="radians"`` says otherwise.

References
----------
Grossfield, A. WHAM: the weighted histogram analysis method. http://membrane.urmc.rochester.edu/wordpress/?page_id=126
"""

from __future__ import annotations

import re

import numpy as np

from ..._files import ReadError
from .columns import read_columns
from .mesh import on_grid
from .surface import Declared, Surface, find_axes

HEAD = re.compile(r"\s*#\s*X\s+Y\s+Free\s+Prob?\w*\s*$", re.IGNORECASE | re.MULTILINE)
NEVER = 9999998.0
"""Energies from here on stand for bins that were never visited."""


def is_wham(text: str) -> bool:
    r"""Return whether a text begins as the files of WHAM do.

    Examples
    --------
    >>> is_wham("#X\t\tY\t\tFree\t\tPro\n")
    True
    """
    return HEAD.match(text) is not None


def read_surface(text: str, declared: Declared) -> Surface:
    r"""Read the free energies, or, if they are asked for as a density, the probabilities.

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
        If other axes than X and Y are named.

    Examples
    --------
    >>> rows = "-90 -90 0 0.7\n-90 90 1 0.3\n\n90 -90 inf 0\n90 90 9999999.0 0\n"
    >>> read_surface("#X Y Free Pro\n" + rows, Declared()).values.values
    array([[ 0., inf],
           [ 1., inf]])
    """
    table = read_columns(text)
    if table.values.shape[1] < 4:
        raise ReadError(
            f"line {table.lines[0]}: {table.values.shape[1]} columns, but its header names 4; write it again"
        )
    phi, psi = find_axes(["X", "Y"], declared, ("X", "Y"))
    angles = [declared.in_degrees(table.values[:, k]) for k in (phi, psi)]
    as_density = declared.quantity in ("density", "counts")
    values = table.values[:, 3 if as_density else 2]
    if not as_density:
        values = np.where(values >= NEVER, np.inf, values)
    cells = on_grid(angles[0], angles[1], values, table.lines, declared.absent)
    source = f"WHAM, phi is {'XY'[phi]} and psi is {'XY'[psi]}"
    if as_density:
        return Surface(cells, "density", "", f"{source}, column Pro")
    return Surface(cells, "energy", "", f"{source}, column Free")
