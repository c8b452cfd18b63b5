"""The pages of reference name everything that is public: each command, each option, each name of an ``__all__``."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path

import pytest
from typer.main import get_command

from domains.cli import app

DOCS = Path(__file__).parents[1] / "docs"
PAGES = {
    "overlap": ("core", "boxes"),
    "domains.ramachandran": ("ramachandran",),
    "domains.lesions": ("lesions",),
    "domains.events": ("events",),
}
pytestmark = pytest.mark.clone


def command_of(words):
    """Return the command that these words call."""
    found = get_command(app)
    for word in words:
        found = found.commands[word]
    return found


@pytest.mark.slow
def test_every_command_and_option_stands_on_the_generated_page(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(DOCS), *sys.path])
    generator = import_module("commands_page")
    overview = (DOCS / "how-to" / "command-line.md").read_text(encoding="utf-8")
    page = generator.page()
    for words in generator.commands():
        name = f"overlap {' '.join(words)}"
        assert f"| `{name}` |" in overview
        text = page.split(f"\n## {name}\n")[1].split("\n## ")[0]
        options = {option for parameter in command_of(words).params for option in parameter.opts if "--" in option}
        assert options - set(re.findall(r"--[\w-]+", text)) == set(), name


def test_the_generated_page_has_every_command():
    counted = len(
        re.findall(r"^\| `overlap [a-z -]+` \|", (DOCS / "how-to" / "command-line.md").read_text(), re.MULTILINE)
    )
    assert counted == number_of_commands(get_command(app))


def number_of_commands(group):
    """Return how many commands a group has, those of its groups too."""
    return sum(number_of_commands(one) if hasattr(one, "commands") else 1 for one in group.commands.values())


@pytest.mark.parametrize("package", PAGES)
def test_every_public_name_stands_on_the_page_of_its_package(package):
    text = "".join((DOCS / "api" / f"{page}.rst").read_text(encoding="utf-8") for page in PAGES[package])
    named = set(re.findall(r"[`.](\w+)(?:`|$)", text, re.MULTILINE))
    assert set(import_module(package).__all__) - named == set()
