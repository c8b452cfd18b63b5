"""The flags that all commands share, as types: a command lists them in its signature and makes one call.

Conventions
-----------
- Nothing but typer is imported: ``overlap --help`` loads no numpy.
- Flags that travel together are a frozen dataclass, a field each, such as `Saving`. A command that is `grouped` takes
  it as one parameter.
- `field_app` makes a field's group of commands; `keywords` and `Saving.checked` are what a command hands on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

from ._checks import UsageError
from ._console import INTERRUPTED, Outputs, check_folder, check_outputs, note
from ._help import Command, Group

Work = TypeVar("Work", bound=Callable[..., Any])
"""The function of a command."""


SPREADSHEETS = (".xlsx", ".xls", ".ods")


class FormatName(StrEnum):
    """What is printed."""

    table = "table"
    csv = "csv"
    json = "json"


def _print_version(context: typer.Context, wanted: bool) -> None:
    # a shell that completes a line parses it, and wants nothing done
    if wanted and not context.resilient_parsing:
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
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", help="Print results and errors only; --skipped and JSON have the rows that were skipped."
    ),
]
Version = Annotated[
    bool, typer.Option("--version", help="Print the version and stop.", callback=_print_version, is_eager=True)
]


@dataclass(frozen=True)
class Printing:
    """What is printed: the flags that every command has."""

    print_as: PrintAs = FormatName.table
    json: Json = False
    quiet: Quiet = False
    version: Version = False

    def outputs(
        self,
        inputs: Iterable[str | Path | None],
        *,
        csv: Path | None = None,
        plot: Path | None = None,
        skipped: Path | None = None,
        html: Path | None = None,
        others: Mapping[str, Path | None] | None = None,
    ) -> Outputs:
        """Return the flags as one value, after a check that no output overwrites an input or another output.

        Parameters
        ----------
        inputs : iterable of path or None
            What the command reads.
        csv, plot, skipped, html : path or None
            What it writes, as `Outputs` has it.
        others : mapping of option to path, optional
            What it writes besides, such as ``{"--out": Path("scores.csv")}``.

        Returns
        -------
        Outputs

        Raises
        ------
        UsageError
            If two formats are asked for, an output cannot be saved, or it would overwrite something.

        Examples
        --------
        >>> Printing(json=True).outputs([]).format
        'json'
        """
        if self.json and self.print_as is FormatName.csv:
            raise UsageError("--json and --format csv: only one of them can be printed; choose one")
        printed = FormatName.json if self.json else self.print_as
        shared = Outputs(csv=csv, plot=plot, skipped=skipped, html=html, format=printed.value, quiet=self.quiet)
        further = dict(others or {})
        for flag, path in further.items():
            check_folder(flag, path)
        check_outputs({**further, "--csv": csv, "--plot": plot, "--skipped": skipped, "--html": html}, inputs)
        for flag, path in {**further, "--csv": csv, "--skipped": skipped}.items():
            _check_is_no_spreadsheet(flag, path)
        return shared


@dataclass(frozen=True)
class Saving(Printing):
    """What is printed and saved: the flags of a command that scores."""

    csv: Csv = None
    plot: Plot = None
    skipped: Skipped = None

    def checked(
        self,
        inputs: Iterable[str | Path | None],
        *,
        html: Path | None = None,
        others: Mapping[str, Path | None] | None = None,
    ) -> Outputs:
        """Return the flags as one value; see `Printing.outputs`.

        Examples
        --------
        >>> Saving(csv=Path("rows.csv")).checked([]).csv.name
        'rows.csv'
        """
        return self.outputs(inputs, csv=self.csv, plot=self.plot, skipped=self.skipped, html=html, others=others)


@dataclass(frozen=True)
class Sharing:
    """How a job over many files runs: see `domains._running`."""

    records: Records = None
    workers: Workers = 1
    scheduler: Scheduler = None
    max_seconds: MaxSeconds = None
    max_memory: MaxMemory = None


def _check_is_no_spreadsheet(flag: str, path: Path | None) -> None:
    """Refuse a name that promises what is not written."""
    if path is not None and path.suffix.lower() in SPREADSHEETS:
        raise UsageError(f"{flag} {path}: no {path.suffix} is written; name a .csv file, which spreadsheets open")


def keywords(group: Any) -> dict[str, Any]:
    """Return a group of flags as keywords, the names of choices as plain texts.

    Examples
    --------
    >>> keywords(Sharing(workers=2))["workers"]
    2
    """
    named = {}
    for field in fields(group):
        value = getattr(group, field.name)
        named[field.name] = value.value if isinstance(value, StrEnum) else value
    return named


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command a flag for each field of its parameters that are groups of flags.

    Parameters
    ----------
    command : callable
        Its parameters whose types are dataclasses are groups; the names of all flags differ.

    Returns
    -------
    callable
        As typer takes it: with the flags of the groups in their places.

    Examples
    --------
    >>> @grouped
    ... def compare(level: float = 0.5, *, printing: Printing) -> None:
    ...     print(level, printing.quiet)
    >>> compare(level=0.7, print_as=FormatName.table, json=False, quiet=True, version=False)
    0.7 True
    """
    types = get_type_hints(command, include_extras=True)
    types.pop("return", None)
    groups: dict[str, Any] = {name: kind for name, kind in types.items() if is_dataclass(kind)}
    flags: list[Parameter] = []
    for parameter in signature(command).parameters.values():
        if parameter.name in groups:
            flags.extend(_flags_of(groups[parameter.name]))
        else:
            flags.append(parameter.replace(kind=Parameter.KEYWORD_ONLY, annotation=types[parameter.name]))

    @wraps(command)
    def with_flags(**values: Any) -> None:
        for name, kind in groups.items():
            own = {field.name: values.pop(field.name) for field in fields(kind)}
            values[name] = kind(**own)
        command(**values)

    with_flags.__signature__ = Signature(flags)  # type: ignore[attr-defined]
    with_flags.__annotations__ = {flag.name: flag.annotation for flag in flags}
    return with_flags


def _flags_of(group: Any) -> list[Parameter]:
    types = get_type_hints(group, include_extras=True)
    flags = []
    for field in fields(group):
        flag = Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=types[field.name])
        flags.append(flag)
    return flags


class Interruptible(Group):
    """A group of commands that Ctrl-C ends with one line: what the engine says, or that it was interrupted."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            note(str(stop) or "interrupted")
            raise typer.Exit(INTERRUPTED) from None


class Field(typer.Typer):
    """A group of commands, whose help `domains._help` formats: ``epilog`` has their examples, one a line."""

    def command(self, *names: Any, **settings: Any) -> Callable[[Work], Work]:
        """Register a command, as `typer.Typer.command` does."""
        return super().command(*names, cls=Command, **settings)


def field_app(what: str, *, completion: bool = False) -> Field:
    """Return a field's group of commands, with `what` as its help.

    Parameters
    ----------
    what : str
        What the commands are about.
    completion : bool
        Whether it has typer's options that complete commands in a shell, as the whole program has.

    Returns
    -------
    Field

    Examples
    --------
    >>> field_app("Home ranges of animals.").info.help
    'Home ranges of animals.'
    """
    app = Field(
        cls=Interruptible,
        help=what,
        no_args_is_help=True,
        rich_markup_mode=None,  # its boxes cut the names of options, and examples
        add_completion=completion,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    # a group of one command would else be that command itself
    @app.callback(help=what)
    def group(version: Version = False) -> None:
        pass

    return app
