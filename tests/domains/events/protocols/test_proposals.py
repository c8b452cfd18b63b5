"""Golden values: mmaction2 1.2.0, a port of ActivityNet's code (benchmarks/peers/ask_mmaction.py, double precision)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from domains.events import assess, compare, read_events


def test_average_recall_as_mmaction(shared_data):
    data = shared_data / "events" / "actionloc"
    reference = read_events(data / "thumos14_gt.json", subset="test").events
    predicted = read_events(data / "thumos14_synthetic_predictions.json").events
    report = compare(predicted, reference, "proposals")
    assert float(report.auc) == pytest.approx(0.5181418000604045, rel=1e-13)
    figures = [float(report[f"ar_at_{k}"]) for k in (1, 10, 100)]
    assert figures == pytest.approx([0.030534581697372394, 0.3390214436726064, 0.576200543642404], rel=1e-13)
    assert report.average_recall.sizes == {"n_proposals": 100}


def table(*rows):
    return pd.DataFrame(rows, columns=["file", "onset", "offset", "confidence"])


# two videos of four proposals each, and one that the reference lacks
PROPOSALS = table(
    *(("a", 10 * k, 10 * k + 5, 0.9 - k / 10) for k in range(4)),
    *(("b", 10 * k, 10 * k + 5, 0.5 + k / 10) for k in range(4)),
    ("c", 0, 5, 1.0),
)
TRUE = table(("a", 0, 5, 1), ("a", 30, 35, 1), ("b", 10, 15, 1), ("d", 0, 5, 1))


def test_average_recall_by_hand():
    report = compare(PROPOSALS, TRUE, "proposals", most=4, thresholds=[0.5])
    # three videos have references and two of them 8 proposals: 1 on average is 3/8 of each video's 4, so 1 of them,
    # 2 on average are 3 of them, and more than that all
    assert report.average_recall.values.tolist() == [0.25, 0.5, 0.75, 0.75]
    assert float(report.auc) == pytest.approx((0.375 + 0.625 + 0.75) / 4)
    assert float(report.recall[0]) == 0.75
    assert "ar_at_10" not in report


def test_labels_and_kept_files_do_not_matter():
    alone = compare(PROPOSALS, TRUE, "proposals", most=4)
    labelled = compare(PROPOSALS.assign(label="x"), TRUE.assign(label="y"), "proposals", most=4, by="file")
    assert float(labelled.auc) == float(alone.auc)
    assert labelled.intersection.sum("file").equals(alone.intersection)


@pytest.mark.parametrize("empty", ["proposals", "references", "both"])
def test_nothing_on_a_side(empty):
    a = PROPOSALS[:0] if empty != "references" else PROPOSALS
    b = TRUE[:0] if empty != "proposals" else TRUE
    auc = float(compare(a, b, "proposals").auc)
    assert np.isnan(auc) if empty != "proposals" else auc == 0


def test_weighed_once_and_twice_by_hand():
    scored = assess(PROPOSALS, TRUE, "proposals", most=4, thresholds=[0.5, 0.6])
    figures = scored.protocol.weigh(scored)
    assert scored.files == ["a", "b", "c", "d"]
    twice = figures(np.array([[1, 1, 1, 1], [0, 2, 0, 2]]))
    # of b alone the one reference is found by its third proposal, and d has none: 2 of its 4 proposals are 1 a video
    assert twice["auc"].values == pytest.approx([(0.375 + 0.625 + 0.75) / 4, float(reweighed_auc())])


def reweighed_auc():
    """Return the area for two copies of b and d."""
    b = [PROPOSALS[PROPOSALS["file"] == "b"].assign(file=name) for name in ("b", "b2")]
    references = [TRUE[TRUE["file"].isin(["b", "d"])].assign(file=lambda x, k=k: x["file"] + k) for k in ("", "2")]
    return compare(pd.concat(b), pd.concat(references), "proposals", most=4, thresholds=[0.5, 0.6]).auc
