"""The rows of a small RTTM file written here."""

from __future__ import annotations

import pytest

from domains.events.formats.rttm import NO_ROW, OTHER_TYPES, WRONG_LENGTH, read, recognises

ROW = "SPEAKER f 1 0.5 2 <NA> <NA> anna 0.75 <NA>"


def test_rttm():
    text = ";; a comment\nSPKR-INFO f 1 <NA> <NA> <NA> unknown anna <NA>\nSPEAKER f 1 0.5 2 <NA> <NA> anna 0.75 <NA>\n"
    info, speaker = read(text)
    assert info["skip"] == "a SPKR-INFO row"
    assert speaker["where"] == "line 3"
    assert (speaker["file"], speaker["duration"], speaker["label"], speaker["confidence"]) == ("f", "2", "anna", "0.75")


@pytest.mark.parametrize(
    ("line", "skip"),
    [
        (ROW, None),
        (ROW.removesuffix(" <NA>"), None),
        ("SPEAKER f 1 0.5 2 <NA> <NA> anna", WRONG_LENGTH),
        ("SPEAKER f 1 0.5", WRONG_LENGTH),
        ("SPEAKER", WRONG_LENGTH),
        (ROW.replace("anna", "anna maria"), WRONG_LENGTH),
        (ROW + " more", WRONG_LENGTH),
        ("speaker" + ROW[7:], NO_ROW),
        ("hello", NO_ROW),
        ("onset,offset,label", NO_ROW),
    ],
)
def test_a_row_has_nine_or_ten_fields(line, skip):
    rows = list(read(f"{line}\n{ROW}\n"))
    assert [row.get("skip") for row in rows] == [skip, None]
    assert skip is None or rows[0]["detail"] == line


@pytest.mark.parametrize("name", ['"anna', 'anna"', '"anna"', "n/a", "nan", "a,b", "a\xa0b", "a\x0cb"])
def test_a_name_is_what_stands_there(name):
    rows = list(read(f"{ROW.replace('anna', name)}\n{ROW}\n"))
    assert [row["label"] for row in rows] == [name, "anna"]


def test_no_label_is_none():
    (row,) = read("SPEAKER <NA> 1 0.5 2 <NA> <NA> <NA> <NA> <NA>\n")
    assert (row["file"], row["label"], row["confidence"]) == ("", "", "")


@pytest.mark.parametrize("kind", OTHER_TYPES)
def test_other_types_are_no_events(kind):
    (row,) = read(f"{kind} f 1 <NA> <NA> <NA> unknown anna <NA>")
    assert row["skip"].startswith(f"a {kind} row")
    assert row["skip"].endswith("leave it out of the support") == (kind in ("NOSCORE", "NON-LEX"))


def test_how_rttm_is_known():
    assert recognises(f";; a comment\n{ROW}")
    assert not recognises("speaker f 1 0.5 2")
    assert not recognises("")
