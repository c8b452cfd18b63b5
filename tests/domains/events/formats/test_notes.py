"""Notes of music: a clean, a dirty, an empty, a truncated and a foreign file."""

from __future__ import annotations

import pytest

from domains._files import ReadError
from domains.events import read_events, score

CLEAN = "# by ear\n0.100 0.300 220.000\n0.300\t0.400\t246.942\n"


def test_a_clean_file(tmp_path):
    path = tmp_path / "song.txt"
    path.write_text(CLEAN)
    with pytest.raises(ReadError, match="is not known"):
        read_events(path)
    events, skipped, _ = read_events(path, "notes")
    assert events[["file", "onset", "offset", "pitch"]].to_numpy().tolist() == [
        ["song", 0.1, 0.3, 220.0],
        ["song", 0.3, 0.4, 246.942],
    ]
    assert skipped.empty


def test_a_dirty_file(tmp_path):
    path = tmp_path / "song.txt"
    path.write_text("0.1 0.3 220\n0.2 0.4 A4\n0.3 0.5 0\n0.4 0.6\n0.5 0.7 220 64\n0.9 0.8 220\nx 1 220\n0 1 inf\n")
    events, skipped, _ = read_events(path, "notes")
    assert len(events) == 1
    assert dict(skipped[["where", "reason"]].to_numpy().tolist()) == {
        "line 2": "a pitch that is no frequency above 0",
        "line 3": "a pitch that is no frequency above 0",
        "line 4": "not the three fields onset, offset and pitch",
        "line 5": "not the three fields onset, offset and pitch",
        "line 6": "ends before it begins",
        "line 7": "a time that is no number",
        "line 8": "a pitch that is no frequency above 0",
    }


def test_an_empty_file_is_a_recording_without_notes(tmp_path):
    path = tmp_path / "song.txt"
    path.write_text("# nothing is played\n")
    events, skipped, support = read_events(path, "notes")
    assert (len(events), len(skipped), support["file"].tolist()) == (0, 0, ["song"])


def test_a_truncated_file_says_which_line(tmp_path):
    path = tmp_path / "song.txt"
    path.write_text(CLEAN[:-9])
    events, skipped, _ = read_events(path, "notes")
    assert (len(events), skipped["where"].tolist()) == (1, ["line 3"])


def test_a_foreign_file_holds_no_notes(tmp_path):
    path = tmp_path / "song.txt"
    path.write_text("onset,offset,label\n0,1,dog\n")
    with pytest.warns(UserWarning, match="none of its 2 rows is an event"):
        events, skipped, _ = read_events(path, "notes")
    assert (len(events), len(skipped)) == (0, 2)


def test_notes_are_scored(tmp_path):
    for side in ("a", "b"):
        (tmp_path / side).mkdir()
        (tmp_path / side / "song.txt").write_text(CLEAN)
        (tmp_path / side / "silence.txt").write_text("#\n")
    report, skipped, _ = score(tmp_path / "a", tmp_path / "b", "mir_eval_transcription", kind="notes")
    assert (float(report.f1), float(report.overlap_ratio), len(skipped)) == (1.0, 1.0, 0)
