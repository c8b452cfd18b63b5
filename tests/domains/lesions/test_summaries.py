from __future__ import annotations

from math import inf, nan

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from domains.lesions.summaries import Bootstrap, interval, summarise_label


def test_interval_is_scipys():
    values = np.random.default_rng(1).beta(8, 2, 60)
    ours = interval(values, "dice", Bootstrap(n_resamples=9999))
    theirs = scipy.stats.bootstrap((values,), np.mean, method="percentile", rng=0).confidence_interval
    assert ours[0] == values.mean()
    assert ours[1:] == pytest.approx(theirs, abs=2e-3)


def test_one_case_has_no_interval_and_none_has_no_value():
    assert interval(np.array([0.5, nan]), "dice") == pytest.approx((0.5, nan, nan), nan_ok=True)
    assert interval(np.array([nan]), "dice") == pytest.approx((nan, nan, nan), nan_ok=True)
    assert interval(np.array([2.0, 4.0, inf]), "hd95")[0] == 4


def test_a_bound_that_is_the_dice_is_left_out():
    sizes = {"intersection": [1.0, 2], "size_a": [2.0, 2], "size_b": [2.0, 2]}
    cases = pd.DataFrame({**sizes, "dice": [0.5, nan], "dice_low": [0.5, nan], "dice_high": [0.6, nan]})
    rows = summarise_label(cases, Bootstrap(n_resamples=10))
    assert [(row["index"], row["statistic"]) for row in rows] == [
        *(("dice", "mean"), ("dice_high", "mean")),
        ("dice", "pooled"),
    ]
