"""The command by its parts: who is meant by a text, and one film read, measured and printed."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from domains._checks import UsageError
from domains._console import Outputs
from domains.events.tracks.holders import holders_of, possess_files, zones_of

TRACKS = "frame,track,x1,y1,x2,y2\n" + "".join(
    f"{frame},1,0,0,2,2\n{frame},{3 if frame < 2 else 7},0,0,9,9\n" for frame in range(4)
)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["3"], {"3": [3]}),
        (["red=3,7"], {"red": [3, 7]}),
        (["red=3", "7"], {"red": [3], "7": [7]}),
        # what is not there is left as it is written, for the error that says what is
        (["red=4"], {"red": ["4"]}),
    ],
)
def test_holders(texts, expected):
    assert holders_of(texts, {"3": 3, "7": 7}) == expected


def test_a_track_with_the_mark_in_its_name():
    assert holders_of(["a=b"], {"a=b": "a=b"}) == {"a=b": ["a=b"]}


@pytest.mark.parametrize(
    ("job", "message"),
    [
        (lambda: holders_of(["red="], {}), "'red' has no track; write NAME=ID,ID"),
        (lambda: holders_of(["=3"], {}), "'' has no track"),
        (lambda: holders_of(["red=3", "red=7"], {}), "'red' is named twice"),
        (lambda: zones_of(["goal"]), "--zone goal: a zone is written NAME=x1,y1,x2,y2"),
        (lambda: zones_of(["goal=1,2,3"]), "a zone is written"),
        (lambda: zones_of(["goal=1,2,3,nan"]), "a zone is written"),
    ],
    ids=range(6),
)
def test_refusals(job, message):
    with pytest.raises(UsageError, match=message):
        job()


def test_one_film(tmp_path, capsys):
    path = tmp_path / "film.csv"
    path.write_text(TRACKS)
    outputs = Outputs(csv=tmp_path / "rows.csv", plot=tmp_path / "a.png", format="json")
    options = {"rate": 10, "index": "containment", "exclusive": "nearest"}
    code = possess_files(path, "1", ["red=3,7"], ["goal=50,0,60,10"], outputs=outputs, **options)
    assert code == 0
    report = json.loads(capsys.readouterr().out)
    assert [(row["label"], row["n_frames"]) for row in report["events"]] == [("red", 4)]
    assert [row["label"] for row in report["dwell"]] == ["red", "goal"]
    assert (report["rules"]["exclusive"], report["rules"]["missing"]) == ("nearest", "gap")
    assert pd.read_csv(outputs.csv)["file"].tolist() == ["film"]
    assert outputs.plot.stat().st_size > 0


def test_nobody_to_look_for(tmp_path):
    with pytest.raises(UsageError, match="nobody and no zone to look for"):
        possess_files(tmp_path / "film.csv", "1", [], [], outputs=Outputs())
