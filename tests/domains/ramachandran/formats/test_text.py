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
