"""Tables of scores: their columns, what a miss is in them, and how they come back from CSV.

Conventions
-----------
- A table has a row for each case and label, as `cohort` returns it: case, group, label, numbers, error ("" for none).
- A miss is a row whose reference has the label while the prediction has nothing of it: ``missed`` is 1.
  ``missing`` is 1 where the case has no prediction at all.
- ``left_out`` (mm³, or mm²) is what of a resampled prediction lies outside the reference's field of view, and
  ``padded`` the share of the reference that has no prediction: both of the case, not of the label.
- CSV knows no types. pandas reads label 1 beside an empty cell as 1.0, and an empty error as NaN: `restored` puts that
  right. What it cannot know (a case 007 that became 7, a label NA that became NaN) `read_scores` never loses.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

import overlap as ov

from ..._checks import UsageError
from ..._files import ReadError, Row, read_text, reading, split_rows
from ..._report import with_texts
from ..._text import from_csv
from ..comparison.reports import (
    BOUNDARY_INDICES,
    BOUNDS,
    DISTANCES,
    FIELDS,
    INDICES,
    LESION_COUNTS,
    LESION_INDICES,
    SIZES,
)
from .sidecars import SETTINGS, read_settings, settings_beside

COUNTS = ["missed", "missing", *LESION_COUNTS]
SCORES = [*SIZES, *INDICES, *BOUNDS, *DISTANCES, *BOUNDARY_INDICES, *LESION_INDICES, *FIELDS, *COUNTS]
TEXTS = ["case", "label", "error"]
COLUMNS = ["case", "group", "label", *SCORES, "error"]


def read_scores(path: str | Path) -> pd.DataFrame:
    r"""Read a table of scores as `cohort` saved it.

    Parameters
    ----------
    path : path
        A CSV file, plain or packed, or a .parquet file, with the columns ``case label error`` and numbers. In CSV,
        columns of your own, such as the patient of a case, are read as text.

    Returns
    -------
    DataFrame
        Texts are as they were saved, whatever they look like; a distance is ``inf`` where it is infinite. With which
        settings the scores were made is ``attrs["settings"]``, if that is known.

    Raises
    ------
    ReadError, FileNotFoundError
        If the file is no such table.

    See Also
    --------
    cohort : Compare every pair of images of the same name in two folders, or of a table.
    summarise : Summarise the scores of a cohort, label by label.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "scores.csv")
    ...     _ = path.write_text("case,label,dice,hd95,error\n007,1,0.0,inf,\n008,,,,no such file\n")
    ...     read_scores(path)[["case", "label", "hd95", "error"]].values.tolist()
    [['007', '1', inf, ''], ['008', '', nan, 'no such file']]
    """
    operation = "lesions.read_scores"
    with reading(operation, path):
        if is_parquet(path):
            with Path(path).open("rb") as file:
                return restored(pd.read_parquet(file), operation)
        rows = split_rows(read_text(operation, path), ",")
        table = _as_table(rows)
    beside = settings_beside(path)
    settings = None if beside is None else read_settings(beside)
    if settings is not None:
        table.attrs[SETTINGS] = settings
    return table


def is_parquet(path: str | Path) -> bool:
    """Return whether a table is Parquet by its name.

    Examples
    --------
    >>> is_parquet("scores.parquet"), is_parquet("scores.csv")
    (True, False)
    """
    return Path(path).suffix.lower() == ".parquet"


def restored(scores: pd.DataFrame, operation: str) -> pd.DataFrame:
    """Return a table of scores with texts as text, also where `pandas.read_csv` took some for numbers.

    Parameters
    ----------
    scores : DataFrame
        As `cohort` returns it, or as pandas reads what it saved.
    operation : str
        Who asks, for the error.

    Raises
    ------
    UsageError
        If it has no column ``label`` or ``error``, a row without an error has no label, or sizes cannot be: what both
        share is larger than one of them, or one is negative or infinite.

    Examples
    --------
    >>> read = pd.DataFrame({"case": [1, 2], "label": [1.0, np.nan], "error": [np.nan, "no such file"]})
    >>> restored(read, "lesions.summarise").values.tolist()
    [['1', '1', ''], ['2', '', 'no such file']]
    """
    missing = [name for name in ("label", "error") if name not in scores]
    if missing:
        raise UsageError(
            f"{operation}: scores has no column {missing[0]!r}; pass a table as lesions.cohort returns it or saves it"
        )
    table = with_texts(scores, [*TEXTS, "group"])
    impossible = _impossible_sizes(table, range(len(table)))
    if impossible:
        raise UsageError(f"{operation}: scores: row {impossible}")
    nameless = np.flatnonzero((table["error"] == "") & (table["label"] == ""))
    if len(nameless):
        raise UsageError(
            f"{operation}: scores: row {nameless[0]} has no label (pandas takes a label such as NA for none); read the "
            "file with lesions.read_scores"
        )
    return table


def missed(scores: pd.DataFrame) -> np.ndarray:
    """Return which rows are misses.

    Parameters
    ----------
    scores : DataFrame
        Rows without an error; with ``missed``, or else with ``size_a size_b``.

    Examples
    --------
    >>> missed(pd.DataFrame({"size_a": [0.0, 0.0, 2.0], "size_b": [3.0, 0.0, 0.0]}))
    array([ True, False, False])
    """
    has_nothing = ((scores["size_b"] > 0) & (scores["size_a"] == 0)).to_numpy()
    if "missed" not in scores:
        return has_nothing
    stated = scores["missed"].to_numpy(float, na_value=np.nan)
    return np.where(np.isnan(stated), has_nothing, stated > 0)


def spurious(scores: pd.DataFrame) -> np.ndarray:
    """Return which rows are false alarms: the prediction has the label, the reference has nothing.

    Parameters
    ----------
    scores : DataFrame
        Rows without an error, with ``size_a size_b``.

    Examples
    --------
    >>> spurious(pd.DataFrame({"size_a": [0.0, 0.0, 2.0], "size_b": [3.0, 0.0, 0.0]}))
    array([False, False,  True])
    """
    is_spurious: np.ndarray = ((scores["size_a"] > 0) & (scores["size_b"] == 0)).to_numpy()
    return is_spurious


def cases_by_label(scores: pd.DataFrame, is_so: np.ndarray) -> dict[str, list[str]]:
    """Return for each label in which cases something is so; a label of which it nowhere is is left out.

    Parameters
    ----------
    scores : DataFrame
        Rows without an error, with ``case label``.
    is_so : array of bool
        For each row, such as `missed` or `spurious` returns it.

    Examples
    --------
    >>> scores = pd.DataFrame({"case": ["a", "b", "b"], "label": ["1", "1", "2"]})
    >>> cases_by_label(scores, np.array([True, True, False]))
    {'1': ['a', 'b']}
    """
    cases = scores[is_so].groupby("label", sort=False)["case"]
    return {str(label): names.tolist() for label, names in cases}


def failed(scores: pd.DataFrame) -> np.ndarray:
    """Return which rows are cases that could not be read or compared, although both images are there.

    Parameters
    ----------
    scores : DataFrame
        With ``error``; a case whose prediction is missing is no failure.

    Examples
    --------
    >>> failed(pd.DataFrame({"missing": [0, 1, 0], "error": ["", "no prediction of this name", "cut off"]}))
    array([False, False,  True])
    """
    fails: np.ndarray = (scores["error"] != "").to_numpy()
    if "missing" in scores:
        fails = fails & (scores["missing"].to_numpy(float, na_value=np.nan) != 1)
    return fails


def _as_table(rows: list[Row]) -> pd.DataFrame:
    filled = [row for row in rows if row.cells]
    if not filled:
        raise ReadError("holds nothing; a table of scores has the columns case, label and error")
    header = _header(filled[0])
    columns: dict[str, list[object]] = {name: [] for name in header}
    for row in filled[1:]:
        if len(row.cells) != len(header):
            raise ReadError(
                f"line {row.line} has {len(row.cells)} cells and the header {len(header)}; fetch or write it again"
            )
        for name, cell in zip(header, row.cells, strict=True):
            columns[name].append(_number(cell, name, row.line) if name in SCORES else from_csv(cell))
    numbers = [name for name in header if name in SCORES]
    table = pd.DataFrame(columns).astype(dict.fromkeys(numbers, float))
    impossible = _impossible_sizes(table, [row.line for row in filled[1:]])
    if impossible:
        raise ReadError(f"line {impossible}")
    return table


def _impossible_sizes(scores: pd.DataFrame, places: Sequence[int]) -> str:
    """Return of the first row whose sizes cannot be where it stands, which it is and why; "" if all can be."""
    if not set(SIZES) <= set(scores):
        return ""
    sizes = scores[[*SIZES]].apply(pd.to_numeric, errors="coerce").to_numpy(float)
    if not _why_impossible(*sizes.T):
        return ""
    names = [name for name in ("case", "label") if name in scores]
    for k, row in enumerate(sizes):
        why = _why_impossible(*row)
        if why:
            which = ", ".join(f"{name} {scores[name].iloc[k]}" for name in names)
            return f"{places[k]} ({which}): {why}, which cannot be; correct the sizes, or score the case again"
    return ""


def _why_impossible(intersection: np.ndarray, size_a: np.ndarray, size_b: np.ndarray) -> str:
    """Return why three sizes are none of an overlap; "" if they are. NaN is not known, and may stay."""
    for name, size in zip(SIZES, (intersection, size_a, size_b), strict=True):
        if np.isinf(size).any():
            return f"{name} is infinite"
    try:
        ov.Overlap(intersection, size_a, size_b)
    except ValueError as error:
        return str(error).partition(": ")[2].partition(";")[0]
    return ""


def _header(row: Row) -> list[str]:
    """Return the names of the columns, each once and all that are needed among them."""
    header = [from_csv(name) for name in row.cells]
    for name in TEXTS:
        if name not in header:
            raise ReadError(f"has no column {name!r}; pass a table of scores, as overlap lesions cohort --out saves it")
    for name in header:
        if header.count(name) > 1:
            raise ReadError(f"has two columns {name!r}; rename one of them")
    return header


def _number(cell: str, name: str, line: int) -> float:
    if not cell:
        return np.nan
    try:
        return float(cell)
    except ValueError:
        raise ReadError(f"line {line}: {name} is {cell!r}, which is no number; correct the cell") from None
