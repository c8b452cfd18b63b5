"""The command line: each field's commands under its name, and one demonstration of them all.

Nothing but the command line itself is imported until a command runs.
"""

from __future__ import annotations

import sys
import warnings
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from ._checks import UsageError
from ._console import INCOMPLETE, WRONG_USE, note

FIELDS = ("ramachandran", "lesions", "events")

app = typer.Typer(
    help="Compare shapes by set overlap: regions of the torus, masks, events.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for field in FIELDS:
    app.add_typer(import_module(f".{field}.cli", __package__).app, name=field)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for pictures, tables and datasets.")] = Path("overlap-demo"),
) -> None:
    """Show what the toolkit does on data that come with it."""
    missing = False
    for field in FIELDS:
        try:
            show = import_module(f".{field}.demo", __package__).demo
            (out / field).mkdir(parents=True, exist_ok=True)
            show(out / field)
        except ImportError as error:
            note(f"{field}: {error}")
            missing = True
    raise typer.Exit(1 if missing else 0)


@app.command()
def version() -> None:
    """Print the version."""
    import overlap

    print(overlap.__version__)


def main() -> None:
    """Run the command line; an error is one clear line, and exit code 2 for wrong use, else 1."""
    warnings.showwarning = lambda message, *_, **__: note(f"warning: {message}")
    try:
        app()
    except UsageError as error:
        note(f"error: {error}")
        sys.exit(WRONG_USE)
    except (ValueError, OSError, ImportError) as error:
        note(f"error: {error}")
        sys.exit(INCOMPLETE)


if __name__ == "__main__":
    main()
