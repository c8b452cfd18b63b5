"""The cases of a cohort: how one is scored, and the table of the scores of all.

Conventions
-----------
- A case is scored alone, and its scores are plain data: the engine (`domains._batch`) keeps them as a record, and the
  table is made of the records, whoever scored them and in how many runs.
- A case that cannot be read or compared is a row with its error, and a row of what was skipped. All others are scored.
- Counts are whole numbers in the table, also beside rows without numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from .. import _batch
from .._checks import UsageError
from .._report import as_rows
from .._skipped import NOT_SCORED, UNREADABLE
from .._text import file_name
from .._workers import error_line
from .comparison import assess_pair
from .layers import Labels
from .reading import Source, read_in_time
from .scores import COLUMNS, COUNTS, SCORES
from .settings import Settings


@dataclass(frozen=True)
class Pair:
    """Two images and how they are compared: what a worker is given."""

    name: str
    predicted: Source
    reference: Source
    labels: Labels | None
    settings: Settings

    def as_case(self) -> _batch.Case:
        """Return the pair as a case of a job."""
        return _batch.Case(self.name, self, (self.predicted.path, self.reference.path))


def score_pair(pair: Pair) -> list[dict[Any, Any]]:
    """Read the two images of a case and compare them.

    Returns
    -------
    list of dict
        A row for each label: its name and its numbers.

    Raises
    ------
    CaseError
        If an image cannot be read; ``details`` are what the row of the table of what was skipped says.
    """
    predicted = _read("prediction", pair.predicted)
    reference = _read("reference", pair.reference)
    result = assess_pair(predicted, reference, pair.labels, None, pair.settings, keep_masks=False)
    table = as_rows(result.report)
    labelled = table.assign(label=table["label"].astype(str))
    rows: list[dict[Any, Any]] = labelled[["label", *SCORES]].to_dict("records")
    return rows


def scores_of(outcomes: Iterable[_batch.Outcome]) -> pd.DataFrame:
    """Return the table of scores: a row for each case and label, and for each case that failed.

    Examples
    --------
    >>> scored = _batch.Outcome("b", [{"label": "1", "dice": 0.5, "lesions_matched": 2}])
    >>> failed = _batch.Outcome("c", error="no such file")
    >>> scores_of([scored, failed])[["case", "label", "dice", "lesions_matched", "error"]]
      case label  dice  lesions_matched         error
    0    b     1   0.5                2
    1    c         NaN             <NA>  no such file
    """
    rows = []
    for outcome in outcomes:
        if outcome.error:
            rows.append({"case": outcome.case, "label": "", "error": outcome.error})
            continue
        for row in outcome.result:
            rows.append({"case": outcome.case, **row, "error": ""})
    table = pd.DataFrame(rows, columns=COLUMNS)
    numbers = dict.fromkeys(SCORES, float) | dict.fromkeys(COUNTS, "Int64")
    return table.astype(numbers).sort_values(["case", "label"], kind="stable", ignore_index=True)


def skipped_of(outcomes: Iterable[_batch.Outcome]) -> list[dict[str, str]]:
    """Return a row of what was skipped for each case that failed.

    Examples
    --------
    >>> skipped_of([_batch.Outcome("a", error="different grids")])
    [{'side': 'both', 'file': 'a', 'reason': 'not scored', 'detail': 'different grids'}]
    """
    rows = []
    for outcome in outcomes:
        if outcome.error:
            of_case = {"side": "both", "file": outcome.case, "reason": NOT_SCORED}
            rows.append({**of_case, **outcome.details, "detail": outcome.error})
    return rows


def check_table(path: Path) -> None:
    """Refuse to overwrite a file that is no table of scores, whole or cut off.

    Parameters
    ----------
    path : Path
        Where the table will be written.

    Raises
    ------
    UsageError
        If there is another file.
    """
    if not path.is_file():
        return
    first_line = ",".join(COLUMNS).encode() + b"\n"
    with path.open("rb") as file:
        found = file.read(len(first_line))
    is_cut_off = first_line.startswith(found) and path.stat().st_size == len(found)
    if found != first_line and not is_cut_off:
        raise UsageError(
            f"lesions.cohort: {file_name(path)} is not a table of scores of this version, and would be overwritten: "
            "move it away, or choose another --out"
        )


def _read(side: str, source: Source) -> xr.DataArray:
    try:
        return read_in_time(source)
    except Exception as error:
        # whatever a damaged file leads to is the row of this case
        details = {"side": side, "file": file_name(source.path), "reason": UNREADABLE}
        raise _batch.CaseError(error_line(error), **details) from error
