"""Golden values: OpenTAD and the official ActivityNet code, as stored with the data."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from domains.events import compare, read_events
from domains.events.protocols.criteria import tiou

DATA = Path(__file__).parents[3] / "data"


@pytest.fixture(scope="module")
def thumos(shared_data):
    data = shared_data / "events" / "actionloc"
    expected = json.loads((data / "expected_peer.json").read_text())
    reference = read_events(data / "thumos14_gt.json", subset="test").events
    return read_events(data / "thumos14_synthetic_predictions.json").events, reference, expected


@pytest.mark.parametrize(
    ("protocol", "key", "average"),
    [
        ("thumos14", "opentad_thumos_0.3_0.7", 0.425902374655086),
        ("activitynet", "opentad_anet_0.5_0.95", 0.32271386692627785),
    ],
)
def test_average_precision_as_opentad(protocol, key, average, thumos):
    predicted, reference, expected = thumos
    report = compare(predicted, reference, protocol)
    assert float(report.average_map) == pytest.approx(average, rel=1e-14)
    per_class = expected[key]["per_class_ap"]
    assert sorted(per_class) == report["class"].values.tolist()
    for name, ap in per_class.items():
        np.testing.assert_allclose(report.ap.sel({"class": name}), ap, rtol=1e-13)
    theirs = [x for k, x in expected[key].items() if k.startswith("mAP@")]
    np.testing.assert_allclose(report.mean_ap, theirs, rtol=1e-13)


def test_average_precision_as_the_official_code(thumos):
    predicted, reference, expected = thumos
    report = compare(predicted, reference, "activitynet")
    np.testing.assert_allclose(report.mean_ap, expected["activitynet_official_0.5_0.95"]["mAP"], rtol=1e-13)


@pytest.mark.parametrize(
    ("protocol", "key"), [("thumos14", "opentad_thumos_0.3_0.7"), ("activitynet", "opentad_anet_0.5_0.95")]
)
def test_recall_of_the_most_confident_as_opentad(protocol, key, thumos):
    predicted, reference, expected = thumos
    report = compare(predicted, reference, protocol)
    for k in (1, 5):
        theirs = [x for name, x in expected[key].items() if name.startswith("recall@") and name.endswith(f"@{k}")]
        np.testing.assert_allclose(report[f"recall_at_{k}x"], theirs, rtol=1e-13)


def events(*rows):
    return pd.DataFrame(rows, columns=["onset", "offset", "confidence"])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:events.assess")
def test_of_equals_the_later_row_is_first_unless_corrected():
    # a hit and a false alarm, equally confident
    hit_first = events([0, 1, 0.5], [5, 6, 0.5])
    reference = events([0, 1, 1.0])
    for protocol in ("activitynet", "thumos14"):
        assert float(compare(hit_first, reference, protocol).average_map) == 0.5
        assert float(compare(hit_first[::-1], reference, protocol).average_map) == 1.0
        assert float(compare(hit_first, reference, protocol, ties="index").average_map) == 1.0
        for rows in (hit_first, hit_first[::-1]):
            assert float(compare(rows, reference, protocol, corrected=True).average_map) == 0.5


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:events.assess")
@pytest.mark.parametrize(
    ("protocol", "which"),
    [("activitynet", slice(0, None, 2)), ("thumos14", slice(1, None, 2))],
    ids=["activitynet", "thumos14"],
)
def test_of_references_as_near_the_later_row_is_claimed_as_the_official_code(protocol, which):
    # made by benchmarks/peers/ask_activitynet.py; equal confidences and equal temporal IoU in each table
    tables = json.loads((DATA / "activitynet_equals.json").read_text())["tables"]
    for table in tables[which]:
        predicted = pd.DataFrame(table["prediction"], columns=["file", "onset", "offset", "confidence"])
        annotated = pd.DataFrame(table["reference"], columns=["file", "onset", "offset"])
        # the official code keeps references that are alike, OpenTAD has one of them
        report = compare(predicted, annotated, protocol, duplicates=None)
        np.testing.assert_allclose(report.mean_ap, table[protocol], rtol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["activitynet", "thumos14"])
def test_the_order_of_references_as_near_matters_unless_corrected(protocol):
    # the first shares half of its time with both references, the second 0.875 with one of them
    predicted = events([13, 15, 0.35], [13.5, 17, 0.2])
    annotated = events([13, 17, 1.0], [13.5, 14.5, 1.0])
    options = {"thresholds": (0.5,)}
    assert float(compare(predicted, annotated, protocol, **options).average_map) == 1.0
    assert float(compare(predicted, annotated[::-1], protocol, **options).average_map) == 0.5
    for rows in (annotated, annotated[::-1]):
        assert float(compare(predicted, rows, protocol, corrected=True, **options).average_map) == 0.5


def test_equals_are_warned_of():
    tied = events([0, 1, 0.5], [5, 6, 0.5], [8, 9, 0.7])
    with pytest.warns(UserWarning, match="1 of 3 predictions are as confident as another .* corrected=True does not"):
        compare(tied, tied, "activitynet")
    # what it tells to do leaves nothing to warn of, and so do labels that are ranked apart
    compare(tied, tied, "activitynet", corrected=True)
    apart = tied.assign(label=["x", "y", "x"])
    compare(apart, apart, "activitynet")


@pytest.mark.slow
def test_what_has_no_duration_is_found_anywhere_unless_corrected():
    # 0/0 is NaN in the official code, and NaN < threshold is false; OpenTAD has 0
    far = events([9, 9, 0.5])
    reference = events([5, 5, 1.0])
    assert float(compare(far, reference, "activitynet").average_map) == 1.0
    assert float(compare(far, reference, "activitynet", corrected=True).average_map) == 0.0
    assert float(compare(reference, reference, "thumos14").average_map) == 0.0
    assert float(compare(reference, reference, "thumos14", corrected=True).average_map) == 1.0


def test_where_a_temporal_iou_lies_on_the_threshold(thumos):
    predicted, reference, _ = thumos
    pairs = tiou(predicted, reference)
    thresholds = [0.3, 0.4, 0.5, 0.6, 0.7]
    lost = [(i, j) for i, j, x in zip(*pairs, strict=True) if any(0 < t - x < 1e-9 for t in thresholds)]
    assert len(lost) == 2, "of 9262 predictions"
    for i, j in lost:
        ends = ((predicted, i), (reference, j))
        a, b = ([Fraction(str(x)) for x in t[["onset", "offset"]].iloc[k]] for t, k in ends)
        shared = min(a[1], b[1]) - max(a[0], b[0])
        assert shared / (a[1] - a[0] + b[1] - b[0] - shared) in [Fraction(str(t)) for t in thresholds]
    ours, theirs = (compare(predicted, reference, "thumos14", corrected=x) for x in (True, False))
    assert int((ours.intersection - theirs.intersection).sum()) == 1
    assert float(compare(predicted, reference, "activitynet", corrected=True).average_map) == pytest.approx(
        0.32271386692627785, rel=1e-14
    )
