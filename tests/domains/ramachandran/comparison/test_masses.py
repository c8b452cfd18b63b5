"""Oracles: closed forms, sums by hand, and shares of real residues that were counted outside this project."""

from __future__ import annotations

import numpy as np
import pytest

from domains.ramachandran import CATEGORIES, LEVELS, hard_sphere, reference, region
from domains.ramachandran.comparison.masses import cell_masses, draw_angles, resampled_region


def ranks_of(counts):
    """The share of residues in cells of fewer residues, as the reference laboratory defines its values."""
    counts = np.asarray(counts, float)
    below = [counts[counts < count].sum() for count in counts.ravel()]
    return np.reshape(below, counts.shape) / counts.sum()


def test_masses_are_the_counts_that_the_ranks_were_made_of():
    counts = np.random.default_rng(5).permutation(np.arange(1, 37)).reshape(6, 6)
    np.testing.assert_allclose(cell_masses(ranks_of(counts)), counts / counts.sum(), rtol=1e-12)


def test_cells_of_one_count_share_their_mass():
    counts = np.random.default_rng(5).integers(1, 5, (9, 9))
    np.testing.assert_allclose(cell_masses(ranks_of(counts)), counts / counts.sum(), rtol=1e-12)


def test_one_rank_for_all_is_one_mass_for_all():
    np.testing.assert_allclose(cell_masses(np.zeros((4, 5))), 1 / 20)
    np.testing.assert_allclose(cell_masses(np.full((4, 5), 0.3)), 1 / 20)


@pytest.mark.parametrize("category", CATEGORIES)
def test_masses_of_the_reference(category):
    top8000 = reference().sel(category=category)
    masses = cell_masses(top8000.score.values)
    assert masses.sum() == pytest.approx(1, abs=1e-12)
    assert masses.min() >= 0
    for level in LEVELS:
        held = masses[region(category=category, level=level).values].sum()
        assert held == pytest.approx(1 - float(top8000[level]), abs=5e-4)


def test_mass_inside_the_maps_of_1963_and_2003():
    """Of the 202,215 real residues of its general pool they hold .766 and .9953; by mass .740 and .9946."""
    masses = cell_masses(reference().score.sel(category="general").values)
    assert masses[hard_sphere("outer").values].sum() == pytest.approx(0.740, abs=1e-3)
    assert masses[hard_sphere("outer", clashes="ho2003").values].sum() == pytest.approx(0.9946, abs=2e-4)


@pytest.mark.parametrize("ranks", [[[0.0, 1.2]], [[-0.1, 0.5]]])
def test_what_is_no_rank_is_refused(ranks):
    with pytest.raises(ValueError, match="cell_masses: the ranks run from .* pass the scores of a reference"):
        cell_masses(ranks)


def test_angles_fall_as_the_masses_say():
    top8000 = reference()
    phi, psi = draw_angles(200_000, "pre-proline", seed=3)
    assert phi.min() >= -180
    assert phi.max() < 180
    edges = np.linspace(-180, 180, 13)
    found, _, _ = np.histogram2d(psi, phi, bins=(edges, edges))
    masses = cell_masses(top8000.score.sel(category="pre-proline").values)
    expected = masses.reshape(12, 15, 12, 15).sum(axis=(1, 3)) * 200_000
    deviation = (found - expected)[expected > 20] / np.sqrt(expected[expected > 20])
    assert np.abs(deviation).max() < 4.5
    assert found[expected < 1e-3].sum() <= 1


def test_a_seed_is_a_draw():
    one = draw_angles(100, seed=1)
    np.testing.assert_array_equal(one, draw_angles(100, seed=1))
    assert not np.array_equal(one, draw_angles(100, seed=2))


def test_angles_of_ones_own_reference():
    """All the mass in one cell of 10°: phi 95 to 105, psi -25 to -15, by a map whose phi comes first."""
    rank = np.zeros((36, 36))
    rank[28, 16] = 1e-9
    top8000 = reference()
    nodes = np.arange(-180.0, 180, 10)
    own = top8000[["favored", "allowed", "n"]].sel(category=["general"])
    own = own.assign(score=(("category", "phi", "psi"), rank[None]))
    own = own.assign_coords(phi=nodes, psi=nodes)
    phi, psi = draw_angles(500, seed=0, reference=own)
    assert (np.abs(phi - 100) <= 5).all()
    assert (np.abs(psi + 20) <= 5).all()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((10, "alanine"), "category must be one of 'general', "),
        ((0, "general"), "n must be a whole number >= 1; got 0"),
        ((2.5, "general"), "n must be a whole number >= 1; got 2.5"),
    ],
)
def test_wrong_draws(arguments, said):
    with pytest.raises(ValueError, match=f"^ramachandran.draw_angles: {said}"):
        draw_angles(*arguments, seed=0)


def test_a_resampled_region_is_near_the_empirical_one_and_holds_as_much():
    truth = region(category="general", level="favored").values
    drawn = resampled_region("general", "favored", seed=0)
    again = resampled_region("general", "favored", seed=0)
    other = resampled_region("general", "favored", seed=1)
    np.testing.assert_array_equal(drawn, again)
    assert not np.array_equal(drawn, other)
    assert (drawn.values & truth).sum() / (drawn.values | truth).sum() > 0.9
    assert float(drawn.held) == pytest.approx(0.98, abs=1e-3)


def test_fewer_residues_scatter_more():
    def scatter(n):
        top8000 = reference().assign(n=("category", [n] * 6))
        regions = [resampled_region(seed=seed, reference=top8000).values for seed in (0, 1)]
        return (regions[0] ^ regions[1]).sum()

    assert scatter(5_000) > 3 * scatter(500_000)


def test_a_reference_that_does_not_say_how_many():
    with pytest.raises(ValueError, match=r"does not say how many residues are behind its maps; assign n \(category\)"):
        resampled_region(seed=0, reference=reference().drop_vars("n"))


def test_masked_ranks_are_refused():
    masked = np.ma.masked_array([[0.0, 0.1], [0.4, 0.0]], mask=[[False, True], [False, False]])
    with pytest.raises(ValueError, match="cell_masses: 1 ranks are NaN; set them to 0"):
        cell_masses(masked)
    assert cell_masses(masked.filled(0)).sum() == pytest.approx(1)
