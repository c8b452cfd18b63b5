"""What the values of a map are, where the map says so itself.

Conventions
-----------
- A map says it by ``attrs["quantity"]``, as `read_map` and `density_from_angles` write it; the score of a reference by
  its ``long_name``; an energy by its unit alone. Bool is a mask, whatever the attributes say: ``x > 1`` keeps them.
- What a map says is never overruled. One that says nothing is taken for what the function is for.
- Calculating with a map keeps its attributes, so ``exp(-energy / kT)`` still says that it is an energy: the new meaning
  is said with ``assign_attrs(quantity="density")``.
"""

from __future__ import annotations

from collections.abc import Mapping

import xarray as xr

from ..._checks import UsageError

KJ_PER_MOL = {"kJ/mol": 1.0, "kcal/mol": 4.184}
"""Units of energy that can be converted; "kT" depends on the temperature."""
UNITS = (*KJ_PER_MOL, "kT")
"""The units of energy."""
RANK = "percentile rank"
"""What a score says of itself, as its ``long_name``, if it is a rank."""

_CALLED = {
    "mask": "a mask",
    "membership": "a soft mask",
    "density": "a density",
    "counts": "counts",
    "rank": "a percentile rank",
    "energy": "an energy",
}
_REGIONS = {
    "mask": "it to compare as it is",
    "membership": "it to compare as it is",
    "density": "region_from_density({name}, mass=0.98)",
    "counts": "region_from_density({name}, mass=0.98)",
    "rank": "region_from_rank({name}, mass=0.98)",
    "energy": 'region_from_energy({name}, cutoff=15, unit="{unit}")',
}
"""How each quantity becomes a region."""
_DENSITIES = {
    "mask": '{name}.astype(float).assign_attrs(quantity="density"), the uniform density over it',
    "energy": 'numpy.exp(-{name} / {rt}).assign_attrs(quantity="density"), with RT at 300 K',
}
"""How each quantity becomes a density, where there is a way."""
_RT = {"kJ/mol": 2.494, "kcal/mol": 0.596, "kT": 1}
"""At 300 K."""


def declared_quantity(x: xr.DataArray) -> str:
    """Return what a map says that its values are; "" if it does not say.

    Parameters
    ----------
    x : DataArray

    Returns
    -------
    str
        "mask", "membership", "density", "counts", "rank", "energy" or "".

    Examples
    --------
    >>> energy = xr.DataArray([0.0, 4.0], attrs={"units": "kJ/mol"})
    >>> declared_quantity(energy), declared_quantity(energy < 2), declared_quantity(xr.DataArray([0.5]))
    ('energy', 'mask', '')
    """
    if x.dtype == bool:
        return "mask"
    said = x.attrs.get("quantity")
    if isinstance(said, str) and said in _CALLED:
        return said
    if x.attrs.get("long_name") == RANK:
        return "rank"
    unit = x.attrs.get("units")
    return "energy" if isinstance(unit, str) and unit in UNITS else ""


def check_density(operation: str, name: str, x: xr.DataArray, *, is_cut: bool) -> None:
    """Check that a map is not declared to be anything but a density or counts.

    Parameters
    ----------
    operation : str
        Who asks.
    name : str
        Of the argument.
    x : DataArray
    is_cut : bool
        Whether a region is made of it: then the remedy is the cut of what it is.

    Raises
    ------
    UsageError
        If the map says that it is another quantity.

    Examples
    --------
    >>> counts = xr.DataArray([3, 5], attrs={"quantity": "counts"})
    >>> check_density("ramachandran.region_from_density", "density", counts, is_cut=True)
    """
    remedies = {**_DENSITIES, **_REGIONS} if is_cut else {**_REGIONS, **_DENSITIES}
    _check(operation, name, x, ("density", "counts"), remedies)


def check_rank(operation: str, name: str, x: xr.DataArray) -> None:
    """Check that a map is not declared to be anything but ranks.

    Examples
    --------
    >>> check_rank("ramachandran.region_from_rank", "rank", xr.DataArray([0.5], attrs={"long_name": RANK}))
    """
    _check(operation, name, x, ("rank",), _REGIONS)


def check_energy(operation: str, name: str, x: xr.DataArray) -> None:
    """Check that a map is not declared to be anything but an energy.

    Examples
    --------
    >>> check_energy("ramachandran.region_from_energy", "energy", xr.DataArray([0.5], attrs={"units": "kT"}))
    """
    _check(operation, name, x, ("energy",), _REGIONS)


def check_region(operation: str, name: str, x: xr.DataArray) -> None:
    """Check that a map is not declared to be what has to be cut before it is a region.

    Examples
    --------
    >>> check_region("ramachandran.compare", "predicted", xr.DataArray([0.5], attrs={"quantity": "membership"}))
    >>> check_region("ramachandran.compare", "predicted", xr.DataArray([0.5], attrs={"quantity": "rank"}))
    Traceback (most recent call last):
    domains._checks.UsageError: ramachandran.compare: predicted says that it is a percentile rank; pass \
region_from_rank(predicted, mass=0.98), or, if it is another by now, predicted.assign_attrs(quantity="membership")
    """
    _check(operation, name, x, ("membership", "mask"), _REGIONS)


def _check(operation: str, name: str, x: xr.DataArray, wanted: tuple[str, ...], remedies: Mapping[str, str]) -> None:
    found = declared_quantity(x)
    if found in ("", *wanted):
        return
    said = f"{operation}: {name} says that it is {_CALLED[found]}"
    unit = str(x.attrs.get("units"))
    if unit not in UNITS:
        unit = "kJ/mol"
    remedy = remedies[found].format(name=name, unit=unit, rt=_RT[unit])
    if x.dtype == bool:
        raise UsageError(f"{said}; pass {remedy}")
    again = f'{name}.assign_attrs(quantity="{wanted[0]}")'
    raise UsageError(f"{said}; pass {remedy}, or, if it is another by now, {again}")
