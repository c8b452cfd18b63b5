"""Figures of recordings that count several times, beside the score of tables in which they are repeated.

The scores themselves are held to the peers in the test of each protocol. Here each recording of a draw is written into
the tables as often as it was drawn, under names of its own, and all is matched anew.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from domains.events import PROTOCOLS, assess
from domains.events.comparison.subjects import resampled_figures

FILES = [f"f{k}" for k in range(6)]
LENGTH = 40.0
FITTING = {"szcore": {"labels": "*"}, "szcore_sample": {"labels": "*"}, "dcase_fewshot": {"shots": 0}}
DRAW = np.array([2, 0, 1, 3, 1, 2])


def drawn():
    """Both sides of six recordings, one of which has no event of the reference and one none at all."""
    rng = np.random.default_rng(5)
    predicted, annotated = [], []
    for number, file in enumerate(FILES[:5]):
        for label in ("x", "y", "x") if number < 4 else ():
            onset = rng.uniform(0, 30)
            duration = rng.uniform(2, 9)
            annotated.append((onset, onset + duration, label, file))
            predicted.append((onset + rng.normal(0, 1) ** 2, onset + duration + rng.uniform(0, 2), label, file))
        onset = rng.uniform(0, 30)
        predicted.append((onset, onset + 3, "xy"[number % 2], file))
    tables = []
    for rows in (predicted, annotated):
        events = pd.DataFrame(rows, columns=["onset", "offset", "label", "file"])
        tables.append(events.assign(confidence=rng.permutation(len(rows)) / 100, pitch=440.0, subset="s"))
    return tables


def as_labelled(name, tables):
    a, b = tables
    if name == "dcase_fewshot":
        subset = b["file"].map(dict(zip(FILES, "aabbcc", strict=True)))
        return a.assign(label="POS"), b.assign(label=b["label"].replace({"x": "POS", "y": "UNK"}), subset=subset)
    if name == "segmental":
        # a timeline has one label at a time
        return a[a["label"] == "x"], b[b["label"] == "x"]
    return a, b


def repeated(table, times):
    copies = [table[table["file"] == file].assign(file=f"{file}_{k}") for file, n in times.items() for k in range(n)]
    return pd.concat(copies, ignore_index=True)


@pytest.mark.filterwarnings("ignore:events.assess:UserWarning")
@pytest.mark.parametrize("name", PROTOCOLS)
def test_recordings_that_count_several_times_are_as_repeated_ones(name):
    a, b = as_labelled(name, drawn())
    options = FITTING.get(name, {})
    if name == "dcase_fewshot":
        options = options | {"subsets": dict(zip(FILES, "aabbcc", strict=True))}
    scored = assess(a, b, name, support=dict.fromkeys(FILES, LENGTH), **options)
    figures = resampled_figures(scored)
    headline = scored.protocol.headline.name
    assert headline in figures
    times = dict(zip(FILES, DRAW, strict=True))
    names = [f"{file}_{k}" for file, n in times.items() for k in range(n)]
    if name == "dcase_fewshot":
        options["subsets"] = {one: "aabbcc"[FILES.index(one[:2])] for one in names}
    again = assess(repeated(a, times), repeated(b, times), name, support=dict.fromkeys(names, LENGTH), **options)
    report = again.report()
    for figure, (files, weighed) in figures.items():
        found = weighed(np.array([[times[file] for file in files]]))[0]
        np.testing.assert_allclose(found, report[figure], rtol=1e-9, atol=1e-12, err_msg=figure)
