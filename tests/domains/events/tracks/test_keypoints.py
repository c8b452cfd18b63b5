"""Keypoints of SLEAP and DeepLabCut, and the box round those that are sure."""

from __future__ import annotations

import pytest

from domains._files import ReadError
from domains.events.tracks import keypoints
from domains.events.tracks.keypoints import boxed_points, deeplabcut, sleap

SLEAP = """track,frame_idx,instance.score,nose.x,nose.y,nose.score,tail.x,tail.y,tail.score
mouse_1,0,0.95,100.5,200.25,0.98,150,250,0.5
mouse_1,1,0.94,102,198,0.97,,,
mouse_2,0,0.93,,,,,,
mouse_2,1,0.9,10,far,0.9,20,30,0.9
mouse_2,2,0.9,10,20
"""
DLC = """scorer,net,net,net,net,net,net
bodyparts,nose,nose,nose,tail,tail,tail
coords,x,y,likelihood,x,y,likelihood
0,100.5,200.25,0.98,150,250,0.5
1,102,198,0.97,0,0,0.01
"""
MADLC = """scorer,net,net,net,net,net,net
individuals,m1,m1,m1,m2,m2,m2
bodyparts,nose,nose,nose,nose,nose,nose
coords,x,y,likelihood,x,y,likelihood
0,1,2,0.9,11,12,0.9
1,1,2,0.9,,,
2,1,2
"""


def boxes(rows, padding=5.0, likelihood=0.6):
    return [
        row.get("skip") or [row["x1"], row["y1"], row["x2"], row["y2"]]
        for row in boxed_points(rows, padding, likelihood)
    ]


def test_sleap():
    rows = list(sleap(SLEAP))
    assert [row.get("track") for row in rows] == ["mouse_1", "mouse_1", "mouse_2", "mouse_2", None]
    assert [row.get("frame") for row in rows] == ["0", "1", "0", "1", None]
    assert boxes(iter(rows)) == [
        [95.5, 195.25, 105.5, 205.25],
        [97, 193, 107, 203],
        keypoints.NO_POINT,
        keypoints.NO_NUMBER,
        "fewer cells than the header has names",
    ]
    assert boxes(sleap(SLEAP), 0.0, 0.5)[0] == [100.5, 200.25, 150, 250]
    assert boxes(sleap(SLEAP), 0.0, 0.99)[0] == keypoints.NONE_SURE


def test_deeplabcut():
    assert boxes(deeplabcut(DLC)) == [[95.5, 195.25, 105.5, 205.25], [97, 193, 107, 203]]
    assert boxes(deeplabcut(DLC), 0.0, 0.0)[1] == [0, 0, 102, 198]


def test_deeplabcut_with_several_animals():
    rows = list(deeplabcut(MADLC))
    assert [row["track"] for row in rows] == ["m1", "m2"] * 3
    assert (
        boxes(iter(rows), 0.0)
        == [[1, 2, 1, 2], [11, 12, 11, 12], [1, 2, 1, 2], keypoints.NO_POINT]
        + ["fewer cells than the header has names"] * 2
    )


def test_a_point_without_a_score():
    text = "track,frame_idx,nose.x,nose.y\na,0,1,2\n"
    assert boxes(sleap(text), 1.0, 0.0) == [[0, 1, 2, 3]]
    assert boxes(sleap(text), 1.0, 0.1) == [keypoints.NONE_SURE]


def test_what_a_box_says():
    row = next(boxed_points(sleap(SLEAP), 5.0, 0.5))
    assert row["confidence"] == pytest.approx((0.98 + 0.5) / 2)
    assert row["n_points"] == 2


@pytest.mark.parametrize(
    ("reader", "text", "message"),
    [
        pytest.param(sleap, "frame,track,nose.x,nose.y\n", "the header lacks frame_idx", id="no frame"),
        pytest.param(sleap, "track,frame_idx\na,0\n", "the header has no point", id="no point"),
        pytest.param(sleap, "track,frame_idx,n.\x1b[31mx,n.y\na,0,1,2\n", r"has \\x1b\[31mx, y; each", id="control"),
        pytest.param(
            sleap, "track,frame_idx,nose.x\na,0,1\n", "the point 'nose' has x; each has x and y", id="x alone"
        ),
        pytest.param(sleap, "track,frame_idx,nose.x,nose.y,nose.x\n", "has x of 'nose' twice", id="x twice"),
        pytest.param(deeplabcut, "scorer,a,a\nbodyparts,b,b\n0,1,2\n", "the header lacks coords", id="no coords"),
        pytest.param(
            deeplabcut,
            "scorer,a,a\nbodyparts,b,b\ncoords,x,z\n",
            "the row coords has 'z'; known are x, y, likelihood",
            id="unknown coord",
        ),
        pytest.param(
            deeplabcut,
            "scorer,a,a\nbodyparts,b\ncoords,x,y\n",
            r"the rows of the header have \[2, 3\] cells",
            id="widths",
        ),
        pytest.param(deeplabcut, "scorer,a\nbodyparts,b\ncoords,x\n", "the point 'b' has x", id="one cell"),
        pytest.param(deeplabcut, "scorer\nbodyparts\ncoords\n0\n", "the header has no point", id="nothing"),
    ],
)
def test_headers_that_are_refused(reader, text, message):
    with pytest.raises(ReadError, match=message):
        list(reader(text))
