"""Correction maps of CHARMM: nodes from −180 on, phi slow."""

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

ALANINE = "C    NH1  CT1  C    NH1  CT1  C    NH1"
GLYCINE = "C    NH1  CT2  C    NH1  CT2  C    NH1"


def section(atoms, values):
    lines = [f"{atoms}   {N}", ""]
    for k in range(N):
        lines.append(f"!{NODES[k]:g}")
        row = [f"{value:.6f}" for value in values[:, k]]
        lines += [" ".join(row[i : i + 5]) for i in range(0, N, 5)]
        lines.append("")
    return "\n".join(lines)


def written(*sections):
    head = "* parameters\n*\n\nBONDS\nC  C  600.000  1.3350\n\nCMAP\n! maps of phi and psi\n"
    return head + "\n".join(sections) + "\nNONBONDED nbxmod 5 atom\nC 0.0 -0.11 2.0\nEND\n"


def read(tmp_path, text, **options):
    path = tmp_path / "par.prm"
    path.write_text(text)
    return read_region(path, **{"cutoff": 8, "unit": "kcal/mol", **options})


def test_cell_by_cell(tmp_path):
    cells = read(tmp_path, written(section(ALANINE, ENERGY)))
    np.testing.assert_array_equal(cells, ENERGY <= 8)
    np.testing.assert_allclose(cells.phi, NODES)
    np.testing.assert_allclose(read_map(tmp_path / "par.prm"), ENERGY)


def test_one_of_several(tmp_path):
    text = written(section(GLYCINE, ENERGY.T), section(ALANINE, ENERGY))
    np.testing.assert_array_equal(read(tmp_path, text, variable=ALANINE), ENERGY <= 8)
    np.testing.assert_array_equal(read(tmp_path, text, variable=GLYCINE), ENERGY.T <= 8)
    with pytest.raises(UsageError, match="name one map with variable=.*: C NH1 CT2 .*, C NH1 CT1"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (written(section(ALANINE, ENERGY)[:-300]).partition("NONB")[0], "of 576 energies of the map C NH1"),
        (written(section(ALANINE, ENERGY)).replace("!-165", "1.0"), "more than the 576 energies|no number"),
        (written(section(ALANINE, ENERGY), section(ALANINE, ENERGY)), "stands twice"),
        (written(), "no map in it"),
    ],
)
def test_maps_of_other_sizes_are_refused(tmp_path, text, said):
    with pytest.raises(ReadError, match=f"par.prm: .*({said})"):
        read(tmp_path, text)
