"""The join of two tables of intervals: which rows overlap. Public through `overlap.intervals`."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import array_api_compat.numpy as numpy_namespace
import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._arrays import on_host, widened
from .._join import Indices, in_order, read_groups

Intervals = NDArray[Any]
Side = Literal["left", "right"]


class Pairs(NamedTuple):
    """The pairs that overlap: row of `a`, row of `b`, and how much they share."""

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    length: NDArray[Any]


def overlap_pairs(a: ArrayLike, b: ArrayLike, *, by: tuple[ArrayLike, ArrayLike] | None = None) -> Pairs:
    """Find all pairs of rows that overlap, without looking at the others.

    Sorting and bisection: O((n + m) log(n + m) + k log k) for k pairs.

    Parameters
    ----------
    a, b : array_like (n, 2), (m, 2)
        Numbers or times; rows may overlap each other, and are not united.
    by : (labels of a, labels of b), optional
        One label for each row: only rows of equal label are joined (chromosome, speaker, class).

    Returns
    -------
    Pairs
        ``a`` and ``b``, row numbers (int64), ascending in ``a`` and then in ``b``; ``length``, what each pair shares:
        0 for a point in an interval.

    Raises
    ------
    ValueError
        If the shapes do not fit, an end is before its start, or a value is NaN or NaT.
    TypeError
        If one side is times and the other numbers.

    See Also
    --------
    nms : Non-maximum suppression of intervals.
    overlap.matching.match : Match predictions with references, one to one.

    Examples
    --------
    >>> pairs = overlap_pairs([[0, 10], [20, 30]], [[5, 25], [8, 8], [30, 40]])
    >>> pairs.a.tolist(), pairs.b.tolist(), pairs.length.tolist()
    ([0, 0, 1], [0, 1, 0], [5, 0, 5])
    """
    rows_a, rows_b = read_rows("intervals.overlap_pairs", a=a, b=b)
    keys_a = rows_a
    keys_b = rows_b
    if by is not None:
        group_a, group_b = read_groups("intervals.overlap_pairs", by, len(rows_a), len(rows_b))
        keys_a, keys_b = keys_by_group(rows_a, rows_b, group_a, group_b)
    index_a, index_b = overlapping(keys_a, keys_b)
    start = np.maximum(rows_a[index_a, 0], rows_b[index_b, 0])
    end = np.minimum(rows_a[index_a, 1], rows_b[index_b, 1])
    return Pairs(index_a, index_b, lengths(start, end))


def lengths(start: NDArray[Any], end: NDArray[Any]) -> NDArray[Any]:
    """Return how long intervals are; whole numbers too far apart for int64 as floating ones."""
    length = end - start
    has_wrapped = length.dtype.kind == "i" and np.min(length, initial=0) < 0
    if has_wrapped:
        length = end.astype(np.float64) - start.astype(np.float64)
    return np.asarray(length)


def overlapping(a: Intervals, b: Intervals) -> tuple[Indices, Indices]:
    """Return the pairs of well-formed rows that overlap, ascending in `a` and then in `b`."""
    # bisecting for ascending numbers is many times as fast as for shuffled ones
    order_a = np.argsort(a[:, 0])
    order_b = np.argsort(b[:, 0])
    sorted_a = a[order_a]
    sorted_b = b[order_b]
    # whichever of a pair starts later starts in the other: b in a, or a in b but not with it
    outer_a, inner_b = _starts_within(sorted_a, sorted_b[:, 0], "left")
    outer_b, inner_a = _starts_within(sorted_b, sorted_a[:, 0], "right")
    index_a = order_a[np.concatenate([outer_a, inner_a])]
    index_b = order_b[np.concatenate([inner_b, outer_b])]
    return in_order(index_a, index_b, (len(a), len(b)))


def _starts_within(intervals: Intervals, starts: NDArray[Any], side: Side) -> tuple[Indices, Indices]:
    """Return the pairs (row, start) of the ascending starts in [row) if side is "left", in (row) if "right"."""
    first = np.searchsorted(starts, intervals[:, 0], side)
    stop = np.searchsorted(starts, intervals[:, 1], "left")
    if side == "left":
        # a point holds the starts that equal it
        is_point = intervals[:, 0] == intervals[:, 1]
        stop[is_point] = np.searchsorted(starts, intervals[is_point, 0], "right")
    count = np.maximum(stop - first, 0)
    row = np.repeat(np.arange(len(intervals)), count)
    pairs_before = np.cumsum(count) - count
    nth_of_row = np.arange(len(row)) - np.repeat(pairs_before, count)
    return row, first[row] + nth_of_row


def keys_by_group(a: Intervals, b: Intervals, group_a: Indices, group_b: Indices) -> tuple[Indices, Indices]:
    """Return whole numbers that are ordered as the intervals are in each group, and apart between groups."""
    ends = np.concatenate([a.ravel(), b.ravel()])
    values, rank = np.unique(ends, return_inverse=True)
    group = np.concatenate([group_a, group_b])
    # each group has a stretch of its own
    stretch = len(values) + 1
    keys = rank.reshape(-1, 2) + group[:, None] * stretch
    return keys[: len(a)], keys[len(a) :]


def read_rows(operation: str, **sets: ArrayLike) -> list[Intervals]:
    """Return well-formed rows (n, 2); a set without rows takes the dtype of the others."""
    rows = {name: _rows(operation, name, x) for name, x in sets.items()}
    dtypes = [x.dtype for x in rows.values() if len(x)]
    are_times = {dtype.kind == "M" for dtype in dtypes}
    if len(are_times) > 1:
        kinds = ", ".join(f"{name}: {x.dtype}" for name, x in rows.items())
        raise TypeError(f"{operation}: times and numbers do not meet ({kinds}); convert one of them")
    if not dtypes:
        return list(rows.values())
    return [x if len(x) else x.astype(dtypes[0]) for x in rows.values()]


def _remedy(name: str, shape: tuple[int, ...]) -> str:
    """Return the end of a message: how rows are made of what has another shape."""
    if shape == (2,):
        return f"; of one interval pass [{name}]"
    if len(shape) == 2 and shape[1] > 2:
        return f"; if the first two columns are start and end, pass numpy.asarray({name})[:, :2]"
    return "; for none pass []" if 0 in shape else ""


def _rows(operation: str, name: str, intervals: ArrayLike) -> Intervals:
    rows = on_host(operation, name, intervals)
    if rows.shape[:1] == (0,):
        rows = rows.reshape(0, 2)
    if rows.ndim != 2 or rows.shape[1] != 2:
        remedy = _remedy(name, rows.shape)
        raise ValueError(
            f"{operation}: {name} must be rows (start, end) of shape (n, 2), got shape {rows.shape}{remedy}"
        )
    if rows.dtype.kind not in "iufM":
        raise TypeError(f"{operation}: {name} has dtype {rows.dtype}; intervals are numbers or datetime64")
    if rows.dtype.kind != "M":
        rows = widened(operation, name, rows, numpy_namespace)
    # comparisons with NaN and NaT are false
    well_formed = rows[:, 0] <= rows[:, 1]
    malformed = np.count_nonzero(~well_formed)
    if malformed:
        raise ValueError(
            f"{operation}: {malformed} of {len(rows)} rows of {name} end before they start, or are NaN or NaT"
        )
    return rows
