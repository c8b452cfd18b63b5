"""Oracles: pycocotools 2.0.11, whose twelve numbers the summary has; means taken by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
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


def test_names_of_categories():
    drawn = BOXES["instances"]
    named = drawn | {"categories": [row | {"name": f"kind {row['id']}"} for row in drawn["categories"]]}
    there = coco.read_instances(named)
    found = coco.read_results(BOXES["results"], there)
    evaluation = coco.evaluate(found.detections, there.references)
    # the order of the table is of no account
    table = evaluation.by_category(there.categories[::-1])
    assert list(table)[:3] == ["category", "name", "references"]
    assert table["name"].tolist() == [f"kind {label}" for label in table["category"]]
    assert table.drop(columns="name").equals(evaluation.by_category())


def test_names_that_cannot_be(evaluation):
    with pytest.raises(TypeError, match=r"^coco.Evaluation.by_category: categories is \['cat'\]; pass a table"):
        evaluation.by_category(["cat"])
    label = evaluation.categories[0]
    with pytest.raises(ValueError, match=f"categories has 0 rows of id {label}; pass one row for each of"):
        evaluation.by_category(pd.DataFrame({"id": ["other"], "name": ["cat"]}))


def test_an_evaluation_shows_its_numbers_and_no_arrays(evaluation):
    text = repr(evaluation)
    assert text.startswith(f"<Evaluation: AP {BOXES['stats'][0]:.4f}, AP50 {BOXES['stats'][1]:.4f}, ")
    assert text.endswith(f"; categories: {len(evaluation.categories)}>")
    assert len(text) < 300
    assert "array" not in text


def test_a_protocol_without_ranges_or_limits_has_no_names_of_them():
    found = coco.Detections(image=[1], category=[1], confidence=[1], boxes=[[0, 0, 9, 9]])
    there = coco.References(image=[1], category=[1], boxes=[[0, 0, 9, 9]])
    summary = coco.evaluate(found, there, protocol=coco.VOC_2010).summary()
    assert summary == {"AP": 1.0, "AR": 1.0}
    limited = replace(coco.VOC_2010, max_detections=[5, 1])
    assert list(coco.evaluate(found, there, protocol=limited).summary()) == ["AP", "AR 1", "AR 5"]
