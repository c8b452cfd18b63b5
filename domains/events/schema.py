"""The table of events, and the stretches of time that were scored.

Conventions
-----------
- One row, one event: ``file`` (the recording), ``onset``, ``offset``, ``label``, ``confidence``; further columns
  stay as they are. Rows keep their order and need not be sorted, disjoint or unique.
- Seconds. Events are half-open, [onset, offset): two that touch share nothing, and n frames last n / rate.
- An event of no length is a point. It has no duration, and overlaps nothing but the same point.
- Support is what was scored: one stretch [onset, offset) for each file. An unknown end is NaN, and what needs it
  (a rate, a kappa) is then NaN too; nothing is inferred in silence.

References
----------
Allen, J. F. (1983). Maintaining knowledge about temporal intervals. Commun. ACM 26, 832. doi:10.1145/182.358434
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

COLUMNS = ["file", "onset", "offset", "label", "confidence"]
ALIASES = {
    "file": ("filename", "recording", "video", "video-id"),
    "onset": ("start", "t-start", "start_time"),
    "offset": ("end", "stop", "t-end", "end_time"),
    "label": ("event_label", "trial_type", "eventType", "annotation_type"),
    "confidence": ("score",),
}

Support = float | Mapping[str, float] | pd.DataFrame | None


def as_events(table: Any, name: str = "events") -> pd.DataFrame:
    """Check a table of events and give it the columns of the schema.

    Parameters
    ----------
    table : DataFrame or array, shape (n, 2)
        With ``onset`` and either ``offset`` or ``duration``, seconds. ``file`` and ``label`` are "" and ``confidence``
        is NaN where they are missing. The names that other tools use are understood, see `ALIASES`.
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
        If a column is missing, a time is no finite number, or an event ends before it begins.

    Examples
    --------
    >>> as_events(pd.DataFrame({"onset": [1.0], "duration": [2.5], "event_label": ["dog"]}))
      file  onset  offset label  confidence
    0         1.0     3.5   dog         NaN
    """
    table = _frame(table, name).rename(columns=_renaming(table)).reset_index(drop=True)
    if "onset" not in table or not {"offset", "duration"} & set(table):
        raise ValueError(
            f"{name}: needs columns onset and offset (or duration), in seconds; found {', '.join(map(str, table))}"
        )
    onset = _numbers(table, "onset", name)
    offset = _numbers(table, "offset", name) if "offset" in table else onset + _numbers(table, "duration", name)
    _complain(table, ~(np.isfinite(onset) & np.isfinite(offset)), "no finite onset and offset", name)
    _complain(table, offset < onset, "an offset before its onset", name)
    known = {
        "file": _texts(table, "file"),
        "onset": onset,
        "offset": offset,
        "label": _texts(table, "label"),
        "confidence": _numbers(table, "confidence", name) if "confidence" in table else np.full(len(table), np.nan),
    }
    rest = {str(c): table[c] for c in table if c not in (*COLUMNS, "duration")}
    return pd.DataFrame({**known, **rest}, index=table.index)


def as_support(support: Support, files: Iterable[str]) -> pd.DataFrame:
    """Return the scored stretch of every file.

    Parameters
    ----------
    support : float, mapping, DataFrame or None
        The duration of every file; the duration of each file by name; a table with ``file`` and ``duration``, or
        ``file``, ``onset`` and ``offset``; None if nothing is known.
    files : iterable of str
        Files that must be in the result.

    Returns
    -------
    DataFrame
        ``onset`` and ``offset`` (NaN if unknown), indexed by file, in order.

    Raises
    ------
    ValueError
        If a stretch ends before it begins, or a file has several.

    Examples
    --------
    >>> as_support({"a": 60.0}, ["a", "b"])["offset"].tolist()
    [60.0, nan]
    """
    if isinstance(support, pd.DataFrame):
        table = support.rename(columns=_renaming(support))
    elif isinstance(support, Mapping):
        table = pd.DataFrame({"file": list(support), "duration": list(support.values())})
    else:
        end = np.nan if support is None else float(support)
        table = pd.DataFrame({"file": pd.unique(np.array(sorted(files), dtype=object)), "duration": end})
    if "file" not in table or not {"offset", "duration"} & set(table):
        raise ValueError(
            f"support: needs columns file and duration (or onset and offset); found {', '.join(map(str, table))}"
        )
    onset = table["onset"].astype(float) if "onset" in table else 0.0 * table.index.to_series()
    offset = table["offset"].astype(float) if "offset" in table else onset + table["duration"].astype(float)
    _complain(table, (offset < onset).to_numpy(), "an end before its beginning", "support")
    _complain(table, table["file"].duplicated().to_numpy(), "a file twice; one stretch for each file", "support")
    known = pd.DataFrame({"onset": onset.to_numpy(), "offset": offset.to_numpy()}, index=_texts(table, "file"))
    everything = sorted({*known.index, *files})
    return known.reindex(everything).fillna({"onset": 0.0}).rename_axis("file")


def _frame(table: Any, name: str) -> pd.DataFrame:
    if isinstance(table, pd.DataFrame):
        return table
    if isinstance(table, np.ndarray | list | tuple) and (len(table) == 0 or np.shape(table)[1:] == (2,)):
        return pd.DataFrame(np.reshape(np.asarray(table, float), (-1, 2)), columns=["onset", "offset"])
    raise TypeError(f"{name}: is a {type(table).__name__}; pass a DataFrame (read_events gives one) or (n, 2) seconds")


def _renaming(table: Any) -> dict[str, str]:
    """Map what other tools call a column to what it is called here, unless it is here already."""
    present = set(getattr(table, "columns", ()))
    found = {name: next((x for x in others if x in present), "") for name, others in ALIASES.items()}
    return {other: name for name, other in found.items() if other and name not in present}


def _numbers(table: pd.DataFrame, column: str, name: str) -> np.ndarray:
    try:
        return pd.to_numeric(table[column]).to_numpy(float)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{name}: column {column} holds what is no number ({error})") from None


def _texts(table: pd.DataFrame, column: str) -> list[str]:
    if column not in table:
        return [""] * len(table)
    return ["" if pd.isna(x) else str(x) for x in table[column]]


def _complain(table: pd.DataFrame, bad: np.ndarray, what: str, name: str) -> None:
    if bad.any():
        rows = ", ".join(map(str, table.index[bad][:5]))
        raise ValueError(f"{name}: {int(bad.sum())} of {len(table)} rows have {what} (rows {rows}); drop or mend them")
