"""Host kernel of `overlap.boxes.pairwise`, in numba: one thread, one pass over the result, next to no memory beside it.

Each row is computed one axis at a time in blocks that stay in the first cache. The operations and their order are
those of the array path, so the two give the same bits.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

_BLOCK = 4096
# as numpy divides: 0/0 is NaN, and nothing raises
_kernel: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def pairwise(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """See `overlap.boxes.pairwise`: well-formed boxes (n, 2d), (m, 2d) of one floating dtype."""
    out = np.empty((len(a), len(b)), a.dtype)
    _rows(np.ascontiguousarray(a), np.ascontiguousarray(b.T), _sizes(a), _sizes(b), out)
    return out


def _sizes(boxes: np.ndarray) -> np.ndarray:
    d = boxes.shape[1] // 2
    size = boxes[:, d] - boxes[:, 0]
    for k in range(1, d):
        size = size * (boxes[:, d + k] - boxes[:, k])
    return np.ascontiguousarray(size)


@_kernel
def _rows(a: np.ndarray, b: np.ndarray, size_a: np.ndarray, size_b: np.ndarray, out: np.ndarray) -> None:
    d = b.shape[0] // 2
    for start in range(0, b.shape[1], _BLOCK):
        block = slice(start, start + _BLOCK)
        for i in range(len(a)):
            row = out[i, block]
            _shared(a[i, 0], a[i, d], b[0, block], b[d, block], row)
            for k in range(1, d):
                _share(a[i, k], a[i, d + k], b[k, block], b[d + k, block], row)
            _ratio(size_a[i], size_b[block], row)


@_kernel
def _shared(lo: Any, hi: Any, los: np.ndarray, his: np.ndarray, row: np.ndarray) -> None:
    for j in range(row.size):
        row[j] = max(min(hi, his[j]) - max(lo, los[j]), row.dtype.type(0))


@_kernel
def _share(lo: Any, hi: Any, los: np.ndarray, his: np.ndarray, row: np.ndarray) -> None:
    for j in range(row.size):
        row[j] *= max(min(hi, his[j]) - max(lo, los[j]), row.dtype.type(0))


@_kernel
def _ratio(size: Any, sizes: np.ndarray, row: np.ndarray) -> None:
    for j in range(row.size):
        row[j] = row[j] / ((size - row[j]) + sizes[j])
