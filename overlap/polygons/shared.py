"""The area that polygons share.

Method
------
At height y the polygon A is what lies left of its edges, each with its weight: 1_A(x) = Σ w [x < x_A(y)]. The same
for B, so that the area common to both is, by Green's theorem, a sum over the edges of A and of B that meet at a height:

    |A ∩ B| = Σ Σ w_A w_B ∫ min(x_A(y), x_B(y)) dy

Each term is a closed form, and continuous in the corners: edges that coincide, or almost, are as good as others. No
polygon is built and no point is found to lie inside or outside, so nothing can be found wrongly. The terms are added
exactly: the sum does not know their order, nor which polygon is A.

Rounding is bounded, by how far edges reach and how long they are. Where the bound is not small beside the smaller
polygon, all is done again with twice the digits. A shared area within the bound of 0 is 0, and within the bound of
the smaller polygon's is all of that.

References
----------
Franklin, W. R. (1990). Calculating map overlay polygons' areas without explicitly calculating the polygons. Proc. 4th
Int. Symp. Spatial Data Handling, 151.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from .outlines import EPSILON, TOLERANCE, Integers, Outlines, added, compiled_for, exact_totals
from .twofold import Floats, Reals, absolute, head, least, most, pick
from .windows import Pieces, Windows, clipped, pieces, spread, strips, windows

BLOCK = 1 << 14
"""So many edges, or meetings of edges, are worked on at a time: they stay in the cache."""


class Lines(NamedTuple):
    """Pieces (n,) of edges as lines: x = low_x + (y - low_y) * slope from low_y to high_y.

    The windows of b, as many as those of a, come after them.
    """

    window: Integers
    low_x: Reals
    low_y: Reals
    high_y: Reals
    slope: Reals
    weight: Floats


def shared_areas(o: Outlines, of_a: Integers, of_b: Integers) -> tuple[Floats, Floats]:
    """Return the areas that pairs (n,) of polygons share, and bounds of their errors; their envelopes must overlap.

    Examples
    --------
    >>> import shapely
    >>> from overlap.polygons.outlines import outlines
    >>> both = outlines(np.array([shapely.box(0, 0, 2, 2), shapely.box(1, 0, 5, 1)]))
    >>> area, error = shared_areas(both, np.array([0]), np.array([1]))
    >>> float(area[0])
    1.0
    """
    if not len(of_a):
        return np.zeros(0), np.zeros(0)
    edges = o.first[1:] - o.first[:-1]
    counts = edges[of_a] + edges[of_b]
    last = counts.cumsum()
    compiled = compiled_for(int(last[-1]))
    if last[-1] < BLOCK:
        return _areas_of_block(o, of_a, of_b, compiled)
    area = np.zeros(len(of_a))
    error = np.zeros(len(of_a))
    for pairs in np.split(np.arange(len(of_a)), np.flatnonzero(np.diff(last // BLOCK)) + 1):
        area[pairs], error[pairs] = _areas_of_block(o, of_a[pairs], of_b[pairs], compiled)
    return area, error


def _areas_of_block(o: Outlines, of_a: Integers, of_b: Integers, compiled: Any) -> tuple[Floats, Floats]:
    smaller = np.minimum(o.area[of_a], o.area[of_b])
    error_of_smaller = np.where(smaller == o.area[of_a], o.error[of_a], o.error[of_b])
    area, error = _measured(o, of_a, of_b, compiled, twofold=False)
    is_doubtful = ~(error <= TOLERANCE * smaller)
    if is_doubtful.any():
        precise = _measured(o, of_a[is_doubtful], of_b[is_doubtful], None, twofold=True)
        area[is_doubtful], error[is_doubtful] = precise
    area = np.where(area <= error, 0.0, area)
    return np.where(area >= smaller - error - error_of_smaller, smaller, area), error


def _measured(o: Outlines, of_a: Integers, of_b: Integers, compiled: Any, *, twofold: bool) -> tuple[Floats, Floats]:
    """Return the areas that pairs share, and a bound of their errors."""
    of = np.concatenate([of_a, of_b])
    seen = windows(o, of)
    if compiled is None:
        totals, doubt = _totals(o, of, seen, twofold=twofold)
    else:
        totals, doubt = compiled.totals(o, of, seen)
    unit = (seen.exponent[0] + seen.exponent[1])[: len(of_a)]
    rounding = 4 * (EPSILON**2 if twofold else EPSILON)
    with np.errstate(over="ignore", under="ignore"):
        return np.ldexp(added(totals), unit), np.ldexp(rounding * doubt, unit)


def _totals(o: Outlines, of: Integers, windows: Windows, *, twofold: bool) -> tuple[Floats, Floats]:
    """Return the areas that pairs share in the units of their windows, as levels (k, pairs), and their doubts."""
    pairs = len(of) // 2
    edges, doubt = clipped(o, of, windows, twofold=twofold)
    counts = strips(edges, len(of))
    lines = _lines(pieces(edges, windows.size, counts))
    of_strip = np.arange(pairs).repeat(counts[:pairs])
    totals = np.zeros((4 if twofold else 2, len(of_strip)))
    for i, j in _meetings(lines, len(of_strip)):
        window = lines.window[i] % len(of_strip)
        first = int(window.min())
        end = int(window.max()) + 1
        totals[:, first:end] += exact_totals(_common(lines, i, j), window - first, end - first)
    if len(of_strip) > pairs:
        totals = np.array([np.bincount(of_strip, level, pairs) for level in totals])
    return totals, doubt[:pairs] + doubt[pairs:]


def _lines(pieces: Pieces) -> Lines:
    x = pieces.x
    y = pieces.y
    rise = y[1] - y[0]
    is_steep = rise > 2.0**-500
    slope = pick(is_steep, x[1] - x[0], 0.0) / pick(is_steep, rise, 1.0)
    return Lines(pieces.window, x[0], y[0], y[1], slope, pieces.weight)


def _meetings(lines: Lines, windows: int) -> Iterator[tuple[Integers, Integers]]:
    """Yield, in parts, the lines of either side with those of the other in the same window, at the same height."""
    is_b = lines.window >= windows
    window = lines.window - windows * is_b
    begin = 2 * window + head(lines.low_y)
    end = 2 * window + head(lines.high_y)
    (a,) = (~is_b).nonzero()
    (b,) = is_b.nonzero()
    order_a = a[begin[a].argsort()]
    order_b = b[begin[b].argsort()]
    begin_a = begin[order_a]
    begin_b = begin[order_b]
    # those of b that begin beside one of a, and those of a that begin beside one of b
    first_b = begin_b.searchsorted(begin_a, "left")
    last_b = begin_b.searchsorted(end[order_a], "right")
    first_a = begin_a.searchsorted(begin_b, "right")
    last_a = begin_a.searchsorted(end[order_b], "right")
    order = np.concatenate([order_a, order_b])
    first = np.concatenate([first_b + len(a), first_a])
    last = np.concatenate([last_b + len(a), last_a])
    for i, j in _in_parts(first, last):
        yield order[i], order[j]


def _in_parts(first: Integers, end: Integers) -> Iterator[tuple[Integers, Integers]]:
    """Yield the numbers of ranges [first, end), after the index of the range that each is from, in parts."""
    counts = np.maximum(end - first, 0)
    last = counts.cumsum()
    total = int(last[-1]) if len(last) else 0
    if total <= BLOCK:
        if total:
            yield spread(first, counts)
        return
    offset = first - (last - counts)
    for begin in range(0, total, BLOCK):
        end_of_part = min(begin + BLOCK, total)
        first_range = np.searchsorted(last, begin, "right")
        last_range = np.searchsorted(last, end_of_part - 1, "right")
        repeats = counts[first_range : last_range + 1].copy()
        repeats[0] = last[first_range] - begin
        index = np.repeat(np.arange(first_range, last_range + 1), repeats)[: end_of_part - begin]
        yield index, np.arange(begin, end_of_part) + offset[index]


def _common(lines: Lines, i: Integers, j: Integers) -> Reals:
    """Return the integrals of the smaller x of lines i and j over the heights that they share, times the weights."""
    low_y_i = lines.low_y[i]
    low_y_j = lines.low_y[j]
    slope_i = lines.slope[i]
    slope_j = lines.slope[j]
    x_i = lines.low_x[i]
    x_j = lines.low_x[j]
    low = most(low_y_i, low_y_j)
    high = least(lines.high_y[i], lines.high_y[j])
    height = most(high - low, 0.0)
    low_i = x_i + (low - low_y_i) * slope_i
    low_j = x_j + (low - low_y_j) * slope_j
    high_i = x_i + (high - low_y_i) * slope_i
    high_j = x_j + (high - low_y_j) * slope_j
    gap_low = low_i - low_j
    gap_high = high_i - high_j
    product = gap_low * gap_high
    crosses = product < 0.0
    gaps = absolute(gap_low) + absolute(gap_high)
    # the smaller of two lines that cross bulges beyond the trapezium of its ends
    kink = pick(crosses, -product, 0.0) / pick(crosses, gaps, 1.0)
    twice_the_mean = least(low_i, low_j) + least(high_i, high_j) + kink
    return twice_the_mean * height * (lines.weight[i] * lines.weight[j] * 0.5)
