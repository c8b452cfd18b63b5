"""Detections of BirdNET, written here."""

from __future__ import annotations

import pytest

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
