"""Closed forms; `test_comparison` holds the other tools' figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import overlap as ov
from domains.events import assess, compare
from domains.events.protocols.reducers import names_of, tally


def table(*rows):
    return pd.DataFrame(rows, columns=["file", "onset", "offset", "label"])


A = table(["f", 0, 1, "x"], ["f", 5, 6, "x"], ["g", 0, 1, "y"])
B = table(["f", 0, 1, "x"], ["g", 0, 1, "x"], ["g", 7, 8, "y"], ["g", 9, 10, "y"])


def test_counts_by_label_and_file():
    by_label = compare(A, B, "tiou", by="label", thresholds=(0.5,)).sel(threshold=0.5)
    assert by_label.label.values.tolist() == ["x", "y"]
    assert by_label.intersection.values.tolist() == [1, 0]
    assert by_label.size_a.values.tolist() == [2, 1]
    assert by_label.size_b.values.tolist() == [2, 2]
    by_file = compare(A, B, "tiou", by="file", thresholds=(0.5,)).sel(threshold=0.5)
    assert by_file.size_a.values.tolist() == [2, 1]
    assert by_file.size_b.values.tolist() == [1, 3]


def test_f1_is_dice_of_the_sizes():
    report = compare(A, B, "tiou", thresholds=(0.5,))
    o = ov.Overlap(*(report[k].values for k in ("intersection", "size_a", "size_b")))
    np.testing.assert_array_equal(report.f1, ov.dice(o))


def test_the_error_rate():
    report = compare(A, B, "sed_eval_event")
    # f: one found, one inserted; g: y stands for x, and two are deleted
    found = [float(report[k]) for k in ("substitutions", "deletions", "insertions", "error_rate")]
    assert found == [1, 2, 1, 1]
    by_label = compare(A, B, "sed_eval_event", by="label")
    assert by_label.substitutions.values.tolist() == [0, 0]
    by_file = compare(A, B, "sed_eval_event", by="file")
    assert by_file.substitutions.values.tolist() == [0, 1]


def test_empty_is_a_policy():
    nothing = table()
    assert np.isnan(compare(nothing, nothing, "tiou", thresholds=(0.5,)).f1)
    assert compare(nothing, nothing, "tiou", thresholds=(0.5,), empty=1.0).f1 == 1


@pytest.mark.slow
def test_segments_without_an_event_are_true_negatives():
    a, b = table(["f", 0, 1, "x"]), table(["f", 1, 2, "x"])
    report = compare(a, b, "sed_eval_segment", support=10.0)
    assert (float(report.true_negatives), float(report.specificity)) == (8, 8 / 9)
    assert float(compare(a, b, "sed_eval_segment").true_negatives) == 0, "the last event ends at 2 s"
    two = compare(a, b, "sed_eval_segment", support=10.0, labels=("x", "z"))
    assert float(two.true_negatives) == 18
    by_file = compare(a, b, "sed_eval_segment", support={"f": 10.0, "g": 5.0}, by="file")
    assert by_file.true_negatives.values.tolist() == [8, 5]


def test_false_alarms_need_a_duration():
    a, b = np.array([[1000.0, 1010.0]]), np.array([[0.0, 10.0]])
    assert float(compare(a, b, "szcore", support=43200.0).false_alarms_per_24h) == 2
    assert np.isnan(compare(a, b, "szcore").false_alarms_per_24h)
    two = compare(
        pd.DataFrame(a, columns=["onset", "offset"]).assign(file="f"),
        table(),
        "szcore",
        support={"f": 86400.0, "g": 86400.0},
        by="file",
    )
    assert two.false_alarms_per_24h.values.tolist() == [1, 0]


def test_false_alarms_in_odd_lengths():
    """Lengths are those of whole samples, ten in a second: not of whole seconds, and not of seconds as given."""
    alarm = pd.DataFrame({"file": ["f", "g"], "onset": [1.0, 1.0], "offset": [2.0, 2.0]})
    lengths = {"f": 4321.34, "g": 777.0}
    together = compare(alarm, table(), "szcore", support=lengths)
    assert float(together.false_alarms_per_24h) == pytest.approx(2 * 86400 / (4321.3 + 777), rel=1e-14)
    apart = compare(alarm, table(), "szcore", support=lengths, by="file")
    assert apart.false_alarms_per_24h.values == pytest.approx([86400 / 4321.3, 86400 / 777], rel=1e-14)


def test_average_precision_of_a_class_without_references_does_not_count():
    a = A.assign(confidence=[0.9, 0.8, 0.7])
    report = compare(a, B[:1], "thumos14")
    assert report["class"].values.tolist() == ["x"]
    assert float(report.average_map) == 1
    assert report.size_a.values.tolist() == [3] * 5


def test_average_precision_of_nothing():
    report = compare(table().assign(confidence=[]), table(), "thumos14")
    assert np.isnan(report.average_map)


@pytest.mark.filterwarnings("ignore:.*the support names")
def test_names_and_tally():
    scored = assess(A, B, "tiou", support={"h": 5.0})
    assert names_of(scored, None) == [""]
    assert names_of(scored, "label") == ["x", "y"]
    assert names_of(scored, "file") == ["f", "g", "h"]
    assert tally(A, np.array([[1.0, 2.0, 4.0]]), ["f", "g", "h"], "file").tolist() == [[3, 4, 0]]
