"""Who is matched with whom among the pairs of a criterion.

Conventions
-----------
- Each function takes the prediction, the reference and their `Pairs`, and returns `Matches`: for each row its
  partner's position, or -1.
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

from overlap import matching as core

from .criteria import Pairs, groups
from .ranks import Ties, ranks

NOBODY = -1


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
    rank : array of int (n,), optional
        In which order predictions of one label claimed.
    """

    prediction: np.ndarray
    reference: np.ndarray
    substituted: np.ndarray
    thresholds: np.ndarray | None = None
    rank: np.ndarray | None = None


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
    n = len(prediction)
    m = len(reference)
    match_alike = _match_first if matching == "greedy" else _match_most
    match_others = _match_most if substitutions == "most" else _match_first
    is_alike = pairs.value == 1
    of_reference = match_alike(pairs, is_alike, n, m)
    of_prediction = _inverse(of_reference, n)
    is_free_prediction = of_prediction == NOBODY
    is_free_reference = of_reference == NOBODY
    is_free = is_free_prediction[pairs.prediction] & is_free_reference[pairs.reference]
    substitute = match_others(pairs, is_free, n, m)
    return Matches(of_prediction[None], of_reference[None], substitute != NOBODY)


def by_confidence(
    prediction: pd.DataFrame,
    reference: pd.DataFrame,
    pairs: Pairs,
    *,
    thresholds: Sequence[float] = (0.5,),
    tolerance: float = 0.0,
    ties: Ties = "index",
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
    ties : {"official", "index", "together"}
        Which of equals of one label is first, see `ranks`; of free references of equal value, the one that
        ``numpy.argsort(value)[::-1]`` has first is claimed if "official" (of few, the later row), else the earlier row.

    Raises
    ------
    ValueError
        If a prediction has no confidence.

    Warns
    -----
    UserWarning
        If equals are in the official order, and there are some.

    Examples
    --------
    >>> from ..schema import as_events
    >>> a = as_events([[0, 1], [0, 1]]).assign(confidence=[0.5, 0.9])
    >>> by_confidence(a, as_events([[0, 1]]), Pairs(np.array([0, 1]), np.array([0, 0]), np.ones(2))).prediction
    array([[-1,  0]])
    """
    n = len(prediction)
    m = len(reference)
    confidence = with_confidence(prediction)
    steps = np.asarray(thresholds, float)
    label, _ = groups(prediction, reference, "label")
    rank = ranks(confidence, label, ties=ties, warns=True)
    least = steps - tolerance
    if ties == "official":
        pairs, least = _in_official_order(prediction, reference, pairs, least)
    of_prediction = np.atleast_2d(core.claim(-rank, as_matrix(pairs, n, m), least))
    of_reference = np.stack([_inverse(partner, m) for partner in of_prediction])
    return Matches(of_prediction, of_reference, np.zeros(m, bool), steps, rank)


def with_confidence(prediction: pd.DataFrame) -> np.ndarray:
    """Return the confidence of each prediction.

    Raises
    ------
    ValueError
        If a prediction has none.
    """
    n_missing = int(prediction["confidence"].isna().sum())
    if n_missing:
        raise ValueError(
            f"events.assess: {n_missing} of {len(prediction)} predictions have no confidence; "
            "this protocol ranks them: add a column confidence (or score)"
        )
    return prediction["confidence"].to_numpy(float)


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
    n = len(prediction)
    m = len(reference)
    steps = np.asarray(thresholds, float)
    scores = as_matrix(pairs, n, m)
    of_prediction = np.full((len(steps), n), NOBODY)
    of_reference = np.full((len(steps), m), NOBODY)
    for k, step in enumerate(steps):
        matched = core.match(scores, step - tolerance).pairs
        of_prediction[k, matched[:, 0]] = matched[:, 1]
        of_reference[k, matched[:, 1]] = matched[:, 0]
    return Matches(of_prediction, of_reference, np.zeros(m, bool), steps)


def all_pairs(prediction: pd.DataFrame, reference: pd.DataFrame, pairs: Pairs) -> Matches:
    """Match every pair, many to many; the partner that is named is the one of greatest value.

    Examples
    --------
    >>> from ..schema import as_events
    >>> a = as_events([[0, 1], [2, 3]])
    >>> all_pairs(a, as_events([[0, 3]]), Pairs(np.array([0, 1]), np.array([0, 0]), np.ones(2))).prediction
    array([[0, 0]])
    """
    of_prediction = np.full(len(prediction), NOBODY)
    of_reference = np.full(len(reference), NOBODY)
    order = np.argsort(pairs.value, kind="stable")
    i = pairs.prediction[order]
    j = pairs.reference[order]
    # of several writes to one place the last stays
    of_prediction[i] = j
    of_reference[j] = i
    return Matches(of_prediction[None], of_reference[None], np.zeros(len(reference), bool))


def as_matrix(pairs: Pairs, n: int, m: int) -> Any:
    """Return the pairs as a sparse matrix (predictions, references) of their values."""
    return sparse.csr_array((pairs.value, (pairs.prediction, pairs.reference)), (n, m))


def _match_most(pairs: Pairs, among: np.ndarray, n: int, m: int) -> np.ndarray:
    """Return the prediction of each reference, or -1: as many as can be."""
    of_reference = np.full(m, NOBODY)
    matched = core.match(_candidates(pairs, among, n, m), 1.0).pairs
    of_reference[matched[:, 0]] = matched[:, 1]
    return of_reference


def _match_first(pairs: Pairs, among: np.ndarray, n: int, m: int) -> np.ndarray:
    """Return the prediction of each reference, or -1: first come, first served."""
    falling = -np.arange(m)
    return np.asarray(core.claim(falling, _candidates(pairs, among, n, m), 1.0))


def _in_official_order(
    prediction: pd.DataFrame, reference: pd.DataFrame, pairs: Pairs, least: np.ndarray
) -> tuple[Pairs, np.ndarray]:
    """Replace values and least values by whole numbers that keep their order, where equals have an order too."""
    n_of_prediction = np.bincount(pairs.prediction)
    among = np.flatnonzero(n_of_prediction[pairs.prediction] > 1)
    order = among[np.lexsort((pairs.value[among], pairs.prediction[among]))]
    i = pairs.prediction[order]
    value = pairs.value[order]
    is_equal = (i[1:] == i[:-1]) & (value[1:] == value[:-1])
    if not is_equal.any():
        return pairs, least
    place_among_equals = np.zeros(len(pairs.value))
    group, group_of_reference = groups(prediction, reference, "file", "label")
    for k in np.unique(i[1:][is_equal]):
        # all references of its label and video, as the official code sorts them
        alike = np.flatnonzero(group_of_reference == group[k])
        own = order[np.searchsorted(i, k) : np.searchsorted(i, k, "right")]
        place = np.searchsorted(alike, pairs.reference[own])
        # as objects, since its rows are: numpy sorts these alike on every processor
        values = np.zeros(len(alike), object)
        values[place] = pairs.value[own]
        falling = values.argsort()[::-1]
        place_of_alike = np.empty(len(alike))
        place_of_alike[falling] = np.arange(len(alike), 0, -1)
        place_among_equals[own] = place_of_alike[place]
    distinct, number = np.unique(pairs.value, return_inverse=True)
    stretch = len(reference) + 1
    worth = number * float(stretch) + place_among_equals
    return pairs._replace(value=worth), np.searchsorted(distinct, least) * float(stretch)


def _candidates(pairs: Pairs, among: np.ndarray, n: int, m: int) -> Any:
    """Return some of the pairs as a sparse matrix (references, predictions) of ones."""
    i = pairs.prediction[among]
    j = pairs.reference[among]
    return sparse.csr_array((np.ones(len(i)), (j, i)), (m, n))


def _inverse(partner: np.ndarray, n: int) -> np.ndarray:
    """Return for each of n rows who has it as a partner, or -1."""
    back = np.full(n, NOBODY)
    rows = np.flatnonzero(partner >= 0)
    back[partner[rows]] = rows
    return back
