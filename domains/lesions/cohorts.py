"""The cases of a cohort: who scores them, and the table of their scores that grows.

Conventions
-----------
- A case that cannot be read or compared is a row with its error, and a row of what was skipped. All others are scored.
- The table on disk grows with each case. A second run reads it and scores what is new, failed or has changed since; it
  refuses a table that was made with other settings.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from .._checks import UsageError
from .._report import as_rows
from .._skipped import NOT_SCORED, UNREADABLE
from .comparison import BOUNDS, DISTANCES, INDICES, LESION_COUNTS, LESION_INDICES, SIZES, assess_pair
from .io import read_image
from .layers import Labels
from .settings import Settings

SCORES = [*SIZES, *INDICES, *BOUNDS, *DISTANCES, "nsd", *LESION_INDICES, *LESION_COUNTS]
COLUMNS = ["case", "label", *SCORES, "error", "stamp", "settings"]
TEXT = ["case", "label", "error", "stamp", "settings"]
FAILURES = (OSError, ValueError, MemoryError)


@dataclass(frozen=True)
class Case:
    """Two images and how they are compared: what a worker is given."""

    name: str
    predicted: Path
    reference: Path
    scale: float | None
    reference_scale: float | None
    labels: Labels | None
    settings: Settings


@dataclass(frozen=True, eq=False)
class CaseScores:
    """The rows of a case in the table of scores, and why it was skipped, if it was."""

    name: str
    rows: pd.DataFrame
    skipped: dict[str, str] | None = None


def score_case(case: Case) -> CaseScores:
    """Read the two images of a case and compare them."""
    try:
        predicted = read_image(case.predicted, scale=case.scale)
    except FAILURES as error:
        return _failed(case, error, "prediction", str(case.predicted), UNREADABLE)
    try:
        reference = read_image(case.reference, scale=case.reference_scale)
    except FAILURES as error:
        return _failed(case, error, "reference", str(case.reference), UNREADABLE)
    try:
        result = assess_pair(predicted, reference, case.labels, None, case.settings, keep_masks=False)
    except FAILURES as error:
        return _failed(case, error, "both", case.name, NOT_SCORED)
    table = as_rows(result.report)
    labels = table["label"].astype(str)
    return CaseScores(case.name, table.assign(case=case.name, label=labels, error=""))


def score_cases(cases: Sequence[Case], workers: int, executor: Executor | None) -> Generator[CaseScores]:
    """Yield the scores of cases as they are ready.

    Parameters
    ----------
    cases : sequence of Case
        What to score.
    workers : int
        How many processes share them.
    executor : Executor, optional
        Where to compute instead.
    """
    if executor is not None:
        yield from _shared(cases, executor)
    elif workers > 1:
        # fresh processes: a fork of one that runs threads may hang
        pool = ProcessPoolExecutor(workers, get_context("spawn"), initializer=_ignore_interrupts)
        try:
            yield from _shared(cases, pool)
        finally:
            pool.shutdown(wait=False)
    else:
        for case in cases:
            yield score_case(case)


def _ignore_interrupts() -> None:
    """Leave an interruption to the process that started this one: half of a result would block its queue."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def file_stamp(*paths: Path) -> str:
    """Return sizes and times of files, which say whether one of them has changed."""
    states = [path.stat() for path in paths]
    return " ".join(f"{state.st_size}@{state.st_mtime_ns}" for state in states)


def read_scores(path: Path, settings: str) -> pd.DataFrame:
    """Read the table of an earlier run, without a case that it did not finish.

    Parameters
    ----------
    path : Path
        The table; without it there are no rows.
    settings : str
        Of this run, as the column ``settings`` has them.

    Raises
    ------
    UsageError
        If the file is no such table, or was made with other settings.
    """
    if not path.is_file() or path.stat().st_size == 0:
        return pd.DataFrame(columns=COLUMNS)
    scores = pd.read_csv(
        path,
        dtype=dict.fromkeys(TEXT, str),
        keep_default_na=False,
        na_values={name: [""] for name in SCORES},
        on_bad_lines="skip",
    )
    if list(scores.columns) != COLUMNS:
        raise UsageError(
            f"lesions.cohort: {path} is not a table of scores that can be gone on with: move it away, or choose "
            "another --out"
        )
    if not path.read_bytes().endswith(b"\n"):
        # the last run was stopped while it wrote a case
        scores = scores[scores["case"] != scores["case"].iloc[-1]]
    others = set(scores["settings"]) - {settings}
    if others:
        changed = changed_settings(others.pop(), settings)
        raise UsageError(
            f"lesions.cohort: {path} was made with other settings ({changed}): move it away, or choose another --out"
        )
    return scores


def changed_settings(before: str, now: str) -> str:
    """Return which settings differ, and how.

    Examples
    --------
    >>> changed_settings('{"level": 0.5, "preset": "medpy"}', '{"level": 0.5, "preset": "monai"}')
    'preset "medpy", now "monai"'
    """
    try:
        old = json.loads(before)
        new = json.loads(now)
    except ValueError:
        return f"{before}, now {now}"
    parts = []
    for name in {**old, **new}:
        # as text: NaN is not equal to itself
        then = json.dumps(old.get(name))
        today = json.dumps(new.get(name))
        if then != today:
            parts.append(f"{name} {then}, now {today}")
    return "; ".join(parts)


def write_scores(scores: pd.DataFrame, path: Path) -> None:
    """Replace the table as a whole, so that a stop leaves the old one or the new one."""
    part = path.with_name(path.name + ".part")
    scores.to_csv(part, index=False)
    os.replace(part, path)


def append_scores(scores: pd.DataFrame, path: Path) -> None:
    """Add rows to the table."""
    scores.to_csv(path, mode="a", header=False, index=False)


def _shared(cases: Sequence[Case], executor: Executor) -> Iterator[CaseScores]:
    running: dict[Future[CaseScores], Case] = {}
    for case in cases:
        running[executor.submit(score_case, case)] = case
    try:
        for future in as_completed(running):
            yield _result(future, running[future])
    finally:
        # who interrupts does not wait for the cases that are left, and the pool, once dropped, would go on with them
        for future in running:
            future.cancel()


def _result(future: Future[CaseScores], case: Case) -> CaseScores:
    try:
        return future.result()
    except Exception as error:
        died = RuntimeError(f"the worker died ({error or type(error).__name__})")
        return _failed(case, died, "both", case.name, NOT_SCORED)


def _failed(case: Case, error: Exception, side: str, file: str, reason: str) -> CaseScores:
    detail = str(error) or type(error).__name__
    numbers = dict.fromkeys(SCORES, np.nan)
    row = pd.DataFrame([{**numbers, "case": case.name, "label": "", "error": detail}])
    return CaseScores(case.name, row, {"side": side, "file": file, "reason": reason, "detail": detail})
