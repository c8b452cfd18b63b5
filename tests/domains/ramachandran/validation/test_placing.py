"""Places of names: apart, near their points, and off those of others."""

from __future__ import annotations

import numpy as np
import pytest

from domains.ramachandran.validation.placing import place, size


def test_a_name_has_no_place_where_there_is_none():
    point = np.zeros((1, 2))
    assert place(point, [(400.0, 10.0)], point) == [None]
    first, second = place(np.zeros((2, 2)), [(300.0, 300.0)] * 2, np.array([[179.0, 179.0]]))
    assert first is None or second is None


def test_names_avoid_points():
    crowd = np.array([[x, y] for x in range(6, 60, 2) for y in range(-8, 9, 2)], float)
    (box,) = place(np.zeros((1, 2)), [(40.0, 10.0)], crowd)
    left, bottom, right, top = box
    within = (crowd[:, 0] > left) & (crowd[:, 0] < right) & (crowd[:, 1] > bottom) & (crowd[:, 1] < top)
    assert not within.any()


@pytest.mark.slow
def test_a_name_is_near_its_point_or_has_no_place():
    rng = np.random.default_rng(3)
    points = rng.uniform(-180, 180, (150, 2))
    places = place(points, [(60.0, 18.0)] * 150, points, marks=points)
    assert any(box is None for box in places)
    for point, box in zip(points, places, strict=True):
        if box is not None:
            left, bottom, right, top = box
            nearest = np.clip(point, (left, bottom), (right, top))
            assert 8 <= np.hypot(*(nearest - point)) <= 45
            covered = (points > (left - 5, bottom - 5)) & (points < (right + 5, top + 5))
            assert not covered.all(axis=1).any()


def test_a_crowd_is_left_free():
    crowd = np.random.default_rng(4).uniform(-180, 180, (4000, 2))
    assert place(np.zeros((1, 2)), [(60.0, 18.0)], crowd) == [None]


def test_size_grows_with_the_text_and_with_the_degrees_a_point_takes():
    width, height = size("A LYS 12", (1.0, 1.0))
    assert size("AB LYS 12", (1.0, 1.0))[0] > width
    assert size("A LYS 12", (2.0, 3.0)) == (2 * width - 3, 3 * height - 6)
