"""Golden values: timescoring 0.0.7."""

from __future__ import annotations

import json

import numpy as np
import pytest

from domains.events import compare

TIMESCORING = {
    "toleranceStart": "before",
    "toleranceEnd": "after",
    "minOverlap": "min_overlap",
    "maxEventDuration": "max_duration",
    "minDurationBetweenEvents": "min_gap",
}


def numbers(values):
    return [np.nan if x is None else float(x) for x in values]


def counts(report):
    return [float(report.intersection), float(report.size_a - report.intersection), float(report.size_b)]


@pytest.mark.parametrize("corrected", [False, True])
def test_szcore_cases(corrected, test_data):
    cases = json.loads((test_data / "timescoring_cases.json").read_text())
    assert len(cases) == 60
    for case in cases:
        a, b = (np.reshape(case[k], (-1, 2)) for k in ("hyp", "ref"))
        options = {TIMESCORING[k]: x for k, x in case["params"].items()}
        report = compare(a, b, "szcore", support=case["duration_s"], corrected=corrected, **options)
        theirs = case["event"]
        assert counts(report) == [theirs["tp"], theirs["fp"], theirs["refTrue"]], case["name"]
        figures = [float(report[k]) for k in ("recall", "precision", "f1", "false_alarms_per_24h")]
        expected = numbers(theirs[k] for k in ("sensitivity", "precision", "f1", "fpRate_per24h"))
        np.testing.assert_allclose(figures, expected, rtol=1e-12, err_msg=case["name"])


def test_szcore_on_random_events_nested_unsorted_and_shorter_than_a_sample(test_data):
    for case in json.loads((test_data / "events_peers.json").read_text())["szcore"]:
        a, b = (np.reshape(case[k], (-1, 2)) for k in ("hyp", "ref"))
        options = {TIMESCORING[k]: x for k, x in case["p"].items()}
        report = compare(a, b, "szcore", support=case["T"], **options)
        assert counts(report) == case["e"][:3]
        assert float(report.false_alarms_per_24h) == pytest.approx(case["e"][3], rel=1e-12)
        assert counts(compare(a, b, "szcore_sample", support=case["T"])) == case["s"]
