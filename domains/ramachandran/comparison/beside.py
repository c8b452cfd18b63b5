"""Numbers beside the overlap: the mass inside the two regions, and what the grid does.

Conventions
-----------
- ``mass_a`` and ``mass_b`` are the shares of real residues inside the prediction and the reference: those of the
  reference, from its ranks, or one's own.
- ``iou`` is at the centres of the prediction's grid. ``iou_fine`` is that of the prediction drawn as cells on the
  reference's grid, where that is finer, and ``grid_bound`` the most that cells of this size can reach.
- What is not known is NaN: the mass of a region that comes from no reference with ranks, the bound of one that is known
  by its cells only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

import overlap as ov

from ..empirical import PROVENANCE
from ..regions.swapped import warn_of_swap
from .grids import drawn, grid_bound, is_finer
from .pairs import Pair, measure
from .references import Source
from .shares import Residues, Shares, inside, masses_on, shares_of_reference, shares_of_residues
from .stacks import by_region, regions_of, spread

Variables = dict[str, tuple[tuple[str, ...], np.ndarray, dict[str, str]]]


def masses_of(pair: Pair, source: Source) -> list[np.ndarray] | None:
    """Return the share of the reference residues in each cell, for each pair; None if there are no ranks.

    Examples
    --------
    >>> from .comparison import assess
    >>> from ..regions.regions import region
    >>> assessed = assess(region(category=None))
    >>> [round(float(mass.sum()), 6) for mass in masses_of(assessed.pair, assessed.source)]
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    """
    if not source.holds_ranks() or not all(pair.categories):
        return None
    family = source.family
    if family is None:
        family = PROVENANCE["name"]
    return [masses_on(family, category, pair.psi, pair.phi) for category in pair.categories]


def shares_of(
    pair: Pair,
    source: Source,
    masses: list[np.ndarray] | None,
    predicted: xr.DataArray,
    labels: Mapping[str, Any],
    shape: tuple[int, ...],
    residues: Residues | None,
) -> Shares | None:
    """Return the share of residues inside both regions of each pair; None if there are no residues.

    Examples
    --------
    >>> from .comparison import assess
    >>> from ..regions.regions import region
    >>> assess(region()).shares.b.round(2)
    array([0.98])
    """
    if residues is None:
        if masses is None:
            return None
        name = source.region.attrs.get("reference", "the reference")
        return shares_of_reference(pair.a, pair.b, masses, str(name))
    _warn_of_swap(source.region, residues)
    in_a = _of_each_region(inside(predicted, residues), labels, shape)
    in_b = _of_each_region(inside(source.region, residues), labels, shape)
    return shares_of_residues(in_a, in_b, residues)


def _warn_of_swap(region: xr.DataArray, residues: Residues) -> None:
    """Warn if phi and psi of the residues fit the reference far better exchanged."""

    def share_inside(phi: np.ndarray, psi: np.ndarray) -> float:
        return float(inside(region, Residues(phi, psi)).mean())

    remedy = "pass angles=(psi, phi)"
    warn_of_swap(share_inside, residues.phi, residues.psi, "ramachandran.compare: angles", remedy)


def mass_variables(shares: Shares | None, dims: tuple[str, ...], shape: tuple[int, ...]) -> Variables:
    """Return the shares of residues as variables of a report.

    Examples
    --------
    >>> mass_variables(None, (), ())["mass_a"][1]
    array(nan)
    """
    if shares is None:
        unknown = np.full(shape, np.nan)
        return {"mass_a": (dims, unknown, {}), "mass_b": (dims, unknown, {})}
    about = {"long_name": f"share of {shares.meaning}"}
    variables = {
        "mass_a": (dims, shares.a.reshape(shape), about),
        "mass_b": (dims, shares.b.reshape(shape), about),
    }
    intervals = {"a": shares.interval_a, "b": shares.interval_b}
    for side, interval in intervals.items():
        if interval is not None:
            variables[f"mass_{side}_low"] = (dims, interval[0].reshape(shape), {})
            variables[f"mass_{side}_high"] = (dims, interval[1].reshape(shape), {})
    return variables


def grid_variables(
    pair: Pair, source: Source, labels: Mapping[str, Any], overlap: ov.Overlap, empty: float | ov.EmptyPolicy
) -> Variables:
    """Return what the grid does, as variables of a report.

    Examples
    --------
    >>> from .comparison import assess
    >>> from ..regions.regions import region
    >>> assessed = assess(region())
    >>> variables = grid_variables(assessed.pair, assessed.source, {}, assessed.overlap, 0.0)
    >>> {name: round(float(values), 3) for name, (dims, values, attrs) in variables.items()}
    {'iou_fine': 1.0, 'grid_bound': 0.975}
    """
    dims = tuple(labels)
    shape = overlap.shape
    finer = _on_finer_grid(pair, source, labels, shape)
    if finer is not None:
        overlap = finer
    iou_fine = np.reshape(ov.iou(overlap, empty=empty), shape)
    bound = grid_bound(source, pair.psi, pair.phi)
    bounds = np.reshape(by_region(bound, labels, shape, np.nan), shape)
    return {
        "iou_fine": (dims, iou_fine, {"long_name": "IoU on the finer grid of the two"}),
        "grid_bound": (dims, bounds, {"long_name": "most that cells of this size can reach"}),
    }


def _on_finer_grid(pair: Pair, source: Source, labels: Mapping[str, Any], shape: tuple[int, ...]) -> ov.Overlap | None:
    """Return the overlap on the reference's grid; None if that is no finer."""
    region = source.region
    if not is_finer(region, pair.psi, pair.phi):
        return None
    psi = region.psi.values
    phi = region.phi.values
    a = drawn(pair.a, pair.psi, pair.phi, psi, phi)
    b = regions_of(region, labels, shape).all()
    cells = None
    if pair.cells is not None:
        cells = drawn(pair.cells, pair.psi, pair.phi, psi, phi)
    return measure(a, b, cells, pair.tnorm)


def _of_each_region(values: xr.DataArray, labels: Mapping[str, Any], shape: tuple[int, ...]) -> np.ndarray:
    """Return values (..., residue) for each region of a stack, one after the other."""
    n_residues = values.sizes["residue"]
    spread_out = spread(values, (*labels, "residue"))
    of_each = np.broadcast_to(spread_out, (*shape, n_residues))
    return of_each.reshape(-1, n_residues)
