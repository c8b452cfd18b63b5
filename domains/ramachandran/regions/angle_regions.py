"""The region of a table of angles: that of the residues of one category, smoothed together.

Conventions
-----------
- Residues of a category that was asked for are taken, the others are counted. Without one, residues that are all of one
  category make a region that says so; those of several are warned of, for a region of them belongs to none.
- A table without names of residues tells no category: it is that which was asked for.
- Residues that are not standard are left out.
- The category comes from the name of a residue and of the one after it, as in `read_angles`.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable

import numpy as np
import pandas as pd
import xarray as xr

from ..._checks import UsageError
from ..empirical import CATEGORIES, category_codes
from ..structures.residues import parents_of
from .angle_tables import neighbours
from .samples import listed, region_from_angles


def region_of_table(
    table: pd.DataFrame, name: str, bandwidth: float, mass_of: Callable[[str], float], category: str, usual: str = ""
) -> xr.DataArray:
    """Return the region that holds a share of the angles of a table.

    Parameters
    ----------
    table : DataFrame
        As `read_angles` returns it.
    name : str
        Of the file.
    bandwidth : float
        Of the kernel in degrees.
    mass_of : callable
        Gives the share inside for a category, or for "".
    category : str
        Of the residues that are taken; "" if none was asked for.
    usual : str
        The category that is taken of several if none was asked for; "" for all of them together.

    Returns
    -------
    DataArray of bool, dimensions (psi, phi)
        ``attrs`` say the category, if it is one, and how many residues of others were left out.

    Raises
    ------
    UsageError
        If the table has no residue of the category.

    Warns
    -----
    UserWarning
        If residues of several categories are taken together.

    Examples
    --------
    >>> rows = {"frame": [1, 1], "resseq": [2, 3], "resname": ["ALA", "GLY"], "phi": [-60, 80], "psi": [-45, 10]}
    >>> table = pd.DataFrame({**rows, "chain": "", "icode": ""})
    >>> region_of_table(table, "rama.xvg", 8, lambda category: 0.98, "glycine").attrs["source"]
    '1 pair of angles of glycine (1 of others left out), bandwidth 8°'
    """
    names = categories_of(table)
    counts = Counter(names[names != ""].tolist())
    if not category and len(counts) == 1:
        (category,) = counts
    if not category and counts:
        category = usual
    taken = table
    if names.size:
        taken = table[names != ""]
    if counts and category in CATEGORIES:
        taken = table[names == category]
        if taken.empty:
            raise UsageError(f"no residue of {category}, but {_told(counts)}")
    elif len(counts) > 1:
        message = f"{name}: residues of several categories make one region: {_told(counts)}"
        warnings.warn(message, stacklevel=3)
    cells = region_from_angles(taken["phi"], taken["psi"], bandwidth=bandwidth, mass=mass_of(category))
    n_left_out = len(table) - len(taken)
    said = "1 pair of angles" if len(taken) == 1 else f"{len(taken)} pairs of angles"
    if category:
        cells = cells.assign_attrs(category=category)
        said += f" of {category}"
    if n_left_out:
        said += f" ({n_left_out} of others left out)"
    return cells.assign_attrs(name=name, source=f"{said}, bandwidth {bandwidth:g}°")


def categories_of(table: pd.DataFrame) -> np.ndarray:
    """Return the category of each residue of a table, "" of one that is not standard; none at all if it has no names.

    Parameters
    ----------
    table : DataFrame
        As `read_angles` returns it.

    Examples
    --------
    >>> rows = {"frame": [1, 1], "resseq": [2, 3], "resname": ["ALA", "PRO"], "chain": "", "icode": ""}
    >>> categories_of(pd.DataFrame(rows)).tolist()
    ['pre-proline', 'trans-proline']
    """
    names = table["resname"].to_numpy(object)
    if not (names != "").any():
        return np.array([])
    parents = parents_of(names)
    following = parents_of(neighbours(table), modified=True)
    codes = category_codes(parents, following, np.full(len(names), np.nan))
    return np.where(parents != "", np.array(CATEGORIES)[codes], "")


def _told(counts: Counter[str]) -> str:
    """Say how many residues are of each category, and how to choose the one that most are of."""
    most, _ = counts.most_common(1)[0]
    return f'{listed(counts)}; choose one with category="{most}" (--category "{most}")'
