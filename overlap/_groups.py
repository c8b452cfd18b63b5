"""Groups of cases: a number for the label of each case.

Conventions
-----------
- A label is whatever can be looked up in a dict: text, a number, a tuple. Its kind and its order do not matter: groups
  are numbered as they appear.
- A missing label (None, NaN, NaT) is an error: whether such cases belong together cannot be known.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np


def number_groups(operation: str, groups: Iterable[Any], n_cases: int) -> np.ndarray:
    """Return the number of each case's group, from 0 on in the order of their first cases.

    Parameters
    ----------
    operation : str
        Who asks, such as ``"resample.confidence_interval"``.
    groups : array or iterable of hashable
        A label for each case.
    n_cases : int
        How many cases there are.

    Raises
    ------
    ValueError
        If there is not one label for each case, one is missing, or all are the same.

    Examples
    --------
    >>> number_groups("resample.confidence_interval", ["p7", "p2", "p7"], 3)
    array([0, 1, 0])
    """
    labels = _as_labels(operation, groups)
    if len(labels) != n_cases:
        raise ValueError(f"{operation}: groups has {len(labels)} labels for {n_cases} cases; pass one for each case")
    numbers = _sorted(labels) if isinstance(labels, np.ndarray) else _looked_up(operation, labels)
    case = _first_missing(labels)
    if case is not None:
        raise ValueError(f"{operation}: groups: case {case} has no label ({labels[case]}); give it one or leave it out")
    if numbers.max() == 0:
        raise ValueError(f"{operation}: at least two groups are needed, got {labels[0]!r} for all {n_cases} cases")
    return numbers


def renumbered(numbers: np.ndarray) -> np.ndarray:
    """Return the numbers of groups anew, from 0 on in the order of their first cases.

    Examples
    --------
    >>> renumbered(np.array([5, 5, 2, 9, 2]))
    array([0, 0, 1, 2, 1])
    """
    n_cases = len(numbers)
    first = np.full(numbers.max(initial=-1) + 1, n_cases)
    # the last to write is the first case of a group
    first[numbers[::-1]] = np.arange(n_cases)[::-1]
    rank = np.empty(len(first), int)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    anew: np.ndarray = rank[numbers]
    return anew


def _as_labels(operation: str, groups: Iterable[Any]) -> np.ndarray | list[Any]:
    """Return an array of numbers, text or times as it is, and everything else as a list of its labels."""
    if isinstance(groups, str):
        raise ValueError(f"{operation}: groups is the text {groups!r}; pass a list or array with a label for each case")
    if not hasattr(groups, "__array__"):
        return list(groups)
    labels = np.asarray(groups)
    if labels.ndim != 1:
        raise ValueError(
            f"{operation}: groups has shape {labels.shape}; pass one row of labels; those of several "
            "parts are tuples in a list"
        )
    return labels.tolist() if labels.dtype == object else labels


def _first_missing(labels: np.ndarray | list[Any]) -> int | None:
    """Return the first case without a label."""
    if isinstance(labels, np.ndarray):
        # NaN and NaT are not themselves
        missing = np.flatnonzero(labels != labels)
        return int(missing[0]) if len(missing) else None
    for case, label in enumerate(labels):
        if _is_missing(label):
            return case
    return None


def _is_missing(label: Any) -> bool:
    if label is None:
        return True
    try:
        return bool(label != label)
    except TypeError:  # pandas.NA is neither
        return True


def _sorted(labels: np.ndarray) -> np.ndarray:
    _, numbers = np.unique(labels, return_inverse=True)
    return renumbered(numbers)


def _looked_up(operation: str, labels: list[Any]) -> np.ndarray:
    numbers: dict[Any, int] = {}
    try:
        return np.array([numbers.setdefault(label, len(numbers)) for label in labels])
    except TypeError as error:
        raise ValueError(f"{operation}: groups: {error}; pass text, numbers or tuples of them as labels") from None
