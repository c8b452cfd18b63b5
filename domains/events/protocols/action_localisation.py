"""Temporal action localisation: mean average precision. Presets "activitynet" and "thumos14".

Conventions
-----------
- Predictions of one label, the most confident first, claim the reference of greatest temporal IoU that is free. Of
  equals the later row is claimed, since the official code has ``tiou.argsort()[::-1]``; corrected, the earlier in time.
  numpy does not promise an order of equals: beside more than 16 references of a label in a video it may be another.
- Average precision is that of each class of the reference, at several temporal IoU.
- The peers know no scored stretches: an annotation past the end of its video counts. Corrected, or with
  ``outside="dropped"``, which several stretches of a file need, an event that shares time with one of them is scored,
  whole, and the others are left out and listed.
- Recall@kx is that of the k × n most confident predictions of each label in each video, where it has n references,
  averaged over labels; several predictions may find one reference, and one several.

References
----------
Caba Heilbron, F. et al. (2015). ActivityNet. CVPR, 961. doi:10.1109/CVPR.2015.7298698
Idrees, H. et al. (2017). The THUMOS challenge on action recognition. CVIU 155, 1. doi:10.1016/j.cviu.2016.10.018
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ..._checks import check_choice
from ..schema import names_in
from .criteria import Points, groups, tiou
from .descriptions import AVERAGE_MAP, NO_COLLAR, Description, listed, of_nothing, of_outside, within
from .matchers import by_confidence
from .preparation import Order, Outside, ordered, within_support, without_duplicates
from .ranks import Ties
from .reducers import average_precision, first_to_find, weigh_average_precision
from .scored import By, Matched, Protocol, Scored, Weighed
from .settings import (
    OPERATION,
    OUTSIDE,
    Empty,
    as_counts,
    as_thresholds,
    check_amount,
    check_duplicates,
    check_empty,
    check_order,
    check_outside,
    check_points,
)
from .weighing import weighed_sums

TIES = "predictions of equal confidence count one after the other, the later row first"
EQUALS = "of free references of equal temporal IoU the later row is claimed"
THRESHOLD = "comparisons with a threshold depend on the last bit of a temporal IoU"


@dataclass(frozen=True)
class RankedSettings:
    """Settings of "activitynet" and "thumos14".

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
    ties : {"official", "index", "together"}
        Predictions of equal confidence count one after the other, the later row first as the official code has it or
        the earlier, or all at once. Of references of equal temporal IoU the later row is claimed if "official", else
        the earlier.
    outside : {"counted", "dropped"}
        Whether events that share no time with what was scored count, or are left out.
    top : sequence of int
        The k of recall@kx.
    """

    order: Order = "rows"
    duplicates: float | None = None
    points: Points = "same"
    thresholds: Sequence[float] = (0.5,)
    tolerance: float = 0.0
    empty: Empty = nan
    ties: Ties = "official"
    outside: Outside = "counted"
    top: Sequence[int] = (1, 5)

    def __post_init__(self) -> None:
        check_order(self.order)
        check_duplicates(self.duplicates)
        check_points(self.points)
        object.__setattr__(self, "thresholds", as_thresholds(self.thresholds))
        check_amount("tolerance", self.tolerance)
        check_empty(self.empty)
        check_choice(OPERATION, "ties", self.ties, ("official", "index", "together"))
        check_outside(self.outside)
        object.__setattr__(self, "top", as_counts("top", self.top))


def match_ranked(
    prediction: pd.DataFrame, reference: pd.DataFrame, support: pd.DataFrame, settings: RankedSettings
) -> Matched:
    """Let predictions of one label, the most confident first, claim the reference of greatest temporal IoU."""
    prediction = within_support(prediction, support, settings.outside)
    reference = within_support(reference, support, settings.outside)
    reference = without_duplicates(reference, settings.duplicates)
    prediction = ordered(prediction, settings.order)
    reference = ordered(reference, settings.order)
    pairs = tiou(prediction, reference, points=settings.points)
    matches = by_confidence(
        prediction,
        reference,
        pairs,
        thresholds=settings.thresholds,
        tolerance=settings.tolerance,
        ties=settings.ties,
    )
    return Matched(prediction, reference, pairs, matches)


def score_ranked(scored: Scored, by: By) -> xr.Dataset:
    """Return what `average_precision` does, and ``recall_at_kx`` for each k of the settings.

    Parameters
    ----------
    scored, by
        See `average_precision`; settings also: ``top``.

    Returns
    -------
    Dataset
        Beside those of `average_precision`: ``recall_at_1x``, ``recall_at_5x`` …, over thresholds.
    """
    pieces = _found_at_top(scored).sum("file")
    return average_precision(scored, by).assign(_recalls(pieces, scored.settings))


def weigh_ranked(scored: Scored) -> Weighed:
    """Return the mean average precision and the recalls of recordings that count several times."""
    weighed = weigh_average_precision(scored)
    pieces = _found_at_top(scored)
    return lambda weights: weighed(weights).assign(_recalls(weighed_sums(weights, pieces), scored.settings))


def _found_at_top(scored: Scored) -> xr.Dataset:
    """Return how many references of each label and file are found by the most confident predictions."""
    reference = scored.reference
    first_rank = first_to_find(scored, "label", "file")
    _, group = groups(reference[:0], reference, "label", "file")
    n_alike = np.bincount(group)[group]
    labels = sorted(names_in(reference, column="label"))
    files = pd.Index(scored.files)
    place = files.get_indexer(pd.Index(reference["file"])) * len(labels)
    place += pd.Index(labels).get_indexer(pd.Index(reference["label"]))
    shape = len(files), len(labels)
    pieces: dict[str, Any] = {
        "annotated": (("file", "label"), np.bincount(place, minlength=shape[0] * shape[1]).reshape(shape))
    }
    for k in scored.settings.top:
        is_found = first_rank < k * n_alike
        found = [np.bincount(place, row, shape[0] * shape[1]).reshape(shape) for row in is_found]
        pieces[f"found_at_{k}x"] = (("threshold", "file", "label"), np.array(found))
    return xr.Dataset(pieces)


def _recalls(sums: xr.Dataset, settings: RankedSettings) -> dict[str, xr.DataArray]:
    """Return the mean over labels of the share that is found, for each k; NaN without references."""
    annotated = sums["annotated"]
    n_labels = (annotated > 0).sum("label")
    recalls = {}
    for k in settings.top:
        share = sums[f"found_at_{k}x"] / annotated.where(annotated > 0)
        recalls[f"recall_at_{k}x"] = share.sum("label") / n_labels.where(n_labels > 0)
    return recalls


def describe_ranked(settings: RankedSettings) -> Description:
    """Say what "activitynet" and "thumos14" do."""
    orders = {
        "official": "one after the other, the later row first",
        "index": "one after the other, the earlier row first",
        "together": "all at once",
    }
    ties = orders[settings.ties]
    claimed = "later row" if settings.ties == "official" else "earlier"
    duplicates = "" if settings.duplicates is None else f"; references within {settings.duplicates:g} s are one"
    return Description(
        criterion=f"temporal IoU ≥ {listed(settings.thresholds)}",
        matcher=f"the most confident first takes the free reference of greatest IoU, of equals the {claimed}",
        collar=NO_COLLAR,
        boundaries=within(settings.tolerance),
        average="average precision of each label, then over labels and thresholds",
        empties=f"what is predicted there ranks with the rest; {of_nothing(settings.empty)}",
        labels=f"must agree; those of the reference count{duplicates}",
        scores=f"rank the predictions; equal ones {ties}",
        support=of_outside(settings.outside),
    )


ACTIVITYNET = Protocol(
    match_ranked,
    score_ranked,
    RankedSettings(thresholds=tuple(k / 20 for k in range(10, 20)), points="any"),
    corrected={"points": "same", "order": "time", "ties": "together", "tolerance": 1e-9, "outside": "dropped"},
    faults=(TIES, EQUALS, THRESHOLD, "two events without duration match wherever they are", OUTSIDE),
    tool="ActivityNet evaluation code",
    headline=AVERAGE_MAP,
    describe=describe_ranked,
    stretches="whole",
    weigh=weigh_ranked,
)

THUMOS14 = Protocol(
    match_ranked,
    score_ranked,
    RankedSettings(thresholds=(0.3, 0.4, 0.5, 0.6, 0.7), points="never", duplicates=1e-3),
    corrected={
        "points": "same",
        "order": "time",
        "ties": "together",
        "duplicates": None,
        "tolerance": 1e-9,
        "outside": "dropped",
    },
    faults=(
        TIES,
        EQUALS,
        THRESHOLD,
        "references within 1 ms of each other are one",
        "no event without duration is ever found",
        OUTSIDE,
    ),
    tool="OpenTAD",
    headline=AVERAGE_MAP,
    describe=describe_ranked,
    stretches="whole",
    weigh=weigh_ranked,
)
