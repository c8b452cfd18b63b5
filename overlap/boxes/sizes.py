"""The sizes of boxes and of what they share: `overlap.boxes.measure` and `pairwise`."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import TypeAlias

import numpy as np

from .._arrays import Array, as_host, like, namespace
from .._compiled import kernels
from ..counts import Overlap
from ..indices import iou
from .arrays import Interval, intervals, is_plain, length, positive, product, read, shared_length

Period: TypeAlias = Sequence[float | None]

_CHUNK = 1 << 16

_LARGE = 1 << 20
"""Fewer pairs never import the compiler."""


def measure(a: Array, b: Array, *, period: Period | None = None) -> Overlap:
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
        Lengths, areas or volumes of shape (...). Empty boxes have size 0, and their IoU is ``iou``'s `empty`.

    Raises
    ------
    ValueError
        If the shapes do not fit, a period is not positive, or a box is malformed (hi < lo, NaN or infinite)
        where values may be looked at.
    TypeError
        If the numbers are not real, or of different array libraries.

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
    return _measure(a, b, _periods(period, a), xp)


def pairwise(a: Array, b: Array) -> Array:
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
        ``iou(measure(a[:, None, :], b))``: NaN for two boxes without area.

    Raises
    ------
    ValueError
        If the shapes do not fit or a box is malformed (hi < lo, NaN or infinite) where values may be looked at.

    Examples
    --------
    >>> import numpy as np
    >>> pairwise(np.array([[0, 0, 2, 2], [5, 5, 6, 6]]), np.array([[1, 0, 3, 2]])).round(4)
    array([[0.3333],
           [0.    ]])
    """
    namespace("boxes.pairwise", a=a, b=b)
    for name, x in {"a": a, "b": b}.items():
        if x.ndim != 2:
            raise ValueError(
                f"boxes.pairwise: {name} has shape {tuple(x.shape)}; pass (n, 2d), or for other shapes "
                "iou(boxes.measure(a[..., :, None, :], b[..., None, :, :]))"
            )
    (a, b), xp = read("boxes.pairwise", a=a[:, None, :], b=b[None, :, :])
    rows, columns = a[:, 0, :], b[0, :, :]
    host_a, host_b = as_host(rows), as_host(columns)
    if host_a is None or host_b is None:
        return _pairs(rows, columns, xp)
    return like(_pairs_host(host_a, host_b), rows, xp)


def _measure(a: Array, b: Array, periods: Period, xp: ModuleType) -> Overlap:
    axes = zip(intervals(a), intervals(b), periods, strict=True)
    return Overlap(*map(product, zip(*(_lengths(*axis, xp) for axis in axes), strict=True)))


def _lengths(x: Interval, y: Interval, period: float | None, xp: ModuleType) -> tuple[Array, Array, Array]:
    """Return the lengths along one axis: shared, of the one, of the other."""
    if period is None:
        return shared_length(x, y, xp), length(x), length(y)
    length_x, length_y = (xp.where(length(z) > period, period, length(z)) for z in (x, y))
    begin = xp.remainder(y[0] - x[0], period)
    # on from its beginning, and what of it has come round to the beginning of the other
    ahead = positive(xp.minimum(length_x - begin, length_y), xp)
    round_again = positive(xp.minimum(length_x, begin + length_y - period), xp)
    shared = xp.minimum(ahead + round_again, xp.minimum(length_x, length_y))
    # of a full ring the other takes exactly its own length
    shared = xp.where(length_x == period, length_y, xp.where(length_y == period, length_x, shared))
    return shared, length_x, length_y


def _periods(period: Period | None, box: Array) -> list[float | None]:
    d = box.shape[-1] // 2
    if period is None:
        return [None] * d
    given = list(period) if isinstance(period, (tuple, list, np.ndarray)) else None
    if given is None or len(given) != d:
        raise ValueError(
            f"boxes.measure: period must name a length for each of the {d} axes, got {period!r}; None for an open axis"
        )
    if not all(p is None or 0 < p < np.inf for p in given):
        raise ValueError(f"boxes.measure: a period must be positive and finite, got {period!r}; None for an open axis")
    return [None if p is None else float(p) for p in given]


def _pairs(a: Array, b: Array, xp: ModuleType) -> Array:
    """Return the IoU of all pairs: in chunks of rows where an array may be written to, else at once."""
    n, m, open_axes = a.shape[0], b.shape[0], _periods(None, a)
    step = max(1, n // 128, _CHUNK // max(1, m))
    if n <= step or not (is_plain(a) and is_plain(b)):
        return iou(_measure(a[:, None, :], b, open_axes, xp))
    out = xp.empty((n, m), dtype=a.dtype, device=a.device)
    for k in range(0, n, step):
        out[k : k + step] = iou(_measure(a[k : k + step, None, :], b, open_axes, xp))
    return out


def _pairs_host(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    compiled = kernels("boxes.compiled") if len(a) * len(b) >= _LARGE else None
    return np.asarray(_pairs(a, b, np) if compiled is None else compiled.pairwise(a, b))
