"""Golden values: psds_eval 0.5.3 and sed_scores_eval 0.0.4 on drawn events; cases by hand."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from domains._checks import UsageError
from domains.events import assess, compare
from domains.events.protocols.frame_scores import events_at_every_threshold

CRITERIA = ("dtc", "gtc", "cttc")


def table(rows):
    events = pd.DataFrame(rows, columns=["file", "onset", "offset", "label", "confidence"])
    return events.assign(onset=events.onset / 1000, offset=events.offset / 1000, confidence=events.confidence * 1.0)


def one_file(*rows):
    """Events of one file: onset, offset and, if it matters, label."""
    full = [("", *(*row, "x")[:3]) for row in rows]
    return pd.DataFrame(full, columns=["file", "onset", "offset", "label"])


@pytest.fixture(scope="module")
def cases(test_data):
    return json.loads((test_data / "psds_eval.json").read_text())["cases"]


SOME_AND_ALL = pytest.mark.parametrize(
    "which", [slice(0, None, 5), pytest.param(slice(0, None), marks=pytest.mark.slow)], ids=["some", "all"]
)


@pytest.mark.slow
@SOME_AND_ALL
@pytest.mark.filterwarnings("ignore:events.assess:UserWarning")
def test_macro_f_false_alarms_and_cross_triggers_of_drawn_events(cases, which):
    asked = [case for case in cases if "events" in case]
    assert len(asked) == 20
    for case in asked[which]:
        settings = {name: case["settings"][name] for name in CRITERIA}
        support = dict.fromkeys(case["files"], 10.0)
        scored = assess(table(case["events"]), table(case["reference"]), "intersection", support=support, **settings)
        report = scored.report()
        answer = case["answer"]
        macro = np.nan if answer["macro"] is None else answer["macro"]
        np.testing.assert_allclose(report.macro_f1, macro, rtol=0, atol=1e-12, equal_nan=True)
        labels = list(answer["f"])
        each = scored.report("label").sel(label=labels)
        # psds_eval has NaN where nothing is found
        np.testing.assert_allclose(each.f1, [f or 0.0 for f in answer["f"].values()], rtol=0, atol=1e-12)
        counts = np.array(answer["counts"])
        n = len(labels)
        found = report.cross_triggers.sel(prediction=labels, reference=labels).values + np.diag(each.intersection)
        assert found.tolist() == counts[:n, :n].tolist()
        assert (each.size_a - each.intersection).values.tolist() == counts[:n, n].tolist()


@pytest.mark.slow
@SOME_AND_ALL
def test_macro_and_micro_f_of_drawn_frames(cases, which):
    asked = [case for case in cases if "frames" in case]
    assert len(asked) == 20
    for case in asked[which]:
        rows = []
        for file, scores in case["frames"].items():
            for label, track in zip(case["labels"], scores, strict=True):
                rows += [(file, 500 * k, 500 * k + 500, label, score) for k, score in enumerate(track)]
        events = events_at_every_threshold(table(rows))
        reference = table(case["reference"])
        # sed_scores_eval: above a threshold, not at it
        is_there = (events["confidence"] > 0.6) & (events["until"] <= 0.6) & events["label"].isin(reference["label"])
        settings = {name: case["settings"][name] for name in CRITERIA}
        report = compare(events[is_there], reference, "intersection", corrected=True, **settings)
        assert float(report.macro_f1) == pytest.approx(case["answer"]["macro"], abs=1e-12)
        assert float(report.f1) == pytest.approx(case["answer"]["micro"], abs=1e-12)


def test_several_find_one_and_one_finds_several():
    report = compare(one_file([0, 4], [5, 10], [20, 40]), one_file([0, 10], [20, 29], [30, 40]), "intersection")
    assert (int(report.intersection), int(report.size_a), int(report.size_b)) == (3, 3, 3)


def test_what_is_relevant_but_covers_too_little_counts_nowhere():
    a, b = one_file([0, 2]), one_file([0, 10])
    report = compare(a, b, "intersection")
    assert (int(report.intersection), int(report.size_a), int(report.size_b)) == (0, 0, 1)
    prediction, reference = assess(a, b, "intersection").align()
    assert prediction["matched"].tolist() == [True]
    assert reference["matched"].tolist() == [False]


def test_by_file_and_label_adds_up():
    rng = np.random.default_rng(3)
    onset = rng.uniform(0, 50, 60)
    rows = pd.DataFrame({"onset": onset, "offset": onset + rng.uniform(1, 9, 60)})
    rows["file"] = rng.choice(["f", "g"], 60)
    rows["label"] = rng.choice(["p", "q"], 60)
    scored = assess(rows[:30], rows[30:], "intersection", corrected=True)
    both = scored.report(("file", "label"))
    for name in ("intersection", "size_a", "size_b"):
        assert int(both[name].sum()) == int(scored.report()[name])
    assert scored.report("file").macro_f1.dims == ("file",)
    assert "macro_f1" not in both


FAULTS = {
    "a label of which nothing is found": (
        one_file([0, 1, "p"]),
        one_file([0, 1, "p"], [5, 6, "q"]),
        *("macro_f1", 1.0, 0.5),
    ),
    "a label that only the prediction has": (
        one_file([0, 1, "p"], [5, 6, "q"]),
        one_file([0, 1, "p"]),
        *("macro_f1", 1.0, 0.5),
    ),
    "references that overlap count twice": (
        one_file([0, 10]),
        one_file([0, 3], [1, 3]),
        *("recall", 1.0, 0.0),
    ),
    "an event without duration": (one_file([2, 2]), one_file([2, 2]), "recall", np.nan, 1.0),
    "the last bit of a time": (one_file([2, 2.3]), one_file([2, 2.6]), "recall", 0.0, 1.0),
}


@pytest.mark.filterwarnings("ignore:.*have no duration")
@pytest.mark.parametrize("fault", FAULTS)
def test_each_known_fault(fault):
    a, b, name, published, right = FAULTS[fault]
    found = [float(compare(a, b, "intersection", corrected=corrected)[name]) for corrected in (False, True)]
    assert found == pytest.approx([published, right], nan_ok=True)


@pytest.mark.filterwarnings("ignore:.*outside the support")
def test_what_is_predicted_after_the_end_of_a_recording():
    a, b = one_file([0, 5], [12, 15]), one_file([0, 5])
    for outside, precision in (("dropped", 1.0), ("counted", 0.5)):
        assert float(compare(a, b, "intersection", support=10.0, outside=outside).precision) == precision


def test_empty_sides():
    none, some = one_file()[:0], one_file([0, 1])
    report = compare(none, none, "intersection")
    assert (int(report.size_a), int(report.size_b)) == (0, 0)
    assert np.isnan(float(report.macro_f1))
    assert float(compare(none, some, "intersection", corrected=True).macro_f1) == 0
    assert float(compare(some, none, "intersection", corrected=True).precision) == 0


@pytest.mark.parametrize("wrong", [{"dtc": 0.0}, {"gtc": 50}, {"repeated": "twice"}, {"points": 1}, {"macro": "mean"}])
def test_wrong_settings(wrong):
    (name,) = wrong
    with pytest.raises(UsageError, match=f"events.assess: {name} must be"):
        compare(one_file([0, 1]), one_file([0, 1]), "intersection", **wrong)
