from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from domains.lesions import cohort, summarise
from domains.lesions.told import Told, failed_line, missing_line, n_groups

SCORES = pd.DataFrame(
    {
        "case": ["a", "b", "b", "c", "d"],
        "group": ["", "p1", "p1", "p2", ""],
        "missing": [0, 0, 0, 1, 0],
        "error": ["", "", "", "no prediction of this name", "cut off"],
    }
)


@pytest.fixture
def told(folders):
    (folders[0] / "case_1.nii.gz").unlink()
    (folders[1] / "case_2.nii.gz").write_bytes(b"notes")
    scores, skipped = cohort(*folders)
    return Told(scores, summarise(scores), skipped, ("model", "truth"), "s.csv", [])


def test_what_has_no_prediction_and_what_broke_are_told_apart(told):
    report = told.as_json()
    assert (report["cases"], report["missing"], report["failed"]) == (4, ["case_1"], ["case_2"])
    assert "preset" not in report, "nobody knows the rules of parts"
    lines = [str(line) for line in told.lines()[1:]]
    assert lines[0].startswith("no prediction: 1 of 4 cases (case_1), left out")
    assert lines[1].startswith("failed: 1 of 4 cases (case_2)")
    assert lines[-1] == "scores: s.csv"


def test_json_names_the_cases_that_were_missed_and_invented():
    rows = [
        ("a", "1", 0, 5, 0, ""),
        ("a", "2", 4, 4, 0, ""),
        ("b", "1", 3, 0, 0, ""),
        ("c", "1", 0, 7, 1, ""),
        ("d", "1", 0, 0, 0, ""),
        ("e", "", float("nan"), float("nan"), 0, "cut off"),
    ]
    scores = pd.DataFrame(rows, columns=["case", "label", "size_a", "size_b", "missing", "error"])
    scores = scores.assign(intersection=0.0, dice=0.0, hd95=1.0)
    told = Told(scores, summarise(scores), pd.DataFrame(), ("model", "truth"), "s.csv", [])
    report = told.as_json()
    assert report["missed"] == {"1": ["a", "c"]}
    assert report["spurious"] == {"1": ["b"]}
    assert (report["missing"], report["failed"]) == (["c"], ["e"])


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_the_page_and_the_picture_are_of_the_same_cohort(told):
    assert "case_2" in told.page()
    assert told.picture().figure is not None


def test_lines_count_cases_not_rows():
    assert (
        missing_line(SCORES, ["c"])
        == "no prediction: 1 of 4 cases (c), left out; --count-missing, with another --out, counts them as missed"
    )
    assert missing_line(SCORES.assign(error=""), ["c"]).endswith("counted as missed")
    assert failed_line(SCORES, ["d"]) == "failed: 1 of 4 cases (d), left out of every number"


def test_groups_are_those_of_compared_cases():
    assert n_groups(SCORES) == 1
    assert n_groups(SCORES.assign(error="")) == 2
    assert n_groups(SCORES.assign(group="")) == 0


@pytest.mark.parametrize(("groups", "said"), [("pp", "no intervals: all cases"), ("pq", "resample 2 groups")])
def test_groups_are_said(told, groups, said):
    scores = told.scores[told.scores["error"] == ""].reset_index(drop=True)
    grouped = replace(told, scores=scores.assign(group=list(groups)))
    assert any(said in str(line) for line in grouped.lines()[1:])
    assert not any("group" in str(line) for line in told.lines()[1:])
