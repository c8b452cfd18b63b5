"""A reference of one's own: score maps by category of residues, and the cuts that make favored and allowed of them.

Conventions
-----------
- The score of a density is the share of its mass that lies in cells at most as dense: a percentile rank. So the cuts of
  the Top8000 reference keep their meaning: 0.02 is the region that holds 98 %. The density itself is kept beside the
  score, as the mass of each cell: such ranks count a cell's own mass, and those of the laboratory do not.
- A score of any other kind is higher where residues are likelier, and needs cuts of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from ..._checks import UsageError, check_choice, check_number
from ..empirical import maps_of
from ..torus import check_grid
from .densities import region_from_density, region_from_rank
from .regions import same_grid

OPERATION = "ramachandran.region_reference"
KINDS = ("density", "rank", "score")
"""What the maps of a reference may be."""

Cuts = float | Mapping[str, float]


def region_reference(
    maps: Mapping[str, xr.DataArray] | xr.DataArray,
    as_: str,
    *,
    favored: Cuts | None = None,
    allowed: Cuts | None = None,
    name: str = "own",
    **provenance: str,
) -> xr.Dataset:
    """Make a reference that `region`, `compare`, `evaluate` and `validate` take in place of "top8000".

    Parameters
    ----------
    maps : mapping of str to DataArray, or DataArray with a dimension ``category``
        A map for each category of residues, on one grid. Categories are named as in `CATEGORIES`; others do for
        `region` and `compare`, but no residue is of them.
    as_ : {"density", "rank", "score"}
        What the values are: a density or counts, which are turned into ranks; percentile ranks in [0, 1]; or any other
        score that is higher where residues are likelier, such as a negative energy.
    favored, allowed : float or mapping of str to float, optional
        The cuts of the scores, for all categories or for each. By default, for densities and ranks, those of the
        Top8000 reference: 0.02, and 0.0005 (general), 0.002 (cis-proline), 0.001 (the others).
    name : str
    **provenance
        What else ``attrs`` say, such as source, license and doi.

    Returns
    -------
    Dataset
        As `reference` returns it: ``score`` (category, psi, phi), ``favored`` and ``allowed`` (category). Of densities
        also ``mass`` (category, psi, phi), which sums to 1 in each category.

    Raises
    ------
    TypeError
        If the maps are no DataArrays.
    ValueError
        If a map cannot be what it is said to be, or the grids differ.
    UsageError
        If an option has none of its values, a cut is missing, or allowed is above favored.

    See Also
    --------
    read_reference : Read a reference of one's own from a file.
    region : Return an empirical region as a set of cells.

    Examples
    --------
    >>> from ..empirical import reference
    >>> from .regions import region
    >>> ranks = reference().score.sel(category=["general", "glycine"])
    >>> mine = region_reference(ranks, "rank", name="mine")
    >>> bool((region(mine, "glycine") == region(category="glycine")).all())
    True
    """
    check_choice(OPERATION, "as_", as_, KINDS)
    checked = {category: _checked(category, x) for category, x in _by_category(maps).items()}
    categories = list(checked)
    _check_one_grid(checked)
    scores = [_score(category, x, as_) for category, x in checked.items()]
    least_favored = _cuts("favored", favored, categories, as_)
    least_allowed = _cuts("allowed", allowed, categories, as_)
    _check_order(categories, least_allowed, least_favored)

    dims = ("category", "psi", "phi")
    kind = "score" if as_ == "score" else "percentile rank"
    variables: dict[str, Any] = {
        "score": (dims, np.stack(scores), {"long_name": kind}),
        "favored": ("category", least_favored),
        "allowed": ("category", least_allowed),
    }
    if as_ == "density":
        masses = [x.values / x.values.sum() for x in checked.values()]
        variables["mass"] = (dims, np.stack(masses), {"long_name": "share of the data in each cell"})
    coords = {"category": categories, **_centres(checked[categories[0]])}
    attrs = {"name": name, "cuts": "score >= favored; score >= allowed, cumulative", **provenance}
    return xr.Dataset(variables, coords, attrs)


def _by_category(maps: Any) -> dict[str, xr.DataArray]:
    if isinstance(maps, xr.DataArray):
        if "category" not in maps.dims:
            raise UsageError(
                f"{OPERATION}: the map has no dimension category; pass a mapping such as {{'general': map}}"
            )
        return {str(name): maps.sel(category=name, drop=True) for name in maps["category"].values}
    if not isinstance(maps, Mapping) or not maps:
        raise TypeError(f"{OPERATION}: maps are a {type(maps).__name__}; pass a mapping of categories to DataArrays")
    return {str(name): x for name, x in maps.items()}


def _checked(category: str, x: Any) -> xr.DataArray:
    """Return a map of floating values, ascending along both axes."""
    if not isinstance(x, xr.DataArray):
        raise TypeError(
            f"{OPERATION}: {category} is a {type(x).__name__}; pass a DataArray with dimensions psi and phi"
        )
    x = check_grid(x, f"{OPERATION}: {category}").sortby(["psi", "phi"])
    if x.dims != ("psi", "phi"):
        raise ValueError(f"{OPERATION}: {category} has the dimensions {x.dims}; pass one map of psi and phi")
    floating: xr.DataArray = x.astype(float)
    return floating


def _check_one_grid(maps: Mapping[str, xr.DataArray]) -> None:
    first, *others = maps
    for category in others:
        if not same_grid(maps[category], maps[first]):
            raise ValueError(f"{OPERATION}: {category} has another grid than {first}; bring the maps onto one")


def _check_order(categories: list[str], least_allowed: np.ndarray, least_favored: np.ndarray) -> None:
    above = np.flatnonzero(least_allowed > least_favored)
    if len(above):
        category = categories[above[0]]
        raise UsageError(f"{OPERATION}: allowed is above favored for {category}; allowed holds the favored cells too")


def _centres(x: xr.DataArray) -> dict[str, Any]:
    degrees = {"units": "degrees", "long_name": "cell centre"}
    return {"psi": ("psi", x.psi.values, degrees), "phi": ("phi", x.phi.values, degrees)}


def _score(category: str, x: xr.DataArray, as_: str) -> np.ndarray:
    """Return the score of each cell."""
    if as_ == "score":
        if not np.isfinite(x.values).all():
            raise ValueError(f"{OPERATION}: {category}: a score is NaN or infinite; set it to the lowest that is meant")
        return x.values
    try:
        if as_ == "density":
            return _ranks(region_from_density(x).score.values)
        ranks: np.ndarray = region_from_rank(x).score.values
        return ranks
    except ValueError as error:
        said = str(error).partition(": ")[2]
        raise ValueError(f"{OPERATION}: {category}: {said}") from error


def _ranks(density: np.ndarray) -> np.ndarray:
    """Return the share of the mass in cells at most as dense as each."""
    _, level = np.unique(density, return_inverse=True)
    mass = np.bincount(level.ravel(), weights=density.ravel())
    held = np.cumsum(mass) / mass.sum()
    # exactly 1 in the densest cells, whatever the sum has lost
    held[-1] = 1.0
    ranks: np.ndarray = np.clip(held, 0, 1)[level]
    return ranks.reshape(density.shape)


def _cuts(level: str, given: Cuts | None, categories: list[str], as_: str) -> np.ndarray:
    """Return the cut of each category."""
    if given is None and as_ == "score":
        raise UsageError(f"{OPERATION}: no cut for {level}; a score needs cuts of its own, {level}= in its unit")
    if given is None:
        known = _known_cuts(level)
        return np.array([known.get(category, known["general"]) for category in categories])
    of_category = given if isinstance(given, Mapping) else dict.fromkeys(categories, given)
    for category in categories:
        if category not in of_category:
            raise UsageError(f"{OPERATION}: {level} has no cut for {category}; give one for each category")
        check_number(OPERATION, level, of_category[category])
    return np.array([float(of_category[category]) for category in categories])


def _known_cuts(level: str) -> dict[str, float]:
    maps = maps_of("top8000")
    return dict(zip(maps.categories, maps.cuts[level].tolist(), strict=True))
