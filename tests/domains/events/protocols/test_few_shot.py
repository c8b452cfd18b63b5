"""The official evaluation of DCASE's few-shot task on drawn recordings, and its known faults with both numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from domains.events import align, assess, compare, confidence_interval, score

GOLDEN = json.loads((Path(__file__).parents[3] / "data" / "dcase_fewshot.json").read_text())["cases"]
COLUMNS = ["Audiofilename", "Starttime", "Endtime", "Q"]
NAMES = {"precision": "precision", "recall": "recall", "f1": "f-measure"}


def tables(case):
    """Return both sides, in seconds, and the subset of each recording."""
    truth = [row for files in case["reference"].values() for rows in files.values() for row in rows]
    reference = pd.DataFrame(truth, columns=COLUMNS)
    prediction = pd.DataFrame(case["prediction"], columns=COLUMNS[:3])
    for table in (reference, prediction):
        table[["Starttime", "Endtime"]] /= 100
    subsets = {file: subset for subset, files in case["reference"].items() for file in files}
    return prediction, reference, subsets


@pytest.mark.parametrize("k", range(len(GOLDEN)))
def test_subsets_recordings_and_means_as_the_official_code(k):
    answer = GOLDEN[k]["answer"]
    prediction, reference, subsets = tables(GOLDEN[k])
    report = compare(prediction, reference, "dcase_fewshot", subsets=subsets, by="file")
    for ours, theirs in NAMES.items():
        expected = [answer["scores_per_subset"][str(subset)][theirs] for subset in report.subset.values]
        np.testing.assert_allclose(report[f"subset_{ours}"], expected, rtol=1e-14)
        expected = [answer["scores_per_audiofile"][str(file)][theirs] for file in report.file.values]
        np.testing.assert_allclose(report[ours], expected, rtol=1e-14)
    overall = answer["overall_scores"]
    np.testing.assert_allclose(report.mean_precision, overall["precision"], rtol=1e-14)
    np.testing.assert_allclose(report.mean_recall, overall["recall"], rtol=1e-14)
    assert round(float(report.mean_f1) * 100, 3) == overall["fmeasure (percentage)"]


def test_from_files_as_the_task_has_them(tmp_path):
    prediction, reference, subsets = tables(GOLDEN[1])
    prediction.to_csv(tmp_path / "found.csv", index=False)
    for file, rows in reference.groupby("Audiofilename"):
        folder = tmp_path / "truth" / subsets[file]
        folder.mkdir(parents=True, exist_ok=True)
        rows.to_csv(folder / f"{file[:-4]}.csv", index=False)
    report, skipped, _ = score(tmp_path / "found.csv", tmp_path / "truth", "dcase_fewshot", subsets=subsets)
    assert skipped.empty
    expected = GOLDEN[1]["answer"]["overall_scores"]["fmeasure (percentage)"]
    assert round(float(report.mean_f1) * 100, 3) == expected


# ---- closed forms and known faults


def rows(*times, label="POS", file="HB/a"):
    return pd.DataFrame(times, columns=["onset", "offset"], dtype=float).assign(label=label, file=file)


SHOTS = rows(*([k, k + 0.5] for k in range(5)))
B = pd.concat([SHOTS, rows([10, 11], [20, 21], [30, 31]), rows([40, 41], label="UNK")], ignore_index=True)


def counts(report):
    return [int(report[name]) for name in ("intersection", "size_a", "size_b")]


def test_unknown_events_take_up_predictions_and_count_nowhere():
    a = rows([10, 11], [40, 41], [50, 51], label="")
    assert counts(compare(a, B, "dcase_fewshot")) == [1, 2, 3]
    predicted, annotated = align(a, B, "dcase_fewshot")
    assert predicted["matched"].tolist() == [True, True, False]
    assert annotated["label"].tolist() == ["POS", "POS", "POS", "UNK"]


def test_an_iou_of_the_threshold_is_too_little():
    # 3 of 10 s: 0.3 exactly
    b = pd.concat([SHOTS, rows([10, 20])])
    assert counts(compare(rows([10, 13]), b, "dcase_fewshot")) == [0, 1, 1]
    assert counts(compare(rows([10, 13.1]), b, "dcase_fewshot")) == [1, 1, 1]


def test_the_threshold_by_the_last_bit():
    b = pd.concat([SHOTS, rows([10.1, 11.1])])
    found = [counts(compare(rows([10.1, 10.4]), b, "dcase_fewshot", corrected=x))[0] for x in (False, True)]
    assert found == [1, 0]


def test_a_recording_without_predictions():
    a = rows([10, 11])
    b = pd.concat([B, B.assign(file="HB/b")])
    assert counts(compare(a, b, "dcase_fewshot")) == [1, 1, 3 + 8]
    assert counts(compare(a, b, "dcase_fewshot", corrected=True)) == [1, 1, 3 + 3]


def test_rows_out_of_order():
    # the fifth shot stands in row 7, and the eighth event by time ends at 31 s
    b = B.iloc[[0, 1, 2, 3, 5, 6, 7, 4, 8]]
    assert counts(compare(rows([30, 31]), b, "dcase_fewshot")) == [0, 1, 0]
    assert counts(compare(rows([30, 31]), b, "dcase_fewshot", corrected=True)) == [1, 1, 3]


def test_predictions_of_what_was_shown():
    a = rows([0, 0.5], [10, 11])
    assert counts(compare(a, B, "dcase_fewshot")) == [1, 2, 3]
    assert counts(compare(a, B, "dcase_fewshot", corrected=True)) == [1, 1, 3]


def test_as_many_predictions_as_can_be_are_taken_up():
    # both predictions fit the positive event, the first alone the unknown one too
    b = pd.concat([SHOTS, rows([10, 20]), rows([8, 14], label="UNK")])
    a = rows([10.5, 15], [13, 20])
    assert counts(compare(a, b, "dcase_fewshot")) == [1, 2, 1]
    assert counts(compare(a, b, "dcase_fewshot", corrected=True)) == [1, 1, 1]


def test_ratios_of_nothing():
    report = compare(B[:0], B, "dcase_fewshot")
    assert [float(report[name]) for name in ("precision", "recall", "mean_f1")] == [1e-5, 1e-5, 1e-5]
    report = compare(B[:0], B, "dcase_fewshot", corrected=True)
    np.testing.assert_array_equal([float(report[name]) for name in ("precision", "recall", "mean_f1")], [np.nan, 0, 0])


def test_subsets_by_column_by_folder_or_none():
    both = pd.concat([B, B.assign(file="PB/b")])
    a = pd.concat([rows([10, 11], [20, 21]), rows([10, 11], file="PB/b")])
    report = compare(a, both, "dcase_fewshot")
    assert report.subset.values.tolist() == ["HB", "PB"]
    # F1 of 2 of 3 and of 1 of 3, all right: 0.8 and 0.5
    np.testing.assert_allclose(report.subset_f1, [0.8, 0.5])
    np.testing.assert_allclose(report.mean_f1, 2 / (1 / 0.8 + 1 / 0.5))
    report = compare(a, both.assign(subset="all"), "dcase_fewshot")
    assert report.subset.values.tolist() == ["all"]


# ---- what is given wrongly, and the remedies as they are written


def test_too_few_events_were_annotated():
    with pytest.raises(ValueError, match="'HB/a' has 3 events 'POS' .* shots=0 if none were"):
        compare(rows([10, 11]), rows([10, 11], [20, 21], [30, 31]), "dcase_fewshot")
    report = compare(rows([10, 11]), rows([10, 11], [20, 21], [30, 31]), "dcase_fewshot", shots=0)
    assert counts(report) == [1, 1, 3]


def test_settings_that_are_none():
    with pytest.raises(ValueError, match="predictions have no label here, or 'POS'"):
        compare(B, B, "dcase_fewshot")
    with pytest.raises(ValueError, match="subsets must be a mapping"):
        compare(B[:0], B, "dcase_fewshot", subsets="HB")
    with pytest.raises(ValueError, match=r'subsets says nothing of \["HB/a"\]'):
        compare(B[:0], B, "dcase_fewshot", subsets={"HB/b": "HB"})
    with pytest.raises(ValueError, match="shots must be"):
        compare(B[:0], B, "dcase_fewshot", shots=2.5)


def test_recordings_that_are_alike_have_an_interval_of_one_value():
    b = pd.concat([B, B.assign(file="HB/b"), B.assign(file="ME/a")])
    a = pd.concat([rows([10, 11], [50, 51], file=file) for file in ("HB/a", "HB/b", "ME/a")])
    scored = assess(a, b, "dcase_fewshot", corrected=True)
    low, high = confidence_interval(scored, "mean_f1", rng=0, n_resamples=20, method="percentile")
    assert (low, high) == pytest.approx([float(scored.report().mean_f1)] * 2, rel=1e-12)
