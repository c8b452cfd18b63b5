"""Tables of cells: each is there as text and as a number, whichever way the table is read."""

from __future__ import annotations

import numpy as np
import pandas
import pytest

from domains._files import ReadError
from domains.ramachandran import read_map
from domains.ramachandran.regions.separated import begins_with_columns, heading, read_table

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


@pytest.mark.parametrize("above", ["# made by hand\n", "\n# one\n\n  # two, three, four\n", "#\n"])
def test_comments_above_the_names(tmp_path, above):
    table = read(tmp_path, above + written())
    assert table.names == ["a", "b", "c"]
    np.testing.assert_array_equal(table.column(2), VALUES[:, 2])
    assert table.lines.tolist() == list(range(above.count("\n") + 2, above.count("\n") + 9))
    with pytest.raises(ReadError, match=f"line {above.count(chr(10)) + 9}: 2 cells, but the first line has 3"):
        read(tmp_path, above + written() + "1,2\n")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_comment_that_names_the_columns(tmp_path, separator):
    """As numpy.savetxt writes a header."""
    path = tmp_path / "saved.csv"
    header = separator.join(["phi (deg)", "psi (deg)", "p"])
    np.savetxt(path, VALUES, delimiter=separator, header=f"of a run\n{header}")
    table = read_table("ramachandran.read_region", path)
    assert table.names == ["phi (deg)", "psi (deg)", "p"]
    np.testing.assert_array_equal(table.column(2), VALUES[:, 2])
    assert table.lines.tolist() == list(range(3, 10))


@pytest.mark.parametrize("comment", ["# phi psi p", "# phi,psi", "# one,two,three"])
def test_a_comment_that_names_no_columns(tmp_path, comment):
    text = comment + "\n1,2,3\n4,5,6\n"
    table = read(tmp_path, text)
    assert table.names == ["1", "2", "3"]
    assert table.lines.tolist() == [3]
    assert not begins_with_columns(text)


def test_columns_are_recognised_below_and_in_comments():
    assert begins_with_columns("# a run\n# phi,psi,p\n1,2,3\n")
    assert begins_with_columns("# a run\nphi,psi,p\n1,2,3\n")
    assert not begins_with_columns("#! FIELDS phi psi free\n1 2 3\n")
    assert not begins_with_columns("# phi,psi,p\n")


def test_comments_alone_are_an_empty_file(tmp_path):
    with pytest.raises(ReadError, match="the file is empty"):
        read(tmp_path, "# nothing\n#\n")


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


@pytest.mark.parametrize("text", ["phi (de" + " " * 100_000 + "x", "phi" + "(" * 100_000, "phi" + "/" * 100_000 + "x"])
def test_a_long_heading_is_read_at_once(text):
    assert heading(text).unit == ""
    assert heading("phi" + " " * 100_000 + "(deg)") == ("phi", "degrees")


def test_decimal_commas_and_their_remedy(tmp_path):
    """What the message says, done as it stands, gives the numbers."""
    path = tmp_path / "excel.csv"
    rows = [
        f"{phi};{psi};{k},25" for k, phi in enumerate(("-134,5", "-44,5", "45,5", "135,5")) for psi in ("-90,5", "89,5")
    ]
    path.write_text("phi;psi;F (kJ/mol)\r\n" + "\r\n".join(rows), encoding="utf-8-sig", newline="")
    with pytest.raises(
        ReadError, match=r"column 1, but '-134,5'; write points for decimal commas, such as by"
    ) as error:
        read_map(path)
    remedy = str(error.value).partition("such as by ")[2]
    eval(remedy, {"pandas": pandas, "path": path})
    assert read_map(path).sel(phi=45.5, psi=-90.5).item() == 2.25
