"""Labels by name: those that are asked for, and those that two sides hold.

Conventions
-----------
- A label is a number of a map but 0, or a region joined from several. A mask has one, `MASK`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd
import xarray as xr

from ..._checks import UsageError

Labels: TypeAlias = Sequence[int] | Mapping[str, int | Sequence[int]]
Name: TypeAlias = str | int
MASK = "lesion"
"""The name of a mask's only label."""


def check_labels(operation: str, labels: Labels) -> dict[Name, tuple[int, ...]]:
    """Return the labels that were asked for, each with the numbers it is made of.

    Parameters
    ----------
    operation : str
        Who asks, for the error.
    labels : sequence of int, or mapping of str to int or to several
        See `compare`.

    Raises
    ------
    UsageError
        If it is neither, or empty.

    Examples
    --------
    >>> check_labels("lesions.compare", [1, 2]), check_labels("lesions.compare", {"core": (1, 4), "edema": 2})
    ({1: (1,), 2: (2,)}, {'core': (1, 4), 'edema': (2,)})
    """
    wanted: dict[Name, tuple[int, ...]] = {}
    try:
        if isinstance(labels, str):
            raise TypeError
        if isinstance(labels, Mapping):
            for name, members in labels.items():
                wanted[name] = _members(members)
        else:
            for label in labels:
                number = _number(label)
                wanted[number] = (number,)
    except (TypeError, ValueError, OverflowError):
        raise UsageError(
            f"{operation}: labels must be numbers, [1, 2], or regions of numbers, {{'core': (1, 4)}}; got {labels!r}"
        ) from None
    if not wanted:
        raise UsageError(f"{operation}: labels is empty: name the labels to compare, or pass None for all of them")
    return wanted


def absent_labels(scores: pd.DataFrame) -> list[Name]:
    """Return the labels that neither side has, in any row.

    Parameters
    ----------
    scores : DataFrame
        With columns ``label size_a size_b``: a report of `compare` as rows, or the scores of a cohort.

    Examples
    --------
    >>> absent_labels(pd.DataFrame({"label": [1, 7, 1], "size_a": [4.0, 0.0, 0.0], "size_b": [0.0, 0.0, 0.0]}))
    [7]
    """
    largest = scores.groupby("label", sort=False)[["size_a", "size_b"]].max()
    empty = (largest == 0).all(axis=1)
    names: list[Name] = largest.index[empty].tolist()
    return names


def held_labels(image: xr.DataArray) -> str:
    """Return in words what an image holds: its labels but 0, or that it is a mask.

    Examples
    --------
    >>> image = xr.DataArray([0, 1, 4, 2], dims="x")
    >>> held_labels(image), held_labels(image * 0), held_labels(image > 0)
    ('1, 2, 4', 'no label', 'a mask')
    """
    if "label" in image.dims:
        return listed_labels(image["label"].values.tolist())
    if image.dtype.kind not in "iu":
        return "a mask"
    return listed_labels([int(k) for k in np.unique(image) if k != 0])


def listed_labels(names: Sequence[Name], most: int = 10) -> str:
    """Return names in a line, the first `most` of them.

    Examples
    --------
    >>> listed_labels([1, 2, 3], most=2), listed_labels([])
    ('1, 2 and 1 more', 'no label')
    """
    shown = ", ".join(str(name) for name in names[:most])
    if len(names) > most:
        return f"{shown} and {len(names) - most} more"
    return shown or "no label"


def _members(numbers: object) -> tuple[int, ...]:
    if isinstance(numbers, Iterable) and not isinstance(numbers, str):
        return tuple(_number(k) for k in numbers)
    return (_number(numbers),)


def _number(value: object) -> int:
    """Return a label as a whole number.

    Raises
    ------
    TypeError, ValueError
        If it is none.
    """
    number = int(value)  # type: ignore[call-overload]
    if not isinstance(value, str) and number != value:
        raise ValueError
    return int(number)
