"""The region that a prediction meets: chosen from an empirical reference, or given, and brought onto any grid.

Conventions
-----------
- A prediction with a dimension ``category`` or ``level`` meets the region of each of its labels, in their order.
- Regions of a reference that is known by name are made once for each grid, and cannot be written.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import xarray as xr

from ..._checks import UsageError, check_choice
from ..empirical import LEVELS, PROVENANCE, Category, Level, maps_of
from ..regions.quantities import RANK
from ..regions.regions import ALL, region, regrid, same_grid

Names = str | tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Source:
    """A reference region before it is brought onto the prediction's grid.

    Attributes
    ----------
    region : DataArray, dimensions (..., psi, phi)
    family : str, Dataset or None
        The reference that it was chosen from; None for a region that was given.
    category, level : str, tuple of str or None
        What was chosen.

    Examples
    --------
    >>> source = choose(region("top8000", "glycine"), "top8000", None, "favored")
    >>> source.category, source.level
    ('glycine', 'favored')
    """

    region: xr.DataArray
    family: str | xr.Dataset | None = None
    category: Names | None = None
    level: Names | None = None

    def holds_ranks(self) -> bool:
        """Return whether its scores are shares of data at a lower density, as those of the named reference are."""
        family = self.family
        if family is None:
            # a region that `region` returned says where it comes from
            return self.region.attrs.get("reference") == PROVENANCE["name"]
        if isinstance(family, str):
            return True
        return says_ranks(family)

    def can_move(self, step_psi: float, step_phi: float) -> bool:
        """Return whether it can be had between its own cell centres: by half of these steps in degrees."""
        if "score" in self.region.coords:
            return True
        psi = self.region.psi.values
        phi = self.region.phi.values
        is_fine_psi = abs(psi[1] - psi[0]) <= abs(step_psi) / 2
        is_fine_phi = abs(phi[1] - phi[0]) <= abs(step_phi) / 2
        return bool(is_fine_psi and is_fine_phi)

    def at(self, psi: np.ndarray, phi: np.ndarray) -> xr.DataArray:
        """Return it at other cell centres."""
        if self.family is None or self.category is None or self.level is None:
            return regrid(self.region, _grid(psi, phi))[0]
        return region_at(self.family, self.category, self.level, psi, phi)

    def of_categories(self, psi: np.ndarray, phi: np.ndarray) -> tuple[tuple[str, ...], xr.Variable]:
        """Return the names of all categories, and their regions at cell centres; no names for a region that was given.

        The first dimension of the regions is the category.
        """
        if self.family is None or self.level is None:
            return (), self.region.variable
        names = tuple(maps_of(self.family).categories)
        return names, region_at(self.family, names, self.level, psi, phi).variable


def mass_mismatch(predicted: xr.DataArray, source: Source) -> str:
    """Say that a prediction holds the mass of another level than it meets; "" if it does not.

    Examples
    --------
    >>> held = region().assign_attrs(mass=0.98)
    >>> mass_mismatch(held, choose(held, "top8000", None, "favored"))
    ''
    >>> print(mass_mismatch(held, choose(held, "top8000", None, "allowed")))
    the prediction holds 98 % of its mass, as favored regions do, and the reference, allowed, holds 99.95 %; make it \
with mass=0.9995 (--mass 0.9995), or compare it with level="favored" (--level favored)
    """
    held = predicted.attrs.get("mass")
    level = source.level
    if not (isinstance(held, float) and isinstance(source.category, str) and isinstance(level, str)):
        return ""
    if source.family is None or not source.holds_ranks():
        return ""
    maps = maps_of(source.family)
    place = maps.categories.index(source.category)
    # 1 - 0.98 is a little more than 0.02 in binary
    masses = {name: round(1 - float(cuts[place]), 9) for name, cuts in maps.cuts.items()}
    own = [name for name, mass in masses.items() if mass == round(held, 9)]
    if not own or level in own:
        return ""
    mass = masses[level]
    found = f"the prediction holds {100 * held:g} % of its mass, as {own[0]} regions do"
    against = f"the reference, {level}, holds {100 * mass:g} %"
    remedy = f'make it with mass={mass:g} (--mass {mass:g}), or compare it with level="{own[0]}" (--level {own[0]})'
    return f"{found}, and {against}; {remedy}"


def says_ranks(reference: xr.Dataset) -> bool:
    """Return whether a Dataset says that its scores are ranks, and they can be.

    Examples
    --------
    >>> from ..empirical import reference
    >>> says_ranks(reference())
    True
    """
    score = reference["score"]
    said = score.attrs.get("long_name") == RANK
    # calculating with a score may keep what it said before
    return said and bool(((score >= 0) & (score <= 1)).all())


def choose(
    predicted: xr.DataArray,
    reference: str | xr.Dataset,
    category: Category | Sequence[Category] | None,
    level: Level | Sequence[Level] | None,
) -> Source:
    """Return the empirical region that a prediction meets; see `compare` for the parameters.

    Raises
    ------
    UsageError
        If a name is unknown.

    Examples
    --------
    >>> choose(region(category=None), "top8000", None, "allowed").region.dims
    ('category', 'psi', 'phi')
    """
    if category is not None:
        chosen = _names(category)
    elif "category" in predicted.dims:
        known = maps_of(reference).categories
        chosen = _labels_of(predicted, "category", known)
    else:
        chosen = own_category(predicted) or "general"
    if level is not None:
        cut = _names(level)
    elif "level" in predicted.dims:
        cut = _labels_of(predicted, "level", LEVELS)
    else:
        cut = LEVELS
    if isinstance(reference, str):
        # a copy has its own attributes, and shares the values, which cannot be written
        cells = _kept_region(reference, chosen, cut).copy(deep=False)
    else:
        cells = _region(reference, chosen, cut)
    return Source(cells, reference, chosen, cut)


def region_at(
    reference: str | xr.Dataset, category: Names, level: Names, psi: np.ndarray, phi: np.ndarray
) -> xr.DataArray:
    """Return an empirical region at other cell centres.

    Examples
    --------
    >>> nodes = np.array([-150.0, -30.0, 90.0])
    >>> region_at("top8000", "general", "allowed", nodes, nodes).values.astype(int)
    array([[1, 0, 0],
           [1, 0, 0],
           [1, 0, 0]])
    """
    if isinstance(reference, str):
        return _kept_region_at(reference, category, level, psi.tobytes(), phi.tobytes())
    return regrid(_region(reference, category, level), _grid(psi, phi))[0]


def check_given(reference: xr.DataArray, category: Any, level: Any) -> None:
    """Refuse options that choose an empirical region where the reference is a region itself.

    Parameters
    ----------
    reference : DataArray
    category, level : object
        As they were passed; "favored", which is the default, cannot be told from a level that was not passed.

    Raises
    ------
    UsageError
        If one of them would be ignored.

    Examples
    --------
    >>> check_given(region(level="allowed"), None, "allowed")
    >>> check_given(region(level="allowed"), None, None)
    Traceback (most recent call last):
    domains._checks.UsageError: ramachandran.compare: level None chooses an empirical region, but the reference is a \
region itself; leave level= (--level) out
    """
    own_level = reference.attrs.get("level")
    unused = {}
    if category is not None:
        unused["category"] = category
    if level not in ("favored", own_level):
        unused["level"] = level
    for name, value in unused.items():
        raise UsageError(
            f"ramachandran.compare: {name} {value!r} chooses an empirical region, but the reference is a region "
            f"itself; leave {name}= (--{name}) out"
        )


def own_category(cells: xr.DataArray) -> str:
    """Return the category that a region says it is of, or was taken from one of all; "" if there is none.

    Examples
    --------
    >>> own_category(region("top8000", "glycine")), own_category(region(category=None).isel(category=1))
    ('glycine', 'glycine')
    """
    name = str(cells.attrs.get("category", ""))
    if name != ALL:
        return name
    label = cells.coords.variables.get("category")
    is_one = label is not None and label.ndim == 0
    return str(label.values) if is_one else ""


def category_mismatch(predicted: xr.DataArray, reference: xr.DataArray) -> str:
    """Say which categories the two sides are of, if these differ; "" if they do not, or are not known.

    Examples
    --------
    >>> category_mismatch(region("top8000", "glycine"), region())
    "the prediction is of category 'glycine', the reference of 'general'"
    """
    if "category" in reference.dims:
        return ""
    other = own_category(reference)
    own = own_category(predicted)
    if "category" in predicted.dims and "category" in predicted.coords:
        labels = predicted.coords.variables["category"].values.tolist()
        strangers = [str(label) for label in labels if label != other]
        own = ", ".join(strangers) or other
    if not own or not other or own == other:
        return ""
    return f"the prediction is of category {own!r}, the reference of {other!r}"


def warn_of_categories(mismatch: str) -> None:
    """Warn that two regions are of different categories."""
    warnings.warn(f"ramachandran.compare: {mismatch}", stacklevel=4)


def _names(value: str | Sequence[str]) -> Names:
    return value if isinstance(value, str) else tuple(value)


def _labels_of(predicted: xr.DataArray, dim: str, known: Sequence[str]) -> tuple[str, ...]:
    """Return the labels of the prediction along `dim`, each of which the reference knows."""
    labels = predicted.coords.variables[dim].values.tolist()
    for label in labels:
        check_choice("ramachandran.compare", f"each {dim} of the prediction", label, known)
    return tuple(labels)


def _region(reference: str | xr.Dataset, category: Any, level: Any) -> xr.DataArray:
    """Return the region of one name, or of several."""
    # a tuple of names is a key of the cache; xarray wants a list
    names: Any = category if isinstance(category, str) else list(category)
    levels: Any = level if isinstance(level, str) else list(level)
    return region(reference, names, levels)


@lru_cache(maxsize=64)
def _kept_region(reference: str, category: Names, level: Names) -> xr.DataArray:
    """Return a region that is made once, and whose values cannot be written."""
    return _locked(_region(reference, category, level))


@lru_cache(maxsize=64)
def _kept_region_at(reference: str, category: Names, level: Names, psi: bytes, phi: bytes) -> xr.DataArray:
    """Return a region on a grid, made once, whose values cannot be written."""
    kept = _kept_region(reference, category, level)
    like = _grid(np.frombuffer(psi), np.frombuffer(phi))
    if same_grid(kept, like):
        return kept
    return _locked(regrid(kept, like)[0])


def _locked(cells: xr.DataArray) -> xr.DataArray:
    # regions whose cells lie side by side are compared much faster
    cells = cells.copy(data=np.ascontiguousarray(cells.values))
    cells.values.flags.writeable = False
    cells.score.values.flags.writeable = False
    return cells


def _grid(psi: np.ndarray, phi: np.ndarray) -> xr.DataArray:
    nothing = np.broadcast_to(False, (len(psi), len(phi)))
    return xr.DataArray(nothing, coords={"psi": psi, "phi": phi}, dims=("psi", "phi"))
