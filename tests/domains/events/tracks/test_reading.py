"""Files of tracks: a clean, a dirty, an empty, a truncated and a foreign one of each format."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from domains._checks import UsageError
from domains._files import ReadError
from domains.events import possession, read_tracks
from domains.events.tracks import reading

POINTS = {"padding": 5.0, "likelihood": 0.5}
FILES = {
    "csv": ("frame,track,x1,y1,x2,y2\n0,ball,0,0,2,2\n0,p,0,0,9,9\n1,ball,0,0,2,2\n1,p,0,0,9,9\n", {}),
    "mot": ("1,1,0,0,2,2,1,-1,-1,-1\n1,2,0,0,9,9,1,-1,-1,-1\n2,1,0,0,2,2,1,-1,-1,-1\n2,2,0,0,9,9,1,-1,-1,-1\n", {}),
    "sleap": ("track,frame_idx,instance.score,n.x,n.y,n.score\na,0,1,3,4,0.9\nb,0,1,3,5,0.9\na,1,1,3,4,0.9\n", POINTS),
    "deeplabcut": ("scorer,s,s,s\nbodyparts,n,n,n\ncoords,x,y,likelihood\n0,3,4,0.9\n1,3,4,0.9\n", POINTS),
}
FOREIGN = {
    "empty": "",
    "blank": "\n\n",
    "other table": "ball,p,frame\n1,2,3\n",
    "web page": "<html><body>404</body></html>\n",
    "one word": "hello\n",
    "labels": "0.5\t1.5\tdog\n",
}


def read(tmp_path, text, kind, name="tracks.txt", **options):
    path = tmp_path / name
    path.write_text(text)
    return read_tracks(path, kind, **options)


@pytest.mark.parametrize("kind", FILES)
def test_a_clean_file(tmp_path, kind):
    text, options = FILES[kind]
    found = read(tmp_path, text, kind, **options)
    assert len(found.skipped) == 0
    assert found.tracks["frame"].min() == 0
    assert found.tracks["frame"].max() == 1
    # the header says it too, but for MOT text, which has none
    if kind != "mot":
        pd.testing.assert_frame_equal(read(tmp_path, text, None, **options).tracks, found.tracks)


@pytest.mark.parametrize("kind", ["csv", "mot"])
def test_what_was_read_is_measured(tmp_path, kind):
    tracks = read(tmp_path, FILES[kind][0], kind).tracks
    ball, player = (1, 2) if kind == "mot" else ("ball", "p")
    (row,) = possession(tracks, ball, player, rate=25, index="containment").to_dict("records")
    assert (row["first_frame"], row["n_frames"]) == (0, 2)


DIRTY = {
    "csv": (
        ["-1,a,0,0,1,1", "1.5,a,0,0,1,1", "x,a,0,0,1,1", "2,,0,0,1,1", "2,a,0,0,,1", "2,a,5,0,1,1", "2,a,0,0", ",,,,,"],
        [reading.NO_FRAME] * 3 + [reading.NO_TRACK, reading.NO_CORNER, reading.NO_EXTENT],
    ),
    "mot": (
        ["0,1,0,0,2,2,1", "1.5,1,0,0,2,2,1", "2,-1,0,0,2,2,1", "2,1,0,0,-2,2,1", "2,1,0,nan,2,2,1", "2 1 0 0 2 2"],
        ["a frame before the first, which is 1", reading.NO_FRAME, "a detection of no track", reading.NO_EXTENT],
    ),
    "sleap": (
        ["a,-1,1,3,4,0.9", "a,2,1,3,4,0.4", "a,2,1,,,", ",2,1,3,4,0.9", "a,2,1,inf,4,0.9"],
        [
            reading.NO_FRAME,
            "no point that is sure enough",
            "no point",
            reading.NO_TRACK,
            "a coordinate that is no number",
        ],
    ),
    "deeplabcut": (
        ["img007.png,3,4,0.9", "2,3,4,0.1", "3,,,", "4,3"],
        [reading.NO_FRAME, "no point that is sure enough", "no point", "fewer cells than the header has names"],
    ),
}


@pytest.mark.parametrize("kind", DIRTY)
def test_every_row_of_a_dirty_file_has_its_reason(tmp_path, kind):
    lines, reasons = DIRTY[kind]
    text, options = FILES[kind]
    clean = read(tmp_path, text, kind, **options)
    found = read(tmp_path, text + "\n".join(lines) + "\n", kind, **options)
    pd.testing.assert_frame_equal(found.tracks, clean.tracks)
    assert len(found.skipped) == len(lines)
    assert found.skipped["reason"].tolist()[: len(reasons)] == reasons
    n_before = text.count("\n")
    assert found.skipped["where"].tolist() == [f"line {n_before + k + 1}" for k in range(len(lines))]
    assert (found.skipped["detail"] != "").all()


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("name", FOREIGN)
def test_empty_and_foreign_files(tmp_path, kind, name):
    with pytest.raises(ValueError, match=r"events.read_tracks: .*tracks.txt: ") as caught:
        read(tmp_path, FOREIGN[name], kind, **FILES[kind][1])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", FILES)
def test_files_cut_anywhere(tmp_path, kind):
    """Each row that is there is a box or has its reason, or the file is refused in one line."""
    text, options = FILES[kind]
    n_header = {"csv": 1, "mot": 0, "sleap": 1, "deeplabcut": 3}[kind]
    for n in range(len(text)):
        try:
            found = read(tmp_path, text[:n], kind, **options)
        except ReadError:
            continue
        n_lines = len([line for line in text[:n].split("\n") if line])
        assert len(found.tracks) + len(found.skipped) == n_lines - n_header


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("other", FILES)
def test_a_file_of_another_format(tmp_path, kind, other):
    if kind == other:
        return
    with pytest.raises(ValueError, match=r"events.read_tracks: .*tracks.txt: "):
        read(tmp_path, FILES[other][0], kind, **FILES[kind][1])


def test_without_a_header_the_format_is_named(tmp_path):
    with pytest.raises(ValueError, match="pass kind=, as MOT text has no header"):
        read(tmp_path, FILES["mot"][0], None)
    # the remedy, followed
    assert len(read(tmp_path, FILES["mot"][0], "mot").tracks) == 4


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("sleap", {}, "padding=None, and sleap has points"),
        ("deeplabcut", {"padding": 5}, "likelihood=None, and deeplabcut has points"),
        ("sleap", {"padding": -1, "likelihood": 0}, "padding must be a number >= 0; got -1"),
        ("csv", {"padding": 5}, "padding= is for keypoints, and csv has boxes"),
        ("mot", {"likelihood": 0.5}, "likelihood= is for keypoints, and mot has boxes"),
        ("yolo", {}, "kind must be one of 'csv', 'mot', 'sleap', 'deeplabcut'; got 'yolo'"),
    ],
)
def test_wrong_use(tmp_path, kind, options, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        read(tmp_path, FILES.get(kind, ("", {}))[0] or "x", kind, **options)


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (["3", "7"], [3, 7]),
        (["3", "ball"], ["3", "ball"]),
        (["03", "7"], ["03", "7"]),
        (["3.0", "7"], ["3.0", "7"]),
        (["-3", "7"], [-3, 7]),
        (["3", "9" * 30], ["3", "9" * 30]),
    ],
)
def test_tracks_are_numbers_if_all_are(tmp_path, ids, expected):
    text = "frame,track,x1,y1,x2,y2\n" + "".join(f"0,{track},0,0,1,1\n" for track in ids)
    assert read(tmp_path, text, "csv").tracks["track"].tolist() == expected


def test_an_animal_without_a_name(tmp_path):
    text, options = FILES["deeplabcut"]
    assert set(read(tmp_path, text, "deeplabcut", **options).tracks["track"]) == {"animal"}
    assert set(read(tmp_path, text, "deeplabcut", track="mouse", **options).tracks["track"]) == {"mouse"}
    nameless = FILES["sleap"][0].replace("\nb,", "\n,").replace("\na,", "\n,")
    assert set(read(tmp_path, nameless, "sleap", **options).tracks["track"]) == {"animal"}


def test_times(tmp_path):
    text = "frame,track,x1,y1,x2,y2,time\n0,a,0,0,1,1,0.5\n1,a,0,0,1,1,\n2,a,0,0,1,1,soon\n"
    found = read(tmp_path, text, "csv")
    assert found.tracks["time"].tolist() == [0.5]
    assert found.skipped["reason"].tolist() == [reading.NO_TIME] * 2


def test_the_film_with_a_hole(tmp_path):
    """50 frames without a row: 0.8 s of possession, from the file's times and from a rate."""
    rows = ["frame,time,track,x1,y1,x2,y2"]
    for frame in [*range(40), *range(90, 100)]:
        place = "10,10,20,20" if 20 <= frame < 40 else "200,200,210,210"
        rows += [f"{frame},{frame / 25},ball,{place}", f"{frame},{frame / 25},p,0,0,50,100"]
    tracks = read(tmp_path, "\n".join(rows), None).tracks
    for given, how in ((tracks, {}), (tracks.drop(columns="time"), {"rate": 25}), (tracks, {"rate": 25})):
        found = possession(given, "ball", "p", index="containment", **how)
        assert (found["offset"] - found["onset"]).tolist() == pytest.approx([0.8], abs=1e-12)


def test_a_box_without_extent_is_one(tmp_path):
    found = read(tmp_path, FILES["csv"][0] + "7,a,3,4,3,4\n", "csv")
    assert found.tracks.iloc[-1]["frame"] == 7
    assert len(found.skipped) == 0
