"""Hold polygons and rotated boxes against shapely, and both against rational numbers where they differ.

    python benchmarks/peers/beside_shapely.py

Prints a line for each family: the pairs, how many differ by more than 1e-9 of the smaller, and of the first 200 of
these how many each side has wrong by rational numbers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import shapely

from overlap import oriented, polygons

N = 3_000
"""Pairs of a family."""
NEAR = 1e-9

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "overlap" / "polygons"))


def stars(rng: np.random.Generator, corners: int, spread: float = 2.0, *, hole: bool = False) -> np.ndarray:
    """Return polygons of so many corners that need not be convex, each with a hole of its own shape if asked."""
    turn = 2 * np.pi * (np.arange(corners) + rng.uniform(0, 0.9, (N, corners))) / corners
    reach = rng.uniform(0.2, 1.0, (N, corners))
    middle = rng.uniform(-spread / 2, spread / 2, (N, 1, 2))
    around = reach[..., None] * np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    if not hole:
        return shapely.polygons(middle + around)
    holes = shapely.linearrings(middle + around / 2)
    return shapely.polygons(shapely.linearrings(middle + around), holes=holes[:, None])


def moved(geometries: np.ndarray, shift: np.ndarray) -> np.ndarray:
    owner = np.repeat(np.arange(len(geometries)), shapely.get_num_coordinates(geometries))
    return shapely.set_coordinates(geometries.copy(), shapely.get_coordinates(geometries) + shift[owner])


def families(rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    yield "triangles", stars(rng, 3), stars(rng, 3)
    yield "stars of 8", stars(rng, 8), stars(rng, 8)
    yield "stars of 40", stars(rng, 40), stars(rng, 40)
    yield "with a hole", stars(rng, 12, 0.5, hole=True), stars(rng, 12, 0.5)
    a = stars(rng, 8)
    yield "equal", a, shapely.reverse(a)
    shift = rng.normal(size=(N, 2)) * 1e-12
    yield "almost equal", a, moved(a, shift)
    corners = shapely.get_coordinates(a).reshape(N, 9, 2)
    # the neighbour across the first edge: its third corner mirrored, the shared ones off by one unit in the last place
    first, second, third = corners[:, 0], corners[:, 1], corners[:, 2]
    beyond = first + second - third
    shared = np.nextafter(second, np.inf)
    triangle = shapely.polygons(np.stack([first, second, third], axis=1))
    neighbour = shapely.polygons(np.stack([first, beyond, shared], axis=1))
    yield "neighbours", triangle, neighbour
    thin = corners[:, :2].mean(axis=1, keepdims=True) + (corners[:, :3] - corners[:, :1]) * [1.0, 1e-9]
    yield "slivers", shapely.polygons(thin), stars(rng, 8, 1.0)
    multi = shapely.multipolygons(np.stack([stars(rng, 5), moved(stars(rng, 5), np.full((N, 2), 4.0))], axis=1))
    yield "two parts", multi, moved(stars(rng, 9, 6.0), np.full((N, 2), 2.0))
    far = np.full((N, 2), 1e6)
    yield "far", moved(a, far), moved(stars(rng, 8), far)


def rings(geometry: shapely.Geometry) -> list[np.ndarray]:
    return [shapely.get_coordinates(ring)[:-1] for ring in shapely.get_rings(shapely.get_parts(geometry))]


def corners_of(box: np.ndarray) -> np.ndarray:
    cx, cy, w, h, theta = box.T[..., None]
    x, y = w / 2 * np.array([1, -1, -1, 1]), h / 2 * np.array([1, 1, -1, -1])
    cos, sin = np.cos(theta), np.sin(theta)
    return shapely.polygons(np.stack([cx + cos * x - sin * y, cy + sin * x + cos * y], axis=-1))


def rotated(rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    def some() -> np.ndarray:
        centre, sides = rng.uniform(0, 10, (N, 2)), rng.uniform(1, 10, (N, 2))
        return np.concatenate([centre, sides, rng.uniform(-np.pi, np.pi, (N, 1))], axis=1)

    a = some()
    turned = np.array([0, 0, 0, 0, 1])
    yield "rotated, generic", a, some()
    yield "rotated, equal", a, a.copy()
    yield "rotated, half a turn", a, a + turned * np.pi
    yield "rotated, sides exchanged", a, a[:, [0, 1, 3, 2, 4]] + turned * np.pi / 2
    yield "rotated, concentric", a, a * [1, 1, 0.5, 0.5, 1]


def main() -> None:
    from rationals import shared_area

    rng = np.random.default_rng(13)
    for name, a, b in families(rng):
        valid = shapely.is_valid(a) & shapely.is_valid(b)
        a, b = a[valid], b[valid]
        ours = polygons.measure(a, b).intersection
        smaller = np.minimum(shapely.area(a), shapely.area(b))
        theirs = intersections(a, b)
        differ = np.flatnonzero(~(np.abs(ours - theirs) <= NEAR * smaller))
        right = np.array([float(shared_area(rings(a[i]), rings(b[i]))) for i in differ[:200]])
        off = NEAR * smaller[differ[:200]]
        we = int(np.sum(np.abs(ours[differ[:200]] - right) > off))
        they = int(np.sum(~(np.abs(theirs[differ[:200]] - right) <= off)))
        inside = np.max(np.delete(np.abs(ours - theirs) / smaller, differ), initial=0)
        print(
            f"{name:26}{len(a):8}{len(differ):8} differ, of {len(right)} looked at we have {we} wrong, shapely {they};"
            f" else at most {inside:.2g} of the smaller"
        )
    for name, a, b in rotated(rng):
        ours = oriented.measure(a, b).intersection
        smaller = np.minimum(a[:, 2] * a[:, 3], b[:, 2] * b[:, 3])
        theirs = intersections(corners_of(a), corners_of(b))
        share = np.abs(ours - theirs) / smaller
        differ = share > NEAR
        print(
            f"{name:26}{len(a):8}{int(differ.sum()):8} differ; else at most {np.max(share[~differ], initial=0):.2g} of"
            " the smaller"
        )


def intersections(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return shapely's areas; NaN where it raises."""
    try:
        return shapely.area(shapely.intersection(a, b))
    except shapely.errors.GEOSException:
        each = []
        for x, y in zip(a, b, strict=True):
            try:
                each.append(shapely.intersection(x, y).area)
            except shapely.errors.GEOSException:
                each.append(np.nan)
        return np.array(each)


if __name__ == "__main__":
    main()
