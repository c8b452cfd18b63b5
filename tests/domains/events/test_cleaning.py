"""The command: what it saves, what it prints, and that no recording is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from domains.cli import app
from domains.events import clean, read_events
from domains.events.cleaning import MOST_LINES, draw_cleaned
from domains.events.schema import as_events

ROWS = "file,onset,offset,label,caller\na,0,1,x,v\na,1.2,2,x,w\na,5,5.01,x,v\na,7,8,y,v\nb,,,,\nc,1,1.01,=x,v\n"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("in.csv").write_text(ROWS)

    def invoke(*arguments, path="in.csv", out="out.csv", text=""):
        return CliRunner().invoke(app, ["events", "clean", path, out, *arguments], input=text)

    return invoke


def test_the_command_does_what_the_function_does(run):
    done = run("--merge", "0.5", "--drop", "0.05", "--json")
    assert done.exit_code == 0, done.output
    back = read_events("out.csv")
    expected = clean(read_events("in.csv").events, merge=0.5, drop=0.05)
    pd.testing.assert_frame_equal(back.events, expected, check_dtype=False)
    steps = json.loads(done.stdout)["steps"]
    assert steps == expected.attrs["steps"]
    assert [(step["before"], step["after"]) for step in steps] == [(5, 4), (4, 2)]


def test_a_recording_without_events_is_not_lost(run):
    assert run("--drop", "0.05").exit_code == 0
    back = read_events("out.csv")
    assert set(back.events["file"]) == {"a"}
    assert set(back.support["file"]) == {"a", "b", "c"}


@pytest.mark.slow
def test_the_table_counts(run):
    out = run("--merge", "0.5", "--drop", "0.05", "--before", "1", "--split", "300", "--snap", "10").output
    assert "in.csv to out.csv" in out
    for step in ("merge", "drop", "extend", "split", "snap"):
        assert f"\n{step} " in out
    rows = pd.read_csv("out.csv")
    assert rows["onset"].dropna().tolist() == [-1.0, 6.0]


def test_rows_as_csv(run):
    done = run("--merge", "0.5", "--support", "100", "--format", "csv", "--quiet")
    lines = done.stdout.splitlines()
    assert lines[0] == "step,min_gap,before,after,seconds_before,seconds_after"
    assert [line.split(",")[0] for line in lines[1:]] == ["merge", "clip"]


def test_what_cannot_be_read_is_an_error_and_nothing_is_written(run):
    Path("bad.csv").write_text("onset,offset\nx,1\n3,2\n")
    Path("skipped.csv").write_text("of an earlier run")
    done = run("--merge", "1", "--skipped", "skipped.csv", path="bad.csv")
    assert isinstance(done.exception, ValueError)
    assert "none of its 2 rows is an event (the first: a time that is no number)" in str(done.exception)
    assert not Path("out.csv").exists()
    rows = pd.read_csv("skipped.csv")
    assert rows["reason"].tolist() == ["unreadable file", "a time that is no number", "ends before it begins"]


@pytest.mark.slow
@pytest.mark.parametrize(("out", "to"), [("out.rttm", ()), ("out.txt", ("--to", "rttm"))])
def test_any_format_is_written_and_what_it_lacks_is_told(run, out, to):
    done = run("--merge", "0.5", *to, "--skipped", "skipped.csv", out=out)
    assert done.exit_code == 1
    assert "events.clean: 2 rows say what is not in " + out in done.stderr
    assert read_events(out, "rttm").events["onset"].tolist() == [0.0, 5.0, 7.0, 1.0]
    lost = pd.read_csv("skipped.csv").iloc[1:]
    assert lost["where"].tolist() == ["caller", "recording b"]
    assert run("--merge", "0.5", out="out.csv").exit_code == 0


@pytest.mark.slow
def test_from_standard_input_to_standard_output(run):
    done = run("--merge", "0.5", "--to", "csv", path="-", out="-", text=ROWS)
    assert done.exit_code == 0, done.output
    run("--merge", "0.5")
    assert done.stdout == Path("out.csv").read_text()
    assert "already; leave out --json" in str(run("--merge", "1", "--to", "csv", "--json", out="-").exception)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("in.csv", "out.csv"), "no step is named"),
        (("in.csv", "out.xyz", "--merge", "1"), "the ending '.xyz' does not say the format"),
        (("in.csv", "in.csv", "--merge", "1"), "this is an input"),
        (("in.csv", "out.csv", "--merge", "1", "--csv", "out.csv"), "writes to this file too"),
        (("in.csv", "nowhere/out.csv", "--merge", "1"), "there is no folder nowhere"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_wrong_use(run, arguments, message):
    done = CliRunner().invoke(app, ["events", "clean", *arguments])
    assert message in str(done.exception)
    assert not Path("out.csv").exists()


@pytest.mark.slow
def test_before_and_after_are_drawn_apart():
    before = as_events(
        pd.DataFrame({"onset": range(50), "offset": range(1, 51), "label": [f"l{k}" for k in range(50)]})
    )
    ax = draw_cleaned(before, before.head(3))
    assert len(ax.get_yticks()) == MOST_LINES
    bars = [bar for bar in ax.collections if len(bar.get_paths())]
    assert len(bars) == MOST_LINES + 3


def test_a_row_that_cannot_be_read_is_not_in_what_is_written(run):
    """As for convert: what is missing in the file is exit code 1, and all else is written."""
    Path("in.csv").write_text("onset,offset,label\n0,1,x\n3,late,x\n")
    done = run("--merge", "0.5", "--skipped", "skipped.csv")
    assert done.exit_code == 1
    assert "events.clean: 1 row says what is not in out.csv: --skipped saves them" in done.stderr
    assert "csv holds all" not in done.stderr
    assert len(read_events("out.csv").events) == 1
    assert pd.read_csv("skipped.csv")["where"].tolist() == ["line 3"]
