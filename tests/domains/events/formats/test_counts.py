"""Rows counted by hand."""

from __future__ import annotations

import pytest

from domains.events.formats import FORMATS
from domains.events.formats.counts import first_line


@pytest.mark.parametrize(
    ("kind", "text", "n"),
    [
        ("csv", "onset,offset\n1,2\n\n3,4", 2),
        ("csv", "\n \nonset,offset\r1,2\r3,4\r", 2),
        ("csv", "", -1),
        ("csv", 'onset,offset,label\n1,2,"a\nb"\n', None),
        ("bids", 'onset\tduration\ttrial_type\n1\t2\t"a\n3\t4\tb"\n', 2),
        ("dcase", "1\t2\tdog\nb.wav\n\t\t\n", 2),
        ("dcase", "filename\tonset\toffset\na.wav\t1\t2\n", 1),
        ("rttm", ";; a comment\nSPEAKER f 1 0 1 <NA> <NA> anna <NA>\n\n  \nnotes\n", 2),
        ("rttm", "a\x0cb\x85c\u2028d\n", 1),
        ("rttm", "\x0c\n\xa0\n \t\n", 2),
        ("csv", "onset,offset\n\x0c\n,,\n \t\n", 2),
        ("activitynet", "{}", None),
        ("audacity", "1\t2\tdog\n\\\t10\t20\n", 2),
        ("raven", 'Selection\tView\n1\t"a\n', None),
        ("boris", "Observation id\tobs7\n\nTime\tSubject\tBehavior\tStatus\n1\tA\tgroom\tPOINT\n", 1),
        ("onsets", "# by hand\n0.5\n", 1),
        ("stages", "W\nW\n", 2),
    ],
)
def test_rows_are_lines(kind, text, n):
    assert FORMATS[kind].count(text) == n


@pytest.mark.parametrize(("text", "line"), [("", ""), ("\n\t\n a\nb", " a"), ("a\rb", "a")])
def test_the_first_line_that_is_not_blank(text, line):
    assert first_line(text) == line
