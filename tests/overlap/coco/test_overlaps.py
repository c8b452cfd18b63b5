"""Oracles: the IoU of every family's own `pairwise`; COCO's formula for boxes."""

from __future__ import annotations

import numpy as np
import pytest

from overlap import boxes, coco, cuboids, oriented
from overlap.coco import overlaps

rng = np.random.default_rng(3)


def turned(n):
    return np.concatenate([rng.uniform(0, 9, (n, 2)), rng.uniform(1, 6, (n, 2)), rng.uniform(-3, 3, (n, 1))], axis=1)


def standing(n):
    ground = turned(n)
    middle = rng.uniform(0, 2, (n, 1))
    height = rng.uniform(1, 3, (n, 1))
    return np.concatenate([ground[:, :2], middle, ground[:, 2:4], height, ground[:, 4:]], axis=1)


def flat(n):
    return np.concatenate([rng.uniform(0, 9, (n, 2)), rng.uniform(1, 6, (n, 2))], axis=1)


def iou_of_flat(a, b):
    return boxes.pairwise(boxes.convert(a, "xywh", "xyxy"), boxes.convert(b, "xywh", "xyxy"))


def iou_of_footprints(a, b):
    return oriented.pairwise(cuboids.birds_eye(a), cuboids.birds_eye(b))


FAMILIES = {
    "boxes": (flat, iou_of_flat),
    "oriented": (turned, oriented.pairwise),
    "cuboids": (standing, cuboids.pairwise),
    "footprints": (standing, iou_of_footprints),
}


@pytest.mark.parametrize("pairs_at_once", [12, 10**6])
@pytest.mark.parametrize("family", FAMILIES)
def test_every_pair_of_an_image_has_its_iou(family, pairs_at_once, monkeypatch):
    draw, pairwise = FAMILIES[family]
    a, b = draw(20), draw(30)
    image_a, image_b = rng.integers(0, 3, 20), rng.integers(0, 3, 30)
    found = coco.Detections(image=image_a, category=np.zeros(20), confidence=np.zeros(20), boxes=a)
    there = coco.References(image=image_b, category=np.zeros(30), boxes=b)
    monkeypatch.setattr(overlaps, "_CHUNK", pairs_at_once)
    blocks = list(overlaps.pairs_in_groups(image_a, image_b))
    assert len(blocks) == 1 or pairs_at_once == 12
    i, j = (np.concatenate(rows) for rows in zip(*blocks, strict=True))
    assert sorted(zip(i, j, strict=True)) == list(zip(*np.nonzero(image_a[:, None] == image_b), strict=True))
    comparison = overlaps.compared(family, found, there)
    np.testing.assert_allclose(comparison.scores(i, j), pairwise(a, b)[i, j], atol=1e-12)


def test_of_a_crowd_it_is_the_share_of_the_detection():
    found = coco.Detections(image=[1], category=[1], confidence=[1], boxes=[[0, 0, 2, 2]])
    there = coco.References(image=[1, 1], category=[1, 1], boxes=[[1, 0, 50, 50]] * 2, is_crowd=[True, False])
    scores = overlaps.compared("boxes", found, there).scores(np.array([0, 0]), np.array([0, 1]))
    np.testing.assert_allclose(scores, [0.5, 2 / 2502])


def test_boxes_without_area_share_nothing():
    found = coco.Detections(image=[1], category=[1], confidence=[1], boxes=[[3, 3, 0, 0]])
    there = coco.References(image=[1], category=[1], boxes=[[3, 3, 0, 0]])
    assert overlaps.compared("boxes", found, there).scores(np.array([0]), np.array([0])).tolist() == [0]
