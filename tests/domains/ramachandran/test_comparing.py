"""Whatever can be read as a prediction can be read as a reference, and a reference of one's own chooses its region."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr

from domains._checks import UsageError
from domains._console import Outputs
from domains.ramachandran import read_region, reference, region, region_reference
from domains.ramachandran.comparing import compare_files, region_files
from domains.ramachandran.flags import Cut, Declared

from domains._flags import keywords  # isort: skip

RNG = np.random.default_rng(3)
N = 12
DENSITY = RNG.gamma(0.3, size=(N, N))


def nodes(step=360 / N):
    return np.arange(N) * step - 180


def plumed(path):
    """Free energies in kJ/mol, whose unit the file does not say."""
    energy = -2.5 * np.log(DENSITY)
    lines = ["#! FIELDS phi psi file.free", *(f"#! SET {x} {y}" for a in ("phi", "psi") for x, y in sets(a))]
    radians = np.radians(nodes())
    for j, psi in enumerate(radians):
        lines += [f"{phi:.9f} {psi:.9f} {energy[j, k]:.9f}" for k, phi in enumerate(radians)]
    path.write_text("\n".join(lines) + "\n")


def sets(axis):
    return ((f"min_{axis}", "-pi"), (f"max_{axis}", "pi"), (f"nbins_{axis}", N), (f"periodic_{axis}", "true"))


def density_csv(path):
    rows = [f"{phi},{psi},{DENSITY[j, k]}" for j, psi in enumerate(nodes()) for k, phi in enumerate(nodes())]
    path.write_text("phi,psi,p\n" + "\n".join(rows) + "\n")


def matrix(path):
    np.savetxt(path, DENSITY.T > 0.2, fmt="%d", delimiter=",")


def angles(path):
    drawn = RNG.uniform(-180, 180, (200, 2))
    path.write_text("phi,psi\n" + "\n".join(f"{phi},{psi}" for phi, psi in drawn) + "\n")


def soft(path):
    np.save(path, DENSITY / DENSITY.max() / 2)


def several(path):
    cells = xr.DataArray(DENSITY > 0.2, {"psi": nodes() + 15, "phi": nodes() + 15}, dims=("psi", "phi"))
    xr.Dataset({"mine": cells, "other": ~cells}).to_netcdf(path, engine="h5netcdf")


FORMS = {
    "fes.dat": (plumed, {"cutoff": 5.0, "unit": "kJ/mol"}),
    "density.csv": (density_csv, {"as_": "density", "mass": 0.9}),
    "matrix.csv": (matrix, {"no_header": True, "phi_first": True}),
    "angles.csv": (angles, {"bandwidth": 20.0, "mass": 0.9}),
    "soft.npy": (soft, {"as_": "membership"}),
    "maps.nc": (several, {"variable": "mine"}),
}


def run_compare(predicted, truth, *, outputs=None, level=None, category=None, **flags):
    return compare_files(
        predicted,
        str(truth),
        category=category,
        level=level,
        cut=keywords(Cut(**{name: flags.pop(name) for name in ("mass", "value", "cutoff") if name in flags})),
        declared=Declared(**flags).keywords(),
        strict=False,
        outputs=outputs or Outputs(format="json", quiet=True),
    )


def run_region(path, out, flags, outputs=None):
    cut = {name: flags.get(name) for name in ("mass", "value", "cutoff", "unit")}
    declared = Declared(**{name: value for name, value in flags.items() if name not in cut}).keywords()
    return region_files(path, out=out, cut=cut, declared=declared, outputs=outputs or Outputs(format="json"))


def expected(path, flags):
    named = dict(flags)
    if named.pop("no_header", False):
        named["header"] = False
    return read_region(path, **named)


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMS)
def test_a_declared_region_comes_back_as_what_it_was_declared(name, tmp_path, capsys):
    write, flags = FORMS[name]
    path = tmp_path / name
    write(path)
    out = tmp_path / "reference.nc"
    assert run_region(path, out, flags) == 0
    told = json.loads(capsys.readouterr().out)
    wanted = expected(path, flags)
    (row,) = told["rows"]
    assert row["region"] == name
    assert row["cells"] == pytest.approx(float(wanted.sum()))
    assert row["area"] == pytest.approx(100 * float(wanted.mean()))
    np.testing.assert_array_equal(read_region(out), wanted)
    assert run_compare(out, out) == 0
    assert json.loads(capsys.readouterr().out)["iou"] == 1


def test_a_region_is_saved_where_it_can_be_read_again(tmp_path):
    path = tmp_path / "soft.npy"
    soft(path)
    with pytest.raises(UsageError, match=r"^--out .*region.csv: a region is saved as netCDF; end the name with .nc"):
        run_region(path, tmp_path / "region.csv", {"as_": "membership"})


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fes.dat", "density.csv", "maps.nc"])
def test_a_reference_that_needs_a_declaration_names_the_command_that_takes_it(name, tmp_path, capsys):
    write, flags = FORMS[name]
    path = tmp_path / name
    write(path)
    wanted = expected(path, flags)
    mask = tmp_path / "mask.nc"
    wanted.copy(data=DENSITY > 0.2).drop_vars(["score", "cut"], errors="ignore").drop_attrs().to_netcdf(
        mask, engine="h5netcdf"
    )
    with pytest.raises(UsageError) as refused:
        run_compare(mask, path)
    said = str(refused.value)
    assert f"overlap ramachandran region {path} --out reference.nc" in said
    assert "\n" not in said
    assert run_region(path, tmp_path / "reference.nc", flags) == 0
    capsys.readouterr()
    assert run_compare(mask, tmp_path / "reference.nc") == 0
    report = json.loads(capsys.readouterr().out)
    both = (DENSITY > 0.2) & wanted.values
    either = (DENSITY > 0.2) | wanted.values
    assert report["iou"] == pytest.approx(both.sum() / either.sum(), abs=1e-12)


@pytest.mark.slow
def test_a_reference_of_ones_own_chooses_by_category_and_level(tmp_path, capsys):
    path = tmp_path / "mine.nc"
    region_reference(reference().score, "rank", name="mine").to_netcdf(path, engine="h5netcdf")
    glycine = tmp_path / "glycine.npy"
    np.save(glycine, region(category="glycine", level="allowed").values)
    assert run_compare(glycine, path, category="glycine", level="allowed") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["iou"] == 1
    assert report["reference"] == "mine glycine, allowed"
    with pytest.raises(UsageError, match="category must be one of 'general'"):
        run_compare(glycine, path, category="gly")


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "mass"), [("rank", 0.9995), ("score", 0.98)])
def test_a_density_is_cut_as_a_reference_with_ranks_is(kind, mass, tmp_path, capsys):
    cuts = {} if kind == "rank" else {"favored": 0.5, "allowed": 0.2}
    path = tmp_path / "mine.nc"
    region_reference(reference().score, kind, **cuts).to_netcdf(path, engine="h5netcdf")
    density = tmp_path / "density.csv"
    density_csv(density)
    assert run_compare(density, path, level="allowed", as_="density") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["size_a"] == float(read_region(density, as_="density", mass=mass).sum())


@pytest.mark.slow
def test_several_regions_are_drawn_in_a_panel_each(tmp_path):
    stack = tmp_path / "stack.nc"
    region(category=["general", "glycine"]).drop_vars(["score", "cut"]).to_netcdf(stack, engine="h5netcdf")
    pictures = [tmp_path / "a.svg", tmp_path / "b.svg"]
    assert run_compare(stack, "top8000", outputs=Outputs(plot=pictures[0], quiet=True)) == 0
    assert run_region(stack, None, {}, Outputs(plot=pictures[1], quiet=True)) == 0
    assert all(picture.stat().st_size > 10_000 for picture in pictures)
