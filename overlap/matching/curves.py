"""Precision over recall, and how a number is read off it, under `overlap.matching`.

Conventions
-----------
- A curve has a point for each prediction, in rank order: what precision and recall are when it and all before it are
  admitted. Several curves, one for each threshold, lie below each other: (T, n).
- The precision of no prediction that counts is 0, the recall of no reference NaN.

References
----------
Everingham, M. et al. (2015). The Pascal visual object classes challenge: a retrospective. IJCV 111, 98.
doi:10.1007/s11263-014-0733-5
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .candidates import Floats, Ints

Bools = NDArray[np.bool_]


class Curve(NamedTuple):
    """Precision and recall after each prediction (T, n), and where recall steps up."""

    precision: Floats
    recall: Floats
    is_hit: Bools
    references: int


def curve_of(is_hit: Bools, is_counted: Bools | None, references: int) -> Curve:
    """Return the curve of hits in rank order; what is not counted is neither a hit nor a false positive.

    Examples
    --------
    >>> curve = curve_of(np.array([[True, False, True]]), None, 2)
    >>> curve.precision.round(3).tolist(), curve.recall.tolist()
    ([[1.0, 0.5, 0.667]], [[0.5, 0.5, 1.0]])
    """
    hits = np.cumsum(is_hit, axis=1)
    if is_counted is None:
        predictions = np.arange(1, is_hit.shape[1] + 1)
    else:
        # before the first that counts there is no hit either
        predictions = np.maximum(np.cumsum(is_counted, axis=1), 1)
    return Curve(hits / predictions, hits / references, is_hit, references)


def only_between_unequals(curve: Curve, confidence: Any) -> Curve:
    """Return the curve without its points between predictions of one confidence: a threshold cannot stop there."""
    is_followed_by_equal = np.flatnonzero(confidence[1:] == confidence[:-1])
    precision = curve.precision.copy()
    precision[:, is_followed_by_equal] = 0
    return curve._replace(precision=precision)


def envelope(curve: Curve) -> Floats:
    """Return the greatest precision at each point's recall or above (T, n).

    Examples
    --------
    >>> envelope(curve_of(np.array([[True, False, True]]), None, 2)).round(3).tolist()
    [[1.0, 0.667, 0.667]]
    """
    return np.asarray(np.maximum.accumulate(curve.precision[:, ::-1], axis=1)[:, ::-1])


def area_under(curve: Curve) -> Floats:
    """Return the area under the envelope (T,): each hit is a step of 1 / references in recall.

    Examples
    --------
    >>> area_under(curve_of(np.array([[True, False, True]]), None, 2)).round(4).tolist()
    [0.8333]
    """
    return np.asarray(np.sum(envelope(curve), axis=1, where=curve.is_hit) / curve.references)


def places_of(curve: Curve, recalls: Floats) -> Ints:
    """Return the first point of each curve that reaches each recall (T, R); n where none does.

    Examples
    --------
    >>> places_of(curve_of(np.array([[True, False, True]]), None, 2), np.array([0.0, 0.5, 0.6])).tolist()
    [[0, 0, 2]]
    """
    places = [np.searchsorted(recall, recalls) for recall in curve.recall]
    return np.array(places, np.intp).reshape(len(places), len(recalls))


def precision_at(curve: Curve, places: Ints) -> Floats:
    """Return the envelope at points of the curves (T, R); 0 beyond their ends.

    Examples
    --------
    >>> curve = curve_of(np.array([[True, False, True, False]]), None, 4)
    >>> precision_at(curve, places_of(curve, np.array([0.0, 0.3, 0.6]))).round(3).tolist()
    [[1.0, 0.667, 0.0]]
    """
    beyond = np.zeros((len(places), 1))
    extended = np.concatenate([envelope(curve), beyond], axis=1)
    return np.take_along_axis(extended, places, axis=1)


def precision_between(curve: Curve, recalls: Floats) -> Floats:
    """Return precision on the line between the points of each curve (T, R); 0 beyond its end.

    Examples
    --------
    >>> curve = curve_of(np.array([[True, True, False, True]]), None, 4)
    >>> precision_between(curve, np.array([0.25, 0.625, 0.9])).tolist()
    [[1.0, 0.7083333333333333, 0.0]]
    """
    read = np.zeros((len(curve.recall), len(recalls)))
    for row, precision, recall in zip(read, curve.precision, curve.recall, strict=True):
        if len(recall):
            row[:] = np.interp(recalls, recall, precision, right=0)
    return read
