"""Verdicts of protocols on the same events: as the protocols count, and none made up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from domains.events import PROTOCOLS, assess, judge_events, ward_taxonomy
from domains.events.disagreement.judging import protocols_of, summary_of, verdicts_of, why_no_verdicts

A = pd.DataFrame(
    {
        "file": list("ffffgg"),
        "onset": [0, 10, 14.5, 30, 0, 50],
        "offset": [9, 14, 19, 30.5, 9, 58],
        "label": "sz",
        "confidence": [0.9, 0.8, 0.7, 0.6, 0.5, 0.4],
        "pitch": 440.0,
    }
)
B = pd.DataFrame(
    {
        "file": list("fffgg"),
        "onset": [1, 10, 60, 0.01, 20],
        "offset": [9, 19, 70, 9, 50],
        "label": "sz",
        "pitch": 440.0,
    }
)
SUPPORT = {"f": 100.0, "g": 100.0}
JUDGE = [name for name in PROTOCOLS if not why_no_verdicts(name, assess(A[:0], B[:0], name))]


@pytest.fixture(scope="module")
def table():
    return judge_events(A.drop(columns="label"), B.drop(columns="label"), support=SUPPORT)


@pytest.mark.slow
def test_every_event_is_a_row_and_every_protocol_judges_or_says_why_not(table):
    assert (table["side"] == "prediction").sum() == len(A)
    assert (table["side"] == "reference").sum() == len(B)
    attrs = table.attrs
    assert {*protocols_of(table), *attrs["no_verdicts"], *attrs["refused"]} == set(PROTOCOLS)
    assert set(attrs["no_verdicts"]) >= {"time", "nist_der", "jer", "sed_eval_segment", "affiliation", "range_based"}
    answers = table[protocols_of(table)]
    pd.testing.assert_series_equal(table["differs"], answers.nunique(axis=1) > 1, check_names=False)
    assert table["differs"].any()
    assert not table["differs"].all()


@pytest.mark.parametrize("name", [name for name in JUDGE if name not in ("ward", "dcase_fewshot", "szcore")])
def test_verdicts_are_what_the_protocol_counts(name):
    """Of events that it neither merges nor cuts, as its report has them at the threshold that verdicts are at."""
    a = A.drop(index=2)
    scored = assess(a, B, name, support=SUPPORT)
    found = verdicts_of(list(scored.given), {name: scored})
    report = scored.report()
    if "threshold" in report.dims:
        report = report.sel(threshold=found.attrs["thresholds"][name], method="nearest")
    counted = found.groupby(["side", name]).size()
    n_found = float(report["intersection"])
    assert counted.get(("reference", "found"), 0) == n_found
    assert counted.get(("reference", "missed"), 0) == float(report["size_b"]) - n_found
    assert counted.get(("prediction", "spurious"), 0) == float(report["size_a"]) - n_found


def test_the_threshold_of_spindles_is_that_of_its_number():
    a = [[0.0, 10.0]]
    b = [[0.0, 30.0]]
    table = judge_events(a, b, protocols=["spindles", "tiou"])
    assert table[["spindles", "tiou"]].to_numpy().tolist() == [["found", "missed"], ["found", "spurious"]]
    assert table.attrs["thresholds"] == {"spindles": 0.2, "tiou": 0.5}


def test_what_is_merged_or_cut_has_the_verdict_of_what_it_became():
    # gaps below 90 s are closed, and what is longer than 300 s is cut: the second half is missed
    a = [[0.0, 100.0]]
    b = [[0.0, 50.0], [60.0, 100.0], [2000.0, 2700.0]]
    table = judge_events(a, b, protocols=["szcore", "tiou"], support=4000.0)
    reference = table[table["side"] == "reference"]
    assert reference["szcore"].tolist() == ["found", "found", "missed"]
    assert reference["tiou"].tolist() == ["found", "missed", "missed"]
    partly = judge_events([[2000.0, 2100.0]], b, protocols=["szcore"], support=4000.0)
    assert partly["szcore"].tolist()[-2:] == ["part", "found"]


def test_categories_of_ward():
    table = judge_events([[0, 4], [5, 9], [20, 21]], [[1, 9], [30, 31]], protocols=["ward"])
    assert table["ward"].tolist() == ["part", "part", "part", "spurious", "missed"]
    categories = ward_taxonomy([[0, 4], [5, 9], [20, 21]], [[1, 9], [30, 31]])
    assert (categories.predicted["category"] == "fragmenting").sum() == 2


def test_what_does_not_count_is_not_judged():
    a = pd.DataFrame({"onset": [0.0, 0.0], "offset": [60.0, 60.0], "label": ["sz", "bckg"]})
    b = a[:1]
    table = judge_events(a, b, protocols=["szcore"], support=100.0)
    assert sorted(table["szcore"]) == ["found", "found", "not judged"]
    # outside of what was scored, and actions that are background
    outside = judge_events([[0, 1], [50, 51]], [[0, 1]], protocols=["intersection"], support=10.0)
    assert outside["intersection"].tolist() == ["found", "found", "not judged"]


def test_rows_alike_are_judged_one_by_one_in_any_order():
    a = pd.DataFrame({"onset": [0.0, 0.0], "offset": [1.0, 1.0], "confidence": [0.2, 0.9]})
    b = pd.DataFrame({"onset": [0.0], "offset": [1.0]})
    for rows in (a, a[::-1]):
        scored = assess(rows, b, "thumos14", support=10.0)
        verdicts = verdicts_of([rows.assign(file="", label=""), b.assign(file="", label="")], {"thumos14": scored})
        assert sorted(verdicts["thumos14"]) == ["found", "found", "spurious"]


def test_settings_and_wrong_use():
    strict = judge_events([[0, 8]], [[0, 10]], protocols=["tiou"], thresholds=(0.9,))
    assert strict["tiou"].tolist() == ["missed", "spurious"]
    with pytest.raises(ValueError, match="protocols must be one of"):
        judge_events([[0, 1]], [[0, 1]], protocols=["nobody"])
    empty = judge_events(np.empty((0, 2)), np.empty((0, 2)), protocols=["tiou", "ward"])
    assert empty.empty
    assert summary_of(empty).endswith("all others alike")


@pytest.mark.slow
@pytest.mark.parametrize(
    "nothing", [[], pd.DataFrame({"onset": [], "offset": []}), A[:0]], ids=["list", "table", "typed"]
)
def test_of_one_side_without_events_all_are_alone(nothing):
    missed = judge_events(nothing, B, support=SUPPORT, protocols=["tiou", "ward"])
    spurious = judge_events(A, nothing, support=SUPPORT, protocols=["tiou", "ward"])
    assert (missed[["tiou", "ward"]] == "missed").to_numpy().all()
    assert len(missed) == len(B)
    assert (spurious[["tiou", "ward"]] == "spurious").to_numpy().all()
    assert len(spurious) == len(A)
