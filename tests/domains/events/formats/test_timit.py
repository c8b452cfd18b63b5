"""Phones of TIMIT: a file of other people, and lines written here."""

from __future__ import annotations

import pytest

from domains._files import ReadError
from domains.events import read_events


def test_times_count_samples(tmp_path):
    path = tmp_path / "sa1.phn"
    path.write_text("0 7812 h#\n7812 9507 sh\nnotes\n")
    with pytest.raises(ReadError, match="line 1: its times count samples"):
        read_events(path)
    events, skipped, _ = read_events(path, rate=16_000)
    assert events[["onset", "offset", "label"]].to_numpy().tolist() == [[0, 0.48825, "h#"], [0.48825, 0.5941875, "sh"]]
    assert skipped["where"].tolist() == ["line 3"]


def test_a_file_of_other_people(shared_data):
    events = read_events(shared_data / "events" / "formats" / "crowsetta" / "sa1.phn", rate=16_000).events
    assert (len(events), events["offset"].iloc[-1]) == (37, 54682 / 16_000)
