"""What is carried, and what is read from it."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest

from domains._checks import UsageError
from domains.events import PROTOCOLS, Protocol, assess, compare
from domains.events.protocols import Matched
from domains.events.protocols.criteria import tiou
from domains.events.protocols.matchers import all_pairs
from domains.events.protocols.reducers import count

A = np.array([[0, 4], [10, 12], [20, 21.0]])
B = np.array([[10, 13], [0, 8.0]])


def any_overlap(prediction, reference, support, settings):
    pairs = tiou(prediction, reference)
    return Matched(prediction, reference, pairs, all_pairs(prediction, reference, pairs))


def test_a_protocol_of_ones_own():
    own = Protocol(any_overlap, count)
    a, b = np.array([[0, 1], [2, 3], [8, 9.0]]), np.array([[0, 3.0]])
    report = compare(a, b, own)
    assert [int(report[k]) for k in ("intersection", "size_a", "size_b")] == [1, 2, 1]
    assert report.attrs["protocol"] == "custom"
    assert compare(b[:0], b[:0], own, empty=1.0).f1 == 1


def test_a_setting_that_a_protocol_does_not_have():
    with pytest.raises(ValueError, match=r"events.assess: this protocol has no setting collar; it has order"):
        PROTOCOLS["tiou"].configure(collar=1)


def test_what_is_carried_is_frozen():
    scored = assess(A, B, "tiou")
    with pytest.raises(FrozenInstanceError):
        scored.corrected = True
    with pytest.raises(FrozenInstanceError):
        scored.settings.tolerance = 1.0


def test_the_report_and_the_rows_are_read_from_one_match():
    scored = assess(A, B, "tiou", thresholds=(0.5, 0.9))
    report = scored.report()
    for k, threshold in enumerate((0.5, 0.9)):
        prediction, reference = scored.align(threshold)
        assert prediction["matched"].sum() == reference["matched"].sum() == int(report.intersection[k])


def test_the_report_by_file_is_that_of_compare():
    a, b = (pd.DataFrame(x, columns=["onset", "offset"]).assign(file="f") for x in (A, B))
    scored = assess(a, b, "szcore", support=60.0)
    assert scored.report("file").identical(compare(a, b, "szcore", support=60.0, by="file"))
    with pytest.raises(ValueError, match="events.compare: by must be one of"):
        scored.report("subject")


@pytest.mark.parametrize("threshold", [50, 0, -0.5, "0.5", True])
def test_a_threshold_that_is_none(threshold):
    with pytest.raises(ValueError, match="events.align: threshold must be a number > 0 and <= 1"):
        assess(A, B, "tiou").align(threshold)


def test_what_it_prints():
    a = pd.DataFrame(A, columns=["onset", "offset"])
    a.attrs["name"] = "model 7"
    assert repr(assess(a, B, "szcore", corrected=True)) == (
        "Scored(szcore, corrected, prediction: model 7 (3), reference: reference (2))"
    )
    assert "false_alarms_per_24h" in assess(a, B, "szcore")._repr_html_()


def test_the_nearest_threshold_is_the_one_that_is_aligned():
    a = np.array([[0.0, 7.0]])
    b = np.array([[0.0, 10.0]])
    scored = assess(a, b, "tiou", thresholds=(0.6, 0.9))
    assert [scored.nearest_threshold(x) for x in (None, 0.6, 1.0)] == [0.6, 0.6, 0.9]
    assert [bool(scored.align(x)[0]["matched"][0]) for x in (None, 1.0)] == [True, False]
    assert assess(a, b, "time").nearest_threshold() is None
    with pytest.raises(UsageError, match="threshold must be a number"):
        scored.nearest_threshold(70)
