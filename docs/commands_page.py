"""Write the page of all commands from the commands themselves: ``python docs/commands_page.py``, and at each build."""

from __future__ import annotations

from pathlib import Path

from typer.main import get_command
from typer.testing import CliRunner

from domains.cli import app

PAGE = Path(__file__).parent / "api" / "generated" / "commands.md"
WIDTH = 74
"""Characters of a line: what a page between its two lists has room for."""

HEAD = """---
orphan: true
---

# All commands and their options

What `--help` prints. [Use the command line](../../how-to/command-line.md) explains what they have in common, and their
columns.

The exit code is 0 where everything asked was scored; 1 where something was not, and all else is done and written; 2 for
wrong use, with nothing computed; 130 after Ctrl-C, with what was done until then written.
"""


def commands(group=None, path=()):
    """Return the words of each command, in the order of its group."""
    group = get_command(app) if group is None else group
    found = []
    for name, command in group.commands.items():
        words = (*path, name)
        if hasattr(command, "commands"):
            found += commands(command, words)
        elif not command.hidden:
            found.append(words)
    return found


def page():
    """Return the page: a section for each command, with its help."""
    sections = [HEAD]
    for words in commands():
        plain = {"NO_COLOR": "1"}
        done = CliRunner().invoke(app, [*words, "--help"], env=plain, prog_name="overlap", terminal_width=WIDTH)
        assert done.exit_code == 0, f"overlap {' '.join(words)}: {done.output}"
        sections.append(f"## overlap {' '.join(words)}\n\n```text\n{done.stdout.rstrip()}\n```\n")
    return "\n".join(sections)


def write():
    """Write the page; one that says the same keeps its date."""
    text = page()
    PAGE.parent.mkdir(exist_ok=True)
    if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
