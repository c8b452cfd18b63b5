"""Golden values: SUMO's own code on 60 drawn recordings (benchmarks/peers/ask_sumo.py)."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from domains.events import compare


def table(*rows, file=""):
    return pd.DataFrame(np.reshape(rows, (-1, 2)), columns=["onset", "offset"]).assign(file=file)


def test_spindles_as_sumo(test_data):
    answers = json.loads((test_data / "sumo_spindles.json").read_text())
    tables = []
    for k, case in enumerate(answers["cases"]):
        tables.append([table(*case[side], file=f"{k:02}") for side in ("detections", "reference")])
    a, b = (pd.concat(side) for side in zip(*tables, strict=True))
    # rounded to samples, seconds are the samples that they were
    seconds = [side.assign(onset=side["onset"] / 100, offset=side["offset"] / 100) for side in (a, b)]
    files = {f"{k:02}": 100.0 for k in range(60)}
    report = compare(*seconds, "spindles", rate=100.0, by="file", support=files)
    for k, case in enumerate(answers["cases"]):
        of_case = report.sel(file=f"{k:02}")
        assert of_case.matched_pairs.values.tolist() == case["true_positives"]
        for name in ("precision", "recall", "f1"):
            np.testing.assert_allclose(of_case[name], case[name], rtol=1e-12, err_msg=f"{k} {name}")
    pooled = compare(*seconds, "spindles", rate=100.0, support=files)
    assert pooled.matched_pairs.equals(report.matched_pairs.sum("file"))
    at = pooled.sel(threshold=0.2)
    assert float(pooled.reference_f1) == float(2 * at.matched_pairs / (at.detections + at.size_b))
    assert report.reference_f1.dims == ("file",)


def test_equals_all_match_unless_corrected():
    # the halves of a spindle, each with an IoU of one half
    a, b = table(0, 1, 1, 2), table(0, 2)
    report = compare(a, b, "spindles").sel(threshold=0.2)
    assert (float(report.precision), float(report.recall)) == (1.0, 2.0)
    with pytest.warns(UserWarning, match="detections that overlap a spindle equally all match it"):
        compare(a, b, "spindles", explain=True)
    for rows in (a, a[::-1]):
        report = compare(rows, b, "spindles", corrected=True).sel(threshold=0.2)
        assert (float(report.precision), float(report.recall)) == (0.5, 1.0)


def test_a_detection_keeps_the_reference_that_took_it():
    # the first detection overlaps the second spindle most, but that took the second detection
    a, b = table(0, 10, 4, 11), table(0, 3, 4, 11)
    report = compare(a, b, "spindles", corrected=True).sel(threshold=0.2)
    assert float(report.intersection) == 2


def test_a_match_exceeds_the_threshold():
    a, b = table(0, 2), table(0, 10)
    report = compare(a, b, "spindles")
    assert report.intersection.values.tolist() == [1, 1, 1] + [0] * 16
    assert float(report.reference_f1) == 0.0
    assert float(compare(a, b, "spindles", reference_threshold=0.15).reference_f1) == 1.0


def test_the_reference_threshold_is_one_of_the_thresholds():
    with pytest.raises(ValueError, match=r"reference_threshold must be one of the thresholds \(0.5\); got 0.2"):
        compare(table(0, 1), table(0, 1), "spindles", thresholds=[0.5])
    report = compare(table(0, 1), table(0, 1), "spindles", thresholds=[0.5], reference_threshold=0.5)
    assert float(report.reference_f1) == 1.0


@pytest.mark.parametrize(("a", "b", "f1"), [((), (), 1.0), ((), (0, 1), 0.0), ((0, 1), (), 0.0)])
def test_nothing_on_a_side(a, b, f1):
    report = compare(table(*a), table(*b), "spindles")
    assert [float(report[name][3]) for name in ("precision", "recall", "f1")] == [f1, f1, f1]
    assert float(report.reference_f1) == f1
