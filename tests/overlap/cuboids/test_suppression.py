"""Oracles: plain loops over shapely's areas times intervals; suppression of aligned boxes."""

from __future__ import annotations

from math import exp, pi

import numpy as np
import pytest

from overlap import boxes, cuboids, oriented

from .test_join import some, volumes
from .test_sizes import half_turn, sides_swapped

rng = np.random.default_rng(53)


def scene(n):
    found = some(n, extent=20)
    shared = volumes(found, found)
    volume = found[:, 3:6].prod(1)
    return found, shared / (volume[:, None] + volume - shared)


@pytest.mark.parametrize("threshold", [0.0, 0.1, 0.3])
def test_a_plain_loop(threshold):
    found, iou = scene(70)
    scores = rng.random(70)
    labels = rng.integers(0, 2, 70)
    of_one_class = labels[:, None] == labels
    for classes, compared in ((None, np.ones((70, 70), bool)), (labels, of_one_class)):
        suppresses = compared & (iou > threshold)
        order, kept = np.argsort(-scores).tolist(), []
        while order:
            best = order.pop(0)
            kept.append(best)
            order = [i for i in order if not suppresses[best, i]]
        assert len(kept) < 70
        assert cuboids.nms(found, scores, threshold, labels=classes).tolist() == kept


@pytest.mark.parametrize("method", ["linear", "gaussian"])
def test_soft_suppression_as_the_paper_writes_it(method):
    found, iou = scene(50)
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
    index, score = cuboids.nms(found, scores, 0.2, method=method)
    assert index.tolist() == order
    np.testing.assert_allclose(score, expected[order], rtol=1e-9)


@pytest.mark.parametrize("quarter_turns", [0, 1, 2])
def test_at_right_angles_as_aligned_boxes(quarter_turns):
    lo, side = rng.random((800, 3)) * [60, 60, 6], rng.uniform(1, 12, (800, 3))
    scores = rng.random(800)
    sides = side[:, [1, 0, 2]] if quarter_turns == 1 else side
    found = np.concatenate([lo + side / 2, sides, np.full((800, 1), quarter_turns * pi / 2)], axis=1)
    aligned = np.concatenate([lo, lo + side], axis=1)
    expected = boxes.nms(aligned, scores, 0.3).tolist()
    assert len(expected) < 800
    assert cuboids.nms(found, scores, 0.3).tolist() == expected


@pytest.mark.parametrize("other_name", [half_turn, sides_swapped])
def test_one_box_by_two_names(other_name):
    found, _ = scene(12)
    both = np.concatenate([found[:1], other_name(found[:1])])
    assert cuboids.nms(both, [0.4, 0.6], 0.999).tolist() == [1]


def test_decks_of_a_car_park():
    """One above the other: both stay, and only the bird's-eye view takes them for one."""
    decks = np.array([[0, 0, 0, 4, 2, 1.5, 0.4], [0, 0, 3, 4, 2, 1.5, 0.4]])
    assert cuboids.nms(decks, [0.9, 0.8], 0.0).tolist() == [0, 1]
    assert oriented.nms(cuboids.birds_eye(decks), [0.9, 0.8], 0.5).tolist() == [0]


def test_tensors_and_nothing():
    torch = pytest.importorskip("torch")
    found, _ = scene(20)
    scores = rng.random(20)
    kept = cuboids.nms(torch.as_tensor(found), torch.as_tensor(scores), 0.2)
    assert kept.dtype == torch.int64
    assert kept.tolist() == cuboids.nms(found, scores, 0.2).tolist()
    assert cuboids.nms(np.zeros((0, 7)), [], 0.5).tolist() == []


@pytest.mark.parametrize(
    ("found", "scores", "message"),
    [
        (np.zeros((2, 5)), [0.1, 0.2], "cuboids.nms: boxes has shape"),
        (np.zeros(7), [0.1], r"cuboids.nms: boxes must have shape \(n, 7\)"),
        (np.zeros((2, 7)), [0.1], "one number for each of the 2 rows"),
    ],
)
def test_refused(found, scores, message):
    with pytest.raises(ValueError, match=message):
        cuboids.nms(found, scores, 0.5)
