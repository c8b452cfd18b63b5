"""Labelled time: how long both sides say the same, and Cohen's kappa. Presets "time" and "szcore_sample".

Conventions
-----------
- Events of one label and file are united within the support, so that what overlaps counts once. They are cut to its
  stretches, however many a file has, and the time of specificity, accuracy and kappa is the total of these.
- "szcore_sample" is SzCORE's score by samples: all seizures, whatever their type, are one class; what else is annotated
  (artefacts, impedance checks, background) is left out. Boundaries are rounded to whole seconds first.

References
----------
Cohen, J. (1960). Educ. Psychol. Meas. 20, 37. doi:10.1177/001316446002000104
Dan, J. et al. (2024). SzCORE. Epilepsia. doi:10.1111/epi.18113
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import nan

import pandas as pd
import xarray as xr

from .agreement import add_time, weigh_time
from .criteria import shared_time
from .descriptions import DICE, IOU, NO_COLLAR, NOT_USED, Description, at_samples, of_nothing, patterns
from .matchers import all_pairs
from .preparation import as_masks, unite, with_labels
from .reducers import with_false_alarms
from .scored import By, Matched, Protocol, Scored, Weighed, always
from .settings import Empty, check_empty, check_labels, check_rate


@dataclass(frozen=True)
class TimeSettings:
    """Settings of "time".

    Parameters
    ----------
    rate : float, optional
        Samples per second to round boundaries to (half to even); exact by default.
    empty : float or EmptyPolicy
        Value of an index that is 0/0.
    """

    rate: float | None = None
    empty: Empty = nan

    def __post_init__(self) -> None:
        check_rate(self.rate)
        check_empty(self.empty)


@dataclass(frozen=True)
class SampleSettings(TimeSettings):
    """Settings of "szcore_sample".

    Parameters
    ----------
    rate : float, optional
        Samples per second to round boundaries to (half to even); None: exact.
    empty : float or EmptyPolicy
        Value of an index that is 0/0.
    labels : str or sequence of str
        Patterns of the labels that count, as in a shell, all as one class; events without a label always do.
    mask_rate : float, optional
        Samples per second of the masks that files become first, times cut down; 1 in szcore-evaluation. None: none.
    """

    rate: float | None = 1.0
    labels: str | Sequence[str] = "sz*"
    mask_rate: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_rate(self.mask_rate, "mask_rate")
        if not isinstance(self.labels, str):
            check_labels(self.labels)


def match_time(
    prediction: pd.DataFrame, reference: pd.DataFrame, support: pd.DataFrame, settings: TimeSettings
) -> Matched:
    """Unite the events of one label, and pair those that share time."""
    prediction = unite(prediction, support, rate=settings.rate)
    reference = unite(reference, support, rate=settings.rate)
    pairs = shared_time(prediction, reference)
    matches = all_pairs(prediction, reference, pairs)
    return Matched(prediction, reference, pairs, matches)


def match_samples(
    prediction: pd.DataFrame, reference: pd.DataFrame, support: pd.DataFrame, settings: SampleSettings
) -> Matched:
    """Make all seizures of a side one class, and pair those that share time."""
    prediction = _one_class(prediction, "prediction", settings)
    reference = _one_class(reference, "reference", settings)
    if settings.mask_rate is not None:
        prediction, _ = as_masks(prediction, support, settings.mask_rate)
        reference, support = as_masks(reference, support, settings.mask_rate)
    return match_time(prediction, reference, support, settings)


def add_samples(scored: Scored, by: By) -> xr.Dataset:
    """Add up as `add_time` does, and the seconds of false alarms in 24 hours.

    Returns
    -------
    Dataset
        Beside those of `add_time`: ``false_alarms_per_24h``, seconds that no reference covers in a day.
    """
    scored = _in_masks(scored)
    return with_false_alarms(add_time(scored, by), scored, by)


def weigh_samples(scored: Scored) -> Weighed:
    """Return kappa, and what needs true negatives, of recordings that count several times."""
    return weigh_time(_in_masks(scored))


def _in_masks(scored: Scored) -> Scored:
    """Return the same over whole samples of the support, where there are masks."""
    if scored.settings.mask_rate is None:
        return scored
    _, support = as_masks(scored.reference, scored.support, scored.settings.mask_rate)
    return replace(scored, support=support)


def _one_class(events: pd.DataFrame, side: str, settings: SampleSettings) -> pd.DataFrame:
    seizures = with_labels(events, settings.labels, side)
    is_text = isinstance(settings.labels, str)
    pooled = settings.labels if is_text else ", ".join(settings.labels)
    return seizures.assign(label=pooled)


def describe_time(settings: TimeSettings) -> Description:
    """Say what "time" does."""
    return Description(
        criterion="time that both sides label alike",
        matcher="none: seconds are added up",
        collar=NO_COLLAR,
        boundaries=at_samples(settings.rate),
        average="seconds of all recordings and labels, the ratio once",
        empties=f"no seconds; {of_nothing(settings.empty)}",
        labels="must agree; what overlaps of one label counts once",
        scores=NOT_USED,
        support="cuts off what lies outside; kappa and accuracy need it",
    )


def describe_samples(settings: SampleSettings) -> Description:
    """Say what "szcore_sample" does."""
    return replace(
        describe_time(settings),
        criterion="time that both sides call a seizure",
        average="seconds of all recordings, the ratio once",
        labels=f"{patterns(settings.labels)} and none count, as one class; others are left out",
    )


TIME = Protocol(
    match_time,
    add_time,
    TimeSettings(),
    units="seconds",
    headline=IOU,
    describe=describe_time,
    stretches="cut",
    needs_duration=always,
    weigh=weigh_time,
)

SZCORE_SAMPLE = Protocol(
    match_samples,
    add_samples,
    SampleSettings(),
    corrected={"rate": None},
    faults=("boundaries are rounded to whole seconds, and an event that rounds to none vanishes",),
    tool="timescoring 0.0.7",
    units="seconds",
    uses_labels=False,
    headline=DICE,
    describe=describe_samples,
    stretches="cut",
    needs_duration=always,
    weigh=weigh_samples,
)
