"""Means over events: sums that add up, and what an empty side is worth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from domains.events import assess
from domains.events.protocols.means import Mean, mean_of, with_means
from overlap import EmptyPolicy


def mean(total, number):
    return Mean(xr.DataArray(total, dims="file"), xr.DataArray(number, dims="file"))


def test_ratios_are_taken_once_and_f_weighs_recall():
    data = with_means(xr.Dataset(), mean([1.5], [2]), mean([1.0], [4]), beta=2.0)
    assert float(data.precision[0]) == 0.75
    assert float(data.recall[0]) == 0.25
    assert float(data.f1[0]) == pytest.approx(2 * 0.75 * 0.25 / (0.75 + 0.25))
    assert float(data.f_beta[0]) == pytest.approx(5 * 0.75 * 0.25 / (4 * 0.75 + 0.25))


def test_sides_that_are_empty():
    # nobody, predicted only, annotated only, both and all wrong
    precision = mean([0.0, 0.0, 0.0, 0.0], [0, 3, 0, 3])
    recall = mean([0.0, 0.0, 0.0, 0.0], [0, 0, 2, 2])
    data = with_means(xr.Dataset(), precision, recall, beta=1.0)
    np.testing.assert_equal(data.precision.values, [np.nan, 0, np.nan, 0])
    np.testing.assert_equal(data.recall.values, [np.nan, np.nan, 0, 0])
    np.testing.assert_equal(data.f1.values, [np.nan, 0, 0, 0])
    np.testing.assert_equal(data.f_beta.values, data.f1.values)
    policy = EmptyPolicy(both_empty=1.0, prediction_empty=0.5)
    data = with_means(xr.Dataset(), precision, recall, empty=policy)
    np.testing.assert_equal(data.precision.values, [1, 0, 0.5, 0])


def test_sums_add_up_over_files_and_nan_is_no_value():
    rows = pd.DataFrame({"file": ["a", "a", "b"], "onset": [0, 2, 0], "offset": [1, 3, 1]})
    scored = assess(rows, rows, "tiou")
    values = pd.Series([0.25, np.nan, 0.5])
    apart = mean_of(scored.prediction, values, scored, "file")
    assert (apart.total.values.tolist(), apart.number.values.tolist()) == ([0.25, 0.5], [1, 1])
    assert float(mean_of(scored.prediction, values, scored, None).total) == 0.75
