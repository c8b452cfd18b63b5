"""Files of one value a line, which are never guessed."""

from __future__ import annotations

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
