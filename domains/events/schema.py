"""The table of events, and the stretches of time that were scored.

Conventions
-----------
- One row, one event: ``file`` (the recording), ``onset``, ``offset``, ``label``, ``confidence``; further columns
  stay as they are. Rows keep their order and need not be sorted, disjoint or unique.
- Seconds. Events are half-open, [onset, offset): two that touch share nothing, and n frames last n / rate.
- An event of no length is a point. It has no duration, and overlaps nothing but the same point.
- An event that has an offset and a duration has two ends: they must be the same, see `contradicts`.
- Support is what was scored: of each file one stretch [onset, offset) or several. It is a set: stretches that touch or
  overlap are one. An unknown end is NaN, and what needs it (a rate, a kappa) is then NaN too; nothing is inferred in
  silence.

References
----------
Allen, J. F. (1983). Maintaining knowledge about temporal intervals. Commun. ACM 26, 832. doi:10.1145/182.358434
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd

from overlap import intervals

from .._checks import UsageError, check_number
from .._text import for_table, one_line

COLUMNS = ["file", "onset", "offset", "label", "confidence"]
ALIASES = {
    "file": ("filename", "recording", "video", "video-id", "audio_file", "Audiofilename", "PSGFilename"),
    "onset": ("start", "t-start", "start_time", "start_seconds", "startSec", "onset_s", "Start", "Starttime"),
    "offset": ("end", "stop", "t-end", "end_time", "stop_seconds", "offset_s", "End", "Endtime"),
    "duration": ("durationSec", "Duration"),
    "label": ("event_label", "trial_type", "eventType", "annotation_type", "annotation", "description", "name", "Q"),
    "confidence": ("score", "Confidence"),
}
"""What other tools call the columns: DCASE, BIDS, HED-SCORE, OpenTAD, OpenSoundscape, DAS, MODA, crowsetta, YASA,
the few-shot task of DCASE."""

Support = float | Mapping[str, float] | pd.DataFrame | None


def as_events(table: Any, name: str = "events") -> pd.DataFrame:
    """Check a table of events and give it the columns of the schema.

    Parameters
    ----------
    table : DataFrame, array of shape (n, 2), mne.Annotations or pyannote.core.Annotation
        With ``onset`` and either ``offset`` or ``duration``, seconds. ``file`` and ``label`` are "" and ``confidence``
        is NaN where they are missing. The names that other tools use are understood, see `ALIASES`. Dates and
        durations (datetime64, timedelta64) become seconds, dates those since 1970, in UTC where they have a zone.
    name : str
        What to call the table in an error.

    Returns
    -------
    DataFrame
        ``file onset offset label confidence``, then the further columns; rows in their order, numbered from 0.

    Raises
    ------
    TypeError
        If `table` is neither a DataFrame nor an array of pairs.
    ValueError
        If a column is missing, a time is no finite number, an event ends before it begins, or its duration says
        something else than its onset and offset.

    See Also
    --------
    read_events : Read a file of events.
    as_support : Return the scored stretches of every file.

    Examples
    --------
    >>> as_events(pd.DataFrame({"onset": [1.0], "duration": [2.5], "event_label": ["dog"]}))
      file  onset  offset label  confidence
    0         1.0     3.5   dog         NaN
    """
    name = f"events.as_events: {name}"
    given = _as_frame(table, name)
    other_names = _own_names(given.columns)
    _check_times_named_once(given.columns, name)
    table = given.rename(columns=other_names) if other_names else given
    table = table.reset_index(drop=True)
    if "onset" not in table or not {"offset", "duration"} & set(table):
        present = ", ".join(map(str, table))
        raise ValueError(f"{name}: needs columns onset and offset (or duration), in seconds; it has {present}")
    onset = _numbers(table, "onset", name)
    offset = _offsets(table, onset, name)
    confidence = np.full(len(table), np.nan)
    if "confidence" in table:
        confidence = _numbers(table, "confidence", name)
    is_finite = np.isfinite(onset) & np.isfinite(offset)
    _check_rows(table, is_finite, "no finite onset and offset", name)
    _check_rows(table, onset <= offset, "an offset before its onset", name)
    if {"offset", "duration"} <= set(table):
        duration = _durations(table, name)
        are_two = contradicts(onset, offset, duration)
        _check_rows(table, ~are_two, "a duration that is not offset - onset", name)
    columns = {
        "file": _texts(table, "file"),
        "onset": onset,
        "offset": offset,
        "label": _texts(table, "label"),
        "confidence": confidence,
    }
    own = pd.DataFrame(columns, index=table.index)
    known = {*COLUMNS, "duration"}
    is_further = [name not in known for name in table.columns]
    if not any(is_further):
        return own
    further = table.loc[:, is_further].rename(columns=str)
    events: pd.DataFrame = pd.concat([own, further], axis=1)
    return events


def contradicts(onset: np.ndarray, offset: np.ndarray, duration: np.ndarray) -> np.ndarray:
    """Return whether the duration of each event is another one than from its onset to its offset.

    The three may lie apart by what rounding makes of them: half of the last decimal that each of them shows, which is
    at most the second.

    Parameters
    ----------
    onset, offset, duration : array of shape (n,)
        Seconds; NaN, not known, contradicts nothing.

    Returns
    -------
    array of bool, shape (n,)

    Examples
    --------
    >>> onset, offset = np.array([1.234, 1.234]), np.array([3.468, 3.468])
    >>> contradicts(onset, offset, np.array([2.23, 2.3]))
    array([False,  True])
    """
    # times that are no event's may be endless here
    with np.errstate(over="ignore", invalid="ignore"):
        apart = np.abs(offset - onset - duration)
        rounding = 0.5 * (_last_decimal(onset) + _last_decimal(offset) + _last_decimal(duration))
        # a sum of floating-point numbers is rounded too
        slack = 4 * np.spacing(np.abs(onset) + np.abs(offset))
        return np.asarray(apart > rounding + slack)


def as_support(support: Support, files: Iterable[str]) -> pd.DataFrame:
    """Return the scored stretches of every file.

    Parameters
    ----------
    support : float, mapping, DataFrame or None
        The duration of every file; the duration of each file by name; a table with ``file`` and ``duration``, or
        ``file``, ``onset`` and ``offset``, a row for each stretch; None if nothing is known.
    files : iterable of str
        Files that must be in the result.

    Returns
    -------
    DataFrame
        ``onset`` and ``offset`` (NaN if unknown), indexed by file, in order. A file has a row for each of its
        stretches, which neither touch nor overlap.

    Raises
    ------
    UsageError
        If a stretch has no duration, a negative or an endless one; NaN, unknown, is for single files only. If a file
        has two durations, or several stretches one of which has no end.
    ValueError
        If a column is missing.

    See Also
    --------
    clip_to_support : Cut off what lies outside of the stretches that were scored.
    as_events : Check a table of events and give it the columns of the schema.

    Examples
    --------
    >>> as_support({"a": 60.0}, ["a", "b"])["offset"].tolist()
    [60.0, nan]
    >>> scored = pd.DataFrame({"file": ["a", "a", "a"], "onset": [40, 0, 10], "offset": [50, 10, 20]})
    >>> as_support(scored, []).to_numpy().tolist()
    [[0.0, 20.0], [40.0, 50.0]]
    """
    name = "events.as_support: support"
    is_names = isinstance(files, Iterable) and not isinstance(files, str | bytes)
    if not is_names:
        raise TypeError(f"events.as_support: files is a {type(files).__name__}; pass a list of names")
    files = [str(file) for file in files]
    table = _support_table(support, files)
    if "file" not in table or not {"offset", "duration"} & set(table):
        present = ", ".join(map(str, table))
        raise ValueError(f"{name}: needs columns file and duration (or onset and offset); it has {present}")
    onset = np.zeros(len(table))
    if "onset" in table:
        onset = _numbers(table, "onset", name)
    offset = _offsets(table, onset, name)
    _check_stretches(table, onset, offset, name)
    known = pd.DataFrame({"file": _texts(table, "file"), "onset": onset, "offset": offset})
    is_repeated = known["file"].duplicated(keep=False).to_numpy()
    if "onset" not in table:
        twice = "a file twice, and a file has one duration: give stretches as onset, offset"
        _check_rows(table, ~is_repeated, twice, name, UsageError)
    is_whole = known[["onset", "offset"]].notna().all(axis=1).to_numpy()
    endless = "a file of several stretches and no onset or no offset"
    _check_rows(table, is_whole | ~is_repeated, endless, name, UsageError)
    stretches = _united(known, is_repeated)
    others = sorted(set(map(for_table, files)) - names_in(stretches))
    unknown = pd.DataFrame({"file": others, "onset": 0.0, "offset": np.nan})
    both = pd.concat([stretches, unknown]) if others else stretches
    return both.fillna({"onset": 0.0}).sort_values(["file", "onset"]).set_index("file")


def names_apart(support: Support, files: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the files that only a support names, and those that it says nothing of.

    Parameters
    ----------
    support : float, mapping, DataFrame or None
        As `as_support` takes it. A number is of all files.
    files : iterable of str
        Files that have events.

    Returns
    -------
    list of str, list of str
        In order.

    Examples
    --------
    >>> names_apart({"night.edf": 60.0}, ["night"])
    (['night.edf'], ['night'])
    >>> names_apart(60.0, ["night"])
    ([], [])
    """
    if isinstance(support, pd.DataFrame):
        named = names_in(as_support(support, ()).reset_index())
    elif isinstance(support, Mapping):
        named = {for_table(str(file)) for file in support}
    else:
        return [], []
    present = set(files)
    return sorted(named - present), sorted(present - named)


def warn_of_names(operation: str, support: Support, files: Iterable[str], consequence: str, stacklevel: int) -> None:
    """Warn where the support lacks files that have events; if it names others that have none, it is misspelt.

    Parameters
    ----------
    operation : str
        Who asks.
    support : float, mapping, DataFrame or None
        What was scored.
    files : iterable of str
        Files that have events.
    consequence : str
        What becomes of these files.
    stacklevel : int
        As `warnings.warn` takes it, seen from who asks.

    Examples
    --------
    >>> warn_of_names("events.agree", {"night": 60.0}, ["night"], "nothing", 2)
    """
    without_events, unknown = names_apart(support, files)
    if not unknown:
        return
    if not without_events:
        said = f"the support says nothing of {first_names(unknown)}: {consequence}; add it to the support"
    else:
        said = (
            f"the support names {first_names(without_events)}, which no event belongs to, and says nothing of "
            f"{first_names(unknown)}: {consequence}; name a recording as its events do, which by default is its file's "
            "name without the ending"
        )
    warnings.warn(f"{operation}: {said}", stacklevel=stacklevel + 1)


def first_names(names: Sequence[str] | pd.Index[Any], most: int = 5) -> str:
    """Return the first of some names, and how many more there are.

    Examples
    --------
    >>> first_names(["a", "b", "c"], most=2)
    "'a', 'b' and 1 more"
    """
    listed = ", ".join(repr(one_line(name, 80)) for name in names[:most])
    return listed if len(names) <= most else f"{listed} and {len(names) - most} more"


def names_in(*tables: pd.DataFrame, column: str = "file") -> set[str]:
    """Return the files, or the labels, that tables of events name.

    Examples
    --------
    >>> sorted(names_in(as_events([[0, 1], [2, 3]]), as_events(pd.DataFrame({"onset": [0], "end": [1], "file": "a"}))))
    ['', 'a']
    """
    names: set[str] = set()
    for table in tables:
        # few names stand in many rows, and rows of text are slow to go through
        names.update(table[column].unique().tolist())
    return names


def places_in(names: Sequence[str] | np.ndarray | pd.Index[Any], cells: pd.Series[Any]) -> np.ndarray:
    """Return the place of each row's file, or label, among some names; -1 where it is none of them.

    Examples
    --------
    >>> places_in(["a", "b"], pd.Series(["b", "b", "c", "a"])).tolist()
    [1, 1, -1, 0]
    """
    # few names stand in many rows, and rows of text are slow to look up
    codes, distinct = pd.factorize(cells, use_na_sentinel=False)
    place = pd.Index(names).get_indexer(pd.Index(distinct))
    return np.asarray(place[codes])


def times_of(events: pd.DataFrame) -> np.ndarray:
    """Return onset and offset, shape (n, 2)."""
    # column by column: a table of two columns is built ten times slower
    return np.stack([events["onset"].to_numpy(float), events["offset"].to_numpy(float)], axis=1)


def durations_of(events: pd.DataFrame) -> np.ndarray:
    """Return how long each event lasts."""
    times = times_of(events)
    duration: np.ndarray = times[:, 1] - times[:, 0]
    return duration


def as_list(labels: Sequence[str]) -> str:
    """Write labels as a list that is Python and JSON at once.

    Examples
    --------
    >>> print(as_list(["dog", "cat"]))
    ["dog", "cat"]
    """
    return json.dumps(list(labels), ensure_ascii=False)


def _as_frame(table: Any, name: str) -> pd.DataFrame:
    if isinstance(table, pd.DataFrame):
        return table
    if all(hasattr(table, name) for name in ("onset", "duration", "description")):
        return _of_mne(table)
    if hasattr(table, "itertracks"):
        return _of_pyannote(table)
    remedy = "pass (n, 2) seconds or a DataFrame, such as read_events(path).events"
    # a NamedTuple, such as Annotations, is no sequence of pairs
    if not isinstance(table, np.ndarray | list) and type(table) is not tuple:
        raise TypeError(f"{name}: is a {type(table).__name__}; {remedy}")
    if isinstance(table, np.ndarray) and table.dtype.kind in "bc":
        raise TypeError(f"{name}: is an array of type {table.dtype}; {remedy}")
    if isinstance(table, np.ndarray) and table.dtype.kind in "mM":
        if np.datetime_data(table.dtype)[0] == "generic":
            raise TypeError(
                f"{name}: is an array of times without a unit; say it, as by values.astype('timedelta64[s]')"
            )
        return _as_pairs(table, remedy, name)
    try:
        # what is hidden by a mask is no time
        times: np.ndarray = np.asarray(np.ma.filled(np.ma.asarray(table, float), np.nan))
    except (ValueError, TypeError, OverflowError):
        raise TypeError(
            f"{name}: is a {type(table).__name__} of other things than pairs of numbers; {remedy}"
        ) from None
    return _as_pairs(times, remedy, name)


def _of_mne(annotations: Any) -> pd.DataFrame:
    """Return the events of an mne.Annotations, whose onsets are seconds already."""
    return pd.DataFrame(
        {
            "onset": np.asarray(annotations.onset, float),
            "duration": np.asarray(annotations.duration, float),
            "label": [str(label) for label in annotations.description],
        }
    )


def _of_pyannote(annotation: Any) -> pd.DataFrame:
    """Return the turns of a pyannote.core.Annotation; the recording is called after its uri."""
    rows = []
    for segment, _, label in annotation.itertracks(yield_label=True):
        rows.append((annotation.uri, segment.start, segment.end, str(label)))
    return pd.DataFrame(rows, columns=["file", "onset", "offset", "label"])


def _as_pairs(times: np.ndarray, remedy: str, name: str) -> pd.DataFrame:
    if times.size and times.shape[1:] != (2,):
        raise TypeError(f"{name}: has shape {times.shape}; {remedy}")
    return pd.DataFrame(times.reshape(-1, 2), columns=["onset", "offset"])


def _support_table(support: Support, files: Iterable[str]) -> pd.DataFrame:
    if isinstance(support, pd.DataFrame):
        return support.rename(columns=_own_names(support.columns))
    if isinstance(support, Mapping):
        for file, seconds in support.items():
            if isinstance(seconds, bool):
                raise UsageError(f"events.as_support: the duration of {file!r} is {seconds}; give seconds")
        return pd.DataFrame({"file": [for_table(file) for file in support], "duration": list(support.values())})
    remedy = ""
    if isinstance(support, str | PathLike):
        remedy = "; of a file pass read_events(path).support where it is a UEM, else pandas.read_csv(path)"
    # Annotations, which are not known here
    if isinstance(support, tuple) and hasattr(support, "support"):
        raise UsageError("events.as_support: the support is all that read_events returns; pass its .support")
    if support is not None and (not isinstance(support, Real) or isinstance(support, bool)):
        raise UsageError(
            f"events.as_support: the support must be seconds, a mapping of file to seconds or a table; got "
            f"{one_line(repr(support))}{remedy}"
        )
    if support is not None:
        check_number("events.as_support", "support", support, above=0)
    end = np.nan if support is None else float(support)
    return pd.DataFrame({"file": sorted(set(map(for_table, files))), "duration": end})


def _check_stretches(table: pd.DataFrame, onset: np.ndarray, offset: np.ndarray, name: str) -> None:
    """Refuse stretches that are no stretch of time; an unknown end, NaN, is none of them."""
    duration = offset - onset
    wrong = np.flatnonzero((duration <= 0) | np.isinf(duration))
    if not len(wrong):
        return
    k = wrong[0]
    file = one_line(table["file"].iloc[k], 80)
    raise UsageError(
        f"{name}: {len(wrong)} of {len(table)} recordings have no finite duration > 0 (the first: "
        f"{file!r}, {duration[k]:g} s); correct them, or leave them out where it is not known"
    )


def _united(stretches: pd.DataFrame, is_repeated: np.ndarray) -> pd.DataFrame:
    """Unite the stretches of files that have several."""
    if not is_repeated.any():
        return stretches
    tables = [stretches[~is_repeated]]
    for file, several in stretches[is_repeated].groupby("file"):
        united = intervals.union(times_of(several))
        tables.append(pd.DataFrame({"file": file, "onset": united[:, 0], "offset": united[:, 1]}))
    return pd.concat(tables)


def _own_names(columns: Iterable[Any]) -> dict[str, str]:
    """Map what other tools call a column to what it is called here, unless that is here already."""
    present = set(columns)
    renamed = {}
    for name, others in ALIASES.items():
        theirs = [other for other in others if other in present]
        if theirs and name not in present:
            renamed[theirs[0]] = name
    return renamed


def _check_times_named_once(columns: Iterable[Any], name: str) -> None:
    """Refuse several columns that could be one time, none of which has its usual name."""
    present = list(columns)
    for time in ("onset", "offset", "duration"):
        theirs = [column for column in present if column in ALIASES[time]]
        if time not in present and len(theirs) > 1:
            both = f"{theirs[0]} and {theirs[1]}"
            raise ValueError(f"{name}: two columns could be the {time} ({both}); name the one that is meant {time}")


def _check_rows(
    table: pd.DataFrame, is_good: np.ndarray, what: str, name: str, kind: type[ValueError] = ValueError
) -> None:
    if is_good.all():
        return
    bad = table.index[~is_good]
    rows = ", ".join(map(str, bad[:5]))
    raise kind(f"{name}: {len(bad)} of {len(table)} rows have {what} (rows {rows}); drop or correct them")


def _numbers(table: pd.DataFrame, column: str, name: str) -> np.ndarray:
    """Return a column as numbers; times of day and durations in seconds."""
    cells = table[column]
    if isinstance(cells, pd.DataFrame):
        raise ValueError(f"{name}: {cells.shape[1]} columns are called {column}; keep the one that is meant")
    if cells.dtype == np.float64:
        return cells.to_numpy()
    cells = cells.infer_objects()
    if isinstance(cells.dtype, pd.PeriodDtype):
        raise ValueError(f"{name}: column {column} holds periods; pass when they begin: {column}.dt.start_time")
    if pd.api.types.is_timedelta64_dtype(cells):
        return np.asarray(cells.dt.total_seconds(), float)
    if pd.api.types.is_datetime64_any_dtype(cells):
        is_aware = cells.dt.tz is not None
        epoch = pd.Timestamp(0, tz="UTC" if is_aware else None)
        since = cells - epoch
        return np.asarray(since.dt.total_seconds(), float)
    if cells.dtype.kind in "bc":
        raise ValueError(f"{name}: column {column} is of type {cells.dtype}; times are real numbers of seconds")
    try:
        return pd.to_numeric(cells).to_numpy(float)
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError(f"{name}: column {column} has a value that is no number ({error})") from None


def _offsets(table: pd.DataFrame, onset: np.ndarray, name: str) -> np.ndarray:
    """Return when each event ends: its offset, or its onset and duration."""
    if "offset" in table:
        if _is_date(table["offset"]) != _is_date(table["onset"]):
            raise ValueError(f"{name}: one of onset and offset holds dates, the other does not; give both as dates")
        if _has_zone(table["offset"]) != _has_zone(table["onset"]):
            raise ValueError(f"{name}: one of onset and offset has a time zone, the other has none; give both the same")
        return _numbers(table, "offset", name)
    return np.asarray(onset + _durations(table, name))


def _durations(table: pd.DataFrame, name: str) -> np.ndarray:
    """Return how long events last as the table says it, NaN where it does not."""
    if _is_date(table["duration"]):
        raise ValueError(f"{name}: column duration holds dates; give how long an event lasts, or its offset")
    return _numbers(table, "duration", name)


def _last_decimal(times: np.ndarray) -> float:
    """Return the unit of the last decimal that times show, seconds: from 0.01 to 1e-9, more of which no float holds."""
    known = times[np.abs(times) < 1e9]
    for decimals in range(2, 9):
        if (np.round(known, decimals) == known).all():
            return float(10.0**-decimals)
    return 1e-9


def _is_date(cells: pd.Series[Any]) -> bool:
    return pd.api.types.is_datetime64_any_dtype(cells)


def _has_zone(cells: pd.Series[Any]) -> bool:
    return isinstance(cells.dtype, pd.DatetimeTZDtype)


def _texts(table: pd.DataFrame, column: str) -> Any:
    if column not in table:
        return [""] * len(table)
    values = table[column]
    if not isinstance(values.dtype, pd.StringDtype):
        return ["" if pd.isna(x) else for_table(str(x)) for x in values]
    # few names stand in many rows
    codes, names = pd.factorize(values)
    # the last, code -1, is a missing one
    texts = pd.Series([*map(for_table, names.tolist()), ""])
    return texts.array.take(codes % len(texts))
