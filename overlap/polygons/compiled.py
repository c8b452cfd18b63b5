"""Host kernel of the areas that polygons share, in numba: the arithmetic of `windows` and `shared`, pair by pair.

Every number is made as there, and sums are exact, so that the result is the same to the last bit. What is near in
height is found in buckets instead of by sorting.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .._compiled import entry, kernel
from .outlines import EPSILON, Edges, Outlines
from .windows import CROWDED, Windows

# no fast mathematics: sums are exact only as written
_kernel: Any = kernel(error_model="numpy")
_inline: Any = kernel(error_model="numpy", inline="always")
_entry: Any = entry(error_model="numpy")

COARSE = 1.5 * 2.0**20
FINE = 1.5 * 2.0**-12
"""Adding these and taking them away again rounds to multiples of 2**-32 and of 2**-64."""
BEGIN_X = 0
LOW_X = 1
LOW_Y = 2
HIGH_X = 3
HIGH_Y = 4
WEIGHT = 5
SLOPE = 6
"""The rows of a table of edges or of lines."""


def totals(
    a: Outlines, b: Outlines, of_a: np.ndarray, of_b: np.ndarray, windows: Windows
) -> tuple[np.ndarray, np.ndarray]:
    """Return the areas that pairs share in the units of their windows, as levels (2, pairs), and their doubts."""
    levels = np.zeros((2, len(of_a)))
    doubt = np.zeros(len(of_a))
    own = (*a.edges, a.weight, a.first)
    other = (*b.edges, b.weight, b.first)
    _fill(own, other, of_a, of_b, windows.corner, windows.scale, windows.size, levels, doubt)
    return levels, doubt


def ring_areas(
    edges: Edges, ring: np.ndarray, owner: np.ndarray, corner: np.ndarray, scale: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the signed areas of rings, as levels (2, rings), and the lengths of polygons, as `outlines` adds them."""
    levels = np.zeros((2, len(owner)))
    lengths = np.zeros(len(corner))
    _add_up(*edges, ring, owner, corner, scale, levels, lengths)
    return levels, lengths / 2.0**20


@_entry
def _add_up(
    all_x0: Any,
    all_y0: Any,
    all_x1: Any,
    all_y1: Any,
    ring: Any,
    owner: Any,
    corner: Any,
    scale: Any,
    levels: Any,
    lengths: Any,
) -> None:
    for edge in range(len(ring)):
        polygon = owner[ring[edge]]
        x0 = (all_x0[edge] - corner[polygon, 0]) * scale[polygon, 0]
        y0 = (all_y0[edge] - corner[polygon, 1]) * scale[polygon, 1]
        x1 = (all_x1[edge] - corner[polygon, 0]) * scale[polygon, 0]
        y1 = (all_y1[edge] - corner[polygon, 1]) * scale[polygon, 1]
        rise = y1 - y0
        term = (x0 + x1) * rise * 0.5
        rounded = (term + COARSE) - COARSE
        levels[0, ring[edge]] += rounded
        levels[1, ring[edge]] += ((term - rounded) + FINE) - FINE
        lengths[polygon] += np.ceil((abs(x1 - x0) + abs(rise)) * 2.0**20)


@_entry
def _fill(
    own: Any, other: Any, of_a: Any, of_b: Any, corner: Any, scale: Any, size: Any, levels: Any, doubt: Any
) -> None:
    clipped_a = np.empty((7, 64))
    clipped_b = np.empty((7, 64))
    lines_a = np.empty((7, 64))
    lines_b = np.empty((7, 64))
    strip_a = np.empty(64, np.int64)
    strip_b = np.empty(64, np.int64)
    for pair in range(len(of_a)):
        clipped_a, count_a, doubt_a, heights_a = _clip(
            own, of_a[pair], corner[pair], scale[pair], size[pair], clipped_a
        )
        clipped_b, count_b, doubt_b, heights_b = _clip(
            other, of_b[pair], corner[pair], scale[pair], size[pair], clipped_b
        )
        doubt[pair] = doubt_a + doubt_b
        strips = _strips(count_a, count_b, heights_a, heights_b)
        lines_a, strip_a, count_a = _cut(clipped_a, count_a, size[pair], strips, lines_a, strip_a)
        lines_b, strip_b, count_b = _cut(clipped_b, count_b, size[pair], strips, lines_b, strip_b)
        if count_a == 0 or count_b == 0:
            continue
        top = size[pair, 1]
        first_a, order_a, rows_a = _buckets(lines_a, strip_a, count_a, strips, top)
        first_b, order_b, rows_b = _buckets(lines_b, strip_b, count_b, strips, top)
        _meet(lines_a, strip_a, count_a, lines_b, first_b, order_b, rows_b, top, True, levels, pair)
        _meet(lines_b, strip_b, count_b, lines_a, first_a, order_a, rows_a, top, False, levels, pair)


@_inline
def _between(x: float, first: float, second: float) -> float:
    return max(min(x, max(first, second)), min(first, second))


@_inline
def _grown(table: Any, columns: int) -> Any:
    """Return a table with more room, and what it holds."""
    larger = np.empty((table.shape[0], columns))
    larger[:, : table.shape[1]] = table
    return larger


@_kernel
def _clip(edges: Any, polygon: int, corner: Any, scale: Any, size: Any, table: Any) -> Any:
    """Clip a polygon's edges to the height of a window, as `windows.clipped` does."""
    all_x0, all_y0, all_x1, all_y1, weights, first = edges
    begin = first[polygon]
    end = first[polygon + 1]
    if table.shape[1] < end - begin:
        table = np.empty((7, 2 * (end - begin)))
    right = size[0]
    top = size[1]
    count = 0
    doubt = 0.0
    heights = 0.0
    for edge in range(begin, end):
        x0 = (all_x0[edge] - corner[0]) * scale[0]
        x1 = (all_x1[edge] - corner[0]) * scale[0]
        y0 = (all_y0[edge] - corner[1]) * scale[1]
        if y0 >= top or (x0 <= 0 and x1 <= 0) or (x0 > right and x1 > right):
            continue
        y1 = (all_y1[edge] - corner[1]) * scale[1]
        rises = y1 > 0.0
        is_below = y0 < 0.0 or not rises
        rise = y1 - y0
        slope = (x1 - x0) / (rise if rise > 0.0 else 1.0)
        low_x = _between(x0 - y0 * slope, x0, x1) if is_below and rises else x0
        high_x = _between(x0 - (y0 - top) * slope, x0, x1) if y1 > top else x1
        low_y = max(y0, 0.0)
        high_y = min(y1, top)
        is_slanted = rises and all_x0[edge] != all_x1[edge] and all_y0[edge] != all_y1[edge]
        reach = max(abs(x0), abs(x1)) + max(abs(y0), abs(y1)) if is_slanted else 2.0
        leftmost = max(min(low_x, high_x), 0.0)
        rightmost = min(max(low_x, high_x), right)
        height = max(high_y - low_y, 0.0)
        length = max(rightmost - leftmost, 0.0) + height
        doubt += np.ceil(reach * (length + EPSILON * reach) * 2.0**20)
        heights += np.ceil(height * 2.0**20)
        table[BEGIN_X, count] = x0
        table[LOW_X, count] = low_x
        table[LOW_Y, count] = low_y
        table[HIGH_X, count] = high_x
        table[HIGH_Y, count] = high_y
        table[WEIGHT, count] = weights[edge]
        # 1 begins below, 2 rises, 3 both
        table[SLOPE, count] = is_below + 2.0 * rises
        count += 1
    return table, count, doubt / 2.0**20, heights / 2.0**20


@_kernel
def _strips(count_a: int, count_b: int, heights_a: float, heights_b: float) -> int:
    meetings = count_a * heights_b + count_b * heights_a
    edges = max(count_a + count_b, 1)
    if not meetings > CROWDED * (edges + 64):
        return 1
    wanted = min(2 * meetings / (CROWDED * edges), float(edges))
    _, exponent = math.frexp(wanted)
    return 1 << (exponent - 1)


@_inline
def _strip(x: float, width: float, strips: int) -> int:
    guess = int(min(max(np.floor(x * (strips / width)), -1.0), float(strips)))
    if guess >= 0 and x < width * (guess / strips):
        guess -= 1
    if guess < strips and not x < width * ((guess + 1) / strips):
        guess += 1
    return guess


@_kernel
def _cut(edges: Any, count: int, size: Any, strips: int, lines: Any, strip: Any) -> Any:
    """Cut clipped edges at the borders of strips, as `windows.pieces` does."""
    width = size[0]
    top = size[1]
    change = np.zeros(strips + 1)
    n = 0
    for edge in range(count):
        low_x = edges[LOW_X, edge]
        low_y = edges[LOW_Y, edge]
        high_x = edges[HIGH_X, edge]
        high_y = edges[HIGH_Y, edge]
        weight = edges[WEIGHT, edge]
        rises = edges[SLOPE, edge] >= 2.0
        is_below = edges[SLOPE, edge] != 2.0
        if is_below:
            end_x = low_x if rises else high_x
            change[max(_strip(edges[BEGIN_X, edge], width, strips), 0)] += weight
            change[max(_strip(end_x, width, strips), 0)] -= weight
        if not rises:
            continue
        low_strip = _strip(low_x, width, strips)
        high_strip = _strip(high_x, width, strips)
        parts = abs(high_strip - low_strip) + 1
        if n + 2 * parts > len(strip):
            lines = _grown(lines, 2 * (n + 2 * parts))
            strip = np.concatenate((strip, np.empty(lines.shape[1] - len(strip), np.int64)))
        step = 1 if high_strip > low_strip else -1
        x = low_x
        y = low_y
        at = low_strip
        for part in range(parts):
            end_x = high_x
            end_y = high_y
            left_at = at + 1 if step > 0 else at
            if part < parts - 1:
                end_x = width * (left_at / strips)
                share = -(low_x - end_x) / (high_x - low_x)
                end_y = _between(low_y + share * (high_y - low_y), low_y, high_y)
            if 0 <= at < strips:
                corner = width * (at / strips)
                _add(lines, strip, n, at, x - corner, y, end_x - corner, end_y, weight)
                n += 1
            if part < parts - 1 and left_at > 0:
                breadth = width * (left_at / strips) - width * ((left_at - 1) / strips)
                _add(lines, strip, n, left_at - 1, breadth, end_y, breadth, top, weight * step)
                n += 1
            x = end_x
            y = end_y
            at += step
    if n + strips > len(strip):
        lines = _grown(lines, n + strips)
        strip = np.concatenate((strip, np.empty(lines.shape[1] - len(strip), np.int64)))
    weight = 0.0
    for at in range(strips):
        weight += change[at]
        if weight != 0.0:
            breadth = width * ((at + 1) / strips) - width * (at / strips)
            _add(lines, strip, n, at, breadth, 0.0, breadth, top, weight)
            n += 1
    return lines, strip, n


@_inline
def _add(
    lines: Any, strip: Any, n: int, at: int, low_x: float, low_y: float, high_x: float, high_y: float, weight: float
) -> None:
    rise = high_y - low_y
    is_steep = rise > 2.0**-500
    strip[n] = at
    lines[LOW_X, n] = low_x
    lines[LOW_Y, n] = low_y
    lines[HIGH_Y, n] = high_y
    lines[SLOPE, n] = (high_x - low_x) / rise if is_steep else 0.0
    lines[WEIGHT, n] = weight


@_inline
def _row(y: float, top: float, rows: int) -> int:
    return min(int(y / top * rows), rows - 1)


@_kernel
def _buckets(lines: Any, strip: Any, count: int, strips: int, top: float) -> Any:
    """Sort lines into buckets by strip and by where they begin; return the first of each, their order and the rows."""
    rows = max(count // strips, 1)
    first = np.zeros(strips * rows + 1, np.int64)
    for line in range(count):
        first[strip[line] * rows + _row(lines[LOW_Y, line], top, rows) + 1] += 1
    for bucket in range(strips * rows):
        first[bucket + 1] += first[bucket]
    place = first[:-1].copy()
    order = np.empty(count, np.int64)
    for line in range(count):
        bucket = strip[line] * rows + _row(lines[LOW_Y, line], top, rows)
        order[place[bucket]] = line
        place[bucket] += 1
    return first, order, rows


@_kernel
def _meet(
    own: Any,
    strip: Any,
    count: int,
    other: Any,
    first: Any,
    order: Any,
    rows: int,
    top: float,
    with_ties: bool,
    levels: Any,
    pair: int,
) -> None:
    """Add what lines share with those of the other side that begin beside them."""
    coarse = 0.0
    fine = 0.0
    for i in range(count):
        low = own[LOW_Y, i]
        high = own[HIGH_Y, i]
        if not low < high:
            continue
        begin = first[strip[i] * rows + _row(low, top, rows)]
        end = first[strip[i] * rows + _row(high, top, rows) + 1]
        for place in range(begin, end):
            j = order[place]
            start = other[LOW_Y, j]
            if start >= high or start < low or (start == low and not with_ties):
                continue
            stop = min(high, other[HIGH_Y, j])
            low_x = own[LOW_X, i] + (start - low) * own[SLOPE, i]
            high_x = own[LOW_X, i] + (stop - low) * own[SLOPE, i]
            other_low_x = other[LOW_X, j]
            other_high_x = other[LOW_X, j] + (stop - start) * other[SLOPE, j]
            gap_low = low_x - other_low_x
            gap_high = high_x - other_high_x
            product = gap_low * gap_high
            kink = -product / (abs(gap_low) + abs(gap_high)) if product < 0.0 else 0.0
            height = max(stop - start, 0.0)
            mean = min(low_x, other_low_x) + min(high_x, other_high_x) + kink
            term = mean * height * (own[WEIGHT, i] * other[WEIGHT, j] * 0.5)
            rounded = (term + COARSE) - COARSE
            coarse += rounded
            fine += ((term - rounded) + FINE) - FINE
    levels[0, pair] += coarse
    levels[1, pair] += fine
