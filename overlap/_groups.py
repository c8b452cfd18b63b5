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

from ._arrays import on_host

_LARGEST_EXACT = 1 << 53
"""Whole numbers up to this are exact in float64."""
_NUMBERS = "biuf"
_DENSE = 4
"""Whole numbers spread over so many places a label are ranked by a table of all places."""


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


def read_labels(operation: str, name: str, labels: Any) -> np.ndarray:
    """Return labels as an array in which they are what they were: 1 and "1" in one list stay two labels.

    Examples
    --------
    >>> read_labels("boxes.nms", "labels", [1, "1"])
    array([1, '1'], dtype=object)
    """
    values = on_host(operation, name, labels)
    if not isinstance(labels, list | tuple) or values.ndim != 1:
        return values
    types = {type(label) for label in labels}
    return values if len(types) <= 1 else np.array(labels, object)


def number_labels(operation: str, name: str, *tables: np.ndarray) -> np.ndarray:
    """Return the numbers of the labels of several tables of rows, one table after the other: equals by one number.

    Numbers are compared exactly, whole ones with floating ones too.

    Raises
    ------
    ValueError
        If a label is missing.
    TypeError
        If labels cannot be ordered.

    Examples
    --------
    >>> number_labels("boxes.overlap_pairs", "labels of by", np.array([2**53 + 1, 7]), np.array([7.0, 2.0**53]))
    array([2, 0, 0, 1])
    """
    missing = sum(_count_missing(labels) for labels in tables)
    if missing:
        raise ValueError(
            f"{operation}: {missing} {name} are missing (None, NaN or NaT); name the classes of those rows, "
            "or leave the rows out"
        )
    try:
        together = _side_by_side([labels for labels in tables if len(labels)])
        numbers = _ranked(together)
    except TypeError:
        raise TypeError(f"{operation}: the {name} cannot be sorted; pass numbers or text, of one type") from None
    return numbers


def ranked_by_table(offsets: np.ndarray, width: int) -> np.ndarray:
    """Return the place of whole numbers from 0 up to a width among the different ones; sorting them takes longer.

    Examples
    --------
    >>> ranked_by_table(np.array([7, 2, 7, 3]), 8).tolist()
    [2, 0, 2, 1]
    """
    is_present = np.zeros(width, bool)
    is_present[offsets] = True
    rank = np.cumsum(is_present) - 1
    ranked: np.ndarray = rank[offsets]
    return ranked


def _ranked(labels: np.ndarray) -> np.ndarray:
    """Return the place of each label among the different ones, ascending."""
    if labels.dtype.kind in "iu" and len(labels):
        least = labels.min()
        # in Python's whole numbers, which do not wrap
        width = int(labels.max()) - int(least) + 1
        if width <= _DENSE * len(labels):
            return ranked_by_table(labels - least, width)
    _, numbers = np.unique(labels, return_inverse=True)
    return numbers


def _side_by_side(tables: list[np.ndarray]) -> np.ndarray:
    """Return the labels of all tables, none of them rounded."""
    if not tables:
        return np.zeros(0)
    together = np.concatenate(tables)
    if together.dtype.kind != "f":
        return together
    whole = [labels for labels in tables if labels.dtype.kind in "iu"]
    farthest = [max(int(labels.max()), -int(labels.min())) for labels in whole]
    if max(farthest, default=0) <= _LARGEST_EXACT:
        return together
    return np.concatenate([labels.astype(object) for labels in tables])


def are_comparable(labels: np.ndarray, others: np.ndarray) -> bool:
    """Return whether labels of two dtypes may be equal: numbers, text and times are apart, objects may be any of both.

    Examples
    --------
    >>> are_comparable(np.array([1, 2]), np.array([1.0])), are_comparable(np.array([1]), np.array(["1"]))
    (True, False)
    """
    kinds = {"number" if x.dtype.kind in _NUMBERS else x.dtype.kind for x in (labels, others)}
    # as objects, times become numbers
    return len(kinds) == 1 or ("O" in kinds and not kinds & {"M", "m"})


def _count_missing(labels: np.ndarray) -> int:
    if labels.dtype == object:
        return sum(_is_missing(label) for label in labels.tolist())
    # NaN and NaT are not themselves
    return int(np.count_nonzero(labels != labels))


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
