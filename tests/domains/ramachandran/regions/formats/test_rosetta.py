"""Tables of Rosetta, of both kinds."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from domains._checks import UsageError
from domains._files import ReadError
from domains.ramachandran import read_region, region_from_density

sys.path.insert(0, str(Path(__file__).parent))

from written import CENTRES, ENERGY, N

WEIGHT = np.exp(-ENERGY)
PROBABILITY = WEIGHT / WEIGHT.sum()


def old(amino_acid=1, structure=3):
    rows = []
    for k in range(N):
        for j in range(N):
            angles = f"{round(CENTRES[k] % 360):5d} {round(CENTRES[j] % 360):5d}"
            rows.append(
                f"{amino_acid:5d} {structure:5d} {angles} {round(1e6 * PROBABILITY[j, k]):5d} "
                f"{PROBABILITY[j, k]:12.6e} {ENERGY[j, k]:12.6f}"
            )
    return "\n".join(rows) + "\n"


def new(name="ala"):
    rows = ["# aa phi psi probability energy"]
    for k in range(N):
        rows += [
            f"{name} {CENTRES[k]:.1f} {CENTRES[j]:.1f} {PROBABILITY[j, k]:.6e} {ENERGY[j, k]:.6e}" for j in range(N)
        ]
    return "\n".join(rows) + "\n"


def read(tmp_path, text, name="rama.dat", **options):
    path = tmp_path / name
    path.write_text(text)
    cells = read_region(path, **options)
    return cells.assign_coords(phi=(cells.phi + 180) % 360 - 180, psi=(cells.psi + 180) % 360 - 180).sortby(
        ["psi", "phi"]
    )


# steps of 15° begin at a half, which the integers of the old form round
@pytest.mark.parametrize(("text", "name"), [(new(), "all.ramaProb"), (new(), "rama.txt")])
def test_cell_by_cell(tmp_path, text, name):
    import xarray as xr

    rounded = np.array([[float(f"{value:.6e}") for value in row] for row in PROBABILITY])
    density = xr.DataArray(rounded, coords={"psi": CENTRES, "phi": CENTRES}, dims=("psi", "phi"))
    np.testing.assert_array_equal(read(tmp_path, text, name), region_from_density(density))
    energy = read(tmp_path, text, name, as_="energy", cutoff=5, unit="kT")
    np.testing.assert_array_equal(energy, ENERGY <= 5)


def test_one_of_several(tmp_path):
    text = new("ala") + new("gly").replace("# aa", "#")
    np.testing.assert_array_equal(read(tmp_path, text, variable="gly", as_="energy", cutoff=5, unit="kT"), ENERGY <= 5)
    with pytest.raises(UsageError, match="name one map with variable=.*: ALA, GLY"):
        read(tmp_path, text)


def test_the_old_form_names_amino_acid_and_structure(tmp_path):
    text = "".join(
        f"{aa:5d} {ss:5d} {phi:5d} {psi:5d} {phi:5d} {phi / 360:12.6e} 1.0\n"
        for aa in (1, 20)
        for ss in (1, 3)
        for phi in (45, 135, 225, 315)
        for psi in (45, 135, 225, 315)
    )
    cells = read(tmp_path, text, variable="TYR 3", as_="counts", value=225)
    assert sorted(cells.phi.values[cells.values.all(axis=0)]) == [-135, -45]
    with pytest.raises(UsageError, match="ALA 1, ALA 3, TYR 1, TYR 3"):
        read(tmp_path, text)


@pytest.mark.parametrize("begin", [0, -180])
def test_the_old_form_holds_lower_edges(tmp_path, begin):
    """Rosetta trains its spline at 5, 15, … on the values of the bins 0, 10, …"""
    values = np.random.default_rng(6).random((36, 36))
    edges = [begin + 10 * k for k in range(36)]
    rows = [
        f"{1:5d} {3:5d} {x:5d} {y:5d} {7:5d} {values[j, k]:12.6f} {1.0:12.3f}"
        for k, x in enumerate(edges)
        for j, y in enumerate(edges)
    ]
    cells = read(tmp_path, "\n".join(rows), value=0.5)
    np.testing.assert_array_equal(cells.phi, -175 + 10 * np.arange(36))
    turned = np.roll(values, (18, 18), (0, 1)) if begin == 0 else values
    np.testing.assert_array_equal(cells, turned.round(6) >= 0.5)


@pytest.mark.parametrize("name", ["GENERIC_NMETHYLGLYCINE_AA", "AIB"])
def test_long_names_and_any_order(tmp_path, name):
    """As Rosetta's tables of other amino acids have them: phi fastest, falling, between tabs."""
    rows = [
        f"{name}\t{CENTRES[k]:g}\t{CENTRES[j]:g}\t{PROBABILITY[j, k]:.6e}\t{ENERGY[j, k]:.6e}"
        for j in range(N)
        for k in reversed(range(N))
    ]
    cells = read(tmp_path, "\n".join(rows), as_="energy", cutoff=5, unit="kT")
    np.testing.assert_array_equal(cells, ENERGY <= 5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (new().rstrip()[:-40], "line .*: .* cells, not 7 or 5|cells have no value|no number"),
        (new() + "ala 1 2\n", "line 578: 3 cells, not 7 or 5"),
        (old() + "21 1 5 5 1 0.1 0.1\n", "are no amino acid"),
    ],
)
def test_damaged_rows_are_refused(tmp_path, text, said):
    with pytest.raises(ReadError, match=f"rama.dat: .*({said})"):
        read(tmp_path, text)
