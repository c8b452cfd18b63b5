"""Closed forms, and masks of whole seconds as the second opinion."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domains._checks import UsageError
from domains.events import (
    add_margins,
    as_events,
    clean,
    clip_to_support,
    drop_short,
    from_frames,
    merge_close,
    snap_to_grid,
    split_long,
)

ROWS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 12), st.sampled_from("fg"), st.sampled_from("xy")), max_size=12
)
LENGTH = 80
AT = 15
"""Where second 0 lies in a mask: margins reach before it."""


def table(rows):
    columns = {"onset": [r[0] for r in rows], "offset": [r[0] + r[1] for r in rows]}
    return as_events(pd.DataFrame(columns).assign(file=[r[2] for r in rows], label=[r[3] for r in rows]))


def times(events):
    return events[["onset", "offset"]].to_numpy().tolist()


def masks(events):
    """One row of whole seconds for each file and label."""
    mask = {(f, x): np.zeros(LENGTH, bool) for f in "fg" for x in "xy"}
    for r in events.itertuples():
        mask[r.file, r.label][AT + int(r.onset) : AT + int(r.offset)] = True
    return mask


def assert_same(a, b):
    for key, mask in a.items():
        np.testing.assert_array_equal(mask, b[key])


def closed(mask, min_gap):
    """Fill what lies between two True and is shorter than that."""
    filled = mask.copy()
    on = np.flatnonzero(mask)
    for i, j in pairwise(on):
        if j - i - 1 < min_gap:
            filled[i:j] = True
    return filled


def seconds(events):
    return sum(int(mask.sum()) for mask in masks(events).values())


def test_a_gap_at_the_limit_stays_and_one_below_is_filled():
    assert times(merge_close([[0, 1], [1.2, 2]], 0.2)) == [[0, 1], [1.2, 2]]
    assert times(merge_close([[0, 1.6], [1.8, 2]], 0.2)) == [[0, 1.6], [1.8, 2]]
    assert times(merge_close([[0, 1], [1.2, 2]], 0.201)) == [[0, 2]]
    assert times(merge_close([[0, 1], [1, 2], [1.5, 1.6]])) == [[0, 2]]


@pytest.mark.slow
@settings(max_examples=15)
@given(ROWS, st.integers(0, 6))
def test_merging_fills_short_gaps_of_masks_and_nothing_else(rows, min_gap):
    rows = [row for row in rows if row[1]]
    events = table(rows)
    merged = merge_close(events, min_gap)
    assert_same(masks(merged), {key: closed(mask, min_gap) for key, mask in masks(events).items()})
    step = merged.attrs["steps"][-1]
    assert (step["before"], step["after"]) == (len(rows), len(merged))
    assert (step["seconds_before"], step["seconds_after"]) == (seconds(events), seconds(merged))


@pytest.mark.slow
@settings(max_examples=12)
@given(ROWS, st.integers(1, 5))
def test_splitting_changes_no_second(rows, longest):
    events = table(rows)
    pieces = split_long(events, longest)
    assert_same(masks(pieces), masks(events))
    duration = pieces["offset"] - pieces["onset"]
    assert (duration <= longest).all()
    assert len(pieces) == sum(max(-(-r[1] // longest), 1) for r in rows)
    assert float(duration.sum()) == sum(r[1] for r in rows)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:events.add_margins")
@settings(max_examples=8)
@given(ROWS, st.integers(0, 4), st.integers(0, 4))
def test_margins_cover_the_same_time_whatever_becomes_of_those_that_meet(rows, before, after):
    events = merge_close(table([row for row in rows if row[1]]))
    wider = {
        key: np.any([np.roll(mask, k) for k in range(-before, after + 1)], axis=0)
        for key, mask in masks(events).items()
    }
    merged = add_margins(events, before, after)
    kept = add_margins(events, before, after, meeting="keep")
    shared = add_margins(events, before, after, meeting="share")
    assert_same(masks(merged), wider)
    assert_same(masks(kept), wider)
    np.testing.assert_allclose((kept["offset"] - kept["onset"]), (events["offset"] - events["onset"]) + before + after)
    assert float((shared["offset"] - shared["onset"]).sum()) == pytest.approx(sum(m.sum() for m in wider.values()))
    # each keeps its own time, and no two overlap
    assert len(shared) == len(events)
    assert (shared["onset"] <= events["onset"]).all()
    assert (shared["offset"] >= events["offset"]).all()
    for _, own in shared.groupby(["file", "label"]):
        by_time = own.sort_values("onset")
        assert (by_time["offset"].to_numpy()[:-1] <= by_time["onset"].to_numpy()[1:] + 1e-12).all()


@settings(max_examples=12)
@given(ROWS, st.integers(0, 6))
def test_dropping_leaves_every_long_row_as_it_was(rows, shortest):
    events = table([*rows, (0, 12, "f", "x")])
    kept = drop_short(events, shortest)
    assert times(kept) == [[r[0], r[0] + r[1]] for r in [*rows, (0, 12, "f", "x")] if r[1] >= shortest]


@pytest.mark.slow
@settings(max_examples=12)
@given(ROWS)
def test_clipping_is_the_mask_inside(rows):
    events = table(rows)
    clipped = clip_to_support(events, {"f": 20.0, "g": 35.0})
    expected = masks(events)
    for (file, _), mask in expected.items():
        mask[AT + (20 if file == "f" else 35) :] = False
    assert_same(masks(clipped), expected)


def test_an_event_in_two_stretches_is_two():
    stretches = pd.DataFrame({"file": ["", ""], "onset": [0.0, 10.0], "offset": [5.0, 20.0]})
    clipped = clip_to_support([[3, 12], [6, 8], [1, 2]], stretches)
    assert times(clipped) == [[3, 5], [10, 12], [1, 2]]
    assert clipped.attrs["steps"][0]["seconds_after"] == 5.0


def test_rows_keep_their_order_and_what_they_say():
    rows = pd.DataFrame(
        {
            "onset": [9.0, 4.0, 1.0, 5.5],
            "offset": [10.0, 5.0, 2.0, 6.0],
            "label": ["b", "a", "b", "a"],
            "confidence": [0.2, 0.4, np.nan, 0.9],
            "caller": ["v", "w", "x", "y"],
        }
    )
    merged = merge_close(rows, 1.0)
    assert times(merged) == [[9, 10], [4, 6], [1, 2]]
    assert merged["confidence"].tolist()[:2] == [0.2, 0.9]
    assert merged["caller"].tolist() == ["v", "w", "x"]
    assert rows["offset"].tolist() == [10.0, 5.0, 2.0, 6.0]


def test_files_and_labels_are_apart():
    rows = pd.DataFrame({"file": ["a", "b", "a"], "onset": [1, 2, 2.5], "offset": [2, 3, 3], "label": ["x", "x", "y"]})
    assert len(merge_close(rows, 10.0)) == 3
    assert times(add_margins(rows, 1, 1)) == [[0, 3], [1, 4], [1.5, 4]]


def test_what_begins_before_zero_is_told_and_cut_off_as_the_warning_says():
    with pytest.warns(UserWarning, match=r"1 of 2 events now before 0 s; .*clip_to_support\(events, None\)"):
        wider = add_margins([[0.5, 1], [5, 6]], 1.0, 1.0)
    assert times(wider) == [[-0.5, 2], [4, 7]]
    assert times(clip_to_support(wider, None)) == [[0, 2], [4, 7]]


def test_margins_that_meet_share_the_gap_in_their_ratio():
    shared = add_margins([[10, 11], [12, 13], [20, 21]], 1.0, 3.0, meeting="share")
    assert times(shared) == [[9, 11.75], [11.75, 16], [19, 24]]
    only_after = add_margins([[0, 1], [2, 3]], 0.0, 5.0, meeting="share")
    assert times(only_after) == [[0, 2], [2, 8]]
    with pytest.raises(UsageError, match=r"1 events overlap .*; pass merge_close\(events\)"):
        add_margins([[0, 5], [4, 9]], 1.0, 1.0, meeting="share")
    assert len(add_margins(merge_close([[1, 5], [4, 9]]), 1.0, 1.0, meeting="share")) == 1


def test_times_are_rounded_to_frames_and_points_are_told():
    assert times(snap_to_grid([[0.12, 0.38]], 10)) == [[0.1, 0.4]]
    assert times(snap_to_grid([[0.12, 0.38]], 10, rounding="floor")) == [[0.1, 0.3]]
    assert times(snap_to_grid([[0.29, 0.58]], 100, rounding="floor")) == [[0.29, 0.58]]
    with pytest.warns(UserWarning, match=r"1 of 2 events have become points.*rounding=\"cover\" keeps"):
        snapped = snap_to_grid([[0.12, 0.14], [1, 2]], 10)
    assert times(snapped) == [[0.1, 0.1], [1, 2]]
    assert times(snap_to_grid([[0.12, 0.14]], 10, rounding="cover")) == [[0.1, 0.2]]


def test_what_a_step_leaves_of_nothing_is_told():
    with pytest.warns(UserWarning, match="leaves none of 2 events, the longest lasts 1 s; it is in seconds"):
        assert drop_short([[0, 1], [3, 3.5]], 50).empty


def test_columns_that_count_frames_go_where_times_change():
    frames = from_frames([True, False, True, True, False, False, True], rate=10)
    assert "n_frames" not in merge_close(frames, 0.11)
    assert drop_short(frames, 0.15)["n_frames"].tolist() == [2]


@pytest.mark.filterwarnings("ignore:events.add_margins")
def test_all_steps_in_their_order_with_counts():
    rows = [[0, 1], [1.2, 2], [5, 5.01], [20, 21.06]]
    cleaned = clean(rows, merge=0.5, drop=0.05, extend=(1.0, 2.0), split=2.0, snap=10, support=22.5)
    assert times(cleaned) == [[0, 1], [1, 3], [3, 4], [19, 21], [21, 22.5]]
    done = pd.DataFrame(cleaned.attrs["steps"])
    assert done["step"].tolist() == ["merge", "drop", "extend", "split", "snap", "clip"]
    assert done["before"].tolist() == [4, 3, 2, 2, 6, 6]
    assert done["after"].tolist() == [3, 2, 2, 6, 6, 5]
    assert done["before"].tolist()[1:] == done["after"].tolist()[:-1]
    np.testing.assert_allclose(done["seconds_after"], [3.07, 3.06, 9.06, 9.06, 9.1, 7.5])
    one_by_one = snap_to_grid(split_long(add_margins(drop_short(merge_close(rows, 0.5), 0.05), 1, 2), 2.0), 10)
    assert clip_to_support(one_by_one, 22.5).equals(cleaned)
    assert len(one_by_one.attrs["steps"]) == 5


def test_the_name_of_a_table_stays():
    rows = as_events([[0, 1]])
    rows.attrs["name"] = "night"
    assert clean(rows, merge=1.0).attrs["name"] == "night"
    assert "steps" not in rows.attrs


def test_nothing_in_nothing_out():
    cleaned = clean([], merge=1, drop=1, extend=1.0, split=1, snap=1, support=9.0)
    assert cleaned.empty
    assert [step["after"] for step in cleaned.attrs["steps"]] == [0] * 6


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ({}, "events.clean: no step is named"),
        ({"merge": -1}, "events.merge_close: min_gap must be a number >= 0; got -1"),
        ({"merge": "90 s"}, "events.merge_close: min_gap must be a number >= 0; got '90 s'"),
        ({"merge": pd.Timedelta("50ms")}, "events.merge_close: min_gap must be a number"),
        ({"merge": np.timedelta64(50, "ms")}, "events.merge_close: min_gap must be a number"),
        ({"drop": np.nan}, "events.drop_short: min_duration must be"),
        ({"split": 0}, "events.split_long: max_duration must be a number > 0"),
        ({"split": 1e-12}, "events.split_long: .*pieces of max_duration"),
        ({"extend": (1.0, -1.0)}, "events.add_margins: after must be"),
        ({"extend": (1.0, 2.0, 3.0)}, r"events.clean: extend=.* has 3 numbers; pass \(before, after\)"),
        ({"extend": 1.0, "meeting": "clip"}, "events.add_margins: meeting must be one of"),
        ({"snap": 0}, "events.snap_to_grid: rate must be"),
        ({"snap": 10, "rounding": "round"}, "events.snap_to_grid: rounding must be one of"),
        ({"support": -1}, "events.as_support: support must be"),
    ],
    ids=str,
)
def test_wrong_settings_are_refused(steps, message):
    with pytest.raises((ValueError, MemoryError), match=f"^{message}"):
        clean([[0.0, 1000.0]], **steps)


def test_a_support_of_other_recordings_is_said():
    night = pd.DataFrame({"file": "night", "onset": [1.0, 15.0], "offset": [2.0, 16.0], "label": "sz"})
    with pytest.warns(
        UserWarning, match="clip_to_support: the support names 'night.edf', which no .* of 'night': of that"
    ):
        assert len(clip_to_support(night, {"night.edf": 10.0})) == 2
    with pytest.warns(UserWarning, match="the support says nothing of 'day': of that only what lies before 0 s is cut"):
        clip_to_support(pd.concat([night, night.assign(file="day")]), {"night": 10.0})
    # the remedy, followed
    assert len(clip_to_support(night, {"night": 10.0})) == 1
