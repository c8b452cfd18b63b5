"""Exports of ELAN, written here."""

from __future__ import annotations

from domains.events import read_events

HEADER = "Tier\tBegin Time - hh:mm:ss.ms\tBegin Time - ss.msec\tBegin Time - msec\t"
HEADER += "End Time - ss.msec\tEnd Time - msec\tDuration - msec\tAnnotation\n"


def test_seconds_count_where_milliseconds_stand_beside_them(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(HEADER + 'hand\t00:00:01.500\t1.500\t1500\t2.25\t2250\t750\t"wave\n')
    (event,) = read_events(path).events.to_dict("records")
    assert (event["onset"], event["offset"], event["label"], event["Tier"]) == (1.5, 2.25, '"wave', "hand")


def test_milliseconds_alone_are_divided(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("Tier\tBegin Time - msec\tEnd Time - msec\tAnnotation\nhand\t1500\t2250\twave\n")
    assert read_events(path).events[["onset", "offset"]].to_numpy().tolist() == [[1.5, 2.25]]


def test_clock_times_are_read_where_the_header_says_so(tmp_path):
    path = tmp_path / "a.txt"
    header = "Tier\tBegin Time - hh:mm:ss.ms\tEnd Time - hh:mm:ss.ms\tAnnotation\n"
    path.write_text(f"{header}h\t00:00:01.5\t00:01:02.250\tw\nh\t10:59:59.999\t11:00:00\tw\nh\t1:60:00\t2:00:00\tw\n")
    events, skipped, _ = read_events(path)
    assert events[["onset", "offset"]].to_numpy().tolist() == [[1.5, 62.25], [39599.999, 39600.0]]
    assert skipped[["where", "reason"]].to_numpy().tolist() == [["line 4", "a clock time, not seconds"]]
