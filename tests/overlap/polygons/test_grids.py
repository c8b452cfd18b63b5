from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

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


@pytest.mark.slow
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
    with pytest.raises(
        ValueError, match="polygons.rasterize: mode must be one of 'centre', 'coverage', got 'all_touched'"
    ):
        polygons.rasterize(shapely.box(0, 0, 1, 1), CELLS, "all_touched")


# ---- from_raster


def top8000():
    with (files("domains.ramachandran") / "data" / "top8000.npz").open("rb") as file:
        return dict(np.load(file, allow_pickle=False))


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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.parametrize("period", [None, (12, 11)])
def test_plateaus_at_the_level_build_their_whole_area(period):
    values = np.random.default_rng(12).integers(0, 3, (100, 11, 12)) / 2
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


@pytest.mark.parametrize(
    ("level", "error", "message"),
    [
        (np.nan, ValueError, "polygons.from_raster: level is NaN; pass the least value that is inside"),
        ((np.arange(3.0), np.arange(3.0)), TypeError, "polygons.from_raster: level must be one number, got"),
    ],
    ids=["nan", "a grid"],
)
def test_a_level_is_a_number(level, error, message):
    with pytest.raises(error, match=message):
        polygons.from_raster(np.eye(3), level)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(
    mask=hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=9)),
    periodic=st.tuples(st.booleans(), st.booleans()),
)
def test_cells_by_their_edges_make_the_round_trip(mask, periodic):
    """Every cell is covered wholly or not at all, and the area is their number."""
    period = periods_of(mask, periodic)
    region = polygons.from_raster(mask, period=period, outline="cells")
    assert region.is_valid
    assert region.area == mask.sum()
    grid = np.arange(mask.shape[1]), np.arange(mask.shape[0])
    np.testing.assert_array_equal(polygons.rasterize(region, grid, "coverage", period=period), mask)


def test_cells_of_a_grid_that_descends():
    """North up: the first row is the highest."""
    mask = np.array([[True, False, False], [False, False, True]])
    region = polygons.from_raster(mask, grid=([10, 12, 14], [50, 47]), outline="cells")
    assert sorted(part.bounds for part in region.geoms) == [(9, 48.5, 11, 51.5), (13, 45.5, 15, 48.5)]
    assert shapely.is_ccw(shapely.get_rings(region)).all()
    with pytest.raises(ValueError, match="^polygons.from_raster: outline"):
        polygons.from_raster(mask, outline="edges")
