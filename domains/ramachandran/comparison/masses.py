"""Masses of cells: the share of the reference residues that each cell of a rank map holds, and angles drawn from them.

Conventions
-----------
- A rank is the share of the reference residues at a lower density. Sorted by rank, the mass of a cell is the next
  rank minus its own; that of the last is 1 minus its own. The masses of a map sum to 1.
- Cells of one rank share their mass equally. The cells of rank 0 share the smallest rank above it.
- A reference made of densities says the mass of each cell itself, see `region_reference`.
- Drawn angles are uniform within their cell. They follow the smoothed density of the reference: what was measured on
  them is no evidence beyond the map.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from scipy.ndimage import gaussian_filter

from ..._checks import UsageError, check_choice, check_number, check_whole
from ..empirical import LEVELS, SAMPLES, Category, Level, Maps, maps_of
from ..regions.densities import region_from_density
from ..torus import PERIOD, with_nan, wrap


def cell_masses(rank: Any) -> np.ndarray:
    """Return the mass of each cell of one map of percentile ranks.

    Parameters
    ----------
    rank : array
        In [0, 1], as ``reference().score`` holds it for one category.

    Returns
    -------
    ndarray, of the shape of `rank`
        Sums to 1.

    Raises
    ------
    ValueError
        If a rank is outside [0, 1].

    See Also
    --------
    region_from_density : Return the cells of highest density that hold a mass.
    draw_angles : Draw backbone angles as the reference has them.

    Examples
    --------
    >>> cell_masses([[0.0, 0.1], [0.4, 0.0]])
    array([[0.05, 0.3 ],
           [0.6 , 0.05]])
    """
    ranks = with_nan(rank).astype(float)
    missing = np.count_nonzero(np.isnan(ranks))
    if missing:
        raise ValueError(
            f"ramachandran.cell_masses: {missing} ranks are NaN; set them to 0, the rank of cells without data"
        )
    if not ((ranks >= 0) & (ranks <= 1)).all():
        raise ValueError(
            f"ramachandran.cell_masses: the ranks run from {ranks.min():g} to {ranks.max():g}; they are "
            "shares of the data, in [0, 1]: pass the scores of a reference, not a density"
        )
    own, place, count = np.unique(ranks, return_inverse=True, return_counts=True)
    following = np.append(own[1:], 1.0)
    # what lies below the lowest rank of all belongs to it
    own[0] = 0.0
    each = (following - own) / count
    masses: np.ndarray = each[place].reshape(ranks.shape)
    return masses


def reference_masses(maps: Maps, category: str) -> np.ndarray:
    """Return the share of a category's residues in each cell: as the reference says, else by its ranks.

    Examples
    --------
    >>> round(float(reference_masses(maps_of("top8000"), "glycine").sum()), 6)
    1.0
    """
    place = maps.categories.index(category)
    if maps.mass is None:
        return cell_masses(maps.score[place])
    own: np.ndarray = maps.mass[place]
    return own


def draw_angles(
    n: int, category: Category = "general", *, seed: int, reference: str | xr.Dataset = "top8000"
) -> tuple[np.ndarray, np.ndarray]:
    """Draw backbone angles as the reference has them.

    Parameters
    ----------
    n : int
        How many residues.
    category : str
        One of `CATEGORIES`.
    seed : int
        The same seed draws the same angles.
    reference : str or Dataset
        The name of a reference, or a Dataset like it, whose scores are percentile ranks.

    Returns
    -------
    phi, psi : ndarray, shape (n,)
        Degrees in [−180, 180).

    Raises
    ------
    UsageError
        If the category is unknown, or `n` is not a whole number from 1 on.

    See Also
    --------
    cell_masses : Return the mass of each cell of one map of percentile ranks.
    density_from_angles : Estimate the density of backbone angles round the torus.

    Examples
    --------
    >>> from ..empirical import evaluate
    >>> phi, psi = draw_angles(20_000, seed=0)
    >>> round(float((evaluate(phi, psi, "general") >= 0.02).mean()), 2)
    0.98
    """
    operation = "ramachandran.draw_angles"
    check_whole(operation, "n", n, at_least=1)
    maps = maps_of(reference)
    check_choice(operation, "category", category, maps.categories)
    masses = reference_masses(maps, category)
    generator = np.random.default_rng(seed)
    up_to = np.cumsum(masses)
    drawn = up_to[-1] * generator.random(n)
    cells = np.searchsorted(up_to, drawn, side="right")
    row, column = np.unravel_index(cells, masses.shape)
    phi = _within(maps.phi, column, generator)
    psi = _within(maps.psi, row, generator)
    return phi, psi


def resampled_region(
    category: Category = "general",
    level: Level = "allowed",
    *,
    seed: int,
    reference: str | xr.Dataset = "top8000",
    bandwidth: float = 4.0,
) -> xr.DataArray:
    """Return an empirical region as other residues would have made it: drawn anew, smoothed, and cut at its mass.

    Parameters
    ----------
    category, level : str
        Which empirical region.
    seed : int
        The same seed draws the same residues.
    reference : str or Dataset
        The name of a reference, or a Dataset like it, with the number of residues behind each map, ``n``.
    bandwidth : float
        Standard deviation of the Gaussian that smooths the counts, in degrees.

    Returns
    -------
    DataArray of bool, dimensions (psi, phi)
        As many residues are drawn as the reference has, and the region holds as much as the empirical one does. It is
        smoothed once more than the latter: resampled regions tell a spread, not a mean.

    Raises
    ------
    UsageError
        If a name is unknown, the bandwidth is not above 0, or the reference does not say how many residues it has.

    Examples
    --------
    >>> from ..regions.regions import region
    >>> drawn = resampled_region("general", "favored", seed=0)
    >>> round(float((drawn & region()).sum() / (drawn | region()).sum()), 1)
    0.9
    """
    operation = "ramachandran.resampled_region"
    check_choice(operation, "level", level, LEVELS)
    check_number(operation, "bandwidth", bandwidth, above=0)
    maps = maps_of(reference)
    check_choice(operation, "category", category, maps.categories)
    place = maps.categories.index(category)
    masses = reference_masses(maps, category)
    n = _residues(operation, reference, place)
    generator = np.random.default_rng(seed)
    counts = generator.multinomial(n, masses.ravel()).reshape(masses.shape)
    cells_per_degree = np.array(masses.shape) / PERIOD
    smooth = gaussian_filter(counts.astype(float), bandwidth * cells_per_degree, mode="wrap")
    density = xr.DataArray(smooth, {"psi": maps.psi, "phi": maps.phi}, ("psi", "phi"))
    cut = maps.cuts[level][place]
    inside = maps.score[place] >= cut
    cells = region_from_density(density, mass=float(masses[inside].sum()))
    name = f"{maps.name} {category}, {level}, resampled"
    return cells.assign_attrs(name=name, category=category, level=level, seed=seed)


def _residues(operation: str, reference: str | xr.Dataset, place: int) -> int:
    """Return how many residues are behind a map."""
    if isinstance(reference, str):
        return SAMPLES[place]
    if "n" not in reference:
        raise UsageError(
            f"{operation}: the reference does not say how many residues are behind its maps; assign n (category)"
        )
    return int(reference["n"].values[place])


def _within(nodes: np.ndarray, cells: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return an angle in each cell, any as likely as another."""
    width = PERIOD / len(nodes)
    beside = width * (generator.random(len(cells)) - 0.5)
    angles: np.ndarray = wrap(nodes[cells] + beside)
    return angles
