"""Every format has a reader, every reader says where a row is, and a text is of one format or refused."""

from __future__ import annotations

import pytest

from domains._files import ReadError
from domains.events.formats import FORMATS, SUFFIXES, find_format

TEXTS = {
    "csv": ("onset,offset\n1,2\n", "line 2"),
    "dcase": ("1\t2\tdog\n", "line 1"),
    "bids": ("onset\tduration\n1\t2\n", "line 2"),
    "rttm": ("SPEAKER f 1 1 2 <NA> <NA> anna <NA> <NA>\n", "line 1"),
    "activitynet": ('{"results": {"v": [{"segment": [1, 2], "label": "jump"}]}}', "annotation 1"),
    "audacity": ("1\t2\tdog\n\\\t100\t200\n", "line 1"),
    "raven": ("Selection\tBegin Time (s)\tEnd Time (s)\n1\t1\t2\n", "line 2"),
    "boris": ("Behavior,Start (s),Stop (s)\ngroom,1,2\n", "line 2"),
    "onsets": ("1.5\n", "line 1"),
    "stages": ("W\n", "line 1"),
}
SAY_NOTHING = ("onsets", "stages")
"""Formats that ``kind=`` has to name."""


@pytest.mark.parametrize("kind", FORMATS)
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


def test_endings_that_say_the_format():
    assert SUFFIXES == (".csv", ".tsv", ".txt", ".rttm", ".json")
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
        assert all(f"{name} (" in message for name in FORMATS)
        assert len(message) < 500


@pytest.mark.parametrize("text", ["1.5\n2.5\n", "1\t2\n3\t4\n", "1,2,3\n", "1 2 3"])
def test_numbers_alone_could_mean_anything(text):
    with pytest.raises(
        ReadError, match="numbers without a header, which could mean anything; .*dcase .*onsets.*stages"
    ):
        find_format(".txt", text)


@pytest.mark.parametrize("text", ["", "\n\n", " \t\n"])
def test_an_empty_file_is_of_no_format(text):
    with pytest.raises(ReadError, match="the file is empty"):
        find_format(".csv", text)
