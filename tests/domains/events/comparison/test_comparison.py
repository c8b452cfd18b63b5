"""Reports, alignments and known faults; the presets' golden values lie in ``protocols/``."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pandas as pd
import pytest

import overlap as ov
from domains._checks import UsageError
from domains.events import PROTOCOLS, align, assess, compare, confusion_matrix
from domains.events.protocols.scored import INDICES

ANY_LABEL = [name for name in PROTOCOLS if name != "dcase_fewshot"]
"""Protocols that take events of any label; DCASE's has rules of its own for them, and its tests beside it."""

ONE_OF_EACH = [
    name for name in ANY_LABEL if name not in ("psds_scenario1", "psds_scenario2", "thumos14", "nist_der", "jer")
]
"""Without those that differ from another in their settings alone."""

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
        *("thumos14", one([5, 6], [0, 1], confidence=0.5), one([0, 1])),
        *({}, "average_map", 1, 0.5),
    ),
}


# which order that is, depends on the processor only for many equals
@pytest.mark.filterwarnings("ignore:.*as confident as another")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_known_fault_is_given_warned_of_and_corrected(fault):
    protocol, a, b, options, name, theirs, ours = FAULTS[fault]
    with pytest.warns(UserWarning, match=f"{protocol}: known faults .* corrected=True"):
        report = compare(a, b, protocol, explain=True, **options)
    better = compare(a, b, protocol, corrected=True, **options)
    np.testing.assert_allclose([report[name], better[name]], [theirs, ours], rtol=1e-9)
    assert (report.attrs["corrected"], better.attrs["corrected"]) == ("False", "True")


@pytest.mark.parametrize("protocol", ANY_LABEL)
def test_no_warning_where_the_faults_do_not_matter(protocol):
    events = pd.DataFrame({"onset": [1.0, 5.0], "offset": [3.0, 8.0], "confidence": [0.25, 0.5], "pitch": 440.0})
    if protocol.startswith("psds"):
        # a fault that matters where there is one label only
        events["label"] = ["p", "q"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = compare(events, events, protocol, support=10.0, explain=True)
    best = report[next(k for k in ("f1", "dice") if k in report)]
    assert (best == 1).all()


def test_known_faults_are_explained_when_asked_only():
    protocol, a, b, options, *_ = FAULTS["a collar and the last bit of a time"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compare(a, b, protocol, **options)
        compare(a, b, protocol, explain=True, corrected=True, **options)


@pytest.mark.slow
def test_an_explanation_keeps_what_was_asked():
    # of two labels one is a collar away; with a wider collar nothing is
    a, b = (one([x, x + 1], [8, 9], label=list("xy")) for x in (2.2, 2.0))
    with pytest.warns(UserWarning, match="intersection 0.5 on average .corrected 1 on average"):
        compare(a, b, "sed_eval_event", by="label", explain=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compare(a, b, "sed_eval_event", onset=0.5, offset=0.5, explain=True)


# ---- the report


MEANS = ("affiliation", "range_based")
"""Protocols whose precision is a mean over events, and no ratio of the sizes."""


@pytest.mark.parametrize("protocol", ONE_OF_EACH)
def test_parts_add_up_to_the_whole(protocol):
    a = table(["f", "g", "g"], [0, 0, 5], [4, 3, 9], ["sz", "sz_x", "sz"])
    b = table(["f", "f", "g", "h"], [0, 10, 1, 0], [5, 12, 3, 2], ["sz", "sz_x", "sz_x", "sz"])
    scored = assess(a, b, protocol, support=20.0)
    whole = scored.report()
    for by in ("label", "file", ("label", "file")):
        parts = scored.report(by)
        if protocol == "szcore" and by != "file":
            continue  # one class
        for name in ("intersection", "size_a", "size_b"):
            np.testing.assert_allclose(parts[name].sum(by), whole[name], err_msg=str(by))
    o = ov.Overlap(*(whole[k].values for k in ("intersection", "size_a", "size_b")))
    if protocol not in MEANS:
        np.testing.assert_array_equal(whole.precision, ov.precision(o))
    assert set(whole["index"].values) == {k for k in INDICES if k in whole}


def table(file, onset, offset, label):
    rows = {"file": file, "onset": onset, "offset": offset, "label": label}
    return pd.DataFrame(rows).assign(confidence=np.linspace(0.9, 0.1, len(file)), pitch=440.0)


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


@pytest.mark.slow
def test_a_report_can_be_saved(tmp_path):
    a = table(["f"], [0], [4], ["x"])
    # one of each kind of further coordinates and numbers
    for name in ("time", "szcore", "thumos14", "psds", "ward", "nist_der"):
        report = compare(a, a, name, support=10.0, **({"labels": "x"} if name.startswith("szcore") else {}))
        report.to_netcdf(tmp_path / f"{name}.nc", engine="h5netcdf")


@pytest.mark.parametrize("protocol", ONE_OF_EACH)
def test_nothing_at_all(protocol):
    nothing = pd.DataFrame({"onset": [], "offset": [], "confidence": []})
    report = compare(nothing, nothing, protocol, support=10.0, empty=np.nan)
    assert float(report.size_a.sum()) == float(report.size_b.sum()) == 0
    assert report.precision.isnull().all()


@pytest.mark.parametrize("protocol", [*ONE_OF_EACH, "dcase_fewshot"])
def test_tables_without_rows_are_of_no_file(protocol):
    nothing = pd.DataFrame({"file": [], "onset": [], "offset": [], "confidence": [], "pitch": []})
    scored = assess(nothing, nothing, protocol)
    for by in (None, "file"):
        report = scored.report(by)
        assert report.attrs["files"].endswith(" 0 in all")
        assert report.attrs["support"] == "no file"
        assert float(report.size_a.sum()) == 0


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
    message = r'no label of the prediction fits \["sz\*"\]; it has \["seizure"\]: .* such as labels=\["seizure"\]'
    with pytest.raises(UsageError, match=message):
        compare(a, a, "szcore")
    assert float(compare(a, a, "szcore", labels=["seiz*"]).f1) == 1


def test_nothing_is_computed_for_a_wrong_by(monkeypatch):
    monkeypatch.setattr("domains.events.comparison.comparison.assess", None)
    with pytest.raises(ValueError, match="by must be one of"):
        compare(np.empty((0, 2)), np.empty((0, 2)), by="subject")


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


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_align_reads_what_compare_counts(name):
    a = table(["f", "g", "g"], [0, 0, 5], [4, 3, 9], ["sz", "sz", "sz"])
    b = table(["f", "f", "g", "h"], [0, 10, 1, 0], [5, 12, 3, 2], ["sz"] * 4)
    scored = assess(a, b, name, support=20.0)
    expected = align(a, b, name, support=20.0)
    for ours, theirs in zip(scored.align(), expected, strict=True):
        pd.testing.assert_frame_equal(ours, theirs)
    if scored.protocol.units == "events":
        found = scored.report().intersection
        found = found if scored.matches.thresholds is None else found.sel(threshold=0.5)
        assert int(found) == expected[1]["matched"].sum()


# ---- the support and the events


def messages_of(caught):
    return [str(w.message) for w in caught]


def test_events_outside_the_support_are_counted():
    a = one([0, 4], [3, 9], [12, 13])
    b = one([0, 4])
    with pytest.warns(UserWarning, match="outside") as caught:
        report = compare(a, b, "time", support=10.0)
    [message] = messages_of(caught)
    assert "1 of 3 events of the prediction lie outside the support" in message
    assert "12 to 13 s of '', which is scored from 0 to 10 s" in message
    assert float(report.size_a) == 9
    late = pd.DataFrame({"file": [""], "onset": [2.0], "offset": [20.0]})
    with pytest.warns(UserWarning, match="1 of 1 events of the reference .* from 2 to 20 s"):
        compare(one(), b, "time", support=late)


@pytest.mark.parametrize("support", [None, 4.0, {"": 4.0}, {"": np.nan}])
def test_events_within_the_support_are_no_warning(support):
    compare(one([0, 4 + 1e-9]), one([0, 4]), "time", support=support)


def test_a_support_that_names_other_files_than_the_events():
    a = one([0, 4], file="h")
    with pytest.warns(
        UserWarning, match="the support names 'h.csv', which no event belongs to, and says nothing of 'h'"
    ):
        report = compare(a, a, "time", support={"h.csv": 100.0})
    assert report.attrs["support"] == "not known for all files"
    # recordings without events are scored, and no mistake
    assert compare(a, a, "time", support={"h": 10.0, "quiet": 10.0}).attrs["support"] == "20 s in 2 files"
    compare(a, a, "time", support={"h": np.nan, "quiet": 10.0})


@pytest.mark.parametrize(
    ("annotated", "support"),
    [
        (one([0, 4], file="h"), {"x" * 100_000: 100.0}),
        (one([0, 4], file="x" * 100_000), 10.0),
        (one([0, 4], file="h"), 3.0),
    ],
)
def test_a_warning_is_short_whatever_the_names_are(annotated, support):
    predicted = one([0, 4], file="h")
    with pytest.warns(UserWarning, match="^events.assess: ") as warned:
        compare(predicted, annotated, "time", support=support)
    assert max(len(str(warning.message)) for warning in warned) < 500


# ---- labels


@pytest.mark.parametrize("protocol", ONE_OF_EACH)
def test_no_label_in_common_is_said_where_labels_matter(protocol):
    a = one([0, 40], label="sz_focal", confidence=1.0, pitch=440.0)
    b = one([0, 40], label="sz", pitch=440.0)
    if not PROTOCOLS[protocol].uses_labels:
        assert (compare(a, b, protocol).recall == 1).all()
        return
    with pytest.warns(UserWarning, match="no label in common .the prediction has 'sz_focal', the reference 'sz'"):
        assess(a, b, protocol, support=100.0)


@pytest.mark.parametrize("protocol", ONE_OF_EACH)
def test_one_label_in_common_or_a_silent_side_is_no_warning(protocol):
    a = one([0, 40], [50, 60], label=["sz", "sz_2"], confidence=[1.0, 0.5], pitch=440.0)
    b = one([0, 40], label="sz", pitch=440.0)
    assess(a, b, protocol, support=100.0)
    assess(a[:0], b, protocol, support=100.0)
    assess(a, b[:0], protocol, support=100.0)


# ---- the confusion matrix


def test_confusion_is_that_of_the_seconds():
    rng = np.random.default_rng(4)
    codes = rng.integers(0, 3, (2, 2, 40))
    tables = []
    for side in codes:
        rows = [
            (file, t, t + 1, str(code)) for file, line in zip("fg", side, strict=True) for t, code in enumerate(line)
        ]
        events = pd.DataFrame(rows, columns=["file", "onset", "offset", "label"])
        # 0: no label
        tables.append(events[events["label"] != "0"])
    matrix = confusion_matrix(*tables, support=40.0, by="file")
    for file, a, b in zip("fg", *codes, strict=True):
        for one, i in (("1", 1), ("2", 2), ("(none)", 0)):
            for other, j in (("1", 1), ("2", 2), ("(none)", 0)):
                expected = np.count_nonzero((a == i) & (b == j))
                assert float(matrix.sel(file=file, prediction=one, reference=other)) == expected
    whole = confusion_matrix(*tables, support=40.0)
    np.testing.assert_array_equal(whole, matrix.sum("file"))
    assert float(whole.sum()) == 80


def test_confusion_without_a_support():
    matrix = confusion_matrix(one([0, 4]), one([1, 5]))
    assert np.isnan(matrix[-1, -1])
    assert matrix.values.ravel()[:3].tolist() == [3, 1, 1]
    with pytest.raises(UsageError, match="events.confusion_matrix: by must be one of 'file', None; got 'label'"):
        confusion_matrix(one([0, 4]), one([1, 5]), by="label")


def test_labels_that_differ_in_their_spelling_are_told():
    found = pd.DataFrame({"onset": [0.0, 5.0], "offset": [1.0, 6.0], "label": ["trill", "short call"]})
    there = found.assign(label=["trill", "Short Call"])
    with pytest.warns(
        UserWarning, match="'short call' of the prediction and 'Short Call' of the reference are two lab"
    ):
        report = compare(found, there, "tiou", thresholds=[0.5])
    assert report.intersection.item() == 1


@pytest.mark.parametrize(
    ("predicted", "annotated", "told"),
    [
        (["dog", "owl"], ["Owl", "dog"], ("owl", "Owl")),
        (["owl", "Owl"], ["owl"], ("Owl", "owl")),
        (["owl"], ["owl", "Owl"], ("owl", "Owl")),
        (["dog", "tawny owl"], ["dog", "Tawny_owl"], ("tawny owl", "Tawny_owl")),
        # two labels that both sides tell apart
        (["a", "A"], ["A", "a"], None),
        (["owl"], ["owls"], None),
    ],
)
def test_labels_that_only_one_side_spells_so_are_told(predicted, annotated, told):
    def side(labels):
        onset = [2.0 * k for k in range(len(labels))]
        return pd.DataFrame({"onset": onset, "offset": [t + 1 for t in onset], "label": labels})

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        compare(side(predicted), side(annotated), protocol="tiou")
    said = [str(w.message) for w in caught if "two labels" in str(w.message)]
    if told is None:
        assert not said
    else:
        (line,) = said
        assert f"{told[0]!r} of the prediction and {told[1]!r} of the reference" in line
