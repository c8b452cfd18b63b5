"""Numbers of rows and recordings as the data's own notes give them; laws of reading on files written here."""

from __future__ import annotations

import gzip
import json
import re
import tracemalloc
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from domains._checks import UsageError
from domains._files import ReadError
from domains.events import read_events
from domains.events.files import io
from domains.events.files.io import read_durations
from domains.events.formats import FORMATS
from domains.events.schema import COLUMNS

REASONS = [
    ("1,2,a,0.5", ""),
    ("n/a,2,a,0.5", "no onset"),
    ("1,,a,0.5", "no offset"),
    ("one,2,a,0.5", "a time that is no number"),
    ("1,inf,a,0.5", "a time that is no number"),
    ("3,2,a,0.5", "ends before it begins"),
    ("-3,-2,a,0.5", ""),
    ("1e400,2,a,0.5", "a time that is no number"),
    ("1,0x10,a,0.5", "a time that is no number"),
    ("1,1_000,a,0.5", "a time that is no number"),
    ('"0,5","1,5",a,0.5', "a time that is no number"),
    ("1,٢,a,0.5", "a time that is no number"),
    ("True,2,a,0.5", "a time that is no number"),
    ("1,2,a,inf", "a confidence that is no number"),
    ("0,5,1,5,a,0.5", "more cells than the header has names"),
    ("1,2", "fewer cells than the header has names"),
    (",,,", "an empty row"),
    ('1,2,"a,0.5', "a quotation mark opens a cell that never ends"),
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
    assert len(events) == 3
    assert len(events) + len(skipped) == len(path.read_text().splitlines()) - 1
    assert skipped["detail"].iloc[0] == "onset=n/a offset=2 label=a confidence=0.5"
    assert skipped["file"].unique().tolist() == [str(path)]
    assert events["file"].unique().tolist() == support["file"].tolist() == ["all"]


@pytest.mark.parametrize("name", ["thumos14_gt.json", "thumos14_synthetic_predictions.json"])
def test_action_localisation(name, shared_data):
    path = shared_data / "events" / "actionloc" / name
    events, skipped, support = read_events(path)
    assert len(events) + len(skipped) == len(list(FORMATS["activitynet"].read(path.read_text())))
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
        ("a.csv", "x,y\n1,2", "a.csv: its header .x,y. is not known; rename"),
        (
            "a.csv",
            "sep=;\nonset;offset\n1;2\n",
            "its first line .sep=;. tells Excel .*, and is no header; delete the line$",
        ),
        ("a.json", "{", "a.json: line 1, column 2: not JSON"),
        ("a.json", '{"database": {"v": {"annotations": 3}}}', "a.json: the annotations of video 'v' are no list"),
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
    with pytest.raises(ValueError, match="events.read_events: kind must be one of 'csv', 'tsv', 'dcase'"):
        read_events(tmp_path / "a.txt", "xml")
    with pytest.raises(UsageError, match="no subset 'test'"):
        read_events(tmp_path / "a.txt", subset="test")


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.tsv"])
def test_an_empty_file_is_a_recording_only_where_its_format_is_said(name, tmp_path):
    (tmp_path / name).write_text("")
    with pytest.raises(ReadError, match="the file is empty; .* say which format it is, such as rttm: kind="):
        read_events(tmp_path / name)
    events, skipped, support = read_events(tmp_path / name, "dcase")
    assert (len(events), len(skipped)) == (0, 0)
    assert support["file"].tolist() == ["a"]
    assert events.columns.tolist() == COLUMNS


# ---- nothing is lost


QUOTE = {
    "a.csv": 'onset,offset,label\n1,2,"dog\n3,4,cat\n5,6,owl\n',
    "a_events.tsv": 'onset\tduration\ttrial_type\n1\t1\t"dog\n3\t1\tcat\n5\t1\towl\n',
    "a.tsv": 'onset\toffset\tevent_label\n1\t2\t"dog\n3\t4\tcat\n5\t6\towl\n',
    "a.txt": '1\t2\t"dog\n3\t4\tcat\n5\t6\towl\n',
    "b.txt": '1,2,"dog\n3,4,cat\n5,6,owl\n',
    "a.rttm": "\n".join(f"SPEAKER a 1 {k} 1 <NA> <NA> {x} <NA>" for k, x in ((1, '"dog'), (3, "cat"), (5, "owl"))),
}


@pytest.mark.parametrize("name", QUOTE)
def test_a_quotation_mark_takes_no_other_row_with_it(name, tmp_path):
    (tmp_path / name).write_text(QUOTE[name])
    events, skipped, _ = read_events(tmp_path / name)
    assert len(events) + len(skipped) == 3
    assert events[["onset", "offset", "label"]].to_numpy().tolist()[-2:] == [[3, 4, "cat"], [5, 6, "owl"]]
    if len(skipped):
        assert skipped["where"].item() in ("line 1", "line 2")
        assert '"dog' in skipped["detail"].item()
    else:
        assert events["label"].iloc[0] == '"dog'


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"onset,offset\n1,2\n3,\0\0\0", "line 3: a NUL byte"),
        (b"onset,offset,label\n1,2,caf\xe9\n", "line 2: the byte 0xe9"),
        ("onset,offset\n1,2\n".encode("utf-16"), "UTF-16"),
        (gzip.compress(b"onset,offset\n1,2\n", mtime=0)[:-5], "cut off"),
        (b"", "the file is empty"),
        (b"hello", "its header .hello. is not known"),
        (b"onset,offset,label,label\n1,2,a,b\n", "two columns are the label"),
    ],
)
def test_a_damaged_table_is_one_line_with_a_remedy(content, found, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(ReadError, match=found) as caught:
        read_events(path)
    message = str(caught.value)
    assert message.startswith(f"events.read_events: {path}: ")
    assert "\n" not in message


def test_text_of_other_lines_and_marks(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbfonset,offset,label\r1,2,dog\r3,4,cat")
    assert read_events(path).events["label"].tolist() == ["dog", "cat"]
    path.write_bytes(gzip.compress(b"onset,offset,label\r\n1,2,dog\r\n"))
    assert read_events(path).events["label"].tolist() == ["dog"]


@pytest.mark.slow
def test_an_endless_line_is_no_event(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('onset,offset,label\n1,2,"' + "x" * 10**6 + "\n3,4,cat\n")
    events, skipped, _ = read_events(path)
    assert (len(events), len(skipped)) == (1, 1)
    path.write_text("1," * 10**6)
    with pytest.raises(ReadError, match="numbers without a header") as caught:
        read_events(path)
    assert len(str(caught.value)) < 500


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*no column is known as the label")
def test_memory_goes_with_the_file_and_not_with_rows_times_columns(tmp_path):
    """A header of 1,000 names, one row of as many, and 10,000 short rows would be 10 million cells."""
    names = ",".join(f"c{k}" for k in range(1_000))
    path = tmp_path / "a.csv"
    path.write_text(f"onset,offset,{names}\n1,2{',x' * 1_000}\n" + "3,4\n" * 10_000)
    tracemalloc.start()
    events, skipped, _ = read_events(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(events), len(skipped)) == (1, 10_000)
    assert peak < 4e7, peak


def test_duration_of_an_event_beyond_all_numbers(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("onset,duration\n1e308,1e308\n1,2\n")
    events, skipped, _ = read_events(path)
    assert events["offset"].tolist() == [3]
    assert skipped["reason"].tolist() == ["a time that is no number"]


def test_columns_that_are_called_like_words_of_the_readers(tmp_path):
    """``skip`` once skipped every row, and ``length`` was how long the recording is."""
    path = tmp_path / "a.csv"
    path.write_text("onset,offset,skip,length,where,label\n1,2,0,9,left,dog\nx,2,0,9,left,dog\n")
    events, skipped, support = read_events(path)
    assert events.drop(columns=COLUMNS).to_dict("records") == [{"skip_": "0", "length_": "9", "where_": "left"}]
    assert skipped["where"].tolist() == ["line 3"]
    assert support["duration"].isna().all()


def test_rows_are_counted_without_the_reader(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text("onset,offset\n1,2\n3,4\n")
    csv = FORMATS["csv"]
    fewer = replace(csv, read=lambda text: list(csv.read(text))[1:])
    monkeypatch.setattr(io, "find_format", lambda suffix, text: fewer)
    with pytest.raises(ReadError, match="it holds 2 rows, and 1 were read; please report this"):
        read_events(path)


VALID = {
    "a.csv": 'onset,offset,label,confidence\n1,2,dog,0.5\n3.5,4,"cat, big",n/a\n\n5,6,"a ""b""",0.25\n',
    "a.txt": "a.wav\t1\t2\tdog\nb.wav\na.wav\t3\t4\tcat\n",
    "a.tsv": "filename\tonset\toffset\tevent_label\na.wav\t1\t2\tdog\nb.wav\t\t\t\n",
    "a_events.tsv": "onset\tduration\teventType\trecordingDuration\n1\t2\tsz\t60\n0\t60\tbckg\t60\n",
    "a.rttm": ";; c\nSPEAKER f 1 0.5 2 <NA> <NA> anna 0.75 <NA>\nSPKR-INFO f 1 <NA> <NA> <NA> unknown anna <NA>\n",
    "a.json": '{"results": {"v": [{"segment": [1, 2], "label": "x", "score": 0.5}], "w": []}}',
}
PIECES = [b'"', b",", b"\t", b"\n", b"\r", b";", b" ", b"\\", b"[", b"{", b"}", b"\0", b"\xff", b"-", b".", b"e", b"9"]
PIECES += [b'""', b"\xe2\x80\xa8", b"1e400", b"nan", b"<NA>", b"\n\n", b"SPEAKER ", b",,,", b"0,5"]


def mutated(content, rng):
    """Return bytes with a few places deleted, exchanged or doubled, and sometimes cut."""
    parts = bytearray(content)
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(0, len(parts) + 1))
        to = at + int(rng.integers(0, 12))
        old = parts[at:to]
        new = [b"", PIECES[rng.integers(len(PIECES))], old + old]
        parts[at:to] = new[rng.integers(3)]
    if rng.random() < 0.2:
        del parts[int(rng.integers(0, len(parts) + 1)) :]
    return bytes(parts)


@pytest.mark.filterwarnings("ignore:.*no column is known as the label", "ignore:.*none of its")
@pytest.mark.parametrize("name", VALID)
def test_mutated_files_lose_no_row_in_silence(name, tmp_path):
    """Every line that is not blank is an event, a skipped row, the header, a comment, or a line in a quoted cell."""
    rng = np.random.default_rng(len(name))
    path = tmp_path / name
    for _ in range(30):
        path.write_bytes(mutated(VALID[name].encode(), rng))
        found = found_in(path)
        if isinstance(found, str):
            assert found.startswith(f"events.read_events: {path}: ")
            assert "\n" not in found
            continue
        events, skipped, _ = found
        if name.endswith("json"):
            continue
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        if name.endswith("rttm"):
            lines = [line for line in lines if not line.startswith(";")]
        has_header = bool(lines) and "onset" in lines[0] and not name.endswith("rttm")
        in_quotes = sum(label.count("\n") for label in events["label"]) if name == "a.csv" else 0
        n_rows = len(events) + len(skipped)
        assert len(lines) - has_header - in_quotes <= n_rows <= len(lines) - has_header, text


@pytest.mark.filterwarnings("ignore:.*none of its")
@pytest.mark.parametrize("name", VALID)
def test_a_file_that_was_cut_anywhere_is_read_up_to_there_or_refused(name, tmp_path):
    content = VALID[name].encode()
    path = tmp_path / name
    path.write_bytes(content)
    whole = read_events(path)
    for n in range(0, len(content), 2):
        path.write_bytes(content[:n])
        found = found_in(path)
        if isinstance(found, str):
            assert "\n" not in found
            continue
        assert len(found.events) <= len(whole.events)
        assert not name.endswith("json")


def found_in(path):
    """Return what is read, or the line that says why nothing is."""
    try:
        return read_events(path)
    except ValueError as error:
        return str(error)


# ---- how long recordings are


def test_durations_in_any_of_three_separators(tmp_path):
    path = tmp_path / "long.csv"
    for text in (
        "file,duration\n007,60\nb,n/a\n",
        "file;duration\n007;60\nb;\n",
        "x\tduration\tfile\n1\t60\t007\n\t\tb\n",
    ):
        path.write_text(text)
        found = read_durations(path)
        # a name of digits is not a number
        assert found["file"].tolist() == ["007", "b"]
        np.testing.assert_array_equal(found["duration"], [60, np.nan])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,duration\na,60,5\n", "line 2: more cells than the header has names; correct the line"),
        ("file,duration\na\n", "line 2: fewer cells than the header has names"),
        ('file,duration\na,60\n"b,60\nc,60\n', "line 3: a quotation mark opens a cell that never ends"),
        ("file,duration\na,1 h\n", "line 2: '1 h' is no duration in seconds; correct it"),
        ("file,duration\na,inf\n", "line 2: 'inf' is no duration"),
        ("file,duration,duration\na,1,2\n", "two columns are the duration"),
        ("file,length\na,1\n", "no column 'duration' in the header .file, length_."),
        ("name,duration\na,1\n", "no column 'file' in the header"),
        ("file,duration\n", "no row follows its header"),
        ("", "an empty file"),
        ("file,duration\na,1\0\n", "a NUL byte"),
    ],
)
def test_a_table_of_durations_with_a_mistake_is_refused_with_its_line(text, message, tmp_path):
    path = tmp_path / "long.csv"
    path.write_text(text)
    with pytest.raises(ReadError, match=message) as caught:
        read_durations(path)
    assert str(caught.value).startswith(f"events.read_durations: {path}: ")
    assert "\n" not in str(caught.value)


def test_a_duration_beside_an_offset_says_the_same_or_is_a_reason(tmp_path):
    path = tmp_path / "both.csv"
    rows = ["1.25,2.5,1.25", "1.25,2.5,1.26", "0,1,9", "0,1,x", "0,1,0:01", "0,1,", "0,1e300,1"]
    path.write_text("onset,offset,duration\n" + "\n".join(rows))
    events, skipped, _ = read_events(path)
    assert events["offset"].tolist() == [2.5, 2.5, 1.0]
    assert skipped[["where", "reason"]].to_numpy().tolist() == [
        ["line 4", "a duration that is not offset - onset"],
        ["line 5", "a time that is no number"],
        ["line 6", "a clock time, not seconds"],
        ["line 8", "a time beyond 30,000 years"],
    ]


def test_the_remedy_where_the_duration_is_the_recordings(tmp_path):
    path = tmp_path / "both.csv"
    path.write_text("onset,offset,duration\n0,1,60\n5,9,60\n")
    with pytest.warns(UserWarning, match="or rename the column if it is no duration of an event"):
        assert read_events(path).events.empty
    path.write_text(path.read_text().replace("duration", "length of recording"))
    assert read_events(path).events["offset"].tolist() == [1.0, 9.0]


@pytest.mark.parametrize("times", ["0,1e308", "-1e300,5", "1e13,2e13"])
def test_a_time_beyond_all_recordings_is_skipped(tmp_path, times):
    path = tmp_path / "a.csv"
    path.write_text(f"onset,offset\n{times}\n1,2\n")
    found = read_events(path)
    assert found.events["onset"].tolist() == [1.0]
    assert found.skipped[["where", "reason"]].to_numpy().tolist() == [["line 2", "a time beyond 30,000 years"]]


@pytest.mark.parametrize(
    ("times", "remedy", "right"),
    [
        ('"1,5","2,5"', "write 1.5 for 1,5 and 1000 for 1,000", "1.5,2.5"),
        ('"1,000","2,000.5"', "write 1.5 for 1,5 and 1000 for 1,000", "1000,2000.5"),
        ("2026-01-01 10:00:01,2026-01-01 10:00:02", "write seconds since the recording began in place of dates", "1,2"),
        ("1.5 s,2.5s", "write seconds as numbers, without a unit", "1.5,2.5"),
        ("one,two", "correct them, or say which format it is", "1,2"),
    ],
)
def test_the_remedy_is_of_how_a_time_is_written(tmp_path, times, remedy, right):
    path = tmp_path / "odd.csv"
    path.write_text(f"onset,offset,label\n{times},x\n")
    with pytest.warns(UserWarning, match=re.escape(f"a time that is no number); {remedy}")):
        assert read_events(path).events.empty
    path.write_text(f"onset,offset,label\n{right},x\n")
    assert read_events(path).events[["onset", "offset"]].to_numpy().tolist() == [[float(t) for t in right.split(",")]]


@pytest.mark.parametrize(
    ("header", "unit"),
    [("onset_ms,offset_ms", "ms"), ("Begin Time (ms);End", "ms"), ("onset [min]\tduration [min]", "min")],
    ids=["underscore", "parentheses", "brackets"],
)
def test_a_header_of_another_unit_is_not_to_be_renamed_alone(tmp_path, header, unit):
    path = tmp_path / "odd.csv"
    path.write_text(f"{header}\n1000,2000\n")
    with pytest.raises(ReadError, match=f"has a column in {unit}; turn its times into seconds and name it onset"):
        read_events(path)


def test_the_remedy_for_milliseconds(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("onset,offset\n1700000000000,1700000002000\n")
    with pytest.warns(UserWarning, match="times are seconds: divide milliseconds by 1000"):
        read_events(path)


# ---- what other tools read from the same files


PEERS = json.loads((Path(__file__).parents[3] / "data" / "event_files_peers.json").read_text())


def rows_of(events):
    return sorted(map(tuple, events[["onset", "offset", "label"]].to_numpy().tolist()))


@pytest.mark.parametrize("name", PEERS["files"])
def test_files_as_crowsetta_reads_them(name, shared_data):
    """crowsetta 5.1.2, row by row; of a TextGrid it reads the intervals alone."""
    if name.endswith(".TextGrid"):
        pytest.importorskip("praatio")
    path = shared_data / "events" / "formats" / "crowsetta" / name
    events = read_events(path, rate=16_000 if name.endswith(".phn") else None).events
    if "tier" in events:
        events = events[events["onset"] < events["offset"]]
    assert rows_of(events) == sorted(map(tuple, PEERS["files"][name]))


def test_a_text_as_mne_saves_and_reads_it(tmp_path):
    """mne 1.13.2."""
    path = tmp_path / "saved_annot.txt"
    path.write_text(PEERS["mne"]["text"])
    assert rows_of(read_events(path).events) == sorted(map(tuple, PEERS["mne"]["rows"]))


# ---- a label column that was renamed or dropped

CLEAN = {
    "csv": "onset,offset,label\n1,2,dog\n3,4,cat\n",
    "semicolons": "Start;End;event_label;Channel\n1;2;dog;C3\n3;4;cat;C4\n",
    "bids": "onset\tduration\ttrial_type\tstim_file\n1\t1\tdog\ta.wav\n3\t1\tcat\tb.wav\n",
    "raven": "Selection\tView\tBegin Time (s)\tEnd Time (s)\tAnnotation\n"
    "1\tSpectrogram 1\t1\t2\tdog\n2\tSpectrogram 1\t3\t4\tcat\n",
}
LABEL = {"csv": "label", "semicolons": "event_label", "bids": "trial_type", "raven": "Annotation"}


@pytest.mark.parametrize("name", CLEAN)
def test_a_renamed_label_is_said_and_the_remedy_reads_it(tmp_path, name):
    path = tmp_path / "a.txt"
    renamed = CLEAN[name].replace(LABEL[name], "Kind of call")
    path.write_text(renamed)
    with pytest.warns(
        UserWarning, match=r"read_events: .*a.txt: no column is known as the label.* 'Kind of call' hold"
    ):
        events = read_events(path).events
    assert events["label"].tolist() == ["", ""]
    assert events["Kind of call"].tolist() == ["dog", "cat"]
    # followed literally
    path.write_text(renamed.replace("Kind of call", "label"))
    assert read_events(path).events["label"].tolist() == ["dog", "cat"]


@pytest.mark.parametrize("name", CLEAN)
def test_what_is_known_to_be_no_label_is_no_warning(tmp_path, name):
    """A label that was dropped whole leaves a table of events of one kind."""
    path = tmp_path / "a.txt"
    separator = {"csv": ",", "semicolons": ";"}.get(name, "\t")
    rows = [line.split(separator) for line in CLEAN[name].splitlines()]
    k = rows[0].index(LABEL[name])
    path.write_text("".join(separator.join([*row[:k], *row[k + 1 :]]) + "\n" for row in rows))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_events(path).events["label"].tolist() == ["", ""]


@pytest.mark.parametrize(
    "text",
    [
        "onset,offset\n1,2\n",
        "onset,offset,power,n/a\n1,2,0.5,\n3,4,n/a,n/a\n",
        "onset,offset,kind\n",
        "filename,scene_label,onset,offset\na.wav,park,1,2\n",
        "onset,offset,label,remark\n1,2,,loud\n",
    ],
)
def test_tables_without_a_label_are_silent(tmp_path, text):
    path = tmp_path / "a.csv"
    path.write_text(text)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert set(read_events(path).events["label"]) <= {""}


# ---- a file of which nothing is an event


@pytest.mark.parametrize(
    ("text", "first", "remedy"),
    [
        ("onset,offset,label\n3,2,dog\n5,4,cat\n", "ends before it begins", "correct them, or say which format it is"),
        ("onset,offset,label\n0:12.5,00:13,dog\n", "a clock time, not seconds", "write its times in seconds, as 12.5"),
        ("onset,offset,label\n01:02:03,01:02:04,dog\n", "a clock time, not seconds", "and 3723 for 01:02:03"),
    ],
    ids=["backward", "minutes", "hours"],
)
def test_a_file_whose_rows_were_all_skipped_is_a_warning(text, first, remedy, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.warns(
        UserWarning, match=f"read_events: .*a.csv: none of its . rows is an event .the first: {first}"
    ) as caught:
        events = read_events(path).events
    assert events.empty
    assert remedy in str(caught[0].message)


def test_the_remedy_for_clock_times_followed(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("onset,offset,label\n12.5,3723,dog\n")
    assert read_events(path).events[["onset", "offset"]].to_numpy().tolist() == [[12.5, 3723.0]]


def test_one_clock_time_among_seconds_is_a_row_with_its_reason(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("onset,offset,label\n1,2,dog\n00:01:00,00:01:01,cat\n")
    events, skipped, _ = read_events(path)
    assert len(events) == 1
    assert skipped[["where", "reason"]].to_numpy().tolist() == [["line 3", "a clock time, not seconds"]]


def test_rows_that_say_that_there_is_no_event_are_no_fault(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("onset\tduration\teventType\n0\t60\tbckg\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_events(path).events.empty


# ---- what other tools read

READERS = json.loads((Path(__file__).parents[3] / "data" / "event_readers_peers.json").read_text())
TYPES_OF_TUSZ = {"sz": "seiz", "sz_foc_ia": "cpsz"}


@pytest.mark.parametrize("name", READERS["rows"])
def test_files_as_other_tools_read_them(name, tmp_path):
    """pyannote.database 6.1.1, epilepsy2bids 0.0.7, sed_eval 0.2.1, speach 0.1a15: row by row, to the last bit."""
    if name.endswith(".eaf"):
        pytest.importorskip("pympi")
    path = tmp_path / name
    path.write_text(READERS["texts"][name])
    rows = [tuple(row) for row in READERS["rows"][name]]
    if name.endswith(".csv_bi"):
        # epilepsy2bids renames the labels
        rows = [(onset, offset, TYPES_OF_TUSZ[label]) for onset, offset, label in rows]
    assert sorted(read_events(path).events[["onset", "offset", "label"]].itertuples(index=False, name=None)) == sorted(
        rows
    )
