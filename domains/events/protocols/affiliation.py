"""Affiliation: how near predicted anomalies are to the annotated ones. Preset "affiliation".

Conventions
-----------
- What overlaps or touches, of one file and label, is one event; what lies outside the support is cut off. The
  zones divide one stretch of a file (the peer's ``Trange``), and several are refused.
- Each annotated event has a zone, see `zones`. Its precision and its recall are probabilities: 1 where both sides
  agree, about 0.5 for predictions at random.
- Precision is the mean over zones in which something is predicted, recall the mean over all zones. Zones of several
  files and labels are pooled: each zone counts once, however long its file.
- A file and label without an annotated event has no zone. What is predicted there counts as false alarms in the sizes,
  and as ``lone_predictions``.
- The last zone ends with the support. Where that is not known, precision and recall are NaN, and a warning says so.
- Sizes are events: found by any overlap at all, falsely predicted, annotated. Precision and recall are no ratios of
  them.

References
----------
Huet, A., Navarro, J. M. & Rossi, D. (2022). Local evaluation of time series anomaly detection algorithms. KDD, 635.
doi:10.1145/3534678.3539339
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from math import nan

import numpy as np
import pandas as pd
import xarray as xr

from overlap import intervals

from ..._text import one_line
from ..schema import times_of
from .criteria import Pairs, groups
from .descriptions import NO_COLLAR, NOT_USED, Description, Headline, of_nothing
from .matchers import all_pairs
from .means import Mean, mean_of, with_means
from .preparation import unite_with_points
from .reducers import count
from .scored import By, Matched, Protocol, Scored, Weighed
from .settings import OPERATION, Empty, check_amount, check_empty, check_flag
from .weighing import weighed_sums
from .zones import cut_at_zones, mean_by, nearness_of_events, nearness_of_pieces, zones_of


@dataclass(frozen=True)
class AffiliationSettings:
    """Settings of "affiliation".

    Parameters
    ----------
    tolerance : float
        Events no further apart than this touch, and what is no longer is a point, seconds.
    f1_needs_both : bool
        Whether F1 is NaN where precision is, nothing being predicted in any zone; else it is 0 there.
    empty : float or EmptyPolicy
        Value of an index that is 0/0.
    """

    tolerance: float = 1e-9
    f1_needs_both: bool = True
    empty: Empty = nan

    def __post_init__(self) -> None:
        check_amount("tolerance", self.tolerance)
        check_flag("f1_needs_both", self.f1_needs_both)
        check_empty(self.empty)


def match_by_zones(
    prediction: pd.DataFrame, reference: pd.DataFrame, support: pd.DataFrame, settings: AffiliationSettings
) -> Matched:
    """Unite the events of both sides, and add to each how near it is to the other side in its zone."""
    prediction = unite_with_points(prediction, support, tolerance=settings.tolerance)
    reference = unite_with_points(reference, support, tolerance=settings.tolerance)
    group = groups(prediction, reference, "file", "label")
    predicted = times_of(prediction)
    events = times_of(reference)
    zones = zones_of(events, group[1], times_of(support.loc[reference["file"]]))
    is_open = np.isnan(zones[:, 1])
    _warn_of_open(reference["file"][is_open])
    # an open zone has distances all the same, and they need no end
    latest = max(predicted.max(initial=0), events.max(initial=0))
    closed = np.where(np.isnan(zones), latest, zones)
    pieces = cut_at_zones(predicted, closed, group, tolerance=settings.tolerance)
    of_pieces = nearness_of_pieces(pieces, events, closed)
    of_events = nearness_of_events(pieces, events, closed)
    probability = np.where(is_open[pieces.zone], nan, of_pieces.probability)
    prediction = prediction.assign(
        precision=mean_by(pieces.row, probability, pieces, len(prediction)),
        distance=mean_by(pieces.row, of_pieces.distance, pieces, len(prediction)),
    )
    reference = reference.assign(
        zone_onset=zones[:, 0],
        zone_offset=zones[:, 1],
        precision=mean_by(pieces.zone, probability, pieces, len(reference)),
        recall=np.where(is_open, nan, of_events.probability),
        precision_distance=mean_by(pieces.zone, of_pieces.distance, pieces, len(reference)),
        recall_distance=of_events.distance,
    )
    pairs = Pairs(*intervals.overlap_pairs(predicted, events, by=group))
    matches = all_pairs(prediction, reference, pairs)
    return Matched(prediction, reference, pairs, matches)


def average_zones(scored: Scored, by: By) -> xr.Dataset:
    """Average the precision and the recall of zones.

    Parameters
    ----------
    scored : Scored
        References with the ``precision`` and ``recall`` of their zones; settings: ``empty f1_needs_both``.
    by : {"label", "file"}, both or None
        What to keep apart.

    Returns
    -------
    Dataset
        ``intersection size_a size_b``, events; ``precision recall f1``; what they are means of, and which add up:
        ``precision_sum zones_predicted recall_sum zones``; ``lone_predictions``, those that no zone is there for.

    Examples
    --------
    >>> from ..comparison.comparison import compare
    >>> report = compare(np.array([[5.0, 7.0]]), np.array([[4.0, 6.0]]), "affiliation", support=10)
    >>> round(float(report.precision), 4), round(float(report.recall), 4)
    (0.85, 0.95)
    """
    reference = scored.reference
    precision = mean_of(reference, reference["precision"], scored, by)
    recall = mean_of(reference, reference["recall"], scored, by)
    data = count(scored, by)
    is_open = reference["zone_offset"].isna()
    is_lone = scored.prediction["distance"].isna()
    is_known = mean_of(reference, is_open, scored, by).total == 0
    sums = xr.Dataset(
        {
            "precision_sum": precision.total.where(is_known),
            "zones_predicted": precision.number,
            "recall_sum": recall.total.where(is_known),
            "zones": data.size_b,
        }
    )
    lone_predictions = mean_of(scored.prediction, is_lone, scored, by).total.astype(int)
    return data.assign(_means(sums, scored.settings)).assign(sums).assign(lone_predictions=lone_predictions)


def weigh_zones(scored: Scored) -> Weighed:
    """Return precision, recall and F1 of recordings that count several times."""
    of_files = average_zones(scored, "file")[["precision_sum", "zones_predicted", "recall_sum", "zones"]]
    return lambda weights: _means(weighed_sums(weights, of_files), scored.settings)


def _means(sums: xr.Dataset, settings: AffiliationSettings) -> xr.Dataset:
    """Return precision, recall and F1 from the sums over zones."""
    precision = Mean(sums["precision_sum"], sums["zones_predicted"])
    recall = Mean(sums["recall_sum"], sums["zones"])
    means = with_means(xr.Dataset(), precision, recall, empty=settings.empty)
    if settings.f1_needs_both:
        means = means.assign(f1=means.f1.where(means.precision.notnull()))
    # the sums are NaN where a zone is open
    return means.where(sums["recall_sum"].notnull())


def _warn_of_open(files: pd.Series[str]) -> None:
    """Warn of files of which it is not known how long they are."""
    unknown = files.unique()
    if not len(unknown):
        return
    is_one = not any(unknown)
    others = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
    which = "the recording" if is_one else one_line(repr(unknown[0]), 80) + others
    support = "3600.0" if is_one else f"{{{unknown[0]!r}: 3600.0, …}}"
    warnings.warn(
        f"{OPERATION}: affiliation needs to know how long each recording is, and does not of {which}: precision and "
        f"recall are NaN; pass the duration in seconds, support={support} (at the command line --support)",
        stacklevel=4,
    )


def describe_affiliation(settings: AffiliationSettings) -> Description:
    """Say what "affiliation" does."""
    f1 = "undefined" if settings.f1_needs_both else "0"
    return Description(
        criterion="how probable it is that a random instant of the zone lies as far away",
        matcher="all predictions in the zone of an annotated event, which reaches midway to the next",
        collar=NO_COLLAR,
        boundaries=f"exact; events within {settings.tolerance:g} s of each other are one",
        average="zones of all recordings, each alike however long",
        empties=f"no zone, so nothing is said; where nothing is predicted, F1 is {f1}; {of_nothing(settings.empty)}",
        labels="have zones of their own",
        scores=NOT_USED,
        support="needed: the outer zones reach to its ends, without it undefined; cuts off what lies outside",
    )


AFFILIATION = Protocol(
    match_by_zones,
    average_zones,
    AffiliationSettings(),
    corrected={"f1_needs_both": False},
    faults=("where nothing is predicted in any zone, F1 is undefined, though all is missed",),
    tool="affiliation-metrics-py",
    headline=Headline("f1", "F1 of affiliation"),
    describe=describe_affiliation,
    weigh=weigh_zones,
)
