"""The order in which predictions count: the most confident first, and what is done where confidences are equal.

Conventions
-----------
- A rank is the place of a prediction among those of its group (a label, or a label in a recording), from 0 on.
- "official": equals in the order of ``numpy.argsort(confidence)[::-1]``, the call of ActivityNet's code and of OpenTAD:
  the later row first. numpy does not promise an order of equals, and of many it is another on another processor.
- "index": equals in the order of rows.

References
----------
Caba Heilbron, F. et al. (2015). ActivityNet. CVPR, 961. doi:10.1109/CVPR.2015.7298698
"""

from __future__ import annotations

import warnings
from typing import Literal

import numpy as np

Ties = Literal["official", "index", "together"]


def ranks(confidence: np.ndarray, group: np.ndarray, *, ties: Ties = "official", warns: bool = False) -> np.ndarray:
    """Return the rank of each prediction in its group.

    Parameters
    ----------
    confidence : array (n,)
        Of each prediction.
    group : array of int (n,)
        Which group each belongs to.
    ties : {"official", "index", "together"}
        How equals are ordered; those that count together are ranked by index.
    warns : bool
        Whether to warn where equals are in the official order: it is no decision of the model.

    Returns
    -------
    array of int (n,)

    Warns
    -----
    UserWarning
        If there are such predictions.

    Examples
    --------
    >>> confidence, group = np.array([0.5, 0.9, 0.5, 0.5]), np.array([0, 0, 0, 1])
    >>> ranks(confidence, group).tolist(), ranks(confidence, group, ties="index").tolist()
    ([2, 0, 1, 0], [1, 0, 2, 0])
    """
    order = _most_confident_first(confidence, group)
    is_first = _is_first_of_group(group[order])
    starts = np.flatnonzero(is_first)
    number = np.cumsum(is_first) - 1
    rank = np.empty(len(order), int)
    rank[order] = np.arange(len(order)) - starts[number]
    if ties != "official":
        return rank
    is_tied = _equals_before(confidence[order], is_first)
    if warns:
        _warn_of_ties(is_tied, stacklevel=6)
    stops = np.append(starts[1:], len(order))
    for k in np.unique(number[1:][is_tied]):
        # rows of one group, as they came
        rows = np.sort(order[starts[k] : stops[k]])
        rank[rows[confidence[rows].argsort()[::-1]]] = np.arange(len(rows))
    return rank


def warn_of_ties(confidence: np.ndarray, group: np.ndarray) -> None:
    """Warn where predictions of one group are equally confident, and their order is no decision of the model.

    Warns
    -----
    UserWarning
        If there are such predictions.
    """
    order = _most_confident_first(confidence, group)
    is_first = _is_first_of_group(group[order])
    _warn_of_ties(_equals_before(confidence[order], is_first), stacklevel=5)


def _warn_of_ties(is_tied: np.ndarray, stacklevel: int) -> None:
    n_tied = int(np.count_nonzero(is_tied))
    if n_tied:
        warnings.warn(
            f"events.assess: {n_tied} of {len(is_tied) + 1} predictions are as confident as another that they are "
            "ranked with; the official code takes the later row first, so that the score depends on the order of rows "
            "(of many equals on numpy and the processor too): corrected=True does not",
            stacklevel=stacklevel,
        )


def _most_confident_first(confidence: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return the rows by group, the most confident of each first, of equals the earlier."""
    order = np.argsort(-confidence, kind="stable")
    numbers = group[order]
    # numpy sorts small whole numbers in linear time
    if np.max(numbers, initial=0) <= np.iinfo(np.uint16).max:
        numbers = numbers.astype(np.uint16)
    return order[np.argsort(numbers, kind="stable")]


def _is_first_of_group(group: np.ndarray) -> np.ndarray:
    """Return where a group begins, of rows by group."""
    return np.append(True, group[1:] != group[:-1])[: len(group)]


def _equals_before(confidence: np.ndarray, is_first: np.ndarray) -> np.ndarray:
    """Return for each row but the first whether it equals the row before, in one group."""
    is_equal = confidence[1:] == confidence[:-1]
    return np.asarray(is_equal & ~is_first[1:])
