"""Events at every threshold: runs of frames counted one threshold at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domains.events.protocols.frame_scores import events_at_every_threshold, nearest_lower

SCORES = st.lists(st.integers(0, 4).map(lambda k: k / 4), min_size=1, max_size=12)


def frames(scores, file="f", begin=0.0):
    onset = begin + np.arange(len(scores)) * 0.5
    return pd.DataFrame(
        {"file": file, "onset": onset, "offset": onset + 0.5, "label": "x", "confidence": np.array(scores, float)}
    )


def runs(scores, threshold):
    """Where scores reach a threshold, as (first, after the last)."""
    is_on = np.array([0, *(score >= threshold for score in scores), 0])
    change = np.diff(is_on)
    return list(zip(np.flatnonzero(change == 1), np.flatnonzero(change == -1), strict=True))


@pytest.mark.slow
@settings(max_examples=15)
@given(SCORES, SCORES)
def test_at_each_threshold_the_runs_are_there(first, second):
    tables = [frames(first, "f"), frames(second, "g"), frames(second, "g", begin=100.0)]
    events = events_at_every_threshold(pd.concat(tables))
    for threshold in np.arange(0, 4.5) / 4:
        there = events[(events["confidence"] >= threshold) & (events["until"] < threshold)]
        found = sorted(zip(there["file"], there["onset"] * 2, there["offset"] * 2, strict=True))
        expected = [("f", a, b) for a, b in runs(first, threshold)]
        expected += [("g", a + shift, b + shift) for shift in (0, 200) for a, b in runs(second, threshold)]
        assert found == sorted(expected)
    assert len(events) <= len(first) + 2 * len(second)


@settings(max_examples=20)
@given(SCORES)
def test_the_nearest_lower_one(scores):
    score = np.array([-np.inf, *scores])
    expected = [max((j for j in range(i) if score[j] < score[i]), default=0) for i in range(len(score))]
    assert nearest_lower(score).tolist() == expected


def test_no_frames():
    assert events_at_every_threshold(frames([])).empty


def test_frames_that_overlap_are_refused():
    twice = pd.concat([frames([0.5]), frames([0.7], begin=0.2)])
    with pytest.raises(ValueError, match="1 frames overlap the next of their file and label .*leave out rows='frames'"):
        events_at_every_threshold(twice)
