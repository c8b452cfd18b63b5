"""Every pair of labels of two label maps in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._arrays import Array, as_host, like, namespace
from ..counts import Overlap, unchecked

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
    host_a = as_host(a)
    host_b = as_host(b)
    if host_a is None or host_b is None:
        raise TypeError("raster.contingency: labels are counted on the host; pass x.cpu() or x.compute()")
    labels_a, rows = _encode(host_a)
    labels_b, columns = _encode(host_b)
    shape = len(labels_a), len(labels_b)
    n_pairs = shape[0] * shape[1]
    if n_pairs > _LARGEST:
        raise ValueError(
            f"raster.contingency: {shape[0]} × {shape[1]} labels make a table of {n_pairs:.0e} pairs; compare parts of "
            "the maps, or drop specks first"
        )
    pair = rows * np.int64(shape[1]) + columns
    shared = np.bincount(pair, minlength=n_pairs).reshape(shape)
    o = unchecked(
        like(shared, a, xp),
        like(shared.sum(axis=1, keepdims=True), a, xp),
        like(shared.sum(axis=0, keepdims=True), a, xp),
    )
    return like(labels_a, a, xp), like(labels_b, b, xp), o


def _encode(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels that occur and, for each cell, which of them it holds."""
    flat: Any = x.ravel()
    if not flat.size:
        return flat, np.zeros(0, np.int64)
    if flat.dtype == bool:
        flat = flat.view(np.uint8)
    low = flat.min()
    span = int(flat.max()) - int(low)
    if span >= _TABLE:
        return np.unique(flat, return_inverse=True)
    # unsigned numbers do not reach below 0; signed ones may not hold their own span
    offset = flat - low if flat.dtype.kind == "u" else flat.astype(np.int64) - int(low)
    occurs = np.bincount(offset) > 0
    # the lowest label may be negative in a narrow dtype: the sum wraps around, and comes back
    labels = np.flatnonzero(occurs).astype(flat.dtype) + low
    position = np.cumsum(occurs) - 1
    return labels.astype(x.dtype), position[offset]
