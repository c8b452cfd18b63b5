"""What the steps do to the rows of a table of events: join, cut, repeat and part them. Nothing is checked here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from ..._checks import UsageError
from ..frames.switches import ends_of_runs
from ..schema import times_of

EXACT = 1e-9
"""Seconds within which times are the same."""

OF_FRAMES = ("first_frame", "n_frames")


def joined(
    events: pd.DataFrame, group: np.ndarray, is_close: Callable[[np.ndarray], np.ndarray], *, running: bool
) -> pd.DataFrame:
    """Join each row with the row before, where both are of one group and the gap between them is close.

    Parameters
    ----------
    events : DataFrame
        Events.
    group : ndarray, shape (n,)
        What only rows of the same share are joined by.
    is_close : callable
        Takes the gaps, seconds, negative where rows overlap, and says which are none.
    running : bool
        Whether gaps are measured from the latest end of all rows before, and a joined event ends there; else from
        the end of the row before, and it ends where its last row does.

    Returns
    -------
    DataFrame
        The first row of each run, with the offset of the run and its old index.

    Examples
    --------
    >>> from ..schema import as_events
    >>> rows = as_events([[0, 9], [2, 3], [9.5, 11]])
    >>> joined(rows, np.zeros(3), lambda gap: gap < 1, running=True)["offset"].tolist()
    [11.0]
    >>> joined(rows, np.zeros(3), lambda gap: gap < 1, running=False)["offset"].tolist()
    [3.0, 11.0]
    """
    onset = events["onset"].to_numpy()
    reach = events["offset"].to_numpy()
    if running:
        reach = events["offset"].groupby(group, sort=False).cummax().to_numpy()
    is_new_group = group[1:] != group[:-1]
    is_apart = ~is_close(onset[1:] - reach[:-1])
    first, last = ends_of_runs(is_new_group | is_apart, len(events))
    return events[first].assign(offset=reach[last])


def cut(events: pd.DataFrame, max_duration: float, tolerance: float) -> pd.DataFrame:
    """Cut longer events into pieces of this length and a rest.

    Examples
    --------
    >>> from ..schema import as_events
    >>> times_of(cut(as_events([[0, 7]]), 3.0, 0.0)).tolist()
    [[0.0, 3.0], [3.0, 6.0], [6.0, 7.0]]
    """
    onset = events["onset"].to_numpy()
    offset = events["offset"].to_numpy()
    pieces = np.ceil((offset - onset - tolerance) / max_duration)
    # an event that lasts no time, or ends before it begins (rows out of order), stays one row
    pieces = np.maximum(pieces, 1).astype(int)
    row, nth = repeated(pieces)
    is_last = nth + 1 == pieces[row]
    begin = onset[row] + nth * max_duration
    next_begin = onset[row] + (nth + 1) * max_duration
    end = np.where(is_last, offset[row], next_begin)
    return events.iloc[row].assign(onset=begin, offset=end).reset_index(drop=True)


def repeated(count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each repetition the row, and which repetition it is.

    Examples
    --------
    >>> repeated(np.array([1, 0, 2]))
    (array([0, 2, 2]), array([0, 0, 1]))
    """
    row = np.repeat(np.arange(len(count)), count)
    begin = np.cumsum(count) - count
    nth = np.arange(len(row)) - np.repeat(begin, count)
    return row, nth


def _groups(table: pd.DataFrame) -> np.ndarray:
    """Return the number of each row's file and label."""
    return table.groupby(["file", "label"], sort=False).ngroup().to_numpy()


def merged(table: pd.DataFrame, min_gap: float) -> pd.DataFrame:
    """Return the table with gaps shorter than that filled, and with what overlaps or touches as one.

    Examples
    --------
    >>> from ..schema import as_events
    >>> times_of(merged(as_events([[0, 1], [1.5, 2], [4, 5]]), 1.0)).tolist()
    [[0.0, 2.0], [4.0, 5.0]]
    """
    group = _groups(table)
    order = np.lexsort((table["onset"].to_numpy(), group))
    by_time = table.iloc[order]

    def is_close(gap: np.ndarray) -> np.ndarray:
        return (gap <= EXACT) | (gap < min_gap - EXACT)

    first_rows = joined(by_time, group[order], is_close, running=True)
    # which merged event each row is in: the first of each keeps its index
    event = np.cumsum(by_time.index.isin(first_rows.index)) - 1
    highest = by_time["confidence"].groupby(event).max()
    as_they_stood = first_rows.assign(confidence=highest.to_numpy()).sort_index()
    return without_frames(as_they_stood.reset_index(drop=True))


def with_shared_gaps(table: pd.DataFrame, before: float, after: float) -> pd.DataFrame:
    """Return the table with margins that end where they meet: there the gap is parted, `after` to `before`.

    Examples
    --------
    >>> from ..schema import as_events
    >>> times_of(with_shared_gaps(as_events([[10, 11], [12, 13]]), 1.0, 3.0)).tolist()
    [[9.0, 11.75], [11.75, 16.0]]
    """
    group = _groups(table)
    order = np.lexsort((table["onset"].to_numpy(), group))
    times = times_of(table)[order]
    is_same = group[order][1:] == group[order][:-1]
    gap = times[1:, 0] - times[:-1, 1]
    n_overlapping = int((is_same & (gap < -EXACT)).sum())
    if n_overlapping:
        raise UsageError(
            f'events.add_margins: meeting="share" and {n_overlapping} events overlap the one before, so that there is '
            "no gap to share; pass merge_close(events), or another meeting"
        )
    is_wide = ~is_same | (gap >= before + after)
    total = before + after
    share = np.maximum(gap, 0) * (after / total if total else 0.0)
    end = times[:-1, 1] + np.where(is_wide, after, share)
    onset = times[:, 0] - before
    onset[1:] = np.where(is_wide, onset[1:], end)
    offset = times[:, 1] + after
    offset[:-1] = end
    wider = np.empty_like(times)
    wider[order, 0] = onset
    wider[order, 1] = offset
    return table.assign(onset=wider[:, 0], offset=wider[:, 1])


def without_frames(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table without the columns that count frames: where times change, they would be wrong."""
    return table.drop(columns=[name for name in OF_FRAMES if name in table])
