"""Labels of Audacity: the manual's rules on files written here, and two tracks of other people."""

from __future__ import annotations

import pytest

from domains.events import read_events
from domains.events.formats.audacity import read, recognises

FREQUENCIES = "0.5\t1.5\tdog\n\\\t1000\t2000\n2.0\t3.0\tdog\n\\\t-1\t-1\n"


def test_a_row_that_begins_with_a_backslash_belongs_to_the_label_before(tmp_path):
    path = tmp_path / "labels.txt"
    path.write_text(FREQUENCIES)
    events, skipped, support = read_events(path)
    assert events[["onset", "offset", "label"]].to_numpy().tolist() == [[0.5, 1.5, "dog"], [2, 3, "dog"]]
    assert events[["low_freq", "high_freq"]].to_numpy().tolist() == [["1000", "2000"], ["", ""]]
    assert skipped.empty
    assert support["file"].tolist() == ["labels"]


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("\\\t1\t2\n1\t2\tdog\n", ["frequencies without a label before them", None]),
        ("1\t2\tdog\n\\\t1\t2\n\\\t1\t2\n", ["frequencies without a label before them", None]),
        ("1\t2\tdog\n\\\t1\n", ["not the two frequencies of a label", None]),
        ("1\t2\tdog\t0.5\t7\n", ["more than onset, offset, label and confidence"]),
        ("notes\n\\\t1\t2\n", ["frequencies without a label before them", "no onset and offset"]),
    ],
)
def test_rows_that_do_not_fit_are_skipped(text, reasons):
    assert [row.get("skip") for row in read(text)] == reasons


def test_a_label_may_be_missing_or_hold_anything():
    rows = list(read('1\t2\n3\t4\t\n5\t6\t"big\\\n7\t8\t9\n'))
    assert [row["label"] for row in rows] == ["", "", '"big\\', "9"]
    assert not recognises("1\t2\tbig\\\n")


def test_a_track_with_frequencies_of_other_people(shared_data):
    """Spinetail, an example of crowsetta: 18 boxes."""
    events, skipped, _ = read_events(shared_data / "events" / "formats" / "crowsetta" / "spinetail.txt")
    assert (len(events), len(skipped)) == (18, 0)
    assert events.iloc[1].tolist()[1:4] == [0.506924, 3.041545, "CRER"]
    assert events["high_freq"].astype(float).max() == 13969.581055


def test_a_plain_track_of_other_people(shared_data):
    name = "405_marron1_June_14_2016_69640887.audacity.txt"
    path = shared_data / "events" / "formats" / "crowsetta" / name
    events = read_events(path).events
    assert len(events) == len(path.read_text().splitlines())
    assert events.equals(read_events(path, "audacity").events)


def test_birdnet_adds_the_confidence():
    (row,) = read("0\t3.0\tBlack-capped Chickadee, Poecile atricapillus\t0.8141\n")
    assert (row["label"], row["confidence"]) == ("Black-capped Chickadee, Poecile atricapillus", "0.8141")
