"""What pages share."""

from __future__ import annotations

import numpy as np
import pandas as pd

from domains._page import table
from domains.lesions.pictures.page_parts import LOOK, MOST_ROWS, SHOWN, first_names, shown
from domains.lesions.pictures.states import worst_first


def test_a_large_cohort_leaves_space_for_its_pictures():
    """Of ten pictures of some 40 kB."""
    rng = np.random.default_rng(0)
    numbers = {name: rng.random(3000) for name in SHOWN if name not in ("case", "label", "state")}
    many = pd.DataFrame({"case": [f"patient_{k:05d}" for k in range(3000)], "label": "whole tumour", "error": ""})
    html = table(shown(worst_first(many.assign(**numbers))), LOOK, most=MOST_ROWS)
    assert len(html.encode()) < 500_000
    assert f"the first {MOST_ROWS} of 3000 rows" in html


def test_the_field_of_view_is_shown_where_something_was_cut_off():
    rows = pd.DataFrame({"label": ["1", "2"], "dice": [0.5, 0.7], "left_out": [0.0, 12.0], "padded": 0.0})
    assert shown(rows).columns.tolist() == ["label", "dice", "left_out"]


def test_a_long_name_is_cut_and_many_are_counted():
    said = first_names(["a" * 100, *[f"case{k}" for k in range(9)]])
    assert said.startswith("a" * 59 + "…, case0, ")
    assert said.endswith("case6 and 2 more")
