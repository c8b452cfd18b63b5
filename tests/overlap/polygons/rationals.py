"""Areas of polygons in rational numbers, by horizontal slabs: nothing is rounded, and no other library is asked.

A region is a list of rings, each a list of (x, y); what an odd number of rings holds is inside.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise


def area(region):
    """Return the area of a region: its edges do not cross, so that corners are the only heights."""
    edges = _edges(region)
    heights = sorted({y for edge in edges for _, y in edge})
    return sum((_slab(edges, edges, low, high) for low, high in pairwise(heights)), Fraction(0))


def shared_area(a, b):
    """Return the area that two regions have in common."""
    edges_a = _edges(a)
    edges_b = _edges(b)
    heights = _heights(edges_a, edges_b)
    return sum((_slab(edges_a, edges_b, low, high) for low, high in pairwise(heights)), Fraction(0))


def _edges(region):
    """Return the edges that are not level, from their lower to their upper end."""
    edges = []
    for ring in region:
        corners = [(Fraction(float(x)), Fraction(float(y))) for x, y in ring]
        for begin, end in zip(corners, corners[1:] + corners[:1], strict=True):
            if begin[1] != end[1]:
                edges.append((begin, end) if begin[1] < end[1] else (end, begin))
    return edges


def _heights(edges_a, edges_b):
    """Return all heights of corners and of crossings: between two of them, no two edges of a and b cross."""
    heights = set()
    for low, high in edges_a + edges_b:
        heights.update((low[1], high[1]))
    for one in edges_a:
        for other in edges_b:
            heights.update(_crossing(one, other))
    return sorted(heights)


def _crossing(one, other):
    """Return the height at which two edges cross, if any."""
    low = max(one[0][1], other[0][1])
    high = min(one[1][1], other[1][1])
    if low >= high:
        return []
    gap_low = _x(one, low) - _x(other, low)
    gap_high = _x(one, high) - _x(other, high)
    if gap_low * gap_high >= 0:
        return []
    return [low + (high - low) * gap_low / (gap_low - gap_high)]


def _x(edge, y):
    (x0, y0), (x1, y1) = edge
    return x0 + (x1 - x0) * (y - y0) / (y1 - y0)


def _slab(edges_a, edges_b, low, high):
    """Return the area common to both between two heights: trapezia between the edges that enter and leave both."""
    middle = (low + high) / 2
    crossing = [(_x(edge, middle), 0) for edge in edges_a if edge[0][1] <= low and edge[1][1] >= high]
    crossing += [(_x(edge, middle), 1) for edge in edges_b if edge[0][1] <= low and edge[1][1] >= high]
    inside = [False, False]
    length = Fraction(0)
    before = Fraction(0)
    for x, whose in sorted(crossing):
        if all(inside):
            length += x - before
        inside[whose] = not inside[whose]
        before = x
    return length * (high - low)
