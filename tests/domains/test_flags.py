"""The flags that all commands share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

import overlap
from domains import _flags
from domains._checks import UsageError
from domains._console import Outputs
from domains._flags import FormatName


class Colour(StrEnum):
    red = "red"


@dataclass(frozen=True)
class Lamp:
    """A group of flags."""

    colour: Annotated[Colour | None, typer.Option(help="Of the lamp.")] = None
    watts: int = 40


def test_the_flags_become_one_value(tmp_path):
    csv = tmp_path / "a.csv"
    saving = _flags.Saving(csv=csv, print_as=FormatName.csv, quiet=True)
    assert saving.checked([]) == Outputs(csv=csv, format="csv", quiet=True)


def test_json_is_a_short_form():
    assert _flags.Printing(json=True).outputs([]).format == "json"
    assert _flags.Printing(print_as=FormatName.json, json=True).outputs([]).format == "json"


def test_two_formats_at_once_are_refused():
    with pytest.raises(UsageError, match="--json and --format csv"):
        _flags.Printing(print_as=FormatName.csv, json=True).outputs([])


def test_an_output_is_no_input_and_no_other_output(tmp_path):
    path = tmp_path / "a.csv"
    path.touch()
    with pytest.raises(UsageError, match="--csv .*a.csv: this is an input"):
        _flags.Saving(csv=path).checked([path])
    with pytest.raises(UsageError, match="--skipped .*a.csv: --out writes to this file too"):
        _flags.Saving(skipped=path).checked([], others={"--out": path})


@pytest.mark.parametrize("ending", [".xlsx", ".xls", ".ODS"])
def test_no_spreadsheet_is_promised(ending):
    said = f"--csv rows{ending}: no {ending} is written; name a .csv file, which spreadsheets open"
    with pytest.raises(UsageError, match=f"^{said}$"):
        _flags.Saving(csv=Path(f"rows{ending}")).checked([])
    with pytest.raises(UsageError, match=f"^--lesions rows{ending}: no "):
        _flags.Saving().checked([], others={"--lesions": Path(f"rows{ending}")})


@pytest.fixture
def app():
    app = _flags.field_app("A field.")

    @app.command()
    @_flags.grouped
    def compare(*, saving: _flags.Saving) -> None:
        print(saving.checked([]))
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


def test_a_group_stands_among_other_flags_in_the_order_of_the_signature():
    """A class of this module: the types of a command are looked up where it is defined."""
    app = _flags.field_app("A field.")

    @app.command()
    @_flags.grouped
    def compare(level: float = 0.5, *, lamp: Lamp, last: bool = False) -> None:
        """Compare."""
        print(level, lamp, last)

    done = CliRunner().invoke(app, ["compare", "--watts", "9", "--last", "--colour", "red"])
    assert done.stdout.strip() == "0.5 Lamp(colour=<Colour.red: 'red'>, watts=9) True"
    text = CliRunner().invoke(app, ["compare", "-h"]).stdout
    places = [text.index(flag) for flag in ("--colour", "--watts", "--last", "--help")]
    assert places == sorted(places)
    assert "Compare." in text


def test_a_group_becomes_keywords_with_plain_texts():
    found = _flags.keywords(Lamp(colour=Colour.red))
    assert found == {"colour": "red", "watts": 40}
    assert type(found["colour"]) is str


@pytest.mark.parametrize(("said", "line"), [("", "interrupted"), ("cohort: 3 of 8 cases are done", "cohort: 3 of 8")])
def test_an_interruption_is_one_line_and_a_code_of_its_own(said, line, capsys):
    app = _flags.field_app("A field.")

    @app.command()
    def compare() -> None:
        raise KeyboardInterrupt(said)

    assert app(["compare"], standalone_mode=False) == 130
    assert capsys.readouterr().err.startswith(line)


def test_every_place_of_an_output_is_kept(tmp_path):
    names = {"csv": "a.csv", "plot": "a.png", "skipped": "b.csv", "html": "a.html"}
    places = {flag: tmp_path / name for flag, name in names.items()}
    assert _flags.Printing(quiet=True).outputs([], **places) == Outputs(**places, quiet=True)
