"""Regions of the (phi, psi) torus: sets of cells, empirical or anybody's own.

Conventions
-----------
- A region is a DataArray on (psi, phi): bool, or floating in [0, 1] for a soft one; coordinates are cell centres
  in degrees.
- ``level="allowed"`` is cumulative, favored and allowed together, as the contour is drawn.
- A region that was cut from a score keeps the score (as a coordinate) and the cut: on another grid the score is
  interpolated and then cut, which loses no more than the score's own grid does. A plain mask goes to another
  grid by nearest neighbour.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from .empirical import CATEGORIES, LEVELS, Category, Level
from .empirical import reference as _reference
from .torus import Table, check_grid, nearest


def region(
    reference: str | xr.Dataset = "top8000",
    category: Category | None = "general",
    level: Level = "favored",
) -> xr.DataArray:
    """Return an empirical region as a set of cells.

    Parameters
    ----------
    reference : str or Dataset
        The name of a reference, or a Dataset such as `reference` returns.
    category : str, optional
        One of `CATEGORIES`; None gives all of them along a dimension ``category``.
    level : {"favored", "allowed"}
        Which cut; "allowed" holds the favored cells too.

    Returns
    -------
    DataArray of bool, dimensions (psi, phi)
        With the score as a coordinate, and the cut and its meaning in ``attrs``.

    Raises
    ------
    ValueError
        If the reference, category or level is unknown.

    Examples
    --------
    >>> general = region(level="favored")
    >>> round(float(general.mean()) * 100, 4)
    16.2747
    """
    data = _reference(reference) if isinstance(reference, str) else reference
    if level not in LEVELS:
        raise ValueError(f"region: level must be one of {', '.join(LEVELS)}, got {level!r}")
    if category is not None and category not in data.category.values:
        raise ValueError(f"region: no category {category!r}; choose from {', '.join(CATEGORIES)}")
    chosen = data if category is None else data.sel(category=category)
    cells: xr.DataArray = (
        (chosen.score >= chosen[level]).drop_attrs(deep=False).assign_coords(score=chosen.score, cut=chosen[level])
    )
    name = data.attrs.get("name", "reference")
    meaning = "favored and allowed" if level == "allowed" else "favored"
    return cells.rename("region").assign_attrs(
        name=f"{name} {category or 'all categories'}, {level}",
        reference=name,
        category=category or "all",
        level=level,
        meaning=f"{meaning}: score >= cut",
    )


def onto(region: xr.DataArray, like: xr.DataArray) -> tuple[xr.DataArray, str]:
    """Return a region on the grid of another, and how it got there.

    Parameters
    ----------
    region, like : DataArray
        With dimensions psi and phi.

    Returns
    -------
    DataArray
        On the coordinates of `like`.
    str
        "none", "score interpolated, then cut" or "nearest cell".

    Examples
    --------
    >>> from .torus import centres
    >>> fine = xr.DataArray(np.zeros((360, 360), bool), coords={"psi": centres(360), "phi": centres(360)})
    >>> moved, how = onto(region(), fine)
    >>> how, round(float(moved.mean()) * 100, 2)
    ('score interpolated, then cut', 16.29)
    """
    region, like = check_grid(region), check_grid(like)
    if all(region.sizes[d] == like.sizes[d] and np.array_equal(region[d], like[d]) for d in ("psi", "phi")):
        return region, "none"
    if "score" in region.coords and "cut" in region.coords:
        return _interpolate(region, like), "score interpolated, then cut"
    steps = {d: nearest(region[d].values, like[d].values) for d in ("psi", "phi")}
    return region.isel(steps).assign_coords(psi=like.psi, phi=like.phi), "nearest cell"


def _interpolate(region: xr.DataArray, like: xr.DataArray) -> xr.DataArray:
    score = region.score.sortby(["psi", "phi"])
    maps = score.values.reshape(-1, *score.shape[-2:])
    table = Table(maps, (float(score.psi[0]), float(score.phi[0])))
    which = np.arange(len(maps))[:, None, None]
    values = table(like.phi.values, like.psi.values[:, None], which)
    lead = {d: n for d, n in score.sizes.items() if d not in ("psi", "phi")}
    moved = xr.DataArray(
        values.reshape(*lead.values(), like.sizes["psi"], like.sizes["phi"]),
        dims=(*lead, "psi", "phi"),
        coords={**{d: score[d] for d in lead if d in score.coords}, "psi": like.psi, "phi": like.phi},
    )
    cells: xr.DataArray = (moved >= region.cut).assign_coords(score=moved, cut=region.cut)
    return cells.rename(region.name).assign_attrs(region.attrs)
