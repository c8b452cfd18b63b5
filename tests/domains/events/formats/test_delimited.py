"""The rows of small tables written here, by the formats' own rules."""

from __future__ import annotations

import pytest

from domains.events.formats import bids, comma_separated, dcase


def test_csv_lines_are_counted_past_blank_ones():
    rows = list(comma_separated('onset,offset,label\n1,2,"a, b"\n\n3,4\n'))
    assert [r["where"] for r in rows] == ["line 2", "line 4"]
    assert [r["label"] for r in rows] == ["a, b", ""]


def test_a_header_without_onset():
    with pytest.raises(ValueError, match="no column 'onset'"):
        list(comma_separated("a,b\n1,2"))
    with pytest.raises(ValueError, match="the file is empty"):
        list(comma_separated(""))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("0.5\t1.5", {"onset": "0.5", "offset": "1.5", "label": ""}),
        ("0.5,1.5,dog", {"onset": "0.5", "offset": "1.5", "label": "dog"}),
        ("a.wav\t  0.5\t  1.5\tbig dog", {"onset": "0.5", "offset": "1.5", "label": "big dog", "file": "a.wav"}),
        ("a.wav\thome\t0.5\t1.5\tdog", {"onset": "0.5", "offset": "1.5", "label": "dog", "file": "a.wav"}),
        ("a.wav", {"file": "a.wav", "skip": "no event"}),
    ],
)
def test_dcase_without_header(line, expected):
    (row,) = dcase(line)
    assert row == {"where": "line 1", **expected}


def test_a_table_of_something_else():
    words = "some words\there"
    assert [r["skip"] for r in dcase(f"{words}\na.wav")] == ["no onset and offset", "no event"]
    for text in (words, "these are my notes"):
        with pytest.raises(ValueError, match="no row has an onset and an offset"):
            list(dcase(text))


def test_dcase_with_header_in_any_order():
    rows = list(dcase("event_label\tonset\toffset\tfilename\ndog\t1\t2\ta\nnan\tnan\tnan\tb\n\t\t\tc\n"))
    assert [r["file"] for r in rows] == ["a", "b", "c"]
    assert [r.get("skip") for r in rows] == [None, "no event", "no event"]


def test_bids():
    header = "onset\tduration\teventType\tconfidence\tchannels\tdateTime\trecordingDuration\n"
    rows = list(bids(header + "10\t5\tsz\tn/a\tall\t2020-01-01 00:00:00\t3600\n0\t60\tbckg\tn/a\tall\tn/a\t60"))
    assert [r["label"] for r in rows] == ["sz", "bckg"]
    assert [r["length"] for r in rows] == ["3600", "60"]
    assert [r.get("skip") for r in rows] == [None, "background"]
