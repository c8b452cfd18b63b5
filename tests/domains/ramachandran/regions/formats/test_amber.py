"""Correction maps of Amber, cell by cell: phi is slow, and nodes begin at -180."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from domains._checks import UsageError
from domains._files import ReadError
from domains.ramachandran import read_map, read_region

sys.path.insert(0, str(Path(__file__).parent))

from written import ENERGY, NODES, N

HEAD = "ff19SB\nMASS\nXC 12.01         0.360\n\nNONBON\n  XC          1.9080  0.1094\n\n"


def section(residues=("ALA",), values=ENERGY, number=1, n=N):
    """Write one map with eight numbers a line."""
    flat = values.T.ravel()
    lines = [f"%FLAG CMAP_COUNT   {number}", "%FLAG CMAP_TITLE", f"{residues[0]} CMAP", "%COMMENT made"]
    lines += [f"%FLAG CMAP_RESLIST  {len(residues)}", " ".join(residues), f"%FLAG CMAP_RESOLUTION {n}"]
    lines.append("%FLAG CMAP_PARAMETER")
    lines += [" ".join(f"{value:9.5f}" for value in flat[k : k + 8]) for k in range(0, len(flat), 8)]
    return "\n".join(lines) + "\n"


def saved(tmp_path, text, name="frcmod.ff19SB"):
    path = tmp_path / name
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", ["frcmod.ff19SB", "own.frcmod", "own.dat"])
def test_cell_by_cell(tmp_path, name):
    path = saved(tmp_path, HEAD + "CMAP\n" + section() + "\n", name)
    cells = read_region(path, cutoff=2, unit="kcal/mol")
    np.testing.assert_array_equal(cells, ENERGY <= 2)
    np.testing.assert_array_equal(cells.phi, NODES)
    assert "a correction, not the whole energy" in cells.attrs["source"]


def test_a_residue_of_several(tmp_path):
    other = np.roll(ENERGY, 3, axis=0)
    path = saved(tmp_path, HEAD + "CMAP\n" + section() + section(("ASP", "ASH"), other, 2))
    with pytest.raises(UsageError, match="name one map with variable=.*: ALA, ASP, ASH"):
        read_map(path)
    np.testing.assert_allclose(read_map(path, "ASH"), other)
    np.testing.assert_allclose(read_map(path, "ALA"), ENERGY)


TEXT = HEAD + "CMAP\n" + section()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TEXT[:-200], "of 576 energies of the map ALA, so it is cut off"),
        (TEXT + " 1.0 2.0\n%FLAG CMAP_PARAMETER\n", "0 of 576 energies"),
        (TEXT + section(), "the map of ALA stands twice"),
        (TEXT.replace("RESOLUTION 24", "RESOLUTION none"), "CMAP_RESOLUTION is no number of nodes"),
        (TEXT.replace("RESLIST  1", "RESLIST  2"), "1 of 2 residues follow"),
        (TEXT.replace("RESLIST  1", "RESLIST"), "does not say how many residues follow"),
        (TEXT.replace("%FLAG CMAP_RESLIST  1\nALA\n", ""), "a map of no residue"),
        (TEXT.replace("RESOLUTION 24", "RESOLUTION 23"), "more than the 529 energies"),
    ],
)
def test_maps_of_other_sizes_are_refused(tmp_path, text, said):
    with pytest.raises(ReadError, match=f"frcmod.ff19SB: .*{said}"):
        read_region(saved(tmp_path, text))
