"""Host kernels of `overlap.coco`, in numba: what pairs of masks share, and the crossings of polygons.

The operations are those of the array path, and so is every number.
"""

from __future__ import annotations

from math import ceil, floor
from typing import Any

import numpy as np

from .._compiled import entry

_entry: Any = entry()
_SCALE = 5


@_entry
def shared_in_pairs(
    start_a: np.ndarray,
    stop_a: np.ndarray,
    first_a: np.ndarray,
    start_b: np.ndarray,
    stop_b: np.ndarray,
    first_b: np.ndarray,
    i: np.ndarray,
    j: np.ndarray,
) -> np.ndarray:
    """See `overlap.coco.masks.shared_in_pairs`: both masks of a pair are gone through together."""
    shared = np.zeros(len(i), np.int64)
    for pair in range(len(i)):
        p = first_a[i[pair]]
        q = first_b[j[pair]]
        end_p = first_a[i[pair] + 1]
        end_q = first_b[j[pair] + 1]
        cells = 0
        while p < end_p and q < end_q:
            start = max(start_a[p], start_b[q])
            stop = min(stop_a[p], stop_b[q])
            if stop > start:
                cells += stop - start
            if stop_a[p] < stop_b[q]:
                p += 1
            else:
                q += 1
        shared[pair] = cells
    return shared


@_entry
def crossings(corners: np.ndarray, height: int, width: int) -> np.ndarray:
    """See `overlap.coco.outlines`: the cells at which a polygon crosses the middles of columns."""
    n = len(corners)
    n_steps = 0
    fine = np.empty((n + 1, 2), np.int64)
    for k in range(n):
        fine[k, 0] = int(_SCALE * corners[k, 0] + 0.5)
        fine[k, 1] = int(_SCALE * corners[k, 1] + 0.5)
    # not as one row, whose check of shapes takes the compiler seconds
    fine[n, 0] = fine[0, 0]
    fine[n, 1] = fine[0, 1]
    for k in range(n):
        n_steps += abs(fine[k + 1, 0] - fine[k, 0]) + 2
    places = np.empty(n_steps, np.int64)
    n_places = 0
    for k in range(n):
        x = fine[k, 0]
        y = fine[k, 1]
        dx = abs(fine[k + 1, 0] - x)
        dy = abs(fine[k + 1, 1] - y)
        is_flat = dx >= dy
        steps = max(dx, dy)
        is_backwards = x > fine[k + 1, 0] if is_flat else y > fine[k + 1, 1]
        first = k + 1 if is_backwards else k
        last = k if is_backwards else k + 1
        rise = fine[last, 1] - fine[first, 1] if is_flat else fine[last, 0] - fine[first, 0]
        slope = rise / max(steps, 1)
        before_u = 0
        before_v = 0
        for d in range(steps + 1):
            t = steps - d if is_backwards else d
            if is_flat:
                u = fine[first, 0] + t
                v = int(fine[first, 1] + slope * t + 0.5)
            else:
                v = fine[first, 1] + t
                u = int(fine[first, 0] + slope * t + 0.5)
            if d > 0 and u != before_u:
                column = (min(u, before_u) + 0.5) / _SCALE - 0.5
                if floor(column) == column and 0 <= column <= width - 1:
                    row = (min(v, before_v) + 0.5) / _SCALE - 0.5
                    row = ceil(min(max(row, 0.0), float(height)))
                    places[n_places] = int(column) * height + int(row)
                    n_places += 1
            before_u = u
            before_v = v
    return places[:n_places]
