"""Host kernels of rotated boxes, in numba: envelopes rule most pairs out, what is left is computed in wide registers.

The area is that of `overlap.oriented`, edge by edge, in float64 whatever the boxes are kept in.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

# values are checked before, so none is NaN: that is what lets minima and maxima be vectorised
_kernel: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"nnan", "nsz", "contract"})


def intersection(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the area common to boxes of one shape (..., 5), pair by pair."""
    area = _aligned(*(_columns(x.reshape(-1, 5)) for x in (a, b)))
    return np.asarray(area.reshape(a.shape[:-1]).astype(a.dtype))


def pairwise(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """See `overlap.oriented.pairwise`."""
    iou = np.empty((len(a), len(b)), a.dtype)
    _pairwise(np.ascontiguousarray(_columns(a).T), _columns(b), iou)
    return iou


def _columns(boxes: np.ndarray) -> np.ndarray:
    """Return centre, half sizes, cosine, sine and half the envelope, as (8, n)."""
    x, y, w, h, theta = np.asarray(boxes, np.float64).T
    u, v, c, s = w / 2, h / 2, np.cos(theta), np.sin(theta)
    return np.stack([x, y, u, v, c, s, abs(u * c) + abs(v * s), abs(u * s) + abs(v * c)])


@_kernel
def _under_edge(x: float, y: float, to_x: float, to_y: float, u: float, v: float) -> float:
    """Return twice the integral of clamp(x, ±u) over clamp(y, ±v) along an edge."""
    low, high = max(min(y, v), -v), max(min(to_y, v), -v)
    rise = to_y - y
    slope = (to_x - x) / (rise if rise != 0.0 else 1.0)
    start, stop = x + (low - y) * slope, to_x + (high - to_y) * slope
    near, far = max(min(start, u), -u), max(min(stop, u), -u)
    run = stop - start
    skew = ((start - near) + (stop - far)) / (run if run != 0.0 else 1.0)
    return (high - low) * (near + far + (far - near) * skew)


@_kernel
def _shared(a: Any, b: Any) -> float:
    """Return the area common to two boxes, each (centre, half sizes, cosine, sine)."""
    ax, ay, au, av, ac, as_ = a
    bx, by, u, v, bc, bs = b
    c, s = ac * bc + as_ * bs, as_ * bc - ac * bs
    dx, dy = ax - bx, ay - by
    x, y = dx * bc + dy * bs, dy * bc - dx * bs
    px, py, qx, qy = au * c, au * s, -av * s, av * c
    x0, y0, x1, y1 = x + px + qx, y + py + qy, x - px + qx, y - py + qy
    x2, y2, x3, y3 = x - px - qx, y - py - qy, x + px - qx, y + py - qy
    top, left = _under_edge(x0, y0, x1, y1, u, v), _under_edge(x1, y1, x2, y2, u, v)
    bottom, right = _under_edge(x2, y2, x3, y3, u, v), _under_edge(x3, y3, x0, y0, u, v)
    near_a = _within(dx * ac + dy * as_, dy * ac - dx * as_, au, av, u, v, c, s)
    near = near_a & _within(x, y, u, v, au, av, c, s)
    return max(0.5 * (top + left + bottom + right), 0.0) if near else 0.0


@_kernel
def _within(x: float, y: float, u: float, v: float, other_u: float, other_v: float, c: float, s: float) -> bool:
    """Return whether no axis of one box separates it from another, whose centre lies at x, y in its axes."""
    c, s = abs(c), abs(s)
    return (abs(x) <= u + other_u * c + other_v * s) & (abs(y) <= v + other_u * s + other_v * c)


@_kernel
def _aligned(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    area = np.empty(a.shape[1])
    for k in range(area.size):
        p = (a[0, k], a[1, k], a[2, k], a[3, k], a[4, k], a[5, k])
        area[k] = _shared(p, (b[0, k], b[1, k], b[2, k], b[3, k], b[4, k], b[5, k]))
    return area


@_kernel
def _meeting(a: np.ndarray, b: np.ndarray, near: np.ndarray) -> int:
    """List the boxes of `b` whose envelopes overlap that of `a` (8,), and return their number."""
    x, y, width, height = a[0], a[1], a[6], a[7]
    n = 0
    for j in range(b.shape[1]):
        near[n] = j
        n += (abs(x - b[0, j]) < width + b[6, j]) & (abs(y - b[1, j]) < height + b[7, j])
    return n


@_kernel
def _pairwise(a: np.ndarray, b: np.ndarray, iou: np.ndarray) -> None:
    rows, columns = iou.shape
    near, some, area = np.empty(columns, np.int64), np.empty((6, columns)), np.empty(columns)
    for i in range(rows):
        box = a[i]
        size = 4 * box[2] * box[3]
        for j in range(columns):
            iou[i, j] = 0.0 if size + b[2, j] * b[3, j] > 0 else np.nan
        n = _meeting(box, b, near)
        for row in range(6):
            for k in range(n):
                some[row, k] = b[row, near[k]]
        p = (box[0], box[1], box[2], box[3], box[4], box[5])
        for k in range(n):
            area[k] = _shared(p, (some[0, k], some[1, k], some[2, k], some[3, k], some[4, k], some[5, k]))
        for k in range(n):
            iou[i, near[k]] = area[k] / (size + 4 * some[2, k] * some[3, k] - area[k])
