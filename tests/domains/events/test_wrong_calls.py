"""Public functions that get something else than they take: one line that names the function, and what to pass."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from domains import events

EVENTS = pd.DataFrame({"onset": [1.0], "offset": [2.0]})
REPORT = events.compare(EVENTS, EVENTS)
SCORED = events.assess(EVENTS, EVENTS)

WANTS = {
    "scored": [
        events.plot_scored,
        events.plot_precision_recall,
        events.psds_curve,
        events.score_subjects,
        events.confidence_interval,
    ],
    "report": [events.summarise, events.plot_over_tiou],
    "table": [events.plot_protocols, events.average_subjects],
    "curve": [events.plot_psd_roc],
    "path": [events.read_events, lambda path: events.write_events(EVENTS, path)],
    "paths": [lambda path: events.score(path, path), lambda path: events.convert(path, path)],
    "events": [
        events.as_events,
        lambda table: events.compare(table, EVENTS),
        lambda table: events.clean(table, merge=1.0),
        lambda table: events.drop_short(table, 1.0),
    ],
    "tracks": [lambda tracks: events.frame_overlap(tracks, 1, 2, rate=25)],
}
WRONG = {"None": None, "a dict": {"a": 1}, "an object": object(), "a number": 3, "a report": REPORT, "scored": SCORED}
OTHERS = {"a text": "x", "a list": ["x"], "a table": pd.DataFrame({"x": [1]}), "no table": pd.DataFrame()}
FITTING = {"a report": "report", "scored": "scored", "a text": ("path", "paths")}


def refused(function, value):
    """Return with what a call ends."""
    try:
        function(value)
    except (TypeError, ValueError) as error:
        return str(error)
    return "nothing is said"


@pytest.mark.parametrize(
    ("wanted", "function"),
    [pytest.param(wanted, each, id=f"{wanted}-{k}") for wanted, all_ in WANTS.items() for k, each in enumerate(all_)],
)
def test_something_else_is_one_line_of_the_function(wanted, function):
    for name, value in {**WRONG, **OTHERS}.items():
        if wanted not in FITTING.get(name, ()):
            assert re.fullmatch(r"events\.\w+: [^\n]+", refused(function, value)), name


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: events.score_subjects(REPORT), "scored is a Dataset; pass what events.assess returns"),
        (lambda: events.plot_over_tiou(SCORED), "report is a Scored; pass what events.compare returns"),
        (lambda: events.plot_protocols(pd.DataFrame()), "the table has no column protocol; pass what events.compare_p"),
        (lambda: events.score_subjects(SCORED, None), 'group is a NoneType; pass "bids", "file", a column'),
        (lambda: events.confidence_interval(SCORED, "iou"), "1 recording says something of iou, and an interval needs"),
        (lambda: events.confidence_interval(SCORED, level=95), "level must be a number > 0 and < 1; got 95"),
        (
            lambda: events.average_subjects(pd.DataFrame({"subject": [1]}), n_resamples="x"),
            "n_resamples must be a whole",
        ),
        (lambda: events.compare(EVENTS, EVENTS, by=3), "by must be one of 'label', 'file', None; got 3"),
        (lambda: events.list_protocols(3), r'protocols is a int; pass a list of names, such as \["szcore", "tiou"\]'),
        (lambda: events.as_support(3.0, "night"), "files is a str; pass a list of names"),
        (lambda: events.write_events(EVENTS, "a.csv", drop=3), "drop is a int; pass a list of names"),
        (lambda: events.score("a", "b", executor="x"), "executor is a str; pass a concurrent.futures.Executor"),
        (lambda: events.plot_scored(SCORED, most="x"), "most must be a whole number >= 1; got 'x'"),
        (lambda: events.player_and_ball(lost=2), "lost must be a number >= 0 and <= 1; got 2"),
    ],
)
def test_what_the_line_says(call, message):
    with pytest.raises((TypeError, ValueError), match=rf"^events\.\w+: {message}"):
        call()


def test_the_remedies_followed():
    assert events.summarise(SCORED.report())["iou"].tolist() == [1.0]
    assert events.score_subjects(SCORED, "file")["iou"].tolist() == [1.0]
