"""How lines become cells, and cells get the names of a header, on small tables written here."""

from __future__ import annotations

import pytest

from domains._files import ReadError
from domains.events.formats import dcase, usual
from domains.events.formats.rows import EMPTY_ROW, TOO_SHORT, TOO_WIDE


def test_csv_lines_are_counted_past_blank_ones():
    rows = list(usual.read('onset,offset,label\n1,2,"a, b"\n\n3,4,\n'))
    assert [r["where"] for r in rows] == ["line 2", "line 4"]
    assert [r["label"] for r in rows] == ["a, b", ""]


def test_a_header_without_onset():
    with pytest.raises(ValueError, match="no column 'onset'"):
        list(usual.read("a,b\n1,2"))
    with pytest.raises(ValueError, match="the file is empty"):
        list(usual.read(""))


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
    found = list(usual.read(text))
    assert [row["where"] for row in found] == [f"line {k}" for k in range(2, len(rows) + 2)]
    assert [row.get("skip") for row in found] == reasons
    for row, line in zip(found, rows, strict=True):
        if "skip" in row and '"' not in line:
            assert row["detail"] == line


def test_a_quoted_cell_may_hold_line_breaks_and_separators_and_quotation_marks():
    (row, last) = usual.read('onset,offset,label\n1,2,"a\nb, ""c"""\n3,4,d\n')
    assert row == {"where": "line 2", "onset": "1", "offset": "2", "label": 'a\nb, "c"'}
    assert last["where"] == "line 4"


def test_a_quotation_that_holds_whole_rows_is_none():
    """It begins and ends as a quoted cell does, but these are three events."""
    found = list(usual.read('onset,offset,label\n1,2,"dog\n3,4,cat\n5,6,"\n7,8,owl\n'))
    assert len(found) == 4
    assert found[1] == {"where": "line 3", "onset": "3", "offset": "4", "label": "cat"}
    assert [row.get("skip") for row in found] == [NEVER_ENDS, None, NEVER_ENDS, None]


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
        list(usual.read(header + "\n1,2,3"))


def test_the_remedy_for_a_name_twice():
    (row,) = usual.read("onset,start_of_trial,offset\n1,0,2")
    assert (row["onset"], row["offset"]) == ("1", "2")


def test_unnamed_columns_may_stand_several_times():
    (row,) = usual.read(",onset,offset,\n7,1,2,8")
    assert row == {"where": "line 2", "onset": "1", "offset": "2"}


@pytest.mark.parametrize("name", ["where", "skip", "length", "detail"])
def test_a_column_that_is_called_like_a_word_of_the_readers(name):
    (row,) = usual.read(f"onset,offset,{name}\n1,2,3\n")
    assert row == {"where": "line 2", "onset": "1", "offset": "2", f"{name}_": "3"}


def test_a_header_with_an_open_quotation_mark():
    with pytest.raises(ReadError, match="line 1: .*never ends; write the header without"):
        list(usual.read('onset,offset,"label\n1,2,dog\n'))


def test_blank_lines_before_the_header():
    (row,) = usual.read("\n  \nonset,offset\n1,2\n")
    assert (row["where"], row["offset"]) == ("line 4", "2")
    assert [row["onset"] for row in dcase.read("\nonset\toffset\n1\t2\n")] == ["1"]


@pytest.mark.parametrize("character", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_only_line_ends_end_a_row(character):
    for row in (*dcase.read(f"1\t2\tbig{character}dog\n"), *usual.read(f"onset,offset,label\n1,2,big{character}dog\n")):
        assert row["label"] == f"big{character}dog"
