from __future__ import annotations

import numpy as np
import pytest

from domains._files import ReadError
from domains.ramachandran.regions.formats.columns import read_columns


def test_every_row_has_its_line():
    table = read_columns("# head\n\n1 2 3\n@ s\n 4\t5 -inf\n")
    np.testing.assert_array_equal(table.lines, [3, 5])
    np.testing.assert_array_equal(table.values, [[1, 2, 3], [4, 5, -np.inf]])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 2 3\n4 5\n", "line 2: 2 cells, but line 1 has 3"),
        ("1 2 3\n4 5 6 7\n", "line 2: 4 cells, but line 1 has 3"),
        ("1 2 3\n4 5 1_0\n", "line 2: no number, but '1_0'"),
        ("1 2 3\n4 5 ٣\n", "line 2: no number, but '٣'"),
        ("1 2\n", "2 columns of 3 at least"),
        ("# nothing\n", "no row of numbers in it"),
    ],
)
def test_damaged_rows_are_refused(text, said):
    with pytest.raises(ReadError, match=said):
        read_columns(text)
