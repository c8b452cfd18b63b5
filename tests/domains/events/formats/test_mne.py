"""Annotations as MNE saves them, written here."""

from __future__ import annotations

import pytest

from domains._files import ReadError
from domains.events import read_events


@pytest.mark.parametrize("name", ["a_annot.txt", "a.csv"])
def test_annotations_of_mne(name, tmp_path):
    path = tmp_path / name
    path.write_text(
        "# MNE-Annotations\n# orig_time : 2002-12-03 19:31:11.026717+00:00\n# onset, duration, description, ch_names\n"
        "1.5, 0.5, blink, C3\n3.0, 0.0, BAD, \n"
    )
    events = read_events(path).events
    assert events[["onset", "offset", "label"]].to_numpy().tolist() == [[1.5, 2.0, "blink"], [3, 3, "BAD"]]
    assert events["ch_names"].tolist() == ["C3", ""]


def test_a_file_that_does_not_name_its_columns(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("# MNE-Annotations\n1,2,blink\n")
    with pytest.raises(ReadError, match="no column 'onset' in the header"):
        read_events(path)
    path.write_text("1,2,blink\n")
    with pytest.raises(ReadError, match="no line names the columns"):
        read_events(path, "mne")
