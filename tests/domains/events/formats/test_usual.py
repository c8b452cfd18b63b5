"""Headers of several tools, each as the tool writes it."""

from __future__ import annotations

import math

import pytest

from domains._files import ReadError
from domains.events import read_events
from domains.events.formats.usual import read, recognises

TOOLS = {
    "yasa": ("Start,Peak,End,Duration,Amplitude,Channel\n3.32,3.9,4.06,0.74,81.3,CZ\n", (3.32, 4.06, "")),
    "das": (",name,start_seconds,stop_seconds\n0,e,2.5,3.25\n", (2.5, 3.25, "e")),
    "moda": ("eventNum\tstartSamples\tdurationSamples\tstartSec\tdurationSec\n1\t100\t50\t1\t0.5\n", (1, 1.5, "")),
    "opensoundscape": (
        "audio_file,annotation_file,start_time,end_time,low_f,high_f,annotation\na.wav,a.txt,1,2,0,900,owl\n",
        (1, 2, "owl"),
    ),
    "crowsetta": ("label,onset_s,offset_s,onset_sample,offset_sample,annotation\nb,0.5,1,16,32,0\n", (0.5, 1, "b")),
    "opentad": ("video-id,t-start,t-end,label,score\nv,1,2,jump,0.5\n", (1, 2, "jump")),
    "mne": ("onset,duration,description\n1,2,blink\n", (1, 3, "blink")),
    "semicolons": ("onset;offset;label\n1;2;dog\n", (1, 2, "dog")),
    "quoted header": ('"onset","offset","label"\n1,2,"dog"\n', (1, 2, "dog")),
}


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".txt"])
def test_the_header_of_a_tool(tool, suffix, tmp_path):
    text, right = TOOLS[tool]
    path = tmp_path / f"a{suffix}"
    path.write_text(text)
    events, skipped, _ = read_events(path)
    (row,) = events[["onset", "offset", "label"]].itertuples(index=False, name=None)
    assert row == right
    assert skipped.empty


@pytest.mark.parametrize(
    "kind", ["start_sample,end_sample", "onset_frame,offset_frame", "startSamples,durationSamples"]
)
def test_samples_and_frames_need_a_rate(kind, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(f"{kind},label\n100,200,dog\nx,1,cat\n")
    with pytest.raises(ReadError, match="line 2: its times count samples or frames; say how .* rate= .--rate at"):
        read_events(path)
    events, skipped, _ = read_events(path, rate=50)
    assert events["onset"].tolist() == [2]
    assert events["offset"].tolist() == [6 if "duration" in kind else 4]
    assert skipped["reason"].tolist() == ["a time that is no number"]


def test_seconds_count_where_samples_stand_beside_them(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("onset,offset,start_sample,end_sample\n1,2,100,200\n")
    assert read_events(path, rate=50).events["offset"].tolist() == [2]


@pytest.mark.parametrize("rate", [0, -1, math.inf, math.nan, "fast"])
def test_a_rate_is_a_number_above_zero(rate, tmp_path):
    with pytest.raises((ValueError, TypeError), match="events.read_events: rate must be"):
        read_events(tmp_path / "a.csv", rate=rate)


@pytest.mark.parametrize("header", ["onset", "offset,duration", "Onset,Offset", "onset_ms,offset_ms", "begin,end", ""])
def test_a_header_without_times_is_not_known(header):
    assert not recognises(header)
    with pytest.raises(ReadError, match="no column|the file is empty"):
        list(read(header))


def test_a_label_of_two_that_has_the_usual_name_counts():
    (row,) = read("onset,offset,label,annotation\n1,2,dog,7\n")
    assert (row["label"], row["annotation"]) == ("dog", "7")
    with pytest.raises(ReadError, match="two columns are the label .'annotation' and 'name'."):
        list(read("onset,offset,annotation,name\n1,2,dog,7\n"))


def test_a_row_that_names_its_file_alone_is_a_recording_without_events():
    rows = read("filename,onset,offset,event_label\na.wav,1,2,dog\nb.wav,,,\nc.wav\n,1,\n")
    assert [row.get("skip") for row in rows] == [None, "no event", "no event", "fewer cells than the header has names"]
