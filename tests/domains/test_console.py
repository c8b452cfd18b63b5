"""What the commands save and print, in which order, and how they end."""

from __future__ import annotations

import json
import os
import signal
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import overlap as ov
from domains import _console, _report
from domains._checks import UsageError
from domains._console import Outputs, check_outputs, deliver
from domains._skipped import UNREADABLE, as_skipped


@pytest.fixture
def report():
    o = ov.Overlap([3, 0], [4, 0], [5, 0])
    return _report.build(o, {"label": [1, 2]}, prediction="mine", reference="yours", units="mm³")


@pytest.fixture
def bad():
    return as_skipped([{"file": "b.csv", "reason": UNREADABLE, "detail": "no table"}])


def axes():
    from matplotlib.figure import Figure

    return Figure().subplots()


def test_json_tells_nan_from_infinity(capsys):
    _console.print_json({"a": np.float32("nan"), "b": [float("inf"), np.int64(3)], "c": "φ", "d": -np.float64("inf")})
    found = json.loads(capsys.readouterr().out)
    assert found == {"a": None, "b": ["inf", 3], "c": "φ", "d": "-inf"}
    assert float(found["b"][0]) == np.inf
    assert pd.to_numeric(pd.Series([*found["b"], found["d"]])).tolist() == [np.inf, 3, -np.inf]


def test_the_table_is_printed_by_default(report, capsys):
    assert deliver(report, Outputs(), table=lambda: ["IoU 0.5"]) == 0
    captured = capsys.readouterr()
    assert captured.out == "IoU 0.5\n"
    assert captured.err == ""


def test_json_is_json_alone(report, bad, capsys):
    code = deliver(report, Outputs(format="json"), lambda: pytest.fail("no table"), skipped=bad, notes=["odd"])
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert code == 1
    assert found["prediction"] == "mine"
    assert found["dice"] == {"1": pytest.approx(2 / 3), "2": None}
    assert found["warnings"] == ["odd"]
    assert found["skipped"][0]["file"] == "b.csv"
    assert captured.err.splitlines() == ["warning: odd", "error: unreadable file: b.csv: no table"]


def test_csv_is_printed_and_saved_alike(report, tmp_path, capsys):
    path = tmp_path / "rows.csv"
    assert deliver(report, Outputs(format="csv", csv=path), table=list) == 0
    printed = capsys.readouterr().out
    assert printed == path.read_text()
    assert printed.startswith("prediction,reference,label,intersection")


def test_rows_of_the_callers_choice_in_its_format(report, tmp_path):
    rows = pd.DataFrame({"phi": [1 / 3]})
    path, other = tmp_path / "rows.csv", tmp_path / "other.csv"
    deliver(report, Outputs(csv=path), list, rows=rows, files={other: rows}, float_format="%.2f")
    assert path.read_text() == other.read_text() == "phi\n0.33\n"


@pytest.mark.parametrize("given", [[{"name": "b\udcff", "n": 3}], {"name": "b\udcff", "n": 3}])
def test_rows_and_a_row_are_tables_too(given, tmp_path):
    path = tmp_path / "rows.csv"
    assert deliver(given, Outputs(csv=path), list) == 0
    assert path.read_text() == "name,n\nb\\xff,3\n"


def test_what_was_skipped_is_saved(report, bad, tmp_path):
    path = tmp_path / "skipped.csv"
    deliver(report, Outputs(skipped=path), list, skipped=bad)
    assert pd.read_csv(path)["reason"].tolist() == [UNREADABLE]
    deliver(report, Outputs(skipped=path), list)
    assert path.read_text() == "side,file,where,reason,detail\n"


def test_skipped_rows_alone_are_a_success(report, capsys):
    rows = as_skipped([{"side": "reference", "file": "a.csv", "where": "line 5", "reason": "no onset"}])
    assert deliver(report, Outputs(), list, skipped=rows) == 0
    assert capsys.readouterr().err == "reference: 1 row skipped, no onset\n"


def test_quiet_prints_results_and_errors_only(report, bad, capsys):
    rows = pd.concat([bad, as_skipped([{"file": "a.csv", "reason": "no onset"}])], ignore_index=True)
    assert deliver(report, Outputs(quiet=True), lambda: ["IoU 0.5"], skipped=rows, notes=["odd"]) == 1
    captured = capsys.readouterr()
    assert captured.out == "IoU 0.5\n"
    assert captured.err == "error: unreadable file: b.csv: no table\n"


def test_a_picture_is_saved(report, tmp_path):
    path = tmp_path / "picture.png"
    assert deliver(report, Outputs(plot=path), list, axes) == 0
    assert path.stat().st_size > 1000


def test_a_picture_is_drawn_only_if_asked(report):
    assert deliver(report, Outputs(), list, lambda: pytest.fail("drawn")) == 0


def test_a_picture_that_fails_does_not_take_the_numbers_with_it(report, tmp_path, capsys):
    def broken():
        assert (tmp_path / "rows.csv").is_file(), "the rows were not saved before"
        raise RuntimeError("no font")

    outputs = Outputs(csv=tmp_path / "rows.csv", plot=tmp_path / "picture.png")
    assert deliver(report, outputs, lambda: ["IoU 0.5"], broken) == 1
    captured = capsys.readouterr()
    assert captured.out == "IoU 0.5\n"
    assert captured.err == f"warning: --plot {outputs.plot}: no picture was saved (RuntimeError: no font)\n"
    assert len(pd.read_csv(outputs.csv)) == 2
    assert not outputs.plot.exists()


@pytest.mark.parametrize("flag", ["csv", "skipped"])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux: /dev/full")
def test_a_table_that_cannot_be_saved_does_not_take_the_rest_with_it(report, flag, capsys):
    outputs = Outputs(**{flag: Path("/dev/full")})
    assert deliver(report, outputs, lambda: ["IoU 0.5"]) == 1
    said = capsys.readouterr()
    assert "IoU 0.5" in said.out
    assert said.err == "error: /dev/full: the table was not saved (No space left on device)\n"


def test_outputs_are_checked_at_once(tmp_path):
    nowhere = tmp_path / "nowhere" / "a.csv"
    with pytest.raises(UsageError, match="--csv .*there is no folder .*nowhere; make it first"):
        Outputs(csv=nowhere)
    with pytest.raises(UsageError, match="--skipped .*there is no folder"):
        Outputs(skipped=nowhere)
    with pytest.raises(UsageError, match="--plot .*saved as .png, .pdf or .svg"):
        Outputs(plot=tmp_path / "a.bmp")
    with pytest.raises(UsageError, match="--csv .*this is a folder"):
        Outputs(csv=tmp_path)
    with pytest.raises(UsageError, match="format must be one of 'table', 'csv', 'json'; got 'xml'"):
        Outputs(format="xml")


def test_an_output_is_no_input_whatever_its_name(tmp_path):
    read = tmp_path / "a.csv"
    read.touch()
    (tmp_path / "link.csv").symlink_to(read)
    (tmp_path / "hard.csv").hardlink_to(read)
    (tmp_path / "folder").mkdir()
    for name in ("a.csv", "folder/../a.csv", "link.csv", "hard.csv"):
        with pytest.raises(UsageError, match=r"--csv .*: this is an input; choose another name"):
            check_outputs({"--csv": tmp_path / name}, [read])
    with pytest.raises(UsageError, match=r"--csv .*: this file would lie in .*, which is read"):
        check_outputs({"--csv": tmp_path / "new.csv"}, [tmp_path])
    check_outputs({"--csv": tmp_path / "new.csv"}, [read, None, "top8000"])


def test_an_output_is_nothing_that_a_folder_of_inputs_leads_to(tmp_path):
    """Folders of links into an archive are common; the archive is not overwritten either."""
    (tmp_path / "archive").mkdir()
    (tmp_path / "inputs" / "site").mkdir(parents=True)
    for name in ("soft.csv", "hard.csv", "other.csv"):
        (tmp_path / "archive" / name).touch()
    (tmp_path / "inputs" / "a.csv").symlink_to(tmp_path / "archive" / "soft.csv")
    (tmp_path / "inputs" / "site" / "b.csv").hardlink_to(tmp_path / "archive" / "hard.csv")
    (tmp_path / "inputs" / "broken.csv").symlink_to("nowhere")
    for name, found in (("soft.csv", "a.csv"), ("hard.csv", "site/b.csv")):
        with pytest.raises(UsageError, match=f"--skipped .*{name}: the input .*inputs/{found} leads to this file"):
            check_outputs({"--skipped": tmp_path / "archive" / name}, [tmp_path / "inputs"])
    check_outputs({"--skipped": tmp_path / "archive" / "other.csv"}, [tmp_path / "inputs"])


def test_standard_output_is_no_name_of_a_file():
    with pytest.raises(UsageError, match="^--csv -: name a file; --format csv and --json write to standard output$"):
        Outputs(csv=Path("-"))


def test_tables_and_pictures_are_written_whole(report, tmp_path, monkeypatch, capsys):
    """Each is cut in the middle: what was there before is still whole, and the exit code says it."""
    from matplotlib.figure import Figure

    paths = {name: tmp_path / name for name in ("rows.csv", "skipped.csv", "more.csv", "picture.png")}
    for path in paths.values():
        path.write_text("old")

    def cut(self, part, **_):
        Path(part).write_text("ha")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", cut)
    monkeypatch.setattr(Figure, "savefig", cut)
    rows, skipped, more, picture = paths.values()
    outputs = Outputs(csv=rows, skipped=skipped, plot=picture)
    assert deliver(report, outputs, lambda: ["IoU 0.5"], axes, files={more: pd.DataFrame()}) == 1
    assert {entry.name: entry.read_text() for entry in tmp_path.iterdir()} == dict.fromkeys(paths, "old")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4
    assert all("No space left on device" in line for line in lines)


@pytest.mark.parametrize("name", ["a.PNG", "long.name.of.a.picture.png", "a.svg", "a.pdf"])
def test_the_kind_of_a_picture_follows_from_its_last_ending(report, tmp_path, name):
    assert deliver(report, Outputs(plot=tmp_path / name), list, axes) == 0
    assert [entry.name for entry in tmp_path.iterdir()] == [name]
    beginning = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[Path(name).suffix.lower()]
    assert (tmp_path / name).read_bytes().startswith(beginning)


def test_an_output_is_no_other_output(tmp_path):
    path = tmp_path / "a.csv"
    with pytest.raises(UsageError, match=r"--plot .*a.csv: --csv writes to this file too; choose another name"):
        check_outputs({"--csv": path, "--plot": tmp_path / "." / "a.csv"}, [])


def test_a_device_takes_any_number_of_outputs():
    check_outputs({"--csv": Path(os.devnull), "--skipped": Path(os.devnull)}, [os.devnull])


@pytest.mark.parametrize(
    ("environment", "shown"),
    [
        ({}, "error"),
        ({"FORCE_COLOR": "1"}, "\x1b[31merror\x1b[0m"),
        ({"NO_COLOR": "1"}, "error"),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, "error"),
    ],
    ids=["piped", "forced", "none", "none above forced"],
)
def test_colours_are_asked_for_and_refused_by_the_environment(monkeypatch, capsys, environment, shown):
    from rich.text import Text

    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    _console.show(Text("error", "red"))
    assert capsys.readouterr().out == f"{shown}\n"


def test_warnings_are_collected_in_their_order():
    with _console.collected_warnings() as notes:
        warnings.warn("first", stacklevel=1)
        warnings.warn("second", stacklevel=1)
    assert notes == ["first", "second"]


def test_an_interruption_has_the_code_that_shells_give_it():
    assert _console.INTERRUPTED == 128 + signal.SIGINT
