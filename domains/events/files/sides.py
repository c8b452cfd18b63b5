"""Reading the files of each side as the cases of a job, and which recordings both sides have.

Conventions
-----------
- What cannot be read is a row of what was skipped, and its recording is lost: it is left out on both sides.
- Of folders, a file without a partner is a row of what was skipped too. A file whose rows name several recordings, or
  one that is alone in its folder and whose rows name another than it is called after, may speak of many: beside it none
  is missing.
- A file is a case of `domains._batch`: it fails alone, whatever happens to it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..._batch import Case, CaseError, Job, Outcome, Running, run_cases
from ..._checks import UsageError
from ..._files import ReadError
from ..._skipped import COLUMNS as SKIPPED
from ..._skipped import UNPAIRED, UNREADABLE, as_skipped
from ..._text import file_name
from ..schema import COLUMNS
from .io import read_with_note, why_no_event
from .tree import Found

Columns = Mapping[str, list[Any]]

NO_EVENTS: Columns = {name: [] for name in COLUMNS}
NO_ROWS: Columns = {name: [] for name in SKIPPED}
NO_SUPPORT: Columns = {"file": [], "duration": []}

ERRORS: Mapping[str, type[Exception]] = {
    "UsageError": UsageError,
    "FileNotFoundError": FileNotFoundError,
    "PermissionError": PermissionError,
}
"""Errors that keep their kind where one file is all there is; the others are a `ReadError`."""


class Reading(NamedTuple):
    """What is said of all files.

    Parameters
    ----------
    kind : str, optional
        Their format; beside standard input, that of standard input alone.
    rate : float, optional
        How many samples, frames or epochs are in a second.
    subset : str, optional
        Which subset of an ActivityNet database is the reference.
    operation : str
        Who asks, for errors.
    points : bool
        Whether each predicted file is an operating point: what is predicted of all recordings at one threshold.
    label_column : str, optional
        The column that holds the label, where its author named it.
    """

    kind: str | None = None
    rate: float | None = None
    subset: str | None = None
    operation: str = "events.score"
    points: bool = False
    label_column: str | None = None


class Side(NamedTuple):
    """All files of one side.

    Parameters
    ----------
    events, skipped, support : DataFrame
        As `read_events` returns them, of all files.
    lost : set of str
        Recordings whose file could not be read, and folders, "/" at the end, that could not be looked into.
    named : mapping of str to set of str
        The recordings that the rows of a file name, by the recording that the file is called after.
    """

    events: pd.DataFrame
    skipped: pd.DataFrame
    support: pd.DataFrame
    lost: set[str]
    named: Mapping[str, set[str]]


def read_sides(sides: Mapping[str, Sequence[Found]], how: Reading, running: Running) -> dict[str, Side]:
    r"""Read all files of all sides.

    Parameters
    ----------
    sides : mapping of str to sequence of Found
        The files of "prediction" and "reference", or of "" if there is one side.
    how : Reading
        What is said of all files.
    running : Running
        How the job runs.

    Returns
    -------
    dict of str to Side

    Raises
    ------
    ReadError, UsageError, FileNotFoundError, PermissionError
        If the only file of a side cannot be read.
    Interrupted
        On Ctrl-C or SIGTERM.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.csv")
    ...     _ = path.write_text("onset,offset\n1,2\n")
    ...     sides = read_sides({"prediction": [Found(path, "a")]}, Reading(), Running())
    >>> sides["prediction"].events["onset"].tolist()
    [1.0]
    """
    has_input = any(one.copy for found in sides.values() for one in found)
    cases = []
    for side, found in sides.items():
        of_side = how._replace(subset=None) if side == "prediction" else how._replace(points=False)
        for one in found:
            # files beside standard input, which has no ending, say their own format
            says_itself = has_input and one.copy is None
            if not one.fault:
                cases.append(_as_case(side, one, of_side._replace(kind=None) if says_itself else of_side))
    job = Job(how.operation, read_case, how._asdict(), "reading")
    outcomes = {outcome.case: outcome for outcome in run_cases(job, cases, running)}
    return {side: _joined(side, found, outcomes, how.operation) for side, found in sides.items()}


def read_case(payload: Mapping[str, Any]) -> dict[str, Any]:
    r"""Read a file as JSON data; one whose rows were all skipped is refused, unless they say that there is no event.

    Parameters
    ----------
    payload : mapping
        ``path recording kind rate subset operation points label_column``.

    Returns
    -------
    dict
        ``events skipped support``, each a mapping of columns to lists, and ``note``, a warning or "".

    Raises
    ------
    CaseError
        If all rows were skipped; its details are ``skipped``.
    ReadError, UsageError, FileNotFoundError
        As `read_events`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.csv")
    ...     _ = path.write_text("onset,offset\n1,2\n")
    ...     read_case({"path": str(path), "recording": "a", **Reading()._asdict()})["events"]["offset"]
    [2.0]
    """
    path = payload["path"]
    how = Reading(*(payload[name] for name in Reading._fields))
    part, note = read_with_note(
        path,
        how.kind,
        subset=how.subset,
        file=payload["recording"],
        rate=how.rate,
        label_column=how.label_column,
    )
    nothing = why_no_event(part)
    skipped = _as_lists(part.skipped[["where", "reason", "detail"]])
    if nothing:
        raise CaseError(f"{how.operation}: {file_name(path)}: {nothing}", skipped=skipped)
    events = part.events
    support = part.support
    if how.points:
        events = _as_point(events, path, payload["recording"], how.operation)
        support = support[support["file"] != payload["recording"]]
    return {
        "events": _as_lists(events),
        "skipped": skipped,
        "support": _as_lists(support),
        "note": note,
    }


def _as_lists(table: pd.DataFrame) -> dict[str, list[Any]]:
    """Return the columns of a table as lists."""
    return {str(name): cells.tolist() for name, cells in table.items()}


def _as_point(events: pd.DataFrame, path: str, point: str, operation: str) -> pd.DataFrame:
    """Say of events at which operating point they are predicted."""
    if (events["file"] == point).any():
        raise ReadError(
            f"{operation}: {file_name(path)}: an operating point holds what is predicted of all recordings, and its "
            "rows do not name theirs; add a column filename"
        )
    return events.assign(operating_point=point)


def lost_on_both(a: Side, b: Side) -> set[str]:
    """Return the recordings to leave out on both sides, because one of them could not be read.

    The rows of a file may name a recording otherwise than the file is called. What a file named that was not read is
    not known; what the other side's file of the same name holds, is.

    Parameters
    ----------
    a, b : Side
        Both sides.

    Returns
    -------
    set of str
        Recordings, and folders of such, "/" at the end.

    Examples
    --------
    >>> none = pd.DataFrame()
    >>> lost_on_both(Side(none, none, none, {"s/x"}, {}), Side(none, none, none, set(), {"s/x": {"night"}})) == {
    ...     "s/x",
    ...     "night",
    ... }
    True
    """
    lost = a.lost | b.lost
    names = set(lost)
    for side in (a, b):
        files = pd.Series(list(side.named), dtype=object)
        for file in files[is_lost(files, lost)]:
            names |= side.named[file]
    return names


def without_partner(a: Side, b: Side) -> list[str]:
    """Return which files of a side have no partner on the other side.

    Parameters
    ----------
    a, b : Side
        Two sides, each of a folder.

    Returns
    -------
    list of str
        The recordings that the files of `a` are called after. A file that could not be read is a partner.

    Examples
    --------
    >>> none = pd.DataFrame()
    >>> anna = Side(none, none, none, set(), {"night 1": {"night 1"}, "night 2": {"night 2"}})
    >>> bert = Side(none, none, none, set(), {"night 1": {"night 1"}})
    >>> without_partner(anna, bert), without_partner(bert, anna)
    (['night 2'], [])
    >>> of_all = Side(none, none, none, set(), {"all nights": {"night 1"}})
    >>> without_partner(anna, of_all)
    []
    >>> by_rows = Side(none, none, none, set(), {"one": {"night 1"}, "two": {"night 3"}})
    >>> without_partner(anna, by_rows)
    ['night 2']
    """
    if _speaks_of_many(b.named):
        # recordings that it does not name have no event there
        return []
    others = set(b.named).union(*b.named.values())
    alone = [file for file, names in a.named.items() if not others & {file, *names}]
    is_read = ~is_lost(pd.Series(alone, dtype=object), b.lost)
    return [file for file, read in zip(alone, is_read, strict=True) if read]


def _speaks_of_many(named: Mapping[str, set[str]]) -> bool:
    """Return whether a file of a side is a table of several recordings, by what its rows name.

    A file of another name than its one recording, as RTTM may have, is of that one, unless it is the only file.
    """
    if len(named) == 1:
        ((file, names),) = named.items()
        return names != {file}
    return any(len(names) > 1 for names in named.values())


def unpaired_rows(side: str, found: Sequence[Found], details: Mapping[str, str]) -> pd.DataFrame:
    """Return a row of what was skipped for each file without a partner.

    Parameters
    ----------
    side : str
        What the side is called.
    found : sequence of Found
        Its files.
    details : mapping of str to str
        What becomes of each recording, and what would do.

    Returns
    -------
    DataFrame
        ``side file where reason detail``.

    Examples
    --------
    >>> rows = unpaired_rows("prediction", [Found(Path("p/a.csv"), "a")], {"a": "no reference"})
    >>> rows[["file", "reason"]].to_numpy().tolist()
    [['p/a.csv', 'unpaired file']]
    """
    rows = []
    for one in found:
        if one.recording in details:
            detail = details[one.recording]
            rows.append({"side": side, "file": file_name(one.path), "reason": UNPAIRED, "detail": detail})
    return as_skipped(rows)


def is_lost(recordings: pd.Series[str], lost: Iterable[str]) -> np.ndarray:
    """Return which recordings are lost, by themselves or with their folder.

    Examples
    --------
    >>> is_lost(pd.Series(["a", "b/a", "c"]), {"a", "b/"}).tolist()
    [True, True, False]
    """
    names = set(lost)
    folders = tuple(name for name in names if name.endswith("/"))
    # pandas' own isin cannot look for names that are no text
    found = [name in names or str(name).startswith(folders) for name in recordings]
    return np.array(found, bool)


def _as_case(side: str, found: Found, how: Reading) -> Case:
    payload = {"path": found.place, "recording": found.recording, **how._asdict()}
    return Case(_case_name(side, found), payload, (Path(found.place),))


def _case_name(side: str, found: Found) -> str:
    return f"{side} {found.recording}: {found.path}"


def _joined(side: str, found: Sequence[Found], outcomes: Mapping[str, Outcome], operation: str) -> Side:
    is_alone = len({one.recording for one in found}) == 1
    events = [NO_EVENTS]
    skipped = [NO_ROWS]
    support = [NO_SUPPORT]
    lost = set()
    named = {}
    notes = []
    for one in found:
        outcome = outcomes.get(_case_name(side, one), Outcome("", None, one.fault))
        if outcome.error:
            message = _as_named(outcome.error, one, operation)
            rows = _with_whole_file(message, outcome.details.get("skipped", NO_ROWS))
            if is_alone:
                error = ERRORS.get(outcome.kind, ReadError)(message)
                if isinstance(error, ReadError):
                    error.skipped = as_skipped(_rows_of(side, one, rows))
                raise error
            lost.add(one.recording)
        else:
            own = [_renamed(outcome.result[name], one) for name in ("events", "support")]
            events.append(own[0])
            support.append(own[1])
            named[one.recording] = set(own[1]["file"])
            rows = outcome.result["skipped"]
            note = outcome.result.get("note")
            if note:
                notes.append(_as_named(note, one, operation))
        n_rows = len(rows["where"])
        skipped.append({"side": [side] * n_rows, "file": [file_name(one.path)] * n_rows, **rows})
    _warn_once(notes)
    times = dict.fromkeys(("onset", "offset", "confidence"), float)
    return Side(
        _stacked(events).astype(times),
        _stacked(skipped),
        _stacked(support).astype({"duration": float}),
        lost,
        named,
    )


def _renamed(table: Columns, found: Found) -> Columns:
    """Return a table in which what came through a pipe without a name is of the recording of its file."""
    if found.copy is None:
        return table
    return {**table, "file": [found.recording if name == found.copy.stem else name for name in table["file"]]}


def _with_whole_file(message: str, rows: Columns) -> Columns:
    """Return the rows of a file that was refused, after one that says so."""
    first = {"where": "", "reason": UNREADABLE, "detail": message}
    return {name: [cell, *rows[name]] for name, cell in first.items()}


def _rows_of(side: str, found: Found, rows: Columns) -> list[dict[str, Any]]:
    """Return rows of a file as `as_skipped` takes them."""
    cells = zip(*rows.values(), strict=True)
    return [{"side": side, "file": file_name(found.path), **dict(zip(rows, row, strict=True))} for row in cells]


def _warn_once(notes: Sequence[str]) -> None:
    """Warn of the first file, and say how many others are alike."""
    if notes:
        more = f" (and {len(notes) - 1} more files of this side)" if len(notes) > 1 else ""
        warnings.warn(f"{notes[0]}{more}", stacklevel=5)


def _as_named(error: str, found: Found, operation: str) -> str:
    """Return an error with the path as it was named, and with the file if it does not say which."""
    named = file_name(found.path)
    message = error.replace(file_name(found.place), named)
    return message if message.startswith("events.") else f"{operation}: {named}: {message}"


def _stacked(tables: Sequence[Columns]) -> pd.DataFrame:
    """Return tables one below the other, NaN where one of them lacks a column of others."""
    names = dict.fromkeys(name for table in tables for name in table)
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for table in tables:
        n_rows = len(next(iter(table.values())))
        for name, column in columns.items():
            column.extend(table.get(name, [np.nan] * n_rows))
    return pd.DataFrame(columns)
