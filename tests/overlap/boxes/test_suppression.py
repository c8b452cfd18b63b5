"""Oracles: plain loops over every overlap; powerboxes 0.3.1, mmcv's and torchvision's published values."""

from __future__ import annotations

import time
import tracemalloc
from math import exp

import numpy as np
import pytest

from overlap import boxes, cuboids, oriented

rng = np.random.default_rng(23)

MMCV = np.array([[6, 3, 8, 7], [3, 6, 9, 11], [3, 7, 10, 12], [1, 4, 13, 7]], np.float32)
MMCV_SCORES = np.array([0.6, 0.9, 0.7, 0.2], np.float32)


def plain_iou(a, b):
    d = len(a) // 2
    shared = size_a = size_b = 1.0
    for k in range(d):
        shared *= max(min(a[d + k], b[d + k]) - max(a[k], b[k]), 0)
        size_a *= a[d + k] - a[k]
        size_b *= b[d + k] - b[k]
    return shared / (size_a + size_b - shared)


def plain_nms(b, scores, threshold, iou=plain_iou):
    order, kept = sorted(range(len(b)), key=lambda i: (-scores[i], i)), []
    while order:
        best = order.pop(0)
        kept.append(best)
        order = [i for i in order if iou(b[best], b[i]) <= threshold]
    return kept


def some(n, d, extent=100, side=40):
    lo = rng.uniform(0, extent, (n, d))
    return np.concatenate([lo, lo + rng.uniform(1, side, (n, d))], axis=1)


@pytest.mark.parametrize("threshold", [0.0, 0.2, 0.5, 0.8])
@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_a_plain_loop(d, threshold):
    b = some(90, d, 60, 60)
    scores = np.round(rng.random(90), 1)
    assert boxes.nms(b, scores, threshold).tolist() == plain_nms(b.tolist(), scores, threshold)


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("seed", [0, 1])
def test_torchvision_s_recipe(threshold, seed):
    """Its test: boxes in the hundred, and one that overlaps another by 1e-5 more than the threshold."""
    random = np.random.default_rng(seed)
    b = random.random((300, 4)) * 100
    b[:, 2:] += b[:, :2]
    b[-1] = b[0]
    b[-1, 2] += (b[0, 2] - b[0, 0]) * (1 - threshold - 1e-5) / (threshold + 1e-5)
    scores = random.random(300)
    assert boxes.nms(b, scores, threshold).tolist() == plain_nms(b.tolist(), scores, threshold)
    pair = boxes.nms(b[[0, -1]], [0.9, 0.8], threshold)
    assert pair.tolist() == [0]


def test_torchvision_s_boxes_in_half_precision():
    b = np.array(
        [
            [285.3538, 185.5758, 1193.5110, 851.4551],
            [285.1472, 188.7374, 1192.4984, 851.0669],
            [279.2440, 197.9812, 1189.4746, 849.2019],
        ]
    )
    scores = np.array([0.6370, 0.7569, 0.3966])
    for dtype in (np.float64, np.float32, np.float16):
        assert boxes.nms(b.astype(dtype), scores.astype(dtype), 0.2).tolist() == [1]


def test_a_threshold_that_is_met_suppresses_nothing():
    """powerboxes 0.3.1 on the same: [0 2 3], [2 3 1] and [0], [2 3]."""
    b = np.array([[0, 0, 2, 1], [0, 0, 2, 1], [1, 0, 2, 1], [0, 0, 1, 1]])
    assert boxes.nms(b, [0.5] * 4, 0.5).tolist() == [0, 2, 3]
    assert boxes.nms(b, [0.1, 0.2, 0.3, 0.3], 0.5).tolist() == [2, 3, 1]
    assert boxes.nms(b, [0.5] * 4, 0.49).tolist() == [0]
    assert boxes.nms(b, [0.1, 0.2, 0.3, 0.3], 0.49).tolist() == [2, 3]


def test_mmcv():
    """mmcv 2.2, tests/test_ops/test_nms.py; its least score of 0.01 leaves nothing out."""
    assert boxes.nms(MMCV, MMCV_SCORES, 0.3).tolist() == [1, 0, 3]
    index, score = boxes.nms(MMCV, MMCV_SCORES, 0.3, method="linear")
    assert index.tolist() == [1, 0, 2, 3]
    np.testing.assert_allclose(score, [0.9, 0.6, 0.29024392, 0.2], rtol=1e-6)
    index, score = boxes.nms(MMCV, MMCV_SCORES, 0.3, method="gaussian", sigma=0.5)
    assert index.tolist() == [1, 0, 2, 3]
    np.testing.assert_allclose(score, [0.9, 0.59630775, 0.35275510, 0.18650459], rtol=1e-6)


@pytest.mark.parametrize("method", ["linear", "gaussian"])
def test_soft_suppression_as_the_paper_writes_it(method):
    b, scores = some(80, 2), rng.random(80)
    left, expected, order = set(range(80)), scores.tolist(), []
    while left:
        best = max(left, key=lambda i: expected[i])
        left.remove(best)
        order.append(best)
        for i in left:
            o = plain_iou(b[best], b[i])
            linear = 1 - o if o >= 0.4 else 1.0
            expected[i] *= linear if method == "linear" else exp(-(o**2) / 0.3)
    index, score = boxes.nms(b, scores, 0.4, method=method, sigma=0.3)
    assert index.tolist() == order
    np.testing.assert_allclose(score, np.array(expected)[order], rtol=1e-12)


def test_what_falls_below_a_least_score_weakens_nothing_above_it():
    b, scores = some(60, 2), rng.random(60)
    index, score = boxes.nms(b, scores, 0.1, method="gaussian", sigma=0.1)
    is_left = score >= 0.2
    assert 5 < is_left.sum() < 55
    again, score_again = boxes.nms(
        b[np.sort(index[is_left])], scores[np.sort(index[is_left])], 0.1, method="gaussian", sigma=0.1
    )
    assert len(again) == len(score_again) == is_left.sum()
    np.testing.assert_allclose(score_again, score[is_left], rtol=1e-12)


@pytest.mark.parametrize("method", ["hard", "linear", "gaussian"])
def test_classes_far_from_the_origin(method):
    """Shifted by class, coordinates as large would lose the boxes' own digits."""
    b = some(60, 2) + 1e15
    scores, labels = rng.random(60), rng.choice(["cat", "dog", "eel"], 60)
    kept = boxes.nms(b, scores, 0.3, labels=labels, method=method)
    parts = []
    for label in "cat", "dog", "eel":
        own = np.flatnonzero(labels == label)
        alone = boxes.nms(b[own], scores[own], 0.3, method=method)
        index, score = (alone, scores[own][alone]) if method == "hard" else alone
        parts += zip(-score, own[index], strict=True)
    expected = [i for _, i in sorted(parts)]
    assert (kept if method == "hard" else kept[0]).tolist() == expected


@pytest.mark.parametrize("method", ["hard", "linear", "gaussian"])
@pytest.mark.parametrize("period", [(50, 40), (None, 40), (50, None)])
def test_a_scene_turned_over_the_seam(period, method):
    """Turning all boxes together changes nothing, and neither does naming one by another turn."""
    b, scores = np.round(some(70, 2, 50, 20)), rng.random(70)
    kept = boxes.nms(b, scores, 0.3, period=period, method=method)
    length = np.array([0 if p is None else p for p in period])
    turned = b + np.tile(rng.integers(-3, 4, (70, 2)) * length, 2) + np.tile([13, 7], 2)
    again = boxes.nms(turned, scores, 0.3, period=period, method=method)
    if method == "hard":
        iou = boxes.iou(b[:, None], b, period=period)
        by_index = plain_nms(range(70), scores, 0.3, lambda i, j: iou[i, j])
        assert kept.tolist() == again.tolist() == by_index
        return
    assert kept[0].tolist() == again[0].tolist()
    np.testing.assert_allclose(kept[1], again[1], rtol=1e-13)


def test_classes_on_a_ring():
    b, scores, labels = some(60, 2, 50, 20), rng.random(60), rng.integers(0, 3, 60)
    iou = boxes.iou(b[:, None], b, period=(50, 40)) * (labels[:, None] == labels)
    expected = plain_nms(range(60), scores, 0.2, lambda i, j: iou[i, j])
    assert boxes.nms(b, scores, 0.2, labels=labels, period=(50, 40)).tolist() == expected


def test_empty_boxes_suppress_nothing():
    point = [[1.0, 1, 1, 1]]
    assert boxes.nms(np.array(point * 3 + [[0, 0, 2, 2]]), [0.4, 0.5, 0.6, 0.3], 0.0).tolist() == [2, 1, 0, 3]
    assert boxes.nms(np.zeros((0, 4)), [], 0.5).tolist() == []
    index, score = boxes.nms(np.zeros((0, 4)), [], 0.5, method="linear")
    assert (index.dtype, len(score)) == (np.int64, 0)


def test_tensors():
    torch = pytest.importorskip("torch")
    b = torch.as_tensor(MMCV, dtype=torch.bfloat16).requires_grad_()
    kept = boxes.nms(b, torch.as_tensor(MMCV_SCORES), 0.3)
    assert kept.dtype == torch.int64
    assert kept.tolist() == [1, 0, 3]
    index, score = boxes.nms(b, torch.as_tensor(MMCV_SCORES).requires_grad_(), 0.3, method="linear")
    assert torch.equal(index, torch.tensor([1, 0, 2, 3]))
    np.testing.assert_allclose(score.numpy(), [0.9, 0.6, 0.29024392, 0.2], rtol=1e-6)
    with pytest.raises(ValueError, match=r"boxes.nms: boxes is no array .* x.detach\(\).cpu\(\)"):
        boxes.nms(torch.zeros((2, 4), device="meta"), [0.5, 0.6], 0.5)


def test_thirty_thousand_boxes_of_an_aerial_image():
    """powerboxes 0.3.1 keeps as many, and the same first five. Every pair would take 7 GB, and a minute."""
    random = np.random.default_rng(0)
    n = 30_000
    centre, side, scores = random.uniform(0, 4000, (n, 2)), random.uniform(10, 60, (n, 2)), random.random(n)
    b = np.concatenate([centre - side / 2, centre + side / 2], axis=1)
    began = time.process_time()
    kept = boxes.nms(b, scores, 0.5)
    assert len(kept) == 27_913
    assert kept[:5].tolist() == [7172, 14503, 17937, 19125, 16177]
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("b", "message"),
    [
        (np.zeros(4), r"boxes.nms: boxes has shape \(4,\); pass \(n, 2d\)"),
        (np.zeros((2, 3)), r"boxes.nms: got boxes: \(2, 3\); the last axis holds lo|hi"),
        (np.zeros((0, 3)), r"boxes.nms: got boxes: \(0, 3\); the last axis holds lo|hi"),
        (np.array([[1.0, 0, 0, 1], [0, 0, 1, 1]]), "boxes.nms: 1 of 2 boxes are malformed"),
    ],
)
def test_refused(b, message):
    with pytest.raises(ValueError, match=message):
        boxes.nms(b, [0.5, 0.6], 0.5)


@pytest.mark.parametrize("shape", [(4,), (2, 1, 4), (1, 2, 4)])
def test_the_remedy_for_other_shapes(shape):
    b = np.broadcast_to([0.0, 0, 2, 2], shape)
    with pytest.raises(ValueError, match="boxes.nms: boxes has shape .*; pass .n, 2d., one box a row") as refused:
        boxes.nms(b, [0.9, 0.8][: b.size // 4], 0.5)
    _, remedy = str(refused.value).split("a row: ")
    assert boxes.nms(eval(remedy, {"boxes": b}), [0.9, 0.8][: b.size // 4], 0.5).tolist() == [0]
    with pytest.raises(ValueError, match=r"boxes.overlap_pairs: b has shape .*: b.reshape\(-1, b.shape\[-1\]\)"):
        boxes.overlap_pairs(np.zeros((1, 4)), b)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["linear", "gaussian"])
def test_soft_suppression_of_a_crowd_takes_little_memory(method):
    """Every pair overlaps: sorted all at once, they took 56 bytes each."""
    lo = rng.random((600, 2))
    b = np.concatenate([lo, lo + 2 + rng.random((600, 2))], axis=1)
    scores = rng.random(600)
    boxes.nms(b[:9], scores[:9], 0.3, method=method)
    tracemalloc.start()
    try:
        index, _ = boxes.nms(b, scores, 0.3, method=method)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sorted(index.tolist()) == list(range(600))
    assert peak < 40 * 600**2


def test_boxes_in_a_list():
    b = [[0.0, 0, 2, 2], [0, 0, 2, 1.5], [5, 5, 6, 6]]
    turned = [[1, 1, 2, 2, 0.0], [1, 1, 2, 1.5, 0], [5, 5, 1, 1, 0]]
    upright = [[1, 1, 0, 2, 2, 1, 0.0], [1, 1, 0, 2, 1.5, 1, 0], [5, 5, 0, 1, 1, 1, 0]]
    for nms, rows in ((boxes.nms, b), (oriented.nms, turned), (cuboids.nms, upright)):
        assert nms(rows, [0.9, 0.8, 0.7], 0.5).tolist() == [0, 2]
        assert nms(tuple(rows), (0.9, 0.8, 0.7), 0.5).tolist() == [0, 2]
    with pytest.raises(ValueError, match="boxes.nms: boxes is no array"):
        boxes.nms([[0, 0, 1, 1], [0, 0, 1]], [0.5, 0.6], 0.5)
    with pytest.raises(ValueError, match=r"boxes has shape \(0,\); .*one box a row") as refused:
        boxes.nms([], [], 0.5)
    _, remedy = str(refused.value).split("a row: ")
    assert boxes.nms(eval(remedy, {"numpy": np}), [], 0.5).tolist() == []


def test_labelled_and_masked_tables():
    xarray = pytest.importorskip("xarray")
    table = xarray.DataArray(np.array([[0.0, 0, 2, 2], [0, 0, 2, 2]]), dims=("box", "side"))
    turned = xarray.DataArray(np.array([[1.0, 1, 2, 2, 0], [1, 1, 2, 2, 0]]), dims=("box", "side"))
    for package, nms, x in (("boxes", boxes.nms, table), ("oriented", oriented.nms, turned)):
        with pytest.raises(TypeError, match=f"{package}.nms: boxes is an xarray DataArray, .*; pass boxes.values"):
            nms(x, [0.9, 0.8], 0.5)
        assert nms(x.values, [0.9, 0.8], 0.5).tolist() == [0]
        with pytest.raises(TypeError, match=f"{package}.nms: boxes is a masked array, .*; leave out what is masked"):
            nms(np.ma.array(x.values), [0.9, 0.8], 0.5)
    for package, join, x in (("boxes", boxes.overlap_pairs, table), ("oriented", oriented.overlap_pairs, turned)):
        with pytest.raises(TypeError, match=f"{package}.overlap_pairs: b is an xarray DataArray, .*; pass b.values"):
            join(x.values, x)
