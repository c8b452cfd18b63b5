"""Sets as COCO writes them, as plain columns, with what pycocotools says of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from overlap import coco

ANSWERS = Path(__file__).parents[2] / "data" / "pycocotools_ap.json"


_ANSWERED = json.loads(ANSWERS.read_text())
SETS = _ANSWERED["sets"]
OUTLINES = _ANSWERED["outlines"]


def tables_of(drawn):
    """Return the columns of a set, read here by plain comprehensions."""
    rows = drawn["instances"]["annotations"]
    references = coco.References(
        image=[row["image_id"] for row in rows],
        category=[row["category_id"] for row in rows],
        boxes=np.reshape([row["bbox"] for row in rows], (-1, 4)),
        sizes=[row["area"] for row in rows],
        is_crowd=[row["iscrowd"] for row in rows],
        categories=sorted(row["id"] for row in drawn["instances"]["categories"]),
    )
    found = drawn["results"]
    detections = coco.Detections(
        image=[row["image_id"] for row in found],
        category=[row["category_id"] for row in found],
        confidence=[row["score"] for row in found],
        boxes=[row["bbox"] for row in found] if drawn["kind"] == "bbox" else None,
    )
    return detections, references


def protocol_of(drawn):
    names = [size.name for size in coco.COCO.size_ranges]
    return replace(
        coco.COCO,
        max_detections=drawn["max_detections"],
        size_ranges=[(name, *ends) for name, ends in zip(names, drawn["size_ranges"], strict=True)],
        use_categories=drawn["use_categories"],
    )


def read(drawn):
    """Return what the readers make of a set."""
    shapes = "boxes" if drawn["kind"] == "bbox" else "masks"
    instances = coco.read_instances(drawn["instances"], shapes)
    results = coco.read_results(drawn["results"], instances, shapes)
    return results, instances, shapes
