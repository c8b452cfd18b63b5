"""What a title and a legend say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from domains.events import assess
from domains.events.pictures import captions

A = pd.DataFrame({"onset": [0, 10, 20.0], "offset": [4, 12, 21.0], "label": list("xxy")})
B = pd.DataFrame({"onset": [0, 30.0], "offset": [5, 35.0], "label": list("xx")})


def test_the_title_says_what_was_corrected_and_the_threshold():
    corrected = assess(A, B, "sed_eval_event", corrected=True)
    assert captions.title_of(corrected, None).endswith("protocol: sed_eval_event, known faults corrected")
    several = assess(A, B, "tiou", thresholds=(0.3, 0.9))
    assert captions.title_of(several, 0.8) == "prediction against reference\nprotocol: tiou, threshold 0.9"


def test_the_rate_that_speakers_are_known_by():
    a = pd.DataFrame({"onset": [0, 6, 12.0], "offset": [5, 10, 13.0], "label": ["s0", "s1", "s2"]})
    b = pd.DataFrame({"onset": [0, 5.0], "offset": [4, 11.0], "label": ["anna", "bert"]})
    spoken = assess(a, b, "pyannote_der", support=20.0)
    # anna has 4 s and bert 6; of s0 1 s is false and s2 is nobody; bert is missed for 1 s before 6 and 1 after 10
    assert captions.rate_in_title(spoken, None) == ", DER 0.4000 = (2 + 2 + 0) / 10 s"


@pytest.mark.parametrize(("decides", "last"), [(True, "only reference: missed (1)"), (False, "only reference (1)")])
def test_events_in_a_legend(decides, last):
    prediction = pd.DataFrame({"matched": [True, False, False]})
    reference = pd.DataFrame({"matched": [True, True, False]})
    said = captions.events_in_legend(prediction, reference, decides=decides)
    assert list(said) == ["both", "only_a", "only_b"]
    assert "(1 and 2)" in said["both"]
    assert "(2)" in said["only_a"]
    assert said["only_b"] == last


def test_seconds_in_a_legend_are_those_of_the_table():
    scored = assess(np.array([[0.0, 10], [20, 30]]), np.array([[5.0, 15], [22, 24]]), "time", support=40.0)
    said = ["in both (7 s)", "only prediction (13 s)", "only reference (5 s)"]
    assert list(captions.seconds_in_legend(scored, None).values()) == said


def test_what_is_not_on_the_page():
    scored = assess(A.assign(file="f"), B.assign(file="f"), support={"f": 40.0, "g": 40.0})
    called = captions.RowNames(["x", "y"], "task-rest")
    said = list(captions.left_out(scored, called, 2, 2, 7, None))
    assert said == ["rows 3 to 4 of 7", "1 of 2 recordings without events; … in names: task-rest"]
    assert list(captions.left_out(scored, called._replace(without=""), 0, 2, 2, "f")) == []
