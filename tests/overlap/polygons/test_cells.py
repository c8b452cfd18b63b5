from __future__ import annotations

import numpy as np
import pytest
import shapely

from overlap.polygons import cells

SQUARE = np.array([shapely.box(0.5, 0.25, 2.5, 1.75)], object)
FAR = np.array([shapely.box(-9, -9, 99, 99)], object)
SHAPE = (1, 3, 4)


def test_edges_of_shells_run_counter_clockwise_and_of_holes_clockwise():
    frame = shapely.box(0, 0, 4, 4).difference(shapely.box(1, 1, 2, 2))
    start, stop, owner = cells.edges(np.array([shapely.Polygon(), frame.reverse(), frame], object))
    assert owner.tolist() == [1] * 8 + [2] * 8
    for k in (1, 2):
        (x, y), (u, v) = start[owner == k].T, stop[owner == k].T
        assert np.sum(x * v - y * u) / 2 == pytest.approx(frame.area)


def test_centres_inside_a_box():
    inside = cells.centres_inside(*cells.edges(SQUARE), SHAPE)
    assert inside[0].astype(int).tolist() == [[0, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0]]


def test_coverage_of_a_box():
    covered = cells.cell_coverage(*cells.edges(SQUARE), SHAPE)
    assert covered[0].tolist() == [[0, 0.25, 0.25, 0], [0, 1, 1, 0], [0, 0.25, 0.25, 0]]


@pytest.mark.parametrize("draw", [cells.centres_inside, cells.cell_coverage])
def test_what_reaches_past_the_grid_fills_it(draw):
    assert np.all(draw(*cells.edges(FAR), SHAPE) == 1)
    beside = np.array([shapely.box(-9, -9, -5, 99), shapely.box(50, -9, 99, 99), shapely.box(-9, 20, 99, 99)], object)
    assert not draw(*cells.edges(beside), (3, 3, 4)).any()


def test_whole_numbers_of_ranges():
    index, number = cells._whole_numbers(np.array([2.0, 5.0, 0.0]), np.array([4.0, 5.0, 1.0]))
    assert index.tolist() == [0, 0, 2]
    assert number.tolist() == [2, 3, 0]


def test_pieces_of_a_cut_edge_join_to_the_edge():
    start = np.array([[0.25, 0.0], [3.5, 1.0]])
    stop = np.array([[2.75, 5.0], [-1.5, 1.0]])
    edge, strip, low, high = cells._cut(start, stop, 0, -1, 4)
    assert strip[edge == 0].tolist() == [0, 1, 2]
    assert strip[edge == 1].tolist() == [-1, 0, 1, 2, 3]
    for k in (0, 1):
        length = np.linalg.norm(high[edge == k] - low[edge == k], axis=1).sum()
        assert length == pytest.approx(np.linalg.norm(stop[k] - start[k]))


def test_a_level_edge_is_one_piece():
    edge, strip, low, high = cells._cut(np.array([[1.0, 0.0]]), np.array([[1.0, 7.0]]), 0, 0, 4)
    assert (edge.tolist(), strip.tolist()) == ([0], [1])
    assert (low.tolist(), high.tolist()) == ([[1, 0]], [[1, 7]])


def test_the_span_of_a_grid_reaches_half_a_cell_past_its_centres():
    even = cells.read_grid("polygons.rasterize", ([10, 8, 6], [0, 1]), np.zeros(2))
    assert even.span.tolist() == [6, 2]
    assert even.step.tolist() == [-2, 1]
    assert even.size == (3, 2)


def test_a_map_without_a_grid_fills_its_periods():
    even = cells.traced_grid("polygons.from_raster", None, (4, 3), np.array([360.0, 0.0]))
    assert even.span.tolist() == [360, 3]


@pytest.mark.parametrize("level", [0.5, 0.25])
def test_values_at_the_level_move_off_it_and_keep_their_side(level):
    values = np.array([[0.25, 0.5], [0.75, 0.25]])
    moved = cells._away_from_level(values, level, 0.0, (False, False))
    assert np.all(moved != level)
    np.testing.assert_array_equal(moved > level, values >= level)
    np.testing.assert_allclose(moved, values, rtol=1e-8)
