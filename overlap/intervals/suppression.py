"""Non-maximum suppression of intervals: events, action proposals, peaks. Public through `overlap.intervals`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from .. import indices
from .._join import Indices
from .._suppression import Kept, Method, Pairs, read_rules, suppress
from ..counts import unchecked
from .join import keys_by_group, lengths, overlapping, read_rows


def nms(
    intervals: ArrayLike,
    scores: ArrayLike,
    threshold: float,
    *,
    labels: ArrayLike | None = None,
    method: Method = "hard",
    sigma: float = 0.5,
) -> Kept:
    """Non-maximum suppression of intervals: keep the best, drop or weaken what overlaps it, and go on with the next.

    Each row is an interval of its own: rows are not united. Axes that repeat: ``boxes.nms(..., period=)``.

    Parameters
    ----------
    intervals : array_like (n, 2)
        Numbers or times.
    scores : array_like (n,)
        Confidence of each; ties by index.
    threshold : float
        Hard: greatest IoU (≤) of two that both stay. Linear: least IoU (≥) at which a score falls. The Gaussian
        method has no use for it.
    labels : array_like (n,), optional
        Classes, or recordings: only equals suppress each other.
    method : {"hard", "linear", "gaussian"}
        Hard drops intervals. Soft suppression (Bodla 2017) lowers their scores by the IoU o with each that is taken
        before them: linear, to ``s * (1 - o)``; Gaussian, to ``s * exp(-o**2 / sigma)``.
    sigma : float
        Width of the Gaussian.

    Returns
    -------
    indices : ndarray (k,)
        Of what is kept, by descending score. Soft suppression keeps all.
    new_scores : ndarray (n,)
        Only of soft suppression: descending, beside the indices.

    Raises
    ------
    ValueError, TypeError
        See `overlap_pairs`; also if an interval is infinite, a score is NaN, the threshold NaN or outside [0, 1], or a
        score negative that is to be weakened.

    See Also
    --------
    overlap_pairs : Find all pairs of rows that overlap, without looking at the others.
    overlap.boxes.nms : Non-maximum suppression of boxes.

    Examples
    --------
    >>> nms([[0, 10], [1, 11], [9, 20]], [0.8, 0.9, 0.7], 0.5)
    array([1, 2])
    >>> index, score = nms([[0, 10], [1, 11], [9, 20]], [0.8, 0.9, 0.7], 0.5, method="linear")
    >>> index, score.round(3)
    (array([1, 2, 0]), array([0.9  , 0.7  , 0.145]))
    """
    operation = "intervals.nms"
    (rows,) = read_rows(operation, intervals=intervals)
    _check_finite(operation, rows)
    rules = read_rules(operation, scores, len(rows), threshold, labels, method, sigma)
    length = _lengths(rows[:, 0], rows[:, 1])
    keys = rows
    if rules.group is not None:
        keys, _ = keys_by_group(rows, rows[:0], rules.group, rules.group[:0])

    def overlaps(first: Indices, second: Indices) -> Iterator[Pairs]:
        i, j = overlapping(keys[first], keys[second])
        a = first[i]
        b = second[j]
        start = np.maximum(rows[a, 0], rows[b, 0])
        end = np.minimum(rows[a, 1], rows[b, 1])
        shared = _lengths(start, end)
        yield a, b, indices.iou(unchecked(shared, length[a], length[b]))

    return suppress(rules, overlaps)


def _check_finite(operation: str, rows: np.ndarray) -> None:
    """Refuse intervals that have no IoU."""
    if rows.dtype.kind != "f":
        return
    infinite = np.count_nonzero(np.isinf(rows).any(axis=1))
    if infinite:
        raise ValueError(
            f"{operation}: {infinite} of {len(rows)} rows of intervals are infinite, and have no IoU; cut them where "
            "the record begins and ends, numpy.clip(intervals, begin, end)"
        )


def _lengths(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    return lengths(start, end).astype(np.float64)
