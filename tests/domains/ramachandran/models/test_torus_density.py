"""Oracles: the formula of the sine model in plain numpy, closed forms, and samples whose density is known."""

from __future__ import annotations

import numpy as np
import pytest

from domains.ramachandran.models.torus_density import _log_mixture, learn_density
from domains.ramachandran.torus import centres

torch = pytest.importorskip("torch")


def sample(n, seed=0):
    """A tilted peak across the corner of the torus and a round one, 3 to 1."""
    generator = np.random.default_rng(seed)
    tilted = generator.multivariate_normal([175, -170], [[400, 300], [300, 400]], 3 * n // 4)
    round_one = generator.multivariate_normal([60, 40], [[100, 0], [0, 100]], n // 4)
    return np.concatenate([tilted, round_one]).T


@pytest.fixture(scope="module")
def learned():
    angles = sample(2000)
    options = {"seed": 0, "components": 4, "steps": 150, "n": 45}
    return {
        objective: learn_density(*angles, objective=objective, **options) for objective in ("likelihood", "overlap")
    }


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["likelihood", "overlap"])
def test_the_masses_of_the_peaks(learned, objective):
    density = learned[objective]
    assert float(density.sum()) == pytest.approx(1, abs=1e-12)
    assert float(density.min()) >= 0
    near = np.hypot(density.phi - 60, density.psi - 40) < 40
    assert float(density.where(near).sum()) == pytest.approx(0.25, abs=0.03)


def test_a_peak_across_the_corner_is_one_and_tilted(learned):
    density = learned["likelihood"]
    rolled = density.roll(phi=22, psi=22, roll_coords=False).values
    top = np.unravel_index(np.argmax(rolled), rolled.shape)
    phi = np.radians(density.phi.values)[None, :]
    psi = np.radians(density.psi.values)[:, None]
    far = np.hypot(np.degrees(phi) - 60, np.degrees(psi) - 40) > 90
    weight = density.values * far / (density.values * far).sum()
    sines = (weight * np.sin(phi - np.radians(175)) * np.sin(psi - np.radians(-170))).sum()
    assert sines > 0.05
    assert abs(top[0] - top[1]) <= 4


def test_the_formula_of_the_sine_model():
    rows = np.array([[0.3, 1.0, -2.0, 1.2, 0.4, 0.5], [-0.2, 3.0, 0.1, 2.0, 1.0, -1.5]])
    angles = np.radians(centres(24))
    found = np.exp(_log_mixture(torch.as_tensor(rows), torch.as_tensor(angles), torch).numpy())
    phi = angles[None, :]
    psi = angles[:, None]
    weights = np.exp(rows[:, 0]) / np.exp(rows[:, 0]).sum()
    expected = np.zeros((24, 24))
    for weight, (_, mu, nu, log_1, log_2, tilt) in zip(weights, rows, strict=True):
        lam = np.tanh(tilt) * np.sqrt(np.exp(log_1) * np.exp(log_2))
        power = np.exp(log_1) * np.cos(phi - mu) + np.exp(log_2) * np.cos(psi - nu)
        one = np.exp(power + lam * np.sin(phi - mu) * np.sin(psi - nu))
        expected += weight * one / one.sum()
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_gradients():
    rows = torch.tensor([[0.3, 1.0, -2.0, 1.2, 0.4, 0.5], [0.0, 3, 0, 2, 1, -1.5]], dtype=torch.float64)
    rows.requires_grad_(True)
    grid = torch.as_tensor(np.radians(centres(5)))
    assert torch.autograd.gradcheck(lambda x: _log_mixture(x, grid, torch), (rows,))


def test_a_turn_more_changes_nothing_and_a_seed_is_a_result():
    phi, psi = sample(300)
    options = {"components": 3, "steps": 5, "n": 36}
    first = learn_density(phi, psi, seed=1, **options)
    # by the grid's own steps, so that no angle is rounded into another cell
    turned = learn_density(np.round(phi * 64) / 64 + 360, np.round(psi * 64) / 64 - 360, seed=1, **options)
    plain = learn_density(np.round(phi * 64) / 64, np.round(psi * 64) / 64, seed=1, **options)
    np.testing.assert_array_equal(plain, turned)
    np.testing.assert_array_equal(first, learn_density(phi, psi, seed=1, **options))
    assert not np.array_equal(first, learn_density(phi, psi, seed=2, **options))


@pytest.mark.parametrize(
    ("arguments", "options", "said"),
    [
        (([0.0, 1.0], [0.0]), {}, r"phi and psi have the shapes \(2,\) and \(1,\); pass one of each"),
        (([], []), {}, "pass one of each for every residue"),
        (([0.0, np.nan], [0.0, 1.0]), {}, "1 residues lack an angle; leave them out"),
        (([0.0], [0.0]), {"objective": "dice"}, "objective must be one of 'likelihood', 'overlap'; got 'dice'"),
        (([0.0], [0.0]), {"components": 0}, "components must be a whole number >= 1; got 0"),
        (([0.0], [0.0]), {"steps": 1.5}, "steps must be a whole number >= 1; got 1.5"),
        (([0.0], [0.0]), {"bandwidth": 0}, "bandwidth must be a number > 0; got 0"),
    ],
)
def test_wrong_input(arguments, options, said):
    with pytest.raises(ValueError, match=f"^ramachandran.learn_density: .*{said}"):
        learn_density(*arguments, seed=0, **options)
