"""Every pair of labels of two label maps in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._arrays import Array, as_host, like, namespace
from ..counts import Overlap

_TABLE = 1 << 16
"""Labels that span no more than this are looked up; others are sorted."""

_LARGEST = 1 << 27
"""Pairs in a table of 1 GiB."""


def contingency(a: Array, b: Array) -> tuple[Array, Array, Overlap]:
    """Count the cells that each label of one map shares with each label of another.

    Parameters
    ----------
    a, b : array of int or bool
        Label maps of one shape, on the host. Background is a label like any other.

    Returns
    -------
    labels_a, labels_b : array
        The labels that occur, in ascending order, shapes (n,) and (m,).
    Overlap
        Of shape (n, m), in cells: what label i of `a` shares with label j of `b`, and their sizes.

    Raises
    ------
    TypeError
        If a map does not hold whole numbers, or is not on the host.
    ValueError
        If the shapes differ, or the table of pairs would not fit into memory.

    Examples
    --------
    >>> a = np.array([0, 0, 7, 7, 7, 9])
    >>> b = np.array([0, 1, 1, 1, 2, 2])
    >>> labels_a, labels_b, o = contingency(a, b)
    >>> labels_a, labels_b
    (array([0, 7, 9]), array([0, 1, 2]))
    >>> o.intersection
    array([[1, 1, 0],
           [0, 2, 1],
           [0, 0, 1]])
    """
    xp = namespace("raster.contingency", a=a, b=b)
    for name, x in {"a": a, "b": b}.items():
        if not xp.isdtype(x.dtype, ("bool", "integral")):
            raise TypeError(
                f"raster.contingency: {name} has dtype {x.dtype}; a label map holds whole numbers: "
                f"cut a soft mask (`{name} >= 0.5`), or convert stored labels (`{name}.astype(int)`)"
            )
    if a.shape != b.shape:
        raise ValueError(
            f"raster.contingency: a has shape {tuple(a.shape)} and b {tuple(b.shape)}; maps of one grid have one shape"
        )
    hosts = [as_host(x) for x in (a, b)]
    if hosts[0] is None or hosts[1] is None:
        raise TypeError("raster.contingency: labels are counted on the host; pass x.cpu() or x.compute()")
    labels_a, codes_a = _encode(hosts[0])
    labels_b, codes_b = _encode(hosts[1])
    n, m = len(labels_a), len(labels_b)
    if n * m > _LARGEST:
        raise ValueError(
            f"raster.contingency: {n} × {m} labels make a table of {n * m:.0e} pairs; compare parts of the maps, or "
            "drop specks first"
        )
    pairs = np.bincount(codes_a * np.int64(m) + codes_b, minlength=n * m).reshape(n, m)
    sizes = pairs, pairs.sum(axis=1, keepdims=True), pairs.sum(axis=0, keepdims=True)
    return like(labels_a, a, xp), like(labels_b, b, xp), Overlap(*(like(x, a, xp) for x in sizes))


def _encode(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels that occur and, for each cell, which of them it holds."""
    flat: Any = x.ravel().view(np.uint8) if x.dtype == bool else x.ravel()
    if not flat.size:
        return x.ravel(), np.zeros(0, np.int64)
    low, high = flat.min(), flat.max()
    if int(high) - int(low) >= _TABLE:
        return np.unique(flat, return_inverse=True)
    shifted = flat - low if flat.dtype.kind == "u" else flat.astype(np.int64) - int(low)
    there = np.bincount(shifted) > 0
    # whole numbers wrap, and come back
    labels = np.flatnonzero(there).astype(flat.dtype) + low
    return labels.astype(x.dtype), (np.cumsum(there) - 1)[shifted]
