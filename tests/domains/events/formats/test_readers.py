"""Every format has a reader, every reader says where a row is, and a text is of one format or refused."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from domains._files import ReadError
from domains.events import read_events
from domains.events.formats import FORMATS, SUFFIXES, find_format

TEXTS = {
    "csv": ("onset,offset\n1,2\n", "line 2"),
    "tsv": ("onset\toffset\n1\t2\n", "line 2"),
    "dcase": ("1\t2\tdog\n", "line 1"),
    "bids": ("onset\tduration\n1\t2\n", "line 2"),
    "hed_score": ("onset\tduration\teventType\trecordingDuration\n1\t2\tsz\t60\n", "line 2"),
    "rttm": ("SPEAKER f 1 1 2 <NA> <NA> anna <NA> <NA>\n", "line 1"),
    "activitynet": ('{"results": {"v": [{"segment": [1, 2], "label": "jump"}]}}', "annotation 1"),
    "audacity": ("1\t2\tdog\n\\\t100\t200\n", "line 1"),
    "raven": ("Selection\tBegin Time (s)\tEnd Time (s)\n1\t1\t2\n", "line 2"),
    "boris": ("Behavior,Start (s),Stop (s)\ngroom,1,2\n", "line 2"),
    "birdnet": ("Start (s),End (s),Common name,Confidence\n0,3,owl,0.9\n", "line 2"),
    "tusz": ("# bname = s1\nchannel,start_time,stop_time,label,confidence\nTERM,1,2,seiz,1\n", "line 3"),
    "moda": ("startSec\tdurationSec\teventName\t\n8235.39\t0.94\tspindle\t\n", "line 2"),
    "mne": ("# MNE-Annotations\n# onset, duration, description\n1, 1, blink\n", "line 3"),
    "elan_table": ("Tier\tBegin Time - msec\tEnd Time - msec\tAnnotation\nhand\t1\t2\twave\n", "line 2"),
    "timit": ("0 7812 h#\n", "line 1"),
    "uem": ("f1 1 0 60\n", "line 1"),
    "onsets": ("1.5\n", "line 1"),
    "stages": ("W\n", "line 1"),
    "notes": ("0.5 1.25 440\n", "line 1"),
}
SAY_NOTHING = ("tsv", "onsets", "stages", "timit", "uem", "notes")
"""Formats that ``kind=`` has to name."""


@pytest.mark.parametrize("kind", TEXTS)
def test_a_row_says_where_it_is(kind):
    text, where = TEXTS[kind]
    (row,) = FORMATS[kind].read(text)
    assert row["where"] == where
    assert "skip" not in row


@pytest.mark.parametrize("kind", [kind for kind in TEXTS if kind not in SAY_NOTHING])
def test_a_text_is_known_by_one_format_alone(kind):
    text, _ = TEXTS[kind]
    assert [name for name, form in FORMATS.items() if form.recognises(text)] == [kind]
    assert find_format(".txt", text).name == kind


def test_every_format_of_text_is_tried():
    assert [name for name, form in FORMATS.items() if not form.of_bytes] == [name for name in FORMATS if name in TEXTS]


def test_endings_that_say_the_format():
    assert SUFFIXES[:5] == (".csv", ".tsv", ".txt", ".rttm", ".json")
    assert find_format(".RTTM", "notes").name == "rttm"
    with pytest.raises(ReadError, match="events are read from .csv, .*; pass kind="):
        find_format(".wav", "onset,offset")


HEADERS = ["Begin,Until,What", "Selection\tBegin Time\tEnd Time", "<html><body>", "hello", "these are my notes"]


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_that_is_not_known_is_named_and_all_known_are_listed(header):
    for text in (header, f"{header}\n1\t2\tdog\n", f"{header}\n1,2,dog\n"):
        with pytest.raises(ReadError, match="is not known; rename its columns, or say kind=") as caught:
            find_format(".txt", text)
        message = str(caught.value)
        assert message.startswith(f"its header ({header.replace(chr(9), chr(92) + 't')}) ")
        assert all(name in message for name, one in FORMATS.items() if not one.suffixes)
        assert len(message) < 480


@pytest.mark.parametrize("text", ["1.5\n2.5\n", "1\t2\n3\t4\n", "1,2,3\n", "1 2 3"])
def test_numbers_alone_could_mean_anything(text):
    with pytest.raises(
        ReadError, match="numbers without a header, which could mean anything; .*dcase .*onsets.*stages"
    ):
        find_format(".txt", text)


def test_a_word_a_line_is_told_how_it_is_read():
    with pytest.raises(
        ReadError, match="each of its lines is a word .*first: SIL.*; if it is .* say kind= .* stages, and"
    ):
        find_format(".txt", "SIL\nSIL\npour_coffee\n")


@pytest.mark.parametrize("text", ["", "\n\n", " \t\n"])
def test_an_empty_file_is_of_no_format(text):
    with pytest.raises(ReadError, match="the file is empty"):
        find_format(".csv", text)


# ---- a header with a mistake is no other header


HEADERS_KNOWN = {
    "csv": "file,onset,offset,label,confidence\na,1.5,2.5,dog,0.5\na,4,6,cat,0.25\n",
    "tsv": "file\tonset\toffset\tlabel\tconfidence\na\t1.5\t2.5\tdog\t0.5\na\t4\t6\tcat\t0.25\n",
    "dcase": "filename\tonset\toffset\tevent_label\na\t1.5\t2.5\tdog\na\t4\t6\tcat\n",
    "bids": "onset\tduration\ttrial_type\n1.5\t1\tdog\n4\t2\tcat\n",
    "hed_score": "onset\tduration\teventType\trecordingDuration\n1.5\t1\tdog\t60\n4\t2\tcat\t60\n",
    "raven": (
        "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tAnnotation\n"
        "1\tS\t1\t1.5\t2.5\t100\t900\tdog\n2\tS\t1\t4\t6\t100\t900\tcat\n"
    ),
    "birdnet": "Start (s),End (s),Scientific name,Common name,Confidence\n1.5,2.5,Canis,dog,0.5\n4,6,Felis,cat,0.25\n",
    "boris": (
        "Subject\tBehavior\tTime\tStatus\nA\tdog\t1.5\tSTART\nA\tdog\t2.5\tSTOP\nA\tcat\t4\tSTART\nA\tcat\t6\tSTOP\n"
    ),
    "boris aggregated": "Subject\tBehavior\tStart (s)\tStop (s)\nA\tdog\t1.5\t2.5\nA\tcat\t4\t6\n",
    "tusz": "channel,start_time,stop_time,label,confidence\nT,1.5,2.5,dog,0.5\nT,4,6,cat,0.25\n",
    "moda": "startSec\tdurationSec\teventName\n1.5\t1\tdog\n4\t2\tcat\n",
    "mne": "# MNE-Annotations\n# onset, duration, description\n1.5, 1, dog\n4, 2, cat\n",
    "elan_table": ("Tier\tBegin Time - ss.msec\tEnd Time - ss.msec\tAnnotation\nt\t1.5\t2.5\tdog\nt\t4\t6\tcat\n"),
}
LABELS = ("label", "event_label", "trial_type", "eventType", "eventName", "Annotation")
RIGHT = [(1.5, 2.5, "dog"), (4.0, 6.0, "cat")]


def mutations(text):
    """Yield what was done to which column, and the table with that column renamed, left out or in another place."""
    begin, header, *rows = ["", *text.splitlines()]
    if header.startswith("# MNE"):
        begin, header, *rows = [f"{header}\n# ", rows[0].removeprefix("# "), *rows[1:]]
    separator = "\t" if "\t" in header else ","
    lines = [[cell.strip() for cell in line.split(separator)] for line in (header, *rows)]
    for k, name in enumerate(lines[0]):
        renamed = [[*line[:k], "X" if line is lines[0] else line[k], *line[k + 1 :]] for line in lines]
        dropped = [[*line[:k], *line[k + 1 :]] for line in lines]
        moved = [[*line[:k], *line[k + 1 :], line[k]] for line in lines]
        for what, changed in {"renamed": renamed, "dropped": dropped, "moved": moved}.items():
            yield f"{what} {name}", begin + "\n".join(separator.join(line) for line in changed) + "\n"


def test_every_format_with_a_header_is_changed():
    with_header = [name for name, form in FORMATS.items() if form.known_by]
    # tables with tabs, and text of MNE, say what they are otherwise
    assert set(HEADERS_KNOWN) - {"boris aggregated"} == {*with_header, "tsv", "mne"}


def read_times_and_labels(text, path):
    path.write_text(text)
    return list(read_events(path).events[["onset", "offset", "label"]].itertuples(index=False, name=None))


@pytest.mark.parametrize("kind", HEADERS_KNOWN)
def test_a_header_that_is_known(kind, tmp_path):
    assert read_times_and_labels(HEADERS_KNOWN[kind], tmp_path / "a.txt") == RIGHT


@pytest.mark.parametrize("kind", HEADERS_KNOWN)
def test_a_header_with_one_column_changed_reads_the_same_or_is_refused(kind, tmp_path):
    """Where the label is no needed column, times are the same and there is no label; a renamed one is warned of."""
    for what, text in mutations(HEADERS_KNOWN[kind]):
        reads_the_same_or_is_refused(kind, what, text, tmp_path / "a.txt")


def reads_the_same_or_is_refused(kind, what, text, path):
    needs_label = kind not in ("csv", "tsv", "dcase", "bids", "hed_score", "raven", "moda")
    is_label = not needs_label and what.split()[1] in LABELS
    is_renamed = is_label and what.startswith("renamed")
    warned = pytest.warns(UserWarning, match="no column is known as the label, .* 'X' hold words")
    try:
        with warned if is_renamed else nullcontext():
            found = read_times_and_labels(text, path)
    except ReadError:
        found = None
    if found is None:
        assert not what.startswith("moved"), what
        with pytest.raises(ReadError, match="is not known|no column '"):
            read_events(path)
        return
    labels = [label for _, _, label in found]
    if is_label:
        assert labels in (["dog", "cat"], ["", ""]), what
        found = [(onset, offset, right[2]) for (onset, offset, _), right in zip(found, RIGHT, strict=True)]
    assert found == RIGHT, what
