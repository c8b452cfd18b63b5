"""Visits added up by hand: a walk through three zones."""

from __future__ import annotations

import pandas as pd
import pytest

from domains.events import dwell, possession, transitions

ZONES = {"left": (0.0, 0.0, 10.0, 10.0), "right": (20.0, 0.0, 30.0, 10.0), "attic": (0.0, 90.0, 10.0, 99.0)}
WALK = "..LLL..R..RRLL."


def walk():
    """A mouse of side 2, ten frames a second, in the zone whose letter stands for the frame."""
    place = {"L": 5, "R": 25, ".": 15}
    rows = [[frame, "mouse", place[c] - 1, 4, place[c] + 1, 6] for frame, c in enumerate(WALK)]
    return pd.DataFrame(rows, columns=["frame", "track", "x1", "y1", "x2", "y2"])


def visits(**options):
    return possession(walk(), "mouse", ZONES, rate=10, index="containment", **options)


def test_entries_first_entry_and_dwell():
    table = dwell(visits(file="day 1")).set_index("label")
    assert table.loc["left"].tolist() == ["day 1", 2, 0.2, pytest.approx(0.5), pytest.approx(0.25), pytest.approx(0.3)]
    assert table.loc["right", ["entries", "first_entry"]].tolist() == [2, 0.7]
    assert table.loc["right", "dwell"] == pytest.approx(0.3)
    # never entered, and there all the same
    assert table.loc["attic", ["entries", "dwell"]].tolist() == [0, 0.0]
    assert table.loc["attic", ["first_entry", "mean", "longest"]].isna().all()


def test_who_comes_after_whom():
    table = transitions(visits(exclusive="nearest"))
    # left, right, right, left
    assert table.loc["left"].tolist() == [0, 1, 0]
    assert table.loc["right"].tolist() == [1, 1, 0]
    assert table.loc["attic"].tolist() == [0, 0, 0]
    assert table.to_numpy().sum() == len(visits()) - 1


def test_recordings_do_not_follow_each_other():
    two = pd.concat([visits(file="a"), visits(file="b")], ignore_index=True)
    assert transitions(two).to_numpy().sum() == 6
    assert dwell(two)["entries"].sum() == 8


def test_visits_that_overlap_have_no_order():
    events = pd.DataFrame({"onset": [0.0, 1.0], "offset": [2.0, 3.0], "label": ["red", "blue"]})
    with pytest.raises(ValueError, match="'red' until 2 s and 'blue' from 1 s overlap; .*exclusive=\"nearest\""):
        transitions(events)
    assert dwell(events)["dwell"].tolist() == [2.0, 2.0]


def test_nothing():
    nothing = possession(walk(), "mouse", ZONES["attic"], rate=10)
    assert dwell(nothing)["entries"].tolist() == [0]
    assert transitions(nothing).to_numpy().tolist() == [[0]]
