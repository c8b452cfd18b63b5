"""Golden values: timescoring 0.0.7 for samples, with epilepsy2bids 0.0.7 for types; closed forms for the rest."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from domains.events import assess, compare


def numbers(values):
    return [np.nan if x is None else float(x) for x in values]


def counts(report):
    return [float(report.intersection), float(report.size_a - report.intersection), float(report.size_b)]


def test_szcore_samples(test_data):
    cases = json.loads((test_data / "timescoring_cases.json").read_text())
    # a recording of its own for each case
    a, b = (
        pd.DataFrame(
            [(case["name"], *row) for case in cases for row in case[side]], columns=["file", "onset", "offset"]
        )
        for side in ("hyp", "ref")
    )
    support = {case["name"]: float(case["duration_s"]) for case in cases}
    assert len(support) == 60
    reports = compare(a, b, "szcore_sample", support=support, by="file")
    for case in cases:
        report = reports.sel(file=case["name"])
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


@pytest.mark.slow
def test_samples_are_the_same_rules_with_a_rate():
    a, b = np.array([[0.6, 4.4]]), np.array([[1.4, 5.6]])
    assert counts(compare(a, b, "szcore_sample")) == counts(compare(a, b, "time", rate=1.0)) == [3, 0, 5]
    assert compare(a, b, "szcore_sample", corrected=True).intersection == compare(a, b, "time").intersection


def labelled(*rows):
    return pd.DataFrame(rows, columns=["onset", "offset", "label"])


# one recording of an hour: 15 s shared, 20 s predicted, 30 s annotated
PREDICTED = labelled([100, 120, "sz"])
ANNOTATED = labelled([0, 3600, "impd"], [105, 135, "sz_foc_ia_m_tonic"])


def test_samples_of_all_types_of_seizures_are_one_class():
    report = compare(PREDICTED, ANNOTATED, "szcore_sample", support=3600.0)
    assert counts(report) == [15, 5, 30]
    assert (float(report.recall), float(report.precision)) == (0.5, 0.75)
    # 35 s of the hour are of either side
    assert float(report.true_negatives) == 3565
    by_label = compare(PREDICTED, ANNOTATED, "szcore_sample", support=3600.0, by="label")
    assert by_label["label"].values.tolist() == ["sz*"]


def test_types_that_overlap_count_once():
    both = labelled([100, 110, "sz_foc"], [105, 120, "sz_gen"])
    assert counts(compare(both, PREDICTED, "szcore_sample")) == [20, 0, 20]


def test_which_labels_are_seizures_can_be_said():
    other = labelled([0, 10, "fit"], [50, 60, "eye"])
    with pytest.raises(ValueError, match="no label of the prediction fits .* such as labels="):
        compare(other, ANNOTATED, "szcore_sample")
    assert counts(compare(other, other, "szcore_sample", labels="fit")) == [10, 0, 10]
    assert counts(compare(other, other, "szcore_sample", labels=["fit", "e*"])) == [20, 0, 20]
