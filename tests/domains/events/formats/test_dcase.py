"""Lists of sound events written here, by the rules of DCASE and sed_eval."""

from __future__ import annotations

import pytest

from domains._files import ReadError
from domains.events.formats.dcase import read, recognises
from domains.events.formats.rows import DECIMAL_COMMA, NO_EVENT, NO_TIMES

NEVER_ENDS = "a quotation mark opens a cell that never ends"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("0.5\t1.5", {"onset": "0.5", "offset": "1.5", "label": ""}),
        ("0.5,1.5,dog", {"onset": "0.5", "offset": "1.5", "label": "dog"}),
        ("a.wav\t  0.5\t  1.5\tbig dog", {"onset": "0.5", "offset": "1.5", "label": "big dog", "file": "a.wav"}),
        (
            "a.wav\thome\t0.5\t1.5\tdog",
            {"onset": "0.5", "offset": "1.5", "label": "dog", "file": "a.wav", "scene": "home"},
        ),
        ("a.wav", {"file": "a.wav", "skip": "no event"}),
    ],
)
def test_dcase_without_header(line, expected):
    (row,) = read(line)
    assert row == {"where": "line 1", **expected}


def test_a_table_of_something_else():
    for text in ("some words\there", "some words\there\n1\t2\tdog\n"):
        with pytest.raises(ReadError, match="its header .some words, here. is none of DCASE; rename"):
            list(read(text))
    with pytest.raises(ReadError, match="no row has an onset and an offset"):
        list(read("these are my notes"))


def test_dcase_with_header_in_any_order():
    rows = list(read("event_label\tonset\toffset\tfilename\ndog\t1\t2\ta\nnan\tnan\tnan\tb\n\t\t\tc\n"))
    assert [r["file"] for r in rows] == ["a", "b", "c"]
    assert [r.get("skip") for r in rows] == [None, "no event", "no event"]


@pytest.mark.parametrize(
    ("line", "skip"),
    [
        ("0,5,1,5,dog", DECIMAL_COMMA),
        ("0,5,1,5", DECIMAL_COMMA),
        ("a.wav,0,5,1,5,dog", DECIMAL_COMMA),
        ('1,2,"dog', NEVER_ENDS),
        ("1,2,7", None),
        ("1,2,dog,0.5", NO_TIMES),
    ],
)
def test_a_line_without_header_that_could_be_read_in_two_ways(line, skip):
    first, second = read(f"{line}\n3,4,cat\n")
    assert first.get("skip") == skip
    assert "skip" not in second


def test_a_quoted_label_without_header():
    (row,) = read('1,2,"dog, big"\n')
    assert row == {"where": "line 1", "onset": "1", "offset": "2", "label": "dog, big"}


@pytest.mark.parametrize("word", ["hello", "3.5", "x", "onse", "dog.", "null", "12"])
def test_a_word_is_no_recording_without_events(word):
    with pytest.raises(ReadError, match="no row has an onset"):
        list(read(word))
    found = list(read(f"1\t2\tdog\n{word}\n"))
    assert [row.get("skip") for row in found] == [None, NO_TIMES]
    assert found[1]["detail"] == word


@pytest.mark.parametrize("name", ["a.wav", "night/1", "b.flac", "x.y.wav"])
def test_a_name_of_a_file_is_one(name):
    assert [(row["file"], row["skip"]) for row in read(name)] == [(name, NO_EVENT)]
    assert [row.get("file") for row in read(f"rec1\t1\t2\tdog\n{name}\nrec2\n")] == ["rec1", name, "rec2"]


@pytest.mark.parametrize(
    ("text", "is_known"),
    [
        ("0.5\t1.5\tdog", True),
        ("0.5,1.5,dog", True),
        ("a.wav\t0.5\t1.5", True),
        ("0.5\tx\tdog\n1\t2\tcat", True),
        ('1,2,"dog\n3,4,cat', True),
        ("a.wav\nb.wav", True),
        ("0.5\t1.5\n2\t3", False),
        ("0.5\t1.5\t3\n2\t3\t4", False),
        ("1\t0.5\t1.5\tdog", False),
        ("a.wav\nmy notes", False),
        ("</body>\n<a/b>", False),
        ("begin\tuntil\tlabel\n1\t2\tdog", False),
        ("filename\tonset\toffset\tevent_label", False),
        ('file,onset,offset,""label\na,0,1,dog', False),
        ('begin,until,"label\n0,1,dog', False),
    ],
)
def test_how_a_list_without_header_is_known(text, is_known):
    assert recognises(text) == is_known


def test_a_header_whose_quotation_mark_never_closes_is_no_row():
    text = 'file,onset,offset,labe2,3,"hel\na,0,1,"dog, big"\n'
    said = "^line 1: a quotation mark opens a cell that never ends; write the header without quotation marks$"
    with pytest.raises(ReadError, match=said):
        list(read(text))
