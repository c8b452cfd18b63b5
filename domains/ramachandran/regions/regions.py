"""Regions of the (phi, psi) torus: sets of cells, empirical or anybody's own.

Conventions
-----------
- A region is a DataArray on (psi, phi): bool, or floating in [0, 1] for a soft one; coordinates are cell centres
  in degrees.
- ``level="allowed"`` is cumulative, favored and allowed together, as the contour is drawn.
- A region that was cut from a score keeps the score (as a coordinate) and the cut. On another grid the score is
  interpolated and then cut, which loses no more than the score's own grid does. A plain mask goes to another
  grid by nearest neighbour.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import xarray as xr

from ..._checks import check_choice
from ..empirical import LEVELS, Category, Level, maps_of
from ..torus import Table, nearest
from .quantities import RANK

ALL = "all"
"""``attrs["category"]`` or ``attrs["level"]`` of a region that holds every one of them."""

Regridding = Literal["none", "score interpolated, then cut", "nearest cell"]

_MEANINGS = {"favored": "favored", "allowed": "favored and allowed"}


def region(
    reference: str | xr.Dataset = "top8000",
    category: Category | Sequence[Category] | None = "general",
    level: Level | Sequence[Level] | None = "favored",
) -> xr.DataArray:
    """Return an empirical region as a set of cells.

    Parameters
    ----------
    reference : str or Dataset
        The name of a reference, or a Dataset such as `reference` returns.
    category : str or sequence of str, optional
        One of `CATEGORIES`; several, or None for all of them, lie along a dimension ``category``.
    level : {"favored", "allowed"} or a sequence of them, optional
        Which cut; "allowed" holds the favored cells too. Several, or None for both, lie along a dimension ``level``.

    Returns
    -------
    DataArray of bool, dimensions (psi, phi), after ``category`` and ``level`` where there are several
        With the score as a coordinate, and the cut and its meaning in ``attrs``.

    Raises
    ------
    ValueError
        If the reference, category or level is unknown.

    See Also
    --------
    reference : Return an empirical reference with its provenance.
    compare : Compare a predicted region with a reference one, as two sets on the torus.

    Examples
    --------
    >>> general = region(level="favored")
    >>> round(float(general.mean()) * 100, 4)
    16.2747
    >>> dict(region(category=None, level=None).sizes)
    {'category': 6, 'level': 2, 'psi': 180, 'phi': 180}
    """
    maps = maps_of(reference)
    categories = _listed("category", category, maps.categories)
    levels = _listed("level", level, LEVELS)
    positions = [maps.categories.index(name) for name in categories]
    score = maps.score[positions]
    cut = np.stack([maps.cuts[name][positions] for name in levels], axis=1)
    cells = score[:, None] >= cut[:, :, None, None]
    names = np.array(maps.categories)[positions]
    coords: dict[str, Any] = {"psi": maps.psi, "phi": maps.phi}
    dims: tuple[str, ...] = ("category", "level")
    if isinstance(category, str):
        # one name leaves no dimension
        dims = ("level",)
        names = names[0]
        score = score[0]
        cut = cut[0]
        cells = cells[0]
    if isinstance(level, str):
        dims = dims[:-1]
        cut = cut[..., 0]
        cells = cells[..., 0, :, :]
    else:
        coords["level"] = levels
    of_category = dims[: score.ndim - 2]
    coords["category"] = (of_category, names)
    of_score = {"long_name": RANK} if isinstance(reference, str) else reference["score"].attrs
    coords["score"] = ((*of_category, "psi", "phi"), score, of_score)
    coords["cut"] = (dims, cut)
    category_label = _label(category, maps.categories)
    level_label = _label(level, LEVELS)
    attrs = _described(maps.name, category_label, level_label, levels)
    return xr.DataArray(cells, dims=(*dims, "psi", "phi"), coords=coords, name="region", attrs=attrs)


def same_grid(region: xr.DataArray, like: xr.DataArray) -> bool:
    """Return whether two regions have the very same cell centres.

    Parameters
    ----------
    region, like : DataArray
        With dimensions psi and phi.

    Examples
    --------
    >>> same_grid(region(), region(level="allowed"))
    True
    """
    for dim in ("psi", "phi"):
        own = region.coords.variables[dim].values
        other = like.coords.variables[dim].values
        if not np.array_equal(own, other):
            return False
    return True


def regrid(region: xr.DataArray, like: xr.DataArray) -> tuple[xr.DataArray, Regridding]:
    """Return a region on the grid of another, and how it got there.

    Parameters
    ----------
    region, like : DataArray, dimensions (..., psi, phi)
        As `check_grid` returns them.

    Returns
    -------
    DataArray
        On the coordinates of `like`.
    str
        "none", "score interpolated, then cut" or "nearest cell".

    Examples
    --------
    >>> from ..torus import centres
    >>> fine = xr.DataArray(np.zeros((360, 360), bool), coords={"psi": centres(360), "phi": centres(360)})
    >>> moved, how = regrid(region(), fine)
    >>> how, round(float(moved.mean()) * 100, 2)
    ('score interpolated, then cut', 16.29)
    """
    if same_grid(region, like):
        return region, "none"
    if "score" in region.coords and "cut" in region.coords:
        return _interpolate(region, like), "score interpolated, then cut"
    rows = nearest(region.psi.values, like.psi.values)
    columns = nearest(region.phi.values, like.phi.values)
    moved = region.isel(psi=rows, phi=columns)
    return moved.assign_coords(psi=like.psi, phi=like.phi), "nearest cell"


def check_membership(values: np.ndarray, name: str) -> None:
    """Check that values say how much of each cell is in a set: bool, or floating in [0, 1].

    Parameters
    ----------
    values : ndarray
    name : str
        How an error begins: the function and the argument.

    Raises
    ------
    TypeError
        If the values are neither bool nor floating.
    ValueError
        If a value is outside [0, 1] or NaN.

    Examples
    --------
    >>> check_membership(np.array([0.0, 0.5, 1.0]), "mine")
    """
    if values.dtype == bool or not values.size:
        return
    remedy = "cut labels or densities first (labels == k, density >= level)"
    if values.dtype.kind != "f":
        raise TypeError(f"{name}: the values are {values.dtype}; a region is bool, or floating in [0, 1]: {remedy}")
    missing = np.count_nonzero(np.isnan(values))
    if missing:
        raise ValueError(f"{name}: {missing} cells have no value (NaN); fill them with 0 first")
    low = values.min()
    high = values.max()
    if low < 0 or high > 1:
        raise ValueError(
            f"{name}: the values run from {low:g} to {high:g}; a region is 0 or 1, or soft in [0, 1]: {remedy}"
        )


def _interpolate(region: xr.DataArray, like: xr.DataArray) -> xr.DataArray:
    score = region.score.transpose(..., "psi", "phi")
    if not all((np.diff(score[dim].values) > 0).all() for dim in ("psi", "phi")):
        # to sort what is sorted takes as long
        score = score.sortby(["psi", "phi"])
    lead = score.dims[:-2]
    maps = score.values.reshape(-1, score.sizes["psi"], score.sizes["phi"])
    table = Table(maps, (float(score.psi[0]), float(score.phi[0])))
    which = np.arange(len(maps))[:, None, None]
    values = table(like.phi.values, like.psi.values[:, None], which)
    shape = (*score.shape[:-2], like.sizes["psi"], like.sizes["phi"])
    coords = {dim: score[dim] for dim in lead if dim in score.coords}
    moved = xr.DataArray(
        values.reshape(shape),
        dims=score.dims,
        coords={**coords, "psi": like.psi, "phi": like.phi},
    )
    cells: xr.DataArray = (moved >= region.cut).transpose(*region.dims)
    cells = cells.assign_coords(score=moved, cut=region.cut)
    return cells.rename(region.name).assign_attrs(region.attrs)


def _listed(name: str, value: str | Sequence[str] | None, known: Sequence[str]) -> list[str]:
    """Return the names that an option stands for: itself, several, or all that are known."""
    if value is None:
        return list(known)
    names = [value] if isinstance(value, str) else list(value)
    for one in names:
        check_choice("ramachandran.region", name, one, known)
    return names


def _label(value: str | Sequence[str] | None, known: Sequence[str]) -> str:
    """Return what ``attrs`` say of an option of `region`."""
    if isinstance(value, str):
        return value
    if value is None or list(value) == list(known):
        return ALL
    return ", ".join(value)


def _described(reference: str, category: str, level: str, levels: Sequence[str]) -> dict[str, str]:
    of_category = "all categories" if category == ALL else category
    of_level = "all levels" if level == ALL else level
    meaning = ", or ".join(_MEANINGS[name] for name in levels)
    return {
        "name": f"{reference} {of_category}, {of_level}",
        "reference": reference,
        "category": category,
        "level": level,
        "meaning": f"{meaning}: score >= cut",
    }
