"""All protocols on two files from the command line."""

from __future__ import annotations

import io
import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from domains.cli import app
from domains.events import PROTOCOLS, compare_protocols, judge_events
from domains.events.disagreement.judging import summary_of

A = pd.DataFrame({"file": list("xxyz"), "onset": [0, 20, 5, 3.0], "offset": [9, 30, 9, 4.0], "label": "sz"})
B = pd.DataFrame({"file": list("xxyz"), "onset": [1, 22, 5, 30.0], "offset": [9, 31, 9, 40.0], "label": "sz"})
FEW = "tiou,szcore,nist_der"


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / "predicted.csv", tmp_path / "reference.csv"]
    for events, path in zip((A, B), paths, strict=True):
        events.to_csv(path, index=False)
    return [str(path) for path in paths]


def run(*arguments, width=100):
    return CliRunner().invoke(app, ["events", "protocols", *arguments], env={"COLUMNS": str(width)})


@pytest.mark.slow
def test_the_command_says_what_the_function_says(files):
    done = run(*files, "--support", "60", "--protocols", FEW, "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    table = compare_protocols(A, B, protocols=FEW.split(","), support=60.0)
    assert [row["protocol"] for row in found["protocols"]] == table["protocol"].tolist()
    for column in ("value", "low", "high", "mean", "found"):
        assert [row[column] for row in found["protocols"]] == table[column].tolist()
    assert (found["prediction"], found["support"]) == ("predicted.csv (4)", "180 s in 3 files")


@pytest.mark.slow
@pytest.mark.parametrize("width", [40, 200])
def test_the_terminal_shows_all_at_any_width(files, width):
    done = run(*files, "--support", "60", "--protocols", f"{FEW},thumos14", width=width)
    # one that was asked for does not apply
    assert done.exit_code == 1
    assert "…" not in done.output.replace("0.3 … 0.9", "").replace("0.4 … 0.7", "")
    assert "error: not scored: thumos14 does not apply: 4 of 4 predictions have no confidence" in done.output
    for line in done.output.splitlines():
        is_sentence = line.startswith(
            (
                "thumos14 does",
                "error: not",
                "szcore: ",
                "found,",
                "mean:",
                "corrected:",
                "The columns",
                "no verd",
                "2 prot",
            )
        )
        assert is_sentence or len(line) <= width, line


def test_what_does_not_apply_is_null_in_json(files):
    done = run(*files, "--protocols", "thumos14", "--json")
    assert done.exit_code == 1
    (row,) = json.loads(done.stdout)["protocols"]
    assert (row["value"], row["n_units"]) == (None, None)
    assert row["reason"].startswith("4 of 4 predictions have no confidence")


@pytest.mark.slow
def test_every_protocol_is_asked_by_default_and_one_that_refuses_is_no_fault(files):
    done = run(*files, "--support", "60", "--format", "csv")
    assert done.exit_code == 0
    table = pd.read_csv(io.StringIO(done.stdout))
    assert table["protocol"].tolist() == list(PROTOCOLS)


@pytest.mark.slow
def test_the_page_the_picture_and_the_subjects(files, tmp_path):
    done = run(
        *files,
        *("--protocols", "tiou", "--group", "([xyz])"),
        *("--html", str(tmp_path / "page.html"), "--plot", str(tmp_path / "plot.svg")),
    )
    assert done.exit_code == 0, done.output
    assert "mean: over subjects" in done.output
    assert "mean over subjects, 95 % interval" in (tmp_path / "plot.svg").read_text()
    assert "resampled subjects" in (tmp_path / "page.html").read_text()


def test_a_recording_without_a_subject(files):
    done = run(*files, "--protocols", "tiou", "--group", "bids")
    assert isinstance(done.exception, ValueError)
    assert "BIDS entity sub-" in str(done.exception)


@pytest.mark.slow
def test_nothing_in_common_ends_with_1(files, tmp_path):
    A.assign(file="w").to_csv(tmp_path / "other.csv", index=False)
    done = run(str(tmp_path / "other.csv"), files[1], "--protocols", "nist_der")
    assert done.exit_code == 1
    assert "no file in common" in done.output
    done = run(str(tmp_path / "other.csv"), files[1], "--protocols", FEW, "--json")
    assert done.exit_code == 1
    rows = json.loads(done.stdout)["protocols"]
    assert {row["value"] for row in rows} == {None}
    assert all(row["reason"] for row in rows)


def test_the_list_needs_no_files():
    done = run("--list", width=120)
    assert done.exit_code == 0
    for name in PROTOCOLS:
        assert name in done.output
    table = pd.read_csv(io.StringIO(run("--list", "--format", "csv").stdout))
    assert table["protocol"].tolist() == list(PROTOCOLS)


@pytest.mark.slow
def test_a_setting_of_the_list_is_taken_as_it_is_written(files):
    table = pd.read_csv(io.StringIO(run("--list", "--protocols", "tiou", "--format", "csv").stdout))
    written = [part for setting in table["settings"][0].split() for part in ("--param", setting)]
    done = run(*files, "--protocols", "tiou", *written, "--json")
    plain = run(*files, "--protocols", "tiou", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == json.loads(plain.stdout)


@pytest.mark.slow
def test_events_that_are_judged_differently_are_saved_and_shown(files, tmp_path):
    path = tmp_path / "events.csv"
    page = tmp_path / "page.html"
    outputs = ("--events", str(path), "--html", str(page))
    done = run(*files, "--support", "60", "--protocols", FEW, *outputs, "--json")
    saved = pd.read_csv(path)
    table = judge_events(A, B, protocols=FEW.split(","), support=60.0)
    expected = table[table["differs"]].drop(columns="differs").reset_index(drop=True)
    pd.testing.assert_frame_equal(saved, expected, check_dtype=False)
    found = json.loads(done.stdout)
    assert found["judged_differently"] == saved.to_dict("records")
    assert found["judged"] == summary_of(table)
    html = page.read_text()
    assert "Events that are judged differently" in html
    assert "no verdicts of nist_der: counts seconds, not events" in html
    assert html.count("<figure>") == 2
