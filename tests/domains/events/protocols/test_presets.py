"""Laws: what may not change a score. For each preset and law: it holds, or the smallest case where it does not.

``HELD`` lists where the community's number itself is invariant, ``EXAMPLES`` has a case for each other cell, with both
numbers and the reason. An example either ends once the preset is corrected (the case is a fault: a comparison bit by
bit, a rounding to samples, an order of rows), or it stays, since the score is meant so (a tolerance that reaches
further after an event than before it).

What holds is asserted on a scene of 16 recordings, recording by recording and pooled, for the preset or, where that has
a fault, for the corrected one. Times are tenths of a second, on which last bits matter; far away, at 1e9 s, they are
64ths, which floats hold there. A preset that is registered without a row here fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from domains.events import PROTOCOLS, assess
from domains.events.flags import ByName, KindName, ProtocolName
from domains.events.formats import FORMATS
from domains.events.protocols.scored import as_dict

# random tables need not share a file or a label
pytestmark = pytest.mark.filterwarnings("ignore:events.assess:UserWarning")

# odd, so that what is even begins after what is odd in time that runs backward
LENGTH = 41.0
N_RECORDINGS = 16
NAMES = [f"f{k:02}" for k in range(N_RECORDINGS)]

# settings that are seconds, and figures that are
IN_SECONDS = {"onset", "offset", "before", "after", "min_gap", "max_duration", "resolution", "duplicates", "collar"} | {
    "window",
    "unit",
}
ALWAYS_SECONDS = {f"{boundary}_{figure}" for boundary in ("onset", "offset") for figure in ("bias", "sd", "error")}
ALWAYS_SECONDS |= {"latency", "latency_sd", "latency_median"}
SECONDS = {"intersection", "size_a", "size_b", "missed", "false_alarm", "confused", "true_negatives"}
# settings that fit the scene's length and labels
FITTING = {
    "szcore": {"labels": "*", "before": 1.0, "after": 2.0, "min_gap": 0.5, "max_duration": 2.0},
    "szcore_sample": {"labels": "*"},
    "sed_eval_segment": {"resolution": 0.1},
    "dcase_fewshot": {"shots": 0},
}


class Scene(NamedTuple):
    """A prediction, a reference and what was scored; and how many seconds of it are one of the settings'."""

    a: pd.DataFrame
    b: pd.DataFrame
    support: pd.DataFrame
    unit: float = 1.0


# ---- the laws


def at(scene, where):
    """Move every time."""
    tables = [x.assign(onset=where(x["onset"]), offset=where(x["offset"])) for x in scene[:3]]
    return Scene(*tables)


def shifted(scene, amount=2.0):
    return at(scene, lambda time: time + amount)


def shifted_far(scene, amount=1e9):
    return at(scene, lambda time: time + amount)


def scaled(scene, amount=7.0):
    return at(scene, lambda time: time * amount)._replace(unit=amount)


def reversed_in_time(scene, amount=LENGTH):
    tables = [x.assign(onset=amount - x["offset"], offset=amount - x["onset"]) for x in scene[:2]]
    return Scene(*tables, scene.support)


def relabelled(scene, amount=None):
    """Call x and y otherwise, so that their order is another."""
    tables = [x.assign(label=x["label"].map({"p": "s", "q": "r", "x": "z", "y": "w"})) for x in scene[:2]]
    return Scene(*tables, scene.support)


def permuted(scene, amount=None):
    return Scene(scene.a[::-1], scene.b[::-1], scene.support)


def joined(scene, amount=LENGTH):
    """Write each two recordings as one, the second after the first."""
    tables = []
    for x in scene[:3]:
        number = x["file"].str[1:].astype(int)
        later = number % 2 * amount
        named = (number // 2).map(NAMES.__getitem__)
        tables.append(x.assign(file=named, onset=x["onset"] + later, offset=x["offset"] + later))
    return Scene(*tables)


LAWS = {
    "shift": shifted,
    "far": shifted_far,
    "scale": scaled,
    "reversal": reversed_in_time,
    "labels": relabelled,
    "rows": permuted,
    "recordings": joined,
}
IN_WORDS = {
    "shift": "later by 2 s",
    "far": "later by 10⁹ s",
    "scale": "7 times as long",
    "reversal": "backward",
    "labels": "other labels",
    "rows": "other order of rows",
    "recordings": "recordings split",
}


# ---- figures


def as_labelled(name, a, b):
    """Return both sides with the labels that a preset asks for."""
    if name != "dcase_fewshot":
        return a, b
    return a.assign(label="POS"), b.assign(label=b["label"].replace({"x": "POS", "z": "POS", "y": "UNK", "w": "UNK"}))


def figures(name, scene, law="", *, corrected, pooled_only=False, by_file_only=False, **more):
    """Every figure of a report, pooled and by file; what is in seconds in those of the settings."""
    unit = scene.unit
    given = as_dict(PROTOCOLS[name].configure(corrected=corrected)) | FITTING.get(name, {}) | more
    options = {k: x * unit if k in IN_SECONDS and x is not None else x for k, x in given.items()}
    if options.get("rate") is not None:
        options["rate"] /= unit
    a, b = as_labelled(name, scene.a, scene.b)
    scored = assess(a, b, name, support=scene.support, corrected=corrected, **options)
    found = {}
    for by in (None,) if pooled_only else ("file",) if by_file_only else (None, "file"):
        report = scored.report(by).drop_vars("n_defined")
        # false alarms are seconds or events in 24 hours
        are_seconds = report.attrs["units"] == "seconds"
        units = dict.fromkeys(SECONDS, unit) if are_seconds else {"false_alarms_per_24h": 1 / unit}
        units |= dict.fromkeys(ALWAYS_SECONDS, unit)
        units |= {str(k): unit for k in report if str(k).endswith("_seconds")}
        if law == "labels":
            of_labels = [dim for dim in ("class", "prediction", "reference") if dim in report.dims]
            report = report.isel({dim: slice(None, None, -1) for dim in of_labels})
        for k, x in report.data_vars.items():
            found[str(k), by] = np.asarray(x, float) / units.get(str(k), 1.0)
    return found


def differences(first, second):
    keys = [key for key in first if key in second]
    return [key for key in keys if not np.allclose(first[key], second[key], rtol=1e-7, atol=1e-9, equal_nan=True)]


def whole(length=LENGTH, names=NAMES):
    return pd.DataFrame({"file": names, "onset": 0.0, "offset": length})


@cache
def drawn(steps):
    """A reference of up to four events a recording, and a prediction that is often these, a collar away."""
    rng = np.random.default_rng(12)
    annotated = []
    predicted = []
    for name in NAMES:
        n = rng.integers(0, 5)
        rows = zip(rng.integers(0, 80, n), rng.integers(0, 26, n), rng.choice(list("xy"), n), strict=True)
        for onset, duration, label in rows:
            annotated.append((onset, onset + duration, label, name))
            near = rng.choice([0, 0, 1, 2, -1, 10], 2)
            begin = max(onset + near[0], 0)
            if begin <= onset + duration + near[1]:
                predicted.append((begin, onset + duration + near[1], label, name))
        for _ in range(rng.integers(0, 3)):
            onset = rng.integers(0, 80)
            predicted.append((onset, onset + rng.integers(0, 26), rng.choice(list("xy")), name))
    tables = []
    for rows in (predicted, annotated):
        events = pd.DataFrame(rows, columns=["onset", "offset", "label", "file"])
        events[["onset", "offset"]] /= steps
        tables.append(events.assign(confidence=rng.choice([0.25, 0.5, 0.75], len(rows)), pitch=440.0))
    return Scene(*tables, whole())


@cache
def before(name, corrected, steps):
    return figures(name, drawn(steps), corrected=corrected)


# ---- where they hold

# the laws that hold of the community's own number, faults included
HELD = {
    "time": LAWS,
    "tiou": LAWS,
    "szcore": ("far", "labels", "recordings"),
    "szcore_sample": ("far", "labels", "rows"),
    "sed_eval_event": ("far", "labels"),
    "sed_eval_segment": ("far", "labels", "rows"),
    "activitynet": ("far", "labels"),
    "thumos14": ("far", "labels"),
    "nist_der": ("far", "rows"),
    "pyannote_der": ("far", "rows"),
    "jer": ("far", "rows"),
    "mir_eval_onset": ("far", "labels", "rows"),
    "mir_eval_transcription": ("far", "labels"),
    "affiliation": ("shift", "far", "scale", "labels", "rows"),
    "range_based": ("shift", "far", "scale", "labels", "rows", "recordings"),
    "dcase_fewshot": ("far", "labels"),
    "segmental": ("shift", "far", "scale", "labels", "rows"),
    "spindles": ("far", "labels", "rows"),
    "proposals": ("far", "labels"),
    **dict.fromkeys(("intersection", "psds", "psds_scenario1", "psds_scenario2"), ("far", "labels", "rows")),
    "ward": ("shift", "far", "scale", "labels", "rows", "recordings"),
}


class Example(NamedTuple):
    """A case in which a law does not hold: a figure before and after, and why."""

    scene: Scene
    figure: str
    numbers: tuple[float, float]
    reason: str
    amount: float | None = None
    settings: Mapping[str, object] = MappingProxyType({})
    corrected: tuple[float, float] | None = None
    """The figures of the corrected preset, None if these are alike."""


def case(predicted, annotated, length=LENGTH):
    """A case of one recording, or of several: onset, offset and, if they matter, label, file and confidence."""
    tables = []
    for rows in (predicted, annotated):
        full = [(*row, *("x", "f00", 0.5)[len(row) - 2 :]) for row in rows]
        events = pd.DataFrame(full, columns=["onset", "offset", "label", "file", "confidence"])
        tables.append(events.assign(pitch=440.0))
    names = sorted({*tables[0]["file"], *tables[1]["file"]})
    return Scene(*tables, whole(length, names))


BITS = "times are compared bit by bit"
SAMPLES = "times are rounded to samples"
DECIMALS = "distances are rounded to decimals, or compared bit by bit"
RANKED = "equal confidences count in the order of rows"
MAPPED = "of mappings that share as much time, one is taken by the order of names and the last bit of a time"
HALF_OPEN = "a point where an event begins lies within it, one where it ends does not"

EXAMPLES = {
    ("szcore", "shift"): Example(case([(1, 1.05)], [(1, 1.05)]), "recall", (0, 1), SAMPLES, amount=0.05),
    ("szcore", "scale"): Example(case([(0, 0.05)], [(0, 0.05)]), "recall", (0, 1), SAMPLES, amount=3),
    ("szcore", "reversal"): Example(
        case([(16.5, 17)], [(14, 15)]), "recall", (1, 0), "a reference reaches further on than back", corrected=(1, 0)
    ),
    ("szcore", "rows"): Example(
        case([(30, 31)], [(0, 9), (30, 31)]),
        "recall",
        (1, 0),
        "rows out of order are merged wrongly",
        settings={"min_gap": 30, "max_duration": 60},
    ),
    ("szcore_sample", "shift"): Example(case([(1, 1.4)], [(1, 1.4)]), "size_a", (0, 1), SAMPLES, amount=0.2),
    ("szcore_sample", "scale"): Example(case([(14.5, 20)], [(14.5, 20)]), "size_a", (6, 5), SAMPLES, amount=0.1),
    ("szcore_sample", "reversal"): Example(case([(0.5, 1.5)], [(0.5, 1.5)]), "size_a", (2, 0), SAMPLES),
    ("szcore_sample", "recordings"): Example(
        case([(0.5, 1.5, "x", "f01")], [(0.5, 1.5, "x", "f01")]), "size_a", (2, 0), SAMPLES
    ),
    ("sed_eval_event", "shift"): Example(case([(0.2, 1.2)], [(0, 1)]), "f1", (1, 0), BITS, amount=2),
    ("sed_eval_event", "scale"): Example(case([(0.8, 1.8)], [(0.6, 1.6)]), "f1", (0, 1), BITS, amount=10),
    ("sed_eval_event", "reversal"): Example(
        case([(0, 5)], [(0, 4)]),
        "f1",
        (1, 0),
        "the collar of an offset grows with the duration, that of an onset does not",
        corrected=(1, 0),
    ),
    ("sed_eval_event", "rows"): Example(
        case([(0.1, 5, "p"), (0, 5, "q")], [(0.1, 5, "r"), (0.25, 5, "s")]),
        "substitutions",
        (1, 2),
        "the first row substitutes, not as many as can",
    ),
    ("sed_eval_event", "recordings"): Example(case([(0.2, 1.2, "x", "f01")], [(0, 1, "x", "f01")]), "f1", (1, 0), BITS),
    ("sed_eval_segment", "shift"): Example(case([(0.3, 0.4)], [(0.3, 0.4)]), "size_b", (2, 3), BITS, amount=0.2),
    ("sed_eval_segment", "scale"): Example(case([(0.3, 0.4)], [(0.3, 0.4)]), "size_b", (2, 1), BITS, amount=10),
    ("sed_eval_segment", "reversal"): Example(case([(0.3, 0.4)], [(0.3, 0.4)]), "size_b", (2, 1), BITS),
    ("sed_eval_segment", "recordings"): Example(
        case([(0.7, 0.8, "x", "f01")], [(0.7, 0.8, "x", "f01")]), "size_b", (2, 1), BITS
    ),
    ("activitynet", "shift"): Example(case([(0, 0.3)], [(0, 0.6)]), "average_map", (0.1, 0), BITS, amount=2),
    ("activitynet", "scale"): Example(case([(0.3, 0.6)], [(0.3, 0.9)]), "average_map", (0, 0.1), BITS, amount=7),
    ("activitynet", "reversal"): Example(
        case([(1, 4, "x", "f00", 0.9), (0, 3), (0.3, 0.6, "y")], [(0, 3), (2, 5), (0.3, 0.9, "y")]),
        "average_map",
        (0.1625, 0.2125),
        "of two references as near, the earlier is claimed",
        corrected=(0.1875, 0.2125),
    ),
    ("activitynet", "rows"): Example(
        case([(1, 4, "x", "f00", 0.9), (0, 3)], [(0, 3), (2, 5)]),
        "mean_ap",
        (1, 0.5),
        "of references as near, the later row is claimed",
    ),
    ("activitynet", "recordings"): Example(
        case([(5, 6, "x", "f00", 0.9), (7, 8, "x", "f00", 0.8), (0, 1, "x", "f01", 0.4)], [(0, 1), (0, 1, "x", "f01")]),
        "recall_at_1x",
        (0.5, 0),
        "as many proposals are taken as a recording has references",
        corrected=(0.5, 0),
    ),
    ("thumos14", "shift"): Example(case([(0, 0.3)], [(0, 1)]), "average_map", (0.2, 0), BITS, amount=2),
    ("thumos14", "scale"): Example(case([(0.2, 0.5)], [(0.2, 1.2)]), "average_map", (0.2, 0), BITS, amount=7),
    ("thumos14", "reversal"): Example(
        case([(1, 4, "x", "f00", 0.9), (0, 3), (0.3, 0.6, "y")], [(0, 3), (2, 5), (0.3, 0.9, "y")]),
        "average_map",
        (0.55, 0.65),
        "of two references as near, the earlier is claimed",
        corrected=(0.5, 0.65),
    ),
    ("thumos14", "rows"): Example(case([(0, 1), (5, 6)], [(0, 1)]), "average_map", (0.5, 1), RANKED),
    ("thumos14", "recordings"): Example(
        case([(5, 6, "x", "f00", 0.9), (7, 8, "x", "f00", 0.8), (0, 1, "x", "f01", 0.4)], [(0, 1), (0, 1, "x", "f01")]),
        "recall_at_1x",
        (0.5, 0),
        "as many proposals are taken as a recording has references",
        corrected=(0.5, 0),
    ),
    ("nist_der", "shift"): Example(
        case([(0.1, 0.5, "p"), (0.8, 0.9, "p"), (0.4, 0.9, "q"), (8, 9, "q")], [(0.1, 0.9)]),
        "jer",
        (0.375, 0.722222222222),
        MAPPED,
        amount=0.1,
    ),
    ("nist_der", "scale"): Example(
        case([(0.1, 0.5, "p"), (0.8, 0.9, "p"), (0.4, 0.9, "q"), (8, 9, "q")], [(0.1, 0.9)]),
        "jer",
        (0.375, 0.722222222222),
        MAPPED,
        amount=0.1,
    ),
    ("nist_der", "reversal"): Example(
        case([(0.3, 1.1, "p"), (1.6, 1.7, "p"), (1.8, 2.7, "q"), (20, 21, "q")], [(0.1, 9)]),
        "jer",
        (0.909090909091, 0.898876404494),
        MAPPED,
    ),
    ("nist_der", "labels"): Example(
        case([(0, 0.5, "p"), (0.5, 1, "q"), (8, 9, "q")], [(0, 1)]), "jer", (0.5, 0.75), MAPPED
    ),
    ("nist_der", "recordings"): Example(
        case([(0, 4, "p"), (0, 4, "p", "f01")], [(0, 4, "x"), (0, 4, "y", "f01")]),
        "der",
        (0, 0.5),
        "speakers are mapped in each recording",
        corrected=(0, 0.5),
    ),
    ("pyannote_der", "shift"): Example(
        case([(0.1, 0.5, "p"), (0.8, 0.9, "p"), (0.4, 0.9, "q"), (8, 9, "q")], [(0.1, 0.9)]),
        "jer",
        (0.375, 0.722222222222),
        MAPPED,
        amount=0.1,
    ),
    ("pyannote_der", "scale"): Example(
        case([(0.1, 0.5, "p"), (0.8, 0.9, "p"), (0.4, 0.9, "q"), (8, 9, "q")], [(0.1, 0.9)]),
        "jer",
        (0.375, 0.722222222222),
        MAPPED,
        amount=0.1,
    ),
    ("pyannote_der", "reversal"): Example(
        case([(0.3, 1.1, "p"), (1.6, 1.7, "p"), (1.8, 2.7, "q"), (20, 21, "q")], [(0.1, 9)]),
        "jer",
        (0.909090909091, 0.898876404494),
        MAPPED,
    ),
    ("pyannote_der", "labels"): Example(
        case([(0, 0.5, "p"), (0.5, 1, "q"), (8, 9, "q")], [(0, 1)]), "jer", (0.5, 0.75), MAPPED
    ),
    ("pyannote_der", "recordings"): Example(
        case([(0, 4, "p"), (0, 4, "p", "f01")], [(0, 4, "x"), (0, 4, "y", "f01")]),
        "der",
        (0, 0.5),
        "speakers are mapped in each recording",
        corrected=(0, 0.5),
    ),
    ("jer", "shift"): Example(
        case([(0.1, 0.5, "p"), (0.8, 0.9, "p"), (0.4, 0.9, "q"), (8, 9, "q")], [(0.1, 0.9)]),
        "jer",
        (0.375, 0.722222222222),
        MAPPED,
        amount=0.1,
    ),
    ("jer", "scale"): Example(
        case([(0.1, 0.5, "p"), (0.8, 0.9, "p"), (0.4, 0.9, "q"), (8, 9, "q")], [(0.1, 0.9)]),
        "jer",
        (0.375, 0.722222222222),
        MAPPED,
        amount=0.1,
    ),
    ("jer", "reversal"): Example(
        case([(0.3, 1.1, "p"), (1.6, 1.7, "p"), (1.8, 2.7, "q"), (20, 21, "q")], [(0.1, 9)]),
        "jer",
        (0.909090909091, 0.898876404494),
        MAPPED,
    ),
    ("jer", "labels"): Example(case([(0, 0.5, "p"), (0.5, 1, "q"), (8, 9, "q")], [(0, 1)]), "jer", (0.5, 0.75), MAPPED),
    ("jer", "recordings"): Example(
        case([(0, 4, "p"), (0, 4, "p", "f01")], [(0, 4, "x"), (0, 4, "y", "f01")]),
        "der",
        (0, 0.5),
        "speakers are mapped in each recording",
        corrected=(0, 0.5),
    ),
    ("mir_eval_onset", "shift"): Example(case([(0.12, 1)], [(0.17, 1)]), "f1", (0, 1), BITS, amount=1),
    ("mir_eval_onset", "scale"): Example(case([(0.12, 1)], [(0.17, 1)]), "f1", (0, 1), BITS, amount=3),
    ("mir_eval_onset", "reversal"): Example(
        case([(1, 2)], [(1, 3)]), "f1", (1, 0), "onsets become offsets", corrected=(1, 0)
    ),
    ("mir_eval_onset", "recordings"): Example(
        case([(1.01, 2, "x", "f01")], [(1.06, 2, "x", "f01")]), "f1", (1, 0), BITS
    ),
    ("mir_eval_transcription", "shift"): Example(case([(0.05005, 1)], [(0, 1)]), "f1", (1, 0), DECIMALS, amount=2),
    ("mir_eval_transcription", "scale"): Example(case([(0.05005, 1)], [(0, 1)]), "f1", (1, 0), DECIMALS, amount=10),
    ("mir_eval_transcription", "reversal"): Example(
        case([(0, 4.5)], [(0, 4)]),
        "f1",
        (1, 0),
        "the tolerance of an offset grows with the duration, that of an onset does not",
        corrected=(1, 0),
    ),
    ("mir_eval_transcription", "rows"): Example(
        case([(1.04, 1.96), (1, 2)], [(1, 2)]),
        "overlap_ratio",
        (0.92, 1),
        "of several largest matchings the first one found",
    ),
    ("mir_eval_transcription", "recordings"): Example(
        case([(0.10005, 1, "x", "f01")], [(0.05, 1, "x", "f01")]), "f1", (1, 0), DECIMALS
    ),
    ("affiliation", "reversal"): Example(case([(4, 4)], [(4, 6)]), "intersection", (1, 0), HALF_OPEN, corrected=(1, 0)),
    ("affiliation", "recordings"): Example(
        case([(1, 2), (30, 31, "x", "f01")], [(2, 4), (5, 6, "x", "f01")]),
        "precision",
        (0.591463414634, 0.532105263158),
        "zones divide a recording at the middle between its events",
        corrected=(0.591463414634, 0.532105263158),
    ),
    ("range_based", "reversal"): Example(case([(4, 4)], [(4, 6)]), "intersection", (1, 0), HALF_OPEN, corrected=(1, 0)),
    ("dcase_fewshot", "shift"): Example(case([(0, 0.3)], [(0, 1)]), "f1", (1e-05, 1), BITS, amount=0.1),
    ("dcase_fewshot", "scale"): Example(case([(0.1, 0.4)], [(0.1, 1.1)]), "f1", (1, 1e-05), BITS, amount=7),
    ("dcase_fewshot", "rows"): Example(
        case([(5, 6)], [(0, 1), (5, 6), (8, 9)]),
        "f1",
        (0.666666666667, 1e-05),
        "the first rows are the shots, not the first events",
        settings={"shots": 1},
    ),
    ("dcase_fewshot", "reversal"): Example(case([(0.1, 0.4)], [(0.1, 1.1)]), "f1", (1, 1e-05), BITS),
    ("dcase_fewshot", "recordings"): Example(
        case([(0.1, 0.4, "x", "f01")], [(0.1, 1.1, "x", "f01")]), "f1", (1, 1e-05), BITS
    ),
    ("ward", "reversal"): Example(
        case([(2, 5)], [(1, 5)]),
        "latency",
        (1, 0),
        "latency is that of onsets, and the bias of an onset becomes that of an offset",
        corrected=(1, 0),
    ),
    ("segmental", "reversal"): Example(
        case([(0, 10), (2, 5, "y")], [(0, 2), (2, 5, "y")]),
        "edit",
        (1, 0),
        "segments that overlap, which a timeline has none of, are in the order of their begins",
        corrected=(1, 0),
    ),
    ("segmental", "recordings"): Example(
        case([(0, 1), (0, 1, "x", "f01")], [(0, 1), (0, 1, "x", "f01"), (1, 2, "y", "f01")]),
        "edit",
        (0.75, 0.666666666667),
        "the edit score is a mean over recordings",
        corrected=(0.75, 0.666666666667),
    ),
    ("spindles", "shift"): Example(case([(0, 0.1)], [(0, 0.5)]), "reference_f1", (0, 1), BITS, amount=2),
    ("spindles", "scale"): Example(case([(0, 0.1)], [(0, 0.5)]), "reference_f1", (0, 1), BITS, amount=3),
    ("spindles", "reversal"): Example(case([(0, 0.1)], [(0, 0.5)]), "reference_f1", (0, 1), BITS),
    ("spindles", "recordings"): Example(
        case([(0, 0.1, "x", "f01")], [(0, 0.5, "x", "f01")]), "reference_f1", (0, 1), BITS
    ),
    ("proposals", "shift"): Example(case([(0, 0.3)], [(0, 0.6)]), "auc", (0.099, 0), BITS, amount=2),
    ("proposals", "scale"): Example(case([(0.3, 0.6)], [(0.3, 0.9)]), "auc", (0, 0.099), BITS, amount=7),
    ("proposals", "rows"): Example(case([(0, 1), (5, 6)], [(0, 1)]), "auc", (0.985, 0.99), RANKED),
    ("proposals", "reversal"): Example(
        case([(0, 0.3), (5, 6)], [(0, 0.6)]),
        "auc",
        (0.0985, 0),
        "equal confidences count in the order of time",
        corrected=(0.099, 0.0985),
    ),
    ("proposals", "recordings"): Example(
        case([(0, 1), (2, 3), (0, 1, "x", "f01", 0.9), (4, 5, "x", "f01", 0.8)], [(2, 3), (0, 1, "x", "f01")]),
        "auc",
        (0.99, 0.9825),
        "proposals are counted by recording",
        corrected=(0.9875, 0.9775),
    ),
}


def covering(predicted, annotated, law, numbers):
    """A case of a preset of shares: just enough of the reference is covered, or not by the last bit."""
    file = "f01" if law == "recordings" else "f00"
    if law != "reversal":
        scene = case([(*predicted, "x", file)], [(*annotated, "x", file)])
        return Example(scene, "f1", numbers, BITS)
    # backward a point is at an end, where it lies within nothing
    scene = case([predicted, (4, 4)], [annotated, (4, 6)])
    return Example(scene, "f1", numbers, HALF_OPEN, corrected=(2 / 3, 0.5))


for name in ("intersection", "psds"):
    EXAMPLES |= {
        (name, "shift"): covering((0.1, 0.4), (0.1, 0.7), "shift", (1, 0)),
        (name, "scale"): covering((0.3, 0.6), (0.3, 0.9), "scale", (0, 1)),
        (name, "reversal"): covering((0.1, 0.4), (0.1, 0.7), "reversal", (2 / 3, 0)),
        (name, "recordings"): covering((0.1, 0.4), (0.1, 0.7), "recordings", (1, 0)),
    }
EXAMPLES |= {
    ("psds_scenario1", "shift"): covering((0.1, 0.52), (0.1, 0.7), "shift", (1, 0)),
    ("psds_scenario1", "scale"): covering((0.3, 0.72), (0.3, 0.9), "scale", (0, 1)),
    ("psds_scenario1", "reversal"): covering((0.3, 0.72), (0.3, 0.9), "reversal", (0, 2 / 3)),
    ("psds_scenario1", "recordings"): covering((0.3, 0.72), (0.3, 0.9), "recordings", (0, 1)),
    ("psds_scenario2", "shift"): covering((0.3, 0.36), (0.3, 0.9), "shift", (0, 1)),
    ("psds_scenario2", "scale"): covering((0.3, 0.36), (0.3, 0.9), "scale", (0, 1)),
    ("psds_scenario2", "reversal"): covering((0.1, 0.16), (0.1, 0.7), "reversal", (2 / 3, 0)),
    ("psds_scenario2", "recordings"): covering((0.1, 0.16), (0.1, 0.7), "recordings", (1, 0)),
}


def before_and_after(name, example, moved, law, *, corrected):
    """Return the figure of an example and of what it becomes; of several thresholds the first."""
    options = {"corrected": corrected, **example.settings}
    if law in ("shift", "reversal", "rows") and name not in ("activitynet", "thumos14", "proposals"):
        # the settings are the same: two recordings of one call, and a figure that each recording has
        scene = Scene(
            *(
                pd.concat([one.assign(file="f00"), other.assign(file="f01")])
                for one, other in zip(example.scene[:3], moved[:3], strict=True)
            )
        )
        report = figures(name, scene, law, by_file_only=True, **options)
        return [float(one.flat[0]) for one in report[example.figure, "file"]]
    scenes = ((example.scene, ""), (moved, law))
    reports = [figures(name, scene, under, pooled_only=True, **options) for scene, under in scenes]
    return [float(report[example.figure, None].flat[0]) for report in reports]


def test_every_preset_and_law_is_held_or_has_its_example():
    cells = [(name, law) for name in HELD for law in HELD[name]]
    missing = "every registered preset needs a row in HELD, and an Example for each law that is not held"
    assert sorted([*cells, *EXAMPLES]) == sorted((name, law) for name in PROTOCOLS for law in LAWS), missing


SIBLINGS = ("psds_scenario1", "psds_scenario2", "thumos14", "nist_der", "jer")
"""Presets that differ from another in their settings alone."""


@pytest.mark.slow
@pytest.mark.parametrize(("name", "law"), [cell for cell in EXAMPLES if cell[0] not in SIBLINGS])
def test_where_a_law_does_not_hold(name, law):
    check_that_it_does_not_hold(name, law)


@pytest.mark.slow
@pytest.mark.parametrize("name", SIBLINGS)
def test_where_laws_do_not_hold_with_other_settings(name):
    for of_preset, law in EXAMPLES:
        if of_preset == name:
            check_that_it_does_not_hold(name, law)


def check_that_it_does_not_hold(name, law):
    example = EXAMPLES[name, law]
    move = LAWS[law]
    moved = move(example.scene) if example.amount is None else move(example.scene, example.amount)
    for corrected in (False, True):
        found = before_and_after(name, example, moved, law, corrected=corrected)
        if not corrected:
            assert found == pytest.approx(example.numbers, rel=1e-9), law
            assert abs(found[0] - found[1]) > 1e-4, law
        elif example.corrected is None:
            assert found[0] == pytest.approx(found[1], rel=1e-7), law
        else:
            assert found == pytest.approx(example.corrected, rel=1e-9), law
            assert abs(found[0] - found[1]) > 1e-4, law


def stays(name, law):
    """Whether a law does not hold even for the corrected preset."""
    return (name, law) in EXAMPLES and EXAMPLES[name, law].corrected is not None


def moved_by(laws, scene):
    """Move a scene by several laws, one after the other."""
    for law in laws:
        scene = LAWS[law](scene)
    return scene


def together(name):
    """Yield the laws of a preset that can be tried in one: their times, and whether these are of the corrected.

    Far away the times are others, and recordings that are joined have no figures of their own.
    """
    for law in LAWS:
        if law in ("far", "recordings") and not stays(name, law):
            yield (law,), (name, law) in EXAMPLES
    others = [law for law in ("reversal", "shift", "labels", "rows", "scale") if not stays(name, law)]
    for corrected in (False, True):
        laws = tuple(law for law in others if ((name, law) in EXAMPLES) == corrected)
        if laws:
            yield laws, corrected


@pytest.mark.parametrize(
    "name",
    [name if name in ("time", "tiou", "szcore") else pytest.param(name, marks=pytest.mark.slow) for name in PROTOCOLS],
)
def test_the_other_laws_hold(name):
    for laws, corrected in together(name):
        steps = 64 if "far" in laws else 10
        moved = moved_by(laws, drawn(steps))
        law = "labels" if "labels" in laws else ""
        after = figures(name, moved, law, corrected=corrected, pooled_only="recordings" in laws)
        assert differences(before(name, corrected, steps), after) == [], laws


@pytest.mark.slow
def test_the_scene_tells_presets_from_corrected_ones():
    """What is asserted of the corrected is no matter of course: as published, some of it does not hold."""
    for name, law in (("sed_eval_event", "shift"), ("activitynet", "rows"), ("szcore", "rows")):
        after = figures(name, LAWS[law](drawn(10)), law, corrected=False)
        assert differences(before(name, False, 10), after)


def table_of_laws():
    """Return the table as the documentation has it."""
    lines = ["| preset | " + " | ".join(IN_WORDS[law] for law in LAWS) + " |", "|---" * (len(LAWS) + 1) + "|"]
    for name in PROTOCOLS:
        cells = ["no" if stays(name, law) else "corrected" if (name, law) in EXAMPLES else "yes" for law in LAWS]
        lines.append(f"| `{name}` | " + " | ".join(cells) + " |")
    reasons = dict.fromkeys(
        f"| `{name}` | {IN_WORDS[law]} | {example.reason} |"
        for (name, law), example in EXAMPLES.items()
        if stays(name, law)
    )
    return "\n".join([*lines, "", "| preset | does not hold | since |", "|---|---|---|", *reasons, ""])


@pytest.mark.clone
def test_the_documentation_has_the_table():
    page = Path(__file__).parents[4] / "docs" / "explanation" / "scored-time.md"
    assert table_of_laws() in page.read_text(), f"write it anew: {table_of_laws()}"


@pytest.mark.parametrize("name", PROTOCOLS)
def test_presets_are_data(name):
    preset = PROTOCOLS[name]
    known = as_dict(preset.settings)
    assert set(preset.corrected) <= set(known)
    assert bool(preset.corrected) == bool(preset.faults)
    assert as_dict(preset.configure(corrected=True)) == known | dict(preset.corrected)
    assert preset.configure(corrected=True, empty=7.0).empty == 7.0


def test_the_command_line_knows_the_same_names():
    assert [x.value for x in ProtocolName] == list(PROTOCOLS)
    assert [x.value for x in KindName] == list(FORMATS)
    assert [x.value for x in ByName] == ["label", "file"]
