"""The sizes of boxes and of what they share: `overlap.boxes.measure`, `pairwise`, and ratios."""

from __future__ import annotations

from math import nan
from types import ModuleType

import numpy as np

from .. import indices
from .._arrays import Array, SameArray, as_host, like, table_namespace
from .._compiled import kernels
from .._coordinates import in_one_unit
from ..counts import Overlap, unchecked
from ..indices import EmptyPolicy
from .arrays import (
    Interval,
    Period,
    Sizes,
    intervals,
    is_plain,
    length,
    multiply,
    positive,
    read,
    read_periods,
    read_tables,
    shared_length,
)

_CHUNK = 1 << 16

_LARGE = 1 << 20
"""Fewer pairs never import the compiler."""


def measure(a: SameArray, b: SameArray, *, period: Period | None = None) -> Overlap[SameArray]:
    """Measure how boxes overlap, pair by pair.

    Parameters
    ----------
    a, b : array (..., 2d)
        Prediction and reference, boxes lo|hi. The shapes broadcast: ``measure(a[:, None, :], b)`` takes all pairs.
    period : sequence of d numbers or None, optional
        Length after which each axis repeats; None for an axis that does not. ``(360, 360)`` is a torus of angles.

    Returns
    -------
    Overlap
        Lengths, areas or volumes of shape (...). Empty boxes have size 0, and their IoU is ``iou``'s `empty`. NaN for a
        malformed box where its values may not be looked at: on CUDA, dask, under ``torch.compile`` and ``vmap``.

    Raises
    ------
    ValueError
        If the shapes do not fit, a period is not positive, or a box is malformed (hi < lo, NaN or infinite)
        where values may be looked at.
    TypeError
        If the numbers are not real, or of different array libraries.

    See Also
    --------
    pairwise : Return the IoU of every box of `a` with every box of `b`.
    iou : Intersection over union of boxes, pair by pair (Jaccard index).
    dice : Dice coefficient of boxes, pair by pair: 2|A∩B| / (|A| + |B|).
    overlap.dice : Dice coefficient (F1 score, Sørensen index): 2|A∩B| / (|A| + |B|).

    Examples
    --------
    >>> import numpy as np
    >>> from overlap import iou
    >>> a, b = np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[1.0, 1.0, 3.0, 3.0]])
    >>> iou(measure(a, b)).round(4)
    array([0.1429])

    Two arcs of 270° share two pieces:

    >>> o = measure(np.array([0.0, 270.0]), np.array([180.0, 450.0]), period=(360,))
    >>> float(o.intersection), float(o.size_a)
    (180.0, 270.0)
    """
    (a, b), xp = read("boxes.measure", a=a, b=b)
    return measured(a, b, read_periods("boxes.measure", period, a), xp)


def iou(a: SameArray, b: SameArray, *, period: Period | None = None, empty: float | EmptyPolicy = nan) -> SameArray:
    """Intersection over union of boxes, pair by pair (Jaccard index): |A∩B| / |A∪B|.

    Parameters
    ----------
    a, b : array (..., 2d)
        Prediction and reference, boxes lo|hi; the shapes broadcast.
    period : sequence of d numbers or None, optional
        Length after which each axis repeats; None for an axis that does not.
    empty : float or EmptyPolicy
        Value where both boxes are empty, or an `overlap.EmptyPolicy`.

    Returns
    -------
    array (...)
        In [0, 1]: ``overlap.iou(measure(a, b, period=period), empty=empty)``. For every pair of two sets, `pairwise`.
        Where areas are no numbers of the dtype (sides beyond 1e-150 to 1e150 in float64, 1e-18 to 1e18 in float32) it
        is NaN or `empty`; `pairwise` on the host has no such limit.

    Raises
    ------
    ValueError, TypeError
        See `measure`.

    See Also
    --------
    measure : Measure how boxes overlap, pair by pair.
    pairwise : Return the IoU of every box of `a` with every box of `b`.
    giou : Generalised IoU.

    Examples
    --------
    >>> import numpy as np
    >>> a, b = np.array([0.0, 0.0, 3.0, 2.0]), np.array([1.0, 0.0, 4.0, 2.0])
    >>> float(iou(a, b))
    0.5
    """
    return indices.iou(measure(a, b, period=period), empty=empty)


def dice(a: SameArray, b: SameArray, *, period: Period | None = None, empty: float | EmptyPolicy = nan) -> SameArray:
    """Dice coefficient of boxes, pair by pair: 2|A∩B| / (|A| + |B|).

    Parameters
    ----------
    a, b : array (..., 2d)
        Prediction and reference, boxes lo|hi; the shapes broadcast.
    period : sequence of d numbers or None, optional
        Length after which each axis repeats; None for an axis that does not.
    empty : float or EmptyPolicy
        Value where both boxes are empty, or an `overlap.EmptyPolicy`.

    Returns
    -------
    array (...)
        In [0, 1]: ``overlap.dice(measure(a, b, period=period), empty=empty)``.
        Where areas are no numbers of the dtype (sides beyond 1e-150 to 1e150 in float64, 1e-18 to 1e18 in float32) it
        is NaN or `empty`; `pairwise` on the host has no such limit.

    Raises
    ------
    ValueError, TypeError
        See `measure`.

    See Also
    --------
    measure : Measure how boxes overlap, pair by pair.
    iou : Intersection over union of boxes, pair by pair (Jaccard index).

    Examples
    --------
    Two arcs of 20° over the seam of a circle:

    >>> import numpy as np
    >>> float(dice(np.array([350.0, 370.0]), np.array([0.0, 20.0]), period=(360,)))
    0.5
    """
    return indices.dice(measure(a, b, period=period), empty=empty)


def pairwise(a: SameArray, b: SameArray) -> SameArray:
    """Return the IoU of every box of `a` with every box of `b`.

    Beside the result it needs next to no memory: large host arrays are compiled (numba), others are computed in
    chunks of rows. Where torch records gradients, all pairs are computed at once.

    Parameters
    ----------
    a, b : array (n, 2d), (m, 2d)
        Boxes lo|hi.

    Returns
    -------
    array (n, m)
        ``boxes.iou(a[:, None, :], b)``: NaN for two boxes without area.

    Raises
    ------
    ValueError
        If the shapes do not fit or a box is malformed (hi < lo, NaN or infinite) where values may be looked at.

    See Also
    --------
    iou : Intersection over union of boxes, pair by pair (Jaccard index).
    measure : Measure how boxes overlap, pair by pair.
    overlap.matching.match : Match predictions with references, one to one.

    Examples
    --------
    >>> import numpy as np
    >>> pairwise(np.array([[0, 0, 2, 2], [5, 5, 6, 6]]), np.array([[1, 0, 3, 2]])).round(4)
    array([[0.3333],
           [0.    ]])
    """
    table_namespace("boxes.pairwise", a=a, b=b)
    (rows, columns), xp = read_tables("boxes.pairwise", a=a, b=b)
    host_rows = as_host(rows)
    host_columns = as_host(columns)
    if host_rows is None or host_columns is None:
        return _pairs(rows, columns, xp)
    sides = [host[:, host.shape[1] // 2 :] - host[:, : host.shape[1] // 2] for host in (host_rows, host_columns)]
    scaled_rows, scaled_columns = in_one_unit([host_rows, host_columns], sides)
    pairs = _pairs_on_host(scaled_rows, scaled_columns)
    return like(pairs, rows, xp)


def measured(a: Array, b: Array, periods: list[float | None], xp: ModuleType) -> Overlap:
    """Return the overlap of well-formed boxes, pair by pair."""
    axes = zip(intervals(a), intervals(b), periods, strict=True)
    sizes = multiply([_measure_axis(x, y, period, xp) for x, y, period in axes])
    return unchecked(sizes.shared, sizes.a, sizes.b)


def _measure_axis(x: Interval, y: Interval, period: float | None, xp: ModuleType) -> Sizes:
    """Return the lengths along one axis: of what the boxes share, and their own."""
    if period is None:
        return Sizes(shared_length(x, y, xp), length(x), length(y))
    x_lo, _ = x
    y_lo, _ = y
    length_x = xp.where(length(x) > period, period, length(x))
    length_y = xp.where(length(y) > period, period, length(y))
    # how far on from the beginning of x that of y lies
    offset = xp.remainder(y_lo - x_lo, period)
    ahead = positive(xp.minimum(length_x - offset, length_y), xp)
    # the end of y may have come round to the beginning of x
    come_round = positive(xp.minimum(length_x, offset + length_y - period), xp)
    shorter = xp.minimum(length_x, length_y)
    shared = xp.minimum(ahead + come_round, shorter)
    # of a full ring the other takes exactly its own length
    shared = xp.where(length_y == period, length_x, shared)
    shared = xp.where(length_x == period, length_y, shared)
    return Sizes(shared, length_x, length_y)


def _pairs(a: Array, b: Array, xp: ModuleType) -> Array:
    """Return the IoU of all pairs: in chunks of rows where an array may be written to, else at once."""
    n = a.shape[0]
    m = b.shape[0]
    step = max(1, n // 128, _CHUNK // max(1, m))
    if n <= step or not (is_plain(a) and is_plain(b)):
        return _rows_of_pairs(a, b, xp)
    out = xp.empty((n, m), dtype=a.dtype, device=a.device)
    for start in range(0, n, step):
        rows = slice(start, start + step)
        out[rows] = _rows_of_pairs(a[rows], b, xp)
    return out


def _rows_of_pairs(a: Array, b: Array, xp: ModuleType) -> Array:
    overlap = measured(a[:, None, :], b, read_periods("boxes.pairwise", None, a), xp)
    return indices.iou(overlap)


def _pairs_on_host(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    compiled = kernels("boxes.compiled") if len(a) * len(b) >= _LARGE else None
    if compiled is None:
        return np.asarray(_pairs(a, b, np))
    return np.asarray(compiled.pairwise(a, b))
