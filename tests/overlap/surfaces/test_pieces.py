"""Oracles are shapely in the plane of a piece, and every pair of a point and a piece."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from overlap.surfaces import pieces
from overlap.surfaces.pieces import FlatPieces


def test_areas():
    triangles = np.array([[[0.0, 0, 0], [3, 0, 0], [0, 4, 0]], [[1, 1, 1], [1, 1, 1], [2, 1, 1]]])
    assert pieces.areas(triangles).tolist() == [6, 0]
    lines = np.array([[[0.0, 0], [3, 4]], [[1, 1], [1, 1]]])
    assert pieces.areas(lines).tolist() == [5, 0]


points = st.tuples(*[st.floats(-3, 3)] * 3).map(np.array)


@given(points, st.floats(0, 6.28), st.floats(0, 6.28))
def test_distance_to_a_triangle_is_shapelys(p, turn, tilt):
    """In the triangle's own plane shapely measures the rest; turned anywhere in space it stays."""
    flat = np.array([[-1.0, -0.5], [1.5, 0.0], [0.2, 1.2]])
    aside = shapely.distance(shapely.Polygon(flat), shapely.Point(p[:2]))
    c, s, ct, st_ = np.cos(turn), np.sin(turn), np.cos(tilt), np.sin(tilt)
    rotation = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, ct, -st_], [0, st_, ct]])
    triangle = np.c_[flat, np.zeros(3)] @ rotation.T
    found = pieces._to_pieces((rotation @ p)[None], triangle[None])
    assert found.item() == pytest.approx(np.hypot(aside, p[2]), abs=1e-9)


def test_a_triangle_without_area_is_a_line():
    line = np.array([[[0.0, 0, 0], [2, 0, 0], [1, 0, 0]]])
    assert pieces._to_pieces(np.array([[1.0, 3, 0]]), line).item() == 3


def random_surface(n, ndim, sizes, rng):
    """Return pieces anywhere, a few of them far longer than the others."""
    middles = rng.uniform(-5, 5, (n, 1, ndim))
    spread = rng.choice(sizes, (n, 1, 1))
    corners = middles + spread * rng.normal(size=(n, ndim, ndim))
    return FlatPieces(corners, corners.reshape(-1, ndim))


@pytest.mark.slow
@pytest.mark.parametrize("ndim", [2, 3])
@pytest.mark.parametrize("sizes", [[0.3], [0.01, 0.3, 6.0], [1e-9, 2.0]])
def test_the_nearest_is_the_nearest_of_all(ndim, sizes):
    """The middle of a long piece may be further away than those of many short ones."""
    rng = np.random.default_rng(7)
    a = random_surface(300, ndim, sizes, rng)
    b = random_surface(400, ndim, sizes, rng)
    points_a = np.concatenate([a.pieces.mean(axis=1), a.corners])
    every_pair = pieces._to_pieces(np.repeat(points_a, 400, axis=0), np.tile(b.pieces, (len(points_a), 1, 1)))
    a_to_b, b_to_a = pieces.nearest(a, b)
    np.testing.assert_allclose(a_to_b, every_pair.reshape(-1, 400).min(axis=1), rtol=0, atol=1e-12)
    assert len(b_to_a) == 400 + 400 * ndim


@pytest.mark.parametrize("n", [1, 2, 12, 13, 49])
def test_few_pieces(n):
    rng = np.random.default_rng(n)
    b = random_surface(n, 3, [0.1, 3.0], rng)
    p = np.array([[0.5, 0.2, 9.0]])
    found = pieces._from_to(p, b.pieces)
    assert found.item() == pytest.approx(pieces._to_pieces(np.repeat(p, n, axis=0), b.pieces).min(), abs=1e-12)


def test_none():
    nothing = FlatPieces(np.zeros((0, 3, 3)), np.zeros((0, 3)))
    some = random_surface(2, 3, [1.0], np.random.default_rng(0))
    a_to_b, b_to_a = pieces.nearest(some, nothing)
    assert np.isinf(a_to_b).all()
    assert len(b_to_a) == 0
