"""Tables of seizures, HED-SCORE in BIDS, written by hand."""

from __future__ import annotations

from domains.events import read_events
from domains.events.formats import FORMATS, find_format
from domains.events.formats.hed_score import write

HEADER = "onset\tduration\teventType\tconfidence\tchannels\tdateTime\trecordingDuration\n"


def test_its_header_is_told_from_other_tables_of_bids(tmp_path):
    assert find_format(".tsv", HEADER).name == "hed_score"
    assert find_format(".tsv", HEADER.replace("eventType", "trial_type")).name == "bids"
    path = tmp_path / "a.tsv"
    path.write_text(f"{HEADER}1.5\t2\tsz\tn/a\tn/a\tn/a\t60\n")
    # whichever name is said
    found = [read_events(path, kind) for kind in (None, "bids", "hed_score")]
    assert all(one.events.equals(found[0].events) for one in found)
    assert found[0].events.iloc[0, 1:4].tolist() == [1.5, 3.5, "sz"]
    assert found[0].support["duration"].tolist() == [60]


def test_what_is_not_known_is_not_said():
    rows = [{"onset": "1.5", "duration": "2.0", "label": "sz", "confidence": "", "length": ""}]
    assert write(rows) == f"{HEADER}1.5\t2.0\tsz\tn/a\tn/a\tn/a\tn/a\n"
    assert write([{"length": "", "skip": "no event"}]) == f"{HEADER}0.0\tn/a\tbckg\tn/a\tn/a\tn/a\tn/a\n"
    assert write([]) == HEADER


def test_columns_of_its_own_come_back():
    text = f"{HEADER}1.5\t2.0\tsz\t0.5\tC3,C4\t2020-01-01 00:00:00\t60.0\n"
    (row,) = FORMATS["hed_score"].read(text)
    assert write([row]) == text
