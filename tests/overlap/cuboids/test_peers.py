"""What others publish about boxes in space in their tests.

mmcv: tests/test_ops/test_iou3d.py and test_diff_iou_rotated.py; PyTorch3D: tests/test_iou_box3d.py, those of its boxes
that stand upright, with the volumes that Meshlab gave.
"""

from __future__ import annotations

from math import pi

import numpy as np
import pytest

from overlap import boxes, cuboids, oriented

MMCV_A = np.array([[1, 1, 1, 2, 2, 2, 0], [2, 2, 2, 2, 2, 2, 0], [3, 3, 3, 3, 2, 2, 0]])
MMCV_B = np.array([[1, 1, 1, 2, 2, 2, 0], [1, 1, 1, 2, 2, 2, pi / 2], [1, 1, 1, 2, 2, 2, pi / 4]])


def test_mmcv():
    expected = [[1, 1, 1 / 2**0.5], [1 / 15, 1 / 15, 1 / 15], [0, 0, 0]]
    np.testing.assert_allclose(cuboids.pairwise(MMCV_A, MMCV_B), expected, atol=1e-15)


def test_mmcv_from_above():
    shared = oriented.measure(cuboids.birds_eye(MMCV_A)[:, None], cuboids.birds_eye(MMCV_B)).intersection
    expected = [[4, 4, (8 + 8 * 2**0.5) / (3 + 2 * 2**0.5)], [1, 1, 1], [0, 0, 0]]
    np.testing.assert_allclose(shared, expected, atol=1e-14)


def test_mmcv_differentiable():
    a = np.array([0.5, 0.5, 0.5, 1, 1, 1, 0])
    b = np.array(
        [
            [0.5, 0.5, 0.5, 1, 1, 1, 0],
            [0.5, 0.5, 0.5, 1, 1, 2, pi / 2],
            [0.5, 0.5, 0.5, 1, 1, 1, pi / 4],
            [1, 1, 1, 1, 1, 1, 0],
            [-1.5, -1.5, -1.5, 2.5, 2.5, 2.5, 0],
        ]
    )
    np.testing.assert_allclose(cuboids.iou(a, b), [1, 0.5, 0.7071, 1 / 15, 0], atol=5e-5)


MMCV_FIVE = np.array(
    [
        [1, 1, 1, 2, 2, 2, 0],
        [2, 2, 2, 2, 2, 2, 0],
        [3, 3, 3, 3, 2, 2, 0.3],
        [3, 3, 3, 3, 2, 2, 0],
        [3, 3.2, 3.2, 3, 2, 2, 0.3],
    ]
)
MMCV_SCORES = np.array([0.6, 0.9, 0.1, 0.2, 0.15])


def many_of_mmcv():
    drawn = np.random.RandomState(42)
    return drawn.rand(555, 7).astype(np.float32), drawn.rand(555).astype(np.float32)


def test_mmcv_suppression():
    """Its nms3d compares boxes from above, in single precision with a margin: of the 555 it publishes 176.

    A plain loop over shapely's IoU keeps 179 too.
    """
    assert oriented.nms(cuboids.birds_eye(MMCV_FIVE), MMCV_SCORES, 0.3).tolist() == [1, 0, 3]
    many, scores = many_of_mmcv()
    assert len(oriented.nms(cuboids.birds_eye(many), scores, 0.3)) == 179


def test_mmcv_suppression_of_upright_boxes():
    """Its nms3d_normal also takes the heading for 0."""

    def upright(box):
        return boxes.convert(box[:, [0, 1, 3, 4]], "cxcywh", "xyxy")

    assert boxes.nms(upright(MMCV_FIVE), MMCV_SCORES, 0.3).tolist() == [1, 0, 3]
    many, scores = many_of_mmcv()
    assert len(boxes.nms(upright(many), scores, 0.3)) == 148


def from_corners(*corners):
    """Return a box from three corners of its bottom, the middle one first, and one of its top."""
    corner, along, across, above = np.array(corners, dtype=float)
    centre = (along[:2] + across[:2]) / 2
    length_side = along[:2] - corner[:2]
    width_side = across[:2] - corner[:2]
    height = above[2] - corner[2]
    return np.array(
        [
            *centre,
            corner[2] + height / 2,
            np.hypot(*length_side),
            np.hypot(*width_side),
            abs(height),
            np.arctan2(length_side[1], length_side[0]),
        ]
    )


PYTORCH3D = {
    "1287, the same": (
        (
            (-167.5847, -70.6167, -2.7927),
            (-166.7333, -72.4264, -2.7927),
            (-163.0605, -68.4880, -2.7927),
            (0, 0, -4.5927),
        ),
        (
            (-167.5847, -70.6167, -2.7927),
            (-166.7333, -72.4264, -2.7927),
            (-163.0605, -68.4880, -2.7927),
            (0, 0, -4.5927),
        ),
        None,
        1.0,
    ),
    "1287, almost the same": (
        (
            (-33.94158, -4.51639, 0.96941),
            (-34.67156, -2.65437, 0.96941),
            (-38.75954, -6.40521, 0.96941),
            (0, 0, -0.95367),
        ),
        (
            (-33.94159, -4.51638, 0.96939),
            (-34.67158, -2.65437, 0.96939),
            (-38.75954, -6.40523, 0.96939),
            (0, 0, -0.95368),
        ),
        None,
        1.0,
    ),
    "1287, larger": (
        (
            (-105.6248, -32.7026, -1.2279),
            (-106.4690, -30.8895, -1.2279),
            (-110.1575, -34.8132, -1.2279),
            (0, 0, -3.0279),
        ),
        (
            (-105.5094, -32.9504, -1.0641),
            (-106.4272, -30.9793, -1.0641),
            (-110.0421, -35.0609, -1.0641),
            (0, 0, -3.1916),
        ),
        (17.108501, 18.000067, 23.128527),
        None,
    ),
    "1287, lower": (
        ((-59.4785, -15.6003, 0.4398), (-60.2263, -13.6928, 0.4398), (-64.1743, -17.4412, 0.4398), (0, 0, -1.3909)),
        ((-59.4874, -15.5775, -0.1512), (-60.2174, -13.7155, -0.1512), (-64.1832, -17.4185, -0.1512), (0, 0, -1.9820)),
        (12.505723, 18.918238, 18.468531),
        None,
    ),
}


@pytest.mark.parametrize("issue", PYTORCH3D)
def test_pytorch3d(issue):
    """Their corners have four decimals."""
    a, b, volumes, iou = PYTORCH3D[issue]
    a = from_corners(*a)
    b = from_corners(*b)
    o = cuboids.measure(a, b)
    if volumes is None:
        assert cuboids.iou(a, b) == pytest.approx(iou, abs=1e-4)
    else:
        assert [o.intersection, o.size_a, o.size_b] == pytest.approx(volumes, rel=1e-4)


def test_pytorch3d_side_by_side():
    """Issue 992."""
    o = cuboids.measure(np.array([0, 0, 0, 2, 2, 2, 0]), np.array([-1, 1, 0, 2, 2, 2, 0]))
    assert float(o.intersection) == 2


def test_pytorch3d_a_box_of_no_size():
    """Issue 992: an error there."""
    o = cuboids.measure(np.array([0, 0, 0, 2, 2, 1, 0]), np.zeros(7))
    assert [float(o.intersection), float(o.size_a), float(o.size_b)] == [0, 4, 0]
