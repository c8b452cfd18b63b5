"""Two models compared on the same cases: by how much one is better, how sure that is, and who wins where.

Conventions
-----------
- Which rows are compared, and what only one model has: `domains.lesions.cohorts.paired`.
- What a difference is, of infinite distances and of absent labels too: `domains.lesions.cohorts.differences`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from .. import _console
from .._checks import UsageError, check_choice
from .._report import SIZES
from .._skipped import as_skipped
from .._text import file_name
from .cohorts.comparable import check_comparable
from .cohorts.differences import Absent, Infinite, Rules, differences, pooled, summed_up
from .cohorts.paired import OPERATION, PairedScores, pair_scores
from .cohorts.scores import missed, read_scores
from .cohorts.summaries import Bootstrap
from .comparison import tables
from .comparison.reports import BOUNDARY_INDICES, BOUNDS, DISTANCES, INDICES, LESION_INDICES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .._console import Outputs

COMPARED = ("dice", "iou", "hd95", "assd", "nsd", "lesion_f1", "lesion_pq")
COMPARABLE = (*INDICES, *BOUNDS, *DISTANCES, *BOUNDARY_INDICES, *LESION_INDICES)


class ModelComparison(NamedTuple):
    """What `compare_models` returns.

    Parameters
    ----------
    summary : DataFrame
        A row for each label, index and statistic: ``label index statistic``, the values of both models over the same
        cases (``a b``), ``difference low high better``, the first model's ``wins ties losses``, ``n_compared
        n_undefined n_infinite`` (a model or both are infinitely far), ``missed_a missed_b`` (cases in which a model
        has nothing of the label) and ``missing_a missing_b`` (cases of which it has no prediction).
    cases : DataFrame
        A row for each case, label and index: ``case label index a b difference better``; with groups, ``group``.
    skipped : DataFrame
        Cases and labels that could not be paired: ``side file where reason detail``.
    """

    summary: pd.DataFrame
    cases: pd.DataFrame
    skipped: pd.DataFrame


def compare_models(
    a: str | Path | pd.DataFrame,
    b: str | Path | pd.DataFrame,
    *,
    indices: Iterable[str] | None = None,
    group: str | Mapping[str, object] | None = None,
    infinite: Infinite = "keep",
    absent: Absent = "perfect",
    level: float = 0.95,
    n_resamples: int = 2000,
    rng: int = 0,
) -> ModelComparison:
    """Compare two models on the same cases: paired differences, their intervals, and who wins where.

    Parameters
    ----------
    a, b : path or DataFrame
        The scores of the two models, as `cohort` returns or saves them.
    indices : iterable of str, optional
        Which columns; by default those of ``dice iou hd95 assd nsd lesion_f1 lesion_pq`` that both have.
    group : str or mapping, optional
        Of whom a case is, such as its patient: whole groups are resampled. A column of the tables, by default ``group``
        if it is filled; a pattern whose groups capture it in the names of cases, such as ``"(.+)_.*"``; or a mapping
        from case to group.
    infinite : "keep" or float
        What an infinite distance is: itself, or a penalty in mm. See `domains.lesions.cohorts.differences`.
    absent : {"perfect", "skip"}
        What a model is worth that rightly has nothing where the other has something. See there.
    level : float
        Confidence level of the intervals.
    n_resamples, rng : int
        How many resamples, and their seed.

    Returns
    -------
    ModelComparison
        ``summary``, ``cases`` and ``skipped``.

    Raises
    ------
    ReadError, FileNotFoundError
        If a file is no table of scores.
    UsageError
        If the tables have no case in common or other references, they were scored with other settings, or an option
        is out of range.

    Warns
    -----
    UserWarning
        If a model has no prediction of cases that were counted as missed, or a table does not say with which settings
        it was made (``attrs["settings"]``, which `cohort`, `merge` and `read_scores` fill).

    See Also
    --------
    plot_models : Draw the score of each case from two models, one against the other.
    cohort : Compare every pair of images of the same name in two folders, or of a table.

    Examples
    --------
    >>> cases = {"case": ["p1_a", "p1_b", "p2"], "label": "1", "error": ""}
    >>> a = pd.DataFrame({**cases, "dice": [0.8, 0.7, 0.9], "hd95": [2.0, 5.0, 1.0]})
    >>> b = pd.DataFrame({**cases, "dice": [0.7, 0.7, 0.6], "hd95": [3.0, float("inf"), 4.0]})
    >>> for scores in (a, b):
    ...     scores.attrs["settings"] = {"preset": "monai"}
    >>> found = compare_models(a, b, group={"p1_a": "p1", "p1_b": "p1", "p2": "p2"})
    >>> found.summary[["index", "difference", "low", "high", "wins", "ties", "losses", "n_infinite"]].round(3)
      index  difference   low  high  wins  ties  losses  n_infinite
    0  dice       0.133  0.05   0.3     2     1       0           0
    1  hd95      -3.000  -inf  -3.0     3     0       0           1
    """
    bootstrap = Bootstrap(level, n_resamples, rng)
    rules = Rules(infinite, absent)
    table_a, name_a = _as_scores(a, "a")
    table_b, name_b = _as_scores(b, "b")
    check_comparable(OPERATION, (table_a, table_b), (name_a, name_b))
    chosen = _chosen(indices, table_a, table_b)
    pairs = pair_scores(table_a, table_b, (name_a, name_b), group)
    _warn_of_missing(pairs.a, name_a)
    _warn_of_missing(pairs.b, name_b)
    summary: list[dict[str, Any]] = []
    cases: list[pd.DataFrame] = []
    for label, of_label in pairs.by_label():
        losses = _losses(of_label)
        for index in chosen:
            compared = differences(of_label.a, of_label.b, index, rules)
            cases.append(_named(compared, of_label))
            for row in _rows(compared, of_label, index, bootstrap):
                summary.append({"label": label, **row, **losses})
    return ModelComparison(pd.DataFrame(summary), pd.concat(cases, ignore_index=True), as_skipped(pairs.skipped))


def compare_models_files(
    a: Path,
    b: Path,
    *,
    indices: str | None,
    infinite: str,
    differences_file: Path | None,
    outputs: Outputs,
    **options: Any,
) -> int:
    """Do what ``overlap lesions compare-models`` does, and return its exit code."""
    names = None if indices is None else [name.strip() for name in indices.split(",")]
    penalty = parse_infinite(infinite)
    with _console.collected_warnings() as notes:
        found = compare_models(a, b, indices=names, infinite=penalty, **options)
    n_cases = found.cases["case"].nunique()
    report = {
        "a": str(a),
        "b": str(b),
        "cases": n_cases,
        "summary": found.summary.to_dict("records"),
    }

    def table() -> list[Any]:
        return tables.models_table(found.summary, a, b, n_cases)

    def picture() -> Axes:
        from .pictures.two_models import plot_models

        index = str(found.summary["index"].iloc[0])
        return plot_models(found.cases, index=index, names=(a.name, b.name))

    def page() -> str:
        from .pictures.model_pages import models_page

        done = {"A": str(a), "B": str(b), "infinite": infinite, **options}
        settings = {name: value for name, value in done.items() if value is not None}
        return models_page(*found, settings, notes)

    files = {} if differences_file is None else {differences_file: found.cases}
    return _console.deliver(
        report, outputs, table, picture, found.skipped, page=page, rows=found.summary, files=files, notes=notes
    )


def parse_infinite(text: str) -> Infinite:
    """Read what an infinite distance is, as the command line writes it.

    Examples
    --------
    >>> parse_infinite("keep"), parse_infinite("373")
    ('keep', 373.0)
    """
    if text == "keep":
        return "keep"
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"--infinite {text}: write keep, or a penalty in mm such as 373") from None


def _as_scores(scores: str | Path | pd.DataFrame, name: str) -> tuple[pd.DataFrame, str]:
    """Return a table of scores and what messages call it."""
    if isinstance(scores, pd.DataFrame):
        return scores, name
    return read_scores(scores), file_name(scores)


def _losses(pairs: PairedScores) -> dict[str, int]:
    """Return in how many cases each model has nothing of a label, and of how many it has no prediction."""
    return {
        "missed_a": int(missed(pairs.a).sum()),
        "missed_b": int(missed(pairs.b).sum()),
        "missing_a": int(_is_missing(pairs.a).sum()),
        "missing_b": int(_is_missing(pairs.b).sum()),
    }


def _is_missing(rows: pd.DataFrame) -> np.ndarray:
    """Return in which rows there is no prediction."""
    is_missing: np.ndarray = (rows["missing"] == 1).to_numpy()
    return is_missing


def _warn_of_missing(rows: pd.DataFrame, name: str) -> None:
    cases = rows.index.get_level_values("case")
    missing = cases[_is_missing(rows)].unique()
    if len(missing):
        warnings.warn(
            f"{OPERATION}: {name} has no prediction of {len(missing)} of {cases.nunique()} cases, such as "
            f"{missing[0]}: where the reference has nothing they are in no difference, elsewhere they count as missed",
            stacklevel=3,
        )


def _chosen(indices: Iterable[str] | None, a: pd.DataFrame, b: pd.DataFrame) -> list[str]:
    """Return the columns to compare."""
    known = [name for name in COMPARABLE if name in a and name in b]
    if not known:
        raise UsageError(f"{OPERATION}: the tables have no index in common; pass tables with columns such as dice")
    if indices is None:
        return [name for name in COMPARED if name in known] or known
    chosen = [indices] if isinstance(indices, str) else list(indices)
    if not chosen:
        raise UsageError(f"{OPERATION}: indices is empty; name some of {', '.join(known)}, or leave it out")
    for name in chosen:
        check_choice(OPERATION, "indices", name, known)
    return chosen


def _rows(compared: pd.DataFrame, pairs: PairedScores, index: str, bootstrap: Bootstrap) -> list[dict[str, Any]]:
    """Return the row of an index, and after Dice that of the added sizes."""
    rows = [summed_up(compared, index, bootstrap, pairs.groups)]
    if index == "dice" and pairs.a[[*SIZES]].notna().all(axis=None):
        rows.append(pooled(pairs.a, pairs.b, compared, bootstrap, pairs.groups))
    return rows


def _named(compared: pd.DataFrame, pairs: PairedScores) -> pd.DataFrame:
    """Return differences with their case, label and group as columns."""
    table = compared.reset_index()
    if pairs.group_names is not None:
        table.insert(2, "group", pairs.group_names)
    return table
