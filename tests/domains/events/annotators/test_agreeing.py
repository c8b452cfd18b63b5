"""Agreement of annotators from the command line: the function's numbers, what is left out, and the page."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from domains._checks import UsageError
from domains.cli import app
from domains.events import agree
from domains.events.annotators import agreeing
from domains.events.annotators.agreeing import draw_agreement
from domains.events.annotators.annotators import pairs_of

A = pd.DataFrame({"onset": [0, 50], "offset": [40, 60], "label": ["wake", "sleep"]})
B = pd.DataFrame({"onset": [0, 50], "offset": [30, 70], "label": ["wake", "sleep"]})
C = pd.DataFrame({"onset": [5.0, 50], "offset": [40, 80], "label": ["wake", "sleep"]})


def run(*arguments):
    return CliRunner().invoke(app, ["events", "agree", *map(str, arguments)], env={"COLUMNS": "120"})


@pytest.fixture
def files(tmp_path):
    for name, table in zip("abc", (A, B, C), strict=True):
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    return [tmp_path / f"{name}.csv" for name in "abc"]


@pytest.mark.slow
def test_the_command_says_what_the_function_says(files, tmp_path):
    done = run(*files, "--support", "100", "--csv", tmp_path / "rows.csv", "--format", "csv")
    assert done.exit_code == 0, done.output
    report = agree(A, B, C, names=["a", "b", "c"], support=100.0)
    printed = pd.read_csv(io.StringIO(done.stdout))
    pd.testing.assert_frame_equal(printed, pairs_of(report), check_dtype=False)
    pd.testing.assert_frame_equal(printed, pd.read_csv(tmp_path / "rows.csv"))


@pytest.mark.slow
def test_the_terminal_json_and_page_tell_the_same(files, tmp_path):
    report = agree(A, B, C, support=100.0)
    fleiss = f"{float(report.fleiss.sel(label='(all)')):.4f}"
    done = run(*files, "--support", "100", "--html", tmp_path / "page.html", "--plot", tmp_path / "kappa.png")
    assert done.exit_code == 0, done.output
    assert "annotators: a (2), b (2), c (2)" in done.output
    assert fleiss in done.output
    page = (tmp_path / "page.html").read_text()
    assert f"Fleiss&#x27; kappa of all labels: {fleiss}" in page or f"Fleiss' kappa of all labels: {fleiss}" in page
    assert (tmp_path / "kappa.png").stat().st_size > 1000
    done = run(*files, "--support", "100", "--json")
    assert json.loads(done.stdout)["raters"] == "a (2), b (2), c (2)"


@pytest.mark.slow
def test_folders_recordings_and_epochs(tmp_path):
    for rater, table in zip("ab", (A, B), strict=True):
        (tmp_path / rater).mkdir()
        table.to_csv(tmp_path / rater / "night1.csv", index=False)
        table.to_csv(tmp_path / rater / "night2.csv", index=False)
    done = run(tmp_path / "a", tmp_path / "b", "--support", "100", "--by", "file", "--epoch", "10", "--format", "csv")
    assert done.exit_code == 0, done.output
    rows = pd.read_csv(io.StringIO(done.stdout))
    assert set(rows["file"]) == {"night1", "night2"}
    alone = agree(A, B, support=100.0, epoch=10.0)
    of_night = rows[(rows["file"] == "night1") & (rows["rater"] == "(all)")]
    np.testing.assert_allclose(of_night["kappa"], alone.fleiss)


def test_a_file_that_cannot_be_read_is_left_out_of_all(tmp_path):
    for rater, table in zip("ab", (A, B), strict=True):
        (tmp_path / rater).mkdir()
        table.to_csv(tmp_path / rater / "night1.csv", index=False)
        table.to_csv(tmp_path / rater / "night2.csv", index=False)
    (tmp_path / "b" / "night2.csv").write_text("these are my notes\n")
    done = run(tmp_path / "a", tmp_path / "b", "--support", "100", "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert len(found["skipped"]) == 1
    assert found["support"] == "100 seconds in 1 file"


@pytest.mark.slow
@pytest.mark.parametrize("support", ["10", "lengths.csv"])
def test_a_recording_of_which_one_annotator_has_no_file_is_left_out_of_all(tmp_path, support):
    for rater, names in (("a", "xy"), ("b", "xz"), ("c", "xyz")):
        (tmp_path / rater).mkdir()
        for name in names:
            (tmp_path / rater / f"{name}.csv").write_text("onset,offset,label\n1,2,sz\n")
    (tmp_path / "lengths.csv").write_text("file,duration\nx,10\ny,10\nz,10\n")
    arguments = [*(tmp_path / rater for rater in "abc"), "--support"]
    arguments.append(support if support == "10" else tmp_path / support)
    done = run(*arguments, "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    # of the one recording that all have, they agree wholly
    assert found["support"] == "10 seconds in 1 file"
    assert found["fleiss"] == {"sz": 1, "(all)": 1}
    assert [(row["side"], row["file"][-5:], row["reason"]) for row in found["skipped"]] == [
        ("a", "y.csv", "unpaired file"),
        ("b", "z.csv", "unpaired file"),
        ("c", "y.csv", "unpaired file"),
        ("c", "z.csv", "unpaired file"),
    ]
    assert found["skipped"][0]["detail"].startswith("b has no file of this recording, which is left out of all")
    # the remedy, followed
    for path in (tmp_path / "b" / "y.csv", tmp_path / "a" / "z.csv"):
        path.write_text("onset,offset,label\n")
    done = run(*arguments, "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["support"] == "30 seconds in 3 files"


@pytest.mark.slow
def test_a_support_of_other_recordings_is_said(files, tmp_path):
    (tmp_path / "lengths.csv").write_text("file,duration\na.edf,100\n")
    done = run(*files, "--support", tmp_path / "lengths.csv")
    assert "the support names 'a.edf', which no event belongs to, and says nothing of 'a': its length" in done.output
    # the remedy, followed
    (tmp_path / "lengths.csv").write_text("file,duration\na,100\n")
    done = run(*files, "--support", tmp_path / "lengths.csv")
    assert "the support names" not in done.output
    assert "scored: 100 seconds in 1 file" in done.output


def test_nothing_in_common_ends_with_1(tmp_path):
    A.to_csv(tmp_path / "a.csv", index=False)
    A.assign(label=["Wake", "Sleep"]).to_csv(tmp_path / "b.csv", index=False)
    done = run(tmp_path / "a.csv", tmp_path / "b.csv", "--support", "100")
    assert done.exit_code == 1
    assert "a and b have no label in common; name them alike" in done.output


@pytest.mark.slow
def test_wrong_uses(files):
    for arguments, told in (
        ((files[0],), "two annotators or more, got 1"),
        ((files[0], files[0]), "named twice"),
        ((files[0], files[1], "--epoch", "30"), "pass support="),
        ((files[0], files[1], "--epoch", "0"), "epoch must be"),
    ):
        done = run(*arguments)
        assert isinstance(done.exception, UsageError)
        assert told in str(done.exception)


def test_the_picture_has_a_cell_for_each_label_and_pair():
    ax = draw_agreement(agree(A, B, C, support=100.0))
    assert [text.get_text() for text in ax.get_yticklabels()] == ["sleep", "wake", "(all)"]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["1 – 2", "1 – 3", "2 – 3", "all (Fleiss)"]
    assert len(ax.texts) == 12


def test_numbers_stand_out_from_every_colour_of_the_picture():
    colours = agreeing._colour_map()
    for value in np.linspace(-0.2, 1, 61):
        r, g, b, _ = colours(value) if value >= 0 else colours.get_under()
        linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in (r, g, b)]
        luminance = float(np.dot([0.2126, 0.7152, 0.0722], linear))
        is_white = agreeing._letters_on((r, g, b)) == "white"
        contrast = 1.05 / (luminance + 0.05) if is_white else (luminance + 0.05) / 0.05
        assert contrast >= 4.5


def test_an_interval_stands_beside_kappa_in_the_terminal():
    report = agree(A, B, support=100)
    rows = pairs_of(report).assign(kappa_low=0.5, kappa_high=0.75)
    *_, last = agreeing.agreement_table(report, rows).columns
    interval = agreeing.interval_of({"kappa_low": 0.5, "kappa_high": 0.75}, ".4f")
    assert {str(cell) for cell in last.cells} == {interval}
