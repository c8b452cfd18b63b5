"""The sweep along the line: where anything begins or ends, and how much of everything is there in between.

Public through `overlap.intervals`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._checks import shown
from .._groups import are_comparable, number_labels, read_labels
from .join import Intervals, lengths, read_rows


class Stretches(NamedTuple):
    """Stretches on which nothing begins or ends: where, in which group, and how many rows of each table cover it."""

    start: NDArray[Any]
    end: NDArray[Any]
    group: NDArray[Any]
    counts: NDArray[np.int64]

    @property
    def length(self) -> NDArray[Any]:
        """How long each stretch is, array (k,)."""
        return lengths(self.start, self.end)


def sweep(*sets: ArrayLike, by: Sequence[ArrayLike] | None = None) -> Stretches:
    """Cut the line wherever a row begins or ends, and count the rows of each table between one cut and the next.

    Sorting and sums: O(n log n) for n rows in all, whatever overlaps. Every length that depends on how many speak,
    sound or are scored at a time is a sum over the stretches.

    Parameters
    ----------
    *sets : array_like (n, 2)
        Tables of intervals, numbers or times: prediction and reference, and what was scored if you like. Rows of one
        table may overlap each other, and each of them counts.
    by : sequence of array_like (n,), optional
        A label for each row, one list for each table: groups are swept by themselves (recordings, chromosomes).

    Returns
    -------
    Stretches
        ``start end`` (k,), ascending in each group; ``group`` (k,), the label, 0 without `by`; ``counts`` (k, tables),
        how many rows of each table cover the stretch; ``length`` (k,). Stretches that nothing covers are left out.

    Raises
    ------
    ValueError
        If the shapes do not fit, an end is before its start, or a value or a label is missing.
    TypeError
        If some tables are times and others numbers, or labels cannot be compared.

    See Also
    --------
    union : Unite sets of intervals.
    measure_many : Measure how several sets of intervals overlap.

    Examples
    --------
    Seconds in which nobody, one or two of the reference speak, where the prediction says that one does:

    >>> speech = sweep([[0, 10]], [[2, 6], [4, 8]])
    >>> speech.counts.tolist()
    [[1, 0], [1, 1], [1, 2], [1, 1], [1, 0]]
    >>> np.bincount(speech.counts[:, 1], speech.length).tolist()
    [4.0, 4.0, 2.0]
    """
    operation = "intervals.sweep"
    if not sets:
        raise ValueError(f"{operation}: there is no table to sweep; pass one or more: sweep(a, b)")
    named = {f"set {k}": rows for k, rows in enumerate(sets)}
    rows = read_rows(operation, **named)
    groups, names = read_groups_of(operation, "by", by, [len(x) for x in rows])
    start, end, group, count = swept(rows, groups)
    return Stretches(start, end, names[group], count)


def swept(
    sets: Sequence[Intervals], groups: Sequence[NDArray[np.int64]]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.int64], NDArray[np.int64]]:
    """Return start, end, group and counts of the stretches of well-formed rows whose groups are numbered."""
    n_sets = len(sets)
    place = np.concatenate([rows.ravel() for rows in sets])
    group = np.concatenate([np.repeat(numbers, 2) for numbers in groups])
    change = np.zeros((len(place), n_sets), np.int64)
    first = 0
    for k, rows in enumerate(sets):
        stop = first + 2 * len(rows)
        change[first:stop:2, k] = 1
        change[first + 1 : stop : 2, k] = -1
        first = stop
    order = np.lexsort((place, group))
    place = place[order]
    group = group[order]
    # a group ends as it begins, with nothing
    count = np.cumsum(change[order], axis=0)
    is_long = place[:-1] < place[1:]
    is_covered = count[:-1].any(axis=1)
    kept = np.flatnonzero(is_long & is_covered)
    return place[kept], place[kept + 1], group[kept], count[kept]


def read_groups_of(
    operation: str, name: str, by: Sequence[ArrayLike] | None, sizes: list[int]
) -> tuple[list[NDArray[np.int64]], NDArray[Any]]:
    """Return the number of each row's group, table by table, and the groups' names."""
    if by is None:
        return [np.zeros(n, np.int64) for n in sizes], np.zeros(1, np.int64)
    if not isinstance(by, tuple | list):
        raise TypeError(f"{operation}: {name} must be a list of labels for each table, got {shown(by)}")
    labels = [read_labels(operation, name, x) for x in by]
    shapes = [x.shape for x in labels]
    if shapes != [(n,) for n in sizes]:
        listed = ", ".join(map(str, shapes))
        expected = ", ".join(map(str, sizes))
        raise ValueError(
            f"{operation}: {name} must hold a label for each row of each table ({expected} rows), got shapes {listed}"
        )
    present = [x for x in labels if len(x)]
    for one, other in pairwise(present):
        if not are_comparable(one, other):
            raise TypeError(f"{operation}: {name} have dtypes {one.dtype} and {other.dtype}; convert one of them")
    if not present:
        return [np.zeros(0, np.int64) for _ in sizes], np.zeros(0, np.int64)
    what = name if name == "labels" else f"labels of {name}"
    numbers = number_labels(operation, what, *labels)
    together = np.concatenate(present)
    _, nth = np.unique(numbers, return_index=True)
    ends = np.cumsum(sizes)[:-1]
    return np.split(numbers, ends), together[nth]
