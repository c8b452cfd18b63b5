"""The rows of a small RTTM file written here."""

from __future__ import annotations

from domains.events.formats import rttm


def test_rttm():
    text = ";; a comment\nSPKR-INFO f 1 <NA> <NA> <NA> unknown anna <NA>\nSPEAKER f 1 0.5 2 <NA> <NA> anna 0.75 <NA>\n"
    info, speaker = rttm(text)
    assert info["skip"] == "a SPKR-INFO row"
    assert speaker["where"] == "line 3"
    assert (speaker["file"], speaker["duration"], speaker["label"], speaker["confidence"]) == ("f", "2", "anna", "0.75")
