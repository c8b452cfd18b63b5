"""Golden values: timescoring 0.0.7, and its own tests."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
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


def as_tables(cases):
    """Both sides of the cases of peers, each case a recording of its own; and how long these are."""
    names = [f"case {k:02}" for k in range(len(cases))]
    sides = []
    for side in ("hyp", "ref"):
        rows = [(name, *row) for name, case in zip(names, cases, strict=True) for row in case[side]]
        sides.append(pd.DataFrame(rows, columns=["file", "onset", "offset"]))
    return *sides, {name: float(case.get("duration_s", case.get("T"))) for name, case in zip(names, cases, strict=True)}


@pytest.mark.slow
@pytest.mark.parametrize("corrected", [False, True])
def test_szcore_cases(corrected, test_data):
    cases = json.loads((test_data / "timescoring_cases.json").read_text())
    assert len(cases) == 60
    by_settings = {}
    for case in cases:
        by_settings.setdefault(tuple(case["params"].items()), []).append(case)
    for settings, alike in by_settings.items():
        a, b, support = as_tables(alike)
        options = {TIMESCORING[k]: x for k, x in settings}
        reports = compare(a, b, "szcore", support=support, corrected=corrected, by="file", **options)
        for file, case in zip(support, alike, strict=True):
            report = reports.sel(file=file)
            theirs = case["event"]
            assert counts(report) == [theirs["tp"], theirs["fp"], theirs["refTrue"]], case["name"]
            figures = [float(report[k]) for k in ("recall", "precision", "f1", "false_alarms_per_24h")]
            expected = numbers(theirs[k] for k in ("sensitivity", "precision", "f1", "fpRate_per24h"))
            np.testing.assert_allclose(figures, expected, rtol=1e-12, err_msg=case["name"])


# a call for each case, since all have settings of their own: the first are enough in most runs
@pytest.mark.parametrize("cases", [slice(12), pytest.param(slice(12, None), marks=pytest.mark.slow)], ids=str)
def test_szcore_on_random_events_nested_unsorted_and_shorter_than_a_sample(cases, test_data):
    for case in json.loads((test_data / "events_peers.json").read_text())["szcore"][cases]:
        a, b = (np.reshape(case[k], (-1, 2)) for k in ("hyp", "ref"))
        options = {TIMESCORING[k]: x for k, x in case["p"].items()}
        report = compare(a, b, "szcore", support=case["T"], **options)
        assert counts(report) == case["e"][:3]
        assert float(report.false_alarms_per_24h) == pytest.approx(case["e"][3], rel=1e-12)


def test_samples_of_random_events(test_data):
    cases = json.loads((test_data / "events_peers.json").read_text())["szcore"]
    a, b, support = as_tables(cases)
    reports = compare(a, b, "szcore_sample", support=support, by="file")
    for file, case in zip(support, cases, strict=True):
        assert counts(reports.sel(file=file)) == case["s"], file


NO_MARGINS = {"before": 0, "after": 0, "min_gap": 0}
TYPICAL = ("8-14 30-37 48-51", "8-14 26-33 51-54 64-68")
LONG_FOUND = ("8-14 18-22 30-37 42-45 48-51", "5-25 35-53")
LONG_TRUE = ("8-37 48-51", "5-12 16-24 32-43 62-66")

# its test_event_scoring: reference and detections, duration, settings; sensitivity and precision
OWN = {
    "simple": ("40-60", "10-20 42-65", 3600, {"before": 0, "after": 10, "min_gap": 0}, 1, 1 / 2),
    "tolerance before events": ("40-60", "39-60", 3600, {"before": 1}, 1, 1),
    "long events are split": ("40-60", "42-425", 3600, {"max_duration": 300}, 1, 1 / 2),
    "no detections": ("40-60", "", 3600, {}, 0, np.nan),
    "no events": ("", "40-60", 3600, {}, np.nan, 0),
    "typical": (*TYPICAL, 68, NO_MARGINS, 2 / 3, 1 / 2),
    "typical, half": (*TYPICAL, 68, {**NO_MARGINS, "min_overlap": 0.5}, 1 / 3, 1 / 4),
    "one missed would hide false alarms": (*TYPICAL, 68, {**NO_MARGINS, "min_overlap": 0.6}, 1 / 3, 1 / 4),
    "one found over several": (*LONG_FOUND, 68, NO_MARGINS, 1, 1),
    "several found in one": (*LONG_TRUE, 68, NO_MARGINS, 1 / 2, 1 / 2),
}


def spans(text):
    return np.reshape([float(time) for span in text.split() for time in span.split("-")], (-1, 2))


@pytest.mark.parametrize("name", OWN)
def test_what_timescorings_own_tests_say(name):
    reference, found, duration, settings, *expected = OWN[name]
    report = compare(spans(found), spans(reference), "szcore", support=float(duration), **settings)
    np.testing.assert_allclose([float(report.recall), float(report.precision)], expected, rtol=1e-15)


def test_a_day_is_one_of_whole_samples_of_the_masks():
    report = compare(spans("10-20"), spans(""), "szcore", support=35.7, mask_rate=1.0)
    assert float(report.false_alarms_per_24h) == pytest.approx(86400 / 35, rel=1e-15)


@pytest.mark.parametrize(("outside", "counted"), [("dropped", 1), ("counted", 2)])
def test_a_seizure_after_the_end_counts_where_asked(outside, counted):
    options = {"support": 100.0, "outside": outside}
    with pytest.warns(UserWarning, match="outside"):
        report = compare(spans("10-20 150-160"), spans("10-20"), "szcore", **options)
    assert int(report.size_a) == counted
