"""Whole jobs over files: read both sides, score them, say what was left out.

Conventions
-----------
- Two files, or two folders whose files bear the same names (their endings and formats may differ). Rows that name no
  recording belong to the one that their file is called after; of two files, to one recording.
- A file that cannot be read, or of which all rows were skipped, is a row of `skipped`, and its recording is left out on
  both sides; so are two files of one recording. One whose rows say that there is no event is a recording without
  events. See `domains.events.files.sides`.
- Reading is a job of `domains._batch`, a case for each file: it can be shared among processes, and resumed.
- A recording that one side lacks counts: its events are missed, or false alarms. Of two folders, a file without a
  partner is a row of `skipped` besides, since nobody knows whether nothing was found or the file was lost.
- What was scored follows from ``support=``, else from the durations that the files say, the reference's first. A number
  of seconds is the duration of every recording that a file of either side names or is called after, with events or
  without.

References
----------
See `domains.events.protocols`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import xarray as xr

from .. import _console, _report, _skipped
from .._checks import UsageError, check_number
from .._running import split_running, takes_running
from . import tables
from .comparison.comparison import assess, explain_faults, find_protocol, nothing_in_common
from .comparison.subjects import Group, score_subjects, with_subjects
from .files.both import read_both
from .files.sides import Reading
from .protocols import PROTOCOLS, By, Protocol, Scored
from .protocols.scored import check_report, checked_by
from .schema import Support, first_names, names_apart, names_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .._console import Outputs

EXPLAIN_WITHIN = 1.0
"""The command scores again, to explain known faults, where the first time took less, seconds."""


OPERATION = "events.score"
LEVEL = 0.95


class ScoredFiles(NamedTuple):
    """What `score` returns.

    Parameters
    ----------
    report : Dataset
        As `compare` returns it.
    skipped : DataFrame
        ``side file where reason detail``: rows that are no events, files that cannot be read or have no partner, and
        events that were left out or cut since they lie outside of what was scored.
    scored : Scored
        What the report was read from: events, matches, settings.
    """

    report: xr.Dataset
    skipped: pd.DataFrame
    scored: Scored


@takes_running
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
    rate: float | None = None,
    subset: str | None = None,
    label_column: str | None = None,
    group: Group | None = None,
    level: float = LEVEL,
    operating_points: bool = False,
    settings: Mapping[str, Any] | None = None,
    **parameters: Any,
) -> ScoredFiles:
    r"""Score files of predicted events against files of annotated ones.

    Parameters
    ----------
    predicted, reference : path
        Two files, or two folders; one of them may be "-", standard input.
    protocol
        See `compare`.
    support : float, mapping or DataFrame, optional
        What was scored, see `compare`. A number is the duration of every recording that the files of either side name
        or are called after, those without events too.
    by, corrected, explain
        See `compare`.
    kind : str, optional
        The format of all files, if neither endings nor headers say it; see `read_events`.
    rate : float, optional
        How many samples, frames or epochs are in a second, for files whose times count them.
    subset : str, optional
        Which subset of an ActivityNet database is the reference.
    label_column : str, optional
        The column that holds the label, where its author named it; see `read_events`.
    group : str or mapping, optional
        Whose each recording is: "bids" (the entity ``sub-…`` of its name), "file", a pattern that captures it in the
        name, a column of the events, or a mapping. Then each figure has its mean over subjects, their standard
        deviation and intervals; see `with_subjects`.
    level : float
        Confidence level of the intervals.
    operating_points : bool
        Whether each file of the predicted folder is an operating point, what is predicted of all recordings at one
        threshold, as PSDS takes them.
    settings : mapping, optional
        Settings of the protocol by name, such as ``{"rate": 256}`` for ``szcore``: for those that are called like a
        parameter of this function. All others may stand here too, or among `**parameters`.
    records : path, optional
        A file that keeps what was read of each file as soon as it is there; a second run reads only what is new, failed
        or has changed.
    workers, scheduler, executor
        Where to read: on so many processes of this machine (1), on the dask cluster of a scheduler (address),
        or on a `concurrent.futures.Executor`.
    max_seconds, max_memory : float, optional
        Longest time (s) and most memory (GiB) for a file, which is given up then; it has a process of its own.
    progress : bool
        Whether to show on standard error how far the reading is.
    **parameters
        See `compare`.

    Returns
    -------
    ScoredFiles
        ``report``, ``skipped`` and ``scored``.

    Raises
    ------
    ValueError, FileNotFoundError
        If the only file of a side cannot be read, or there is none, or the records are of other settings.
    Interrupted
        On Ctrl-C or SIGTERM, a KeyboardInterrupt: what was read until then is in `records`.

    See Also
    --------
    compare : Score predicted events against annotated ones.
    summarise : Return a report as a table, a row for each threshold, label or file.
    read_events : Read a file of events.

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
    by = checked_by(OPERATION, by)
    check_number(OPERATION, "level", level, above=0, below=1)
    if group is None and level != LEVEL:
        raise UsageError(
            f"{OPERATION}: level={level:g} is of the intervals over subjects, and without group= there are none; say "
            "whose each recording is: group= (--group at the command line)"
        )
    running, parameters = split_running(parameters, OPERATION)
    parameters = {**parameters, **(settings or {})}
    # a wrong setting ends the work before files are read
    rules, _ = find_protocol(protocol)
    rules.configure(corrected=corrected, **parameters)
    if operating_points and not rules.takes_points:
        names = ", ".join(name for name, preset in PROTOCOLS.items() if preset.takes_points)
        raise UsageError(f"{OPERATION}: this protocol has no operating points; score them by one of {names}")
    how = Reading(kind, rate, subset, OPERATION, operating_points, label_column)
    both = read_both(predicted, reference, support, how, running)
    scored = assess(
        both.prediction,
        both.reference,
        protocol,
        support=both.support,
        corrected=corrected,
        **parameters,
    )
    report = scored.report(by)
    report.attrs["files"] += both.without_a_file
    if group is not None:
        report = with_subjects(report, scored, group, level=level)
    if explain:
        explain_faults(scored, report, by)
    return ScoredFiles(report, _skipped.joined(both.skipped, scored.skipped), scored)


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

    See Also
    --------
    score : Score files of predicted events against files of annotated ones.
    compare : Score predicted events against annotated ones.

    Examples
    --------
    >>> import numpy as np
    >>> from .comparison.comparison import compare
    >>> report = compare(np.array([[0, 1]]), np.array([[0, 1]]), "tiou", thresholds=(0.5, 0.7))
    >>> summarise(report)[["threshold", "f1"]].to_numpy().tolist()
    [[0.5, 1.0], [0.7, 1.0]]
    """
    check_report("events.summarise", report)
    return _report.as_rows(report, ("protocol", "prediction", "reference"))


def score_files(
    predicted: Path,
    reference: Path,
    *,
    outputs: Outputs,
    by: By = None,
    group: Group | None = None,
    subjects: Path | None = None,
    **options: Any,
) -> int:
    """Do what ``overlap events score`` does, and return its exit code."""
    with _console.refusals_listed(outputs), _console.collected_warnings() as notes:
        begin = time.perf_counter()
        report, skipped, scored = score(predicted, reference, by=by, group=group, progress=not outputs.quiet, **options)
        if time.perf_counter() - begin < EXPLAIN_WITHIN:
            explain_faults(scored, report, by)
        files = {}
        if subjects is not None and group is not None:
            files[subjects] = score_subjects(scored, group)
    code = _console.deliver(
        {**_report.as_dict(report), "parameters": json.loads(report.attrs["parameters"])},
        outputs,
        lambda: tables.report_tables(report, scored),
        lambda: draw_timelines(scored),
        skipped,
        rows=summarise(report),
        files=files,
        notes=notes,
    )
    # all figures stand there, but nothing was compared with anything
    apart = nothing_in_common(*scored.given, uses_labels=scored.protocol.uses_labels)
    faults = [apart, nothing_within(options.get("support"), scored), nothing_defined(scored)]
    for fault in filter(None, faults):
        _console.note(f"error: not scored: {fault}")
    return max(code, _console.INCOMPLETE) if any(faults) else code


def nothing_within(support: Support, scored: Scored) -> str:
    """Return that a support names no recording that has events, so that all of them were scored; "" if it names some.

    Examples
    --------
    >>> events = pd.DataFrame({"file": ["talk"], "onset": [0.0], "offset": [1.0]})
    >>> nothing_within({"talk2": 60.0}, assess(events, events))[:55]
    "the support names 'talk2' and no recording that has eve"
    >>> nothing_within({"talk": 60.0, "talk2": 60.0}, assess(events, events))
    ''
    """
    if not isinstance(support, pd.DataFrame | Mapping):
        return ""
    files = names_in(*scored.given)
    unknown, without_support = names_apart(support, files)
    if not files or len(without_support) < len(files):
        return ""
    return (
        f"the support names {first_names(unknown)} and no recording that has events ({first_names(without_support)}); "
        "name them alike"
    )


def nothing_defined(scored: Scored) -> str:
    """Return that the number of a protocol is undefined though both sides have events; "" if it is defined.

    Examples
    --------
    >>> import warnings
    >>> import numpy as np
    >>> point = np.array([[5.0, 5.0]])
    >>> with warnings.catch_warnings(action="ignore"):
    ...     nothing, something = (assess(point + [0, width], point, "time", support=9.0) for width in (0, 1))
    >>> nothing_defined(nothing)
    'IoU is undefined: 0/0, since no event of either side counts'
    >>> nothing_defined(something)
    ''
    """
    headline = scored.protocol.headline
    if headline is None or any(events.empty for events in scored.given):
        return ""
    if scored.report()[headline.name].notnull().any():
        return ""
    if scored.support["offset"].isna().any():
        why = "0/0, or it is not known how long the recordings are: say it by support= (--support at the command line)"
    else:
        why = "0/0, since no event of either side counts"
    return f"{headline.title} is undefined: {why}"


def draw_timelines(scored: Scored) -> Axes:
    """Draw what was scored: timelines, and of PSDS the curve whose area it is."""
    if scored.protocol_name.startswith("psds"):
        from .comparison.thresholds import psds_curve
        from .pictures.curves import plot_psd_roc

        return plot_psd_roc(psds_curve(scored))
    from .pictures.plotting import plot_scored

    return plot_scored(scored)
