"""Oracles: closed forms of Gaussians far from the seam; plain numpy."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy.special import ndtr

from domains.ramachandran import compare_densities, density_from_angles, draw_angles, reference, region
from domains.ramachandran.comparison.densities_compared import density_of_ranks
from domains.ramachandran.torus import centres


def gaussian(phi, psi, sigma, n=360):
    nodes = centres(n)
    values = np.exp(-((nodes - phi) ** 2 + (nodes[:, None] - psi) ** 2) / (2 * sigma**2))
    return xr.DataArray(values, dims=("psi", "phi"), coords={"psi": nodes, "phi": nodes})


@pytest.mark.slow
@pytest.mark.parametrize("shift", [5.0, 20.0, 60.0])
def test_two_gaussians(shift):
    sigma = 15.0
    report = compare_densities(gaussian(0, 0, sigma), gaussian(shift, 0, sigma))
    shared = 2 * ndtr(-shift / (2 * sigma))
    bhattacharyya = np.exp(-(shift**2) / (8 * sigma**2))
    square = (1 - np.exp(-(shift**2) / (4 * sigma**2))) / (2 * np.pi * sigma**2)
    assert float(report.overlapping_coefficient) == pytest.approx(shared, abs=1e-4)
    assert float(report.total_variation) == pytest.approx(1 - shared, abs=1e-4)
    assert float(report.bhattacharyya) == pytest.approx(bhattacharyya, abs=1e-9)
    assert float(report.hellinger) == pytest.approx(np.sqrt(1 - bhattacharyya), abs=1e-9)
    assert float(report.rmsd) == pytest.approx(np.sqrt(square / 360**2), rel=1e-9)
    assert float(report.dice) == float(report.overlapping_coefficient)
    assert float(report.iou) == pytest.approx(shared / (2 - shared), abs=1e-4)


@pytest.mark.slow
def test_the_curve_is_that_of_discs():
    """The region of mass m of a Gaussian is the disc of radius σ √(−2 ln(1 − m))."""
    sigma, shift = 20.0, 15.0
    masses = [0.5, 0.8, 0.95]
    report = compare_densities(gaussian(0, 0, sigma, 720), gaussian(shift, 0, sigma, 720), masses=masses)
    assert report.mass.values.tolist() == masses
    for mass in masses:
        r = sigma * np.sqrt(-2 * np.log(1 - mass))
        lens = 2 * r**2 * np.arccos(shift / (2 * r)) - shift / 2 * np.sqrt(4 * r**2 - shift**2)
        expected = lens / (2 * np.pi * r**2 - lens)
        assert float(report.iou_at_mass.sel(mass=mass)) == pytest.approx(expected, abs=0.01)


def test_a_density_with_itself():
    nodes = centres(180)
    own = xr.DataArray(density_of_ranks(reference().score[1].values), {"psi": nodes, "phi": nodes}, ("psi", "phi"))
    report = compare_densities(own, category="glycine")
    assert float(report.overlapping_coefficient) == pytest.approx(1.0, abs=1e-12)
    assert float(report.hellinger) == pytest.approx(0.0, abs=1e-6)
    assert float(report.rmsd) == pytest.approx(0.0, abs=1e-15)
    assert report.attrs["category"] == "glycine"
    assert report.attrs["reference"] == "top8000 glycine"


def test_the_reference_is_cut_by_rank():
    density = density_from_angles(*draw_angles(2000, seed=0), bandwidth=8)
    report = compare_densities(density, masses=[0.98, 0.9995])
    for mass, level in ((0.98, "favored"), (0.9995, "allowed")):
        falling = np.sort(density.values, axis=None)[::-1]
        cells = density.values >= falling[np.searchsorted(np.cumsum(falling), mass * falling.sum())]
        truth = region(level=level).values
        assert float(report.iou_at_mass.sel(mass=mass)) == pytest.approx((cells & truth).sum() / (cells | truth).sum())


@pytest.mark.slow
def test_coarse_and_fine_grids_and_stacks():
    fine = gaussian(0, 0, 15.0, 180)
    coarse = xr.DataArray(
        fine.values.reshape(36, 5, 36, 5).sum(axis=(1, 3)),
        dims=("psi", "phi"),
        coords={"psi": centres(36), "phi": centres(36)},
    )
    one_way, other_way = compare_densities(coarse, fine), compare_densities(fine, coarse)
    by_hand = np.kron(coarse.values / coarse.values.sum(), np.full((5, 5), 1 / 25))
    shared = np.minimum(by_hand, fine.values / fine.values.sum()).sum()
    assert float(one_way.overlapping_coefficient) == pytest.approx(shared, rel=1e-12)
    assert float(other_way.overlapping_coefficient) == pytest.approx(shared, rel=1e-12)
    stack = xr.concat([fine, gaussian(30, 0, 15.0, 180) * 7], xr.Variable("model", ["a", "b"]))
    report = compare_densities(stack, fine)
    assert report.iou_at_mass.dims == ("model", "mass")
    assert float(report.dice.sel(model="a")) == pytest.approx(1.0)
    assert float(report.dice.sel(model="b")) == pytest.approx(2 * ndtr(-1.0), abs=1e-3)
    assert report.n_defined.values.tolist() == [2, 2]


@pytest.mark.slow
@pytest.mark.parametrize("n", [500, 10_000])
def test_a_perfect_model_reaches_the_ceiling(n):
    """Angles of the reference itself, cut as every prediction is, meet it as well as the ceiling says, at each mass."""
    curves = []
    for seed in range(3):
        density = density_from_angles(*draw_angles(n, seed=seed))
        curves.append(compare_densities(density, masses=[0.8, 0.98, 0.9995]).iou_at_mass)
    report = compare_densities(density, masses=[0.8, 0.98, 0.9995], sample=n)
    np.testing.assert_allclose(report.ceiling, np.mean(curves, axis=0), atol=0.02 if n == 10_000 else 0.04)
    xr.testing.assert_identical(report, compare_densities(density, masses=[0.8, 0.98, 0.9995], sample=n))


def test_a_density_rises_with_the_rank():
    rank = reference().score[0].values
    density = density_of_ranks(rank)
    assert density.sum() == pytest.approx(1.0)
    assert (np.diff(density.ravel()[np.argsort(rank, axis=None, kind="stable")]) >= 0).all()
    assert density[rank >= 0.02].sum() == pytest.approx(0.98, abs=1e-3)


def test_the_density_is_that_of_real_residues(general_residues):
    """The masses alone share 0.63."""
    phi, psi = general_residues.T
    report = compare_densities(density_from_angles(phi, psi, bandwidth=3))
    assert float(report.overlapping_coefficient) == pytest.approx(0.903, abs=2e-3)


@pytest.mark.parametrize(
    ("predicted", "options", "error", "said"),
    [
        (lambda x: x.values, {}, TypeError, "the prediction is a ndarray; pass a DataArray"),
        (lambda x: -x, {}, ValueError, r"the prediction begins at -1, and no density is negative; .* numpy.exp\("),
        (lambda x: x * np.nan, {}, ValueError, "the prediction has NaN or infinite cells; fill them first"),
        (lambda x: x * 0, {}, ValueError, "the prediction is 0 everywhere"),
        (lambda x: x, {"masses": [1.0]}, ValueError, "each of masses must be below 1"),
        (lambda x: x, {"masses": [0.0]}, ValueError, "each of masses must be a number > 0"),
        (lambda x: x, {"category": "alanine"}, ValueError, "category must be one of"),
        (lambda x: x, {"sample": 0}, ValueError, "sample must be a whole number >= 1"),
    ],
)
def test_wrong_input(predicted, options, error, said):
    ones = gaussian(0, 0, 1e6, 36).round()
    with pytest.raises(error, match=f"^ramachandran.compare_densities: {said}"):
        compare_densities(predicted(ones), **options)


def test_options_of_an_empirical_reference():
    ones = gaussian(0, 0, 30, 36)
    for options in ({"category": "general"}, {"sample": 100}):
        with pytest.raises(ValueError, match="is of an empirical reference, and this one is a density; leave it out"):
            compare_densities(ones, ones, **options)
    with pytest.raises(ValueError, match="pass one density"):
        compare_densities(ones, xr.concat([ones, ones], "model"))


def test_scores_that_are_no_ranks():
    other = reference()
    other["score"] = -10 * (1 - other.score)
    with pytest.raises(ValueError, match=r"does not say that its scores are ranks; pass a density, or make it with"):
        compare_densities(gaussian(0, 0, 30, 36), other)
