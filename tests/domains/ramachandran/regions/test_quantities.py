"""A map that says what it is, is taken for nothing else, and each remedy, followed literally, gives the right cells."""

from __future__ import annotations

import re

import numpy as np
import pytest
import xarray as xr

from domains._checks import UsageError
from domains.ramachandran import (
    compare,
    compare_densities,
    read_map,
    reference,
    region,
    region_from_density,
    region_from_energy,
    region_from_rank,
    region_reference,
)
from domains.ramachandran.regions.quantities import declared_quantity
from domains.ramachandran.torus import centres

N = 36
ENERGY = np.random.default_rng(5).gamma(2.0, 6.0, (N, N))
BOLTZMANN = np.exp(-ENERGY / 2.494)
NAMESPACE = {
    "numpy": np,
    "region_from_density": region_from_density,
    "region_from_rank": region_from_rank,
    "region_from_energy": region_from_energy,
}


def on_torus(values, **attrs):
    dims = ("psi", "phi")
    return xr.DataArray(values, dims=dims, coords=dict.fromkeys(dims, centres(N)), attrs=attrs)


RANKS = np.argsort(np.argsort(BOLTZMANN, axis=None)).reshape(N, N) / N**2
MAPS = {
    "energy": on_torus(ENERGY, quantity="energy", units="kJ/mol"),
    "kcal": on_torus(ENERGY / 4.184, quantity="energy", units="kcal/mol"),
    "kT": on_torus(ENERGY / 2.494, quantity="energy", units="kT"),
    "unit alone": on_torus(ENERGY, units="kJ/mol"),
    "rank": on_torus(RANKS, quantity="rank"),
    "score of a reference": on_torus(RANKS, long_name="percentile rank"),
    "density": on_torus(BOLTZMANN, quantity="density"),
    "counts": on_torus(np.floor(1000 * BOLTZMANN), quantity="counts"),
    "membership": on_torus(RANKS, quantity="membership"),
    "mask": on_torus((RANKS > 0.5).astype(float), quantity="mask"),
    "bool": on_torus(RANKS > 0.5),
}
CALLS = {
    "density": lambda density: region_from_density(density),
    "rank": lambda rank: region_from_rank(rank),
    "energy": lambda energy: region_from_energy(energy, 15, "kJ/mol"),
    "predicted": lambda predicted: compare(predicted),
    "reference": lambda reference: compare_densities(MAPS["density"], reference),
}
FITTING = {
    "density": {"density", "counts"},
    "rank": {"rank", "score of a reference"},
    "energy": {"energy", "kcal", "unit alone"},
    "predicted": {"membership", "mask", "bool"},
    "reference": {"density", "counts"},
}
PAIRS = [(name, kind) for name in CALLS for kind in MAPS if (name, kind) != ("energy", "kT")]


@pytest.mark.parametrize(("name", "kind"), PAIRS)
def test_no_map_is_taken_for_another(name, kind):
    given = MAPS[kind]
    if kind in FITTING[name]:
        CALLS[name](given)
        return
    with pytest.raises(UsageError, match=rf"^ramachandran\.\w+: {name} says that it is (a|an|counts)\b") as raised:
        CALLS[name](given)
    said = str(raised.value)
    assert "\n" not in said
    if "pass it to compare as it is" in said:
        compare(given)
    else:
        remedy = re.search(r"; pass (.*?\))(, or, if|, with RT|, the uniform|$)", said)[1]
        made = eval(remedy, NAMESPACE, {name: given})
        assert declared_quantity(made) in ("mask", "density")
    again = re.search(r"if it is another by now, (.*)$", said)
    if again is not None:
        said_anew = eval(again[1], NAMESPACE, {name: given})
        assert declared_quantity(said_anew) in (name, "density", "membership")


def followed(call, name, given):
    """Return what the remedy of a refusal gives."""
    with pytest.raises(UsageError) as raised:
        call(given)
    remedy = re.search(r"; pass (.*?\))(, or, if|, with RT|, the uniform|$)", str(raised.value))[1]
    return eval(remedy, NAMESPACE, {name: given})


@pytest.mark.parametrize(
    ("kind", "tolerance"), [("energy", 1e-12), ("kcal", 1e-3), ("kT", 1e-12), ("unit alone", 1e-12)]
)
def test_the_density_of_an_energy_is_boltzmann_s(kind, tolerance):
    made = followed(compare_densities, "predicted", MAPS[kind])
    report = compare_densities(made, MAPS["density"])
    assert float(report.overlapping_coefficient) == pytest.approx(1, abs=tolerance)


@pytest.mark.parametrize("kind", ["energy", "kcal", "unit alone"])
def test_an_energy_is_cut_as_one(kind):
    cells = followed(region_from_density, "density", MAPS[kind])
    lowest = ENERGY.min() / (4.184 if kind == "kcal" else 1)
    values = MAPS[kind].values
    np.testing.assert_array_equal(cells, values - lowest <= 15)


def test_a_rank_is_cut_as_one():
    score = reference().score.sel(category="general")
    cells = followed(region_from_density, "density", score)
    np.testing.assert_array_equal(cells, region())
    np.testing.assert_array_equal(followed(compare, "predicted", score), region())
    np.testing.assert_array_equal(followed(compare_densities, "predicted", region().score), region())


def test_a_region_is_no_density_unless_it_is_said():
    uniform = followed(compare_densities, "predicted", region())
    report = compare_densities(uniform, MAPS["density"])
    by_hand = compare_densities(region() * 1.0, MAPS["density"])
    assert float(report.overlapping_coefficient) == float(by_hand.overlapping_coefficient)


def test_a_reference_of_one_s_own_is_made_of_what_it_says():
    with pytest.raises(ValueError, match="says that it is an energy"):
        region_reference({"general": MAPS["energy"]}, "density")


def test_files_and_options_say_it_too(tmp_path):
    """What a user says of a file goes before what the file says; of a map that was read, nothing does."""
    path = tmp_path / "map.nc"
    MAPS["energy"].rename("map").to_netcdf(path, engine="h5netcdf")
    assert declared_quantity(read_map(path)) == "energy"
    assert declared_quantity(read_map(path, as_="density")) == "density"
    np.testing.assert_array_equal(
        region_from_density(read_map(path, as_="density"), 0.5), region_from_density(on_torus(ENERGY), 0.5)
    )
