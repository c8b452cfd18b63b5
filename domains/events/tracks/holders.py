"""The whole job over a file of tracks: read it, find who holds what, add it up.

Conventions
-----------
- On a command line everything is text. A track is named as its file writes it: ``3`` is the track 3 where tracks are
  numbers, and "3" where they are text.
- ``NAME=ID,ID`` is a player of several tracks under a name of its own; ``ID`` alone is a track under its own name.
- A zone is ``NAME=x1,y1,x2,y2``.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ... import _console
from ..._checks import UsageError
from ..._pictures import axes_or_new
from ..._tables import build_table
from ..._text import for_picture
from .holding import possession
from .reading import read_tracks
from .visiting import dwell

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from rich.table import Table

    from ..._console import Outputs

MOST_ROWS = 40


def possess_files(
    path: Path,
    first: str,
    second: Sequence[str],
    zones: Sequence[str],
    *,
    outputs: Outputs,
    kind: str | None = None,
    padding: float | None = None,
    likelihood: float | None = None,
    **options: Any,
) -> int:
    """Do what ``overlap events possession`` does, and return its exit code."""
    if not second and not zones:
        raise UsageError("events.possession: nobody and no zone to look for; name a track, or pass --zone")
    places = zones_of(zones)
    with _console.collected_warnings() as notes:
        tracks, skipped = read_tracks(path, kind, padding=padding, likelihood=likelihood)
        known: dict[str, Any] = {str(track): track for track in tracks["track"].unique().tolist()}
        holders = {**holders_of(second, known), **places}
        events = possession(tracks, known.get(first, first), holders, file=path.stem, **options)
    totals = dwell(events)
    report = {
        "events": events.to_dict("records"),
        "dwell": totals.to_dict("records"),
        "rules": {name: value for name, value in events.attrs.items() if name != "holders"},
    }
    return _console.deliver(
        report,
        outputs,
        lambda: [events_table(events, first), dwell_table(totals)],
        lambda: draw_holders(events),
        skipped,
        rows=events,
        notes=notes,
    )


def holders_of(texts: Sequence[str], known: dict[str, Any]) -> dict[str, list[Any]]:
    """Return the tracks of each holder by its name.

    Parameters
    ----------
    texts : sequence of str
        ``ID``, or ``NAME=ID,ID``.
    known : dict
        The tracks of the file by how they are written.

    Raises
    ------
    UsageError
        If a name is given twice, or has no track.

    Examples
    --------
    >>> holders_of(["red=3,7", "4"], {"3": 3, "4": 4, "7": 7})
    {'red': [3, 7], '4': [4]}
    """
    holders: dict[str, list[Any]] = {}
    for text in texts:
        # a track may have the mark in its own name
        name, mark, ids = (text, "", text) if text in known else text.partition("=")
        tracks = ids.split(",") if mark else [name]
        _add(holders, name, [known.get(track, track) for track in tracks if track])
    return holders


def zones_of(texts: Sequence[str]) -> dict[str, list[float]]:
    """Return the corners of each zone by its name.

    Raises
    ------
    UsageError
        If a zone is not written ``NAME=x1,y1,x2,y2``, or named twice.

    Examples
    --------
    >>> zones_of(["goal=0,0,50,100"])
    {'goal': [0.0, 0.0, 50.0, 100.0]}
    """
    zones: dict[str, list[float]] = {}
    for text in texts:
        name, _, written = text.partition("=")
        try:
            corners = [float(number) for number in written.split(",")]
        except ValueError:
            corners = []
        if len(corners) != 4 or not all(map(isfinite, corners)):
            raise UsageError(f"--zone {text}: a zone is written NAME=x1,y1,x2,y2, such as goal=0,0,50,100")
        _add(zones, name, corners)
    return zones


def _add(places: dict[str, list[Any]], name: str, place: list[Any]) -> None:
    if not name or not place:
        raise UsageError(f"events.possession: {name!r} has no track; write NAME=ID,ID, such as red=3,7")
    if name in places:
        raise UsageError(f"events.possession: {name!r} is named twice; give all its tracks at once, as {name}=ID,ID")
    places[name] = place


def events_table(events: pd.DataFrame, first: str) -> Table:
    """Return who holds it, when, for the terminal."""
    rows = [
        [row["label"], f"{row['onset']:.3f}", f"{row['offset']:.3f}", str(row["n_frames"]), f"{row['confidence']:.3f}"]
        for row in events.head(MOST_ROWS).to_dict("records")
    ]
    left = len(events) - MOST_ROWS
    rules = ", ".join(f"{name} {events.attrs[name]}" for name in ("missing", "exclusive"))
    caption = f"{rules}; {events.attrs['absent']:g} s have no frame"
    if left > 0:
        caption += f"; {left} more rows: --csv has them"
    headings = ("onset (s)", "offset (s)", "frames", "mean index")
    return build_table(("holder",), headings, rows, title=f"{first} is with", caption=caption)


def dwell_table(totals: pd.DataFrame) -> Table:
    """Return the totals of each holder for the terminal."""
    rows = [
        [
            row["label"],
            str(row["entries"]),
            *(f"{row[name]:.3f}" for name in ("first_entry", "dwell", "mean", "longest")),
        ]
        for row in totals.to_dict("records")
    ]
    headings = ("entries", "first (s)", "total (s)", "mean (s)", "longest (s)")
    return build_table(("holder",), headings, rows)


def draw_holders(events: pd.DataFrame) -> Axes:
    """Draw a line for each holder, and a bar for each time that it holds."""
    holders = events.attrs["holders"]
    ax = axes_or_new(None, (9, 1 + 0.4 * len(holders)))
    for height, name in enumerate(holders):
        own = events[events["label"] == name]
        bars = list(zip(own["onset"], own["offset"] - own["onset"], strict=True))
        ax.broken_barh(bars, (height - 0.3, 0.6))
    ax.set_yticks(range(len(holders)), [for_picture(name) for name in holders])
    ax.set_ylim(len(holders) - 0.5, -0.5)
    ax.set_xlabel("time (s)")
    return ax
