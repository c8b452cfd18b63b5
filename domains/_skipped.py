"""The table of what was skipped: one row for each input, or part of one, that was not scored.

Conventions
-----------
- Its columns are ``side file where reason detail``. A field may add columns of its own after these.
- ``side`` is "prediction", "reference" or "both"; "" where a command takes only one kind of file.
- ``where`` says which part of the file, as its reader would name it ("line 5", "A 53 MSE"); "" is the whole file.
- ``reason`` is a word or two that can be counted, ``detail`` the rest of the sentence.
- `UNREADABLE`, `UNPAIRED`, `NOT_SCORED` and `NOT_WRITTEN` concern whole inputs: with any of them a command ends with
  exit code 1.
  Every other reason concerns one row of a file that was scored otherwise, and is the field's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ._text import file_name, row_for_table

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("side", "file", "where", "reason", "detail")

UNREADABLE = "unreadable file"
UNPAIRED = "unpaired file"
NOT_SCORED = "not scored"
NOT_WRITTEN = "not written"
OF_WHOLE_INPUTS = (UNREADABLE, UNPAIRED, NOT_SCORED, NOT_WRITTEN)


def as_skipped(rows: Iterable[Mapping[Any, Any]] = ()) -> pd.DataFrame:
    """Return rows as a table of what was skipped; what a row does not say is "".

    Parameters
    ----------
    rows : iterable of mapping
        Each with ``file`` and ``reason`` at least.

    Returns
    -------
    DataFrame
        ``side file where reason detail``, then whatever else the rows have.

    Examples
    --------
    >>> as_skipped([{"file": "a.csv", "where": "line 5", "reason": "no onset"}]).to_dict("records")
    [{'side': '', 'file': 'a.csv', 'where': 'line 5', 'reason': 'no onset', 'detail': ''}]
    >>> as_skipped().columns.tolist()
    ['side', 'file', 'where', 'reason', 'detail']
    """
    import pandas as pd

    blank = dict.fromkeys(COLUMNS, "")
    filled = [{**blank, **row_for_table(row)} for row in rows]
    if not filled:
        return pd.DataFrame(columns=pd.Index(COLUMNS), dtype=object)
    return pd.DataFrame(filled)


def joined(*tables: pd.DataFrame) -> pd.DataFrame:
    """Return several tables of what was skipped as one.

    Examples
    --------
    >>> row = {"file": "a.csv", "reason": "no onset"}
    >>> len(joined(as_skipped([row]), as_skipped(), as_skipped([row])))
    2
    """
    import pandas as pd

    return pd.concat(tables, ignore_index=True)


def with_all_columns(skipped: pd.DataFrame) -> pd.DataFrame:
    """Return a table with all shared columns, these first; a missing one is "".

    Examples
    --------
    >>> import pandas as pd
    >>> with_all_columns(pd.DataFrame({"chain": ["A"], "file": ["a.pdb"], "reason": ["terminal"]})).columns.tolist()
    ['side', 'file', 'where', 'reason', 'detail', 'chain']
    """
    missing = [name for name in COLUMNS if name not in skipped]
    filled = skipped.assign(**dict.fromkeys(missing, ""))
    others = [name for name in skipped if name not in COLUMNS]
    return filled[[*COLUMNS, *others]]


def of_whole_inputs(skipped: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that concern whole inputs: files unread, unpaired or not scored at all.

    Examples
    --------
    >>> rows = [{"file": "a.csv", "reason": "no onset"}, {"file": "b.csv", "reason": UNREADABLE}]
    >>> of_whole_inputs(as_skipped(rows))["file"].tolist()
    ['b.csv']
    """
    return skipped[skipped["reason"].isin(OF_WHOLE_INPUTS)]


def input_lines(skipped: pd.DataFrame, most: int = 5) -> list[str]:
    """Return a line for each whole input that was skipped, the first `most` of them.

    Examples
    --------
    >>> input_lines(as_skipped([{"file": "b.csv", "reason": UNREADABLE, "detail": "b.csv: no such file"}]))
    ['unreadable file: b.csv: no such file']
    """
    inputs = of_whole_inputs(skipped)
    lines = [_input_line(row) for row in inputs.to_dict("records")]
    return _first(lines, most, "inputs")


def row_lines(skipped: pd.DataFrame, most: int = 5) -> list[str]:
    """Return a line for each reason why rows were skipped, the first `most` of them.

    Examples
    --------
    >>> row = {"side": "reference", "file": "a.csv", "reason": "no onset"}
    >>> row_lines(as_skipped([row, row]))
    ['reference: 2 rows skipped, no onset']
    """
    rows = skipped.drop(of_whole_inputs(skipped).index)
    counts = rows.groupby(["side", "reason"], sort=False).size().reset_index(name="n")
    lines = [_count_line(row) for row in counts.to_dict("records")]
    return _first(lines, most, "reasons")


def _input_line(row: Mapping[Any, Any]) -> str:
    file, detail = row["file"], row["detail"]
    # an error's message often names the file, after the operation
    shown = file_name(file)
    if detail.startswith((file, shown)) or f": {shown}: " in detail:
        return f"{row['reason']}: {detail}"
    return f"{row['reason']}: {file}: {detail}" if detail else f"{row['reason']}: {file}"


def _count_line(row: Mapping[Any, Any]) -> str:
    side = f"{row['side']}: " if row["side"] else ""
    rows = "1 row" if row["n"] == 1 else f"{row['n']} rows"
    return f"{side}{rows} skipped, {row['reason']}"


def _first(lines: list[str], most: int, what: str) -> list[str]:
    more = len(lines) - most
    if more <= 0:
        return lines
    return [*lines[:most], f"… and {more} more {what}: --skipped lists them all"]
