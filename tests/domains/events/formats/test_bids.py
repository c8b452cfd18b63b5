"""Tables of BIDS written here."""

from __future__ import annotations

import pytest

from domains.events.formats.bids import read, recognises
from domains.events.formats.rows import TOO_SHORT, TOO_WIDE


def test_bids():
    header = "onset\tduration\teventType\tconfidence\tchannels\tdateTime\trecordingDuration\n"
    rows = list(read(header + "10\t5\tsz\tn/a\tall\t2020-01-01 00:00:00\t3600\n0\t60\tbckg\tn/a\tall\tn/a\t60"))
    assert [r["label"] for r in rows] == ["sz", "bckg"]
    assert [r["length"] for r in rows] == ["3600", "60"]
    assert [r.get("skip") for r in rows] == [None, "background"]


@pytest.mark.parametrize("label", ['"dog', 'dog"', '"dog"', '"', '""', '"a" b'])
def test_bids_knows_no_quoting(label):
    found = list(read(f"onset\tduration\ttrial_type\n1\t1\t{label}\n3\t1\tcat\n5\t1\towl\n"))
    assert [row["label"] for row in found] == [label, "cat", "owl"]


def test_a_row_of_bids_with_a_cell_too_many_or_too_few():
    found = list(read("onset\tduration\ttrial_type\n1\t1\tdog\tbig\n3\t1\n5\t1\tbckg\n"))
    assert [row["skip"] for row in found] == [TOO_WIDE, TOO_SHORT, "background"]


@pytest.mark.parametrize(
    ("header", "is_bids"),
    [
        ("onset\tduration", True),
        ("duration\tonset\ttrial_type", True),
        ("onset\tduration\toffset", False),
        ("onset\tend\tduration", False),
        ("onset,duration", False),
        ("onset duration", False),
        ("Onset\tDuration", False),
    ],
)
def test_how_a_table_of_bids_is_known(header, is_bids):
    assert recognises(header) == is_bids
