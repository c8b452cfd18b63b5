"""Selection tables as Raven and BirdNET write them, and one of other people."""

from __future__ import annotations

import pytest

from domains._files import ReadError
from domains.events import compare, read_events
from domains.events.formats.raven import read, recognises

HEADER = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tAnnotation\n"
REFERENCE = [(12.5, 13.25), (40.0, 41.5), (77.0, 78.0)]
DETECTED = [(12.55, 13.2), (40.1, 41.4), (90.0, 91.0)]


def table(times):
    rows = []
    for k, (begin, end) in enumerate(times, 1):
        rows += [
            f"{k}\t{view} 1\t1\t{begin:.4f}\t{end:.4f}\t2500.0\t4100.0\ttrill\n" for view in ("Waveform", "Spectrogram")
        ]
    return HEADER + "".join(rows)


def test_a_selection_stands_once_for_each_view_and_is_one_event(tmp_path):
    """At tIoU 0.5 two of three are found: 0.65/0.75 and 1.3/1.5 are 0.867."""
    found = []
    for name, times in (("det", DETECTED), ("ref", REFERENCE)):
        path = tmp_path / f"{name}.Table.1.selections.txt"
        path.write_text(table(times))
        events, skipped, _ = read_events(path, file="night")
        assert events[["onset", "offset"]].to_numpy().tolist() == [list(pair) for pair in times]
        assert events["label"].unique().tolist() == ["trill"]
        assert events["high_freq"].tolist() == ["4100.0"] * 3
        assert skipped["reason"].tolist() == ["other view of a selection"] * 3
        found.append(events)
    assert compare(*found, "tiou", thresholds=[0.5]).f1.item() == pytest.approx(2 / 3, rel=1e-12)


@pytest.mark.parametrize(
    ("second", "n"),
    [
        ("1\tSpectrogram 1\t1\t1\t2\t0\t9\tx", 1),
        ("1\tWaveform 1\t1\t1\t2\t0\t9\tx", 2),
        ("2\tSpectrogram 1\t1\t1\t2\t0\t9\tx", 2),
        ("1\tSpectrogram 1\t2\t1\t2\t0\t9\tx", 2),
        ("1\tSpectrogram 1\t1\t1\t3\t0\t9\tx", 2),
        ("1\tSpectrogram 1\t1\t1\t2\t0\t9\ty", 2),
    ],
)
def test_what_is_the_same_selection(second, n):
    rows = list(read(f"{HEADER}1\tWaveform 1\t1\t1\t2\t0\t8\tx\n{second}\n"))
    assert len(rows) == 2
    assert sum("skip" not in row for row in rows) == n


def test_a_table_of_birdnet(tmp_path):
    path = tmp_path / "night.BirdNET.selection.table.txt"
    names = "Low Freq (Hz)\tHigh Freq (Hz)\tCommon Name\tSpecies Code\tConfidence\tBegin Path\tFile Offset (s)"
    path.write_text(
        f"Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\t{names}\n"
        "1\tSpectrogram 1\t1\t0.0\t3.0\t0\t15000\tTawny Owl\ttawowl1\t0.87\t/data/night.wav\t0.0\n"
    )
    (event,) = read_events(path).events.to_dict("records")
    assert (event["label"], event["confidence"], event["offset"]) == ("Tawny Owl", 0.87, 3)


def test_a_table_of_other_people(shared_data):
    """An example of crowsetta; its label stands in Species."""
    folder = shared_data / "events" / "formats" / "crowsetta"
    events = read_events(folder / "Recording_1_Segment_02.Table.1.selections.txt").events
    assert events.iloc[0][["onset", "offset", "label"]].tolist() == [154.387792767, 154.911598217, "EATO"]
    assert len(events) == 6


@pytest.mark.parametrize("missing", ["Selection", "Begin Time (s)", "End Time (s)"])
def test_a_header_without_a_needed_name(missing):
    header = HEADER.replace(missing, "X")
    assert not recognises(header)
    with pytest.raises(ReadError, match=f"no column '{missing.split(' (')[0]}"):
        list(read(header))


WAVEFORM = "1\tWaveform 1\t1\t12.5\t13.25\t\t\ttrill\n"
SPECTROGRAM = "1\tSpectrogram 1\t1\t12.5\t13.25\t2500\t4100\ttrill\n"


@pytest.mark.parametrize("rows", [WAVEFORM + SPECTROGRAM, SPECTROGRAM + WAVEFORM], ids=["waveform", "spectrogram"])
def test_the_spectrogram_is_the_event_whichever_stands_first(rows, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(HEADER + rows)
    events, skipped, _ = read_events(path)
    (event,) = events.to_dict("records")
    assert (event["View"], event["low_freq"], event["high_freq"]) == ("Spectrogram 1", "2500", "4100")
    (row,) = skipped.to_dict("records")
    assert row["reason"] == "other view of a selection"
    assert row["detail"].startswith("Selection=1 View=Waveform 1")


def test_a_measure_of_one_view_alone_makes_no_second_selection():
    header = HEADER.replace("\tAnnotation", "\tMax Amp (U)\tPeak Freq (Hz)\tAnnotation")
    waveform = "1\tWaveform 1\t1\t1\t2\t\t\t900\t\tx\n"
    spectrogram = "1\tSpectrogram 1\t1\t1\t2\t10\t20\t\t15\tx\n"
    (event,) = [row for row in read(header + waveform + spectrogram) if "skip" not in row]
    assert (event["Max Amp (U)"], event["Peak Freq (Hz)"]) == ("900", "15")


SEQUENCE = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tBegin File\tEnd File\tFile Offset (s)\tAnnotation\n"


def test_a_table_over_several_sound_files_is_of_several_recordings(tmp_path):
    """Times of the sequence are 60 s later in the second file."""
    path = tmp_path / "night.Table.1.selections.txt"
    path.write_text(
        SEQUENCE + "1\tSpectrogram 1\t1\t12.5\t13.25\ta.wav\ta.wav\t12.5\towl\n"
        "2\tSpectrogram 1\t1\t60.1\t60.4\tb.wav\tb.wav\t0.1\towl\n"
        "3\tSpectrogram 1\t1\t59\t61\ta.wav\tb.wav\t59\towl\n"
        "4\tSpectrogram 1\t1\t70\t71\tb.wav\tb.wav\t\towl\n"
    )
    events, skipped, support = read_events(path)
    assert events[["file", "onset", "offset"]].to_numpy().tolist() == [["a", 12.5, 13.25], ["b", 0.1, 0.4]]
    assert skipped["reason"].tolist() == ["a selection over several sound files", "no sound file, or no time in it"]
    assert support["file"].tolist() == ["a", "b"]


def test_without_a_time_in_the_sound_file_the_sequence_is_one_recording(tmp_path):
    path = tmp_path / "night.Table.1.selections.txt"
    path.write_text(HEADER.replace("Annotation", "Begin File") + "1\tSpectrogram 1\t1\t60\t61\t0\t9\tb.wav\n")
    assert read_events(path).events[["file", "onset", "Begin File"]].to_numpy().tolist() == [["night", 60.0, "b.wav"]]


def test_the_column_of_the_labels_may_be_any(tmp_path):
    path = tmp_path / "dawn.Table.1.selections.txt"
    path.write_text(table(REFERENCE).replace("Annotation", "Call Type"))
    with pytest.warns(UserWarning, match=r"say so: label_column='Call Type' \(--label-column 'Call Type'\)"):
        read_events(path)
    assert set(read_events(path, label_column="Call Type").events["label"]) == {"trill"}
    with pytest.raises(ReadError, match=r"no column 'Call' in the header \(Selection, .*Call Type\)"):
        read_events(path, label_column="Call")


def test_a_column_that_is_said_goes_before_those_that_are_known(tmp_path):
    path = tmp_path / "dawn.txt"
    path.write_text(table(REFERENCE[:1]).replace("Annotation", "Species\tCall").replace("trill\n", "wren\ttrill\n"))
    (event,) = read_events(path, label_column="Call").events.to_dict("records")
    assert (event["label"], event["Species"]) == ("trill", "wren")


def test_a_format_whose_label_has_a_place_refuses_another(tmp_path):
    path = tmp_path / "talk.rttm"
    path.write_text("SPEAKER talk 1 0.5 1.25 <NA> <NA> anna <NA> <NA>\n")
    with pytest.raises(ValueError, match="its format, rttm, says itself what the label is.* for csv, tsv, raven"):
        read_events(path, label_column="speaker")
