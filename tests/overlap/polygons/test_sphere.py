"""Oracles: boxes between parallels in closed form; Lambert's equal-area cylinder, edges in many steps, by shapely."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import overlap as ov
from overlap import polygons
from overlap.polygons.sphere import sphere_area

EARTH = 6371.0072


def between(west, south, east, north):
    """Return the area between meridians and parallels: Δλ (sin φ₂ − sin φ₁)."""
    south, north = np.deg2rad([south, north])
    return np.deg2rad(east - west) * 2 * np.cos((north + south) / 2) * np.sin((north - south) / 2)


def on_the_cylinder(polygon):
    """Return a polygon in Lambert's projection, its edges cut into steps of a hundredth of a degree."""
    fine = shapely.segmentize(polygon, 0.01)
    return shapely.transform(fine, lambda xy: np.stack([np.deg2rad(xy[:, 0]), np.sin(np.deg2rad(xy[:, 1]))], axis=1))


@given(st.floats(-180, 180), st.floats(-90, 89), st.floats(1e-6, 170), st.floats(1e-6, 1))
def test_boxes_between_parallels(west, south, width, share):
    north = south + share * (90 - south)
    box = shapely.box(west, south, west + width, north)
    area = sphere_area(np.array([box]))[0]
    x_min, y_min, x_max, y_max = box.bounds
    assert area == pytest.approx(between(x_min, y_min, x_max, y_max), rel=1e-9)


def test_two_fields_near_the_pole():
    """Each is 20 degrees wide and high; as flat degrees they share a third."""
    a = shapely.box(0, 50, 20, 70)
    b = shapely.box(0, 60, 20, 80)
    shared = between(0, 60, 20, 70)
    union = between(0, 50, 20, 80)
    assert polygons.iou(a, b, sphere=True) == pytest.approx(shared / union, rel=1e-12)
    assert polygons.iou(a, b) == pytest.approx(1 / 3)
    assert polygons.dice(a, b, sphere=True) == pytest.approx(2 * shared / (union + shared), rel=1e-12)


@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e-5])
def test_small_neighbours(scale):
    """Of what rounding put between them no area comes out below 0."""
    drawn = np.random.default_rng(4).integers(-8000, 8000, (3000, 4, 2)) * 0.01
    a = shapely.polygons(drawn[:, [0, 1, 2]] * scale)
    b = shapely.polygons(drawn[:, [0, 3, 1]] / (1 / scale))
    o = polygons.measure(a, b, sphere=True)
    flat = polygons.measure(a, b)
    shares_nothing = flat.intersection <= 1e-9 * np.minimum(flat.size_a, flat.size_b)
    shares = o.intersection / np.minimum(o.size_a, o.size_b)
    assert 1000 < np.count_nonzero(shares_nothing) < 2900
    assert np.min(o.intersection) >= 0
    assert np.max(shares[shares_nothing]) < 1e-6
    assert np.all(shares[~shares_nothing] > 0)


def test_the_whole_earth_and_a_cap():
    whole = shapely.box(-180, -90, 180, 90)
    cap = shapely.box(-180, 60, 180, 90)
    o = polygons.measure(cap, whole, sphere=True)
    assert float(o.size_b) == pytest.approx(4 * np.pi)
    assert float(o.intersection) == pytest.approx(2 * np.pi * (1 - np.sin(np.deg2rad(60))))
    assert float(o.size_b) * EARTH**2 == pytest.approx(510.0656e6, rel=1e-6)


def test_a_small_field_keeps_its_digits():
    """A metre wide, at 45 degrees: the flat area times the cosine of its middle."""
    side = 1e-5
    box = shapely.box(10, 45, 10 + side, 45 + side)
    x_min, y_min, x_max, y_max = box.bounds
    area = sphere_area(np.array([box]))[0]
    flat = np.deg2rad(x_max - x_min) * np.deg2rad(y_max - y_min)
    assert area == pytest.approx(flat * np.cos(np.deg2rad((y_min + y_max) / 2)), rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_any_polygons_as_on_the_equal_area_cylinder(seed):
    rng = np.random.default_rng(seed)
    turn = np.sort(rng.uniform(0, 2 * np.pi, (2, 9)), axis=1)
    radius = rng.uniform(5, 25, (2, 9, 1))
    centre = rng.uniform((-5, 20), (5, 60), (2, 1, 2))
    xy = centre + radius * np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    a, b = shapely.buffer(shapely.polygons(xy), 0)
    o = polygons.measure(a, b, sphere=True)
    np.testing.assert_allclose(o.size_a, on_the_cylinder(a).area, rtol=1e-7)
    np.testing.assert_allclose(o.size_b, on_the_cylinder(b).area, rtol=1e-7)
    np.testing.assert_allclose(o.intersection, on_the_cylinder(a & b).area, rtol=1e-7)
    moved = shapely.transform(b, lambda xy: xy + np.array([360, 0]))
    np.testing.assert_allclose(polygons.iou(a, moved, sphere=True), ov.iou(o), rtol=1e-12)


def test_holes_and_the_seam():
    frame = shapely.box(170, 0, 190, 20) - shapely.box(175, 5, 185, 15)
    o = polygons.measure(frame, shapely.box(-180, 0, -170, 20), sphere=True)
    assert float(o.size_a) == pytest.approx(between(170, 0, 190, 20) - between(175, 5, 185, 15), rel=1e-12)
    assert float(o.intersection) == pytest.approx(between(180, 0, 190, 20) - between(180, 5, 185, 15), rel=1e-12)


@pytest.mark.parametrize(
    ("options", "box", "message"),
    [
        ({}, (0, 0, 1, 91), r"a has latitudes \(y\) from 0 to 91; they lie between -90 and 90"),
        ({"period": (360, 360)}, (0, 0, 1, 1), r"leave out period=\(360, 360\)"),
        ({"period": 360}, (0, 0, 1, 1), "leave out period=360"),
    ],
)
def test_what_is_no_sphere(options, box, message):
    with pytest.raises(ValueError, match=f"^polygons.measure: .*{message}"):
        polygons.measure(shapely.box(*box), shapely.box(0, 0, 1, 1), sphere=True, **options)


def test_sphere_is_yes_or_no():
    with pytest.raises(ValueError, match="polygons.measure: sphere must be one of False, True, got 'earth'"):
        polygons.measure(shapely.box(0, 0, 1, 1), shapely.box(0, 0, 1, 1), sphere="earth")
