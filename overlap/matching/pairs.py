"""One-to-one matching: `overlap.matching.match` and its counts over thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from .._checks import check_choice
from ..counts import Overlap
from .assignments import heaviest, most, optimal
from .candidates import Candidates, Floats, Ints, by_score, greedy, read_candidates, read_thresholds

Method = Literal["optimal", "total", "greedy"]
METHODS = ("optimal", "total", "greedy")


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Who was matched with whom.

    Parameters
    ----------
    pairs : ndarray (n, 2)
        Index of the prediction and of the reference, by ascending prediction.
    scores : ndarray (n,)
        Score of each pair.
    n_a, n_b : int
        Number of predictions and of references, matched or not.

    Examples
    --------
    >>> m = match([[0.9, 0.6, 0.0], [0.8, 0.0, 0.0]], 0.5)
    >>> m.pairs.tolist(), m.unmatched_a.tolist(), m.unmatched_b.tolist()
    ([[0, 1], [1, 0]], [], [2])
    """

    pairs: Ints
    scores: Floats
    n_a: int
    n_b: int

    @property
    def n(self) -> int:
        """Number of pairs."""
        return len(self.pairs)

    @property
    def unmatched_a(self) -> Ints:
        """Predictions without a reference: false positives."""
        matched = self.pairs[:, 0]
        return np.delete(np.arange(self.n_a), matched)

    @property
    def unmatched_b(self) -> Ints:
        """References without a prediction: misses."""
        matched = self.pairs[:, 1]
        return np.delete(np.arange(self.n_b), matched)

    @property
    def overlap(self) -> Overlap:
        """The counts: pairs, predictions, references."""
        return Overlap(self.n, self.n_a, self.n_b)


def match(scores: Any, threshold: float, method: Method = "optimal") -> Matches:
    """Match predictions with references, one to one.

    Parameters
    ----------
    scores : array or scipy sparse (N, M)
        Pairwise index; NaN is no candidate.
    threshold : float
        Least score of a pair (≥).
    method : {"optimal", "total", "greedy"}
        "optimal": as many pairs as can be, and of such matchings the one of the greatest total score (among equals one
        of them, the same each time). "total": the greatest total score, however few pairs; scores of 0 or less add
        nothing. "greedy": the best pair first, then the best of what is left; ties by prediction, then by reference.

    Returns
    -------
    Matches

    Raises
    ------
    ValueError
        If `scores` is not a matrix, holds infinity, the threshold is NaN, or the method is unknown.

    See Also
    --------
    threshold_curve : Count the pairs that `match` finds at each of many thresholds.
    panoptic_quality : Panoptic quality of a predicted and a reference instance map.
    overlap.boxes.pairwise : Return the IoU of every box of `a` with every box of `b`.

    Examples
    --------
    >>> from overlap import dice
    >>> scores = [[0.9, 0.6], [0.8, 0.0]]
    >>> float(dice(match(scores, 0.5).overlap)), float(dice(match(scores, 0.5, "greedy").overlap))
    (1.0, 0.5)
    """
    check_choice("matching.match", "method", method, METHODS)
    pairs = read_candidates("matching.match", scores, threshold)
    matched = _CHOICES[method](pairs)
    ordered = matched.take(np.argsort(matched.row))
    n_a, n_b = pairs.shape
    return Matches(np.stack([ordered.row, ordered.column], axis=1), ordered.score, n_a, n_b)


def threshold_curve(scores: Any, thresholds: ArrayLike, method: Method = "optimal") -> Overlap:
    """Count the pairs that `match` finds at each of many thresholds.

    Parameters
    ----------
    scores : array (N, M) or sparse array
        See `match`.
    thresholds : array (T,)
        Least scores, in any order.
    method : {"optimal", "total", "greedy"}
        See `match`.

    Returns
    -------
    Overlap
        Counts (T,): ``dice`` of it is the curve of F1 over thresholds.

    Raises
    ------
    ValueError
        See `match`.

    See Also
    --------
    match : Match predictions with references, one to one.
    average_precision : Average precision of ranked predictions.

    Examples
    --------
    >>> from overlap import dice
    >>> dice(threshold_curve([[0.9, 0.6], [0.8, 0.0]], [0.5, 0.7, 0.85, 0.95]))
    array([1. , 0.5, 0.5, 0. ])
    """
    check_choice("matching.threshold_curve", "method", method, METHODS)
    steps = np.atleast_1d(read_thresholds("matching.threshold_curve", thresholds))
    lowest = np.min(steps, initial=np.inf)
    pairs = read_candidates("matching.threshold_curve", scores, lowest)
    if method == "greedy":
        # greedy matches at a threshold are those of a lower one that reach it
        matched_scores = _greedily(pairs).score
        matched = np.sum(matched_scores >= steps[:, None], axis=1)
    else:
        count = most if method == "optimal" else _heaviest_count
        counts = [count(pairs.take(pairs.score >= step)) for step in steps.flat]
        matched = np.array(counts, np.intp)
    n_a, n_b = pairs.shape
    return Overlap(matched, np.full(len(steps), n_a), np.full(len(steps), n_b))


def _optimally(pairs: Candidates) -> Candidates:
    """Choose the most pairs, and of such choices the one of the greatest total score."""
    return pairs.take(optimal(pairs))


def _totally(pairs: Candidates) -> Candidates:
    """Choose the pairs of the greatest total score."""
    return pairs.take(heaviest(pairs))


def _heaviest_count(pairs: Candidates) -> int:
    return len(heaviest(pairs))


def _greedily(pairs: Candidates) -> Candidates:
    """Choose pairs from the greatest score down."""
    ordered = pairs.take(by_score(pairs))
    return ordered.take(greedy(ordered.row, ordered.column, ordered.shape))


_CHOICES = {"optimal": _optimally, "total": _totally, "greedy": _greedily}
