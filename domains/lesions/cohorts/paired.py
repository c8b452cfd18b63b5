"""The scores of two models side by side: which rows are compared, and what only one of them has.

Conventions
-----------
- A pair is the row of one case and label in both tables. A case that only one table has, or that failed in one, is
  told with its name, and never dropped in silence.
- A label that only one table has of a case: where the reference has nothing of it, the other model rightly has nothing
  either, and its row is that of an absent label. Else the tables were scored with other labels, which is told.
- Both tables are of the same references: a reference whose size differs is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..._checks import UsageError
from ..._report import SIZES, as_written
from ..._skipped import NOT_SCORED
from .naming import captured, check_pattern
from .scores import SCORES, restored

OPERATION = "lesions.compare_models"
KEY = ["case", "label"]
GROUP = "group"
"""The column of `cohort` that says of whom a case is."""
SAME_SIZE = 1e-6
"""How much two sizes of one reference may differ, as a part of them: sums of single precision do."""


@dataclass(frozen=True, eq=False)
class PairedScores:
    """The rows of two models, in one order.

    Parameters
    ----------
    a, b : DataFrame
        Their numbers by case and label; NaN where a table lacks a column.
    group_names : array of object or None
        The group of each row, such as its patient.
    skipped : list of dict
        What could not be paired, as rows of a table of what was skipped.
    """

    a: pd.DataFrame
    b: pd.DataFrame
    group_names: np.ndarray | None
    skipped: list[dict[str, str]]

    @property
    def groups(self) -> np.ndarray | None:
        """The number of each row's group."""
        return None if self.group_names is None else pd.factorize(self.group_names)[0]

    def by_label(self) -> Iterator[tuple[str, PairedScores]]:
        """Yield each label and its rows."""
        labels = self.a.index.get_level_values("label")
        for label in labels.unique():
            is_of_label = np.asarray(labels == label)
            names = None if self.group_names is None else self.group_names[is_of_label]
            yield label, PairedScores(self.a[is_of_label], self.b[is_of_label], names, self.skipped)


def pair_scores(
    a: pd.DataFrame, b: pd.DataFrame, names: tuple[str, str], group: str | Mapping[str, object] | None = None
) -> PairedScores:
    """Pair the rows of two tables of scores.

    Parameters
    ----------
    a, b : DataFrame
        As `cohort` returns them.
    names : tuple of str
        What the two models are called.
    group : str or mapping, optional
        A column of the tables, by default ``group`` if it says of whom a case is; a pattern whose groups capture it in
        the names of cases, such as ``"(.+)_.*"``; or the group of each case by its name.

    Raises
    ------
    UsageError
        If a table has a case and label twice, no case is in both, the sizes of a reference differ, or a case has no
        group.

    Examples
    --------
    >>> a = pd.DataFrame({"case": ["p", "q"], "label": "1", "dice": [0.5, 0.7], "error": ""})
    >>> b = pd.DataFrame({"case": ["q", "r"], "label": "1", "dice": [0.6, 0.9], "error": ""})
    >>> pairs = pair_scores(a, b, ("one", "two"))
    >>> pairs.a["dice"].tolist(), pairs.b["dice"].tolist()
    ([0.7], [0.6])
    >>> [(row["file"], row["detail"]) for row in pairs.skipped]
    [('p', 'only one has this case'), ('r', 'only two has this case')]
    """
    table_a = _checked(a, names[0])
    table_b = _checked(b, names[1])
    told = _unpaired_cases(table_a, table_b, names)
    unpaired = {row["file"] for row in told}
    rows_a = _numbers(table_a, unpaired)
    rows_b = _numbers(table_b, unpaired)
    order = rows_a.index.union(rows_b.index, sort=False)
    if order.empty:
        raise UsageError(
            f"{OPERATION}: no case is scored in both {names[0]} and {names[1]}; pass tables of the same cases, under "
            "the same names"
        )
    aligned_a, is_only_b = _aligned(rows_a, rows_b, order)
    aligned_b, is_only_a = _aligned(rows_b, rows_a, order)
    for name, is_only in zip(names, (is_only_a, is_only_b), strict=True):
        for case, label in order[is_only]:
            detail = f"only {name} has label {label}, and the reference has it; score both with the same labels"
            told.append({**_told(case, detail), "where": f"label {label}"})
    is_paired = ~(is_only_a | is_only_b)
    aligned_a = aligned_a[is_paired]
    aligned_b = aligned_b[is_paired]
    _check_references(aligned_a, aligned_b, names)
    cases = aligned_a.index.get_level_values("case")
    of_case = _group_of_case(table_a, table_b, cases, group)
    groups = None if of_case is None else _groups(cases, of_case)
    return PairedScores(aligned_a, aligned_b, groups, told)


def _checked(scores: pd.DataFrame, name: str) -> pd.DataFrame:
    operation = f"{OPERATION}: {name}"
    table = restored(scores, operation)
    if "case" not in table:
        raise UsageError(
            f"{operation}: scores has no column 'case'; pass a table as lesions.cohort returns or saves it"
        )
    twice = table[table.duplicated(KEY)]
    if len(twice):
        row = twice.iloc[0]
        raise UsageError(f"{operation}: case {row['case']}, label {row['label']} is there twice; leave one row out")
    return table


def _unpaired_cases(a: pd.DataFrame, b: pd.DataFrame, names: tuple[str, str]) -> list[dict[str, str]]:
    """Return a row for each case that only one table has, or that failed in one."""
    error_a = _error_of_case(a)
    error_b = _error_of_case(b)
    told = []
    for case in {**error_a, **error_b}:
        if case not in error_b:
            told.append(_told(case, f"only {names[0]} has this case"))
        elif case not in error_a:
            told.append(_told(case, f"only {names[1]} has this case"))
        elif error_a[case]:
            told.append(_told(case, f"failed in {names[0]}: {error_a[case]}"))
        elif error_b[case]:
            told.append(_told(case, f"failed in {names[1]}: {error_b[case]}"))
    return told


def _error_of_case(scores: pd.DataFrame) -> dict[str, str]:
    """Return the error of each case, "" where it was scored."""
    # "" comes before any text
    last = scores.groupby("case", sort=False)["error"].max()
    return {str(case): error for case, error in last.items()}


def _told(case: str, detail: str) -> dict[str, str]:
    return {"side": "", "file": case, "reason": NOT_SCORED, "detail": detail}


def _numbers(scores: pd.DataFrame, left_out: set[str]) -> pd.DataFrame:
    """Return the numbers of the cases that both tables have, by case and label."""
    kept = scores[~scores["case"].isin(left_out)]
    numbers = kept.set_index(KEY).reindex(columns=SCORES)
    return numbers.astype(float)


def _aligned(own: pd.DataFrame, other: pd.DataFrame, order: pd.Index[Any]) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the rows of one model in the order of both, and which of them it lacks though the reference has the label.

    A label that it lacks and the reference has nothing of either is there with nothing on both sides.
    """
    aligned = own.reindex(order)
    is_lacking = ~order.isin(own.index)
    is_absent = is_lacking & (other.reindex(order)["size_b"] == 0).to_numpy()
    aligned.loc[is_absent, list(SIZES)] = 0.0
    # a case has a prediction or none, whatever the label
    has_none = own.index[own["missing"] == 1].get_level_values("case")
    aligned.loc[is_absent & order.get_level_values("case").isin(has_none), "missing"] = 1.0
    return aligned, is_lacking & ~is_absent


def _check_references(a: pd.DataFrame, b: pd.DataFrame, names: tuple[str, str]) -> None:
    size_a = a["size_b"].to_numpy()
    size_b = b["size_b"].to_numpy()
    differs = np.abs(size_a - size_b) > SAME_SIZE * np.maximum(size_a, size_b)
    if differs.any():
        k = int(np.flatnonzero(differs)[0])
        case, label = a.index[k]
        raise UsageError(
            f"{OPERATION}: the references differ: case {case}, label {label} has size {size_a[k]:g} in {names[0]} and "
            f"{size_b[k]:g} in {names[1]}; score both models against the same references"
        )


def _group_of_case(
    a: pd.DataFrame, b: pd.DataFrame, cases: pd.Index[Any], group: str | Mapping[str, object] | None
) -> Mapping[str, object] | None:
    """Return the group of each case; None if nobody says."""
    if group is None:
        own = _own_groups(a, b, GROUP)
        return own if any(own.values()) else None
    if not isinstance(group, str):
        return {str(case): name for case, name in group.items()}
    if "(" in group:
        check_pattern("group", group, OPERATION)
        return {case: captured(group, case) for case in cases}
    if group in a or group in b:
        return _own_groups(a, b, group)
    own_columns = [str(name) for name in a if name not in SCORES and name not in (*KEY, "error")]
    known = ", ".join(own_columns) or "none of its own"
    raise UsageError(
        f"{OPERATION}: group: no table has a column {group!r} (the first has {known}); add one, or name a pattern that "
        "captures it in the names of cases, such as '(.+)_.*'"
    )


def _own_groups(a: pd.DataFrame, b: pd.DataFrame, column: str) -> dict[str, str]:
    """Return the group of each case from a column of the tables, which agree if both say it."""
    of_case: dict[str, str] = {}
    for table in (a, b):
        if column not in table:
            continue
        for case, name in zip(table["case"], table[column], strict=True):
            written = as_written(name)
            known = of_case.get(case) or written
            if written and known != written:
                raise UsageError(f"{OPERATION}: group: case {case} is of {known} and of {written}; give it one group")
            of_case[case] = known
    return of_case


def _groups(cases: pd.Index[Any], of_case: Mapping[str, object]) -> np.ndarray:
    """Return the group of each row; each case has one."""
    groups = pd.Series([of_case.get(case) for case in cases], dtype=object)
    missing = cases[(groups.isna() | (groups == "")).to_numpy()]
    if len(missing):
        raise UsageError(f"{OPERATION}: group: case {missing[0]} has no group; give it one, or leave it out")
    if groups.nunique() == 1:
        raise UsageError(
            f"{OPERATION}: group: all cases are of {groups.iloc[0]}; with group='case' cases are resampled"
        )
    return groups.to_numpy()
