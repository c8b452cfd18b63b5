"""What a protocol does to a table before it looks for pairs.

Conventions
-----------
- Each function takes the events of one side and returns a new table; none is changed in place. Both sides are treated
  alike unless the protocol says otherwise.
- Rows of one file belong together; labels too, where a protocol distinguishes classes.
- Rows keep their order, unless ``order="time"`` sorts them so that it cannot matter.
- What was scored (`support`) are the stretches of `as_support`, several a file; a stretch without an end is endless.

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
from typing import Any, Literal

import numpy as np
import pandas as pd

from overlap import intervals

from ..._checks import UsageError
from ..frames.rounding import ToWhole, made_whole
from ..frames.switches import ends_of_runs
from ..schema import as_list, names_in, places_in, times_of
from ..steps.rows import cut, joined, repeated

Order = Literal["rows", "time"]
Outside = Literal["counted", "dropped"]
GridPoints = Literal["nowhere", "next"]

ROUNDING = 1e-6
"""How far an event may reach past what was scored and still lie within it, seconds."""


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


def where_scored(events: pd.DataFrame, support: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return which events lie within a scored stretch, and which share time with one.

    A point shares time where it lies within. `ROUNDING` seconds beyond a stretch are within it.

    Parameters
    ----------
    events : DataFrame
        Events.
    support : DataFrame
        What was scored.

    Examples
    --------
    >>> from ..schema import as_events, as_support
    >>> is_within, is_scored = where_scored(as_events([[0, 9], [9, 11], [10, 11]]), as_support(10, [""]))
    >>> is_within.tolist(), is_scored.tolist()
    ([True, False, False], [True, True, False])
    """
    times = times_of(events)
    stretches = _endless(support)
    wider = stretches + np.array([-ROUNDING, ROUNDING])
    i, j = _in_reach(events, times, support, wider)
    is_within_one = (wider[j, 0] <= times[i, 0]) & (times[i, 1] <= wider[j, 1])
    begin = np.maximum(times[i, 0], stretches[j, 0])
    end = np.minimum(times[i, 1], stretches[j, 1])
    is_within = np.bincount(i[is_within_one], minlength=len(events)) > 0
    is_shared = np.bincount(i[begin < end], minlength=len(events)) > 0
    return is_within, is_within | is_shared


def within_support(events: pd.DataFrame, support: pd.DataFrame, outside: Outside = "dropped") -> pd.DataFrame:
    """Leave out the events that share no time with what was scored; the others stay whole.

    Parameters
    ----------
    events : DataFrame
        Events.
    support : DataFrame
        What was scored.
    outside : {"dropped", "counted"}
        "counted" leaves out none.

    Examples
    --------
    >>> from ..schema import as_events, as_support
    >>> within_support(as_events([[2, 5], [8, 12], [10, 11]]), as_support(10, [""]))["offset"].tolist()
    [5.0, 12.0]
    """
    if outside == "counted":
        return events
    _, is_scored = where_scored(events, support)
    if is_scored.all():
        return events
    kept: pd.DataFrame = events[is_scored].reset_index(drop=True)
    return kept


def reach_of_support(events: pd.DataFrame, support: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return where the stretches that each event shares time with begin and end; all of its file's if it shares none.

    Examples
    --------
    >>> from ..schema import as_events, as_support
    >>> scored = pd.DataFrame({"file": ["", ""], "onset": [0, 50], "offset": [20, 90]})
    >>> begin, end = reach_of_support(as_events([[5, 6], [10, 60]]), as_support(scored, []))
    >>> begin.tolist(), end.tolist()
    ([0.0, 0.0], [20.0, 90.0])
    """
    times = times_of(events)
    stretches = _endless(support)
    i, j = _in_reach(events, times, support, stretches)
    reach = pd.DataFrame(stretches[j]).groupby(i).agg({0: "min", 1: "max"})
    of_file = pd.DataFrame(stretches, support.index).groupby(level=0).agg({0: "min", 1: "max"})
    reach = reach.reindex(range(len(events))).fillna(of_file.reindex(events["file"]).reset_index(drop=True))
    return reach[0].to_numpy(), reach[1].to_numpy()


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


def fits(labels: pd.Series[str], patterns: str | Sequence[str]) -> np.ndarray:
    """Return which labels fit a pattern; no label fits all.

    Examples
    --------
    >>> fits(pd.Series(["sz", "impd", ""]), "sz*").tolist()
    [True, False, True]
    """
    several = [patterns] if isinstance(patterns, str) else patterns
    fitting = [label for label in labels.unique() if _fits(label, several)]
    return labels.isin(fitting).to_numpy(bool)


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
    events: pd.DataFrame,
    support: pd.DataFrame,
    *,
    resolution: float = 1.0,
    tolerance: float = 0.0,
    grid_points: GridPoints = "nowhere",
) -> pd.DataFrame:
    """Replace events by the segments of a fixed grid that they touch, one row for each segment, label and file.

    Parameters
    ----------
    events : DataFrame
        Events.
    support : DataFrame
        Each stretch has a grid of its own, which begins with it; what lies outside is cut off.
    resolution : float
        Length of a segment, seconds.
    tolerance : float
        Boundaries this close to the grid lie on it, seconds: 0.3 / 0.1 is less than 3 in floating point.
    grid_points : {"nowhere", "next"}
        Whether an event without duration that lies on the grid touches no segment, or the one that begins there.

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
    stretches = _endless(support)
    n_segments = segments_of(support, resolution=resolution, tolerance=tolerance)
    # the last segment of a stretch may reach beyond it, though not into the next
    is_last = np.append(support.index[1:] != support.index[:-1], True)
    next_begin = np.where(is_last, np.inf, np.append(stretches[1:, 0], np.inf))
    end = np.minimum(stretches[:, 0] + n_segments * resolution, next_begin)
    row, stretch = _in_reach(events, times_of(events), support, np.stack([stretches[:, 0], end], axis=1))
    start = stretches[stretch, 0]
    onset = events["onset"].to_numpy()[row] - start
    offset = np.minimum(events["offset"].to_numpy()[row], end[stretch]) - start
    first = np.maximum(on_grid(onset, resolution, tolerance, np.floor), 0)
    stop = on_grid(offset, resolution, tolerance, np.ceil)
    if grid_points == "next":
        stop = np.where(onset == offset, np.maximum(stop, first + 1), stop)
    stop = np.minimum(stop, n_segments[stretch])
    count = np.maximum(stop - first, 0).astype(int)
    piece, nth = repeated(count)
    segment = first[piece].astype(int) + nth
    begin = start[piece] + segment * resolution
    n_before = _running_sum(n_segments, support.index)
    pieces = events.iloc[row[piece]].assign(
        onset=begin, offset=begin + resolution, segment=segment + n_before[stretch[piece]]
    )
    distinct: pd.DataFrame = pieces.drop_duplicates(["file", "label", "segment"], ignore_index=True)
    return distinct


def in_no_segment(
    events: pd.DataFrame, support: pd.DataFrame, *, resolution: float = 1.0, tolerance: float = 0.0
) -> np.ndarray:
    """Return which events lie within the support and touch no segment: those without duration on the grid.

    Parameters
    ----------
    events, support, resolution, tolerance
        See `cut_into_segments`.

    Returns
    -------
    array of bool, shape (n,)

    Examples
    --------
    >>> from ..schema import as_events, as_support
    >>> in_no_segment(as_events([[3.0, 3.0], [3.5, 3.5], [3.0, 4.0]]), as_support(10.0, [""]))
    array([ True, False, False])
    """
    is_point = (events["onset"] == events["offset"]).to_numpy()
    if not is_point.any():
        return is_point
    _, is_scored = where_scored(events, support)
    rows = np.arange(len(events))
    # a label of its own for each, so that no two are one
    points = events[is_point].assign(label=rows[is_point])
    touching = cut_into_segments(points, support, resolution=resolution, tolerance=tolerance)["label"]
    is_lost: np.ndarray = is_point & is_scored & ~np.isin(rows, touching.to_numpy(int))
    return is_lost


def segments_of(support: pd.DataFrame, *, resolution: float, tolerance: float) -> np.ndarray:
    """Return how many segments each stretch has, the last one whole; infinitely many if its end is not known.

    Examples
    --------
    >>> from ..schema import as_support
    >>> segments_of(as_support(2.5, [""]), resolution=1.0, tolerance=0.0).tolist()
    [3.0]
    """
    stretches = _endless(support)
    return on_grid(stretches[:, 1] - stretches[:, 0], resolution, tolerance, np.ceil)


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
    times = rounded(times_of(events), rate)
    stretches = rounded(_endless(support), rate)
    i, j = _in_reach(events, times, support, stretches)
    onset = np.maximum(times[i, 0], stretches[j, 0])
    offset = np.minimum(times[i, 1], stretches[j, 1])
    group = events.groupby(["file", "label"]).ngroup().to_numpy()
    unions, piece = united(np.stack([onset, offset], axis=1), group[i])
    joined: pd.DataFrame = events.iloc[i[piece]].assign(onset=unions[:, 0], offset=unions[:, 1])
    return joined.reset_index(drop=True)


def numbers_in(events: pd.DataFrame, column: str, side: str, remedy: str) -> np.ndarray:
    """Return a column that must be there and hold finite numbers.

    Parameters
    ----------
    events : DataFrame
        Events.
    column, side : str
        Which column of which side.
    remedy : str
        What to do where it is not there, or has no number.

    Raises
    ------
    ValueError
        If there is no such column, or a row of it is no finite number.

    Examples
    --------
    >>> from ..schema import as_events
    >>> numbers_in(as_events([[0, 1]]).assign(pitch="440"), "pitch", "prediction", "")
    array([440.])
    """
    if len(events) == 0:
        return np.empty(0)
    if column not in events:
        present = ", ".join(map(str, events.columns))
        raise ValueError(f"events.assess: the {side} has no column {column} (it has {present}); {remedy}")
    numbers = np.asarray(pd.to_numeric(events[column], errors="coerce"), float)
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if len(wrong):
        cell = events[column].iloc[wrong[0]]
        raise ValueError(
            f"events.assess: {len(wrong)} of {len(events)} rows of the {side} have no number as {column} (the first, "
            f"row {wrong[0]}, has {cell!r}); {remedy}"
        )
    return numbers


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
    stretches = _endless(support)
    i, j = _in_reach(events, times_of(events), support, stretches + np.array([-tolerance, tolerance]))
    times = times_of(events)[i]
    start = stretches[j, 0]
    end = stretches[j, 1]
    is_point = times[:, 1] - times[:, 0] <= tolerance
    onset = np.clip(times[:, 0], start, end)
    offset = np.clip(times[:, 1], start, end)
    is_inside = (times[:, 0] <= end + tolerance) & (times[:, 1] >= start - tolerance)
    is_some = is_inside & (is_point | (offset - onset > tolerance))
    pieces = events.iloc[i[is_some]]
    clipped = np.stack([onset, offset], axis=1)[is_some]
    group = pieces.groupby(["file", "label"]).ngroup().to_numpy()
    unions, row = united(clipped, group, points=True, tolerance=tolerance)
    is_long = unions[:, 1] - unions[:, 0] > tolerance
    end_of_union = np.where(is_long, unions[:, 1], unions[:, 0])
    joined: pd.DataFrame = pieces.iloc[row].assign(onset=unions[:, 0], offset=end_of_union)
    return joined.reset_index(drop=True)


def as_masks(events: pd.DataFrame, support: pd.DataFrame, rate: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make the events of each file a mask of whole samples and read it back, as epilepsy2bids does: times are cut down.

    Parameters
    ----------
    events : DataFrame
        Events of one class.
    support : DataFrame
        How long the masks are, whole samples of it.
    rate : float
        Samples per second.

    Returns
    -------
    events, support : DataFrame
        Events that overlap or touch are one, and those that are shorter than a sample may be none.

    Examples
    --------
    >>> from ..schema import as_events, as_support
    >>> events, support = as_masks(as_events([[1.9, 4.2], [4.7, 9.5], [12.1, 12.9]]), as_support(9.4, [""]), 1.0)
    >>> times_of(events).tolist(), support["offset"].tolist()
    ([[1.0, 9.0]], [9.0])
    """
    onset, offset = np.floor(times_of(events).T * rate) / rate
    end = np.floor(support["offset"] * rate) / rate
    whole = support.assign(onset=np.floor(support["onset"] * rate) / rate, offset=end)
    pooled = events.assign(onset=onset, offset=offset, label=events["label"].iloc[0] if len(events) else "")
    return unite(pooled, whole), whole


def unite_in_samples(
    events: pd.DataFrame, support: pd.DataFrame, rate: float | None, *, tolerance: float = 0.0
) -> pd.DataFrame:
    """Round events to whole samples, half to even, and unite them as `unite_with_points` does.

    Parameters
    ----------
    events, support
        See `unite_with_points`.
    rate : float or None
        Samples per second; None rounds nothing. An event that rounds to no sample is the one that it begins in.
    tolerance
        See `unite_with_points`.

    Examples
    --------
    >>> from ..schema import as_events, as_support
    >>> times_of(unite_in_samples(as_events([[0.4, 2.6], [3.6, 3.8]]), as_support(8, [""]), 1.0)).tolist()
    [[0.0, 4.0]]
    """
    if rate is None:
        return unite_with_points(events, support, tolerance=tolerance)
    onset = events["onset"].to_numpy() * rate
    offset = events["offset"].to_numpy() * rate
    first = np.rint(onset)
    after_last = np.rint(offset)
    is_lost = first == after_last
    first = np.where(is_lost, np.floor(onset), first)
    after_last = np.where(is_lost, first + 1, after_last)
    whole = events.assign(onset=first / rate, offset=after_last / rate)
    return unite_with_points(whole, support, tolerance=tolerance)


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


def _endless(support: pd.DataFrame) -> np.ndarray:
    """Return the stretches, (k, 2); an unknown end is infinite."""
    stretches = times_of(support)
    is_unknown = np.isnan(stretches)
    is_unknown[:, 0] = False
    stretches[is_unknown] = np.inf
    return stretches


def _in_reach(
    events: pd.DataFrame, times: np.ndarray, support: pd.DataFrame, stretches: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return which event may share time with which stretch of its file: those that do, and perhaps others."""
    files = support.index.unique()
    file = places_in(files, events["file"])
    if len(files) == len(support):
        # the one stretch of its file
        return np.arange(len(events)), file
    i, j, _ = intervals.overlap_pairs(times, stretches, by=(file, files.get_indexer(support.index)))
    return i, j


def _running_sum(n: np.ndarray, file: pd.Index[Any]) -> np.ndarray:
    """Return how many segments the earlier stretches of each stretch's file have."""
    is_first = np.append(True, file[1:] != file[:-1])
    # none is added up across files: that of an endless one is the only one of its file
    before = np.append(0.0, n[:-1])
    before[is_first] = 0.0
    return pd.Series(before).groupby(np.cumsum(is_first)).cumsum().to_numpy(int)


def _fits(label: str, patterns: Sequence[str]) -> bool:
    return not label or any(fnmatchcase(label, pattern) for pattern in patterns)
