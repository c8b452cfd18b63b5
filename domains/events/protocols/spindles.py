"""Sleep spindles by event: F1 over the temporal IoU that a match needs, 0.2 the reference point. Preset "spindles".

Conventions
-----------
- A reference takes the detection of greatest IoU, and a detection keeps the one of greatest IoU of the references that
  took it: one to one. SUMO's code keeps all where several are equal, so that more may match than there are.
- A match needs an IoU of more than the threshold. Labels must agree; a file without labels has one.

References
----------
Warby, S. C. et al. (2014). Sleep-spindle detection: crowdsourcing and evaluating performance of experts, non-experts
and automated methods. Nat. Methods 11, 385. doi:10.1038/nmeth.2855
Lacourse, K. et al. (2019). A sleep spindle detection algorithm that emulates human expert spindle scoring.
J. Neurosci. Methods 316, 3. doi:10.1016/j.jneumeth.2018.08.014
Lacourse, K. et al. (2020). Massive online data annotation, crowdsourcing to generate high quality sleep spindle
annotations from EEG data. Sci. Data 7, 190. doi:10.1038/s41597-020-0533-4 (MODA)
Kaulen, L. et al. (2022). Advanced sleep spindle identification with neural networks. Sci. Rep. 12, 7686.
doi:10.1038/s41598-022-11210-y (SUMO)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

import overlap as ov

from ..._checks import UsageError, check_choice
from ..schema import times_of
from .criteria import Pairs, tiou
from .descriptions import NO_COLLAR, NOT_USED, POOLED, Description, Headline, Terms, listed, of_nothing, of_outside
from .matchers import NOBODY, Matches
from .preparation import Order, Outside, ordered, within_support
from .reducers import count, names_of, tally
from .scored import By, Matched, Protocol, Scored, Weighed
from .settings import (
    OPERATION,
    OUTSIDE,
    Empty,
    as_thresholds,
    check_amount,
    check_empty,
    check_order,
    check_outside,
    check_rate,
)
from .weighing import weighed_sums

AS_SUMO = ov.EmptyPolicy(both_empty=1.0, prediction_empty=0.0, reference_empty=0.0)
"""Without spindles on both sides all is right, on one side all is wrong."""


@dataclass(frozen=True)
class SpindleSettings:
    """Settings of "spindles".

    Parameters
    ----------
    order : {"rows", "time"}
        Events as given, or sorted by file, onset, offset, label and falling confidence.
    rate : float, optional
        Samples per second to which times are rounded, half to even. None: exact.
    thresholds : sequence of float
        What the temporal IoU of a match must exceed, in (0, 1].
    reference_threshold : float
        Which of the thresholds gives the score that is compared.
    tolerance : float
        So close to a threshold an IoU is at it, and so close to each other two are equal.
    equals : {"all", "first"}
        Of several that overlap equally, all match, as SUMO has it, or the first row does.
    empty : float or EmptyPolicy
        Value of an index that is 0/0.
    outside : {"counted", "dropped"}
        Whether events that share no time with what was scored count, or are left out.
    """

    order: Order = "rows"
    rate: float | None = None
    thresholds: Sequence[float] = tuple(k / 20 for k in range(1, 20))
    reference_threshold: float = 0.2
    tolerance: float = 0.0
    equals: Literal["all", "first"] = "all"
    empty: Empty = AS_SUMO
    outside: Outside = "counted"

    def __post_init__(self) -> None:
        check_order(self.order)
        check_rate(self.rate)
        object.__setattr__(self, "thresholds", as_thresholds(self.thresholds))
        if self.reference_threshold not in self.thresholds:
            raise UsageError(
                f"{OPERATION}: reference_threshold must be one of the thresholds ({listed(self.thresholds)}); got "
                f"{self.reference_threshold!r}"
            )
        check_amount("tolerance", self.tolerance)
        check_choice(OPERATION, "equals", self.equals, ("all", "first"))
        check_empty(self.empty)
        check_outside(self.outside)


def match_spindles(
    prediction: pd.DataFrame, reference: pd.DataFrame, support: pd.DataFrame, settings: SpindleSettings
) -> Matched:
    """Let each reference take the detection of greatest IoU, and each detection keep one of those that took it."""
    prediction = within_support(prediction, support, settings.outside)
    reference = within_support(reference, support, settings.outside)
    prediction = _in_samples(ordered(prediction, settings.order), settings.rate)
    reference = _in_samples(ordered(reference, settings.order), settings.rate)
    pairs = tiou(prediction, reference)
    kept = mutual(pairs, tolerance=settings.tolerance, first=settings.equals == "first")
    steps = np.asarray(settings.thresholds)
    of_prediction = np.full((len(steps), len(prediction)), NOBODY)
    of_reference = np.full((len(steps), len(reference)), NOBODY)
    for k, step in enumerate(steps):
        found = kept.value > step + settings.tolerance
        of_prediction[k, kept.prediction[found]] = kept.reference[found]
        of_reference[k, kept.reference[found]] = kept.prediction[found]
    matches = Matches(of_prediction, of_reference, np.zeros(len(reference), bool), steps)
    return Matched(prediction, reference, kept, matches)


def mutual(pairs: Pairs, *, tolerance: float = 0.0, first: bool = False) -> Pairs:
    """Return the pairs in which the reference took the detection, and the detection kept the reference.

    Parameters
    ----------
    pairs : Pairs
        By row of the prediction, then of the reference; the value is the IoU.
    tolerance : float
        So close two IoU are equal.
    first : bool
        Of equals the first alone; else all.

    Examples
    --------
    A detection that overlaps two references, and one that lies within the second:

    >>> both = Pairs(np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([0.4, 0.3, 0.6]))
    >>> mutual(both).prediction.tolist(), mutual(both).reference.tolist()
    ([0, 1], [0, 1])
    """
    taken = _greatest(pairs, pairs.reference, tolerance, first=first)
    return _greatest(taken, taken.prediction, tolerance, first=first)


def score_spindles(scored: Scored, by: By) -> xr.Dataset:
    """Count matches at each threshold; precision, recall, F1, and the F1 of the reference threshold.

    Parameters
    ----------
    scored, by
        See `count`; settings: ``tolerance reference_threshold empty``.

    Returns
    -------
    Dataset
        Those of `count` over thresholds and `by`; ``matched_pairs``, which are more than the references found where
        several overlap equally, and of which the indices are; ``detections``; ``reference_threshold`` and
        ``reference_f1``; ``mean_f1``, over thresholds.
    """
    names = names_of(scored, by)
    settings = scored.settings
    data = count(scored, by)
    n_pairs = []
    for threshold in settings.thresholds:
        found = scored.pairs.value > threshold + settings.tolerance
        n_pairs.append(np.bincount(scored.pairs.reference[found], minlength=len(scored.reference)))
    pairs = _like(data, tally(scored.reference, np.array(n_pairs), names, by))
    every = np.ones((1, len(scored.prediction)), bool)
    detections = _like(data, tally(scored.prediction, every, names, by))
    # where several are equal there are more pairs than references found, which are no sizes of sets
    data = _with_pairs(data.assign(matched_pairs=pairs, detections=detections))
    return _with_means(data, settings).assign(reference_threshold=settings.reference_threshold)


def weigh_spindles(scored: Scored) -> Weighed:
    """Return precision, recall and F1 of recordings that count several times."""
    settings = scored.settings
    sizes = ["intersection", "size_a", "size_b", "matched_pairs", "detections"]
    of_files = score_spindles(scored, "file")[sizes]

    def figures(weights: np.ndarray) -> xr.Dataset:
        sums = weighed_sums(weights, of_files)
        overlap = ov.Overlap(*(sums[name].to_numpy() for name in sizes[:3]))
        dims = sums["size_b"].dims
        ratios = {
            "precision": (dims, ov.precision(overlap, empty=settings.empty)),
            "recall": (dims, ov.recall(overlap, empty=settings.empty)),
            "f1": (dims, ov.dice(overlap, empty=settings.empty)),
        }
        data = _with_means(_with_pairs(sums.assign(ratios)), settings)
        return data[["precision", "recall", "f1", "reference_f1", "mean_f1"]]

    return figures


def _with_pairs(data: xr.Dataset) -> xr.Dataset:
    """Make the indices those of matched pairs, where there are more of them than references found."""
    pairs = data["matched_pairs"]
    is_more = pairs != data["intersection"]
    return data.assign(
        precision=data.precision.where(~is_more, pairs / data.detections.where(is_more)),
        recall=data.recall.where(~is_more, pairs / data.size_b.where(is_more)),
        f1=data.f1.where(~is_more, 2 * pairs / (data.detections + data.size_b).where(is_more)),
    )


def _with_means(data: xr.Dataset, settings: SpindleSettings) -> xr.Dataset:
    """Add the F1 of the reference threshold, and the mean over thresholds."""
    at_reference = data.f1.sel(threshold=settings.reference_threshold, drop=True)
    return data.assign(reference_f1=at_reference, mean_f1=data.f1.mean("threshold"))


def terms_of_reference_f1(report: xr.Dataset) -> Terms:
    """Return the terms of the F1 at the reference threshold."""
    at_reference = report.sel(threshold=float(report["reference_threshold"]), drop=True)
    return Terms(2 * at_reference["matched_pairs"], at_reference["detections"] + at_reference["size_b"])


def describe_spindles(settings: SpindleSettings) -> Description:
    """Say what "spindles" does."""
    equals = "all of several equals" if settings.equals == "all" else "of equals the first row"
    rounding = "exact" if settings.rate is None else f"rounded to samples at {settings.rate:g} Hz, half to even"
    comparison = f", compared within {settings.tolerance:g}" if settings.tolerance else ", compared bit by bit"
    return Description(
        criterion=f"temporal IoU > {listed(settings.thresholds)}; {settings.reference_threshold:g} is the score",
        matcher=f"the detection of greatest IoU of each reference, then the reference of each detection; {equals}",
        collar=NO_COLLAR,
        boundaries=f"half-open, {rounding}{comparison}",
        average=POOLED,
        empties=f"all that is detected there is spurious; {of_nothing(settings.empty)}",
        labels="must agree",
        scores=NOT_USED,
        support=of_outside(settings.outside),
    )


def _like(data: xr.Dataset, counts: np.ndarray) -> xr.DataArray:
    """Return counts as an array of the dimensions of a report."""
    shape = data.intersection.shape
    values = counts if counts.shape[0] == shape[0] else np.repeat(counts, shape[0], axis=0)
    return xr.DataArray(values.astype(int).reshape(shape), dims=data.intersection.dims)


def _in_samples(events: pd.DataFrame, rate: float | None) -> pd.DataFrame:
    if rate is None:
        return events
    # whole samples and not seconds, so that IoU are ratios of whole numbers
    samples = np.rint(times_of(events) * rate)
    return events.assign(onset=samples[:, 0], offset=samples[:, 1])


def _greatest(pairs: Pairs, end: np.ndarray, tolerance: float, *, first: bool) -> Pairs:
    """Return the pairs of greatest value of those that share an end."""
    greatest = np.zeros(end.max(initial=-1) + 1)
    np.maximum.at(greatest, end, pairs.value)
    kept = np.flatnonzero(pairs.value >= greatest[end] - tolerance)
    if first:
        _, earliest = np.unique(end[kept], return_index=True)
        kept = np.sort(kept[earliest])
    return Pairs(*(column[kept] for column in pairs))


SPINDLES = Protocol(
    match_spindles,
    score_spindles,
    SpindleSettings(),
    corrected={"order": "time", "tolerance": 1e-9, "equals": "first", "outside": "dropped"},
    faults=(
        "detections that overlap a spindle equally all match it, so that precision and recall may exceed 1",
        "comparisons with a threshold depend on the last bit of a temporal IoU",
        OUTSIDE,
    ),
    tool="SUMO",
    stretches="whole",
    headline=Headline("reference_f1", "F1 at IoU > 0.2", terms_of_reference_f1),
    describe=describe_spindles,
    weigh=weigh_spindles,
)
