"""Free energies on two coordinates: Grossfield's WHAM.

Conventions
-----------
- ``#X Y Free Pro``: the centres of the bins, the free energy, and the probability of the bin. ``inf`` or 9999999 are
  bins that were never visited.
- phi is X and psi is Y, unless ``axes="Y X"`` says otherwise. The unit of the energy is that of the run, which the file
  does not tell.
- Angles are in degrees unless ``angles="radians"`` says otherwise.
- Of a periodic run, padding (``numpad``) repeats bins a whole turn further on.

References
----------
Grossfield, A. WHAM: the weighted histogram analysis method. http://membrane.urmc.rochester.edu/wordpress/?page_id=126
"""

from __future__ import annotations

import re

import numpy as np

from .columns import read_columns
from .mesh import on_grid
from .rows import rows_of
from .surface import Declared, Surface, find_axes

HEAD = re.compile(r"\s*#\s*X\s+Y\s+Free\s+Prob?\w*\s*$", re.IGNORECASE | re.MULTILINE)
NEVER = 9999998.0
"""Energies from here on stand for bins that were never visited."""
FREE = 2
PRO = 3
"""The columns of the free energy and of the probability."""


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
    table.check_width(4, "but its header names 4")
    phi, psi = find_axes(["X", "Y"], declared, ("X", "Y"))
    source = f"WHAM, phi is {'XY'[phi]} and psi is {'XY'[psi]}"
    if declared.quantity in ("density", "counts"):
        probabilities = rows_of(table, phi, psi, PRO, declared)
        return Surface(on_grid(probabilities, declared.absent, "density"), "density", "", f"{source}, column Pro")
    energies = rows_of(table, phi, psi, FREE, declared)
    free = np.where(energies.values >= NEVER, np.inf, energies.values)
    cells = on_grid(energies._replace(values=free), declared.absent, declared.meaning("energy"))
    return Surface(cells, "energy", "", f"{source}, column Free")
