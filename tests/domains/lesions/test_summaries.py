from __future__ import annotations

from math import inf

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from domains.lesions import summarise
from domains.lesions.summaries import interval


def test_summary_by_hand():
    scores = pd.DataFrame(
        {
            "label": ["1"] * 4 + ["2"],
            "error": ["", "", "", "", ""],
            "intersection": [1.0, 2, 0, 0, 1],
            "size_a": [2.0, 2, 0, 0, 1],
            "size_b": [2.0, 2, 3, 0, 1],
            "dice": [0.5, 1, 0, np.nan, 1],
            "hd95": [2.0, 0, inf, np.nan, 0],
        }
    )
    table = summarise(scores).set_index(["label", "index", "statistic"])
    dice, hd95, pooled = (
        table.loc[k] for k in (("1", "dice", "mean"), ("1", "hd95", "median"), ("1", "dice", "pooled"))
    )
    assert (dice["value"], dice.n_scored, dice.n_undefined, dice.n_missed) == (0.5, 3, 1, 1)
    assert (hd95["value"], hd95.high) == (2, inf), "a miss is never dropped"
    assert pooled["value"] == pytest.approx(6 / 11)
    assert table.loc[("2", "dice", "mean")]["value"] == 1
    assert np.isnan(table.loc[("2", "dice", "mean")]["low"])


def test_errors_count_in_no_mean():
    scores = pd.DataFrame({"label": ["1", ""], "error": ["", "broken"], "dice": [0.5, np.nan]})
    sizes = pd.DataFrame({"intersection": [1.0, np.nan], "size_a": [2.0, np.nan], "size_b": [2.0, np.nan]})
    assert summarise(scores.join(sizes))["label"].unique().tolist() == ["1"]


def test_interval_is_scipys():
    values = np.random.default_rng(1).beta(8, 2, 60)
    ours = interval(values, "dice", n_resamples=9999)
    theirs = scipy.stats.bootstrap((values,), np.mean, method="percentile", rng=0).confidence_interval
    assert ours[0] == values.mean()
    assert ours[1:] == pytest.approx(theirs, abs=2e-3)
