"""Oracles: the published formulas of Pascal VOC and nuScenes as plain loops, curves in closed form."""

from __future__ import annotations

import operator
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from overlap import coco


def voc_curve(detections, references, least=0.5, is_enough=operator.ge):
    """The development kit's loop: each detection looks at its best reference only, and difficult ones do not count."""
    taken = set()
    hits, false = [], []
    for i in np.argsort(-detections.confidence, kind="stable"):
        best, best_overlap = None, -np.inf
        for j in np.flatnonzero(references.image == detections.image[i]):
            start = np.maximum(detections.boxes[i, :2], references.boxes[j, :2])
            stop = np.minimum(
                detections.boxes[i, :2] + detections.boxes[i, 2:], references.boxes[j, :2] + references.boxes[j, 2:]
            )
            side = np.maximum(stop - start, 0)
            shared = side[0] * side[1]
            union = np.prod(detections.boxes[i, 2:]) + np.prod(references.boxes[j, 2:]) - shared
            if shared / union > best_overlap:
                best, best_overlap = j, shared / union
        is_hit = is_false = False
        if best is None or not is_enough(best_overlap, least):
            is_false = True
        elif not references.is_ignored[best]:
            is_hit = best not in taken
            is_false = not is_hit
            taken.add(best)
        hits.append(is_hit)
        false.append(is_false)
    hits, false = np.cumsum(hits), np.cumsum(false)
    return hits / max(1, (~references.is_ignored).sum()), hits / np.maximum(hits + false, 1e-300)


def voc_2007(recall, precision):
    read = [max(precision[recall >= level], default=0) for level in np.arange(0.0, 1.1, 0.1)]
    return np.mean(read)


def voc_2010(recall, precision):
    recall = np.concatenate([[0], recall, [1]])
    precision = np.concatenate([[0], precision, [0]])
    for k in range(len(precision) - 1, 0, -1):
        precision[k - 1] = max(precision[k - 1], precision[k])
    steps = np.flatnonzero(recall[1:] != recall[:-1])
    return np.sum((recall[steps + 1] - recall[steps]) * precision[steps + 1])


def scene(rng, n=60, m=20):
    """Images with boxes on a coarse grid, so that overlaps tie, and detections near them."""
    image_b = rng.integers(0, 4, m)
    boxes_b = np.concatenate([rng.integers(0, 30, (m, 2)), rng.integers(4, 20, (m, 2))], axis=1)
    of = rng.integers(0, m, n)
    boxes_a = boxes_b[of] + rng.integers(-2, 3, (n, 4))
    detections = coco.Detections(
        image=image_b[of], category=np.zeros(n, int), confidence=rng.permutation(n) / n, boxes=np.maximum(boxes_a, 1)
    )
    references = coco.References(
        image=image_b, category=np.zeros(m, int), boxes=boxes_b, is_ignored=rng.random(m) < 0.3
    )
    return detections, references


@pytest.mark.parametrize("seed", range(20))
def test_pascal_voc_against_its_own_loop(seed):
    detections, references = scene(np.random.default_rng(seed))
    recall, precision = voc_curve(detections, references)
    by_11 = coco.evaluate(detections, references, protocol=coco.VOC_2007).summary()["AP"]
    by_step = coco.evaluate(detections, references, protocol=coco.VOC_2010).summary()["AP"]
    assert by_11 == pytest.approx(voc_2007(recall, precision), abs=1e-14)
    assert by_step == pytest.approx(voc_2010(recall, precision), abs=1e-14)
    assert by_11 != by_step


def as_scripts_in_python(protocol):
    """Return the protocol with the > of py-faster-rcnn's and detectron2's voc_eval."""
    return replace(protocol, claiming=replace(protocol.claiming, strict=True))


@pytest.mark.parametrize("seed", range(8))
def test_pascal_voc_as_scripts_in_python_have_it(seed):
    detections, references = scene(np.random.default_rng(seed))
    recall, precision = voc_curve(detections, references, is_enough=operator.gt)
    by_11 = coco.evaluate(detections, references, protocol=as_scripts_in_python(coco.VOC_2007)).summary()["AP"]
    by_step = coco.evaluate(detections, references, protocol=as_scripts_in_python(coco.VOC_2010)).summary()["AP"]
    assert by_11 == pytest.approx(voc_2007(recall, precision), abs=1e-14)
    assert by_step == pytest.approx(voc_2010(recall, precision), abs=1e-14)


@pytest.mark.parametrize("name", ["VOC_2007", "VOC_2010"])
def test_an_overlap_of_just_one_half(name):
    """Pixels 0 to 9, of which the detection has the upper 5 rows: an IoU of 50 / 100."""
    corners = np.array([[0, 0, 9, 4], [0, 0, 9, 9]])
    half, whole = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2] + 1], axis=1)
    detections = coco.Detections(image=[1], category=[1], confidence=[1], boxes=[half])
    references = coco.References(image=[1], category=[1], boxes=[whole])
    protocol = getattr(coco, name)
    assert coco.evaluate(detections, references, protocol=protocol).summary()["AP"] == 1
    assert coco.evaluate(detections, references, protocol=as_scripts_in_python(protocol)).summary()["AP"] == 0


def test_a_protocol_shows_its_settings():
    claiming = (
        "Claiming(fall_back=False, counted_first=False, later_of_equals=False, strict=False, ignored_repeat=True)"
    )
    assert repr(coco.VOC_2007) == (
        "Protocol(thresholds=[0.5], recall_points=[0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1], "
        "interpolation='envelope', least_precision=0.0, size_ranges=[('all', 0, inf)], max_detections=[inf], "
        f"use_categories=True, later_first=False, claiming={claiming})"
    )
    assert "recall_points=None," in repr(coco.VOC_2010)
    assert "recall_points=[0, 0.01, ..., 1], " in repr(coco.COCO)
    assert "size_ranges=[('all', 0, 1e+10), ('small', 0, 1024), ('medium', 1024, 9216), " in repr(coco.COCO)
    assert "max_detections=[1, 10, 100]," in repr(coco.COCO)


@pytest.mark.parametrize("name", ["COCO", "VOC_2007", "VOC_2010", "RECALL_40", "NUSCENES"])
def test_help_describes_every_protocol(name):
    described = coco.__doc__.partition("Protocols\n")[2].partition("References\n")[0]
    assert f"`{name}`" in described


def nuscenes_average(confidence, image_a, distance, image_b, radius):
    """nuScenes's loop: the nearest centre that is free, then precision on the line between the points of its curve."""
    taken = set()
    hits = []
    for _, i in sorted((value, number) for number, value in enumerate(confidence))[::-1]:
        nearest, best = np.inf, None
        for j in np.flatnonzero(image_b == image_a[i]):
            if j not in taken and distance[i, j] < nearest:
                nearest, best = distance[i, j], j
        hits.append(nearest < radius)
        if nearest < radius:
            taken.add(best)
    hits = np.cumsum(hits)
    if not hits[-1]:
        return 0.0
    precision = hits / np.arange(1, len(hits) + 1)
    at = np.interp(np.linspace(0, 1, 101), hits / len(image_b), precision, right=0)
    return np.mean(np.maximum(at[11:] - 0.1, 0)) / 0.9


@pytest.mark.parametrize("seed", range(10))
def test_nuscenes_against_its_own_loop(seed):
    rng = np.random.default_rng(seed)
    n, m = 60, 25
    image_a, image_b = rng.integers(0, 5, n), rng.integers(0, 5, m)
    confidence = rng.integers(1, 20, n) / 20
    distance = rng.uniform(0, 6, (n, m))
    is_pair = image_a[:, None] == image_b
    overlaps = sparse.coo_array((-distance[is_pair], np.nonzero(is_pair)), (n, m))
    detections = coco.Detections(image=image_a, category=np.zeros(n), confidence=confidence)
    references = coco.References(image=image_b, category=np.zeros(m))
    average = coco.evaluate(detections, references, overlaps, coco.NUSCENES).average_precision[:, 0, 0, 0]
    expected = [nuscenes_average(confidence, image_a, distance, image_b, radius) for radius in (0.5, 1, 2, 4)]
    np.testing.assert_allclose(average, expected, atol=1e-14)
    assert len(set(expected)) == 4


def test_one_curve_read_by_every_protocol():
    """A hit, a false positive, a hit, of two references: precision 1 up to recall 1/2, then 2/3."""
    detections = coco.Detections(
        image=[1, 1, 1],
        category=[1, 1, 1],
        confidence=[0.9, 0.8, 0.7],
        boxes=[[0, 0, 9, 9], [50, 50, 9, 9], [20, 0, 9, 9]],
    )
    references = coco.References(image=[1, 1], category=[1, 1], boxes=[[0, 0, 9, 9], [20, 0, 9, 9]])
    expected = {
        coco.VOC_2007: (6 + 5 * 2 / 3) / 11,
        coco.VOC_2010: (1 + 2 / 3) / 2,
        coco.COCO: (51 + 50 * 2 / 3) / 101,
        replace(coco.RECALL_40, thresholds=[0.5]): (20 + 20 * 2 / 3) / 40,
    }
    for protocol, average in expected.items():
        assert coco.evaluate(detections, references, protocol=protocol).summary()["AP"] == pytest.approx(average)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"thresholds": []}, "thresholds is .*pass one number at least"),
        ({"thresholds": 0.5}, "thresholds is 0.5; pass a row of numbers"),
        ({"thresholds": [0.0]}, "a threshold is 0"),
        ({"recall_points": [1.5]}, r"recalls lie in \[0, 1\]"),
        ({"recall_points": None, "interpolation": "linear"}, "need recall_points"),
        ({"interpolation": "cubic"}, "interpolation must be one of"),
        ({"least_precision": 1.0}, "least_precision is 1.0"),
        ({"size_ranges": [("all", 9, 1)]}, r"pass \(name, least, most\)"),
        ({"size_ranges": [("all", 0, 1), ("all", 1, 2)]}, "a name of its own"),
        ({"max_detections": [0]}, "whole numbers from 1 on"),
    ],
)
def test_settings_that_cannot_be(changes, message):
    with pytest.raises(ValueError, match=rf"^coco\.Protocol: .*{message}"):
        replace(coco.COCO, **changes)
