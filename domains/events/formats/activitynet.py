"""ActivityNet JSON: actions in videos."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from ..._files import ReadError, load_json
from ..._text import one_line
from .declared import Format
from .rows import NO_EVENT, NO_SEGMENT, NO_TEXT, Row, events_of

ROOTS = ("database", "results")
NOTHING = object()
"""Stands for the annotations of a video that has none."""


def read(text: str) -> Iterator[Row]:
    """Yield the segments of an ActivityNet JSON: a ``database`` of references or ``results`` of a model.

    Raises
    ------
    ReadError
        If the file holds neither or both, or a video whose annotations are no list.

    Examples
    --------
    >>> next(read('{"results": {"v1": [{"segment": [1, 2], "label": "jump", "score": 0.5}]}}'))["onset"]
    1
    """
    # Python writes NaN where there is no score
    data = load_json(text, constants=True)
    present = [name for name in ROOTS if isinstance(data, dict) and name in data]
    if not present:
        raise ReadError("an ActivityNet file holds a 'database' or 'results'; this one holds neither")
    if len(present) > 1:
        raise ReadError("it holds a 'database' and 'results'; write them as two files")
    videos = data[present[0]]
    if not isinstance(videos, dict):
        raise ReadError(f"its {present[0]!r} is no object; write one with a key for each video")
    number = 0
    for video, entry in videos.items():
        shared = _of_video(video, entry)
        if present == ["results"] and isinstance(entry, dict) and "annotations" not in entry:
            raise ReadError(f"the results of video {one_line(video, 80)!r} are no list; write one of its segments")
        for annotation in _annotations(video, entry):
            number += 1
            yield {"where": f"annotation {number}", **shared, **_segment(annotation)}


def recognises(text: str) -> bool:
    """Return whether the text begins as a JSON object.

    Examples
    --------
    >>> recognises('{"results": {}}'), recognises("onset,offset")
    (True, False)
    """
    return text.lstrip().startswith("{")


def _count(text: str) -> None:
    """Return None: JSON has no rows that could be counted line by line."""


def write(rows: Sequence[Row]) -> str:
    """Return ``results`` where some segment has a confidence, else a ``database``.

    Examples
    --------
    >>> print(write([{"file": "v1", "onset": "1.0", "offset": "2.5", "label": "jump", "confidence": "0.5"}]))
    {"results": {"v1": [{"segment": [1.0, 2.5], "label": "jump", "score": 0.5}]}}
    <BLANKLINE>
    """
    are_results = any(row.get("confidence") for row in rows)
    of_video: dict[str, list[Row]] = {}
    for row in rows:
        of_video.setdefault(row["file"], []).append(row)
    root = ROOTS[1] if are_results else ROOTS[0]
    videos = {video: _segments(own) if are_results else _entry(own) for video, own in of_video.items()}
    return json.dumps({root: videos}, ensure_ascii=False) + "\n"


def _entry(rows: Sequence[Row]) -> dict[str, Any]:
    first = rows[0]
    entry: dict[str, Any] = {}
    if first.get("subset"):
        entry["subset"] = first["subset"]
    if first.get("length"):
        entry["duration"] = float(first["length"])
    entry["annotations"] = _segments(rows)
    return entry


def _segments(rows: Sequence[Row]) -> list[dict[str, Any]]:
    segments = []
    for row in events_of(rows):
        segment: dict[str, Any] = {
            "segment": [float(row["onset"]), float(row["offset"])],
            "label": row.get("label", ""),
        }
        if row.get("confidence"):
            segment["score"] = float(row["confidence"])
        segments.append(segment)
    return segments


FORMAT = Format("activitynet", "", read, recognises, _count, (".json",), write=write, ending=".json")


def _of_video(video: str, entry: Any) -> Row:
    shared: Row = {"file": video, "length": ""}
    if isinstance(entry, dict):
        shared["length"] = entry.get("duration", "")
        subset = entry.get("subset", "")
        if not isinstance(subset, str):
            raise ReadError(f"the subset of video {one_line(video, 80)!r} is no text; correct it")
        if "subset" in entry:
            shared["subset"] = subset
    return shared


def _annotations(video: str, entry: Any) -> list[Any]:
    """Return what is annotated in a video, or that there is nothing."""
    listed = entry.get("annotations") if isinstance(entry, dict) else entry
    if listed is None:
        listed = []
    if not isinstance(listed, list):
        raise ReadError(
            f"the annotations of video {one_line(video, 80)!r} are no list; write one, [] if there are none"
        )
    return listed or [NOTHING]


def _segment(annotation: Any) -> Row:
    if annotation is NOTHING:
        return {"skip": NO_EVENT}
    segment = annotation.get("segment") if isinstance(annotation, dict) else None
    if not isinstance(segment, list) or len(segment) != 2:
        return {"skip": NO_SEGMENT, "detail": one_line(annotation)}
    onset, offset = segment
    label = annotation.get("label", "")
    if isinstance(label, list | dict):
        return {"skip": NO_TEXT, "detail": one_line(annotation)}
    return {"onset": onset, "offset": offset, "label": label, "confidence": annotation.get("score", "")}
