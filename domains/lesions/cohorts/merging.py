"""The parts of a cohort, joined: what a job array scored, as one run would have scored it.

Conventions
-----------
- A part is its file of records. No image is read, so that parts can be joined on another machine.
- Parts of other settings or versions are refused; so are parts that divided other cases, or the same in another order,
  unless the table of all cases is given. Where two parts have one case, the one that scored it counts; two
  that differ are an error.
- What is missing is told: a case that a run began and did not end, a part that was not given, and, if the table of
  cases is given, a case that no part has. Each file says which part it is: two of one part are told, too.
- Predictions without a reference, and files that are no image, are told by the parts: they are no cases.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from ... import _console
from ..._checks import UsageError
from ..._records import Kept, Outcome, changed_settings, read_records
from ..._skipped import NOT_SCORED, as_skipped
from ..._text import file_name
from .cohorts import (
    CASES,
    GROUP,
    JOB,
    PART,
    PARTS,
    scores_of,
    skipped_of,
    told_of_labels,
    warn_of_fields,
    warn_of_places,
)
from .folders import Listed
from .listing import grouped, read_cases
from .saving import check_table, save_scores
from .sidecars import with_settings

OPERATION = "lesions.merge"


def merge(
    records: Iterable[str | Path],
    *,
    cases: str | Path | None = None,
    out: str | Path | None = None,
    group: str | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    r"""Join the parts of a cohort.

    Parameters
    ----------
    records : iterable of path
        The file of records of each part, as `cohort` keeps it: ``scores.csv.records`` beside ``scores.csv``.
    cases : path, optional
        The table of all cases: one that no part has is a row with an error. Groups are those of the table then, else
        those that the parts were scored with.
    out : path, optional
        A CSV or .parquet file for the scores.
    group : str, optional
        What of a case's name says of whom it is, see `cohort`.

    Returns
    -------
    scores, skipped : DataFrame
        As one run of `cohort` would return them.

    Raises
    ------
    UsageError
        If a file is none of records, parts were made with other settings, divided other cases, or two have other scores
        of one case.
    FileNotFoundError, ReadError
        If the table of cases cannot be read.

    Warns
    -----
    UserWarning
        If a part is given twice, or the images of a case have labels and none in common.

    See Also
    --------
    cohort : Compare every pair of images of the same name in two folders, or of a table.

    Examples
    --------
    >>> import tempfile
    >>> from ..images.io import example
    >>> from ..run import cohort
    >>> with tempfile.TemporaryDirectory() as name:
    ...     folder = Path(name)
    ...     nodules = [example(f"nodule_{k:02}") for k in (0, 1)]
    ...     lines = [f"{path},{path}" for path in nodules]
    ...     _ = (folder / "cases.csv").write_text("\n".join(["prediction,reference", *lines]))
    ...     parts = [folder / f"{k}.records" for k in (1, 2)]
    ...     for k, part in enumerate(parts, 1):
    ...         _ = cohort(cases=folder / "cases.csv", as_="labels", part=(k, 2), records=part)
    ...     scores, skipped = merge(parts)
    >>> scores["case"].tolist()
    ['nodule_00', 'nodule_01']
    """
    paths = [Path(path) for path in records]
    if not paths:
        raise UsageError(f"{OPERATION}: no files of records were given; name those of all parts")
    table = None if out is None else Path(out)
    if table is not None:
        _console.check_folder(f"{OPERATION}: out", table)
        check_table(table, OPERATION)
    parts = {path: read_records(path, JOB, OPERATION) for path in paths}
    settings = _shared_settings(parts)
    files = _files_of_parts(parts)
    n_parts = int(settings.get(PARTS, 1))
    if n_parts > 1:
        _warn_of_parts_given_twice(files)
        if cases is None:
            _check_divided_alike(parts)
    outcomes = _joined(parts)
    listed = [_listed(outcomes[name]) for name in sorted(outcomes)]
    if cases is not None:
        listed = read_cases(cases, OPERATION)
    for case in grouped(listed, group, OPERATION):
        outcome = outcomes.get(case.name, Outcome(case.name, error="no part has it: run its part, or name its records"))
        outcomes[case.name] = replace(outcome, about={GROUP: case.group})
    scores = with_settings(scores_of(outcomes.values()), settings)
    if table is not None:
        save_scores(scores, table)
    warn_of_fields(scores, OPERATION)
    warn_of_places(outcomes.values(), OPERATION)
    named = ", ".join(file_name(path) for path in paths)
    absent = told_of_labels(scores, settings.get("labels"), named, OPERATION)
    return scores, as_skipped([*_parts_not_given(files, n_parts), *skipped_of(outcomes.values()), *absent])


def _shared_settings(parts: Mapping[Path, Kept]) -> Mapping[str, Any]:
    """Return the settings that all parts were made with."""
    first, *others = parts
    shared = {**parts[first].settings, PART: None}
    for path in others:
        changed = changed_settings(shared, {**parts[path].settings, PART: None})
        if changed:
            raise UsageError(
                f"{OPERATION}: {file_name(path)} was made with other settings than {file_name(first)} ({changed}): run "
                "its part again with those of the others"
            )
    return shared


def _check_divided_alike(parts: Mapping[Path, Kept]) -> None:
    """Refuse parts of which one divided other cases than the others, so that a case may be in none of them."""
    first, *others = parts
    of_first = parts[first].shared.get(CASES)
    for path in others:
        if parts[path].shared.get(CASES) != of_first:
            raise UsageError(
                f"{OPERATION}: {file_name(path)} divided other cases than {file_name(first)}, or the same in another "
                "order, so that a case may be in no part: run both parts again, with one table or the same folders; or "
                "name the table of all cases with cases= (--cases), which tells those that no part has"
            )


def _joined(parts: Mapping[Path, Kept]) -> dict[str, Outcome]:
    """Return what became of each case, by the part that scored it, else by the last that tried."""
    outcomes: dict[str, Outcome] = {}
    scored_in: dict[str, Path] = {}
    for path, kept in parts.items():
        for name, outcome in kept.outcomes.items():
            if outcome.error and name in scored_in:
                continue
            if not outcome.error:
                _check_same(outcome, outcomes.get(name), path, scored_in.get(name))
                scored_in[name] = path
            outcomes[name] = outcome
    for path, kept in parts.items():
        for name in kept.suspects:
            why = f"{file_name(path)}: its run ended before this case was done: run the part again"
            outcomes.setdefault(name, Outcome(name, error=why))
    return outcomes


def _listed(outcome: Outcome) -> Listed:
    """Return a case as its records have it; its files may be on another machine."""
    return Listed(outcome.case, None, Path(outcome.case), outcome.about.get(GROUP, ""))


def _check_same(outcome: Outcome, earlier: Outcome | None, path: Path, earlier_path: Path | None) -> None:
    if earlier is None or earlier_path is None:
        return
    # as text: NaN is not equal to itself
    if str(outcome.result) != str(earlier.result):
        raise UsageError(
            f"{OPERATION}: {file_name(earlier_path)} and {file_name(path)} have other scores of the case "
            f"{outcome.case}: leave one of them out"
        )


def _files_of_parts(parts: Mapping[Path, Kept]) -> dict[int, list[Path]]:
    """Return the files of each part, by its number."""
    files: dict[int, list[Path]] = {}
    for path, kept in parts.items():
        number = int(kept.settings.get(PART, 1))
        files.setdefault(number, []).append(path)
    return files


def _warn_of_parts_given_twice(files: Mapping[int, list[Path]]) -> None:
    for number, paths in files.items():
        if len(paths) > 1:
            names = " and ".join(file_name(path) for path in paths)
            warnings.warn(
                f"{OPERATION}: {names} are all of part {number}: its cases count once; a task that should have done "
                "another part needs its own --part",
                stacklevel=3,
            )


def _parts_not_given(files: Mapping[int, list[Path]], n_parts: int) -> list[dict[str, str]]:
    """Return a row of what was skipped for each part that has no file."""
    rows = []
    for number in range(1, n_parts + 1):
        if number not in files:
            detail = "it was not given: name its records, or run the cohort with this --part"
            file = f"part {number} of {n_parts}"
            rows.append({"side": "both", "file": file, "reason": NOT_SCORED, "detail": detail})
    return rows
