"""Two densities on the torus: the mass that they share with no cut, and the IoU of their regions at each mass.

Conventions
-----------
- Both are drawn as cells on the finer grid of the two, and scaled to a mass of 1. Prediction first, reference second.
- A reference that was made of densities is compared as it is. An empirical one holds ranks, and its region of mass m is
  rank >= 1 − m. Its density rises with the rank: it is the masses of the cells, made to rise by isotonic regression.
  The masses alone scatter, as the steps between the ranks of single cells do, and would share 0.65 with it.
- The overlapping coefficient is the Dice of two densities: the sum of the lower of the two, of sizes 1 and 1. It is 1
  minus the total variation. The Bhattacharyya coefficient is 1 minus the square of the Hellinger distance.
- The RMSD is that of the densities per square degree, over the whole torus. In probability per cell it is that times
  the area of a cell; per square radian, times (180/π)².
- Each region of a density holds the asked mass of that density. The ceiling is what samples of the reference itself
  reach so: angles drawn from it, smoothed, and cut by their mass as the prediction is. The reference is smoothed
  already; samples of real residues reach a little less.
- Of angles `region_from_angles` cuts at the density of the angles, and so a smaller region. Of many angles it agrees
  better (general favored, 8°: of 10,000 angles 0.83 against 0.76, of 500 angles 0.73 against 0.74). Its ceiling is the
  IoU of the same function on as many `draw_angles`.

References
----------
Inman, H. F. & Bradley, E. L. (1989). The overlapping coefficient as a measure of agreement between probability
distributions. Commun. Stat. Theory Methods 18, 3851. doi:10.1080/03610928908830127
Grenander, U. (1956). On the theory of mortality measurement. Part II. Skand. Aktuarietidskr. 39, 125.
doi:10.1080/03461238.1956.10414944 (a density that rises: its estimate is the isotonic regression)
Bhattacharyya, A. (1943). On a measure of divergence between two statistical populations defined by their probability
distributions. Bull. Calcutta Math. Soc. 35, 99.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

import overlap as ov

from ... import _report
from ..._checks import UsageError, check_choice, check_number, check_whole
from ..empirical import Category, maps_of
from ..regions.densities import region_from_density
from ..regions.quantities import check_density
from ..regions.samples import BANDWIDTH, density_from_angles
from ..torus import PERIOD, check_grid
from .grids import drawn
from .masses import cell_masses, draw_angles, reference_masses
from .references import own_category, says_ranks

MASSES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9995)
"""Where the curve of the IoU is taken."""
N_DRAWS = 3
"""Samples that the ceiling is the mean of."""
OPERATION = "ramachandran.compare_densities"


def compare_densities(
    predicted: xr.DataArray,
    reference: str | xr.Dataset | xr.DataArray = "top8000",
    *,
    category: Category | None = None,
    masses: Sequence[float] = MASSES,
    sample: int | None = None,
    bandwidth: float = BANDWIDTH,
    seed: int = 0,
) -> xr.Dataset:
    """Compare a predicted density with a reference one.

    Parameters
    ----------
    predicted : DataArray, dimensions (..., psi, phi)
        A density, probabilities or counts in any unit: not negative, finite. Further dimensions are kept.
    reference : str, Dataset or DataArray
        The name of an empirical reference, a Dataset like it, or a density.
    category : str, optional
        Which category of an empirical reference; by default the prediction's own, else "general".
    masses : sequence of float
        Above 0 and below 1: where the curve is taken.
    sample : int, optional
        How many residues are behind the prediction: then the ceiling is given too.
    bandwidth : float
        Of the kernel that smooths the ceiling's samples, in degrees.
    seed : int
        The same seed draws the same samples.

    Returns
    -------
    Dataset
        - ``intersection``, ``size_a``, ``size_b``: the mass that both share, and 1 and 1; ``iou``, ``dice``.
        - ``overlapping_coefficient`` (the Dice), ``total_variation``, ``bhattacharyya``, ``hellinger`` (the distance),
          ``rmsd``.
        - ``iou_at_mass``, along ``mass``: the IoU of the smallest regions that hold each mass.
        - ``ceiling``, along ``mass``: that of samples of the reference, the mean of three; with `sample` only.

    Raises
    ------
    TypeError
        If a density is no DataArray.
    ValueError
        If a value is negative or not finite, a map has no mass, or a grid does not cover the torus once.
    UsageError
        If a name or a number is not one of those allowed, or an option belongs to an empirical reference and the
        reference is none.

    See Also
    --------
    compare : Compare a predicted region with a reference one, as two sets on the torus.
    plot_iou_at_mass : Draw the IoU over the mass that the regions hold.

    Examples
    --------
    >>> from ..regions.regions import region
    >>> favored = region("top8000", "general", "favored")
    >>> flat = compare_densities(favored * 1.0, masses=[0.98])
    >>> round(float(flat.overlapping_coefficient), 2), round(float(flat.hellinger), 2)
    (0.51, 0.47)
    >>> report = compare_densities(favored * 1.0, masses=[0.98], sample=10_000)
    >>> report.ceiling.values.round(1)
    array([0.8])
    """
    predicted = _checked("the prediction", "predicted", predicted)
    levels = _checked_masses(masses)
    if isinstance(reference, xr.DataArray):
        _refuse_unused(category, sample)
        truth = _of_density(reference)
    else:
        truth = _of_ranks(reference, category or own_category(predicted) or "general")
    is_finer = truth.density.sizes["psi"] >= predicted.sizes["psi"]
    finer = truth.density if is_finer else predicted
    p = _probability(predicted, finer)
    q = _probability(truth.density, finer)
    lead = p.dims[:-2]
    shared = np.minimum(p.values, q.values).sum(axis=(-2, -1))
    whole = np.ones_like(shared)
    more = _distances(p.values, q.values, shared, lead)
    more["iou_at_mass"] = ((*lead, "mass"), _curve(p, truth, levels, finer))
    if sample is not None and not isinstance(reference, xr.DataArray):
        ceiling = _ceiling(reference, truth, levels, sample, bandwidth, seed)
        more["ceiling"] = ("mass", ceiling)
    report = _report.build(
        ov.Overlap(shared, whole, whole),
        _labels(p, lead),
        prediction=_report.name_of(predicted, "prediction"),
        reference=_report.name_of(truth.density, "reference"),
        units="probability",
        more=more,
        category=truth.category,
        grid=f"{finer.sizes['psi']} × {finer.sizes['phi']} cells (psi × phi)",
    )
    return report.assign_coords(mass=levels)


class Truth(NamedTuple):
    """The reference of a comparison.

    Attributes
    ----------
    density : DataArray, dimensions (psi, phi)
    rank : ndarray, shape (psi, phi), or None
        The share of the data at a lower density, of an empirical reference that has no density itself.
    category : str
        Of an empirical reference, else "".
    """

    density: xr.DataArray
    rank: np.ndarray | None = None
    category: Any = ""

    def region(self, mass: float) -> np.ndarray:
        """Return the cells that hold a mass."""
        if self.rank is not None:
            return _of_rank(self.rank, mass)
        cells: np.ndarray = region_from_density(self.density, mass=mass).values
        return cells


def _of_density(reference: xr.DataArray) -> Truth:
    density = _checked("the reference", "reference", reference)
    if density.ndim > 2:
        raise ValueError(f"{OPERATION}: the reference has the dimensions {density.dims}; pass one density (psi, phi)")
    return Truth(density)


def _of_ranks(reference: str | xr.Dataset, category: Any) -> Truth:
    maps = maps_of(reference)
    if not isinstance(reference, str) and not says_ranks(reference):
        raise ValueError(
            f"{OPERATION}: the reference does not say that its scores are ranks; pass a density, or make it with "
            'region_reference(maps, "density")'
        )
    check_choice(OPERATION, "category", category, maps.categories)
    coords = {"psi": maps.psi, "phi": maps.phi}
    name = {"name": f"{maps.name} {category}"}
    if maps.mass is not None:
        mass = reference_masses(maps, category)
        return Truth(xr.DataArray(mass, coords, ("psi", "phi"), attrs=name), None, category)
    rank = maps.score[maps.categories.index(category)]
    density = xr.DataArray(density_of_ranks(rank), coords, ("psi", "phi"), attrs=name)
    return Truth(density, rank, category)


def _labels(p: xr.DataArray, lead: tuple[Hashable, ...]) -> dict[str, Any]:
    """Return the coordinates of further dimensions, numbers where there are none."""
    labels = {}
    for dim in lead:
        labels[str(dim)] = p.coords[dim] if dim in p.coords else np.arange(p.sizes[dim])
    return labels


def density_of_ranks(rank: np.ndarray) -> np.ndarray:
    """Return the probability in each cell of a map of percentile ranks, which rises with the rank.

    Parameters
    ----------
    rank : ndarray
        The share of the data at a lower density.

    Returns
    -------
    ndarray, of the shape of `rank`
        Sums to 1.

    Examples
    --------
    >>> density_of_ranks(np.array([0.0, 0.3, 0.4, 0.7]))
    array([0.2, 0.2, 0.3, 0.3])
    """
    from scipy.optimize import isotonic_regression

    masses = cell_masses(rank)
    order = np.argsort(rank, axis=None, kind="stable")
    rising = np.empty(masses.size)
    rising[order] = isotonic_regression(masses.ravel()[order]).x
    return rising.reshape(masses.shape)


def _checked(side: str, name: str, density: Any) -> xr.DataArray:
    """Return a density on a whole torus, as (..., psi, phi)."""
    if not isinstance(density, xr.DataArray):
        raise TypeError(
            f"{OPERATION}: {side} is a {type(density).__name__}; pass a DataArray with dimensions psi and phi and cell "
            "centres in degrees, as density_from_angles returns"
        )
    check_density(OPERATION, name, density, is_cut=False)
    density = check_grid(density, f"{OPERATION}: {side}")
    values = density.values.astype(float)
    if not np.isfinite(values).all():
        raise ValueError(f"{OPERATION}: {side} has NaN or infinite cells; fill them first, with 0 if nothing is there")
    if values.min() < 0:
        raise ValueError(
            f"{OPERATION}: {side} begins at {values.min():g}, and no density is negative; of an energy pass "
            "numpy.exp(-energy / kT)"
        )
    if not values.sum(axis=(-2, -1)).all():
        raise ValueError(f"{OPERATION}: {side} is 0 everywhere, so there is no mass to share; pass another map")
    checked: xr.DataArray = density.astype(float)
    return checked


def _checked_masses(masses: Sequence[float]) -> list[float]:
    levels = [float(mass) for mass in masses]
    for mass in levels:
        check_number(OPERATION, "each of masses", mass, above=0)
        if mass >= 1:
            raise UsageError(
                f"{OPERATION}: each of masses must be below 1, where a region is the whole torus; got {mass:g}"
            )
    return levels


def _refuse_unused(category: object, sample: object) -> None:
    for name, value in {"category": category, "sample": sample}.items():
        if value is not None:
            raise UsageError(
                f"{OPERATION}: {name} is of an empirical reference, and this one is a density; leave it out"
            )


def _probability(density: xr.DataArray, finer: xr.DataArray) -> xr.DataArray:
    """Return a density drawn on a grid, with a sum of 1."""
    psi = finer.psi.values
    phi = finer.phi.values
    cells = drawn(density.values, density.psi.values, density.phi.values, psi, phi)
    total = cells.sum(axis=(-2, -1), keepdims=True)
    coords: dict[Hashable, Any] = {"psi": psi, "phi": phi}
    for dim in density.dims[:-2]:
        if dim in density.coords:
            coords[dim] = density.coords[dim]
    return xr.DataArray(cells / total, coords, density.dims)


def _distances(p: np.ndarray, q: np.ndarray, shared: np.ndarray, lead: tuple[Hashable, ...]) -> dict[str, Any]:
    axes = (-2, -1)
    bhattacharyya = np.sqrt(p * q).sum(axis=axes)
    # rounding may leave a little more than 1
    hellinger = np.sqrt(np.maximum(1 - bhattacharyya, 0))
    area = PERIOD**2 / q.size
    mean_square = ((p - q) ** 2).mean(axis=axes)
    rmsd = np.sqrt(mean_square) / area
    distances: dict[str, Any] = {"overlapping_coefficient": (lead, shared), "total_variation": (lead, 1 - shared)}
    distances["bhattacharyya"] = (lead, bhattacharyya)
    distances["hellinger"] = (lead, hellinger)
    distances["rmsd"] = (lead, rmsd, {"units": "1/degree²"})
    return distances


def _curve(p: xr.DataArray, truth: Truth, levels: Sequence[float], finer: xr.DataArray) -> np.ndarray:
    """Return the IoU of both regions of each mass, masses last."""
    psi = truth.density.psi.values
    phi = truth.density.phi.values
    curve = []
    for mass in levels:
        expected = drawn(truth.region(mass), psi, phi, finer.psi.values, finer.phi.values)
        cells = region_from_density(p, mass=mass).values
        overlap = ov.raster.measure(cells, np.broadcast_to(expected, cells.shape), axis=(-2, -1))
        curve.append(ov.iou(overlap))
    return np.stack(curve, axis=-1)


def _of_rank(rank: np.ndarray, mass: float) -> np.ndarray:
    # 1 - 0.98 is a little more than 0.02 in binary
    cells: np.ndarray = rank >= round(1 - mass, 12)
    return cells


def _ceiling(
    reference: str | xr.Dataset, truth: Truth, levels: Sequence[float], sample: int, bandwidth: float, seed: int
) -> np.ndarray:
    """Return the mean IoU of samples of an empirical reference with itself, at each mass."""
    check_whole(OPERATION, "sample", sample, at_least=1)
    n_cells = truth.density.sizes["phi"]
    seeds = np.random.default_rng(seed).integers(2**31, size=N_DRAWS)
    curves = []
    for own_seed in seeds.tolist():
        phi, psi = draw_angles(sample, truth.category, seed=own_seed, reference=reference)
        density = density_from_angles(phi, psi, bandwidth=bandwidth, cells=n_cells)
        curves.append(_curve(density, truth, levels, truth.density))
    ceiling: np.ndarray = np.mean(curves, axis=0)
    return ceiling
