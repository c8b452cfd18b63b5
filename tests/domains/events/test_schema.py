"""Closed forms and refusals."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from domains._checks import UsageError
from domains.events import as_events, as_support, read_events
from domains.events.schema import COLUMNS


def test_the_schema():
    table = as_events(pd.DataFrame({"onset": [3, 1], "offset": [4, 2], "note": ["x", "y"]}, index=[7, 9]))
    assert table.columns.tolist() == [*COLUMNS, "note"]
    assert table.index.tolist() == [0, 1]
    assert table["onset"].tolist() == [3.0, 1.0]
    assert table["file"].tolist() == ["", ""]
    assert table["confidence"].isna().all()


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({"filename": ["a"], "onset": [0], "offset": [1], "event_label": ["x"]}, ["a", 0, 1, "x"]),
        ({"onset": [1], "duration": [2], "trial_type": ["go"]}, ["", 1, 3, "go"]),
        ({"video-id": ["v"], "t-start": [1], "t-end": [2], "label": [3], "score": [0.5]}, ["v", 1, 2, "3"]),
        # a column of the schema's own name wins over another tool's
        ({"onset": [1], "offset": [2], "label": ["ours"], "event_label": ["theirs"]}, ["", 1, 2, "ours"]),
    ],
)
def test_names_of_other_tools(theirs, ours):
    assert as_events(pd.DataFrame(theirs)).iloc[0, :4].tolist() == ours


@pytest.mark.parametrize("empty", [[], np.empty((0, 2)), pd.DataFrame({"onset": [], "offset": []})])
def test_no_events(empty):
    assert as_events(empty).columns.tolist() == COLUMNS
    assert len(as_events(empty)) == 0


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"onset": [1.0]}, "needs columns onset and offset"),
        ({"onset": [1.0, 5], "offset": [2.0, 4]}, r"1 of 2 rows have an offset before its onset \(rows 1\)"),
        ({"onset": [1.0, np.nan], "offset": [2.0, 4]}, "no finite onset"),
        ({"onset": [1.0], "offset": [np.inf]}, "no finite onset"),
        ({"onset": ["one"], "offset": [2]}, "events.as_events: events: column onset has a value that is no number"),
        ({"onset": [1], "offset": [2], "confidence": ["high"]}, "column confidence"),
    ],
)
def test_malformed_tables(table, message):
    with pytest.raises(ValueError, match=message):
        as_events(pd.DataFrame(table))


@pytest.mark.parametrize(
    ("table", "what"),
    [
        (3, "is a int"),
        ("events.csv", "is a str"),
        (None, "is a NoneType"),
        (np.zeros((2, 3)), r"has shape \(2, 3\)"),
        (np.array([10.0, 5]), r"has shape \(2,\)"),
        ([[1, 2, 3]], r"has shape \(1, 3\)"),
        ([[1, 2], [3]], "is a list of other things than pairs of numbers"),
        ([["a", "b"]], "is a list of other things than pairs of numbers"),
    ],
)
def test_what_is_no_table(table, what):
    message = what + r"; pass \(n, 2\) seconds or a DataFrame, such as read_events\(path\).events"
    with pytest.raises(TypeError, match=message):
        as_events(table)


def test_what_read_events_returns_is_no_table_but_its_events_are(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("onset,offset\n0,1\n")
    annotations = read_events(path)
    with pytest.raises(TypeError, match=r"is a Annotations; .*read_events\(path\).events"):
        as_events(annotations)
    assert len(as_events(annotations.events)) == 1


@pytest.mark.parametrize(
    ("support", "expected"),
    [
        (None, {"a": (0, np.nan), "b": (0, np.nan)}),
        (60, {"a": (0, 60), "b": (0, 60)}),
        ({"a": 60.0, "c": 5}, {"a": (0, 60), "b": (0, np.nan), "c": (0, 5)}),
        (pd.DataFrame({"filename": ["a", "b"], "duration": [60, 30]}), {"a": (0, 60), "b": (0, 30)}),
        (pd.DataFrame({"file": ["a"], "onset": [10], "offset": [20]}), {"a": (10, 20), "b": (0, np.nan)}),
    ],
)
def test_support(support, expected):
    found = as_support(support, ["b", "a", "b"])
    assert found.index.tolist() == list(expected)
    np.testing.assert_array_equal(found.to_numpy(float), list(expected.values()))


def test_support_is_a_set_of_stretches():
    rows = [("b", 5, 9), ("a", 30, 40), ("a", 0, 10), ("a", 10, 20), ("a", 35, 50), ("b", 5, 9)]
    found = as_support(pd.DataFrame(rows, columns=["file", "onset", "offset"]), ["c"])
    assert found.index.tolist() == ["a", "a", "b", "c"]
    np.testing.assert_array_equal(found, [[0, 20], [30, 50], [5, 9], [0, np.nan]])
    again = as_support(found.reset_index(), [])
    assert again.index.tolist() == found.index.tolist()
    np.testing.assert_array_equal(again, found)


@pytest.mark.parametrize(
    ("support", "message"),
    [
        (0, "support must be a number > 0; got 0"),
        (-5, "support must be a number > 0; got -5"),
        (np.nan, "support must be a number > 0; got nan"),
        (np.inf, "support must be a number > 0; got inf"),
        ({"a": 60.0, "b": -1.0}, r"1 of 2 recordings have no finite duration > 0 \(the first: 'b', -1 s\)"),
        ({"a": 0}, r"the first: 'a', 0 s"),
        ({"a": np.inf}, r"the first: 'a', inf s"),
        (pd.DataFrame({"file": ["a"], "onset": [20], "offset": [10]}), r"the first: 'a', -10 s"),
        (pd.DataFrame({"file": ["a", "a"], "duration": [1, 2]}), "a file twice"),
        (
            pd.DataFrame({"file": ["a", "a"], "onset": [0, 5], "offset": [2, np.nan]}),
            "several stretches and no onset or",
        ),
        ("60", "must be seconds, a mapping of file to seconds or a table; got '60'"),
        ({"a": "long"}, "column duration has a value that is no number"),
        (pd.DataFrame({"file": ["a"]}), "needs columns file and duration"),
    ],
)
def test_malformed_support(support, message):
    with pytest.raises(ValueError, match=message):
        as_support(support, ["a"])


# ---- objects of other libraries, which are known by what they have


def test_annotations_of_mne():
    """As mne 1.13.2 has them: arrays of onset, duration and description."""
    annotations = SimpleNamespace(
        onset=np.array([1.5, 3.0]), duration=np.array([0.5, 0.0]), description=np.array(["blink", "BAD"])
    )
    table = as_events(annotations)
    assert table[["file", "onset", "offset", "label"]].to_numpy().tolist() == [
        ["", 1.5, 2.0, "blink"],
        ["", 3.0, 3.0, "BAD"],
    ]


@pytest.mark.parametrize(("uri", "file"), [("f1", "f1"), (None, "")])
def test_an_annotation_of_pyannote(uri, file):
    """As pyannote.core 6.1.0 has it: tracks of segments."""
    turn = SimpleNamespace(start=0.5, end=1.75)
    annotation = SimpleNamespace(uri=uri, itertracks=lambda yield_label: [(turn, "A", "anna"), (turn, "B", 2)])
    table = as_events(annotation)
    assert table[["file", "onset", "offset", "label"]].to_numpy().tolist() == [
        [file, 0.5, 1.75, "anna"],
        [file, 0.5, 1.75, "2"],
    ]
    empty = as_events(SimpleNamespace(uri=uri, itertracks=lambda yield_label: []))
    assert len(empty) == 0


# ---- dates and durations


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_durations_become_seconds_whatever_their_unit(unit):
    onset = pd.to_timedelta([1, 61], unit="s").as_unit(unit)
    table = as_events(pd.DataFrame({"onset": onset, "duration": onset}))
    assert table[["onset", "offset"]].to_numpy().tolist() == [[1, 2], [61, 122]]
    pairs = np.array([[1, 2], [61, 62]], "m8[s]").astype(f"m8[{unit}]")
    assert as_events(pairs)["offset"].tolist() == [2, 62]


@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_dates_become_seconds_since_1970(zone):
    onset = pd.to_datetime(["1970-01-01 02:00:00.5", "2001-09-09 01:46:40.0"]).tz_localize("UTC").tz_convert(zone)
    onset = onset if zone else onset.tz_localize(None)
    table = as_events(pd.DataFrame({"onset": onset, "duration": [1.0, 2.0]}))
    assert table["onset"].tolist() == [7200.5, 1e9]
    assert table["offset"].tolist() == [7201.5, 1e9 + 2]
    both = as_events(pd.DataFrame({"onset": onset, "offset": onset + pd.Timedelta(1, "s")}))
    assert both["offset"].tolist() == [7201.5, 1e9 + 1]
    as_objects = as_events(pd.DataFrame({"onset": onset.astype(object), "duration": [1.0, 2.0]}))
    assert as_objects["onset"].tolist() == [7200.5, 1e9]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"onset": pd.to_datetime(["2001-01-01"]), "offset": [5.0]}, "one of onset and offset holds dates"),
        ({"onset": [1.0], "offset": pd.to_datetime(["2001-01-01"])}, "one of onset and offset holds dates"),
        ({"onset": [1.0], "duration": pd.to_datetime(["2001-01-01"])}, "column duration holds dates"),
        ({"onset": ["00:00:01"], "offset": ["00:00:02"]}, "column onset has a value that is no number"),
        ({"onset": pd.period_range("2001", periods=1), "duration": [1]}, "column onset holds periods"),
    ],
)
def test_times_of_two_kinds_are_refused(columns, message):
    with pytest.raises(ValueError, match=message):
        as_events(pd.DataFrame(columns))


@pytest.mark.parametrize("onset", ["Start", "start_seconds", "startSec", "onset_s", "start_time"])
def test_what_tools_call_the_onset(onset):
    table = as_events(pd.DataFrame({onset: [1.0], "Duration": [2.0]}))
    assert table["offset"].tolist() == [3]


@pytest.mark.parametrize("duration", [9.0, 0.0, 2.006, -1.0])
def test_a_duration_that_contradicts_the_offset_is_refused_and_dropping_it_helps(duration):
    table = pd.DataFrame({"onset": [5.0, 0.0], "offset": [6.5, 1.0], "duration": [1.5, duration]})
    with pytest.raises(ValueError, match=r"1 of 2 rows have a duration that is not offset - onset \(rows 1\); drop or"):
        as_events(table)
    assert as_events(table.drop(columns="duration"))["offset"].tolist() == [6.5, 1.0]


@pytest.mark.parametrize(
    ("onset", "offset", "duration"),
    [
        (1 / 3, 4 / 3, 1.0),
        (1 / 3, 5 / 6, 0.5),
        (1.2345, 3.4688, 2.23),
        (1.234, 3.468, 2.235),
        (1.7e9 + 0.25, 1.7e9 + 1.5, 1.25),
        (0.0, 1.0, np.nan),
        (3.0, 3.0, 0.0),
    ],
)
def test_a_duration_that_says_the_same_within_rounding_is_accepted(onset, offset, duration):
    table = pd.DataFrame({"onset": [onset], "offset": [offset], "duration": [duration]})
    assert as_events(table)["offset"].tolist() == [offset]


ZONED = pd.Series([pd.Timestamp("2026-01-01", tz="UTC")])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pd.DataFrame([[1, 2, 3]], columns=["onset", "onset", "offset"]), "2 columns are called onset; keep the one"),
        (
            pd.DataFrame({"start": [1], "onset_s": [5], "end": [2]}),
            r"two columns could be the onset \(start and onset_s\)",
        ),
        (pd.DataFrame({"onset": [True], "offset": [True]}), "column onset is of type bool; times are real numbers"),
        (pd.DataFrame({"onset": [1 + 0j], "offset": [2 + 0j]}), "column onset is of type complex128"),
        (pd.DataFrame({"onset": [10**400], "offset": [2]}), "column onset has a value that is no number"),
        (
            pd.DataFrame({"onset": ZONED, "offset": ZONED.dt.tz_localize(None)}),
            "one of onset and offset has a time zone",
        ),
        (np.ma.array([[1.0, 2.0], [3.0, 4.0]], mask=[[0, 0], [1, 0]]), "1 of 2 rows have no finite onset and offset"),
        (np.array([[1, 2]], "m8"), "times without a unit; say it, as by values.astype"),
        (np.array([[False, True]]), "an array of type bool; pass"),
    ],
    ids=["twice", "two names", "bool", "complex", "huge", "zones", "masked", "no unit", "flags"],
)
def test_times_that_are_no_times_are_refused(table, message):
    with pytest.raises((TypeError, ValueError), match=f"^events.as_events: events: .*{message}"):
        as_events(table)


def test_a_usual_name_beside_another_is_the_one_that_counts():
    table = as_events(pd.DataFrame({"onset": [1.0], "start": [9.0], "offset": [2.0]}))
    assert table[["onset", "start"]].to_numpy().tolist() == [[1.0, 9.0]]


def test_whether_it_was_scored_is_no_duration():
    with pytest.raises(UsageError, match="the duration of 'night' is True; give seconds"):
        as_support({"night": True}, [])
