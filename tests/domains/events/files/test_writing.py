"""What is written is read back the same, in every format, or a row says what is not."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from domains._checks import UsageError
from domains._files import ReadError
from domains.events import Annotations, as_events, read_events, write_events
from domains.events.files.writing import NO_CHARACTER, NO_PLACE, NO_RECORDING, NOT_BACK, ROUNDED, WRITTEN
from domains.events.formats import FORMATS

HOLDS = {
    # label, confidence, several recordings, recordings without events, their durations, further columns
    "csv": "label confidence several eventless further",
    "tsv": "label confidence several eventless further",
    "dcase": "label several eventless",
    "bids": "label confidence further",
    "hed_score": "label confidence duration",
    "rttm": "label confidence several",
    "activitynet": "label confidence several eventless duration",
    "audacity": "label",
    "raven": "label confidence further",
    "tusz": "label confidence duration",
    "mne": "label confidence further",
    "uem": "several",
    "onsets": "label",
    "stages": "label",
}
"""By hand, from what the formats are."""
ONLY_POINTS = ("onsets",)
ONLY_EPOCHS = ("stages",)
OF_ANY_TIMES = [kind for kind in WRITTEN if kind not in (*ONLY_POINTS, *ONLY_EPOCHS)]


def events_for(kind, **columns):
    """Three events that the times of a format allow."""
    onset = np.array([0.0, 30.0, 60.0])
    offset = onset if kind in ONLY_POINTS else onset + 30
    return as_events(pd.DataFrame({"onset": onset, "offset": offset, **columns}))


def written(events, path, kind, **options):
    """Write, and return what is left out without its warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return write_events(events, path, kind, **options)


def test_every_format_that_is_written_is_in_the_table():
    assert list(WRITTEN) == list(HOLDS)
    assert {name for name, form in FORMATS.items() if form.write} == set(HOLDS)


@pytest.mark.parametrize("kind", HOLDS)
def test_what_each_format_holds_comes_back_and_the_rest_is_told(kind, tmp_path):
    path = tmp_path / f"a{FORMATS[kind].ending}"
    holds = set(HOLDS[kind].split())
    tries = {
        "label": {"label": ["x", "y", "x"]},
        "confidence": {"label": "x", "confidence": [0.5, 0.1 + 0.2, 1e-7]},
        "further": {"label": "x", "mood": ["glad", "sad", ""]},
    }
    for name, columns in tries.items():
        events = events_for(kind, **columns)
        left_out = written(events, path, kind)
        back = read_events(path, kind).events
        column = "mood" if name == "further" else name
        told = left_out["where"].tolist()
        if name in holds:
            assert column not in told
            pd.testing.assert_series_equal(back[column], events[column], check_dtype=False)
        else:
            assert column in told
            assert column not in back or (back[column].isin([""]) | back[column].isna()).all()
        assert set(left_out["reason"]) <= {NO_PLACE}
        assert back[["onset", "offset"]].equals(events[["onset", "offset"]])


@pytest.mark.parametrize("kind", HOLDS)
def test_several_recordings_or_the_remedy(kind, tmp_path):
    path = tmp_path / f"a{FORMATS[kind].ending}"
    events = events_for(kind, label="x", file=["f", "g", "f"])
    if "several" not in HOLDS[kind]:
        with pytest.raises(UsageError, match=f"there are 2 recordings .* a file of {kind} is of one; write a file for"):
            write_events(events, path, kind)
        assert not path.exists()
        return
    written(events, path, kind)
    back = read_events(path, kind).events
    names = ["file", "onset", "offset"]
    order = {"by": "file", "kind": "stable", "ignore_index": True}
    assert back[names].sort_values(**order).equals(events[names].sort_values(**order))


@pytest.mark.parametrize("kind", HOLDS)
def test_recordings_without_events_and_how_long_they_are(kind, tmp_path):
    path = tmp_path / f"a{FORMATS[kind].ending}"
    events = events_for(kind, label="x", file="a")
    support = pd.DataFrame({"file": ["a", "b"], "duration": [90.0, 60.0]})
    if "several" not in HOLDS[kind]:
        support = support[:1]
    left_out = written(Annotations(events, pd.DataFrame(), support), path, kind)
    told = left_out[left_out["where"] != "label"]
    back = read_events(path, kind).support.set_index("file")["duration"]
    assert ("duration" in told["where"].tolist()) == ("duration" not in HOLDS[kind])
    if "duration" in HOLDS[kind]:
        assert back["a"] == 90.0
    if "several" in HOLDS[kind]:
        assert ("b" in back) == ("eventless" in HOLDS[kind])
        assert (NO_RECORDING in told["reason"].tolist()) == ("eventless" not in HOLDS[kind])


@pytest.mark.parametrize("kind", HOLDS)
def test_a_recording_without_events_alone(kind, tmp_path):
    path = tmp_path / f"a{FORMATS[kind].ending}"
    none = events_for(kind)[:0]
    support = pd.DataFrame({"file": ["a"], "duration": [60.0]})
    written(Annotations(none, pd.DataFrame(), support), path, kind)
    found = read_events(path, kind)
    assert found.events.empty
    assert found.support["file"].tolist() == ["a"]
    assert found.support["duration"].isin([60.0]).all() == ("duration" in HOLDS[kind])


WILD = st.text(alphabet=st.sampled_from("aé \t\n\r\"',;#=-\\|<>/&\x00\ufeff\u2028nbcg"), max_size=6)
NAMES = st.one_of(WILD, st.sampled_from(["n/a", "nan", "<NA>", "bckg", "NaN", "'=1", "-owl", "1.5", "a.wav", ""]))
TIMES = st.floats(0, 1e6, allow_subnormal=False)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*no column is known as the label")
@pytest.mark.parametrize("kind", OF_ANY_TIMES)
@settings(max_examples=3, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(rows=st.lists(st.tuples(NAMES, TIMES, TIMES, NAMES, NAMES), max_size=4))
def test_whatever_names_and_times_there_are_nothing_is_lost_unsaid(kind, rows, tmp_path_factory):
    """Each event comes back with all its texts and its times to the last bit, or a row tells of it."""
    path = tmp_path_factory.mktemp("wild") / f"a{FORMATS[kind].ending}"
    file = "several" in HOLDS[kind]
    table = pd.DataFrame(rows, columns=["file", "onset", "offset", "label", "mood"])
    table["offset"] = table[["onset", "offset"]].max(axis=1)
    events = as_events(table if file else table.drop(columns="file"))
    try:
        left_out = written(events, path, kind)
    except ReadError as error:
        if "can hold none of" not in str(error):
            raise
        return
    back = read_events(path, kind).events
    told = left_out["where"].tolist()
    is_told = np.array([f"event {k}" in told for k in range(len(events))], dtype=bool)
    kept = events[~is_told]
    assert len(back) == len(kept)
    order = {"by": "file", "kind": "stable", "ignore_index": True}
    if kind == "activitynet":
        kept = kept.assign(file=kept["file"].replace("", "a"))
        groups = {name: k for k, name in enumerate(dict.fromkeys(kept["file"]))}
        kept = kept.sort_values(key=lambda names: names.map(groups), **order)
    for name in ("file", "label", "mood"):
        if name in told:
            continue
        meant = kept[name].replace("", "a") if name == "file" else kept[name]
        found = back[name] if name in back else pd.Series([""] * len(back), dtype=object)
        assert found.tolist() == meant.tolist()
    difference = np.abs(back[["onset", "offset"]].to_numpy() - kept[["onset", "offset"]].to_numpy())
    is_rounded = ROUNDED in left_out["reason"].tolist()
    assert difference.max(initial=0) <= (1e-9 if is_rounded else 0)


@pytest.mark.parametrize("kind", ["bids", "hed_score", "rttm", "mne"])
def test_an_offset_that_no_duration_gives_is_told_and_is_no_warning(kind, tmp_path):
    """2.29 + 9.45 is 11.739999999999998 in binary numbers, and no neighbour of 9.45 gives 11.74."""
    path = tmp_path / f"a{FORMATS[kind].ending}"
    neighbours = [9.45, np.nextafter(9.45, 0), np.nextafter(9.45, 10)]
    assert all(2.29 + duration != 11.74 for duration in neighbours)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        left_out = write_events([[2.29, 11.74], [1.0, 2.0]], path, kind)
    assert left_out[["where", "reason", "detail"]].to_numpy().tolist() == [
        ["offset", ROUNDED, "1 of 2 events, by 4 units in the last place"]
    ]
    assert abs(read_events(path, kind).events["offset"].iloc[0] - 11.74) < 2e-15


def test_what_is_left_out_is_one_warning_and_a_row_each(tmp_path):
    events = pd.DataFrame(
        {"onset": [0, 1], "offset": [1, 2], "label": ["anna", "bert b"], "score": [0.5, 1], "mood": ["glad", ""]}
    )
    path = tmp_path / "a.rttm"
    with pytest.warns(UserWarning, match=r"events.write_events: .*a.rttm: mood: no place in the format .*; 1 more row"):
        left_out = write_events(events, path)
    assert left_out[["where", "reason"]].to_numpy().tolist() == [["mood", NO_PLACE], ["event 1", NO_CHARACTER]]
    assert left_out["detail"].tolist() == [
        "1 of 2 events have one; rttm has no place for it",
        "label 'bert b' has ' '",
    ]
    assert set(left_out["file"]) == {str(path)}
    # the remedies
    events["label"] = events["label"].str.replace(" ", "_")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert write_events(events, path, drop=["mood"]).empty
    assert read_events(path).events["label"].tolist() == ["anna", "bert_b"]


def test_a_name_that_the_reader_takes_otherwise_does_not_come_back(tmp_path):
    left_out = written(
        pd.DataFrame({"onset": [0, 1], "offset": [1, 2], "label": ["sz", "bckg"]}), tmp_path / "a.tsv", "hed_score"
    )
    assert left_out[["where", "reason"]].to_numpy().tolist() == [["event 1", NOT_BACK]]


def test_nothing_that_can_be_held_is_an_error_and_no_file(tmp_path):
    path = tmp_path / "a.rttm"
    with pytest.raises(
        ReadError, match="a.rttm: rttm can hold none of the 1 events .*label 'a b' has ' '.*; rename them"
    ):
        write_events(pd.DataFrame({"onset": [0], "offset": [1], "label": ["a b"]}), path)
    assert not path.exists()


def test_stages_are_epochs_without_a_gap(tmp_path):
    path = tmp_path / "a.txt"
    with pytest.raises(ReadError, match="a.txt: event 1 lasts from 60.0 to 90.0 s, and stages are of 30 s each"):
        write_events(pd.DataFrame({"onset": [0, 60], "offset": [30, 90], "label": "W"}), path, "stages")
    write_events(events_for("stages", label=["W", "N1", "W"]), path, "stages")
    assert path.read_text() == "W\nN1\nW\n"


def test_events_that_last_are_no_onsets(tmp_path):
    left_out = written([[0.0, 0.0], [1.0, 2.0]], tmp_path / "a.txt", "onsets")
    assert left_out[["where", "reason"]].to_numpy().tolist() == [["event 1", NOT_BACK]]


def test_the_ending_says_the_format_or_the_kinds_are_listed(tmp_path):
    for ending, first in {".csv": "file,", ".tsv": "file\t", ".rttm": "SPEAKER", ".uem": "a 1", ".json": "{"}.items():
        path = tmp_path / f"a{ending}"
        write_events([[0.0, 1.0]], path)
        assert path.read_text().startswith(first)
    with pytest.raises(UsageError, match="the ending '.txt' does not say the format; name it: kind= .* is csv, tsv"):
        write_events([[0.0, 1.0]], tmp_path / "a.txt")
    with pytest.raises(UsageError, match="kind must be one of 'csv', .*; got 'elan'"):
        write_events([[0.0, 1.0]], tmp_path / "a.txt", "elan")
    with pytest.raises(UsageError, match="drop names 'speed', and there is only file, label, confidence, duration"):
        write_events([[0.0, 1.0]], tmp_path / "a.csv", drop=["speed"])


def test_a_column_that_would_be_another_one_is_left_out(tmp_path):
    """ "start" is another name of the onset, and "where" says where a row stands."""
    events = pd.DataFrame({"onset": [0.0], "offset": [1.0], "start": ["early"], "where": ["here"]})
    left_out = written(events, tmp_path / "a.csv", "csv")
    assert left_out["where"].tolist() == ["start", "where"]
    assert read_events(tmp_path / "a.csv").events["onset"].tolist() == [0.0]


def test_audacity_and_raven_keep_frequencies(tmp_path):
    events = pd.DataFrame(
        {"onset": [0.5, 2], "offset": [1.5, 3], "label": "x", "low_freq": ["100", ""], "high_freq": ["900.5", ""]}
    )
    for kind in ("audacity", "raven"):
        path = tmp_path / f"{kind}.txt"
        assert write_events(events, path, kind).empty
        back = read_events(path).events
        assert back[["low_freq", "high_freq"]].fillna("").to_numpy().tolist() == [["100", "900.5"], ["", ""]]


def test_times_of_many_events_are_the_same_to_the_last_bit(tmp_path):
    onset = np.arange(1_000) * 0.37
    events = pd.DataFrame({"file": "night", "onset": onset, "offset": onset + 0.25, "label": "spindle"})
    assert write_events(events, tmp_path / "night.csv").empty
    assert read_events(tmp_path / "night.csv").events[["onset", "offset"]].equals(events[["onset", "offset"]])


# ---- what other tools read from what is written

DATA = Path(__file__).parents[3] / "data"
PEERS = json.loads((DATA / "written_events_peers.json").read_text())


@pytest.mark.parametrize("kind", PEERS["texts"])
def test_other_tools_read_the_same_rows(kind, tmp_path):
    """crowsetta 5.1.2, mne 1.13.2, pyannote.database 6.1.1, epilepsy2bids 0.0.7, to the last bit."""
    onset, offset, label = zip(*WRITTEN_ROWS, strict=True)
    events = pd.DataFrame({"onset": onset, "offset": offset, "label": label})
    types = [row[2] for row in PEERS["rows"][kind]]
    if kind == "hed_score":
        events["label"] = types
    if kind == "tusz":
        events = events.assign(label=["seiz", "fnsz", "gnsz", "absz", "tcsz"], confidence=1.0)
        assert types == ["sz", "sz_foc", "sz_gen", "sz_gen_nm", "sz_gen_m_tonicClonic"]
    if kind == "uem":
        events = events.drop(columns="label")
    if kind == "raven":
        events = events.assign(low_freq=100.0, high_freq=900.5)
    path = tmp_path / f"a{FORMATS[kind].ending}"
    write_events(events, path, kind)
    assert path.read_text() == PEERS["texts"][kind]
    back = read_events(path, kind).events
    found = sorted(back[["onset", "offset"]].itertuples(index=False, name=None))
    assert found == sorted((onset, offset) for onset, offset, _ in PEERS["rows"][kind])
    if kind != "tusz":
        assert sorted(back["label"]) == sorted(types)


WRITTEN_ROWS = [(0.1, 0.7, "seiz"), (1.5, 2.25, "sz"), (2.29, 11.74, "call"), (1234.567891, 1240.1, "a_b")]
WRITTEN_ROWS += [(3e-05, 4.5, "x")]
"""Written into every format by benchmarks/peers/ask_written_events.py."""


def test_a_time_that_would_not_be_read_again_is_a_row_and_the_others_are_written(tmp_path):
    milliseconds = [1.7e12, 1.7e12 + 2000]
    left_out = written(pd.DataFrame([[1, 2], milliseconds], columns=["onset", "offset"]), tmp_path / "a.csv", "csv")
    assert left_out[["where", "reason"]].to_numpy().tolist() == [["event 1", "a time beyond 30,000 years"]]
    assert read_events(tmp_path / "a.csv").events["onset"].tolist() == [1.0]
    with pytest.raises(ReadError, match="times are seconds: divide milliseconds by 1000"):
        write_events([milliseconds], tmp_path / "b.csv")
    write_events(np.array([milliseconds]) / 1000, tmp_path / "b.csv")
    assert read_events(tmp_path / "b.csv").events["offset"].tolist() == [1.7e9 + 2]


def test_the_name_that_raven_appends_needs_no_place(tmp_path):
    path = tmp_path / "dawn.Table.1.selections.txt"
    events = pd.DataFrame({"file": ["dawn"], "onset": [1.0], "offset": [2.0], "label": ["owl"]})
    assert write_events(events, path, "raven").empty
    assert read_events(path).events["file"].tolist() == ["dawn"]
