"""The rows of small tables written here, by the formats' own rules."""

from __future__ import annotations

import pytest

from domains._files import ReadError
from domains.events.formats import NO_EVENT, NO_TIMES, bids, comma_separated, dcase, durations
from domains.events.formats.rows import DECIMAL_COMMA, EMPTY_ROW, TOO_SHORT, TOO_WIDE


def test_csv_lines_are_counted_past_blank_ones():
    rows = list(comma_separated('onset,offset,label\n1,2,"a, b"\n\n3,4,\n'))
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


# ---- rows that do not go with their header


NEVER_ENDS = "a quotation mark opens a cell that never ends"
GOES_ON = "text follows the end of a quoted cell"


@pytest.mark.parametrize(
    ("rows", "reasons"),
    [
        (['1,2,"dog', "3,4,cat", "5,6,owl"], [NEVER_ENDS, None, None]),
        (["1,2,dog", "3,4,cat", '5,6,"owl'], [None, None, NEVER_ENDS]),
        (['1,2,"dog', '3,4,"cat', "5,6,owl"], [NEVER_ENDS, NEVER_ENDS, None]),
        (['1,2,"dog', "3,4,cat", '5,6,owl"'], [NEVER_ENDS, None, None]),
        (['1,2,"dog"s', "3,4,cat"], [GOES_ON, None]),
        (['1,2,"dog', '3,4,"cat"', '5,6,"big, owl"'], [NEVER_ENDS, None, None]),
        (['"1,2,dog', "3,4,cat"], [NEVER_ENDS, None]),
        (['1,2,5" pipe', "3,4,cat"], [None, None]),
        (["0,5,1,5,dog", "3,4,cat"], [TOO_WIDE, None]),
        (["0,5,1,5", "3,4,cat,,"], [TOO_WIDE, None]),
        (["1,2", "1", "3,4,cat"], [TOO_SHORT, TOO_SHORT, None]),
        ([",,", " , ,", '""', "3,4,cat", "3,4,"], [EMPTY_ROW, EMPTY_ROW, EMPTY_ROW, None, None]),
    ],
)
def test_a_row_that_cannot_be_told_is_skipped_and_the_others_are_rows(rows, reasons):
    text = "\n".join(["onset,offset,label", *rows])
    found = list(comma_separated(text))
    assert [row["where"] for row in found] == [f"line {k}" for k in range(2, len(rows) + 2)]
    assert [row.get("skip") for row in found] == reasons
    for row, line in zip(found, rows, strict=True):
        if "skip" in row and '"' not in line:
            assert row["detail"] == line


def test_a_quoted_cell_may_hold_line_breaks_and_separators_and_quotation_marks():
    (row, last) = comma_separated('onset,offset,label\n1,2,"a\nb, ""c"""\n3,4,d\n')
    assert row == {"where": "line 2", "onset": "1", "offset": "2", "label": 'a\nb, "c"'}
    assert last["where"] == "line 4"


def test_a_quotation_that_holds_whole_rows_is_none():
    """It begins and ends as a quoted cell does, but these are three events."""
    found = list(comma_separated('onset,offset,label\n1,2,"dog\n3,4,cat\n5,6,"\n7,8,owl\n'))
    assert len(found) == 4
    assert found[1] == {"where": "line 3", "onset": "3", "offset": "4", "label": "cat"}
    assert [row.get("skip") for row in found] == [NEVER_ENDS, None, NEVER_ENDS, None]


@pytest.mark.parametrize("label", ['"dog', 'dog"', '"dog"', '"', '""', '"a" b'])
def test_bids_knows_no_quoting(label):
    found = list(bids(f"onset\tduration\ttrial_type\n1\t1\t{label}\n3\t1\tcat\n5\t1\towl\n"))
    assert [row["label"] for row in found] == [label, "cat", "owl"]


def test_a_row_of_bids_with_a_cell_too_many_or_too_few():
    found = list(bids("onset\tduration\ttrial_type\n1\t1\tdog\tbig\n3\t1\n5\t1\tbckg\n"))
    assert [row["skip"] for row in found] == [TOO_WIDE, TOO_SHORT, "background"]


@pytest.mark.parametrize(
    "header",
    [
        "onset,onset,offset",
        "onset,start,offset",
        "onset,offset,end",
        "onset,offset,note,note",
        "onset,offset,where,where_",
    ],
)
def test_a_header_with_a_name_twice(header):
    with pytest.raises(ReadError, match=r"two columns are the .* and .*; rename the one that is not meant"):
        list(comma_separated(header + "\n1,2,3"))


def test_the_remedy_for_a_name_twice():
    (row,) = comma_separated("onset,start_of_trial,offset\n1,0,2")
    assert (row["onset"], row["offset"]) == ("1", "2")


def test_unnamed_columns_may_stand_several_times():
    (row,) = comma_separated(",onset,offset,\n7,1,2,8")
    assert row == {"where": "line 2", "onset": "1", "offset": "2"}


@pytest.mark.parametrize("name", ["where", "skip", "length", "detail"])
def test_a_column_that_is_called_like_a_word_of_the_readers(name):
    (row,) = comma_separated(f"onset,offset,{name}\n1,2,3\n")
    assert row == {"where": "line 2", "onset": "1", "offset": "2", f"{name}_": "3"}


def test_a_header_with_an_open_quotation_mark():
    with pytest.raises(ReadError, match="line 1: .*never ends; write the header without"):
        list(comma_separated('onset,offset,"label\n1,2,dog\n'))


def test_blank_lines_before_the_header():
    (row,) = comma_separated("\n  \nonset,offset\n1,2\n")
    assert (row["where"], row["offset"]) == ("line 4", "2")
    assert [row["onset"] for row in dcase("\nonset\toffset\n1\t2\n")] == ["1"]


@pytest.mark.parametrize("character", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_only_line_ends_end_a_row(character):
    for row in (*dcase(f"1\t2\tbig{character}dog\n"), *comma_separated(f"onset,offset,label\n1,2,big{character}dog\n")):
        assert row["label"] == f"big{character}dog"


@pytest.mark.parametrize(
    ("line", "skip"),
    [
        ("0,5,1,5,dog", DECIMAL_COMMA),
        ("0,5,1,5", DECIMAL_COMMA),
        ("a.wav,0,5,1,5,dog", DECIMAL_COMMA),
        ('1,2,"dog', NEVER_ENDS),
        ("1,2,7", None),
        ("1,2,dog,0.5", None),
        ("1\t2\t7\t0.5", None),
    ],
)
def test_a_line_without_header_that_could_be_read_in_two_ways(line, skip):
    first, second = dcase(f"{line}\n3,4,cat\n")
    assert first.get("skip") == skip
    assert "skip" not in second


def test_a_quoted_label_without_header():
    (row,) = dcase('1,2,"dog, big"\n')
    assert row == {"where": "line 1", "onset": "1", "offset": "2", "label": "dog, big"}


@pytest.mark.parametrize("word", ["hello", "3.5", "x", "onse", "dog.", "null", "12"])
def test_a_word_is_no_recording_without_events(word):
    with pytest.raises(ReadError, match="no row has an onset"):
        list(dcase(word))
    found = list(dcase(f"1\t2\tdog\n{word}\n"))
    assert [row.get("skip") for row in found] == [None, NO_TIMES]
    assert found[1]["detail"] == word


@pytest.mark.parametrize("name", ["a.wav", "night/1", "b.flac", "x.y.wav"])
def test_a_name_of_a_file_is_one(name):
    assert [(row["file"], row["skip"]) for row in dcase(name)] == [(name, NO_EVENT)]
    assert [row.get("file") for row in dcase(f"rec1\t1\t2\tdog\n{name}\nrec2\n")] == ["rec1", name, "rec2"]


def test_a_table_of_durations_is_whole_or_refused():
    assert [row["file"] for row in durations("filename,duration\na,1\n\nb,2\n")] == ["a", "b"]
    with pytest.raises(ReadError, match="line 3: fewer cells"):
        list(durations("file,duration\na,1\nb\n"))
