"""Every protocol on one pair of tables: numbers, intervals, and why some do not apply."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from domains.events import PROTOCOLS, compare, compare_protocols
from domains.events.disagreement.disagreement import ASPECTS, COLUMNS, differences, list_protocols, settings_of

FEW = ["time", "tiou", "szcore", "nist_der"]


def events(*rows, **more):
    return pd.DataFrame(rows, columns=["file", "onset", "offset"]).assign(label="sz", **more)


A = events(("x", 0, 9), ("x", 20, 30), ("y", 5, 9), ("z", 3, 4), ("z", 40, 50))
B = events(("x", 1, 9), ("x", 22, 31), ("y", 5, 9), ("y", 11, 12), ("z", 41, 52))
SUPPORT = {"x": 60.0, "y": 60.0, "z": 60.0}


SOME = [*FEW, "thumos14", "pyannote_der"]


@pytest.fixture(scope="module")
def table():
    return compare_protocols(A, B, protocols=SOME, support=SUPPORT)


@pytest.mark.slow
def test_all_protocols_are_asked_by_default(table):
    of_all = compare_protocols(A, B, support=SUPPORT)
    assert of_all["protocol"].tolist() == list(PROTOCOLS)
    pd.testing.assert_frame_equal(of_all.set_index("protocol").loc[SOME], table.set_index("protocol"))


@pytest.mark.slow
def test_each_protocol_is_a_row_whether_it_applies_or_not(table):
    assert list(table.columns) == list(COLUMNS)
    assert table["protocol"].tolist() == SOME
    refused = table.set_index("protocol")["reason"]
    assert refused["thumos14"].startswith("5 of 5 predictions have no confidence; this protocol ranks them: add")
    assert refused["tiou"] == ""
    assert table.loc[table["reason"] != "", ["value", "low", "found"]].isna().all(axis=None)


@pytest.mark.slow
def test_the_value_is_that_of_compare(table):
    rows = table.set_index("protocol")
    assert rows.loc["nist_der", "value"] == float(compare(A, B, "nist_der", support=SUPPORT).der)
    tiou = compare(A, B, "tiou", thresholds=[0.5])
    assert (rows.loc["tiou", "score"], rows.loc["tiou", "value"]) == ("F1 at 0.5", float(tiou.f1[0]))
    assert rows.loc["tiou", ["found", "missed", "spurious"]].tolist() == [4, 1, 1]
    assert rows.loc["pyannote_der", "corrected"] == float(
        compare(A, B, "pyannote_der", support=SUPPORT, corrected=True).der
    )


def test_intervals_are_those_of_scipy(table):
    above = np.array([2 * 2, 2 * 1, 2 * 1])
    below = np.array([2 + 2, 1 + 2, 2 + 1])
    row = table.set_index("protocol").loc["tiou"]
    assert row["value"] == above.sum() / below.sum()
    assert row["mean"] == pytest.approx((1 + 2 / 3 + 2 / 3) / 3, rel=1e-15)
    how = {"method": "percentile", "n_resamples": 2000, "vectorized": False}
    found = stats.bootstrap(
        (above, below), lambda x, y: x.sum() / y.sum(), paired=True, rng=np.random.default_rng(0), **how
    )
    assert (row["low"], row["high"]) == pytest.approx(tuple(found.confidence_interval), rel=1e-12)
    assert row["n_units"] == 3
    assert row["mean_low"] <= row["mean"] <= row["mean_high"]


@pytest.mark.slow
def test_errors_where_nobody_speaks_are_in_the_interval_and_in_no_mean():
    a = events(("x", 0, 9), ("y", 0, 8), ("z", 0, 10))
    b = events(("x", 0, 10), ("z", 0, 10))
    # NIST leaves out a recording in which nobody of the reference speaks
    row = compare_protocols(a, b, protocols=["pyannote_der"], support=SUPPORT, n_resamples=500).iloc[0]
    assert row["value"] == pytest.approx((1 + 8) / 20)
    assert (row["mean"], row["n_units"]) == (pytest.approx(0.05), 2)
    assert row["high"] > 1


@pytest.mark.slow
def test_subjects_are_resampled_and_averaged():
    subjects = {"x": "anna", "y": "anna", "z": "bert"}
    table = compare_protocols(A, B, protocols=["tiou"], support=SUPPORT, group=subjects)
    row = table.iloc[0]
    assert (row["n_units"], row["mean"]) == (2, pytest.approx((6 / 7 + 2 / 3) / 2))
    assert table.attrs["mean_over"] == "subjects"
    with pytest.raises(ValueError, match="events.subjects_of: recording 'z' has no subject"):
        compare_protocols(A, B, protocols=["tiou"], group={"x": "anna", "y": "anna"})
    bids = [side.assign(file="sub-" + side["file"].map(subjects)) for side in (A, B)]
    assert compare_protocols(*bids, protocols=["tiou"], group="bids").iloc[0]["n_units"] == 2


@pytest.mark.slow
def test_one_recording_has_no_interval():
    table = compare_protocols([[0, 9]], [[1, 9]], protocols=FEW, support=60.0)
    assert table[["low", "high", "mean_low"]].isna().all(axis=None)
    assert np.allclose(table["mean"], table["value"])


@pytest.mark.slow
def test_what_a_protocol_did_with_these_events_is_said():
    a = events(("x", 0, 9), ("x", 20, 30))
    row = compare_protocols(a, a, protocols=["szcore"], support=SUPPORT).iloc[0]
    assert row["why"] == "counts 1 events for 2 predicted; counts 1 events for 2 annotated"
    nested = events(("x", 0, 100), ("x", 10, 20)), events(("x", 60, 90))
    row = compare_protocols(*nested, protocols=["szcore"], support={"x": 3600.0}, before=0, after=0).iloc[0]
    assert "known faults: 0, corrected 1" in row["why"]


@pytest.mark.slow
def test_the_remedy_of_a_reason_works_as_it_is_written():
    dogs = [x.assign(label="dog") for x in (A, B)]
    reason = compare_protocols(*dogs, protocols=["szcore"]).iloc[0]["reason"]
    assert 'such as labels=["dog"]' in reason
    table = compare_protocols(*dogs, protocols=FEW, labels=["dog"])
    assert (table["reason"] == "").all()


def test_settings_are_for_all_that_have_them_or_for_one():
    given = settings_of(FEW, {"tiou.tolerance": 0.1, "tolerance": 0.5, "empty": 0.0})
    assert given["tiou"] == {"tolerance": 0.1, "empty": 0.0}
    assert given["szcore"] == {"tolerance": 0.5, "empty": 0.0}
    assert given["time"] == {"empty": 0.0}
    for wrong in ("colour", "time.collar", "jer.collar", "dogs.collar"):
        with pytest.raises(ValueError, match=f"no protocol asked for has a setting {wrong}; overlap events protocols"):
            settings_of(FEW, {wrong: 1})
    with pytest.raises(ValueError, match="collar must be a number >= 0; got -1"):
        compare_protocols(A, B, protocols=FEW, collar=-1)


@pytest.mark.slow
def test_words_are_of_the_settings_that_held():
    row = compare_protocols(A, B, protocols=["nist_der"], collar=0.25).iloc[0]
    assert row["collar"] == "0.25 s on each side of the reference's boundaries left out"


def test_what_concerns_the_events_is_warned_of_once():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        rows = compare_protocols(A, B.assign(file="w"), protocols=FEW)
    messages = [str(one.message) for one in caught]
    assert len(messages) == 1
    assert messages[0].startswith("events.compare_protocols: the two sides have no file in common")
    assert rows["reason"].str.startswith("the two sides have no file in common").all()
    assert rows["value"].isna().all()
    assert (rows["why"] == "").all()


@pytest.mark.slow
def test_what_concerns_one_protocol_is_said_in_its_row():
    nested = events(("x", 0, 9), ("x", 3, 5)).assign(label=["p", "q"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = compare_protocols(nested, nested, protocols=["segmental", "tiou"]).set_index("protocol")
    assert "begin before the one before them ends" in rows.loc["segmental", "why"]
    assert rows.loc["tiou", "why"] == ""
    with pytest.warns(UserWarning, match="begin before the one before them ends"):
        compare_protocols(nested, nested, protocols=["segmental"])


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"protocols": ["tious"]}, "protocols must be one of 'time', .*; got 'tious'"),
        ({"protocols": []}, "protocols names none: choose from time, "),
        ({"level": 1}, "level must be below 1, such as 0.95; got 1"),
        ({"n_resamples": 0}, "n_resamples must be a number >= 1; got 0"),
        ({"support": -1.0}, "support must be a number > 0; got -1"),
    ],
)
def test_wrong_use(wrong, match):
    with pytest.raises(ValueError, match=match):
        compare_protocols(A, B, **wrong)


@pytest.mark.slow
def test_nothing_on_either_side():
    nothing = A[:0]
    table = compare_protocols(nothing, nothing, protocols=FEW)
    assert table["value"].isna().all()
    assert (table["reason"] == "").all()
    assert table["why"].str.startswith("undefined: 0/0").all()


def test_differences_name_each_protocol_once_for_each_aspect(table):
    rows = differences(table)
    applied = table.loc[table["reason"] == "", "protocol"].tolist()
    for aspect, part in rows.groupby("aspect"):
        assert aspect in ASPECTS
        assert sorted(", ".join(part["protocols"]).split(", ")) == sorted(applied)
    assert differences(table[:1]).empty


def test_the_list_has_every_protocol_and_all_its_settings():
    listed = list_protocols()
    assert listed["protocol"].tolist() == list(PROTOCOLS)
    settings = listed.set_index("protocol")["settings"]
    assert settings["tiou"].split()[3] == "thresholds=[0.1,0.3,0.5,0.7,0.9]"
