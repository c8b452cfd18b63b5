"""Regions from angles: a density estimated round the torus, and the level that encloses a share of the angles.

Conventions
-----------
- The kernel is a wrapped Gaussian of one bandwidth along phi and psi. Angles are counted in cells, whose counts are
  convolved with the kernel by Fourier transforms: exact for angles at the cells' centres, round the torus.
- The level is a quantile of the density at the angles themselves, each in its cell. So the cells of the region hold the
  asked share of the sample. Smoothing spreads the density, and the region that holds the share of its mass,
  `region_from_density`, is larger.
- Of the quantiles it is the highest level whose cells hold at least the share, ceil(mass · n) of n angles: the rule of
  `region_from_density`. An interpolated quantile lies between two densities, and may leave out one angle too many: of
  ten angles it would hold nine, where 98 % are asked for.
- A pair with a NaN, as at the ends of a chain, is left out and counted.

References
----------
Hyndman, R. J. (1996). Computing and graphing highest density regions. Am. Stat. 50, 120.
doi:10.1080/00031305.1996.10474359
Mardia, K. V. & Jupp, P. E. (2000). Directional Statistics, section 3.5.7 (wrapped normal). Wiley.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from .._checks import check_number, check_whole
from .densities import MASS
from .torus import PERIOD, centres, in_degrees

BANDWIDTH = 8.0
"""Standard deviation of the kernel in degrees: near the best for 500 to 10,000 angles."""


def density_from_angles(
    phi: Any, psi: Any, *, bandwidth: float = BANDWIDTH, cells: int = 180, unit: str = "degrees"
) -> xr.DataArray:
    """Estimate the density of backbone angles round the torus.

    Parameters
    ----------
    phi, psi : array
        Of one shape; all pairs count alike.
    bandwidth : float
        Standard deviation of the kernel in degrees. Fewer angles need more: about 8 for thousands, 5 for tens of
        thousands, 3 for hundreds of thousands.
    cells : int
        Of the grid along each axis.
    unit : {"degrees", "radians"}
        Of the angles.

    Returns
    -------
    DataArray, dimensions (psi, phi)
        The share of the angles in each cell after smoothing; the sum is 1. ``attrs`` say the number of pairs.

    Raises
    ------
    ValueError
        If the shapes differ, no pair is left, or angles cannot be of the unit.
    UsageError
        If an option has none of its values.

    Examples
    --------
    >>> density = density_from_angles([-60, -65, 179], [-45, -40, -179], cells=36)
    >>> round(float(density.sum()), 12), density.attrs["n"]
    (1.0, 3)
    """
    operation = "ramachandran.density_from_angles"
    pairs = _pairs(operation, phi, psi, unit)
    return _density(operation, *pairs, bandwidth, cells)


def region_from_angles(
    phi: Any,
    psi: Any,
    *,
    bandwidth: float = BANDWIDTH,
    mass: float = MASS,
    cells: int = 180,
    unit: str = "degrees",
) -> xr.DataArray:
    """Return the region of highest density that holds a share of backbone angles.

    Parameters
    ----------
    phi, psi, bandwidth
        See `density_from_angles`.
    mass : float
        Share of the angles inside, above 0 and at most 1.
    cells, unit
        See `density_from_angles`.

    Returns
    -------
    DataArray of bool, dimensions (psi, phi)
        With the density as the coordinate ``score`` and the level as ``cut``.

    Raises
    ------
    ValueError, UsageError
        As `density_from_angles` does.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> helix = region_from_angles(rng.normal(-63, 8, 2000), rng.normal(-43, 8, 2000))
    >>> bool(helix.sel(phi=-63, psi=-43)), round(float(helix.mean()), 3)
    (True, 0.012)
    """
    operation = "ramachandran.region_from_angles"
    check_number(operation, "mass", mass, above=0, at_most=1)
    phi, psi, n_missing = _pairs(operation, phi, psi, unit)
    density = _density(operation, phi, psi, n_missing, bandwidth, cells)
    level = level_of_sample(density.values, phi, psi, mass)
    inside = density.values >= level
    score = (density.dims, density.values, {"quantity": "density"})
    coords = {**density.coords, "score": score, "cut": ((), level)}
    attrs = {**density.attrs, "name": f"{len(phi)} angles", "mass": float(mass)}
    attrs["meaning"] = f"the region of highest density that holds {100 * mass:g} % of the angles"
    del attrs["quantity"]
    return xr.DataArray(inside, coords, density.dims, name="region", attrs=attrs)


def level_of_sample(density: np.ndarray, phi: np.ndarray, psi: np.ndarray, mass: float) -> float:
    """Return the highest level of a density whose cells hold at least a share of the angles.

    Parameters
    ----------
    density : ndarray, shape (cells, cells)
        Rows are psi, from −180 on.
    phi, psi : ndarray, shape (n,)
        Degrees.
    mass : float

    Examples
    --------
    >>> level_of_sample(np.array([[0.1, 0.2], [0.3, 0.4]]), np.array([-90, 90, 90]), np.array([90, 90, -90]), 0.6)
    0.3
    """
    cells = len(density)
    at_angles = density[_cell_of(psi, cells), _cell_of(phi, cells)]
    return float(-np.quantile(-at_angles, mass, method="inverted_cdf"))


def _pairs(operation: str, phi: Any, psi: Any, unit: str) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the pairs without NaN, in degrees, and how many had one."""
    phi = in_degrees(operation, "phi", phi, unit)
    psi = in_degrees(operation, "psi", psi, unit)
    if phi.shape != psi.shape:
        raise ValueError(
            f"{operation}: phi has the shape {phi.shape}, psi {psi.shape}; pass an angle of each kind for every "
            "residue, of mdtraj by from_mdtraj"
        )
    is_missing = np.isnan(phi) | np.isnan(psi)
    n_missing = int(np.count_nonzero(is_missing))
    if n_missing == is_missing.size:
        raise ValueError(f"{operation}: no pair of angles; pass some that are not NaN")
    return phi[~is_missing], psi[~is_missing], n_missing


def _density(
    operation: str, phi: np.ndarray, psi: np.ndarray, n_missing: int, bandwidth: float, cells: int
) -> xr.DataArray:
    check_number(operation, "bandwidth", bandwidth, above=0, at_most=180)
    check_whole(operation, "cells", cells, at_least=4, at_most=3600)
    place = _cell_of(psi, cells) * cells + _cell_of(phi, cells)
    counts = np.bincount(place, minlength=cells * cells)
    shares = counts.reshape(cells, cells) / len(phi)
    smoothed = _smooth(shares, bandwidth)
    nodes = centres(cells)
    attrs = {"quantity": "density", "n": len(phi), "missing": n_missing, "bandwidth": float(bandwidth)}
    return xr.DataArray(smoothed, {"psi": nodes, "phi": nodes}, ("psi", "phi"), attrs=attrs)


def _cell_of(angle: np.ndarray, cells: int) -> np.ndarray:
    """Return the cell of each angle along its axis."""
    step = PERIOD / cells
    position = np.floor((angle + PERIOD / 2) / step)
    cell: np.ndarray = position.astype(int) % cells
    return cell


def _smooth(shares: np.ndarray, bandwidth: float) -> np.ndarray:
    """Convolve with a wrapped Gaussian, sampled at the cells: a product of Fourier transforms."""
    n_psi, n_phi = shares.shape
    along_psi = _wrapped_gaussian(n_psi, bandwidth)
    along_phi = _wrapped_gaussian(n_phi, bandwidth)
    kernel = np.outer(along_psi, along_phi)
    transform = np.fft.rfft2(shares) * np.fft.rfft2(kernel)
    smoothed = np.fft.irfft2(transform, shares.shape)
    # rounding leaves a few 1e-19 below 0
    return np.maximum(smoothed, 0)


def _wrapped_gaussian(n: int, bandwidth: float) -> np.ndarray:
    """Return the kernel round the circle, from its peak on; the sum is 1."""
    distance = np.arange(n) * (PERIOD / n)
    turns = PERIOD * np.arange(-4, 5)
    z = (distance[:, None] + turns) / bandwidth
    kernel = np.exp(-(z**2) / 2).sum(axis=1)
    normalised: np.ndarray = kernel / kernel.sum()
    return normalised
