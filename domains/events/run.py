"""Whole jobs over files: read both sides, score them, say what was left out.

Conventions
-----------
- Two files, or two folders whose files bear the same names (their endings and formats may differ). Rows that name no
  recording belong to the one that their file is called after; of two files, to one recording.
- A file that cannot be read, or of which all rows were skipped, is a row of `skipped`, and its recording is left out on
  both sides. One whose rows say that there is no event is a recording without events.
- A recording that the prediction lacks is missed.
- What was scored follows from ``support=``, else from the durations that the files say, the reference's first.

References
----------
See `domains.events.protocols`.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from .. import _console, _report
from .._checks import check_choice
from .._skipped import UNREADABLE, as_skipped
from . import tables
from .comparison import assess, explain_faults, find_protocol
from .formats import READERS
from .io import SAYS_NONE, SUFFIXES, Annotations, read_events
from .protocols import By, Protocol, Scored
from .schema import COLUMNS, Support, as_support

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .._console import Outputs

EXPLAIN_WITHIN = 1.0
"""The command scores again, to explain known faults, where the first time took less, seconds."""


class ScoredFiles(NamedTuple):
    """What `score` returns.

    Parameters
    ----------
    report : Dataset
        As `compare` returns it.
    skipped : DataFrame
        ``side file where reason detail``: rows that are no events, and files that cannot be read.
    scored : Scored
        What the report was read from: events, matches, settings.
    """

    report: xr.Dataset
    skipped: pd.DataFrame
    scored: Scored


def score(
    predicted: str | Path,
    reference: str | Path,
    protocol: str | Protocol = "time",
    *,
    support: Support = None,
    by: By = None,
    corrected: bool = False,
    explain: bool = False,
    kind: str | None = None,
    subset: str | None = None,
    progress: bool = False,
    **parameters: Any,
) -> ScoredFiles:
    r"""Score files of predicted events against files of annotated ones.

    Parameters
    ----------
    predicted, reference : path
        Two files, or two folders.
    protocol, support, by, corrected, explain
        See `compare`.
    kind : str, optional
        The format of all files, if their names do not say it; see `read_events`.
    subset : str, optional
        Which subset of an ActivityNet database is the reference.
    progress : bool
        Whether to show a progress bar on standard error.
    **parameters
        See `compare`.

    Returns
    -------
    ScoredFiles
        ``report``, ``skipped`` and ``scored``.

    Raises
    ------
    ValueError, FileNotFoundError
        If the only file of a side cannot be read, or there is none.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     a, b = (pathlib.Path(folder, name) for name in ("a.csv", "b.csv"))
    ...     _ = a.write_text("onset,offset\n0,10\n"), b.write_text("onset,offset\n5,15\n")
    ...     report, skipped, scored = score(a, b)
    >>> float(report.intersection), len(skipped), scored.names
    (5.0, 0, ('a.csv', 'b.csv'))
    """
    check_choice("events.score", "by", by, ("label", "file", None))
    check_choice("events.score", "kind", kind, (None, *READERS))
    # a wrong setting or support ends the work before files are read
    rules, _ = find_protocol(protocol)
    rules.configure(corrected=corrected, **parameters)
    as_support(support, ())
    prediction_path = Path(predicted)
    reference_path = Path(reference)
    are_files = prediction_path.is_file() and reference_path.is_file()
    recording = reference_path.stem if are_files else None
    a = _read_side(prediction_path, "prediction", recording, progress, kind=kind)
    b = _read_side(reference_path, "reference", recording, progress, kind=kind, subset=subset)
    lost = a.lost | b.lost
    durations = _durations(a.support, b.support, lost) if support is None else support
    scored = assess(
        _events_of(a, lost, prediction_path.name),
        _events_of(b, lost, reference_path.name),
        protocol,
        support=durations,
        corrected=corrected,
        **parameters,
    )
    report = scored.report(by)
    if explain:
        explain_faults(scored, report, by)
    skipped = _stack([a.skipped, b.skipped])
    return ScoredFiles(report, skipped, scored)


def summarise(report: xr.Dataset) -> pd.DataFrame:
    """Return a report as a table, a row for each threshold, label or file.

    Parameters
    ----------
    report : Dataset
        As `compare` returns it.

    Returns
    -------
    DataFrame
        ``protocol prediction reference``, what is scored separately, the sizes and every figure that goes with them.

    Examples
    --------
    >>> import numpy as np
    >>> from .comparison import compare
    >>> report = compare(np.array([[0, 1]]), np.array([[0, 1]]), "tiou", thresholds=(0.5, 0.7))
    >>> summarise(report)[["threshold", "f1"]].to_numpy().tolist()
    [[0.5, 1.0], [0.7, 1.0]]
    """
    return _report.as_rows(report, ("protocol", "prediction", "reference"))


def score_files(predicted: Path, reference: Path, *, outputs: Outputs, by: By = None, **options: Any) -> int:
    """Do what ``overlap events score`` does, and return its exit code."""
    with _console.collected_warnings() as notes:
        begin = time.perf_counter()
        report, skipped, scored = score(predicted, reference, by=by, progress=not outputs.quiet, **options)
        if time.perf_counter() - begin < EXPLAIN_WITHIN:
            explain_faults(scored, report, by)
    return _console.deliver(
        report,
        outputs,
        lambda: [tables.report_table(report)],
        lambda: draw_timelines(scored),
        skipped,
        rows=summarise(report),
        notes=notes,
    )


def draw_timelines(scored: Scored) -> Axes:
    """Draw what was scored."""
    from .plotting import plot_scored

    return plot_scored(scored)


class _Side(NamedTuple):
    """All files of one side; `lost` are the recordings whose file could not be read."""

    events: pd.DataFrame
    skipped: pd.DataFrame
    support: pd.DataFrame
    lost: set[str]


def _read_side(path: Path, side: str, recording: str | None, progress: bool, **options: Any) -> _Side:
    files = _files_of(path, side)
    listed: Iterable[tuple[str, Path]] = files.items()
    if progress:
        listed = _console.track(listed, f"reading the {side}", len(files))
    parts = []
    lost = set()
    for name, file in listed:
        name = name if recording is None else recording
        try:
            parts.append(_read_file(file, name, **options))
        except (OSError, ValueError) as error:
            if len(files) == 1:
                raise
            parts.append(_unread(file, error))
            lost.add(name)
    events = _stack([part.events for part in parts])
    skipped = _stack([part.skipped for part in parts]).assign(side=side)
    support = _stack([part.support for part in parts])
    return _Side(events, skipped, support, lost)


def _files_of(path: Path, side: str) -> dict[str, Path]:
    """Return the files of a side by the name of their recording."""
    if not path.is_dir():
        return {path.stem: path}
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
    # beside each BIDS table lies a .json that describes its columns
    of_tables = {file.with_suffix("") for file in files if file.suffix.lower() == ".tsv"}
    by_name = {}
    for file in files:
        stem = file.with_suffix("")
        if file.suffix.lower() == ".json" and stem in of_tables:
            continue
        by_name[stem.relative_to(path).as_posix()] = file
    if not by_name:
        suffixes = ", ".join(SUFFIXES)
        raise ValueError(f"events.score: {path}: no files of events ({suffixes}) for the {side}")
    return by_name


def _read_file(path: Path, recording: str, **options: Any) -> Annotations:
    """Read a file, and refuse one whose rows were all skipped, unless they say that there is no event."""
    part = read_events(path, file=recording, **options)
    reasons = part.skipped["reason"]
    if part.events.empty and not reasons.isin(SAYS_NONE).all():
        raise ValueError(
            f"events.score: {path}: none of its {len(reasons)} rows is an event (the first: {reasons.iloc[0]}); "
            "correct them, or say which format it is: kind= (--kind at the command line)"
        )
    return part


def _unread(path: Path, error: Exception) -> Annotations:
    row = {"file": str(path), "reason": UNREADABLE, "detail": str(error)}
    no_events = pd.DataFrame(columns=COLUMNS)
    no_support = pd.DataFrame(columns=["file", "duration"])
    return Annotations(no_events, as_skipped([row]), no_support)


def _stack(parts: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [part for part in parts if len(part)]
    return pd.concat(filled or parts[:1], ignore_index=True)


def _durations(prediction: pd.DataFrame, reference: pd.DataFrame, lost: set[str]) -> pd.DataFrame:
    """Return how long each recording is: as the reference says, else as the prediction does."""
    predicted = _longest(prediction)
    annotated = _longest(reference)
    both = predicted.index.intersection(annotated.index)
    different = [file for file in both if abs(predicted[file] - annotated[file]) > 1e-6]
    if different:
        first = different[0]
        warnings.warn(
            f"events.score: {len(different)} recordings have two durations (prediction of {first}: "
            f"{predicted[first]:g} s, reference: {annotated[first]:g} s); the reference's hold",
            stacklevel=3,
        )
    known = annotated.combine_first(predicted)
    is_read = ~known.index.isin(lost)
    return known[is_read].rename_axis("file").reset_index(name="duration")


def _longest(support: pd.DataFrame) -> pd.Series[float]:
    duration = support.groupby("file")["duration"].max().astype(float)
    # a file that says 0 s does not know
    is_duration = (duration > 0) & np.isfinite(duration)
    return duration.where(is_duration)


def _events_of(side: _Side, lost: set[str], name: str) -> pd.DataFrame:
    is_read = ~side.events["file"].isin(lost)
    events = side.events[is_read].reset_index(drop=True)
    events.attrs["name"] = name
    return events
