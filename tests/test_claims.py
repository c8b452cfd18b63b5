"""The page of claims: all twenty-five, each with a link that leads somewhere and the verdict of its cell."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "explanation" / "claims.md"
NOTEBOOKS = DOCS.parent / "examples"
pytestmark = pytest.mark.clone
LINK = re.compile(r"\[[^]]+\]\(([^)]+)\)")


@pytest.fixture(scope="module")
def text():
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def rows(text):
    """Return the cells of each row of the list by the number of the claim."""
    lines = re.findall(r"^\| \d+ \|.*\|$", text, re.MULTILINE)
    table = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    assert all(len(cells) == 5 for cells in table)
    return {int(number): cells for number, *cells in table}


def headings(path):
    """Return the anchors of a page or notebook: what its headings are called in links."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    titles = re.findall(r"^#{1,3} (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.strip().lower().replace(" ", "-")) for title in titles}


def test_every_claim_has_its_row(rows):
    assert list(rows) == list(range(1, 26))
    for claim, verdict, measured, shown in rows.values():
        assert claim
        assert measured
        assert verdict.startswith(("holds", "does not hold"))
        assert LINK.search(shown)


def test_every_link_leads_somewhere(text):
    links = LINK.findall(text)
    assert len(links) > 30
    for link in links:
        name, _, anchor = link.partition("#")
        path = (PAGE.parent / name).resolve() if name else PAGE
        if path.suffix == ".ipynb":
            # the tutorials are the notebooks of examples/
            assert path.parent == DOCS / "tutorials", link
            path = NOTEBOOKS / path.name
        assert path.is_file(), link
        assert not anchor or anchor in headings(path), link


def test_the_verdicts_are_those_of_the_notebook(rows):
    cells = json.loads((NOTEBOOKS / "box_losses.ipynb").read_text(encoding="utf-8"))["cells"]
    sources = {cell["id"]: "".join(cell["source"]) for cell in cells}
    for number in range(1, 19):
        _, verdict, _, shown = rows[number]
        of_cell = re.match(r"\*\*(.*)\.\*\*", sources[f"verdict-{number}"])[1]
        assert verdict == of_cell[0].lower() + of_cell[1:]
        assert f"box_losses.ipynb#{number}-" in shown


def test_as_many_hold_as_the_page_says(rows, text):
    verdicts = [verdict for _, verdict, _, _ in rows.values()]
    assert verdicts.count("holds") == 12
    assert verdicts.count("does not hold") == 1
    assert "Twelve hold as they stand, twelve with a remark or under a condition" in text


def test_what_the_page_runs(text, capsys):
    """Its cells hold their own assertions."""
    names: dict[str, object] = {}
    cells = re.findall(r"```\{code-cell\} ipython3\n(.*?)```", text, re.DOTALL)
    assert len(cells) == 5
    for cell in cells:
        assert "assert" in cell
        exec(cell, names)
    assert names["by_anchor"]["in seconds, mean IoU"].loc[3600] == pytest.approx(0.56, abs=0.005)
    assert "greatest IoU of ball and player: 0.06" in capsys.readouterr().out
