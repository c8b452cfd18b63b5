"""How a mean and its interval are written."""

from __future__ import annotations

import pandas as pd
import pytest


@pytest.fixture(scope="module")
def with_interval(example):
    return example("intervals").with_interval


def test_values_that_agree(with_interval):
    values = pd.Series([0.25, 0.25, 0.25])
    assert with_interval(values) == "0.250 [0.250, 0.250]"
    assert with_interval(values, sign="+") == "+0.250 [+0.250, +0.250]"
    assert with_interval(-values / 1000, sign="+") == "+0.000 [+0.000, +0.000]"


def test_cases_of_one_group_are_one_draw(with_interval):
    """By hand: of two groups, means of 0, of both, and of 1."""
    values = pd.Series([0.0, 0.0, 1.0, 1.0])
    groups = pd.Series(["a", "a", "b", "b"])
    assert with_interval(values, groups) == "0.500 [0.000, 1.000]"
