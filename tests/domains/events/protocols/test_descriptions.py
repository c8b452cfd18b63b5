"""Every preset says what it does, in words that follow its settings, and names its headline."""

from __future__ import annotations

from dataclasses import asdict, fields

import numpy as np
import pandas as pd
import pytest

from domains.events import PROTOCOLS, assess
from domains.events.protocols.descriptions import Description

A = pd.DataFrame(
    {
        "file": ["x", "x", "x", "y", "z"],
        "onset": [0.0, 20.0, 41.0, 5.0, 3.0],
        "offset": [9.0, 30.0, 44.0, 9.0, 4.0],
        "label": ["sz", "sz", "sz_foc", "sz", "sz"],
        "confidence": [0.9, 0.8, 0.3, 0.7, 0.2],
        "pitch": 440.0,
    }
)
B = pd.DataFrame(
    {
        "file": ["x", "x", "y", "y"],
        "onset": [0.1, 22.0, 5.0, 11.0],
        "offset": [9.1, 31.0, 9.0, 12.0],
        "label": ["sz", "sz", "sz", "sz_foc"],
        "pitch": 440.0,
    }
)
# what a preset needs to be told of these tables
TOLD = {"dcase_fewshot": {"shots": 0}}
SUPPORT = {"x": 60.0, "y": 60.0, "z": 60.0}


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_preset_describes_itself(name):
    preset = PROTOCOLS[name]
    for corrected in (False, True):
        said = preset.description(preset.configure(corrected=corrected))
        assert said is not None, f"{name}: give the preset describe= and headline=, as those beside it have them"
        for part, text in asdict(said).items():
            assert text, part
            assert not {"None", "nan"} & set(text.replace(";", " ").split()), part
            assert "\n" not in text


@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_headline_is_in_the_report_and_the_ratio_of_its_sums(name):
    headline = PROTOCOLS[name].headline
    assert headline is not None, f"{name}: give the preset headline=, as those beside it have it"
    a, b = (A.assign(label="POS"), B.assign(label="POS")) if name == "dcase_fewshot" else (A, B)
    scored = assess(a, b, name, support=SUPPORT, **TOLD.get(name, {}))
    report = scored.report()
    value = report[headline.name]
    assert np.isfinite(value).all()
    if headline.terms is None:
        return
    above, below = headline.terms(report)
    assert np.allclose(above / below, value, rtol=1e-12)
    above_of_files, below_of_files = headline.terms(scored.report("file"))
    assert np.allclose(above_of_files.sum("file"), above, rtol=1e-12)
    assert np.allclose(below_of_files.sum("file"), below, rtol=1e-12)


def test_words_follow_the_settings():
    preset = PROTOCOLS["sed_eval_event"]
    assert preset.description(preset.configure(offset=None, onset=0.1)).collar == "onset 0.1 s"
    preset = PROTOCOLS["szcore"]
    assert "10 Hz" in preset.description().boundaries
    assert preset.description(preset.configure(corrected=True)).boundaries == "half-open, exact"


def test_what_differs_between_two_presets_is_a_word_of_its_own():
    nist = PROTOCOLS["nist_der"]
    pyannote = PROTOCOLS["pyannote_der"]
    a = asdict(nist.description(nist.configure(collar=0.25)))
    b = asdict(pyannote.description(pyannote.configure(collar=0.25)))
    different = {part.name for part in fields(Description) if a[part.name] != b[part.name]}
    assert different == {"matcher", "collar", "empties", "support"}
    assert a["collar"].startswith("0.25 s on each side")
    assert b["collar"].startswith("0.125 s on each side")
