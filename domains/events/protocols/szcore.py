"""SzCORE: seizures found, and false alarms in 24 hours. Preset "szcore".

Conventions
-----------
- One class: seizures. Short gaps are merged and long seizures cut, on both sides.
- A reference reaches 30 s back and 60 s on, within the recording. What overlaps it has found it, many to many.
- timescoring knows recordings, no stretches of them: what lies past the end of one is a miss or a false alarm.
  Corrected, or with ``outside="dropped"``, which several stretches of a file need, a seizure, merged and cut, is scored
  if it shares time with a stretch, and reaches on within the stretches that it shares time with; the others are left
  out. The hours of the false alarm rate are those of all stretches.

References
----------
Dan, J. et al. (2024). SzCORE: Seizure community open-source research evaluation framework. Epilepsia.
doi:10.1111/epi.18113
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import nan

import pandas as pd
import xarray as xr

from ..._checks import check_number
from .criteria import near_enough
from .descriptions import F1, NOT_USED, POOLED, Description, at_samples, of_nothing, of_outside, patterns
from .matchers import all_pairs
from .preparation import Order, Outside, as_masks, merge_and_split, with_labels, within_support
from .reducers import count_false_alarms
from .scored import By, Matched, Protocol, Scored
from .settings import (
    OPERATION,
    OUTSIDE,
    Empty,
    check_amount,
    check_empty,
    check_labels,
    check_order,
    check_outside,
    check_rate,
    check_seconds,
    check_share,
)


@dataclass(frozen=True)
class SeizureSettings:
    """Settings of "szcore".

    Parameters
    ----------
    labels : str or sequence of str
        Patterns of the labels that count, as in a shell; events without a label always do.
    min_gap : float
        Events closer than this are one, seconds.
    max_duration : float
        Longer events are cut into pieces of this length and a rest, seconds.
    order : {"rows", "time"}
        Merge each row with the row before, as timescoring does, or sort the rows first.
    tolerance : float
        Gaps and durations this close to their limit are at it; a prediction must share more than this with a
        reference to have found it, seconds.
    before, after : float
        How far a reference reaches before its onset and after its offset, seconds.
    min_overlap : float
        Share of the extended reference that all predictions together must cover, in [0, 1]; more than this.
    rate : float, optional
        Samples per second to which all is rounded, half to even. None: exact.
    mask_rate : float, optional
        Samples per second of the masks that files become first, times cut down; 1 in szcore-evaluation. None: none.
    slack : float
        What the share must exceed `min_overlap` by.
    empty : float or EmptyPolicy
        Value of an index that is 0/0.
    outside : {"counted", "dropped"}
        Whether events that share no time with what was scored count, or are left out.
    """

    labels: str | Sequence[str] = "sz*"
    min_gap: float = 90.0
    max_duration: float = 300.0
    order: Order = "rows"
    tolerance: float = 0.0
    before: float = 30.0
    after: float = 60.0
    min_overlap: float = 0.0
    rate: float | None = 10.0
    mask_rate: float | None = None
    slack: float = 1e-6
    empty: Empty = nan
    outside: Outside = "counted"

    def __post_init__(self) -> None:
        if not isinstance(self.labels, str):
            check_labels(self.labels)
        check_seconds("min_gap", self.min_gap)
        check_number(OPERATION, "max_duration", self.max_duration, above=0)
        check_order(self.order)
        check_amount("tolerance", self.tolerance)
        check_seconds("before", self.before)
        check_seconds("after", self.after)
        check_share("min_overlap", self.min_overlap)
        check_rate(self.rate)
        check_rate(self.mask_rate, "mask_rate")
        check_amount("slack", self.slack)
        check_empty(self.empty)
        check_outside(self.outside)


def match_seizures(
    prediction: pd.DataFrame, reference: pd.DataFrame, support: pd.DataFrame, settings: SeizureSettings
) -> Matched:
    """Merge and split the seizures of both sides, and pair each reference with what overlaps it well enough."""
    prediction = prepare_seizures(prediction, support, "prediction", settings)
    reference = prepare_seizures(reference, support, "reference", settings)
    if settings.mask_rate is not None:
        _, support = as_masks(reference, support, settings.mask_rate)
    prediction = within_support(prediction, support, settings.outside)
    reference = within_support(reference, support, settings.outside)
    pairs = near_enough(
        prediction,
        reference,
        support,
        before=settings.before,
        after=settings.after,
        min_overlap=settings.min_overlap,
        rate=settings.rate,
        slack=settings.slack,
        tolerance=settings.tolerance,
    )
    matches = all_pairs(prediction, reference, pairs)
    return Matched(prediction, reference, pairs, matches)


def count_seizures(scored: Scored, by: By) -> xr.Dataset:
    """Count as `count_false_alarms` does, over whole samples of the support where there are masks."""
    if scored.settings.mask_rate is not None:
        _, support = as_masks(scored.reference, scored.support, scored.settings.mask_rate)
        scored = replace(scored, support=support)
    return count_false_alarms(scored, by)


def prepare_seizures(events: pd.DataFrame, support: pd.DataFrame, side: str, settings: SeizureSettings) -> pd.DataFrame:
    """Merge and split the seizures of one side."""
    if settings.mask_rate is not None:
        seizures = with_labels(events, settings.labels, side)
        events, _ = as_masks(seizures, support, settings.mask_rate)
    return merge_and_split(
        events,
        labels=settings.labels,
        min_gap=settings.min_gap,
        max_duration=settings.max_duration,
        order=settings.order,
        tolerance=settings.tolerance,
        side=side,
    )


def describe_seizures(settings: SeizureSettings) -> Description:
    """Say what "szcore" does."""
    share = f"more than {settings.min_overlap:g} of it" if settings.min_overlap else "any of it"
    return Description(
        criterion=f"predictions cover the extended reference, {share}",
        matcher="many to many",
        collar=f"{settings.before:g} s before and {settings.after:g} s after a reference",
        boundaries=at_samples(settings.rate),
        average=POOLED,
        empties=f"their time counts in false alarms per day; {of_nothing(settings.empty)}",
        labels=(
            f"{patterns(settings.labels)} and none count, as one class; gaps < {settings.min_gap:g} s are closed, "
            f"events > {settings.max_duration:g} s cut"
        ),
        scores=NOT_USED,
        support=f"references do not reach past it; false alarms per day need it; {of_outside(settings.outside)}",
    )


SZCORE = Protocol(
    match_seizures,
    count_seizures,
    SeizureSettings(),
    corrected={"rate": None, "slack": 1e-9, "tolerance": 1e-9, "order": "time", "outside": "dropped"},
    faults=(
        "rows that are nested or out of order are merged wrongly",
        "an event that rounds to no sample at 10 Hz is a miss and a false alarm even when it is right",
        OUTSIDE,
    ),
    tool="timescoring 0.0.7",
    stretches="whole",
    uses_labels=False,
    headline=F1,
    describe=describe_seizures,
)
