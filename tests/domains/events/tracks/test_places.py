"""Who is meant: ids of any type, ids after a switch, zones, and what is refused as one or the other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from domains.events import frame_overlap, possession

COLUMNS = ["frame", "track", "x1", "y1", "x2", "y2"]


def switched(ids=(3, 7)):
    """A ball in the box of a player whose track changes after two frames."""
    rows = []
    for frame in range(4):
        rows += [[frame, "ball", 2, 2, 4, 4], [frame, ids[frame >= 2], 0, 0, 10, 10]]
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.astype({"track": object})


def frames_held(tracks, first, second):
    found = possession(tracks, first, second, rate=10, index="containment")
    return found[["first_frame", "n_frames"]].to_numpy().tolist()


@pytest.mark.parametrize("how", [list, tuple, set, frozenset, np.array, pd.Series, pd.Index])
def test_the_tracks_of_one_player(how):
    tracks = switched()
    assert frames_held(tracks, "ball", 3) == [[0, 2]]
    assert frames_held(tracks, "ball", how([3, 7])) == [[0, 4]]
    assert frames_held(tracks, "ball", {"red": how([3, 7])}) == [[0, 4]]
    # the thing itself may have switched
    assert frames_held(tracks, how([3, 7]), "ball") == [[0, 4]]


def test_labels():
    tracks = switched()
    how = {"rate": 10, "index": "containment"}
    assert possession(tracks, "ball", 3, **how)["label"].tolist() == ["3"]
    assert possession(tracks, "ball", [3, 7], **how)["label"].tolist() == ["3+7"]
    assert possession(tracks, "ball", {"red": [3, 7]}, **how)["label"].tolist() == ["red"]
    assert possession(tracks, "ball", (0.0, 0.0, 10.0, 10.0), **how)["label"].tolist() == ["zone"]


@pytest.mark.parametrize(
    ("ids", "asked", "message"),
    [
        ((3, 7), "3", r"no track '3' .str.; found 3 .int.: pass 3$"),
        (("3", "7"), 3, r"no track 3 .int.; found '3' .str.: pass '3'$"),
        (("3", "7"), np.int64(3), r"no track 3 .int.; found '3'"),
        ((3, 7), [3, 8], r"no track 8; found ball, 3, 7$"),
        ((3, 7), [3, "7"], r"no track '7' .str.; found 7 .int."),
        ((3, 7), "red", r"no track 'red'; found ball, 3, 7$"),
        ((3, 7), [], "an empty list of tracks"),
        ((3, 7), {}, "names nobody"),
        ((3, 7), {3: 3, "3": 7}, "two names are written alike"),
        ((3, 7), [3.5, 7, 8], r"a zone is four numbers x1, y1, x2, y2; got \[3.5, 7, 8\]"),
        ((3, 7), [0, 1, 2, 3], r"\[0, 1, 2, 3\] may be a zone or four tracks; write a zone as \[0.0, 1.0, 2.0, 3.0\]"),
    ],
)
def test_refusals(ids, asked, message):
    with pytest.raises(ValueError, match=message) as caught:
        possession(switched(ids), "ball", asked, rate=10, index="containment")
    assert "\n" not in str(caught.value)


def test_the_remedies_followed():
    tracks = switched()
    assert frames_held(tracks, "ball", 3) == [[0, 2]]
    assert frames_held(switched(("3", "7")), "ball", "3") == [[0, 2]]
    zone = tracks.replace({"track": {7: 1}})
    with pytest.raises(ValueError, match="may be a zone or four tracks"):
        frames_held(zone, "ball", [0, 1, 2, 3])
    assert frames_held(zone, "ball", [0.0, 1.0, 4.0, 10.0]) == [[0, 4]]
    with pytest.raises(ValueError, match="no track [02]; found ball, 3, 1"):
        frames_held(zone, "ball", {0, 1, 2, 3})


def test_four_numbers_that_no_track_has_are_a_zone():
    tracks = switched()
    assert frames_held(tracks, "ball", [0, 0, 10, 10]) == [[0, 4]]
    assert frames_held(tracks, "ball", np.array([0, 0, 10, 10])) == [[0, 4]]


def test_two_tracks_of_one_player_in_one_frame():
    tracks = switched()
    extra = pd.DataFrame([[1, 7, 0, 0, 10, 10]], columns=COLUMNS)
    with pytest.raises(ValueError, match=r"track \[3, 7\] has two boxes in frame 1; keep one"):
        frames_held(pd.concat([tracks, extra]), "ball", [3, 7])


@pytest.mark.parametrize("dtype", ["Int64", "category", "string", "float"])
def test_columns_of_any_type(dtype):
    tracks = switched((3, 7)).replace({"track": {"ball": 0}})
    tracks["track"] = tracks["track"].astype("int64").astype(dtype)
    ball, player = ("0", "3") if dtype == "string" else (0, 3)
    assert frames_held(tracks, ball, player) == [[0, 2]]
    assert int(frame_overlap(tracks, ball, player, rate=10).seen.sum()) == 2


def test_a_row_without_a_track_is_nobody():
    tracks = switched().replace({"track": {7: None}})
    assert frames_held(tracks, "ball", 3) == [[0, 2]]
