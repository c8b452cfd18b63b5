"""What others publish about boxes, in their tests and documentation, to the digits that they print.

torchvision: test/test_ops.py; detectron2: tests/structures/test_boxes.py; mmcv: tests/test_ops/test_bbox.py;
mmdetection: tests of bbox_overlaps; torchmetrics: tests of detection.iou and its kin; supervision: tests of
box_iou_batch; kornia: documentation of mean_iou_bbox.
"""

from __future__ import annotations

import numpy as np
import pytest

from overlap import boxes

WHOLE = np.array([[0, 0, 100, 100], [0, 0, 50, 50], [200, 200, 300, 300], [0, 0, 25, 25]])
CLOSE = np.array(
    [
        [285.3538, 185.5758, 1193.5110, 851.4551],
        [285.1472, 188.7374, 1192.4984, 851.0669],
        [279.2440, 197.9812, 1189.4746, 849.2019],
    ]
)
TORCHVISION = {
    "iou": [[1.0, 0.25, 0.0], [0.25, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0625, 0.25, 0.0]],
    "giou": [[1.0, 0.25, -0.7778], [0.25, 1.0, -0.8611], [-0.7778, -0.8611, 1.0], [0.0625, 0.25, -0.8819]],
    "diou": [[1.0, 0.1875, -0.4444], [0.1875, 1.0, -0.5625], [-0.4444, -0.5625, 1.0], [-0.0781, 0.1875, -0.6267]],
}
# its boxes are squares, which have one ratio of width to height
TORCHVISION["ciou"] = TORCHVISION["diou"]


@pytest.mark.parametrize("score", TORCHVISION)
@pytest.mark.parametrize("dtype", ["int16", "int32", "int64"])
def test_torchvision_in_whole_numbers(score, dtype):
    a = WHOLE[:, None].astype(dtype)
    b = WHOLE[:3].astype(dtype)
    np.testing.assert_allclose(getattr(boxes, score)(a, b), TORCHVISION[score], atol=1e-4)


@pytest.mark.parametrize("score", TORCHVISION)
@pytest.mark.parametrize(("dtype", "error"), [("float16", 2e-3), ("float32", 1e-3), ("float64", 1e-3)])
def test_torchvision_in_floating_numbers(score, dtype, error):
    """All four scores are the same to the digits printed."""
    box = CLOSE.astype(dtype)
    expected = [[1.0, 0.9933, 0.9673], [0.9933, 1.0, 0.9737], [0.9673, 0.9737, 1.0]]
    np.testing.assert_allclose(getattr(boxes, score)(box[:, None], box), expected, atol=error)


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64"])
def test_torchvision_areas_of_whole_numbers(dtype):
    box = np.array([[0, 0, 100, 100], [0, 0, 0, 0]], dtype=dtype)
    assert boxes.measure(box, box).size_a.tolist() == [10_000, 0]


def test_torchvision_areas():
    np.testing.assert_allclose(boxes.measure(CLOSE, CLOSE).size_a, [604723.0806, 600965.4666, 592761.0085], atol=1e-4)
    half = np.array([[2.825, 1.8625, 3.90, 4.85], [2.825, 4.875, 19.20, 5.10], [2.925, 1.80, 8.90, 4.90]], np.float16)
    np.testing.assert_allclose(boxes.measure(half, half).size_a, [3.2170, 3.7108, 18.5071], atol=0.01)


FORMATS = {
    "xyxy": [[0, 0, 100, 100], [0, 0, 0, 0], [10, 15, 30, 35], [23, 35, 93, 95]],
    "xywh": [[0, 0, 100, 100], [0, 0, 0, 0], [10, 15, 20, 20], [23, 35, 70, 60]],
    "cxcywh": [[50, 50, 100, 100], [0, 0, 0, 0], [20, 25, 20, 20], [58, 65, 70, 60]],
}


@pytest.mark.parametrize("source", FORMATS)
@pytest.mark.parametrize("target", FORMATS)
def test_torchvision_formats(source, target, backend):
    box = backend.asarray(np.array(FORMATS[source], dtype=np.float32))
    np.testing.assert_array_equal(backend.to_numpy(boxes.convert(box, source, target)), FORMATS[target])


def test_detectron2_formats():
    box = np.array([[5, 5, 10, 10], [1, 1, 2, 3]])
    np.testing.assert_array_equal(boxes.convert(box, "xyxy", "xywh"), [[5, 5, 5, 5], [1, 1, 1, 2]])


def test_detectron2():
    unit = np.array([[0.0, 0.0, 1.0, 1.0]])
    parts = np.array(
        [
            [0.0, 0.0, 1.0, 1.0],
            [0.0, 0.0, 0.5, 1.0],
            [0.0, 0.0, 1.0, 0.5],
            [0.0, 0.0, 0.5, 0.5],
            [0.5, 0.5, 1.0, 1.0],
            [0.5, 0.5, 1.5, 1.5],
        ]
    )
    np.testing.assert_allclose(boxes.pairwise(unit, parts), [[1.0, 0.5, 0.5, 0.25, 0.25, 0.25 / (2 - 0.25)]])
    o = boxes.measure(unit, parts)
    np.testing.assert_allclose(o.intersection / o.size_b, [1.0, 1.0, 1.0, 1.0, 1.0, 0.25])


MMCV_B = [[0, 2, 2, 5], [2, 1, 3, 3]]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([[1, 1, 3, 4], [2, 2, 3, 4], [7, 7, 8, 8]], MMCV_B, [[1 / 3, 0.5], [0.2, 0.5], [0, 0]]),
        ([[0, 0, 3, 3]], [[4, 0, 5, 3], [3, 0, 4, 3], [2, 0, 3, 3], [1, 0, 2, 3]], [[0, 0.2, 0.5, 0.5]]),
    ],
)
def test_mmcv_of_pixels(a, b, expected):
    """Its ``offset=1`` counts the pixels from the first to the last: the same boxes, one longer along each axis."""
    last = np.array([0, 0, 1, 1])
    np.testing.assert_allclose(boxes.pairwise(a + last, b + last), expected, rtol=1e-12)


def test_mmdetection():
    a = np.array([[0, 0, 10, 10], [10, 10, 20, 20], [32, 32, 38, 42]])
    b = np.array([[0, 0, 10, 20], [0, 10, 10, 19], [10, 10, 20, 20]])
    np.testing.assert_allclose(boxes.giou(a, b).round(4), [0.5, -0.05, -0.8214], atol=1e-12)


TORCHMETRICS = {
    "iou": [[0.6898, 0, 0], [0, 0.5086, 0], [0, 0, 0.5654]],
    "giou": [[0.6895, -0.4964, -0.4944], [-0.5105, 0.4673, -0.3434], [-0.6024, -0.4021, 0.5345]],
    "diou": [[0.6883, -0.2043, -0.3351], [-0.2214, 0.4886, -0.1913], [-0.3971, -0.1510, 0.5609]],
    "ciou": [[0.6883, -0.2072, -0.3352], [-0.2217, 0.4881, -0.1913], [-0.3971, -0.1543, 0.5606]],
}


@pytest.mark.parametrize("score", TORCHMETRICS)
def test_torchmetrics(score):
    predicted = np.array(
        [[296.55, 93.96, 314.97, 152.79], [328.94, 97.05, 342.49, 122.98], [356.62, 95.47, 372.33, 147.55]]
    )
    target = np.array([[300.00, 100.00, 315.00, 150.00], [330.00, 100.00, 350.00, 125.00], [350, 100, 375, 150]])
    np.testing.assert_allclose(getattr(boxes, score)(predicted[:, None], target), TORCHMETRICS[score], atol=5e-5)


def test_supervision():
    a = np.array([[0, 0, 1, 1], [0, 0.75, 1, 1.75]])
    b = np.array([[0, 0.25, 1, 1.25], [0, 0.75, 1, 1.75], [1, 1, 2, 2]])
    np.testing.assert_array_equal(boxes.pairwise(a, b), [[0.6, 1 / 7, 0], [1 / 3, 1, 0]])


def test_kornia():
    a = np.array([[40, 40, 60, 60], [30, 40, 50, 60]])
    b = np.array([[40, 50, 60, 70], [30, 40, 40, 50]])
    np.testing.assert_allclose(boxes.pairwise(a, b), [[0.3333, 0.0], [0.1429, 0.25]], atol=5e-5)
