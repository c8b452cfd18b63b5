"""Closed forms; boxes of time and frequency beside shapely; golden values: YASA 0.8.1."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import shapely
from scipy import optimize

from domains.events import assess, compare

# two predictions of one reference of 10 s: temporal IoU 0.4 and 0.6; a third of another label
A = pd.DataFrame({"onset": [0, 4, 0.0], "offset": [4, 10, 10.0], "label": list("xxy")})
B = pd.DataFrame({"onset": [0.0], "offset": [10.0], "label": ["x"]})


def test_events_are_found_at_each_threshold():
    report = compare(A, B, "tiou", thresholds=(0.3, 0.5, 0.6, 0.7))
    assert report.threshold.values.tolist() == [0.3, 0.5, 0.6, 0.7]
    assert report.intersection.values.tolist() == [1, 1, 1, 0]
    assert report.size_a.values.tolist() == [3, 3, 3, 3]
    np.testing.assert_array_equal(report.recall, report.intersection / report.size_b)


def test_as_many_as_can_be_are_matched():
    # the first prediction has the greater IoU with both references; the second fits the first reference only
    a, b = np.array([[0, 10], [0, 6.0]]), np.array([[0, 9], [3, 10.0]])
    assert compare(a, b, "tiou", thresholds=(0.6,)).intersection.values.tolist() == [2]


def test_near_duplicates_of_the_reference_count_once():
    b = pd.concat([B, B.assign(onset=0.05)])
    assert compare(A, b, "tiou", thresholds=(0.3,)).intersection.values.tolist() == [2]
    assert compare(A, b, "tiou", thresholds=(0.3,), duplicates=0.1).size_b.values.tolist() == [1]


@pytest.mark.parametrize(("needs_both", "f1"), [(False, 0.0), (True, np.nan)])
def test_f1_of_a_silent_prediction(needs_both, f1):
    report = compare(A[:0], B, "tiou", thresholds=(0.5,), f1_needs_both=needs_both)
    np.testing.assert_array_equal(report.f1, [f1])


def test_what_yasa_says_of_drawn_spindles(test_data):
    golden = json.loads((test_data / "yasa_spindles.json").read_text())
    sides = []
    for side in ("prediction", "reference"):
        rows = [(f"{k:02}", *times) for k, case in enumerate(golden["cases"]) for times in case[side]]
        table = pd.DataFrame(rows, columns=["file", "onset", "offset"])
        sides.append(table.assign(onset=table["onset"] / 100, offset=table["offset"] / 100))
    report = compare(*sides, "tiou", thresholds=golden["thresholds"], by="file")
    names = ("intersection", "precision", "recall", "f1")
    found = np.stack([report[name].transpose("file", "threshold").values for name in names], axis=-1)
    np.testing.assert_allclose(found, [case["answer"] for case in golden["cases"]], rtol=0, atol=1e-15)


def calls(seed, n):
    rng = np.random.default_rng(seed)
    onset, low = rng.integers(0, 20, n), rng.integers(1000, 4000, n)
    return pd.DataFrame(
        {
            "onset": onset,
            "offset": onset + rng.integers(1, 9, n),
            "low_freq": low,
            "high_freq": low + rng.integers(200, 3000, n),
        }
    )


def test_boxes_of_time_and_frequency_as_shapely_has_them():
    a, b = calls(1, 30), calls(2, 30)
    shapes = []
    for side in (a, b):
        shapes.append(shapely.box(*side[["onset", "low_freq", "offset", "high_freq"]].to_numpy().T))
    shared = shapely.area(shapely.intersection(shapes[0][:, None], shapes[1]))
    iou = shared / (shapely.area(shapes[0])[:, None] + shapely.area(shapes[1]) - shared)
    thresholds = (0.2, 0.4, 0.6)
    scored = assess(a, b, "tiou", shape="box", thresholds=thresholds)
    pairs = scored.pairs
    ours = np.zeros(iou.shape)
    ours[pairs.prediction, pairs.reference] = pairs.value
    np.testing.assert_allclose(ours, iou, rtol=1e-12)
    most = [optimize.linear_sum_assignment(iou >= threshold, maximize=True) for threshold in thresholds]
    n_found = [int((iou[rows] >= threshold).sum()) for rows, threshold in zip(most, thresholds, strict=True)]
    assert scored.report().intersection.values.tolist() == n_found
    assert scored.report().intersection.values.sum() < compare(a, b, "tiou", thresholds=thresholds).intersection.sum()


def test_boxes_without_area_are_found_where_they_are_the_same():
    a = pd.DataFrame({"onset": [1.0, 1.0], "offset": [1.0, 1.0], "low_freq": [10, 50], "high_freq": [20, 60]})
    options = {"shape": "box", "thresholds": (0.5,)}
    assert float(compare(a, a, "tiou", **options).f1[0]) == 1
    assert float(compare(a, a[:1].assign(low_freq=12), "tiou", **options).recall[0]) == 0
    assert float(compare(a, a, "tiou", points="never", **options).recall[0]) == 0


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"low_freq": np.nan}, "1 of 1 rows of the prediction have no number as low_freq"),
        ({"high_freq": 10.0}, "1 of 1 rows of the prediction have a high_freq below their low_freq"),
    ],
    ids=["missing", "upside down"],
)
def test_frequencies_that_are_none_are_refused_and_the_remedy_works(wrong, match):
    b = calls(3, 1)
    a = b.assign(**wrong)
    with pytest.raises(ValueError, match=rf"{match}.*shape='interval'"):
        compare(a, b, "tiou", shape="box")
    with pytest.raises(ValueError, match="the reference has no column high_freq"):
        compare(b, b.drop(columns="high_freq"), "tiou", shape="box")
    assert float(compare(a, b, "tiou", shape="interval").recall[0]) == 1
    with pytest.raises(ValueError, match="boxes have a place; say points='same'"):
        compare(b, b, "tiou", shape="box", points="any")
