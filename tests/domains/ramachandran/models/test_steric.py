"""Oracle: maps computed independently from the same geometry (tests/data, CC0)."""

from __future__ import annotations

import numpy as np
import pytest

from domains.ramachandran import hard_sphere, soft_sphere
from domains.ramachandran.models.steric import LIMITS, contact_names, elements


@pytest.fixture(scope="module")
def maps(test_data):
    with np.load(test_data / "hard_sphere_alanine_dipeptide.npz") as file:
        return {name: file[name].T for name in file.files if file[name].ndim == 2}


@pytest.mark.parametrize("limits", ["normal", "outer"])
@pytest.mark.parametrize("tau", [110.0, 111.0, 113.0, 115.0])
def test_all_clashes(maps, limits, tau):
    np.testing.assert_array_equal(hard_sphere(limits, tau=tau), maps[f"Ramachandran_{limits}_tau={tau}"])


@pytest.mark.parametrize("limits", ["normal", "outer"])
def test_five_clashes(maps, limits):
    expected = maps[f"Ho2003_revised_5_clashes,_{limits}_limits"]
    np.testing.assert_array_equal(hard_sphere(limits, clashes="ho2003"), expected)


@pytest.mark.parametrize("scale", [0.9, 0.95])
def test_softer_spheres(maps, scale):
    np.testing.assert_array_equal(hard_sphere("outer", scale=scale), maps[f"outer_x{scale:g}"])


def test_published_area():
    """Ramachandran & Sasisekharan (1968): about a fifth of the map is partly allowed for alanine."""
    assert 0.19 < float(hard_sphere("outer", tau=110).mean()) < 0.225


def test_geometry_is_printed():
    attrs = hard_sphere(tau=113).attrs
    assert attrs["tau"] == 113
    assert "tau 113°" in attrs["name"]


@pytest.mark.parametrize("n", [1, 2, 3, 36, 60])
def test_other_grids_agree(n):
    """A coarse grid whose centres are among those of a finer one has the cells of the latter, however coarse."""
    fine = hard_sphere(n=3 * n)
    np.testing.assert_array_equal(hard_sphere(n=n), fine[1::3, 1::3])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"limits": "inner"}, "limits must be one of 'normal', 'outer'; got 'inner'"),
        ({"clashes": "some"}, "clashes must be one of 'all', 'ho2003'; got 'some'"),
        ({"limits": {"CX": 2.0}}, "each name of limits must be one of 'CC', 'CO', .*; got 'CX'"),
        ({"limits": {"CC": -1.0}}, "the limit of CC must be a number >= 0; got -1.0"),
        ({"limits": {"CC": "far"}}, "the limit of CC must be a number >= 0; got 'far'"),
    ],
)
def test_unknown_names(options, said):
    with pytest.raises(ValueError, match=f"^ramachandran.hard_sphere: {said}"):
        hard_sphere(**options)


OUTER = {name: outer for name, (_, outer) in LIMITS.items()}


def test_limits_of_ones_own():
    np.testing.assert_array_equal(hard_sphere(OUTER), hard_sphere("outer"))
    by_pair = {name: OUTER[elements(name.split())] for name in contact_names("pairs")}
    np.testing.assert_array_equal(hard_sphere(by_pair), hard_sphere("outer"))
    assert hard_sphere(OUTER).attrs["limits"] == "given"


def test_the_limit_of_a_pair_comes_before_that_of_its_elements():
    """The five clashes of Ho et al. said in limits: 0 for all elements, those of 1963 for five pairs."""
    five = {"CB O": 2.7, "O' N\"": 2.6, 'CB N"': 2.8, "O' CB": 2.7, "O' O": 2.7}
    none = dict.fromkeys(LIMITS, 0)
    np.testing.assert_array_equal(hard_sphere({**none, **five}), hard_sphere("outer", clashes="ho2003"))


def test_a_missing_limit_is_named_and_its_remedy_works():
    lacking = {name: limit for name, limit in OUTER.items() if name != "NN"}
    with pytest.raises(ValueError, match=r"limits lack 'NN', which N N\" needs; add it \(0 where none acts\)"):
        hard_sphere(lacking)
    assert hard_sphere({**lacking, "NN": 0}).sum() >= hard_sphere("outer").sum()


def product_of_sigmoids(limits, temperature, n):
    """The formula in plain numpy, with the distances of the module's own geometry."""
    from domains.ramachandran.models.dipeptide import contact_distances
    from domains.ramachandran.torus import centres

    soft = np.ones((n, n))
    distances = contact_distances(centres(n)[None, :], centres(n)[:, None], np.asarray(111.0))
    for pair, distance in distances.items():
        soft = soft / (1 + np.exp(-(distance - limits[elements(pair)]) / temperature))
    return soft


@pytest.mark.parametrize("temperature", [0.02, 0.15])
def test_soft_walls_are_a_product_of_sigmoids(temperature):
    soft = soft_sphere(np.array(list(OUTER.values())), temperature=temperature, n=36)
    np.testing.assert_allclose(soft, product_of_sigmoids(OUTER, temperature, 36), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("sharing", ["elements", "pairs"])
def test_cold_walls_are_hard(sharing):
    names = contact_names(sharing)
    limits = np.array([OUTER[name if name in OUTER else elements(name.split())] for name in names])
    soft = soft_sphere(limits, temperature=1e-5)
    np.testing.assert_array_equal(soft >= 0.5, hard_sphere("outer"))


@pytest.mark.parametrize("sharing", ["elements", "pairs"])
def test_numpy_and_torch_agree(sharing):
    torch = pytest.importorskip("torch")
    limits = np.linspace(1.5, 3, len(contact_names(sharing)))
    plain = soft_sphere(limits, temperature=0.05)
    other = soft_sphere(torch.as_tensor(limits), temperature=0.05)
    np.testing.assert_allclose(other.numpy(), plain, rtol=1e-12, atol=1e-15)


@pytest.mark.slow
@pytest.mark.parametrize("sharing", ["elements", "pairs"])
def test_gradients(sharing):
    torch = pytest.importorskip("torch")
    names = contact_names(sharing)
    limits = torch.linspace(1.5, 3, len(names), dtype=torch.float64, requires_grad=True)
    tau = torch.tensor(111.0, dtype=torch.float64, requires_grad=True)

    def soft(limits, tau):
        return soft_sphere(limits, temperature=0.3, tau=tau, n=5)

    assert torch.autograd.gradcheck(soft, (limits, tau))


def test_gradients_are_finite_however_deep_the_spheres_overlap():
    torch = pytest.importorskip("torch")
    limits = torch.full((10,), 8.0, dtype=torch.float64, requires_grad=True)
    soft_sphere(limits, temperature=1e-3, n=12).sum().backward()
    assert torch.isfinite(limits.grad).all()


def test_another_number_of_limits_is_refused():
    with pytest.raises(ValueError, match=r"limits have the shape \(3,\); pass \(10,\), in the order of"):
        soft_sphere(np.ones(3), temperature=0.1)
    with pytest.raises(ValueError, match="temperature must be a number > 0; got 0"):
        soft_sphere(np.ones(10), temperature=0)
