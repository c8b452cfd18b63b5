"""Maps are cut where plain numpy cuts them, cell by cell."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from domains._checks import UsageError
from domains.ramachandran import compare, region, region_from_density, region_from_energy, region_from_rank
from domains.ramachandran.torus import centres

RNG = np.random.default_rng(7)


def on_torus(values):
    *lead, n_psi, n_phi = values.shape
    dims = (*["model"] * len(lead), "psi", "phi")
    return xr.DataArray(values, dims=dims, coords={"psi": centres(n_psi), "phi": centres(n_phi)})


def highest(density, mass):
    """Take cells from the highest on until the mass is held, and all of the last one's value."""
    order = np.argsort(-density, axis=None)
    held = 0.0
    for cell in order:
        held += density.flat[cell]
        if held >= mass * density.sum():
            return density >= density.flat[cell]
    raise AssertionError


@pytest.mark.parametrize("mass", [0.3, 0.9, 0.98, 0.9995])
@pytest.mark.parametrize("ties", [False, True])
def test_a_density_by_mass(mass, ties):
    density = RNG.gamma(0.3, size=(24, 36))
    if ties:
        density = np.floor(density * 4)
    cells = region_from_density(on_torus(density), mass)
    np.testing.assert_array_equal(cells, highest(density, mass))
    assert float(cells.held) == pytest.approx(density[cells.values].sum() / density.sum())
    assert cells.attrs["mass"] == mass
    assert float(cells.held) >= mass


def test_the_unit_of_a_density_does_not_matter():
    density = RNG.gamma(0.3, size=(24, 36))
    np.testing.assert_array_equal(region_from_density(on_torus(density)), region_from_density(on_torus(density * 1e-9)))


def test_a_density_by_value_is_inclusive():
    cells = region_from_density(on_torus(np.array([[0.5, 1.0], [2.0, 0.0]])), value=1)
    np.testing.assert_array_equal(cells, [[False, True], [True, False]])
    assert float(cells.held) == pytest.approx(3 / 3.5)


def test_all_of_the_mass_is_every_cell_that_holds_some():
    density = RNG.integers(0, 3, (24, 36))
    np.testing.assert_array_equal(region_from_density(on_torus(density), 1), density > 0)


def test_each_model_is_cut_by_itself():
    density = RNG.gamma(0.3, size=(3, 24, 36)) * np.array([1, 10, 100])[:, None, None]
    cells = region_from_density(on_torus(density), 0.9)
    for k in range(3):
        np.testing.assert_array_equal(cells[k], highest(density[k], 0.9))


@pytest.mark.parametrize("level", ["favored", "allowed"])
def test_ranks_of_the_reference_are_its_regions(level):
    empirical = region(level=level)
    rank = empirical.score.drop_vars(["score", "cut", "category"])
    mass = 1 - float(empirical.cut)
    cells = region_from_rank(rank, mass)
    np.testing.assert_array_equal(cells, empirical)
    assert float(compare(cells, empirical).iou) == 1
    np.testing.assert_array_equal(region_from_rank(rank, value=float(empirical.cut)), empirical)


def test_an_energy_is_counted_from_its_minimum():
    energy = RNG.normal(-80, 10, (24, 36))
    energy[3, 4] = np.inf
    energy[5, 6] = np.nan
    cells = region_from_energy(on_torus(energy), 12.5, "kJ/mol")
    np.testing.assert_array_equal(cells, energy - np.nanmin(energy) <= 12.5)
    assert cells.attrs["not_visited"] == 2


@pytest.mark.parametrize(("own", "unit", "factor"), [("kJ/mol", "kcal/mol", 4.184), ("kcal/mol", "kJ/mol", 1 / 4.184)])
def test_a_cutoff_in_another_unit(own, unit, factor):
    energy = RNG.uniform(0, 30, (24, 36))
    cells = region_from_energy(on_torus(energy).assign_attrs(units=own), 3, unit)
    np.testing.assert_array_equal(cells, energy - energy.min() <= 3 * factor)
    assert f"{own} (3 {unit}) above the minimum" in cells.attrs["meaning"]


def test_another_grid_takes_the_score():
    """Where cells were never visited, the score between is no number that spreads."""
    energy = np.full((36, 36), np.inf)
    energy[10:20, 5:15] = RNG.uniform(0, 5, (10, 10))
    cells = region_from_energy(on_torus(energy), 10, "kT")
    fine = xr.DataArray(np.zeros((180, 180), bool), coords={"psi": centres(180), "phi": centres(180)})
    report = compare(fine, cells)
    assert report.attrs["regridding"] == "reference: score interpolated, then cut"
    assert float(report.share_b) == pytest.approx(100 * cells.values.mean(), rel=0.25)
    same = region_from_energy(on_torus(np.where(np.isinf(energy), 1e9, energy)), 10, "kT")
    assert int(compare(fine, same).size_b) <= int(report.size_b)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda x: region_from_density(x, 98), UsageError, "mass must be a number > 0 and <= 1; got 98"),
        (lambda x: region_from_density(x, 0.9, value=1), UsageError, "mass and value are two ways"),
        (
            lambda x: region_from_density(x - 5),
            ValueError,
            "begin at -5, and no density is negative",
        ),
        (lambda x: region_from_density(x * np.nan), ValueError, "576 cells are NaN or infinite"),
        (lambda x: region_from_density(x * 0), ValueError, "all cells are 0"),
        (lambda x: region_from_density(x.values), TypeError, "pass a DataArray"),
        (lambda x: region_from_rank(x * 2), ValueError, "run from 0 to 2; they are shares of the data"),
        (lambda x: region_from_energy(x, -1, "kT"), UsageError, "cutoff must be a number >= 0"),
        (lambda x: region_from_energy(x, 1, "J"), UsageError, "unit must be one of 'kJ/mol', 'kcal/mol', 'kT'"),
        (lambda x: region_from_energy(x * np.inf, 1, "kT"), ValueError, "no cell has a finite energy"),
        (lambda x: region_from_energy(x.where(x > 0, -np.inf), 1, "kT"), ValueError, "minus infinity"),
        (lambda x: region_from_energy(x.assign_attrs(units="kJ/mol"), 1, "kT"), UsageError, "1 kT is 2.494 kJ/mol"),
        (lambda x: region_from_energy(x.assign_attrs(units="eV"), 1, "kT"), UsageError, "the map is in 'eV'"),
        (lambda x: region_from_energy(x.assign_coords(phi=np.radians(x.phi)), 1, "kT"), ValueError, "like radians"),
    ],
)
def test_what_cannot_be_cut_is_refused(call, error, said):
    values = np.arange(576) % 2
    with pytest.raises(error, match=said) as raised:
        call(on_torus(values.reshape(24, 24).astype(float)))
    assert str(raised.value).startswith("ramachandran.region_from_")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("mark", [-1.0, -9999.0])
@pytest.mark.parametrize("lead", [(), (2,)])
def test_a_minimum_that_marks_cells_never_visited(mark, lead):
    """Following the warning gives the region of the cells that were visited."""
    energy = RNG.gamma(2.0, 5.0, (*lead, 24, 36))
    energy -= energy.min(axis=(-2, -1), keepdims=True)
    never = energy > 20
    marked = on_torus(np.where(never, mark, energy))
    said = rf"\d+ cells share the lowest energy, {mark:g}, and the next is 0: if they were never visited"
    with pytest.warns(UserWarning, match=f"^ramachandran.region_from_energy: {said}"):
        region_from_energy(marked, 10, "kJ/mol")
    np.testing.assert_array_equal(region_from_energy(marked.where(marked > mark), 10, "kJ/mol"), energy <= 10)


@pytest.mark.parametrize(
    "energy",
    [
        np.maximum(RNG.gamma(2.0, 5.0, (24, 36)) - 3, 0),
        RNG.gamma(2.0, 5.0, (24, 36)).round(1) - 40,
        np.where(RNG.random((24, 36)) < 0.5, 0.0, 50.0),
        np.zeros((24, 36)),
    ],
    ids=["flat at the bottom", "rounded", "two levels", "one level"],
)
def test_a_minimum_that_marks_nothing(energy):
    region_from_energy(on_torus(energy), 10, "kJ/mol")


def test_a_data_frame_is_no_map_and_its_remedies_give_one():
    values = np.arange(24.0).reshape(4, 6)
    wide = pd.DataFrame(values, index=centres(4), columns=centres(6))
    table = pd.DataFrame(
        [(phi, psi, wide.loc[psi, phi]) for phi in wide.columns for psi in wide.index],
        columns=["phi", "psi", "density"],
    )
    for frame in (wide, table):
        with pytest.raises(TypeError, match="is a DataFrame; ") as error:
            region_from_density(frame, mass=0.5)
        remedy = str(error.value).partition("pass ")[2].partition(", with the column")[0]
        density = eval(remedy, {"xarray": xr, "table": frame})
        assert (density.transpose("psi", "phi").values == values).all()
        assert region_from_density(density, mass=0.5).values.sum() == 7  # 23 + … + 17 of 276


def test_a_score_has_units_where_its_quantity_has():
    values = on_torus(RNG.gamma(0.3, size=(24, 36)))
    assert region_from_density(values).score.attrs == {"quantity": "density"}
    assert region_from_energy(values, 3, "kJ/mol").score.attrs["units"] == "kJ/mol"
