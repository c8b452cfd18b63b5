"""Spindles of MODA: what its files hold, a few rows of each kind (https://github.com/klacourse/MODA_GC), by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from domains.events import read_events, score
from domains.events.formats import VIEWED
from domains.events.formats.moda import OF_VIEWED, read

HEADER = "startSec\tdurationSec\teventName\t\n"
NIGHT = f"{HEADER}8218.9336\t115\t{OF_VIEWED}\t\n8235.3936\t0.94\tspindle\t\n8237.3736\t0.86\tspindle\t\n"
LIST = "eventNum\tblockNum\tPSGFilename\tstartSamples\tdurationSamples\tstartSec\tdurationSec\t\n"
SPINDLES = f"{LIST}1\t1\t01-01-0003\t3891092\t200\t15199.58\t0.78\t\n2\t2\t01-01-0004\t1293852\t154\t5054.11\t0.6\t\n"
BLOCKS = (
    "blockNum\tPSGFilename\tstartSamples\tdurationSamples\tstartSec\tdurationSec\t\n"
    "1\t01-01-0003\t3886081\t29440\t15180\t115\t\n2\t01-01-0004\t1292801\t29440\t5050\t115\t\n"
)


def test_spindles_are_events_and_what_was_viewed_is_none(tmp_path):
    path = tmp_path / "01-01-0001_MODA_GS.txt"
    path.write_text(NIGHT)
    events, skipped, _ = read_events(path)
    assert events["file"].tolist() == ["01-01-0001"] * 2
    assert events["label"].tolist() == ["spindle"] * 2
    assert events[["onset", "offset"]].to_numpy().tolist() == [
        pytest.approx([8235.3936, 8236.3336]),
        pytest.approx([8237.3736, 8238.2336]),
    ]
    assert skipped[["where", "reason"]].to_numpy().tolist() == [["line 2", VIEWED]]


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_list_that_was_saved_with_another_separator(separator, tmp_path):
    path = tmp_path / "night.csv"
    path.write_text(NIGHT.replace("\t\n", "\n").replace("\t", separator))
    assert read_events(path).events["label"].tolist() == ["spindle"] * 2


def test_a_row_cut_off_says_that():
    rows = list(read(f"{HEADER}8218.9336\t115\n"))
    assert [row["skip"] for row in rows] == ["fewer cells than the header has names"]


def test_lists_of_all_nights_name_the_night_and_the_blocks_are_their_support(tmp_path):
    (tmp_path / "expert.txt").write_text(SPINDLES)
    (tmp_path / "found.txt").write_text(SPINDLES.replace("5054.11", "5056.00"))
    (tmp_path / "blocks.txt").write_text(BLOCKS)
    events = read_events(tmp_path / "expert.txt").events
    assert events["file"].tolist() == ["01-01-0003", "01-01-0004"]
    blocks = pd.read_csv(tmp_path / "blocks.txt", sep="\t")
    scored, _, _ = score(tmp_path / "found.txt", tmp_path / "expert.txt", "spindles", by="file", support=blocks)
    assert scored.coords["file"].values.tolist() == ["01-01-0003", "01-01-0004"]
