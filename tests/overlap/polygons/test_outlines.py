"""The areas of single polygons, against rational numbers."""

from __future__ import annotations

from fractions import Fraction

import families
import numpy as np
import pytest
import rationals
import shapely

from overlap.polygons import outlines


def areas(regions):
    return outlines.outlines(np.array([families.shape(region) for region in regions])).area


@pytest.mark.parametrize("family", ["slivers", "far away", "spiky", "holes and parts", "small in large"])
def test_areas_are_right_to_the_last_digits(family):
    regions = [region for pair in families.pairs(family, 20, seed=2) for region in pair]
    for region, got in zip(regions, areas(regions), strict=True):
        exact = rationals.area([ring for rings in region for ring in rings])
        assert abs(Fraction(float(got)) - exact) <= exact * Fraction(1, 10**11)


@pytest.mark.parametrize("family", ["slivers", "spiky", "holes and parts"])
def test_areas_do_not_know_how_a_ring_is_drawn(family):
    rng = np.random.default_rng(4)
    regions = [region for pair in families.pairs(family, 50, seed=3) for region in pair]
    other = [families.redrawn(region, rng) for region in regions]
    np.testing.assert_array_equal(areas(regions), areas(other))


def test_edges_run_upwards_and_weigh_by_the_side_of_the_inside():
    for drawn in (shapely.box(0, 0, 2, 1), shapely.box(0, 0, 2, 1).reverse()):
        o = outlines.outlines(np.array([drawn]))
        (x0, y0), (_, y1) = o.edges
        assert np.all(y0 <= y1)
        upright = y0 < y1
        assert sorted(zip(x0[upright], o.weight[upright], strict=True)) == [(0, -1), (2, 1)]
        assert o.first.tolist() == [0, 4]


def test_repeated_vertices_are_no_edges():
    drawn = shapely.Polygon([(0, 0), (0, 0), (2, 0), (2, 1), (2, 1), (0, 1)])
    o = outlines.outlines(np.array([shapely.Polygon(), drawn, shapely.MultiPolygon([drawn])]))
    assert o.first.tolist() == [0, 0, 4, 8]
    assert o.area.tolist() == [0, 2, 2]


def test_a_hole_that_nearly_fills_its_shell_leaves_the_right_frame():
    width = 2.0**-40
    hole = shapely.box(width, width, 1 - width, 1 - width)
    frame = shapely.Polygon(shapely.box(0, 0, 1, 1).exterior, [hole.exterior])
    area = outlines.outlines(np.array([frame])).area[0]
    assert area == pytest.approx(4 * width - 4 * width**2, rel=1e-15)


def test_sums_do_not_know_the_order():
    rng = np.random.default_rng(5)
    terms = rng.normal(size=3000)
    group = rng.integers(0, 3, 3000)
    order = rng.permutation(3000)
    total = outlines.added(outlines.exact_totals(terms, group, 3))
    again = outlines.added(outlines.exact_totals(terms[order], group[order], 3))
    np.testing.assert_array_equal(total, again)
    exact = [float(sum(Fraction(float(t)) for t in terms[group == g])) for g in range(3)]
    np.testing.assert_allclose(total, exact, rtol=0, atol=1e-15)


def test_lengths_round_up():
    assert outlines.rounded_totals(np.array([0.1, 0.2]), np.array([0, 0]), 1)[0] == pytest.approx(0.3, abs=1e-5)
    assert outlines.rounded_totals(np.array([1e-9]), np.array([0]), 1)[0] == 2.0**-20


def test_shifted_outlines_are_those_of_shifted_polygons():
    boxes = shapely.box([0, 5, 7], 0, [2, 6, 9], 3)
    away = np.array([16.0, -8.0])
    moved = shapely.transform(boxes[1:], lambda xy: xy + away)
    expected = outlines.outlines(np.concatenate([boxes[:1], moved]))
    for got, right in zip(outlines.shifted(outlines.outlines(boxes), 1, away), expected, strict=True):
        np.testing.assert_array_equal(got, right)
