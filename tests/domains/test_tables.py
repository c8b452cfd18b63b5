"""Tables for the terminal, in which no number is ever cut."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.text import Text

from domains import _console
from domains._tables import build_table, wrapped

WIDTHS = (40, 80, 200)
NUMBERS = ("prediction", "reference", "Dice", "IoU", "HD", "HD95", "ASSD", "NSD", "F1")


def printed(capsys, monkeypatch, width, *parts):
    monkeypatch.setenv("COLUMNS", str(width))
    _console.show(*parts)
    return capsys.readouterr().out


def numbers_of(text):
    return re.findall(r"\d+\.\d+", text)


@pytest.fixture
def table():
    rows = [[f"label {k}", *(f"{k}{n}.12345" for n in range(len(NUMBERS)))] for k in range(3)]
    return build_table(["label"], NUMBERS, rows, title="prediction: mine\nreference: yours", caption="sizes in mm³")


@pytest.mark.parametrize("width", WIDTHS)
def test_every_number_is_there_as_a_whole(table, width, capsys, monkeypatch):
    text = printed(capsys, monkeypatch, width, table)
    expected = [cell.plain for column in table.columns[1:] for cell in column.cells]
    assert sorted(numbers_of(text)) == sorted(expected)
    assert "…" not in text
    for name in NUMBERS:
        assert name in text


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_of_the_table_is_wider_than_the_terminal(table, width, capsys, monkeypatch):
    lines = printed(capsys, monkeypatch, width, table).splitlines()
    assert max(len(line) for line in lines if "The columns" not in line) <= width


@pytest.mark.parametrize(("width", "n"), [(40, 3), (80, 2), (200, 1)])
def test_wrapped_columns_are_said_in_one_line(table, width, n, capsys, monkeypatch):
    text = printed(capsys, monkeypatch, width, table)
    said = f"The columns stand in {n} tables, because a line has {width} characters.\n"
    assert (said in text) == (n > 1)
    assert text.count("label 0") == n


def test_title_and_caption_stand_once(table, capsys, monkeypatch):
    text = printed(capsys, monkeypatch, 40, table)
    assert text.startswith("prediction: mine\nreference: yours\n")
    assert text.endswith("sizes in mm³\n")
    assert text.count("prediction: mine") == 1


def test_a_long_label_is_folded_and_not_cut(capsys, monkeypatch):
    name = "a_file_with_a_name_of_fifty_characters_or_more.pdb"
    text = printed(capsys, monkeypatch, 40, build_table(["file"], ["IoU", "Dice"], [[name, "0.5000", "0.6667"]]))
    assert {"0.5000", "0.6667"} == set(numbers_of(text))
    first = "".join(line.split("  ")[0].strip() for line in text.splitlines()[2:])
    assert name in first


def test_a_number_wider_than_the_terminal_has_a_table_of_its_own():
    parts = wrapped(build_table(["x"], ["a", "b"], [["y", "1" * 50, "2.0"]]), 40)
    assert [len(part.columns) for part in parts] == [2, 2]


def test_cells_are_no_markup(capsys, monkeypatch):
    rows = [["[red]a[/x]", Text("0.5", "green")]]
    assert "[red]a[/x]" in printed(capsys, monkeypatch, 80, build_table(["file"], ["IoU"], rows, title="[/b]"))


def test_colours_stay():
    (part,) = wrapped(build_table(["file"], ["IoU"], [["a", Text("0.5", "green")]]), 80)
    (cell,) = part.columns[1].cells
    assert cell.style == "green"


def test_a_table_without_rows(capsys, monkeypatch):
    assert "IoU" in printed(capsys, monkeypatch, 80, build_table(["file"], ["IoU"], []))


def of_ramachandran():
    rama = pytest.importorskip("domains.ramachandran")
    from domains.ramachandran.validation import tables

    report = rama.compare(rama.hard_sphere(), level="allowed")
    return tables.comparison_table([report]), ["0.4853", "6541", "12593"]


def of_validation():
    pytest.importorskip("gemmi")
    from domains.ramachandran import example, summarise, validate
    from domains.ramachandran.validation import tables

    summary = summarise(*validate([example("1a8o"), example("1a28")]))
    return tables.summary_table(summary), ["68", "98.53"]


def of_lesions():
    pytest.importorskip("nibabel")
    from domains.lesions import compare, consensus, example, read_image
    from domains.lesions.comparison import tables

    raters = read_image(example()) == 1
    sides = [consensus(raters.isel(rater=k)) for k in ([0, 1], [2, 3])]
    return tables.comparison_table(compare(*sides)), ["0.627", "0.6"]


def of_a_cohort():
    from domains.lesions.comparison import tables

    row = {"label": "1", "index": "hd95", "statistic": "median", "value": 12.34567, "low": 1.5, "high": np.inf}
    summary = pd.DataFrame([{**row, "n_scored": 5, "n_undefined": 0, "n_missed": 1, "n_spurious": 2}])
    scores = pd.DataFrame({"case": ["a"], "error": [""]})
    return tables.cohort_table(summary, Path("predicted"), Path("reference"), scores), ["12.35", "[1.50, inf]"]


def of_events():
    from domains.events import compare, tables

    a = pd.DataFrame({"onset": [0.0, 5.0], "offset": [2.0, 8.0], "confidence": [0.25, 0.5]})
    return tables.report_table(compare(a, a, "sed_eval_segment", support=10.0)), ["1.0000"]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("make", [of_ramachandran, of_validation, of_lesions, of_a_cohort, of_events])
def test_tables_of_the_fields(make, width, capsys, monkeypatch):
    table, expected = make()
    text = printed(capsys, monkeypatch, width, table)
    assert "…" not in text
    for number in expected:
        assert number in text
    cells = [cell.plain for column in table.columns if column.no_wrap for cell in column.cells]
    for cell in cells:
        for line in cell.splitlines():
            assert line in text
