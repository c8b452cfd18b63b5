from __future__ import annotations

import numpy as np
import pytest
import shapely

from overlap import polygons
from overlap.polygons import periodic

TORUS = (360.0, 360.0)


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


def test_counter_clockwise_polygons_may_be_wrapped_over_seam_and_corner():
    a, b = blobs(6, 300), blobs(7, 300)
    assert np.any(shapely.bounds(a)[:, 2:] > 180)
    o = polygons.measure(a, b, period=TORUS)
    with pytest.warns(UserWarning, match="polygons.unwrap"):
        w = polygons.measure(wrapped(a), wrapped(b), period=TORUS)
    unwrapped = polygons.measure(polygons.unwrap(wrapped(a), TORUS), polygons.unwrap(wrapped(b), TORUS), period=TORUS)
    np.testing.assert_allclose(unwrapped.intersection, w.intersection, rtol=0, atol=1e-12 * 360**2)
    np.testing.assert_allclose(w.intersection, o.intersection, rtol=0, atol=1e-12 * 360**2)


def test_the_right_hand_rule_tells_a_wide_box_from_a_wrapped_one():
    wide = shapely.box(-170, -10, 170, 10)
    dense = shapely.segmentize(wide, 180)
    with pytest.warns(UserWarning, match="measure: a: 1 polygons .* are taken to be as wide as drawn"):
        assert float(polygons.measure(wide, dense, period=TORUS).size_a) == 340 * 20
    with pytest.warns(UserWarning, match="1 polygons .* look wrapped and are unwrapped.*orient_polygons"):
        assert float(polygons.measure(wide.reverse(), dense, period=TORUS).size_a) == 20 * 20


def test_either_remedy_says_how_a_long_edge_is_read():
    """A scene of clockwise boxes, wrapped, looks like one of wide boxes."""
    ring = [(-1, -1), (-1, 2), (2, 2), (2, -1)]
    scene = np.array([shapely.Polygon(np.mod(ring, 10)), shapely.Polygon(np.mod(ring[::-1], 10))])
    period = (10, 10)
    with pytest.warns(UserWarning, match="look wrapped and are unwrapped, 1 polygons .* as wide as drawn; to say"):
        polygons.measure(scene, shapely.box(0, 0, 1, 1), period=period)
    right = polygons.unwrap(scene, period)
    assert polygons.measure(right, right, period=period).size_a.tolist() == [9, 9]
    as_drawn = shapely.segmentize(shapely.orient_polygons(scene), 5)
    assert polygons.measure(as_drawn, as_drawn, period=period).size_a.tolist() == [49, 49]


def test_a_series_with_a_coordinate_system_is_refused():
    class GeoSeries(np.ndarray):
        crs = "EPSG:4326"

    series = np.array([shapely.box(0, 0, 1, 1)]).view(GeoSeries)
    with pytest.raises(TypeError, match=r"^polygons.measure: a is a GeoSeries, whose index .* x.geometry.to_numpy\(\)"):
        polygons.measure(series, series)


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


@pytest.mark.parametrize("period", [360, (360,), (360, 0), (360, -1), (360, np.inf), (np.nan, 360), "no"])
def test_bad_periods_are_refused(period):
    box = shapely.box(0, 0, 1, 1)
    with pytest.raises(ValueError, match=r"polygons.measure: .*period must be"):
        polygons.measure(box, box, period=period)


# ---- where a warning points


@pytest.mark.parametrize(("period", "what"), [((1e300, None), "too small"), ((1e-300, 1), "too large")])
def test_a_period_in_another_unit_is_told(period, what):
    """Else a polygon would round to nothing, or run round without end."""
    box = shapely.box(0, 0, 1, 1)
    with pytest.raises(
        ValueError, match=rf"measure: b\[1\] is 1 wide and 1 high, {what} .* give the period in the unit"
    ):
        polygons.measure(shapely.Polygon(), [shapely.Polygon(), box], period=period)


def test_a_period_that_is_no_number_is_named():
    with pytest.raises(TypeError, match="polygons.measure: a period must be one number, got 'a'"):
        polygons.measure(shapely.box(0, 0, 1, 1), shapely.box(0, 0, 1, 1), period=(360, "a"))


@pytest.mark.parametrize(
    ("corners", "area"),
    [
        ([(0, 0), (2, 2), (2, 0), (0, 2)], 2.0),
        ([(0, 0), (1, 0), (2, 0)], 0.0),
        ([(0, 0), (0, 1), (0, 0)], 0.0),
        ([(0, 0), (2, 0), (2, 2), (0, 2), (0, 0), (-1, 0)], 4.0),
    ],
)
def test_the_remedy_of_an_invalid_polygon_is_one(corners, area):
    polygon = shapely.Polygon(corners)
    with pytest.raises(ValueError, match=r"measure: a is invalid: .*; repair it with ") as error:
        polygons.measure(polygon, shapely.box(0, 0, 1, 1))
    _, remedy = str(error.value).split("repair it with ")
    call = remedy if "(" in remedy else f"{remedy}(polygon)"
    repaired = eval(call, {"shapely": shapely, "polygon": polygon})
    assert float(polygons.measure(repaired, repaired).intersection) == area


def test_corners_that_are_no_numbers_cannot_be_repaired():
    with pytest.raises(ValueError, match="Invalid Coordinate.*; leave out the corners that are NaN or infinite"):
        polygons.measure(shapely.Polygon([(0, 0), (np.inf, 1), (1, 1)]), shapely.box(0, 0, 1, 1))


@pytest.mark.parametrize("call", [polygons.measure, polygons.iou, polygons.dice])
def test_a_warning_shows_the_line_of_the_caller(call):
    wide = shapely.box(-170, -10, 170, 10)
    with pytest.warns(UserWarning, match="polygons.measure: a: 1 polygons .* look wrapped") as caught:
        call(wide.reverse(), shapely.segmentize(wide, 180), period=TORUS)
    assert caught[0].filename == __file__


def test_a_warning_of_rasterize_shows_the_line_of_the_caller():
    wide = shapely.box(-170, -10, 170, 10)
    with pytest.warns(UserWarning, match="polygons.rasterize: geometries: 1 polygons .* look wrapped") as caught:
        polygons.rasterize(wide.reverse(), (np.arange(4.0), np.arange(3.0)), period=TORUS)
    assert caught[0].filename == __file__


# ---- the parts


def test_an_open_axis_has_no_period():
    assert periodic.read_periods("polygons.measure", None).tolist() == [0, 0]
    assert periodic.read_periods("polygons.measure", (None, 90)).tolist() == [0, 90]


def test_the_lattice_turns_periodic_axes_only():
    shifts = [shift.tolist() for shift in periodic.lattice(np.array([360.0, 0.0]), (-1, 0, 1))]
    assert shifts == [[-360, 0], [0, 0], [360, 0]]
    assert len(list(periodic.lattice(np.array([360.0, 90.0]), (-1, 0, 1)))) == 9


def test_prepared_polygons_begin_in_the_first_period():
    periods = np.array([360.0, 90.0])
    drawn = periodic.prepared("polygons.measure: a", moved(blobs(15, 20, radius=(5, 30)), (1e4, -1e4)), periods)
    corner = shapely.bounds(drawn)[:, :2]
    assert np.all((corner >= 0) & (corner < periods))


@pytest.mark.parametrize("shape", [(0,), (0, 3)])
def test_arrays_without_polygons_stay_so(shape):
    nothing = np.empty(shape, object)
    assert periodic.prepared("polygons.measure: a", nothing, np.array([360.0, 360.0])).shape == shape
    assert polygons.unwrap(nothing, TORUS).shape == shape


def test_only_polygons_of_an_overlay_have_area():
    touching = shapely.GeometryCollection([shapely.box(0, 0, 1, 1), shapely.LineString([(1, 1), (2, 2)])])
    areal = periodic.areal(np.array([touching, shapely.Point(0, 0), shapely.box(0, 0, 2, 1)], object))
    assert shapely.area(areal).tolist() == [1, 0, 2]
    assert set(shapely.get_type_id(areal).tolist()) <= {3, 6}


def test_what_is_wider_than_a_period_covers_it_once():
    wide = shapely.box(3, 0, 18, 2)
    folded = periodic.prepared("polygons.measure", np.array([wide]), np.array([10.0, 0.0]))[0]
    assert folded.area == 20
