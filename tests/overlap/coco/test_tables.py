"""Columns that fit, and one line for each that does not."""

from __future__ import annotations

import numpy as np
import pytest

from overlap import coco

ROWS = {"image": [1, 2], "category": ["cat", "dog"]}


def test_columns_are_arrays():
    found = coco.Detections(**ROWS, confidence=[1, 0], boxes=[[0, 0, 1, 1], [2, 2, 3, 3]], sizes=[1, 9])
    assert len(found) == 2
    assert found.confidence.dtype == found.boxes.dtype == found.sizes.dtype == np.float64
    there = coco.References(**ROWS, is_crowd=[0, 1])
    assert there.is_crowd.tolist() == [False, True]
    assert there.is_ignored.tolist() == [False, False]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"category": ["cat"]}, r"category has shape \(1,\); pass one for each of the 2 rows"),
        ({"image": 3}, r"image has shape \(\); pass a row of labels"),
        ({"confidence": [0.5]}, r"confidence has shape \(1,\)"),
        ({"confidence": [0.5, np.nan]}, "1 confidences are NaN"),
        ({"sizes": [0.5, np.nan]}, "1 sizes are NaN"),
        ({"boxes": [[0, 0, 1, 1]]}, "one row for each of the 2 rows"),
        ({"masks": {"size": [1, 1], "counts": [0, 1]}}, "pass a list of run lengths"),
    ],
)
def test_detections_that_do_not_fit(columns, message):
    with pytest.raises(ValueError, match=f"^coco.Detections: .*{message}"):
        coco.Detections(**({"confidence": [0.5, 0.6]} | ROWS | columns))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"is_crowd": [1]}, "is_crowd is .*True or False for each of the 2 rows"),
        ({"is_ignored": [2, 0]}, "is_ignored is"),
        ({"categories": ["cat", "cat"]}, "each of them once"),
    ],
)
def test_references_that_do_not_fit(columns, message):
    with pytest.raises(ValueError, match=f"^coco.References: .*{message}"):
        coco.References(**(ROWS | columns))
