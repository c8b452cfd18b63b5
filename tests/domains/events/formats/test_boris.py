"""Tables as BORIS exports them: its case from an observation coded twice, and its older and newer headers."""

from __future__ import annotations

import pytest

from domains.events import compare, read_events
from domains.events.formats.boris import read, recognises

HEADER = (
    "Observation id\tObservation date\tMedia file\tTotal length\tFPS\tSubject\tBehavior\tBehavioral category\tModifiers"
    "\tTime\tStatus\n"
)
FIRST = [("groom", 10, "START"), ("groom", 14, "STOP"), ("rear", 20, "POINT"), ("groom", 50, "START")]
FIRST += [("groom", 58.5, "STOP"), ("rest", 290, "START")]
SECOND = [("groom", 10.4, "START"), ("groom", 14.2, "STOP"), ("rear", 20.1, "POINT"), ("groom", 51, "START")]
SECOND += [("groom", 58, "STOP")]


def table(rows):
    begin = "obs7\t2024-05-02 10:00:00\tcage3.mp4\t300.0\t25.0\tA"
    return HEADER + "".join(f"{begin}\t{name}\t\t\t{time:.3f}\t{status}\n" for name, time, status in rows)


def test_start_and_stop_are_one_event(tmp_path):
    """By hand: 10.6 s are shared, the union is 12.7 s, so the IoU is 0.83465."""
    found = []
    for name, rows in (("coder2", SECOND), ("coder1", FIRST)):
        path = tmp_path / f"{name}.tsv"
        path.write_text(table(rows))
        found.append(read_events(path))
    events, skipped, support = found[1]
    assert events[["onset", "offset", "label"]].to_numpy().tolist() == [
        [10, 14, "groom"],
        [20, 20, "rear"],
        [50, 58.5, "groom"],
    ]
    assert skipped[["where", "reason"]].to_numpy().tolist() == [["line 7", "a START without STOP"]]
    assert support.drop_duplicates().to_numpy().tolist() == [["obs7", 300.0]]
    with pytest.warns(UserWarning, match="1 of 3 events of the [a-z]+ have no duration"):
        report = compare(found[0].events, events, "time")
    assert float(report.intersection) == pytest.approx(10.6, rel=1e-12)
    assert float(report.iou) == pytest.approx(10.6 / 12.7, rel=1e-12)


@pytest.mark.parametrize(
    ("rows", "reasons"),
    [
        ([("groom", 1, "STOP")], ["a STOP without START"]),
        ([("groom", 1, "START"), ("rest", 2, "STOP")], ["a START without STOP", "a STOP without START"]),
        ([("groom", 1, "START"), ("groom", 2, "START"), ("groom", 3, "STOP")], ["a START without STOP", None]),
        ([("groom", 1, "started")], ["a status that is neither START, STOP nor POINT"]),
    ],
)
def test_what_has_no_counterpart_is_skipped(rows, reasons):
    assert [row.get("skip") for row in read(table(rows))] == reasons


def test_subjects_and_modifiers_tell_events_apart():
    header = "Observation id,Subject,Behavior,Modifier #1,Behavior type,Time,Media duration (s)\n"
    rows = ["o,A,run,fast,START,1,60", "o,B,run,fast,START,2,60", "o,A,run,fast,STOP,3,60", "o,B,run,fast,STOP,5,60"]
    found = list(read(header + "\n".join(rows)))
    assert [(row["subject"], row["onset"], row["offset"], row["length"]) for row in found] == [
        ("A", "1", "3", "60"),
        ("B", "2", "5", "60"),
    ]


def test_a_block_before_the_header_says_of_which_observation_it_is(tmp_path):
    path = tmp_path / "a.tsv"
    block = "Observation id\tobs7\n\nMedia file(s)\nPlayer #1\tcage3.mp4\n\n"
    path.write_text(
        block
        + "Time\tMedia file path\tTotal length\tFPS\tSubject\tBehavior\tComment\tStatus\n5\tx\t9\t25\tA\tb\t\tPOINT\n"
    )
    events, _, support = read_events(path)
    assert events[["file", "onset", "offset"]].to_numpy().tolist() == [["obs7", 5, 5]]
    assert support["duration"].tolist() == [9]
    path.write_text(path.read_text().replace("POINT", "STOP"))
    with pytest.warns(UserWarning, match="none of its 1 rows is an event .the first: a STOP without START"):
        assert read_events(path).skipped["where"].tolist() == ["line 7"]


def test_aggregated_events():
    header = "Observation id\tSubject\tBehavior\tBehavior type\tStart (s)\tStop (s)\tDuration (s)\n"
    (row,) = read(header + "obs7\tA\tgroom\tSTATE\t10\t14\t4\n")
    assert (row["file"], row["onset"], row["offset"], row["label"]) == ("obs7", "10", "14", "groom")


@pytest.mark.parametrize("missing", ["Subject", "Behavior", "Time", "Status"])
def test_a_header_without_a_needed_name_is_not_known(missing):
    assert recognises(HEADER)
    assert not recognises("\t".join(name for name in HEADER.strip().split("\t") if name != missing))
