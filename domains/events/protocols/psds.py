"""Polyphonic sound detection score. Presets "psds", "psds_scenario1" and "psds_scenario2".

Conventions
-----------
- What is relevant, found, false and crossed is as in "intersection". PSDS is the area below the curve of what is found
  over the rate of false alarms, over all thresholds: `psd_roc`.
- A column ``operating_point`` says that the prediction stands at several thresholds, one table below the other, as
  psds_eval takes them. Else, each row with a ``confidence`` is there at every threshold up to it, and the curve is
  exact: no threshold is left out. Without either there is one operating point.
- With ``rows="frames"`` the rows of a label are frames of its score, and a threshold makes events of them:
  `frame_scores`. This is what sed_scores_eval does.
- Labels are those of the reference. The duration of every recording has to be known.
- psds_eval 0.3, which gave the figures that were published up to 2021, takes the mean rate of a label's cross-triggers
  over all labels; psds_eval 0.5 and sed_scores_eval over the other labels, as the paper does.

References
----------
Bilen, C., Ferroni, G., Tuveri, F., Azcarreta, J. & Krstulović, S. (2020). A framework for the robust evaluation of
sound event detection. ICASSP, 61. arXiv:1910.08440
Ebbers, J., Serizel, R. & Haeb-Umbach, R. (2022). Threshold-independent evaluation of sound event detection scores.
ICASSP. arXiv:2201.13148
DCASE challenge, task 4: https://dcase.community/challenge2021/task-sound-event-detection-and-separation-in-domestic-environments
(the two scenarios)
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from math import nan
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

import overlap as ov
from overlap import intervals

from ... import _report
from ..._checks import UsageError, check_choice, check_number
from ..schema import durations_of, names_in, places_in, times_of
from ..steps.rows import repeated
from .criteria import Pairs, Repeated, share_of, shared_time
from .descriptions import NO_COLLAR, Description, Headline, of_nothing, of_outside, within
from .frame_scores import events_at_every_threshold
from .intersection import (
    POINTS,
    REPEATS,
    SHARES,
    check_criteria,
    criterion_of,
    cross_triggers,
    largest_partners,
    leaves_points_out,
    prepared,
    relevant,
)
from .matchers import NOBODY
from .preparation import Outside, united
from .psd_roc import Changes, Counts, Curve, Version, area, effective_curve, found_as_thresholds_fall
from .reducers import coords_of, names_of, tally, tally_apart
from .scored import By, Matched, Protocol, Scored, Weighed, dims_of
from .settings import OPERATION, Empty, check_amount, check_empty

Found = tuple[np.ndarray, np.ndarray, np.ndarray]

POINT = "operating_point"
HOUR = 3600.0
EXACT = 1e-9
"""Frames: how far below a share still counts at least. Their times are multiples of a step, and shares often equal."""

ONE_LABEL = "where the reference has one label only, nothing counts, and PSDS is 0"


@dataclass(frozen=True)
class PsdsSettings:
    """Settings of "psds", "psds_scenario1" and "psds_scenario2".

    Parameters
    ----------
    dtc, gtc, cttc
        See `IntersectionSettings`.
    alpha_ct : float
        How much the mean rate of cross-triggers adds to the rate of false alarms, in [0, 1].
    alpha_st : float
        How many standard deviations over labels are taken off the mean.
    max_efpr : float, optional
        Effective false alarm rate up to which the area is taken, per `unit`; None is the largest that occurs.
    unit : float
        What rates are per, seconds.
    version : {"0.3", "0.5"}
        What the mean rate of cross-triggers is over: all labels, or the other labels.
    rows : {"events", "frames"}
        Whether a row with a confidence is an event, or a frame of its label's score.
    tolerance, repeated
        See `IntersectionSettings`.
    points : {"version", "within"}
        Events without duration: as the version of psds_eval has them (0.3: false alarms and misses, 0.5: left out), or
        covered where they lie in an event of the other side.
    outside
        See `IntersectionSettings`.
    single : {"zero", "scored"}
        Whether PSDS of one label only is 0, as psds_eval 0.5.3 has it.
    empty : float or EmptyPolicy
        Value of an index that is 0/0.

    Examples
    --------
    >>> PsdsSettings(version=0.3).version
    '0.3'
    """

    dtc: float = 0.5
    gtc: float = 0.5
    cttc: float = 0.3
    alpha_ct: float = 0.0
    alpha_st: float = 0.0
    max_efpr: float | None = 100.0
    unit: float = HOUR
    version: Version = "0.5"
    rows: Literal["events", "frames"] = "events"
    tolerance: float = 0.0
    repeated: Repeated = "each"
    points: Literal["version", "within"] = "version"
    outside: Outside = "dropped"
    single: Literal["zero", "scored"] = "zero"
    empty: Empty = nan

    def __post_init__(self) -> None:
        # at the command line 0.3 is a number
        object.__setattr__(self, "version", str(self.version))
        check_choice(OPERATION, "version", self.version, ("0.3", "0.5"))
        check_choice(OPERATION, "points", self.points, ("version", "within"))
        check_criteria(self.criteria)
        check_number(OPERATION, "alpha_ct", self.alpha_ct, at_least=0, at_most=1)
        check_amount("alpha_st", self.alpha_st)
        if self.max_efpr is not None:
            check_number(OPERATION, "max_efpr", self.max_efpr, above=0)
        check_number(OPERATION, "unit", self.unit, above=0)
        check_choice(OPERATION, "rows", self.rows, ("events", "frames"))
        check_choice(OPERATION, "single", self.single, ("zero", "scored"))
        check_empty(self.empty)

    @property
    def criteria(self) -> Criteria:
        """The part that says what is relevant, found, false and crossed."""
        of_version: Literal["errors", "left_out"] = "errors" if self.version == "0.3" else "left_out"
        points = of_version if self.points == "version" else self.points
        tolerance = max(self.tolerance, EXACT) if self.rows == "frames" else self.tolerance
        return Criteria(self.dtc, self.gtc, self.cttc, tolerance, self.repeated, points, self.outside)


@dataclass(frozen=True)
class Criteria:
    """The settings that PSDS shares with "intersection", see `IntersectionSettings`."""

    dtc: float
    gtc: float
    cttc: float
    tolerance: float
    repeated: Repeated
    points: Literal["left_out", "errors", "within"]
    outside: Outside


def match_at_all_thresholds(
    prediction: pd.DataFrame, reference: pd.DataFrame, support: pd.DataFrame, settings: PsdsSettings
) -> Matched:
    """Find the relevant predictions, and the references that they cover at the lowest threshold, or at some point."""
    unknown = support.index[~np.isfinite(durations_of(support))]
    if len(unknown):
        warnings.warn(
            f"{OPERATION}: PSDS counts false alarms per hour and is NaN, since the duration of {len(unknown)} of "
            f"{support.index.nunique()} recordings is not known (the first: {unknown[0]!r}); say it, support=",
            stacklevel=4,
        )
    prediction = with_thresholds(prediction, settings.rows)
    prediction, reference = prepared(prediction, reference, support, settings.criteria)
    runs = runs_alike(prediction)
    one_of_each = runs.one_of_each(prediction)
    is_relevant = relevant(one_of_each, reference, settings.criteria)[runs.run]
    pairs = runs.of_all_rows(shared_time(one_of_each, reference))
    found = changes_of_found(prediction, reference, pairs, is_relevant, settings)
    is_found = np.zeros(len(reference), bool)
    is_found[found[0]] = True
    return Matched(prediction, reference, pairs, largest_partners(pairs, is_relevant, is_found))


def with_thresholds(prediction: pd.DataFrame, rows: Literal["events", "frames"]) -> pd.DataFrame:
    """Check at which thresholds predictions are there, and make events of frames.

    Raises
    ------
    ValueError
        If some predictions have a confidence and others none, or there are frames and operating points.

    Examples
    --------
    >>> from ..schema import as_events
    >>> with_thresholds(as_events([[0, 1]]), "events")["operating_point"].tolist()
    ['']
    """
    n_missing = int(prediction["confidence"].isna().sum())
    if POINT in prediction:
        if rows == "frames":
            raise UsageError(
                f"{OPERATION}: the prediction has a column {POINT}, so its rows are events; leave out rows='frames'"
            )
        return prediction.assign(**{POINT: prediction[POINT].astype(str)})
    if n_missing and (n_missing < len(prediction) or rows == "frames"):
        raise ValueError(
            f"{OPERATION}: {n_missing} of {len(prediction)} predictions have no confidence, so no threshold says where "
            f"they are; add it to all, or add a column {POINT}"
        )
    if rows == "frames":
        return events_at_every_threshold(prediction[prediction["confidence"] > -np.inf])
    return prediction.assign(**{POINT: ""}) if n_missing or prediction.empty else prediction


def changes_of_found(
    prediction: pd.DataFrame, reference: pd.DataFrame, pairs: Pairs, is_relevant: np.ndarray, settings: PsdsSettings
) -> Found:
    """Return which references become found where: rows, thresholds or numbers of operating points, and amounts."""
    criteria = settings.criteria
    needed = criteria.gtc - criteria.tolerance
    pieces = prediction
    if criteria.repeated == "once" and settings.rows == "events":
        pieces = once(prediction[is_relevant])
        i, j, length = shared_time(pieces, reference)
    else:
        is_of_relevant = is_relevant[pairs.prediction]
        i = pairs.prediction[is_of_relevant]
        j = pairs.reference[is_of_relevant]
        length = pairs.value[is_of_relevant]
    share = share_of(length, durations_of(reference)[j], points=criteria.points == "within")
    if POINT not in prediction:
        high = pieces["confidence"].to_numpy(float)[i]
        low = pieces["until"].to_numpy(float)[i] if "until" in pieces else np.full(len(i), -np.inf)
        return found_as_thresholds_fall(j, share, high, low, needed)
    names = points_of(prediction)
    point = places_in(names, pieces[POINT])[i]
    n = len(reference)
    n_cells = len(names) * n
    covered_share = np.bincount(point * n + j, share, n_cells)
    is_touched = np.bincount(point * n + j, minlength=n_cells) > 0
    cell = np.flatnonzero(is_touched & (covered_share >= needed))
    return cell % n, (cell // n).astype(float), np.ones(len(cell), int)


class Runs(NamedTuple):
    """Rows of a table that are one event, which stands at several operating points.

    Parameters
    ----------
    first : array of int, shape (r,)
        The first row of each run.
    run : array of int, shape (n,)
        Which run each row is of.
    """

    first: np.ndarray
    run: np.ndarray

    def one_of_each(self, events: pd.DataFrame) -> pd.DataFrame:
        """Return the first row of each run."""
        return events.iloc[self.first]

    def of_all_rows(self, pairs: Pairs) -> Pairs:
        """Return for all rows the pairs that were found for one of each run, in the order of rows."""
        n_of_run = np.bincount(pairs.prediction, minlength=len(self.first))
        first_of_run = np.cumsum(n_of_run) - n_of_run
        row, nth = repeated(n_of_run[self.run])
        k = first_of_run[self.run][row] + nth
        return Pairs(row, pairs.reference[k], pairs.value[k])


def runs_alike(events: pd.DataFrame) -> Runs:
    """Find rows next to each other that have one file, label, onset and offset: what they overlap is asked once.

    Examples
    --------
    >>> from ..schema import as_events
    >>> runs_alike(as_events([[0, 1], [0, 1], [2, 3]]))
    Runs(first=array([0, 2]), run=array([0, 0, 1]))
    """
    differs = np.ones(len(events), bool)
    file, _ = pd.factorize(events["file"])
    label, _ = pd.factorize(events["label"])
    times = times_of(events)
    is_other_event = (file[1:] != file[:-1]) | (label[1:] != label[:-1])
    is_other_time = (times[1:] != times[:-1]).any(axis=1)
    differs[1:] = is_other_event | is_other_time
    return Runs(np.flatnonzero(differs), np.cumsum(differs) - 1)


def cross_triggers_alike(
    false_alarms: pd.DataFrame, reference: pd.DataFrame, criteria: Criteria
) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows are cross-triggers on which, see `cross_triggers`; of rows alike one is asked."""
    runs = runs_alike(false_alarms)
    i, j = cross_triggers(runs.one_of_each(false_alarms), reference, criteria)
    row, crossed, _ = runs.of_all_rows(Pairs(i, j, np.ones(len(i))))
    return row, crossed


def once(events: pd.DataFrame) -> pd.DataFrame:
    """Cut events into pieces that do not overlap, at any threshold and at any operating point.

    Examples
    --------
    >>> from ..schema import as_events
    >>> events = as_events([[0, 4], [2, 6]]).assign(confidence=[0.9, 0.5])
    >>> once(events)[["onset", "offset", "confidence"]].to_numpy().tolist()
    [[0.0, 4.0, 0.9], [4.0, 6.0, 0.5]]
    """
    columns = ["file", "label", *([POINT] if POINT in events else [])]
    group = events.groupby(columns, sort=False).ngroup().to_numpy()
    times = times_of(events)
    if POINT in events:
        whole, row = united(times, group)
    else:
        whole, row = _most_confident(times, group, events["confidence"].to_numpy(float))
    points = np.flatnonzero(times[:, 0] == times[:, 1])
    pieces = np.concatenate([whole, times[points]])
    made = events.iloc[np.append(row, points)]
    return made.assign(onset=pieces[:, 0], offset=pieces[:, 1]).reset_index(drop=True)


def points_of(prediction: pd.DataFrame) -> list[str]:
    """Return the names of the operating points, sorted."""
    return sorted(names_in(prediction, column=POINT)) or [""]


def found_of(scored: Scored) -> Found:
    """Return which references become found where, see `changes_of_found`."""
    is_relevant = scored.matches.prediction[0] != NOBODY
    return changes_of_found(scored.prediction, scored.reference, scored.pairs, is_relevant, scored.settings)


def counts_of(scored: Scored, found: Found) -> Counts:
    """Return what is found, false and crossed at each threshold."""
    settings = scored.settings
    prediction = scored.prediction
    reference = scored.reference
    files = pd.Index(scored.files)
    labels = pd.Index(names_of(scored, "label"))
    is_relevant = scored.matches.prediction[0] != NOBODY
    file_a = places_in(files, prediction["file"])
    file_b = places_in(files, reference["file"])
    label_a = places_in(labels, prediction["label"])
    label_b = places_in(labels, reference["label"])
    row, at, amount = found
    false = np.flatnonzero(~is_relevant)
    crossing = np.zeros(0, int)
    crossed = np.zeros(0, int)
    if settings.alpha_ct > 0:
        crossing, crossed = cross_triggers_alike(prediction.iloc[false], reference, settings.criteria)
    of_crossing = false[crossing]
    shape = len(files), len(labels)
    references = np.zeros(shape, int)
    np.add.at(references, (file_b, label_b), 1)
    seconds = np.zeros(shape)
    of_references = Changes(at, file_b[row], label_b[row], label_b[row], amount)
    lasting = reference
    if settings.repeated == "once":
        times, first = united(times_of(reference), file_b * len(labels) + label_b)
        lasting = reference.iloc[first].assign(onset=times[:, 0], offset=times[:, 1])
        file_b = file_b[first]
        label_b = label_b[first]
    np.add.at(seconds, (file_b, label_b), durations_of(lasting))
    return Counts(
        of_references,
        _changes(prediction, false, file_a, label_a, label_a[false]),
        _changes(prediction, of_crossing, file_a, label_a, places_in(labels, reference["label"])[crossed]),
        references,
        seconds,
        scored.seconds.to_numpy(),
        len(points_of(prediction)) if POINT in prediction else None,
    )


def curve_of(counts: Counts, settings: PsdsSettings) -> Curve:
    """Return the curve of all labels under the settings."""
    return effective_curve(
        counts,
        alpha_ct=settings.alpha_ct,
        alpha_st=settings.alpha_st,
        unit=settings.unit,
        version=settings.version,
        single=settings.single,
    )


def add_psds(scored: Scored, by: By) -> xr.Dataset:
    """Count what is found and false at each operating point, and add the score.

    Parameters
    ----------
    scored : Scored
        Events and their matches; settings: those of `PsdsSettings`.
    by : {"label", "file"}, both or None
        What to keep apart: each label has the area below its own curve, each file is scored as if it were alone.

    Returns
    -------
    Dataset
        ``psds``; ``intersection size_a size_b precision recall f1`` at each operating point; where thresholds fall, at
        the lowest, with all predictions.
    """
    settings = scored.settings
    found = found_of(scored)
    counts = counts_of(scored, found)
    data = _at_each_point(scored, by, found)
    coords = coords_of(scored, by)
    parts = [counts]
    if "file" in coords:
        parts = [counts.of_file(k) for k in range(len(coords["file"]))]
    values = [_areas(curve_of(part, settings), len(names_of(scored, "label")), settings, by) for part in parts]
    shape = [len(names) for names in coords.values()]
    return data.assign(psds=(list(coords), np.reshape(values, shape)))


def weigh_psds(scored: Scored) -> Weighed:
    """Return the score of recordings that count several times."""
    settings = scored.settings
    counts = counts_of(scored, found_of(scored))

    def figures(weights: np.ndarray) -> xr.Dataset:
        # of few recordings many draws are alike
        different, number = np.unique(weights, axis=0, return_inverse=True)
        curves = (curve_of(counts.weighed(row), settings) for row in different)
        scores = np.array([area(curve.rate, curve.effective, settings.max_efpr) for curve in curves])
        return xr.Dataset({"psds": ("draw", scores[number.ravel()])})

    return figures


def _areas(curve: Curve, n_labels: int, settings: PsdsSettings, by: By) -> float | list[float]:
    """Return the area below the curve, or below that of each label; NaN for a label without references."""
    if "label" not in dims_of(by):
        return area(curve.rate, curve.effective, settings.max_efpr)
    areas = [nan] * n_labels
    for label, height in zip(curve.labels, curve.height, strict=True):
        areas[label] = area(curve.rate, height, settings.max_efpr)
    return areas


def _at_each_point(scored: Scored, by: By, found_where: Found) -> xr.Dataset:
    """Count what is found and false at each operating point, or at the lowest threshold."""
    prediction = scored.prediction
    reference = scored.reference
    settings = scored.settings
    names = names_of(scored, by)
    is_relevant = scored.matches.prediction[0] != NOBODY
    row, at, amount = found_where
    points = points_of(prediction) if POINT in prediction else [""]
    is_found = np.zeros((len(points), len(reference)), int)
    if POINT in prediction:
        is_found[at.astype(int), row] = 1
        false_alarms = prediction[~is_relevant]
        point = places_in(points, false_alarms[POINT])
    else:
        np.add.at(is_found[0], row, amount)
        # of frames the lowest threshold leaves what never becomes part of more
        is_lowest = (prediction["until"] == -np.inf).to_numpy() if "until" in prediction else True
        false_alarms = prediction[~is_relevant & is_lowest]
        point = np.zeros(len(false_alarms), int)
    found = tally(reference, is_found.astype(bool), names, by)
    spurious = tally_apart(false_alarms, point, len(points), names, by)
    references = tally(reference, np.ones((1, len(reference)), bool), names, by)
    coords = coords_of(scored, by)
    if points != [""]:
        coords = {POINT: points, **coords}
    shape = [len(labels) for labels in coords.values()]
    intersection = found.reshape(shape)
    size_a = (found + spurious).reshape(shape)
    size_b = np.broadcast_to(references, found.shape).reshape(shape)
    overlap = ov.Overlap(intersection, size_a, size_b)
    data = _report.measured(overlap, coords, ("precision", "recall", "dice"), empty=settings.empty)
    return data.rename(dice="f1")


def _changes(
    prediction: pd.DataFrame, row: np.ndarray, file: np.ndarray, label: np.ndarray, other: np.ndarray
) -> Changes:
    """Return where rows of the prediction appear, and where they are part of longer ones."""
    one = np.ones(len(row), int)
    if POINT in prediction:
        point = places_in(points_of(prediction), prediction[POINT])[row]
        return Changes(point.astype(float), file[row], label[row], other, one)
    high = prediction["confidence"].to_numpy(float)[row]
    low = prediction["until"].to_numpy(float)[row] if "until" in prediction else np.full(len(row), -np.inf)
    ends = low > -np.inf
    again = np.append(np.arange(len(row)), np.flatnonzero(ends))
    at = np.append(high, low[ends])
    amount = np.append(one, -one[ends])
    return Changes(at, file[row][again], label[row][again], other[again], amount)


def _most_confident(times: np.ndarray, group: np.ndarray, confidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the stretches that events of each group cover, and the most confident event of each."""
    stretches = intervals.sweep(times, by=[group])
    pieces = np.stack([stretches.start, stretches.end], axis=1)
    i, piece, _ = intervals.overlap_pairs(times, pieces, by=(group, stretches.group))
    order = np.lexsort((confidence[i], piece))
    piece = piece[order]
    is_best = np.append(piece[1:] != piece[:-1], True)[: len(piece)]
    best = i[order][is_best]
    pieces = pieces[piece[is_best]]
    # what touches and is of one event is one piece
    is_new = np.append(True, (best[1:] != best[:-1]) | (pieces[1:, 0] != pieces[:-1, 1]))[: len(best)]
    is_end = np.append(is_new[1:], True)[: len(best)]
    return np.stack([pieces[is_new, 0], pieces[is_end, 1]], axis=1), best[is_new]


def describe_psds(settings: PsdsSettings) -> Description:
    """Say what "psds" and its scenarios do."""
    spread = f" less {settings.alpha_st:g} standard deviations" if settings.alpha_st else ""
    rate = "false alarms"
    if settings.alpha_ct:
        over = "all" if settings.version == "0.3" else "other"
        rate += f" and {settings.alpha_ct:g} times the mean rate of cross-triggers over {over} labels"
    limit = "the largest rate" if settings.max_efpr is None else f"{settings.max_efpr:g} in {settings.unit:g} s"
    of_rows = (
        "frames, joined where they touch" if settings.rows == "frames" else "each says to which threshold it is there"
    )
    return Description(
        criterion=criterion_of(settings.criteria),
        matcher="many to many",
        collar=NO_COLLAR,
        boundaries=within(settings.criteria.tolerance),
        average=f"area below the mean over labels{spread} of what is found, over the rate of {rate}, up to {limit}",
        empties=f"what is predicted there are false alarms; {of_nothing(settings.empty)}",
        labels="must agree; those of the reference count",
        scores=f"all thresholds: {of_rows}",
        support=f"durations, without which there is no rate; {of_outside(settings.outside)}",
    )


SCORE = Headline("psds", "PSDS")

PSDS = Protocol(
    match_at_all_thresholds,
    add_psds,
    PsdsSettings(),
    corrected={"tolerance": 1e-9, "repeated": "once", "points": "within", "single": "scored"},
    faults=(REPEATS, SHARES, POINTS, ONE_LABEL),
    tool="psds_eval 0.5.3",
    headline=SCORE,
    describe=describe_psds,
    stretches="whole",
    needs_duration=lambda settings: leaves_points_out(settings.criteria),
    takes_points=True,
    weigh=weigh_psds,
)

PSDS_SCENARIO1 = replace(PSDS, settings=PsdsSettings(dtc=0.7, gtc=0.7, alpha_ct=0.0, alpha_st=1.0))

PSDS_SCENARIO2 = replace(PSDS, settings=PsdsSettings(dtc=0.1, gtc=0.1, alpha_ct=0.5, alpha_st=1.0))
