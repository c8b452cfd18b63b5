"""Links of the pages that are read beside the code lead somewhere; those of `docs` are checked where they are built."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)")
pytestmark = pytest.mark.clone


def places(page):
    """Return the places of a page by the names that GitHub gives its headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_leads_somewhere():
    pages = [*ROOT.glob("*.md"), *ROOT.glob(".github/**/*.md"), *ROOT.glob("benchmarks/**/*.md")]
    n_links = 0
    for page in pages:
        for link in LINK.findall(page.read_text(encoding="utf-8")):
            target, _, place = link.partition("#")
            goal = page.parent / target if target else page
            assert goal.exists(), f"{page.name}: {link}"
            assert not place or goal.suffix != ".md" or place in places(goal), f"{page.name}: {link}"
            n_links += 1
    assert n_links > 20


def test_a_link_of_a_built_page_that_leads_nowhere_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "docs"), *sys.path])
    broken_links = import_module("check_links").broken_links
    (tmp_path / "a.html").write_text(
        '<h1 id="top"></h1><a href="b.html#here">b</a><a href="#top">up</a><a href="https://x.org/y">x</a>'
    )
    (tmp_path / "b.html").write_text(
        '<p id="here"></p><a class="x" href="a.html#gone">a</a><img alt="" src="lost.png">'
    )
    assert broken_links(tmp_path) == [
        "b.html: a.html#gone: no such place on the page",
        "b.html: lost.png: no such file",
    ]
