"""Host kernels, in numba: one thread, one pass, no temporaries, float64 sums.

Hard masks are read eight cells at a time, as 64-bit words of eight bytes that are 0 or 1. Up to 255 words add up
before a byte overflows; 224 are seven rounds of the 32 that wide registers hold. Soft masks are summed in
blocks, so that rounding grows with the number of blocks and not of cells.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numba
import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

_SHORT = 64
"""Rows of fewer cells are left to the array path."""
_BLOCK = 8192
_WORDS = 224
_EVEN_BYTES = np.uint64(0x00FF00FF00FF00FF)
_ADD_PAIRS = np.uint64(0x0001000100010001)
_NOT_BOOL = np.uint64(0xFEFEFEFEFEFEFEFE)
_TNORMS = {"minimum": 0, "product": 1, "lukasiewicz": 2}

_kernel: Any = numba.njit(cache=True, nogil=True)
# sums may be reordered, which is what lets them be vectorised; NaN keeps its meaning
_summing_kernel: Any = numba.njit(cache=True, nogil=True, fastmath={"reassoc", "nsz", "contract"})


def raster_sizes(
    a: np.ndarray, b: np.ndarray, axis: int | tuple[int, ...] | None, tnorm: str
) -> tuple[list[np.ndarray], bool] | None:
    """See `overlap.raster.measure`; None for what only the array path can do."""
    inner, outer = split(axis, a.ndim)
    if prod(a.shape[k] for k in inner) < _SHORT or not all(_plain(x) for x in (a, b)):
        return None
    lead = a.shape[: a.ndim - len(inner)]
    x, y = (as_bytes(x.reshape(prod(lead), -1)) for x in (a, b))
    hard = a.dtype == b.dtype == np.bool_
    sizes, valid = _hard_rows(x, y) if hard else _soft_rows(x, y, _TNORMS[tnorm])
    if hard and not valid:
        # a bool array viewed from other bytes than 0 and 1: numpy knows how to read it
        return None
    return [np.asarray(x.reshape(lead).sum(outer)) for x in sizes], bool(valid)


def split(axis: int | tuple[int, ...] | None, ndim: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Split the axes to sum over into the last ones, which are rows of memory, and the rest."""
    axes = set(range(ndim) if axis is None else normalize_axis_tuple(axis, ndim))
    lead = ndim
    while lead - 1 in axes:
        lead -= 1
    return tuple(range(lead, ndim)), tuple(sorted(axes - set(range(lead, ndim))))


def _plain(x: np.ndarray) -> bool:
    return x.dtype in (np.bool_, np.float32, np.float64) and x.flags.c_contiguous and x.flags.aligned


def as_bytes(x: np.ndarray) -> np.ndarray:
    """View booleans as bytes; floating numbers stay."""
    return x.view(np.uint8) if x.dtype == np.bool_ else x


@_kernel
def _count(words: Any) -> Any:
    """Add up the eight bytes of a word."""
    pairs = (words & _EVEN_BYTES) + ((words >> np.uint64(8)) & _EVEN_BYTES)
    return np.int64((pairs * _ADD_PAIRS) >> np.uint64(48))


@_kernel
def _hard_block(x: np.ndarray, y: np.ndarray) -> tuple[Any, ...]:
    both, in_a, in_b, seen = np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0)
    for k in range(x.size):
        both += x[k] & y[k]
        in_a += x[k]
        in_b += y[k]
        seen |= x[k] | y[k]
    return _count(both), _count(in_a), _count(in_b), seen


@_kernel
def _hard_rows(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, bool]:
    rows, n = a.shape
    whole = n - n % 8
    sizes = np.zeros((3, rows), np.int64)
    seen = np.uint64(0)
    for row in range(rows):
        x, y = a[row, :whole].view(np.uint64), b[row, :whole].view(np.uint64)
        for start in range(0, x.size, _WORDS):
            both, in_a, in_b, bits = _hard_block(x[start : start + _WORDS], y[start : start + _WORDS])
            sizes[0, row] += both
            sizes[1, row] += in_a
            sizes[2, row] += in_b
            seen |= bits
        for k in range(whole, n):
            sizes[0, row] += a[row, k] & b[row, k]
            sizes[1, row] += a[row, k]
            sizes[2, row] += b[row, k]
            seen |= np.uint64(a[row, k] | b[row, k])
    return sizes, (seen & _NOT_BOOL) == np.uint64(0)


@_summing_kernel
def _soft_block(a: np.ndarray, b: np.ndarray, tnorm: int) -> tuple[float, float, float, bool]:
    both, in_a, in_b, bad = 0.0, 0.0, 0.0, 0
    for k in range(a.size):
        x, y = np.float64(a[k]), np.float64(b[k])
        if tnorm == 0:
            both += min(x, y)
        elif tnorm == 1:
            both += x * y
        else:
            both += max(x + y - 1.0, 0.0)
        in_a += x
        in_b += y
        bad += not (0.0 <= x <= 1.0 and 0.0 <= y <= 1.0)
    return both, in_a, in_b, bad == 0


@_kernel
def _soft_rows(a: np.ndarray, b: np.ndarray, tnorm: int) -> tuple[np.ndarray, bool]:
    rows, n = a.shape
    sizes = np.zeros((3, rows), np.float64)
    valid = True
    for row in range(rows):
        for start in range(0, n, _BLOCK):
            stop = min(start + _BLOCK, n)
            both, in_a, in_b, ok = _soft_block(a[row, start:stop], b[row, start:stop], tnorm)
            sizes[0, row] += both
            sizes[1, row] += in_a
            sizes[2, row] += in_b
            valid &= ok
    return sizes, valid
