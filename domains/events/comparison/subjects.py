"""Scores of subjects, and intervals: a recording is no independent draw where several are of one subject.

Conventions
-----------
- The subject of a recording is said, never guessed: by the BIDS entity ``sub-…`` in its name ("bids"), by a mapping, by
  a pattern that captures it in the name, or by a column of the events. "file" says that each recording is a subject.
- The figures of a subject are those of its recordings alone. Their mean counts each subject once, however much was
  recorded; the standard deviation is that of these subjects (divided by n, as szcore-evaluation has it). A subject
  whose figure is 0/0 counts in neither, and ``n_defined`` says how many do.
- Intervals resample recordings or subjects, never events.

References
----------
Dan, J. et al. (2024). SzCORE: Seizure community open-source research evaluation framework. Epilepsia.
doi:10.1111/epi.18113
Gorgolewski, K. J. et al. (2016). The brain imaging data structure. Sci. Data 3, 160044. doi:10.1038/sdata.2016.44
Field, C. A. & Welsh, A. H. (2007). Bootstrapping clustered data. J. R. Stat. Soc. B 69, 369.
doi:10.1111/j.1467-9868.2007.00593.x
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

import overlap as ov
from overlap.resample import ConfidenceInterval

from ..._checks import UsageError, check_choice, check_kind, check_number, check_whole
from ..._text import count_of, one_line
from ..protocols import Scored
from ..protocols.descriptions import Terms
from ..protocols.matchers import NOBODY
from ..protocols.scored import Weighed, check_scored
from ..protocols.weighing import RATIOS, ratios_of

Group = Mapping[str, str] | str

BIDS_SUBJECT = re.compile(r"(?:^|[/_])(sub-[A-Za-z0-9]+)(?=[/_.]|$)")


FIGURES = (
    *RATIOS,
    "f_beta",
    "balanced_accuracy",
    "kappa",
    "macro_f1",
    "macro_error_rate",
    "psds",
    "mean_ap",
    "average_map",
    "recall_at_1x",
    "recall_at_5x",
    "auc",
    "ar_at_1",
    "ar_at_10",
    "ar_at_100",
    "reference_f1",
    "mean_f1",
    "edit",
    "overlap_ratio",
    "purity",
    "coverage",
    "purity_coverage_f",
    "onset_bias",
    "offset_bias",
    "latency",
)
"""The figures that subjects have of their own."""


def subjects_of(scored: Scored, group: Group = "bids") -> pd.Series[str]:
    """Return the subject of each recording that was scored.

    Parameters
    ----------
    scored : Scored
        As `assess` returns it.
    group : str or mapping
        "bids": the entity ``sub-…`` of the recording's name. "file": each recording is a subject. A mapping of
        recording to subject. A pattern with a group, such as ``"(p[0-9]+)_"``, searched in the name. Or a column of the
        events.

    Returns
    -------
    Series
        Subjects, indexed by recording.

    Raises
    ------
    UsageError
        If a recording has no subject, or two.

    Examples
    --------
    >>> from .comparison import assess
    >>> events = pd.DataFrame({"onset": [1.0, 5.0], "offset": [4.0, 9.0], "file": ["sub-01/run-1", "sub-01/run-2"]})
    >>> subjects_of(assess(events, events, "tiou")).tolist()
    ['sub-01', 'sub-01']
    """
    operation = "events.subjects_of"
    check_scored(operation, scored)
    whose = 'pass "bids", "file", a column, a pattern, or a mapping of recording to subject'
    check_kind(operation, "group", group, (str, Mapping), whose)
    files = pd.Index(scored.support.index.unique(), dtype=object)
    if isinstance(group, Mapping):
        found = [_only({str(group[file])} if file in group else set(), file, "the mapping") for file in files]
    elif group == "file":
        found = [str(file) for file in files]
    elif group == "bids":
        found = [_only(set(BIDS_SUBJECT.findall(file)), file, "its name (the BIDS entity sub-…)") for file in files]
    elif "(" in group:
        found = [_only(_captured(group, file), file, f"its name by the pattern {group!r}") for file in files]
    else:
        found = _in_column(scored, group, files)
    return pd.Series(found, files, dtype=object, name="subject")


def score_subjects(scored: Scored, group: Group = "bids") -> pd.DataFrame:
    """Score each subject by its recordings alone.

    Parameters
    ----------
    scored : Scored
        As `assess` returns it.
    group : str or mapping
        Whose each recording is, see `subjects_of`: "bids", "file", a mapping, a pattern or a column of the events.

    Returns
    -------
    DataFrame
        ``subject n_files``, ``threshold`` where the protocol has several, and the figures of its report.

    Raises
    ------
    UsageError
        If a recording has no subject, or two.

    See Also
    --------
    average_subjects : Average the figures of subjects.
    with_subjects : Add to a report the mean over subjects of each figure, and intervals.
    score : Score files of predicted events against files of annotated ones.

    Examples
    --------
    >>> from .comparison import assess
    >>> a = pd.DataFrame({"onset": [1.0, 5.0], "offset": [4.0, 9.0], "file": ["sub-01_run-1", "sub-02_run-1"]})
    >>> b = pd.DataFrame({"onset": [1.0, 6.0], "offset": [4.0, 9.0], "file": ["sub-01_run-1", "sub-02_run-1"]})
    >>> score_subjects(assess(a, b, "time"))[["subject", "iou"]].values.tolist()
    [['sub-01', 1.0], ['sub-02', 0.75]]
    """
    check_scored("events.score_subjects", scored)
    subjects = subjects_of(scored, group)
    tables = []
    for subject in sorted(subjects.unique()):
        files = subjects.index[subjects == subject]
        report = part_of(scored, files).report()
        names = [name for name in FIGURES if name in report and set(report[name].dims) <= {"threshold"}]
        figures = report[names]
        rows = figures.to_dataframe().reset_index() if figures.sizes else pd.DataFrame([_numbers(figures)])
        rows.insert(0, "subject", subject)
        rows.insert(1, "n_files", len(files))
        tables.append(rows)
    return pd.concat(tables, ignore_index=True)


def average_subjects(
    scores: pd.DataFrame, *, level: float = 0.95, n_resamples: int = 2000, rng: int | np.random.Generator | None = 0
) -> pd.DataFrame:
    """Average the figures of subjects: mean, standard deviation and an interval of the mean.

    Parameters
    ----------
    scores : DataFrame
        As `score_subjects` returns it.
    level, n_resamples, rng
        Confidence level, number of resamples and seed of the intervals (percentile bootstrap over subjects).

    Returns
    -------
    DataFrame
        A row for each figure, and threshold if there are several: ``figure mean sd low high n_defined n_subjects``. A
        subject whose figure is 0/0 is left out, and ``n_defined`` are left.

    Raises
    ------
    ValueError
        If `level` or `n_resamples` is out of range.

    See Also
    --------
    score_subjects : Score each subject by its recordings alone.
    with_subjects : Add to a report the mean over subjects of each figure, and intervals.

    Examples
    --------
    >>> scores = pd.DataFrame({"subject": ["a", "b", "c"], "n_files": 1, "f1": [0.5, 1.0, float("nan")]})
    >>> average_subjects(scores)[["figure", "mean", "sd", "n_defined", "n_subjects"]].values.tolist()
    [['f1', 0.75, 0.25, 2, 3]]
    """
    operation = "events.average_subjects"
    check_kind(operation, "scores", scores, pd.DataFrame, "pass what events.score_subjects returns")
    if "subject" not in scores:
        raise UsageError(f"{operation}: scores have no column subject; pass what events.score_subjects returns")
    _check_intervals(operation, level, n_resamples)
    has_thresholds = "threshold" in scores
    parts = scores.groupby("threshold", sort=False) if has_thresholds else [(None, scores)]
    rows = []
    for threshold, part in parts:
        for figure in [name for name in FIGURES if name in part]:
            values = part[figure].to_numpy(float)
            defined = values[~np.isnan(values)]
            low, high = ov.resample.interval_of(values, level=level, n_resamples=n_resamples, rng=rng)
            row: dict[str, Any] = {"figure": figure, "threshold": threshold} if has_thresholds else {"figure": figure}
            row["mean"] = defined.mean() if len(defined) else np.nan
            # divided by n
            row["sd"] = defined.std() if len(defined) else np.nan
            row |= {"low": low, "high": high, "n_defined": len(defined), "n_subjects": len(values)}
            rows.append(row)
    return pd.DataFrame(rows)


def confidence_interval(
    scored: Scored,
    metric: str = "f1",
    *,
    by: Literal["file", "subject"] = "file",
    group: Group = "bids",
    level: float = 0.95,
    n_resamples: int = 9999,
    rng: int | np.random.Generator | None = None,
    method: Literal["percentile", "BCa"] = "BCa",
) -> ConfidenceInterval:
    """Bootstrap a confidence interval of a figure over recordings or subjects.

    A resample is scored from what was matched once: ratios from their sums, others as their protocol makes them of
    recordings that count several times.

    Parameters
    ----------
    scored : Scored
        As `assess` returns it.
    metric : str
        A figure of the report that is of all recordings, such as "f1", "recall", "error_rate", "der", "kappa",
        "macro_f1", "average_map" or "psds".
    by : {"file", "subject"}
        What is resampled. The figure is that of all recordings in either case.
    group : str or mapping
        Whose each recording is, with ``by="subject"``; see `subjects_of`.
    level, n_resamples, rng, method
        See `overlap.resample.interval_of_figure`.

    Returns
    -------
    ConfidenceInterval
        ``low`` and ``high``; arrays where the protocol has several thresholds. A recording without either term says
        nothing of a ratio of sums, and is not resampled. A resample in which another figure is undefined is left out.

    Raises
    ------
    UsageError
        If the protocol does not report the figure, or a recording has no subject.
    ValueError
        If there are fewer than two recordings or subjects, or an argument is out of range.

    See Also
    --------
    score_subjects : Score each subject by its recordings alone.
    overlap.resample.confidence_interval : Bootstrap a confidence interval of an index over cases.

    Examples
    --------
    >>> from .comparison import assess
    >>> onset = np.arange(12.0) * 10
    >>> names = [f"sub-{k // 2}_run-{k % 2}" for k in range(12)]
    >>> reference = pd.DataFrame({"onset": onset, "offset": onset + 4, "file": names})
    >>> scored = assess(reference[::2].assign(offset=onset[::2] + 3), reference, "time", support=120.0)
    >>> low, high = confidence_interval(scored, "recall", rng=0)
    >>> round(float(low), 2), round(float(high), 2)
    (0.19, 0.56)
    >>> low, high = confidence_interval(scored, "kappa", rng=0)
    >>> round(float(low), 2), round(float(high), 2)
    (0.31, 0.71)
    """
    operation = "events.confidence_interval"
    check_scored(operation, scored)
    check_choice(operation, "by", by, ("file", "subject"))
    check_choice(operation, "method", method, ("percentile", "BCa"))
    _check_intervals(operation, level, n_resamples)
    figures = resampled_figures(scored)
    if not isinstance(metric, str) or metric not in figures:
        raise UsageError(
            f"{operation}: {one_line(repr(metric), 80)} is no figure that {scored.protocol_name} reports of recordings "
            f"that count several times, as resamples have them; it has {', '.join(figures)}"
        )
    files, figure = figures[metric]
    groups = None
    if by == "subject":
        groups = subjects_of(scored, group).loc[files].tolist()
    n_units = len(files) if groups is None else len(set(groups))
    if n_units < 2:
        found = count_of(n_units, "recording" if by == "file" else "subject")
        raise ValueError(
            f"{operation}: {found} says something of {metric}, and an interval needs two or more; score more, or leave "
            "the interval out"
        )
    return ov.resample.interval_of_figure(
        figure, len(files), level=level, n_resamples=n_resamples, rng=rng, method=method, groups=groups
    )


def resampled_figures(scored: Scored) -> dict[str, Resampled]:
    """Return the figures of recordings that count several times: of which recordings, and how they are made.

    Parameters
    ----------
    scored : Scored
        As `assess` returns it.

    Returns
    -------
    dict
        For each figure the recordings that say something of it, and ``figure(times) -> values``, see
        `overlap.resample.interval_of_figure`.

    Examples
    --------
    >>> from .comparison import assess
    >>> files, recall = resampled_figures(assess([[0, 4]], [[2, 6]], "time"))["recall"]
    >>> files, recall(np.array([[1], [2]])).tolist()
    ([''], [0.5, 0.5])
    """
    figures = {name: _of_ratio(scored, terms) for name, terms in ratios_of(scored).items()}
    weigh = scored.protocol.weigh
    if weigh is None:
        return figures
    weighed = weigh(scored)
    for name in weighed(np.ones((1, len(scored.files)), int)):
        figures[str(name)] = Resampled(scored.files, partial(_one_of, weighed, str(name)))
    return figures


class Resampled(NamedTuple):
    """A figure of recordings that count several times.

    Parameters
    ----------
    files : list of str
        The recordings that are resampled.
    figure : callable
        ``figure(times) -> values``: how often each counts, (draws, files), to the figure, (draws, ...).
    """

    files: list[str]
    figure: Callable[[np.ndarray], np.ndarray]


def _check_intervals(operation: str, level: object, n_resamples: object) -> None:
    check_number(operation, "level", level, above=0, below=1)
    check_whole(operation, "n_resamples", n_resamples, at_least=1)


def _of_ratio(scored: Scored, terms: Terms) -> Resampled:
    """Return a ratio of sums over the recordings that have either term."""
    above = terms.numerator.to_numpy()
    below = terms.denominator.to_numpy()
    says_something = ((above != 0) | (below != 0)).any(axis=tuple(range(1, above.ndim)))
    files = np.array(scored.files, object)[says_something].tolist()
    return Resampled(files, partial(_ratio, above[says_something], below[says_something]))


def _ratio(above: np.ndarray, below: np.ndarray, times: np.ndarray) -> np.ndarray:
    # errors may exceed what they are divided by, and stand over nothing
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.tensordot(times, above, 1) / np.tensordot(times, below, 1))


def _one_of(weighed: Weighed, name: str, times: np.ndarray) -> np.ndarray:
    return weighed(times)[name].transpose("draw", ...).to_numpy()


def with_subjects(
    report: xr.Dataset,
    scored: Scored,
    group: Group = "bids",
    *,
    level: float = 0.95,
    n_resamples: int = 2000,
    rng: int | np.random.Generator | None = 0,
) -> xr.Dataset:
    """Add to a report the mean over subjects of each figure, and intervals.

    Parameters
    ----------
    report : Dataset
        As ``scored.report(by)`` returns it.
    scored : Scored
        As `assess` returns it.
    group : str or mapping
        Whose each recording is, see `subjects_of`.
    level, n_resamples, rng
        Confidence level, number of resamples and seed of the intervals (percentile bootstrap over subjects).

    Returns
    -------
    Dataset
        Beside those of the report, of each figure f that subjects have: ``f_mean f_sd f_mean_low f_mean_high``, over
        the ``f_n_defined`` subjects of which it is no 0/0; ``f_low f_high``, the interval of the figure of all
        recordings, where two subjects say something of it.
        ``attrs``: ``group n_subjects level n_resamples``.

    Raises
    ------
    ValueError
        If a recording has no subject, or `level` or `n_resamples` is out of range.
    TypeError
        If `report` is no report, or `scored` is not what `assess` returns.

    See Also
    --------
    average_subjects : Average the figures of subjects.
    score_subjects : Score each subject by its recordings alone.

    Examples
    --------
    >>> from .comparison import assess
    >>> a = pd.DataFrame({"onset": [1.0, 5.0], "offset": [4.0, 9.0], "file": ["sub-01_run-1", "sub-02_run-1"]})
    >>> b = pd.DataFrame({"onset": [1.0, 6.0], "offset": [4.0, 9.0], "file": ["sub-01_run-1", "sub-02_run-1"]})
    >>> scored = assess(a, b, "time")
    >>> report = with_subjects(scored.report(), scored)
    >>> float(report.iou_mean), float(report.iou_sd), report.attrs["n_subjects"]
    (0.875, 0.125, 2)
    """
    if not isinstance(report, xr.Dataset) or not isinstance(scored, Scored):
        raise TypeError(
            "events.with_subjects: takes a report and what it is of: with_subjects(scored.report(), scored, group)"
        )
    _check_intervals("events.with_subjects", level, n_resamples)
    scores = score_subjects(scored, group)
    averages = average_subjects(scores, level=level, n_resamples=n_resamples, rng=rng)
    names = {"mean": "mean", "sd": "sd", "low": "mean_low", "high": "mean_high", "n_defined": "n_defined"}
    added: dict[str, Any] = {}
    for figure, rows in averages.groupby("figure", sort=False):
        for column, name in names.items():
            values = rows[column].to_numpy(float)
            added[f"{figure}_{name}"] = ("threshold", values) if "threshold" in rows else values[0]
    n_subjects = int(scores["subject"].nunique())
    if n_subjects > 1:
        for metric in resampled_figures(scored):
            try:
                low, high = confidence_interval(
                    scored,
                    metric,
                    by="subject",
                    group=group,
                    level=level,
                    n_resamples=n_resamples,
                    rng=rng,
                    method="percentile",
                )
            except ValueError:
                # fewer than two subjects say anything of this figure
                continue
            dims = ("threshold",) if np.ndim(low) else ()
            added[f"{metric}_low"] = (dims, low)
            added[f"{metric}_high"] = (dims, high)
    said = group if isinstance(group, str) else "mapping"
    return report.assign(added).assign_attrs(group=said, n_subjects=n_subjects, level=level, n_resamples=n_resamples)


def part_of(scored: Scored, files: Iterable[str]) -> Scored:
    """Return what was scored of some recordings alone.

    Parameters
    ----------
    scored : Scored
        As `assess` returns it.
    files : iterable of str
        Recordings.

    Examples
    --------
    >>> from .comparison import assess
    >>> events = pd.DataFrame({"onset": [1.0, 5.0], "offset": [4.0, 9.0], "file": ["a", "b"]})
    >>> part_of(assess(events, events, "time"), ["b"]).report().intersection.item()
    4.0
    """
    names = list(files)
    is_kept_a = scored.prediction["file"].isin(names).to_numpy(bool)
    is_kept_b = scored.reference["file"].isin(names).to_numpy(bool)
    row_a = np.cumsum(is_kept_a) - 1
    row_b = np.cumsum(is_kept_b) - 1
    of_pair = np.flatnonzero(is_kept_a[scored.pairs.prediction] & is_kept_b[scored.pairs.reference])
    pairs = scored.pairs._replace(
        prediction=row_a[scored.pairs.prediction[of_pair]],
        reference=row_b[scored.pairs.reference[of_pair]],
        value=scored.pairs.value[of_pair],
    )
    matches = scored.matches._replace(
        prediction=_renumbered(scored.matches.prediction[:, is_kept_a], row_b),
        reference=_renumbered(scored.matches.reference[:, is_kept_b], row_a),
        substituted=scored.matches.substituted[is_kept_b],
    )
    predicted, annotated = scored.given
    given = (predicted[predicted["file"].isin(names)], annotated[annotated["file"].isin(names)])
    return replace(
        scored,
        given=given,
        prediction=scored.prediction[is_kept_a].reset_index(drop=True),
        reference=scored.reference[is_kept_b].reset_index(drop=True),
        support=scored.support[scored.support.index.isin(names)],
        pairs=pairs,
        matches=matches,
    )


def _renumbered(partner: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Return partners by their new rows; nobody stays nobody."""
    if not len(row):
        return partner
    return np.where(partner == NOBODY, NOBODY, row[partner])


def _numbers(figures: xr.Dataset) -> dict[str, float]:
    return {str(name): x.item() for name, x in figures.data_vars.items()}


def _only(found: set[str], file: str, where: str) -> str:
    """Return the one subject that was found."""
    if len(found) == 1:
        return found.pop()
    what = "no subject" if not found else f"{len(found)} subjects ({', '.join(sorted(found)[:3])})"
    raise UsageError(
        f"events.subjects_of: recording {one_line(repr(file), 80)} has {what} in {where}; say whose it is: "
        'group={recording: subject}, a pattern such as "(p[0-9]+)_", a column of the events, or "file" if each '
        "recording is a subject of its own"
    )


def _captured(pattern: str, file: str) -> set[str]:
    try:
        found = re.search(pattern, file)
    except re.error as error:
        raise UsageError(f"events.subjects_of: group {pattern!r} is no pattern ({error})") from None
    return {found[1]} if found and found[1] else set()


def _in_column(scored: Scored, column: str, files: pd.Index[Any]) -> list[str]:
    """Return the subject that a column of either side names for each recording."""
    named: dict[str, set[str]] = {file: set() for file in files}
    sides = [side for side in scored.given if column in side]
    if not sides:
        raise UsageError(
            f'events.subjects_of: the events have no column {column!r}; group is "bids", "file", a mapping, a pattern '
            'such as "(p[0-9]+)_" or a column of theirs'
        )
    for side in sides:
        different = side[["file", column]].dropna().drop_duplicates()
        for file, subject in zip(different["file"], different[column], strict=True):
            named[file].add(str(subject))
    return [_only(named[file], file, f"column {column!r}") for file in files]
