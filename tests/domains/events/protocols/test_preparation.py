"""Closed forms; masks of samples and of segments as the second opinion."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domains.events import as_events, as_support
from domains.events.protocols.preparation import (
    cut_into_segments,
    merge_and_split,
    on_grid,
    ordered,
    unite,
    united,
    without_duplicates,
)

ROWS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12), st.sampled_from("fg"), st.sampled_from("xy")))


def table(rows, unit=1.0):
    columns = {"onset": [r[0] * unit for r in rows], "offset": [(r[0] + r[1]) * unit for r in rows]}
    return as_events(pd.DataFrame(columns).assign(file=[r[2] for r in rows], label=[r[3] for r in rows]))


def times(events):
    return events[["onset", "offset"]].to_numpy().tolist()


def masks(events, n):
    """One row of whole seconds for each file and label."""
    mask = {(f, x): np.zeros(n, bool) for f in "fg" for x in "xy"}
    for r in events.itertuples():
        mask[r.file, r.label][int(r.onset) : int(r.offset)] = True
    return mask


@pytest.mark.slow
@settings(max_examples=12)
@given(ROWS)
def test_the_union_is_that_of_masks_and_disjoint(rows):
    events = table(rows)
    whole = unite(events, as_support(45, ["f", "g"]))
    for key, mask in masks(events, 45).items():
        part = whole[(whole["file"] == key[0]) & (whole["label"] == key[1])]
        np.testing.assert_array_equal(masks(part, 45)[key], mask)
        edges = part[["onset", "offset"]].to_numpy().ravel()
        assert (np.diff(edges) > 0).all()
        assert float((part["offset"] - part["onset"]).sum()) == mask.sum()


@settings(max_examples=12)
@given(ROWS)
def test_segments_are_those_that_the_mask_touches(rows):
    events = table(rows, 0.25)
    pieces = cut_into_segments(events, as_support(8.0, ["f", "g"]))
    expected = {(r.file, r.label, k) for r in events.itertuples() for k in range(8) if r.onset < k + 1 and r.offset > k}
    # a point inside a segment touches it; on the grid, it touches none
    points = {(r.file, r.label, int(r.onset)) for r in events.itertuples() if r.onset == r.offset and r.onset % 1}
    found = list(pieces[["file", "label", "segment"]].itertuples(index=False, name=None))
    assert len(found) == len(set(found))
    assert set(found) == expected | {p for p in points if p[2] < 8}


def test_a_grid_begins_with_the_support():
    support = as_support(pd.DataFrame({"file": [""], "onset": [0.5], "offset": [3.0]}), [])
    pieces = cut_into_segments(as_events([[0.0, 1.0], [2.5, 9.0]]), support)
    assert pieces["segment"].tolist() == [0, 2]
    assert times(pieces) == [[0.5, 1.5], [2.5, 3.5]]


def test_the_grid_and_the_last_bit():
    exact = np.array([0.3, 0.6, 0.7])
    assert on_grid(exact, 0.1, 0.0, np.floor).tolist() == [2, 5, 6]
    assert on_grid(exact, 0.1, 1e-9, np.floor).tolist() == [3, 6, 7]
    assert on_grid(np.array([np.inf]), 0.1, 0.0, np.ceil).tolist() == [np.inf]


def test_samples_round_half_to_even():
    whole = unite(as_events([[0.5, 2.5], [10.6, 11.4], [20.4, 20.45]]), as_support(None, [""]), rate=1.0)
    assert times(whole) == [[0, 2]]


@pytest.mark.parametrize(
    ("rows", "options", "expected"),
    [
        ([[0, 10], [99, 110]], {}, [[0, 110]]),
        ([[0, 10], [100, 110]], {}, [[0, 10], [100, 110]]),
        ([[0, 300]], {}, [[0, 300]]),
        ([[0, 650]], {}, [[0, 300], [300, 600], [600, 650]]),
        # timescoring 0.0.7, measured: what is nested or out of order goes wrong
        ([[0, 100], [10, 20]], {}, [[0, 20]]),
        ([[50, 60], [0, 10]], {}, [[50, 10]]),
        ([[0, 100], [10, 20]], {"order": "time"}, [[0, 100]]),
        ([[50, 60], [0, 10]], {"order": "time"}, [[0, 60]]),
        ([[50, 60], [0, 10]], {"order": "time", "min_gap": 0}, [[0, 10], [50, 60]]),
        ([], {}, []),
    ],
)
def test_merging_and_splitting(rows, options, expected):
    assert times(merge_and_split(as_events(rows), **options)) == expected


def test_files_do_not_merge():
    events = as_events(pd.DataFrame({"file": list("fgf"), "onset": [0, 1, 2], "offset": [3, 4, 5]}))
    assert len(merge_and_split(events, order="time")) == 2
    assert len(merge_and_split(events)) == 3, "rows that are not beside each other"


def test_which_labels_are_seizures():
    events = as_events(
        pd.DataFrame({"onset": [0, 1000, 2000], "offset": [5, 1005, 2005], "label": ["sz_foc", "", "eye"]})
    )
    assert merge_and_split(events)["onset"].tolist() == [0, 1000]
    assert merge_and_split(events, labels=("eye",))["onset"].tolist() == [1000, 2000]


def test_near_duplicates_are_of_one_file_and_label():
    rows = [[0, 1, "f", "x"], [0.0005, 1.0005, "f", "x"], [0, 1, "f", "y"], [0, 1, "g", "x"], [0, 1.1, "f", "x"]]
    reference = as_events(pd.DataFrame(rows, columns=["onset", "offset", "file", "label"]))
    assert times(without_duplicates(reference, 1e-3)) == [[0, 1], [0, 1], [0, 1], [0, 1.1]]
    assert len(without_duplicates(reference, None)) == 5


def test_nothing_is_changed_in_place():
    events = as_events([[50, 60], [0, 400.0]])
    copy = events.copy()
    support = as_support(100, [""])
    prepared = [
        ordered(events, "time"),
        without_duplicates(events, 1.0),
        merge_and_split(events),
        cut_into_segments(events, support),
        unite(events, support),
    ]
    assert all(len(x) for x in prepared)
    pd.testing.assert_frame_equal(events, copy)


def test_united_says_where_each_began():
    whole, row = united(np.array([[5.0, 6], [0, 2], [2, 3], [0, 9]]), np.array([0, 0, 0, 1]))
    assert whole.tolist() == [[0, 3], [5, 6], [0, 9]]
    assert row.tolist() == [1, 0, 3]


def test_the_order_of_time():
    columns = {"file": list("gff"), "onset": [0, 5, 5], "offset": [1, 6, 6], "confidence": [0.1, 0.2, 0.3]}
    events = as_events(pd.DataFrame(columns))
    assert ordered(events, "rows")["confidence"].tolist() == [0.1, 0.2, 0.3]
    assert ordered(events, "time")["confidence"].tolist() == [0.3, 0.2, 0.1]
