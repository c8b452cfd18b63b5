"""The flags that all commands share."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import overlap
from domains import _flags
from domains._checks import UsageError
from domains._console import Outputs
from domains._flags import FormatName


def test_the_flags_become_one_value(tmp_path):
    csv = tmp_path / "a.csv"
    assert _flags.outputs(csv, None, None, FormatName.csv, False, True, inputs=[]) == Outputs(
        csv=csv, format="csv", quiet=True
    )


def test_json_is_a_short_form():
    assert _flags.outputs(None, None, None, FormatName.table, True, False, inputs=[]).format == "json"
    assert _flags.outputs(None, None, None, FormatName.json, True, False, inputs=[]).format == "json"


def test_two_formats_at_once_are_refused():
    with pytest.raises(UsageError, match="--json and --format csv"):
        _flags.outputs(None, None, None, FormatName.csv, True, False, inputs=[])


def test_an_output_is_no_input_and_no_other_output(tmp_path):
    path = tmp_path / "a.csv"
    path.touch()
    with pytest.raises(UsageError, match="--csv .*a.csv: this is an input"):
        _flags.outputs(path, None, None, FormatName.table, False, False, inputs=[path])
    with pytest.raises(UsageError, match="--skipped .*a.csv: --out writes to this file too"):
        _flags.outputs(None, None, path, FormatName.table, False, False, inputs=[], others={"--out": path})


@pytest.fixture
def app():
    app = _flags.field_app("A field.")

    @app.command()
    def compare(
        csv: _flags.Csv = None,
        plot: _flags.Plot = None,
        skipped: _flags.Skipped = None,
        print_as: _flags.PrintAs = FormatName.table,
        json: _flags.Json = False,
        quiet: _flags.Quiet = False,
        version: _flags.Version = False,
    ) -> None:
        print(_flags.outputs(csv, plot, skipped, print_as, json, quiet, inputs=[]))
        raise typer.Exit(1)

    return app


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_has_two_names(app, flag):
    done = CliRunner().invoke(app, ["compare", flag])
    assert done.exit_code == 0
    for name in ("--csv", "--plot", "--skipped", "--format", "--json", "--quiet", "--version"):
        assert name in done.stdout


def test_version_stops_before_the_work(app):
    done = CliRunner().invoke(app, ["compare", "--version"])
    assert (done.exit_code, done.stdout) == (0, f"{overlap.__version__}\n")


def test_the_flags_reach_the_command(app):
    done = CliRunner().invoke(app, ["compare", "--format", "csv", "-q", "--csv", "a.csv"])
    assert done.exit_code == 1
    assert done.stdout.strip() == str(Outputs(csv=Path("a.csv"), format="csv", quiet=True))


@pytest.mark.parametrize(("said", "line"), [("", "interrupted"), ("cohort: 3 of 8 cases are done", "cohort: 3 of 8")])
def test_an_interruption_is_one_line_and_a_code_of_its_own(said, line, capsys):
    app = _flags.field_app("A field.")

    @app.command()
    def compare() -> None:
        raise KeyboardInterrupt(said)

    assert app(["compare"], standalone_mode=False) == 130
    assert capsys.readouterr().err.startswith(line)
