"""Oracles: plain loops over shapely's IoU; detectron2's published recipe, suppression of the boxes when upright."""

from __future__ import annotations

from math import exp, pi

import numpy as np
import pytest
import shapely

from overlap import boxes, oriented

rng = np.random.default_rng(31)


def polygon(box):
    x, y, w, h, theta = box
    around = np.array([[w, h], [-w, h], [-w, -h], [w, -h]]) / 2
    turn = np.array([[np.cos(theta), np.sin(theta)], [-np.sin(theta), np.cos(theta)]])
    return shapely.Polygon(around @ turn + np.array([x, y]))


def scene(n, extent=60):
    centre = rng.uniform(0, extent, (n, 2))
    turned = np.concatenate([centre, rng.uniform(5, 30, (n, 2)), rng.uniform(-pi, pi, (n, 1))], axis=1)
    polygons = np.array([polygon(x) for x in turned])
    shared = shapely.area(shapely.intersection(polygons[:, None], polygons))
    area = shapely.area(polygons)
    return turned, shared / (area[:, None] + area - shared)


@pytest.mark.parametrize("threshold", [0.0, 0.1, 0.3])
def test_a_plain_loop(threshold):
    turned, iou = scene(70)
    scores = rng.random(70)
    order, kept = np.argsort(-scores).tolist(), []
    while order:
        best = order.pop(0)
        kept.append(best)
        order = [i for i in order if iou[best, i] <= threshold]
    assert oriented.nms(turned, scores, threshold).tolist() == kept
    single = oriented.nms(turned.astype(np.float32), scores, threshold + 1e-3)
    assert single.tolist() == oriented.nms(turned, scores, threshold + 1e-3).tolist()


@pytest.mark.parametrize("method", ["linear", "gaussian"])
def test_soft_suppression_as_the_paper_writes_it(method):
    turned, iou = scene(50)
    expected = rng.random(50)
    scores, left, order = expected.copy(), set(range(50)), []
    while left:
        best = max(left, key=lambda i: expected[i])
        left.remove(best)
        order.append(best)
        for i in left:
            o = iou[best, i]
            linear = 1 - o if o >= 0.2 else 1.0
            expected[i] *= linear if method == "linear" else exp(-(o**2) / 0.5)
    index, score = oriented.nms(turned, scores, 0.2, method=method)
    assert index.tolist() == order
    np.testing.assert_allclose(score, expected[order], rtol=1e-9)


@pytest.mark.parametrize("degrees", [0, 90, 180])
@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.8])
def test_detectron2_s_recipe(threshold, degrees):
    """Its test of nms_rotated: 1000 upright boxes in 200, turned by right angles, sides exchanged at 90°, by class."""
    b = np.clip(rng.random((1000, 4)) * 100, 1, None)
    b[:, 2:] += b[:, :2]
    scores, labels = rng.random(1000), rng.integers(0, 50, 1000)
    centre, sides = (b[:, :2] + b[:, 2:]) / 2, b[:, 2:] - b[:, :2]
    if degrees == 90:
        sides = sides[:, ::-1]
    turned = np.concatenate([centre, sides, np.full((1000, 1), np.deg2rad(degrees))], axis=1)
    for classes in (None, labels):
        expected = boxes.nms(b, scores, threshold, labels=classes)
        assert oriented.nms(turned, scores, threshold, labels=classes).tolist() == expected.tolist()


def test_one_rectangle_by_its_four_names():
    names = np.array(
        [[1, 2, 4, 2, 0.3], [1, 2, 4, 2, 0.3 + pi], [1, 2, 2, 4, 0.3 + pi / 2], [1, 2, 2, 4, 0.3 - pi / 2]]
    )
    assert oriented.nms(names, [0.1, 0.2, 0.4, 0.3], 0.999).tolist() == [2]
    index, score = oriented.nms(names, [0.1, 0.2, 0.4, 0.3], 0.5, method="linear")
    assert index[0] == 2
    np.testing.assert_allclose(score, [0.4, 0, 0, 0], atol=1e-14)


def test_cars_parked_side_by_side_and_at_right_angles():
    beside = np.array([[0, 0, 4, 1.6, pi / 4], [1.2, -1.2, 4, 1.6, pi / 4], [1.9, 1.9, 4, 1.6, -pi / 4]])
    assert oriented.nms(beside, [0.9, 0.8, 0.7], 0.1).tolist() == [0, 1, 2]


def test_tensors_and_nothing():
    torch = pytest.importorskip("torch")
    turned, _ = scene(20)
    scores = rng.random(20)
    kept = oriented.nms(torch.as_tensor(turned).requires_grad_(), torch.as_tensor(scores), 0.2)
    assert kept.dtype == torch.int64
    assert kept.tolist() == oriented.nms(turned, scores, 0.2).tolist()
    assert oriented.nms(np.zeros((0, 5)), [], 0.5).tolist() == []


@pytest.mark.parametrize(
    ("turned", "scores", "message"),
    [
        (np.zeros((2, 4)), [0.1, 0.2], "oriented.nms: boxes has shape"),
        (np.zeros(5), [0.1], r"oriented.nms: boxes must have shape \(n, 5\)"),
        (np.zeros((2, 5)), [0.1], "one number for each of the 2 rows"),
    ],
)
def test_refused(turned, scores, message):
    with pytest.raises(ValueError, match=message):
        oriented.nms(turned, scores, 0.5)
