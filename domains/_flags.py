"""The flags that all commands share, as types: a command lists them in its signature and makes one call.

Conventions
-----------
- Nothing but typer is imported: ``overlap --help`` loads no numpy.
- `field_app` makes a field's group of commands, `outputs` and `running` what a command hands on to ``run``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

from ._checks import UsageError
from ._console import INTERRUPTED, Outputs, check_folder, check_outputs, note


class FormatName(StrEnum):
    """What is printed."""

    table = "table"
    csv = "csv"
    json = "json"


def _print_version(wanted: bool) -> None:
    if wanted:
        import overlap

        print(overlap.__version__)
        raise typer.Exit


Csv = Annotated[Path | None, typer.Option(help="Save the report's rows in this CSV file.")]
Plot = Annotated[Path | None, typer.Option(help="Save a picture in this file (.png, .pdf, .svg).")]
Skipped = Annotated[Path | None, typer.Option(help="Save what was not scored, and why, in this CSV file.")]
Html = Annotated[Path | None, typer.Option(help="Save a page for a browser (.html): findings, pictures, tables.")]
PrintAs = Annotated[FormatName, typer.Option("--format", help="What to print.")]
Json = Annotated[bool, typer.Option("--json", help="The same as --format json.")]
Records = Annotated[
    Path | None,
    typer.Option(help="Keep a record of each case in this file as it is done; the same command goes on from there."),
]
Workers = Annotated[int, typer.Option(min=1, help="Processes to share the cases among.")]
Scheduler = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Compute on the dask cluster of this scheduler instead.")
]
MaxSeconds = Annotated[
    float | None, typer.Option(metavar="SECONDS", help="Give a case up after this time; the others go on.")
]
MaxMemory = Annotated[float | None, typer.Option(metavar="GIB", help="Give a case up that needs more memory.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print results and errors only.")]
Version = Annotated[
    bool, typer.Option("--version", help="Print the version and stop.", callback=_print_version, is_eager=True)
]


def outputs(
    csv: Path | None,
    plot: Path | None,
    skipped: Path | None,
    print_as: FormatName,
    json: bool,
    quiet: bool,
    *,
    inputs: Iterable[str | Path | None],
    html: Path | None = None,
    others: Mapping[str, Path | None] | None = None,
) -> Outputs:
    """Return the shared flags as one value, after a check that no output overwrites an input or another output.

    Parameters
    ----------
    csv, plot, skipped, print_as, json, quiet, html
        The flags.
    inputs : iterable of path or None
        What the command reads.
    others : mapping of option to path, optional
        What the command writes besides, such as ``{"--out": Path("scores.csv")}``.

    Returns
    -------
    Outputs

    Raises
    ------
    UsageError
        If two formats are asked for, an output cannot be saved, or it would overwrite something.

    Examples
    --------
    >>> outputs(None, None, None, FormatName.table, True, False, inputs=[]).format
    'json'
    """
    if json and print_as is FormatName.csv:
        raise UsageError("--json and --format csv: only one of them can be printed; choose one")
    printed = FormatName.json if json else print_as
    shared = Outputs(csv=csv, plot=plot, skipped=skipped, html=html, format=printed.value, quiet=quiet)
    further = dict(others or {})
    for flag, path in further.items():
        check_folder(flag, path)
    check_outputs({**further, "--csv": csv, "--plot": plot, "--skipped": skipped, "--html": html}, inputs)
    return shared


def running(
    records: Path | None,
    workers: int,
    scheduler: str | None,
    max_seconds: float | None,
    max_memory: float | None,
) -> dict[str, Any]:
    """Return the flags that say how a job over many files runs, as keywords of the function that does it.

    Parameters
    ----------
    records, workers, scheduler, max_seconds, max_memory
        The flags.

    Examples
    --------
    >>> running(None, 2, None, None, None)["workers"]
    2
    """
    return {
        "records": records,
        "workers": workers,
        "scheduler": scheduler,
        "max_seconds": max_seconds,
        "max_memory": max_memory,
    }


class Interruptible(typer.core.TyperGroup):
    """A group of commands that Ctrl-C ends with one line: what the engine says, or that it was interrupted."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            note(str(stop) or "interrupted")
            raise typer.Exit(INTERRUPTED) from None


def field_app(what: str) -> typer.Typer:
    """Return a field's group of commands, with `what` as its help.

    Examples
    --------
    >>> field_app("Home ranges of animals.").info.help
    'Home ranges of animals.'
    """
    app = typer.Typer(
        cls=Interruptible,
        help=what,
        no_args_is_help=True,
        rich_markup_mode=None,  # its boxes cut the names of options, and examples
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    # a group of one command would else be that command itself
    @app.callback(help=what)
    def group(version: Version = False) -> None:
        pass

    return app
