"""Events from files.

Conventions
-----------
- Every row of a file is an event or a skipped row with its reason; none is lost.
- The format follows from the name and, for tables, from the header; ``kind=`` says it outright.
- Tables that name no file get the name of their own file, without its ending.

References
----------
See `domains.events.formats` for the formats' own papers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from .. import _skipped
from .._checks import UsageError, check_choice
from .formats import ABSENT, BACKGROUND, NO_EVENT, READERS
from .schema import COLUMNS, as_events

SUFFIXES = (".csv", ".tsv", ".txt", ".rttm", ".json")
OF_READERS = ("where", "skip", "length")

NO_ONSET = "no onset"
NO_OFFSET = "no offset"
NO_DURATION = "no duration"
NO_NUMBER = "a time that is no number"
BACKWARD = "ends before it begins"
NO_CONFIDENCE = "a confidence that is no number"
SAYS_NONE = (NO_EVENT, BACKGROUND)
"""Reasons of rows that say that there is no event; all others are of rows that could not be read as one."""


class Annotations(NamedTuple):
    """What a file holds.

    Parameters
    ----------
    events : DataFrame
        ``file onset offset label confidence``, then further columns of the file.
    skipped : DataFrame
        ``side file where reason detail``: the rows that are no events. The side is not known here: "".
    support : DataFrame
        ``file duration``: every recording the file names, NaN where it does not say how long it is.
    """

    events: pd.DataFrame
    skipped: pd.DataFrame
    support: pd.DataFrame


def read_events(
    path: str | Path, kind: str | None = None, *, subset: str | None = None, file: str | None = None
) -> Annotations:
    r"""Read a file of events.

    Parameters
    ----------
    path : path
        CSV with a header, DCASE or sed_eval table (.tsv, .txt), BIDS ``events.tsv`` (HED-SCORE too), RTTM, or
        ActivityNet JSON.
    kind : {"csv", "dcase", "bids", "rttm", "activitynet"}, optional
        The format, if the name does not say it.
    subset : str, optional
        Which subset of an ActivityNet database; all by default.
    file : str, optional
        The recording that rows belong to which name none; by default the path's name without its ending.

    Returns
    -------
    Annotations
        ``events``, ``skipped`` and ``support``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the format is unknown or the file is not of it; the message names the file.
    UsageError
        If the file has no such subset.

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
    if kind is not None:
        check_choice("events.read_events", "kind", kind, READERS)
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"events.read_events: {path}: no such file")
    try:
        text = path.read_text(encoding="utf-8-sig")
        reader = READERS[kind or _find_kind(path, text)]
        rows = list(reader(text))
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise ValueError(f"events.read_events: {path}: not a readable file of events ({error})") from error
    table = pd.DataFrame(rows) if rows else pd.DataFrame(columns=["where", *COLUMNS])
    if subset is not None:
        table = _take_subset(table, subset, path)
    return _judge(table, path, path.stem if file is None else file)


def _find_kind(path: Path, text: str) -> str:
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return "csv"
    if suffix == ".rttm":
        return "rttm"
    if suffix == ".json":
        return "activitynet"
    if suffix not in SUFFIXES:
        raise ValueError(f"events are read from {', '.join(SUFFIXES)}; pass kind= if it is one of these")
    if suffix == ".tsv" and path.stem.endswith("_events"):
        return "bids"
    first_line = next(iter(text.splitlines()), "")
    header = {cell.strip() for cell in first_line.split("\t")}
    return "bids" if {"onset", "duration"} <= header else "dcase"


def _take_subset(table: pd.DataFrame, subset: str, path: Path) -> pd.DataFrame:
    present = table["subset"].unique().tolist() if "subset" in table else []
    if subset not in present:
        names = ", ".join(map(str, present)) or "none"
        raise UsageError(f"events.read_events: {path}: there is no subset {subset!r}; it has {names}")
    return table[table["subset"] == subset].reset_index(drop=True)


def _judge(table: pd.DataFrame, path: Path, file: str) -> Annotations:
    """Part events from rows that are none, and say why."""
    names = (*COLUMNS, "duration", "length", "skip")
    texts = pd.DataFrame({name: _texts(table, name) for name in names})
    end = "offset" if "offset" in table else "duration"
    onset = _numbers(texts["onset"])
    offset = _numbers(texts[end])
    if end == "duration":
        offset = onset + offset
    confidence = _numbers(texts["confidence"])
    reason = _reasons(texts, end, onset, offset, confidence)
    recording = texts["file"].where(texts["file"] != "", file)
    columns = {
        "file": recording,
        "onset": onset,
        "offset": offset,
        "label": texts["label"],
        "confidence": confidence,
    }
    for name in table:
        if name not in (*COLUMNS, *OF_READERS, "duration"):
            columns[str(name)] = table[name]
    is_event = reason == ""
    events = pd.DataFrame(columns, index=table.index)[is_event]
    support = pd.DataFrame({"file": recording, "duration": _numbers(texts["length"])})
    longest = support.groupby("file", as_index=False, sort=False).max()
    skipped = _skipped_rows(table[~is_event], path, reason[~is_event])
    return Annotations(as_events(events, str(path)), skipped, longest)


def _reasons(
    texts: pd.DataFrame, end: str, onset: np.ndarray, offset: np.ndarray, confidence: np.ndarray
) -> np.ndarray:
    """Return why each row is no event; "" if it is one. The first reason counts."""
    is_finite = np.isfinite(onset) & np.isfinite(offset)
    has_confidence = ~texts["confidence"].isin(ABSENT)
    return np.select(
        [
            texts["skip"] != "",
            texts["onset"].isin(ABSENT),
            texts[end].isin(ABSENT),
            ~is_finite,
            offset < onset,
            has_confidence & ~np.isfinite(confidence),
        ],
        [
            texts["skip"],
            NO_ONSET,
            NO_OFFSET if end == "offset" else NO_DURATION,
            NO_NUMBER,
            BACKWARD,
            NO_CONFIDENCE,
        ],
        "",
    )


def _skipped_rows(table: pd.DataFrame, path: Path, reasons: np.ndarray) -> pd.DataFrame:
    shown = [name for name in table if name not in OF_READERS]
    columns = {
        "file": str(path),
        "where": table["where"].to_numpy(),
        "reason": reasons,
        "detail": [_detail(shown, cells) for cells in table[shown].to_numpy()],
    }
    return _skipped.with_all_columns(pd.DataFrame(columns))


def _detail(names: list[Any], cells: np.ndarray) -> str:
    """Return a row as its reader would write it; NaN, which differs from itself, is left out."""
    written = [f"{name}={cell}" for name, cell in zip(names, cells, strict=True) if cell == cell]
    return " ".join(written)


def _texts(table: pd.DataFrame, name: str) -> pd.Series[str]:
    """Return a column as text, "" where it is absent."""
    if name not in table:
        return pd.Series("", index=table.index, dtype=object)
    return table[name].map(_text).astype(object)


def _text(cell: Any) -> str:
    is_missing = cell is None or cell != cell
    return "" if is_missing else str(cell).strip()


def _numbers(texts: pd.Series[str]) -> np.ndarray:
    """Return text as numbers, NaN where it is none."""
    return pd.to_numeric(texts, errors="coerce").to_numpy(float)
