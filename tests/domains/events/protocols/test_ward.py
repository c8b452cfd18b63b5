"""Ward's taxonomy as a protocol: a day by hand, ward-metrics 0.9.5, what `ward_taxonomy` lists, what must add up."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from domains.events import compare, score, ward_taxonomy
from domains.events.protocols.ward import OF_PREDICTED, OF_REFERENCE, OF_TIME


def side(*rows):
    return pd.DataFrame(rows, columns=["file", "label", "onset", "offset"])


# "walk" of file a is cut in two, ends late and has an insertion; two "sit" are joined; b is deleted
A = side(
    *(("a", "walk", 0.5, 4), ("a", "walk", 6, 11), ("a", "walk", 20, 23)),
    ("a", "sit", 10, 20),
    ("b", "walk", 5, 9),
)
B = side(
    ("a", "walk", 0, 10),
    *(("a", "sit", 11, 14), ("a", "sit", 16, 20)),
    *(("b", "walk", 4, 9.5), ("b", "sit", 30, 32)),
)
BY_HAND = {
    "intersection": 1,
    "size_a": 5,
    "size_b": 5,
    "deleted": 1,
    "fragmented": 1,
    "merged": 2,
    "fragmented_and_merged": 0,
    "inserted": 1,
    "fragmenting": 2,
    "merging": 1,
    "fragmenting_and_merging": 0,
    "correct_seconds": 3.5 + 4 + 3 + 4 + 4,
    "insertion_seconds": 3,
    "merge_seconds": 2,
    "overfill_start_seconds": 1,
    "overfill_end_seconds": 1,
    "deletion_seconds": 2,
    "fragmentation_seconds": 2,
    "underfill_start_seconds": 0.5 + 1,
    "underfill_end_seconds": 0.5,
    "underfill_start_stretches": 2,
    "overfill_end_stretches": 1,
}


def test_by_hand():
    report = compare(A, B, "ward")
    assert {name: float(report[name]) for name in BY_HAND} == BY_HAND
    # boundaries: of "walk" in a the second piece shares most; of both "sit" the one that joins them
    assert int(report.pairs) == 4
    np.testing.assert_allclose(report.onset_bias, (6 - 1 - 6 + 1) / 4)
    np.testing.assert_allclose(report.offset_error, (1 + 6 + 0 + 0.5) / 4)
    # the first piece begins 0.5 s late
    np.testing.assert_allclose(report.latency, (0.5 - 1 - 6 + 1) / 4)


@pytest.mark.parametrize("by", ["label", "file", ("file", "label")])
def test_labels_and_files_add_up(by):
    pooled = compare(A, B, "ward")
    apart = compare(A, B, "ward", by=by)
    for name in BY_HAND:
        assert float(apart[name].sum()) == float(pooled[name]), name
    weighted = (apart["latency"] * apart["pairs"]).sum() / apart["pairs"].sum()
    np.testing.assert_allclose(weighted, pooled["latency"])
    if by == "label":
        assert apart.sel(label="sit").merged == 2


def test_as_the_taxonomy_lists_it():
    report = compare(A, B, "ward")
    summary = ward_taxonomy(A, B).summary().set_index(["of", "category"])
    for category, name in OF_REFERENCE.items():
        assert int(report[name]) == summary.loc[("reference", category), "count"]
    for category, name in OF_PREDICTED.items():
        assert int(report[name]) == summary.loc[("predicted", category), "count"]
    for error in ("correct", "insertion", "merge", "deletion"):
        assert float(report[f"{error}_seconds"]) == summary.loc[("time", error), "seconds"]
    total = sum(float(report[f"{name}_seconds"]) for name in OF_TIME.values())
    assert total == summary.loc["time", "seconds"].sum()


def test_support_cuts_off_and_empty_sides_are_said():
    with pytest.warns(UserWarning, match="lie outside the support"):
        report = compare([[0, 10]], [[2, 30]], "ward", support=20.0)
    assert float(report.underfill_end_seconds) == 10
    nothing = np.empty((0, 2))
    report = compare(nothing, [[0, 1]], "ward")
    assert (int(report.deleted), float(report.recall), float(report.f1)) == (1, 0, 0)
    assert np.isnan([float(report.precision), float(report.latency)]).all()
    report = compare(nothing, nothing, "ward", empty=0.0)
    assert (int(report.size_b), float(report.f1)) == (0, 0)


def test_from_files(tmp_path):
    A.to_csv(tmp_path / "a.csv", index=False)
    B.to_csv(tmp_path / "b.csv", index=False)
    report, skipped, _ = score(tmp_path / "a.csv", tmp_path / "b.csv", "ward", by="label")
    assert skipped.empty
    assert report.fragmented.to_series().to_dict() == {"sit": 0, "walk": 1}


OF_SECONDS = {
    "TP": "correct",
    "I": "insertion",
    "D": "deletion",
    "F": "fragmentation",
    "M": "merge",
    "Os": "overfill_start",
    "Oe": "overfill_end",
    "Us": "underfill_start",
    "Ue": "underfill_end",
}
OF_EVENTS = {
    "C": "intersection",
    "D": "deleted",
    "F": "fragmented",
    "M": "merged",
    "FM": "fragmented_and_merged",
    "I'": "inserted",
    "F'": "fragmenting",
    "M'": "merging",
    "FM'": "fragmenting_and_merging",
}


def test_what_ward_metrics_says_of_its_example_and_of_drawn_events(test_data):
    cases = json.loads((test_data / "ward_metrics.json").read_text())["cases"]
    sides = [
        side(*((f"{k:02}", "walk", begin, end) for k, case in enumerate(cases) for begin, end in case[name]))
        for name in ("prediction", "reference")
    ]
    report = compare(*sides, "ward", support=600.0, by="file")
    seconds = report[[f"{name}_seconds" for name in OF_SECONDS.values()]].to_dataframe()
    expected = pd.DataFrame([case["seconds"] for case in cases])[list(OF_SECONDS)]
    np.testing.assert_array_equal(seconds, expected)
    counts = report[list(OF_EVENTS.values())].to_dataframe()
    expected = pd.DataFrame([case["events"] for case in cases])[list(OF_EVENTS)]
    is_other = (counts.to_numpy() != expected).any(axis=1)
    # in one of them an event of the reference is joined on both sides: see below
    assert np.flatnonzero(is_other).tolist() == [63]


def test_an_event_that_cuts_one_and_joins_two_is_both():
    # ward-metrics 0.9.5 says "M'" of the second found: the event that it cuts is joined with others on both sides
    a = side(*(("", "", begin, end) for begin, end in ((16, 38), (55, 77))))
    b = side(*(("", "", begin, end) for begin, end in ((15, 33), (34, 56), (76, 81))))
    report = compare(a, b, "ward")
    assert int(report.merging) == 0
    assert int(report.fragmenting_and_merging) == 2
