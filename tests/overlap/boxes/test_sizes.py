"""Oracles: powerboxes 0.3.1 and pycocotools 2.0.11 (values written down), shapely, rasters, closed forms."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

import overlap as ov
from overlap import boxes, polygons, raster

rng = np.random.default_rng(5)


def some(n, d=2, size=4.0):
    low = rng.uniform(0, 10, (n, d))
    return np.concatenate([low, low + rng.uniform(0, size, (n, d))], axis=1)


def sizes(o, to_numpy=np.asarray):
    return np.stack([to_numpy(x) for x in (o.intersection, o.size_a, o.size_b)])


# ---------------------------------------------------------------- what others say

A = np.array([[0, 0, 4, 2], [1, 1, 3, 4], [-2, -1, 0.5, 7], [10, 10, 11, 12], [0, 0, 100, 1]])
B = np.array([[1, 0.5, 5, 3], [1, 1, 3, 4], [-1.5, 2, 0, 3], [0, 0, 2, 1]])
# pycocotools 2.0.11 (mask.iou), powerboxes 0.3.1 (iou_distance) say the same
IOU = [
    [0.3333333333333333, 0.1666666666666667, 0, 0.25],
    [0.3333333333333333, 1, 0, 0],
    [0, 0, 0.075, 0.0232558139534884],
    [0, 0, 0, 0],
    [0.0185185185185185, 0, 0, 0.02],
]


def test_peers(backend):
    pairs = boxes.pairwise(backend.asarray(A), backend.asarray(B))
    np.testing.assert_allclose(backend.to_numpy(pairs), IOU, atol=1e-15)


def test_three_dimensions():
    a = np.array([[0.0, 0, 0, 4, 2, 3]])
    b = np.array([[1, 0.5, 1, 5, 3, 2]])
    np.testing.assert_allclose(boxes.pairwise(a, b)[0, 0], 4.5 / (24 + 10 - 4.5), rtol=1e-15)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_measure_and_pairwise(backend, d):
    a, b = some(7, d), some(9, d)
    every = boxes.measure(backend.asarray(a)[:, None, :], backend.asarray(b))
    shared = np.minimum(a[:, None, d:], b[:, d:]) - np.maximum(a[:, None, :d], b[:, :d])
    np.testing.assert_allclose(backend.to_numpy(every.intersection), shared.clip(0).prod(-1), atol=1e-14)
    np.testing.assert_array_equal(backend.to_numpy(every.size_a)[:, 0], (a[:, d:] - a[:, :d]).prod(-1))
    pairs = backend.to_numpy(boxes.pairwise(backend.asarray(a), backend.asarray(b)))
    np.testing.assert_array_equal(pairs, backend.to_numpy(ov.iou(every)))


@pytest.mark.parametrize("period", [None, (7.0, None)])
@pytest.mark.parametrize("index", ["iou", "dice"])
def test_iou_and_dice_are_indices_of_measure(backend, index, period):
    a, b = backend.asarray(some(20)), backend.asarray(some(20))
    got = getattr(boxes, index)(a, b, period=period)
    expected = getattr(ov, index)(boxes.measure(a, b, period=period))
    np.testing.assert_array_equal(backend.to_numpy(got), backend.to_numpy(expected))


@pytest.mark.parametrize("index", [boxes.iou, boxes.dice])
def test_iou_and_dice_of_boxes_without_area(index):
    point = np.zeros(4)
    assert isnan(index(point, point))
    assert index(point, point, empty=1.0) == 1
    assert index(point, np.ones(4), empty=ov.EmptyPolicy(both_empty=0.25)) == 0.25


def test_shapely():
    a, b = some(60), some(60)
    expected = sizes(polygons.measure(shapely.box(*a.T)[:, None], shapely.box(*b.T)))
    np.testing.assert_allclose(sizes(boxes.measure(a[:, None], b)), expected, atol=1e-12)


# ---------------------------------------------------------------- laws

whole = st.integers(0, 12)
rectangles = st.tuples(whole, whole, whole, whole)
period = 12.0


def box(r):
    return np.array([r[0], r[1], r[0] + r[2], r[1] + r[3]], dtype=float)


def polygon(x):
    return shapely.box(*x) if (x[2:] > x[:2]).all() else shapely.Polygon()


@given(rectangles, rectangles)
def test_boxes_are_polygons_are_rasters(first, second):
    a, b = box(first), box(second)
    got = sizes(boxes.measure(a, b))
    np.testing.assert_allclose(sizes(polygons.measure(*map(polygon, (a, b)))), got, atol=1e-12)
    centres = np.arange(24) + 0.5
    masks = [np.outer((x[1] < centres) & (centres < x[3]), (x[0] < centres) & (centres < x[2])) for x in (a, b)]
    np.testing.assert_array_equal(sizes(raster.measure(*masks)), got)


@pytest.mark.filterwarnings("ignore:polygons.*an edge longer than half a period:UserWarning")
@given(rectangles, rectangles, st.tuples(*(st.integers(-3, 3),) * 4))
def test_and_over_the_seam(first, second, turns):
    a, b = box(first), box(second)
    got = sizes(
        boxes.measure(a + period * np.array(turns[:2] * 2), b + period * np.array(turns[2:] * 2), period=(12, 12))
    )
    cells = np.arange(12) + 0.5

    def drawn(x):
        spans = [((cells - x[k]) % period) < x[k + 2] - x[k] for k in (1, 0)]
        return np.outer(*spans)

    np.testing.assert_array_equal(sizes(raster.measure(drawn(a), drawn(b))), got)
    by_polygon = polygons.measure(*map(polygon, (a, b)), period=(period, period))
    np.testing.assert_allclose(sizes(by_polygon), got, atol=1e-9)


corner = st.floats(-1e3, 1e3)
side = st.floats(0, 1e3)
any_box = st.tuples(corner, corner, side, side).map(box)


@given(any_box, any_box)
def test_symmetry_and_bounds(a, b):
    o = boxes.measure(a, b)
    assert 0 <= o.intersection <= min(o.size_a, o.size_b)
    assert float(o.intersection) == float(boxes.measure(b, a).intersection)


@given(any_box)
def test_a_box_with_itself(a):
    assert float(ov.iou(boxes.measure(a, a), empty=1.0)) == 1
    assert float(ov.iou(boxes.measure(a, a, period=(700, None)), empty=1.0)) == 1


@given(any_box, any_box, st.floats(1, 1e4), *(st.integers(-5, 5),) * 2)
def test_the_seam_is_nowhere(a, b, length, turns, more):
    o = boxes.measure(a, b, period=(length, length))
    moved = boxes.measure(a + turns * length, b + 0.37 * length, period=(length, length))
    back = boxes.measure(a, b + 0.37 * length - more * length, period=(length, length))
    np.testing.assert_allclose(sizes(moved), sizes(back), atol=1e-11 * max(length, 1e3) ** 2)
    assert (o.intersection >= 0) & (o.intersection <= o.size_a) & (o.intersection <= o.size_b)


@given(any_box, st.floats(1, 1e3))
def test_all_round_is_the_full_ring(b, length):
    ring = np.array([17.0, -3.0, 17.0 + 2.5 * length, 40.0 + length])
    o = boxes.measure(ring, b, period=(length, length))
    assert float(o.size_a) == length**2
    assert float(o.intersection) == float(o.size_b)


@given(any_box, any_box)
def test_a_long_period_is_none(a, b):
    open_axes, long = boxes.measure(a, b), boxes.measure(a, b, period=(1e5, None))
    np.testing.assert_allclose(sizes(long), sizes(open_axes), atol=1e-7)


# ---------------------------------------------------------------- circles


@pytest.mark.parametrize(
    ("a", "b", "shared"),
    [
        ((350, 370), (0, 20), 10),
        ((350, 370), (-5, 5), 10),
        ((0, 270), (180, 450), 180),  # two pieces
        ((0, 270), (180 - 720, 450 - 720), 180),
        ((0, 400), (90, 100), 10),
        ((0, 360), (7, 367), 360),
        ((0, 90), (180, 270), 0),
        ((0, 90), (90, 180), 0),
        ((-1e-17, 10), (0, 10), 10),
    ],
)
def test_arcs(backend, a, b, shared):
    a, b = (backend.asarray(np.array(x, dtype=float)) for x in (a, b))
    o = boxes.measure(a, b, period=(360,))
    assert backend.to_numpy(o.intersection) == pytest.approx(shared, abs=1e-12)
    assert backend.to_numpy(boxes.measure(b, a, period=(360.0,)).intersection) == pytest.approx(shared, abs=1e-12)


def test_a_cylinder():
    o = boxes.measure(np.array([350.0, 0.0, 370.0, 2.0]), np.array([0.0, 361.0, 20.0, 363.0]), period=(360, None))
    assert float(o.intersection) == 0
    o = boxes.measure(np.array([350.0, 0.0, 370.0, 2.0]), np.array([0.0, 1.0, 20.0, 363.0]), period=(360, None))
    assert float(o.intersection) == 10


# ---------------------------------------------------------------- torch

FUNCTIONS = {
    "measure": lambda a, b: boxes.measure(a, b).intersection,
    "periodic": lambda a, b: boxes.iou(a, b, period=(7.0, None)),
    "pairwise": boxes.pairwise,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_vmap_and_compile(check_under_torch, name):
    is_matrix = name == "pairwise"
    check_under_torch(FUNCTIONS[name], every_pair=is_matrix, marks_malformed=not is_matrix)


# ---------------------------------------------------------------- nothing, and bad input


def test_boxes_without_area():
    point, segment, other = np.array([1.0, 1, 1, 1]), np.array([0.0, 1, 4, 1]), np.array([2.0, 1, 6, 1])
    assert isnan(boxes.pairwise(point[None], point[None])[0, 0])
    assert float(ov.iou(boxes.measure(segment, other), empty=0.5)) == 0.5


def test_none_at_all(backend):
    none, one = backend.asarray(np.zeros((0, 4))), backend.asarray(np.ones((1, 4)))
    assert backend.to_numpy(boxes.pairwise(none, one)).shape == (0, 1)
    assert backend.to_numpy(boxes.pairwise(one, none)).shape == (1, 0)


@pytest.mark.parametrize("bad", [360, (360,), (360, -1), (360, np.nan), (0, None), "ab"])
def test_periods(bad):
    with pytest.raises((ValueError, TypeError), match="period"):
        boxes.measure(np.zeros(4), np.zeros(4), period=bad)


# ---------------------------------------------------------------- 0 ≤ |A∩B| ≤ min(|A|, |B|), in any dtype

ENDS = [0.0, 0.1, 1 / 3, 0.7, 1.0, 359.9, 360.0, 1e-300, 1e6]
ends = st.sampled_from(ENDS) | st.floats(0, 720)
sides = st.tuples(ends, st.sampled_from([0.0, 0.1, 1 / 3, 180.0, 360.0]) | st.floats(0, 400))


@given(
    *[st.tuples(sides, sides)] * 2,
    st.sampled_from([None, (360, 360), (0.7, None), (360, 1e-3), (1 / 3, 1e6)]),
    st.sampled_from(["float16", "float32", "float64"]),
    st.booleans(),
)
def test_no_more_is_shared_than_either_has(a, b, period, dtype, moved):
    if moved:  # the same box, a period on
        p, q = (1, 1) if period is None else [p or 1 for p in period]
        b = ((a[0][0] + p, a[0][1]), (a[1][0] + q, a[1][1]))
    with np.errstate(over="ignore"):
        lo_hi = [np.array([x[0][0], x[1][0], x[0][0] + x[0][1], x[1][0] + x[1][1]], dtype) for x in (a, b)]
    assume(np.isfinite(lo_hi).all())  # a half ends at 65504
    o = boxes.measure(*lo_hi, period=period)
    assert 0 <= o.intersection <= min(o.size_a, o.size_b)
    assert o.size_a.dtype == (np.float64 if dtype == "float64" else np.float32)


# torch has uint16 for few operations
WHOLE_NUMBERS = [
    (library, dtype)
    for library in ("numpy", "numpy-readonly", "array_api_strict", "torch", "dask")
    for dtype in ("int8", "uint8", "int16", "uint16", "int32")
    if (library, dtype) != ("torch", "uint16")
]


@pytest.mark.parametrize(("backend", "dtype"), WHOLE_NUMBERS, indirect=["backend"])
def test_areas_of_small_whole_numbers_do_not_wrap_around(backend, dtype):
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    box = backend.asarray(np.array([[low, low, high, high]], dtype))
    o = boxes.measure(box, box)
    assert sizes(o, backend.to_numpy).ravel().tolist() == [float(high - low) ** 2] * 3
    assert backend.to_numpy(boxes.pairwise(box, box)).tolist() == [[1.0]]
    assert backend.to_numpy(boxes.giou(box, box)).tolist() == [1.0]


@pytest.mark.parametrize(("dtype", "scale"), [("float32", 1e18), ("float64", 1e150)])
@pytest.mark.parametrize("power", [1, -1])
def test_from_end_to_end_of_the_range(dtype, scale, power):
    """What the package promises of scales."""
    a, b = np.array([0.0, 0.0, 2.0, 1.5]), np.array([1.0, 0.0, 3.0, 1.0])
    scaled = [(x * scale**power).astype(dtype) for x in (a, b)]
    np.testing.assert_allclose(boxes.iou(*scaled), 0.25, rtol=8 * np.finfo(dtype).eps)
