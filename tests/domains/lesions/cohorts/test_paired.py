from __future__ import annotations

import re
from math import nan

import pandas as pd
import pytest

from domains._checks import UsageError
from domains.lesions.cohorts.paired import pair_scores

NAMES = ("one", "two")


def table(*rows, **more):
    """Return scores of rows (case, label, volume predicted, volume of the reference, Dice)."""
    frame = pd.DataFrame(rows, columns=["case", "label", "size_a", "size_b", "dice"])
    return frame.assign(intersection=0.0, error="", **more)


def with_error(frame, case, error):
    failed = pd.DataFrame([{"case": case, "label": "", "error": error}])
    return pd.concat([frame, failed], ignore_index=True)


ONE = table(("p", "1", 4.0, 5.0, 0.8), ("q", "1", 3.0, 3.0, 1.0))


def test_rows_are_paired_by_case_and_label_whatever_their_order():
    two = table(("q", "1", 2.0, 3.0, 0.5), ("p", "1", 5.0, 5.0, 0.9))
    pairs = pair_scores(ONE, two, NAMES)
    assert pairs.a.index.equals(pairs.b.index)
    assert pairs.a["dice"].tolist() == [0.8, 1.0]
    assert pairs.b["dice"].tolist() == [0.9, 0.5]
    assert pairs.skipped == []


def test_what_only_one_has_is_told():
    two = with_error(table(("q", "1", 2.0, 3.0, 0.5), ("s", "1", 1.0, 1.0, 1.0)), "r", "no such file")
    one = with_error(pd.concat([ONE, table(("r", "1", 1.0, 1.0, 0.2))]), "t", "damaged")
    pairs = pair_scores(one, with_error(two, "t", "damaged too"), NAMES)
    assert pairs.a.index.tolist() == [("q", "1")]
    assert {row["file"]: row["detail"] for row in pairs.skipped} == {
        "p": "only one has this case",
        "r": "failed in two: no such file",
        "s": "only two has this case",
        "t": "failed in one: damaged",
    }
    assert {row["reason"] for row in pairs.skipped} == {"not scored"}


def test_a_label_that_neither_reference_has_is_absent_for_the_other_model():
    """Without --labels a case has rows for what either image holds: a spurious label is a row of one model only."""
    one = pd.concat([ONE, table(("p", "7", 2.0, 0.0, 0.0))])
    two = table(("p", "1", 5.0, 5.0, 0.9), ("q", "1", 2.0, 3.0, 0.5))
    pairs = pair_scores(one, two, NAMES)
    assert pairs.b.loc[("p", "7"), ["size_a", "size_b"]].tolist() == [0, 0]
    assert pd.isna(pairs.b.loc[("p", "7"), "dice"])
    assert pairs.skipped == []


def test_a_label_that_was_not_asked_for_is_told_with_its_remedy():
    one = pd.concat([ONE, table(("p", "7", 2.0, 6.0, 0.4))])
    two = table(("p", "1", 5.0, 5.0, 0.9), ("q", "1", 2.0, 3.0, 0.5))
    (told,) = pair_scores(one, two, NAMES).skipped
    assert (told["file"], told["where"]) == ("p", "label 7")
    assert told["detail"] == "only one has label 7, and the reference has it; score both with the same labels"
    labelled = pd.concat([two, table(("p", "7", 1.0, 6.0, 0.2))])
    assert pair_scores(one, labelled, NAMES).skipped == []


def test_other_references_are_refused():
    two = table(("p", "1", 5.0, 5.0 * (1 + 1e-9), 0.9), ("q", "1", 2.0, 4.0, 0.5))
    with pytest.raises(UsageError, match="the references differ: case q, label 1 has size 3 in one and 4 in two;"):
        pair_scores(ONE, two, NAMES)
    pair_scores(ONE, two[:1], NAMES)


def test_tables_that_pandas_read(tmp_path):
    failed = with_error(ONE.assign(case=["1", "2"]), "3", "damaged")
    failed.to_csv(tmp_path / "t.csv", index=False)
    pairs = pair_scores(pd.read_csv(tmp_path / "t.csv"), failed, NAMES)
    assert pairs.a.index.tolist() == [("1", "1"), ("2", "1")]


GROUPED = ONE.assign(patient=[1.0, 2.0])


@pytest.mark.parametrize(
    ("one", "two", "group"),
    [
        (GROUPED.rename(columns={"patient": "group"}), ONE.assign(group=""), None),
        (ONE.assign(case=["1_p", "2_q"]), ONE.assign(case=["1_p", "2_q"]), "(.+)_."),
        (GROUPED, ONE, "patient"),
        (ONE, GROUPED.assign(patient=["1", "2"]), "patient"),
        (GROUPED, GROUPED.assign(patient=["1", "2"]), "patient"),
        (ONE, ONE, {"p": "1", "q": "2", "x": "9"}),
    ],
)
def test_groups_come_from_either_table_or_a_mapping(one, two, group):
    pairs = pair_scores(one, two, NAMES, group)
    assert pairs.group_names.tolist() == ["1", "2"]
    assert pairs.groups.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("one", "two", "group", "said"),
    [
        (ONE, ONE, "patient", "no table has a column 'patient' (the first has none of its own); add one, or name a"),
        (GROUPED, ONE, "site", "no table has a column 'site' (the first has patient)"),
        (GROUPED, GROUPED.assign(patient=[1, 1]), "patient", "case q is of 2 and of 1; give it one group"),
        (GROUPED.assign(patient=[1, nan]), ONE, "patient", "case q has no group; give it one, or leave it out"),
        (ONE, ONE, {"p": "1"}, "case q has no group"),
        (ONE, ONE, "(p)", "case q has no group"),
        (ONE.assign(group=["1", ""]), ONE, None, "case q has no group"),
        (ONE, ONE, {"p": "1", "q": "1"}, "all cases are of 1; with group='case' cases are resampled"),
    ],
)
def test_groups_that_are_refused(one, two, group, said):
    with pytest.raises(UsageError, match=f"^lesions.compare_models: group: {re.escape(said)}"):
        pair_scores(one, two, NAMES, group)


def test_a_pattern_that_is_none_is_refused():
    with pytest.raises(UsageError, match=r"^lesions.compare_models: group '\(p' is no regular expression"):
        pair_scores(ONE, ONE, NAMES, "(p")


def test_cases_are_groups_of_their_own():
    assert pair_scores(GROUPED.assign(group="1"), ONE, NAMES, "case").groups.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (pd.concat([ONE, ONE[:1]]), "one: case p, label 1 is there twice; leave one row out"),
        (ONE.drop(columns="case"), "one: scores has no column 'case'"),
        (ONE.drop(columns="label"), "one: scores has no column 'label'"),
        (ONE.assign(case=["x", "y"]), "no case is scored in both one and two; pass tables of the same cases"),
    ],
)
def test_tables_that_are_refused(one, said):
    with pytest.raises(UsageError, match=f"^lesions.compare_models: {re.escape(said)}"):
        pair_scores(one, ONE, NAMES)
