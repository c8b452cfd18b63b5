"""Oracles: shapely's convex hull times the interval; aligned boxes in a row, whose prism is the aligned box."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest
import shapely

from overlap import boxes, cuboids

from .test_sizes import A, B, by_shapely, half_turn, polygons, sides_swapped


def giou_by_shapely(a, b):
    top = np.maximum(a[:, 2] + a[:, 5] / 2, b[:, 2] + b[:, 5] / 2)
    bottom = np.minimum(a[:, 2] - a[:, 5] / 2, b[:, 2] - b[:, 5] / 2)
    both = shapely.multipolygons(np.stack([polygons(a), polygons(b)], axis=1))
    prism = shapely.area(shapely.convex_hull(both)) * (top - bottom)
    shared = by_shapely(a, b)
    union = a[:, 3:6].prod(1) + b[:, 3:6].prod(1) - shared
    return shared / union - (prism - union) / prism


def test_giou(backend):
    got = cuboids.giou(backend.asarray(A[:6]), backend.asarray(B[:6]))
    np.testing.assert_allclose(backend.to_numpy(got), giou_by_shapely(A[:6], B[:6]), atol=1e-13)


def test_hulls_times_intervals():
    np.testing.assert_allclose(cuboids.giou(A, B), giou_by_shapely(A, B), atol=1e-13)


@pytest.mark.parametrize("step", [(1, 0, 0), (3, 0, 0), (0, 2.5, 0), (0, 0, 0.5), (0, 0, 7)])
def test_in_a_row_the_prism_is_the_aligned_box(step):
    lo = np.array([1.0, 2, 3])
    sides = np.array([2.0, 1, 1.5])
    box = np.concatenate([lo, lo + sides])
    a = np.concatenate([lo + sides / 2, sides, [0.0]])
    b = a + np.array([*step, 0, 0, 0, 0])
    expected = boxes.giou(box, box + np.tile(step, 2))
    assert float(cuboids.giou(a, b)) == pytest.approx(float(expected), abs=1e-14)


@pytest.mark.parametrize("other_name", [np.copy, half_turn, sides_swapped])
def test_one_box_by_its_names(other_name):
    got = cuboids.giou(A, other_name(A))
    np.testing.assert_allclose(got, 1, atol=1e-13)
    assert got.max() <= 1


def test_the_scene_turned_and_moved():
    turn = 0.7
    turned = []
    for table in (A, B):
        other = table.copy()
        other[:, 0] = np.cos(turn) * table[:, 0] - np.sin(turn) * table[:, 1] + 11
        other[:, 1] = np.sin(turn) * table[:, 0] + np.cos(turn) * table[:, 1] - 5
        other[:, 2] += 3
        other[:, 6] += turn - 2 * pi
        turned.append(other)
    np.testing.assert_allclose(cuboids.giou(*turned), cuboids.giou(A, B), atol=1e-13)


@pytest.mark.slow
def test_gradcheck():
    torch = pytest.importorskip("torch")
    a, b = (torch.tensor(x[:10]).requires_grad_() for x in (A, B))
    assert torch.autograd.gradcheck(cuboids.giou, (a, b))


def test_boxes_one_above_the_other_are_pulled_together():
    torch = pytest.importorskip("torch")
    a = torch.tensor([0.0, 0, 9, 4, 2, 1.5, 0.3], dtype=torch.float64).requires_grad_()
    target = torch.tensor([0.0, 0, 0, 4, 2, 1.5, 0.3], dtype=torch.float64)
    cuboids.giou(a, target).backward()
    assert a.grad[2] < 0
    assert torch.isfinite(a.grad).all()


def test_nothing_and_refused():
    point = np.zeros(7)
    assert np.isnan(cuboids.giou(point, point))
    with pytest.raises(ValueError, match=r"cuboids\.giou: a \(3, 7\) and b \(2, 7\) do not broadcast"):
        cuboids.giou(A[:3], B[:2])
