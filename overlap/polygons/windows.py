"""Edges within windows: what is left of an outline when everything outside a box is moved to its border.

Conventions
-----------
- A window is the box that the envelopes of a pair share, or one of several upright strips of it. Its lower left corner
  is 0, its unit a power of two.
- Outlines are moved into the window point by point, to the nearest point of it. What moves to the left border or to
  the bottom has no part in ∫ x dy and is left out. What moves to the right border is a vertical there from where the
  outline crosses the line of the border, upwards to the top (the crossing back takes away the rest).
- Edges here run upwards, with the weight −1 if the outline runs down.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .outlines import EPSILON, Exponents, Integers, Outlines, exponents, local, rounded_totals
from .twofold import Bools, Floats, Reals, between, head, joined, least, most, pick

CROWDED = 4
"""Windows in which each edge meets more than so many others at its height are cut into strips."""


class Windows(NamedTuple):
    """Windows of pairs (pairs, 2): lower corners, the exponent of the unit, one over the unit, and the size in it."""

    corner: Floats
    exponent: Exponents
    scale: Floats
    size: Floats


class Clipped(NamedTuple):
    """Edges (n,) clipped to the height of their window.

    `begin_x` is where an edge begins, `low_x`, `low_y`, `high_x` and `high_y` the ends of what is within the height;
    `is_below` says which edges begin below the window, `rises` which have anything above its bottom.
    """

    pair: Integers
    begin_x: Reals
    low_x: Reals
    low_y: Reals
    high_x: Reals
    high_y: Reals
    weight: Floats
    is_below: Bools
    rises: Bools


class Pieces(NamedTuple):
    """Pieces of edges (n,), each within one window: its lower and upper end from the window's lower left corner."""

    window: Integers
    low_x: Reals
    low_y: Reals
    high_x: Reals
    high_y: Reals
    weight: Floats


def spread(first: Integers, counts: Integers) -> tuple[Integers, Integers]:
    """Return the numbers of every range [first, first + count), after the index of the range that each is from.

    Examples
    --------
    >>> index, number = spread(np.array([5, 9]), np.array([2, 1]))
    >>> index.tolist(), number.tolist()
    ([0, 0, 1], [5, 6, 9])
    """
    index = np.repeat(np.arange(len(counts)), counts)
    offset = first - (np.cumsum(counts) - counts)
    return index, np.arange(len(index)) + offset[index]


def windows(a: Outlines, b: Outlines, of_a: Integers, of_b: Integers) -> Windows:
    """Return the windows of pairs of polygons."""
    bounds_a = a.bounds[of_a]
    bounds_b = b.bounds[of_b]
    corner = np.maximum(bounds_a[:, :2], bounds_b[:, :2])
    opposite = np.minimum(bounds_a[:, 2:], bounds_b[:, 2:])
    exponent = exponents(opposite - corner)
    scale = np.ldexp(1.0, -exponent)
    # a little wider than the envelopes, so that rounding takes nothing off; a short number, so that it adds exactly
    size = (np.floor((opposite - corner) * scale * 2.0**20) + 1) / 2.0**20
    return Windows(corner, exponent, scale, size)


def clipped(o: Outlines, of: Integers, windows: Windows, *, twofold: bool) -> tuple[Clipped, Floats]:
    """Clip the edges of polygons `of` (pairs,) to the height of their windows; return them, and each pair's doubt.

    The doubt, times the relative error of one operation, bounds the error of the area that a pair shares.
    """
    pair, edge = _reaching(o, of, windows)
    weight = o.weight[edge]
    edges = o.edges.at(edge)
    corner_x = windows.corner[:, 0][pair]
    corner_y = windows.corner[:, 1][pair]
    scale_x = windows.scale[:, 0][pair]
    scale_y = windows.scale[:, 1][pair]
    right = windows.size[:, 0][pair]
    top = windows.size[:, 1][pair]
    x0 = local(edges.x0, corner_x, scale_x, twofold)
    y0 = local(edges.y0, corner_y, scale_y, twofold)
    x1 = local(edges.x1, corner_x, scale_x, twofold)
    y1 = local(edges.y1, corner_y, scale_y, twofold)

    rises = y1 > 0.0
    is_below = (y0 < 0.0) | ~rises
    rise = y1 - y0
    slope = (x1 - x0) / pick(rise > 0.0, rise, 1.0)
    at_bottom = between(x0 - y0 * slope, x0, x1)
    at_top = between(x0 - (y0 - top) * slope, x0, x1)
    low_x = pick(is_below & rises, at_bottom, x0)
    high_x = pick(y1 > top, at_top, x1)
    low_y = most(y0, 0.0)
    high_y = least(y1, top)

    # how far an edge reaches, times how long it is in the window: rounding moves it by as much. What is upright, level
    # or below is not rounded by its reach
    far_x = np.maximum(np.abs(head(x0)), np.abs(head(x1)))
    far_y = np.maximum(np.abs(head(y0)), np.abs(head(y1)))
    is_slanted = rises & (edges.x0 != edges.x1) & (edges.y0 != edges.y1)
    reach = np.where(is_slanted, far_x + far_y, 2.0)
    leftmost = np.maximum(np.minimum(head(low_x), head(high_x)), 0)
    rightmost = np.minimum(np.maximum(head(low_x), head(high_x)), right)
    length = np.maximum(rightmost - leftmost, 0) + np.maximum(head(high_y) - head(low_y), 0)
    doubt = reach * (length + EPSILON * reach)
    in_all = rounded_totals(doubt, pair, len(of))
    return Clipped(pair, x0, low_x, low_y, high_x, high_y, weight, is_below, rises), in_all


def strips(a: Clipped, b: Clipped, pairs: int) -> Integers:
    """Return into how many strips, a power of two, to cut the window of each pair."""
    count_a = np.bincount(a.pair, minlength=pairs)
    count_b = np.bincount(b.pair, minlength=pairs)
    heights_a = rounded_totals(np.maximum(head(a.high_y) - head(a.low_y), 0), a.pair, pairs)
    heights_b = rounded_totals(np.maximum(head(b.high_y) - head(b.low_y), 0), b.pair, pairs)
    meetings = count_a * heights_b + count_b * heights_a
    edges = np.maximum(count_a + count_b, 1)
    is_crowded = meetings > CROWDED * (edges + 64)
    wanted = np.where(is_crowded, np.minimum(2 * meetings / (CROWDED * edges), edges), 1)
    _, exponent = np.frexp(wanted)
    counts: Integers = np.left_shift(1, exponent - 1).astype(np.intp)
    return counts


def pieces(edges: Clipped, size: Floats, strips: Integers) -> Pieces:
    """Cut clipped edges at the borders of the strips of their windows (pairs,)."""
    grid = _Strips(size, strips)
    ascending = np.flatnonzero(edges.rises)
    low_strip = grid.strip(edges.low_x[ascending], edges.pair[ascending])
    high_strip = grid.strip(edges.high_x[ascending], edges.pair[ascending])
    stays = low_strip == high_strip
    inside = stays & (low_strip >= 0) & (low_strip < strips[edges.pair[ascending]])
    whole = _within_a_strip(edges, ascending[inside], low_strip[inside], grid)
    crossing = ascending[~stays]
    cut, verticals = _across_strips(edges, crossing, low_strip[~stays], high_strip[~stays], grid)
    return _together([whole, cut, verticals, _from_the_bottom(edges, grid)])


def _together(groups: list[Pieces]) -> Pieces:
    return Pieces(
        np.concatenate([group.window for group in groups]),
        joined([group.low_x for group in groups]),
        joined([group.low_y for group in groups]),
        joined([group.high_x for group in groups]),
        joined([group.high_y for group in groups]),
        np.concatenate([group.weight for group in groups]),
    )


class _Strips:
    """The strips of windows (pairs,) and their borders; all strips are numbered through."""

    def __init__(self, size: Floats, strips: Integers) -> None:
        self.width = size[:, 0]
        self.height = size[:, 1]
        self.strips = strips
        self.first = np.cumsum(strips) - strips

    def border(self, number: Integers, pair: Integers) -> Floats:
        return self.width[pair] * (number / self.strips[pair])

    def breadth(self, number: Integers, pair: Integers) -> Floats:
        return self.border(number + 1, pair) - self.border(number, pair)

    def strip(self, x: Reals, pair: Integers) -> Integers:
        """Return the strip of positions, −1 to the left of all, their number to the right of all."""
        count = self.strips[pair]
        if self.strips.max(initial=1) == 1:
            is_right = ~(x < self.width[pair])
            is_left = x < 0.0
            only: Integers = is_right.astype(np.intp) - is_left.astype(np.intp)
            return only
        guess = np.clip(np.floor(head(x) * (count / self.width[pair])), -1, count).astype(np.intp)
        guess -= (guess >= 0) & (x < self.border(guess, pair))
        guess += (guess < count) & ~(x < self.border(guess + 1, pair))
        strip: Integers = guess
        return strip


def _reaching(o: Outlines, of: Integers, windows: Windows) -> tuple[Integers, Integers]:
    """Return the pairs and the edges that a window may not do without.

    They begin below its top, and are not wholly beyond its left or its right border.
    """
    first = o.first[of]
    pair, edge = spread(first, o.first[of + 1] - first)
    left = windows.corner[:, 0][pair]
    scale = windows.scale[:, 0][pair]
    right = windows.size[:, 0][pair]
    top = windows.size[:, 1][pair]
    y0 = (o.edges.y0[edge] - windows.corner[:, 1][pair]) * windows.scale[:, 1][pair]
    x0 = (o.edges.x0[edge] - left) * scale
    x1 = (o.edges.x1[edge] - left) * scale
    is_left = (x0 <= 0) & (x1 <= 0)
    is_right = (x0 > right) & (x1 > right)
    near = np.flatnonzero((y0 < top) & ~is_left & ~is_right)
    return pair[near], edge[near]


def _within_a_strip(edges: Clipped, index: Integers, strip: Integers, grid: _Strips) -> Pieces:
    pair = edges.pair[index]
    left = grid.border(strip, pair)
    window = grid.first[pair] + strip
    low_x = edges.low_x[index] - left
    high_x = edges.high_x[index] - left
    return Pieces(window, low_x, edges.low_y[index], high_x, edges.high_y[index], edges.weight[index])


def _across_strips(
    edges: Clipped, index: Integers, low_strip: Integers, high_strip: Integers, grid: _Strips
) -> tuple[Pieces, Pieces]:
    """Cut edges at every border that they cross; return the pieces, and the verticals right of the strips."""
    step_of_edge = np.sign(high_strip - low_strip)
    counts = np.abs(high_strip - low_strip) + 1
    which, number = spread(np.zeros_like(counts), counts)
    step = step_of_edge[which]
    strip = low_strip[which] + step * number
    edge = index[which]
    pair = edges.pair[edge]
    weight = edges.weight[edge]
    entered = grid.border(np.where(step > 0, strip, strip + 1), pair)
    left_at = np.where(step > 0, strip + 1, strip)
    left = grid.border(left_at, pair)
    is_first = number == 0
    is_last = number == counts[which] - 1
    low_y = pick(is_first, edges.low_y[edge], _height_at(edges, edge, entered))
    high_y = pick(is_last, edges.high_y[edge], _height_at(edges, edge, left))
    low_x = pick(is_first, edges.low_x[edge], entered)
    high_x = pick(is_last, edges.high_x[edge], left)

    is_inside = np.flatnonzero((strip >= 0) & (strip < grid.strips[pair]))
    corner = grid.border(strip, pair)
    cut = Pieces(
        (grid.first[pair] + strip)[is_inside],
        (low_x - corner)[is_inside],
        low_y[is_inside],
        (high_x - corner)[is_inside],
        high_y[is_inside],
        weight[is_inside],
    )
    leaves = np.flatnonzero(~is_last & (left_at > 0))
    crossed = left_at[leaves] - 1
    pair_of_crossing = pair[leaves]
    breadth = grid.breadth(crossed, pair_of_crossing)
    verticals = Pieces(
        grid.first[pair_of_crossing] + crossed,
        breadth,
        high_y[leaves],
        breadth,
        grid.height[pair_of_crossing],
        (weight * step)[leaves],
    )
    return cut, verticals


def _height_at(edges: Clipped, edge: Integers, x: Floats) -> Reals:
    """Return the height at which edges cross x."""
    low_x = edges.low_x[edge]
    low_y = edges.low_y[edge]
    high_y = edges.high_y[edge]
    run = edges.high_x[edge] - low_x
    share = -(low_x - x) / run
    return between(low_y + share * (high_y - low_y), low_y, high_y)


def _from_the_bottom(edges: Clipped, grid: _Strips) -> Pieces:
    """Return the verticals right of the strips of what crosses their right borders below the window."""
    below = np.flatnonzero(edges.is_below)
    pair = edges.pair[below]
    weight = edges.weight[below]
    end_x = pick(edges.rises[below], edges.low_x[below], edges.high_x[below])
    begins = np.maximum(grid.strip(edges.begin_x[below], pair), 0)
    ends = np.maximum(grid.strip(end_x, pair), 0)
    # one place more for each pair, right of its strips
    pairs = len(grid.strips)
    place = grid.first[pair] + pair
    places = int(grid.strips.sum()) + pairs
    change = np.bincount(place + begins, weight, places) - np.bincount(place + ends, weight, places)
    is_strip = np.ones(places, dtype=np.bool_)
    is_strip[grid.first + np.arange(pairs) + grid.strips] = False
    weights = np.cumsum(change)[is_strip]

    window = np.flatnonzero(weights)
    pair = np.repeat(np.arange(pairs), grid.strips)[window]
    breadth = grid.breadth(window - grid.first[pair], pair)
    return Pieces(window, breadth, np.zeros(len(window)), breadth, grid.height[pair], weights[window])
