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

from .._compiled import kernels
from .outlines import EPSILON, SMALL, TOLERANCE, Integers, Outlines, added, exact_totals
from .twofold import Floats, Reals, absolute, head, least, most, pick
from .windows import Pieces, Windows, clipped, pieces, strips, windows

BLOCK = 1 << 14
"""So many edges, or meetings of edges, are worked on at a time: they stay in the cache."""


class Lines(NamedTuple):
    """Pieces (n,) of edges as lines: x = low_x + (y - low_y) * slope from low_y to high_y."""

    window: Integers
    low_x: Reals
    low_y: Reals
    high_y: Reals
    slope: Reals
    weight: Floats


def shared_areas(a: Outlines, b: Outlines, of_a: Integers, of_b: Integers) -> tuple[Floats, Floats]:
    """Return the areas that pairs (n,) of polygons share, and bounds of their errors; their envelopes must overlap.

    Examples
    --------
    >>> import shapely
    >>> from overlap.polygons.outlines import outlines
    >>> a, b = outlines(np.array([shapely.box(0, 0, 2, 2)])), outlines(np.array([shapely.box(1, 0, 5, 1)]))
    >>> area, error = shared_areas(a, b, np.array([0]), np.array([0]))
    >>> float(area[0])
    1.0
    """
    counts = np.diff(a.first)[of_a] + np.diff(b.first)[of_b]
    compiled = kernels("polygons.compiled") if counts.sum() >= SMALL else None
    block = np.cumsum(counts) // BLOCK
    area = np.zeros(len(of_a))
    error = np.zeros(len(of_a))
    for pairs in np.split(np.arange(len(of_a)), np.flatnonzero(np.diff(block)) + 1):
        if len(pairs):
            area[pairs], error[pairs] = _areas_of_block(a, b, of_a[pairs], of_b[pairs], compiled)
    return area, error


def _areas_of_block(a: Outlines, b: Outlines, of_a: Integers, of_b: Integers, compiled: Any) -> tuple[Floats, Floats]:
    is_smaller = a.area[of_a] <= b.area[of_b]
    smaller = np.where(is_smaller, a.area[of_a], b.area[of_b])
    error_of_smaller = np.where(is_smaller, a.error[of_a], b.error[of_b])
    area, error = _measured(a, b, of_a, of_b, compiled, twofold=False)
    doubtful = np.flatnonzero(~(error <= TOLERANCE * smaller))
    if len(doubtful):
        area[doubtful], error[doubtful] = _measured(a, b, of_a[doubtful], of_b[doubtful], None, twofold=True)
    area = np.where(area <= error, 0.0, area)
    return np.where(area >= smaller - error - error_of_smaller, smaller, area), error


def _measured(
    a: Outlines, b: Outlines, of_a: Integers, of_b: Integers, compiled: Any, *, twofold: bool
) -> tuple[Floats, Floats]:
    """Return the areas that pairs share, and a bound of their errors."""
    seen = windows(a, b, of_a, of_b)
    if compiled is None:
        totals, doubt = _totals(a, b, of_a, of_b, seen, twofold=twofold)
    else:
        totals, doubt = compiled.totals(a, b, of_a, of_b, seen)
    unit = seen.exponent.sum(axis=1)
    rounding = 4 * (EPSILON**2 if twofold else EPSILON)
    with np.errstate(over="ignore", under="ignore"):
        return np.ldexp(added(totals), unit), np.ldexp(rounding * doubt, unit)


def _totals(
    a: Outlines, b: Outlines, of_a: Integers, of_b: Integers, windows: Windows, *, twofold: bool
) -> tuple[Floats, Floats]:
    """Return the areas that pairs share in the units of their windows, as levels (k, pairs), and their doubts."""
    pairs = len(of_a)
    clipped_a, doubt_a = clipped(a, of_a, windows, twofold=twofold)
    clipped_b, doubt_b = clipped(b, of_b, windows, twofold=twofold)
    counts = strips(clipped_a, clipped_b, pairs)
    lines_a = _lines(pieces(clipped_a, windows.size, counts))
    lines_b = _lines(pieces(clipped_b, windows.size, counts))
    of_strip = np.repeat(np.arange(pairs), counts)
    totals = np.zeros((4 if twofold else 2, len(of_strip)))
    for i, j in _meetings(lines_a, lines_b):
        window = lines_a.window[i]
        first = int(window.min())
        end = int(window.max()) + 1
        totals[:, first:end] += exact_totals(_common(lines_a, lines_b, i, j), window - first, end - first)
    of_pairs = [np.bincount(of_strip, level, pairs) for level in totals]
    return np.stack(of_pairs), doubt_a + doubt_b


def _lines(pieces: Pieces) -> Lines:
    rise = pieces.high_y - pieces.low_y
    is_steep = rise > 2.0**-500
    slope = pick(is_steep, pieces.high_x - pieces.low_x, 0.0) / pick(is_steep, rise, 1.0)
    return Lines(pieces.window, pieces.low_x, pieces.low_y, pieces.high_y, slope, pieces.weight)


def _meetings(a: Lines, b: Lines) -> Iterator[tuple[Integers, Integers]]:
    """Yield, in parts, the lines of a and b in the same window that are at the same height."""
    low_a = 2 * a.window + head(a.low_y)
    low_b = 2 * b.window + head(b.low_y)
    high_a = 2 * a.window + head(a.high_y)
    high_b = 2 * b.window + head(b.high_y)
    order_a = np.argsort(low_a)
    order_b = np.argsort(low_b)
    sorted_a = low_a[order_a]
    sorted_b = low_b[order_b]
    # those of b that begin beside one of a, and those of a that begin beside one of b
    first = np.searchsorted(sorted_b, sorted_a, "left")
    end = np.searchsorted(sorted_b, high_a[order_a], "right")
    for i, j in _in_parts(first, end):
        yield order_a[i], order_b[j]
    first = np.searchsorted(sorted_a, sorted_b, "right")
    end = np.searchsorted(sorted_a, high_b[order_b], "right")
    for j, i in _in_parts(first, end):
        yield order_a[i], order_b[j]


def _in_parts(first: Integers, end: Integers) -> Iterator[tuple[Integers, Integers]]:
    """Yield the numbers of ranges [first, end), after the index of the range that each is from, in parts."""
    counts = np.maximum(end - first, 0)
    offset = first - (np.cumsum(counts) - counts)
    total = int(counts.sum())
    last = np.cumsum(counts)
    for begin in range(0, total, BLOCK):
        end_of_part = min(begin + BLOCK, total)
        first_range = np.searchsorted(last, begin, "right")
        last_range = np.searchsorted(last, end_of_part - 1, "right")
        repeats = counts[first_range : last_range + 1].copy()
        repeats[0] = last[first_range] - begin
        index = np.repeat(np.arange(first_range, last_range + 1), repeats)[: end_of_part - begin]
        yield index, np.arange(begin, end_of_part) + offset[index]


def _common(a: Lines, b: Lines, i: Integers, j: Integers) -> Reals:
    """Return the integrals of the smaller x of lines i and j over the heights that they share, times the weights."""
    low = most(a.low_y[i], b.low_y[j])
    high = least(a.high_y[i], b.high_y[j])
    height = most(high - low, 0.0)
    slope_a = a.slope[i]
    slope_b = b.slope[j]
    low_a = a.low_x[i] + (low - a.low_y[i]) * slope_a
    low_b = b.low_x[j] + (low - b.low_y[j]) * slope_b
    high_a = a.low_x[i] + (high - a.low_y[i]) * slope_a
    high_b = b.low_x[j] + (high - b.low_y[j]) * slope_b
    gap_low = low_a - low_b
    gap_high = high_a - high_b
    product = gap_low * gap_high
    crosses = product < 0.0
    gaps = absolute(gap_low) + absolute(gap_high)
    # the smaller of two lines that cross bulges beyond the trapezium of its ends
    kink = pick(crosses, -product, 0.0) / pick(crosses, gaps, 1.0)
    twice_the_mean = least(low_a, low_b) + least(high_a, high_b) + kink
    return twice_the_mean * height * (a.weight[i] * b.weight[j] * 0.5)
