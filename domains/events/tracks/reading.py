"""Tracks from files: every row is a box or has its reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from ... import _skipped
from ..._checks import UsageError, check_choice, check_number
from ..._files import ReadError, read_text, reading
from ..._text import for_table, one_line
from .boxed import Row, mot, table_of_boxes
from .films import BOX
from .keypoints import boxed_points, deeplabcut, sleap

KINDS = ("csv", "mot", "sleap", "deeplabcut")
OF_POINTS = {"sleap": sleap, "deeplabcut": deeplabcut}
OF_BOXES = {"csv": table_of_boxes, "mot": mot}
FURTHER = ("time", "confidence", "class", "visibility", "n_points")

NO_FRAME = "a frame that is no whole number from 0 on"
NO_CORNER = "a corner that is no number"
NO_EXTENT = "a box that ends before it begins"
NO_TRACK = "no track"
NO_TIME = "a time that is no number"

_LAST_EXACT = 2.0**53


class TrackFile(NamedTuple):
    """What a file of tracks holds.

    Parameters
    ----------
    tracks : DataFrame
        ``frame track x1 y1 x2 y2``, then those of ``time confidence class visibility n_points`` that the file has. The
        tracks are numbers if all in the file are whole numbers, else text.
    skipped : DataFrame
        ``side file where reason detail``: the rows that are no boxes.
    """

    tracks: pd.DataFrame
    skipped: pd.DataFrame


def read_tracks(
    path: str | Path,
    kind: str | None = None,
    *,
    padding: float | None = None,
    likelihood: float | None = None,
    track: str = "animal",
) -> TrackFile:
    r"""Read a file of tracks.

    Parameters
    ----------
    path : path
        A CSV file with the columns ``frame track x1 y1 x2 y2`` (frames from 0; ``time``, if there is one, in seconds),
        MOT text (frames from 1), SLEAP's analysis CSV, or DeepLabCut's CSV.
    kind : {"csv", "mot", "sleap", "deeplabcut"}, optional
        The format. A header tells the three tables apart; MOT text has none, and must be named.
    padding : float
        Keypoints only, and needed there: how far the box reaches beyond the outermost points, pixels.
    likelihood : float
        Keypoints only, and needed there: the least score of a point that counts; 0 takes those without a score too.
    track : str
        What to call the animal of a file of keypoints that names none.

    Returns
    -------
    TrackFile
        ``tracks``, which `possession` takes, and ``skipped``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not of its format, or no row of it is a box; the message names the file.
    UsageError
        If keypoints have no padding or likelihood, or boxes have one.

    See Also
    --------
    possession : Find when a thing is with another, in a fixed zone, or with one of several.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "match.txt")
    ...     _ = path.write_text("1,3,10,20,30,40,1,-1,-1,-1\n1,-1,10,20,30,40,1,-1,-1,-1\n")
    ...     tracks, skipped = read_tracks(path, "mot")
    >>> tracks[["frame", "track", "x1", "y1", "x2", "y2"]].to_numpy().tolist()
    [[0.0, 3.0, 10.0, 20.0, 40.0, 60.0]]
    >>> skipped[["where", "reason"]].to_numpy().tolist()
    [['line 2', 'a detection of no track']]
    """
    operation = "events.read_tracks"
    if kind is not None:
        check_choice(operation, "kind", kind, KINDS)
    with reading(operation, path):
        text = read_text(operation, path)
        kind = kind or _kind_of(text)
        rows = list(_rows(text, kind, padding, likelihood))
        return _judged(rows, Path(path), track if kind in OF_POINTS else "")


def _kind_of(text: str) -> str:
    """Return the format that the first line declares."""
    first_line = text.lstrip("\n").split("\n", 1)[0]
    names = {name.strip() for name in first_line.split(",")}
    if first_line.startswith("scorer,"):
        return "deeplabcut"
    if {"track", "frame_idx"} <= names:
        return "sleap"
    if {"frame", "track", *BOX} <= names:
        return "csv"
    raise ReadError(
        f"the first line ({one_line(first_line, 80)}) is no header that is known: frame,track,x1,y1,x2,y2 (csv), "
        "track,frame_idx,… (sleap) or scorer,… (deeplabcut); pass kind=, as MOT text has no header"
    )


def _rows(text: str, kind: str, padding: float | None, likelihood: float | None) -> Iterator[Row]:
    given = {"padding": padding, "likelihood": likelihood}
    if kind in OF_BOXES:
        named = [name for name, value in given.items() if value is not None]
        if named:
            raise UsageError(f"events.read_tracks: {named[0]}= is for keypoints, and {kind} has boxes; leave it out")
        return OF_BOXES[kind](text)
    for name, value in given.items():
        if value is None:
            raise UsageError(
                f"events.read_tracks: {name}=None, and {kind} has points; pass padding= in pixels and likelihood= "
                "(0 takes every point)"
            )
        check_number("events.read_tracks", name, value, at_least=0)
    assert padding is not None
    assert likelihood is not None
    return boxed_points(OF_POINTS[kind](text), padding, likelihood)


def _judged(rows: list[Row], path: Path, unnamed: str) -> TrackFile:
    """Part boxes from rows that are none, and say why."""
    names_any = any(row.get("track", "") for row in rows)
    if unnamed and not names_any:
        for row in rows:
            row["track"] = unnamed
    numbers = {name: _numbers(rows, name) for name in ("frame", *BOX, "time")}
    has_times = any("time" in row for row in rows)
    reasons = _reasons(rows, numbers, has_times)
    is_box = reasons == ""
    if not is_box.any():
        first = f"; the first, {rows[0]['where']}: {reasons[0]}" if rows else ""
        raise ReadError(f"none of its {len(rows)} rows is a box{first}; see that it is of the format that was named")
    boxes = [row for row, is_one in zip(rows, is_box, strict=True) if is_one]
    columns = {"frame": numbers["frame"][is_box].astype(np.int64), "track": _ids(boxes)}
    for name in BOX:
        columns[name] = numbers[name][is_box]
    for name in FURTHER:
        if any(name in row for row in boxes):
            columns[name] = _numbers(boxes, name)
    skipped = [
        {"file": str(path), "where": row["where"], "reason": reason, "detail": _detail(row)}
        for row, reason in zip(rows, reasons.tolist(), strict=True)
        if reason
    ]
    return TrackFile(pd.DataFrame(columns), _skipped.as_skipped(skipped))


def _reasons(rows: list[Row], numbers: dict[str, np.ndarray], has_times: bool) -> np.ndarray:
    """Return why each row is no box; "" if it is one. The first reason counts."""
    frame = numbers["frame"]
    corners = np.stack([numbers[name] for name in BOX], axis=1)
    is_frame = np.isfinite(frame) & (frame >= 0) & (frame == np.floor(frame)) & (frame < _LAST_EXACT)
    told = np.array([row.get("skip", "") for row in rows], dtype=object)
    has_track = np.array([bool(row.get("track", "")) for row in rows], dtype=bool)
    is_backward = (corners[:, 0] > corners[:, 2]) | (corners[:, 1] > corners[:, 3])
    lacks_time = ~np.isfinite(numbers["time"]) & has_times
    return np.select(
        [told != "", ~is_frame, ~has_track, ~np.isfinite(corners).all(axis=1), is_backward, lacks_time],
        [told, NO_FRAME, NO_TRACK, NO_CORNER, NO_EXTENT, NO_TIME],
        "",
    )


def _numbers(rows: list[Row], name: str) -> np.ndarray:
    """Return a column as numbers, NaN where it has none."""
    cells = pd.Series([row.get(name, "") for row in rows], dtype=object)
    return np.asarray(pd.to_numeric(cells, errors="coerce"), float)


def _ids(rows: list[Row]) -> pd.Series:
    """Return the tracks: as numbers if all are whole numbers as they are written, else as text."""
    written = [for_table(row["track"]) for row in rows]
    try:
        numbers = [int(track) for track in written]
    except ValueError:
        return pd.Series(written, dtype=object)
    are_plain = all(str(number) == track for number, track in zip(numbers, written, strict=True))
    are_small = all(abs(number) < 2**63 for number in numbers)
    return pd.Series(numbers, dtype=np.int64) if are_plain and are_small else pd.Series(written, dtype=object)


def _detail(row: Row) -> str:
    if "detail" in row:
        return str(row["detail"])
    return " ".join(f"{name}={cell}" for name, cell in row.items() if name not in ("where", "skip", "points"))
