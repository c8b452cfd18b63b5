"""Every setting of every protocol, with values of the wrong kind, range, choice and unit."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import fields
from math import inf, nan

import numpy as np
import pytest

from domains._checks import UsageError
from domains.events import PROTOCOLS, compare
from overlap import EmptyPolicy

CHOICE = ["bogus", None, 3, ["rows"]]
NUMBER = ["0.5", nan, True, [0.5], -1]
AMOUNT = [*NUMBER, None, inf]
SECONDS = [*NUMBER, None]
SHARE = [*AMOUNT, 50]
ABOVE_ZERO = [*AMOUNT, 0]
WRONG = {
    "order": CHOICE,
    "points": CHOICE,
    "shape": CHOICE,
    "matching": CHOICE,
    "substitutions": CHOICE,
    "ties": CHOICE,
    "outside": CHOICE,
    "equals": CHOICE,
    "grid_points": CHOICE,
    "mask_rate": [*NUMBER, inf, 0],
    "reference_threshold": [0.22, "0.2", None, 20],
    "top": [0, [], 1.0, "1", None, [0], [1.5], [True], [-1]],
    "most": [0, 1.5, True, None, "100", [100]],
    "thresholds": [50, "0.5", (), [50], [0], [-0.5], [1.5], [nan], ["0.5"], [[0.5]], None, [True], 10**400, {0.5: 1}],
    "tolerance": AMOUNT,
    "slack": AMOUNT,
    "eps": AMOUNT,
    "duplicates": [*NUMBER, inf],
    "onset": [*NUMBER, inf],
    "offset": [*NUMBER, inf],
    "offset_share": SHARE,
    "min_overlap": SHARE,
    "min_gap": SECONDS,
    "before": SECONDS,
    "after": SECONDS,
    "max_duration": ABOVE_ZERO,
    "resolution": ABOVE_ZERO,
    "rate": [*NUMBER, inf, 0],
    "labels": [3, [3], [], {"sz": 1}],
    "empty": ["nan", None, True, [0.0], 10**400],
    "collar": AMOUNT,
    "collar_is": CHOICE,
    "skip_overlap": ["yes", None, 2],
    "extent": CHOICE,
    "turns": CHOICE,
    "repeated": CHOICE,
    "mapped_on": CHOICE,
    "mapping": CHOICE,
    "without_reference": CHOICE,
    "precision_alpha": SHARE,
    "recall_alpha": SHARE,
    "cardinality": CHOICE,
    "precision_bias": CHOICE,
    "recall_bias": CHOICE,
    "beta": [*AMOUNT, 1e308],
    "background": [3, [3], "background"],
    "window": AMOUNT,
    "times": CHOICE,
    "trim": ["yes", None, 2],
    "begin": ["0.5", nan, True, [0.5], inf],
    "pitch_tolerance": [*NUMBER, inf],
    "pitch_unit": CHOICE,
    "velocity_tolerance": [*NUMBER, inf],
    "strict": ["yes", None, 2],
    "decimals": ["4", -1, 13, 0.5],
    "positive": [3, None, ["POS"]],
    "unknown": [3, None, ["UNK"]],
    "shots": [*AMOUNT, 2.5],
    "subsets": [3, "HB", ["HB"]],
    "min_iou": SHARE,
    "silent": CHOICE,
    "early": CHOICE,
    "floor": [*NUMBER, inf, 0, 2],
    "macro": CHOICE,
    "dtc": [*SHARE, 0],
    "gtc": [*SHARE, 0],
    "cttc": [*SHARE, 0],
    "alpha_ct": SHARE,
    "alpha_st": AMOUNT,
    "max_efpr": [*NUMBER, inf, 0],
    "unit": ABOVE_ZERO,
    "version": CHOICE,
    "rows": CHOICE,
    "single": CHOICE,
    "f1_needs_both": ["yes", None, 2],
}
SETTINGS = {name: [f.name for f in fields(protocol.settings)] for name, protocol in PROTOCOLS.items()}
EVENTS = np.array([[1.0, 2.0], [5.0, 9.0]])


def test_every_setting_has_wrong_values_here():
    assert set().union(*SETTINGS.values()) == set(WRONG)


@pytest.mark.parametrize(
    ("protocol", "setting", "value"),
    [
        ("tiou", "thresholds", "(0.5,)"),
        ("sed_eval_segment", "labels", "dog"),
        ("sed_eval_segment", "labels", 3),
    ],
)
def test_the_remedy_works_in_python_and_as_json(protocol, setting, value):
    with pytest.raises(UsageError) as caught:
        compare(EVENTS, EVENTS, protocol, **{setting: value})
    remedy = re.search(r"pass (?:a list such as )?(\[.*\])$", str(caught.value)).group(1)
    for read in (json.loads, ast.literal_eval):
        compare(EVENTS, EVENTS, protocol, **{setting: read(remedy)})


def refused(protocol, setting, value):
    """Return with what a comparison ends."""
    try:
        compare(EVENTS, EVENTS, protocol, **{setting: value})
    except UsageError as error:
        return str(error)
    return "nothing is said"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_wrong_values_are_refused_by_name(protocol):
    for setting in SETTINGS[protocol]:
        for value in WRONG[setting]:
            said = refused(protocol, setting, value)
            assert re.match(rf"events\.assess: {setting}.* must be .*", said), (setting, value)


@pytest.mark.parametrize(
    ("protocol", "parameters", "message"),
    [
        ("tiou", {"thresholds": "0.5"}, r"thresholds must be a number or a sequence of numbers; got '0.5': pass \["),
        ("tiou", {"tolerance": 10**5000}, "tolerance must be a number >= 0; got a whole number of 16610 bits"),
        ("tiou", {"thresholds": [0.5, 70]}, r"thresholds\[1\] must be a number > 0 and <= 1; got 70"),
        ("sed_eval_segment", {"labels": "dog"}, r"labels must be a sequence of text; got 'dog': pass \[\"dog\"\]"),
        ("sed_eval_event", {"onset": None, "offset": None}, "neither onset nor offset has a collar"),
        ("sed_eval_event", {"matching": "bogus"}, "matching must be one of 'optimal', 'greedy'; got 'bogus'"),
        ("sed_eval_segment", {"resolution": -1}, "resolution must be a number > 0; got -1"),
    ],
)
def test_what_the_message_says(protocol, parameters, message):
    with pytest.raises(UsageError, match=f"^events.assess: {message}"):
        compare(EVENTS, EVENTS, protocol, **parameters)


@pytest.mark.parametrize(
    ("protocol", "parameters"),
    [
        ("tiou", {"thresholds": np.array([0.5, 1.0]), "duplicates": 0, "empty": 0}),
        ("tiou", {"thresholds": [np.float32(0.5)], "empty": EmptyPolicy(1.0)}),
        ("tiou", {"thresholds": 0.5}),
        ("segmental", {"thresholds": 0.5}),
        ("szcore", {"before": inf, "after": 0, "min_gap": inf, "labels": ["sz", "eye"], "rate": None}),
        ("szcore", {"min_overlap": 1, "max_duration": 7, "labels": "*"}),
        ("sed_eval_event", {"onset": None, "offset": 0, "offset_share": 1}),
        ("sed_eval_segment", {"labels": ["x"], "resolution": np.int64(2)}),
        ("szcore_sample", {"rate": None}),
    ],
)
def test_values_that_are_right(protocol, parameters):
    assert compare(EVENTS, EVENTS, protocol, support=20.0, **parameters).attrs["protocol"] == protocol


@pytest.mark.parametrize(
    ("empty", "written"), [(nan, None), (inf, "inf"), (0, 0), (EmptyPolicy(1.0), {"both_empty": 1.0})]
)
def test_the_settings_of_a_report_are_json(empty, written):
    def refuse(word):
        raise AssertionError(word)

    report = compare(EVENTS, EVENTS, "tiou", empty=empty)
    found = json.loads(report.attrs["parameters"], parse_constant=refuse)["empty"]
    assert found == written or found.items() >= written.items()


def test_corrected_is_on_or_off():
    with pytest.raises(UsageError, match="events.assess: corrected must be one of True, False; got 'yes'"):
        compare(EVENTS, EVENTS, "szcore", corrected="yes")
