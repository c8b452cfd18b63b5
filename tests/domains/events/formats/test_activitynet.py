"""The segments of a small ActivityNet file written here."""

from __future__ import annotations

import json

import pytest

from domains._files import ReadError
from domains.events.formats.activitynet import read, recognises
from domains.events.formats.rows import NO_EVENT, NO_SEGMENT, NO_TEXT


def test_activitynet():
    database = {
        "v1": {"subset": "test", "duration": 60, "annotations": [{"segment": ["1", "2"], "label": "jump"}]},
        "v2": {"subset": "test", "annotations": []},
        "v3": {"subset": "train", "annotations": [{"label": "jump"}, {"segment": [1], "label": "x"}]},
    }
    rows = list(read(json.dumps({"database": database})))
    assert [r["file"] for r in rows] == ["v1", "v2", "v3", "v3"]
    assert [r.get("skip") for r in rows] == [None, "no event", *["no segment [start, end]"] * 2]
    assert (rows[0]["onset"], rows[0]["length"], rows[0]["subset"]) == ("1", 60, "test")


@pytest.mark.parametrize("text", ["[]", '{"videos": {}}'])
def test_another_json(text):
    with pytest.raises(ValueError, match="holds neither"):
        list(read(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"results": {"v": []}, "database": {}}', "write them as two files"),
        ('{"results": []}', "'results' is no object"),
        ('{"database": null}', "'database' is no object"),
        ('{"results": {"v": {"segment": [1, 2], "label": "x"}}}', "the results of video 'v' are no list"),
        ('{"results": {"v": "none"}}', "the annotations of video 'v' are no list"),
        ('{"results": {"v": 0}}', "the annotations of video 'v' are no list"),
        ('{"database": {"v": {"annotations": {"a": 1}}}}', "the annotations of video 'v' are no list"),
        ('{"database": {"v": {"subset": ["a"]}}}', "the subset of video 'v' is no text"),
        ('{"results": {"v": [], "v": [{"segment": [1, 2]}]}}', "the key 'v' stands twice"),
        ('{"results": {"v": [{"segment": [1, 2], "segment": [3, 4]}]}}', "the key 'segment' stands twice"),
        ('{"results": ' + "[" * 10**5 + "]" * 10**5 + "}", "nested too deeply"),
        ('{"results": {"v": [{"segment": [1, ' + "9" * 5000 + "]}]}}", "not JSON"),
        ('{"results": {"v": [{"segment": [1, 2]', "not JSON"),
    ],
)
def test_refusals(text, message):
    with pytest.raises(ReadError, match=message) as caught:
        list(read(text))
    assert "\n" not in str(caught.value)


def test_what_is_no_segment_is_a_skipped_row():
    annotations = '[null, 3, "x", [1, 2], {}, {"segment": [1, 2, 3]}, {"segment": {"a": 1, "b": 2}}, {"segment": "12"}]'
    rows = list(read('{"results": {"v": ' + annotations + ', "w": null, "x": []}}'))
    assert [row["skip"] for row in rows] == [NO_SEGMENT] * 8 + [NO_EVENT] * 2
    assert rows[0]["detail"] == "None"


@pytest.mark.parametrize("label", ["[]", '["a"]', '{"a": 1}'])
def test_a_label_is_text_or_a_number(label):
    annotations = '[{"segment": [1, 2], "label": ' + label + '}, {"segment": [1, 2], "label": 3}]'
    rows = list(read('{"results": {"v": ' + annotations + "}}"))
    assert [row.get("skip") for row in rows] == [NO_TEXT, None]
    assert rows[1]["label"] == 3


def test_a_score_that_python_wrote_as_nan():
    (row,) = read('{"results": {"v": [{"segment": [1, 2], "label": "a", "score": NaN}]}}')
    assert row["confidence"] != row["confidence"]


def test_a_text_that_begins_as_json_is_one():
    assert recognises(' {"database": {}}')
    assert not recognises("[1, 2]")
