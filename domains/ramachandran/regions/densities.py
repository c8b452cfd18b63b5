"""Regions from densities, ranks and energies: a map over the torus, and the cut that makes a set of cells of it.

Conventions
-----------
- A cut is inclusive: what equals it is inside. Of a density it is the highest level whose cells hold at least the mass;
  cells of equal density are inside together.
- A rank is the share of the data at a lower density, as the reference laboratory's maps have it. The cut that holds the
  mass m is the rank 1 − m.
- An energy is counted from the minimum of its map. Infinity and NaN are cells that were never visited: outside.
- The region keeps the map as its score, higher is better, and the cut, as `region` does: on another grid the score is
  interpolated and then cut. The score of an energy is its negative; between a visited cell and one that was not, it
  counts as the highest energy of the map or twice the cutoff, whichever is more.

References
----------
Lovell, S. C. et al. (2003). Structure validation by Cα geometry: φ, ψ and Cβ deviation. Proteins 50, 437.
doi:10.1002/prot.10286
Hyndman, R. J. (1996). Computing and graphing highest density regions. Am. Stat. 50, 120.
doi:10.1080/00031305.1996.10474359
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ..._checks import UsageError, check_choice, check_number
from ..torus import check_grid
from .quantities import KJ_PER_MOL, UNITS, check_density, check_energy, check_rank

MASS = 0.98
"""What a region of a density holds by default, as the favored regions of the reference do."""

FEWEST_LEVELS = 10
"""Different energies of a map that can tell what its minimum is."""

OF_A_MAP = ("quantity", "units", "long_name")
"""Attributes of a map that its region does not have."""
OF_A_CUT = ("score", "cut", "held")
"""Coordinates of an earlier cut."""


def region_from_density(
    density: xr.DataArray, mass: float | None = None, *, value: float | None = None
) -> xr.DataArray:
    """Return the cells of highest density that hold a mass, or those of at least a value.

    Parameters
    ----------
    density : DataArray, dimensions (..., psi, phi)
        A density or counts in any unit: not negative, finite. Along further dimensions each map is cut by itself.
    mass : float, optional
        Share of the map's sum that the region holds, above 0 and at most 1; 0.98 by default. The region is the smallest
        set of cells that holds it.
    value : float, optional
        The level itself, instead of a mass.

    Returns
    -------
    DataArray of bool, of the same dimensions
        With the density as the coordinate ``score``, the level as ``cut``, and the mass that is inside as ``held``.

    Raises
    ------
    TypeError
        If the density is no DataArray.
    ValueError
        If a value is negative or not finite, a map has no mass, or the grid does not cover the torus once.
    UsageError
        If both or a wrong `mass` or `value` is given.

    See Also
    --------
    region_from_energy : Return the cells whose energy is at most a cutoff above the minimum.
    region_from_rank : Return the cells of at least a percentile rank.
    read_map : Read a map over the torus as it is, without cutting it.

    Examples
    --------
    >>> from ..torus import centres
    >>> density = xr.DataArray([[6.0, 3.0], [1.0, 0.0]], coords={"psi": centres(2), "phi": centres(2)})
    >>> region_from_density(density, mass=0.9).values
    array([[ True,  True],
           [False, False]])
    >>> float(region_from_density(density, value=1).held)
    1.0
    """
    operation = "ramachandran.region_from_density"
    mass = _one_cut(operation, mass, value)
    density = _as_map(operation, "density", density)
    check_density(operation, "density", density, is_cut=True)
    values = _floats(density)
    _check_density(operation, values)
    cut = levels_holding(values, mass) if value is None else np.full(values.shape[:-2], float(value))
    inside = values >= cut[..., None, None]
    mass_inside = np.sum(values, axis=(-2, -1), where=inside)
    held = mass_inside / values.sum(axis=(-2, -1))
    quantity = density.attrs.get("quantity", "density")
    cells = _region(density, inside, values, cut, quantity, "")
    cells = cells.assign_coords(held=(density.dims[:-2], held))
    if value is not None:
        return cells.assign_attrs(meaning=f"density >= {value:g}")
    meaning = f"the smallest set of cells that holds {100 * mass:g} % of the mass"
    return cells.assign_attrs(meaning=meaning, mass=float(mass))


def region_from_rank(rank: xr.DataArray, mass: float | None = None, *, value: float | None = None) -> xr.DataArray:
    """Return the cells of at least a percentile rank, such as those of the reference laboratory's maps.

    Parameters
    ----------
    rank : DataArray, dimensions (..., psi, phi)
        The share of the data at a lower density, in [0, 1].
    mass : float, optional
        Share of the data inside, 0.98 by default: the cut is the rank 1 − mass.
    value : float, optional
        The cut itself, instead of a mass.

    Returns
    -------
    DataArray of bool, of the same dimensions
        With the rank as the coordinate ``score``, and the cut as ``cut``.

    Raises
    ------
    TypeError
        If the rank is no DataArray.
    ValueError
        If a value is outside [0, 1], or the grid does not cover the torus once.
    UsageError
        If both or a wrong `mass` or `value` is given.

    See Also
    --------
    region_from_density : Return the cells of highest density that hold a mass.

    Examples
    --------
    >>> from ..torus import centres
    >>> rank = xr.DataArray([[1.0, 0.02], [0.01, 0.0]], coords={"psi": centres(2), "phi": centres(2)})
    >>> region_from_rank(rank).values
    array([[ True,  True],
           [False, False]])
    """
    operation = "ramachandran.region_from_rank"
    mass = _one_cut(operation, mass, value)
    rank = _as_map(operation, "rank", rank)
    check_rank(operation, "rank", rank)
    values = _floats(rank)
    missing = np.count_nonzero(np.isnan(values))
    if missing:
        raise ValueError(f"{operation}: {missing} ranks are NaN; set them to 0, the rank of cells without data")
    if not ((values >= 0) & (values <= 1)).all():
        low = values.min()
        high = values.max()
        raise ValueError(f"{operation}: the ranks run from {low:g} to {high:g}; they are shares of the data, in [0, 1]")
    # 1 - 0.98 is a little more than 0.02 in binary
    level = round(1 - mass, 12) if value is None else float(value)
    cut = np.full(values.shape[:-2], level)
    cells = _region(rank, values >= level, values, cut, "rank", "")
    cells = cells.assign_attrs(meaning=f"rank >= {level:g}")
    return cells if value is not None else cells.assign_attrs(mass=float(mass))


def region_from_energy(energy: xr.DataArray, cutoff: float, unit: str) -> xr.DataArray:
    """Return the cells whose energy is at most a cutoff above the minimum.

    Parameters
    ----------
    energy : DataArray, dimensions (..., psi, phi)
        An energy or a free energy; its zero does not matter. Infinity and NaN are cells that were never visited: they
        are outside. Along further dimensions each map is cut by itself.
    cutoff : float
        Above the minimum of the map, 0 or more.
    unit : {"kJ/mol", "kcal/mol", "kT"}
        Of the cutoff; of the map too, unless its ``attrs["units"]`` say another: then the cutoff is converted.

    Returns
    -------
    DataArray of bool, of the same dimensions
        With the negative energy above the minimum as the coordinate ``score``, and the negative cutoff as ``cut``, both
        in the unit of the map.

    Raises
    ------
    TypeError
        If the energy is no DataArray.
    ValueError
        If a map has no finite value, an energy is minus infinity, or the grid does not cover the torus once.
    UsageError
        If the cutoff is no number or negative, the unit is unknown, or the map's cannot be converted to it.

    Warns
    -----
    UserWarning
        If several cells share a minimum that is farther below the next value than all others are apart, or negative
        where the next is 0, as -9999 or -1 for cells that were never visited are.

    See Also
    --------
    region_from_density : Return the cells of highest density that hold a mass.
    read_map : Read a map over the torus as it is, without cutting it.

    Examples
    --------
    >>> from ..torus import centres
    >>> energy = xr.DataArray([[-40.0, -30.0], [0.0, np.inf]], coords={"psi": centres(2), "phi": centres(2)})
    >>> region_from_energy(energy, cutoff=15, unit="kJ/mol").values
    array([[ True,  True],
           [False, False]])
    """
    operation = "ramachandran.region_from_energy"
    check_number(operation, "cutoff", cutoff, at_least=0)
    check_choice(operation, "unit", unit, UNITS)
    energy = _as_map(operation, "energy", energy)
    check_energy(operation, "energy", energy)
    own_unit = str(energy.attrs.get("units") or unit)
    limit = cutoff * _factor(operation, unit, own_unit)
    values = _floats(energy)
    visited = np.isfinite(values)
    _check_energy(operation, values, visited)
    _warn_of_marks(operation, values, visited)
    lowest = np.min(values, axis=(-2, -1), keepdims=True, initial=np.inf, where=visited)
    above = np.where(visited, values, lowest) - lowest
    inside = visited & (above <= limit)
    unseen = max(float(above.max()), 2 * limit)
    score = -np.where(visited, above, unseen)
    cut = np.full(values.shape[:-2], -limit)
    cells = _region(energy, inside, score, cut, "negative energy above the minimum", own_unit)
    converted = "" if own_unit == unit else f" ({cutoff:g} {unit})"
    meaning = f"energy <= {limit:g} {own_unit}{converted} above the minimum"
    n_unseen = int(np.count_nonzero(~visited))
    return cells.assign_attrs(meaning=meaning, cutoff=float(limit), unit=own_unit, not_visited=n_unseen)


def _one_cut(operation: str, mass: float | None, value: float | None) -> float:
    """Return the mass, checked, after a look that there is one cut."""
    if mass is not None and value is not None:
        raise UsageError(f"{operation}: mass and value are two ways to say where to cut; leave one out")
    if value is not None:
        check_number(operation, "value", value, above=0)
    if mass is None:
        return MASS
    check_number(operation, "mass", mass, above=0, at_most=1)
    return mass


def _as_map(operation: str, name: str, x: Any) -> xr.DataArray:
    if isinstance(x, pd.DataFrame):
        if {"phi", "psi"} <= set(x.columns):
            remedy = 'pass table.set_index(["psi", "phi"])["density"].to_xarray(), with the column of the values'
        else:
            remedy = 'of rows that are psi and columns that are phi pass xarray.DataArray(table, dims=("psi", "phi"))'
        raise TypeError(f"{operation}: {name} is a DataFrame; {remedy}")
    if not isinstance(x, xr.DataArray):
        raise TypeError(
            f"{operation}: {name} is a {type(x).__name__}; pass a DataArray with dimensions psi and phi and cell "
            "centres in degrees, as read_map returns"
        )
    if x.dtype.kind not in "biuf":
        raise TypeError(f"{operation}: the values of {name} are {x.dtype}; pass real numbers")
    return check_grid(x, f"{operation}: {name}")


def _floats(x: xr.DataArray) -> np.ndarray:
    # a signalling NaN is refused or outside, and no reason for a warning
    with np.errstate(invalid="ignore"):
        return x.values.astype(float)


def _check_density(operation: str, values: np.ndarray) -> None:
    missing = np.count_nonzero(~np.isfinite(values))
    if missing:
        raise ValueError(f"{operation}: {missing} cells are NaN or infinite; set them to 0 if nothing is there")
    if values.size and values.min() < 0:
        raise ValueError(
            f"{operation}: the values begin at {values.min():g}, and no density is negative; if they are energies, use "
            'region_from_energy, or say as_="energy" (--as energy) of a file'
        )
    if not values.sum(axis=(-2, -1)).all():
        raise ValueError(f"{operation}: all cells are 0, so there is no mass to hold; pass another map")


def _check_energy(operation: str, values: np.ndarray, visited: np.ndarray) -> None:
    if not visited.any(axis=(-2, -1)).all():
        raise ValueError(f"{operation}: no cell has a finite energy; pass another map")
    if np.isneginf(values).any():
        raise ValueError(f"{operation}: an energy is minus infinity; set it to the lowest that is meant")


def _warn_of_marks(operation: str, values: np.ndarray, visited: np.ndarray) -> None:
    """Warn where several cells share a minimum so far below the others that it may mark cells never visited."""
    maps = values.reshape(-1, *values.shape[-2:])
    for energy, seen in zip(maps, visited.reshape(maps.shape), strict=True):
        levels, counts = np.unique(energy[seen], return_counts=True)
        if len(levels) < FEWEST_LEVELS or counts[0] == 1:
            continue
        lowest, following = levels[:2].tolist()
        is_apart = following - lowest > levels[-1] - following
        is_below_zero = lowest < 0 and following == 0
        if is_apart or is_below_zero:
            share = f"{counts[0]} cells share the lowest energy, {lowest:g}, and the next is {following:g}"
            remedy = f"write inf there, or pass energy.where(energy > {lowest:g})"
            warnings.warn(f"{operation}: {share}: if they were never visited, {remedy}", stacklevel=3)
            return


def levels_holding(densities: np.ndarray, mass: float) -> np.ndarray:
    """Return the highest level of each map, (..., psi, phi), whose cells hold at least the mass.

    Examples
    --------
    >>> float(levels_holding(np.array([[6.0, 3.0], [1.0, 0.0]]), 0.9))
    3.0
    """
    lead = densities.shape[:-2]
    levels = np.empty(lead)
    for place in np.ndindex(lead):
        falling = np.sort(densities[place], axis=None)[::-1]
        held = np.cumsum(falling)
        enough = np.searchsorted(held, mass * held[-1])
        levels[place] = falling[enough]
    return levels


def _factor(operation: str, unit: str, own_unit: str) -> float:
    """Return how many units of the map one unit of the cutoff is."""
    if unit == own_unit:
        return 1.0
    if own_unit not in UNITS:
        raise UsageError(f"{operation}: the map is in {own_unit!r}; set attrs['units'] to one of {', '.join(UNITS)}")
    if "kT" in (unit, own_unit):
        raise UsageError(
            f"{operation}: the cutoff is in {unit} and the map in {own_unit}: give the cutoff in {own_unit}; 1 kT is "
            "2.494 kJ/mol or 0.596 kcal/mol at 300 K"
        )
    return KJ_PER_MOL[unit] / KJ_PER_MOL[own_unit]


def _region(
    like: xr.DataArray, inside: np.ndarray, score: np.ndarray, cut: np.ndarray, quantity: str, unit: str
) -> xr.DataArray:
    """Return a set of cells with the score and cut that it was made by."""
    of_score = {"quantity": quantity, "units": unit} if unit else {"quantity": quantity}
    coords: dict[Any, Any] = _without(like.coords, OF_A_CUT)
    coords["score"] = (like.dims, score, of_score)
    coords["cut"] = (like.dims[:-2], cut)
    attrs = _without(like.attrs, OF_A_MAP)
    return xr.DataArray(inside, coords, like.dims, name="region", attrs=attrs)


def _without(named: Mapping[Any, Any], names: tuple[str, ...]) -> dict[Any, Any]:
    return {name: value for name, value in named.items() if name not in names}
