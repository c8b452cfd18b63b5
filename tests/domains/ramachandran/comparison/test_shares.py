"""Oracles: plain numpy on the sorted ranks; the reference notes' shares; `scipy.stats.bootstrap`."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import xarray as xr

from domains.ramachandran import (
    CATEGORIES,
    LEVELS,
    cell_masses,
    classify,
    compare,
    evaluate,
    hard_sphere,
    reference,
    region,
)
from domains.ramachandran.comparison.shares import Residues, as_residues, inside, masses_on, shares_of_residues
from domains.ramachandran.torus import centres


def by_hand(category):
    """The masses by sorting; ties lie on one side of a cut."""
    score = reference().score.sel(category=category).values.astype(float)
    order = np.argsort(score, axis=None, kind="stable")
    ranks = score.ravel()[order]
    mass = np.empty(score.size)
    mass[order] = np.append(ranks[1:], 1.0) - ranks
    return mass.reshape(score.shape)


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_cell_holds_the_next_rank_minus_its_own(category):
    for level in LEVELS:
        cells = region("top8000", category, level)
        held = by_hand(category)[cells.values].sum()
        assert float(compare(cells, category=category, level=level).mass_b) == pytest.approx(held, abs=1e-12)
    assert by_hand(category).sum() == pytest.approx(1.0)


def test_shares_that_are_known():
    """The notes count 0.766 and 0.9953 of real residues, and 0.740 and 0.9946 of the masses."""
    assert 0.740 <= float(compare(hard_sphere()).mass_a) < 0.741
    assert 0.9946 <= float(compare(hard_sphere(clashes="ho2003")).mass_a) < 0.9947


@pytest.mark.parametrize("n", [36, 60, 360])
def test_no_mass_is_lost_on_another_grid(n):
    psi, phi = centres(n), -180 + np.arange(n) * 360 / n
    moved = masses_on("top8000", "general", psi, phi)
    assert moved.sum() == pytest.approx(1.0, abs=1e-12)
    if n == 36:
        block = cell_masses(reference().score[0].values).reshape(36, 5, 180).sum(axis=1)
        np.testing.assert_allclose(moved.sum(axis=1), block.sum(axis=1), atol=1e-12)


@pytest.mark.slow
def test_the_report_says_the_mass():
    report = compare(hard_sphere(), level="allowed")
    assert float(report.mass_a) == pytest.approx(by_hand("general")[hard_sphere().values].sum(), abs=1e-4)
    assert float(report.mass_b) == pytest.approx(0.9995, abs=1e-6)
    assert report.attrs["mass"] == "residues of top8000, from its ranks"
    stack = compare(region(category=None), level=LEVELS)
    assert stack.mass_a.dims == ("category", "level")
    np.testing.assert_allclose(stack.mass_b.sel(level="favored"), 0.98, atol=3e-4)
    assert np.isnan(compare(hard_sphere(), hard_sphere("normal")).mass_a)
    assert float(compare(hard_sphere(), region()).mass_b) == pytest.approx(0.98, abs=1e-4), "a region of the reference"


def angles(n, seed=0):
    rng = np.random.default_rng(seed)
    centre = np.array([(-63, -43), (-115, 131), (53, 43)])[rng.choice(3, n, p=[0.6, 0.35, 0.05])]
    return rng.normal(centre, 15).T


def test_ones_own_residues():
    phi, psi = angles(500)
    predicted = hard_sphere()
    report = compare(predicted, level="allowed", angles=(phi, psi))
    rows = np.floor((psi + 180) % 360 / 2).astype(int)
    columns = np.floor((phi + 180) % 360 / 2).astype(int)
    assert float(report.mass_a) == predicted.values[rows, columns].mean()
    labels = classify(evaluate(phi, psi, "general"), "general")
    assert float(report.mass_b) == (labels != "OUTLIER").mean(), "as `classify` says"
    assert report.attrs["mass"] == "500 residues given, intervals by residue"
    assert float(report.mass_a_low) < float(report.mass_a) < float(report.mass_a_high)


def test_intervals_by_groups():
    rng = np.random.default_rng(0)
    hit = (rng.random((20, 30)) < rng.random((20, 1))).astype(float)
    groups = np.repeat(np.arange(20), 30)
    residues = Residues(np.zeros(600), np.zeros(600), groups.tolist())
    shares = shares_of_residues(hit.reshape(1, -1), hit.reshape(1, -1), residues)
    seed = np.random.default_rng(0)
    oracle = scipy.stats.bootstrap((hit.sum(axis=1),), lambda x, axis: x.sum(axis) / 600, n_resamples=1999, rng=seed)
    low, high = shares.interval_a
    assert low[0] == pytest.approx(oracle.confidence_interval.low, abs=1e-9)
    assert high[0] == pytest.approx(oracle.confidence_interval.high, abs=1e-9)
    alone = shares_of_residues(hit.reshape(1, -1), hit.reshape(1, -1), Residues(np.zeros(600), np.zeros(600)))
    assert high[0] - low[0] > 2 * (alone.interval_a[1][0] - alone.interval_a[0][0])


def test_a_stack_of_models_and_one_group():
    phi, psi = angles(50)
    models = xr.concat([hard_sphere(tau=t) for t in (110, 113)], xr.Variable("tau", [110, 113]), combine_attrs="drop")
    with pytest.warns(
        UserWarning, match="all residues are of one group, so there is no interval; pass a label"
    ) as told:
        report = compare(models, angles=(phi, psi, ["one"] * 50))
    assert len(told) == 1
    assert report.mass_a.dims == ("tau",)
    assert np.isnan(report.mass_a_low).all(), "one group has no interval"
    with pytest.raises(ValueError, match="angles are of residues of one category"):
        compare(region(category=None), angles=(phi, psi))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (([1.0], [2.0, 3.0]), r"angles: phi of shape \(1,\), psi of \(2,\); pass one of each"),
        (([1.0], [2.0], ["a", "b"]), "angles: .* and 2 groups; pass one of each"),
        (([np.nan], [2.0]), "angles: no residue has both phi and psi"),
        (np.zeros((2, 3)), "angles are .* got ndarray; pass a tuple"),
        ((np.linspace(-3, 3, 20), np.linspace(-1, 1, 20)), "angles run to 3 and look like radians; use numpy.degrees"),
    ],
)
def test_wrong_angles(given, said):
    with pytest.raises(ValueError, match=f"^ramachandran.compare: {said}"):
        compare(hard_sphere(n=36), angles=given)


def test_residues_without_an_angle_are_counted():
    residues = as_residues((np.array([[-60.0, np.nan], [-70.0, 60.0]]), np.full((2, 2), -45.0), list("aabb")))
    assert residues.n_missing == 1
    assert residues.groups == ["a", "b", "b"]
    report = compare(hard_sphere(), angles=([-60, np.nan], [-45, 0]))
    assert "1 residues given (1 without phi or psi left out)" in report.attrs["mass"]


def test_a_region_that_keeps_its_score_is_interpolated():
    phi, psi = angles(300, 1)
    cells = region("top8000", ["general", "glycine"], ["favored", "allowed"])
    found = inside(cells, Residues(phi, psi))
    assert found.dims == ("category", "level", "residue")
    labels = classify(evaluate(phi, psi, "glycine"), "glycine")
    np.testing.assert_array_equal(found.sel(category="glycine", level="favored"), labels == "Favored")
    mask = cells.drop_vars(["score", "cut"])
    assert (inside(mask, Residues(phi, psi)) != found).any()


def test_masked_angles_are_missing():
    phi = np.ma.masked_array([-60.0, 5.0, -70.0], mask=[False, True, False])
    residues = as_residues((phi, [-45.0, 130.0, -40.0]))
    assert residues.n_missing == 1
    np.testing.assert_array_equal(residues.phi, [-60.0, -70.0])
