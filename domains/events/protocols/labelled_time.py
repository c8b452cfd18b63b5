"""Labelled time: how long both sides say the same, and Cohen's kappa. Presets "time" and "szcore_sample".

Conventions
-----------
- Events of one label and file are united within the support, so that what overlaps counts once.
- "szcore_sample" is SzCORE's score by samples: boundaries are rounded to whole seconds first.

References
----------
Cohen, J. (1960). Educ. Psychol. Meas. 20, 37. doi:10.1177/001316446002000104
Dan, J. et al. (2024). SzCORE. Epilepsia. doi:10.1111/epi.18113
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import pandas as pd

from .agreement import add_time
from .criteria import shared_time
from .matchers import all_pairs
from .preparation import unite
from .scored import Matched, Protocol
from .settings import Empty, check_empty, check_rate


@dataclass(frozen=True)
class TimeSettings:
    """Settings of "time" and "szcore_sample".

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


def match_time(
    prediction: pd.DataFrame, reference: pd.DataFrame, support: pd.DataFrame, settings: TimeSettings
) -> Matched:
    """Unite the events of one label, and pair those that share time."""
    prediction = unite(prediction, support, rate=settings.rate)
    reference = unite(reference, support, rate=settings.rate)
    pairs = shared_time(prediction, reference)
    matches = all_pairs(prediction, reference, pairs)
    return Matched(prediction, reference, pairs, matches)


TIME = Protocol(match_time, add_time, TimeSettings(), units="seconds")

SZCORE_SAMPLE = Protocol(
    match_time,
    add_time,
    TimeSettings(rate=1.0),
    corrected={"rate": None},
    faults=("boundaries are rounded to whole seconds, and an event that rounds to none vanishes",),
    tool="timescoring 0.0.7",
    units="seconds",
)
