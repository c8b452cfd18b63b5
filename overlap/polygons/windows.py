"""Edges within windows: what is left of an outline when everything outside a box is moved to its border.

Conventions
-----------
- A window is the box that the envelopes of a pair share, or one of several upright strips of it. Its lower left corner
  is 0, its unit a power of two.
- Outlines are moved into the window point by point, to the nearest point of it. What moves to the left border or to
  the bottom has no part in ∫ x dy and is left out. What moves to the right border is a vertical there from where the
  outline crosses the line of the border, upwards to the top (the crossing back takes away the rest).
- Edges here run upwards, with the weight −1 if the outline runs down.
- A pair has two sides: all its polygons a come first, (pairs,), then all its polygons b. What is said by side is said
  of (2 · pairs,), so that both sides are worked on at once; the windows of the two sides are equal.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .outlines import EPSILON, Exponents, Integers, Outlines, exponents, local, rounded_totals
from .twofold import Bools, Floats, Reals, between, head, joined, least, most, pick

CROWDED = 4
"""Windows in which each edge meets more than so many others at its height are cut into strips."""
FEW = 24
"""So few edges meet each other less often than that."""


_FROM_0_TO_1 = np.array([[0.0], [1.0]])
_IS_LOW = np.array([[True], [False]])
"""Of the two ends of edges, the lower first."""


class Windows(NamedTuple):
    """Windows (2, sides), x before y: lower corners, the exponent of the unit, one over the unit, the size in it."""

    corner: Floats
    exponent: Exponents
    scale: Floats
    size: Floats


class Clipped(NamedTuple):
    """Edges (n,) clipped to the height of their window.

    `begin_x` is where an edge begins, `x` and `y` (2, n) are the lower and the upper end of what is within the height;
    `is_below` says which edges begin below the window, `rises` which have anything above its bottom.
    """

    side: Integers
    begin_x: Reals
    x: Reals
    y: Reals
    weight: Floats
    is_below: Bools
    rises: Bools


class Pieces(NamedTuple):
    """Pieces of edges (n,), each within one window: `x` and `y` (2, n) of its ends from the window's lower corner."""

    window: Integers
    x: Reals
    y: Reals
    weight: Floats

    def take(self, index: Integers) -> Pieces:
        """Return some of the pieces."""
        x = self.x.take(index, axis=1)
        y = self.y.take(index, axis=1)
        return Pieces(self.window[index], x, y, self.weight[index])


class _Reaching(NamedTuple):
    """Edges (2, 2, n) that reach a window: their sides, as they are, from its corner on, its size and the weights."""

    side: Integers
    edges: Floats
    within: Reals
    size: Floats
    weight: Floats


def spread(first: Integers, counts: Integers) -> tuple[Integers, Integers]:
    """Return the numbers of every range [first, first + count), after the index of the range that each is from.

    Examples
    --------
    >>> index, number = spread(np.array([5, 9]), np.array([2, 1]))
    >>> index.tolist(), number.tolist()
    ([0, 0, 1], [5, 6, 9])
    """
    index: Integers = np.arange(len(counts)).repeat(counts)
    before: Integers = counts.cumsum() - counts
    offset = first - before
    number: Integers = np.arange(len(index))
    number += offset[index]
    return index, number


def windows(o: Outlines, of: Integers) -> Windows:
    """Return the windows of pairs whose sides are the polygons `of`."""
    own = o.bounds.take(of, axis=1)
    other = o.bounds.take(of.reshape(2, -1)[::-1], axis=1).reshape(own.shape)
    corner = np.maximum(own[:2], other[:2])
    opposite = np.minimum(own[2:], other[2:])
    exponent = exponents(opposite - corner)
    scale = np.ldexp(1.0, -exponent)
    # a little wider than the envelopes, so that rounding takes nothing off; a short number, so that it adds exactly
    size = (np.floor((opposite - corner) * scale * 2.0**20) + 1) / 2.0**20
    return Windows(corner, exponent, scale, size)


def clipped(o: Outlines, of: Integers, windows: Windows, *, twofold: bool) -> tuple[Clipped, Floats]:
    """Clip the edges of polygons `of` (sides,) to the height of their windows; return them, and each side's doubt.

    The doubt, times the relative error of one operation, bounds the error of the area that a pair shares.
    """
    side, edges, within, size, weight = _reaching(o, of, windows, twofold)
    right = size[0]
    top = size[1]
    x0 = within[0, 0]
    x1 = within[1, 0]
    y0 = within[0, 1]
    y1 = within[1, 1]

    rises = y1 > 0.0
    is_below = (y0 < 0.0) | ~rises
    is_cut = np.array([is_below & rises, y1 > top])
    rise = y1 - y0
    slope = (x1 - x0) / pick(rise > 0.0, rise, 1.0)
    # at the bottom and at the top
    cut = x0 - (y0 - _FROM_0_TO_1 * top) * slope
    x = pick(is_cut, between(cut, x0, x1), within[:, 0])
    y = most(least(within[:, 1], top), 0.0)

    # how far an edge reaches, times how long it is in the window: rounding moves it by as much. What is upright, level
    # or below is not rounded by its reach
    distance = np.abs(head(within))
    far = np.maximum(distance[0], distance[1])
    differs = edges[0] != edges[1]
    is_slanted = rises & differs[0] & differs[1]
    reach = np.where(is_slanted, far[0] + far[1], 2.0)
    ends = head(x)
    leftmost = np.maximum(np.minimum(ends[0], ends[1]), 0.0)
    rightmost = np.minimum(np.maximum(ends[0], ends[1]), right)
    length = np.maximum(rightmost - leftmost, 0.0) + _heights(y)
    doubt = reach * (length + EPSILON * reach)
    in_all = rounded_totals(doubt, side, len(of))
    return Clipped(side, x0, x, y, weight, is_below, rises), in_all


def _heights(y: Reals) -> Floats:
    """Return the heights of edges from their ends (2, n)."""
    ends = head(y)
    heights: Floats = np.maximum(ends[1] - ends[0], 0.0)
    return heights


def strips(edges: Clipped, sides: int) -> Integers:
    """Return into how many strips, a power of two, to cut the window of each side: as many as that of the other."""
    if len(edges.side) <= FEW:
        return np.ones(sides, dtype=np.intp)
    count_a, count_b = np.bincount(edges.side, minlength=sides).reshape(2, -1)
    heights_a, heights_b = rounded_totals(_heights(edges.y), edges.side, sides).reshape(2, -1)
    meetings = count_a * heights_b + count_b * heights_a
    in_all = np.maximum(count_a + count_b, 1)
    is_crowded = meetings > CROWDED * (in_all + 64)
    if not is_crowded.any():
        return np.ones(sides, dtype=np.intp)
    wanted = np.where(is_crowded, np.minimum(2 * meetings / (CROWDED * in_all), in_all), 1)
    _, exponent = np.frexp(wanted)
    counts: Integers = np.left_shift(1, exponent - 1).astype(np.intp)
    return np.concatenate([counts, counts])


def pieces(edges: Clipped, size: Floats, strips: Integers) -> Pieces:
    """Cut clipped edges at the borders of the strips of their windows (2, sides)."""
    grid = _Strips(size, strips)
    ascending = Pieces(edges.side, edges.x, edges.y, edges.weight).take(np.flatnonzero(edges.rises))
    strip = grid.strip(ascending.x, ascending.window)
    stays = strip[0] == strip[1]
    is_within = (strip[0] >= 0) & (strip[0] < strips[ascending.window])
    (inside,) = (stays & is_within).nonzero()
    groups = [_within_a_strip(ascending.take(inside), strip[0][inside], grid)]
    (crossing,) = (~stays).nonzero()
    if len(crossing):
        groups += _across_strips(ascending.take(crossing), strip.take(crossing, axis=1), grid)
    (below,) = edges.is_below.nonzero()
    if len(below):
        groups.append(_from_the_bottom(edges, below, grid))
    return _together(groups)


def _together(groups: list[Pieces]) -> Pieces:
    if len(groups) == 1:
        return groups[0]
    columns = [joined(parts) for parts in zip(*groups, strict=True)]
    return Pieces(*columns)


class _Strips:
    """The strips of windows (2, sides) and their borders; all strips are numbered through."""

    def __init__(self, size: Floats, strips: Integers) -> None:
        self.width = size[0]
        self.height = size[1]
        self.strips = strips
        self.is_cut = strips.max(initial=1) > 1
        self.first = strips.cumsum() - strips

    def border(self, number: Integers, side: Integers) -> Floats:
        share = number / self.strips[side] if self.is_cut else number
        border: Floats = self.width[side] * share
        return border

    def breadth(self, number: Integers, side: Integers) -> Floats:
        breadth: Floats = self.border(number + 1, side) - self.border(number, side)
        return breadth

    def strip(self, x: Reals, side: Integers) -> Integers:
        """Return the strip of positions, −1 to the left of all, their number to the right of all."""
        if not self.is_cut:
            is_right = ~(x < self.width[side])
            only: Integers = is_right - (x < 0.0).astype(np.intp)
            return only
        count = self.strips[side]
        guess = np.clip(np.floor(head(x) * (count / self.width[side])), -1, count).astype(np.intp)
        guess -= (guess >= 0) & (x < self.border(guess, side))
        guess += (guess < count) & ~(x < self.border(guess + 1, side))
        strip: Integers = guess
        return strip

    def crossings(self, side: Integers, begins: Integers, ends: Integers, weight: Floats) -> Floats:
        """Return the weight of what crosses the right border of each strip, on its way from strip to strip."""
        sides = np.arange(len(self.strips))
        if not self.is_cut:
            crossing = np.bincount(side, weight * (ends - begins), len(sides))
            return np.asarray(crossing, dtype=np.float64)
        # one place more for each side, right of its strips
        place = self.first[side] + side
        last = self.first + sides + self.strips
        places = int(last[-1]) + 1
        change = np.bincount(place + begins, weight, places) - np.bincount(place + ends, weight, places)
        is_strip = np.ones(places, dtype=np.bool_)
        is_strip[last] = False
        weights: Floats = change.cumsum()[is_strip]
        return weights


def _reaching(o: Outlines, of: Integers, windows: Windows, twofold: bool) -> _Reaching:
    """Return the edges that a window may not do without.

    They begin below its top, and are not wholly beyond its left or its right border.
    """
    first = o.first[of]
    side, edge = spread(first, o.first[of + 1] - first)
    edges = o.edges.take(edge, axis=2)
    within = local(edges, windows.corner.take(side, axis=1), windows.scale.take(side, axis=1), twofold)
    size = windows.size.take(side, axis=1)
    x = head(within)[:, 0]
    is_beside = (np.maximum(x[0], x[1]) <= 0.0) | (np.minimum(x[0], x[1]) > size[0])
    is_near = (head(within)[0, 1] < size[1]) & ~is_beside
    (near,) = is_near.nonzero()
    return _Reaching(
        side[near],
        edges.take(near, axis=2),
        within.take(near, axis=2),
        size.take(near, axis=1),
        o.weight.take(edge[near]),
    )


def _within_a_strip(edges: Pieces, strip: Integers, grid: _Strips) -> Pieces:
    if not grid.is_cut:
        return edges
    side = edges.window
    return edges._replace(window=grid.first[side] + strip, x=edges.x - grid.border(strip, side))


def _across_strips(edges: Pieces, strip: Integers, grid: _Strips) -> tuple[Pieces, Pieces]:
    """Cut edges at every border that they cross; return the pieces, and the verticals right of the strips.

    The edges are not cut yet: their windows are their sides. `strip` (2, n) is where they begin and end.
    """
    way = strip[1] - strip[0]
    counts = np.abs(way) + 1
    which, number = spread(np.zeros_like(counts), counts)
    step = np.sign(way)[which]
    at = strip[0][which] + step * number
    edge = edges.take(which)
    side = edge.window
    rightwards = step > 0
    # where an edge enters the strip, and where it leaves
    borders = at + np.array([~rightwards, rightwards])
    border = grid.border(borders, side)
    is_end = np.array([number == 0, number == counts[which] - 1])
    x = pick(is_end, edge.x, border)
    y = pick(is_end, edge.y, _height_at(edge, border))

    cut = Pieces(grid.first[side] + at, x - grid.border(at, side), y, edge.weight)
    is_inside = (at >= 0) & (at < grid.strips[side])
    (leaves,) = (~is_end[1] & (borders[1] > 0)).nonzero()
    side = side[leaves]
    crossed = borders[1][leaves] - 1
    breadth = grid.breadth(crossed, side)
    weight = (edge.weight * step)[leaves]
    verticals = _verticals(grid.first[side] + crossed, breadth, y[1][leaves], grid.height[side], weight)
    return cut.take(np.flatnonzero(is_inside)), verticals


def _verticals(window: Integers, x: Floats, low_y: Reals, high_y: Floats, weight: Floats) -> Pieces:
    return Pieces(window, np.array([x, x]), pick(_IS_LOW, low_y, high_y), weight)


def _height_at(edges: Pieces, x: Floats) -> Reals:
    """Return the height at which edges cross x."""
    low_x = edges.x[0]
    low_y = edges.y[0]
    high_y = edges.y[1]
    run = edges.x[1] - low_x
    share = -(low_x - x) / run
    return most(least(low_y + share * (high_y - low_y), high_y), low_y)


def _from_the_bottom(edges: Clipped, below: Integers, grid: _Strips) -> Pieces:
    """Return the verticals right of the strips of what crosses their right borders below the window."""
    side = edges.side[below]
    end_x = pick(edges.rises[below], edges.x[0][below], edges.x[1][below])
    begins = np.maximum(grid.strip(edges.begin_x[below], side), 0)
    ends = np.maximum(grid.strip(end_x, side), 0)
    weights = grid.crossings(side, begins, ends, edges.weight[below])
    (window,) = weights.nonzero()
    side = np.arange(len(grid.strips)).repeat(grid.strips)[window]
    breadth = grid.breadth(window - grid.first[side], side)
    return _verticals(window, breadth, np.zeros(len(window)), grid.height[side], weights[window])
