"""Detections of BirdNET, written here."""

from __future__ import annotations

from pathlib import Path

import pytest

from domains.events.formats import find_format, recording_of
from domains.events.formats.birdnet import read

HEADER = "Start (s),End (s),Scientific name,Common name,Confidence,File\n"


@pytest.mark.parametrize("file", ["/data/night 1.wav", "C:\\data\\night 1.wav", "night 1.flac", "night 1"])
def test_a_recording_is_called_after_the_file_without_its_folders(file):
    (row,) = read(f"{HEADER}0.0,3.0,Strix aluco,Tawny Owl,0.87,{file}\n")
    assert row["file"] == "night 1"
    assert (row["onset"], row["offset"], row["label"], row["confidence"]) == ("0.0", "3.0", "Tawny Owl", "0.87")


def test_a_table_without_the_file():
    (row,) = read("Start (s),End (s),Scientific name,Common name,Confidence\n0,3,,owl,1\n")
    assert "file" not in row


DETECTED = [("0.0", "Owl", "0.87", "night 1")]


def test_tables_for_r_and_for_kaleidoscope():
    # as BirdNET-Analyzer writes them
    r = "filepath,start,end,scientific_name,common_name,confidence,lat\n/data/night 1.wav,0.0,3.0,Strix,Owl,0.87,-1\n"
    kaleidoscope = (
        "INDIR,FOLDER,IN FILE,OFFSET,DURATION,scientific_name,common_name,confidence,lat\n"
        "/data,field,night 1.wav,0.0,3.0,Strix,Owl,0.87,-1\n"
    )
    for text in (r, kaleidoscope):
        rows = [(row["onset"], row["label"], row["confidence"], row["file"]) for row in read(text)]
        assert rows == DETECTED
        assert find_format(".csv", text).name == "birdnet"
    (row,) = read(kaleidoscope)
    assert (row["duration"], row.get("offset")) == ("3.0", None)


@pytest.mark.parametrize("ending", ["selections.txt", "selection.table.txt", "results.csv", "results.kaleidoscope.csv"])
def test_what_birdnet_appends_is_no_part_of_a_name(ending):
    assert recording_of(Path(f"night 1.BirdNET.{ending}")) == "night 1"
