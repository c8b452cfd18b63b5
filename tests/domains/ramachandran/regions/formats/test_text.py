from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from domains._checks import UsageError
from domains._files import ReadError
from domains.ramachandran import read_map, read_region
from domains.ramachandran.torus import centres

sys.path.insert(0, str(Path(__file__).parent))

from every_format import ENERGY, saved


@pytest.mark.parametrize("text", ["phi psi free\n1 2 3\n", "notes\n", "\n\n"])
def test_a_text_without_a_known_header_is_refused(tmp_path, text):
    path = tmp_path / "map.dat"
    path.write_text(text)
    with pytest.raises(ReadError, match=r"map.dat: it begins with .* #! FIELDS \(PLUMED\).*; convert it"):
        read_region(path)


@pytest.mark.parametrize("text", ["1 2 3\n", "#X Y\n1 2 3\n"])
def test_rows_of_numbers_are_declared(tmp_path, text):
    path = tmp_path / "map.dat"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"map.dat: rows of 3 numbers without .* say so with axes=.1 2."):
        read_region(path)


def test_files_of_edges_are_not_taken_for_centres_without_a_word(tmp_path):
    """A header alone does not say whether angles are edges or centres: cpptraj's are edges, numpy's are not."""
    path = tmp_path / "hist.dat"
    path.write_text("#phi:2 psi:2 hist\n-180 -180 1\n-180 0 2\n0 -180 3\n0 0 4\n")
    with pytest.raises(UsageError, match='rows of phi and psi, the centres of cells, and a value, .*axes="1 2"'):
        read_region(path)
    assert "angles are centres of cells" in read_region(path, axes="1 2", as_="counts").attrs["source"]


@pytest.mark.parametrize("name", ["Rama_smooth_dyn.dat_ss_6.4", "fes", "fes.0", "out.free", "wham.pmf", "FREE_ENERGY"])
def test_a_text_is_known_by_its_header_and_not_by_its_name(tmp_path, name):
    path = tmp_path / name
    for form, options in (("PLUMED", {}), ("WHAM", {"unit": "kJ/mol"}), ("xvg", {}), ("CSV with units", {})):
        written, _ = saved(tmp_path, form)
        written.rename(path)
        np.testing.assert_array_equal(read_region(path, cutoff=9, **options), ENERGY <= 9)


VALUES = np.random.default_rng(1).random((24, 36))


def test_bare_columns_are_declared(tmp_path):
    path = tmp_path / "map.dat"
    rows = [f"{VALUES[j, k]:.6f} {x:g} {y:g}" for k, x in enumerate(centres(36)) for j, y in enumerate(centres(24))]
    path.write_text("\n".join(rows))
    with pytest.raises(UsageError, match='axes="1 2"'):
        read_region(path)
    cells = read_region(path, axes="2 3", as_="rank", value=0.5)
    np.testing.assert_array_equal(cells, VALUES.round(6) >= 0.5)


def test_the_remedy_for_a_matrix_of_savetxt_gives_it(tmp_path):
    path = tmp_path / "map.dat"
    np.savetxt(path, VALUES)
    with pytest.raises(UsageError, match=r"rows of 36 numbers .*: if it is a matrix, say header=False \(--no-header\)"):
        read_region(path, as_="density")
    np.testing.assert_array_equal(read_map(path, as_="density", header=False), VALUES)


def test_a_bare_matrix_is_declared(tmp_path):
    path = tmp_path / "map.txt"
    np.savetxt(path, VALUES, fmt="%.6f")
    cells = read_region(path, header=False, as_="rank", value=0.5)
    np.testing.assert_array_equal(cells, VALUES.round(6) >= 0.5)
    np.testing.assert_array_equal(cells.phi, centres(36))


@pytest.mark.parametrize("begin", ["HEADER    IMMUNOGLOBULIN", "ATOM      1  N   ALA A   1", "data_1UBQ\n#"])
def test_a_structure_is_sent_to_validate(tmp_path, begin):
    path = tmp_path / "model.pdb"
    path.write_text(begin + "\n")
    with pytest.raises(ReadError, match="structure of a molecule, and no map; validate reads it"):
        read_region(path)
