"""From a map to a region: each quantity is cut in its own way, and what does not say what it is, is refused.

Conventions
-----------
- 0 and 1, or bool, are a mask. Numbers strictly between them are a soft mask only if the user or the file says so: a
  probability, a rank or any score may lie in [0, 1] as well.
- A density, counts and a rank are cut by mass, 98 % by default, or by value. An energy is cut by a cutoff that must be
  given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from ...._checks import UsageError
from ...._files import ReadError
from ..densities import MASS, region_from_density, region_from_energy, region_from_rank
from .surface import Surface

_DECLARE = (
    'say what they are with as_= (--as): "density", "counts" or "rank", cut with mass=0.98 or value=, "energy", cut '
    'with cutoff= and unit=, or "membership", a soft mask'
)


def favored_mass(category: str) -> float:
    """Return what the favored regions of the reference hold, of every category.

    Examples
    --------
    >>> favored_mass("general")
    0.98
    """
    return MASS


@dataclass(frozen=True)
class Cut:
    """Where a map is cut.

    Attributes
    ----------
    mass, value : float or None
        Of a density, counts or a rank: see `region_from_density`, `region_from_rank`.
    cutoff : float or None
        Of an energy, above its minimum: see `region_from_energy`.
    unit : str or None
        Of the cutoff, and of the energy too if the file does not say.
    """

    mass: float | None = None
    value: float | None = None
    cutoff: float | None = None
    unit: str | None = None
    default_mass: Callable[[str], float] = favored_mass
    """What a density holds if nothing is given, for the category of residues that its file names, or ""."""

    def mass_of(self, category: str) -> float:
        """Return what a density holds, for the category that its file names, or ""."""
        return self.default_mass(category) if self.mass is None else self.mass

    @property
    def given(self) -> list[str]:
        """The names of the options that were given."""
        return [name for name in ("mass", "value", "cutoff", "unit") if getattr(self, name) is not None]


def cut_surface(surface: Surface, cut: Cut) -> xr.DataArray:
    """Return the region that a map is.

    Parameters
    ----------
    surface : Surface
    cut : Cut

    Returns
    -------
    DataArray, dimensions (psi, phi)
        Bool, or floating in [0, 1] if it is a soft mask.

    Raises
    ------
    ReadError
        If the values cannot be what they are said to be, or it is not said what they are.
    UsageError
        If a cut is missing, or is of another quantity.

    Examples
    --------
    >>> from ...torus import centres
    >>> x = xr.DataArray([[6.0, 3.0], [1.0, 0.0]], coords={"psi": centres(2), "phi": centres(2)})
    >>> cut_surface(Surface(x, "density"), Cut(mass=0.9)).values
    array([[ True,  True],
           [False, False]])
    """
    quantity = surface.quantity or _plain_mask(surface.values)
    described = surface.values.assign_attrs(source=surface.source) if surface.source else surface.values
    if surface.category:
        described = described.assign_attrs(category=surface.category)
    if quantity in ("mask", "membership"):
        _refuse(cut, quantity, ())
        return _as_mask(described, quantity)
    # what the user says goes before what the map has
    described = described.assign_attrs(quantity=quantity)
    try:
        if quantity == "energy":
            return _cut_energy(described, surface.unit, cut)
        _refuse(cut, quantity, ("mass", "value"))
        mass = cut.mass
        if not cut.given:
            mass = cut.default_mass(surface.category)
        if quantity == "rank":
            cells = region_from_rank(described, mass, value=cut.value)
        else:
            cells = region_from_density(described, mass, value=cut.value)
        if cut.given:
            return cells
        meaning = f"{cells.attrs['meaning']} (mass {mass:g} by default)"
        return cells.assign_attrs(meaning=meaning)
    except UsageError as error:
        raise UsageError(_bare(error)) from error
    except ValueError as error:
        raise ReadError(_bare(error)) from error


def _plain_mask(values: xr.DataArray) -> str:
    """Return "mask" for a map of 0 and 1; anything else is refused with what it looks like."""
    cells = values.values
    if cells.dtype == bool:
        return "mask"
    _check_all_there(cells)
    if np.isin(cells, (0, 1)).all():
        return "mask"
    total = float(cells.sum(dtype=float))
    summed = ", and their sum is 1, as that of a probability" if abs(total - 1) < 1e-3 else ""
    labels = " (labels are cut first: labels == k)" if cells.dtype.kind in "iu" else ""
    raise UsageError(f"no mask: the values run from {cells.min():g} to {cells.max():g}{summed}; {_DECLARE}{labels}")


def _check_all_there(cells: np.ndarray) -> None:
    missing = np.count_nonzero(np.isnan(cells))
    if missing:
        raise ReadError(
            f"{missing} cells have no value (NaN); fill them with 0 first, or, if the map is an energy, say so with "
            'as_="energy" (--as energy)'
        )


def _as_mask(values: xr.DataArray, quantity: str) -> xr.DataArray:
    cells = values.values
    if cells.dtype == bool:
        return values
    _check_all_there(cells)
    is_hard = np.isin(cells, (0, 1)).all()
    if quantity == "mask":
        if not is_hard:
            raise ReadError(
                f"a mask is 0 and 1, but the values run from {cells.min():g} to {cells.max():g}; {_DECLARE}"
            )
        return values.astype(bool)
    if not ((cells >= 0) & (cells <= 1)).all():
        found = f"a soft mask is in [0, 1], but the values run from {np.nanmin(cells):g} to {np.nanmax(cells):g}"
        raise ReadError(f"{found}; {_DECLARE}")
    return values.astype(float)


def _cut_energy(values: xr.DataArray, own_unit: str, cut: Cut) -> xr.DataArray:
    _refuse(cut, "energy", ("cutoff", "unit"))
    unit = cut.unit or own_unit
    shown = unit or "kJ/mol"
    example = f"such as cutoff=15, unit={shown!r} (--cutoff 15 --unit {shown})"
    if cut.cutoff is None:
        of_unit = f" in {own_unit}" if own_unit else ""
        raise UsageError(
            f"its values are taken for an energy{of_unit}, which is cut above its minimum: say where and in which "
            f"unit, {example}"
        )
    if not unit:
        raise UsageError(f"its values are taken for an energy, whose unit the file does not say: add unit=, {example}")
    values = values.assign_attrs(units=own_unit or unit)
    return region_from_energy(values, cut.cutoff, unit)


def _refuse(cut: Cut, quantity: str, fitting: tuple[str, ...]) -> None:
    """Refuse cuts of other quantities."""
    odd = [name for name in cut.given if name not in fitting]
    if odd:
        wanted = f"is cut by {' and '.join(fitting)}" if fitting else "is not cut"
        raise UsageError(
            f"{odd[0]}= (--{odd[0]}): the file is taken for {_with_article(quantity)}, which {wanted}; leave it out, "
            "or say what the values are with as_= (--as)"
        )


def _with_article(quantity: str) -> str:
    return {"energy": "an energy", "counts": "counts"}.get(quantity, f"a {quantity}")


def _bare(error: Exception) -> str:
    """Return a message without the function that it begins with."""
    said = str(error)
    return said.partition(": ")[2] if said.startswith("ramachandran.") else said
