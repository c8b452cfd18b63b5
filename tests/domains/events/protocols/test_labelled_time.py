"""Golden values: timescoring 0.0.7 for samples; closed forms for the rest."""

from __future__ import annotations

import json

import numpy as np
import pytest

from domains.events import PROTOCOLS, assess, compare


def numbers(values):
    return [np.nan if x is None else float(x) for x in values]


def counts(report):
    return [float(report.intersection), float(report.size_a - report.intersection), float(report.size_b)]


def test_szcore_samples(test_data):
    for case in json.loads((test_data / "timescoring_cases.json").read_text()):
        a, b = (np.reshape(case[k], (-1, 2)) for k in ("hyp", "ref"))
        report = compare(a, b, "szcore_sample", support=case["duration_s"])
        theirs = case["sample_1Hz"]
        assert counts(report) == [theirs["tp"], theirs["fp"], theirs["refTrue"]], case["name"]
        figures = [float(report[k]) for k in ("recall", "precision", "dice")]
        expected = numbers(theirs[k] for k in ("sensitivity", "precision", "f1"))
        np.testing.assert_allclose(figures, expected, rtol=1e-12, err_msg=case["name"])


@pytest.mark.filterwarnings("ignore:.*outside the support")
def test_what_overlaps_itself_is_united_before_it_is_paired():
    scored = assess(np.array([[0, 5], [3, 9.0]]), np.array([[4, 6.0]]), "time", support=8)
    assert scored.prediction[["onset", "offset"]].to_numpy().tolist() == [[0, 8]]
    assert scored.pairs.value.tolist() == [2]


def test_samples_are_the_same_rules_with_a_rate():
    assert PROTOCOLS["szcore_sample"].match is PROTOCOLS["time"].match
    a, b = np.array([[0.6, 4.4]]), np.array([[1.4, 5.6]])
    assert counts(compare(a, b, "szcore_sample")) == counts(compare(a, b, "time", rate=1.0)) == [3, 0, 5]
    assert compare(a, b, "szcore_sample", corrected=True).intersection == compare(a, b, "time").intersection
