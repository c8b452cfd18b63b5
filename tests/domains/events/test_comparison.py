"""Oracles: OpenTAD and the official ActivityNet code; sed_eval 0.2.1; timescoring 0.0.7. Closed forms for the rest."""

from __future__ import annotations

import json
import warnings
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

import overlap as ov
from domains.events import PROTOCOLS, align, compare, read_events
from domains.events.protocols.criteria import tiou

known_faults = pytest.mark.filterwarnings("ignore:.*known faults")

TIMESCORING = {
    "toleranceStart": "before",
    "toleranceEnd": "after",
    "minOverlap": "min_overlap",
    "maxEventDuration": "max_duration",
    "minDurationBetweenEvents": "min_gap",
}
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


# ---- action localisation


@pytest.fixture(scope="module")
def thumos(shared_data):
    data = shared_data / "events" / "actionloc"
    expected = json.loads((data / "expected_peer.json").read_text())
    reference = read_events(data / "thumos14_gt.json", subset="test").events
    return read_events(data / "thumos14_synthetic_predictions.json").events, reference, expected


@pytest.mark.parametrize(
    ("protocol", "key", "average"),
    [
        ("thumos14", "opentad_thumos_0.3_0.7", 0.425902374655086),
        ("activitynet", "opentad_anet_0.5_0.95", 0.32271386692627785),
    ],
)
@known_faults
def test_average_precision_as_opentad(protocol, key, average, thumos):
    predicted, reference, expected = thumos
    report = compare(predicted, reference, protocol)
    assert float(report.average_map) == pytest.approx(average, rel=1e-14)
    per_class = expected[key]["per_class_ap"]
    assert sorted(per_class) == report["class"].values.tolist()
    for name, ap in per_class.items():
        np.testing.assert_allclose(report.ap.sel({"class": name}), ap, rtol=1e-13)
    theirs = [x for k, x in expected[key].items() if k.startswith("mAP@")]
    np.testing.assert_allclose(report.mean_ap, theirs, rtol=1e-13)


def test_average_precision_as_the_official_code(thumos):
    predicted, reference, expected = thumos
    report = compare(predicted, reference, "activitynet")
    np.testing.assert_allclose(report.mean_ap, expected["activitynet_official_0.5_0.95"]["mAP"], rtol=1e-13)


@known_faults
def test_where_a_temporal_iou_lies_on_the_threshold(thumos):
    predicted, reference, _ = thumos
    pairs = tiou(predicted, reference)
    thresholds = [0.3, 0.4, 0.5, 0.6, 0.7]
    lost = [(i, j) for i, j, x in zip(*pairs, strict=True) if any(0 < t - x < 1e-9 for t in thresholds)]
    assert len(lost) == 2, "of 9262 predictions"
    for i, j in lost:
        ends = ((predicted, i), (reference, j))
        a, b = ([Fraction(str(x)) for x in t[["onset", "offset"]].iloc[k]] for t, k in ends)
        shared = min(a[1], b[1]) - max(a[0], b[0])
        assert shared / (a[1] - a[0] + b[1] - b[0] - shared) in [Fraction(str(t)) for t in thresholds]
    ours, theirs = (compare(predicted, reference, "thumos14", corrected=x) for x in (True, False))
    assert int((ours.intersection - theirs.intersection).sum()) == 1
    assert float(compare(predicted, reference, "activitynet", corrected=True).average_map) == pytest.approx(
        0.32271386692627785, rel=1e-14
    )


# ---- sound events


def fixture(name, shared_data):
    folder = shared_data / "events" / "sed_eval" / "tests" / "data" / "sound_event"
    sides = zip(*FIXTURES[name], strict=True)
    files = [reference for _, reference in FIXTURES[name]]
    return [
        pd.concat([read_events(folder / f"{x}.txt", file=f).events for x, f in zip(side, files, strict=True)])
        for side in sides
    ]


@known_faults
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


def check_sed_eval(ours, theirs):
    for key, value in theirs["f_measure"].items():
        np.testing.assert_allclose(ours[FIGURES[key]], *numbers([value]), rtol=1e-12)
    np.testing.assert_allclose(ours.error_rate, *numbers([theirs["error_rate"]["error_rate"]]), rtol=1e-12)
    for key, value in theirs["accuracy"].items():
        if key == "sensitivity" or value is None:
            continue
        np.testing.assert_allclose(ours[key], value, rtol=1e-12)


@known_faults
def test_sed_eval_on_random_events(test_data):
    other = 0
    for case in json.loads((test_data / "events_peers.json").read_text())["sed_eval"]:
        a, b = (pd.DataFrame(case[k], columns=["onset", "offset", "label"]) for k in ("est", "ref"))
        for matching in ("optimal", "greedy"):
            theirs = case[matching]
            report = compare(a, b, "sed_eval_event", matching=matching)
            assert counts(report) == [theirs["Ntp"], theirs["Nsys"] - theirs["Ntp"], theirs["Nref"]]
            # what is left over to substitute depends on which of several largest matchings is found
            other += float(report.substitutions) != theirs["Nsubs"]
        for resolution in (1.0, 0.1):
            theirs = case[f"seg{resolution:g}"]
            options = {"resolution": resolution, "labels": ["a", "b", "c"]}
            report = compare(a, b, "sed_eval_segment", support=18.0, **options)
            assert counts(report) == [theirs["Ntp"], theirs["Nfp"], theirs["Nref"]]
            errors = [float(report[k]) for k in ("substitutions", "deletions", "insertions", "true_negatives")]
            assert errors == [theirs[k] for k in ("S", "D", "I", "Ntn")]
    assert other == 1, "of 82"


# ---- seizures


@pytest.mark.parametrize("corrected", [False, True])
def test_szcore_cases(corrected, test_data):
    cases = json.loads((test_data / "timescoring_cases.json").read_text())
    assert len(cases) == 60
    for case in cases:
        a, b = (np.reshape(case[k], (-1, 2)) for k in ("hyp", "ref"))
        options = {TIMESCORING[k]: x for k, x in case["params"].items()}
        report = compare(a, b, "szcore", support=case["duration_s"], corrected=corrected, **options)
        theirs = case["event"]
        assert counts(report) == [theirs["tp"], theirs["fp"], theirs["refTrue"]], case["name"]
        figures = [float(report[k]) for k in ("recall", "precision", "f1", "false_alarms_per_24h")]
        expected = numbers(theirs[k] for k in ("sensitivity", "precision", "f1", "fpRate_per24h"))
        np.testing.assert_allclose(figures, expected, rtol=1e-12, err_msg=case["name"])


@known_faults
def test_szcore_samples(test_data):
    for case in json.loads((test_data / "timescoring_cases.json").read_text()):
        a, b = (np.reshape(case[k], (-1, 2)) for k in ("hyp", "ref"))
        report = compare(a, b, "szcore_sample", support=case["duration_s"])
        theirs = case["sample_1Hz"]
        assert counts(report) == [theirs["tp"], theirs["fp"], theirs["refTrue"]], case["name"]
        figures = [float(report[k]) for k in ("recall", "precision", "dice")]
        expected = numbers(theirs[k] for k in ("sensitivity", "precision", "f1"))
        np.testing.assert_allclose(figures, expected, rtol=1e-12, err_msg=case["name"])


@known_faults
def test_szcore_on_random_events_nested_unsorted_and_shorter_than_a_sample(test_data):
    for case in json.loads((test_data / "events_peers.json").read_text())["szcore"]:
        a, b = (np.reshape(case[k], (-1, 2)) for k in ("hyp", "ref"))
        options = {TIMESCORING[k]: x for k, x in case["p"].items()}
        report = compare(a, b, "szcore", support=case["T"], **options)
        assert counts(report) == case["e"][:3]
        assert float(report.false_alarms_per_24h) == pytest.approx(case["e"][3], rel=1e-12)
        assert counts(compare(a, b, "szcore_sample", support=case["T"])) == case["s"]


# ---- the known faults, each with its smallest case


def one(*rows, **columns):
    return pd.DataFrame(rows, columns=["onset", "offset"]).assign(**columns)


FAULTS = {
    "a collar and the last bit of a time": ("sed_eval_event", one([2.2, 3.2]), one([2.0, 3.0]), {}, "f1", 0, 1),
    "F1 of a silent system": ("sed_eval_event", one(), one([2.0, 3.0]), {}, "f1", np.nan, 0),
    "errors without references": ("sed_eval_event", one([2.0, 3.0]), one(), {}, "error_rate", 2.0**52, np.nan),
    "0.3 is in the third tenth": (
        *("sed_eval_segment", one([0.3, 0.4]), one([0.2, 0.3])),
        *({"resolution": 0.1}, "f1", 2 / 3, 0),
    ),
    "a seizure shorter than a sample": ("szcore", one([100, 100.04]), one([100, 100.04]), {}, "recall", 0, 1),
    "a seizure in a seizure": ("szcore", one([50, 55]), one([0, 100], [10, 20]), {"after": 0}, "recall", 0, 1),
    "half a second": ("szcore_sample", one([1.0, 1.4]), one([1.0, 1.4]), {}, "dice", np.nan, 1),
    "two points apart": (
        *("activitynet", one([9.0, 9.0], confidence=1.0), one([5.0, 5.0])),
        *({}, "average_map", 1, 0),
    ),
    "one point": ("thumos14", one([5.0, 5.0], confidence=1.0), one([5.0, 5.0]), {}, "average_map", 0, 1),
    "equal confidence": (
        *("thumos14", one([0, 1], [5, 6], confidence=0.5), one([0, 1])),
        *({}, "average_map", 1, 0.5),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_known_fault_is_given_warned_of_and_corrected(fault):
    protocol, a, b, options, name, theirs, ours = FAULTS[fault]
    with pytest.warns(UserWarning, match=f"{protocol}: known faults .* corrected=True"):
        report = compare(a, b, protocol, explain=True, **options)
    better = compare(a, b, protocol, corrected=True, **options)
    np.testing.assert_allclose([report[name], better[name]], [theirs, ours], rtol=1e-9)
    assert (report.attrs["corrected"], better.attrs["corrected"]) == ("False", "True")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_warning_where_the_faults_do_not_matter(protocol):
    events = pd.DataFrame({"onset": [1.0, 5.0], "offset": [3.0, 8.0], "confidence": [0.25, 0.5]})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = compare(events, events, protocol, support=10.0, explain=True)
    best = report[next(k for k in ("f1", "dice") if k in report)]
    assert (best == 1).all()


# ---- the report


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("by", [None, "label", "file"])
@known_faults
def test_parts_add_up_to_the_whole(protocol, by):
    a = table(["f", "g", "g"], [0, 0, 5], [4, 3, 9], ["sz", "sz_x", "sz"])
    b = table(["f", "f", "g", "h"], [0, 10, 1, 0], [5, 12, 3, 2], ["sz", "sz_x", "sz_x", "sz"])
    whole = compare(a, b, protocol, support=20.0)
    parts = compare(a, b, protocol, support=20.0, by=by)
    if protocol == "szcore" and by == "label":
        return  # one class
    for name in ("intersection", "size_a", "size_b"):
        summed = parts[name] if by is None else parts[name].sum(by)
        np.testing.assert_allclose(summed, whole[name])
    o = ov.Overlap(*(whole[k].values for k in ("intersection", "size_a", "size_b")))
    np.testing.assert_array_equal(whole.precision, ov.precision(o))
    assert set(whole["index"].values) == {k for k in ("iou", "dice", "precision", "recall", "f1", "ap") if k in whole}


def table(file, onset, offset, label):
    confidence = np.linspace(0.9, 0.1, len(file))
    return pd.DataFrame({"file": file, "onset": onset, "offset": offset, "label": label, "confidence": confidence})


def test_a_file_without_predictions_is_missed_and_one_without_references_all_false():
    a, b = (table([f], [0], [4], ["x"]) for f in ("f", "g"))
    with pytest.warns(UserWarning, match="no file in common"):
        report = compare(a, b, "tiou", by="file", thresholds=(0.5,))
    assert report.intersection.values.tolist() == [[0, 0]]
    assert report.size_a.values.tolist() == [[1, 0]]
    assert report.size_b.values.tolist() == [[0, 1]]
    assert report.attrs["files"] == "0 on both sides, 1 predicted only, 1 annotated only, 2 in all"


def test_the_decisions_are_reported():
    a = table(["f"], [0], [4], ["x"])
    a.attrs["name"] = "model 7"
    report = compare(a, a, "tiou", support={"f": 10.0, "g": 5.0}, thresholds=(0.5,), empty=0.0)
    assert report.attrs["prediction"] == report.attrs["reference"] == "model 7"
    assert (report.attrs["protocol"], report.attrs["units"], report.attrs["empty"]) == ("tiou", "events", "0.0")
    assert report.attrs["support"] == "15 s in 2 files"
    assert json.loads(report.attrs["parameters"])["thresholds"] == [0.5]
    assert report.attrs["version"] == ov.__version__
    assert compare(a, a).attrs["support"] == "not known for all files"


def test_a_report_can_be_saved(tmp_path):
    a = table(["f"], [0], [4], ["x"])
    for name in PROTOCOLS:
        report = (
            compare(a, a, name, support=10.0) if name != "szcore" else compare(a, a, name, labels="x", support=10.0)
        )
        report.to_netcdf(tmp_path / f"{name}.nc", engine="h5netcdf")


@pytest.mark.parametrize("protocol", PROTOCOLS)
@known_faults
def test_nothing_at_all(protocol):
    nothing = pd.DataFrame({"onset": [], "offset": [], "confidence": []})
    report = compare(nothing, nothing, protocol, support=10.0)
    assert float(report.size_a.sum()) == float(report.size_b.sum()) == 0
    assert report.precision.isnull().all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"protocol": "f1"}, "events.assess: protocol must be one of 'time', 'tiou', 'szcore', .*; got 'f1'"),
        ({"protocol": "tiou", "collar": 0.2}, "no setting collar; it has order, duplicates, points, thresholds"),
        ({"by": "subject"}, "events.compare: by must be one of 'label', 'file', None; got 'subject'"),
        ({"protocol": "thumos14"}, "2 of 2 predictions have no confidence"),
        ({"protocol": "sed_eval_event", "onset": None, "offset": None}, "give at least one"),
        ({"protocol": "tiou", "order": "size"}, "events.assess: order must be one of 'rows', 'time'; got 'size'"),
    ],
)
def test_refusals(options, message):
    events = np.array([[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(ValueError, match=message):
        compare(events, events, **options)


def test_labels_that_are_no_seizures():
    a = table(["f"], [0], [4], ["seizure"])
    with pytest.raises(ValueError, match=r"no label of the prediction fits sz\* \(there are seizure\).*labels="):
        compare(a, a, "szcore")
    assert float(compare(a, a, "szcore", labels=["seiz*"]).f1) == 1


# ---- align


def test_align_lists_the_rows():
    a, b = np.array([[0, 4], [10, 12], [20, 21.0]]), np.array([[10, 13], [0, 8.0]])
    first, second = align(a, b, "tiou")
    assert first["partner"].tolist() == [1, 0, -1]
    assert second["partner"].tolist() == [1, 0]
    first, second = align(a, b, "tiou", threshold=0.9)
    assert not first["matched"].any()
    assert not second["matched"].any()


def test_align_shows_the_events_as_they_were_scored():
    first, second = align(np.array([[0, 400.0]]), np.array([[380, 400.0]]), "szcore")
    assert first[["onset", "offset"]].to_numpy().tolist() == [[0, 300], [300, 400]]
    assert first["matched"].tolist() == [False, True]
    assert second["matched"].tolist() == [True]
