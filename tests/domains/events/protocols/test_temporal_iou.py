"""Closed forms; golden values: YASA 0.8.1."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from domains.events import compare

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
