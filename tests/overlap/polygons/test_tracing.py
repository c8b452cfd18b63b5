"""Oracles: GEOS, which unites the squares of the cells; areas and regions counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from overlap.polygons.tracing import area_of_cells


def united_by_geos(inside):
    row, column = np.nonzero(inside)
    return shapely.union_all(shapely.box(column - 0.5, row - 0.5, column + 0.5, row + 0.5))


def polygons_of(region):
    """Return the polygons, and the sets of corners of their rings."""
    polygons = shapely.get_parts(region)
    rings = shapely.get_rings(shapely.simplify(polygons, 0))
    corners = [frozenset(map(tuple, shapely.get_coordinates(ring).tolist())) for ring in rings]
    return len(polygons), sorted(map(sorted, corners))


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.booleans()))
def test_outlines_of_geos(inside):
    region = area_of_cells(inside)
    assert region.is_valid
    assert region.area == inside.sum()
    assert polygons_of(region) == polygons_of(united_by_geos(inside))


@pytest.mark.parametrize(
    ("rows", "n_polygons", "n_holes"),
    [
        (["#.", ".#"], 2, 0),
        (["###", "#.#", "###"], 1, 1),
        # a hole that touches the shell from within, and one that only a corner closes
        (["###", "#.#", "##."], 1, 1),
        (["####", "#..#", "##.#", "####"], 1, 1),
        # two holes that touch at a corner
        (["####", "#.##", "##.#", "####"], 1, 2),
        # a region within the hole of another, which it touches
        (["#####", "#...#", "#.#.#", "#..##", "#####"], 2, 1),
        (["...", "..."], 0, 0),
    ],
)
def test_regions_and_holes(rows, n_polygons, n_holes):
    inside = np.array([[cell == "#" for cell in row] for row in rows])
    region = area_of_cells(inside)
    polygons = shapely.get_parts(region)
    polygons = polygons[~shapely.is_empty(polygons)]
    assert len(polygons) == n_polygons
    assert shapely.get_num_interior_rings(polygons).sum() == n_holes
    assert shapely.is_valid(polygons).all()
    assert shapely.is_ccw(shapely.get_exterior_ring(polygons)).all()
    assert region.area == inside.sum()


@pytest.mark.slow
def test_noise():
    """Regions as scipy labels them; a quarter of a million cells, many of them in one region with holes."""
    from scipy import ndimage

    inside = np.random.default_rng(0).random((500, 500)) < 0.6
    region = area_of_cells(inside)
    _, n_regions = ndimage.label(inside)
    framed = np.pad(~inside, 1, constant_values=True)
    _, n_outside = ndimage.label(framed)
    assert len(region.geoms) == n_regions
    assert region.area == inside.sum()
    # a part of the outside that only corners join to the rest is a hole of its own where they are of one region
    assert shapely.get_num_interior_rings(region.geoms).sum() <= n_outside - 1


def test_corners_alone_are_kept():
    assert area_of_cells(np.ones((3, 5), bool)).wkt == "POLYGON ((-0.5 -0.5, 4.5 -0.5, 4.5 2.5, -0.5 2.5, -0.5 -0.5))"
