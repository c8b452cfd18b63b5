"""Oracle: pycocotools 2.0.11 on drawn sets, with crowds, ranges of area, ties, empty images and categories."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from peer_sets import SETS, protocol_of, read, tables_of
from scipy import sparse

import overlap as ov
from overlap import coco


def as_pycocotools(values):
    """Write -1 where nothing is defined."""
    return np.where(np.isnan(values), -1.0, values)


def test_columns_of_ones_own():
    drawn = SETS[0]
    detections, references = tables_of(drawn)
    evaluation = coco.evaluate(detections, references, protocol=protocol_of(drawn))
    np.testing.assert_allclose(as_pycocotools(evaluation.average_precision), drawn["average_precision"], atol=1e-12)


@pytest.mark.parametrize("which", range(len(SETS)))
def test_the_numbers_of_pycocotools(which):
    drawn = SETS[which]
    results, instances, shapes = read(drawn)
    assert len(results.skipped) == len(instances.skipped) == 0
    evaluation = coco.evaluate(results.detections, instances.references, shapes, protocol_of(drawn))
    np.testing.assert_allclose(as_pycocotools(evaluation.average_precision), drawn["average_precision"], atol=1e-12)
    np.testing.assert_allclose(as_pycocotools(evaluation.recall), drawn["recall"], atol=1e-12)
    if drawn["max_detections"][-1] == 100:
        summary = as_pycocotools(list(evaluation.summary().values()))
        np.testing.assert_allclose(summary, drawn["stats"], atol=1e-12)


BOXES = {"boxes": [[0, 0, 10, 10], [30, 0, 10, 10]]}
FOUND = coco.Detections(image=[1, 2], category=["cat", "cat"], confidence=[0.9, 0.8], **BOXES)
THERE = coco.References(image=[1, 2], category=["cat", "cat"], **BOXES)
ANY_SIZE = replace(coco.COCO, size_ranges=[("all", 0, np.inf)])


def test_overlaps_that_are_given():
    overlaps = sparse.coo_array(([0.6, 0.95], ([0, 1], [0, 1])), (2, 2))
    ap = coco.evaluate(FOUND, THERE, overlaps, ANY_SIZE).summary()
    assert ap["AP50"] == 1
    # above 0.6 the better detection misses, the other hits
    assert ap["AP75"] == pytest.approx(51 / 101 / 2)


def test_the_same_by_a_join():
    i, j, shared = ov.boxes.overlap_pairs(*[ov.boxes.convert(FOUND.boxes, "xywh", "xyxy")] * 2, by=([1, 2], [1, 2]))
    iou = shared / (200 - shared)
    given = coco.evaluate(FOUND, THERE, sparse.coo_array((iou, (i, j)), (2, 2)), ANY_SIZE)
    assert given.summary()["AP"] == coco.evaluate(FOUND, THERE).summary()["AP"] == 1


def test_no_detections_and_no_references():
    nothing = coco.Detections(image=[], category=[], confidence=[], boxes=np.zeros((0, 4)))
    summary = coco.evaluate(nothing, THERE).summary()
    assert (summary["AP"], summary["AR 100"]) == (0, 0)
    none = coco.References(image=[], category=[], boxes=np.zeros((0, 4)))
    evaluation = coco.evaluate(FOUND, none)
    assert evaluation.categories.tolist() == ["cat"]
    assert np.isnan(evaluation.summary()["AP"])
    assert np.isnan(coco.evaluate(nothing, none).summary()["AP"])


def test_a_category_that_is_listed_and_does_not_occur():
    there = replace(THERE, categories=["dog", "cat"])
    evaluation = coco.evaluate(FOUND, there)
    assert evaluation.categories.tolist() == ["dog", "cat"]
    assert evaluation.by_category()["AP50"].isna().tolist() == [True, False]
    assert evaluation.summary()["AP50"] == 1


def test_rotated_and_standing_boxes_take_the_same_path():
    """A car turned by a right angle, and another that hangs above the road."""
    cars = np.array([[0, 0, 1, 4, 2, 2, 0], [9, 0, 1, 4, 2, 2, 0.3]])
    found = np.array([[0, 0, 1, 2, 4, 2, np.pi / 2], [9, 0, 5, 4, 2, 2, 0.3]])
    columns = {"image": [1, 1], "category": ["car", "car"]}
    detections = coco.Detections(**columns, confidence=[0.9, 0.8], boxes=found)
    references = coco.References(**columns, boxes=cars)
    in_space = coco.evaluate(detections, references, "cuboids", coco.RECALL_40).summary()
    from_above = coco.evaluate(detections, references, "footprints", coco.RECALL_40).summary()
    assert (from_above["AP"], in_space["AP"]) == (1.0, 0.5)
    on_the_ground = coco.evaluate(
        replace(detections, boxes=ov.cuboids.birds_eye(found)),
        replace(references, boxes=ov.cuboids.birds_eye(cars)),
        "oriented",
        coco.RECALL_40,
    )
    assert on_the_ground.summary()["AP"] == 1


CAR = {"image": [1], "category": ["car"], "boxes": [[0, 0, 1, 4, 2, 2, 0]]}


@pytest.mark.parametrize("overlaps", ["cuboids", "footprints", "oriented"])
def test_areas_in_pixels_are_no_sizes_of_cars(overlaps):
    found, there = coco.Detections(**CAR, confidence=[0.9]), coco.References(**CAR)
    if overlaps == "oriented":
        on_ground = ov.cuboids.birds_eye(np.array(CAR["boxes"], float))
        found, there = replace(found, boxes=on_ground), replace(there, boxes=on_ground)
    with pytest.raises(ValueError, match=f"areas in pixels, and '{overlaps}' may have another unit; pass dataclasses"):
        coco.evaluate(found, there, overlaps)
    # each remedy
    of_any_size = coco.evaluate(found, there, overlaps, replace(coco.COCO, size_ranges=[("all", 0, np.inf)]))
    assert of_any_size.summary() == {"AP": 1, "AP50": 1, "AP75": 1, "AR 1": 1, "AR 10": 1, "AR 100": 1}
    by_volume = replace(coco.COCO, size_ranges=[("all", 0, np.inf), ("car", 5, 20), ("bus", 20, 99)])
    summary = coco.evaluate(found, there, overlaps, by_volume).summary()
    assert (summary["AP car"], np.isnan(summary["AP bus"])) == (1, True)
    in_pixels = coco.evaluate(replace(found, sizes=[2000]), replace(there, sizes=[2000]), overlaps).summary()
    assert (in_pixels["AP medium"], np.isnan(in_pixels["AP small"])) == (1, True)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: coco.evaluate(FOUND.boxes, THERE), "pass coco.Detections, then coco.References"),
        (lambda: coco.evaluate(FOUND, THERE, "bbox"), "overlaps must be one of 'boxes'"),
        (lambda: coco.evaluate(FOUND, THERE, "cuboids"), "have 4 columns, and 7 are needed"),
        (lambda: coco.evaluate(replace(FOUND, boxes=None), THERE), "detections have no boxes; pass boxes="),
        (
            lambda: coco.evaluate(FOUND, replace(THERE, boxes=[[0, 0, -1, 1]] * 2)),
            "2 boxes of references have a negative side",
        ),
        (lambda: coco.evaluate(FOUND, replace(THERE, image=["a", "b"])), "image of detections has dtype"),
        (lambda: coco.evaluate(FOUND, replace(THERE, categories=["dog"])), "categories that are not listed"),
        (lambda: coco.evaluate(FOUND, THERE, sparse.eye_array(3)), r"overlaps has shape \(3, 3\)"),
        (lambda: coco.evaluate(FOUND, THERE, sparse.coo_array(np.ones((2, 2)))), "2 overlaps are of two images"),
        (lambda: coco.evaluate(FOUND, THERE, sparse.eye_array(2)), "ranges of size, and overlaps that are given"),
    ],
)
def test_refused(call, message):
    with pytest.raises((TypeError, ValueError), match=f"^coco.evaluate: .*{message}"):
        call()
