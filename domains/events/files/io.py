"""Events from files.

Conventions
-----------
- Every row of a file is an event or a skipped row with its reason; none is lost. Rows are counted by themselves, see
  `Format.count`, and the two numbers must agree.
- The format follows from an ending that no other has, else from the header or the structure of the text, never from
  the range of a number; ``kind=`` says it outright.
- A table without a label is one of events of one kind. If it has columns of words, one may be the label under another
  name: a warning lists them, and ``label_column=`` says which it is.
- Tables that name no file get the name of their own file, without its ending.

References
----------
See `domains.events.formats` for the formats' own papers.
"""

from __future__ import annotations

import re
import warnings
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ... import _skipped
from ..._checks import UsageError, check_choice, check_number, check_path
from ..._files import ReadError, read_bytes, read_text, reading
from ..._text import file_name, for_table, one_line
from ..formats import (
    ABSENT,
    BACKGROUND,
    CLOCK,
    EMPTY_ROW,
    FORMATS,
    HOW_TO_SAY,
    NO_EVENT,
    NO_LABELS,
    OF_READERS,
    OTHER_VIEW,
    VIEWED,
    Format,
    Row,
    find_format,
    format_of_suffix,
    read_recordings,
    recording_of,
)
from ..formats.delimited import has_column
from ..schema import COLUMNS, as_events, contradicts

NO_ONSET = "no onset"
NO_OFFSET = "no offset"
NO_DURATION = "no duration"
NO_NUMBER = "a time that is no number"
TWO_ENDS = "a duration that is not offset - onset"
TOO_FAR = "a time beyond 30,000 years"
LONGEST = 1e12
"""Seconds; durations of longer times could not be added up."""
CLOCK_TIME = re.compile(r"\d+:\d\d(:\d\d)?([.,]\d+)?", re.ASCII)
IN_SECONDS = "write its times in seconds, as 12.5 for 00:12.5 and 3723 for 01:02:03"
IN_NUMBERS = (
    (re.compile(r"=\d+(,\d+)+(\.\d*)?( |\Z)"), "write 1.5 for 1,5 and 1000 for 1,000"),
    (re.compile(r"=\d{4}-\d\d-\d\d"), "write seconds since the recording began in place of dates"),
    (re.compile(r"=\d+(\.\d*)? ?[a-z]+( |\Z)", re.ASCII), "write seconds as numbers, without a unit"),
)
"""What to write where a time is no number, by how it is written."""
NOT_MILLISECONDS = "times are seconds: divide milliseconds by 1000"
ONE_END = "correct one of them, or rename the column if it is no duration of an event"
BACKWARD = "ends before it begins"
NO_CONFIDENCE = "a confidence that is no number"
SAYS_NONE = (NO_EVENT, BACKGROUND, EMPTY_ROW, OTHER_VIEW, VIEWED)
"""Reasons of rows that are rightly no event of their own; all others are of rows that could not be read as one."""


class Annotations(NamedTuple):
    """What a file holds.

    Parameters
    ----------
    events : DataFrame
        ``file onset offset label confidence``, then further columns of the file.
    skipped : DataFrame
        ``side file where reason detail``: the rows that are no events. The side is not known here: "".
    support : DataFrame
        ``file duration``: every recording the file names, with events or without, NaN where it does not say how long it
        is. One that names none is of the recording it is called after. Of a UEM, whose rows are what was scored, ``file
        duration onset offset``: its stretches.
    """

    events: pd.DataFrame
    skipped: pd.DataFrame
    support: pd.DataFrame


def read_events(
    path: str | Path,
    kind: str | None = None,
    *,
    subset: str | None = None,
    file: str | None = None,
    rate: float | None = None,
    label_column: str | None = None,
) -> Annotations:
    r"""Read a file of events.

    Parameters
    ----------
    path : path
        A table whose header is known, or a file of another format listed under `kind`.
    kind : str, optional
        The format, if neither the ending nor the header says it:

        - "csv": a table with a header of the usual names (onset, offset, label, ...), parted by tabs, semicolons or
          commas; "tsv" is the same, written with tabs;
        - "dcase": sound events as DCASE and sed_eval list them, with or without header;
        - "bids": BIDS ``events.tsv``; "hed_score": those of seizures, HED-SCORE;
        - "rttm": who speaks when;
        - "activitynet": ActivityNet JSON;
        - "audacity": labels of Audacity, with or without frequencies;
        - "raven": selection tables of Raven, BirdNET's too; "birdnet": its CSV, its tables for R and Kaleidoscope;
        - "boris": tabular or aggregated events of BORIS;
        - "tusz": csv and csv_bi of the TUH EEG corpora; "moda": the spindles of a night, MODA;
        - "mne": annotations in MNE's text files;
        - "elan_table": tab-delimited exports of ELAN;
        - "timit": ``.phn`` and ``.wrd``, in samples; "uem": scored stretches;
        - "textgrid" (Praat), "elan" (``.eaf``), "edf" (annotations of EDF+): with the extra ``events``;
        - "onsets": one onset a line, "stages": one stage a line (30 s), or one label a frame; "notes":
          onset, offset and pitch in Hz; never guessed.
    subset : str, optional
        Which subset of an ActivityNet database; all by default.
    file : str, optional
        The recording that rows belong to which name none; by default the path's name without its ending,
        and without what Raven and BirdNET append to it.
    rate : float, optional
        How many samples, frames or epochs are in a second, for files whose times count them.
    label_column : str, optional
        The column that holds the label, where its author named it: of a selection table of Raven, or of a table with a
        header of the usual names. A table that lacks it needs a label of a known name.

    Returns
    -------
    Annotations
        ``events``, ``skipped`` and ``support``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the format is unknown or the file is not of it, or its times count samples or frames and `rate` is not
        given; the message names the file.
    UsageError
        If the file has no such subset, or is of a format whose label has a place of its own.

    Warns
    -----
    UserWarning
        If all rows were skipped, but for those that say that there is no event. Or if no column is known as the label,
        but others hold words; or if the label is not in `label_column`, but in one that is known.

    See Also
    --------
    write_events : Write events as a file that other programs read.
    as_events : Check a table of events and give it the columns of the schema.
    convert : Bring files of events into another format.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "night.csv")
    ...     _ = path.write_text("onset,offset,label\n1.5,2.5,owl\n9,8,fox\n")
    ...     events, skipped, support = read_events(path)
    >>> events
        file  onset  offset label  confidence
    0  night    1.5     2.5   owl         NaN
    >>> skipped[["where", "reason"]].to_numpy().tolist()
    [['line 3', 'ends before it begins']]
    """
    annotations, note = read_with_note(path, kind, subset=subset, file=file, rate=rate, label_column=label_column)
    form = FORMATS[kind] if kind else format_of_suffix(Path(path).suffix)
    if form is not None and form.of_stretches and len(annotations.events):
        annotations = annotations._replace(support=_stretches_of(annotations.events))
    if note:
        warnings.warn(note, stacklevel=2)
    return annotations


def read_with_note(
    path: str | Path,
    kind: str | None = None,
    *,
    subset: str | None = None,
    file: str | None = None,
    rate: float | None = None,
    label_column: str | None = None,
) -> tuple[Annotations, str]:
    """Read a file of events, and return its warning as text: "" if there is none. See `read_events`."""
    operation = "events.read_events"
    if kind is not None:
        check_choice(operation, "kind", kind, FORMATS)
    if rate is not None:
        check_number(operation, "rate", rate, above=0)
    check_path(operation, "path", path)
    path = Path(path)
    with reading(operation, path):
        form, rows, note = _read_rows(path, kind, label_column)
        _in_seconds(rows, rate)
        if subset is not None:
            rows = _of_subset(rows, subset, path)
        recording = recording_of(path) if file is None else file
        annotations = _judge(rows, path, for_table(recording))
    nothing = why_no_event(annotations)
    if nothing:
        return annotations, f"{operation}: {file_name(path)}: {nothing}"
    return annotations, note or _note_of_labels(annotations.events, rows, path, form)


def _stretches_of(events: pd.DataFrame) -> pd.DataFrame:
    """Return stretches that were scored as `as_support` takes them; how long their recordings are is not known."""
    return events[["file", "onset", "offset"]].assign(duration=np.nan)[["file", "duration", "onset", "offset"]]


def why_no_event(annotations: Annotations) -> str:
    r"""Return why a file has no event; "" if it has one, or if its rows say that there is none.

    Examples
    --------
    >>> why_no_event(parse("00:12.5\t00:13\towl\n", FORMATS["audacity"], "night"))
    'none of its 1 rows is an event (the first: a clock time, not seconds); write its times in seconds, as 12.5 ...'
    """
    reasons = annotations.skipped["reason"]
    wrong = reasons[~reasons.isin(SAYS_NONE)]
    if len(annotations.events) or wrong.empty:
        return ""
    first = wrong.iloc[0]
    remedies = {CLOCK: IN_SECONDS, TOO_FAR: NOT_MILLISECONDS, TWO_ENDS: ONE_END}
    remedy = remedies.get(first, f"correct them, or say which format it is: {HOW_TO_SAY}")
    if first == NO_NUMBER:
        detail = annotations.skipped["detail"][wrong.index[0]]
        remedy = next((said for written, said in IN_NUMBERS if written.search(detail)), remedy)
    return f"none of its {len(reasons)} rows is an event (the first: {first}); {remedy}"


def parse(text: str, form: Format, file: str) -> Annotations:
    r"""Return what a text of a format holds, as `read_events` does from a file that holds it.

    Parameters
    ----------
    text : str
        What a file holds.
    form : Format
        Which format it is of.
    file : str
        The recording of rows that name none.

    Returns
    -------
    Annotations

    Raises
    ------
    ReadError
        As `read_events`, without the name of a file.

    Examples
    --------
    >>> parse("1.5\t2.5\towl\n", FORMATS["audacity"], "night").events
        file  onset  offset label  confidence
    0  night    1.5     2.5   owl         NaN
    """
    # as a file's byte order mark is taken off
    plain = text.removeprefix("\ufeff")
    rows = list(form.read(plain.encode() if form.of_bytes else plain))
    _check_count(rows, form, plain)
    _in_seconds(rows, None)
    return _judge(rows, Path(), file)


def _note_of_labels(events: pd.DataFrame, rows: list[Row], path: Path, form: Format) -> str:
    """Return a warning where no column is the label, but one that is not known holds words."""
    if any("label" in row for row in rows):
        return ""
    further = [name for name in events if name not in COLUMNS and str(name).lower() not in NO_LABELS]
    of_words = [str(name) for name in further if _has_words(events[name])]
    if not of_words:
        return ""
    names = one_line(", ".join(map(repr, of_words)), 200)
    remedy = "rename it 'label'"
    if form.names_labels:
        first = repr(one_line(of_words[0], 80))
        remedy = f"say so: label_column={first} (--label-column {first})"
    return (
        f"events.read_events: {file_name(path)}: no column is known as the label, so its events have none, but {names} "
        f"hold words; if one of them is the label, {remedy}"
    )


def _has_words(cells: pd.Series[Any]) -> bool:
    texts = np.array([_text(cell) for cell in cells], dtype=object)
    is_word = ~_is_absent(texts) & np.isnan(_numbers(texts))
    return bool(is_word.any())


def read_durations(path: str | Path) -> pd.DataFrame:
    r"""Read how long recordings are: a table with the columns file and duration, or file, onset and offset.

    Parameters
    ----------
    path : path
        A table with a header; tabs, semicolons or commas part its cells. Or a UEM file.

    Returns
    -------
    DataFrame
        Its columns; times are numbers, NaN where they are not known.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ReadError
        If a column is missing, a row has more or fewer cells than the header, or a time is no number.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "durations.csv")
    ...     _ = path.write_text("file,duration\nnight,3600\n")
    ...     read_durations(path)
        file  duration
    0  night    3600.0
    """
    operation = "events.read_durations"
    with reading(operation, path):
        text = read_text(operation, path)
        of_recordings = FORMATS["uem"].read if Path(path).suffix.lower() == ".uem" else read_recordings
        rows = list(of_recordings(text))
        _refuse_skipped(rows)
        if not rows:
            raise ReadError("no row follows its header; list the recordings")
        columns = dict.fromkeys(name for row in rows for name in row if name not in OF_READERS)
        if not {"duration", "offset"} & set(columns):
            present = one_line(", ".join(columns), 200)
            raise ReadError(f"no column 'duration' in the header ({present}); name the columns file, duration")
        table = pd.DataFrame({name: _texts(rows, name) for name in columns})
        for name in columns:
            if name in ("onset", "offset", "duration"):
                table[name] = _times(rows, name)
        return table


def _refuse_skipped(rows: list[Row]) -> None:
    for row in rows:
        if "skip" in row:
            raise ReadError(f"{row['where']}: {row['skip']}; correct the line")


def _times(rows: list[Row], name: str) -> np.ndarray:
    """Return a column of seconds, NaN where there is none; anything else is refused with its line."""
    texts = _texts(rows, name)
    times = _numbers(texts)
    wrong = np.flatnonzero(~np.isfinite(times) & ~_is_absent(texts))
    if len(wrong):
        where = rows[wrong[0]]["where"]
        raise ReadError(f"{where}: {one_line(texts[wrong[0]], 40)!r} is no {name} in seconds; correct it")
    return times


def _read_rows(path: Path, kind: str | None, label_column: str | None) -> tuple[Format, list[Row], str]:
    """Return the format of a file, its rows, which must be as many as it holds, and a warning or ""."""
    operation = "events.read_events"
    said = FORMATS[kind] if kind else format_of_suffix(path.suffix)
    if said is not None and said.of_bytes:
        _check_names_labels(said, label_column, path)
        return said, list(said.read(read_bytes(operation, path))), ""
    text = read_text(operation, path, may_be_empty=True)
    form = said or find_format(path.suffix, text)
    _check_names_labels(form, label_column, path)
    rows = list(form.read(text) if label_column is None else form.read(text, label_column))
    _check_count(rows, form, text)
    if label_column is None or has_column(text, label_column):
        return form, rows, ""
    lacking = one_line(repr(label_column), 80)
    return form, rows, f"{operation}: {file_name(path)}: no column {lacking}; its label is in another that is known"


def _check_names_labels(form: Format, label_column: str | None, path: Path) -> None:
    if label_column is None or form.names_labels:
        return
    names = ", ".join(name for name, one in FORMATS.items() if one.names_labels)
    raise UsageError(
        f"events.read_events: {file_name(path)}: its format, {form.name}, says itself what the label is; leave out "
        f"label_column= (--label-column), which is for {names}"
    )


def _check_count(rows: list[Row], form: Format, text: str) -> None:
    expected = form.count(text)
    n_rows = sum(row.get("n_rows", 1) for row in rows)
    # of an empty text the header is missing too
    if expected is not None and max(expected, 0) != n_rows:
        raise ReadError(f"it holds {expected} rows, and {n_rows} were read; please report this, with the file")


def _in_seconds(rows: list[Row], rate: float | None) -> None:
    """Turn times that count samples, frames or epochs into seconds."""
    for row in rows:
        if "ticks" not in row:
            continue
        per_second = row["ticks"] if rate is None else rate
        if per_second != per_second:
            raise ReadError(
                f"{row['where']}: its times count samples or frames; say how many are in a second: rate= (--rate at "
                "the command line)"
            )
        for name in ("onset", "offset", "duration", "length"):
            if name in row:
                row[name] = _divided(row[name], per_second)


def _divided(cell: str, rate: float) -> Any:
    try:
        return float(cell) / rate
    except ValueError:
        return cell


def _of_subset(rows: list[Row], subset: str, path: Path) -> list[Row]:
    present = list(dict.fromkeys(row["subset"] for row in rows if "subset" in row))
    if subset not in present:
        names = one_line(", ".join(present)) or "none"
        raise UsageError(f"events.read_events: {path}: there is no subset {subset!r}; it has {names}")
    return [row for row in rows if row.get("subset") == subset]


def _judge(rows: list[Row], path: Path, file: str) -> Annotations:
    """Part events from rows that are none, and say why."""
    texts = {name: _texts(rows, name) for name in (*COLUMNS, "duration", "length", "skip")}
    columns = dict.fromkeys(chain.from_iterable(rows))
    end = "duration" if "duration" in columns and "offset" not in columns else "offset"
    onset = _numbers(texts["onset"])
    offset = _numbers(texts["offset"])
    duration = _numbers(texts["duration"])
    if end == "duration":
        with np.errstate(over="ignore"):
            offset = onset + duration
    confidence = _numbers(texts["confidence"])
    reason = _reasons(texts, end, onset, offset, duration, confidence)
    is_event = reason == ""
    recording = np.where(texts["file"] == "", file, texts["file"])
    events = pd.DataFrame(
        {
            "file": pd.Series(recording[is_event], dtype=object),
            "onset": onset[is_event],
            "offset": offset[is_event],
            "label": pd.Series(texts["label"][is_event], dtype=object),
            "confidence": confidence[is_event],
        }
    )
    further = [name for name in columns if name not in (*COLUMNS, *OF_READERS, "duration")]
    if further:
        of_events = [row for row, is_one in zip(rows, is_event, strict=True) if is_one]
        events = pd.concat([events, pd.DataFrame(of_events, columns=further, index=events.index)], axis=1)
    # where rows name their recording, a row that could not be read is of none
    is_of_one = is_event | (texts["file"] != "") | (texts["file"] == "").all()
    # of a header alone the recording was looked at
    lengths = {} if rows else {file: np.nan}
    for name, length in zip(recording[is_of_one], _numbers(texts["length"])[is_of_one], strict=True):
        lengths[name] = np.fmax(lengths.get(name, np.nan), length)
    longest = pd.DataFrame({"file": list(lengths), "duration": list(lengths.values())})
    skipped = [_skipped_row(rows[k], path, reason[k]) for k in np.flatnonzero(~is_event)]
    return Annotations(as_events(events, str(path)), _skipped.as_skipped(skipped), longest)


def _reasons(
    texts: dict[str, np.ndarray],
    end: str,
    onset: np.ndarray,
    offset: np.ndarray,
    duration: np.ndarray,
    confidence: np.ndarray,
) -> np.ndarray:
    """Return why each row is no event; "" if it is one. The first reason counts."""
    is_duration = np.isfinite(duration) | _is_absent(texts["duration"])
    is_finite = np.isfinite(onset) & np.isfinite(offset) & is_duration
    is_far = (np.abs(onset) > LONGEST) | (np.abs(offset) > LONGEST)
    is_clock = _are_clock_times(texts["onset"], onset) | _are_clock_times(texts["offset"], offset)
    is_clock |= _are_clock_times(texts["duration"], duration)
    has_confidence = ~_is_absent(texts["confidence"])
    return np.select(
        [
            texts["skip"] != "",
            _is_absent(texts["onset"]),
            _is_absent(texts[end]),
            is_clock,
            ~is_finite,
            is_far,
            offset < onset,
            contradicts(onset, offset, duration),
            has_confidence & ~np.isfinite(confidence),
        ],
        [
            texts["skip"],
            NO_ONSET,
            NO_OFFSET if end == "offset" else NO_DURATION,
            CLOCK,
            NO_NUMBER,
            TOO_FAR,
            BACKWARD,
            TWO_ENDS,
            NO_CONFIDENCE,
        ],
        "",
    )


def _are_clock_times(texts: np.ndarray, times: np.ndarray) -> np.ndarray:
    are_clock_times = np.zeros(len(texts), dtype=bool)
    for k in np.flatnonzero(np.isnan(times)):
        are_clock_times[k] = CLOCK_TIME.fullmatch(texts[k]) is not None
    return are_clock_times


def _skipped_row(row: Row, path: Path, reason: str) -> dict[str, str]:
    return {"file": str(path), "where": row["where"], "reason": reason, "detail": _detail(row)}


def _detail(row: Row) -> str:
    """Return a row as its reader would write it; NaN, which differs from itself, is left out."""
    if "detail" in row:
        return str(row["detail"])
    written = [f"{name}={cell}" for name, cell in row.items() if name not in OF_READERS and cell == cell]
    return " ".join(written)


def _texts(rows: list[Row], name: str) -> np.ndarray:
    """Return a column as text, "" where it is absent."""
    texts = np.full(len(rows), "", dtype=object)
    texts[:] = [_text(row[name]) if name in row else "" for row in rows]
    return texts


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell.strip()
    is_missing = cell is None or cell != cell
    return "" if is_missing else str(cell).strip()


def _is_absent(texts: np.ndarray) -> np.ndarray:
    return pd.Series(texts, dtype=object).isin(ABSENT).to_numpy()


def _numbers(texts: np.ndarray) -> np.ndarray:
    """Return text as numbers, NaN where it is none."""
    return np.asarray(pd.to_numeric(texts, errors="coerce"), float)
