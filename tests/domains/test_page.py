"""A page for a browser is one file that shows what it is given and loads nothing."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from domains import _page
from domains._page import MOST_ROWS, Finding, Look, facts_table, page, paragraph, picture, section, table

EMPTY_TAGS = {"meta", "img", "input", "br"}


class Reader(HTMLParser):
    """What a browser finds: tags that match, texts, and whatever points elsewhere."""

    def __init__(self, html):
        super().__init__()
        self.open_tags = []
        self.texts = []
        self.tags = []
        self.links = []
        self.feed(html)
        assert not self.open_tags

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href", "srcset", "action")]
        if tag not in EMPTY_TAGS:
            self.open_tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open_tags.pop() == tag

    def handle_data(self, data):
        if self.open_tags and self.open_tags[-1] not in ("style", "script"):
            self.texts.append(data)


HOSTILE = '<script>alert(1)</script> & "quoted" $x$ \x1b[31m'


@pytest.fixture
def whole():
    rows = pd.DataFrame({HOSTILE: [HOSTILE, "OUTLIER"], "score": [0.25, np.nan]})
    drawing = picture(Figure(figsize=(2, 1)), HOSTILE)
    tables = table(rows, Look({"score": ".3f"}, {"OUTLIER": "bad"}))
    sections = [section(HOSTILE, tables, drawing, paragraph(HOSTILE))]
    return page(HOSTILE, [Finding(HOSTILE, "bad")], sections, {HOSTILE: HOSTILE}, ["numpy", "no-such-package"])


def test_text_of_others_is_text(whole):
    read = Reader(whole)
    assert read.tags.count("script") == 1
    # title, heading, finding, section, column, cell, caption of the picture, remark, and both sides of a fact
    assert sum(text.startswith("<script>alert(1)</script> &") for text in read.texts) == 10
    assert "\x1b" not in whole


def test_nothing_is_loaded_from_elsewhere(whole):
    read = Reader(whole)
    assert len(read.links) == 1
    assert read.links[0].startswith("data:image/png;base64,")
    assert "default-src 'none'" in whole
    assert "http:" not in whole
    assert "https:" not in whole


def test_cells(whole):
    assert '<td class="number">0.250</td>' in whole
    assert '<td class="number"></td>' in whole
    assert '<td><mark class="bad">OUTLIER</mark></td>' in whole


def test_what_is_infinite_is_no_empty_cell():
    """As JavaScript reads it, a number larger than all others."""
    html = table(pd.DataFrame({"hd95": [np.inf, np.nan, -np.inf]}), Look({"hd95": ".2f"}, {}))
    cells = [line.split("</td>")[0] for line in html.split('<td class="number">')[1:]]
    assert cells == ["∞", "", "-∞"]
    assert '.replace("∞", "Infinity")' in _page._own_text("_page.js")


def test_versions_are_told_and_missing_packages_are_not(whole):
    assert f"numpy {np.__version__}" in whole
    assert "no-such-package" not in whole
    assert "overlap-toolkit" in whole


def test_the_rows_that_are_left_out_are_counted():
    rows = pd.DataFrame({"n": np.arange(MOST_ROWS + 234)})
    html = table(rows)
    assert html.count("<tr>") == MOST_ROWS + 1
    assert f"the first {MOST_ROWS} of {MOST_ROWS + 234} rows; --csv has them all" in html


def test_every_heading_of_a_table_is_a_button():
    html = table(pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}))
    assert 'class="number" aria-sort="none"><button type="button">a<' in html
    assert '<th scope="col" aria-sort="none"><button type="button">b<' in html
    assert html.count('aria-sort="none"><button type="button">') == 2


def test_no_rows():
    assert table(pd.DataFrame({"a": []})) == paragraph("none")


def test_truth_values_are_words():
    assert "<td>True</td>" in table(pd.DataFrame({"counted": [True]}))


def test_facts():
    assert "<td>&lt;b&gt;</td>" in facts_table({"a": "<b>"})


def test_style_and_script_stand_within(whole):
    assert _page._own_text("_page.css") in whole
    assert _page._own_text("_page.js") in whole
