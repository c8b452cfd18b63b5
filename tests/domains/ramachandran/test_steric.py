"""Oracle: maps computed independently from the same geometry (tests/data, CC0)."""

from __future__ import annotations

import numpy as np
import pytest

from domains.ramachandran import hard_sphere


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


def test_other_grids_agree():
    coarse, fine = hard_sphere(n=60), hard_sphere(n=180)
    np.testing.assert_array_equal(coarse, fine[1::3, 1::3])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"limits": "inner"}, "limits must be one of 'normal', 'outer'; got 'inner'"),
        ({"clashes": "some"}, "clashes must be one of 'all', 'ho2003'; got 'some'"),
    ],
)
def test_unknown_names(options, said):
    with pytest.raises(ValueError, match=f"^ramachandran.hard_sphere: {said}"):
        hard_sphere(**options)
