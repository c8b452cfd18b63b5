"""Sums of speaker time on turns short enough to be added up by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from domains.events import compare

REFERENCE = pd.DataFrame(
    [("a", 0, 10, "anna"), ("a", 8, 20, "bert"), ("b", 0, 5, "anna")], columns=["file", "onset", "offset", "label"]
)
PREDICTION = pd.DataFrame(
    [("a", 0, 9, "x"), ("a", 9, 24, "y"), ("b", 1, 5, "x"), ("b", 2, 3, "y")],
    columns=["file", "onset", "offset", "label"],
)


def scored(by=None):
    return compare(PREDICTION, REFERENCE, "pyannote_der", by=by)


def test_the_time_of_each_kind_of_error_file_by_file():
    report = scored("file")
    # a: from 8 to 9 only x is there where two speak, from 9 to 10 only y; after 20 nobody speaks. b: 0 to 1; 2 to 3
    assert report.missed.values.tolist() == [2, 1]
    assert report.false_alarm.values.tolist() == [4, 1]
    assert report.confused.values.tolist() == [0, 0]
    np.testing.assert_allclose(report.der, [6 / 22, 2 / 5])
    assert report.intersection.values.tolist() == [20, 4]
    assert report.size_a.values.tolist() == [24, 5]
    assert report.size_b.values.tolist() == [22, 5]


def test_rates_of_all_files_are_ratios_of_sums():
    report = scored()
    assert float(report.der) == pytest.approx(8 / 27, rel=1e-15)
    # of anna in a 9 of 10 s, of bert 11 of 16, of anna in b 4 of 5
    errors = (1 - 9 / 10) + (1 - 11 / 16) + (1 - 4 / 5)
    assert float(report.jaccard_errors) == pytest.approx(errors, rel=1e-15)
    assert float(report.jer) == pytest.approx(errors / 3, rel=1e-15)


def test_purity_and_coverage():
    report = scored()
    # x is anna for 9 s and bert for 1; y bert for 11 s; in b both are anna
    assert float(report.purity) == pytest.approx((9 + 11 + 4 + 1) / 29, rel=1e-15)
    assert float(report.coverage) == pytest.approx((9 + 11 + 4) / 27, rel=1e-15)


def test_a_label_is_a_speaker_and_has_no_error_rate():
    report = scored("label")
    assert "der" not in report
    assert float(report.size_b.sel(label="anna")) == 15
    assert float(report.intersection.sel(label="anna")) == 13
    assert float(report.size_a.sel(label="bert")) == 15


def test_confused_time_is_neither_missed_nor_a_false_alarm():
    prediction = pd.DataFrame({"onset": [0, 6], "offset": [6, 10], "label": ["x", "x"]})
    reference = pd.DataFrame({"onset": [0, 6], "offset": [6, 10], "label": ["anna", "bert"]})
    report = compare(prediction, reference, "pyannote_der")
    assert [float(report[name]) for name in ("missed", "false_alarm", "confused")] == [0, 0, 4]
    assert float(report.der) == 0.4


def test_each_speaker_of_each_file():
    report = scored(("file", "label"))
    assert report.sel(label="anna").size_b.values.tolist() == [10, 5]
    assert report.sel(label="bert").size_b.values.tolist() == [12, 0]
    assert report.sel(label="bert").intersection.values.tolist() == [11, 0]
