from __future__ import annotations

import tracemalloc
from math import inf, nan

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from domains._checks import UsageError
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


@pytest.mark.parametrize(("index", "statistic"), [("dice", np.mean), ("hd95", np.median)])
def test_interval_in_blocks_is_that_of_the_whole_table(index, statistic):
    values = np.random.default_rng(2).gamma(2, 3, 3001)
    values[::50] = inf
    resamples = np.random.default_rng(7).choice(values, (60, 3001))
    expected = np.quantile(statistic(resamples, axis=1), [0.05, 0.95], method="inverted_cdf")
    assert interval(values, index, Bootstrap(0.9, 60, 7)) == (statistic(values), *expected)


@pytest.mark.parametrize("index", ["dice", "hd95"])
def test_memory_is_of_the_order_of_the_cases(index):
    values = np.random.default_rng(2).gamma(2, 3, 50_000)
    tracemalloc.start()
    interval(values, index, Bootstrap(n_resamples=60))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * 12 * len(values)


def test_a_case_that_is_empty_on_both_sides_takes_no_interval_away():
    sizes = {"intersection": [1.0, 2, 3], "size_a": [2.0, 2, 4], "size_b": [2.0, 4, 4]}
    cases = pd.DataFrame({**sizes, "dice": [0.5, 2 / 3, 0.75]})
    empty = pd.DataFrame({name: [nan if name == "dice" else 0.0] for name in cases})
    (*_, pooled) = summarise_label(cases, Bootstrap())
    (*_, with_empty) = summarise_label(pd.concat([cases, empty]), Bootstrap())
    assert 0.5 <= pooled["low"] < pooled["high"] <= 0.75
    assert (with_empty["low"], with_empty["high"]) == (pooled["low"], pooled["high"])


def test_settings_that_are_refused():
    with pytest.raises(UsageError, match="level must be a number > 0 and <= 1"):
        Bootstrap(level=95)
    with pytest.raises(UsageError, match=r"level must be below 1, such as 0\.95; got 1"):
        Bootstrap(level=1)
