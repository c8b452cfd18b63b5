"""Ward's taxonomy: the cases of the paper by hand, and what must add up for any events."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domains.events import as_events, ward_taxonomy
from domains.events.protocols.fragments import OF_PREDICTED, OF_REFERENCE, OF_TIME
from overlap import intervals

# found, reference, categories of found, of reference, kinds of time in their order
CASES = {
    "correct": ([[0, 5]], [[0, 5]], ["correct"], ["correct"], ["correct"]),
    "insertion": ([[0, 5]], [], ["insertion"], [], ["insertion"]),
    "deletion": ([], [[0, 5]], [], ["deleted"], ["deletion"]),
    "beside each other": ([[0, 5]], [[5, 9]], ["insertion"], ["deleted"], ["insertion", "deletion"]),
    "overfill": ([[0, 9]], [[2, 7]], ["correct"], ["correct"], ["overfill start", "correct", "overfill end"]),
    "underfill": ([[2, 7]], [[0, 9]], ["correct"], ["correct"], ["underfill start", "correct", "underfill end"]),
    "late": ([[2, 9]], [[0, 7]], ["correct"], ["correct"], ["underfill start", "correct", "overfill end"]),
    "fragmented": (
        [[0, 2], [4, 6]],
        [[0, 6]],
        ["fragmenting", "fragmenting"],
        ["fragmented"],
        ["correct", "fragmenting", "correct"],
    ),
    "merged": ([[0, 6]], [[0, 2], [4, 6]], ["merging"], ["merged", "merged"], ["correct", "merge", "correct"]),
    "fragmented and merged": (
        [[0, 2], [3, 8]],
        [[0, 5], [6, 8]],
        ["fragmenting", "fragmenting and merging"],
        ["fragmented and merged", "merged"],
        ["correct", "fragmenting", "correct", "merge", "correct"],
    ),
    "those that touch are one": ([[0, 2], [2, 6]], [[0, 6]], ["correct"], ["correct"], ["correct"]),
    "those that overlap are one": ([[0, 4], [2, 6]], [[0, 6]], ["correct"], ["correct"], ["correct"]),
}


@pytest.mark.parametrize("name", CASES)
def test_by_hand(name):
    a, b, of_a, of_b, of_time = CASES[name]
    found = ward_taxonomy(np.reshape(a, (-1, 2)), np.reshape(b, (-1, 2)))
    assert found.predicted["category"].tolist() == of_a
    assert found.reference["category"].tolist() == of_b
    told = (found.stretches["error"] + " " + found.stretches["at"]).str.strip()
    assert told.tolist() == of_time


def test_labels_and_files_are_apart():
    a = pd.DataFrame({"file": ["x", "x"], "onset": [0, 0], "offset": [5, 5], "label": ["red", "blue"]})
    b = pd.DataFrame({"file": ["x", "y"], "onset": [0, 0], "offset": [5, 5], "label": ["red", "blue"]})
    found = ward_taxonomy(a, b)
    assert found.predicted[["file", "label", "category"]].to_numpy().tolist() == [
        ["x", "blue", "insertion"],
        ["x", "red", "correct"],
    ]
    assert found.reference[["file", "label", "category"]].to_numpy().tolist() == [
        ["x", "red", "correct"],
        ["y", "blue", "deleted"],
    ]


def test_nothing_at_all():
    summary = ward_taxonomy(np.empty((0, 2)), np.empty((0, 2))).summary()
    assert summary["count"].sum() == 0
    assert summary["category"].tolist() == [*OF_PREDICTED, *OF_REFERENCE, *OF_TIME]


def test_possession_against_its_reference():
    """One threshold cuts the dribbles of the scene: three possessions into twenty-nine, none of them lost."""
    from domains.events import player_and_ball, possession

    tracks, truth = player_and_ball()
    players = {"red": "red", "blue": "blue"}
    how = {"rate": 25, "index": "containment", "enter": 0.8}
    exact = ward_taxonomy(possession(tracks, "ball", players, leave=0.3, **how), truth)
    assert set(exact.predicted["category"]) == set(exact.stretches["error"]) == {"correct"}
    cut = ward_taxonomy(possession(tracks, "ball", players, **how), truth)
    assert cut.reference["category"].tolist() == ["fragmented"] * 3
    assert set(cut.predicted["category"]) == {"fragmenting"}
    assert set(cut.stretches["error"]) == {"correct", "fragmenting", "underfill"}


sides = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 6)), max_size=12).map(
    lambda rows: np.array([[begin, begin + length] for begin, length in rows], float).reshape(-1, 2)
)


@pytest.mark.slow
@settings(max_examples=8)
@given(sides, sides)
def test_what_must_add_up(a, b):
    found = ward_taxonomy(a, b)
    seconds = found.summary().set_index(["of", "category"])["seconds"]
    shared = intervals.measure(a, b)
    time = seconds["time"]
    assert time["correct"] == shared.intersection
    assert time[["correct", "insertion", "merge", "overfill"]].sum() == shared.size_a
    assert time[["correct", "deletion", "fragmenting", "underfill"]].sum() == shared.size_b
    counts = found.summary().set_index(["of", "category"])["count"]
    assert counts["predicted"]["correct"] == counts["reference"]["correct"]
    # in the mirror a merge is a fragment: swapped sides, swapped names
    mirrored = ward_taxonomy(b, a).summary().set_index(["of", "category"])["count"]
    in_mirror = ["correct", "merged", "fragmented", "fragmented and merged", "deleted"]
    assert mirrored["predicted"].tolist() == counts["reference"][in_mirror].tolist()


@pytest.mark.slow
@settings(max_examples=8)
@given(sides, sides)
def test_shift_and_scale(a, b):
    one = ward_taxonomy(a, b)
    other = ward_taxonomy(as_events(a * 4 + 1024), as_events(b * 4 + 1024))
    assert one.predicted["category"].tolist() == other.predicted["category"].tolist()
    assert one.reference["category"].tolist() == other.reference["category"].tolist()
    assert one.stretches["error"].tolist() == other.stretches["error"].tolist()
