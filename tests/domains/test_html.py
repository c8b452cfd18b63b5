"""What a notebook shows of results."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

import overlap as ov
from domains._html import MOST_ROWS, result_html
from domains._report import build


@pytest.fixture
def report():
    o = ov.Overlap([3, 0], [4, 0], [5, 0])
    return build(o, {"label": ["<b>core</b>", "rim"]}, prediction="<script>a</script>", reference='"b" & c', units="s")


def test_the_result_is_well_formed(report):
    tree = ElementTree.fromstring(result_html("Scored", report, {"grid": "2 × 2"}).replace("<br>", "<br/>"))
    text = "".join(tree.itertext())
    assert "Scored" in text
    assert "prediction: <script>a</script>" in text
    assert 'reference: "b" & c' in text
    assert "0.5" in text
    assert "2 × 2" in text


def test_names_from_outside_are_escaped(report):
    html = result_html("<i>", report, {"<u>": "<s>"})
    for tag in ("<script>", "<b>core", "<i>", "<u>", "<s>"):
        assert tag not in html


def test_an_undefined_index_says_so(report):
    assert "<td>undefined</td>" in result_html("Scored", report)


def test_many_rows_are_cut():
    n = 500
    report = build(ov.Overlap([1] * n, [1] * n, [1] * n), {"label": range(n)}, prediction="a", reference="b", units="s")
    assert result_html("Scored", report).count("<tr") < 3 * MOST_ROWS


def of_events():
    from domains.events import assess

    return assess(np.array([[0.0, 2.0]]), np.array([[1.0, 3.0]]))


def of_regions():
    from domains.ramachandran import hard_sphere
    from domains.ramachandran.comparison.comparison import assess

    return assess(hard_sphere())


def of_lesions():
    from domains.lesions import as_image, assess

    mask = as_image(np.ones((2, 2, 2), bool), spacing=(1, 1, 1))
    return assess(mask, mask)


@pytest.mark.parametrize("make", [of_events, of_regions, of_lesions])
def test_what_assess_returns_shows_itself(make):
    html = make()._repr_html_()
    assert "prediction: " in html
    assert "<details>" in html
