"""Events as files of every format that is written.

Conventions
-----------
- What a format has a place for is what its own reader gives back: a column is tried with one row, and the whole text is
  read back before it is handed out. Every event comes back with its times to the last bit, or there is a row that says
  what does not, and why.
- What has no place is left out and told: a column as one row, an event or a recording as a row each. Several recordings
  in a file that can name only one are refused.
- The recording that a file is called after needs no place in it.
- A format that has durations gives most offsets back to the last bit. Of three events in a thousand no duration does,
  because ``onset + duration`` is rounded: 2.29 + 9.45 is 11.739999999999998. One row says how many they are.

References
----------
See `domains.events.formats` for the formats' own papers.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ... import _skipped
from ..._checks import UsageError, check_choice, check_kind, check_path, shown
from ..._files import ReadError, reading
from ..._outputs import write_whole
from ..._text import file_name, for_table, one_line
from ..formats import FORMATS, NO_EVENT, OF_READERS, Format, Row, format_of_suffix, recording_of
from ..schema import COLUMNS, as_events
from .io import LONGEST, NOT_MILLISECONDS, TOO_FAR, Annotations, parse

OPERATION = "events.write_events"
WRITTEN = {name: form for name, form in FORMATS.items() if form.write is not None}
"""The formats that are written, by name."""

NO_PLACE = "no place in the format"
NO_CHARACTER = "a character that the format does not have"
NOT_BACK = "does not come back"
ROUNDED = "an offset that is rounded"
NO_RECORDING = "a recording without events"
DURATION = "duration"
"""What the durations of recordings are called where they may be lost."""
RECORDINGS = "recordings"
"""What recordings without events are called where they may be lost."""
ROUNDING = 4
"""Units in the last place of the larger time, by which a rounded one may differ."""

ATTEMPTS = 3
"""At most: all rows, those that come back alone, those that come back beside others."""
TIMES = ["onset", "offset"]

SAMPLE: Row = {
    "file": "a",
    "onset": "0.0",
    "offset": "30.0",
    "duration": "30.0",
    "label": "x",
    "confidence": "",
    "length": "",
}
NEXT = {"file": "b", "onset": "30.0", "offset": "60.0"}


class Text(NamedTuple):
    """What is written.

    Parameters
    ----------
    text : str
        What the file holds.
    left_out : DataFrame
        ``side file where reason detail``: what it does not hold, and why.
    n_events : int
        How many events it holds.
    """

    text: str
    left_out: pd.DataFrame
    n_events: int


def write_events(events: Any, path: str | Path, kind: str | None = None, *, drop: Collection[str] = ()) -> pd.DataFrame:
    r"""Write events as a file that other programs read.

    Parameters
    ----------
    events : Annotations, or whatever `as_events` takes
        As `read_events` returns them, with recordings without events and durations; or a table of events.
    path : path
        Where to; it is written whole.
    kind : str, optional
        The format, as `read_events` calls it; by default the ending says it (.csv, .tsv, .rttm, .uem, .json, .csv_bi,
        .TextGrid).
    drop : collection of str
        What may be lost without a word: names of columns, "duration" (how long recordings are), "recordings" (those
        without events).

    Returns
    -------
    DataFrame
        ``side file where reason detail``: what the file does not hold, and why; no row if `read_events` gives all back.

    Raises
    ------
    UsageError
        If the format is not known, is not written, or holds one recording and there are several.
    ValueError
        If the events are none, or no file of the format.
    OSError
        If it cannot be written; what was there before is untouched.

    Warns
    -----
    UserWarning
        If something is left out.

    See Also
    --------
    read_events : Read a file of events.
    convert : Bring files of events into another format.

    Examples
    --------
    >>> import tempfile
    >>> events = pd.DataFrame({"onset": [0.5, 3.0], "offset": [1.75, 4.0], "label": ["anna", "bert"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "talk.rttm")
    ...     left_out = write_events(events, path)
    ...     print(path.read_text(), len(left_out))
    SPEAKER talk 1 0.5 1.25 <NA> <NA> anna <NA> <NA>
    SPEAKER talk 1 3.0 1.0 <NA> <NA> bert <NA> <NA>
     0
    """
    check_path(OPERATION, "path", path)
    path = Path(path)
    form = format_to_write(path.suffix, kind, OPERATION)
    given = given_annotations(events)
    check_drop(drop, given.events, OPERATION)
    with reading(OPERATION, path):
        written = text_of(given, form, for_table(recording_of(path)), drop, OPERATION)
    save_text(written.text, path)
    left_out = written.left_out.assign(file=file_name(path))
    note = note_of(left_out, OPERATION)
    if note:
        warnings.warn(note, stacklevel=2)
    return left_out


def format_to_write(suffix: str, kind: str | None, operation: str) -> Format:
    """Return the format that is written.

    Parameters
    ----------
    suffix : str
        The ending of the file.
    kind : str or None
        What it is called; None if the ending says it.
    operation : str
        Who asks, for errors.

    Raises
    ------
    UsageError
        If there is no such format, or neither says it.

    Examples
    --------
    >>> format_to_write(".tsv", None, "events.write_events").name
    'tsv'
    """
    if kind is not None:
        check_choice(operation, "kind", kind, WRITTEN)
        return WRITTEN[kind]
    form = format_of_suffix(suffix) or WRITTEN.get(suffix.lower().removeprefix("."))
    if form is None or form.write is None:
        kinds = ", ".join(WRITTEN)
        raise UsageError(
            f"{operation}: the ending {suffix!r} does not say the format; name it: kind= (--to) is {kinds}"
        )
    return form


def given_annotations(events: Any) -> Annotations:
    """Return events of any form with their recordings.

    Examples
    --------
    >>> given_annotations([[1.0, 2.0]]).support
      file  duration
    0            NaN
    """
    if isinstance(events, Annotations):
        return events._replace(events=as_events(events.events))
    table = as_events(events)
    recordings = pd.DataFrame({"file": table["file"].unique(), "duration": np.nan})
    return Annotations(table, _skipped.as_skipped(), recordings)


def check_drop(drop: Collection[str], events: pd.DataFrame, operation: str) -> None:
    """Refuse a name that nothing has, which is a slip.

    Examples
    --------
    >>> check_drop(["speed"], as_events([[1.0, 2.0]]), "events.write_events")
    Traceback (most recent call last):
    domains._checks.UsageError: events.write_events: drop names 'speed', and there is only file, label, confidence, ...
    """
    check_kind(operation, "drop", drop, Iterable, 'pass a list of names, such as ["channel"]')
    may_be = ["file", *(name for name in events if name not in ("file", "onset", "offset")), DURATION, RECORDINGS]
    for name in drop:
        if not isinstance(name, str) or name not in may_be:
            raise UsageError(f"{operation}: drop names {shown(name)}, and there is only {', '.join(map(str, may_be))}")


def note_of(left_out: pd.DataFrame, operation: str) -> str:
    """Return a warning of what is left out; "" if nothing is but the last places of numbers.

    Examples
    --------
    >>> row = {"file": "a.uem", "where": "label", "reason": NO_PLACE, "detail": "2 of 2 events have one"}
    >>> note_of(_skipped.as_skipped([row]), "events.write_events")
    'events.write_events: a.uem: label: no place in the format (2 of 2 events have one)'
    """
    lost = left_out[left_out["reason"] != ROUNDED]
    if lost.empty:
        return ""
    first = lost.iloc[0]
    more = f"; {len(lost) - 1} more rows of what is left out" if len(lost) > 1 else ""
    return f"{operation}: {first['file']}: {first['where']}: {first['reason']} ({first['detail']}){more}"


def save_text(text: str, path: Path) -> None:
    """Write a text whole, in UTF-8."""
    write_whole(path, lambda part: part.write_text(text, encoding="utf-8", newline="\n"))


def text_of(given: Annotations, form: Format, file: str, drop: Collection[str], operation: str) -> Text:
    r"""Return what a file holds, and what it does not hold.

    Parameters
    ----------
    given : Annotations
        What is written.
    form : Format
        How.
    file : str
        The recording that the file is called after, which needs no name in it.
    drop : collection of str
        What may be lost without a word.
    operation : str
        Who asks, for errors.

    Returns
    -------
    Text

    Raises
    ------
    UsageError
        If there are several recordings, and the format holds one.
    ReadError
        If the events are none, or no file of the format.

    Examples
    --------
    >>> text_of(given_annotations([[1.0, 2.5]]), FORMATS["audacity"], "a", (), "events.write_events").text
    '1.0\t2.5\t\n'
    """
    events = given.events.assign(file=given.events["file"].replace("", file))
    recordings = _recordings(given, file)
    names = recordings["file"].tolist()
    if len(names) > 1 and not _has_place_for_several(form):
        shown = one_line(f"{names[0]!r} and {names[1]!r} …", 160)
        raise UsageError(
            f"{operation}: there are {len(names)} recordings ({shown}), and a file of {form.name} is of one; write a "
            "file for each (at the command line: name a folder, as out/), or keep the events of one"
        )
    lost = _Lost(form, drop)
    if names != [file] and not _keeps(form, "file", "b"):
        lost.column("file", f"the recording is called {names[0]!r}")
        events = events.assign(file=file)
        recordings = recordings.assign(file=file)
    events = _without_columns(events, form, lost)
    recordings = _without_durations(recordings, form, lost)
    recordings = _without_eventless(recordings, events, form, lost)
    return _written(events, recordings, form, file, lost)


class _Lost:
    """What is left out, as rows."""

    def __init__(self, form: Format, drop: Collection[str]) -> None:
        self.form = form
        self.drop = drop
        self.rows: list[dict[str, str]] = []

    def column(self, name: str, detail: str) -> None:
        if name not in self.drop:
            self.add(name, NO_PLACE, f"{detail}; {self.form.name} has no place for it")

    def row(self, row: Row, k: int | np.integer[Any], reason: str) -> None:
        self.add(_where(row, k), reason, _shown(row))

    def add(self, where: str, reason: str, detail: str) -> None:
        self.rows.append({"file": "", "where": where, "reason": reason, "detail": detail})


def _recordings(given: Annotations, file: str) -> pd.DataFrame:
    """Return all recordings once, with events or without, those that have no name under that of the file."""
    named = pd.concat([given.support[["file", "duration"]], given.events[["file"]].assign(duration=np.nan)])
    named = named.assign(file=named["file"].replace("", file))
    longest = named.groupby("file", sort=False)["duration"].max()
    if longest.empty:
        return pd.DataFrame({"file": [file], "duration": [np.nan]})
    return pd.DataFrame({"file": longest.index, "duration": longest.to_numpy(float)})


# ---- what a format has a place for


def _back(form: Format, rows: Sequence[Row], file: str = "a") -> Annotations | None:
    """Return what comes back of rows; None if nothing can be read."""
    assert form.write is not None
    try:
        return parse(form.write(rows), form, file)
    except ReadError:
        return None


@lru_cache(1000)
def _keeps(form: Format, name: str, cell: str) -> bool:
    """Return whether a column of one row comes back."""
    back = _back(form, [{**SAMPLE, name: cell}])
    if back is None or len(back.events) != 1 or name not in back.events:
        return False
    return _text(back.events[name].iloc[0]) == cell


@lru_cache
def _has_place_for_several(form: Format) -> bool:
    back = _back(form, [SAMPLE, {**SAMPLE, **NEXT}])
    return back is not None and back.events["file"].tolist() == ["a", "b"]


@lru_cache
def _has_place_for_duration(form: Format) -> bool:
    back = _back(form, [{**SAMPLE, "length": "60.0"}])
    return back is not None and back.support["duration"].tolist() == [60.0]


@lru_cache
def _has_place_for_eventless(form: Format) -> bool:
    back = _back(form, [SAMPLE, {"file": "b", "length": "", "skip": NO_EVENT}])
    return back is not None and back.support["file"].tolist() == ["a", "b"]


def _without_columns(events: pd.DataFrame, form: Format, lost: _Lost) -> pd.DataFrame:
    further = [str(name) for name in events if name not in COLUMNS]
    for name in ("label", "confidence", *further):
        has_it = np.array([_text(cell) != "" for cell in events[name]], dtype=bool)
        sample = "0.5" if name == "confidence" else "x"
        # a frequency, say, is a number and no word
        is_kept = name not in OF_READERS and (_keeps(form, name, sample) or _keeps(form, name, "0.5"))
        if is_kept or not has_it.any():
            continue
        lost.column(name, f"{has_it.sum()} of {len(events)} events have one")
        blank = np.nan if name == "confidence" else ""
        events = events.assign(**{name: blank}) if name in COLUMNS else events.drop(columns=name)
    return events


def _without_durations(recordings: pd.DataFrame, form: Format, lost: _Lost) -> pd.DataFrame:
    is_known = recordings["duration"].notna()
    if not is_known.any() or _has_place_for_duration(form):
        return recordings
    lost.column(DURATION, f"of {is_known.sum()} of {len(recordings)} recordings it is known how long they are")
    return recordings.assign(duration=np.nan)


def _without_eventless(recordings: pd.DataFrame, events: pd.DataFrame, form: Format, lost: _Lost) -> pd.DataFrame:
    has_events = recordings["file"].isin(events["file"])
    # a file without rows is of one recording, which has no events
    if has_events.all() or len(recordings) == 1 or _has_place_for_eventless(form):
        return recordings
    if RECORDINGS not in lost.drop:
        for name in recordings["file"][~has_events]:
            lost.add(f"recording {name}", NO_RECORDING, f"{form.name} has no place for it")
    return recordings[has_events]


# ---- rows, there and back


def _rows_of(events: pd.DataFrame, recordings: pd.DataFrame) -> list[Row]:
    """Return events, then recordings without one, as writers take them."""
    onset = events["onset"].to_numpy(float)
    offset = events["offset"].to_numpy(float)
    length_of = dict(zip(recordings["file"], map(_number, recordings["duration"]), strict=True))
    columns = {
        "file": events["file"].tolist(),
        "onset": [_number(time) for time in onset],
        "offset": [_number(time) for time in offset],
        "duration": [_number(time) for time in offset - onset],
        "label": events["label"].tolist(),
        "confidence": [_number(chance) for chance in events["confidence"]],
        "length": [length_of[file] for file in events["file"]],
    }
    for name in map(str, events):
        if name not in columns:
            columns[name] = [_text(cell) for cell in events[name]]
    rows: list[Row] = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    present = set(columns["file"])
    for name, length in length_of.items():
        if name not in present:
            rows.append({"file": name, "length": length, "skip": NO_EVENT})
    return rows


def _written(events: pd.DataFrame, recordings: pd.DataFrame, form: Format, file: str, lost: _Lost) -> Text:
    """Write all rows that come back, and tell the others."""
    assert form.write is not None
    rows = _rows_of(events, recordings)
    is_kept = _without_characters(rows, form, lost) & _within_reach(events, rows, lost)
    for _ in range(ATTEMPTS):
        kept = np.flatnonzero(is_kept)
        if len(events) and not (kept < len(events)).any():
            first = one_line(lost.rows[0]["detail"], 160)
            remedy = NOT_MILLISECONDS if lost.rows[0]["reason"] == TOO_FAR else "rename them"
            raise ReadError(f"{form.name} can hold none of the {len(events)} events (the first: {first}); {remedy}")
        written = [rows[k] for k in kept]
        text = form.write(written)
        back = _parsed(text, form, file)
        if back is None or not _has_rows_of(back, written, file):
            # some row brings others out of order: each is tried alone
            for k in kept:
                is_kept[k] = _comes_back_alone(rows[k], form, file)
                if not is_kept[k]:
                    lost.row(rows[k], k, NOT_BACK)
            continue
        of_events = kept[kept < len(events)]
        same, near = _compared(events.iloc[of_events], back.events)
        for k in of_events[~(same | near)]:
            is_kept[k] = False
            lost.row(rows[k], k, NOT_BACK)
        if is_kept[kept].all():
            if not same.all():
                n_rounded = int((~same).sum())
                lost.add("offset", ROUNDED, f"{n_rounded} of {len(same)} events, by {ROUNDING} units in the last place")
            return Text(text, _skipped.as_skipped(lost.rows), len(of_events))
    raise ReadError(f"{form.name} does not give back what was written; please report this, with the events")


def _without_characters(rows: list[Row], form: Format, lost: _Lost) -> np.ndarray:
    """Return which rows have no character that the format, or a file of text, does not have."""
    forbidden = set(form.forbids) | {"\0"}
    is_kept = np.ones(len(rows), dtype=bool)
    for k, row in enumerate(rows):
        for name, cell in row.items():
            if name != "skip" and not forbidden.isdisjoint(cell):
                is_kept[k] = False
                wrong = min(forbidden.intersection(cell))
                lost.add(_where(row, k), NO_CHARACTER, one_line(f"{name} {cell!r} has {wrong!r}"))
                break
    return is_kept


def _within_reach(events: pd.DataFrame, rows: list[Row], lost: _Lost) -> np.ndarray:
    """Return which rows have times that are read again."""
    is_kept = np.ones(len(rows), dtype=bool)
    is_far = (events[TIMES].abs() > LONGEST).any(axis=1).to_numpy(bool)
    for k in np.flatnonzero(is_far):
        is_kept[k] = False
        lost.row(rows[k], k, TOO_FAR)
    return is_kept


def _parsed(text: str, form: Format, file: str) -> Annotations | None:
    try:
        return parse(text, form, file)
    except ReadError:
        return None


def _has_rows_of(back: Annotations, rows: Sequence[Row], file: str) -> bool:
    """Return whether as many events, and the same recordings, came back as were written."""
    n_events = sum("skip" not in row for row in rows)
    meant = {row["file"]: row["length"] for row in rows} or {file: ""}
    found = dict(zip(back.support["file"], map(_number, back.support["duration"]), strict=True))
    # some formats say how long a recording is where it was not known
    are_lengths_back = all(found.get(name) == length for name, length in meant.items() if length)
    return len(back.events) == n_events and found.keys() == meant.keys() and are_lengths_back


def _comes_back_alone(row: Row, form: Format, file: str) -> bool:
    """Return whether the texts of a row come back, whatever its times are."""
    assert form.write is not None
    times = {name: SAMPLE[name] for name in ("onset", "offset", "duration")}
    alone = row if "skip" in row else {**row, **times}
    try:
        back = _parsed(form.write([alone]), form, file)
    except ReadError:
        return False
    if back is None or not _has_rows_of(back, [alone], file):
        return False
    return "skip" in row or all(_text(back.events[name].iloc[0]) == cell for name, cell in _texts_of(alone))


def _texts_of(row: Row) -> list[tuple[str, str]]:
    return [
        (name, cell) for name, cell in row.items() if name not in (*SAMPLE, *OF_READERS) or name in ("file", "label")
    ]


def _compared(events: pd.DataFrame, back: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return which events came back the same, and which but for rounded times; some formats sort them by recording."""
    codes, files = pd.factorize(events["file"])
    code_of = {name: code for code, name in enumerate(files)}
    order = np.argsort(codes, kind="stable")
    back_order = np.argsort([code_of[name] for name in back["file"]], kind="stable")
    meant = events.iloc[order]
    found = back.iloc[back_order]
    is_same = np.ones(len(events), dtype=bool)
    for name in events:
        if name not in TIMES:
            cells = found[name] if name in found else [""] * len(found)
            is_same &= np.array([_text(a) == _text(b) for a, b in zip(meant[name], cells, strict=True)], dtype=bool)
    times = meant[TIMES].to_numpy(float)
    difference = np.abs(times - found[TIMES].to_numpy(float))
    allowed = ROUNDING * np.spacing(np.abs(times).max(axis=1, initial=0.0, keepdims=True))
    same = np.empty_like(is_same)
    near = np.empty_like(is_same)
    same[order] = is_same & (difference == 0).all(axis=1)
    near[order] = is_same & (difference <= allowed).all(axis=1)
    return same, near


# ---- cells


def _number(value: float) -> str:
    """Return a number as text that gives it back, without an exponent; "" for NaN."""
    if value != value:
        return ""
    written = repr(float(value))
    return np.format_float_positional(value, trim="0") if "e" in written else written


def _text(cell: Any) -> str:
    """Return a cell of any column as text, "" where there is none."""
    if isinstance(cell, str):
        return cell
    if cell is None or cell is pd.NA or cell != cell:
        return ""
    return _number(cell) if isinstance(cell, float) else str(for_table(str(cell)))


def _where(row: Row, k: int | np.integer[Any]) -> str:
    return f"recording {row['file']}" if "skip" in row else f"event {k}"


def _shown(row: Row) -> str:
    written = [f"{name}={cell}" for name, cell in row.items() if cell and name not in ("duration", *OF_READERS)]
    return one_line(" ".join(written))
