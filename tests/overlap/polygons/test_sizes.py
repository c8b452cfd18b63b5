from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rationals import shared_area

import overlap as ov
from overlap import polygons

TORUS = (360.0, 360.0)


def moved(geometries, shift):
    return shapely.transform(geometries, lambda xy: xy + np.asarray(shift))


def blobs(seed, n, vertices=120, radius=(10, 80)):
    """Make star-shaped polygons with three lobes anywhere on the torus."""
    rng = np.random.default_rng(seed)
    turn = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    lobes = 1 + 0.2 * np.sin(3 * turn + rng.uniform(0, 6, (n, 1)))
    r = rng.uniform(*radius, (n, 1)) * lobes
    centre = rng.uniform(-180, 180, (n, 1, 2))
    return shapely.polygons(centre + r[..., None] * np.stack([np.cos(turn), np.sin(turn)], axis=-1))


def ring(polygon):
    return shapely.get_coordinates(polygon)[:-1]


def covers(geometry, x, y):
    """Return which points of the torus are in a polygon, from its images one by one: a slow independent answer."""
    images = [moved(geometry, (360 * i, 360 * j)) for i in range(-3, 4) for j in range(-3, 4)]
    return np.any([shapely.contains_xy(g, x, y) for g in images], axis=0)


# ---- measure: closed forms


@pytest.mark.parametrize("period", [None, TORUS, (360, None), (None, 360)])
def test_boxes_on_the_plane_have_the_closed_form(period):
    o = polygons.measure(shapely.box(0, 0, 3, 2), shapely.box(1, -1, 5, 1), period=period)
    assert (float(o.intersection), float(o.size_a), float(o.size_b)) == (2.0, 6.0, 8.0)
    assert o.intersection.dtype == np.float64
    assert o.shape == ()


@pytest.mark.parametrize(
    ("a", "b", "shared"),
    [
        ((170, 0, 190, 10), (-180, 5, -160, 15), 50),  # the seam
        ((170, 170, 200, 200), (-190, -190, -170, -170), 400),  # the corner
        ((-180, -10, 180, 10), (0, 0, 540, 5), 1800),  # two rings
        ((-180, -180, 180, 180), (170, 170, 200, 200), 900),  # the whole torus
        ((0, 0, 270, 10), (180, 0, 450, 10), 1800),  # arcs that meet twice
        ((-170, -10, 170, 10), (175, -10, 185, 10), 0),  # a wide box is as drawn
        ((3600, -720, 3610, -710), (5, 5, 10, 20), 25),  # another cell
    ],
)
def test_boxes_on_the_torus_have_the_closed_form(a, b, shared):
    box_a = shapely.segmentize(shapely.box(*a), 180)
    box_b = shapely.segmentize(shapely.box(*b), 180)
    o = polygons.measure(box_a, box_b, period=TORUS)
    assert float(o.intersection) == pytest.approx(shared, abs=1e-12 * 360**2)


def test_a_cylinder_repeats_along_one_axis_only():
    a, b = shapely.box(170, 0, 190, 10), shapely.box(-190, 0, -170, 10)
    assert float(polygons.measure(a, b, period=(360, None)).intersection) == 200
    assert float(polygons.measure(a, b, period=(None, 360)).intersection) == 0


@pytest.mark.parametrize("shift", [(0, 0), (175, 0), (0, -170), (181, 179), (1e4, -1e4)])
def test_holes_have_the_closed_form(shift):
    frame = shapely.box(0, 0, 20, 20).difference(shapely.box(5, 5, 15, 15))
    a, b = moved(frame, shift), moved(shapely.box(0, 0, 10, 10), np.array(shift) - 360)
    o = polygons.measure(a, b, period=TORUS)
    np.testing.assert_allclose([o.intersection, o.size_a, o.size_b], [75, 300, 100], atol=1e-8)


def test_what_runs_round_more_than_once_counts_once():
    o = polygons.measure(shapely.box(0, 0, 900, 10), shapely.box(-10, 0, 10, 10), period=TORUS)
    assert [float(o.intersection), float(o.size_a)] == pytest.approx([200, 3600])
    twice = shapely.MultiPolygon([shapely.box(0, 0, 10, 10), shapely.box(365, 0, 375, 10)])
    o = polygons.measure(twice, shapely.box(0, 0, 90, 90), period=TORUS)
    assert [float(o.intersection), float(o.size_a)] == pytest.approx([150, 150])


def test_a_helix_that_misses_itself_keeps_its_area():
    helix = shapely.Polygon([(0, 0), (1000, 100), (1000, 110), (0, 10)])
    o = polygons.measure(helix, shapely.box(0, 0, 360, 360), period=TORUS)
    assert [float(o.intersection), float(o.size_a)] == pytest.approx([10_000, 10_000], rel=1e-12)


@pytest.mark.slow
def test_large_polygons_with_holes_agree_with_points():
    a = shapely.Point(100, 170).buffer(260).difference(shapely.Point(60, 150).buffer(150))
    b = shapely.Point(-100, 0).buffer(120).difference(shapely.Point(-130, 10).buffer(60))
    x, y = np.meshgrid(np.arange(-179.5, 180, 1.0), np.arange(-179.5, 180, 1.0))
    in_a, in_b = covers(a, x, y), covers(b, x, y)
    o = polygons.measure(a, b, period=TORUS)
    expected = np.array([np.mean(in_a & in_b), np.mean(in_a), np.mean(in_b)])
    np.testing.assert_allclose(np.array([o.intersection, o.size_a, o.size_b]) / 360**2, expected, atol=2e-4)


# ---- measure: arrays and laws


def test_arrays_broadcast_to_the_same_numbers_as_single_pairs():
    a, b = blobs(1, 4), blobs(2, 3)
    pairs = polygons.measure(a[:, None], b, period=TORUS)
    assert pairs.shape == (4, 3)
    for i, j in np.ndindex(4, 3):
        one = polygons.measure(a[i], b[j], period=TORUS)
        for name in ("intersection", "size_a", "size_b"):
            assert float(getattr(pairs[i, j], name)) == float(getattr(one, name))


def test_empty_geometries_have_no_size():
    empty = [shapely.Polygon(), shapely.MultiPolygon(), shapely.GeometryCollection()]
    for period in (None, TORUS):
        o = polygons.measure(empty, shapely.box(0, 0, 1, 1), period=period)
        assert o.intersection.tolist() == o.size_a.tolist() == [0, 0, 0]
    assert polygons.measure([], [], period=TORUS).shape == (0,)


def test_the_plane_agrees_with_rational_numbers_and_with_a_larger_torus():
    a, b = blobs(3, 6, vertices=24), blobs(4, 6, vertices=24)
    o = polygons.measure(a, b)
    expected = [float(shared_area([ring(x)], [ring(y)])) for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(o.intersection, expected, rtol=1e-13, atol=0)
    assert np.any(o.intersection > 0)
    torus = polygons.measure(a, b, period=(1e4, 1e4))
    np.testing.assert_allclose(torus.intersection, expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("period", [None, (1e5, 1e5), (1e5, None)])
@pytest.mark.parametrize("index", [polygons.iou, polygons.dice])
def test_neighbours_whose_corner_is_written_two_ways_share_nothing(index, period):
    left = np.array([(-37104, 41900), (45965, -35254), (138007, 144394)])
    right = np.array([(-37104, 41900), (-118572, -126869), (45965, -35254)])
    for begin in range(3):
        a = shapely.Polygon(np.roll(left, begin, axis=0) * 0.01)
        b = shapely.Polygon(np.roll(right, begin, axis=0) / 100)
        assert index(a, b, period=period) == 0


def neighbours(n, written):
    """Draw triangles on either side of an edge, whose corners two programs wrote down, within 80 degrees."""
    drawn = np.random.default_rng(3).integers(-8000, 8000, (n, 4, 2))
    begin, end, left, right = np.moveaxis(drawn, 1, 0)

    def side(corner):
        across = (end - begin)[:, 0] * (corner - begin)[:, 1] - (end - begin)[:, 1] * (corner - begin)[:, 0]
        return np.sign(across)

    lies_between = (side(left) > 0) & (side(right) < 0)
    a = np.stack([begin, end, left], axis=1)[lies_between] * 0.01
    b = np.stack([begin, right, end], axis=1)[lies_between]
    b = b / 100 if written == "divided" else b * 0.01
    if written == "one unit off":
        b[:, 0] = np.nextafter(b[:, 0], np.inf)
    return shapely.polygons(a), shapely.polygons(b)


@pytest.mark.parametrize(
    "space", [{"period": TORUS}, {"period": (360, None)}, {"period": (None, 360)}, {"sphere": True}], ids=str
)
@pytest.mark.parametrize("written", ["divided", "one unit off"])
def test_neighbours_share_nothing_where_axes_repeat(space, written):
    """GEOS finds all of a triangle in its neighbour in 1 % of these."""
    a, b = neighbours(6000, written)
    over_the_seam = shapely.transform(b, lambda xy: xy + np.array([360.0, 0.0])) if "sphere" in space else b
    o = polygons.measure(a, over_the_seam, **space)
    assert len(a) > 1000
    assert np.max(o.intersection / np.minimum(o.size_a, o.size_b)) < 1e-9


def test_slivers_on_a_torus_lie_in_what_holds_them():
    rng = np.random.default_rng(8)
    begin = rng.uniform(-100, 100, (500, 2))
    along = rng.normal(size=(500, 2))
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) * 1e-12
    corners = [begin, begin + 50 * along, begin + 50 * along + across, begin + across]
    slivers = shapely.polygons(np.stack(corners, axis=1))
    valid = slivers[shapely.is_valid(slivers)]
    o = polygons.measure(valid, shapely.box(-500, -500, 500, 500), period=(1000, None))
    np.testing.assert_allclose(o.intersection, o.size_a, rtol=1e-9, atol=0)


@pytest.mark.parametrize("period", [None, TORUS, (360, None)])
def test_a_part_is_never_more_than_the_whole(period):
    a = blobs(16, 300, vertices=12)
    for b in (a, a[::-1], shapely.buffer(a, 1e-9), shapely.transform(a, lambda xy: xy * 1.0000001)):
        o = polygons.measure(a, b, period=period)
        assert np.all(o.intersection >= 0)
        assert np.all(o.intersection <= np.minimum(o.size_a, o.size_b))


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    shift=st.tuples(st.floats(-720, 720), st.floats(-720, 720)),
    turns=st.tuples(st.integers(-9, 9), st.integers(-9, 9)),
)
def test_the_overlap_is_symmetric_bounded_and_does_not_know_the_seam(seed, shift, turns):
    a, b = blobs(seed, 4, vertices=24, radius=(10, 150)), blobs(seed + 1, 4, vertices=24, radius=(10, 150))
    o, back = polygons.measure(a, b, period=TORUS), polygons.measure(b, a, period=TORUS)
    tolerance = 1e-12 * 360**2
    np.testing.assert_allclose(o.intersection, back.intersection, rtol=0, atol=tolerance)
    assert np.all((o.intersection >= 0) & (o.intersection <= np.minimum(o.size_a, o.size_b) + tolerance))
    whole = np.array(turns) * 360.0
    for pair in ((moved(a, shift), moved(b, shift)), (moved(a, whole), b), (a, moved(b, whole))):
        other = polygons.measure(*pair, period=TORUS)
        np.testing.assert_allclose(other.intersection, o.intersection, rtol=0, atol=tolerance)


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(
    corner=st.tuples(st.integers(-400, 400), st.integers(-400, 400)),
    size=st.tuples(st.integers(1, 800), st.integers(1, 800)),
    shift=st.tuples(st.floats(-400, 400), st.floats(-400, 400)),
)
@pytest.mark.filterwarnings("ignore:polygons.measure.*an edge longer than half a period")
def test_boxes_in_either_direction_do_not_know_the_seam(corner, size, shift):
    box = shapely.box(*corner, *(c + s for c, s in zip(corner, size, strict=True)))
    other = shapely.box(-50, -60, 70, 80)
    for drawn in (box, box.reverse()):
        o = polygons.measure(drawn, other, period=TORUS)
        p = polygons.measure(moved(drawn, shift), moved(other, shift), period=TORUS)
        for name in ("intersection", "size_a", "size_b"):
            gap = float(getattr(p, name)) - float(getattr(o, name))
            assert abs(gap) <= 1e-12 * 360**2


def test_images_meet_themselves():
    a = blobs(5, 200)
    o = polygons.measure(a, moved(a, (360, -720)), period=TORUS)
    np.testing.assert_allclose(ov.iou(o), 1.0, rtol=1e-13)
    np.testing.assert_allclose(ov.dice(o), 1.0, rtol=1e-13)


@pytest.mark.slow
@pytest.mark.parametrize("period", [None, (2000.0, 2000.0)])
def test_equal_rectangles_written_differently_meet_themselves(period):
    # a plain shapely.intersection leaves a few in 10 000 of these pairs with a few points and no area
    rng = np.random.default_rng(1)
    n = 20_000 if period is None else 4_000
    centre, size = rng.uniform(-500, 500, (n, 1, 2)), rng.uniform(1, 200, (n, 1, 2))
    angle = rng.uniform(0, 2 * np.pi, n)
    corners = size * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) / 2

    def rectangles(t):
        turn = np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]])
        return shapely.polygons(np.einsum("ijn,nkj->nki", turn, corners) + centre)

    o = polygons.measure(rectangles(angle), rectangles(angle + np.pi), period=period)
    np.testing.assert_allclose(ov.iou(o), 1.0, rtol=1e-10)


# ---- the indices


@pytest.mark.parametrize("period", [None, TORUS])
def test_an_index_is_that_of_the_sizes(period):
    a = blobs(13, 5)
    b = blobs(14, 4)
    o = polygons.measure(a[:, None], b, period=period)
    np.testing.assert_array_equal(polygons.iou(a[:, None], b, period=period), ov.iou(o))
    np.testing.assert_array_equal(polygons.dice(a[:, None], b, period=period), ov.dice(o))
    assert np.any(ov.dice(o) > 0)


@pytest.mark.parametrize("index", [polygons.iou, polygons.dice])
def test_an_index_of_nothing_is_what_empty_says(index):
    nothing = shapely.Polygon()
    box = shapely.box(0, 0, 1, 1)
    assert np.isnan(index(nothing, nothing))
    assert index(nothing, nothing, empty=1.0) == 1
    assert index(box, nothing, empty=ov.EmptyPolicy(reference_empty=-1.0)) == -1


# ---- what is refused


@pytest.mark.parametrize("period", [None, TORUS])
def test_bad_geometries_are_named(period):
    box, bowtie = shapely.box(0, 0, 1, 1), shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    with pytest.raises(ValueError, match=r"polygons.measure: a\[1\] is invalid: Self-intersection.*make_valid"):
        polygons.measure([box, bowtie], box, period=period)
    with pytest.raises(ValueError, match=r"polygons.measure: b\[0, 1\] is None"):
        polygons.measure(box, [[box, None]], period=period)
    with pytest.raises(TypeError, match=r"polygons.measure: b is a Point, which has no area"):
        polygons.measure(box, shapely.Point(0, 0), period=period)
    with pytest.raises(TypeError, match=r"polygons.measure: a\[0\] is a float, not a shapely geometry"):
        polygons.measure([1.0], box, period=period)
    with pytest.raises(ValueError, match=r"polygons.measure: a is invalid: Invalid Coordinate"):
        polygons.measure(shapely.Polygon([(0, 0), (np.inf, 1), (1, 1)]), box, period=period)
    with pytest.raises(ValueError, match=r"polygons.measure: a \(2,\) and b \(3,\) do not broadcast"):
        polygons.measure([box] * 2, [box] * 3, period=period)


@pytest.mark.parametrize("scale", [1e-200, 1e160, 1e300])
def test_areas_that_float64_cannot_hold_are_refused_and_the_remedy_helps(scale):
    a = shapely.box(0, 0, 3 * scale, 2 * scale)
    b = shapely.box(scale, -scale, 5 * scale, scale)
    with pytest.raises(
        ValueError, match=r"polygons.measure: a is 3e.* wide and 2e.*float64 cannot hold; multiply"
    ) as caught:
        polygons.measure(a, b)
    assert "\n" not in str(caught.value)
    smaller = [shapely.transform(g, lambda xy: xy * (1 / scale)) for g in (a, b)]
    assert float(polygons.iou(*smaller)) == pytest.approx(2 / 12)


def test_a_polygon_without_numbers_is_refused():
    box = shapely.box(0, 0, 1, 1)
    with np.errstate(invalid="ignore"):
        lost = shapely.Polygon([(0, 0), (np.nan, 1), (1, 1)])
    with pytest.raises(ValueError, match="polygons.measure: b is invalid: Invalid Coordinate"):
        polygons.measure(box, lost)


def test_sizes_of_more_than_nineteen_digits_apart_are_refused_and_the_remedy_helps():
    tiny = shapely.box(0, 0, 1e-30, 1e-30)
    halved = shapely.Polygon([(-1, -1), (1, 1), (1, -1)])
    assert float(polygons.iou(tiny, shapely.box(-1, -1, 1, 1)) * 4) == pytest.approx(1e-60)
    with pytest.raises(ValueError, match=r"polygons.measure: the pair\[1\] differs in size.*clip_by_rect"):
        polygons.measure([shapely.Polygon(), tiny], halved)
    cut = shapely.clip_by_rect(halved, -1e-29, -1e-29, 1e-29, 1e-29)
    assert float(polygons.measure(tiny, cut).intersection) == pytest.approx(5e-61, rel=1e-9)


def test_the_smallest_polygon_whose_area_can_be_held():
    least = 2.0**-400
    assert float(polygons.measure(*[shapely.box(0, 0, least, least)] * 2).intersection) == least**2
    with pytest.raises(ValueError, match="float64 cannot hold"):
        polygons.measure(*[shapely.box(0, 0, least, 0.99 * least)] * 2)
