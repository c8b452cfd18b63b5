"""Numbers of rows and recordings as the data's own notes give them; laws of reading on files written here."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from domains._checks import UsageError
from domains.events import read_events
from domains.events.formats import READERS
from domains.events.schema import COLUMNS

REASONS = [
    ("1,2,a,0.5", ""),
    ("n/a,2,a,0.5", "no onset"),
    ("1,,a,0.5", "no offset"),
    ("one,2,a,0.5", "a time that is no number"),
    ("1,inf,a,0.5", "a time that is no number"),
    ("3,2,a,0.5", "ends before it begins"),
    ("1,2,a,high", "a confidence that is no number"),
    ("1,2,a,n/a", ""),
]


def test_every_row_is_an_event_or_skipped_with_its_reason(tmp_path):
    path = tmp_path / "all.csv"
    path.write_text("onset,offset,label,confidence\n" + "\n".join(row for row, _ in REASONS))
    events, skipped, support = read_events(path)
    reasons = dict(zip(skipped["where"], skipped["reason"], strict=True))
    assert [reasons.get(f"line {k + 2}", "") for k in range(len(REASONS))] == [reason for _, reason in REASONS]
    assert skipped.columns.tolist() == ["side", "file", "where", "reason", "detail"]
    assert len(events) == 2
    assert skipped["detail"].iloc[0] == "onset=n/a offset=2 label=a confidence=0.5"
    assert skipped["file"].unique().tolist() == [str(path)]
    assert events["file"].unique().tolist() == support["file"].tolist() == ["all"]


@pytest.mark.parametrize("name", ["thumos14_gt.json", "thumos14_synthetic_predictions.json"])
def test_action_localisation(name, shared_data):
    path = shared_data / "events" / "actionloc" / name
    events, skipped, support = read_events(path)
    assert len(events) + len(skipped) == len(list(READERS["activitynet"](path.read_text())))
    if "gt" in name:
        test = read_events(path, subset="test")
        assert (len(test.events), len(test.support)) == (3311, 210)
        assert set(events["subset"]) == {"test", "train"}
    else:
        assert (len(events), len(support)) == (9262, 202)
        assert events["confidence"].is_unique


def test_sound_events_with_files_that_hold_none(shared_data):
    data = shared_data / "events" / "psds_eval" / "examples" / "data"
    events, skipped, support = read_events(data / "dcase2019t4_gt.csv", "dcase")
    assert len(events) + len(skipped) == 4251
    assert (skipped["reason"] == "no event").all()
    assert len(support) == 1168
    found = read_events(data / "baseline_0.5.csv", "dcase").events
    assert found["file"].isin(support["file"]).all()


@pytest.mark.parametrize(("name", "n", "none"), [("binary5.txt", 4, 2), ("binary5_detected.txt", 2, 4)])
def test_sed_eval_lines_of_a_name_alone(name, n, none, shared_data):
    path = shared_data / "events" / "sed_eval" / "tests" / "data" / "sound_event" / name
    events, skipped, support = read_events(path)
    assert (len(events), len(skipped), len(support)) == (n, none, 6)


def test_speakers(shared_data):
    events, skipped, _ = read_events(shared_data / "events" / "dscore" / "scorelib" / "tests" / "ref.rttm")
    assert len(skipped) == 0
    assert set(events["label"]) == {"speaker1", "speaker2"}
    np.testing.assert_allclose(events[["onset", "offset"]].iloc[1], [0.678, 0.678 + 1.533])


def test_bids_of_the_wild(shared_data):
    files = sorted((shared_data / "events" / "formats" / "bids").rglob("*_events.tsv"))
    found = [read_events(f) for f in files]
    assert [len(x.events) for x in found] == [len(pd.read_csv(f, sep="\t")) for f in files]
    assert found[0].events["label"].iloc[0] == "elec"
    np.testing.assert_allclose(found[0].events["offset"].iloc[0], 3.9989 + 2.3064)


def test_seizures_and_how_long_the_recording_is(tmp_path):
    path = tmp_path / "sub-1_events.tsv"
    path.write_text("onset\tduration\teventType\tconfidence\trecordingDuration\n0\t3600\tbckg\tn/a\t3600\n")
    events, skipped, support = read_events(path)
    assert len(events) == 0
    assert skipped["reason"].tolist() == ["background"]
    assert support.to_dict("list") == {"file": ["sub-1_events"], "duration": [3600.0]}


def test_the_same_events_in_every_format(tmp_path):
    rows = [("f", 0.5, 1.75, "dog"), ("g", 2.0, 2.0, "cat")]
    texts = {
        "a.csv": "file,onset,duration,label\n" + "\n".join(f"{f},{s},{e - s},{x}" for f, s, e, x in rows),
        "b.tsv": "filename\tonset\toffset\tevent_label\n" + "\n".join("\t".join(map(str, r)) for r in rows),
        "c.txt": "\n".join("\t".join(map(str, r)) for r in rows),
        "d.rttm": "\n".join(f"SPEAKER {f} 1 {s} {e - s} <NA> <NA> {x} <NA> <NA>" for f, s, e, x in rows),
        "e.json": json.dumps({"results": {f: [{"segment": [s, e], "label": x, "score": None}] for f, s, e, x in rows}}),
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        events = read_events(tmp_path / name).events
        assert list(events[COLUMNS[:4]].itertuples(index=False, name=None)) == rows, name
        assert events["confidence"].isna().all()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "x,y\n1,2", "a.csv: not a readable file of events .no column 'onset'"),
        ("a.json", "{", "a.json: not a readable file"),
        ("a.json", '{"database": {"v": {"annotations": 3}}}', "a.json: not a readable file"),
        ("a.wav", "RIFF", "a.wav: .*pass kind="),
    ],
)
def test_unreadable_files(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        read_events(tmp_path / name)


def test_bytes_that_are_no_text(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00\xd8")
    with pytest.raises(ValueError, match="a.csv"):
        read_events(tmp_path / "a.csv")


def test_no_file_no_kind_no_subset(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_events(tmp_path / "nowhere.csv")
    (tmp_path / "a.txt").write_text("1\t2\tx")
    with pytest.raises(ValueError, match="events.read_events: kind must be one of 'csv', 'dcase'"):
        read_events(tmp_path / "a.txt", "xml")
    with pytest.raises(UsageError, match="no subset 'test'"):
        read_events(tmp_path / "a.txt", subset="test")


def test_an_empty_headless_table(tmp_path):
    (tmp_path / "a.txt").write_text("")
    events, skipped, support = read_events(tmp_path / "a.txt")
    assert (len(events), len(skipped), len(support)) == (0, 0, 0)
    assert events.columns.tolist() == COLUMNS
