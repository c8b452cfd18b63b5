"""The area that polygons share, against rational numbers."""

from __future__ import annotations

import families
import numpy as np
import pytest
import shapely
from families import FAMILIES

from overlap import polygons
from overlap.polygons import shared


def shapes(family, count, seed):
    found = families.pairs(family, count, seed)
    a = np.array([families.shape(region) for region, _ in found])
    b = np.array([families.shape(region) for _, region in found])
    return found, a, b


def sizes(o):
    return np.stack([o.intersection, o.size_a, o.size_b])


def scaled(geometries, factor):
    return shapely.transform(geometries, lambda xy: xy * factor)


# ---- right


@pytest.mark.parametrize("family", FAMILIES)
def test_the_area_is_that_of_rational_numbers(family):
    count = 10 if family in ("spiky", "holes and parts") else 50
    error, breaks = families.differences(families.pairs(family, count, seed=1))
    assert error.max() <= 1e-12
    assert not breaks.any()


@pytest.mark.parametrize("family", ["spiky", "holes and parts", "slivers", "split on an edge"])
def test_windows_cut_into_strips_give_the_same_area(family, monkeypatch):
    _, a, b = shapes(family, 60, seed=5)
    whole = polygons.measure(a, b)
    monkeypatch.setattr(shared, "strips", lambda edges, sides: np.full(sides, 8))
    gap = np.abs(polygons.measure(a, b).intersection - whole.intersection)
    assert np.all(gap <= 1e-12 * np.minimum(whole.size_a, whole.size_b))


@pytest.mark.parametrize("family", ["spiky", "holes and parts", "random shapes", "contained"])
def test_twice_the_digits_give_the_same_area(family, monkeypatch):
    _, a, b = shapes(family, 60, seed=6)
    once = polygons.measure(a, b).intersection
    monkeypatch.setattr(shared, "TOLERANCE", 0.0)
    np.testing.assert_allclose(polygons.measure(a, b).intersection, once, rtol=0, atol=1e-15)


def test_large_rings_agree_with_their_closed_form():
    # two regular polygons of one radius, each half of the other's side turned
    n = 2000
    turn = np.arange(n) * 2 * np.pi / n
    one = shapely.Polygon(np.stack([np.cos(turn), np.sin(turn)], axis=1))
    other = shapely.Polygon(np.stack([np.cos(turn + np.pi / n), np.sin(turn + np.pi / n)], axis=1))
    # what they share is the regular polygon of 2n sides round the same inner circle
    inner = np.cos(np.pi / n)
    expected = 2 * n * inner**2 * np.tan(np.pi / (2 * n))
    assert float(polygons.measure(one, other).intersection) == pytest.approx(expected, rel=1e-13)


def test_combs_share_their_teeth():
    n = 1000
    x = np.repeat(np.arange(n), 4) + np.tile([0.0, 0.0, 0.5, 0.5], n)
    comb = shapely.Polygon([*zip(x, np.tile([1.0, 100.0, 100.0, 1.0], n), strict=True), (n - 0.5, 0), (0, 0)])
    moved = shapely.transform(comb, lambda xy: xy + np.array([0.25, 0.0]))
    shared_area = float(polygons.measure(comb, moved).intersection)
    assert shared_area == pytest.approx(n * 0.25 * 99 + (n - 0.75), rel=1e-13)


# ---- what a pair is not asked


@pytest.mark.parametrize("family", FAMILIES)
def test_the_ring_s_beginning_its_direction_and_the_order_change_no_bit(family):
    found, a, b = shapes(family, 60, seed=7)
    o = polygons.measure(a, b)
    np.testing.assert_array_equal(sizes(polygons.measure(b, a))[0], o.intersection)
    rng = np.random.default_rng(8)
    for _ in range(3):
        redrawn = [tuple(families.redrawn(region, rng) for region in pair) for pair in found]
        other_a = np.array([families.shape(region) for region, _ in redrawn])
        other_b = np.array([families.shape(region) for _, region in redrawn])
        np.testing.assert_array_equal(sizes(polygons.measure(other_a, other_b)), sizes(o))


@pytest.mark.parametrize("family", FAMILIES)
def test_scaling_by_a_power_of_two_changes_no_bit(family):
    _, a, b = shapes(family, 30, seed=9)
    once = sizes(polygons.measure(a, b))
    for exponent in (-200, -7, 1, 13, 300):
        factor = 2.0**exponent
        o = polygons.measure(scaled(a, factor), scaled(b, factor))
        np.testing.assert_array_equal(sizes(o), once * factor**2, err_msg=f"2**{exponent}")


@pytest.mark.parametrize("family", ["random shapes", "spiky", "holes and parts", "contained"])
def test_translation_changes_no_more_than_it_rounds(family):
    _, a, b = shapes(family, 60, seed=10)
    o = polygons.measure(a, b)
    for shift in ([1.0, -3.0], [1e4, 1e3]):
        moved = [shapely.transform(g, lambda xy, shift=shift: xy + shift) for g in (a, b)]
        np.testing.assert_allclose(sizes(polygons.measure(*moved)), sizes(o), rtol=0, atol=1e-11)


def test_neighbours_in_a_call_change_no_bit():
    _, a, b = shapes("spiky", 20, seed=11)
    _, c, d = shapes("slivers", 20, seed=11)
    together = polygons.measure(np.concatenate([a, c]), np.concatenate([b, d]))
    apart = np.concatenate([sizes(polygons.measure(a, b)), sizes(polygons.measure(c, d))], axis=1)
    np.testing.assert_array_equal(sizes(together), apart)


def test_parts_of_the_work_fit_together(monkeypatch):
    _, a, b = shapes("holes and parts", 40, seed=12)
    whole = sizes(polygons.measure(a, b))
    monkeypatch.setattr(shared, "BLOCK", 16)
    np.testing.assert_array_equal(sizes(polygons.measure(a, b)), whole)


# ---- what is none, and what is all


@pytest.mark.parametrize(
    "other",
    [
        shapely.box(1, 0, 2, 1),  # an edge
        shapely.box(1, 1, 2, 2),  # a corner
        shapely.Polygon([(1, 0.5), (2, 0), (2, 1)]),  # a corner on an edge
        shapely.Polygon([(0, 1), (1, 1), (0.3, 2)]),
        shapely.Polygon([(0.5, -1), (2, -1), (2, 0.6)]),  # the envelopes overlap, the polygons are apart
    ],
)
def test_what_only_touches_shares_exactly_nothing(other):
    square = shapely.box(0, 0, 1, 1)
    assert float(polygons.measure(square, other).intersection) == 0
    assert float(polygons.measure(other, square).intersection) == 0


@pytest.mark.parametrize("family", ["contained", "identical", "spiky", "slivers"])
def test_a_polygon_shares_exactly_all_with_itself_and_what_holds_it(family):
    _, a, _ = shapes(family, 60, seed=13)
    for pair in ((a, a), (a, shapely.envelope(a)), (a, shapely.reverse(a))):
        o = polygons.measure(*pair)
        np.testing.assert_array_equal(o.intersection, o.size_a)


def test_a_tiny_polygon_in_a_huge_one_keeps_its_area():
    tiny = shapely.box(0, 0, 1e-9, 1e-9)
    huge = shapely.box(-1e6, -1e6, 1e6, 1e6)
    halved = shapely.Polygon([(-1e6, -1e6), (1e6, 1e6), (1e6, -1e6)])
    assert float(polygons.measure(tiny, huge).intersection) == float(polygons.measure(tiny, huge).size_a)
    assert float(polygons.measure(tiny, halved).intersection) == pytest.approx(5e-19, rel=1e-12)


def test_holes_and_parts_within_each_other():
    frame = shapely.box(0, 0, 9, 9) - shapely.box(1, 1, 8, 8)
    island = shapely.box(2, 2, 7, 7) - shapely.box(3, 3, 6, 6)
    both = shapely.MultiPolygon([frame, island])
    assert float(polygons.measure(both, shapely.box(0, 0, 4.5, 9)).intersection) == 40.5 - 24.5 + 12.5 - 4.5
    assert float(polygons.measure(frame, island).intersection) == 0
    assert float(polygons.measure(frame, shapely.box(1, 1, 8, 8)).intersection) == 0


def test_heights_and_signs_of_zero_do_not_matter():
    flat = shapely.box(-0.0, -0.0, 2, 1)
    raised = shapely.Polygon([(0, 0, 5), (1, 0, 7), (1, 1, 9), (0, 1, 2)])
    assert float(polygons.measure(flat, raised).intersection) == 1
