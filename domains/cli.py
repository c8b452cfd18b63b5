"""The command line: each field's commands under its name, and one demonstration of them all.

Nothing but the command line itself is imported until a command runs.
"""

from __future__ import annotations

import io
import sys
import traceback
import warnings
from contextlib import nullcontext, redirect_stdout
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from ._checks import UsageError
from ._console import INCOMPLETE, INTERRUPTED, WRONG_USE, deliver, note, print_json
from ._flags import Printing, field_app, grouped

PROGRAM = "overlap"
CommandLineError: Any = typer.BadParameter.__base__
"""What typer raises for wrong arguments; it exports only one of its kinds."""
FIELDS = ("ramachandran", "lesions", "events")

app = field_app(
    "Measure how well predictions agree with references: regions of angles, image masks, timed events.",
    completion=True,
)
for field in FIELDS:
    app.add_typer(import_module(f".{field}.cli", __package__).app, name=field)


@app.command(
    epilog="""
    overlap demo --out overlap-demo
    """
)
@grouped
def demo(
    *,
    out: Annotated[Path, typer.Option(help="Save pictures and tables in this folder.")] = Path("overlap-demo"),
    printing: Printing,
) -> None:
    """Show each field on data that come with the package.

    As CSV or JSON: the list of the saved files.
    """
    from ._skipped import NOT_SCORED, as_skipped

    flags = printing.outputs([])
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out {out}: this is a file; name a folder")
    saved = []
    failed = []
    for field in FIELDS:
        folder = out / field
        try:
            _demonstrate(field, folder, visible=flags.format == "table")
        except ImportError as error:
            failed.append({"file": field, "reason": NOT_SCORED, "detail": str(error)})
        else:
            saved += [{"field": field, "file": str(path)} for path in sorted(folder.iterdir())]
    code = deliver(saved, flags, list, skipped=as_skipped(failed))
    raise typer.Exit(code)


@app.command(
    epilog="""
    overlap version
    """
)
@grouped
def version(*, printing: Printing) -> None:
    """Print the version."""
    import overlap

    flags = printing.outputs([])
    if flags.format == "json":
        print_json({"version": overlap.__version__})
        return
    if flags.format == "csv":
        print("version")
    print(overlap.__version__)


def main() -> None:
    """Run the command line; an error is one clear line, and exit code 2 for wrong use, 130 for Ctrl-C, else 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # an ASCII terminal shows φ as \u03c6, and no letter is worth a crash
            stream.reconfigure(errors="backslashreplace")
    warnings.showwarning = lambda message, *_, **__: note(f"warning: {message}")
    try:
        code = _program()(prog_name=PROGRAM, standalone_mode=False)
    except typer.Abort:
        sys.exit(INTERRUPTED)
    except CommandLineError as error:
        # a group without a command says its help, in several lines
        for line in _command_line_error(error).splitlines():
            note(line)
        sys.exit(WRONG_USE)
    except UsageError as error:
        note(f"error: {error}")
        sys.exit(WRONG_USE)
    except (ValueError, OSError, ImportError) as error:
        note(f"error: {error}")
        sys.exit(INCOMPLETE)
    except MemoryError as error:
        note(f"error: it needs more memory than is free ({error}); close other programs, or take fewer files at a time")
        sys.exit(INCOMPLETE)
    except Exception as error:
        note(f"error: {_unforeseen(error)}")
        sys.exit(INCOMPLETE)
    sys.exit(code)


@cache
def _program() -> Any:
    """Return the program with all its commands; whoever runs several in one process has it built once."""
    return typer.main.get_command(app)


def _unforeseen(error: Exception) -> str:
    """Return one line for what nobody thought of: what it was, and where in the program."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(last.filename).name}, line {last.lineno}"
    return f"{type(error).__name__}: {error} ({where}); this is a fault of the program, please report it"


def _command_line_error(error: Any) -> str:
    """Return one line: the option, its value, what is wrong and where the options are explained."""
    message = error.format_message()
    if "\n" in message:
        # a group without a command: its help
        return str(message)
    command = error.ctx.command_path if error.ctx else PROGRAM
    validation = getattr(error.__cause__, "errors", None)
    if validation is None:
        reason = message[:1].lower() + message[1:].rstrip(".")
    else:
        reason = _wrong_value(error.param.opts[-1], validation()[0])
    return f"error: {reason}; {command} -h lists the options"


def _wrong_value(option: str, failure: dict[str, Any]) -> str:
    """Return what is wrong with the value of an option, in words of our own: pydantic names neither."""
    reason = failure["msg"].removeprefix("Value error, ").removeprefix("Input ").rstrip(".")
    reason = reason.partition(", unable to parse")[0]
    return f"{option} {failure['input']}: {reason}"


def _demonstrate(field: str, folder: Path, *, visible: bool) -> None:
    """Run the demonstration of a field; what it prints is dropped unless it is to be seen."""
    show = import_module(f".{field}.demo", __package__).demo
    folder.mkdir(parents=True, exist_ok=True)
    with nullcontext() if visible else redirect_stdout(io.StringIO()):
        show(folder)


if __name__ == "__main__":
    main()
