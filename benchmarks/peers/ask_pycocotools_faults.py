"""Ask pycocotools what it makes of rows that cannot be meant, and of an annotation whose id is 0.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install pycocotools==2.0.11 numpy
    /tmp/peer/bin/python benchmarks/peers/ask_pycocotools_faults.py

The answers lie in tests/data/pycocotools_faults.json: files as COCO writes them, each with one fault, and the average
precision of pycocotools, or the error that it ends with.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
from importlib.metadata import version
from pathlib import Path

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

ANSWERS = Path(__file__).parents[2] / "tests" / "data" / "pycocotools_faults.json"
SQUARE = {"bbox": [0, 0, 40, 40], "segmentation": [[0, 0, 40, 0, 40, 40, 0, 40]]}
OTHER = {"bbox": [50, 50, 20, 20], "segmentation": [[50, 50, 70, 50, 70, 70, 50, 70]]}
ABSENT = object()

SOUND = {
    "images": [{"id": 1, "height": 90, "width": 90}, {"id": 2, "height": 90, "width": 90}],
    "categories": [{"id": 1, "name": "cat"}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "area": 1600, "iscrowd": 0, **SQUARE},
        {"id": 2, "image_id": 2, "category_id": 1, "area": 1600, "iscrowd": 0, **SQUARE},
        {"id": 3, "image_id": 2, "category_id": 1, "area": 400, "iscrowd": 0, **OTHER},
    ],
    "results": [
        {"image_id": 1, "category_id": 1, "score": 0.9, **SQUARE},
        {"image_id": 2, "category_id": 1, "score": 0.8, **SQUARE},
    ],
}

FAULTS = {
    "none": ("annotations", {}),
    "annotation: id is 0": ("annotations", {"id": 0}),
    "annotation: id occurs before": ("annotations", {"id": 2}),
    "annotation: image is not listed": ("annotations", {"image_id": 9}),
    "annotation: category is not listed": ("annotations", {"category_id": 9}),
    "annotation: no area": ("annotations", {"area": ABSENT}),
    "annotation: no iscrowd": ("annotations", {"iscrowd": ABSENT}),
    "annotation: no bbox": ("annotations", {"bbox": ABSENT}),
    "annotation: a negative side": ("annotations", {"bbox": [40, 40, -40, -40]}),
    "image: no height, boxes": ("images", {"height": ABSENT}),
    "image: no height, masks": ("images", {"height": ABSENT}),
    "result: image is not listed": ("results", {"image_id": 9}),
    "result: category is not listed": ("results", {"category_id": 9}),
    "result: no score": ("results", {"score": ABSENT}),
    "result: score is NaN": ("results", {"score": float("nan")}),
    "result: a negative side": ("results", {"bbox": [40, 40, -40, -40]}),
}
"""The first row of a section is changed."""


def with_fault(section: str, change: dict[str, object]) -> dict[str, list[dict[str, object]]]:
    """Return the sound file with one row changed."""
    changed = copy.deepcopy(SOUND)
    row = changed[section][0]
    row.update(change)
    for name in [name for name, value in row.items() if value is ABSENT]:
        del row[name]
    return changed


def ask(file: dict[str, list[dict[str, object]]], kind: str) -> float | str:
    """Return the average precision, or the name of the error."""
    file = copy.deepcopy(file)
    results = file.pop("results")
    if kind == "segm":
        results = [{key: value for key, value in row.items() if key != "bbox"} for row in results]
    else:
        results = [{key: value for key, value in row.items() if key != "segmentation"} for row in results]
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            references = COCO()
            references.dataset = file
            references.createIndex()
            evaluation = COCOeval(references, references.loadRes(results), kind)
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
        except Exception as error:
            return type(error).__name__
    return float(evaluation.stats[0])


answers = {}
for name, (section, change) in FAULTS.items():
    kind = "segm" if "masks" in name else "bbox"
    file = with_fault(section, change)
    answers[name] = {"kind": kind, "file": file, "pycocotools": ask(file, kind)}
    print(name, answers[name]["pycocotools"])
tool = f"pycocotools {version('pycocotools')}, benchmarks/peers/ask_pycocotools_faults.py"
ANSWERS.write_text(json.dumps({"tool": tool, "faults": answers}) + "\n")
