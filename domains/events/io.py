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

from .formats import ABSENT, READERS
from .schema import COLUMNS, as_events

SUFFIXES = (".csv", ".tsv", ".txt", ".rttm", ".json")
_SKIPPED = ["file", "line", "reason", "detail"]


class Annotations(NamedTuple):
    """What a file holds.

    Parameters
    ----------
    events : DataFrame
        ``file onset offset label confidence``, then further columns of the file.
    skipped : DataFrame
        ``file line reason detail``: the rows that are no events.
    support : DataFrame
        ``file duration``: every recording the file names, NaN where it does not tell how long it is.
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
        The format, if the name does not tell.
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
    >>> skipped["reason"].tolist()
    ['ends before it begins']
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = list(READERS[_kind(path, text, kind)](text))
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise ValueError(f"{path}: not a readable file of events ({error})") from error
    table = pd.DataFrame(rows, columns=None if rows else ["line", *COLUMNS])
    if subset is not None:
        table = _subset(table, subset, path)
    return _judge(table, path, path.stem if file is None else file)


def _kind(path: Path, text: str, kind: str | None) -> str:
    if kind is not None:
        if kind not in READERS:
            raise ValueError(f"unknown kind {kind!r}; choose from {', '.join(READERS)}")
        return kind
    named = {".csv": "csv", ".rttm": "rttm", ".json": "activitynet"}
    suffix = path.suffix.lower()
    if suffix in named:
        return named[suffix]
    if suffix not in SUFFIXES:
        raise ValueError(f"events are read from {', '.join(SUFFIXES)}; pass kind= if it is one of these")
    header = next(iter(text.splitlines()), "").split("\t")
    if suffix == ".tsv" and path.stem.endswith("_events"):
        return "bids"
    return "bids" if {"onset", "duration"} <= {x.strip() for x in header} else "dcase"


def _subset(table: pd.DataFrame, subset: str, path: Path) -> pd.DataFrame:
    found = table["subset"].unique().tolist() if "subset" in table else []
    if subset not in found:
        raise ValueError(f"{path}: there is no subset {subset!r}; found {', '.join(map(str, found)) or 'none'}")
    return table[table["subset"] == subset]


def _judge(table: pd.DataFrame, path: Path, file: str) -> Annotations:
    """Part events from rows that are none, and say why."""
    table = table.reset_index(drop=True)
    texts = {c: _column(table, c) for c in ("file", "onset", "offset", "duration", "confidence", "length", "skip")}
    recording = texts["file"].where(texts["file"] != "", file)
    onset, confidence, length = (_number(texts[c]) for c in ("onset", "confidence", "length"))
    offset = _number(texts["offset"]) if "offset" in table else onset + _number(texts["duration"])
    reason = np.select(
        [
            texts["skip"] != "",
            texts["onset"].isin(ABSENT),
            (texts["offset"] if "offset" in table else texts["duration"]).isin(ABSENT),
            ~(np.isfinite(onset) & np.isfinite(offset)),
            offset < onset,
            ~texts["confidence"].isin(ABSENT) & ~np.isfinite(confidence),
        ],
        [
            texts["skip"],
            "no onset",
            "no offset" if "offset" in table else "no duration",
            "a time that is no number",
            "ends before it begins",
            "a confidence that is no number",
        ],
        "",
    )
    bad = reason != ""
    known = {"file": recording, "onset": onset, "offset": offset, "label": _column(table, "label")}
    rest = {str(c): table[c] for c in table if c not in (*COLUMNS, "duration", "length", "skip", "line")}
    events = pd.DataFrame({**known, "confidence": confidence, **rest}, index=table.index)[~bad]
    return Annotations(
        as_events(events, str(path)),
        _skipped(table, path, reason)[bad].reset_index(drop=True),
        pd.DataFrame({"file": recording, "duration": length}).groupby("file", as_index=False, sort=False).max(),
    )


def _skipped(table: pd.DataFrame, path: Path, reason: Any) -> pd.DataFrame:
    shown = [c for c in table if c not in ("line", "skip", "length")]
    detail = [
        " ".join(f"{c}={x}" for c, x in zip(shown, row, strict=True) if x == x) for row in table[shown].to_numpy()
    ]
    columns = {"file": str(path), "line": table["line"], "reason": reason, "detail": detail}
    return pd.DataFrame(columns, index=table.index, columns=_SKIPPED)


def _column(table: pd.DataFrame, name: str) -> pd.Series[str]:
    """Return a column as text, "" where it is absent."""
    if name not in table:
        return pd.Series("", index=table.index, dtype=object)
    return table[name].map(lambda x: "" if x is None or x != x else str(x).strip()).astype(object)


def _number(text: pd.Series[str]) -> Any:
    return pd.to_numeric(text, errors="coerce").to_numpy(float)
