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

from .._arrays import on_host
from .._checks import check_choice
from .candidates import Candidates, Floats, Ints, greedy, read_candidates, read_thresholds
from .curves import area_under, curve_of, only_between_unequals


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

    See Also
    --------
    average_precision : Average precision of ranked predictions.
    match : Match predictions with references, one to one.

    Examples
    --------
    >>> scores = [[0.9, 0.6], [0.8, 0.7]]
    >>> claim([0.5, 0.6], scores, [0.5, 0.75])
    array([[ 1,  0],
           [-1,  0]])
    """
    steps = read_thresholds("matching.claim", thresholds)
    lowest = np.min(steps, initial=np.inf)
    pairs = read_candidates("matching.claim", scores, lowest)
    n, _ = pairs.shape
    ranks = ranks_of(in_rank_order("matching.claim", confidence, n))
    claimed_by_rank = _claims(pairs, ranks, np.atleast_1d(steps), fall_back=fall_back)
    claimed = claimed_by_rank[:, ranks]
    return claimed.reshape(*steps.shape, n)


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

    See Also
    --------
    claim : Let predictions claim references in the order of their confidence.
    overlap.coco.evaluate : Average precision of detections by the rules of a community.

    Examples
    --------
    Three predictions: a hit, a miss, a hit; two references:

    >>> float(average_precision([0.9, 0.8, 0.7], [[0.6, 0.0], [0.1, 0.2], [0.0, 0.8]]))
    0.8333333333333333
    """
    operation = "matching.average_precision"
    check_choice(operation, "ties", ties, ("together", "index"))
    steps = read_thresholds(operation, thresholds)
    lowest = np.min(steps, initial=np.inf)
    pairs = read_candidates(operation, scores, lowest)
    n, _ = pairs.shape
    class_a, class_b, n_classes = _classes(operation, labels_a, labels_b, pairs.shape)
    order = in_rank_order(operation, confidence, n, class_a)
    ranks = ranks_of(order)

    is_of_one_class = class_a[pairs.row] == class_b[pairs.column]
    claimed = _claims(pairs.take(is_of_one_class), ranks, np.atleast_1d(steps), fall_back=fall_back)
    confidence_by_rank = np.asarray(confidence)[order] if ties == "together" else None
    references = np.bincount(class_b, minlength=n_classes)
    area = _areas(claimed >= 0, class_a[order], references, confidence_by_rank)
    shape = steps.shape if labels_b is None else (*steps.shape, n_classes)
    return area.reshape(shape)[()]


def average_precision_of_claims(
    confidence: ArrayLike,
    claimed: ArrayLike,
    *,
    labels_a: ArrayLike,
    labels_b: ArrayLike,
    ties: Literal["together", "index"] = "together",
) -> NDArray[np.float64]:
    """Average precision of predictions whose claims are known: `average_precision` of what `claim` returned.

    Parameters
    ----------
    confidence : array (N,)
        Of each prediction.
    claimed : array of int (T, N) or (N,)
        Reference that each prediction claims, or -1; at each threshold, if there are several.
    labels_a, labels_b : array (N,), array (M,)
        Classes of predictions and references; of one class alone pass zeros.
    ties : {"together", "index"}
        See `average_precision`.

    Returns
    -------
    ndarray (T, C) or (C,)
        One for each row of `claimed`, if there are several, and each class of ``numpy.unique(labels_b)``.

    Raises
    ------
    ValueError
        If the shapes do not fit, a claim is of a reference that is not there, of one that is claimed already, or of
        another class.
    TypeError
        If `claimed` does not hold whole numbers.

    See Also
    --------
    claim : Let predictions claim references in the order of their confidence.
    average_precision : Average precision of ranked predictions.

    Examples
    --------
    Three predictions, of which the first and the last claim a reference; two references:

    >>> confidence = [0.9, 0.8, 0.7]
    >>> average_precision_of_claims(confidence, [0, -1, 1], labels_a=[0, 0, 0], labels_b=[0, 0]).tolist()
    [0.8333333333333333]
    """
    operation = "matching.average_precision_of_claims"
    check_choice(operation, "ties", ties, ("together", "index"))
    rows = on_host(operation, "claimed", claimed)
    if rows.ndim not in (1, 2):
        raise ValueError(f"{operation}: claimed has shape {rows.shape}; pass what claim returns, (T, N) or (N,)")
    by_threshold = np.atleast_2d(rows)
    n = rows.shape[-1]
    m = on_host(operation, "labels_b", labels_b).size
    class_a, class_b, n_classes = _classes(operation, labels_a, labels_b, (n, m))
    _check_claims(operation, by_threshold, class_a, class_b)
    order = in_rank_order(operation, confidence, n, class_a)
    confidence_by_rank = np.asarray(confidence)[order] if ties == "together" else None
    references = np.bincount(class_b, minlength=n_classes)
    is_hit = np.take(by_threshold >= 0, order, axis=1)
    area = _areas(is_hit, class_a[order], references, confidence_by_rank)
    return area.reshape(*rows.shape[:-1], n_classes)


def _check_claims(operation: str, claimed: NDArray[Any], class_a: Ints, class_b: Ints) -> None:
    """Refuse claims (T, N) that no row of predictions can have made."""
    if claimed.dtype.kind not in "iu":
        raise TypeError(f"{operation}: claimed has dtype {claimed.dtype}; pass whole numbers, what claim returns")
    m = len(class_b)
    n_beyond = np.count_nonzero((claimed < -1) | (claimed >= m))
    if n_beyond:
        raise ValueError(
            f"{operation}: {n_beyond} claims are of no reference; pass the row of one, 0 to {m - 1}, or -1 for none"
        )
    for of_threshold in claimed:
        row = np.flatnonzero(of_threshold >= 0)
        column = of_threshold[row]
        if np.max(np.bincount(column), initial=0) > 1:
            raise ValueError(f"{operation}: a reference is claimed twice; of one reference there is one claim at most")
        n_across = np.count_nonzero(class_a[row] != class_b[column])
        if n_across:
            raise ValueError(
                f"{operation}: {n_across} claims are of a reference of another class; give claim the scores of pairs "
                "of one class only"
            )


def _classes(
    operation: str, labels_a: ArrayLike | None, labels_b: ArrayLike | None, shape: tuple[int, int]
) -> tuple[Ints, Ints, int]:
    """Return the class of each prediction (-1: not in the reference) and reference, and the number of classes."""
    n, m = shape
    if labels_a is None and labels_b is None:
        return np.zeros(n, np.intp), np.zeros(m, np.intp), 1
    if labels_a is None or labels_b is None:
        raise ValueError(f"{operation}: pass labels_a and labels_b, both or none")
    a = on_host(operation, "labels_a", labels_a)
    b = on_host(operation, "labels_b", labels_b)
    if a.shape != (n,) or b.shape != (m,):
        raise ValueError(
            f"{operation}: labels_a {a.shape} and labels_b {b.shape} must be one for each prediction ({n}) and "
            f"reference ({m})"
        )
    try:
        classes, class_b = np.unique(b, return_inverse=True)
        np.unique(a)
    except TypeError:
        raise TypeError(f"{operation}: the labels cannot be sorted; pass numbers or text, of one type") from None
    is_known = np.isin(a, classes)
    class_a = np.where(is_known, np.searchsorted(classes, a), -1)
    return class_a, class_b, len(classes)


def in_rank_order(operation: str, confidence: ArrayLike, n: int, label: Ints | None = None) -> Ints:
    """Return `n` predictions in the order of their ranks."""
    values = on_host(operation, "confidence", confidence)
    if values.shape != (n,) or values.dtype.kind not in "fiub":
        raise ValueError(
            f"{operation}: the confidences have shape {values.shape} and dtype {values.dtype}; pass one number for "
            f"each of the {n} predictions"
        )
    is_nan = np.isnan(values)
    if is_nan.any():
        raise ValueError(f"{operation}: {is_nan.sum()} confidences are NaN; leave those predictions out")
    falling = -values.astype(np.float64)
    return np.argsort(falling, kind="stable") if label is None else np.lexsort((falling, label))


def ranks_of(order: Ints) -> Ints:
    """Return the rank of each prediction."""
    ranks = np.empty(len(order), np.intp)
    ranks[order] = np.arange(len(order))
    return ranks


def by_preference(pairs: Candidates) -> Ints:
    """Order candidates by row, and those of a row by descending score, ties as they come: by column."""
    return np.lexsort((-pairs.score, pairs.row))


def claims(
    pairs: Candidates,
    thresholds: Floats,
    *,
    fall_back: bool,
    strict: bool = False,
    is_repeated: NDArray[np.bool_] | None = None,
) -> Ints:
    """Return the column that each row claims at each threshold (T, N), or -1.

    Rows are in the order in which they claim, and the pairs of a row in that of its preference. Columns where
    `is_repeated` holds (M,) are never taken.
    """
    if not fall_back:
        is_best_of_row = np.ones(len(pairs.row), bool)
        is_best_of_row[1:] = pairs.row[1:] != pairs.row[:-1]
        pairs = pairs.take(is_best_of_row)
    n, m = pairs.shape
    place = pairs.column
    if is_repeated is not None:
        # each of its pairs has a place of its own
        repeated = np.flatnonzero(is_repeated[pairs.column])
        place = pairs.column.copy()
        place[repeated] = m + np.arange(len(repeated))
        m += len(repeated)

    claimed = np.full((len(thresholds), n), -1, np.intp)
    for k, threshold in enumerate(thresholds):
        is_high = pairs.score > threshold if strict else pairs.score >= threshold
        high = np.flatnonzero(is_high)
        winners = high[greedy(pairs.row[high], place[high], (n, m))]
        claimed[k, pairs.row[winners]] = pairs.column[winners]
    return claimed


def _claims(pairs: Candidates, ranks: Ints, thresholds: Floats, *, fall_back: bool) -> Ints:
    """Return the reference that each prediction claims, or -1, as (thresholds, predictions in rank order)."""
    ranked = pairs._replace(row=ranks[pairs.row])
    return claims(ranked.take(by_preference(ranked)), thresholds, fall_back=fall_back)


def _areas(is_hit: NDArray[np.bool_], label: Ints, references: Ints, confidence: Any | None) -> Floats:
    """Return the area under the envelope for each threshold and class, from hits in rank order.

    Predictions of one confidence count together; without confidences each counts by itself.
    """
    n_classes = len(references)
    areas = np.full((len(is_hit), n_classes), np.nan)
    bounds = np.searchsorted(label, np.arange(n_classes + 1))
    for k in np.flatnonzero(references):
        of_class = slice(bounds[k], bounds[k + 1])
        curve = curve_of(is_hit[:, of_class], None, references[k])
        if confidence is not None:
            curve = only_between_unequals(curve, confidence[of_class])
        areas[:, k] = area_under(curve)
    return areas
