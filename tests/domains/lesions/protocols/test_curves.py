"""Oracles: scikit-learn's curves, and counts worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.lesions import detection_scores, froc_curve
from domains.lesions.protocols.curves import auroc, average_precision


def scan(found=(), spurious=(), missed=0, ignored=()):
    """The table of a scan, by the confidences of its candidates."""
    kinds = ["found"] * len(found) + ["spurious"] * len(spurious) + ["missed"] * missed + ["ignored"] * len(ignored)
    return pd.DataFrame({"kind": kinds, "confidence": [*found, *spurious, *[np.nan] * missed, *ignored]})


confidences = st.lists(st.sampled_from([0.1, 0.3, 0.5, 0.5, 0.9]), max_size=6)
scans = st.lists(st.builds(scan, confidences, confidences, st.integers(0, 3)), min_size=1, max_size=4)


@pytest.mark.slow
@given(scans)
def test_average_precision_and_auroc_are_scikit_learns(tables):
    metrics = pytest.importorskip("sklearn.metrics")
    scores = detection_scores(tables)
    together = pd.concat(tables)
    is_lesion = together["kind"] != "spurious"
    # a missed lesion is a positive of confidence 0, which is no candidate
    confidence = together["confidence"].fillna(0).to_numpy(float)
    if not is_lesion.any():
        assert np.isnan(scores["ap"])
    else:
        precision, recall, thresholds = metrics.precision_recall_curve(is_lesion, confidence)
        precision[:-1][thresholds == 0] = 0
        assert scores["ap"] == pytest.approx(-np.sum(np.diff(recall) * precision[:-1]), abs=1e-12)
    target = [bool((table["kind"] != "spurious").any()) for table in tables]
    surest = [np.nan_to_num(table["confidence"].astype(float).max()) for table in tables]
    if len(set(target)) == 2:
        assert scores["auroc"] == pytest.approx(metrics.roc_auc_score(target, surest), abs=1e-12)
        assert scores["picai"] == pytest.approx((scores["ap"] + scores["auroc"]) / 2, nan_ok=True)
    else:
        assert np.isnan(scores["auroc"])


def test_froc_by_hand():
    """Two scans, four lesions, one of which is never found."""
    cases = {"a": scan([0.9, 0.6], [0.7], 1), "b": scan([0.4], [0.8, 0.4, 0.2])}
    curve = froc_curve(cases)
    assert curve["confidence"].tolist() == [np.inf, 0.9, 0.8, 0.7, 0.6, 0.4, 0.2]
    assert curve["false_positives"].tolist() == [0, 0, 0.5, 1, 1, 1.5, 2]
    assert curve["sensitivity"].tolist() == [0, 0.25, 0.25, 0.25, 0.5, 0.75, 0.75]
    # at 1/8, 1/4, 1/2: 0.25; at 1 the higher of two points, at 2, 4 and 8 the last
    assert detection_scores(cases)["cpm"] == pytest.approx((3 * 0.25 + 0.5 + 3 * 0.75) / 7)
    assert detection_scores(cases, rates=(1.25,))["cpm"] == pytest.approx(0.625)


def test_scans_without_anything_count():
    """A found lesion and one false positive, in one scan and in ten."""
    case, healthy = scan([0.5], [0.9]), scan()
    assert froc_curve([case])["false_positives"].max() == 1
    assert froc_curve([case, *[healthy] * 9])["false_positives"].max() == 0.1
    scores = detection_scores({"a": case, "b": healthy})
    assert (scores["scans"], scores["lesions"], scores["found"], scores["spurious"]) == (2, 1, 1, 1)
    assert scores["auroc"] == 1


def test_ignored_candidates_are_neither_but_make_a_case_suspicious():
    with_one = detection_scores([scan([0.5], ignored=[0.9]), scan(spurious=[0.7])])
    without = detection_scores([scan([0.5]), scan(spurious=[0.7])])
    assert with_one["ap"] == without["ap"] == 0.5
    assert (with_one["auroc"], without["auroc"]) == (1, 0)


def test_equals_count_together_and_half():
    assert average_precision(np.array([0.5, 0.5]), np.array([True, False]), 1) == 0.5
    assert auroc([True, False], [0.3, 0.3]) == 0.5


@pytest.mark.parametrize(
    "cases", [[], {}, scan([0.5]), [pd.DataFrame({"x": [1]})]], ids=["none", "no", "bare", "other"]
)
def test_refusals(cases):
    with pytest.raises(ValueError, match="lesions.detection_scores: "):
        detection_scores(cases)
    with pytest.raises(ValueError, match="table of detect"):
        froc_curve(cases)


def test_the_remedy_for_one_table_is_right():
    with pytest.raises(ValueError, match=r"got one table: pass \[table\]"):
        detection_scores(scan([0.5]))
    assert detection_scores([scan([0.5])])["ap"] == 1
