"""Text that others wrote is shown as it stands, and obeyed nowhere."""

from __future__ import annotations

import pytest

from domains._text import encodable, file_name, one_line, printable


@pytest.mark.parametrize("text", ["owl", "Häher", "猫", "a b", "[noise]", "$x_1$", "100 %"])
def test_what_can_be_seen_is_kept(text):
    assert printable(text) == one_line(text) == encodable(text) == file_name(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x9b31m", r"\x9b31m"),
        ("a\u202eb\u2066", r"a\u202eb\u2066"),
        ("\udcff\udce9.csv", r"\xff\xe9.csv"),
        ("\ud800", r"\ud800"),
        ("\0", r"\x00"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text, shown):
    assert printable(text) == shown


def test_only_what_is_no_utf_8_is_changed_for_a_file():
    assert encodable("a\x1b\n\udcff") == "a\x1b\n\\xff"


def test_the_words_of_a_library_are_one_line_and_not_too_long():
    assert one_line("first\n\n   second\tthird") == "first second third"
    assert one_line("x" * 1000, 10) == "xxxxxxxxx…"
