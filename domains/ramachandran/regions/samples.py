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
- Weights count pairs as repetitions would: those of a biased run are exp(bias / kT). How many pairs that count alike
  would say as much is (Σw)² / Σw².
- A pair with a NaN, as at the ends of a chain, is left out and counted.

References
----------
Kish, L. (1965). Survey Sampling. Wiley (the number of pairs that weighted ones are worth).
Hyndman, R. J. (1996). Computing and graphing highest density regions. Am. Stat. 50, 120.
doi:10.1080/00031305.1996.10474359
Mardia, K. V. & Jupp, P. E. (2000). Directional Statistics, section 3.5.7 (wrapped normal). Wiley.
"""

from __future__ import annotations

import warnings
from collections import Counter
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from ..._checks import check_number, check_whole
from ..empirical import categorise
from ..torus import PERIOD, centres
from .angle_arrays import names_of, phi_and_psi
from .densities import MASS

BANDWIDTH = 8.0
"""Standard deviation of the kernel in degrees: near the best for 500 to 10,000 angles."""


class Sample(NamedTuple):
    """Pairs of angles without NaN.

    Attributes
    ----------
    phi, psi : ndarray, shape (n,)
        Degrees.
    weights : ndarray, shape (n,), or None
        None if all count alike.
    n_missing : int
        How many more were given with a NaN.
    """

    phi: np.ndarray
    psi: np.ndarray
    weights: np.ndarray | None
    n_missing: int

    @property
    def n_effective(self) -> float:
        """How many pairs that count alike say as much (Kish 1965)."""
        if self.weights is None:
            return len(self.phi)
        return float(self.weights.sum() ** 2 / (self.weights**2).sum())


def density_from_angles(
    phi: Any,
    psi: Any = None,
    *,
    weights: Any = None,
    bandwidth: float = BANDWIDTH,
    cells: int = 180,
    unit: str = "degrees",
) -> xr.DataArray:
    """Estimate the density of backbone angles round the torus.

    Parameters
    ----------
    phi, psi : array
        Of one shape. Without `psi` the first is an array of both along its last axis, such as (frames, residues, 2), or
        MDAnalysis' ``Ramachandran`` after ``run()``, or what `from_mdtraj` returns.
    weights : array, optional
        How much each pair counts, of the shape of phi, or one for each frame: exp(bias / kT) of a biased run. Not
        negative; all alike by default.
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
        The share of the angles in each cell after smoothing; the sum is 1. ``attrs`` say the number of pairs,
        and with weights how many that count alike would say as much.

    Raises
    ------
    ValueError
        If the shapes differ, no pair is left, angles cannot be of the unit, or a weight is negative or not finite.
    UsageError
        If an option has none of its values.

    Warns
    -----
    UserWarning
        If the residues of an analysis are of several categories.

    See Also
    --------
    region_from_angles : Return the region of highest density that holds a share of backbone angles.
    learn_density : Learn a mixture of von Mises components from backbone angles.

    Examples
    --------
    >>> density = density_from_angles([-60, -65, 179], [-45, -40, -179], cells=36)
    >>> round(float(density.sum()), 12), density.attrs["n"]
    (1.0, 3)
    """
    operation = "ramachandran.density_from_angles"
    sample = _sample(operation, phi, psi, weights, unit)
    return _density(operation, sample, bandwidth, cells)


def region_from_angles(
    phi: Any,
    psi: Any = None,
    *,
    weights: Any = None,
    bandwidth: float = BANDWIDTH,
    mass: float = MASS,
    cells: int = 180,
    unit: str = "degrees",
) -> xr.DataArray:
    """Return the region of highest density that holds a share of backbone angles.

    Parameters
    ----------
    phi, psi, weights, bandwidth
        See `density_from_angles`.
    mass : float
        Share of the angles inside, by their weights, above 0 and at most 1.
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

    See Also
    --------
    density_from_angles : Estimate the density of backbone angles round the torus.
    read_angles : Read backbone angles of residues and frames from a table.
    compare : Compare a predicted region with a reference one, as two sets on the torus.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> helix = region_from_angles(rng.normal(-63, 8, 2000), rng.normal(-43, 8, 2000))
    >>> bool(helix.sel(phi=-63, psi=-43)), round(float(helix.mean()), 3)
    (True, 0.012)
    """
    operation = "ramachandran.region_from_angles"
    check_number(operation, "mass", mass, above=0, at_most=1)
    sample = _sample(operation, phi, psi, weights, unit)
    density = _density(operation, sample, bandwidth, cells)
    level = level_of_sample(density.values, sample.phi, sample.psi, mass, sample.weights)
    inside = density.values >= level
    score = (density.dims, density.values, {"quantity": "density"})
    coords = {**density.coords, "score": score, "cut": ((), level)}
    attrs = {**density.attrs, "name": f"{len(sample.phi)} angles", "mass": float(mass)}
    attrs["meaning"] = f"the region of highest density that holds {100 * mass:g} % of the angles"
    del attrs["quantity"]
    return xr.DataArray(inside, coords, density.dims, name="region", attrs=attrs)


def level_of_sample(
    density: np.ndarray, phi: np.ndarray, psi: np.ndarray, mass: float, weights: np.ndarray | None = None
) -> float:
    """Return the highest level of a density whose cells hold at least a share of the angles.

    Parameters
    ----------
    density : ndarray, shape (cells, cells)
        Rows are psi, from −180 on.
    phi, psi : ndarray, shape (n,)
        Degrees.
    mass : float
    weights : ndarray, shape (n,), optional
        How much each angle counts.

    Examples
    --------
    >>> level_of_sample(np.array([[0.1, 0.2], [0.3, 0.4]]), np.array([-90, 90, 90]), np.array([90, 90, -90]), 0.6)
    0.3
    """
    cells = len(density)
    at_angles = density[_cell_of(psi, cells), _cell_of(phi, cells)]
    return float(-np.quantile(-at_angles, mass, method="inverted_cdf", weights=weights))


def _sample(operation: str, phi: Any, psi: Any, weights: Any, unit: str) -> Sample:
    """Return the pairs without NaN, in degrees, and how many had one."""
    _warn_of_categories(operation, phi)
    phi, psi = phi_and_psi(operation, phi, psi, unit)
    is_missing = np.isnan(phi) | np.isnan(psi)
    n_missing = int(np.count_nonzero(is_missing))
    if n_missing == is_missing.size:
        raise ValueError(f"{operation}: no pair of angles; pass some that are not NaN")
    if weights is not None:
        weights = _checked_weights(operation, weights, phi.shape)[~is_missing]
        if not weights.any():
            raise ValueError(f"{operation}: all weights are 0; pass some that are above")
    return Sample(phi[~is_missing], psi[~is_missing], weights, n_missing)


def _warn_of_categories(operation: str, angles: Any) -> None:
    """Warn if the residues of an analysis of MDAnalysis are of several categories, and make one region."""
    own, following = names_of(angles)
    if own is None or following is None:
        return
    counts = Counter(categorise(own, following, np.nan).tolist())
    if len(counts) < 2:
        return
    most, _ = counts.most_common(1)[0]
    names = 'analysis.ag3.resnames, analysis.ag5.resnames, float("nan")'
    remedy = f'choose one with analysis.results.angles[:, categorise({names}) == "{most}"]'
    warnings.warn(
        f"{operation}: residues of several categories make one region: {listed(counts)}; {remedy}", stacklevel=4
    )


def listed(counts: Counter[str]) -> str:
    """Say how many residues are of each category, most of all first.

    Examples
    --------
    >>> listed(Counter(["glycine", "general", "general"]))
    '2 of general, 1 of glycine'
    """
    return ", ".join(f"{n} of {category}" for category, n in counts.most_common())


def _checked_weights(operation: str, weights: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Return a weight for each pair, of those of frames too."""
    values = np.asarray(weights, dtype=float)
    if values.shape not in (shape, shape[:1]):
        raise ValueError(f"{operation}: weights of the shape {values.shape} for angles of {shape}; pass one for each")
    if not (np.isfinite(values) & (values >= 0)).all():
        raise ValueError(
            f"{operation}: a weight is negative or not finite; pass exp(bias / kT) less its largest exponent"
        )
    further = (1,) * (len(shape) - values.ndim)
    return np.broadcast_to(values.reshape(*values.shape, *further), shape)


def _density(operation: str, sample: Sample, bandwidth: float, cells: int) -> xr.DataArray:
    check_number(operation, "bandwidth", bandwidth, above=0, at_most=180)
    check_whole(operation, "cells", cells, at_least=4, at_most=3600)
    place = _cell_of(sample.psi, cells) * cells + _cell_of(sample.phi, cells)
    counts = np.bincount(place, sample.weights, minlength=cells * cells)
    shares = counts.reshape(cells, cells) / counts.sum()
    smoothed = _smooth(shares, bandwidth)
    nodes = centres(cells)
    n = len(sample.phi)
    attrs: dict[str, Any] = {"quantity": "density", "n": n, "missing": sample.n_missing, "bandwidth": float(bandwidth)}
    if sample.weights is not None:
        attrs["n_effective"] = sample.n_effective
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
