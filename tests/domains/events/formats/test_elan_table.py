"""Exports of ELAN, written here."""

from __future__ import annotations

import pytest

from domains._files import ReadError
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


def test_clock_times_alone_are_refused(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("Tier\tBegin Time - hh:mm:ss.ms\tEnd Time - hh:mm:ss.ms\tAnnotation\nh\t00:00:01.5\t00:00:02\tw\n")
    with pytest.raises(ReadError, match="is not known.*Begin Time - ss.msec"):
        read_events(path)
