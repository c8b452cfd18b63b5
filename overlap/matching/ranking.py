"""Ranked predictions, under `overlap.matching`: who claims which reference, and the area under precision over recall.

Conventions
-----------
- The rank of a prediction is its place in a total order: by class, by descending confidence, by index. Arrays "in rank
  order" are sorted so.

References
----------
Everingham, M. et al. (2015). The Pascal visual object classes challenge: a retrospective. IJCV 111, 98.
doi:10.1007/s11263-014-0733-5
Caba Heilbron, F. et al. (2015). ActivityNet: a large-scale video benchmark for human activity understanding. CVPR.
doi:10.1109/CVPR.2015.7298698
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .candidates import Candidates, Floats, Ints, candidates, greedy


def claim(confidence: ArrayLike, scores: Any, thresholds: ArrayLike, *, fall_back: bool = True) -> NDArray[np.intp]:
    """Let predictions claim references in the order of their confidence, at each of many thresholds.

    The most confident prediction takes the reference of its greatest score, the next takes from what is left, and so
    on. This is the matching under detection benchmarks: one reference, one true positive.

    Parameters
    ----------
    confidence : array (N,)
        Of each prediction; ties by index.
    scores : array or scipy sparse (N, M)
        Pairwise index. Ties of one prediction go to the lower reference.
    thresholds : float or array (T,)
        Least score of a claim (≥).
    fall_back : bool
        True: a prediction whose best reference is taken falls back on its next best (ActivityNet, COCO). False: it
        goes empty (Pascal VOC).

    Returns
    -------
    ndarray (T, N) or (N,)
        Reference that each prediction claims, or -1: a false positive.

    Raises
    ------
    ValueError
        If the confidences are not one number for each prediction; see also `match`.

    Examples
    --------
    >>> scores = [[0.9, 0.6], [0.8, 0.7]]
    >>> claim([0.5, 0.6], scores, [0.5, 0.75])
    array([[ 1,  0],
           [-1,  0]])
    """
    steps = np.asarray(thresholds, np.float64)
    found = candidates("claim", scores, np.min(steps, initial=np.inf))
    ranks = rank("claim", confidence, found.shape[0])
    claimed = _claims(found, ranks, np.atleast_1d(steps), fall_back=fall_back)[:, ranks]
    return claimed.reshape(*steps.shape, found.shape[0])


def average_precision(
    confidence: ArrayLike,
    scores: Any,
    thresholds: ArrayLike = 0.5,
    *,
    labels_a: ArrayLike | None = None,
    labels_b: ArrayLike | None = None,
    fall_back: bool = True,
    ties: Literal["together", "index"] = "together",
) -> NDArray[np.float64]:
    """Average precision of ranked predictions: the area under the envelope of precision over recall.

    Predictions claim references (see `claim`). With every prediction the recall stays or steps up; the area is that
    under the greatest precision at this recall or above (Pascal VOC since 2010; no sampling at 11 or 101 points).

    Parameters
    ----------
    confidence : array (N,)
        Of each prediction.
    scores : array or scipy sparse (N, M)
        Pairwise index. Store no pairs of different images, videos or recordings: sparse.
    thresholds : float or array (T,)
        Least scores of a true positive (≥).
    labels_a, labels_b : array (N,), array (M,), optional
        Classes of predictions and references. Only pairs of one class count; predictions of a class without
        references are passed over.
    fall_back : bool
        See `claim`.
    ties : {"together", "index"}
        Equal confidences: "together", a threshold admits all or none, so that their order does not matter;
        "index", one after the other (what most peers do).

    Returns
    -------
    ndarray (T, C), (T,) or (C,) or scalar
        One for each threshold, if there are several, and each class of ``numpy.unique(labels_b)``, if there are
        labels: the mean over the last axis is mAP. NaN where there are no references.

    Raises
    ------
    ValueError
        If confidences or labels do not fit the scores; see also `match`.

    Examples
    --------
    Three predictions: a hit, a miss, a hit; two references:

    >>> float(average_precision([0.9, 0.8, 0.7], [[0.6, 0.0], [0.1, 0.2], [0.0, 0.8]]))
    0.8333333333333333
    """
    if ties not in ("together", "index"):
        raise ValueError(f'average_precision: ties must be "together" or "index", got {ties!r}')
    steps = np.asarray(thresholds, np.float64)
    found = candidates("average_precision", scores, np.min(steps, initial=np.inf))
    of_a, of_b, classes = _labels(labels_a, labels_b, found.shape)
    found = found.take(of_a[found.row] == of_b[found.column])
    ranks = rank("average_precision", confidence, found.shape[0], of_a)
    hit = _claims(found, ranks, np.atleast_1d(steps), fall_back=fall_back) >= 0
    order = np.argsort(ranks)
    n = np.bincount(of_b, minlength=classes)
    area = _areas(hit, of_a[order], n, np.asarray(confidence)[order] if ties == "together" else None)
    return area.reshape(steps.shape if labels_b is None else (*steps.shape, classes))[()]


def _labels(a: ArrayLike | None, b: ArrayLike | None, shape: tuple[int, int]) -> tuple[Any, Any, int]:
    """Return codes of the classes of predictions (-1: not in the reference) and references, and their number."""
    if a is None and b is None:
        return np.zeros(shape[0], np.intp), np.zeros(shape[1], np.intp), 1
    labels = np.asarray(a), np.asarray(b)
    if (a is None) != (b is None) or tuple(x.shape for x in labels) != ((shape[0],), (shape[1],)):
        raise ValueError(
            f"average_precision: labels_a {labels[0].shape} and labels_b {labels[1].shape} must be one for each "
            f"prediction ({shape[0]}) and reference ({shape[1]}), both or none"
        )
    classes, of_b = np.unique(labels[1], return_inverse=True)
    of_a = np.searchsorted(classes, labels[0])
    known = np.isin(labels[0], classes)
    return np.where(known, of_a, -1), of_b, len(classes)


def rank(operation: str, confidence: ArrayLike, n: int | None, label: Ints | None = None) -> Ints:
    """Return the rank of each of `n` predictions."""
    values = np.asarray(confidence)
    if values.ndim != 1 or len(values) != (len(values) if n is None else n) or values.dtype.kind not in "fiub":
        raise ValueError(
            f"{operation}: the confidences have shape {values.shape} and dtype {values.dtype}; one number for each "
            f"prediction{'' if n is None else f' ({n})'}"
        )
    if np.isnan(values).any():
        raise ValueError(f"{operation}: {np.isnan(values).sum()} confidences are NaN; leave those predictions out")
    falling = -values.astype(np.float64)
    order = np.argsort(falling, kind="stable") if label is None else np.lexsort((falling, label))
    ranks = np.empty(len(order), np.intp)
    ranks[order] = np.arange(len(order))
    return ranks


def _claims(found: Candidates, ranks: Ints, thresholds: Floats, *, fall_back: bool) -> Ints:
    """Return the reference that each prediction claims, or -1, as (thresholds, predictions in rank order)."""
    row = ranks[found.row]
    order = np.lexsort((found.column, -found.score, row))
    row, column, score = row[order], found.column[order], found.score[order]
    if not fall_back:
        first = np.append(True, row[1:] != row[:-1])[: len(row)]
        row, column, score = row[first], column[first], score[first]
    claimed = np.full((len(thresholds), found.shape[0]), -1, np.intp)
    for k, threshold in enumerate(thresholds):
        high = np.flatnonzero(score >= threshold)
        chosen = high[greedy(row[high], column[high], found.shape)]
        claimed[k, row[chosen]] = column[chosen]
    return claimed


def _areas(hit: NDArray[np.bool_], label: Ints, n: Ints, confidence: Any | None) -> Floats:
    """Return the area under the envelope for each threshold and class, from hits in rank order.

    Predictions of one confidence count together; without confidences each counts by itself.
    """
    found = np.full((len(hit), len(n)), np.nan)
    bounds = np.searchsorted(label, np.arange(len(n) + 1))
    for k in np.flatnonzero(n):
        part = slice(bounds[k], bounds[k + 1])
        found[:, k] = _area(hit[:, part], n[k], None if confidence is None else confidence[part])
    return found


def _area(hit: NDArray[np.bool_], n: int, confidence: Any | None) -> Floats:
    precision = np.cumsum(hit, axis=1) / np.arange(1, hit.shape[1] + 1)
    if confidence is not None:
        # a threshold cannot stop between equals
        precision[:, :-1][:, confidence[1:] == confidence[:-1]] = 0
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(np.sum(envelope, axis=1, where=hit) / n)
