"""What is done to a table of events before or after it is scored: merge, drop, widen, split, snap and clip.

Conventions
-----------
- Each function takes events as `as_events` does, and returns a new table; none is changed in place. Rows of one file
  and label belong together, and no row is touched by one of another.
- Seconds. A gap shorter than `min_gap` is no gap, and an event shorter than `min_duration` is no event: one at the
  limit stays. Times are compared to a nanosecond, `EXACT`: 1.8 - 1.6 is 0.2.
- Rows keep their order. Pieces of an event stand one after the other where it stood; a merged event stands where the
  first of its events did, and has that one's label and further columns, and the highest confidence of all.
- What was done stands in ``attrs["steps"]``, a dict for each step: ``step``, its settings, ``before`` and ``after``
  (numbers of events), ``seconds_before`` and ``seconds_after`` (the time that they cover, what overlaps counted once).
  ``pd.DataFrame(events.attrs["steps"])`` is the report.
- Where times change, the columns ``first_frame`` and ``n_frames`` would be wrong, and are left out.

References
----------
Dan, J. et al. (2024). SzCORE: Seizure community open-source research evaluation framework. Epilepsia.
doi:10.1111/epi.18113 (merging and splitting)
Bredin, H. et al. (2020). pyannote.audio: neural building blocks for speaker diarization. ICASSP. arXiv:1911.01255
(margins, gaps to fill, events to drop)
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pandas as pd

from overlap import intervals

from ..._checks import UsageError, check_choice, check_number
from ..._files import check_budget
from ..._text import count_of
from ..frames.rounding import TOLERANCE, check_rounding, whole_ends
from ..schema import COLUMNS, Support, as_events, as_support, durations_of, times_of, warn_of_names
from .rows import EXACT, cut, merged, with_shared_gaps, without_frames

Meeting = Literal["merge", "share", "keep"]

_BYTES_A_ROW = 200


def merge_close(events: Any, min_gap: float = 0.0) -> pd.DataFrame:
    """Merge events of one file and label that overlap or touch, or whose gap is too short to be one.

    The merged event has the highest confidence of them, and of other columns what the first of them has.

    Parameters
    ----------
    events : DataFrame or array of shape (n, 2)
        Events.
    min_gap : float
        Shorter gaps are filled, seconds. With 0 the result is the union of the events.

    Returns
    -------
    DataFrame
        With ``attrs["steps"]``.

    Raises
    ------
    UsageError
        If `min_gap` is no number of seconds from 0 on.

    See Also
    --------
    drop_short : Drop events that are too short to be one.
    add_margins : Widen events to both sides.
    clean : Do several steps one after the other.
    overlap.intervals.union : Unite sets of intervals.

    Examples
    --------
    >>> merge_close([[0, 1], [1.5, 2], [4, 5]], 1.0)[["onset", "offset"]].to_numpy().tolist()
    [[0.0, 2.0], [4.0, 5.0]]
    """
    table = _read("events.merge_close", events, min_gap=min_gap)
    return _told(table, merged(table, min_gap), step="merge", min_gap=min_gap)


def drop_short(events: Any, min_duration: float) -> pd.DataFrame:
    """Drop events that are too short to be one.

    Parameters
    ----------
    events : DataFrame or array of shape (n, 2)
        Events.
    min_duration : float
        Shorter events are dropped, seconds.

    Returns
    -------
    DataFrame
        With ``attrs["steps"]``.

    Raises
    ------
    UsageError
        If `min_duration` is no number of seconds from 0 on.

    Warns
    -----
    UserWarning
        If none is left.

    See Also
    --------
    merge_close : Merge events of one file and label that overlap or touch.
    clean : Do several steps one after the other.

    Examples
    --------
    >>> drop_short([[0, 1], [1.5, 1.52]], 0.1)[["onset", "offset"]].to_numpy().tolist()
    [[0.0, 1.0]]
    """
    table = _read("events.drop_short", events, min_duration=min_duration)
    duration = durations_of(table)
    kept = table[duration >= min_duration - EXACT].reset_index(drop=True)
    if len(table) and kept.empty:
        warnings.warn(
            f"events.drop_short: min_duration={min_duration:g} s leaves none of {count_of(len(table), 'event')}, the "
            f"longest lasts {duration.max():g} s; it is in seconds, 50 ms are 0.05",
            stacklevel=2,
        )
    return _told(table, kept, step="drop", min_duration=min_duration)


def split_long(events: Any, max_duration: float) -> pd.DataFrame:
    """Cut events that are too long into pieces of equal length and a rest.

    Parameters
    ----------
    events : DataFrame or array of shape (n, 2)
        Events.
    max_duration : float
        How long a piece is, seconds; longer events are cut.

    Returns
    -------
    DataFrame
        With ``attrs["steps"]``.

    Raises
    ------
    UsageError
        If `max_duration` is no number of seconds above 0.

    See Also
    --------
    merge_close : Merge events of one file and label that overlap or touch.
    clean : Do several steps one after the other.

    Examples
    --------
    >>> split_long([[0, 7]], 3.0)[["onset", "offset"]].to_numpy().tolist()
    [[0.0, 3.0], [3.0, 6.0], [6.0, 7.0]]
    """
    check_number("events.split_long", "max_duration", max_duration, above=0)
    table = _read("events.split_long", events)
    n_pieces = float(np.ceil(durations_of(table) / max_duration).sum())
    what = f"{n_pieces:g} pieces of max_duration={max_duration:g} s"
    check_budget("events.split_long", "events", int(min(n_pieces, 1e15)) * _BYTES_A_ROW, what)
    pieces = without_frames(cut(table, max_duration, EXACT))
    return _told(table, pieces, step="split", max_duration=max_duration)


def add_margins(events: Any, before: float = 0.0, after: float = 0.0, *, meeting: Meeting = "merge") -> pd.DataFrame:
    """Widen events to both sides.

    Parameters
    ----------
    events : DataFrame or array of shape (n, 2)
        Events.
    before, after : float
        How much earlier each begins and how much later it ends, seconds.
    meeting : {"merge", "share", "keep"}
        What becomes of events of one file and label that meet: they are merged; or each is clipped where the gap
        between them is parted in the ratio of `after` to `before`; or they overlap. All three cover the same time.

    Returns
    -------
    DataFrame
        With ``attrs["steps"]``.

    Raises
    ------
    UsageError
        If a margin is no number of seconds from 0 on, `meeting` is unknown, or events overlap that are to share a gap.

    Warns
    -----
    UserWarning
        If an event now begins before 0, as where it stands at the begin of its recording.

    See Also
    --------
    merge_close : Merge events of one file and label that overlap or touch.
    clean : Do several steps one after the other.

    Examples
    --------
    >>> add_margins([[10, 11], [12, 13]], 1.0, 3.0)[["onset", "offset"]].to_numpy().tolist()
    [[9.0, 16.0]]
    >>> add_margins([[10, 11], [12, 13]], 1.0, 3.0, meeting="share")[["onset", "offset"]].to_numpy().tolist()
    [[9.0, 11.75], [11.75, 16.0]]
    """
    operation = "events.add_margins"
    check_choice(operation, "meeting", meeting, ("merge", "share", "keep"))
    table = _read(operation, events, before=before, after=after)
    if meeting == "share":
        wider = with_shared_gaps(table, before, after)
    else:
        wider = table.assign(onset=table["onset"] - before, offset=table["offset"] + after)
    if meeting == "merge":
        wider = merged(wider, 0.0)
    _warn_of_early(table, wider)
    settings = {"before_onset": before, "after_offset": after, "meeting": meeting}
    return _told(table, without_frames(wider), step="extend", **settings)


def snap_to_grid(
    events: Any, rate: float, *, rounding: str = "nearest_even", tolerance: float = TOLERANCE
) -> pd.DataFrame:
    """Move onsets and offsets to whole frames.

    Parameters
    ----------
    events : DataFrame or array of shape (n, 2)
        Events.
    rate : float
        Frames per second.
    rounding : {"nearest_even", "floor", "half_up", "ceil", "cover"}
        See `domains.events.frames.rounding`.
    tolerance : float
        Times this close to the begin or the middle of a frame are there, in frames.

    Returns
    -------
    DataFrame
        With ``attrs["steps"]``. An event shorter than a frame may become a point; its row stays.

    Raises
    ------
    UsageError
        If `rate` is no number above 0, or `rounding` or `tolerance` is wrong.

    Warns
    -----
    UserWarning
        If an event has become a point.

    See Also
    --------
    to_frames : Write the events of a recording as frames.
    clean : Do several steps one after the other.

    Examples
    --------
    >>> snap_to_grid([[0.12, 0.38]], 10)[["onset", "offset"]].to_numpy().tolist()
    [[0.1, 0.4]]
    """
    check_number("events.snap_to_grid", "rate", rate, above=0)
    check_rounding("events.snap_to_grid", rounding, tolerance)
    table = _read("events.snap_to_grid", events)
    position = times_of(table) * rate
    first, stop = whole_ends(position[:, 0], position[:, 1], rounding, tolerance)
    snapped = table.assign(onset=first / rate, offset=stop / rate)
    n_points = int(((durations_of(snapped) == 0) & (durations_of(table) > 0)).sum())
    if n_points:
        warnings.warn(
            f"events.snap_to_grid: {n_points} of {count_of(len(table), 'event')} have become points, which last no "
            f'time, by rounding={rounding!r}; rounding="cover" keeps the frames that they touch',
            stacklevel=2,
        )
    return _told(table, without_frames(snapped), step="snap", rate=rate, rounding=rounding)


def clip_to_support(events: Any, support: Support) -> pd.DataFrame:
    """Cut off what lies outside of the stretches that were scored.

    Parameters
    ----------
    events : DataFrame or array of shape (n, 2)
        Events.
    support : float, mapping or DataFrame
        As `as_support` takes it. A file that it does not name keeps its events from 0 on.

    Returns
    -------
    DataFrame
        With ``attrs["steps"]``. An event outside is no row any more; one that lies in two stretches is two.

    Raises
    ------
    UsageError, ValueError
        If the support is none.

    Warns
    -----
    UserWarning
        If the support lacks files that have events.

    See Also
    --------
    as_support : Return the scored stretches of every file.
    clean : Do several steps one after the other.

    Examples
    --------
    >>> clip_to_support([[-1, 1], [8, 12], [20, 21]], 10.0)[["onset", "offset"]].to_numpy().tolist()
    [[0.0, 1.0], [8.0, 10.0]]
    """
    table = _read("events.clip_to_support", events)
    stretches = as_support(support, table["file"])
    warn_of_names("events.clip_to_support", support, table["file"], "of that only what lies before 0 s is cut off", 2)
    bounds = stretches[["onset", "offset"]].fillna({"offset": np.inf}).to_numpy(float)
    names = pd.Index(stretches.index.unique())
    group = names.get_indexer(table["file"]), names.get_indexer(stretches.index)
    row, stretch, _ = intervals.overlap_pairs(times_of(table), bounds, by=group)
    place = np.lexsort((bounds[stretch, 0], row))
    row = row[place]
    stretch = stretch[place]
    inside = table.iloc[row]
    onset = np.maximum(inside["onset"].to_numpy(), bounds[stretch, 0])
    offset = np.minimum(inside["offset"].to_numpy(), bounds[stretch, 1])
    clipped = without_frames(inside).assign(onset=onset, offset=offset).reset_index(drop=True)
    return _told(table, clipped, step="clip")


def clean(
    events: Any,
    *,
    merge: float | None = None,
    drop: float | None = None,
    extend: float | tuple[float, float] | None = None,
    meeting: Meeting = "merge",
    split: float | None = None,
    snap: float | None = None,
    rounding: str = "nearest_even",
    support: Support = None,
) -> pd.DataFrame:
    """Do several steps one after the other: merge, drop, extend, split, snap, clip.

    Gaps are filled first, so that what belongs together is not dropped piece by piece; margins come after dropping, so
    that they save no short event. For another order call the functions of the steps one by one. What is merged has the
    highest confidence of its events, and of other columns what the first has.

    Parameters
    ----------
    events : DataFrame or array of shape (n, 2)
        Events.
    merge : float, optional
        Shorter gaps are filled, seconds: `merge_close`.
    drop : float, optional
        Shorter events are dropped, seconds: `drop_short`.
    extend : float or (float, float), optional
        How much earlier each begins and later it ends, seconds: `add_margins`.
    meeting : {"merge", "share", "keep"}
        What becomes of extended events that meet.
    split : float, optional
        Longer events are cut, seconds: `split_long`.
    snap : float, optional
        Frames per second of the grid to which times are rounded: `snap_to_grid`.
    rounding : {"nearest_even", "floor", "half_up", "ceil", "cover"}
        How they are rounded.
    support : float, mapping or DataFrame, optional
        What lies outside is cut off: `clip_to_support`.

    Returns
    -------
    DataFrame
        Events, with a dict for each step in ``attrs["steps"]``.

    Raises
    ------
    UsageError
        If no step is named, or a setting is wrong.

    See Also
    --------
    merge_close : Merge events of one file and label that overlap or touch.
    drop_short : Drop events that are too short to be one.
    add_margins : Widen events to both sides.
    split_long : Cut events that are too long into pieces of equal length and a rest.
    snap_to_grid : Move onsets and offsets to whole frames.
    clip_to_support : Cut off what lies outside of the stretches that were scored.

    Examples
    --------
    >>> cleaned = clean([[0, 1], [1.2, 2], [5, 5.01]], merge=0.5, drop=0.05)
    >>> pd.DataFrame(cleaned.attrs["steps"])[["step", "before", "after", "seconds_before", "seconds_after"]].round(3)
        step  before  after  seconds_before  seconds_after
    0  merge       3      2            1.81           2.01
    1   drop       2      1            2.01           2.00
    """
    steps: list[Callable[[pd.DataFrame], pd.DataFrame]] = []
    if merge is not None:
        steps.append(lambda table: merge_close(table, merge))
    if drop is not None:
        steps.append(lambda table: drop_short(table, drop))
    if extend is not None:
        before, after = _both_margins(extend)
        steps.append(lambda table: add_margins(table, before, after, meeting=meeting))
    if split is not None:
        steps.append(lambda table: split_long(table, split))
    if snap is not None:
        steps.append(lambda table: snap_to_grid(table, snap, rounding=rounding))
    if support is not None:
        steps.append(lambda table: clip_to_support(table, support))
    if not steps:
        raise UsageError(
            "events.clean: no step is named; pass merge=, drop=, extend=, split=, snap= or support=, such as merge=1.0"
        )
    cleaned = as_events(events)
    cleaned.attrs = _attrs_of(events)
    for step in steps:
        cleaned = step(cleaned)
    return cleaned


def _read(operation: str, events: Any, **seconds: float) -> pd.DataFrame:
    """Check amounts of seconds, and return the table with what was done to it before."""
    for name, amount in seconds.items():
        check_number(operation, name, amount, at_least=0)
    table = as_events(events)
    table.attrs = _attrs_of(events)
    return table


def _attrs_of(events: Any) -> dict[Any, Any]:
    return dict(events.attrs) if isinstance(events, pd.DataFrame) else {}


def _both_margins(extend: Any) -> tuple[float, float]:
    if not isinstance(extend, tuple | list):
        return extend, extend
    if len(extend) != 2:
        raise UsageError(f"events.clean: extend={extend!r} has {len(extend)} numbers; pass (before, after), seconds")
    before, after = extend
    return before, after


def _warn_of_early(before: pd.DataFrame, after: pd.DataFrame) -> None:
    if not (before["onset"] >= 0).all():
        return
    n_early = int((after["onset"] < 0).sum())
    if n_early:
        warnings.warn(
            f"events.add_margins: {n_early} of {count_of(len(after), 'event')} now before 0 s; where recordings begin "
            "there, clip_to_support(events, None) cuts that off (at the command line --support, with their length)",
            stacklevel=3,
        )


def _told(before: pd.DataFrame, after: pd.DataFrame, **settings: Any) -> pd.DataFrame:
    """Return the table with one step more in its attributes."""
    step = {
        **settings,
        "before": len(before),
        "after": len(after),
        "seconds_before": _covered(before),
        "seconds_after": _covered(after),
    }
    done = before.attrs.get("steps", [])
    after.attrs = {**before.attrs, "steps": [*done, step]}
    return after


def _covered(table: pd.DataFrame) -> float:
    """Return the time that the events of each file and label cover, added up."""
    own = table[COLUMNS].reset_index(drop=True)
    return float(durations_of(merged(own, 0.0)).sum())
