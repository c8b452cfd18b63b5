"""Host kernel of `overlap.boxes.pairwise`, in numba: one thread, one pass over the result, next to no memory beside it.

Each row is computed one axis at a time in blocks that stay in the first cache. The operations and their order are
those of the array path, so the two give the same bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._compiled import entry, kernel

_BLOCK = 4096
# as numpy divides: 0/0 is NaN, and nothing raises
_kernel: Any = kernel(error_model="numpy")
_entry: Any = entry(error_model="numpy")


def pairwise(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """See `overlap.boxes.pairwise`: well-formed boxes (n, 2d), (m, 2d) of one floating dtype."""
    iou = np.empty((len(a), len(b)), a.dtype)
    # of one type for the compiler, read-only arrays too
    rows = np.require(a, requirements=["C", "W"])
    columns = np.require(b.T, requirements=["C", "W"])
    _fill(rows, columns, _sizes(a), _sizes(b), iou)
    return iou


def _sizes(boxes: np.ndarray) -> np.ndarray:
    d = boxes.shape[1] // 2
    sides = boxes[:, d:] - boxes[:, :d]
    size = sides[:, 0]
    for k in range(1, d):
        size = size * sides[:, k]
    return np.ascontiguousarray(size)


@_entry
def _fill(a: np.ndarray, b: np.ndarray, size_a: np.ndarray, size_b: np.ndarray, iou: np.ndarray) -> None:
    """Fill the matrix: boxes of `a` are rows (n, 2d), those of `b` columns (2d, m)."""
    d = b.shape[0] // 2
    for start in range(0, b.shape[1], _BLOCK):
        block = slice(start, start + _BLOCK)
        for i in range(len(a)):
            row = iou[i, block]
            _start_with_shared_length(row, a[i, 0], a[i, d], b[0, block], b[d, block])
            for k in range(1, d):
                _multiply_by_shared_length(row, a[i, k], a[i, d + k], b[k, block], b[d + k, block])
            _divide_by_union(row, size_a[i], size_b[block])


@_kernel
def _start_with_shared_length(row: np.ndarray, lo: Any, hi: Any, los: np.ndarray, his: np.ndarray) -> None:
    zero = row.dtype.type(0)
    for j in range(row.size):
        start = max(lo, los[j])
        end = min(hi, his[j])
        row[j] = max(end - start, zero)


@_kernel
def _multiply_by_shared_length(row: np.ndarray, lo: Any, hi: Any, los: np.ndarray, his: np.ndarray) -> None:
    zero = row.dtype.type(0)
    for j in range(row.size):
        start = max(lo, los[j])
        end = min(hi, his[j])
        row[j] *= max(end - start, zero)


@_kernel
def _divide_by_union(row: np.ndarray, size: Any, sizes: np.ndarray) -> None:
    for j in range(row.size):
        shared = row[j]
        union = (size - shared) + sizes[j]
        row[j] = shared / union
