"""Files of one value a line, which are never guessed."""

from __future__ import annotations

import pandas as pd
import pytest

from domains._files import ReadError
from domains.events import read_events


def test_onsets_are_points(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("# by hand\n0.5\n1.25 kick drum\nlate\n")
    with pytest.raises(ReadError, match="is not known"):
        read_events(path)
    events, skipped, _ = read_events(path, "onsets")
    assert events[["onset", "offset", "label"]].to_numpy().tolist() == [[0.5, 0.5, ""], [1.25, 1.25, "kick drum"]]
    assert skipped[["where", "reason"]].to_numpy().tolist() == [["line 4", "a time that is no number"]]


@pytest.mark.parametrize(("rate", "epoch"), [(None, 30), (1 / 20, 20), (1, 1)])
def test_stages_follow_each_other(rate, epoch, tmp_path):
    path = tmp_path / "night.txt"
    path.write_text("W\nN1\nN1\nR\n")
    events, skipped, support = read_events(path, "stages", rate=rate)
    assert events["label"].tolist() == ["W", "N1", "N1", "R"]
    assert events["onset"].tolist() == [0, epoch, 2 * epoch, 3 * epoch]
    assert events["offset"].tolist() == [epoch, 2 * epoch, 3 * epoch, 4 * epoch]
    assert support["duration"].max() == 4 * epoch
    assert skipped.empty


def test_a_line_with_more_than_a_stage_keeps_its_epoch(tmp_path):
    path = tmp_path / "night.txt"
    path.write_text("0\n1 30\n2\n")
    events, skipped, _ = read_events(path, "stages")
    assert events["onset"].tolist() == [0, 60]
    assert skipped[["where", "reason"]].to_numpy().tolist() == [["line 2", "more than one stage in a line"]]


RECOGNISED = "### Frame level recognition: ###\nSIL SIL take_cup take_cup pour SIL"
WITH_SEGMENTS = "### Recognized sequence: ###\nSIL take_cup\n### Score: ###\n-12.5\n" + RECOGNISED + "\n"


@pytest.mark.parametrize("text", [RECOGNISED, WITH_SEGMENTS, RECOGNISED.replace("take_cup pour", "take_cup\npour")])
def test_frames_as_ms_tcn_writes_them(text, tmp_path):
    (tmp_path / "rgb-01-1").write_text(text)
    (tmp_path / "truth.txt").write_text("SIL\nSIL\ntake_cup\ntake_cup\npour\nSIL\n")
    with pytest.raises(ReadError, match=r"line \d, label 1: its times count samples or frames; say how many .* rate="):
        read_events(tmp_path / "rgb-01-1")
    found = read_events(tmp_path / "rgb-01-1", rate=15)
    truth = read_events(tmp_path / "truth.txt", "stages", rate=15, file="rgb-01-1")
    pd.testing.assert_frame_equal(found.events, truth.events)
    pd.testing.assert_frame_equal(found.support, truth.support)
    assert found.skipped.empty
