"""Host kernels, in numba: one thread, one pass, no temporaries, float64 sums.

Hard masks are read eight cells at a time, as 64-bit words of eight bytes that are 0 or 1. Up to 255 words add up
before a byte overflows; 224 are seven rounds of the 32 that wide registers hold. Soft masks are summed in
blocks, so that rounding grows with the number of blocks and not of cells.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from .._compiled import entry, kernel

_SHORT = 64
"""Rows of fewer cells are left to the array path."""
_BLOCK = 8192
"""Cells that are summed into one number before rows are."""
_WORDS = 224
"""Words that are added up before their bytes are counted."""
_EVEN_BYTES = np.uint64(0x00FF00FF00FF00FF)
_ADD_PAIRS = np.uint64(0x0001000100010001)
_NOT_BOOL = np.uint64(0xFEFEFEFEFEFEFEFE)

_TNORMS = {"minimum": 0, "product": 1, "lukasiewicz": 2}
"""What the kernels call them."""

_kernel: Any = kernel()
_entry: Any = entry()
# sums may be reordered, which is what lets them be vectorised; NaN keeps its meaning
_summing_kernel: Any = kernel(fastmath={"reassoc", "nsz", "contract"})


def raster_sizes(
    a: np.ndarray, b: np.ndarray, axis: int | tuple[int, ...] | None, tnorm: str
) -> tuple[list[np.ndarray], bool] | None:
    """See `overlap.raster.measure`; None for what only the array path can do."""
    inner, outer = split(axis, a.ndim)
    n_rows = a.ndim - len(inner)
    row_shape = a.shape[:n_rows]
    row_length = prod(a.shape[n_rows:])
    if row_length < _SHORT or not _is_plain(a) or not _is_plain(b):
        return None
    rows_a = as_bytes(a.reshape(prod(row_shape), row_length))
    rows_b = as_bytes(b.reshape(prod(row_shape), row_length))
    if a.dtype == b.dtype == np.bool_:
        by_row, valid = _hard_rows(rows_a, rows_b)
        if not valid:
            # a bool array viewed from other bytes than 0 and 1: numpy knows how to read it
            return None
    else:
        by_row, valid = _soft_rows(rows_a, rows_b, _TNORMS[tnorm])
    both, in_a, in_b = (np.asarray(size.reshape(row_shape).sum(outer)) for size in by_row)
    shared = np.asarray(np.minimum(both, np.minimum(in_a, in_b)))
    return [shared, in_a, in_b], bool(valid)


def split(axis: int | tuple[int, ...] | None, ndim: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Split the axes to sum over into the last ones, which are rows of memory, and the rest."""
    axes = set(range(ndim)) if axis is None else set(normalize_axis_tuple(axis, ndim))
    first = ndim
    while first - 1 in axes:
        first -= 1
    inner = tuple(range(first, ndim))
    outer = tuple(sorted(axes.difference(inner)))
    return inner, outer


def _is_plain(x: np.ndarray) -> bool:
    """Return whether the kernels can read an array as it lies in memory."""
    return x.dtype in (np.bool_, np.float32, np.float64) and x.flags.c_contiguous and x.flags.aligned


def as_bytes(x: np.ndarray) -> np.ndarray:
    """View booleans as bytes; floating numbers stay."""
    return x.view(np.uint8) if x.dtype == np.bool_ else x


@_kernel
def _count(words: Any) -> Any:
    """Add up the eight bytes of a word: as pairs, then as one product whose top 16 bits are their sum."""
    pairs = (words & _EVEN_BYTES) + ((words >> np.uint64(8)) & _EVEN_BYTES)
    return np.int64((pairs * _ADD_PAIRS) >> np.uint64(48))


@_kernel
def _hard_block(x: np.ndarray, y: np.ndarray) -> tuple[Any, ...]:
    """Count the bytes of up to 255 words; also return every bit that occurs."""
    both = np.uint64(0)
    in_a = np.uint64(0)
    in_b = np.uint64(0)
    seen = np.uint64(0)
    for k in range(x.size):
        both += x[k] & y[k]
        in_a += x[k]
        in_b += y[k]
        seen |= x[k] | y[k]
    return _count(both), _count(in_a), _count(in_b), seen


@_entry
def _hard_rows(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, bool]:
    """Count row by row; also return whether every byte is 0 or 1."""
    n_rows, n = a.shape
    in_words = n - n % 8
    sizes = np.zeros((3, n_rows), np.int64)
    seen = np.uint64(0)
    for row in range(n_rows):
        x = a[row, :in_words].view(np.uint64)
        y = b[row, :in_words].view(np.uint64)
        for start in range(0, x.size, _WORDS):
            both, in_a, in_b, bits = _hard_block(x[start : start + _WORDS], y[start : start + _WORDS])
            sizes[0, row] += both
            sizes[1, row] += in_a
            sizes[2, row] += in_b
            seen |= bits
        for k in range(in_words, n):
            sizes[0, row] += a[row, k] & b[row, k]
            sizes[1, row] += a[row, k]
            sizes[2, row] += b[row, k]
            seen |= np.uint64(a[row, k] | b[row, k])
    return sizes, (seen & _NOT_BOOL) == np.uint64(0)


@_summing_kernel
def _soft_block(a: np.ndarray, b: np.ndarray, tnorm: int) -> tuple[float, float, float, bool]:
    """Sum one block; also return whether every value is in [0, 1]."""
    both = 0.0
    in_a = 0.0
    in_b = 0.0
    n_bad = 0
    for k in range(a.size):
        x = np.float64(a[k])
        y = np.float64(b[k])
        if tnorm == 0:
            both += min(x, y)
        elif tnorm == 1:
            both += x * y
        else:
            both += max(x + y - 1.0, 0.0)
        in_a += x
        in_b += y
        n_bad += not (0.0 <= x <= 1.0 and 0.0 <= y <= 1.0)
    return both, in_a, in_b, n_bad == 0


@_entry
def _soft_rows(a: np.ndarray, b: np.ndarray, tnorm: int) -> tuple[np.ndarray, bool]:
    """Sum row by row, in blocks; also return whether every value is in [0, 1]."""
    n_rows, n = a.shape
    sizes = np.zeros((3, n_rows), np.float64)
    valid = True
    for row in range(n_rows):
        for start in range(0, n, _BLOCK):
            stop = min(start + _BLOCK, n)
            both, in_a, in_b, in_range = _soft_block(a[row, start:stop], b[row, start:stop], tnorm)
            sizes[0, row] += both
            sizes[1, row] += in_a
            sizes[2, row] += in_b
            valid &= in_range
    return sizes, valid
