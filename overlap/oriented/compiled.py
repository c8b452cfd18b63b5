"""Host kernels of rotated boxes, in numba: envelopes rule most pairs out, what is left is computed in wide registers.

The area is that of `overlap.oriented`, edge by edge, in float64 whatever the boxes are kept in.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._compiled import entry, kernel

# values are checked before, so none is NaN: that is what lets minima and maxima be vectorised
_OPTIONS: Any = {"error_model": "numpy", "fastmath": {"nnan", "nsz", "contract"}}
_kernel: Any = kernel(**_OPTIONS)
_entry: Any = entry(**_OPTIONS)


def intersection(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the area common to boxes of one shape (..., 5), pair by pair."""
    columns_a = _columns(a.reshape(-1, 5))
    columns_b = _columns(b.reshape(-1, 5))
    area = _intersection(columns_a, columns_b)
    return np.asarray(area.reshape(a.shape[:-1]).astype(a.dtype))


def pairwise(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """See `overlap.oriented.pairwise`."""
    iou = np.empty((len(a), len(b)), a.dtype)
    _fill(np.ascontiguousarray(_columns(a).T), _columns(b), iou)
    return iou


def _columns(boxes: np.ndarray) -> np.ndarray:
    """Return centre, half sides, cosine, sine and half sides of the envelope, as (8, n)."""
    x, y, w, h, theta = np.asarray(boxes, np.float64).T
    u = w / 2
    v = h / 2
    cos = np.cos(theta)
    sin = np.sin(theta)
    envelope_u = abs(u * cos) + abs(v * sin)
    envelope_v = abs(u * sin) + abs(v * cos)
    return np.stack([x, y, u, v, cos, sin, envelope_u, envelope_v])


@_kernel
def _under_edge(x: float, y: float, next_x: float, next_y: float, u: float, v: float) -> float:
    """Return twice the integral of clamp(x, ±u) over clamp(y, ±v) along an edge."""
    low = max(min(y, v), -v)
    high = max(min(next_y, v), -v)
    rise = next_y - y
    slope = (next_x - x) / (rise if rise != 0.0 else 1.0)
    start = x + (low - y) * slope
    stop = next_x + (high - next_y) * slope
    near = max(min(start, u), -u)
    far = max(min(stop, u), -u)
    run = stop - start
    skew = ((start - near) + (stop - far)) / (run if run != 0.0 else 1.0)
    return (high - low) * (near + far + (far - near) * skew)


@_kernel
def _shared_area(a: Any, b: Any) -> float:
    """Return the area common to two boxes, each (x, y, half sides u, v, cosine, sine)."""
    a_x, a_y, a_u, a_v, a_cos, a_sin = a
    b_x, b_y, b_u, b_v, b_cos, b_sin = b
    # the angle from b to a
    cos = a_cos * b_cos + a_sin * b_sin
    sin = a_sin * b_cos - a_cos * b_sin
    # from the centre of b to that of a, in the axes of the plane, of a and of b
    dx = a_x - b_x
    dy = a_y - b_y
    x_in_a = dx * a_cos + dy * a_sin
    y_in_a = dy * a_cos - dx * a_sin
    x_in_b = dx * b_cos + dy * b_sin
    y_in_b = dy * b_cos - dx * b_sin
    # the corners of a in the axes of b
    along_x = a_u * cos
    along_y = a_u * sin
    across_x = -a_v * sin
    across_y = a_v * cos
    x0 = x_in_b + along_x + across_x
    y0 = y_in_b + along_y + across_y
    x1 = x_in_b - along_x + across_x
    y1 = y_in_b - along_y + across_y
    x2 = x_in_b - along_x - across_x
    y2 = y_in_b - along_y - across_y
    x3 = x_in_b + along_x - across_x
    y3 = y_in_b + along_y - across_y
    top = _under_edge(x0, y0, x1, y1, b_u, b_v)
    left = _under_edge(x1, y1, x2, y2, b_u, b_v)
    bottom = _under_edge(x2, y2, x3, y3, b_u, b_v)
    right = _under_edge(x3, y3, x0, y0, b_u, b_v)
    area = 0.5 * (top + left + bottom + right)
    near_along_a = _is_within(x_in_a, y_in_a, a_u, a_v, b_u, b_v, cos, sin)
    near_along_b = _is_within(x_in_b, y_in_b, b_u, b_v, a_u, a_v, cos, sin)
    # a value and no branch, which wide registers can take
    return max(area, 0.0) if near_along_a & near_along_b else 0.0


@_kernel
def _is_within(x: float, y: float, u: float, v: float, other_u: float, other_v: float, cos: float, sin: float) -> bool:
    """Return whether no axis of one box separates it from another, whose centre lies at x, y in its axes."""
    cos = abs(cos)
    sin = abs(sin)
    reach_x = u + other_u * cos + other_v * sin
    reach_y = v + other_u * sin + other_v * cos
    return (abs(x) <= reach_x) & (abs(y) <= reach_y)


@_kernel
def _box(columns: np.ndarray, k: int) -> tuple[float, float, float, float, float, float]:
    return columns[0, k], columns[1, k], columns[2, k], columns[3, k], columns[4, k], columns[5, k]


@_entry
def _intersection(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    area = np.empty(a.shape[1])
    for k in range(area.size):
        area[k] = _shared_area(_box(a, k), _box(b, k))
    return area


@_kernel
def _list_near(a: np.ndarray, b: np.ndarray, near: np.ndarray) -> int:
    """List the boxes of `b` whose envelopes overlap that of `a` (8,), and return their number."""
    x = a[0]
    y = a[1]
    u = a[6]
    v = a[7]
    n = 0
    for j in range(b.shape[1]):
        near[n] = j
        n += (abs(x - b[0, j]) < u + b[6, j]) & (abs(y - b[1, j]) < v + b[7, j])
    return n


@_entry
def _fill(a: np.ndarray, b: np.ndarray, iou: np.ndarray) -> None:
    """Fill the matrix: boxes of `a` are rows (n, 8), those of `b` columns (8, m)."""
    n, m = iou.shape
    near = np.empty(m, np.int64)
    near_b = np.empty((6, m))
    area = np.empty(m)
    for i in range(n):
        size_a = 4 * a[i, 2] * a[i, 3]
        for j in range(m):
            iou[i, j] = 0.0 if size_a + b[2, j] * b[3, j] > 0 else np.nan
        count = _list_near(a[i], b, near)
        for row in range(6):
            for k in range(count):
                near_b[row, k] = b[row, near[k]]
        box_a = (a[i, 0], a[i, 1], a[i, 2], a[i, 3], a[i, 4], a[i, 5])
        for k in range(count):
            area[k] = _shared_area(box_a, _box(near_b, k))
        for k in range(count):
            size_b = 4 * near_b[2, k] * near_b[3, k]
            # rounding may leave a little more than either has
            shared = min(area[k], size_a, size_b)
            union = size_a + size_b - shared
            iou[i, near[k]] = shared / union
