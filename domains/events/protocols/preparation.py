"""What a protocol does to a table before it looks for pairs.

Conventions
-----------
- Each function takes the events of one side and returns a new table; none is changed in place. Both sides are treated
  alike unless the protocol says otherwise.
- Rows of one file belong together; labels too, where a protocol distinguishes classes.
- Rows keep their order, unless ``order="time"`` sorts them so that it cannot matter.

References
----------
Mesaros, A., Heittola, T. & Virtanen, T. (2016). Metrics for polyphonic sound event detection. Appl. Sci. 6, 162.
doi:10.3390/app6060162
Dan, J. et al. (2024). SzCORE: Seizure community open-source research evaluation framework. Epilepsia.
doi:10.1111/epi.18113
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Literal

import numpy as np
import pandas as pd

from overlap import intervals

from ..._checks import UsageError
from ..rounding import ToWhole, made_whole
from ..schema import as_list, names_in, times_of
from ..steps import cut, joined, repeated
from ..switches import ends_of_runs

Order = Literal["rows", "time"]


def ordered(events: pd.DataFrame, order: Order = "rows") -> pd.DataFrame:
    """Leave the rows as they are, or sort them by file, onset, offset, label and falling confidence.

    Parameters
    ----------
    events : DataFrame
        Events.
    order : {"rows", "time"}
        As given, or sorted.

    Examples
    --------
    >>> from ..schema import as_events
    >>> ordered(as_events([[5, 6], [1, 2]]), "time")["onset"].tolist()
    [1.0, 5.0]
    """
    if order == "rows":
        return events
    keys = ["file", "onset", "offset", "label", "confidence"]
    ascending = [True, True, True, True, False]
    return events.sort_values(keys, ascending=ascending, ignore_index=True)


def without_duplicates(events: pd.DataFrame, duplicates: float | None) -> pd.DataFrame:
    """Drop events whose onset and offset both lie close to those of an earlier one of the same file and label.

    Parameters
    ----------
    events : DataFrame
        Events.
    duplicates : float or None
        How close, seconds; None drops none.

    Examples
    --------
    >>> from ..schema import as_events
    >>> without_duplicates(as_events([[1, 2], [1.0005, 2.0]]), 1e-3)["onset"].tolist()
    [1.0]
    """
    if duplicates is None:
        return events
    group = events.groupby(["file", "label"], sort=False).ngroup().to_numpy()
    times = times_of(events)
    earlier, later, _ = intervals.overlap_pairs(times, times, by=(group, group))
    distance = np.abs(times[earlier] - times[later])
    is_near = (distance <= duplicates).all(axis=1)
    is_repeated = (earlier < later) & is_near
    dropped = np.unique(later[is_repeated])
    return events.drop(index=events.index[dropped]).reset_index(drop=True)


def with_labels(events: pd.DataFrame, labels: str | Sequence[str], side: str = "events") -> pd.DataFrame:
    """Keep the events whose label fits a pattern, and those without a label.

    Parameters
    ----------
    events : DataFrame
        Events.
    labels : str or sequence of str
        Patterns, as in a shell.
    side : str
        What to call the events in an error.

    Raises
    ------
    UsageError
        If there are events but no label fits.

    Examples
    --------
    >>> from ..schema import as_events
    >>> table = pd.DataFrame({"onset": [0, 0, 5], "offset": [60, 9, 7], "label": ["impd", "sz_foc", "sz"]})
    >>> with_labels(as_events(table), "sz*")["label"].tolist()
    ['sz_foc', 'sz']
    """
    patterns = [labels] if isinstance(labels, str) else labels
    of_row = events["label"]
    labels_there = names_in(events, column="label")
    fitting = {label for label in labels_there if _fits(label, patterns)}
    if len(events) and not fitting:
        present = sorted(labels_there)
        remedy = f"labels={as_list(present[:1])}"
        raise UsageError(
            f"events.assess: no label of the {side} fits {as_list(patterns)}; it has {as_list(present[:5])}: say which "
            f"count, such as {remedy} (at the command line --param '{remedy}')"
        )
    return events[of_row.isin(fitting)].reset_index(drop=True)


def merge_and_split(
    events: pd.DataFrame,
    *,
    labels: str | Sequence[str] = "sz*",
    min_gap: float = 90.0,
    max_duration: float = 300.0,
    order: Order = "rows",
    tolerance: float = 0.0,
    side: str = "events",
) -> pd.DataFrame:
    """Merge events with short gaps, then cut long ones: the seizures of SzCORE, one class.

    Parameters
    ----------
    events : DataFrame
        Events.
    labels : str or sequence of str
        Patterns of the labels that count, as in a shell; events without a label always do.
    min_gap : float
        Events closer than this are one, seconds.
    max_duration : float
        Longer events are cut into pieces of this length and a rest, seconds.
    order : {"rows", "time"}
        "rows": each row is merged with the row before, and a merged event ends where its last row ends, whatever
        the order (as timescoring does). "time": rows are sorted first, and a merged event ends where the latest ends.
    tolerance : float
        Gaps and durations this close to their limit are at it, seconds.
    side : str
        What to call the events in an error.

    Raises
    ------
    UsageError
        If there are events but no label fits.

    Examples
    --------
    >>> from ..schema import as_events
    >>> times_of(merge_and_split(as_events([[0, 100], [150, 400]]))).tolist()
    [[0.0, 300.0], [300.0, 400.0]]
    """
    seizures = with_labels(events, labels, side)
    seizures = ordered(seizures, order)
    file = seizures["file"].to_numpy()
    merged = joined(seizures, file, lambda gap: gap < min_gap - tolerance, running=order == "time")
    return cut(merged.reset_index(drop=True), max_duration, tolerance)


def cut_into_segments(
    events: pd.DataFrame, support: pd.DataFrame, *, resolution: float = 1.0, tolerance: float = 0.0
) -> pd.DataFrame:
    """Replace events by the segments of a fixed grid that they touch, one row for each segment, label and file.

    Parameters
    ----------
    events : DataFrame
        Events.
    support : DataFrame
        The grid of a file begins with its support; what lies outside is cut off.
    resolution : float
        Length of a segment, seconds.
    tolerance : float
        Boundaries this close to the grid lie on it, seconds: 0.3 / 0.1 is less than 3 in floating point.

    Returns
    -------
    DataFrame
        With a column ``segment``, the number in the file's grid.

    Examples
    --------
    >>> from ..schema import as_events, as_support
    >>> cut_into_segments(as_events([[0.5, 2.5]]), as_support(None, [""]))["segment"].tolist()
    [0, 1, 2]
    """
    start, end = _stretches(events, support)
    onset = events["onset"].to_numpy() - start
    offset = events["offset"].to_numpy() - start
    last = on_grid(end - start, resolution, tolerance, np.ceil)
    first = np.maximum(on_grid(onset, resolution, tolerance, np.floor), 0)
    stop = np.minimum(on_grid(offset, resolution, tolerance, np.ceil), last)
    count = np.maximum(stop - first, 0).astype(int)
    row, nth = repeated(count)
    segment = first[row].astype(int) + nth
    begin = start[row] + segment * resolution
    pieces = events.iloc[row].assign(onset=begin, offset=begin + resolution, segment=segment)
    return pieces.drop_duplicates(["file", "label", "segment"], ignore_index=True)


def unite(events: pd.DataFrame, support: pd.DataFrame, *, rate: float | None = None) -> pd.DataFrame:
    """Replace the events of one label and file by their union within the support: what overlaps counts once.

    Parameters
    ----------
    events : DataFrame
        Events.
    support : DataFrame
        What lies outside is cut off.
    rate : float, optional
        Samples per second to round boundaries to (half to even); exact by default.

    Examples
    --------
    >>> from ..schema import as_events, as_support
    >>> times_of(unite(as_events([[0, 5], [3, 9]]), as_support(8, [""]))).tolist()
    [[0.0, 8.0]]
    """
    start, end = _stretches(events, support)
    end = rounded(end, rate)
    onset = np.clip(rounded(events["onset"].to_numpy(), rate), start, end)
    offset = np.clip(rounded(events["offset"].to_numpy(), rate), start, end)
    group = events.groupby(["file", "label"]).ngroup().to_numpy()
    unions, row = united(np.stack([onset, offset], axis=1), group)
    joined = events.iloc[row].assign(onset=unions[:, 0], offset=unions[:, 1])
    return joined.reset_index(drop=True)


def unite_with_points(events: pd.DataFrame, support: pd.DataFrame, *, tolerance: float = 0.0) -> pd.DataFrame:
    """Replace the events of one label and file by their union within the support; points stay, unless in an event.

    Parameters
    ----------
    events : DataFrame
        Events.
    support : DataFrame
        What lies outside is cut off.
    tolerance : float
        Events no further apart than this touch, and are one; what is no longer is a point, at its onset. Seconds.

    Returns
    -------
    DataFrame
        Sorted by file, label and onset.

    Examples
    --------
    >>> from ..schema import as_events, as_support
    >>> times_of(unite_with_points(as_events([[4, 4], [0, 2], [1, 3]]), as_support(8, [""]))).tolist()
    [[0.0, 3.0], [4.0, 4.0]]
    """
    start, end = _stretches(events, support)
    times = times_of(events)
    is_point = times[:, 1] - times[:, 0] <= tolerance
    onset = np.clip(times[:, 0], start, end)
    offset = np.clip(times[:, 1], start, end)
    is_inside = (times[:, 0] <= end + tolerance) & (times[:, 1] >= start - tolerance)
    is_some = is_inside & (is_point | (offset - onset > tolerance))
    events = events[is_some]
    clipped = np.stack([onset, offset], axis=1)[is_some]
    group = events.groupby(["file", "label"]).ngroup().to_numpy()
    unions, row = united(clipped, group, points=True, tolerance=tolerance)
    is_long = unions[:, 1] - unions[:, 0] > tolerance
    end_of_union = np.where(is_long, unions[:, 1], unions[:, 0])
    return events.iloc[row].assign(onset=unions[:, 0], offset=end_of_union).reset_index(drop=True)


def on_grid(time: np.ndarray, resolution: float, tolerance: float, to_whole: ToWhole) -> np.ndarray:
    """Return times in segments, made whole by floor or ceil unless they lie on the grid to within the tolerance."""
    return made_whole(np.asarray(time, float) / resolution, to_whole, tolerance / resolution)


def united(
    times: np.ndarray, group: np.ndarray, *, points: bool = False, tolerance: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Unite the intervals (n, 2) of each group; return the disjoint ones and a row that each began with.

    Points are left out unless `points` says otherwise. Intervals no further apart than the tolerance touch.
    """
    is_taken = points | (times[:, 0] < times[:, 1])
    rows = np.flatnonzero(is_taken)
    rows = rows[np.lexsort((times[rows, 0], group[rows]))]
    start = times[rows, 0]
    end = times[rows, 1]
    group = group[rows]
    reach = pd.Series(end).groupby(group).cummax().to_numpy()
    is_new_group = group[1:] != group[:-1]
    is_gap = start[1:] > reach[:-1] + tolerance
    first, last = ends_of_runs(is_new_group | is_gap, len(rows))
    unions = np.stack([start[first], reach[last]], axis=1)
    return unions, rows[first]


def rounded(time: np.ndarray, rate: float | None) -> np.ndarray:
    """Return times rounded to samples, half to even; as they are where there is no rate."""
    if rate is None:
        return time
    return np.rint(time * rate) / rate


def _stretches(events: pd.DataFrame, support: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the begin and the end of the support of each row's file; an unknown end is infinite."""
    of_row = support.reindex(events["file"])
    start = of_row["onset"].to_numpy(float)
    end = of_row["offset"].fillna(np.inf).to_numpy(float)
    return start, end


def _fits(label: str, patterns: Sequence[str]) -> bool:
    return not label or any(fnmatchcase(label, pattern) for pattern in patterns)
