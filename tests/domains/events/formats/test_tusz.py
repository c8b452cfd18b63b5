"""Annotations of the TUH EEG corpora, written here."""

from __future__ import annotations

from domains.events import read_events
from domains.events.formats.tusz import recognises

TEXT = (
    "# version = csv_v1.0.0\n# bname = aaaaaaac_s001_t000\n# duration = 301.00 secs\n#\n"
    "channel,start_time,stop_time,label,confidence\nTERM,0.0,36.8868,bckg,1.0\nTERM,36.8868,183.3055,seiz,1.0\n"
)


def test_background_is_none_and_the_recording_is_as_long_as_it_says(tmp_path):
    for name in ("a.csv_bi", "a.csv"):
        path = tmp_path / name
        path.write_text(TEXT)
        events, skipped, support = read_events(path)
        assert events.iloc[0, :5].tolist() == ["aaaaaaac_s001_t000", 36.8868, 183.3055, "seiz", 1.0]
        assert skipped[["where", "reason"]].to_numpy().tolist() == [["line 6", "background"]]
        assert support.drop_duplicates().to_numpy().tolist() == [["aaaaaaac_s001_t000", 301]]


def test_without_what_it_is_of(tmp_path):
    path = tmp_path / "night.csv"
    path.write_text(TEXT[TEXT.index("channel") :])
    assert read_events(path).events["file"].tolist() == ["night"]
    assert not recognises("# channel,start_time,stop_time,label")
