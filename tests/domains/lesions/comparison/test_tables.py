from __future__ import annotations

from io import StringIO
from math import inf
from pathlib import Path

import pandas as pd
from rich.console import Console

from domains.lesions import compare, consensus, example, read_image
from domains.lesions.comparison.tables import comparison_table, definition_lines, models_table, rows


def text(*parts):
    console = Console(width=200, record=True, file=StringIO())
    for part in parts:
        console.print(part)
    return console.export_text()


def test_a_row_for_each_label():
    raters = read_image(example())
    table = rows(compare(raters.isel(rater=0), raters.isel(rater=1), labels=[1, 2]))
    assert table["label"].tolist() == [1, 2]
    assert "n_defined" not in table


def test_the_bounds_are_shown_where_they_differ():
    raters = read_image(example()) == 1
    soft = compare(*(consensus(raters.isel(rater=k)) for k in ([0, 1], [2, 3])))
    shown = text(comparison_table(soft), *definition_lines(soft))
    assert "[0.627," in shown
    assert "lesions of lesion: 1 matched of 1 predicted and 1 reference (1 one to one)" in shown
    assert "the least and the most" in shown
    hard = compare(raters.isel(rater=0), raters.isel(rater=1))
    assert "the least and the most" not in text(comparison_table(hard), *definition_lines(hard))


def test_two_models_side_by_side():
    row = {"label": "1", "index": "hd95", "statistic": "median", "a": inf, "b": 2.0, "difference": inf, "low": -inf}
    more = {
        "high": inf,
        "better": "",
        "wins": 1,
        "ties": 0,
        "losses": 2,
        "n_undefined": 0,
        "missed_a": 2,
        "missed_b": 0,
    }
    names = Path("[red]one.csv"), Path("$two$.csv")
    table, line = models_table(pd.DataFrame([{**row, **more}]), *names, 3)
    shown = text(table)
    for line_of_title in ("A: [red]one.csv", "B: $two$.csv", "3 cases of both"):
        assert line_of_title in shown
    assert "hd95, mm  median     inf  2.0000        +inf  [-inf, inf]       –  1/0/2          0" in shown
    assert line == "missed of 1: 2 by A, 0 by B"
    (alone,) = models_table(pd.DataFrame([{**row, **more, "missed_a": 0}]), *names, 3)
    assert "better" in text(alone)
