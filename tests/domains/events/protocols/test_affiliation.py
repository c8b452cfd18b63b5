"""Golden values: affiliation-metrics-py, as TSB-AD 1.5 has it; the KDD 2022 table; the paper's and the tool's examples.

The tool raises where events touch ("Couples of input `events` should be disjoint and ordered"), where one has no
duration ("Cannot manage point anomalies currently"), and where nothing is annotated.
"""

from __future__ import annotations

import gzip
import json

import numpy as np
import pandas as pd
import pytest

from domains.events import align, assess, compare

INDIVIDUAL = {
    "precision": "individual_precision_probabilities",
    "recall": "individual_recall_probabilities",
    "precision_distance": "individual_precision_distances",
    "recall_distance": "individual_recall_distances",
}


def affiliated(prediction, reference, length, **options):
    prediction = np.reshape(prediction, (-1, 2))
    return assess(prediction, np.reshape(reference, (-1, 2)), "affiliation", support=length, **options)


def table(rows):
    return pd.DataFrame(rows, columns=["file", "onset", "offset", "label"])


@pytest.fixture(scope="module")
def drawn(test_data):
    return json.loads((test_data / "affiliation.json").read_text())


@pytest.mark.parametrize("tolerance", [0.0, 1e-9])
def test_drawn_series_zone_by_zone(drawn, tolerance):
    files = {"prediction": [], "reference": []}
    for k, case in enumerate(drawn["cases"]):
        for side, rows in files.items():
            rows += [(f"{k:02}", *event, "") for event in case[side]]
    lengths = {f"{k:02}": drawn["length"] for k in range(len(drawn["cases"]))}
    sides = table(files["prediction"]), table(files["reference"])
    scored = assess(*sides, "affiliation", support=lengths, tolerance=tolerance)
    answers = [case["answer"] for case in drawn["cases"]]
    for column, key in INDIVIDUAL.items():
        expected = np.concatenate([answer[key] for answer in answers])
        np.testing.assert_allclose(scored.reference[column], expected, rtol=1e-12, atol=1e-12)
    report = scored.report("file")
    np.testing.assert_allclose(report.precision, [x["Affiliation_Precision"] for x in answers], rtol=1e-12)
    np.testing.assert_allclose(report.recall, [x["Affiliation_Recall"] for x in answers], rtol=1e-12)
    # of several files, each zone counts once
    pooled = scored.report()
    in_zones = np.concatenate([x["individual_precision_probabilities"] for x in answers])
    assert float(pooled.precision) == pytest.approx(np.nanmean(in_zones), rel=1e-12)
    in_zones = np.concatenate([x["individual_recall_probabilities"] for x in answers])
    assert float(pooled.recall) == pytest.approx(np.mean(in_zones), rel=1e-12)


@pytest.mark.original_data
def test_the_tables_of_the_paper(shared_data):
    folder = shared_data / "events" / "affiliation"
    expected = json.loads((folder / "expected_peer.json").read_text())
    published = {
        "nyctaxi": {
            "trivial": (1.00, 0.30, 0.46),
            "adversary": (0.54, 1.00, 0.70),
            "greenhouse": (0.51, 0.99, 0.67),
            "lstmad": (0.51, 1.00, 0.67),
            "luminol": (0.38, 0.79, 0.51),
        },
        "twitteraapl": {
            "trivial": (1.00, 0.49, 0.66),
            "adversary": (0.50, 1.00, 0.67),
            "greenhouse": (0.78, 0.98, 0.87),
            "lstmad": (0.66, 0.99, 0.79),
            "luminol": (0.73, 0.98, 0.83),
        },
    }
    for series, detectors in expected.items():
        reference, length = events_of(folder / "data" / f"{series}_groundtruth.gz")
        for detector, figures in detectors.items():
            prediction, _ = events_of(folder / "data" / f"{series}_{detector}.gz")
            report = compare(prediction, reference, "affiliation", support=length)
            found = [float(report[name]) for name in ("precision", "recall", "f1")]
            assert found == pytest.approx([figures[name] for name in ("precision", "recall", "f1")], abs=1e-12)
            assert tuple(np.round(found, 2)) == published[series][detector]


def events_of(path):
    """Return the events of a vector of 0 and 1, and how long it is."""
    with gzip.open(path, "rt") as file:
        vector = np.array(file.read().split(), float).astype(int)
    change = np.diff(vector, prepend=0, append=0)
    events = np.stack([np.flatnonzero(change == 1), np.flatnonzero(change == -1)], axis=1)
    return events.astype(float), len(vector)


def test_the_example_of_the_paper():
    minutes = [(5, 6), (7, 10), (11, 12), (40, 60), (115, 130), (135, 140), (165, 170)]
    zones = affiliated(60.0 * np.array(minutes), 60.0 * np.array([(0, 10), (50, 70), (170, 175)]), 180 * 60).reference
    np.testing.assert_allclose(zones["precision_distance"], [18, 60 * 11.5, 60 * 31.25], rtol=1e-12)
    np.testing.assert_allclose(zones["recall_distance"], [76.5, 60 * 2.5, 60 * 2.5], rtol=1e-12)
    assert zones["precision"][1] == pytest.approx(0.672222222, abs=1e-9)
    assert zones["recall"][1] == pytest.approx(0.944444444, abs=1e-9)
    assert zones[["zone_onset", "zone_offset"]].to_numpy().tolist() == [[0, 1800], [1800, 7200], [7200, 10800]]


def test_a_zone_without_prediction_has_no_precision_and_no_recall():
    report = compare([[1.0, 3.0]], [[1.0, 3.0], [50.0, 60.0]], "affiliation", support=100.0)
    assert (float(report.precision), float(report.recall)) == (1.0, 0.5)
    assert (int(report.zones_predicted), int(report.zones)) == (1, 2)


def test_nothing_predicted_at_all():
    nothing = np.zeros((0, 2))
    report = compare(nothing, [[1.0, 10.0]], "affiliation", support=10.0)
    np.testing.assert_equal([float(report[name]) for name in ("precision", "recall", "f1")], [np.nan, 0, np.nan])
    # the tool's F1 is NaN; that all is missed is 0
    corrected = compare(nothing, [[1.0, 10.0]], "affiliation", support=10.0, corrected=True)
    assert float(corrected.f1) == 0
    assert float(compare(nothing, [[1.0, 10.0]], "affiliation", support=10.0, empty=0.0).precision) == 0


def test_nothing_annotated_has_no_value():
    report = compare([[1.0, 2.0]], np.zeros((0, 2)), "affiliation", support=10.0)
    np.testing.assert_equal([float(report[name]) for name in ("precision", "recall", "f1")], [np.nan] * 3)
    assert [int(report[name]) for name in ("size_a", "size_b", "zones", "lone_predictions")] == [1, 0, 0, 1]


def test_predictions_where_nothing_is_annotated_are_counted():
    prediction = table([("a", 1, 2, ""), ("b", 3, 4, "")])
    reference = table([("a", 1, 2, "")])
    report = compare(prediction, reference, "affiliation", support=9.0, by="file")
    np.testing.assert_equal(report.precision.values, [1.0, np.nan])
    assert report.size_a.values.tolist() == [1, 1]
    assert report.lone_predictions.values.tolist() == [0, 1]


def test_events_that_touch_or_overlap_are_one():
    in_one = compare([[3.0, 5.0]], [[4.0, 9.0]], "affiliation", support=20.0)
    in_pieces = compare([[4.0, 5.0], [3.0, 4.5]], [[6.0, 9.0], [4.0, 6.0]], "affiliation", support=20.0)
    for name in ("precision", "recall", "zones", "size_b"):
        assert float(in_pieces[name]) == float(in_one[name])
    # 0.1 + 0.2 and 0.3 differ in the last bit
    split = compare([[0.1, 0.2]], [[0.1, 0.3], [0.1 + 0.2, 0.5]], "affiliation", support=1.0)
    assert int(split.zones) == 1


def test_a_point_is_the_limit_of_short_events():
    short = 1e-7
    reference = np.array([[10.0, 10.0], [30.0, 34.0], [70.0, 70.0]])
    prediction = np.array([[8.0, 9.0], [31.0, 31.0], [39.0, 39.0], [60.0, 66.0], [69.0, 69.0]])
    widened = [x + np.where(x[:, :1] == x[:, 1:], [-short, short], 0.0) for x in (prediction, reference)]
    points = affiliated(prediction, reference, 100.0).reference
    limit = affiliated(*widened, 100.0).reference
    for column in INDIVIDUAL:
        np.testing.assert_allclose(points[column], limit[column], rtol=1e-6, atol=1e-6)


def test_points_by_hand():
    # zone 0 to 10, the point 4; predicted 6: of the zone, 0 to 2 and 6 to 10 lie at least 2 away
    report = compare([[6.0, 6.0]], [[4.0, 4.0]], "affiliation", support=10.0)
    assert (float(report.precision), float(report.recall)) == pytest.approx((0.6, 0.6))
    exact = compare([[4.0, 4.0]], [[4.0, 4.0]], "affiliation", support=10.0)
    assert (float(exact.precision), float(exact.recall), int(exact.intersection)) == (1, 1, 1)
    # midway, a point belongs to both zones
    midway = affiliated([[5.0, 5.0]], [[2.0, 2.0], [8.0, 8.0]], 10.0).reference
    np.testing.assert_allclose(midway["precision"], [1 - (2 + 3) / 5] * 2, atol=1e-12)
    np.testing.assert_allclose(midway["recall"], [1 - (2 + 3) / 5] * 2, atol=1e-12)


def test_labels_and_files_have_zones_of_their_own():
    reference = table([("a", 1, 2, "x"), ("a", 8, 9, "y"), ("b", 5, 6, "x")])
    prediction = table([("a", 1, 2, "x"), ("a", 1, 2, "y"), ("b", 1, 2, "x")])
    report = compare(prediction, reference, "affiliation", support=10.0, by=("file", "label"))
    alone = compare([[1.0, 2.0]], [[8.0, 9.0]], "affiliation", support=10.0)
    assert float(report.precision.sel(file="a", label="x")) == 1
    assert float(report.precision.sel(file="a", label="y")) == float(alone.precision)
    assert np.isnan(float(report.precision.sel(file="b", label="y")))
    pooled = compare(prediction, reference, "affiliation", support=10.0)
    assert float(pooled.precision_sum) == pytest.approx(float(report.precision_sum.sum()))
    assert float(pooled.recall) == pytest.approx(float(report.recall_sum.sum()) / 3)


def test_a_duration_that_is_not_known_is_asked_for_in_words_that_work():
    prediction = [[1.0, 3.0], [8.0, 9.0]]
    reference = [[2.0, 3.0], [8.5, 9.0]]
    with pytest.warns(UserWarning, match=r"does not of the recording: .* support=3600.0 "):
        unknown = assess(prediction, reference, "affiliation")
    np.testing.assert_equal(float(unknown.report().recall), np.nan)
    known = assess(prediction, reference, "affiliation", support=3600.0)
    assert float(known.report().recall) > 0.9
    # the first zone is known, and so are all distances
    np.testing.assert_equal(unknown.reference["precision"].tolist(), [known.reference["precision"][0], np.nan])
    for column in ("precision_distance", "recall_distance"):
        np.testing.assert_array_equal(unknown.reference[column], known.reference[column])


@pytest.mark.filterwarnings("ignore:.*the support says nothing")
def test_one_duration_of_two():
    rows = table([("a", 1, 2, ""), ("b", 1, 2, "")])
    with pytest.warns(UserWarning, match=r"does not of 'b': .* support=\{'b': 3600.0, …\}"):
        report = compare(rows, rows, "affiliation", support={"a": 9.0}, by="file")
    np.testing.assert_equal(report.precision.values, [1.0, np.nan])
    with pytest.warns(UserWarning, match="precision and recall are NaN"):
        assert np.isnan(compare(rows, rows, "affiliation", support={"a": 9.0}).f1)


def test_each_prediction_says_how_near_it_is():
    prediction, reference = align([[1.0, 3.0], [9.0, 9.5]], [[2.0, 3.0]], "affiliation", support=10.0)
    # half of it is the event, the other half 0.5 away on average
    assert prediction["distance"].tolist() == [0.25, 6.25]
    assert prediction["matched"].tolist() == [True, False]
    assert reference["precision"][0] == pytest.approx(np.average(prediction["precision"], weights=[2, 0.5]))


def test_what_lies_outside_the_support_is_cut_off():
    with pytest.warns(UserWarning, match="outside the support"):
        report = compare([[8.0, 12.0], [13.0, 14.0]], [[7.0, 9.0]], "affiliation", support=10.0)
    assert float(report.precision) == float(compare([[8.0, 10.0]], [[7.0, 9.0]], "affiliation", support=10.0).precision)


def test_time_may_run_backwards_and_in_another_unit(drawn):
    rows = {side: [] for side in ("prediction", "reference")}
    for k, case in enumerate(drawn["cases"][:12]):
        for side, of_side in rows.items():
            of_side += [(f"{k:02}", *event, "") for event in case[side]]
    a, b = table(rows["prediction"]), table(rows["reference"])
    length = float(drawn["length"])

    def report(a, b, length):
        return compare(a, b, "affiliation", support=length, by="file")[["precision", "recall"]].to_array()

    def backwards(events):
        return events.assign(onset=length - events["offset"], offset=length - events["onset"])

    def in_hours(events):
        return events.assign(onset=events["onset"] / 3600, offset=events["offset"] / 3600)

    forwards = report(a, b, length)
    np.testing.assert_allclose(report(backwards(a), backwards(b), length), forwards, rtol=1e-12)
    np.testing.assert_allclose(report(in_hours(a), in_hours(b), length / 3600), forwards, rtol=1e-12)
