"""Axes of time: when seconds, when a clock, and where its ticks stand."""

from __future__ import annotations

from datetime import datetime, time

import numpy as np
import pytest
from matplotlib.figure import Figure

from domains.events.pictures.clocks import MOST_TICKS, label_time, start_of


@pytest.mark.parametrize(
    ("clock", "seconds"),
    [("00:00", 0), ("7:05", 25500), ("23:59:59.5", 86399.5), (time(1, 0, 2), 3602), (datetime(2026, 1, 2, 3), 10800)],
    ids=["midnight", "minutes", "seconds", "time", "datetime"],
)
def test_times_of_day(clock, seconds):
    assert start_of("", clock) == seconds


@pytest.mark.parametrize("clock", ["24:00", "7", "12:60", "12:00:60", "", "noon", 22.5, "12:00 pm"])
def test_what_is_no_time_of_day(clock):
    with pytest.raises(ValueError, match='events.x: clock must be a time of day such as "22:30:00"'):
        start_of("events.x", clock)


@pytest.mark.parametrize("length", [5.0, 40.0, 500.0, 700.0, 5e3, 4e4, 2e5, 9e6])
@pytest.mark.parametrize("begin", [0.0, 81015.0])
def test_ticks_are_few_and_whole(length, begin):
    ax = Figure().add_subplot()
    ax.set_xlim(3.0, 3.0 + length)
    label_time(ax, True, begin or None)
    ticks = ax.get_xticks()
    assert 1 <= len(ticks) <= MOST_TICKS + 1
    assert np.allclose((ticks + begin) % 1, 0)
    texts = [text.get_text() for text in ax.get_xticklabels()]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(
    ("length", "clock", "name"),
    [
        (599, None, "time (s)"),
        (601, None, "time (h:min)"),
        (100, True, "time (h:min:s)"),
        (1e5, False, "time (s)"),
        (2, True, "time (s)"),
        (100, "12:00", "time of day (h:min:s)"),
    ],
)
def test_names_of_the_axis(length, clock, name):
    ax = Figure().add_subplot()
    ax.set_xlim(0, length)
    assert label_time(ax, clock, start_of("", clock)) == name
