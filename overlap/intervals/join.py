"""The join of two tables of intervals: which rows overlap. Public through `overlap.intervals`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Intervals = NDArray[Any]


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

    Examples
    --------
    >>> pairs = overlap_pairs([[0, 10], [20, 30]], [[5, 25], [8, 8], [30, 40]])
    >>> pairs.a.tolist(), pairs.b.tolist(), pairs.length.tolist()
    ([0, 0, 1], [0, 1, 0], [5, 0, 5])
    """
    a, b = read_rows("intervals.overlap_pairs", a=a, b=b)
    keys_a, keys_b = (a, b) if by is None else _grouped(a, b, by)
    # bisecting for ascending numbers is many times as fast as for shuffled ones
    order_a, order_b = np.argsort(keys_a[:, 0]), np.argsort(keys_b[:, 0])
    keys_a, keys_b = keys_a[order_a], keys_b[order_b]
    # whichever of a pair starts later starts in the other: b in a, or a in b but not with it
    row_a, start_b = _starts_within(keys_a, keys_b[:, 0], "left")
    row_b, start_a = _starts_within(keys_b, keys_a[:, 0], "right")
    # one number for each pair, as sorting one column is what sorts fastest
    found_a, found_b = np.concatenate([row_a, start_a]), np.concatenate([start_b, row_b])
    index_a, index_b = np.divmod(np.sort(order_a[found_a] * len(b) + order_b[found_b]), max(len(b), 1))
    length = np.minimum(a[index_a, 1], b[index_b, 1]) - np.maximum(a[index_a, 0], b[index_b, 0])
    return Pairs(index_a, index_b, length)


def _starts_within(
    intervals: Intervals, starts: NDArray[Any], side: Any
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the pairs (row, start) of the ascending starts in [row) if side is "left", in (row) if "right"."""
    low = np.searchsorted(starts, intervals[:, 0], side)
    high = np.searchsorted(starts, intervals[:, 1], "left")
    if side == "left":
        # a point holds the starts that equal it
        point = intervals[:, 0] == intervals[:, 1]
        high[point] = np.searchsorted(starts, intervals[point, 0], "right")
    count = np.maximum(high - low, 0)
    rows = np.repeat(np.arange(len(intervals)), count)
    nth = np.arange(len(rows)) - np.repeat(np.cumsum(count) - count, count)
    return rows, low[rows] + nth


def _grouped(a: Intervals, b: Intervals, by: tuple[ArrayLike, ArrayLike]) -> tuple[Intervals, Intervals]:
    """Return whole numbers that are ordered as the intervals are in each group, and apart between groups."""
    labels = [np.asarray(x) for x in by]
    if [x.shape for x in labels] != [(len(a),), (len(b),)]:
        raise ValueError(
            f"intervals.overlap_pairs: by must be a label for each row of a ({len(a)}) and of b ({len(b)}), got shapes "
            f"{', '.join(str(x.shape) for x in labels)}"
        )
    if len({x.dtype.kind in "biuf" for x in labels if len(x)}) > 1:
        raise TypeError(
            f"intervals.overlap_pairs: the labels of a have dtype {labels[0].dtype} and of b {labels[1].dtype}; "
            "convert one of them"
        )
    values, ranks = np.unique(np.concatenate([a.ravel(), b.ravel()]), return_inverse=True)
    codes = np.unique(np.concatenate(labels), return_inverse=True)[1]
    keys = ranks.reshape(-1, 2) + codes[:, None] * (len(values) + 1)
    return keys[: len(a)], keys[len(a) :]


def read_rows(operation: str, **sets: ArrayLike) -> list[Intervals]:
    """Return well-formed rows (n, 2); a set without rows takes the dtype of the others."""
    rows = {name: _rows(operation, name, x) for name, x in sets.items()}
    filled = [x.dtype for x in rows.values() if len(x)]
    if len({dtype.kind == "M" for dtype in filled}) > 1:
        kinds = ", ".join(f"{name}: {x.dtype}" for name, x in rows.items())
        raise TypeError(f"{operation}: times and numbers do not meet ({kinds}); convert one of them")
    return [x if len(x) or not filled else x.astype(filled[0]) for x in rows.values()]


def _rows(operation: str, name: str, intervals: ArrayLike) -> Intervals:
    rows = np.asarray(intervals)
    rows = rows if rows.size else rows.reshape(0, 2)
    if rows.ndim != 2 or rows.shape[1] != 2:
        raise ValueError(f"{operation}: {name} must be rows (start, end) of shape (n, 2), got shape {rows.shape}")
    if rows.dtype.kind not in "iufM":
        raise TypeError(f"{operation}: {name} has dtype {rows.dtype}; intervals are numbers or datetime64")
    bad = np.count_nonzero(~(rows[:, 0] <= rows[:, 1]))
    if bad:
        raise ValueError(f"{operation}: {bad} of {len(rows)} rows of {name} end before they start, or are NaN or NaT")
    return rows
