"""Golden values: OpenTAD and the official ActivityNet code, as stored with the data."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

from domains.events import compare, read_events
from domains.events.protocols.criteria import tiou


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
