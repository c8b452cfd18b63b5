"""Masks of other tools, loops over frames, and the way there and back."""

from __future__ import annotations

import json
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domains._checks import UsageError
from domains.events import from_frames, to_frames
from domains.events.frames.rounding import ROUNDINGS
from domains.events.frames.switches import runs

PEERS = json.loads((Path(__file__).parents[3] / "data" / "frames.json").read_text(encoding="utf-8"))
OF_TOOL = {"timescoring": "nearest_even", "epilepsy2bids": "floor", "librosa": "floor"}


@cache
def all_runs(rounding):
    """Return the runs of the mask of each case."""
    return [runs_of(case, rounding) for case in PEERS["cases"]]


def runs_of(case, rounding):
    n_frames = PEERS["duration"] * case["rate"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = to_frames(case["events"], rate=case["rate"], n_frames=n_frames, rounding=rounding)
    start, stop = runs(found.values[:, 0])
    return np.stack([start, stop], axis=1).tolist()


def times(events):
    return events[["onset", "offset"]].to_numpy().tolist()


@pytest.mark.slow
@pytest.mark.parametrize("tool", OF_TOOL)
def test_masks_are_those_of_the_tool(tool):
    assert all_runs(OF_TOOL[tool]) == [case[tool] for case in PEERS["cases"]]


@pytest.mark.slow
def test_events_of_a_mask_are_those_of_timescoring():
    for case in PEERS["cases"]:
        mask = np.zeros(PEERS["duration"] * case["rate"], bool)
        for first, stop in case["timescoring"]:
            mask[first:stop] = True
        np.testing.assert_allclose(times(from_frames(mask, rate=case["rate"])), case["back"] or np.empty((0, 2)))


@pytest.mark.slow
def test_sed_eval_touches_a_frame_too_many_where_a_quotient_is_rounded():
    """5.6 s begin frame 56 of 0.1 s; 5.6 / 0.1 is 55.99999999999999, and sed_eval marks frame 55 too."""
    pairs = zip(all_runs("cover"), [case["sed_eval"] for case in PEERS["cases"]], strict=True)
    different = [(ours, theirs) for ours, theirs in pairs if ours != theirs]
    assert len(different) == 2
    ours, theirs = different[0]
    assert [56, 61] in ours
    assert [55, 61] in theirs


@pytest.mark.slow
def test_mir_eval_counts_the_end_of_an_event():
    """Where an offset lies on the begin of a frame, it is in the event for mir_eval, and not for half-open events."""
    n_on_frame = 0
    for case, ours in zip(PEERS["cases"], all_runs("ceil"), strict=True):
        ends_on_frame = any((round(b * 100) * case["rate"]) % 100 == 0 for _, b in case["events"])
        n_on_frame += ends_on_frame
        assert ends_on_frame or ours == case["mir_eval"]
    assert n_on_frame == 12
    assert runs_of({"rate": 10, "events": [[1.34, 2.0]]}, "ceil") == [[14, 20]]


@pytest.mark.slow
@settings(max_examples=12)
@given(
    mask=st.lists(st.booleans(), max_size=40),
    rounding=st.sampled_from(list(ROUNDINGS)),
    rate=st.one_of(st.floats(1e-3, 1e6), st.integers(1, 1000)),
)
def test_a_mask_comes_back_as_it_was(mask, rounding, rate):
    mask = np.array(mask, bool)
    events = from_frames(mask, rate=rate)
    back = to_frames(events, rate=rate, n_frames=len(mask), rounding=rounding, labels=[""])
    np.testing.assert_array_equal(back.values[:, 0], mask)
    assert (back.events["outcome"] == "whole").all()
    assert back.events["n_frames"].tolist() == events["n_frames"].tolist()


@pytest.mark.slow
@settings(max_examples=12)
@given(
    lengths=st.lists(st.floats(0.01, 10), min_size=2, max_size=20),
    seed=st.integers(0, 99),
    rounding=st.sampled_from(list(ROUNDINGS)),
)
def test_uneven_frames_come_back_too(lengths, seed, rounding):
    edges = np.append(0, np.cumsum(lengths)) + 3
    mask = np.random.default_rng(seed).random((len(lengths), 2)) < 0.5
    events = from_frames(mask, times=edges, labels=["a", "b"])
    back = to_frames(events, times=edges, n_frames=len(lengths), rounding=rounding, labels=["a", "b"])
    np.testing.assert_array_equal(back.values, mask)
    assert np.isclose((events["offset"] - events["onset"]).sum(), (mask * np.array(lengths)[:, None]).sum())


@pytest.mark.slow
@settings(max_examples=20)
@given(st.lists(st.sampled_from(["", "a", "b"]), max_size=30))
def test_labels_come_back_as_they_were(labels):
    events = from_frames(np.array(labels, dtype=str), rate=25)
    back = to_frames(events, rate=25, n_frames=len(labels), as_="labels")
    assert back.values.tolist() == labels


def test_two_thresholds_hold_what_one_would_cut():
    score = [0.2, 0.6, 0.9, 0.5, 0.4, 0.7, 0.1, 0.6]
    one = from_frames(score, rate=1, enter=0.55)
    two = from_frames(score, rate=1, enter=0.8, leave=0.35)
    assert times(one) == [[1, 3], [5, 6], [7, 8]]
    assert times(two) == [[2, 6]]
    assert two["confidence"][0] == pytest.approx(np.mean(score[2:6]))


def test_columns_of_a_table_are_the_labels():
    table = pd.DataFrame({"owl": [0.9, 0.1, 0.1], "fox": [0.2, 0.8, 0.9]})
    events = from_frames(table, rate=1, enter=0.5)
    assert events["label"].tolist() == ["owl", "fox"]
    assert times(events) == [[0, 1], [1, 3]]


def test_a_median_takes_single_frames_away():
    mask = np.array([0, 1, 0, 0, 1, 1, 0, 1, 1], bool)
    assert times(from_frames(mask, rate=1, median=3)) == [[4, 9]]
    score = np.where(mask, 0.9, 0.1)
    assert times(from_frames(score, rate=1, enter=0.5, median=3)) == [[4, 9]]


def test_whole_numbers_are_labels_where_the_background_is_named():
    events = from_frames([0, 1, 1, 2, 0], rate=1, background=0)
    assert events["label"].tolist() == ["1", "2"]
    all_of_them = from_frames([0, 1, 1, 2, 0], rate=1, background=[])
    assert all_of_them["n_frames"].sum() == 5
    stages = from_frames(pd.Series(["W", "N2", None, "N2"]), rate=1 / 30, background=["W"])
    assert times(stages) == [[30, 60], [90, 120]]


def test_the_last_frame_lasts_as_the_one_before_unless_its_end_is_given():
    mask = [False, True, True]
    assert times(from_frames(mask, times=[0, 1, 3])) == [[1, 5]]
    assert times(from_frames(mask, times=[0, 1, 3, 4])) == [[1, 4]]


def test_no_event_is_lost():
    """Each has its row and what became of it; the warning counts."""
    rows = [[0.1, 0.3], [0.42, 0.44], [0.5, 0.9], [-0.2, 0.1], [2, 3], [-2, -1], [0.35, 0.35]]
    with pytest.warns(UserWarning, match=r"of 7 events 2 in no frame .*, 2 cut .*, 2 outside") as caught:
        found = to_frames(rows, rate=10, n_frames=8, rounding="floor")
    assert found.events["outcome"].tolist() == [
        "whole", "in no frame", "cut", "cut", "outside", "outside", "in no frame",
    ]  # fmt: skip
    assert found.values[:, 0].astype(int).tolist() == [1, 1, 1, 0, 0, 1, 1, 1]
    assert len(caught) == 1
    with pytest.warns(UserWarning, match="2 cut"), pytest.warns(UserWarning, match="3 stretches .* are 1 run"):
        kept = to_frames(rows, rate=10, n_frames=8, rounding="floor", keep_short=True)
    assert kept.events["outcome"].tolist().count("widened") == 2
    assert kept.events.loc[[1, 6], ["first_frame", "n_frames"]].to_numpy().tolist() == [[4, 1], [3, 1]]


def test_a_gap_that_is_no_frame_is_told():
    with pytest.warns(UserWarning, match="2 stretches with gaps between them are 1 run of frames"):
        to_frames([[0.1, 0.31], [0.33, 0.5]], rate=10, n_frames=8)


def test_labels_that_share_a_frame_have_a_column_each():
    table = pd.DataFrame({"onset": [0, 1], "offset": [2, 3], "label": ["a", "b"]})
    with pytest.raises(ValueError, match=r'1 frames have several labels \(frame 1: \["a", "b"\]\); pass as_="mask"'):
        to_frames(table, rate=1, n_frames=3, as_="labels")
    assert to_frames(table, rate=1, n_frames=3).values.sum(axis=0).tolist() == [2, 2]


def test_the_events_of_one_recording():
    table = pd.DataFrame({"file": ["a", "b"], "onset": [0, 1], "offset": [2, 3]})
    with pytest.raises(ValueError, match=r'2 recordings .*events\[events\["file"\] == "a"\]'):
        to_frames(table, rate=1, n_frames=3)
    assert to_frames(table[table["file"] == "a"], rate=1, n_frames=3).values.sum() == 2


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ([0, 1, 1], {}, r"may be a mask or labels; pass values.astype\(bool\)"),
        ([0.2, 0.9], {}, "enter= is missing"),
        ([0.2, 70.0], {"enter": 0.5}, "frame 1 has the score 70; scores lie in"),
        ([0.2, np.nan], {"enter": 0.5}, r"1 of 2 scores are NaN \(the first in frame 1\)"),
        (np.full((2, 3), 0.5), {"enter": 0.5, "labels": ["a", "b"]}, "frames are rows: pass values.T"),
        ([0.2, 0.9], {"enter": 70}, "enter must be"),
        ([0.2, 0.9], {"enter": 0.3, "leave": 0.5}, "leave=0.5 is above"),
        ([0.2, 0.9], {"enter": 0.3, "median": 2}, "an odd number"),
        ([True, False], {"enter": 0.5}, "enter=0.5 is for scores"),
        (["a", "b"], {"enter": 0.5}, "enter=0.5 is for scores"),
        (["a", "b"], {"median": 3}, "median=3 is for masks and scores"),
        ([True, None], {}, "fill what is missing"),
        ([[True, False]], {}, r"2 columns and labels=\[''\]"),
        ([["a", "b"]], {}, "one a frame"),
        ([[[True]]], {}, "have shape"),
        (np.array([1 + 2j]), {}, "of type complex"),
    ],
    ids=str,
)
def test_what_is_not_declared_is_refused(values, options, message):
    with pytest.raises(ValueError, match=f"^events.from_frames: .*{message}"):
        from_frames(values, rate=10, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "neither of rate= and times="),
        ({"rate": 10}, r"n_frames= is missing; pass how many there are, round\(duration \* rate\)"),
        ({"rate": 0, "n_frames": 3}, "rate must be"),
        ({"rate": 1, "n_frames": -1}, "n_frames must be"),
        ({"times": [0, 2, 1]}, "rise from frame to frame"),
        ({"times": [0, 1, 2], "n_frames": 7}, "times have shape"),
        ({"times": [0]}, "1 times do not say how long"),
        ({"rate": 1, "n_frames": 3, "labels": ["b"]}, r'other labels than labels=: \[""\]'),
        ({"rate": 1, "n_frames": 3, "labels": "b"}, r"is one text; pass a list, \['b'\]"),
        ({"rate": 1, "n_frames": 3, "as_": "roll"}, "as_ must be one of"),
        ({"rate": 1e9, "n_frames": 10**12}, "1000000000000 frames of 1 labels"),
    ],
    ids=str,
)
def test_how_frames_lie_has_to_be_said(options, message):
    with pytest.raises((ValueError, MemoryError), match=f"events.to_frames: .*{message}"):
        to_frames([[0, 1]], **options)


def test_the_remedies_give_the_number():
    assert times(from_frames(np.array([0, 1, 1]).astype(bool), rate=10)) == [[0.1, 0.3]]
    assert to_frames([[0, 1]], rate=10, n_frames=2 * 10).values.sum() == 10
    assert from_frames([], rate=10, enter=0.5).empty
    assert to_frames(np.empty((0, 2)), rate=10, n_frames=4).values.shape == (4, 0)


def test_a_wrong_option_is_one_of_use():
    with pytest.raises(UsageError):
        from_frames([0, 1], rate=1)


def test_the_remedy_for_missing_scores_gives_the_events_of_the_others():
    scores = np.nan_to_num([0.1, np.nan, 0.9], nan=0.0)
    assert from_frames(scores, rate=10, enter=0.5)[["onset", "offset"]].to_numpy().tolist() == [[0.2, 0.3]]


def test_the_remedy_for_frames_in_columns():
    scores = np.array([[0.1, 0.9, 0.9], [0.9, 0.1, 0.1]])
    events = from_frames(scores.T, rate=1, enter=0.5, labels=["a", "b"])
    assert events[["onset", "offset", "label"]].to_numpy().tolist() == [[0.0, 1.0, "b"], [1.0, 3.0, "a"]]


TWO = np.array([[0.9, 0.6, 0.2, 0.2], [0.4, 0.6, 0.6, 0.1]]).T


def test_a_threshold_for_each_label():
    how = {"rate": 1, "labels": ["owl", "fox"]}
    found = from_frames(TWO, enter={"owl": 0.8, "fox": 0.5}, leave={"fox": 0.5, "owl": 0.2}, **how)
    alone = [from_frames(TWO[:, 0], rate=1, labels="owl", enter=0.8, leave=0.2)]
    alone.append(from_frames(TWO[:, 1], rate=1, labels="fox", enter=0.5))
    assert found.equals(pd.concat(alone, ignore_index=True))
    assert found[["onset", "offset"]].to_numpy().tolist() == [[0, 4], [1, 3]]
    assert from_frames(TWO, enter={"owl": 0.5, "fox": 0.5}, **how).equals(from_frames(TWO, enter=0.5, **how))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"enter": {"owl": 0.5}}, "enter has none for 'fox'; give one for each label"),
        ({"enter": {"owl": 0.5, "fox": 0.5, "cat": 0.1}}, "enter names 'cat'; give one for each label"),
        ({"enter": {"owl": 0.5, "fox": 50}}, r"enter\['fox'\] must be a number >= 0 and <= 1; got 50"),
        ({"enter": [0.8, 0.6]}, "enter is a list; say whose each threshold is: enter={'owl': 0.5, 'fox': 0.5}"),
        ({"enter": 0.5, "leave": {"owl": 0.1, "fox": 0.7}}, "leave=0.7 is above enter=0.5 of 'fox'"),
    ],
)
def test_thresholds_of_labels_that_are_wrong(options, message):
    with pytest.raises(UsageError, match=f"^events.from_frames: {message}"):
        from_frames(TWO, rate=1, labels=["owl", "fox"], **options)


@pytest.mark.parametrize("labels", ["", ["owl", "fox"]])
def test_frames_the_wrong_way_round(labels):
    with pytest.raises(UsageError, match="frames are rows: pass values.T, the transpose"):
        from_frames(TWO.T, rate=1, labels=labels, enter=0.5)


def test_labels_of_frames_are_texts_or_numbers():
    with pytest.raises(ValueError, match="a frame has a label that is a object; pass texts or whole numbers"):
        from_frames([object()], rate=1)
