"""Twelve scenes under every rule, exact to the frame; and that the scenes show what their letters say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from domains.events import compare, frame_overlap, possession, possession_scenes
from domains.events.tracks.scripts import HOW, PLAYERS, RATE, RULES, SCRIPTS

SCENES = {scene.name: scene for scene in possession_scenes()}
COLUMNS = ["onset", "offset", "label", "first_frame", "n_frames"]
BOTH = {"A": "A", "B": "B"}


def with_rate(tracks):
    return tracks.drop(columns="time"), {"rate": RATE}


def with_times(tracks):
    return tracks, {}


def with_both(tracks):
    return tracks, {"rate": RATE}


def in_any_order(tracks):
    return tracks.sample(frac=1.0, random_state=0), {}


def late(tracks):
    return tracks.assign(frame=tracks["frame"] + 1000, time=tracks["time"] + 1e9), {}


WAYS = (with_rate, with_times, with_both, in_any_order)


@pytest.mark.parametrize(
    ("name", "way"),
    # every scene in one way, every way with three of the scenes
    [(name, way) for k, name in enumerate(SCENES) for j, way in enumerate(WAYS) if (k + j) % 4 == 0],
)
def test_every_rule_is_exact_to_the_frame(name, way):
    scene = SCENES[name]
    tracks, how = way(scene.tracks)
    for rule, answer in scene.answers.items():
        found = possession(tracks, "ball", BOTH, **{**HOW, **RULES[rule]}, **how)
        pd.testing.assert_frame_equal(found[COLUMNS], answer[COLUMNS], rtol=0, atol=1e-12, obj=rule, check_dtype=False)
        assert found.attrs["exclusive"] == RULES[rule].get("exclusive")
        assert found.attrs["missing"] == RULES[rule].get("missing", "gap")


@pytest.mark.parametrize("name", SCENES)
def test_at_any_time_of_the_clock(name):
    """At 10⁹ s a double tells 1e-7 s apart, which is a millionth of a frame."""
    scene = SCENES[name]
    tracks, _ = late(scene.tracks)
    for rule, answer in scene.answers.items():
        found = possession(tracks, "ball", BOTH, **{**HOW, **RULES[rule]})
        assert (found["first_frame"] - 1000).tolist() == answer["first_frame"].tolist(), rule
        assert found["n_frames"].tolist() == answer["n_frames"].tolist(), rule
        np.testing.assert_allclose(found["onset"] - 1e9, answer["onset"], rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", SCENES)
def test_an_exclusive_ball_has_one_holder(name):
    for rule in ("nearest", "overlap", "all"):
        found = possession(SCENES[name].tracks, "ball", BOTH, **{**HOW, **RULES[rule]})
        assert (found["onset"].to_numpy()[1:] >= found["offset"].to_numpy()[:-1]).all()
    answer = SCENES[name].answers["all"]
    assert np.isnan(float(compare(found, answer, "time", support=2.0).iou)) == (len(answer) == 0)


def test_the_letters():
    shares = {"A": 1.0, "a": 1.0, "h": 0.5, "n": 0.5, ".": 0.0}
    for name, scene in SCENES.items():
        for who in PLAYERS:
            frames = frame_overlap(scene.tracks.drop(columns="time"), "ball", who, rate=RATE)
            share = (frames.intersection / frames.size_a).where(frames.seen)
            letters = zip(SCRIPTS[name][who], SCRIPTS[name]["ball"], strict=True)
            expected = [shares[letter] if ball == "#" and letter in shares else np.nan for letter, ball in letters]
            np.testing.assert_array_equal(share, expected[: len(share)])


def test_twelve_scenes_and_every_option():
    assert len(SCENES) == 12
    assert set().union(*RULES.values()) == {"leave", "exclusive", "missing", "max_hold", "max_gap", "min_duration"}
    for script in SCRIPTS.values():
        assert {len(line) for line in script.values()} == {12}
        assert set(script) <= {"ball", *PLAYERS, *RULES}
