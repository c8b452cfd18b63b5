"""What a protocol does to both tables before it looks for pairs.

Conventions
-----------
- ``f(prediction, reference, support, *, options) -> (prediction, reference)``: tables in, tables out, none changed in
  place. Both sides are treated alike unless a function says otherwise.
- Rows of one file belong together; labels too, where a protocol tells classes apart.
- Rows keep their order, unless ``order="time"`` sorts them so that it cannot matter.

References
----------
Mesaros, A., Heittola, T. & Virtanen, T. (2016). Metrics for polyphonic sound event detection. Appl. Sci. 6, 162.
doi:10.3390/app6060162
Dan, J. et al. (2024). SzCORE: Seizure community open-source research evaluation framework. Epilepsia.
doi:10.1111/epi.18113
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Literal

import numpy as np
import pandas as pd

from overlap import intervals

Order = Literal["rows", "time"]
Tables = tuple[pd.DataFrame, pd.DataFrame]


def arrange(
    prediction: pd.DataFrame,
    reference: pd.DataFrame,
    support: pd.DataFrame,
    *,
    order: Order = "rows",
    duplicates: float | None = None,
) -> Tables:
    """Leave the events as they are, but for their order and near-duplicates.

    Parameters
    ----------
    prediction, reference : DataFrame
        Events.
    support : DataFrame
        Not used.
    order : {"rows", "time"}
        As given, or sorted by file, onset, offset, label and falling confidence.
    duplicates : float, optional
        Drop references whose onset and offset both lie within so many seconds of an earlier one of that label.

    Examples
    --------
    >>> from ..schema import as_events
    >>> a, _ = arrange(as_events([[5, 6], [1, 2]]), as_events([]), None, order="time")
    >>> a["onset"].tolist()
    [1.0, 5.0]
    """
    if duplicates is not None:
        reference = _without_duplicates(reference, duplicates)
    return _ordered(prediction, order), _ordered(reference, order)


def merge_and_split(
    prediction: pd.DataFrame,
    reference: pd.DataFrame,
    support: pd.DataFrame,
    *,
    labels: str | Sequence[str] = "sz*",
    min_gap: float = 90.0,
    max_duration: float = 300.0,
    order: Order = "rows",
    tolerance: float = 0.0,
) -> Tables:
    """Merge events with short gaps, then cut long ones: the seizures of SzCORE, one class.

    Parameters
    ----------
    prediction, reference : DataFrame
        Events.
    support : DataFrame
        Not used.
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

    Raises
    ------
    ValueError
        If there are events but no label fits.

    Examples
    --------
    >>> from ..schema import as_events
    >>> a, _ = merge_and_split(as_events([[0, 100], [150, 400]]), as_events([]), None)
    >>> a[["onset", "offset"]].to_numpy().tolist()
    [[0.0, 300.0], [300.0, 400.0]]
    """

    def prepare(events: pd.DataFrame, name: str) -> pd.DataFrame:
        chosen = _labelled(events, [labels] if isinstance(labels, str) else labels, name)
        return _split(
            _merge(_ordered(chosen, order), min_gap - tolerance, running=order == "time"), max_duration, tolerance
        )

    return prepare(prediction, "prediction"), prepare(reference, "reference")


def cut_into_segments(
    prediction: pd.DataFrame,
    reference: pd.DataFrame,
    support: pd.DataFrame,
    *,
    resolution: float = 1.0,
    tolerance: float = 0.0,
) -> Tables:
    """Replace events by the segments of a fixed grid that they touch, one row for each segment, label and file.

    Parameters
    ----------
    prediction, reference : DataFrame
        Events.
    support : DataFrame
        The grid of a file begins with its support; what lies outside is cut off.
    resolution : float
        Length of a segment, seconds.
    tolerance : float
        Boundaries this close to the grid lie on it, seconds: 0.3 / 0.1 is less than 3 in floating point.

    Returns
    -------
    prediction, reference : DataFrame
        With a column ``segment``, the number in the file's grid.

    Examples
    --------
    >>> from ..schema import as_events, as_support
    >>> a, _ = cut_into_segments(as_events([[0.5, 2.5]]), as_events([]), as_support(None, [""]))
    >>> a["segment"].tolist()
    [0, 1, 2]
    """

    def cut(events: pd.DataFrame) -> pd.DataFrame:
        start, end = _stretch(events, support)
        last = on_grid(end - start, resolution, tolerance, np.ceil)
        first = np.maximum(on_grid(events["onset"].to_numpy() - start, resolution, tolerance, np.floor), 0)
        stop = np.minimum(on_grid(events["offset"].to_numpy() - start, resolution, tolerance, np.ceil), last)
        row, nth = _repeat(np.maximum(stop - first, 0).astype(int))
        segment = first[row].astype(int) + nth
        onset = start[row] + segment * resolution
        pieces = events.iloc[row].assign(onset=onset, offset=onset + resolution, segment=segment)
        return pieces.drop_duplicates(["file", "label", "segment"], ignore_index=True)

    return cut(prediction), cut(reference)


def unite(
    prediction: pd.DataFrame,
    reference: pd.DataFrame,
    support: pd.DataFrame,
    *,
    rate: float | None = None,
) -> Tables:
    """Replace the events of one label and file by their union within the support: what overlaps counts once.

    Parameters
    ----------
    prediction, reference : DataFrame
        Events.
    support : DataFrame
        What lies outside is cut off.
    rate : float, optional
        Samples per second to round boundaries to (half to even); exact by default.

    Examples
    --------
    >>> from ..schema import as_events, as_support
    >>> a, _ = unite(as_events([[0, 5], [3, 9]]), as_events([]), as_support(8, [""]))
    >>> a[["onset", "offset"]].to_numpy().tolist()
    [[0.0, 8.0]]
    """

    def join(events: pd.DataFrame) -> pd.DataFrame:
        start, end = _stretch(events, support)
        times = [np.clip(_rounded(events[c].to_numpy(), rate), start, _rounded(end, rate)) for c in ("onset", "offset")]
        by = events.groupby(["file", "label"]).ngroup().to_numpy()
        whole, row = united(np.stack(times, axis=1), by)
        return events.iloc[row].assign(onset=whole[:, 0], offset=whole[:, 1]).reset_index(drop=True)

    return join(prediction), join(reference)


def on_grid(
    time: np.ndarray, resolution: float, tolerance: float, to_whole: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Return times in segments, made whole by floor or ceil unless they lie on the grid to within the tolerance."""
    steps = np.asarray(time, float) / resolution
    near = np.rint(steps)
    # inf - inf, where the support has no end
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(steps - near) * resolution <= tolerance, near, to_whole(steps))


def united(times: np.ndarray, by: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unite the intervals (n, 2) of each group; return the disjoint ones and a row that each began with."""
    rows = np.flatnonzero(times[:, 0] < times[:, 1])
    rows = rows[np.lexsort((times[rows, 0], by[rows]))]
    start, group = times[rows, 0], by[rows]
    reach = pd.Series(times[rows, 1]).groupby(group).cummax().to_numpy()
    first = np.append(True, (group[1:] != group[:-1]) | (start[1:] > reach[:-1]))[: len(rows)]
    last = np.append(first[1:], True)[: len(rows)]
    return np.stack([start[first], reach[last]], axis=1), rows[first]


def _rounded(time: np.ndarray, rate: float | None) -> np.ndarray:
    return time if rate is None else np.rint(time * rate) / rate


def _stretch(events: pd.DataFrame, support: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the scored stretch of each row's file; an unknown end is infinite."""
    here = support.reindex(events["file"])
    return here["onset"].to_numpy(float), here["offset"].fillna(np.inf).to_numpy(float)


def _ordered(events: pd.DataFrame, order: Order) -> pd.DataFrame:
    if order not in ("rows", "time"):
        raise ValueError(f'order must be "rows" or "time", got {order!r}')
    if order == "rows":
        return events
    keys = ["file", "onset", "offset", "label", "confidence"]
    return events.sort_values(keys, ascending=[True] * 4 + [False], ignore_index=True)


def _labelled(events: pd.DataFrame, patterns: Sequence[str], name: str) -> pd.DataFrame:
    kept = np.array([not x or any(fnmatchcase(x, p) for p in patterns) for x in events["label"]], bool)
    if len(events) and not kept.any():
        found = ", ".join(sorted(set(events["label"]))[:5])
        raise ValueError(
            f"szcore: no label of the {name} fits {', '.join(patterns)} (found {found}); say which do: labels="
        )
    return events[kept].reset_index(drop=True)


def _merge(events: pd.DataFrame, min_gap: float, *, running: bool) -> pd.DataFrame:
    file, onset, offset = (events[c].to_numpy() for c in ("file", "onset", "offset"))
    same = file[1:] == file[:-1]
    reach = events.groupby("file", sort=False)["offset"].cummax().to_numpy() if running else offset
    first = np.append(True, ~same | ~(onset[1:] - reach[:-1] < min_gap))[: len(events)]
    last = np.append(first[1:], True)[: len(events)]
    return events[first].assign(offset=reach[last]).reset_index(drop=True)


def _split(events: pd.DataFrame, max_duration: float, tolerance: float) -> pd.DataFrame:
    onset, offset = events["onset"].to_numpy(), events["offset"].to_numpy()
    # a merged row that ends before it begins (rows out of order) stays one row
    pieces = np.maximum(np.ceil((offset - onset - tolerance) / max_duration), 1).astype(int)
    row, nth = _repeat(pieces)
    begin = onset[row] + nth * max_duration
    end = np.where(nth + 1 < pieces[row], onset[row] + (nth + 1) * max_duration, offset[row])
    return events.iloc[row].assign(onset=begin, offset=end).reset_index(drop=True)


def _repeat(count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each repetition the row, and which repetition it is."""
    row = np.repeat(np.arange(len(count)), count)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)


def _without_duplicates(events: pd.DataFrame, tolerance: float) -> pd.DataFrame:
    by = events.groupby(["file", "label"], sort=False).ngroup().to_numpy()
    times = events[["onset", "offset"]].to_numpy(float)
    i, j, _ = intervals.overlap_pairs(times, times, by=(by, by))
    near = (i < j) & (np.abs(times[i] - times[j]) <= tolerance).all(axis=1)
    return events.drop(index=events.index[np.unique(j[near])]).reset_index(drop=True)
