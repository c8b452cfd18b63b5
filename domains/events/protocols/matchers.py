"""Who is matched with whom among the pairs of a criterion.

Conventions
-----------
- ``f(prediction, reference, pairs, *, options) -> Matches``: for each row its partner's position, or -1.
- One to one, unless a matcher says many to many.
- Ties go by the order of rows.

References
----------
Hopcroft, J. E. & Karp, R. M. (1973). An n^(5/2) algorithm for maximum matchings. SIAM J. Comput. 2, 225.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from overlap import matching

from .criteria import Pairs


class Matches(NamedTuple):
    """Partners.

    Parameters
    ----------
    prediction : array of int, shape (T, n)
        Position of the reference that each prediction found, or -1, for each threshold (one row if there are none).
    reference : array of int, shape (T, m)
        Position of the prediction that found each reference, or -1.
    substituted : array of bool, shape (m,)
        References that an event of another label stands for.
    thresholds : array (T,), optional
        Of the criterion's value.
    """

    prediction: np.ndarray
    reference: np.ndarray
    substituted: np.ndarray
    thresholds: np.ndarray | None = None


def same_label_first(
    prediction: pd.DataFrame,
    reference: pd.DataFrame,
    pairs: Pairs,
    *,
    matching: Literal["optimal", "greedy"] = "optimal",
    substitutions: Literal["first", "most"] = "first",
) -> Matches:
    """Match events of one label, then let what is left over substitute.

    Parameters
    ----------
    prediction, reference : DataFrame
        Events.
    pairs : Pairs
        Value 1 where labels agree, 0 where they do not.
    matching : {"optimal", "greedy"}
        As many matches as can be; or each reference, row by row, takes the first prediction that is free.
    substitutions : {"first", "most"}
        Each reference left over takes the first prediction left over; or as many as can be do.

    Examples
    --------
    >>> from ..schema import as_events
    >>> a, b = as_events([[0, 1], [0, 1]]), as_events([[0, 1]])
    >>> same_label_first(a, b, Pairs(np.array([0, 1]), np.array([0, 0]), np.ones(2))).prediction
    array([[ 0, -1]])
    """
    n, m = len(prediction), len(reference)
    found = _assign(pairs, pairs.value == 1, (n, m), optimal=matching == "optimal")
    free_a, free_b = np.ones(n, bool), found < 0
    free_a[found[~free_b]] = False
    left = free_a[pairs.prediction] & free_b[pairs.reference]
    substituted = _assign(pairs, left, (n, m), optimal=substitutions == "most") >= 0
    return Matches(_inverse(found, n)[None], found[None], substituted)


def by_confidence(
    prediction: pd.DataFrame,
    reference: pd.DataFrame,
    pairs: Pairs,
    *,
    thresholds: Sequence[float] = (0.5,),
    tolerance: float = 0.0,
) -> Matches:
    """Let predictions, the most confident first, claim the reference of greatest value that is free.

    Parameters
    ----------
    prediction, reference : DataFrame
        Events; every prediction has a confidence.
    pairs : Pairs
        Value: an index such as temporal IoU.
    thresholds : sequence of float
        Least values of a match.
    tolerance : float
        How far below a threshold still counts: rounding may carry 0.5 to 0.49999999999999994.

    Raises
    ------
    ValueError
        If a prediction has no confidence.

    Examples
    --------
    >>> from ..schema import as_events
    >>> a = as_events([[0, 1], [0, 1]]).assign(confidence=[0.5, 0.9])
    >>> by_confidence(a, as_events([[0, 1]]), Pairs(np.array([0, 1]), np.array([0, 0]), np.ones(2))).prediction
    array([[-1,  0]])
    """
    none = prediction["confidence"].isna()
    if none.any():
        raise ValueError(
            f"by_confidence: {int(none.sum())} of {len(prediction)} predictions have no confidence; "
            "this protocol ranks them by a column confidence (or score)"
        )
    steps = np.asarray(thresholds, float)
    scores = as_matrix(pairs, len(prediction), len(reference))
    claimed = np.atleast_2d(matching.claim(prediction["confidence"].to_numpy(float), scores, steps - tolerance))
    m = len(reference)
    return Matches(claimed, np.stack([_inverse(x, m) for x in claimed]), np.zeros(m, bool), steps)


def one_to_one(
    prediction: pd.DataFrame,
    reference: pd.DataFrame,
    pairs: Pairs,
    *,
    thresholds: Sequence[float] = (0.5,),
    tolerance: float = 0.0,
) -> Matches:
    """Match as many events as can be, and of such matchings the one of greatest total value.

    Parameters
    ----------
    prediction, reference : DataFrame
        Events.
    pairs : Pairs
        Value: an index such as temporal IoU.
    thresholds : sequence of float
        Least values of a match.
    tolerance : float
        How far below a threshold still counts: rounding may carry 0.5 to 0.49999999999999994.

    Examples
    --------
    >>> from ..schema import as_events
    >>> a, b = as_events([[0, 1]]), as_events([[0, 1]])
    >>> one_to_one(a, b, Pairs(np.array([0]), np.array([0]), np.ones(1)), thresholds=[0.5, 1]).reference
    array([[0],
           [0]])
    """
    n, m = len(prediction), len(reference)
    steps = np.asarray(thresholds, float)
    scores = as_matrix(pairs, n, m)
    found = np.full((len(steps), m), -1)
    for k, step in enumerate(steps):
        chosen = matching.match(scores, step - tolerance).pairs
        found[k, chosen[:, 1]] = chosen[:, 0]
    return Matches(np.stack([_inverse(x, n) for x in found]), found, np.zeros(m, bool), steps)


def all_pairs(prediction: pd.DataFrame, reference: pd.DataFrame, pairs: Pairs) -> Matches:
    """Match every pair, many to many; the partner that is told is the one of greatest value.

    Examples
    --------
    >>> from ..schema import as_events
    >>> a = as_events([[0, 1], [2, 3]])
    >>> all_pairs(a, as_events([[0, 3]]), Pairs(np.array([0, 1]), np.array([0, 0]), np.ones(2))).prediction
    array([[0, 0]])
    """
    order = np.argsort(pairs.value, kind="stable")
    of_a, of_b = np.full(len(prediction), -1), np.full(len(reference), -1)
    # of several writes to one place the last stays
    of_a[pairs.prediction[order]] = pairs.reference[order]
    of_b[pairs.reference[order]] = pairs.prediction[order]
    return Matches(of_a[None], of_b[None], np.zeros(len(reference), bool))


def as_matrix(pairs: Pairs, n: int, m: int) -> Any:
    """Return the pairs as a sparse matrix (predictions, references) of their values."""
    return sparse.csr_array((pairs.value, (pairs.prediction, pairs.reference)), (n, m))


def _assign(pairs: Pairs, among: np.ndarray, shape: tuple[int, int], *, optimal: bool) -> np.ndarray:
    """Return the prediction of each reference, or -1: as many as can be, or first come, first served."""
    n, m = shape
    i, j = pairs.prediction[among], pairs.reference[among]
    scores = sparse.csr_array((np.ones(len(i)), (j, i)), (m, n))
    if not optimal:
        return np.asarray(matching.claim(-np.arange(m), scores, 1.0))
    found = np.full(m, -1)
    chosen = matching.match(scores, 1.0).pairs
    found[chosen[:, 0]] = chosen[:, 1]
    return found


def _inverse(partner: np.ndarray, n: int) -> np.ndarray:
    back = np.full(n, -1)
    back[partner[partner >= 0]] = np.flatnonzero(partner >= 0)
    return back
