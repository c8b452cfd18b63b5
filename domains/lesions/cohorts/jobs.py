"""A cohort scored case by case, by whatever rule: its records and its table lie beside each other.

Conventions
-----------
- The table is made of the records. It is saved when all cases are done, or of those that are if the run is interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from ... import _console
from ..._batch import Interrupted, Job, Outcome, run_cases
from ..._checks import UsageError
from ..._running import Running
from ..._text import file_name
from .cohorts import CASES
from .gathering import Cohort
from .saving import check_table, records_beside, save_scores
from .sidecars import with_settings


@dataclass(frozen=True)
class Saved:
    """The table of a job, and where it is saved.

    Parameters
    ----------
    made : callable
        Makes the table of what became of the cases.
    columns : list of str
        Its columns.
    path : Path, optional
        A .csv or a .parquet; None if nothing is saved.
    """

    made: Callable[[list[Outcome]], pd.DataFrame]
    columns: list[str]
    path: Path | None = None

    def of(self, outcomes: list[Outcome], settings: Mapping[str, Any]) -> pd.DataFrame:
        """Make the table, which keeps its settings, and save it."""
        table = with_settings(self.made(outcomes), settings)
        if self.path is not None:
            save_scores(table, self.path)
        return table


def keeping_records(running: Running, table: Path | None, columns: list[str]) -> Running:
    """Return how a job runs that saves a table: with records beside it, unless they are elsewhere.

    Parameters
    ----------
    running : Running
        How it was asked to run.
    table : Path, optional
        The table.
    columns : list of str
        Its columns.

    Raises
    ------
    UsageError
        If the table is the file of records, its folder is not there, or it would overwrite another file.

    Examples
    --------
    >>> keeping_records(Running(), Path("scores.csv"), ["case"]).records.name
    'scores.csv.records'
    """
    if table is None:
        return running
    if running.records is None:
        running = replace(running, records=records_beside(table))
    if running.records is not None and Path(running.records).resolve() == table.resolve():
        raise UsageError(
            f"{running.operation}: {file_name(table)} is both out and records; give each a file of its own"
        )
    _console.check_folder(f"{running.operation}: out", table)
    check_table(table, running.operation, columns)
    return running


def score_cases(
    work: Callable[[Any], Any], cohort: Cohort, running: Running, saved: Saved, **further: Any
) -> tuple[pd.DataFrame, list[Outcome]]:
    """Score the cases of a cohort.

    Parameters
    ----------
    work : callable
        Scores a `Pair`; workers import it.
    cohort : Cohort
        The cases.
    running : Running
        Where, and with which records.
    saved : Saved
        The table of the scores.
    **further
        What the records know besides the rules.

    Returns
    -------
    DataFrame
        The table.
    list of Outcome
        What became of the cases.

    Raises
    ------
    UsageError, OSError
        See `domains._batch.run_cases`.
    Interrupted
        On Ctrl-C or SIGTERM: the table holds what was done until then.
    """
    settings = {**cohort.rules.as_plain(), **further}
    job = Job(running.operation, work, settings, "comparing", shared={CASES: cohort.hash_of_all})
    try:
        outcomes = run_cases(job, cohort.cases, running)
    except Interrupted as stop:
        saved.of(stop.outcomes, settings)
        raise
    return saved.of(outcomes, settings), outcomes
