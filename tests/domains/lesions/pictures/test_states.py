"""What became of a label, in a word, and the worst first."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from domains.lesions.pictures.states import lesions_in_words, worst_first


def test_misses_come_before_low_scores_and_nothing_last():
    rows = pd.DataFrame(
        {
            "label": ["empty", "low", "missed", "far", "near"],
            "dice": [np.nan, 0.1, 0.2, 0.5, 0.5],
            "hd95": [np.nan, 9.0, np.inf, 8.0, 1.0],
            "size_a": [0.0, 1, 1, 1, 1],
            "size_b": [0.0, 1, 1, 1, 1],
            "missed": [0, 0, 1, 0, 0],
        }
    )
    ordered = worst_first(rows)
    assert ordered["label"].tolist() == ["missed", "low", "far", "near", "empty"]
    assert ordered["state"].tolist() == ["missed", "", "", "", "in neither"]


def test_each_kind_of_row_has_its_state():
    rows = pd.DataFrame(
        {
            "label": list("abcdef"),
            "dice": [0.0, 0.0, np.nan, 0.0, np.nan, 0.7],
            "hd95": [np.inf, np.inf, np.nan, np.inf, np.nan, 1.0],
            "size_a": [0.0, 0, 0, 4, 0, 5],
            "size_b": [3.0, 3, 0, 0, 0, 5],
            "missing": pd.array([0, 1, 1, 0, 0, pd.NA], "Int64"),
        }
    )
    states = worst_first(rows).set_index("label")["state"].to_dict()
    assert states == {
        "a": "missed",
        "b": "missed, no prediction",
        "c": "no prediction",
        "d": "not in the reference",
        "e": "in neither",
        "f": "",
    }


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((1, 1, 0, 0), "1 of 1 reference lesions matched"),
        ((0, 0, 0, 2), "no reference lesion, 2 spurious"),
        ((3, 1, 0, 0), "1 of 3 reference lesions matched, 2 touched"),
        ((3, 0, 3, 0), "0 of 3 reference lesions matched, 3 missed"),
    ],
)
def test_lesions_in_words(counts, said):
    names = ("reference", "matched", "missed", "spurious")
    assert lesions_in_words({f"lesions_{name}": n for name, n in zip(names, counts, strict=True)}) == said
