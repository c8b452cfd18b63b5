"""Shares of real residues inside regions: of a reference's, from its ranks, or of one's own.

Conventions
-----------
- The reference's residues are the masses of its cells, see `reference_masses`. On another grid the mass of a reference
  cell lies in the cell that holds its centre.
- A residue of one's own is inside a mask if the cell it lies in is, and inside a region with a score if the score
  there, interpolated as `evaluate` does, is at least the cut.
- Residues of one group, such as a chain or a structure, are no independent draws: intervals are by resampled groups.
"""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import xarray as xr

import overlap as ov
from overlap.resample import confidence_interval

from ..._checks import UsageError
from ..empirical import maps_of
from ..torus import Table, nearest, with_nan
from .masses import reference_masses

N_RESAMPLES = 1999
LEVEL = 0.95
LARGEST_RADIAN = 6.3
"""Angles that are all within a turn in radians are hardly degrees."""
FEWEST = 10
"""How many angles it takes to say so."""


@dataclass(frozen=True, eq=False)
class Residues:
    """Backbone angles of residues, such as those of one category in a set of structures.

    Attributes
    ----------
    phi, psi : ndarray, shape (n,)
        Degrees.
    groups : sequence of hashable or None
        A label for each residue, such as its chain.
    n_missing : int
        How many more were given with an angle that is NaN.
    """

    phi: np.ndarray
    psi: np.ndarray
    groups: Sequence[Hashable] | None = None
    n_missing: int = 0


@dataclass(frozen=True, eq=False)
class Shares:
    """The share of residues inside each region of a stack.

    Attributes
    ----------
    a, b : ndarray, shape (n,)
        In the prediction, and in the reference.
    interval_a, interval_b : tuple of ndarray or None
        Both ends of the 95 % interval, from one's own residues.
    meaning : str
        Whose residues they are.
    """

    a: np.ndarray
    b: np.ndarray
    interval_a: tuple[np.ndarray, np.ndarray] | None
    interval_b: tuple[np.ndarray, np.ndarray] | None
    meaning: str


def masses_on(reference: str | xr.Dataset, category: str, psi: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """Return the masses of a category in the cells of another grid.

    Parameters
    ----------
    reference : str or Dataset
    category : str
    psi, phi : ndarray
        Cell centres in degrees.

    Returns
    -------
    ndarray, shape (psi, phi)

    Examples
    --------
    >>> quadrants = np.array([-90.0, 90.0])
    >>> masses_on("top8000", "general", quadrants, quadrants).round(3)
    array([[0.534, 0.003],
           [0.436, 0.027]])
    """
    psi = np.asarray(psi, float)
    phi = np.asarray(phi, float)
    if isinstance(reference, str):
        return _kept_masses_on(reference, category, psi.tobytes(), phi.tobytes())
    return _gathered(reference, category, psi, phi)


def as_residues(angles: Any) -> Residues:
    """Return angles as they were passed to `compare`, checked.

    Parameters
    ----------
    angles : tuple
        (phi, psi) or (phi, psi, groups), in degrees; NaN where a residue lacks an angle.

    Raises
    ------
    UsageError
        If there are not two or three, of one length, or none has both angles.
    ValueError
        If they look like radians.

    Examples
    --------
    >>> as_residues(([-60, float("nan")], [-45, 120])).n_missing
    1
    """
    operation = "ramachandran.compare: angles"
    if not isinstance(angles, tuple | list) or len(angles) not in (2, 3):
        raise UsageError(f"{operation} are (phi, psi) or (phi, psi, groups), got {type(angles).__name__}; pass a tuple")
    phi = with_nan(angles[0]).astype(float)
    psi = with_nan(angles[1]).astype(float)
    groups = None if len(angles) == 2 else np.asarray(angles[2]).ravel()
    n_groups = psi.size if groups is None else len(groups)
    if phi.shape != psi.shape or n_groups != phi.size:
        found = f"phi of shape {phi.shape}, psi of {psi.shape}"
        more = "" if groups is None else f" and {n_groups} groups"
        raise UsageError(f"{operation}: {found}{more}; pass one of each for every residue")
    phi = phi.ravel()
    psi = psi.ravel()
    known = np.isfinite(phi) & np.isfinite(psi)
    n_known = int(known.sum())
    if not n_known:
        raise UsageError(f"{operation}: no residue has both phi and psi; pass some that have")
    phi = phi[known]
    psi = psi[known]
    largest = max(np.abs(phi).max(), np.abs(psi).max())
    if n_known >= FEWEST and largest <= LARGEST_RADIAN:
        raise ValueError(f"{operation} run to {largest:.3g} and look like radians; use numpy.degrees")
    kept = None if groups is None else groups[known].tolist()
    return Residues(phi, psi, kept, len(known) - n_known)


def shares_of_reference(a: np.ndarray, b: np.ndarray, masses: Sequence[np.ndarray], name: str) -> Shares:
    """Return the share of the reference residues in each pair of regions.

    Parameters
    ----------
    a, b : ndarray, shape (n, psi, phi)
    masses : sequence of ndarray, shape (psi, phi)
        Of the category of each pair, on the same grid.
    name : str
        Of the reference.

    Examples
    --------
    >>> cells = np.array([[[True, False], [False, False]]])
    >>> shares_of_reference(cells, ~cells, [np.full((2, 2), 0.25)], "mine").b
    array([0.75])
    """
    in_a = [_held(one, mass) for one, mass in zip(a, masses, strict=True)]
    in_b = [_held(one, mass) for one, mass in zip(b, masses, strict=True)]
    return Shares(np.array(in_a), np.array(in_b), None, None, f"residues of {name}, from its ranks")


def shares_of_residues(inside_a: np.ndarray, inside_b: np.ndarray, residues: Residues) -> Shares:
    """Return the share of one's own residues in each pair of regions, with 95 % intervals.

    Parameters
    ----------
    inside_a, inside_b : ndarray, shape (n, residues)
        How much each residue is inside each region.
    residues : Residues

    Examples
    --------
    >>> inside = np.array([[1.0, 0.0, 1.0, 1.0]])
    >>> shares = shares_of_residues(inside, inside, Residues(np.zeros(4), np.zeros(4), ["A", "A", "B", "C"]))
    >>> shares.a, shares.meaning
    (array([0.75]), '4 residues given, intervals by 3 groups')
    """
    n = inside_a.shape[1]
    by = "residue"
    if residues.groups is not None and len(set(residues.groups)) == 1:
        found = "all residues are of one group, so there is no interval"
        remedy = "pass a label for each structure or chain, or (phi, psi) alone if residues are independent"
        warnings.warn(f"ramachandran.compare: angles: {found}; {remedy}", stacklevel=2)
    if residues.groups is not None:
        by = f"{len(set(residues.groups))} groups"
    left_out = f" ({residues.n_missing} without phi or psi left out)" if residues.n_missing else ""
    return Shares(
        a=inside_a.mean(axis=1),
        b=inside_b.mean(axis=1),
        interval_a=_interval(inside_a, residues.groups),
        interval_b=_interval(inside_b, residues.groups),
        meaning=f"{n} residues given{left_out}, intervals by {by}",
    )


def inside(cells: xr.DataArray, residues: Residues) -> xr.DataArray:
    """Return how much each residue is inside a region.

    Parameters
    ----------
    cells : DataArray, dimensions (..., psi, phi)
        As `check_grid` returns it.
    residues : Residues

    Returns
    -------
    DataArray of float, dimensions (..., residue)

    Examples
    --------
    >>> from ..regions.regions import region
    >>> inside(region(), Residues(np.array([-60.0, 60.0]), np.array([-45.0, -100.0]))).values
    array([1., 0.])
    """
    lead = cells.dims[:-2]
    coords = {dim: cells[dim] for dim in lead if dim in cells.coords}
    if "score" in cells.coords and "cut" in cells.coords:
        values = _interpolated(cells, residues)
        return xr.DataArray(values, dims=(*lead, "residue"), coords=coords)
    rows = nearest(cells.psi.values, residues.psi)
    columns = nearest(cells.phi.values, residues.phi)
    return xr.DataArray(cells.values[..., rows, columns].astype(float), dims=(*lead, "residue"), coords=coords)


def _interpolated(cells: xr.DataArray, residues: Residues) -> np.ndarray:
    """Return 1 where the interpolated score is at least the cut."""
    lead = cells.dims[:-2]
    score = cells.score.sortby(["psi", "phi"]).transpose(..., "psi", "phi")
    maps = score.values.reshape(-1, *score.shape[-2:])
    table = Table(maps, (float(score.psi[0]), float(score.phi[0])))
    which = np.arange(len(maps))[:, None]
    values = table(residues.phi, residues.psi, which).reshape(*score.shape[:-2], -1)
    at_residues = xr.DataArray(values, dims=(*score.dims[:-2], "residue"))
    cut = xr.DataArray(cells.cut.values, dims=cells.cut.dims)
    within: np.ndarray = (at_residues >= cut).transpose(*lead, "residue").values.astype(float)
    return within


def _held(cells: np.ndarray, mass: np.ndarray) -> float:
    # not a product of BLAS, whose threads cost more than they save here
    return float(np.einsum("ij,ij", cells.astype(float), mass))


def _interval(inside: np.ndarray, groups: Sequence[Hashable] | None) -> tuple[np.ndarray, np.ndarray]:
    """Return both ends of the interval of the share inside, which is the recall of the residues."""
    every = np.ones_like(inside)
    o = ov.Overlap(inside, inside, every)
    n_units = inside.shape[1] if groups is None else len(set(groups))
    if n_units < 2:
        unknown = np.full(len(inside), np.nan)
        return unknown, unknown
    ends = confidence_interval(o, "recall", axis=1, level=LEVEL, n_resamples=N_RESAMPLES, rng=0, groups=groups)
    return np.asarray(ends.low), np.asarray(ends.high)


@lru_cache(maxsize=64)
def _kept_masses_on(reference: str, category: str, psi: bytes, phi: bytes) -> np.ndarray:
    return _gathered(reference, category, np.frombuffer(psi), np.frombuffer(phi))


def _gathered(reference: str | xr.Dataset, category: str, psi: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """Return masses added up in the cells that hold their centres; what is returned cannot be written."""
    maps = maps_of(reference)
    mass = reference_masses(maps, category)
    rows = nearest(psi, maps.psi)
    columns = nearest(phi, maps.phi)
    at = rows[:, None] * len(phi) + columns
    gathered = np.bincount(at.ravel(), mass.ravel(), minlength=len(psi) * len(phi))
    gathered = gathered.reshape(len(psi), len(phi))
    gathered.flags.writeable = False
    return gathered
