"""An axis of time: seconds, hours, or the time of day.

Conventions
-----------
- Seconds as long as the axis spans less than `LONG`; beyond that hours, minutes and seconds.
- With a clock's start the axis tells the time of day. What lies beyond midnight bears the number of days, "+1".
- Ticks stand at whole seconds, minutes or hours of the clock.

References
----------
None: this is how clocks are read.
"""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import TYPE_CHECKING

import numpy as np

from ..._checks import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Clock = bool | str | time | datetime | None

LONG = 600.0
"""Seconds from which on an axis tells hours, minutes and seconds."""
MINUTE = 60
HOUR = 3600
DAY = 86400
STEPS = (1, 2, 5, 10, 15, 30, *(MINUTE * k for k in (1, 2, 5, 10, 15, 30)), *(HOUR * k for k in (1, 2, 3, 6, 12, 24)))
"""Seconds between two ticks."""
MOST_TICKS = 8
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?$")


def start_of(operation: str, clock: Clock) -> float | None:
    """Return the seconds since midnight at which a clock starts; None if it tells no time of day.

    Parameters
    ----------
    operation : str
        Who asks, for errors.
    clock : bool, str, time, datetime or None
        "22:30" and "22:30:15" are times of day; True and False are none.

    Raises
    ------
    UsageError
        If a text is no time of day.

    Examples
    --------
    >>> start_of("events.plot_scored", "22:30:15"), start_of("events.plot_scored", True)
    (81015.0, None)
    >>> start_of("events.plot_scored", "half past ten")
    Traceback (most recent call last):
    domains._checks.UsageError: events.plot_scored: clock must be a time of day such as "22:30:00", ...
    """
    if clock is None or isinstance(clock, bool):
        return None
    if isinstance(clock, datetime | time):
        return clock.hour * HOUR + clock.minute * MINUTE + clock.second + clock.microsecond / 1e6
    read = _CLOCK.match(clock) if isinstance(clock, str) else None
    if read is not None:
        hours = int(read[1])
        minutes = int(read[2])
        seconds = float(read[3] or 0)
        if hours < 24 and minutes < 60 and seconds < 60:
            return hours * HOUR + minutes * MINUTE + seconds
    raise UsageError(f'{operation}: clock must be a time of day such as "22:30:00", True, False or None; got {clock!r}')


def as_clock(seconds: float, *, with_seconds: bool, of_day: bool) -> str:
    """Return a time as a clock shows it.

    Examples
    --------
    >>> as_clock(3661.0, with_seconds=True, of_day=False), as_clock(90000.0, with_seconds=False, of_day=True)
    ('01:01:01', '01:00 +1')
    >>> as_clock(-60.0, with_seconds=True, of_day=False), as_clock(90000.0, with_seconds=False, of_day=False)
    ('-00:01:00', '25:00')
    """
    whole = round(seconds)
    days = whole // DAY if of_day else 0
    whole -= days * DAY
    sign = "-" if whole < 0 else ""
    minutes, second = divmod(abs(whole), MINUTE)
    hour, minute = divmod(minutes, MINUTE)
    shown = f"{sign}{hour:02d}:{minute:02d}"
    if with_seconds:
        shown += f":{second:02d}"
    return f"{shown} {days:+d}" if days else shown


def label_time(ax: Axes, clock: Clock, start: float | None) -> str:
    """Put ticks of a clock on the horizontal axis, whose limits stand, and return what the axis is called.

    Parameters
    ----------
    ax : matplotlib Axes
        Its limits are seconds.
    clock : bool, str, time, datetime or None
        None: seconds where the axis is short; False: seconds; True: hours, minutes and seconds; a time of day: when
        the recording began.
    start : float or None
        As `start_of` returns it.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().add_subplot()
    >>> _ = ax.set_xlim(0, 4 * 3600)
    >>> label_time(ax, "22:30", 81000.0)
    'time of day (h:min)'
    >>> [text.get_text() for text in ax.get_xticklabels()]
    ['22:30', '23:00', '23:30', '00:00 +1', '00:30 +1', '01:00 +1', '01:30 +1', '02:00 +1', '02:30 +1']
    """
    low, high = ax.get_xlim()
    is_short = high - low < LONG
    if start is None and (clock is False or (clock is None and is_short)):
        return "time (s)"
    if high - low < MOST_TICKS / 2:
        # a clock of whole seconds tells nothing there
        return "time (s)"
    begin = 0.0 if start is None else start
    step = next((step for step in STEPS if (high - low) / step <= MOST_TICKS), DAY)
    first = np.ceil((low + begin) / step)
    last = np.floor((high + begin) / step)
    ticks = np.arange(first, last + 1) * step
    if step == DAY and len(ticks) > MOST_TICKS:
        ticks = ticks[:: int(np.ceil(len(ticks) / MOST_TICKS))]
    with_seconds = step % MINUTE != 0
    texts = [as_clock(tick, with_seconds=with_seconds, of_day=start is not None) for tick in ticks]
    ax.set_xticks(ticks - begin, texts)
    units = "h:min:s" if with_seconds else "h:min"
    return f"time ({units})" if start is None else f"time of day ({units})"
