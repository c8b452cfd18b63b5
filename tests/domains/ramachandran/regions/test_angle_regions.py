"""Residues of one category make a region, and those of several are not taken together without a word."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from domains._checks import UsageError
from domains.ramachandran import compare, read_region, region, region_from_angles, validate
from domains.ramachandran.cli import app
from domains.ramachandran.regions.angle_regions import region_of_table

RNG = np.random.default_rng(31)
FRAMES = 60
CHAIN = ["ALA", "GLY", "VAL", "SER", "PRO"]
CATEGORIES = ["general", "glycine", "isoleucine or valine", "pre-proline", "trans-proline"]
PHI = RNG.normal([-63, 85, -115, -70, -65], 9, (FRAMES, len(CHAIN))).round(3)
PSI = RNG.normal([-43, 5, 130, 150, 140], 9, (FRAMES, len(CHAIN))).round(3)


def rama(folder, columns=(0, 1, 2, 3, 4)):
    rows = [f"{PHI[t, k]} {PSI[t, k]} {CHAIN[k]}-{k + 2}" for t in range(FRAMES) for k in columns]
    path = folder / "rama.xvg"
    path.write_text("@TYPE xy\n" + "\n".join(rows) + "\n")
    return path


@pytest.mark.parametrize(("k", "category"), list(enumerate(CATEGORIES)))
def test_residues_of_a_category(tmp_path, k, category):
    path = rama(tmp_path)
    cells = read_region(path, bandwidth=8, category=category)
    np.testing.assert_array_equal(cells, region_from_angles(PHI[:, k], PSI[:, k], bandwidth=8))
    assert cells.attrs["category"] == category
    assert cells.attrs["source"] == f"60 pairs of angles of {category} (240 of others left out), bandwidth 8°"
    with pytest.warns(UserWarning, match="prolines count as trans"):
        residues, _ = validate(path)
    assert (residues["category"] == category).sum() == FRAMES


def test_several_are_warned_of_and_the_remedy_takes_one(tmp_path):
    path = rama(tmp_path, [1, 0, 1])
    with pytest.warns(UserWarning, match="make one region: 120 of glycine, 60 of general; choose one") as told:
        both = read_region(path, bandwidth=8)
    assert 'category="glycine" (--category "glycine")' in str(told[0].message)
    assert "category" not in both.attrs
    np.testing.assert_array_equal(both, region_from_angles(PHI[:, [1, 0, 1]], PSI[:, [1, 0, 1]], bandwidth=8))
    glycine = read_region(path, bandwidth=8, category="glycine")
    np.testing.assert_array_equal(glycine, region_from_angles(PHI[:, 1], PSI[:, 1], bandwidth=8))


def test_residues_of_one_category_say_so(tmp_path, recwarn):
    cells = read_region(rama(tmp_path, [1]), bandwidth=8)
    assert cells.attrs["category"] == "glycine"
    assert compare(cells).attrs["category"] == "glycine"
    assert not recwarn.list


def test_a_table_without_names_is_of_what_is_asked_for(tmp_path):
    path = tmp_path / "COLVAR"
    rows = "".join(f"{x:.6f} {y:.6f}\n" for x, y in np.radians(np.stack([PHI[:, 1], PSI[:, 1]], axis=1)))
    path.write_text("#! FIELDS phi psi\n" + rows)
    assert "category" not in read_region(path, bandwidth=8).attrs
    assert read_region(path, bandwidth=8, category="glycine").attrs["category"] == "glycine"


@pytest.mark.slow
def test_the_command_takes_the_residues_that_it_compares(tmp_path):
    """By default those of general, as the reference is; of a region of one's own, those of the flag."""
    path = rama(tmp_path)
    truth = tmp_path / "truth.nc"
    region("top8000", "glycine").to_netcdf(truth, engine="h5netcdf")
    for flags, k in (
        ((), 0),
        (("--category", "glycine"), 1),
        (("--category", "glycine", "--reference", str(truth)), 1),
    ):
        done = CliRunner().invoke(app, ["compare", str(path), "--bandwidth", "8", "--json", *flags])
        size = int(region_from_angles(PHI[:, k], PSI[:, k], bandwidth=8).sum())
        assert f'"size_a": {size}' in done.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"bandwidth": 8, "category": "cis-proline"}, 'rama.xvg: no residue of cis-proline, but 60 of .* category="'),
        ({"bandwidth": 8, "category": "alanine"}, "category must be one of 'general'"),
        ({"category": "general"}, r"category chooses residues of a table of angles \(bandwidth=\); leave it out"),
    ],
)
def test_a_category_that_is_not_there(tmp_path, options, said):
    with pytest.raises(UsageError, match=f"^ramachandran.read_region: .*{said}"):
        read_region(rama(tmp_path), **options)


@pytest.mark.parametrize("odd", ["UNK", "SEP", "DAL", ""])
def test_residues_that_are_not_standard_are_left_out(odd):
    names = ["ALA", odd, "HSD", "LEU"]
    rows = {"frame": 1, "chain": "", "resname": names, "resseq": [2, 3, 4, 5], "icode": ""}
    table = pd.DataFrame({**rows, "phi": [-60.0, 60, -70, -65], "psi": [-45.0, -150, -40, -30]})
    kept = table[table["resname"] != odd]
    cells = region_of_table(table, "a.csv", 8, lambda category: 0.98, "")
    np.testing.assert_array_equal(cells, region_from_angles(kept["phi"], kept["psi"], bandwidth=8))
    assert cells.attrs["source"] == "3 pairs of angles of general (1 of others left out), bandwidth 8°"
