"""What others publish: the overlays that JTS and GEOS keep as tests, and pairs reported to shapely and JTS as wrong.

JTS 1.20.0 by its results; the reported pairs, on three of which GEOS 3.14.1 still fails, by rational numbers; mmcv by
its tests test_box_iou_quadri.py, test_nms_quadri.py and test_convex_iou.py.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from rationals import shared_area

from overlap import matching, polygons

PUBLISHED = json.loads((Path(__file__).parents[2] / "data" / "jts_overlays.json").read_text())["cases"]


def rings(geometry):
    return [shapely.get_coordinates(ring)[:-1] for ring in shapely.get_rings(shapely.get_parts(geometry))]


def overlays(a, b):
    """Return the area of each overlay of two polygons, from the three sizes that they measure."""
    o = polygons.measure(a, b)
    shared, size = float(o.intersection), {"A": float(o.size_a), "B": float(o.size_b)}
    both = size["A"] + size["B"]
    return {
        ("intersection", "A", "B"): shared,
        ("union", "A", "B"): both - shared,
        ("symdifference", "A", "B"): both - 2 * shared,
        ("difference", "A", "B"): size["A"] - shared,
        ("difference", "B", "A"): size["B"] - shared,
    }


def widest_error(result, a, b):
    """Return how far from the area a published one may be: JTS moves edges to its grid, if it has one."""
    larger = max(a.area, b.area)
    if result["scale"] is None:
        return 1e-11 * larger
    return (a.length + b.length) / result["scale"]


@pytest.mark.parametrize("case", PUBLISHED, ids=[f"{case['file']}-{case['case']}" for case in PUBLISHED])
def test_jts(case):
    a = shapely.from_wkt(case["a"])
    b = shapely.from_wkt(case["b"])
    if not (a.is_valid and b.is_valid):
        with pytest.raises(
            ValueError, match=r"polygons\.measure: [ab] is invalid: .*repair it with shapely.make_valid"
        ):
            polygons.measure(a, b)
        return
    area = overlays(a, b)
    exact = float(shared_area(rings(a), rings(b)))
    assert area["intersection", "A", "B"] == pytest.approx(exact, rel=0, abs=1e-13 * min(a.area, b.area))
    for result in case["results"]:
        if (case["file"], case["case"]) == ("misc/TestOverlay.xml", 1):
            continue
        found = area[result["operation"], *result["of"]]
        assert found == pytest.approx(result["area"], rel=0, abs=widest_error(result, a, b))


def test_a_union_that_jts_publishes_is_larger_than_it_can_be():
    """misc/TestOverlay.xml, the second case: 7.686e-5, of which rational numbers have 7.676e-5."""
    case = next(c for c in PUBLISHED if (c["file"], c["case"]) == ("misc/TestOverlay.xml", 1))
    a = shapely.from_wkt(case["a"])
    b = shapely.from_wkt(case["b"])
    exact = a.area + b.area - float(shared_area(rings(a), rings(b)))
    assert [result["area"] for result in case["results"]] == [pytest.approx(7.685997355214089e-05)]
    assert overlays(a, b)["union", "A", "B"] == pytest.approx(exact, rel=1e-13) == 7.675787582455980e-05


REPORTED = {
    # GEOS 3.14.1: 15851, all of a
    "shapely 1871": (
        [(446, -207), (315, -75.99999999999999), (557, -76)],
        [(184, -207), (315, -76), (446, -207), (315, -338)],
    ),
    # GEOS 3.14.1: 127.93, all of a
    "shapely 2368": (
        [
            (-295.25030351249666, 4.236074061427525),
            (-295.08711234218333, -2.301948231163383),
            (-314.64218025800653, -2.7900491087570383),
            (-314.80537142831986, 3.7479731838338695),
        ],
        [
            (-275.69523559667346, 4.7241749390211805),
            (-275.53204442636013, -1.8138473535697273),
            (-295.08711234218333, -2.3019482311633825),
            (-295.25030351249666, 4.236074061427525),
        ],
    ),
    # GEOS 3.14.1: a point
    "shapely 1639": (
        [
            (127.74283932445364, -13.587090929970145),
            (43.44048377114247, -7.28462320799008),
            (54.329847263553376, 63.37854389007508),
            (54.61818554266568, 63.33040101339976),
            (135.62637080265046, 53.862076963892896),
        ],
        [
            (79.57006468414316, 227.16715306136757),
            (43.44048377114246, -7.28462320799008),
            (127.74283932445364, -13.587090929970145),
            (154.99848808655608, 219.60419326741248),
        ],
    ),
    # GEOS 3.12: an exception
    "shapely 1919": (
        [
            (4.000000000000003, -2.981692236008721e-17),
            (3.220885063921834, -2.3718978487711615),
            (3.9637409696122243, -0.537361634113902),
        ],
        [
            (3.2208850639218345, -2.37189784877116),
            (3.8450304540666984, -0.4717813965606859),
            (5.7451469062771725, -1.09592678670555),
            (5.121001516132309, -2.996043238916024),
        ],
    ),
    # GEOS 3.6: all of a
    "shapely 787": (
        [
            (3.155129753053188, 2.215167496353389),
            (7.491521513845953, 15.66021157189911),
            (1.76927375048399, 18.47587150773562),
            (1.76927375048399, 1.051617607468403),
            (2.576975833876214, 1.11076026498468),
        ],
        [
            (17.61336976289749, 2.211775496602058),
            (13.84626575559378, 1.935935497283936),
            (17.98853775858879, 10.49510350450873),
            (13.03455375880003, 12.93273550644517),
            (7.043449752032757, 1.364799495786428),
            (2.76927375048399, 1.018815495073795),
            (3.155129753053188, 2.215167496353388),
            (17.45093776285648, 29.52345551550389),
            (26.26640871809402, 24.50215322394688),
        ],
    ),
    # JTS 1.13: all of a
    "jts 119": (
        [
            (3.166572116932842, 48.5390194687463),
            (3.166572116932842, 50.470470727186765),
            (4.180930086918854, 50.470470727186765),
            (4.180930086918854, 48.5390194687463),
        ],
        [
            (2.152214146946829, 50.470470727186765),
            (18.381941666723034, 19.567250592139274),
            (2.390837642830135, 49.228045261718165),
        ],
    ),
    # JTS 1.18 on a grid of 1e-4: lines
    "jts 680": (
        [(1, 1), (1, 3), (1.9994, 3), (2.0006, 2), (1.9994, 1)],
        [(2.0003, 1), (2.0003, 3), (3, 3), (3, 1)],
    ),
    # GEOS 3.10: a result that is not valid
    "shapely 1216, below": (
        [
            (66705.875, 185229.625),
            (66704.875, 185234.625),
            (66703.875, 185240.625),
            (66702.875, 185245.375),
            (66706.90145934304746334, 185229.45392344283754937),
            (66710.375, 185228.875),
        ],
        [(66720, 185280), (66720, 185200), (66680, 185200), (66680, 185280)],
    ),
    "shapely 1216, above": (
        [
            (66697.40120137332996819, 185279.95469107336248271),
            (66698.375, 185273.625),
            (66697.375, 185280.125),
        ],
        [(66720, 185320), (66720, 185280), (66680, 185280), (66680, 185320)],
    ),
}


@pytest.mark.parametrize("issue", REPORTED)
def test_reported_pairs(issue):
    """Whichever corner a ring begins with, whichever way it runs, and either way round."""
    a, b = (np.array(corners) for corners in REPORTED[issue])
    exact = shared_area([a], [b])
    for begin in range(len(a)):
        for step in (1, -1):
            one = shapely.Polygon(np.roll(a, begin, axis=0)[::step])
            other = shapely.Polygon(b)
            bound = 1e-13 * min(one.area, other.area)
            assert float(polygons.measure(one, other).intersection) == pytest.approx(float(exact), rel=0, abs=bound)
            assert float(polygons.measure(other, one).intersection) == pytest.approx(float(exact), rel=0, abs=bound)


def test_a_ring_that_runs_round_twice_is_invalid():
    """jts 760."""
    a = shapely.box(0, 1.991, 1750, 13)
    once = [(900, 2), (1250, 2), (1750, 4), (1750, 10), (1380, 15), (900, 15), (900, 2)]
    with pytest.raises(ValueError, match=r"polygons\.measure: b is invalid: .*repair it with shapely.make_valid"):
        polygons.measure(a, shapely.Polygon(once + once))
    repaired = shapely.make_valid(shapely.Polygon(once))
    published = shapely.Polygon([(900, 2), (1250, 2), (1750, 4), (1750, 10), (1528, 13), (900, 13)])
    assert float(polygons.measure(a, repaired).intersection) == pytest.approx(published.area, rel=1e-15)


# ---------------------------------------------------------------- mmcv


def quadrilaterals(*rows):
    return shapely.polygons(np.array(rows, dtype=float).reshape(-1, 4, 2))


MMCV_A = quadrilaterals((1, 1, 3, 4, 4, 4, 4, 1), (2, 2, 3, 4, 4, 2, 3, 1), (7, 7, 8, 8, 9, 7, 8, 6))
MMCV_B = quadrilaterals((0, 0, 0, 2, 2, 2, 2, 0), (2, 1, 2, 4, 4, 4, 4, 1), (7, 6, 7, 8, 9, 8, 9, 6))


def test_mmcv_quadrilaterals():
    """Of the first with the second it publishes 1 on the host and 1.2222 on CUDA: right is 5.25 of 6.75."""
    expected = [[0.0714, 5.25 / 6.75, 0], [0, 0.5, 0], [0, 0, 0.5]]
    np.testing.assert_allclose(polygons.iou(MMCV_A[:, None], MMCV_B), expected, atol=5e-5)
    o = polygons.measure(MMCV_A[:, None], MMCV_B)
    expected = [[0.1111, 5.25 / 6, 0], [0, 1, 0], [0, 0, 1]]
    np.testing.assert_allclose(o.intersection / o.size_a, expected, atol=5e-5)


@pytest.mark.parametrize(("labels", "expected"), [(None, [3, 1, 2]), ([1, 0, 1, 0], [3, 1, 0, 2])])
def test_mmcv_suppression_of_quadrilaterals(labels, expected):
    polygon = np.concatenate([MMCV_A, MMCV_B[:1]])
    overlaps = polygons.iou(polygon[:, None], polygon)
    kept = matching.nms([0.7, 0.8, 0.5, 0.9], overlaps, 0.3, labels=labels)
    assert kept.tolist() == expected


def test_mmcv_convex_hulls():
    points = np.array([(1, 1), (2, 2), (1, 2), (2, 1), (1, 3), (3, 1), (2, 3), (3, 2), (1.5, 1.5)])
    sets = shapely.convex_hull(shapely.multipoints([points, points + 0.5]))
    squares = shapely.box(1, 1, [2, 3], [2, 3])
    expected = [[0.2857, 0.8750], [0.0588, 0.4286]]
    np.testing.assert_allclose(polygons.iou(sets[:, None], squares), expected, atol=5e-5)
