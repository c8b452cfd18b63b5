from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pandas as pd
import pytest

from domains._batch import CaseError, Job, Outcome, run_cases
from domains._console import save_table
from domains.lesions import Settings, example, read_image, write_image
from domains.lesions.cohorts import cohorts
from domains.lesions.cohorts.cohorts import (
    COLUMNS,
    Pair,
    Rules,
    groups_of,
    missing_cases,
    score_pair,
    scores_of,
    skipped_of,
)
from domains.lesions.cohorts.folders import Listed
from domains.lesions.cohorts.sources import Reading

SCORED = Outcome("b", [{"label": "10", "dice": 0.5, "lesions_matched": 2}, {"label": "2", "lesions_matched": 0}])
FAILED = Outcome("a", error="different grids")


@pytest.fixture
def pair(tmp_path):
    paths = []
    for rater in (0, 1):
        paths.append(tmp_path / f"rater_{rater}.nii.gz")
        write_image(read_image(example()).isel(rater=rater), paths[-1])
    return Pair(Listed("nodule", *paths), Rules(Settings(threshold=0.3)))


def outcome_of(pair):
    (outcome,) = run_cases(Job("lesions.cohort", score_pair), [pair.as_case()])
    return outcome


def test_a_case_has_a_row_for_each_label(pair):
    (row,) = score_pair(pair)
    assert row["label"] == "1"
    assert row["lesions_matched"] == 1, "at the settings of the case"
    assert set(row) == {"label", "borrowed", *cohorts.SCORES}


@pytest.mark.parametrize(("attribute", "side"), [("predicted", "prediction"), ("reference", "reference")])
def test_a_file_that_cannot_be_read_is_named_with_its_side(pair, attribute, side):
    path = getattr(pair.case, attribute)
    path.write_bytes(b"notes")
    outcome = outcome_of(pair)
    (row,) = skipped_of([outcome])
    assert row == {"side": side, "file": str(path), "reason": "unreadable file", "detail": outcome.error}
    assert outcome.error.startswith(f"lesions.read_image: {path}: ")


@pytest.mark.parametrize("error", [IndexError("list index"), MemoryError(), RecursionError("deep"), OSError(5, "EIO")])
def test_whatever_reading_raises_is_this_case_s(pair, monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(cohorts, "read_in_time", fail)
    with pytest.raises(CaseError) as caught:
        score_pair(pair)
    assert caught.value.details == {"side": "reference", "file": str(pair.case.reference), "reason": "unreadable file"}
    assert str(caught.value)


def test_the_table_is_in_the_order_of_cases_and_labels():
    table = scores_of([SCORED, FAILED])
    assert table.columns.tolist() == COLUMNS
    assert list(zip(table["case"], table["label"], strict=True)) == [("a", ""), ("b", "10"), ("b", "2")]
    assert table["error"].tolist() == ["different grids", "", ""]
    pd.testing.assert_frame_equal(table, scores_of([FAILED, SCORED]))


def test_whole_numbers_stay_whole_beside_rows_without_numbers(tmp_path):
    save_table(scores_of([SCORED, FAILED]), tmp_path / "s.csv")
    first, failed, scored, _ = (tmp_path / "s.csv").read_text().splitlines()
    at = first.split(",").index("lesions_matched")
    assert (failed.split(",")[at], scored.split(",")[at]) == ("", "2")


def test_an_empty_cohort_is_a_table_too():
    assert scores_of([]).columns.tolist() == COLUMNS


def test_what_was_skipped_says_which_side():
    of_file = {"side": "reference", "file": "r/c.nii", "reason": "unreadable file"}
    rows = skipped_of([SCORED, FAILED, Outcome("c", error="empty", details=of_file)])
    assert rows[0] == {"side": "both", "file": "a", "reason": "not scored", "detail": "different grids"}
    assert rows[1] == {**of_file, "detail": "empty"}


def test_threads_may_score_too(pair):
    with ThreadPoolExecutor(1) as executor:
        assert executor.submit(score_pair, pair).result() == score_pair(pair)


def without_prediction(pair, **rules):
    return Pair(pair.case._replace(predicted=None), Rules(Settings(), **rules))


def test_a_missing_prediction_is_a_row_with_an_error(pair):
    outcome = outcome_of(without_prediction(pair))
    table = scores_of([outcome, SCORED])
    assert table[["case", "missing", "error"]].values.tolist()[-1] == ["nodule", 1, "no prediction of this name"]
    (row,) = skipped_of([outcome])
    assert (row["side"], row["file"], row["reason"]) == ("reference", str(pair.case.reference), "unpaired file")


@pytest.mark.parametrize("kind", ["labels", "soft"])
def test_a_missing_prediction_counts_as_missed_on_request(pair, kind):
    (row,) = score_pair(without_prediction(pair, count_missing=True, reading=Reading(as_=kind)))
    assert (row["label"], row["missing"], row["missed"]) == ("1" if kind == "labels" else "lesion", 1, 1)
    assert (row["dice"], row["size_a"], row["hd95"]) == (0, 0, float("inf"))
    assert row["lesions_missed"] == row["lesions_reference"] == 1
    assert missing_cases(scores_of([Outcome("nodule", [row]), SCORED])) == ["nodule"]


def test_groups_are_a_column(tmp_path):
    table = scores_of([replace(SCORED, about={"group": "007"}), replace(FAILED, about={"group": "anna"})])
    assert table["group"].tolist() == ["anna", "007", "007"]
    save_table(table, tmp_path / "s.csv")
    assert groups_of(pd.read_csv(tmp_path / "s.csv", dtype={"group": str})).tolist() == ["anna", "007", "007"]
    assert groups_of(scores_of([SCORED])) is None
    assert groups_of(scores_of([replace(SCORED, about={"group": "x"}), FAILED])).isna().tolist() == [True, False, False]
