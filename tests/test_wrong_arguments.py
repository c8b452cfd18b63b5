"""Every function of the core refuses what it cannot use in one line that begins with its own name."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import overlap as ov
from overlap import boxes, calibration, coco, cuboids, expected, intervals, matching, oriented, raster, surfaces

MASK = np.eye(4, dtype=bool)
LABELS = np.arange(16).reshape(4, 4)
BOXES = np.array([[0, 0, 1, 1.0], [0, 0, 2, 2]])
TURNED = np.array([[0, 0, 1, 1, 0.0], [0, 0, 2, 2, 0]])
STANDING = np.array([[0, 0, 0, 1, 1, 1, 0.0], [0, 0, 0, 2, 2, 2, 0]])
ROWS = np.array([[0, 1.0], [2, 4]])
SCORES = np.array([[0.5, 0.2], [0.1, 0.9]])
SOFT = np.linspace(0, 1, 16).reshape(4, 4)
RUNS = raster.encode_rle(np.stack([MASK, MASK]))
FOUND = coco.Detections([1, 2], [1, 1], [0.5, 0.6], boxes=BOXES)
THERE = coco.References([1, 2], [1, 1], boxes=BOXES)
EMPTY_FILE = {"images": [], "categories": [], "annotations": []}
INSTANCES = coco.read_instances(EMPTY_FILE)
THREE = ov.Overlap(0, 4, 0)

CALLS = {
    "raster.measure": (raster.measure, {"a": MASK, "b": MASK, "axis": 0, "tnorm": "product"}),
    "raster.squared": (raster.squared, {"a": MASK, "b": MASK, "axis": 0}),
    "raster.contingency": (raster.contingency, {"a": LABELS, "b": LABELS}),
    "raster.label_pairs": (raster.label_pairs, {"a": LABELS, "b": LABELS}),
    "boxes.measure": (boxes.measure, {"a": BOXES, "b": BOXES}),
    "boxes.pairwise": (boxes.pairwise, {"a": BOXES, "b": BOXES}),
    "boxes.overlap_pairs": (boxes.overlap_pairs, {"a": BOXES, "b": BOXES}),
    "boxes.nms": (boxes.nms, {"boxes": BOXES, "scores": [0.5, 0.6], "threshold": 0.5, "labels": [0, 1]}),
    "boxes.giou": (boxes.giou, {"a": BOXES, "b": BOXES}),
    "boxes.convert": (boxes.convert, {"box": BOXES, "source": "xyxy", "target": "xywh"}),
    "boxes.encode": (boxes.encode, {"box": BOXES, "anchor": BOXES}),
    "oriented.measure": (oriented.measure, {"a": TURNED, "b": TURNED}),
    "oriented.pairwise": (oriented.pairwise, {"a": TURNED, "b": TURNED}),
    "oriented.overlap_pairs": (oriented.overlap_pairs, {"a": TURNED, "b": TURNED}),
    "oriented.nms": (oriented.nms, {"boxes": TURNED, "scores": [0.5, 0.6], "threshold": 0.5}),
    "oriented.giou": (oriented.giou, {"a": TURNED, "b": TURNED}),
    "cuboids.giou": (cuboids.giou, {"a": STANDING, "b": STANDING}),
    "cuboids.overlap_pairs": (cuboids.overlap_pairs, {"a": STANDING, "b": STANDING}),
    "cuboids.nms": (cuboids.nms, {"boxes": STANDING, "scores": [0.5, 0.6], "threshold": 0.5}),
    "cuboids.measure": (cuboids.measure, {"a": STANDING, "b": STANDING}),
    "cuboids.pairwise": (cuboids.pairwise, {"a": STANDING, "b": STANDING}),
    "intervals.nms": (intervals.nms, {"intervals": ROWS, "scores": [0.5, 0.6], "threshold": 0.5}),
    "intervals.measure": (intervals.measure, {"a": ROWS, "b": ROWS}),
    "intervals.overlap_pairs": (intervals.overlap_pairs, {"a": ROWS, "b": ROWS}),
    "intervals.intersection": (intervals.intersection, {"a": ROWS, "b": ROWS}),
    "intervals.complement": (intervals.complement, {"intervals": ROWS, "support": ROWS}),
    "surfaces.distances": (surfaces.distances, {"a": MASK, "b": MASK, "spacing": 1.0, "surface": "voxel"}),
    "surfaces.distances at a level": (partial(surfaces.distances, MASK, MASK, spacing=1.0), {"level": 0.5}),
    "surfaces.signed_distance": (surfaces.signed_distance, {"mask": MASK, "spacing": 1.0, "level": 0.5, "empty": 0.0}),
    "surfaces.boundary_overlap": (
        surfaces.boundary_overlap,
        {"a": MASK, "b": MASK, "width": 1.0, "spacing": 1.0, "level": 0.5},
    ),
    "surfaces.mesh_distances": (
        surfaces.mesh_distances,
        {"a": (np.eye(2), [[0, 1]]), "b": (np.eye(2), [[0, 1]]), "resolution": 0.5},
    ),
    "SurfaceDistances.nsd": (surfaces.distances(MASK, MASK, spacing=1.0).nsd, {"tolerance": 1.0, "empty": 1.0}),
    "SurfaceDistances.percentile": (surfaces.distances(MASK, MASK, spacing=1.0).percentile, {"q": 95}),
    "surfaces.within": (surfaces.within, {"distance": SCORES, "tolerance": 1.0}),
    "matching.match": (matching.match, {"scores": SCORES, "threshold": 0.5, "method": "optimal"}),
    "matching.threshold_curve": (matching.threshold_curve, {"scores": SCORES, "thresholds": [0.5], "method": "greedy"}),
    "matching.claim": (matching.claim, {"confidence": [0.5, 0.6], "scores": SCORES, "thresholds": [0.5]}),
    "matching.average_precision": (
        matching.average_precision,
        {"confidence": [0.5, 0.6], "scores": SCORES, "thresholds": [0.5], "labels_a": [0, 1], "labels_b": [0, 1]},
    ),
    "matching.average_precision_of_claims": (
        matching.average_precision_of_claims,
        {"confidence": [0.5, 0.6], "claimed": [0, 1], "labels_a": [0, 1], "labels_b": [0, 1]},
    ),
    "matching.nms": (matching.nms, {"scores": [0.5, 0.6], "pairwise": SCORES, "threshold": 0.5}),
    "matching.ranking_score": (matching.ranking_score, {"p": 0.5, "q": 0.5, "a": 0.5}),
    "matching.assign": (matching.assign, {"pairwise": SCORES, "positive": 0.5, "negative": 0.4}),
    "coco.Detections": (
        coco.Detections,
        {"image": [1, 2], "category": [1, 1], "confidence": [0.5, 0.6], "boxes": BOXES, "masks": RUNS, "sizes": [1, 4]},
    ),
    "coco.References": (
        coco.References,
        {
            "image": [1, 2],
            "category": [1, 1],
            "boxes": BOXES,
            "masks": RUNS,
            "is_crowd": [0, 1],
            "is_ignored": [0, 1],
            "categories": [1],
        },
    ),
    "coco.Protocol": (
        coco.Protocol,
        {
            "thresholds": [0.5],
            "recall_points": [0.5],
            "least_precision": 0.1,
            "size_ranges": [("all", 0, 9)],
            "max_detections": [9],
        },
    ),
    "coco.evaluate": (
        coco.evaluate,
        {"detections": FOUND, "references": THERE, "overlaps": "boxes", "protocol": coco.VOC_2010},
    ),
    "coco.draw_polygons": (coco.draw_polygons, {"polygons": [[0, 0, 1, 1, 2, 0]], "height": 9, "width": 9}),
    "coco.read_results": (coco.read_results, {"source": [], "instances": INSTANCES, "shapes": "boxes"}),
    "coco.read_instances": (coco.read_instances, {"source": EMPTY_FILE, "shapes": "boxes"}),
    "expected.expected_dice": (expected.expected_dice, {"mask": MASK, "probability": SOFT, "axis": 0, "empty": 0.0}),
    "expected.expected_iou": (expected.expected_iou, {"mask": MASK, "probability": SOFT, "axis": 0, "empty": 0.0}),
    "expected.optimal_mask": (expected.optimal_mask, {"probability": SOFT, "axis": 0, "empty": 0.0}),
    "calibration.brier": (calibration.brier, {"prediction": SOFT, "target": MASK, "axis": 0}),
    "calibration.expected_calibration_error": (
        calibration.expected_calibration_error,
        {"prediction": SOFT, "target": MASK, "n_bins": 3, "binning": "width", "closed": "left", "axis": 0},
    ),
    "calibration.reliability": (
        calibration.reliability,
        {"prediction": SOFT, "target": MASK, "n_bins": 3, "level": 0.9, "axis": 0},
    ),
    "Overlap": (ov.Overlap, {"intersection": 3, "size_a": 4, "size_b": 5}),
    "EmptyPolicy": (ov.EmptyPolicy, {"both_empty": 1.0, "reference_empty": 0.0}),
    "indices.tversky": (ov.tversky, {"o": THREE, "alpha": 0.5, "beta": 0.5, "empty": 0.0}),
    "indices.f_beta": (ov.f_beta, {"o": THREE, "beta": 1.0, "empty": 0.0}),
    "indices.recall": (ov.recall, {"o": THREE, "empty": 0.0}),
}
WRONG = {
    "None": None,
    "text": "x",
    "rows of two lengths": [[1], [1, 2]],
    "dict": {"a": 1},
    "set": {1},
    "function": len,
    "objects": np.array([None, {}], object),
    "texts": np.array(["a", "b"]),
    "complex": np.ones((2, 3), complex),
    "table": pd.DataFrame({"a": ["x"], "b": ["y"]}),
    "labelled": xr.DataArray(np.ones((2, 3, 5))),
}
MAY_BE = {
    ("raster.measure", "axis", "None"),
    ("raster.squared", "axis", "None"),
    ("expected.expected_dice", "axis", "None"),
    ("expected.expected_iou", "axis", "None"),
    ("expected.optimal_mask", "axis", "None"),
    ("calibration.brier", "axis", "None"),
    ("calibration.expected_calibration_error", "axis", "None"),
    ("calibration.reliability", "axis", "None"),
    ("EmptyPolicy", "reference_empty", "None"),
    ("surfaces.mesh_distances", "resolution", "None"),
    ("surfaces.within", "distance", "labelled"),
    ("matching.average_precision", "labels_a", "texts"),
    ("matching.average_precision", "labels_b", "texts"),
    ("matching.average_precision_of_claims", "labels_a", "texts"),
    ("matching.average_precision_of_claims", "labels_b", "texts"),
    ("coco.Detections", "image", "texts"),
    ("coco.Detections", "category", "texts"),
    ("coco.References", "image", "texts"),
    ("coco.References", "category", "texts"),
    ("coco.References", "categories", "texts"),
    ("coco.Detections", "boxes", "None"),
    ("coco.Detections", "masks", "None"),
    ("coco.Detections", "sizes", "None"),
    ("coco.References", "boxes", "None"),
    ("coco.References", "masks", "None"),
    ("coco.References", "is_crowd", "None"),
    ("coco.References", "is_ignored", "None"),
    ("coco.References", "categories", "None"),
    ("coco.Protocol", "recall_points", "None"),
    ("coco.read_instances", "source", "text"),
    ("coco.read_results", "source", "text"),
    ("boxes.nms", "labels", "texts"),
    ("boxes.nms", "labels", "None"),
    ("matching.nms", "pairwise", "function"),
    ("matching.ranking_score", "a", "None"),
    ("Overlap", "intersection", "labelled"),
    ("Overlap", "size_a", "labelled"),
    ("Overlap", "size_b", "labelled"),
}
"""What is right: a default, texts as labels, a function that computes overlaps, names beside numbers, a path."""


def refused(function, arguments):
    """Return with what a call ends."""
    try:
        function(**arguments)
    except (TypeError, ValueError) as error:
        return str(error)
    except Exception as error:
        return repr(error)
    return "nothing is said"


@pytest.mark.parametrize("name", CALLS)
def test_right_arguments_pass(name):
    function, right = CALLS[name]
    function(**right)


@pytest.mark.parametrize("name", CALLS)
def test_a_wrong_argument_is_one_line(name):
    function, right = CALLS[name]
    wrong = [(argument, kind) for argument in right for kind in WRONG if (name, argument, kind) not in MAY_BE]
    said = {case: refused(function, {**right, case[0]: WRONG[case[1]]}) for case in wrong}
    begins_with = f"{name.split()[0]}: "
    assert not {case: text for case, text in said.items() if not text.startswith(begins_with)}
    assert not {case: text for case, text in said.items() if "\n" in text}


def test_nothing_for_a_mask_is_called_by_its_name():
    with pytest.raises(TypeError, match=r"^raster.measure: a is None; pass an array$"):
        raster.measure(None, MASK)
    with pytest.raises(TypeError, match=r"^raster.measure: b is None; pass an array$"):
        raster.measure(MASK, None)


def test_an_axis_that_is_not_there():
    with pytest.raises(ValueError, match=r"^raster.measure: axis must be None, or one or more of -2 to 1 .* got 2$"):
        raster.measure(MASK, MASK, axis=2)
    with pytest.raises(ValueError, match=r"axis names one axis twice: \(0, -2\)"):
        raster.measure(MASK, MASK, axis=(0, -2))
