"""Commands: ``overlap events score``, twin of `score`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(help="Timed events: predicted against annotated ones.", no_args_is_help=True)


class ProtocolName(StrEnum):
    """How events are scored."""

    time = "time"
    tiou = "tiou"
    szcore = "szcore"
    szcore_sample = "szcore_sample"
    sed_eval_event = "sed_eval_event"
    sed_eval_segment = "sed_eval_segment"
    activitynet = "activitynet"
    thumos14 = "thumos14"


class KindName(StrEnum):
    """What format the files have."""

    csv = "csv"
    dcase = "dcase"
    bids = "bids"
    rttm = "rttm"
    activitynet = "activitynet"


class ByName(StrEnum):
    """What is kept apart."""

    label = "label"
    file = "file"


@app.callback(help="Timed events: predicted against annotated ones.")
def _several() -> None:
    """Keep ``score`` a command of its own, though it is the only one."""


@app.command()
def score(
    predicted: Annotated[Path, typer.Argument(help="A file of events, or a folder of them.")],
    reference: Annotated[Path, typer.Argument(help="The annotation: a file, or a folder of the same names.")],
    protocol: Annotated[ProtocolName, typer.Option(help="How to score.")] = ProtocolName.time,
    param: Annotated[list[str] | None, typer.Option(help="A setting: name=value; may be repeated.")] = None,
    support: Annotated[
        str | None, typer.Option(help="What was scored: seconds of every file, or a CSV with file and duration.")
    ] = None,
    by: Annotated[ByName | None, typer.Option(help="Keep labels or files apart.")] = None,
    corrected: Annotated[bool, typer.Option("--corrected", help="Mend the protocol's known faults.")] = False,
    kind: Annotated[KindName | None, typer.Option(help="Format of the files, if their names do not tell.")] = None,
    subset: Annotated[str | None, typer.Option(help="Which subset of an ActivityNet reference.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    csv: Annotated[Path | None, typer.Option(help="Save a row for each threshold, label or file here.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Save a picture here (.png, .pdf, .svg).")] = None,
) -> None:
    """Score predicted events against annotated ones, as a community does."""
    from . import run

    failed = run.score_files(
        predicted,
        reference,
        protocol=protocol.value,
        support=_support(support),
        by=by.value if by else None,
        corrected=corrected,
        kind=kind.value if kind else None,
        subset=subset,
        json=json,
        csv=csv,
        plot=plot,
        **_settings(param or []),
    )
    raise typer.Exit(1 if failed else 0)


def _settings(given: list[str]) -> dict[str, Any]:
    """Read name=value; a value is JSON, or else a string."""
    import json

    settings = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise typer.BadParameter(f"{text!r} is not name=value", param_hint="--param")
        try:
            settings[name.strip()] = json.loads(value)
        except ValueError:
            settings[name.strip()] = value
    return settings


def _support(given: str | None) -> Any:
    if given is None:
        return None
    try:
        return float(given)
    except ValueError:
        pass
    import pandas as pd

    try:
        return pd.read_csv(given, sep=None, engine="python")
    except (OSError, ValueError) as error:
        raise ValueError(f"--support {given}: neither seconds nor a readable table ({error})") from error
