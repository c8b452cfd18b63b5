"""Several scored stretches of a file: what each protocol makes of them, in closed forms and by what may not matter."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from domains._checks import UsageError
from domains.events import PROTOCOLS, add_margins, assess, compare, confusion_matrix, plot_scored, score
from domains.events.comparison.outside import CUT, NOTHING, OUTSIDE

HONOURED = [name for name, protocol in PROTOCOLS.items() if protocol.stretches != "one"]
ONE_OF_EACH = [
    name for name in HONOURED if name not in ("psds_scenario1", "psds_scenario2", "thumos14", "nist_der", "jer")
]
"""Without those that differ from another in their settings alone: `test_closed_forms` has all."""
REFUSED = [name for name, protocol in PROTOCOLS.items() if protocol.stretches == "one"]


def events(*rows, file="f", label="sz"):
    columns = pd.DataFrame(rows, columns=["onset", "offset"], dtype=float)
    return columns.assign(file=file, label=label, confidence=np.linspace(0.9, 0.1, len(rows)))


def stretches(*rows, file="f"):
    return pd.DataFrame(rows, columns=["onset", "offset"]).assign(file=file)


# scored: [0, 15) and [20, 40); 10 to 25 reaches over both, 16 to 19 lies between them, 50 to 55 beyond
PREDICTED = events([0, 5], [10, 25], [16, 19], [30, 35])
ANNOTATED = events([1, 6], [12, 22], [50, 55])
SCORED = stretches([0, 15], [20, 40])


def report_of(name, support, a=PREDICTED, b=ANNOTATED, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return compare(a, b, name, support=support, corrected=bool(PROTOCOLS[name].corrected), **options)


# found, predicted and annotated, of time: 4 + (3 + 2) of 5 + (5 + 5) + 5 and 5 + (3 + 2); of events: two of three
SIZES = {
    "time": (9, 20, 10),
    "szcore_sample": (9, 20, 10),
    "sed_eval_segment": (9, 20, 10),
    "nist_der": (9, 20, 10),
    "pyannote_der": (9, 20, 10),
    "jer": (9, 20, 10),
    "tiou": (2, 3, 2),
    "activitynet": (2, 3, 2),
    "thumos14": (2, 3, 2),
    "sed_eval_event": (1, 3, 2),
    "szcore": (2, 3, 2),
    "spindles": (2, 3, 2),
    "proposals": (2, 3, 2),
    **dict.fromkeys(("intersection", "psds", "psds_scenario2"), (2, 3, 2)),
    # 10 of 15 s are less than 0.7
    "psds_scenario1": (1, 3, 2),
    # found by any overlap, falsely predicted, annotated; what reaches over both stretches is two
    "range_based": (3, 4, 3),
    # correct, predicted and annotated pieces
    "ward": (3, 4, 3),
    "segmental": (2, 4, 3),
}
OPTIONS = {
    "spindles": {"thresholds": (0.2,)},
    "proposals": {"thresholds": (0.5,)},
    "tiou": {"thresholds": (0.5,)},
    "segmental": {"thresholds": (0.5,)},
    "activitynet": {"thresholds": (0.5,)},
    "thumos14": {"thresholds": (0.5,)},
    "sed_eval_event": {"onset": 1.0, "offset": 1.0},
    "szcore": {"min_gap": 0.5, "before": 1.0, "after": 2.0},
}


def test_every_preset_that_takes_stretches_has_its_closed_form():
    assert sorted(SIZES) == sorted(HONOURED)


@pytest.mark.parametrize("name", SIZES)
def test_closed_forms(name):
    report = report_of(name, SCORED, **OPTIONS.get(name, {}))
    found = [float(report[size].sum()) for size in ("intersection", "size_a", "size_b")]
    assert found == list(SIZES[name])
    assert report.attrs["support"] == "35 s in 2 stretches of 1 file"


@pytest.mark.slow
def test_lengths_are_the_total_of_the_stretches():
    time = report_of("time", SCORED)
    # 35 s in all
    assert float(time.true_negatives) == 35 - 20 - 10 + 9
    assert float(time.accuracy) == (9 + 14) / 35
    assert float(report_of("time", SCORED, by="label").true_negatives.item()) == 14
    assert float(report_of("sed_eval_segment", SCORED).true_negatives) == 14
    alone = events([30, 35])
    seizures = report_of("szcore", SCORED, alone, alone[:0])
    assert float(seizures.false_alarms_per_24h) == pytest.approx(86400 / 35, rel=1e-15)
    by_file = report_of("szcore", SCORED, alone, alone[:0], by="file")
    assert by_file.false_alarms_per_24h.shape == (1,)
    assert float(confusion_matrix(PREDICTED, ANNOTATED, support=SCORED)[-1, -1]) == 14


def test_a_reference_reaches_on_within_its_stretches():
    late, early = events([25, 30]), events([10, 15])
    whole = stretches([0, 100])
    parts = stretches([0, 20], [25, 100])
    options = {"outside": "dropped", "min_gap": 0}
    assert float(compare(late, early, "szcore", support=whole, **options).recall) == 1
    assert float(compare(late, early, "szcore", support=parts, **options).recall) == 0


def test_each_stretch_has_a_grid_of_its_own():
    a = events([0.6, 1.4], [10.6, 11.4])
    report = report_of("sed_eval_segment", stretches([0.5, 2.5], [10.5, 13.0]), a, a)
    # [0.5, 1.5) and [10.5, 11.5) of 2 + 3 segments
    assert (int(report.intersection), int(report.true_negatives)) == (2, 3)
    # the last segment of a stretch does not reach into the next
    near = report_of("sed_eval_segment", stretches([0.0, 1.5], [1.75, 2.75]), events([1.8, 1.9]), events([1.8, 1.9]))
    assert int(near.size_b) == 1


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_one_stretch_is_as_good_as_two_that_touch(name):
    options = OPTIONS.get(name, {})
    whole = report_of(name, stretches([0, 15], [20, 40]), **options)
    parts = report_of(name, stretches([30, 40], [0, 5], [5, 15], [20, 30]), **options)
    assert whole.identical(parts)


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_stretches_that_hold_all_events_cut_none(name):
    a, b = PREDICTED.iloc[[0, 1, 3]], ANNOTATED.iloc[:2]
    options = OPTIONS.get(name, {})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one = compare(a, b, name, support=stretches([0, 50]), **outside_of(name), **options)
    several = report_of(name, stretches([0, 26], [28, 52]), a, b, **options)
    for size in ("intersection", "size_a", "size_b", "precision", "recall"):
        np.testing.assert_allclose(one[size], several[size], rtol=1e-12)


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_what_is_outside_is_said_and_listed(name):
    with pytest.warns(UserWarning, match="outside the support") as caught:
        scored = assess(PREDICTED, ANNOTATED, name, support=SCORED, **outside_of(name), **OPTIONS.get(name, {}))
    first, second = (str(warning.message) for warning in caught)
    assert "2 of 4 events of the prediction lie outside the support" in first
    assert "10 to 25 s of 'f', which is scored in 2 stretches from 0 to 40 s" in first
    assert "2 of 3 events of the reference" in second
    counts = scored.skipped.groupby(["side", "reason"]).size().to_dict()
    outside = {("prediction", OUTSIDE): 1, ("reference", OUTSIDE): 1}
    cut = {("prediction", CUT): 1, ("reference", CUT): 1}
    assert counts == (outside | cut if PROTOCOLS[name].stretches == "cut" else outside)

    assert "16 to 19 s" in set(scored.skipped["where"])


def outside_of(name):
    return {"outside": "dropped"} if PROTOCOLS[name].stretches == "whole" else {}


@pytest.mark.parametrize("name", ["szcore", "spindles", "sed_eval_event", "activitynet", "thumos14", "proposals"])
def test_presets_count_what_their_tools_count_unless_they_are_corrected(name):
    """A peer that knows no stretches counts an event past the end of a recording."""
    a, b = events([1, 5], [70, 75]), events([1, 5])
    with pytest.warns(UserWarning, match='count all the same; outside="dropped" leaves out'):
        theirs = compare(a, b, name, support=60.0, **OPTIONS.get(name, {}))
    ours = report_of(name, 60.0, a, b, **OPTIONS.get(name, {}))
    assert (float(theirs.size_a.max()), float(ours.size_a.max())) == (2, 1)
    with pytest.raises(UsageError, match="the support has 2 stretches of 'f', and .* counts events between them"):
        compare(a, b, name, support=SCORED)
    # the remedy, followed
    with pytest.warns(UserWarning, match="1 wholly outside are left out, the others are scored whole"):
        report = compare(a, b, name, support=SCORED, outside="dropped", **OPTIONS.get(name, {}))
    assert float(report.size_a.max()) == 1


def test_protocols_of_one_stretch_refuse_several():
    own = replace(PROTOCOLS["tiou"], stretches="one")
    with pytest.raises(UsageError, match="2 stretches of 'f', and custom scores one of each file; give each stretch"):
        compare(PREDICTED, ANNOTATED, own, support=SCORED)
    for name in REFUSED:
        with pytest.raises(UsageError, match=f"{name} scores one of each file"):
            compare(PREDICTED, ANNOTATED, name, support=SCORED)


def test_a_point_at_the_end_is_scored():
    point = events([40, 40], [60, 60])
    with pytest.warns(UserWarning, match="1 of 2 events"):
        report = compare(point, point, "tiou", support=SCORED, thresholds=(0.5,))
    assert int(report.intersection.item()) == 1


def test_the_picture_of_a_file_of_several_stretches():
    with pytest.warns(UserWarning, match="outside"):
        scored = assess(PREDICTED, ANNOTATED, "time", support=SCORED)
    texts = [text.get_text() for text in plot_scored(scored, file="f").get_legend().get_texts()]
    assert texts == ["in both (9 s)", "only prediction (11 s)", "only reference (1 s)", "not scored"]


def test_files_and_a_uem(tmp_path):
    from domains.events.files.io import read_durations

    PREDICTED.drop(columns="file").to_csv(tmp_path / "p.csv", index=False)
    ANNOTATED.drop(columns="file").to_csv(tmp_path / "f.csv", index=False)
    (tmp_path / "f.uem").write_text("f 1 0 15\nf 1 20 40\n")
    with pytest.warns(UserWarning, match="outside"):
        found = score(tmp_path / "p.csv", tmp_path / "f.csv", "time", support=read_durations(tmp_path / "f.uem"))
    assert float(found.report.intersection) == 9
    assert found.skipped["reason"].tolist() == [CUT, OUTSIDE, CUT, OUTSIDE]


# ---- events without duration, where time is measured

POINT_AND_EVENT = events([3, 3], [9, 10])
MEASURES_TIME = ("time", "szcore_sample", "nist_der", "pyannote_der", "jer", "ward", "segmental")
LEAVES_POINTS_OUT = ("intersection", "psds", "psds_scenario1", "psds_scenario2")


def test_these_presets_need_a_duration():
    named = {name for name, protocol in PROTOCOLS.items() if protocol.needs_duration(protocol.settings)}
    assert named == {*MEASURES_TIME, *LEAVES_POINTS_OUT}
    corrected = {name for name in named if PROTOCOLS[name].needs_duration(PROTOCOLS[name].configure(corrected=True))}
    assert corrected == set(MEASURES_TIME)


@pytest.mark.parametrize("name", [*MEASURES_TIME, *LEAVES_POINTS_OUT])
def test_an_event_without_duration_is_listed(name):
    with pytest.warns(UserWarning, match=r"1 of 2 events of the \w+ have no duration \(the first: at 3 s of 'f'\)"):
        scored = assess(POINT_AND_EVENT, POINT_AND_EVENT, name, support=20.0)
    assert scored.skipped[["side", "where", "reason"]].to_numpy().tolist() == [
        ["prediction", "3 to 3 s", NOTHING],
        ["reference", "3 to 3 s", NOTHING],
    ]
    assert float(scored.report()["size_b"].max()) == 1


def test_the_remedies_count_it():
    report = compare(POINT_AND_EVENT, POINT_AND_EVENT, "tiou", thresholds=[0.5])
    assert report.size_b.item() == 2
    widened = add_margins(POINT_AND_EVENT, after=0.5)
    assert float(compare(widened, widened, "time", support=20.0).size_b) == 2


def test_a_point_outside_what_was_scored_is_listed_once():
    with pytest.warns(UserWarning, match="no duration"):
        scored = assess(events([30, 30]), events([1, 2]), "time", support=20.0)
    assert scored.skipped["reason"].tolist() == [NOTHING]
