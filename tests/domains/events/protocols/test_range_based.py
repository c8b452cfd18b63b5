"""Golden values: prts 1.0.0.3 and aeon 1.6.0, drawn vectors and both tools' own tests; closed forms of integrals."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from domains.events import align, compare

NOTHING = np.zeros((0, 2))


def events_of(vector):
    """Return the runs of 1 as [first, last + 1)."""
    change = np.diff(np.array([*map(int, vector)]), prepend=0, append=0)
    events = np.stack([np.flatnonzero(change == 1), np.flatnonzero(change == -1)], axis=1)
    return events.astype(float)


def of_vectors(prediction, reference, **settings):
    """Return precision, recall and F of two vectors of samples."""
    report = compare(events_of(prediction), events_of(reference), "range_based", rate=1.0, **settings)
    return [float(report[name]) for name in ("precision", "recall", "f_beta")]


def as_settings(alpha, cardinality, bias):
    return {
        "precision_alpha": alpha,
        "recall_alpha": alpha,
        "cardinality": cardinality,
        "precision_bias": bias,
        "recall_bias": bias,
    }


def as_files(cases, side):
    """Return the events of one side of several cases, each a file."""
    rows = [(f"{k:02}", *event) for k, case in enumerate(cases) for event in events_of(case[side])]
    return pd.DataFrame(rows, columns=["file", "onset", "offset"])


@pytest.mark.slow
def test_drawn_vectors(test_data):
    drawn = json.loads((test_data / "range_based.json").read_text())
    by_settings = {}
    for case in drawn["cases"]:
        by_settings.setdefault(tuple(case["settings"].values()), []).append(case)
    for values, cases in by_settings.items():
        settings = {"beta": drawn["about"]["beta"], "rate": 1.0, **as_settings(*values)}
        sides = as_files(cases, "prediction"), as_files(cases, "reference")
        report = compare(*sides, "range_based", by="file", **settings)
        found = report[["precision", "recall", "f_beta"]].to_array().values.T
        np.testing.assert_allclose(found, [case["prts"] for case in cases], rtol=1e-12, atol=1e-12)


def test_f_beta_of_aeon_is_another_number(test_data):
    case = json.loads((test_data / "range_based.json").read_text())["cases"][0]
    precision, recall, f = of_vectors(
        case["prediction"], case["reference"], beta=2.0, **as_settings(**case["settings"])
    )
    assert f == pytest.approx(5 * precision * recall / (4 * precision + recall), rel=1e-12)
    assert case["aeon_f"] == pytest.approx(5 * precision * recall / (4 * (precision + recall)), rel=1e-12)


@pytest.mark.parametrize(
    ("prediction", "reference", "settings", "expected"),
    [
        ("0111100", "0011111", {}, (0.75, 0.6, 0.666667)),
        ("01100001100", "00011000011", {}, (0, 0, 0)),
        ("01110111000", "00111110111", {}, (0.666667, 0.4, 0.5)),
        ("0111011100111", "0011111011100", {}, (0.555556, 0.566667, 0.561056)),
        ("01111111111", "00110110110", {}, (0.6, 1.0, 0.75)),
        ("01110111000", "00111110111", {"cardinality": "reciprocal"}, (0.666667, 0.2, 0.307692)),
        ("01110111000", "00111110111", {"bias": "middle"}, (0.75, 0.333333, 0.461538)),
        ("01110111000", "00111110111", {"bias": "middle", "cardinality": "reciprocal"}, (0.75, 0.166667, 0.272727)),
    ],
)
def test_what_the_tests_of_aeon_expect(prediction, reference, settings, expected):
    found = of_vectors(
        prediction, reference, **as_settings(**{"alpha": 0, "cardinality": "one", "bias": "flat"} | settings)
    )
    assert found == pytest.approx(expected, abs=5e-7)


@pytest.mark.parametrize(
    ("prediction", "reference", "which", "expected"),
    [
        ("11110", "11000", "recall", 1.0),
        ("01000", "11000", "precision", 1.0),
        ("00111", "11000", "precision", 0.0),
        ("11111", "11111", "precision", 1.0),
        ("01000", "11100", "f1", 0.5),
    ],
)
def test_what_the_tests_of_prts_expect(prediction, reference, which, expected):
    assert float(compare(events_of(prediction), events_of(reference), "range_based", rate=1)[which]) == expected


def test_sides_without_anomalies():
    # prts raises AssertionError in all of these; aeon warns and says 0.0, also where all samples are predicted
    some = [[2.0, 4.0]]
    for a, b, expected in [
        (NOTHING, NOTHING, [np.nan] * 3),
        (NOTHING, some, [np.nan, 0, 0]),
        (some, NOTHING, [0, np.nan, 0]),
    ]:
        report = compare(a, b, "range_based", rate=1)
        np.testing.assert_equal([float(report[name]) for name in ("precision", "recall", "f1")], expected)
    everything = compare([[0.0, 10.0]], some, "range_based", rate=1)
    assert (float(everything.precision), float(everything.recall)) == (0.2, 1.0)


@pytest.mark.parametrize(
    ("bias", "weights"),
    [("flat", (0.2, 0.5)), ("front", (1 - 0.8**2, 0.75)), ("back", (0.2**2, 0.25)), ("middle", (2 * 0.2**2, 0.5))],
)
def test_weights_are_integrals_of_stretches(bias, weights):
    # a fifth and a half of the reference, from its onset
    for share, weight in zip((0.2, 0.5), weights, strict=True):
        report = compare([[3.0, 3.0 + 7.0 * share]], [[3.0, 10.0]], "range_based", recall_bias=bias)
        assert float(report.recall) == pytest.approx(weight, rel=1e-14)
        fine = compare([[3.0, 3.0 + 7.0 * share]], [[3.0, 10.0]], "range_based", recall_bias=bias, rate=1e6)
        assert float(fine.recall) == pytest.approx(weight, abs=1e-5)


def test_existence_and_how_many_overlap():
    prediction = [[0.0, 1.0], [2.0, 4.0], [8.0, 9.0]]
    reference = [[0.0, 4.0], [20.0, 21.0]]
    one = compare(prediction, reference, "range_based", recall_alpha=0.4)
    assert float(one.recall) == pytest.approx((0.4 + 0.6 * 0.75) / 2)
    assert float(one.precision) == pytest.approx(2 / 3)
    reciprocal = compare(prediction, reference, "range_based", recall_alpha=0.4, cardinality="reciprocal")
    assert float(reciprocal.recall) == pytest.approx((0.4 + 0.6 * 0.75 / 2) / 2)
    assert (int(one.intersection), int(one.size_a), int(one.size_b)) == (1, 2, 2)
    rows = align(prediction, reference, "range_based")
    assert rows[0]["precision"].tolist() == [1, 1, 0]
    assert rows[1]["recall"].tolist() == [0.75, 0]


def test_points_are_covered_or_not():
    report = compare([[5.0, 5.0], [9.0, 9.0]], [[5.0, 5.0], [7.0, 10.0], [20.0, 20.0]], "range_based", recall_alpha=0.5)
    assert float(report.precision) == 1
    # the point; half of the score for being found at all; nothing
    assert float(report.recall) == pytest.approx((1 + 0.5 + 0) / 3)


def test_events_shorter_than_a_sample_have_the_one_they_begin_in():
    report = compare([[3.6, 3.9]], [[3.0, 4.0], [6.2, 6.3]], "range_based", rate=1)
    assert (float(report.precision), float(report.recall)) == (1.0, 0.5)


def test_rows_that_touch_or_overlap_are_one_event():
    pieces = compare([[0.0, 2.0], [1.0, 3.0], [3.0, 4.0]], [[0.0, 8.0]], "range_based", cardinality="reciprocal")
    assert float(pieces.recall) == 0.5
    assert int(pieces.events_predicted) == 1


def test_means_are_over_events_of_all_files_and_labels():
    columns = ["file", "onset", "offset", "label"]
    prediction = pd.DataFrame([("a", 0, 1, "x"), ("b", 0, 4, "y")], columns=columns)
    reference = pd.DataFrame([("a", 0, 2, "x"), ("a", 5, 6, "x"), ("b", 0, 2, "y"), ("b", 0, 2, "x")], columns=columns)
    pooled = compare(prediction, reference, "range_based")
    apart = compare(prediction, reference, "range_based", by=("file", "label"))
    assert float(pooled.recall) == pytest.approx((0.5 + 0 + 1 + 0) / 4)
    assert float(apart.recall_sum.sum()) == pytest.approx(1.5)
    assert float(apart.precision.sel(file="b", label="y")) == 0.5
    assert np.isnan(float(apart.precision.sel(file="b", label="x")))
