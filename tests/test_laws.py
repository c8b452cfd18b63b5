"""Laws that tie the families together: the same shapes have the same sizes, however they are written down."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import overlap as ov

pytestmark = pytest.mark.filterwarnings("ignore:polygons.*an edge longer than half a period:UserWarning")
PERIOD = 12.0
N = 24  # cells along each axis of the torus
CENTRES = (np.arange(N) + 0.5) * PERIOD / N
CELL = (PERIOD / N) ** 2
corner = st.floats(-20, 20)
side = st.floats(0.01, PERIOD)
rectangles = st.tuples(corner, corner, side, side).map(lambda r: shapely.box(r[0], r[1], r[0] + r[2], r[1] + r[3]))
whole = st.tuples(*(st.integers(-N, N),) * 2, *(st.integers(1, N),) * 2)


def sizes(o):
    return np.array([float(o.intersection), float(o.size_a), float(o.size_b)])


def arc(low, high, other_low, other_high):
    """Length that two arcs of the circle share, in closed form."""
    images = [max(0.0, min(high, other_high + k * PERIOD) - max(low, other_low + k * PERIOD)) for k in range(-8, 9)]
    return sum(images)


@settings(max_examples=15)
@given(rectangles, rectangles)
def test_torus_rectangles_in_closed_form(a, b):
    left_a, low_a, right_a, high_a = a.bounds
    left_b, low_b, right_b, high_b = b.bounds
    expected = arc(left_a, right_a, left_b, right_b) * arc(low_a, high_a, low_b, high_b)
    o = ov.polygons.measure(a, b, period=(PERIOD, PERIOD))
    assert float(o.intersection) == pytest.approx(expected, abs=1e-10)


@given(whole, whole)
def test_a_rectangle_has_one_index_in_every_family(first, second):
    rectangles = in_units(first, second)
    lo_hi = [np.array([x, y, x + w, y + h]) for x, y, w, h in rectangles]
    oriented = [np.array([x + w / 2, y + h / 2, w, h, 0.0]) for x, y, w, h in rectangles]
    polygons = [shapely.box(*box) for box in lo_hi]
    axis = (np.arange(-3 * N, 3 * N) + 0.5) * PERIOD / N
    masks = [ov.polygons.rasterize(polygon, (axis, axis)) for polygon in polygons]
    for name in ("iou", "dice"):
        expected = float(getattr(ov.boxes, name)(*lo_hi))
        assert float(getattr(ov.oriented, name)(*oriented)) == pytest.approx(expected, abs=1e-12)
        assert float(getattr(ov.polygons, name)(*polygons)) == pytest.approx(expected, abs=1e-12)
        assert float(getattr(ov.raster, name)(*masks)) == pytest.approx(expected, abs=1e-12)


@given(whole, whole)
def test_an_interval_is_a_box_of_one_dimension(first, second):
    rows = [np.array([[x, x + w]]) for x, _, w, _ in in_units(first, second)]
    for name in ("iou", "dice"):
        expected = float(getattr(ov.boxes, name)(*rows)[0])
        assert float(getattr(ov.intervals, name)(*rows)) == pytest.approx(expected, abs=1e-12)


MASK = np.array([[True, True, False], [False, True, False]])
PAIRS = {
    "raster": (MASK, np.roll(MASK, 1, axis=1)),
    "boxes": (np.array([0.0, 0.0, 3.0, 2.0]), np.array([1.0, 0.0, 5.0, 1.0])),
    "cuboids": (np.array([0.0, 0.0, 0.0, 3.0, 2.0, 2.0, 0.3]), np.array([1.0, 0.0, 0.5, 5.0, 1.0, 1.0, 1.0])),
    "oriented": (np.array([0.0, 0.0, 3.0, 2.0, 0.3]), np.array([1.0, 0.0, 5.0, 1.0, 1.0])),
    "intervals": (np.array([[0.0, 3.0]]), np.array([[1.0, 5.0], [7.0, 8.0]])),
    "polygons": (shapely.box(0, 0, 3, 2), shapely.box(1, 0, 5, 1)),
}


@pytest.mark.parametrize("family", PAIRS)
@pytest.mark.parametrize("name", ["iou", "dice"])
def test_a_first_call_is_the_index_of_the_measure(family, name):
    module = getattr(ov, family)
    index = getattr(ov, name)
    pair = PAIRS[family]
    np.testing.assert_array_equal(getattr(module, name)(*pair), index(module.measure(*pair)))
    assert 0 < float(getattr(module, name)(*pair)) < 1
    with pytest.raises(TypeError, match=f"indices.{name}: o is a .*, not an Overlap"):
        index(*pair)


@pytest.mark.slow
@given(whole, whole)
def test_raster_and_polygon_agree_on_whole_cells_over_the_seam(first, second):
    boxes = [shapely.box(x, y, x + w, y + h) for x, y, w, h in in_units(first, second)]
    period = (PERIOD, PERIOD)
    by_polygon = sizes(ov.polygons.measure(*boxes, period=period))
    for mode in ("centre", "coverage"):
        masks = [ov.polygons.rasterize(box, (CENTRES, CENTRES), mode, period=period) for box in boxes]
        by_raster = sizes(ov.raster.measure(*masks)) * CELL
        np.testing.assert_allclose(by_raster, by_polygon, atol=1e-9)


@given(whole, whole)
def test_raster_and_polygon_agree_on_the_plane(first, second):
    boxes = [shapely.box(x, y, x + w, y + h) for x, y, w, h in in_units(first, second)]
    axis = (np.arange(-3 * N, 3 * N) + 0.5) * PERIOD / N
    masks = [ov.polygons.rasterize(box, (axis, axis)) for box in boxes]
    np.testing.assert_allclose(sizes(ov.raster.measure(*masks)) * CELL, sizes(ov.polygons.measure(*boxes)), atol=1e-9)


@given(rectangles, rectangles)
def test_coverage_keeps_areas_and_brackets_the_intersection(a, b):
    """With coverage masks the sizes are exact, and the t-norms bracket the true intersection."""
    period = (PERIOD, PERIOD)
    truth = sizes(ov.polygons.measure(a, b, period=period))
    masks = [ov.polygons.rasterize(x, (CENTRES, CENTRES), "coverage", period=period) for x in (a, b)]
    low, high = (sizes(ov.raster.measure(*masks, tnorm=t)) * CELL for t in ("lukasiewicz", "minimum"))
    np.testing.assert_allclose(low[1:], truth[1:], atol=1e-9)
    assert low[0] - 1e-9 <= truth[0] <= high[0] + 1e-9


@given(rectangles, rectangles, st.tuples(corner, corner), st.tuples(st.integers(-3, 3), st.integers(-3, 3)))
def test_the_seam_is_nowhere(a, b, shift, turns):
    period = (PERIOD, PERIOD)
    before = sizes(ov.polygons.measure(a, b, period=period))
    moved = shapely.transform([a, b], lambda xy: xy + shift)
    moved[1] = shapely.transform(moved[1], lambda xy: xy + np.array(turns) * PERIOD)
    after = sizes(ov.polygons.measure(*moved, period=period))
    np.testing.assert_allclose(after, before, atol=1e-12 * PERIOD**2)


@given(whole, st.integers(0, N), st.integers(0, N))
def test_a_common_roll_changes_nothing(box, dx, dy):
    (x, y, w, h) = (v * PERIOD / N for v in box)
    assume(w < PERIOD or h < PERIOD)
    mask = ov.polygons.rasterize(shapely.box(x, y, x + w, y + h), (CENTRES, CENTRES), period=(PERIOD, PERIOD))
    other = np.arange(N * N).reshape(N, N) % 5 > 1
    rolled = [np.roll(m, (dy, dx), (0, 1)) for m in (mask, other)]
    np.testing.assert_array_equal(sizes(ov.raster.measure(*rolled)), sizes(ov.raster.measure(mask, other)))


def in_units(*boxes):
    """Return boxes of whole cells in the unit of the period."""
    return [tuple(v * PERIOD / N for v in box) for box in boxes]
