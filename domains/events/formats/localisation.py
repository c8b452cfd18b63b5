"""ActivityNet JSON: actions in videos."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .rows import NO_EVENT, NO_SEGMENT, Row


def activitynet(text: str) -> Iterator[Row]:
    """Yield the segments of an ActivityNet JSON: a ``database`` of references or ``results`` of a model.

    Raises
    ------
    ValueError
        If the file holds neither.

    Examples
    --------
    >>> next(activitynet('{"results": {"v1": [{"segment": [1, 2], "label": "jump", "score": 0.5}]}}'))["onset"]
    1
    """
    data = json.loads(text)
    if not isinstance(data, dict) or not {"database", "results"} & set(data):
        raise ValueError("an ActivityNet file holds a 'database' or 'results'; this one holds neither")
    videos = data["database"] if "database" in data else data["results"]
    number = 0
    for video, entry in videos.items():
        entry = entry if isinstance(entry, dict) else {"annotations": entry}
        shared: Row = {"file": video, "length": entry.get("duration", "")}
        if "subset" in entry:
            shared["subset"] = entry["subset"]
        for annotation in entry.get("annotations") or [None]:
            number += 1
            yield {"where": f"annotation {number}", **shared, **_segment(annotation)}


def _segment(annotation: Any) -> Row:
    if annotation is None:
        return {"skip": NO_EVENT}
    segment = annotation.get("segment") if isinstance(annotation, dict) else None
    if not isinstance(segment, list) or len(segment) != 2:
        return {"skip": NO_SEGMENT}
    onset, offset = segment
    return {
        "onset": onset,
        "offset": offset,
        "label": annotation.get("label", ""),
        "confidence": annotation.get("score", ""),
    }
