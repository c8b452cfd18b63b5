"""Tables of boxes and MOT text, row by row: each is a box or has its reason."""

from __future__ import annotations

import pytest

from domains._files import ReadError
from domains.events.tracks import boxed


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,3,10,20,30,40", None),
        ("1, 3, 10, 20, 30, 40, -1, -1, -1, -1", None),
        ("1,3,10,20,30,40,1,1,0.86", None),
        ("1,3,10,20,30,40,1,-1,-1,-1,", None),
        ("1,3,10,20,30,40,0,1,0.86", boxed.NOT_COUNTED),
        ("1,3,10,20,30,40,0,-1,-1,-1", None),
        ("0,3,10,20,30,40,1", boxed.BEFORE_FIRST),
        ("1,-1,10,20,30,40,0.9,-1,-1,-1", boxed.NOT_TRACKED),
        ("1,3,10,20,30", boxed.NOT_MOT),
        ("1,3,10,20,30,40,1,1,1,1,1", boxed.NOT_MOT),
        ("1,3,10,20,wide,40", boxed.NO_NUMBER),
        ("frame,id,left,top,width,height", boxed.NO_NUMBER),
        ("<html>", boxed.NOT_MOT),
    ],
)
def test_a_line_of_mot(line, reason):
    (row,) = boxed.mot(line + "\n\n")
    assert row.get("skip") == reason
    assert row["detail"] == line
    if reason is None:
        assert [row[name] for name in ("frame", "track", "x1", "y1", "x2", "y2")] == ["0", "3", "10", "20", "40", "60"]


def test_what_the_further_fields_are():
    (truth,) = boxed.mot("1,3,10,20,30,40,1,7,0.86")
    assert (truth["class"], truth["visibility"]) == ("7", "0.86")
    assert "confidence" not in truth
    (found,) = boxed.mot("1,3,10,20,30,40,0.5,-1,-1,-1")
    assert found["confidence"] == "0.5"


def test_a_table():
    text = 'x1,y1,x2,y2,track,frame,note\n0,0,1,1,"a, b",7,hello\n\n0,0,1\n0,0,1,1,c,8,x,y\n,,,,,,\n'
    rows = list(boxed.table_of_boxes(text))
    assert [row.get("skip") for row in rows] == [None, boxed.TOO_SHORT, boxed.TOO_LONG, boxed.EMPTY_ROW]
    assert rows[0]["track"] == "a, b"
    assert rows[0]["frame"] == "7"
    assert [row["where"] for row in rows] == ["line 2", "line 4", "line 5", "line 6"]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("frame,track,x1,y1,x2", "the header lacks y2"),
        (
            "frame,id,left,top,width,height",
            r"lacks track, x1, y1, x2, y2 \(found frame, id, left.*; known are frame, tr",
        ),
        ("frame,track,x1,y1,x2,y2,x1", "the header has 'x1' twice"),
        ("", r"lacks frame, track, .* \(found nothing\)"),
    ],
)
def test_headers_that_are_refused(header, message):
    with pytest.raises(ReadError, match=message):
        list(boxed.table_of_boxes(header))
