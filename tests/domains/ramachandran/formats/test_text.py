from __future__ import annotations

import numpy as np
import pytest

from domains._files import ReadError
from domains.ramachandran import read_region
from domains.ramachandran.torus import centres


@pytest.mark.parametrize("text", ["1 2 3\n", "phi psi free\n1 2 3\n", "#X Y\n1 2 3\n", "\n\n"])
def test_a_text_without_a_known_header_is_refused(tmp_path, text):
    path = tmp_path / "map.dat"
    path.write_text(text)
    with pytest.raises(ReadError, match=r"map.dat: it begins with .* #! FIELDS \(PLUMED\).* say so with axes=.1 2."):
        read_region(path)


def test_files_of_edges_are_not_taken_for_centres_without_a_word(tmp_path):
    """A header alone does not say whether angles are edges or centres: cpptraj's are edges, numpy's are not."""
    path = tmp_path / "hist.dat"
    path.write_text("#phi:2 psi:2 hist\n-180 -180 1\n-180 0 2\n0 -180 3\n0 0 4\n")
    with pytest.raises(ReadError, match='rows of phi and psi, the centres of cells, and a value alone, .*axes="1 2"'):
        read_region(path)
    assert "angles are centres of cells" in read_region(path, axes="1 2", as_="counts").attrs["source"]


@pytest.mark.parametrize("name", ["Rama_smooth_dyn.dat_ss_6.4", "fes", "FREE_ENERGY"])
def test_a_text_of_another_ending_is_renamed(tmp_path, name):
    path = tmp_path / name
    path.write_text("#X Y Free Pro\n-90 -90 0 .7\n-90 90 1 .3\n90 -90 inf 0\n90 90 inf 0\n")
    with pytest.raises(ReadError, match=r"give a text of another program the ending \.dat"):
        read_region(path)
    renamed = path.rename(tmp_path / f"{name}.dat")
    np.testing.assert_array_equal(read_region(renamed, cutoff=1, unit="kT"), [[True, False], [True, False]])


VALUES = np.random.default_rng(1).random((24, 36))


def test_bare_columns_are_declared(tmp_path):
    path = tmp_path / "map.dat"
    rows = [f"{VALUES[j, k]:.6f} {x:g} {y:g}" for k, x in enumerate(centres(36)) for j, y in enumerate(centres(24))]
    path.write_text("\n".join(rows))
    with pytest.raises(ReadError, match='axes="1 2"'):
        read_region(path)
    cells = read_region(path, axes="2 3", as_="rank", value=0.5)
    np.testing.assert_array_equal(cells, VALUES.round(6) >= 0.5)


def test_a_bare_matrix_is_declared(tmp_path):
    path = tmp_path / "map.txt"
    np.savetxt(path, VALUES, fmt="%.6f")
    cells = read_region(path, header=False, as_="rank", value=0.5)
    np.testing.assert_array_equal(cells, VALUES.round(6) >= 0.5)
    np.testing.assert_array_equal(cells.phi, centres(36))
