from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from overlap.surfaces import isosurfaces


def test_a_plane_lies_where_the_values_say():
    mask = np.broadcast_to(np.array([1.0, 1, 0.25, 0, 0]), (6, 6, 5))
    found = isosurfaces.triangles(mask, 0.5, np.array([1.0, 1, 3]))
    inner = found[np.ptp(found[..., 2], axis=1) < 1e-9]
    assert np.unique(inner[..., 2].round(6)).tolist() == [-1.5, 5.0], "1 + (1 - 0.5) / (1 - 0.25) cells of 3"


def test_areas():
    surface = np.array([[[0.0, 0, 0], [3, 0, 0], [0, 4, 0]], [[1, 1, 1], [1, 1, 1], [2, 1, 1]]])
    assert isosurfaces.areas(surface).tolist() == [6, 0]


points = st.tuples(*[st.floats(-3, 3)] * 3).map(np.array)


@given(points, st.floats(0, 6.28), st.floats(0, 6.28))
def test_distance_to_a_triangle_is_shapelys(p, turn, tilt):
    """In the triangle's own plane shapely measures the rest; turned anywhere in space it stays."""
    flat = np.array([[-1.0, -0.5], [1.5, 0.0], [0.2, 1.2]])
    aside = shapely.distance(shapely.Polygon(flat), shapely.Point(p[:2]))
    c, s, ct, st_ = np.cos(turn), np.sin(turn), np.cos(tilt), np.sin(tilt)
    rotation = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, ct, -st_], [0, st_, ct]])
    triangle = np.c_[flat, np.zeros(3)] @ rotation.T
    found = isosurfaces._to_triangles((rotation @ p)[None, None], triangle[None, None])
    assert found.item() == pytest.approx(np.hypot(aside, p[2]), abs=1e-9)


def test_a_triangle_without_area_is_a_line():
    line = np.array([[[[0.0, 0, 0], [2, 0, 0], [1, 0, 0]]]])
    assert isosurfaces._to_triangles(np.array([[[1.0, 3, 0]]]), line).item() == 3


def test_none():
    nothing = isosurfaces.triangles(np.zeros((3, 3, 3)), 0.5, np.ones(3))
    assert nothing.shape == (0, 3, 3)
    some = isosurfaces.triangles(np.ones((1, 1, 1)), 0.5, np.ones(3))
    assert np.isinf(isosurfaces.nearest(some, nothing)[0]).all()
