"""Staircases, areas and what is found as thresholds fall: by hand, and one threshold at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domains.events.protocols.psd_roc import (
    Changes,
    Counts,
    Staircase,
    area,
    effective_curve,
    found_as_thresholds_fall,
    staircase,
)


def test_a_staircase_keeps_the_highest_so_far():
    stairs = staircase(np.array([3.0, 1.0, 2.0, 0.0]), np.array([0.9, 0.5, 0.4, 0.1]))
    assert stairs.rate.tolist() == [0, 1, 2, 3]
    assert stairs.height.tolist() == [0.1, 0.5, 0.5, 0.9]
    assert stairs.at(np.array([0.0, 1.5, 9.0])).tolist() == [0.1, 0.5, 0.9]
    assert staircase(np.zeros(0), np.zeros(0)).at(np.array([0.0, 5.0])).tolist() == [0, 0]


def test_areas():
    stairs = Staircase(np.array([0.0, 1.0, 3.0]), np.array([0.2, 0.5, 1.0]))
    assert area(*stairs, 2.0) == pytest.approx(0.35)
    assert area(*stairs, 3.0) == pytest.approx(1.2 / 3)
    assert area(*stairs, None) == pytest.approx(1.2 / 3)
    assert np.isnan(area(np.zeros(0), np.zeros(0), 1.0))
    assert np.isnan(area(np.zeros(1), np.ones(1), None))


PAIR = st.tuples(st.integers(0, 2), st.integers(1, 4), st.integers(1, 6), st.integers(1, 3), st.booleans())


@settings(max_examples=60)
@given(st.lists(PAIR, max_size=10))
def test_at_each_threshold_as_many_are_found_as_their_shares_say(pairs):
    row = np.array([pair[0] for pair in pairs], int)
    share = np.array([pair[1] / 4 for pair in pairs])
    high = np.array([pair[2] for pair in pairs], float)
    low = np.array([pair[2] - pair[3] if pair[4] else -np.inf for pair in pairs], float)
    rows, at, amount = found_as_thresholds_fall(row, share, high, low, 0.5)
    for threshold in np.arange(-3, 7):
        is_there = (high >= threshold) & (low < threshold)
        covered = np.bincount(row[is_there], share[is_there], 3)
        found = np.bincount(rows[at >= threshold], amount[at >= threshold], 3)
        assert found.tolist() == (covered >= 0.5).astype(int).tolist()


def changes(*at):
    """Return changes by one of label 0 in file 0."""
    nought = np.zeros(len(at), int)
    return Changes(np.array(at), nought, nought, nought, np.ones(len(at), int))


def test_a_curve_goes_by_every_threshold():
    """Of four references one is found from 0.9 on, two from 0.5; a false alarm comes at 0.7, another at 0.3."""
    counts = Counts(
        changes(0.9, 0.5), changes(0.7, 0.3), changes(), np.array([[4]]), np.array([[40.0]]), np.array([1800.0]), None
    )
    curve = effective_curve(counts, alpha_ct=0.0, alpha_st=0.0, unit=3600.0, version="0.3", single="scored")
    assert curve.rate.tolist() == [0, 2, 4]
    assert curve.effective.tolist() == [0.25, 0.5, 0.5]
