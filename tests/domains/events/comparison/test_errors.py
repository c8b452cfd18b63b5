"""Boundary errors under several protocols, by label and file, and which protocols have none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from domains.events import PROTOCOLS, boundary_errors

B = pd.DataFrame({"onset": [10.0, 50, 10], "offset": [20.0, 60, 20], "label": ["x", "y", "x"], "file": ["a", "a", "b"]})
A = B.assign(onset=B["onset"] + [1, -1, 0], offset=B["offset"] + [0, 2, 4], confidence=[0.9, 0.8, 0.7], pitch=440.0)


def test_by_label_and_file():
    errors = boundary_errors(A, B, by=("file", "label"))
    assert errors.sel(file="a", label="y").onset_bias == -1
    assert errors.sel(file="b", label="x").offset_bias == 4
    assert errors.sel(file="b", label="y").pairs == 0
    assert np.isnan(errors.sel(file="b", label="y").latency)
    assert errors.attrs["threshold"] == "0.5"


def test_the_threshold_that_is_asked_for():
    # 10 of 14 s are shared in the last
    assert boundary_errors(A, B, threshold=0.7).pairs == 3
    assert boundary_errors(A, B, threshold=0.9).pairs == 1


@pytest.mark.parametrize("name", ["tiou", "szcore", "sed_eval_event", "activitynet", "mir_eval_transcription"])
def test_matched_events_of_every_kind(name):
    options = {
        "szcore": {"labels": "*", "min_gap": 0.0, "before": 0.0, "after": 0.0},
        "sed_eval_event": {"onset": 2.0, "offset": 5.0},
        "mir_eval_transcription": {"onset": 2.0, "offset": 5.0, "pitch_tolerance": None},
    }
    errors = boundary_errors(A, B, name, **options.get(name, {}))
    assert errors.pairs == 3
    np.testing.assert_allclose([errors.onset_bias, errors.onset_error, errors.offset_bias], [0, 2 / 3, 2])


@pytest.mark.parametrize("name", [name for name in PROTOCOLS if PROTOCOLS[name].units in ("seconds", "segments")])
def test_time_has_no_pairs(name):
    with pytest.raises(ValueError, match=r"matches no events|no label of the prediction"):
        boundary_errors(A, B, name)
