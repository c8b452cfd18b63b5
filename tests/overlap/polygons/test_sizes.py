from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from overlap import polygons
from overlap.indices import dice, iou

TORUS = (360.0, 360.0)
ROOT = Path(__file__).parents[2]


def moved(geometries, shift):
    return shapely.transform(geometries, lambda xy: xy + np.asarray(shift))


def wrapped(geometries):
    """Wrap the vertices into [-180, 180), as a table of angles has them."""
    return shapely.transform(geometries, lambda xy: (xy + 180) % 360 - 180)


def blobs(seed, n, vertices=120, radius=(10, 80)):
    """Make star-shaped polygons with three lobes anywhere on the torus."""
    rng = np.random.default_rng(seed)
    turn = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    lobes = 1 + 0.2 * np.sin(3 * turn + rng.uniform(0, 6, (n, 1)))
    r = rng.uniform(*radius, (n, 1)) * lobes
    centre = rng.uniform(-180, 180, (n, 1, 2))
    return shapely.polygons(centre + r[..., None] * np.stack([np.cos(turn), np.sin(turn)], axis=-1))


def covers(geometry, x, y):
    """Tell which points of the torus are in a polygon, from its images one by one: a slow outside answer."""
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
    o = polygons.measure(shapely.box(*a), shapely.box(*b), period=TORUS)
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


def test_large_polygons_with_holes_agree_with_points():
    a = shapely.Point(100, 170).buffer(260).difference(shapely.Point(60, 150).buffer(150))
    b = shapely.Point(-100, 0).buffer(120).difference(shapely.Point(-130, 10).buffer(60))
    x, y = np.meshgrid(np.arange(-179.75, 180, 0.5), np.arange(-179.75, 180, 0.5))
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


def test_the_shared_area_agrees_with_shapely_on_the_plane():
    a, b = blobs(3, 50), blobs(4, 50)
    expected = shapely.area(shapely.intersection(a, b))
    np.testing.assert_allclose(polygons.measure(a, b).intersection, expected, rtol=0, atol=1e-9)


@settings(max_examples=60, deadline=None)
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


@settings(max_examples=60, deadline=None)
@given(
    corner=st.tuples(st.integers(-400, 400), st.integers(-400, 400)),
    size=st.tuples(st.integers(1, 800), st.integers(1, 800)),
    shift=st.tuples(st.floats(-400, 400), st.floats(-400, 400)),
)
@pytest.mark.filterwarnings("ignore:measure.*look wrapped")
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
    np.testing.assert_allclose(iou(o), 1.0, rtol=1e-13)
    np.testing.assert_allclose(dice(o), 1.0, rtol=1e-13)


@pytest.mark.parametrize("period", [None, (2000.0, 2000.0)])
def test_equal_rectangles_written_differently_meet_themselves(period):
    # a plain shapely.intersection leaves a few in 10 000 of these pairs with a few points and no area
    rng = np.random.default_rng(1)
    n = 20_000
    centre, size = rng.uniform(-500, 500, (n, 1, 2)), rng.uniform(1, 200, (n, 1, 2))
    angle = rng.uniform(0, 2 * np.pi, n)
    corners = size * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) / 2

    def rectangles(t):
        turn = np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]])
        return shapely.polygons(np.einsum("ijn,nkj->nki", turn, corners) + centre)

    o = polygons.measure(rectangles(angle), rectangles(angle + np.pi), period=period)
    np.testing.assert_allclose(iou(o), 1.0, rtol=1e-10)


# ---- wrapped vertices


def test_counter_clockwise_polygons_may_be_wrapped_over_seam_and_corner():
    a, b = blobs(6, 300), blobs(7, 300)
    assert np.any(shapely.bounds(a)[:, 2:] > 180)
    o = polygons.measure(a, b, period=TORUS)
    with pytest.warns(UserWarning, match="polygons.unwrap"):
        w = polygons.measure(wrapped(a), wrapped(b), period=TORUS)
    told = polygons.measure(polygons.unwrap(wrapped(a), TORUS), polygons.unwrap(wrapped(b), TORUS), period=TORUS)
    np.testing.assert_allclose(told.intersection, w.intersection, rtol=0, atol=1e-12 * 360**2)
    np.testing.assert_allclose(w.intersection, o.intersection, rtol=0, atol=1e-12 * 360**2)


def test_the_right_hand_rule_tells_a_wide_box_from_a_wrapped_one():
    wide = shapely.box(-170, -10, 170, 10)
    assert float(polygons.measure(wide, wide, period=TORUS).size_a) == 340 * 20
    with pytest.warns(UserWarning, match="1 polygons .* look wrapped and are unwrapped.*orient_polygons"):
        assert float(polygons.measure(wide.reverse(), wide, period=TORUS).size_a) == 20 * 20
    dense = shapely.segmentize(wide.reverse(), 90)
    assert float(polygons.measure(dense, wide, period=TORUS).size_a) == 340 * 20


def test_unwrap_takes_every_long_edge_the_short_way():
    corner = wrapped(shapely.box(170, 170, 190, 190))
    assert polygons.unwrap(corner, TORUS).area == 400
    band = shapely.box(-180, 0, 180, 10)
    assert polygons.unwrap(band, TORUS).equals(band)
    assert polygons.unwrap(shapely.Polygon(), TORUS).is_empty


def test_an_edge_is_long_from_half_a_period_on():
    for half_width in (60, 85, 89.9):
        ring = shapely.Polygon([(-half_width, 0), (half_width, 0), (half_width, 10), (-half_width, 10)])
        assert polygons.unwrap(ring, TORUS).equals(ring)
    for half_width in (90.1, 105, 150, 175):
        ring = shapely.Polygon([(half_width, 0), (-half_width, 0), (-half_width, 10), (half_width, 10)])
        assert polygons.unwrap(ring, TORUS).area == pytest.approx(10 * (360 - 2 * half_width))


def test_unwrap_moves_holes_into_their_shell():
    frame = shapely.Polygon(shapely.box(150, 150, 210, 210).exterior, [shapely.box(185, 185, 195, 195).exterior])
    parts = shapely.MultiPolygon([frame, shapely.box(0, 0, 5, 5)])
    for drawn in (frame, parts):
        result = polygons.unwrap(wrapped(drawn), TORUS)
        assert result.geom_type == drawn.geom_type
        assert result.area == drawn.area
    o = polygons.measure(polygons.unwrap(wrapped(frame), TORUS), shapely.box(-175, -175, -165, -165), period=TORUS)
    assert float(o.intersection) == 0


def test_a_polygon_split_at_the_seam_is_the_one_drawn_past_it():
    split = shapely.MultiPolygon([shapely.box(150, 0, 180, 10), shapely.box(-180, 0, -150, 10)])
    o = polygons.measure(split, shapely.box(150, 0, 210, 10), period=TORUS)
    assert [float(o.intersection), float(o.union)] == pytest.approx([600, 600])


def test_a_ring_that_does_not_close_is_refused():
    band = shapely.Polygon([(x, y) for x in range(-180, 181, 40) for y in (0,)] + [(180, 10), (-180, 10)])
    assert float(polygons.measure(band, band, period=TORUS).size_a) == 3600
    staircase = shapely.Polygon([(-170, 0), (-60, 0), (60, 0), (170, 1)])
    with pytest.raises(ValueError, match=r"geometries\[1\] has a ring that runs round .* draw a band"):
        polygons.unwrap([shapely.Polygon(), staircase], TORUS)


# ---- what is refused


@pytest.mark.parametrize("period", [None, TORUS])
def test_bad_geometries_are_named(period):
    box, bowtie = shapely.box(0, 0, 1, 1), shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    with pytest.raises(ValueError, match=r"measure: a\[1\] is invalid: Self-intersection.*make_valid"):
        polygons.measure([box, bowtie], box, period=period)
    with pytest.raises(ValueError, match=r"measure: b\[0, 1\] is None"):
        polygons.measure(box, [[box, None]], period=period)
    with pytest.raises(TypeError, match=r"measure: b is a Point, which has no area"):
        polygons.measure(box, shapely.Point(0, 0), period=period)
    with pytest.raises(TypeError, match=r"measure: a\[0\] is a float, not a shapely geometry"):
        polygons.measure([1.0], box, period=period)
    with pytest.raises(ValueError, match=r"measure: a is invalid: Invalid Coordinate"):
        polygons.measure(shapely.Polygon([(0, 0), (np.inf, 1), (1, 1)]), box, period=period)
    with pytest.raises(ValueError, match=r"a \(2,\) and b \(3,\) do not broadcast"):
        polygons.measure([box] * 2, [box] * 3, period=period)


@pytest.mark.parametrize("period", [360, (360,), (360, 0), (360, -1), (360, np.inf), (np.nan, 360), "no"])
def test_bad_periods_are_refused(period):
    box = shapely.box(0, 0, 1, 1)
    with pytest.raises(ValueError, match=r"measure: .*period must be"):
        polygons.measure(box, box, period=period)


# ---- rasterize

# exactextract 0.3.0, operation "coverage" on cells 1 wide from (0, 0); single precision
FRAME = shapely.Polygon([(0.3, 0.2), (7.7, 1.1), (6.2, 4.8), (1.5, 4.3)], [[(3, 2), (4.5, 2.2), (4.1, 3.5)]])
FRAME_COVERAGE = [
    [0.4365442, 0.654054, 0.5324324, 0.4108108, 0.2891892, 0.1675676, 0.0468544, 0.0],
    [0.3195122, 1.0, 1.0, 1.0, 1.0, 1.0, 0.9990916, 0.4956081],
    [0.0512297, 0.9755996, 1.0, 0.4333333, 0.6817949, 1.0, 0.9939099, 0.1385225],
    [0.0, 0.7341464, 1.0, 0.9515151, 0.9183567, 1.0, 0.727027, 0.0],
    [0.0, 0.1764686, 0.406383, 0.5127659, 0.6191489, 0.7255319, 0.2876021, 0.0],
]
STAR = shapely.Polygon(
    [(0.1, 2.5), (2.6, 2.9), (3.9, 4.95), (4.6, 2.7), (7.9, 2.2), (4.4, 1.9), (3.7, 0.05), (3.1, 1.6)]
)
STAR_COVERAGE = [
    [0.0, 0.0, 0.0, 0.3407488, 0.0046718, 0.0, 0.0, 0.0],
    [0.0, 0.0081667, 0.22, 0.8688226, 0.2913282, 0.0137619, 0.0, 0.0],
    [0.1863, 0.6358333, 0.9080293, 1.0, 0.8538788, 0.5555887, 0.3321212, 0.0960779],
    [0.0, 0.0, 0.0893246, 0.9301876, 0.3511111, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 0.3650871, 0.0614603, 0.0, 0.0, 0.0],
]
CELLS = np.arange(8) + 0.5, np.arange(5) + 0.5
DEGREES = np.arange(-179.0, 180.0, 2.0)


def test_coverage_agrees_with_exactextract():
    found = polygons.rasterize([FRAME, STAR], CELLS, "coverage")
    np.testing.assert_allclose(found, [FRAME_COVERAGE, STAR_COVERAGE], rtol=0, atol=1e-7)


def test_coverage_agrees_with_clipping_cell_by_cell():
    x, y = np.linspace(-3, 4, 15), np.linspace(2, -3, 11)
    blob = shapely.Point(0.3, -0.2).buffer(2.9).difference(shapely.Point(0.5, 0.1).buffer(1.1))
    cells = shapely.box(x - 0.25, y[:, None] - 0.25, x + 0.25, y[:, None] + 0.25)
    expected = shapely.area(shapely.intersection(blob, cells)) / 0.25
    np.testing.assert_allclose(polygons.rasterize(blob, (x, y), "coverage"), expected, rtol=0, atol=1e-13)


def test_centres_agree_with_shapely():
    a = blobs(8, 5)
    x, y = np.meshgrid(DEGREES, DEGREES)
    expected = np.stack([shapely.contains_xy(g, x, y) for g in a])
    np.testing.assert_array_equal(polygons.rasterize(a, (DEGREES, DEGREES)), expected)


def test_coverage_is_exactly_0_outside_and_1_inside():
    a = shapely.Point(0, 0).buffer(100)
    found = polygons.rasterize(a, (DEGREES, DEGREES), "coverage")
    cells = shapely.box(DEGREES - 1, DEGREES[:, None] - 1, DEGREES + 1, DEGREES[:, None] + 1)
    assert np.all(found[shapely.disjoint(a, cells)] == 0)
    assert np.all(found[shapely.contains_properly(a, cells)] == 1)


@pytest.mark.parametrize("mode", ["centre", "coverage"])
def test_polygons_that_share_edges_share_no_cell(mode):
    # half the vertices lie on cell centres
    rng = np.random.default_rng(9)
    points = np.concatenate([rng.integers(0, 20, (40, 2)), rng.uniform(0, 19, (40, 2)), [(-1, -1), (-1, 21)]])
    tiles = np.array(shapely.delaunay_triangles(shapely.MultiPoint([*points, (21, -1), (21, 21)])).geoms, dtype=object)
    drawn = polygons.rasterize(tiles, (np.arange(20), np.arange(20)), mode)
    np.testing.assert_allclose(drawn.astype(float).sum(axis=0), 1.0, rtol=0, atol=1e-13)


def test_a_centre_on_an_edge_belongs_to_the_right_and_above():
    grid = np.arange(4), np.arange(3)
    assert polygons.rasterize(shapely.box(1, 0, 3, 1), grid).astype(int).tolist() == [
        [0, 1, 1, 0],
        [0, 0, 0, 0],
        [0, 0, 0, 0],
    ]


@pytest.mark.parametrize("mode", ["centre", "coverage"])
def test_axes_may_descend(mode):
    x, y = CELLS
    up = polygons.rasterize(FRAME, (x, y), mode)
    np.testing.assert_array_equal(polygons.rasterize(FRAME, (x[::-1], y[::-1]), mode), up[::-1, ::-1])


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), turns=st.tuples(st.integers(-200, 200), st.integers(-200, 200)))
def test_on_the_torus_no_area_is_lost_and_the_raster_rolls(seed, turns):
    a = blobs(seed, 2, radius=(5, 170))
    drawn = polygons.rasterize(a, (DEGREES, DEGREES), "coverage", period=TORUS)
    area = polygons.measure(a, a, period=TORUS).size_a
    np.testing.assert_allclose(drawn.sum(axis=(1, 2)) * 4, area, rtol=1e-12)
    shifted = moved(a, 2.0 * np.array(turns))
    rolled = polygons.rasterize(shifted, (DEGREES, DEGREES), "coverage", period=TORUS)
    np.testing.assert_allclose(rolled, np.roll(drawn, turns[::-1], axis=(1, 2)), rtol=0, atol=1e-10)


def test_a_part_of_the_torus_shows_what_is_there():
    a = shapely.box(170, -5, 190, 5)
    drawn = polygons.rasterize(a, (np.arange(-179.5, -160), np.arange(-9.5, 10)), "coverage", period=TORUS)
    assert drawn.sum() == 100
    assert drawn[5:15, :10].all()


@pytest.mark.parametrize(
    ("grid", "period", "message"),
    [
        (([0, 1, 3], [0, 1]), None, "grid x must be evenly spaced"),
        (([0, 1], [5]), None, "grid y must be a 1-D array of two or more"),
        (([0, 1], [2, 2]), None, "grid y must be evenly spaced"),
        (([0, 1, 2], [0, 1]), (2, 2), "more than the period"),
        (([0, 1, 2],), None, "must be a pair"),
    ],
)
def test_bad_grids_are_refused(grid, period, message):
    with pytest.raises(ValueError, match=message):
        polygons.rasterize(shapely.box(0, 0, 1, 1), grid, period=period)


def test_unknown_modes_are_refused():
    with pytest.raises(ValueError, match='"centre" or "coverage"'):
        polygons.rasterize(shapely.box(0, 0, 1, 1), CELLS, "all_touched")


# ---- from_raster


def top8000():
    shared = Path(os.environ.get("OVERLAP_SHARED_DATA", ROOT.parent / "shared" / "data"))
    found = [
        p
        for p in (
            ROOT / "domains/ramachandran/data/top8000.npz",
            shared / "ramachandran/top8000_from_cctbx.npz",
        )
        if p.exists()
    ]
    if not found:
        pytest.skip("needs the Top8000 grids: the package's data, or OVERLAP_SHARED_DATA")
    with np.load(found[0], allow_pickle=False) as data:
        return {k: data[k] for k in ("score", "favored", "allowed")}


def test_regions_have_the_areas_of_the_padded_contours():
    # skimage find_contours on a padded grid, even-odd, clipped by shapely; per cent of the torus, in the
    # order general, glycine, cis-Pro, trans-Pro, pre-Pro, Ile/Val
    data = top8000()
    expected = {
        "favored": [16.2705, 35.9695, 5.6904, 4.6140, 10.1114, 10.1211],
        "allowed": [38.9574, 62.9052, 10.5940, 9.9468, 22.2452, 23.3809],
    }
    for name, shares in expected.items():
        regions = [
            polygons.from_raster(s, c, grid=(DEGREES, DEGREES), period=TORUS)
            for s, c in zip(data["score"], data[name], strict=True)
        ]
        assert np.all(shapely.is_valid(regions))
        found = polygons.measure(regions, regions, period=TORUS).size_a / 1296
        np.testing.assert_allclose(found, shares, rtol=0, atol=5.1e-5)


def periods_of(mask, periodic):
    return tuple(float(n) if p else None for n, p in zip(mask.shape[::-1], periodic, strict=True))


@settings(max_examples=150, deadline=None)
@given(
    mask=hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=9)),
    periodic=st.tuples(st.booleans(), st.booleans()),
)
def test_hard_masks_make_the_round_trip(mask, periodic):
    period = periods_of(mask, periodic)
    region = polygons.from_raster(mask, period=period)
    grid = np.arange(mask.shape[1]), np.arange(mask.shape[0])
    np.testing.assert_array_equal(polygons.rasterize(region, grid, period=period), mask)


@settings(max_examples=100, deadline=None)
@given(
    values=hnp.arrays(np.int64, (9, 10), elements=st.integers(0, 3)),
    level=st.sampled_from([1, 2, 3]),
    periodic=st.tuples(st.booleans(), st.booleans()),
)
def test_a_value_at_the_level_is_inside(values, level, periodic):
    period = periods_of(values, periodic)
    region = polygons.from_raster(values, level, period=period)
    grid = np.arange(10), np.arange(9)
    np.testing.assert_array_equal(polygons.rasterize(region, grid, period=period), values >= level)


@pytest.mark.parametrize("period", [None, TORUS])
def test_smooth_soft_masks_keep_their_area(period):
    x, y = np.deg2rad(np.meshgrid(DEGREES, DEGREES))
    soft = (2 + np.cos(x - 3) + np.cos(2 * y + x)) / 4
    region = polygons.from_raster(soft, 0.6, grid=(DEGREES, DEGREES), period=period)
    assert region.is_valid
    assert shapely.orient_polygons(region).equals_exact(region)
    # on the plane the outline ends up to half a cell outside the outermost centres
    covered = polygons.rasterize(region, (DEGREES, DEGREES), "coverage", period=period)
    whole = np.r_[-181, DEGREES, 181]
    if period is None:
        covered = polygons.rasterize(region, (whole, whole), "coverage")
    assert covered.sum() * 4 == pytest.approx(region.area, rel=1e-12)


@pytest.mark.parametrize("period", [None, (12, 11)])
def test_plateaus_at_the_level_build_their_whole_area(period):
    values = np.random.default_rng(12).integers(0, 3, (300, 11, 12)) / 2
    values[0], values[1, :, :5] = 0.5, 0.5
    grid = np.arange(12), np.arange(11)
    for v in values:
        region = polygons.from_raster(v, period=period)
        np.testing.assert_array_equal(polygons.rasterize(region, grid, period=period), v >= 0.5)


def test_the_region_repeats_where_the_mask_does():
    mask = np.random.default_rng(10).random((20, 30)) < 0.6
    area = polygons.from_raster(mask, period=(30, 20)).area
    rolled = np.roll(mask, (7, 11), axis=(0, 1))
    assert polygons.from_raster(rolled, period=(30, 20)).area == pytest.approx(area, rel=1e-13)


def test_grids_place_the_region():
    mask = np.zeros((3, 4), bool)
    mask[0, 3] = True
    region = polygons.from_raster(mask, grid=([10, 8, 6, 4], [1, 2, 3]))
    assert region.bounds == (3.0, 0.5, 5.0, 1.5)
    assert region.exterior.is_ccw
    assert polygons.from_raster(np.ones((4, 4)), period=TORUS).bounds == (-45.0, -45.0, 315.0, 315.0)
    assert polygons.from_raster(np.zeros((3, 3))).is_empty


@pytest.mark.parametrize(
    ("mask", "options", "message"),
    [
        (np.ones(3), {}, "2-D"),
        (np.full((2, 2), np.nan), {}, "finite"),
        (np.ones((2, 2)), {"level": 0.0}, "lift the map"),
        (np.ones((2, 2)), {"grid": ([0, 1, 2], [0, 1])}, "the mask"),
        (np.ones((2, 2)), {"grid": ([0, 1], [0, 1]), "period": (4, 2)}, "less than the period"),
    ],
)
def test_bad_masks_are_refused(mask, options, message):
    with pytest.raises(ValueError, match=message):
        polygons.from_raster(mask, **options)
