"""What others publish about rotated boxes in their tests.

detectron2: tests/structures/test_rotated_boxes.py; mmcv: tests/test_ops/test_box_iou_rotated.py, test_nms_rotated.py,
test_diff_iou_rotated.py and test_iou3d.py; supervision: tests of oriented_box_iou_batch.
"""

from __future__ import annotations

from math import pi, sqrt

import numpy as np
import pytest

from overlap import oriented


def in_degrees(*rows, dtype=np.float64):
    box = np.array(rows, dtype=dtype)
    box[:, 4] = np.deg2rad(box[:, 4])
    return box


def numbers(dtype):
    return {"float32": 1e-6, "float64": 1e-13}[dtype]


OTHER_WAY = np.array([1, 1, 1, 1, -1], dtype=np.float32)


UNIT = (0.5, 0.5, 1, 1, 0)
DETECTRON2 = {
    "the same": (UNIT, UNIT, 1),
    "half, left": (UNIT, (0.25, 0.5, 0.5, 1, 0), 0.5),
    "half, below": (UNIT, (0.5, 0.25, 1, 0.5, 0), 0.5),
    "quarter, below": (UNIT, (0.25, 0.25, 0.5, 0.5, 0), 0.25),
    "quarter, above": (UNIT, (0.75, 0.75, 0.5, 0.5, 0), 0.25),
    "corner": (UNIT, (1, 1, 1, 1, 0), 0.25 / (2 - 0.25)),
    "precision": ((565, 565, 10, 10, 0), (565, 565, 10, 8.3, 0), 0.83),
    "diamond within": ((1, 1, sqrt(2), sqrt(2), 45), (1, 1, 2, 2, 0), 0.5),
    "diamond around": ((1, 1, 2 * sqrt(2), 2 * sqrt(2), -45), (1, 1, 2, 2, 0), 0.5),
    "orthogonal": ((5, 5, 10, 6, 55), (5, 5, 10, 6, -35), 36 / (36 + 24 + 24)),
    "1207, simplified": ((3, 3, 8, 2, -45), (6, 0, 8, 2, -45), 0),
    "1207": ((160, 153, 230, 23, -37), (190, 127, 80, 21, -46), 0),
    "1266": (
        (160, 153, 230, 23, -37),
        (-1.117407639806935e17, 1.3858420478349148e18, 1000.0000610351562, 1000.0000610351562, 1612),
        0,
    ),
}


@pytest.mark.parametrize("name", DETECTRON2)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_detectron2(name, dtype):
    """Angles are counter-clockwise in the image there, whose y points down."""
    a, b, expected = DETECTRON2[name]
    a = in_degrees(a, dtype=dtype) * OTHER_WAY
    b = in_degrees(b, dtype=dtype) * OTHER_WAY
    assert oriented.pairwise(a, b)[0, 0] == pytest.approx(expected, abs=numbers(dtype))


def test_detectron2_large_boxes_that_almost_agree():
    a = in_degrees((299.5, 417.370422, 600, 364.259186, 27.1828))
    b = in_degrees((299.5, 417.370422, 600, 364.259155, 27.1828))
    assert oriented.iou(a, b)[0] == pytest.approx(364.259155 / 364.259186, rel=1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_detectron2_many_boxes(dtype):
    step = np.arange(200)
    flat = np.zeros(200)
    b = np.stack([5 + 20 * step, 5 + 20 * step, flat + 10, 1 + 9 * step / 200, flat], axis=1).astype(dtype)
    a = b[:100].copy()
    a[:, 3] = 10
    expected = np.zeros((100, 200))
    expected[step[:100], step[:100]] = (1 + 9 * step[:100] / 200) / 10
    np.testing.assert_allclose(oriented.pairwise(a, b), expected, atol=numbers(dtype))


@pytest.mark.parametrize(("n", "m"), [(0, 10), (10, 0)])
def test_detectron2_no_boxes(n, m):
    assert oriented.pairwise(np.ones((n, 5), np.float32), np.ones((m, 5), np.float32)).shape == (n, m)


MMCV_A = np.array([[1, 1, 3, 4, 0.5], [2, 2, 3, 4, 0.6], [7, 7, 8, 8, 0.4]])
MMCV_B = np.array([[0, 2, 2, 5, 0.3], [2, 1, 3, 3, 0.5], [5, 5, 6, 7, 0.4]])
MMCV_IOU = [[0.3708, 0.4351, 0.0000], [0.1104, 0.4487, 0.0424], [0.0000, 0.0000, 0.3622]]
MMCV_IOF = [[0.4959, 0.5306, 0.0000], [0.1823, 0.5420, 0.1832], [0.0000, 0.0000, 0.4404]]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_mmcv(dtype):
    """Angles are clockwise in the image there, whose y points down: as they are here."""
    a = MMCV_A.astype(dtype)
    b = MMCV_B.astype(dtype)
    np.testing.assert_allclose(oriented.pairwise(a, b), MMCV_IOU, atol=5e-5)
    o = oriented.measure(a[:, None], b)
    np.testing.assert_allclose(o.intersection / o.size_a, MMCV_IOF, atol=5.1e-5)


def test_mmcv_differentiable():
    a = np.array([0.5, 0.5, 1, 1, 0])
    b = np.array(
        [[0.5, 0.5, 1, 1, 0], [0.5, 0.5, 1, 1, pi / 2], [0.5, 0.5, 1, 1, pi / 4], [1, 1, 1, 1, 0], [1.5, 1.5, 1, 1, 0]]
    )
    np.testing.assert_allclose(oriented.iou(a, b), [1, 1, 0.7071, 1 / 7, 0], atol=5e-5)


def test_mmcv_bird_s_eye_view():
    """boxes_iou_bev of mmcv 1: (x1, y1, x2, y2, angle)."""
    a = np.array([[2.0, 2.5, 2, 3, 0.5], [2.5, 3.0, 1, 2, 0.6], [7.5, 7.5, 1, 1, 0.4]])
    b = np.array([[1.0, 3.5, 2, 3, 0.3], [2.5, 2.0, 1, 2, 0.5], [5.5, 6.0, 1, 2, 0.4]])
    expected = [[0.2621, 0.2948, 0.0000], [0.0549, 0.1587, 0.0000], [0.0000, 0.0000, 0.0000]]
    np.testing.assert_allclose(oriented.pairwise(a, b), expected, atol=5e-5)


MMCV_FOUR = np.array([[6, 3, 8, 7, 0.5], [3, 6, 9, 11, 0.6], [3, 7, 10, 12, 0.3], [1, 4, 13, 7, 0.6]])
MMCV_SCORES = [0.7, 0.8, 0.5, 0.9]


def test_mmcv_suppression():
    assert oriented.nms(MMCV_FOUR, MMCV_SCORES, 0.5).tolist() == [3, 1, 0]


def test_mmcv_suppression_by_class():
    """It publishes [3, 1, 0] here too, though the third box meets the one of its class by an IoU of 0.26 only."""
    assert oriented.nms(MMCV_FOUR, MMCV_SCORES, 0.5, labels=[1, 0, 1, 0]).tolist() == [3, 1, 0, 2]
    assert oriented.iou(MMCV_FOUR[0], MMCV_FOUR[2]) == pytest.approx(0.2566, abs=5e-5)


def test_supervision():
    """Corners (1, 0), (0, 1), (3, 4), (4, 3) and (1, 1), (2, 0), (4, 2), (3, 3), as boxes."""
    a = np.array([2.0, 2.0, 3 * sqrt(2), sqrt(2), pi / 4])
    b = np.array([2.5, 1.5, 2 * sqrt(2), sqrt(2), pi / 4])
    for scale in (1, 80, 1e-6):
        scaled = np.array([scale, scale, scale, scale, 1])
        assert oriented.iou(a * scaled, b * scaled) == pytest.approx(0.25, rel=1e-14)
