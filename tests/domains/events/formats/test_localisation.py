"""The segments of a small ActivityNet file written here."""

from __future__ import annotations

import json

import pytest

from domains.events.formats import activitynet


def test_activitynet():
    database = {
        "v1": {"subset": "test", "duration": 60, "annotations": [{"segment": ["1", "2"], "label": "jump"}]},
        "v2": {"subset": "test", "annotations": []},
        "v3": {"subset": "train", "annotations": [{"label": "jump"}, {"segment": [1], "label": "x"}]},
    }
    rows = list(activitynet(json.dumps({"database": database})))
    assert [r["file"] for r in rows] == ["v1", "v2", "v3", "v3"]
    assert [r.get("skip") for r in rows] == [None, "no event", *["no segment [start, end]"] * 2]
    assert (rows[0]["onset"], rows[0]["length"], rows[0]["subset"]) == ("1", 60, "test")


@pytest.mark.parametrize("text", ["[]", '{"videos": {}}'])
def test_another_json(text):
    with pytest.raises(ValueError, match="holds neither"):
        list(activitynet(text))
