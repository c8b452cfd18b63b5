"""Sets of intervals: their union, intersection and complement, and how two sets overlap."""

from __future__ import annotations

from math import nan

import array_api_compat.numpy as numpy_namespace
import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import indices
from .._arrays import bounded
from ..counts import Overlap, unchecked
from ..indices import EmptyPolicy
from .join import Intervals, lengths, overlapping, read_rows


def measure(a: ArrayLike, b: ArrayLike) -> Overlap[np.ndarray]:
    """Measure how two sets of intervals overlap: the length that they have in common, and their own.

    Parameters
    ----------
    a, b : array_like (n, 2), (m, 2)
        Prediction and reference, numbers. Each is united first: what several rows cover counts once.

    Returns
    -------
    Overlap
        Lengths (float64), of shape ().

    Raises
    ------
    ValueError
        If the shape is not (n, 2), an end is before its start, or a number is NaN.
    TypeError
        If the rows are not numbers: divide times by their unit first.

    See Also
    --------
    iou : Intersection over union of sets of intervals (Jaccard index): |A∩B| / |A∪B|.
    dice : Dice coefficient of sets of intervals: 2|A∩B| / (|A| + |B|).
    intersection : Return what two sets of intervals have in common.
    measure_many : Measure how several sets of intervals overlap.

    Examples
    --------
    >>> o = measure([[0, 10], [5, 20]], [[15, 30]])
    >>> float(o.intersection), float(o.size_a), float(o.size_b)
    (5.0, 20.0, 15.0)
    """
    rows_a, rows_b = read_rows("intervals.measure", a=a, b=b)
    if rows_a.dtype.kind == "M":
        raise TypeError(
            "intervals.measure: the rows are times; choose a unit: (t - origin) / numpy.timedelta64(1, 's')"
        )
    are_whole = rows_a.dtype == rows_b.dtype == np.int64
    if not are_whole:
        rows_a = rows_a.astype(np.float64)
        rows_b = rows_b.astype(np.float64)
    set_a = united(rows_a)
    set_b = united(rows_b)
    size_a = _length(set_a)
    size_b = _length(set_b)
    shared = _length(_intersect(set_a, set_b))
    # the pieces may add up to a little more than what they are pieces of
    return unchecked(bounded(shared, size_a, size_b, numpy_namespace), size_a, size_b)


def iou(a: ArrayLike, b: ArrayLike, *, empty: float | EmptyPolicy = nan) -> np.ndarray:
    """Intersection over union of sets of intervals (Jaccard index): |A∩B| / |A∪B|.

    Parameters
    ----------
    a, b : array_like (n, 2), (m, 2)
        Prediction and reference, numbers. Each is united first: what several rows cover counts once.
    empty : float or EmptyPolicy
        Value where both sets are empty, or an `overlap.EmptyPolicy`.

    Returns
    -------
    array ()
        In [0, 1]: ``overlap.iou(measure(a, b), empty=empty)``.

    Raises
    ------
    ValueError, TypeError
        See `measure`.

    See Also
    --------
    measure : Measure how two sets of intervals overlap.
    dice : Dice coefficient of sets of intervals: 2|A∩B| / (|A| + |B|).

    Examples
    --------
    >>> float(iou([[0, 10], [5, 20]], [[10, 30]]).round(4))
    0.3333
    """
    return indices.iou(measure(a, b), empty=empty)


def dice(a: ArrayLike, b: ArrayLike, *, empty: float | EmptyPolicy = nan) -> np.ndarray:
    """Dice coefficient of sets of intervals: 2|A∩B| / (|A| + |B|).

    Parameters
    ----------
    a, b : array_like (n, 2), (m, 2)
        Prediction and reference, numbers. Each is united first: what several rows cover counts once.
    empty : float or EmptyPolicy
        Value where both sets are empty, or an `overlap.EmptyPolicy`.

    Returns
    -------
    array ()
        In [0, 1]: ``overlap.dice(measure(a, b), empty=empty)``.

    Raises
    ------
    ValueError, TypeError
        See `measure`.

    See Also
    --------
    measure : Measure how two sets of intervals overlap.
    iou : Intersection over union of sets of intervals (Jaccard index): |A∩B| / |A∪B|.

    Examples
    --------
    >>> float(dice([[0, 10], [5, 20]], [[10, 30]]))
    0.5
    """
    return indices.dice(measure(a, b), empty=empty)


def union(*sets: ArrayLike) -> Intervals:
    """Unite sets of intervals: disjoint intervals in ascending order that do not touch.

    Parameters
    ----------
    *sets : array_like (n, 2)
        One set or more.

    Returns
    -------
    array (k, 2)
        Of the common dtype, at least int64 and float32; halves become float64.

    Raises
    ------
    ValueError
        If a shape is not (n, 2), an end is before its start, or a value is NaN or NaT.

    See Also
    --------
    intersection : Return what two sets of intervals have in common.
    complement : Return what of `support` a set of intervals leaves free.
    sweep : Cut the line wherever a row begins or ends.

    Examples
    --------
    >>> union([[5, 9], [0, 2], [2, 3]])
    array([[0, 3],
           [5, 9]])
    """
    named = {f"set {k}": x for k, x in enumerate(sets)}
    rows = read_rows("intervals.union", **named)
    return united(np.concatenate(rows))


def intersection(a: ArrayLike, b: ArrayLike) -> Intervals:
    """Return what two sets of intervals have in common. See `union` for parameters, form and errors.

    See Also
    --------
    union : Unite sets of intervals.
    complement : Return what of `support` a set of intervals leaves free.
    measure : Measure how two sets of intervals overlap.

    Examples
    --------
    >>> intersection([[0, 10], [20, 30]], [[5, 25]])
    array([[ 5, 10],
           [20, 25]])
    """
    rows_a, rows_b = read_rows("intervals.intersection", a=a, b=b)
    return _intersect(united(rows_a), united(rows_b))


def complement(intervals: ArrayLike, support: ArrayLike) -> Intervals:
    """Return what of `support` a set of intervals leaves free. See `union` for form and errors.

    Parameters
    ----------
    intervals, support : array_like (n, 2)
        The set, and all there is: one interval or several.

    See Also
    --------
    union : Unite sets of intervals.
    intersection : Return what two sets of intervals have in common.

    Examples
    --------
    >>> complement([[2, 4], [8, 12]], support=[[0, 10]])
    array([[0, 2],
           [4, 8]])
    """
    rows, support_rows = read_rows("intervals.complement", intervals=intervals, support=support)
    taken = united(rows)
    within = united(support_rows)
    if not len(within):
        return within
    # from the beginning of the support to what is taken first, and so on to the end
    edges = np.concatenate([within[0, :1], taken.ravel(), within[-1, 1:]])
    gaps = edges.reshape(-1, 2)
    gaps = gaps[gaps[:, 0] < gaps[:, 1]]
    return _intersect(gaps, within)


def united(rows: Intervals) -> Intervals:
    """Return well-formed rows as a set: disjoint, ascending, none of them empty or touching another."""
    rows = rows[rows[:, 0] < rows[:, 1]]
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    start = rows[:, 0]
    reach = np.maximum.accumulate(rows[:, 1])
    is_first = np.ones(len(rows), bool)
    is_first[1:] = start[1:] > reach[:-1]
    # the row before a first one is the last of its interval
    is_last = np.roll(is_first, -1)
    return np.stack([start[is_first], reach[is_last]], axis=1)


def _intersect(a: Intervals, b: Intervals) -> Intervals:
    """Return what two sets have in common, each of them united."""
    index_a, index_b = overlapping(a, b)
    start = np.maximum(a[index_a, 0], b[index_b, 0])
    end = np.minimum(a[index_a, 1], b[index_b, 1])
    return np.stack([start, end], axis=1)


def _length(intervals: Intervals) -> NDArray[np.float64]:
    length = lengths(intervals[:, 0], intervals[:, 1])
    return np.asarray(np.sum(length, dtype=np.float64))
