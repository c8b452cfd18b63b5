"""Oracles: aligned boxes where the yaw is a right angle, shapely's areas times intervals, closed forms."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest
import shapely

import overlap as ov
from overlap import boxes, cuboids, oriented

rng = np.random.default_rng(41)


def some(n, spread=1.5):
    centre = rng.uniform(-spread, spread, (n, 3))
    sides = rng.uniform(0.5, 4, (n, 3))
    return np.concatenate([centre, sides, rng.uniform(-pi, pi, (n, 1))], axis=1)


def polygons(table):
    x, y, _, length, width, _, yaw = table.T[..., None]
    along = length / 2 * np.array([1, -1, -1, 1])
    across = width / 2 * np.array([1, 1, -1, -1])
    corner_x = x + np.cos(yaw) * along - np.sin(yaw) * across
    corner_y = y + np.sin(yaw) * along + np.cos(yaw) * across
    return shapely.polygons(np.stack([corner_x, corner_y], axis=-1))


def by_shapely(a, b):
    top = np.minimum(a[:, 2] + a[:, 5] / 2, b[:, 2] + b[:, 5] / 2)
    bottom = np.maximum(a[:, 2] - a[:, 5] / 2, b[:, 2] - b[:, 5] / 2)
    area = shapely.area(shapely.intersection(polygons(a), polygons(b)))
    return area * np.clip(top - bottom, 0, None)


A, B = some(300), some(300)


def test_measure(backend):
    o = cuboids.measure(backend.asarray(A[:8]), backend.asarray(B[:8]))
    expected = by_shapely(A[:8], B[:8])
    assert (expected > 0).mean() > 0.5
    np.testing.assert_allclose(backend.to_numpy(o.intersection), expected, atol=1e-13)
    np.testing.assert_allclose(backend.to_numpy(o.size_a), A[:8, 3:6].prod(1), rtol=1e-15)
    np.testing.assert_allclose(backend.to_numpy(o.size_b), B[:8, 3:6].prod(1), rtol=1e-15)


def test_polygons_times_intervals():
    np.testing.assert_allclose(cuboids.measure(A, B).intersection, by_shapely(A, B), atol=2e-13)


@pytest.mark.parametrize("turns_a", range(4))
@pytest.mark.parametrize("turns_b", [-3, 0, 1, 6])
def test_at_right_angles_they_are_aligned_boxes(turns_a, turns_b):
    a, b = A.copy(), B.copy()
    a[:, 6], b[:, 6] = turns_a * pi / 2, turns_b * pi / 2
    aligned = []
    for table, turns in ((a, turns_a), (b, turns_b)):
        sides = table[:, [4, 3, 5]] if turns % 2 else table[:, 3:6]
        aligned.append(np.concatenate([table[:, :3] - sides / 2, table[:, :3] + sides / 2], axis=1))
    expected = boxes.measure(*aligned)
    np.testing.assert_allclose(cuboids.measure(a, b).intersection, expected.intersection, atol=1e-13)
    np.testing.assert_allclose(cuboids.iou(a, b), boxes.iou(*aligned), atol=1e-13)


def half_turn(a):
    return a + np.array([0, 0, 0, 0, 0, 0, pi])


def sides_swapped(a):
    return a[:, [0, 1, 2, 4, 3, 5, 6]] + np.array([0, 0, 0, 0, 0, 0, pi / 2])


def far_away(a):
    return a + np.array([9, 0, 9, 0, 0, 0, 0])


@pytest.mark.parametrize("scale", [1e-6, 1, 1e6])
@pytest.mark.parametrize("other_name", [np.copy, half_turn, sides_swapped])
def test_one_box_by_its_names(other_name, scale):
    a = A * [*[scale] * 6, 1]
    iou = cuboids.iou(a, other_name(a))
    np.testing.assert_allclose(iou, 1, atol=4e-14)
    assert iou.max() <= 1
    o = cuboids.measure(a, other_name(a))
    assert np.all(o.intersection <= np.minimum(o.size_a, o.size_b))


@pytest.mark.parametrize(
    ("dz", "h", "expected"),
    [(0, 2, 1), (1, 2, 1 / 3), (-1, 2, 1 / 3), (2, 2, 0), (5, 2, 0), (0.5, 1, 0.5), (1.5, 1, 0), (0, 0, 0)],
)
def test_heights_in_closed_form(dz, h, expected):
    """Equal footprints: the IoU is that of the intervals, nested, apart, touching, or a plane."""
    a = np.array([3.0, -1, 7, 4, 2, 2, 0.6])
    b = a + np.array([0, 0, dz, 0, 0, 0, 0])
    b[5] = h
    assert float(cuboids.iou(a, b)) == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("index", ["iou", "dice"])
def test_iou_and_dice_are_indices_of_measure(backend, index):
    a, b = backend.asarray(A[:12]), backend.asarray(B[:12])
    got = getattr(cuboids, index)(a, b)
    expected = getattr(ov, index)(cuboids.measure(a, b))
    np.testing.assert_array_equal(backend.to_numpy(got), backend.to_numpy(expected))
    point = np.zeros(7)
    assert np.isnan(getattr(cuboids, index)(point, point))
    assert getattr(cuboids, index)(point, point, empty=1.0) == 1


@pytest.mark.parametrize(("n", "m"), [(0, 3), (3, 0), (6, 5), (300, 250)])
def test_pairwise_is_every_pair(n, m):
    """Few by array operations, many by the kernel."""
    got = cuboids.pairwise(A[:n], B[:m])
    assert got.shape == (n, m)
    np.testing.assert_allclose(got, cuboids.iou(A[:n, None], B[:m]), atol=1e-14)
    for i in range(0, n, 50):
        row = np.broadcast_to(A[i], (m, 7))
        volume = by_shapely(row, B[:m])
        union = A[i, 3:6].prod() + B[:m, 3:6].prod(1) - volume
        np.testing.assert_allclose(got[i], volume / union, atol=1e-13)


def test_birds_eye(backend):
    ground = cuboids.birds_eye(backend.asarray(A[:9]))
    np.testing.assert_array_equal(backend.to_numpy(ground), A[:9][:, [0, 1, 3, 4, 6]])
    area = oriented.measure(cuboids.birds_eye(A), cuboids.birds_eye(B)).intersection
    expected = shapely.area(shapely.intersection(polygons(A), polygons(B)))
    np.testing.assert_allclose(area, expected, atol=1e-13)


@pytest.mark.parametrize("names", [("float32", "float32"), ("float16", "float32"), ("float32", "float64")])
def test_dtypes(names):
    a, b = (x.astype(name) for x, name in zip((A, B), names, strict=True))
    assert cuboids.measure(a, b).intersection.dtype == cuboids.pairwise(a, b).dtype == np.result_type(a, b)
    np.testing.assert_allclose(cuboids.iou(a, b), cuboids.iou(a.astype("f8"), b.astype("f8")), atol=1e-5, rtol=0)


def test_integers_become_float64():
    o = cuboids.measure(np.array([0, 0, 0, 4, 2, 2, 0]), np.array([1, 0, 1, 4, 2, 2, 0], np.float32))
    assert o.intersection == 6
    assert o.intersection.dtype == np.float64


@pytest.mark.slow
def test_gradcheck():
    torch = pytest.importorskip("torch")
    a = torch.tensor(A[:10])
    near = A[:10] + rng.uniform(-0.2, 0.2, (10, 7))
    b = torch.tensor(near)
    assert torch.autograd.gradcheck(cuboids.iou, (a.requires_grad_(), b.requires_grad_()))


@pytest.mark.parametrize("other_name", [np.copy, half_turn, sides_swapped, far_away])
def test_gradients_on_the_kinks_are_finite(other_name):
    torch = pytest.importorskip("torch")
    a = torch.tensor(A[:8]).requires_grad_()
    b = torch.tensor(other_name(A[:8])).requires_grad_()
    cuboids.iou(a, b).sum().backward()
    assert torch.isfinite(a.grad).all()
    assert torch.isfinite(b.grad).all()


@pytest.mark.parametrize("score", [cuboids.iou, cuboids.giou])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_of_boxes_on_a_grid_are_finite(score, dtype):
    """Corners, edges and faces that coincide, points, planes: every kink."""
    torch = pytest.importorskip("torch")
    on_grid = []
    for _ in range(2):
        centre = rng.integers(-2, 3, (3000, 3))
        sides = rng.integers(0, 4, (3000, 3))
        yaw = rng.integers(-4, 5, (3000, 1)) * pi / 4
        table = np.concatenate([centre, sides, yaw], axis=1)
        on_grid.append(torch.tensor(table, dtype=getattr(torch, dtype)).requires_grad_())
    value = score(*on_grid)
    value.nansum().backward()
    assert 0.3 < value.isnan().logical_not().double().mean() < 1
    assert all(torch.isfinite(x.grad).all() for x in on_grid)


@pytest.mark.parametrize(("dtype", "scale"), [("f4", 1e-12), ("f4", 1e12), ("f8", 1e-100), ("f8", 1e100)])
def test_from_end_to_end_of_the_range(dtype, scale):
    unit = np.array([*[scale] * 6, 1])
    a, b = (x * np.array([*[0.25] * 6, 1]) for x in (A, B))
    for score in (cuboids.iou, cuboids.giou):
        scaled = score((a * unit).astype(dtype), (b * unit).astype(dtype))
        np.testing.assert_allclose(scaled, score(a, b), atol=1e-5 if dtype == "f4" else 1e-12)


def test_a_step_up_the_gradient_brings_boxes_together():
    torch = pytest.importorskip("torch")
    a = torch.tensor([0.3, -0.2, 0.4, 4, 2, 1.5, 0.2], dtype=torch.float64).requires_grad_()
    target = torch.tensor([0.0, 0, 0, 4.2, 1.9, 1.6, 0.0], dtype=torch.float64)
    optimiser = torch.optim.SGD([a], 0.05)
    for _ in range(60):
        optimiser.zero_grad()
        (1 - cuboids.iou(a, target)).backward()
        optimiser.step()
    assert cuboids.iou(a, target) > 0.9


@pytest.mark.parametrize(
    ("a", "message"),
    [
        (np.zeros((2, 5)), r"a has shape \(2, 5\); a box with a heading is \(x, y, z, l, w, h, yaw\): \(\.\.\., 7\)"),
        (np.array([[0, 0, 0, 1, 1, -1, 0.0]]), "1 of 1 boxes of a are malformed .*its sides l, w and h not negative"),
        (np.array([[0, 0, np.nan, 1, 1, 1, 0.0]]), "1 of 1 boxes of a are malformed"),
        (np.zeros((7, 7)), r"a \(7, 7\) and b \(3, 7\) do not broadcast together; cuboids.pairwise\(a, b\) takes"),
    ],
)
def test_refused(a, message):
    with pytest.raises(ValueError, match=r"cuboids\.measure: " + message) as refusal:
        cuboids.measure(a, B[:3])
    assert "\n" not in str(refusal.value)


def test_the_remedy_of_sets_of_two_lengths():
    assert cuboids.pairwise(A[:4], B[:3]).shape == (4, 3)


@pytest.mark.parametrize("table", [A[0], A[None, :2]])
def test_pairwise_takes_tables(table):
    with pytest.raises(ValueError, match=r"cuboids\.pairwise: a must have shape \(n, 7\), .*; see cuboids\.measure"):
        cuboids.pairwise(table, B)
