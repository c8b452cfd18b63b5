"""Sound event detection as sed_eval scores it. Presets "sed_eval_event" and "sed_eval_segment".

Conventions
-----------
- "sed_eval_event": boundaries within a collar. "sed_eval_segment": the segments of a grid that events touch.
- Events of one label are matched first. What is left over on both sides substitutes, the rest are deletions and
  insertions; their sum over the number of references is the error rate.
- sed_eval knows no scored stretches. "sed_eval_segment" lays a grid over each, from its begin, cuts events to them,
  and counts the segments of all. "sed_eval_event" counts every event, as sed_eval does; corrected, or with
  ``outside="dropped"``, which several stretches of a file need, an event that shares time with one of them is scored,
  whole, since the end of a stretch is no boundary of an event, and the others are left out and listed.

References
----------
Mesaros, A., Heittola, T. & Virtanen, T. (2016). Metrics for polyphonic sound event detection. Appl. Sci. 6, 162.
doi:10.3390/app6060162
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr

import overlap as ov

from ..._checks import UsageError, check_choice, check_number
from .criteria import collar, same_segment
from .descriptions import F1, NO_COLLAR, NOT_USED, ONE_TO_ONE, POOLED, Description, of_nothing, of_outside, within
from .matchers import same_label_first
from .preparation import (
    GridPoints,
    Order,
    Outside,
    cut_into_segments,
    in_no_segment,
    ordered,
    within_support,
    without_duplicates,
)
from .reducers import count_errors, count_segments
from .scored import By, Matched, Protocol, Scored, Weighed, dims_of
from .settings import (
    OPERATION,
    OUTSIDE,
    Empty,
    check_amount,
    check_duplicates,
    check_empty,
    check_flag,
    check_labels,
    check_order,
    check_outside,
    check_share,
)
from .weighing import weighed_sums

EPS = float(np.spacing(1.0))
AVERAGED = ("precision", "recall", "f1", "error_rate")
"""What the class-wise averages of sed_eval are of."""
ROUNDING = "comparisons with the collar or the grid depend on the last bit of a time"
NOTHING = "without predictions F1 is undefined, though all is missed; without references the error rate is 1/eps"


@dataclass(frozen=True)
class CollarSettings:
    """Settings of "sed_eval_event".

    Parameters
    ----------
    order : {"rows", "time"}
        Events as given, or sorted by file, onset, offset, label and falling confidence.
    duplicates : float, optional
        Drop references whose onset and offset both lie within so many seconds of an earlier one of that label.
    onset, offset : float or None
        Collar on each side of the reference's boundary, seconds; None if that boundary does not matter. One must.
    offset_share : float
        The offset's collar is at least this share of the reference's duration, in [0, 1].
    tolerance : float
        How much more than a collar still counts, seconds.
    matching : {"optimal", "greedy"}
        As many matches as can be; or each reference, row by row, takes the first prediction that is free.
    substitutions : {"first", "most"}
        Each reference left over takes the first prediction left over; or as many as can be do.
    empty : float or EmptyPolicy
        Value of an index that is 0/0.
    f1_needs_both : bool
        Whether F1 is NaN where precision or recall is, as sed_eval has it; else it is 0 where all is missed.
    eps : float
        Added to the number of references, as sed_eval does.
    outside : {"counted", "dropped"}
        Whether events that share no time with what was scored count, or are left out.
    """

    order: Order = "rows"
    duplicates: float | None = None
    onset: float | None = 0.2
    offset: float | None = 0.2
    offset_share: float = 0.5
    tolerance: float = 0.0
    matching: Literal["optimal", "greedy"] = "optimal"
    substitutions: Literal["first", "most"] = "first"
    empty: Empty = nan
    f1_needs_both: bool = True
    eps: float = EPS
    outside: Outside = "counted"

    def __post_init__(self) -> None:
        check_order(self.order)
        check_duplicates(self.duplicates)
        check_collars(self.onset, self.offset)
        check_share("offset_share", self.offset_share)
        check_amount("tolerance", self.tolerance)
        check_matching(self.matching, self.substitutions)
        check_empty(self.empty)
        check_flag("f1_needs_both", self.f1_needs_both)
        check_amount("eps", self.eps)
        check_outside(self.outside)


@dataclass(frozen=True)
class SegmentSettings:
    """Settings of "sed_eval_segment".

    Parameters
    ----------
    resolution : float
        Length of a segment, seconds.
    tolerance : float
        Boundaries this close to the grid lie on it, seconds: 0.3 / 0.1 is less than 3 in floating point.
    matching, substitutions, empty, f1_needs_both, eps
        See `CollarSettings`.
    grid_points : {"nowhere", "next"}
        Whether an event without duration that lies on the grid touches no segment, as in sed_eval, or the one that
        begins there (seen backwards in time it would be the one before).
    labels : sequence of str, optional
        All classes there are; by default those that occur. One that neither side has is a true negative throughout.
    """

    resolution: float = 1.0
    tolerance: float = 0.0
    matching: Literal["optimal", "greedy"] = "optimal"
    substitutions: Literal["first", "most"] = "first"
    empty: Empty = nan
    f1_needs_both: bool = True
    eps: float = EPS
    grid_points: GridPoints = "nowhere"
    labels: Sequence[str] | None = None

    def __post_init__(self) -> None:
        check_number(OPERATION, "resolution", self.resolution, above=0)
        check_amount("tolerance", self.tolerance)
        check_matching(self.matching, self.substitutions)
        check_empty(self.empty)
        check_flag("f1_needs_both", self.f1_needs_both)
        check_amount("eps", self.eps)
        check_choice(OPERATION, "grid_points", self.grid_points, ("nowhere", "next"))
        if self.labels is not None:
            check_labels(self.labels)


def match_within_collars(
    prediction: pd.DataFrame, reference: pd.DataFrame, support: pd.DataFrame, settings: CollarSettings
) -> Matched:
    """Match events whose boundaries lie within a collar: first pairs of one label, then pairs of two."""
    prediction = within_support(prediction, support, settings.outside)
    reference = within_support(reference, support, settings.outside)
    reference = without_duplicates(reference, settings.duplicates)
    prediction = ordered(prediction, settings.order)
    reference = ordered(reference, settings.order)
    pairs = collar(
        prediction,
        reference,
        onset=settings.onset,
        offset=settings.offset,
        offset_share=settings.offset_share,
        tolerance=settings.tolerance,
    )
    matches = same_label_first(
        prediction, reference, pairs, matching=settings.matching, substitutions=settings.substitutions
    )
    return Matched(prediction, reference, pairs, matches)


def match_segments(
    prediction: pd.DataFrame, reference: pd.DataFrame, support: pd.DataFrame, settings: SegmentSettings
) -> Matched:
    """Match the segments of a grid that events touch, those of one label first."""
    grid: dict[str, Any] = {
        "resolution": settings.resolution,
        "tolerance": settings.tolerance,
        "grid_points": settings.grid_points,
    }
    prediction = cut_into_segments(prediction, support, **grid)
    reference = cut_into_segments(reference, support, **grid)
    pairs = same_segment(prediction, reference)
    matches = same_label_first(
        prediction, reference, pairs, matching=settings.matching, substitutions=settings.substitutions
    )
    return Matched(prediction, reference, pairs, matches)


def score_events(scored: Scored, by: By) -> xr.Dataset:
    """Count as `count_errors` does, and add the class-wise averages: each label counts alike.

    Parameters
    ----------
    scored, by
        See `count_errors`.

    Returns
    -------
    Dataset
        Beside those of `count_errors`: ``macro_precision macro_recall macro_f1 macro_error_rate`` unless labels are
        kept apart, means over the labels of which they are defined.
    """
    return _with_class_averages(count_errors(scored, by), scored, by)


def score_segments(scored: Scored, by: By) -> xr.Dataset:
    """Count as `count_segments` does, and add the class-wise averages, see `score_events`."""
    return _with_class_averages(count_segments(scored, by), scored, by)


def _with_class_averages(data: xr.Dataset, scored: Scored, by: By) -> xr.Dataset:
    dims = dims_of(by)
    if "label" in dims:
        return data
    each = count_errors(scored, ("file", "label") if dims else "label")
    return data.assign({f"macro_{name}": each[name].mean("label") for name in AVERAGED})


def weigh_events(scored: Scored) -> Weighed:
    """Return the class-wise averages of recordings that count several times."""
    of_files = count_errors(scored, ("file", "label"))[["intersection", "size_a", "size_b"]]
    settings = scored.settings

    def figures(weights: np.ndarray) -> xr.Dataset:
        sums = weighed_sums(weights, of_files)
        sizes = [sums[name].to_numpy() for name in ("intersection", "size_a", "size_b")]
        overlap = ov.Overlap(*sizes)
        each = {
            "precision": ov.precision(overlap, empty=settings.empty),
            "recall": ov.recall(overlap, empty=settings.empty),
            "f1": ov.dice(overlap, empty=settings.empty),
        }
        if settings.f1_needs_both:
            is_both = ~np.isnan(each["precision"]) & ~np.isnan(each["recall"])
            each["f1"] = np.where(is_both, each["f1"], nan)
        found, predicted, annotated = sizes
        references = annotated + settings.eps
        each["error_rate"] = np.divide(
            predicted + annotated - 2 * found, references, out=np.full(found.shape, nan), where=references > 0
        )
        # a label of recordings that are not drawn is none
        is_there = predicted + annotated > 0
        averages = {}
        for name, values in each.items():
            of_labels = xr.DataArray(np.where(is_there, values, nan), dims=sums["size_b"].dims)
            averages[f"macro_{name}"] = of_labels.mean("label")
        return xr.Dataset(averages)

    return figures


def weigh_segments(scored: Scored) -> Weighed:
    """Return the class-wise averages, and the balanced accuracy, of recordings that count several times."""
    averages = weigh_events(scored)
    of_files = count_segments(scored, "file")[["intersection", "size_a", "size_b", "true_negatives"]]
    eps = scored.settings.eps

    def figures(weights: np.ndarray) -> xr.Dataset:
        sums = weighed_sums(weights, of_files)
        references = sums["size_b"] + eps
        others = sums["true_negatives"] + sums["size_a"] - sums["intersection"] + eps
        sensitivity = sums["intersection"] / references.where(references > 0)
        specificity = sums["true_negatives"] / others.where(others > 0)
        return averages(weights).assign(balanced_accuracy=(sensitivity + specificity) / 2)

    return figures


def lost_on_grid(events: pd.DataFrame, support: pd.DataFrame, settings: SegmentSettings) -> np.ndarray:
    """Return which events lie on the grid, have no duration and so touch no segment.

    Examples
    --------
    >>> from ..schema import as_events, as_support
    >>> lost_on_grid(as_events([[3.0, 3.0]]), as_support(10.0, [""]), SegmentSettings()).tolist()
    [True]
    """
    if settings.grid_points == "next":
        return np.zeros(len(events), bool)
    return in_no_segment(events, support, resolution=settings.resolution, tolerance=settings.tolerance)


def check_collars(onset: float | None, offset: float | None) -> None:
    """Check the collars: seconds, and one at least.

    Examples
    --------
    >>> check_collars(None, None)
    Traceback (most recent call last):
    domains._checks.UsageError: events.assess: neither onset nor offset has a collar; give at least one
    """
    if onset is None and offset is None:
        raise UsageError(f"{OPERATION}: neither onset nor offset has a collar; give at least one")
    if onset is not None:
        check_amount("onset", onset)
    if offset is not None:
        check_amount("offset", offset)


def check_matching(matching: object, substitutions: object) -> None:
    """Check how events are matched, and what substitutes.

    Examples
    --------
    >>> check_matching("best", "first")
    Traceback (most recent call last):
    domains._checks.UsageError: events.assess: matching must be one of 'optimal', 'greedy'; got 'best'
    """
    check_choice(OPERATION, "matching", matching, ("optimal", "greedy"))
    check_choice(OPERATION, "substitutions", substitutions, ("first", "most"))


def describe_collars(settings: CollarSettings) -> Description:
    """Say what "sed_eval_event" does."""
    collars = []
    if settings.onset is not None:
        collars.append(f"onset {settings.onset:g} s")
    if settings.offset is not None:
        collars.append(f"offset {settings.offset:g} s or {settings.offset_share:g} of the duration")
    return Description(
        criterion="both boundaries within a collar" if len(collars) == 2 else "one boundary within a collar",
        matcher=ONE_TO_ONE if settings.matching == "optimal" else "each reference the first free prediction",
        collar="; ".join(collars),
        boundaries=within(settings.tolerance),
        average=POOLED,
        empties=_of_empties(settings),
        labels="must agree; what is left over of two labels substitutes, in the error rate",
        scores=NOT_USED,
        support=of_outside(settings.outside),
    )


def describe_segments(settings: SegmentSettings) -> Description:
    """Say what "sed_eval_segment" does."""
    return Description(
        criterion="segments that both sides touch",
        matcher="segment by segment",
        collar=NO_COLLAR,
        boundaries=f"widened to a grid of {settings.resolution:g} s; {within(settings.tolerance)}",
        average="segments of all recordings and labels, the ratio once",
        empties=_of_empties(settings),
        labels="must agree; what is left over of two labels substitutes, in the error rate",
        scores=NOT_USED,
        support="cuts off what lies outside; without it the last event ends a recording, for the accuracy",
    )


def _of_empties(settings: CollarSettings | SegmentSettings) -> str:
    f1 = "; F1 is undefined where precision or recall is" if settings.f1_needs_both else ""
    return f"all that is predicted there is spurious; {of_nothing(settings.empty)}{f1}"


SED_EVAL_EVENT = Protocol(
    match_within_collars,
    score_events,
    CollarSettings(),
    corrected={
        "tolerance": 1e-9,
        "order": "time",
        "substitutions": "most",
        "f1_needs_both": False,
        "eps": 0.0,
        "outside": "dropped",
    },
    faults=(ROUNDING, "which event substitutes for which depends on the order of rows", NOTHING, OUTSIDE),
    tool="sed_eval 0.2.1",
    headline=F1,
    describe=describe_collars,
    weigh=weigh_events,
    stretches="whole",
)

SED_EVAL_SEGMENT = Protocol(
    match_segments,
    score_segments,
    SegmentSettings(),
    corrected={"tolerance": 1e-9, "f1_needs_both": False, "eps": 0.0},
    faults=(ROUNDING, NOTHING),
    tool="sed_eval 0.2.1",
    units="segments",
    loses=lost_on_grid,
    why_lost="without duration, on the grid of segments",
    headline=F1,
    describe=describe_segments,
    weigh=weigh_segments,
    stretches="cut",
)
