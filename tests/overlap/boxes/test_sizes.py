"""Oracles: powerboxes 0.3.1 and pycocotools 2.0.11 (values written down), shapely, rasters, the papers' formulas."""

from __future__ import annotations

from functools import partial
from itertools import product
from math import atan, isnan, pi

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import overlap as ov
from overlap import boxes, polygons, raster

SCORES = ("giou", "diou", "ciou", "eiou")
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
# powerboxes 0.3.1, giou_distance
GIOU = [
    [0.2333333333333333, -0.0833333333333333, -0.4242424242424243, 0.25],
    [0.1904761904761905, 1, -0.4444444444444444, -0.3333333333333333],
    [-0.4642857142857144, -0.35, 0.075, -0.3048691860465116],
    [-0.8956521739130436, -0.9272727272727272, -0.972, -0.9696969696969697],
    [-0.6214814814814815, -0.735, -0.6666666666666665, 0.02],
]
# powerboxes 0.3.1, ciou_distance; it has none for boxes that are apart
CIOU = [
    [0.2873575328306831, 0.0836960624209996, None, 0.1875],
    [0.2708326385519221, 1, None, None],
    [None, None, 0.039885387463684, -0.1486230826927306],
    [None, None, None, None],
    [-0.2158219844641449, None, None, -0.2266177899633606],
]


def test_peers(backend):
    a, b = map(backend.asarray, (A, B))
    np.testing.assert_allclose(backend.to_numpy(boxes.pairwise(a, b)), IOU, atol=1e-15)
    np.testing.assert_allclose(backend.to_numpy(boxes.giou(a[:, None, :], b)), GIOU, atol=1e-15)
    ciou, known = backend.to_numpy(boxes.ciou(a[:, None, :], b)), np.array(CIOU, dtype=float)
    np.testing.assert_allclose(np.where(np.isnan(known), np.nan, ciou), known, atol=1e-15)


def test_three_dimensions():
    a = np.array([[0, 0, 0, 4, 2, 3], [1, 1, 1, 3, 4, 2.5], [-2, -1, 0, 0.5, 7, 9]])
    b = np.array([[1, 0.5, 1, 5, 3, 2], [1, 1, 1, 3, 4, 2.5], [-1.5, 2, -1, 0, 3, 1]])
    # MONAI 1.6.1, data.box_utils.box_giou, which computes in single precision
    expected = [
        [-0.1919020861387253, -0.2750000059604645, -0.5909090638160706],
        [-0.0190476179122925, 1, -0.7460317611694336],
        [-0.6230158805847168, -0.4749999940395355, -0.0842355415225029],
    ]
    np.testing.assert_allclose(boxes.giou(a[:, None], b), expected, atol=4e-8)
    np.testing.assert_allclose(boxes.pairwise(a, b)[0, 0], 4.5 / (24 + 10 - 4.5), rtol=1e-15)


def by_the_paper(kind, a, b):
    """One pair in plain Python, from the definitions."""
    d = len(a) // 2
    axes = list(zip(a[:d], a[d:], b[:d], b[d:], strict=True))
    both = np.prod([max(min(h, k) - max(x, y), 0) for x, h, y, k in axes])
    hull = [max(h, k) - min(x, y) for x, h, y, k in axes]
    in_a, in_b = np.prod([h - x for x, h, _, _ in axes]), np.prod([k - y for _, _, y, k in axes])
    iou = both / (in_a + in_b - both)
    if kind == "giou":
        return iou - (np.prod(hull) - (in_a + in_b - both)) / np.prod(hull)
    diou = iou - sum(((x + h) / 2 - (y + k) / 2) ** 2 for x, h, y, k in axes) / sum(c**2 for c in hull)
    if kind == "eiou":
        return diou - sum(((h - x - k + y) / c) ** 2 for (x, h, y, k), c in zip(axes, hull, strict=True))
    if kind == "ciou":
        (wa, wb), (ha, hb) = ((h - x, k - y) for x, h, y, k in axes)
        v = 4 / pi**2 * (atan(wb / hb) - atan(wa / ha)) ** 2
        return diou - v * v / (1 - iou + v)
    return diou


@pytest.mark.parametrize(("kind", "d"), [x for x in product(SCORES, (1, 2, 3)) if x[0] != "ciou" or x[1] == 2])
def test_scores_by_the_papers(backend, kind, d):
    a, b = some(50, d), some(50, d)
    got = backend.to_numpy(getattr(boxes, kind)(backend.asarray(a), backend.asarray(b)))
    np.testing.assert_allclose(got, [by_the_paper(kind, *x) for x in zip(a, b, strict=True)], atol=1e-14)


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
scale = st.floats(1e-6, 1e6)


@given(any_box, any_box)
def test_symmetry_and_bounds(a, b):
    o = boxes.measure(a, b)
    assert 0 <= o.intersection <= min(o.size_a, o.size_b)
    assert float(o.intersection) == float(boxes.measure(b, a).intersection)
    got = {k: float(getattr(boxes, k)(a, b)) for k in SCORES}
    for k, value in got.items():
        assert value == pytest.approx(float(getattr(boxes, k)(b, a)), abs=1e-15)
        assert -4 <= value <= 1
    assert -1 <= got["giou"] <= float(ov.iou(o, empty=1.0)) + 1e-12
    assert -1 <= got["diou"] >= max(got["ciou"], got["eiou"])


@given(any_box)
def test_a_box_with_itself(a):
    assert all(float(getattr(boxes, k)(a, a)) == 1 for k in SCORES)
    assert float(ov.iou(boxes.measure(a, a), empty=1.0)) == 1
    assert float(ov.iou(boxes.measure(a, a, period=(700, None)), empty=1.0)) == 1


@given(any_box, any_box, st.integers(-40, 40))
def test_no_scale_is_special(a, b, power):
    for k in SCORES:
        assert float(getattr(boxes, k)(a * 2.0**power, b * 2.0**power)) == float(getattr(boxes, k)(a, b))


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


# ---------------------------------------------------------------- dtypes and torch


def test_integers_and_half_precision(backend):
    huge = backend.asarray(np.array([[0, 0, 100_000, 100_000]], dtype=np.int32))
    assert backend.to_numpy(boxes.measure(huge, huge).intersection).tolist() == [1e10]
    if backend.name == "array_api_strict":
        return
    half = backend.asarray(np.array([[0, 0, 1000, 1000]], dtype=np.float16))
    o = boxes.measure(half, half)
    assert backend.to_numpy(o.size_a).dtype == np.float32
    assert backend.to_numpy(o.size_a).tolist() == [1e6]


def test_float32_stays():
    a = some(3).astype(np.float32)
    assert boxes.pairwise(a, a).dtype == boxes.giou(a, a).dtype == np.float32
    assert boxes.pairwise(a, a.astype(np.float64)).dtype == np.float64


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


FUNCTIONS = {
    "measure": lambda a, b: boxes.measure(a, b).intersection,
    "periodic": lambda a, b: ov.iou(boxes.measure(a, b, period=(7.0, None))),
    "pairwise": boxes.pairwise,
    "encode": boxes.encode,
    "decode": lambda a, b: boxes.decode(a / 10, b),
    "convert": lambda a, b: boxes.convert(a, "lo-hi", "centre-log-size") + b,
    **{k: partial(getattr(boxes, k)) for k in SCORES},
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_vmap_and_compile(torch, name):
    function = FUNCTIONS[name]
    a, b = (torch.tensor(some(5), requires_grad=True) for _ in range(2))
    if name != "ciou":  # its alpha is a constant to gradients
        assert torch.autograd.gradcheck(function, (a, b))
    expected = function(a, b)
    mapped = torch.func.vmap(function)(a[:, None], b[:, None])
    where = torch.arange(5)
    torch.testing.assert_close(
        mapped.reshape(5, -1), (expected[where, where] if name == "pairwise" else expected).reshape(5, -1)
    )
    compiled = torch.compile(function, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(a, b), expected)
    fewer = a.detach()[:3], b.detach()[:3]
    torch.testing.assert_close(compiled(*fewer), function(*fewer))


def test_unobserved_malformed_boxes_are_nan(torch):
    a, b = torch.tensor(some(3)), torch.tensor(some(3))
    a[1, 0], b[2, 3] = 100.0, np.nan
    for name in ("measure", "periodic", "encode", *SCORES):
        got = torch.func.vmap(FUNCTIONS[name])(a, b).reshape(3, -1)
        assert torch.isnan(got).all(dim=1).tolist() == [False, True, True], name
        got = torch.compile(FUNCTIONS[name], fullgraph=True, backend="aot_eager")(a, b).reshape(3, -1)
        assert torch.isnan(got).all(dim=1).tolist() == [False, True, True], name


def test_dask_is_lazy_and_marks_malformed_boxes():
    da = pytest.importorskip("dask.array")
    a = some(5)
    a[1] = a[1, ::-1]
    pairs = boxes.pairwise(da.from_array(a, chunks=2), da.from_array(some(4), chunks=2))
    assert isinstance(pairs, da.Array)
    assert np.isnan(pairs.compute()).all(axis=1).tolist() == [False, True, False, False, False]


# ---------------------------------------------------------------- nothing, and bad input


def test_boxes_without_area():
    point, segment, other = np.array([1.0, 1, 1, 1]), np.array([0.0, 1, 4, 1]), np.array([2.0, 1, 6, 1])
    assert isnan(boxes.pairwise(point[None], point[None])[0, 0])
    assert float(ov.iou(boxes.measure(segment, other), empty=0.5)) == 0.5
    # an axis without extent drops out: segments of one line have the IoU of their lengths
    assert float(boxes.giou(segment, other)) == pytest.approx(1 / 3, rel=1e-15)
    assert float(boxes.giou(point, point + 1)) == -1
    assert float(boxes.diou(point, point + 1)) == 0 - 1
    assert float(boxes.giou(point, np.array([0.0, 0, 2, 2]))) == 0


def test_none_at_all(backend):
    none, one = backend.asarray(np.zeros((0, 4))), backend.asarray(np.ones((1, 4)))
    assert backend.to_numpy(boxes.pairwise(none, one)).shape == (0, 1)
    assert backend.to_numpy(boxes.pairwise(one, none)).shape == (1, 0)
    assert backend.to_numpy(boxes.giou(none, one)).shape == (0,)


@pytest.mark.parametrize("row", [[2, 2, 0, 0], [0, 0, -1, 1], [0, 0, np.nan, 1], [0, -np.inf, 1, 1]])
@pytest.mark.parametrize("name", ["measure", "pairwise", "encode", *SCORES])
def test_malformed_boxes(torch, row, name):
    bad, good = np.array([[0.0, 0, 1, 1], row]), some(2)
    for asarray in (np.asarray, torch.tensor):
        with pytest.raises(ValueError, match=rf"boxes\.{name}: 1 of 2 boxes of .* are malformed.*convert"):
            getattr(boxes, name)(asarray(good), asarray(bad))


def test_shapes_and_dtypes():
    with pytest.raises(ValueError, match=r"2d numbers.*a: \(3,\)"):
        boxes.measure(np.zeros(3), np.zeros(3))
    with pytest.raises(ValueError, match=r"same d; got a: \(4,\), b: \(6,\)"):
        boxes.giou(np.zeros(4), np.zeros(6))
    with pytest.raises(ValueError, match=r"broadcast together.*boxes\.pairwise"):
        boxes.measure(np.zeros((3, 4)), np.zeros((2, 4)))
    with pytest.raises(ValueError, match=r"a has shape \(4,\).*\(n, 2d\)"):
        boxes.pairwise(np.zeros(4), np.zeros((1, 4)))
    with pytest.raises(ValueError, match="ciou.*got 6 columns"):
        boxes.ciou(np.zeros((1, 6)), np.zeros((1, 6)))
    with pytest.raises(TypeError, match="b has dtype bool"):
        boxes.measure(np.zeros(4), np.zeros(4, bool))
    with pytest.raises(TypeError, match=r"a is a list.*numpy\.asarray"):
        boxes.pairwise([[0, 0, 1, 1]], np.zeros((1, 4)))


@pytest.mark.parametrize("bad", [360, (360,), (360, -1), (360, np.nan), (0, None), "ab"])
def test_periods(bad):
    with pytest.raises((ValueError, TypeError), match="period"):
        boxes.measure(np.zeros(4), np.zeros(4), period=bad)
