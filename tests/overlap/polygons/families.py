"""Families of pairs of polygons on which areas go wrong, and how many `polygons.measure` gets wrong.

``python tests/overlap/polygons/families.py 60000`` holds so many pairs of each family against `rationals` and prints a
line for each: how many differ by more than 1e-9 of the smaller polygon, or break a bound, and the largest difference.
Names of families after the number choose some. A region is a list of polygons, a polygon a list of rings.
"""

from __future__ import annotations

import argparse
from math import cos, pi, sin

import numpy as np
import rationals
import shapely

from overlap import polygons

TOLERANCE = 1e-9


def shape(region):
    """Return a region as a shapely geometry."""
    parts = [shapely.Polygon(rings[0], rings[1:]) for rings in region]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def pairs(family, count, seed=0):
    """Return `count` pairs of valid regions of a family."""
    rng = np.random.default_rng(seed)
    found = []
    while len(found) < count:
        pair = FAMILIES[family](rng)
        if all(is_valid(region) for region in pair):
            found.append(tuple(redrawn(region, rng) for region in pair))
    return found


def is_valid(region):
    geometry = shape(region)
    return bool(shapely.is_valid(geometry)) and geometry.area > 0


def redrawn(region, rng):
    """Return a region with every ring begun elsewhere, in either direction."""
    return [[_redrawn_ring(ring, rng) for ring in rings] for rings in region]


def _redrawn_ring(ring, rng):
    turned = np.roll(np.asarray(ring), int(rng.integers(len(ring))), axis=0)
    return turned[::-1] if rng.random() < 0.5 else turned


def exact_areas(region_a, region_b):
    """Return the area that two regions share and the smaller of theirs, as rational numbers."""
    a = [ring for rings in region_a for ring in rings]
    b = [ring for rings in region_b for ring in rings]
    smaller = min(rationals.area(a), rationals.area(b))
    return rationals.shared_area(a, b), smaller


def differences(found):
    """Return the error of each pair's shared area relative to the smaller polygon, and which break a bound."""
    a = np.array([shape(region) for region, _ in found])
    b = np.array([shape(region) for _, region in found])
    o = polygons.measure(a, b)
    error = np.zeros(len(found))
    for k, (region_a, region_b) in enumerate(found):
        exact, smaller = exact_areas(region_a, region_b)
        error[k] = abs(float((rationals.Fraction(float(o.intersection[k])) - exact) / smaller))
    breaks = (o.intersection < 0) | (o.intersection > np.minimum(o.size_a, o.size_b))
    return error, breaks


# ---- neighbours: two triangles, or two squares, on either side of an edge


def _triangles(rng, reach=150_000):
    """Return the whole numbers of two triangles that share their first two corners, on either side of that edge."""
    while True:
        p, q, r, s = rng.integers(-reach, reach, (4, 2))
        along = q - p
        left = along[0] * (r - p)[1] - along[1] * (r - p)[0]
        right = along[0] * (s - p)[1] - along[1] * (s - p)[0]
        if np.sign(left) * np.sign(right) < 0:
            return np.array([p, q, r]), np.array([p, q, s])


def _squares(rng, reach=2000):
    """Return the whole numbers of two squares that share an edge, turned by any angle."""
    p = rng.integers(-reach, reach, 2)
    along = rng.integers(-200, 200, 2)
    across = np.array([-along[1], along[0]])
    one = np.array([p, p + along, p + along + across, p + across])
    other = np.array([p, p + along, p + along - across, p - across])
    return one, other


def _written_twice(draw, factor, divisor):
    def family(rng):
        one, other = draw(rng)
        return [[one * factor]], [[other / divisor]]

    return family


def pixels(rng):
    one, other = _triangles(rng, 2000)
    width = int(rng.choice([640, 800, 1333, 1920]))
    return [[one.astype(float)]], [[other / width * width]]


def one_unit_off(rng):
    one, other = _triangles(rng)
    other = other * 0.01
    corner = tuple(rng.integers((3, 2)))
    moved = other.copy()
    moved[corner] = np.nextafter(moved[corner], rng.choice([-np.inf, np.inf]))
    return [[one * 0.01]], [[moved]]


def same_coordinates(rng):
    one, other = _triangles(rng)
    return [[one * 0.01]], [[other * 0.01]]


def rotated_grid(rng):
    angle = rng.uniform(0, 2 * pi)
    turn = np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]])
    corner = rng.integers(-50, 50, 2)
    step = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    neighbour = corner + rng.integers(-1, 2, 2)
    return [[(corner + step) @ turn.T * 0.1]], [[(neighbour + step) @ turn.T * 0.1]]


def split_on_an_edge(rng):
    p, q, r = rng.uniform(-1, 1, (3, 2))
    cut = p + (q - p) * rng.random()
    parts = [[p, cut, r], [cut, q, r], [p, q, r]]
    first, second = rng.permutation(3)[:2]
    return [[parts[first]]], [[parts[second]]]


# ---- thin, small and far


def slivers(rng):
    angle = rng.uniform(0, 2 * pi)
    turn = np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]])
    width = 10.0 ** rng.uniform(-12, -2)
    flat = []
    for _ in range(2):
        x = np.sort(rng.uniform(-1, 1, 2))
        y = rng.uniform(-1, 1, 4) * width
        flat.append(np.array([[x[0], y[0]], [x[1], y[1]], [x[1], y[1] + width], [x[0], y[0] + width]]))
    return [[flat[0] @ turn.T]], [[flat[1] @ turn.T]]


def small_in_large(rng):
    small = _star(rng, 5) * 10.0 ** rng.uniform(-9, 0)
    large = (_star(rng, 7) + rng.uniform(-1, 1, 2)) * 10.0 ** rng.uniform(0, 6)
    # an edge, or a corner, of the large one runs through the small one
    large = large - large[0] - (large[1] - large[0]) * rng.choice([0.0, rng.random()])
    return [[small]], [[large]]


def far_away(rng):
    place = rng.uniform(-1e7, 1e7, 2)
    return [[_star(rng, 5) + place]], [[_star(rng, 6) + place + rng.uniform(-1, 1, 2)]]


# ---- shapes that overlap


def _star(rng, corners, spikes=0.6):
    """Return a ring round the origin, its corners at random distances."""
    angle = (np.arange(corners) + rng.uniform(-0.3, 0.3, corners)) * 2 * pi / corners
    radius = rng.uniform(1 - spikes, 1, corners)
    return radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def random_shapes(rng):
    return [[_star(rng, int(rng.integers(3, 7)))]], [[_star(rng, int(rng.integers(3, 7))) + rng.uniform(-1, 1, 2)]]


def boxes_in_tenths(rng):
    regions = []
    for factor, divisor in ((0.1, 1), (1, 10)):
        low = rng.integers(0, 6, 2)
        high = low + rng.integers(1, 6, 2)
        corners = np.array([low, [high[0], low[1]], high, [low[0], high[1]]])
        regions.append([[corners * factor / divisor]])
    return tuple(regions)


def contained(rng):
    outer = _star(rng, 6, 0.3)
    return [[outer * rng.uniform(0.001, 0.999)]], [[outer]]


def identical(rng):
    ring = _star(rng, int(rng.integers(3, 9))) + rng.uniform(-9, 9, 2)
    return [[ring]], [[ring]]


def spiky(rng):
    return [[_star(rng, 12, 0.95)]], [[_star(rng, 10, 0.95) + rng.uniform(-0.5, 0.5, 2)]]


def holes_and_parts(rng):
    regions = []
    for _ in range(2):
        shell = _star(rng, 5, 0.3)
        frame = [shell, shell * rng.uniform(0.2, 0.6)]
        second = _star(rng, 3, 0.3) * rng.uniform(0.1, 0.9) + [2.0, 0.0]
        place = rng.uniform(-1, 1, 2)
        regions.append([[ring + place for ring in frame], [second + place]])
    return tuple(regions)


FAMILIES = {
    "k * 0.1 and k / 10": _written_twice(_triangles, 0.1, 10),
    "k * 0.01 and k / 100": _written_twice(_triangles, 0.01, 100),
    "micro-degrees": _written_twice(_triangles, 1e-6, 1e6),
    "squares in tenths": _written_twice(_squares, 0.1, 10),
    "pixels": pixels,
    "one unit off": one_unit_off,
    "same coordinates": same_coordinates,
    "rotated grid": rotated_grid,
    "split on an edge": split_on_an_edge,
    "slivers": slivers,
    "small in large": small_in_large,
    "far away": far_away,
    "random shapes": random_shapes,
    "boxes in tenths": boxes_in_tenths,
    "contained": contained,
    "identical": identical,
    "spiky": spiky,
    "holes and parts": holes_and_parts,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int, help="pairs of each family")
    parser.add_argument("family", nargs="*", help="names of families; all by default")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for family in options.family or FAMILIES:
        error, breaks = differences(pairs(family, options.count, options.seed))
        wrong = int(np.sum((error > TOLERANCE) | breaks))
        print(f"{family:22} wrong {wrong:6} of {options.count}, largest difference {error.max():.1e}", flush=True)


if __name__ == "__main__":
    main()
