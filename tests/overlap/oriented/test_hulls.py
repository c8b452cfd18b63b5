"""Oracles: shapely's convex hull; aligned boxes side by side, whose hull is the aligned box; closed forms."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest
import shapely

from overlap import boxes, oriented

rng = np.random.default_rng(43)


def some(n):
    centre = rng.uniform(-3, 3, (n, 2))
    sides = 10 ** rng.uniform(-2, 1, (n, 2))
    return np.concatenate([centre, sides, rng.uniform(-pi, pi, (n, 1))], axis=1)


def polygons(table):
    x, y, w, h, theta = table.T[..., None]
    along = w / 2 * np.array([1, -1, -1, 1])
    across = h / 2 * np.array([1, 1, -1, -1])
    corner_x = x + np.cos(theta) * along - np.sin(theta) * across
    corner_y = y + np.sin(theta) * along + np.cos(theta) * across
    return shapely.polygons(np.stack([corner_x, corner_y], axis=-1))


def by_shapely(a, b):
    p, q = polygons(a), polygons(b)
    shared = shapely.area(shapely.intersection(p, q))
    union = a[:, 2:4].prod(1) + b[:, 2:4].prod(1) - shared
    hull = shapely.area(shapely.convex_hull(shapely.multipolygons(np.stack([p, q], axis=1))))
    return shared / union - (hull - union) / hull


A, B = some(2000), some(2000)


def test_giou(backend):
    got = oriented.giou(backend.asarray(A[:6]), backend.asarray(B[:6]))
    np.testing.assert_allclose(backend.to_numpy(got), by_shapely(A[:6], B[:6]), atol=1e-12)


def test_hulls_of_generic_pairs():
    np.testing.assert_allclose(oriented.giou(A, B), by_shapely(A, B), atol=1e-12)


@pytest.mark.parametrize("turn", [0, 0.3, pi / 2, 2])
@pytest.mark.parametrize("gap", [-0.5, 0, 0.25, 8])
def test_side_by_side_the_hull_is_the_aligned_box(gap, turn):
    """Equal sides in a row: the hull is a rectangle too, however the row is turned."""
    step = 2 + gap
    expected = boxes.giou(np.array([0.0, 0, 2, 1]), np.array([step, 0, step + 2, 1]))
    a = np.array([5.0, -7, 2, 1, turn])
    b = a + np.array([step * np.cos(turn), step * np.sin(turn), 0, 0, 0])
    assert float(oriented.giou(a, b)) == pytest.approx(float(expected), abs=1e-14)


@pytest.mark.parametrize("scale", [1e-6, 1, 1e6])
@pytest.mark.parametrize("turn", [0, pi, -pi / 2])
def test_equal_boxes(turn, scale):
    a = A * np.array([scale, scale, scale, scale, 1])
    columns = [0, 1, 3, 2, 4] if turn == -pi / 2 else [0, 1, 2, 3, 4]
    b = a[:, columns] + np.array([0, 0, 0, 0, turn])
    got = oriented.giou(a, b)
    np.testing.assert_allclose(got, 1, atol=1e-12)
    assert got.max() <= 1


def test_a_box_in_another():
    inner = A * np.array([1, 1, 0.2, 0.5, 1])
    np.testing.assert_allclose(oriented.giou(A, inner), 0.1, atol=1e-12)


def test_boxes_without_area():
    """A point beside a square; two points; a box of no width, whose hull with itself has no area."""
    square, point, line = np.array([[0, 0, 2, 2, 0.0], [3, 0, 0, 0, 0], [0, 0, 2, 0, 0]])
    # the hull is the square and a triangle of height 2 on one side
    assert float(oriented.giou(square, point)) == pytest.approx(4 / 6 - 1)
    assert np.isnan(oriented.giou(point, point))
    assert np.isnan(oriented.giou(line, line))


def test_single_precision():
    wide = (A[:, 2:4].min(1) > 0.5) & (B[:, 2:4].min(1) > 0.5)
    single = oriented.giou(A[wide].astype("f4"), B[wide].astype("f4"))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, oriented.giou(A[wide], B[wide]), atol=1e-5)


@pytest.mark.slow
def test_gradcheck():
    torch = pytest.importorskip("torch")
    a, b = (torch.tensor(x[:12] + np.array([0, 0, 1, 1, 0])).requires_grad_() for x in (A, B))
    assert torch.autograd.gradcheck(oriented.giou, (a, b))


@pytest.mark.parametrize("move", [(0, 0), (pi, 0), (pi / 2, 0), (0, 2), (0, 30)])
def test_gradients_on_the_kinks_are_finite(move):
    torch = pytest.importorskip("torch")
    turn, step = move
    a = torch.tensor([[1.0, 2, 2, 1, 0], [1, 2, 2, 1, 0.4], [1, 2, 0, 0, 0]], dtype=torch.float64).requires_grad_()
    b = (a.detach() + torch.tensor([step, 0, 0, 0, turn])).requires_grad_()
    oriented.giou(a, b).nansum().backward()
    assert torch.isfinite(a.grad).all()
    assert torch.isfinite(b.grad).all()


def test_boxes_apart_are_pulled_together():
    torch = pytest.importorskip("torch")
    a = torch.tensor([5.0, 4, 2, 1, 0.3], dtype=torch.float64).requires_grad_()
    oriented.giou(a, torch.tensor([0.0, 0, 2, 1, 0], dtype=torch.float64)).backward()
    dx, dy, *_ = a.grad.tolist()
    assert dx < 0
    assert dy < 0


def test_refused():
    with pytest.raises(ValueError, match=r"oriented\.giou: a has shape \(4,\); a rotated box is"):
        oriented.giou(np.zeros(4), B)
    with pytest.raises(ValueError, match=r"oriented\.giou: a \(3, 5\) and b \(2, 5\) do not broadcast"):
        oriented.giou(A[:3], B[:2])


@pytest.mark.parametrize("angle", [0.0, 1e-3, 1e-9, 1e-14, 1e-17])
@pytest.mark.parametrize("move", ["along w", "along h", "to a corner", "nowhere"])
def test_slopes_stay_in_bounds_where_sides_are_nearly_parallel(move, angle):
    """The slope of a steep line over x once took rounding to 1e15 sides."""
    torch = pytest.importorskip("torch")
    steps = {"along w": (1, 0), "along h": (0, 1), "to a corner": (1, 1), "nowhere": (0, 0)}
    a = A.copy()
    a[:, 2:4] = 2, 1
    along, across = np.multiply((2, 1), steps[move])
    cos, sin = np.cos(a[:, 4]), np.sin(a[:, 4])
    b = a.copy()
    b[:, 0] += cos * along - sin * across
    b[:, 1] += sin * along + cos * across
    b[:, 4] += angle
    x, y = torch.tensor(a, requires_grad=True), torch.tensor(b, requires_grad=True)
    oriented.giou(x, y).sum().backward()
    # of boxes of 2 × 1, a few per unit and radian
    assert abs(x.grad).max() < 4
    assert abs(y.grad).max() < 4
