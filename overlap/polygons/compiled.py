"""Host kernel of the areas that polygons share, in numba: the arithmetic of `windows` and `shared`, pair by pair.

Every number is made as there, and sums are exact, so that the result is the same to the last bit. What is near in
height is found in buckets, each of which is sorted.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .._compiled import entry, inner
from .outlines import EPSILON, Outlines
from .windows import CROWDED, FEW, Windows

# no fast mathematics: sums are exact only as written
_inner: Any = inner(error_model="numpy")
_entry: Any = entry(error_model="numpy")

COARSE = 1.5 * 2.0**20
FINE = 1.5 * 2.0**-12
"""Adding these and taking them away again rounds to multiples of 2**-32 and of 2**-64."""
LOW_X = 0
LOW_Y = 1
HIGH_Y = 2
SLOPE = 3
WEIGHT = 4
COLUMNS = 5
"""The columns of a table of lines."""


def totals(o: Outlines, of: np.ndarray, windows: Windows) -> tuple[np.ndarray, np.ndarray]:
    """Return the areas that pairs share in the units of their windows, as levels (2, pairs), and their doubts."""
    pairs = len(of) // 2
    levels = np.zeros((2, pairs))
    doubt = np.zeros(pairs)
    edges = (*o.edges.reshape(4, -1), o.weight, o.first)
    _fill(edges, of[:pairs], of[pairs:], windows.corner, windows.scale, windows.size, levels, doubt)
    return levels, doubt


def connected(xy: np.ndarray, ring: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the edges (2, 2, n) between vertices of the same ring, and the ring of each, as `outlines` draws them."""
    edges, ring_of_edge = _connect(xy, ring)
    return edges, ring_of_edge


def upwards(edges: np.ndarray, ring: np.ndarray, backwards: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Turn edges upwards where they lie, and return them and their weights, as `outlines` does."""
    weight = np.empty(len(ring))
    _turn(edges, ring, backwards, weight)
    return edges, weight


def ring_areas(
    edges: np.ndarray, ring: np.ndarray, owner: np.ndarray, corner: np.ndarray, scale: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the signed areas of rings, as levels (2, rings), and the lengths of polygons, as `outlines` adds them."""
    levels = np.zeros((2, len(owner)))
    lengths = np.zeros(corner.shape[1])
    _add_up(*edges.reshape(4, -1), ring, owner, corner, scale, levels, lengths)
    return levels, lengths / 2.0**20


@_entry
def _connect(xy: Any, ring: Any) -> Any:
    count = 0
    for k in range(len(ring) - 1):
        if ring[k] == ring[k + 1] and (xy[k, 0] != xy[k + 1, 0] or xy[k, 1] != xy[k + 1, 1]):
            count += 1
    edges = np.empty((2, 2, count))
    ring_of_edge = np.empty(count, np.int64)
    edge = 0
    for k in range(len(ring) - 1):
        if ring[k] == ring[k + 1] and (xy[k, 0] != xy[k + 1, 0] or xy[k, 1] != xy[k + 1, 1]):
            edges[0, 0, edge] = xy[k, 0]
            edges[0, 1, edge] = xy[k, 1]
            edges[1, 0, edge] = xy[k + 1, 0]
            edges[1, 1, edge] = xy[k + 1, 1]
            ring_of_edge[edge] = ring[k]
            edge += 1
    return edges, ring_of_edge


@_entry
def _turn(edges: Any, ring: Any, backwards: Any, weight: Any) -> None:
    for edge in range(len(ring)):
        x0 = edges[0, 0, edge]
        y0 = edges[0, 1, edge]
        x1 = edges[1, 0, edge]
        y1 = edges[1, 1, edge]
        runs_down = y0 > y1 or (y0 == y1 and x0 > x1)
        if runs_down:
            edges[0, 0, edge] = x1
            edges[0, 1, edge] = y1
            edges[1, 0, edge] = x0
            edges[1, 1, edge] = y0
        weight[edge] = -1.0 if runs_down != backwards[ring[edge]] else 1.0


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
    edge = 0
    while edge < len(ring):
        # a ring's edges follow one another
        current = ring[edge]
        polygon = owner[current]
        left = corner[0, polygon]
        bottom = corner[1, polygon]
        scale_x = scale[0, polygon]
        scale_y = scale[1, polygon]
        coarse = 0.0
        fine = 0.0
        length = 0.0
        while edge < len(ring) and ring[edge] == current:
            x0 = (all_x0[edge] - left) * scale_x
            y0 = (all_y0[edge] - bottom) * scale_y
            x1 = (all_x1[edge] - left) * scale_x
            y1 = (all_y1[edge] - bottom) * scale_y
            rise = y1 - y0
            term = (x0 + x1) * rise * 0.5
            rounded = (term + COARSE) - COARSE
            coarse += rounded
            fine += ((term - rounded) + FINE) - FINE
            length += np.ceil((abs(x1 - x0) + abs(rise)) * 2.0**20)
            edge += 1
        levels[0, current] = coarse
        levels[1, current] = fine
        lengths[polygon] += length


@_entry
def _fill(edges: Any, of_a: Any, of_b: Any, corners: Any, scales: Any, sizes: Any, levels: Any, doubt: Any) -> None:
    lines_a = np.empty((64, COLUMNS))
    lines_b = np.empty((64, COLUMNS))
    strip_a = np.empty(64, np.int32)
    strip_b = np.empty(64, np.int32)
    for pair in range(len(of_a)):
        corner = corners[:, pair]
        scale = scales[:, pair]
        size = sizes[:, pair]
        top = size[1]
        count_a, doubt_a, heights_a = _reach(edges, of_a[pair], corner, scale, size)
        count_b, doubt_b, heights_b = _reach(edges, of_b[pair], corner, scale, size)
        doubt[pair] = doubt_a + doubt_b
        strips = _strips(count_a, count_b, heights_a, heights_b)
        lines_a, strip_a, count_a = _cut(edges, of_a[pair], corner, scale, size, strips, count_a, lines_a, strip_a)
        lines_b, strip_b, count_b = _cut(edges, of_b[pair], corner, scale, size, strips, count_b, lines_b, strip_b)
        if count_a == 0 or count_b == 0:
            continue
        order_a, first_a = _sorted(lines_a, strip_a, count_a, strips, top)
        order_b, first_b = _sorted(lines_b, strip_b, count_b, strips, top)
        _meet(lines_a, order_a, first_a, lines_b, order_b, first_b, True, levels, pair)
        _meet(lines_b, order_b, first_b, lines_a, order_a, first_a, False, levels, pair)


@_inner
def _between(x: float, first: float, second: float) -> float:
    return max(min(x, max(first, second)), min(first, second))


@_inner
def _is_near(edges: Any, edge: int, corner: Any, scale: Any, size: Any) -> bool:
    """Return whether a window may not do without an edge, as in `windows.clipped`."""
    x0 = (edges[0][edge] - corner[0]) * scale[0]
    y0 = (edges[1][edge] - corner[1]) * scale[1]
    x1 = (edges[2][edge] - corner[0]) * scale[0]
    return not (y0 >= size[1] or (x0 <= 0 and x1 <= 0) or (x0 > size[0] and x1 > size[0]))


@_inner
def _clip(edges: Any, edge: int, corner: Any, scale: Any, top: float) -> Any:
    """Clip an edge to the height of a window, as `windows.clipped` does: where it begins, and its two ends."""
    x0 = (edges[0][edge] - corner[0]) * scale[0]
    y0 = (edges[1][edge] - corner[1]) * scale[1]
    x1 = (edges[2][edge] - corner[0]) * scale[0]
    y1 = (edges[3][edge] - corner[1]) * scale[1]
    low_x = x0
    high_x = x1
    if (y0 < 0.0 and y1 > 0.0) or y1 > top:
        rise = y1 - y0
        slope = (x1 - x0) / (rise if rise > 0.0 else 1.0)
        if y0 < 0.0:
            low_x = _between(x0 - y0 * slope, x0, x1)
        if y1 > top:
            high_x = _between(x0 - (y0 - top) * slope, x0, x1)
    return x0, y0, x1, y1, low_x, max(y0, 0.0), high_x, max(min(y1, top), 0.0)


@_inner
def _reach(edges: Any, polygon: int, corner: Any, scale: Any, size: Any) -> Any:
    """Return how many edges of a polygon reach a window, their doubt and their heights, as `windows.clipped` does."""
    first = edges[5]
    right = size[0]
    count = 0
    doubt = 0.0
    heights = 0.0
    for edge in range(first[polygon], first[polygon + 1]):
        if not _is_near(edges, edge, corner, scale, size):
            continue
        x0, y0, x1, y1, low_x, low_y, high_x, high_y = _clip(edges, edge, corner, scale, size[1])
        is_slanted = y1 > 0.0 and edges[0][edge] != edges[2][edge] and edges[1][edge] != edges[3][edge]
        reach = max(abs(x0), abs(x1)) + max(abs(y0), abs(y1)) if is_slanted else 2.0
        leftmost = max(min(low_x, high_x), 0.0)
        rightmost = min(max(low_x, high_x), right)
        height = max(high_y - low_y, 0.0)
        length = max(rightmost - leftmost, 0.0) + height
        doubt += np.ceil(reach * (length + EPSILON * reach) * 2.0**20)
        heights += np.ceil(height * 2.0**20)
        count += 1
    return count, doubt / 2.0**20, heights / 2.0**20


@_inner
def _strips(count_a: int, count_b: int, heights_a: float, heights_b: float) -> int:
    meetings = count_a * heights_b + count_b * heights_a
    edges = max(count_a + count_b, 1)
    if not meetings > CROWDED * (edges + 64):
        return 1
    wanted = min(2 * meetings / (CROWDED * edges), float(edges))
    _, exponent = math.frexp(wanted)
    return 1 << (exponent - 1)


@_inner
def _strip(x: float, width: float, strips: int) -> int:
    if strips == 1:
        return (not x < width) - (x < 0.0)
    guess = int(min(max(np.floor(x * (strips / width)), -1.0), float(strips)))
    if guess >= 0 and x < width * (guess / strips):
        guess -= 1
    if guess < strips and not x < width * ((guess + 1) / strips):
        guess += 1
    return guess


@_inner
def _parts(edges: Any, polygon: int, corner: Any, scale: Any, size: Any, strips: int) -> int:
    """Return how many lines `_cut` may make of a polygon's edges."""
    first = edges[5]
    parts = 0
    for edge in range(first[polygon], first[polygon + 1]):
        if _is_near(edges, edge, corner, scale, size):
            _, _, _, _, low_x, _, high_x, _ = _clip(edges, edge, corner, scale, size[1])
            crossed = abs(_strip(high_x, size[0], strips) - _strip(low_x, size[0], strips))
            parts += 1 + 2 * crossed
    return parts


@_inner
def _cut(
    edges: Any, polygon: int, corner: Any, scale: Any, size: Any, strips: int, count: int, lines: Any, strip: Any
) -> Any:
    """Cut a polygon's edges at the borders of strips, as `windows.pieces` does."""
    first = edges[5]
    width = size[0]
    top = size[1]
    change = np.zeros(strips + 1)
    # in one strip an edge leaves a part and a vertical at its right border, and all together one from the bottom
    room = 2 * count + 1 if strips == 1 else _parts(edges, polygon, corner, scale, size, strips) + strips
    if len(strip) < room:
        lines = np.empty((room, COLUMNS))
        strip = np.empty(room, np.int32)
    n = 0
    for edge in range(first[polygon], first[polygon + 1]):
        if not _is_near(edges, edge, corner, scale, size):
            continue
        begin_x, begin_y, _, end_y, low_x, low_y, high_x, high_y = _clip(edges, edge, corner, scale, top)
        weight = edges[4][edge]
        rises = end_y > 0.0
        if begin_y < 0.0 or not rises:
            end_x = low_x if rises else high_x
            change[max(_strip(begin_x, width, strips), 0)] += weight
            change[max(_strip(end_x, width, strips), 0)] -= weight
        if not rises:
            continue
        low_strip = _strip(low_x, width, strips)
        high_strip = _strip(high_x, width, strips)
        parts = abs(high_strip - low_strip) + 1
        if parts == 1:
            if 0 <= low_strip < strips:
                left = width * (low_strip / strips)
                _add(lines, strip, n, low_strip, low_x - left, low_y, high_x - left, high_y, weight)
                n += 1
            continue
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
                left = width * (at / strips)
                _add(lines, strip, n, at, x - left, y, end_x - left, end_y, weight)
                n += 1
            if part < parts - 1 and left_at > 0:
                breadth = width * (left_at / strips) - width * ((left_at - 1) / strips)
                _add(lines, strip, n, left_at - 1, breadth, end_y, breadth, top, weight * step)
                n += 1
            x = end_x
            y = end_y
            at += step
    weight = 0.0
    for at in range(strips):
        weight += change[at]
        if weight != 0.0:
            breadth = width * ((at + 1) / strips) - width * (at / strips)
            _add(lines, strip, n, at, breadth, 0.0, breadth, top, weight)
            n += 1
    return lines, strip, n


@_inner
def _add(
    lines: Any, strip: Any, n: int, at: int, low_x: float, low_y: float, high_x: float, high_y: float, weight: float
) -> None:
    rise = high_y - low_y
    is_steep = rise > 2.0**-500
    strip[n] = at
    lines[n, LOW_X] = low_x
    lines[n, LOW_Y] = low_y
    lines[n, HIGH_Y] = high_y
    lines[n, SLOPE] = (high_x - low_x) / rise if is_steep else 0.0
    lines[n, WEIGHT] = weight


@_inner
def _sorted(lines: Any, strip: Any, count: int, strips: int, top: float) -> Any:
    """Return the order of lines by strip and by where they begin, and the first of each strip in it."""
    rows = max(count // strips, 1)
    rows_per_height = rows / top
    # the place of the next line of each bucket moves on to where the bucket after it begins
    first = np.zeros(strips * rows + 2, np.int32)
    bucket = np.empty(count, np.int32)
    for line in range(count):
        at = strip[line] * rows + min(int(lines[line, LOW_Y] * rows_per_height), rows - 1)
        bucket[line] = at
        first[at + 2] += 1
    for at in range(2, len(first)):
        first[at] += first[at - 1]
    order = np.empty(count, np.int32)
    for line in range(count):
        at = bucket[line] + 1
        order[first[at]] = line
        first[at] += 1
    for at in range(strips * rows):
        if first[at + 1] - first[at] > FEW:
            crowd = order[first[at] : first[at + 1]]
            begins = np.empty(len(crowd))
            for place in range(len(crowd)):
                begins[place] = lines[crowd[place], LOW_Y]
            by_begin = np.argsort(begins)
            unsorted = crowd.copy()
            for place in range(len(crowd)):
                crowd[place] = unsorted[by_begin[place]]
    first_of_strip = first[: strips * rows + 1 : rows].copy()
    for at in range(strips):
        _sort(order, first_of_strip[at], first_of_strip[at + 1], lines)
    return order, first_of_strip


@_inner
def _sort(order: Any, first: int, end: int, lines: Any) -> None:
    """Sort a part of an order that is nearly sorted by where lines begin."""
    for place in range(first + 1, end):
        line = order[place]
        begin = lines[line, LOW_Y]
        at = place
        while at > first and lines[order[at - 1], LOW_Y] > begin:
            order[at] = order[at - 1]
            at -= 1
        order[at] = line


@_inner
def _is_before(begin: float, low: float, with_ties: bool) -> bool:
    return begin < low or (begin == low and not with_ties)


@_inner
def _meet(
    own: Any,
    own_order: Any,
    own_first: Any,
    other: Any,
    order: Any,
    first: Any,
    with_ties: bool,
    levels: Any,
    pair: int,
) -> None:
    """Add what lines share with those of the other side that begin beside them."""
    coarse = 0.0
    fine = 0.0
    for strip in range(len(first) - 1):
        begin = first[strip]
        end = first[strip + 1]
        for i in own_order[own_first[strip] : own_first[strip + 1]]:
            low = own[i, LOW_Y]
            high = own[i, HIGH_Y]
            if not low < high:
                continue
            while begin < end and _is_before(other[order[begin], LOW_Y], low, with_ties):
                begin += 1
            for j in order[begin:end]:
                start = other[j, LOW_Y]
                if start >= high:
                    break
                stop = min(high, other[j, HIGH_Y])
                low_x = own[i, LOW_X] + (start - low) * own[i, SLOPE]
                high_x = own[i, LOW_X] + (stop - low) * own[i, SLOPE]
                other_low_x = other[j, LOW_X]
                other_high_x = other[j, LOW_X] + (stop - start) * other[j, SLOPE]
                gap_low = low_x - other_low_x
                gap_high = high_x - other_high_x
                product = gap_low * gap_high
                kink = -product / (abs(gap_low) + abs(gap_high)) if product < 0.0 else 0.0
                height = max(stop - start, 0.0)
                mean = min(low_x, other_low_x) + min(high_x, other_high_x) + kink
                term = mean * height * (own[i, WEIGHT] * other[j, WEIGHT] * 0.5)
                rounded = (term + COARSE) - COARSE
                coarse += rounded
                fine += ((term - rounded) + FINE) - FINE
    levels[0, pair] += coarse
    levels[1, pair] += fine
