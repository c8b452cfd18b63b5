"""Events found at several temporal IoU: as many pairs as can be, one to one. Preset "tiou".

Conventions
-----------
- With ``shape="box"`` events are boxes of time and frequency (columns ``low_freq`` and ``high_freq``, as Raven,
  Audacity and BirdNET write them), and the IoU is that of the boxes. It does not depend on the units.
- Labels must agree. Of the largest matchings the one of greatest total IoU is taken.
- Of several scored stretches, an event that shares time with one is scored, whole; others are left out and listed.

References
----------
Caba Heilbron, F. et al. (2015). ActivityNet. CVPR, 961. doi:10.1109/CVPR.2015.7298698 (temporal IoU)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import Literal

import pandas as pd

from ..._checks import UsageError, check_choice
from .criteria import Points, box_iou, tiou
from .descriptions import (
    F1,
    NO_COLLAR,
    NOT_USED,
    ONE_TO_ONE,
    POOLED,
    Description,
    listed,
    of_nothing,
    of_outside,
    within,
)
from .matchers import one_to_one
from .preparation import Order, Outside, ordered, within_support, without_duplicates
from .reducers import count_strictly
from .scored import Matched, Protocol
from .settings import (
    OPERATION,
    Empty,
    as_thresholds,
    check_amount,
    check_duplicates,
    check_empty,
    check_flag,
    check_order,
    check_outside,
    check_points,
)


@dataclass(frozen=True)
class TiouSettings:
    """Settings of "tiou".

    Parameters
    ----------
    order : {"rows", "time"}
        Events as given, or sorted by file, onset, offset, label and falling confidence.
    duplicates : float, optional
        Drop references whose onset and offset both lie within so many seconds of an earlier one of that label.
    points : {"same", "any", "never"}
        When two events without duration match, see `criteria.tiou`.
    thresholds : sequence of float
        Least temporal IoU of a match, in (0, 1].
    tolerance : float
        How far below a threshold still counts.
    empty : float or EmptyPolicy
        Value of an index that is 0/0.
    f1_needs_both : bool
        Whether F1 is NaN where precision or recall is; else it is 0 where all is missed.
    outside : {"counted", "dropped"}
        Whether events that share no time with what was scored count, or are left out.
    shape : {"interval", "box"}
        Whether the IoU is that of intervals of time, or of boxes of time and frequency.
    """

    order: Order = "rows"
    duplicates: float | None = None
    points: Points = "same"
    thresholds: Sequence[float] = (0.1, 0.3, 0.5, 0.7, 0.9)
    tolerance: float = 1e-9
    empty: Empty = nan
    f1_needs_both: bool = False
    outside: Outside = "dropped"
    shape: Literal["interval", "box"] = "interval"

    def __post_init__(self) -> None:
        check_order(self.order)
        check_duplicates(self.duplicates)
        check_points(self.points)
        object.__setattr__(self, "thresholds", as_thresholds(self.thresholds))
        check_amount("tolerance", self.tolerance)
        check_empty(self.empty)
        check_flag("f1_needs_both", self.f1_needs_both)
        check_outside(self.outside)
        check_choice(OPERATION, "shape", self.shape, ("interval", "box"))
        if self.shape == "box" and self.points == "any":
            raise UsageError(
                f"{OPERATION}: points='any' matches points wherever they are, and boxes have a place; say points='same'"
            )


def match_tiou(
    prediction: pd.DataFrame, reference: pd.DataFrame, support: pd.DataFrame, settings: TiouSettings
) -> Matched:
    """Match as many events of one label as can be at each temporal IoU."""
    prediction = within_support(prediction, support, settings.outside)
    reference = within_support(reference, support, settings.outside)
    reference = without_duplicates(reference, settings.duplicates)
    prediction = ordered(prediction, settings.order)
    reference = ordered(reference, settings.order)
    if settings.shape == "box":
        pairs = box_iou(prediction, reference, points=settings.points)
    else:
        pairs = tiou(prediction, reference, points=settings.points)
    matches = one_to_one(prediction, reference, pairs, thresholds=settings.thresholds, tolerance=settings.tolerance)
    return Matched(prediction, reference, pairs, matches)


def describe_tiou(settings: TiouSettings) -> Description:
    """Say what "tiou" does."""
    iou = "temporal IoU" if settings.shape == "interval" else "IoU of boxes of time and frequency"
    return Description(
        criterion=f"{iou} ≥ {listed(settings.thresholds)}",
        matcher=f"{ONE_TO_ONE}; of these the greatest IoU",
        collar=NO_COLLAR,
        boundaries=within(settings.tolerance),
        average=POOLED,
        empties=f"all that is predicted there is spurious; {of_nothing(settings.empty)}",
        labels="must agree",
        scores=NOT_USED,
        support=of_outside(settings.outside),
    )


TIOU = Protocol(match_tiou, count_strictly, TiouSettings(), headline=F1, describe=describe_tiou, stretches="whole")
