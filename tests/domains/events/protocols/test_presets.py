"""Laws: what may not change a score. For each preset they hold, or the smallest case where they do not is written down.

Every preset is invariant once it is corrected. The presets as they are compare times bit by bit, round them to samples,
or go by the order of rows; ``COUNTEREXAMPLES`` shows each at its fault.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domains.events import PROTOCOLS, compare
from domains.events.cli import ByName, KindName, ProtocolName
from domains.events.formats import FORMATS
from domains.events.protocols.scored import as_dict

# random tables need not share a file or a label
pytestmark = pytest.mark.filterwarnings("ignore:events.assess:UserWarning")

IN_SECONDS = {"onset", "offset", "before", "after", "min_gap", "max_duration", "resolution", "duplicates", "collar"} | {
    "window"
}
SHORT = {
    "szcore": {"labels": "*", "before": 1.0, "after": 2.0, "min_gap": 0.5, "max_duration": 2.0},
    "szcore_sample": {"labels": "*"},
    "sed_eval_segment": {"resolution": 0.1},
    "dcase_fewshot": {"shots": 0},
}
LENGTH = 40.0


def moved(events, shift, scale):
    return events.assign(onset=(events["onset"] + shift) * scale, offset=(events["offset"] + shift) * scale)


def as_labelled(name, a, b):
    """Return both sides with the labels that a preset asks for."""
    if name != "dcase_fewshot":
        return a, b
    return a.assign(label="POS"), b.assign(label=b["label"].replace({"x": "POS", "y": "UNK"}))


def figures(name, a, b, *, corrected, shift=0.0, scale=1.0, **more):
    """Every figure of a report, with all that is in seconds moved and scaled, settings and support too."""
    given_ = as_dict(PROTOCOLS[name].configure(corrected=corrected)) | SHORT.get(name, {}) | more
    options = {k: x * scale if k in IN_SECONDS and x is not None else x for k, x in given_.items()}
    if options.get("rate") is not None:
        options["rate"] /= scale
    a, b = as_labelled(name, a, b)
    files = sorted({*a["file"], *b["file"]})
    support = pd.DataFrame({"file": files, "onset": shift * scale, "offset": (LENGTH + shift) * scale})
    report = compare(
        moved(a, shift, scale), moved(b, shift, scale), name, support=support, corrected=corrected, **options
    )
    report = report.drop_vars(["n_defined", "false_alarms_per_24h"], errors="ignore")
    unit = scale if report.attrs["units"] == "seconds" else 1.0
    seconds = ("intersection", "size_a", "size_b", "missed", "false_alarm", "confused", "true_negatives")
    in_seconds = {"onset_bias", "onset_error", "offset_bias", "offset_error", "latency"}
    return {
        k: np.asarray(x, float)
        / (scale if k in in_seconds or k.endswith("_seconds") else unit if k in seconds else 1.0)
        for k, x in report.data_vars.items()
    }


def differences(first, second):
    return [k for k in first if not np.allclose(first[k], second[k], rtol=1e-7, atol=1e-9, equal_nan=True)]


def table(*rows):
    """One file's events: onset, offset and, if it matters, label."""
    full = [(*row, "x")[:3] for row in rows]
    return pd.DataFrame(full, columns=["onset", "offset", "label"]).assign(confidence=0.5, file="f", pitch=440.0)


# p and q share 0.5 s with the reference, p in two turns
TIE = table([0.1, 0.5, "p"], [0.8, 0.9, "p"], [0.4, 0.9, "q"], [8, 9, "q"]), table([0.1, 0.9])

LAWS = {
    "shift": lambda x: {"shift": x},
    "scale": lambda x: {"scale": x},
    "rows": lambda x: {},
}
HELD = [
    *((name, law) for name in ("time", "tiou", "affiliation", "range_based", "segmental", "ward") for law in LAWS),
    ("szcore_sample", "rows"),
    ("sed_eval_segment", "rows"),
    ("spindles", "rows"),
    *((name, "rows") for name in ("nist_der", "pyannote_der", "jer", "mir_eval_onset")),
]
# name, law: prediction, reference, how far to shift or scale, settings, what changes
COUNTEREXAMPLES = {
    ("szcore", "shift"): (table([1, 1.05]), table([1, 1.05]), 0.05, {}, "recall"),
    ("szcore", "scale"): (table([0, 0.05]), table([0, 0.05]), 3, {}, "recall"),
    ("szcore", "rows"): (table([30, 31]), table([0, 9], [30, 31]), None, {"min_gap": 30, "max_duration": 60}, "recall"),
    ("szcore_sample", "shift"): (table([1, 1.4]), table([1, 1.4]), 0.2, {}, "size_a"),
    ("szcore_sample", "scale"): (table([14.5, 20]), table([14.5, 20]), 0.1, {}, "size_a"),
    ("sed_eval_event", "shift"): (table([0.2, 1.2]), table([0, 1]), 2, {}, "f1"),
    ("sed_eval_event", "scale"): (table([0.8, 1.8]), table([0.6, 1.6]), 10, {}, "f1"),
    ("sed_eval_event", "rows"): (
        table([0.1, 5, "p"], [0, 5, "q"]),
        table([0.1, 5, "r"], [0.25, 5, "s"]),
        *(None, {}, "substitutions"),
    ),
    ("sed_eval_segment", "shift"): (table([0.3, 0.4]), table([0.3, 0.4]), 0.2, {}, "size_b"),
    ("sed_eval_segment", "scale"): (table([0.3, 0.4]), table([0.3, 0.4]), 10, {}, "size_b"),
    ("activitynet", "shift"): (table([0, 0.3]), table([0, 0.6]), 2, {}, "average_map"),
    ("activitynet", "scale"): (table([0.3, 0.6]), table([0.3, 0.9]), 7, {}, "average_map"),
    ("activitynet", "rows"): (table([0, 1], [5, 6]), table([0, 1]), None, {}, "average_map"),
    ("thumos14", "shift"): (table([0, 0.3]), table([0, 1]), 2, {}, "average_map"),
    ("thumos14", "scale"): (table([0.2, 0.5]), table([0.2, 1.2]), 7, {}, "average_map"),
    ("thumos14", "rows"): (table([0, 1], [5, 6]), table([0, 1]), None, {}, "average_map"),
    ("mir_eval_onset", "shift"): (table([0.12, 1]), table([0.17, 1]), 1, {}, "f1"),
    ("mir_eval_onset", "scale"): (table([0.12, 1]), table([0.17, 1]), 3, {}, "f1"),
    ("mir_eval_transcription", "shift"): (table([0.05005, 1]), table([0, 1]), 2, {}, "f1"),
    ("mir_eval_transcription", "scale"): (table([0.05005, 1]), table([0, 1]), 10, {}, "f1"),
    ("mir_eval_transcription", "rows"): (
        table([1.04, 1.96], [1, 2]),
        table([1, 2]),
        *(None, {}, "overlap_ratio"),
    ),
    ("dcase_fewshot", "shift"): (table([0, 0.3]), table([0, 1]), 0.1, {}, "f1"),
    ("dcase_fewshot", "scale"): (table([0.1, 0.4]), table([0.1, 1.1]), 7, {}, "f1"),
    ("dcase_fewshot", "rows"): (table([5, 6]), table([0, 1], [5, 6], [8, 9]), None, {"shots": 1}, "f1"),
    ("proposals", "shift"): (table([0, 0.3]), table([0, 0.6]), 2, {}, "auc"),
    ("proposals", "scale"): (table([0.3, 0.6]), table([0.3, 0.9]), 7, {}, "auc"),
    ("proposals", "rows"): (table([0, 1], [5, 6]), table([0, 1]), None, {}, "auc"),
    ("spindles", "shift"): (table([0, 0.1]), table([0, 0.5]), 2, {}, "reference_f1"),
    ("spindles", "scale"): (table([0, 0.1]), table([0, 0.5]), 3, {}, "reference_f1"),
    **{(name, "shift"): (*TIE, 0.1, {}, "jer") for name in ("nist_der", "pyannote_der", "jer")},
    **{(name, "scale"): (*TIE, 0.1, {}, "jer") for name in ("nist_der", "pyannote_der", "jer")},
}


def test_every_preset_and_law_is_held_or_has_its_counterexample():
    assert sorted([*HELD, *COUNTEREXAMPLES]) == sorted((name, law) for name in PROTOCOLS for law in LAWS)


@pytest.mark.parametrize(("name", "law"), COUNTEREXAMPLES)
def test_counterexamples_of_the_presets_hold_when_corrected(name, law):
    a, b, amount, options, what = COUNTEREXAMPLES[name, law]
    other = (a, b) if law != "rows" else (a[::-1], b[::-1])
    for corrected in (False, True):
        before = figures(name, a, b, corrected=corrected, **options)
        after = figures(name, *other, corrected=corrected, **LAWS[law](amount), **options)
        assert (what in differences(before, after)) is not corrected


TENTHS = st.integers(0, 80).map(lambda k: k / 10)


@st.composite
def events(draw, most):
    rows = draw(st.lists(st.tuples(TENTHS, st.integers(0, 25)), max_size=most))
    n = len(rows)
    pick = [draw(st.lists(st.sampled_from(x), min_size=n, max_size=n)) for x in ("fg", "xy", (0.25, 0.5, 0.75))]
    onset = np.array([r[0] for r in rows])
    offset = np.round([r[0] + r[1] / 10 for r in rows], 1)
    return pd.DataFrame(
        {"onset": onset, "offset": offset, "file": pick[0], "label": pick[1], "confidence": np.array(pick[2], float)}
    ).assign(pitch=440.0)


@st.composite
def pairs_of_tables(draw):
    """A reference, and a prediction that is often its own events a collar away."""
    b = draw(events(4))
    near = st.sampled_from([0, 0.1, 0.2, -0.1])
    a = b.assign(
        onset=[np.round(max(x + draw(near), 0), 1) for x in b["onset"]],
        offset=[np.round(x + draw(near), 1) for x in b["offset"]],
    )
    a = a[a["offset"] >= a["onset"]]
    extra = draw(events(2))
    a = pd.concat([x for x in (a, extra) if len(x)] or [a], ignore_index=True)
    return a, b


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("name", PROTOCOLS)
@settings(max_examples=12)
@given(data=st.data())
def test_corrected_presets_are_invariant(name, law, data):
    a, b = data.draw(pairs_of_tables())
    amount = data.draw(st.sampled_from([0.1, 0.3, 2.0] if law == "shift" else [0.1, 3.0, 7.0]))
    order = [np.array(data.draw(st.permutations(range(len(x)))), int) for x in (a, b)]
    other = (a, b) if law != "rows" else tuple(x.iloc[k] for x, k in zip((a, b), order, strict=True))
    corrected = (name, law) not in HELD
    before = figures(name, a, b, corrected=corrected)
    after = figures(name, *other, corrected=corrected, **LAWS[law](amount))
    assert differences(before, after) == []


@pytest.mark.parametrize("name", PROTOCOLS)
def test_presets_are_data(name):
    preset = PROTOCOLS[name]
    known = as_dict(preset.settings)
    assert set(preset.corrected) <= set(known)
    assert bool(preset.corrected) == bool(preset.faults)
    assert as_dict(preset.configure(corrected=True)) == known | dict(preset.corrected)
    assert preset.configure(corrected=True, empty=7.0).empty == 7.0
    assert preset.description() is not None, f"{name}: give it describe= and headline=, as the presets beside it have"
    assert preset.headline is not None


def test_the_command_line_knows_the_same_names():
    assert [x.value for x in ProtocolName] == list(PROTOCOLS)
    assert [x.value for x in KindName] == list(FORMATS)
    assert [x.value for x in ByName] == ["label", "file"]
