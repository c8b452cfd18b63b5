"""The join of two tables of boxes: which rows overlap. Public through `overlap.boxes`.

On a ring a box is compared where it lies, and one period before and after. A pair found at several of these places is
taken at the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from .._arrays import Array, like, table_namespace, values_on_host
from .._join import (
    Bools,
    Envelopes,
    Floats,
    Indices,
    Labels,
    Pairs,
    along_curve,
    gathered,
    in_order,
    near,
    packed,
    read_groups,
    renamed,
)
from .arrays import Interval, Period, check_rows, halves, intervals, length, read_periods, read_tables
from .sizes import measured

Periods = list[float | None]

_CHUNK = 1 << 16
"""Pairs that are measured together."""


def overlap_pairs(a: Array, b: Array, *, by: Labels | None = None, period: Period | None = None) -> Pairs:
    """Find all pairs of boxes that overlap, without looking at the others.

    Two boxes overlap if they do so along each axis, as half-open intervals: those that touch do not, and a side of 0
    is the point it stands at (see `overlap.intervals`). A million boxes against a million take seconds, and little
    memory beside the pairs.

    Parameters
    ----------
    a, b : array (n, 2d), (m, 2d)
        Boxes lo|hi, of any dimension, on the host.
    by : (labels of a, labels of b), optional
        One label for each row: only rows of equal label are joined (image, class).
    period : sequence of d numbers or None, optional
        Length after which each axis repeats; None for an axis that does not.

    Returns
    -------
    Pairs
        ``a`` and ``b``, row numbers (int64), ascending in ``a`` and then in ``b``; ``intersection``, the length, area
        or volume that each pair shares, as `measure` has it. Arrays of the library of the boxes.

    Raises
    ------
    ValueError
        If the shapes do not fit, a period is not positive, a box is malformed (hi < lo, NaN or infinite), or the
        boxes are not on the host.

    See Also
    --------
    pairwise : Return the IoU of every box of `a` with every box of `b`.
    nms : Non-maximum suppression of boxes.

    Examples
    --------
    >>> import numpy as np
    >>> pairs = overlap_pairs(np.array([[0, 0, 2, 2], [5, 5, 6, 6]]), np.array([[1, 0, 3, 2], [2, 0, 3, 2]]))
    >>> pairs.a.tolist(), pairs.b.tolist(), pairs.intersection.tolist()
    ([0], [0], [2.0])

    Their IoU, as the sparse matrix that `overlap.matching` takes:

    >>> import overlap as ov
    >>> from scipy import sparse
    >>> a = np.array([[0.0, 0, 4, 2], [0.5, 0, 4.5, 2], [5, 0, 9, 2]])
    >>> i, j, shared = overlap_pairs(a, a)
    >>> size = (a[:, 2] - a[:, 0]) * (a[:, 3] - a[:, 1])
    >>> iou = sparse.coo_array((ov.iou(ov.Overlap(shared, size[i], size[j])), (i, j)), (3, 3))
    >>> iou.toarray().round(3)
    array([[1.   , 0.778, 0.   ],
           [0.778, 1.   , 0.   ],
           [0.   , 0.   , 1.   ]])
    """
    operation = "boxes.overlap_pairs"
    xp = table_namespace(operation, a=a, b=b)
    check_rows(operation, a=a, b=b)
    host_a = values_on_host(operation, "a", a)
    host_b = values_on_host(operation, "b", b)
    (rows_a, rows_b), _ = read_tables(operation, a=host_a, b=host_b)
    periods = read_periods(operation, period, rows_a)
    envelopes_a = envelopes_of(rows_a, periods)
    envelopes_b = envelopes_of(rows_b, periods)
    if by is not None:
        group_a, group_b = read_groups(operation, by, len(rows_a), len(rows_b))
        envelopes_a = envelopes_a.grouped(group_a)
        envelopes_b = envelopes_b.grouped(group_b)
    curve_a = along_curve(envelopes_a)
    curve_b = along_curve(envelopes_b)
    along = meeting(envelopes_a.take(curve_a), envelopes_b.take(curve_b), periods)
    candidates = renamed(along, curve_a, curve_b)
    index_a, index_b = gathered(_overlapping(rows_a, rows_b, candidates, periods))
    index_a, index_b = in_order(index_a, index_b, (len(rows_a), len(rows_b)))
    shared = _shared(rows_a, rows_b, index_a, index_b, periods)
    return Pairs(like(index_a, a, xp), like(index_b, a, xp), like(shared, a, xp))


def envelopes_of(boxes: np.ndarray, periods: Periods) -> Envelopes:
    """Return the envelopes of boxes: on a ring they begin in its first period, and are no longer than it."""
    lo, hi = halves(boxes.astype(np.float64))
    for axis, period in enumerate(periods):
        if period is None:
            continue
        # where a box lies is known to rounding only, and no pair must be lost
        farthest = np.maximum(abs(lo[:, axis]), abs(hi[:, axis]))
        margin = 8 * np.finfo(boxes.dtype).eps * np.maximum(farthest, period)
        extent = np.minimum(hi[:, axis] - lo[:, axis], period)
        start = np.remainder(lo[:, axis], period)
        lo[:, axis] = start - margin
        hi[:, axis] = start + extent + margin
    return Envelopes(lo, hi)


def meeting(a: Envelopes, b: Envelopes, periods: Periods) -> Iterator[tuple[Indices, Indices]]:
    """Yield the pairs whose envelopes meet, each once; axes before those of the periods do not repeat."""
    lacking = a.lo.shape[1] - len(periods)
    all_periods = [None] * lacking + periods
    turns = [(0,) if period is None else (-1, 0, 1) for period in all_periods]
    levels = packed(b)
    for turn in product(*turns):
        shift = np.array([0.0 if period is None else k * period for k, period in zip(turn, all_periods, strict=True)])
        for i, j in near(a.moved(shift), levels):
            is_new = _meet_here_first(a, b, i, j, turn, all_periods)
            yield i[is_new], j[is_new]


def _meet_here_first(
    a: Envelopes, b: Envelopes, i: Indices, j: Indices, turn: tuple[int, ...], periods: Periods
) -> Bools:
    """Return whether pairs meet at no earlier turn round any axis."""
    is_new = np.ones(len(i), bool)
    for axis, period in enumerate(periods):
        for earlier in range(-1, turn[axis]):
            if period is None:
                continue
            shift = earlier * period
            begins_before = a.lo[i, axis] + shift <= b.hi[j, axis]
            ends_after = b.lo[j, axis] <= a.hi[i, axis] + shift
            is_new &= ~(begins_before & ends_after)
    return is_new


def _overlapping(
    a: np.ndarray, b: np.ndarray, candidates: Iterator[tuple[Indices, Indices]], periods: Periods
) -> Iterator[tuple[Indices, Indices]]:
    """Yield the candidates that overlap along each axis."""
    for i, j in candidates:
        overlaps = np.ones(len(i), bool)
        for x, y, period in zip(intervals(a[i]), intervals(b[j]), periods, strict=True):
            overlaps &= _share_a_point(x, y, period)
        yield i[overlaps], j[overlaps]


def _share_a_point(x: Interval, y: Interval, period: float | None) -> Bools:
    """Return whether half-open intervals have a point in common: one of the two starts in the other, or with it."""
    x_lo, x_hi = x
    y_lo, y_hi = y
    if period is None:
        y_starts_in_x = (x_lo < y_lo) & (y_lo < x_hi)
        x_starts_in_y = (y_lo < x_lo) & (x_lo < y_hi)
        return np.asarray((x_lo == y_lo) | y_starts_in_x | x_starts_in_y)
    offset = np.remainder(y_lo - x_lo, period)
    y_starts_in_x = offset < length(x)
    x_starts_in_y = offset + length(y) > period
    return np.asarray((offset == 0) | y_starts_in_x | x_starts_in_y)


def _shared(a: np.ndarray, b: np.ndarray, i: Indices, j: Indices, periods: Periods) -> Floats:
    """Return what pairs of rows share, with the bits of `measure`."""
    shared = np.empty(len(i), a.dtype)
    for start in range(0, len(i), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        overlap = measured(a[i[chunk]], b[j[chunk]], periods, np)
        shared[chunk] = overlap.intersection
    return shared
