from __future__ import annotations

import pytest

from domains._files import ReadError
from domains.ramachandran import read_region


@pytest.mark.parametrize("text", ["1 2 3\n", "phi psi free\n1 2 3\n", "#X Y\n1 2 3\n", "\n\n"])
def test_a_text_without_a_known_header_is_refused(tmp_path, text):
    path = tmp_path / "map.dat"
    path.write_text(text)
    with pytest.raises(ReadError, match=r"map.dat: it begins with .* #! FIELDS \(PLUMED\).* CSV file with columns phi"):
        read_region(path)
