"""Stretches of UEM, written here."""

from __future__ import annotations

import pytest

from domains._files import ReadError
from domains.events import read_events
from domains.events.io import read_durations

TEXT = ";; scored\nf1 1 0.5 60\nf2 1 0 30\n"


def test_stretches_are_what_is_scored(tmp_path):
    path = tmp_path / "all.uem"
    path.write_text(TEXT)
    table = read_durations(path)
    assert table[["file", "onset", "offset"]].to_numpy().tolist() == [["f1", 0.5, 60], ["f2", 0, 30]]
    assert read_events(path).events["offset"].tolist() == [60, 30]
    path.write_text(TEXT + "f3 0 30\n")
    with pytest.raises(ReadError, match="line 4: not the four fields of UEM; correct the line"):
        read_durations(path)
    assert read_events(path).skipped["reason"].tolist() == ["not the four fields of UEM"]
