"""Events as the windows of a classifier, which says for each few seconds of a recording what is in them.

Conventions
-----------
- Window k is [k · length, (k + 1) · length). One with a label is a row, however many events are in it.
- An event is in each window with which it shares at least `min_overlap` seconds, and more than nothing. One that shares
  so much with none is in the window of which it has most, of equals the earlier, so that no event is lost. For events
  of at least `min_overlap` this is the rule of BirdNET-Analyzer's evaluation.
- The confidence of a window is the greatest of its events.

References
----------
Kahl, S. et al. (2021). BirdNET: a deep learning solution for avian diversity monitoring. Ecol. Inform. 61, 101236.
doi:10.1016/j.ecoinf.2021.101236
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..._checks import check_number
from ..schema import as_events, times_of

OPERATION = "events.to_windows"
TOLERANCE = 1e-9
"""Seconds: so much less than the least overlap still counts."""
MOST_WINDOWS = 10**8
"""More than in 9 years of windows of 3 s: times that are no seconds, such as milliseconds, ask for more."""


def to_windows(events: Any, length: float = 3.0, *, min_overlap: float = 0.0) -> pd.DataFrame:
    """Write events as windows of one length: one for each label that is in it.

    Parameters
    ----------
    events : DataFrame or array, shape (n, 2)
        Events, see `as_events`; seconds.
    length : float
        How long a window is, seconds.
    min_overlap : float
        How much of an event must lie in a window, seconds, at most `length`.

    Returns
    -------
    DataFrame
        ``file label onset offset confidence n_events``, sorted: windows as events, which `compare` scores. The
        confidence is NaN where no event has one.

    Raises
    ------
    UsageError
        If an option is out of range.
    ValueError
        If the table is malformed, or its events would fill more than 10^8 windows.

    See Also
    --------
    to_frames : Write the events of a recording as frames.

    Examples
    --------
    >>> windows = to_windows(pd.DataFrame({"onset": [2.5, 4.0], "offset": [4.0, 4.5], "label": "tit"}), min_overlap=0.5)
    >>> windows[["onset", "offset", "n_events"]].values.tolist()
    [[0.0, 3.0, 1.0], [3.0, 6.0, 2.0]]
    """
    check_number(OPERATION, "length", length, above=0)
    check_number(OPERATION, "min_overlap", min_overlap, at_least=0, at_most=length)
    table = as_events(events)
    times = times_of(table)
    row, window = _touched(times, length)
    begin = np.maximum(times[row, 0], window * length)
    end = np.minimum(times[row, 1], (window + 1) * length)
    shared = end - begin
    is_enough = (shared >= min_overlap - TOLERANCE) & (shared > 0)
    has_enough = np.bincount(row, is_enough, len(table)) > 0
    is_kept = is_enough | (_is_most(row, shared, len(table)) & ~has_enough[row])
    held = table.iloc[row[is_kept]][["file", "label", "confidence"]].assign(window=window[is_kept])
    grouped = held.groupby(["file", "label", "window"], sort=True)["confidence"]
    windows = grouped.agg(confidence="max", n_events="size").reset_index()
    onset = windows["window"].to_numpy(float) * length
    offset = (windows["window"].to_numpy(float) + 1) * length
    columns = ["file", "label", "onset", "offset", "confidence", "n_events"]
    named: pd.DataFrame = windows.assign(onset=onset, offset=offset)[columns]
    return named


def _touched(times: np.ndarray, length: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the row and the number of each window that an event may be in, those of a row in order."""
    places = np.floor(times / length)
    n_windows = float(np.sum(places[:, 1] - places[:, 0] + 1))
    if n_windows > MOST_WINDOWS:
        start, stop = times[np.argmax(times[:, 1] - times[:, 0])]
        raise ValueError(
            f"{OPERATION}: the events would fill {n_windows:.3g} windows of {length:g} s; the longest is from "
            f"{start:g} to {stop:g} s: give times in seconds, or a greater length"
        )
    first, last = places.astype(int).T
    number = last - first + 1
    row = np.repeat(np.arange(len(times)), number)
    place = np.arange(len(row)) - np.repeat(np.cumsum(number) - number, number)
    return row, first[row] + place


def _is_most(row: np.ndarray, shared: np.ndarray, n: int) -> np.ndarray:
    """Return which window each row has most of, of equals the first."""
    most = np.full(n, -np.inf)
    np.maximum.at(most, row, shared)
    candidates = np.flatnonzero(shared == most[row])
    _, earliest = np.unique(row[candidates], return_index=True)
    is_most = np.zeros(len(row), bool)
    is_most[candidates[earliest]] = True
    return is_most
