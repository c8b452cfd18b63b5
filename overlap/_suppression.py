"""Non-maximum suppression by the pairs that overlap, whatever the shape.

Conventions
-----------
- The order is total: by descending score, ties by index. Of two that overlap the earlier one suppresses.
- Hard: what overlaps a kept one by more than the threshold (>) goes, as in torchvision and powerboxes.
- Soft: nothing goes. The best of what is left is taken, and the scores s of the others fall by their overlap o with
  it: "linear", s (1 − o) where o is the threshold or more (≥); "gaussian", s exp(−o²/σ), whatever the threshold.
- Where there are labels, only equals suppress each other. An overlap of NaN (two empty shapes) is none, as are
  negative ones to soft suppression.

References
----------
Bodla, N. et al. (2017). Soft-NMS: improving object detection with one line of code. ICCV, 5562. arXiv:1704.04503
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._arrays import Array, like, numbers_on_host, values_on_host
from ._checks import check_choice, check_real
from ._groups import number_labels, read_labels

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Method = Literal["hard", "linear", "gaussian"]
Kept: TypeAlias = Any
"""Indices of what is kept, by descending score; of soft suppression (indices, new scores)."""
Pairs = tuple[Indices, Indices, Floats]
"""A row, another row, their overlap."""
Overlaps = Callable[[Indices, Indices], Iterable[Pairs]]
"""The pairs of two lists of rows that may overlap, each once, in blocks."""
Neighbours = Callable[[int], tuple[list[int], list[float]]]
"""The rows that overlap one row, and what share of their scores it leaves them."""

_FIRST = 1 << 9
"""So many of the best are compared with each other first, and then with all that is left."""
_GROWTH = 4

_BLOCKS = 16
"""So many parts of the rows look for their neighbours one after another."""


@dataclass(frozen=True)
class Rules:
    """What suppresses what: scores (n,) and groups (n,) of rows, the rows best first, and how a score falls.

    `given` (n,) is the number that each row was given with, by which it is told in the end.
    """

    scores: Floats
    group: Indices | None
    order: Indices
    given: Indices
    threshold: float
    method: Method
    sigma: float

    def renumbered(self, rows: Indices) -> Rules:
        """Return the same of rows in another order."""
        place = np.empty(len(rows), np.int64)
        place[rows] = np.arange(len(rows))
        group = None if self.group is None else self.group[rows]
        return replace(self, scores=self.scores[rows], group=group, order=place[self.order], given=self.given[rows])

    def is_felt(self, overlap: Floats) -> Bools:
        """Return which overlaps may have an effect: NaN has none, and nothing up to 0 if suppression is soft."""
        least = self.threshold if self.method == "hard" else 0.0
        return np.asarray(overlap > least)

    def share_left(self, overlap: Floats) -> Floats:
        """Return what soft suppression leaves of a score."""
        if self.method == "linear":
            left = np.maximum(1 - overlap, 0)
            return np.where(overlap >= self.threshold, left, 1.0)
        return np.exp(-(overlap**2) / self.sigma)


def read_rules(
    operation: str,
    scores: ArrayLike,
    n: int | None,
    threshold: float,
    labels: ArrayLike | None,
    method: Method,
    sigma: float,
    greatest: float = 1.0,
) -> Rules:
    """Return what was asked for, checked; `n` is the number of rows, where it is known, `greatest` the most of overlap.

    Examples
    --------
    >>> rules = read_rules("boxes.nms", [0.9, 0.8], 2, 0.5, ["cat", "dog"], "hard", 0.5)
    >>> rules.scores, rules.group
    (array([0.9, 0.8]), array([0, 1]))
    """
    check_choice(operation, "method", method, ("hard", "linear", "gaussian"))
    check_real(operation, "threshold", threshold)
    if np.isnan(threshold):
        raise ValueError(f"{operation}: the threshold is NaN; pass the greatest overlap of two that both stay")
    if threshold < 0:
        raise ValueError(f"{operation}: the threshold is {threshold}, and no overlap is below 0; pass 0 or more")
    if threshold > greatest:
        raise ValueError(
            f"{operation}: the threshold is {threshold}, and no overlap is above 1; of per cent pass {threshold} / 100"
        )
    check_real(operation, "sigma", sigma)
    if not sigma > 0:
        raise ValueError(f"{operation}: sigma must be positive, got {sigma}; 0.5 is usual")
    values = _read_scores(operation, scores, n)
    if method != "hard":
        _check_shares_can_be_taken(operation, values)
    group = None if labels is None else _read_labels(operation, labels, len(values))
    every_row = np.arange(len(values))
    return Rules(values, group, best_first(values), every_row, float(threshold), method, float(sigma))


def best_first(scores: Floats) -> Indices:
    """Return rows by descending score, ties by index.

    Examples
    --------
    >>> best_first(np.array([0.2, 0.9, 0.2]))
    array([1, 0, 2])
    """
    return np.argsort(-scores, kind="stable")


def suppress(rules: Rules, overlaps: Overlaps) -> Kept:
    """Suppress rows whose overlaps are computed as they are needed.

    Hard suppression settles the best rows first, and never compares what they suppress.
    """
    order = rules.order
    if rules.method != "hard":
        return soften(rules, _neighbours_of_all(rules, overlaps))
    is_alive = np.ones(len(order), bool)
    start = 0
    size = _FIRST
    while start < len(order):
        stop = start + size
        # ascending, as the caller has numbered them
        batch = np.sort(_living(order[start:stop], is_alive))
        first, second, _ = _felt(rules, overlaps(batch, batch))
        _let_earlier_suppress(order, first, second, is_alive)
        kept = _living(batch, is_alive)
        rest = np.sort(_living(order[stop:], is_alive))
        _, suppressed, _ = _felt(rules, overlaps(kept, rest))
        is_alive[suppressed] = False
        start = stop
        size *= _GROWTH
    return _kept(rules, is_alive)


def suppress_stored(rules: Rules, pairs: Pairs) -> Kept:
    """Suppress rows by pairs that are all there, those of one group that are felt.

    Examples
    --------
    >>> rules = read_rules("matching.nms", [0.9, 0.5], 2, 0.5, None, "linear", 0.5)
    >>> suppress_stored(rules, (np.array([0, 1]), np.array([1, 0]), np.array([0.8, 0.8])))
    (array([0, 1]), array([0.9, 0.1]))
    """
    first, second, overlap = pairs
    n = len(rules.scores)
    if rules.method != "hard":
        return soften(rules, _neighbours(first, second, rules.share_left(overlap), n))
    is_alive = np.ones(n, bool)
    _let_earlier_suppress(rules.order, first, second, is_alive)
    return _kept(rules, is_alive)


def soften(rules: Rules, neighbours: Neighbours) -> tuple[Indices, Floats]:
    """Return all rows in the order in which they are taken, with what is left of their scores."""
    score = rules.scores.tolist()
    is_taken = [False] * len(score)
    taken = []
    # the lowest is popped: the greatest score, ties by index
    given = rules.given.tolist()
    waiting = [(-score[i], given[i], i) for i in rules.order.tolist()]
    while waiting:
        negative_score, number, i = heapq.heappop(waiting)
        if is_taken[i]:
            continue
        if -negative_score != score[i]:
            # it has fallen since, and waits farther back
            heapq.heappush(waiting, (-score[i], number, i))
            continue
        is_taken[i] = True
        taken.append(i)
        others, shares = neighbours(i)
        for j, share in zip(others, shares, strict=True):
            if not is_taken[j]:
                score[j] *= share
    rows = np.array(taken, np.int64)
    return rules.given[rows], np.array(score, np.float64)[rows]


def given_back(kept: Kept, x: Array, xp: ModuleType) -> Kept:
    """Return what is kept as arrays of the library of `x`."""
    if not isinstance(kept, tuple):
        return like(kept, x, xp)
    index, score = kept
    return like(index, x, xp), like(score, x, xp)


def _neighbours_of_all(rules: Rules, overlaps: Overlaps) -> Neighbours:
    """Return a function that lists the neighbours of a row, found for a part of the rows at a time to save memory."""
    n = len(rules.scores)
    every_row = np.arange(n)
    size = -(-n // _BLOCKS) or 1
    blocks = []
    for start in range(0, n, size):
        first, second, overlap = _felt(rules, overlaps(every_row[start : start + size], every_row))
        blocks.append(_neighbours(first - start, second, rules.share_left(overlap), size))

    def of_row(i: int) -> tuple[list[int], list[float]]:
        block, row = divmod(i, size)
        return blocks[block](row)

    return of_row


def _neighbours(first: Indices, second: Indices, share: Floats, n: int) -> Neighbours:
    """Return a function that lists the neighbours of one of `n` rows, from all pairs."""
    by_row = np.argsort(first, kind="stable")
    starts = np.searchsorted(first[by_row], np.arange(n + 1)).tolist()
    # lists of all pairs would take far more memory than arrays
    others = second[by_row].astype(np.int32)
    shares = share[by_row]

    def of_row(i: int) -> tuple[list[int], list[float]]:
        row = slice(starts[i], starts[i + 1])
        return others[row].tolist(), shares[row].tolist()

    return of_row


def _let_earlier_suppress(order: Indices, first: Indices, second: Indices, is_alive: Bools) -> None:
    """Let each row that is not suppressed itself suppress the later ones of its pairs (first, second)."""
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    is_forward = rank[first] < rank[second]
    better = first[is_forward]
    worse = second[is_forward]
    by_rank = np.argsort(rank[better], kind="stable")
    suppressed = set[int]()
    for i, j in zip(better[by_rank].tolist(), worse[by_rank].tolist(), strict=True):
        if i not in suppressed:
            suppressed.add(j)
    is_alive[list(suppressed)] = False


def _felt(rules: Rules, blocks: Iterable[Pairs]) -> Pairs:
    """Return the pairs of all blocks whose overlap has an effect."""
    firsts = [np.zeros(0, np.int64)]
    seconds = [np.zeros(0, np.int64)]
    overlaps = [np.zeros(0)]
    for first, second, overlap in blocks:
        felt = np.flatnonzero(rules.is_felt(overlap))
        firsts.append(first[felt])
        seconds.append(second[felt])
        overlaps.append(overlap[felt])
    return np.concatenate(firsts), np.concatenate(seconds), np.concatenate(overlaps)


def _kept(rules: Rules, is_alive: Bools) -> Indices:
    """Return what is left in the end, best first, by the numbers it was given with."""
    kept = _living(rules.order, is_alive)
    return rules.given[kept]


def _living(rows: Indices, is_alive: Bools) -> Indices:
    return rows[is_alive[rows]]


def _read_scores(operation: str, scores: ArrayLike, n: int | None) -> Floats:
    host = values_on_host(operation, "scores", scores)
    values = numbers_on_host(operation, "scores", host).astype(np.float64)
    if values.ndim != 1 or (n is not None and len(values) != n):
        rows = "row" if n is None else f"of the {n} rows"
        raise ValueError(f"{operation}: scores has shape {values.shape}; pass one number for each {rows}")
    is_nan = np.isnan(values)
    if is_nan.any():
        raise ValueError(f"{operation}: {is_nan.sum()} scores are NaN; leave those rows out")
    return values


def _check_shares_can_be_taken(operation: str, scores: Floats) -> None:
    is_positive = (scores >= 0) & (scores < np.inf)
    if not is_positive.all():
        raise ValueError(
            f"{operation}: soft suppression leaves a share of each score, so none may be negative or infinite, got "
            f"{scores.min():g} to {scores.max():g}; pass probabilities, of logits 1 / (1 + numpy.exp(-scores))"
        )


def _read_labels(operation: str, labels: ArrayLike, n: int) -> Indices:
    """Return the number of each row's label."""
    classes = read_labels(operation, "labels", labels)
    if classes.shape != (n,):
        raise ValueError(f"{operation}: labels has shape {classes.shape}; pass one for each of the {n} scores")
    return number_labels(operation, "labels", classes)
