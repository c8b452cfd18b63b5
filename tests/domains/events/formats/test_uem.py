"""Stretches of UEM, written here."""

from __future__ import annotations

import pandas as pd
import pytest

from domains._checks import UsageError
from domains._files import ReadError
from domains.events import compare, read_events
from domains.events.files.io import read_durations

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


def test_the_support_of_a_uem_is_its_stretches(tmp_path):
    """Of 10 s of speech 4 lie in what was scored, all of them missed."""
    path = tmp_path / "talk.uem"
    path.write_text("talk 1 2 4\ntalk 1 8 20\n")
    scored = read_events(path).support
    assert scored[["file", "onset", "offset"]].to_numpy().tolist() == [["talk", 2, 4], ["talk", 8, 20]]
    speech = pd.DataFrame({"file": ["talk"], "onset": [0.0], "offset": [10.0], "label": ["anna"]})
    with pytest.warns(UserWarning, match="what lies outside is cut off"):
        assert compare(speech[:0], speech, "time", support=scored).size_b.item() == 4
    with pytest.raises(UsageError, match=r"of a file pass read_events\(path\).support where it is a UEM"):
        compare(speech, speech, "time", support=str(path))
    with pytest.raises(UsageError, match=r"all that read_events returns; pass its .support"):
        compare(speech, speech, "time", support=read_events(path))
