"""Neighbour-dependent distributions, one map at a time."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from domains._checks import UsageError
from domains._files import ReadError
from domains.ramachandran import read_map, read_region, region_from_density

sys.path.insert(0, str(Path(__file__).parent))

from written import ENERGY, NODES, N

HEAD = "# made\nRes Dir   Neigh  phi  psi  Probability   log(prob) Cumulative_sum\n"
PROBABILITY = np.exp(-ENERGY) / np.exp(-ENERGY).sum()


def written(name="LEU right PRO", values=PROBABILITY):
    """Write one map, psi fastest."""
    lines = []
    so_far = 0.0
    for k in range(N):
        for j in range(N):
            so_far += values[j, k]
            numbers = f"{values[j, k]:.6e}  {-np.log(values[j, k]):9.5f}  {so_far:.6e}"
            lines.append(f"{name}  {NODES[k]:5.0f} {NODES[j]:5.0f}  {numbers}")
    return "\n".join(lines) + "\n"


def saved(tmp_path, text):
    path = tmp_path / "NDRD_TCB.txt"
    path.write_text(text)
    return path


@pytest.mark.parametrize("text", [written(), HEAD + written(), "# made\n" + written("CPR left ALL")])
def test_cell_by_cell(tmp_path, text):
    path = saved(tmp_path, text)
    density = read_map(path)
    assert density.attrs["quantity"] == "density"
    np.testing.assert_allclose(density, PROBABILITY, rtol=1e-6)
    np.testing.assert_array_equal(density.phi, NODES)
    rounded = np.array([float(f"{value:.6e}") for value in PROBABILITY.ravel()]).reshape(N, N)
    expected = region_from_density(xr.DataArray(rounded, coords={"psi": NODES, "phi": NODES}), 0.9)
    np.testing.assert_array_equal(read_region(path, mass=0.9), expected)


def test_the_energy(tmp_path):
    cells = read_region(saved(tmp_path, written()), as_="energy", cutoff=4, unit="kT")
    np.testing.assert_array_equal(cells, ENERGY <= 4)


@pytest.mark.parametrize("name", ["ALA left ALL", "ala  LEFT all"])
def test_one_of_several(tmp_path, name):
    other = np.roll(PROBABILITY, 5, axis=1)
    path = saved(tmp_path, HEAD + written() + written("ALA left ALL", other))
    with pytest.raises(UsageError, match="name one map with variable=.*: LEU right PRO, ALA left ALL"):
        read_region(path)
    np.testing.assert_allclose(read_map(path, name), other, rtol=1e-6)
    with pytest.raises(UsageError, match="no 'ALA left GLY'; name one"):
        read_map(path, "ALA left GLY")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (written() + "LEU right PRO -175 -130 5.2e-08\n", "line 577: not residue, left or right, neighbour"),
        (written() + "LEU above PRO -175 -130 5.2e-08 16.7 2.0e-04\n", "line 577: not residue, left or right"),
        (written().replace("-180  -180", "-180 x", 1), "no number, but 'x'"),
        (written() + written(), "phi -180, psi -180 stands in line 1 and in line 577"),
        ("".join(written().splitlines(keepends=True)[:-1]), "1 cells have no value"),
    ],
)
def test_damaged_rows_are_refused(tmp_path, text, said):
    with pytest.raises(ReadError, match=f"NDRD_TCB.txt: .*{said}"):
        read_region(saved(tmp_path, text))
