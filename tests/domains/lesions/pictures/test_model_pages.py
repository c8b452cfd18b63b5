from __future__ import annotations

from math import inf

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from domains import _console
from domains.cli import app
from domains.lesions import compare_models
from domains.lesions.pictures.model_pages import models_page

pytestmark = pytest.mark.usefixtures("undrawn")


def scores(dice, hd95):
    sizes = {"size_a": [2.0] * 4, "size_b": [2.0] * 4, "intersection": np.array(dice) * 2.0}
    missed = np.isinf(hd95) * 1.0
    cases = {"case": ["a", "<b>", "c", "d"], "label": "1", "error": ""}
    table = pd.DataFrame({**cases, **sizes, "dice": dice, "hd95": hd95, "missed": missed})
    table.attrs["settings"] = {"preset": "monai"}
    return table


A = scores([0.9, 0.8, 0.9, 0.95], [1.0, 2.0, 1.5, 1.0])
B = scores([0.7, 0.75, 0.6, 0.0], [3.0, 2.5, 4.0, inf])


@pytest.fixture(scope="module")
def html():
    found = compare_models(A, pd.concat([B, B[:1].assign(case="<e>")]))
    return models_page(*found, {"A": "<i>one</i>.csv", "B": "two.csv", "infinite": "keep"}, ["a <note>"])


@pytest.mark.slow
def test_it_says_who_is_better_in_what_first(html):
    top = html.split("<section>")[0]
    assert "4 cases compared, 1 not: see Not compared" in top
    assert "label 1, mean dice: A is better, A minus B +0.375" in top
    assert "label 1, median hd95: A is better, A minus B -2.250" in top
    assert "label 1: A misses it in no cases, B in 1 case" in top
    assert html.count("<img") == 2


@pytest.mark.slow
def test_the_farthest_apart_stands_first(html):
    cases = html.split("<h2>Cases</h2>")[1].split("<tbody>")[1]
    first = cases.split("</tr>")[0]
    assert first.split("</td>")[0].endswith(">d")


def test_nothing_in_it_is_obeyed(html):
    for text in ("<b>", "<i>one", "<e>", "<note>"):
        assert text not in html
    assert "&lt;i&gt;one&lt;/i&gt;.csv" in html
    assert "http" not in html.split("Content-Security-Policy")[1]


def test_models_that_are_alike():
    html = models_page(*compare_models(A, A), {"A": "one.csv", "B": "two.csv"})
    assert "no interval lies on one side of 0" in html
    assert "4 cases compared<" in html


def test_the_command_saves_it(tmp_path):
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for path, table in zip(paths, (A, B), strict=True):
        _console.save_table(table, path)
    page = tmp_path / "models.html"
    done = CliRunner().invoke(app, ["lesions", "compare-models", *map(str, paths), "--html", str(page)])
    assert done.exit_code == 0, done.output
    assert "label 1: A misses it in no cases, B in 1 case" in page.read_text()
