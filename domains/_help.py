"""How the help of a command looks, as wide as the terminal and in plain words, and how its line is read.

Conventions
-----------
- A line has 40 characters at least and 80 at most.
- Options with many choices, or long ones, list them in their text: a line of names without a space cannot be broken.
- The epilog of a command is its examples, one a line.
- An option of one value that is given again is refused: of two values one would be dropped without a word.
"""

from __future__ import annotations

import re
import shutil
import textwrap
from collections import Counter
from collections.abc import Iterable
from typing import Any

import typer
import typer.core

NARROWEST = 40
WIDEST = 80
NARROW = 60
"""Where a line has fewer characters, there is no room for two columns."""
LEAST_INDENT = 4
LONGEST_CHOICES = 30
"""Characters of choices that stand beside their option, in the place of its value."""
PLAIN_WORDS = {"str": "text", "float": "number", "int": "number", "int range": "number", "Path": "path"}
"""What typer calls the kinds of values, and what a reader calls them."""

HelpFormatter: Any = typer.Context.formatter_class


class Formatter(HelpFormatter):  # type: ignore[misc]
    """A formatter of help with lists of choices that can be broken; in narrow terminals texts stand below options."""

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write options, arguments or commands, each with its text."""
        readable = [_readable(name, text) for name, text in rows]
        longest = col_max if self.width >= NARROW else LEAST_INDENT
        super().write_dl(readable, longest, col_spacing)

    def write_commands(self, commands: Iterable[str]) -> None:
        """Write commands to be copied, those that are too long in several lines as a shell takes them."""
        for command in commands:
            indent = " " * self.current_indent
            room = self.width - len(indent) - len(" \\")
            lines = textwrap.wrap(command, room, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
            self.write(" \\\n".join(indent + line for line in lines) + "\n")


def _readable(name: str, text: str) -> tuple[str, str]:
    """Return an option and its text, the kind of its value in plain words."""
    found = re.search(r"<(?:list\[)?([^\]]*?)\]?>$", name)
    if found is None:
        return name, text
    kind = found.group(1)
    if "|" in kind and len(kind) > LONGEST_CHOICES:
        choices = ", ".join(kind.split("|"))
        said, default, rest = text.partition("  [")
        text = f"{said} One of: {choices}.{default}{rest}"
        kind = "name"
    return f"{name[: found.start()]}<{PLAIN_WORDS.get(kind, kind)}>", text


def _terminal_width() -> int:
    columns = shutil.get_terminal_size().columns
    return max(min(columns, WIDEST), NARROWEST) - 2


def _formatted(ctx: Any) -> Any:
    """Return a context whose help is formatted as this module says."""
    ctx.formatter_class = Formatter
    if ctx.terminal_width is None:
        ctx.terminal_width = _terminal_width()
    return ctx


class Command(typer.core.TyperCommand):
    """A command whose help ends with examples: the lines of its epilog."""

    def get_help(self, ctx: Any) -> str:
        """Return the help."""
        return str(super().get_help(_formatted(ctx)))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words of a line; an option of one value is given once."""
        # a shell that completes a line parses it, and wants no errors
        if not ctx.resilient_parsing:
            _, _, given = self.make_parser(ctx).parse_args(args=list(args))
            self._refuse_repeated(ctx, given)
        return super().parse_args(ctx, args)

    def _refuse_repeated(self, ctx: Any, given: list[Any]) -> None:
        """Refuse an option of one value that is given again; a switch says the same as often as it is given."""
        for parameter, times in Counter(given).items():
            is_option = parameter.param_type_name == "option"
            if is_option and times > 1 and not parameter.multiple and not parameter.is_flag:
                ctx.fail(f"{parameter.opts[0]} is given {times} times and takes one value: give it once")

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples."""
        if self.epilog:
            with formatter.section("Examples"):
                formatter.write_commands(self.examples)

    @property
    def examples(self) -> list[str]:
        """The commands of the epilog."""
        return [line.strip() for line in (self.epilog or "").strip().splitlines()]


class Group(typer.core.TyperGroup):
    """A group of commands, each named with the whole first sentence of its help."""

    def get_help(self, ctx: Any) -> str:
        """Return the help."""
        return str(super().get_help(_formatted(ctx)))

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands."""
        rows = []
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                rows.append((name, command.get_short_help_str(limit=200)))
        with formatter.section("Commands"):
            formatter.write_dl(rows)
