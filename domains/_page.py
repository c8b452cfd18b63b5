"""A page for a browser: findings first, then tables and pictures, last what was done; one file that loads nothing.

Conventions
-----------
- Whatever comes from outside (names of files, labels, settings) is escaped.
- Style, script and pictures are within the file, and its policy forbids the browser to load anything from elsewhere.
- A table sorts by a click on a heading; what is infinite is ∞, and the largest. One of many rows holds `MOST_ROWS` and
  says where all of them are.
- A page is a list of sections, each a piece of HTML made by one of the functions here.
"""

from __future__ import annotations

import base64
import io
import platform
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import Any

import pandas as pd

from ._pictures import settle
from ._text import for_html

MOST_ROWS = 1000
"""Of a table: a row takes some 300 bytes, and a page stays under 1 MB."""
DPI = 160
"""Of a picture: one of 180 mm takes 1134 points of the screen."""

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
_MANY_ROWS = 12
"""A table with more has a field to filter them."""
_LONG_TEXT = 40
"""Characters from which on a cell may be broken."""


@dataclass(frozen=True)
class Finding:
    """A sentence that stands first on the page.

    Parameters
    ----------
    text : str
    mark : {"", "good", "bad"}
        Whether it is as it should be.
    """

    text: str
    mark: str = ""


@dataclass(frozen=True)
class Look:
    """How the columns of a table are shown.

    Parameters
    ----------
    formats : mapping of column to str
        How numbers are written, such as ``".1f"``; by default ``"g"``.
    marks : mapping of str to {"bad", "fair"}
        Cells of this text stand out.
    """

    formats: Mapping[str, str]
    marks: Mapping[str, str]


PLAIN = Look({}, {})


def page(
    title: str,
    findings: Sequence[Finding],
    sections: Sequence[str],
    done: Mapping[str, Any],
    packages: Sequence[str] = (),
) -> str:
    """Return a page as one HTML file.

    Parameters
    ----------
    title : str
    findings : sequence of Finding
        What a reader must know, the gravest first.
    sections : sequence of str
        HTML, as `section` returns it.
    done : mapping
        What was done: inputs and settings.
    packages : sequence of str
        Whose versions are told, besides Python's and our own.

    Returns
    -------
    str

    Examples
    --------
    >>> html = page("One & two", [Finding("IoU 0.5")], [], {"empty": "nan"})
    >>> "<h1>One &amp; two</h1>" in html, html.count("<script>")
    (True, 1)
    """
    listed = "".join(_finding(finding) for finding in findings)
    facts = {**done, "made": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", "with": ", ".join(_versions(packages))}
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{for_html(title)}</title>\n<style>{_own_text('_page.css')}</style>\n</head>\n<body>\n"
        f"<h1>{for_html(title)}</h1>\n"
        f'<ul class="findings">{listed}</ul>\n'
        + "\n".join([*sections, section("What was done", facts_table(facts))])
        + f"\n<script>{_own_text('_page.js')}</script>\n</body>\n</html>\n"
    )


def section(title: str, *parts: str) -> str:
    """Return a section of a page.

    Parameters
    ----------
    title : str
    *parts : str
        HTML.

    Examples
    --------
    >>> section("Sizes", paragraph("in cells"))
    '<section><h2>Sizes</h2><p class="aside">in cells</p></section>'
    """
    return f"<section><h2>{for_html(title)}</h2>{''.join(parts)}</section>"


def paragraph(text: str) -> str:
    """Return a remark beside a table or picture.

    Examples
    --------
    >>> paragraph("a < b")
    '<p class="aside">a &lt; b</p>'
    """
    return f'<p class="aside">{for_html(text)}</p>'


def table(
    rows: pd.DataFrame,
    look: Look = PLAIN,
    *,
    all_of_them: str = "--csv",
    most: int = MOST_ROWS,
    whole: bool = False,
) -> str:
    """Return a table whose rows a click on a heading sorts.

    Parameters
    ----------
    rows : DataFrame
        Its index is left out. Rows beyond `most` are counted, not shown: put those first that matter.
    look : Look
        How the columns are shown.
    all_of_them : str
        Where the rows that are not shown can be found.
    most : int
        How many rows are shown: fewer, where a row is long.
    whole : bool
        Whether all rows are in sight and every text may be broken, for tables of words.

    Returns
    -------
    str

    Examples
    --------
    >>> html = table(pd.DataFrame({"file": ["<a>"], "iou": [0.123456]}), Look({"iou": ".2f"}, {}))
    >>> "&lt;a&gt;" in html, "0.12<" in html
    (True, True)
    """
    if rows.empty:
        return paragraph("none")
    shown = rows[:most]
    is_number = {name: rows[name].dtype.kind in "iuf" for name in rows.columns}
    headings = "".join(_heading(str(name), is_number[name]) for name in rows.columns)
    columns = [_column(shown[name], is_number[name], look) for name in rows.columns]
    lines = "".join(f"<tr>{''.join(cells)}</tr>\n" for cells in zip(*columns, strict=True))
    remark = ""
    if len(rows) > len(shown):
        remark = paragraph(f"the first {len(shown)} of {len(rows)} rows; {all_of_them} has them all")
    search = ""
    if len(shown) > _MANY_ROWS:
        search = '<p class="filter"><label>Rows with <input type="search"></label></p>'
    kind = "scroll whole" if whole else "scroll"
    return (
        f'{search}<div class="{kind}"><table><thead><tr>{headings}</tr></thead>\n<tbody>{lines}</tbody></table></div>'
        f"{remark}"
    )


def picture(figure: Any, description: str) -> str:
    """Return a matplotlib figure as a picture within the page.

    Parameters
    ----------
    figure : matplotlib Figure
    description : str
        What it shows, for those who cannot see it and below it.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> picture(Figure(figsize=(1, 1)), "nothing")[:48]
    '<figure><div><img alt="nothing" style="--width: '
    """
    settle(figure)
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=DPI)
    encoded = base64.b64encode(content.getvalue()).decode("ascii")
    said = for_html(description)
    # on a telephone a wide one is moved sideways rather than made too small to read
    width = round(figure.get_figwidth() * DPI)
    image = f'<img alt="{said}" style="--width: {width}px" src="data:image/png;base64,{encoded}">'
    return f"<figure><div>{image}</div><figcaption>{said}</figcaption></figure>"


def gallery(*pictures: str) -> str:
    """Return pictures side by side, as many as there is space for.

    Parameters
    ----------
    *pictures : str
        As `picture` returns them.

    Examples
    --------
    >>> gallery("<figure></figure>")
    '<div class="gallery"><figure></figure></div>'
    """
    return f'<div class="gallery">{"".join(pictures)}</div>'


def facts_table(facts: Mapping[str, Any]) -> str:
    """Return what was decided, a line each.

    Examples
    --------
    >>> facts_table({"tnorm": "minimum"})
    '<table class="facts"><tr><th>tnorm</th><td>minimum</td></tr></table>'
    """
    lines = "".join(f"<tr><th>{for_html(name)}</th><td>{for_html(value)}</td></tr>" for name, value in facts.items())
    return f'<table class="facts">{lines}</table>'


def _finding(finding: Finding) -> str:
    return f'<li class="{for_html(finding.mark)}">{for_html(finding.text)}</li>'


def _heading(name: str, is_number: bool) -> str:
    kind = ' class="number"' if is_number else ""
    # a long name may be broken where its words end
    said = re.sub(r"(?<=\w\w)_", "_<wbr>", for_html(name))
    return f'<th scope="col"{kind} aria-sort="none"><button type="button">{said}</button></th>'


def _column(cells: pd.Series[Any], is_number: bool, look: Look) -> list[str]:
    """Return the cells of a column as HTML."""
    if is_number:
        format_of = look.formats.get(str(cells.name), "g")
        return [f'<td class="number">{_number(cell, format_of)}</td>' for cell in cells]
    return [_text_cell(str(cell), look.marks) for cell in cells]


def _number(cell: Any, how: str) -> str:
    if pd.isna(cell):
        return ""
    return format(cell, how).replace("inf", "∞")


def _text_cell(text: str, marks: Mapping[str, str]) -> str:
    shown = for_html(text)
    if text in marks:
        shown = f'<mark class="{marks[text]}">{shown}</mark>'
    kind = ' class="text"' if len(text) > _LONG_TEXT else ""
    return f"<td{kind}>{shown}</td>"


def _versions(packages: Iterable[str]) -> list[str]:
    """Return our own version, Python's and those of packages that are there."""
    import overlap

    listed = [f"overlap-toolkit {overlap.__version__}", f"Python {platform.python_version()} ({sys.platform})"]
    for name in packages:
        with suppress(PackageNotFoundError):
            listed.append(f"{name} {version(name)}")
    return listed


@cache
def _own_text(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
