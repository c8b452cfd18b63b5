"""Tables of cells: each is there as text and as a number, whichever way the table is read."""

from __future__ import annotations

import numpy as np
import pytest

from domains._files import ReadError
from domains.ramachandran.regions.separated import heading, read_table

VALUES = np.random.default_rng(3).normal(size=(7, 3)).round(4)


def read(tmp_path, text):
    path = tmp_path / "table.csv"
    path.write_text(text, newline="")
    return read_table("ramachandran.read_region", path)


def written(separator=",", cell=str, head=("a", "b", "c")):
    lines = [separator.join(head)]
    lines += [separator.join(cell(value) for value in row) for row in VALUES]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    "text",
    [
        written(),
        written(";"),
        written("\t"),
        written().replace("\n", "\r\n"),
        written(cell=lambda value: f' "{value}"'.strip()),
        written().replace("\n", "\n\n"),
        written(head=('"a"', "b ", " c")),
    ],
)
def test_names_and_numbers(tmp_path, text):
    table = read(tmp_path, text)
    assert table.names == ["a", "b", "c"]
    np.testing.assert_array_equal(np.stack([table.column(k) for k in range(3)], axis=1), VALUES)
    np.testing.assert_array_equal(table.column_with_gaps(1), VALUES[:, 1])


def test_gaps(tmp_path):
    table = read(tmp_path, "a,b\n1,\n ,2\nnan,3\n")
    np.testing.assert_array_equal(table.column_with_gaps(0), [1, np.nan, np.nan])
    np.testing.assert_array_equal(table.column_with_gaps(1), [np.nan, 2, 3])
    with pytest.raises(ReadError, match="line 2: no number in column 2, but ''; write one, with a point"):
        table.column(1)


def test_the_lines_of_rows(tmp_path):
    """Empty lines count, and so do those within quotation marks."""
    table = read(tmp_path, 'a,b\n\n1,"two\nlines"\n3,4\n')
    assert table.lines.tolist() == [3, 5]
    with pytest.raises(ReadError, match="line 3: no number in column 2"):
        table.column(1)


@pytest.mark.parametrize(
    ("text", "name", "unit"),
    [
        ("Phi (deg)", "phi", "degrees"),
        ("psi [rad]", "psi", "radians"),
        ("phi_radians", "phi", "radians"),
        ("Φ", "phi", ""),
        ("φ (°)", "phi", "degrees"),
        ("F [KCAL/MOL]", "f", "kcal/mol"),
        ("free (counts)", "free (counts)", ""),
        ("kT", "kt", ""),
    ],
)
def test_headings(text, name, unit):
    assert heading(text) == (name, unit)
