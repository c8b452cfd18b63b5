"""Oracles: pycocotools 2.0.11, whose twelve numbers the summary has; means taken by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from peer_sets import SETS, protocol_of, tables_of

from overlap import coco

BOXES = next(drawn for drawn in SETS if drawn["kind"] == "bbox" and drawn["max_detections"][-1] == 100)


@pytest.fixture(scope="module")
def evaluation():
    return coco.evaluate(*tables_of(BOXES), protocol=protocol_of(BOXES))


def test_the_twelve_numbers_in_their_order(evaluation):
    names = "AP AP50 AP75 AP_small AP_medium AP_large AR_1 AR_10 AR_100 AR_small AR_medium AR_large"
    summary = evaluation.summary()
    assert " ".join(name.replace(" ", "_") for name in summary) == names
    values = [-1.0 if np.isnan(value) else value for value in summary.values()]
    np.testing.assert_allclose(values, BOXES["stats"], atol=1e-12)


def test_a_row_for_each_category(evaluation):
    table = evaluation.by_category()
    assert table["category"].tolist() == sorted(row["id"] for row in BOXES["instances"]["categories"])
    expected = np.array(BOXES["average_precision"])[:, :, 0, 2].mean(axis=0)
    np.testing.assert_allclose(table["AP"].fillna(-1), expected, atol=1e-12)
    assert table["AP"].mean() == pytest.approx(evaluation.summary()["AP"])


def test_a_protocol_without_ranges_or_limits_has_no_names_of_them():
    found = coco.Detections(image=[1], category=[1], confidence=[1], boxes=[[0, 0, 9, 9]])
    there = coco.References(image=[1], category=[1], boxes=[[0, 0, 9, 9]])
    summary = coco.evaluate(found, there, protocol=coco.VOC_2010).summary()
    assert summary == {"AP": 1.0, "AR": 1.0}
    limited = replace(coco.VOC_2010, max_detections=[5, 1])
    assert list(coco.evaluate(found, there, protocol=limited).summary()) == ["AP", "AR 1", "AR 5"]
