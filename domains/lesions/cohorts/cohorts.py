"""The cases of a cohort: how one is scored, and the table of the scores of all.

Conventions
-----------
- A case is scored alone, and its scores are plain data: the engine (`domains._batch`) keeps them as a record, and the
  table is made of the records, whoever scored them and in how many runs. So is the group of a case.
- A case that cannot be read or compared is a row with its error, and a row of what was skipped. All others are scored.
- So is a case without a prediction, unless it is to count as missed: compared with nothing then. ``missing`` is 1
  in rows of cases without one, else 0.
- Counts are whole numbers in the table, also beside rows without numbers.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from ... import _batch
from ..._report import as_rows
from ..._skipped import NOT_SCORED, UNPAIRED, UNREADABLE
from ..._text import file_name
from ..._workers import error_line
from ..comparison.assessment import Assessment
from ..comparison.comparison import assess_pair
from ..comparison.labels import Labels, absent_labels
from ..comparison.layers import without_ignored
from ..comparison.unshared import cases_of_unlike_labels, unlike_labels
from ..images.io import read_grey
from ..images.places import BORROWED
from .folders import Listed
from .reading import read_in_time, read_pair
from .scores import COLUMNS, COUNTS, SCORES
from .sources import AS_FILES_SAY, Reading, Source

JOB = "lesions.cohort"
GROUP = "group"
"""What the record of a case calls the one whom it is of, and the table of scores its column."""
PART = "part"
"""The setting that says which part of a cohort was done."""
PARTS = "parts"
"""The setting that says into how many parts it was divided."""
CASES = "cases"
"""What the records call the hash of the names of all cases, whatever the part."""


@dataclass(frozen=True)
class Rules:
    """What decides the scores of all cases.

    Parameters
    ----------
    settings : dataclass
        What else decides the scores: `Settings`, see `compare`, or that of another job.
    labels : sequence of int or mapping, optional
        See `compare`.
    reading : Reading
        What the images are.
    count_missing : bool
        Whether a missing prediction counts as missed.
    ignored : int, optional
        The label whose voxels of the reference do not count.
    labels_of_maps : tuple of int
        Where one side is soft masks and the other label maps: the labels of all the maps, of which a mask stands for
        the only one, whatever its own case holds.
    """

    settings: Any
    labels: Labels | None = None
    reading: Reading = AS_FILES_SAY
    count_missing: bool = False
    ignored: int | None = None
    labels_of_maps: tuple[int, ...] = ()

    def as_plain(self) -> dict[str, Any]:
        """Return the rules as JSON data.

        Examples
        --------
        >>> from ..settings import Settings
        >>> Rules(Settings(), labels={"core": (1, 4)}).as_plain()["labels"]
        {'core': [1, 4]}
        """
        own = dict(vars(self))
        settings = own.pop("settings")
        reading = own.pop("reading")
        if not self.labels_of_maps:
            del own["labels_of_maps"]
        # as JSON has them: whole tuples, and a policy by its words
        plain: dict[str, Any] = json.loads(json.dumps({**own, **vars(reading), **vars(settings)}, default=str))
        return plain


@dataclass(frozen=True)
class Pair:
    """The two images of a case and how they are compared: what a worker is given."""

    case: Listed
    rules: Rules
    like: Path | None = None
    """An image whose place both have, where their files say none."""

    def as_case(self) -> _batch.Case:
        """Return the pair as a case of a job."""
        files = (self.case.predicted, self.case.reference, self.like)
        inputs = tuple(path for path in files if path is not None)
        return _batch.Case(self.case.name, self, inputs, {GROUP: self.case.group})


def read_case(pair: Pair) -> tuple[xr.DataArray, xr.DataArray, xr.DataArray | None]:
    """Read the two images of a case, and which voxels count.

    Returns
    -------
    predicted, reference : DataArray
        A missing prediction that counts as missed is nothing.
    where : DataArray of bool, optional
        Voxels that count; None if all do.

    Raises
    ------
    CaseError
        If an image is missing or cannot be read; ``details`` are what the row of the table of what was skipped says.
    """
    case = pair.case
    rules = pair.rules
    if case.predicted is None and not rules.count_missing:
        details = {"side": "reference", "file": file_name(case.reference), "reason": UNPAIRED}
        raise _batch.CaseError("no prediction of this name", **details)
    of_reference = rules.reading.of_reference(case.reference)
    place = None if pair.like is None else read_grey(pair.like)
    if case.predicted is None:
        reference = _read_without_prediction(of_reference, place)
        predicted = xr.zeros_like(reference)
    else:
        predicted, reference = read_pair(rules.reading.of_prediction(case.predicted), of_reference, _read, place)
    return without_ignored(predicted, reference, rules.ignored)


def labels_of(rules: Rules, predicted: xr.DataArray, reference: xr.DataArray) -> Labels | None:
    """Return which labels of a case are compared; None for those that its images name.

    Examples
    --------
    >>> mask, label_map = xr.DataArray([0.5]), xr.DataArray([0])
    >>> labels_of(Rules(None, labels_of_maps=(2,)), mask, label_map)
    [2]
    """
    has_names = "label" in predicted.dims or "label" in reference.dims
    if rules.labels is None and rules.labels_of_maps and not has_names:
        return list(rules.labels_of_maps)
    return rules.labels


def assess_case(pair: Pair, *, keep_masks: bool = True) -> Assessment:
    """Read the two images of a case and compare them.

    Raises
    ------
    CaseError
        As `read_case`.
    """
    predicted, reference, counts = read_case(pair)
    labels = labels_of(pair.rules, predicted, reference)
    return assess_pair(predicted, reference, labels, counts, pair.rules.settings, keep_masks=keep_masks)


def score_pair(pair: Pair) -> list[dict[Any, Any]]:
    """Return the scores of a case.

    Returns
    -------
    list of dict
        A row for each label: its name, whether the prediction is missing, its numbers, and which image has the place of
        the other.

    Raises
    ------
    CaseError
        As `read_case`.
    """
    report = assess_case(pair, keep_masks=False).report
    table = as_rows(report)
    is_missing = pair.case.predicted is None
    labelled = table.assign(label=table["label"].astype(str), missing=int(is_missing))
    told = labelled.assign(**{BORROWED: report.attrs[BORROWED]})
    rows: list[dict[Any, Any]] = told[["label", *SCORES, BORROWED]].to_dict("records")
    return rows


def scores_of(outcomes: Iterable[_batch.Outcome]) -> pd.DataFrame:
    """Return the table of scores: a row for each case and label, and for each case that failed.

    Parameters
    ----------
    outcomes : iterable of Outcome
        What became of the cases, and of whom each is.

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
        shared = {"case": outcome.case, GROUP: outcome.about.get(GROUP, ""), "error": outcome.error}
        if outcome.error:
            is_missing = int(outcome.details.get("reason") == UNPAIRED)
            rows.append({**shared, "label": "", "missing": is_missing})
            continue
        for row in outcome.result:
            rows.append({**shared, **row})
    table = pd.DataFrame(rows, columns=COLUMNS)
    numbers = dict.fromkeys(SCORES, float) | dict.fromkeys(COUNTS, "Int64")
    return table.astype(numbers).sort_values(["case", "label"], kind="stable", ignore_index=True)


def skipped_of(outcomes: Iterable[_batch.Outcome]) -> list[dict[str, str]]:
    """Return a row of what was skipped for each case that failed, first those without a prediction.

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
    return sorted(rows, key=lambda row: row["reason"] != UNPAIRED)


def missing_cases(scores: pd.DataFrame) -> list[str]:
    """Return the cases without a prediction.

    Examples
    --------
    >>> missing_cases(pd.DataFrame({"case": ["a", "b", "b"], "missing": [0, 1, 1]}))
    ['b']
    """
    if "missing" not in scores:
        return []
    names: list[str] = scores["case"][scores["missing"] == 1].unique().tolist()
    return names


def groups_of(scores: pd.DataFrame) -> pd.Series[Any] | None:
    """Return of whom each row is, for `summarise`; None if nobody says.

    Examples
    --------
    >>> groups_of(pd.DataFrame({"case": ["a", "b"], "group": ["", ""]})) is None
    True
    """
    if GROUP not in scores:
        return None
    groups = scores[GROUP].fillna("")
    return None if (groups == "").all() else groups.replace("", None)


def told_of_labels(
    scores: pd.DataFrame, labels: Labels | None, files: str, operation: str = JOB
) -> list[dict[str, str]]:
    """Warn of cases whose labels may not mean the same; return a row for each label asked for that none has.

    Parameters
    ----------
    scores : DataFrame
        Of a whole cohort.
    labels : sequence of int or mapping, optional
        What was asked for.
    files : str
        Where the cases come from.
    operation : str
        Who warns.

    Warns
    -----
    UserWarning
        If the images of a case have labels and none in common, or one has many that the other lacks; once for all such
        cases.

    Examples
    --------
    >>> sizes = {"size_a": [0.0], "size_b": [0.0], "error": [""]}
    >>> told_of_labels(pd.DataFrame({"case": ["a"], "label": ["7"], **sizes}), [7], "cases.csv")[0]["detail"]
    'label 7: no image of the cohort has it'
    """
    compared = scores[scores["error"] == ""]
    n = compared["case"].nunique()
    for names in cases_of_unlike_labels(compared):
        if names:
            first = compared[compared["case"] == names[0]]
            message = f"{operation}: {len(names)} of {n} cases, such as {names[0]}: {unlike_labels(first, compared)}"
            warnings.warn(message, stacklevel=4)
    return [] if labels is None else absent_rows(compared, files, "no image of the cohort has it")


def warn_of_fields(scores: pd.DataFrame, operation: str = JOB) -> None:
    """Warn of cases whose prediction and reference have other fields of view.

    Parameters
    ----------
    scores : DataFrame
        Of a whole cohort.
    operation : str
        Who warns.

    Warns
    -----
    UserWarning
        If a part of a prediction was left out, or a part of a reference has none; one warning for all such cases.
    """
    cases = scores.drop_duplicates("case")
    cut = cases[cases["left_out"] > 0]
    padded = cases[cases["padded"] > 0]
    told = []
    if len(cut):
        worst = cut.nlargest(1, "left_out").iloc[0]
        told.append(
            f"in {len(cut)} of {len(cases)} cases a part of the prediction lies outside the reference's field of view "
            f"and is left out, most in {worst['case']} (column left_out: {worst['left_out']:.4g})"
        )
    if len(padded):
        worst = padded.nlargest(1, "padded").iloc[0]
        told.append(
            f"in {len(padded)} of {len(cases)} cases a part of the reference has no prediction and is 0 there, most in "
            f"{worst['case']} (column padded: {100 * worst['padded']:.3g} %)"
        )
    if told:
        warnings.warn(f"{operation}: {'; '.join(told)}", stacklevel=4)


def warn_of_places(outcomes: Iterable[_batch.Outcome], operation: str = "lesions.cohort") -> None:
    """Warn of cases of which an image has the place of the other, for its file says none.

    Parameters
    ----------
    outcomes : iterable of Outcome
        Of a whole cohort.
    operation : str
        Who asks.

    Warns
    -----
    UserWarning
        One warning for all such cases.
    """
    scored = [outcome for outcome in outcomes if not outcome.error]
    told = []
    for side, other in (("prediction", "reference"), ("reference", "prediction")):
        names = [outcome.case for outcome in scored if outcome.result[0].get(BORROWED) == side]
        if names:
            told.append(
                f"in {len(names)} of {len(scored)} cases, such as {names[0]}, the file of the {side} does not say "
                f"where its voxels lie: in the place of the {other}"
            )
    if told:
        warnings.warn(f"{operation}: {'; '.join(told)}", stacklevel=4)


def absent_rows(scores: pd.DataFrame, files: str, why: str) -> list[dict[str, str]]:
    """Return a row of what was skipped for each label that was asked for and is nowhere.

    Examples
    --------
    >>> scores = pd.DataFrame({"label": [7], "size_a": [0.0], "size_b": [0.0]})
    >>> absent_rows(scores, "a.nii, b.nii", "neither image has it")[0]["where"]
    'label 7'
    """
    rows = []
    for label in absent_labels(scores):
        where = f"label {label}"
        rows.append({"side": "both", "file": files, "where": where, "reason": NOT_SCORED, "detail": f"{where}: {why}"})
    return rows


def ignored_rows(label: int | None, files: str) -> list[dict[str, str]]:
    """Return a row of what was skipped for the label whose voxels of the reference do not count, if there is one.

    Examples
    --------
    >>> ignored_rows(3, "labelsTr")[0]["detail"]
    'label 3: dataset.json ignores it, and its voxels of the reference do not count'
    """
    if label is None:
        return []
    where = f"label {label}"
    detail = f"{where}: dataset.json ignores it, and its voxels of the reference do not count"
    return [{"side": "reference", "file": files, "where": where, "reason": "ignored label", "detail": detail}]


def _read_without_prediction(source: Source, like: xr.DataArray | None) -> xr.DataArray:
    """Read the reference of a case without a prediction, which is told also if the reference cannot be read."""
    try:
        return _read("reference", source, like)
    except _batch.CaseError as error:
        details = {"side": "reference", "file": file_name(source.path), "reason": UNPAIRED}
        raise _batch.CaseError(f"no prediction of this name, and of the reference: {error}", **details) from error


def _read(side: str, source: Source, like: xr.DataArray | None = None) -> xr.DataArray:
    try:
        return read_in_time(source, like)
    except Exception as error:
        # whatever a damaged file leads to is the row of this case
        details = {"side": side, "file": file_name(source.path), "reason": UNREADABLE}
        raise _batch.CaseError(error_line(error), **details) from error
