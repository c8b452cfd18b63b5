"""Range-based precision and recall: how much of each anomaly was predicted, and where in it. Preset "range_based".

Conventions
-----------
- What overlaps or touches, of one file and label, is one event; what lies outside the support is cut off: an event that
  reaches over two scored stretches of its file is two.
- An annotated event scores α for being found at all, and 1 − α for how much of it is predicted: the sum over the
  predictions that overlap it of the share of its weight that each covers, times a factor for how many they are. Recall
  is the mean over annotated events. Precision is the same with the sides exchanged; the paper has no α there.
- The weight may lie evenly, or more at the front, in the middle or at the back of an event.
- Events are stretches of time, and weights integrals. With ``rate=`` they are whole samples, weights are sums, and the
  numbers those of prts and aeon; without a bias both are the same for events on the grid.
- An event without duration is a point: all of it is covered or nothing.
- Means of several files and labels are over all their events. Sizes are events: found by any overlap at all, falsely
  predicted, annotated.

References
----------
Tatbul, N. et al. (2018). Precision and recall for time series. NeurIPS 31, 1920.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import nan
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from overlap import intervals

from ..._checks import check_choice, check_number
from ..schema import times_of
from .criteria import Pairs, groups
from .descriptions import NO_COLLAR, NOT_USED, Description, Headline, of_nothing
from .matchers import all_pairs
from .means import Mean, mean_of, with_means
from .preparation import unite_in_samples
from .reducers import count
from .scored import By, Matched, Protocol, Scored, Weighed
from .settings import OPERATION, Empty, check_amount, check_empty, check_rate, check_share
from .weighing import weighed_sums

Bias = Literal["flat", "front", "middle", "back"]
MOST_BETA = 1e150
"""The square of a greater one is no number; F-beta is recall long before."""
BIASES = ("flat", "front", "middle", "back")

Weight = Callable[[np.ndarray, np.ndarray, int], np.ndarray]


@dataclass(frozen=True)
class RangeSettings:
    """Settings of "range_based".

    Parameters
    ----------
    precision_alpha, recall_alpha : float
        Share of the score for overlapping anything at all, in [0, 1]; the paper has none for precision.
    cardinality : {"one", "reciprocal"}
        The factor where several events overlap one: 1, or one over how many they are.
    precision_bias, recall_bias : {"flat", "front", "middle", "back"}
        Where in a predicted, in an annotated event the weight lies.
    beta : float
        How much more recall weighs than precision in ``f_beta``.
    rate : float, optional
        Samples per second: events are whole samples, rounded half to even, one at least. None: exact.
    tolerance : float
        Events no further apart than this touch; what is no longer is a point, and no overlap. Seconds.
    empty : float or EmptyPolicy
        Value of an index that is 0/0.
    """

    precision_alpha: float = 0.0
    recall_alpha: float = 0.0
    cardinality: Literal["one", "reciprocal"] = "one"
    precision_bias: Bias = "flat"
    recall_bias: Bias = "flat"
    beta: float = 1.0
    rate: float | None = None
    tolerance: float = 1e-9
    empty: Empty = nan

    def __post_init__(self) -> None:
        check_share("precision_alpha", self.precision_alpha)
        check_share("recall_alpha", self.recall_alpha)
        check_choice(OPERATION, "cardinality", self.cardinality, ("one", "reciprocal"))
        check_choice(OPERATION, "precision_bias", self.precision_bias, BIASES)
        check_choice(OPERATION, "recall_bias", self.recall_bias, BIASES)
        check_number(OPERATION, "beta", self.beta, at_least=0, at_most=MOST_BETA)
        check_rate(self.rate)
        check_amount("tolerance", self.tolerance)
        check_empty(self.empty)


def match_ranges(
    prediction: pd.DataFrame, reference: pd.DataFrame, support: pd.DataFrame, settings: RangeSettings
) -> Matched:
    """Unite the events of both sides, pair those that overlap, and add to each event what it scores."""
    prediction = unite_in_samples(prediction, support, settings.rate, tolerance=settings.tolerance)
    reference = unite_in_samples(reference, support, settings.rate, tolerance=settings.tolerance)
    a = times_of(prediction)
    b = times_of(reference)
    if settings.rate is not None:
        a = np.rint(a * settings.rate)
        b = np.rint(b * settings.rate)
    group = groups(prediction, reference, "file", "label")
    i, j, length = intervals.overlap_pairs(a, b, by=group)
    is_point = (a[i, 0] == a[i, 1]) | (b[j, 0] == b[j, 1])
    is_shared = is_point | (length > settings.tolerance)
    pairs = Pairs(i[is_shared], j[is_shared], length[is_shared])
    shared = _shared(a[pairs.prediction], b[pairs.reference])
    step = 0 if settings.rate is None else 1
    prediction = prediction.assign(
        precision=score_of_events(
            a,
            shared,
            pairs.prediction,
            alpha=settings.precision_alpha,
            cardinality=settings.cardinality,
            bias=settings.precision_bias,
            step=step,
        )
    )
    reference = reference.assign(
        recall=score_of_events(
            b,
            shared,
            pairs.reference,
            alpha=settings.recall_alpha,
            cardinality=settings.cardinality,
            bias=settings.recall_bias,
            step=step,
        )
    )
    matches = all_pairs(prediction, reference, pairs)
    return Matched(prediction, reference, pairs, matches)


def score_of_events(
    events: np.ndarray,
    shared: np.ndarray,
    row: np.ndarray,
    *,
    alpha: float = 0.0,
    cardinality: Literal["one", "reciprocal"] = "one",
    bias: Bias = "flat",
    step: int = 0,
) -> np.ndarray:
    """Return what each event scores: α · existence + (1 − α) · cardinality factor · Σ share of its weight.

    Parameters
    ----------
    events : array of float, shape (n, 2)
        Begin and end; of samples the first, and the one after the last.
    shared : array of float, shape (k, 2)
        Disjoint stretches of them that the other side has too.
    row : array of int, shape (k,)
        Which event each is of.
    alpha : float
        Weight of existence.
    cardinality : {"one", "reciprocal"}
        Factor for how many stretches there are.
    bias : {"flat", "front", "middle", "back"}
        Where the weight lies.
    step : {0, 1}
        0 for stretches of time, 1 for samples.

    Returns
    -------
    array of float, shape (n,)

    Examples
    --------
    >>> events, shared = np.array([[0.0, 4.0]]), np.array([[0.0, 2.0]])
    >>> score_of_events(events, shared, np.zeros(1, int), bias="front").tolist()
    [0.75]
    >>> score_of_events(events, shared, np.zeros(1, int), bias="front", step=1).tolist()
    [0.7]
    """
    n = len(events)
    length = events[:, 1] - events[:, 0]
    begin = shared[:, 0] - events[row, 0]
    end = shared[:, 1] - events[row, 0]
    weight = WEIGHTS[bias]
    of_all = weight(length, length, step)[row]
    of_shared = weight(end, length[row], step) - weight(begin, length[row], step)
    # a point that is shared at all is shared wholly
    share = np.divide(of_shared, of_all, out=np.ones(len(row)), where=of_all > 0)
    overlap = np.minimum(np.bincount(row, share, n), 1.0)
    number = np.bincount(row, minlength=n)
    existence = (number > 0).astype(float)
    factor = 1 / np.maximum(number, 1) if cardinality == "reciprocal" else 1.0
    return np.asarray(alpha * existence + (1 - alpha) * factor * overlap)


def average_ranges(scored: Scored, by: By) -> xr.Dataset:
    """Average what events score.

    Parameters
    ----------
    scored : Scored
        Predictions with their ``precision``, references with their ``recall``; settings: ``beta empty``.
    by : {"label", "file"}, both or None
        What to keep apart.

    Returns
    -------
    Dataset
        ``intersection size_a size_b``, events; ``precision recall f1 f_beta``; what they are means of, and which add
        up: ``precision_sum events_predicted recall_sum events_annotated``.

    Examples
    --------
    >>> from ..comparison.comparison import compare
    >>> report = compare(np.array([[0, 4]]), np.array([[2, 10]]), "range_based", recall_bias="back")
    >>> float(report.precision), float(report.recall)
    (0.5, 0.0625)
    """
    settings = scored.settings
    precision = mean_of(scored.prediction, scored.prediction["precision"], scored, by)
    recall = mean_of(scored.reference, scored.reference["recall"], scored, by)
    data = with_means(count(scored, by), precision, recall, beta=settings.beta, empty=settings.empty)
    return data.assign(
        precision_sum=precision.total,
        events_predicted=precision.number,
        recall_sum=recall.total,
        events_annotated=recall.number,
    )


def weigh_ranges(scored: Scored) -> Weighed:
    """Return precision, recall and F of recordings that count several times."""
    of_files = average_ranges(scored, "file")[["precision_sum", "events_predicted", "recall_sum", "events_annotated"]]
    settings = scored.settings

    def figures(weights: np.ndarray) -> xr.Dataset:
        sums = weighed_sums(weights, of_files)
        precision = Mean(sums["precision_sum"], sums["events_predicted"])
        recall = Mean(sums["recall_sum"], sums["events_annotated"])
        return with_means(xr.Dataset(), precision, recall, beta=settings.beta, empty=settings.empty)

    return figures


def weight_flat(k: np.ndarray, n: np.ndarray, step: int) -> np.ndarray:
    """Return the weight of the first k of n: each weighs 1."""
    return np.asarray(k)


def weight_front(k: np.ndarray, n: np.ndarray, step: int) -> np.ndarray:
    """Return the weight of the first k of n: from n down to 1.

    Examples
    --------
    >>> weight_front(np.array([0, 1, 2, 3]), np.array(3), 1).tolist()
    [0.0, 3.0, 5.0, 6.0]
    """
    return np.asarray(k * (2 * n - k + step) / 2)


def weight_back(k: np.ndarray, n: np.ndarray, step: int) -> np.ndarray:
    """Return the weight of the first k of n: from 1 up to n.

    Examples
    --------
    >>> weight_back(np.array([0, 1, 2, 3]), np.array(3), 1).tolist()
    [0.0, 1.0, 3.0, 6.0]
    """
    return np.asarray(k * (k + step) / 2)


def weight_middle(k: np.ndarray, n: np.ndarray, step: int) -> np.ndarray:
    """Return the weight of the first k of n: from 1 up to the middle, and down to 1.

    Examples
    --------
    >>> weight_middle(np.array([0, 1, 2, 3, 4]), np.array(4), 1).tolist()
    [0.0, 1.0, 3.0, 5.0, 6.0]
    """
    rising = weight_back(k, n, step)
    still_to_come = weight_back(n - k, n, step)
    of_all = np.floor((n + 1) ** 2 / 4) if step else n**2 / 4
    return np.where(2 * k <= n, rising, of_all - still_to_come)


WEIGHTS: dict[str, Weight] = {
    "flat": weight_flat,
    "front": weight_front,
    "middle": weight_middle,
    "back": weight_back,
}


def _shared(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return what two intervals share, row by row."""
    begin = np.maximum(a[:, 0], b[:, 0])
    end = np.minimum(a[:, 1], b[:, 1])
    return np.stack([begin, end], axis=1)


def describe_ranges(settings: RangeSettings) -> Description:
    """Say what "range_based" does."""
    factor = "" if settings.cardinality == "one" else ", divided by how many overlap it"
    boundaries = "exact" if settings.rate is None else f"whole samples at {settings.rate:g} Hz, one at least"
    bias = f"precision {settings.precision_bias}, recall {settings.recall_bias}"
    return Description(
        criterion=f"share of each event that the other side has, weighted ({bias}){factor}; for any overlap at all "
        f"{settings.precision_alpha:g} of precision, {settings.recall_alpha:g} of recall",
        matcher="all that overlap, many to many",
        collar=NO_COLLAR,
        boundaries=f"{boundaries}; events that touch within {settings.tolerance:g} s are one",
        average="events of all recordings, each alike however long",
        empties=f"all that is predicted there scores 0; {of_nothing(settings.empty)}",
        labels="must agree",
        scores=NOT_USED,
        support="cuts off what lies outside",
    )


RANGE_BASED = Protocol(
    match_ranges,
    average_ranges,
    RangeSettings(),
    tool="prts 1.0.0.3",
    stretches="cut",
    headline=Headline("f1", "F1 of ranges"),
    describe=describe_ranges,
    weigh=weigh_ranges,
)
