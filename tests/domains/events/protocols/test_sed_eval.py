"""Golden values: sed_eval 0.2.1."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pandas as pd
import pytest

from domains.events import assess, compare, read_events

SED_EVAL = {
    "segment_1s": ("sed_eval_segment", {}),
    "event_onset_offset": ("sed_eval_event", {}),
    "event_onset_only": ("sed_eval_event", {"offset": None}),
    "event_offset_only": ("sed_eval_event", {"onset": None}),
    "event_greedy": ("sed_eval_event", {"matching": "greedy"}),
    "event_collar100ms": ("sed_eval_event", {"onset": 0.1, "offset": 0.1}),
    "event_collar500ms": ("sed_eval_event", {"onset": 0.5, "offset": 0.5}),
}
FIXTURES = {
    "street_fold1": [("street_fold1_detected", "street_fold1_reference")],
    "office_snr0": [(f"office_snr0_{x}_v2_detected", f"office_snr0_{x}_v2") for x in ("high", "med")],
    "office_high": [("office_snr0_high_v2_detected", "office_snr0_high_v2")],
    "audioset1": [("audioset1_detected", "audioset1")],
    "binary12": [(f"binary{k}_detected", f"binary{k}") for k in (1, 2)],
    "binary5": [("binary5_detected", "binary5")],
}
FIGURES = {"f_measure": "f1", "precision": "precision", "recall": "recall"}


def numbers(values):
    return [np.nan if x is None else float(x) for x in values]


def counts(report):
    return [float(report.intersection), float(report.size_a - report.intersection), float(report.size_b)]


@cache
def fixture(name, shared_data):
    folder = shared_data / "events" / "sed_eval" / "tests" / "data" / "sound_event"
    sides = zip(*FIXTURES[name], strict=True)
    files = [reference for _, reference in FIXTURES[name]]
    return [
        pd.concat([read_events(folder / f"{x}.txt", "dcase", file=f).events for x, f in zip(side, files, strict=True)])
        for side in sides
    ]


@pytest.mark.parametrize("name", FIXTURES)
@pytest.mark.parametrize("setting", SED_EVAL)
def test_sed_eval_fixtures(name, setting, shared_data):
    expected = json.loads((shared_data / "events" / "sed_eval" / "expected_peer.json").read_text())[name][setting]
    predicted, reference = fixture(name, shared_data)
    protocol, options = SED_EVAL[setting]
    report = compare(predicted, reference, protocol, **options)
    check_sed_eval(report, expected["overall"])
    rates = expected["overall"]["error_rate"]
    for kind in ("substitution", "deletion", "insertion"):
        ours = report[f"{kind}s"] / (report.size_b + np.spacing(1.0))
        assert float(ours) == pytest.approx(rates[f"{kind}_rate"], rel=1e-12)
    labels = compare(predicted, reference, protocol, by="label", **options)
    assert labels.label.values.tolist() == sorted(expected["class_wise"])
    for label, theirs in expected["class_wise"].items():
        ours = labels.sel(label=label)
        check_sed_eval(ours, theirs)
        assert (float(ours.size_b), float(ours.size_a)) == (theirs["count"]["Nref"], theirs["count"]["Nsys"])
    mean = labels.mean("label")
    check_sed_eval(mean, expected["class_wise_average"])
    averages = {figure: float(report[f"macro_{figure}"]) for figure in (*FIGURES.values(), "error_rate")}
    for figure, value in averages.items():
        np.testing.assert_allclose(value, mean[figure], rtol=1e-12)


def check_sed_eval(ours, theirs):
    for key, value in theirs["f_measure"].items():
        np.testing.assert_allclose(ours[FIGURES[key]], *numbers([value]), rtol=1e-12)
    np.testing.assert_allclose(ours.error_rate, *numbers([theirs["error_rate"]["error_rate"]]), rtol=1e-12)
    for key, value in theirs["accuracy"].items():
        if key == "sensitivity" or value is None:
            continue
        np.testing.assert_allclose(ours[key], value, rtol=1e-12)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*outside the support", "ignore:.*have no duration")
def test_sed_eval_on_random_events(test_data):
    cases = json.loads((test_data / "events_peers.json").read_text())["sed_eval"]
    a, b = (
        pd.DataFrame(
            [(*row, f"case {k:02}") for k, case in enumerate(cases) for row in case[side]],
            columns=["onset", "offset", "label", "file"],
        )
        for side in ("est", "ref")
    )
    # a recording of its own for each case
    support = {f"case {k:02}": 18.0 for k in range(len(cases))}
    other = 0
    for matching in ("optimal", "greedy"):
        reports = compare(a, b, "sed_eval_event", support=support, outside="counted", matching=matching, by="file")
        for file, case in zip(support, cases, strict=True):
            theirs = case[matching]
            report = reports.sel(file=file)
            assert counts(report) == [theirs["Ntp"], theirs["Nsys"] - theirs["Ntp"], theirs["Nref"]], file
            # what is left over to substitute depends on which of several largest matchings is found: the first
            other += float(report.substitutions) != theirs["Nsubs"]
    assert other == 0, "of 82"
    for resolution in (1.0, 0.1):
        options = {"resolution": resolution, "labels": ["a", "b", "c"]}
        reports = compare(a, b, "sed_eval_segment", support=support, by="file", **options)
        for file, case in zip(support, cases, strict=True):
            theirs = case[f"seg{resolution:g}"]
            report = reports.sel(file=file)
            assert counts(report) == [theirs["Ntp"], theirs["Nfp"], theirs["Nref"]], file
            errors = [float(report[k]) for k in ("substitutions", "deletions", "insertions", "true_negatives")]
            assert errors == [theirs[k] for k in ("S", "D", "I", "Ntn")], file


@pytest.mark.filterwarnings("ignore:.*have no duration")
@pytest.mark.parametrize(
    ("point", "theirs", "ours"),
    # sed_eval counts the segments from floor(onset) to ceil(offset)
    [(3.0, 0, 1), (3.5, 1, 1), (0.0, 0, 1), (9.0, 0, 1)],
)
def test_a_point_on_the_grid_is_listed_and_counts_where_asked(point, theirs, ours):
    events = pd.DataFrame({"onset": [point, 5.2], "offset": [point, 5.8], "label": ["dog", "cat"]})
    scored = [assess(events, events, "sed_eval_segment", support=10.0, grid_points=x) for x in ("nowhere", "next")]
    assert [float(one.report().size_b) for one in scored] == [theirs + 1, ours + 1]
    assert len(scored[1].skipped) == 0
    listed = scored[0].skipped[["side", "where", "reason", "detail"]].to_numpy().tolist()
    row = [f"{point:g} to {point:g} s", "without duration, on the grid of segments", "dog"]
    assert listed == ([] if theirs else [["prediction", *row], ["reference", *row]])


def test_points_on_the_grid_warn():
    with pytest.warns(
        UserWarning, match="1 of 1 events of the reference have no duration .* grid_points=.next. counts"
    ):
        compare([[1.0, 2.0]], [[3.0, 3.0]], "sed_eval_segment", support=10.0)


def test_corrected_nothing_is_added_to_what_is_divided_by():
    events = pd.DataFrame({"onset": [0.0], "offset": [1.0], "label": "a"})
    assert assess(events, events, "sed_eval_event").settings.eps > 0
    assert assess(events, events, "sed_eval_event", corrected=True).settings.eps == 0
    nothing = compare(events, events[:0], "sed_eval_event", corrected=True, support=2.0)
    assert np.isnan(nothing.error_rate), "not one thing in no thing"
