"""TextGrids: one of other people, and files written here in both forms."""

from __future__ import annotations

import pytest

from domains._files import ReadError
from domains.events import read_events

pytest.importorskip("praatio")

LONG = '''File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 3
tiers? <exists>
size = 2
item []:
    item [1]:
        class = "IntervalTier"
        name = "words"
        xmin = 0
        xmax = 3
        intervals: size = 2
        intervals [1]:
            xmin = 0
            xmax = 1.5
            text = ""
        intervals [2]:
            xmin = 1.5
            xmax = 3
            text = "he said ""no"""
    item [2]:
        class = "TextTier"
        name = "clicks"
        xmin = 0
        xmax = 3
        points: size = 1
        points [1]:
            number = 0.25
            mark = "tap"
'''
SHORT = '''File type = "ooTextFile"
Object class = "TextGrid"

0
3
<exists>
2
"IntervalTier"
"words"
0
3
2
0
1.5
""
1.5
3
"he said ""no"""
"TextTier"
"clicks"
0
3
1
0.25
"tap"
'''
RIGHT = [[1.5, 3, "words"], [0.25, 0.25, "clicks"]]


@pytest.mark.parametrize("text", [LONG, SHORT], ids=["long", "short"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_tiers_of_intervals_and_points(text, encoding, tmp_path):
    path = tmp_path / "a.TextGrid"
    path.write_bytes(text.encode(encoding))
    events, skipped, support = read_events(path)
    assert events[["onset", "offset", "tier"]].to_numpy().tolist() == RIGHT
    assert events["label"].iloc[1] == "tap"
    assert skipped.empty
    assert support["duration"].max() == 3


@pytest.mark.parametrize("end", ["", "\n", "\r\n", " "])
def test_the_last_label_is_whole_whatever_follows_it(end, tmp_path):
    path = tmp_path / "a.TextGrid"
    path.write_bytes(SHORT.rstrip().encode() + end.encode())
    assert read_events(path).events["label"].iloc[-1] == "tap"


DAMAGED = [b"", b"hello", b"<html>", b"onset,offset\n1,2\n", b"\xff\xfe\x00", LONG[:300].encode()]


@pytest.mark.parametrize("content", DAMAGED)
def test_what_is_no_whole_textgrid_is_refused(content, tmp_path):
    path = tmp_path / "a.TextGrid"
    path.write_bytes(content)
    with pytest.raises(ReadError) as caught:
        read_events(path)
    assert str(caught.value).startswith(f"events.read_events: {path}: ")


def test_a_file_of_other_people(shared_data):
    """An example of crowsetta: 5 tones and the words of two languages."""
    events = read_events(shared_data / "events" / "formats" / "crowsetta" / "AVO-maea-basic.TextGrid").events
    tones = events[events["tier"] == "Tones"]
    assert tones["onset"].iloc[0] == 0.4351780385722748
    assert tones["label"].tolist() == ["L+H*", "H-", "L+H*", "H-", "L+!H-"]
