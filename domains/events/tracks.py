"""Possession: how long two things in a film are together, from their boxes.

Conventions
-----------
- A row of tracks is one box in one frame: ``frame`` (a whole number from 0), ``track``, ``x1 y1 x2 y2``. A frame that
  lacks a box is one where the thing was not seen, and no possession.
- Frame k lasts from k / rate to (k + 1) / rate: n frames are n / rate seconds, not n − 1. If the film tells the time of
  its frames (a column ``time``), a frame lasts until the next, and the last as long as the one before.
- Possession begins where the index reaches `enter` and ends where it falls below `leave`: between the two it stays
  what it was, so that an index that trembles about one threshold does not cut one possession into many.

References
----------
Canny, J. (1986). A computational approach to edge detection. IEEE TPAMI 8, 679. (two thresholds)
Milan, A. et al. (2016). MOT16. arXiv:1603.00831 (tables of tracks)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

import overlap as ov
from overlap import boxes

BOX = ["x1", "y1", "x2", "y2"]


def possession(
    tracks: pd.DataFrame,
    first: str,
    second: str | Sequence[float],
    *,
    rate: float | None = None,
    index: str = "iou",
    enter: float = 0.5,
    leave: float | None = None,
    max_gap: float = 0.0,
    min_duration: float = 0.0,
    file: str = "",
) -> pd.DataFrame:
    """Find when two tracks, or a track and a fixed zone, are together.

    Parameters
    ----------
    tracks : DataFrame
        ``frame track x1 y1 x2 y2``, and ``time`` if the frames are not evenly spaced.
    first : str
        A track.
    second : str or four numbers
        Another track, or a zone x1, y1, x2, y2 that stays.
    rate : float, optional
        Frames per second; needed unless there is a column ``time``.
    index : str
        A name from `overlap.INDICES`. A small box in a large one has a small IoU at best; "containment" says what
        share of the smaller box lies in the other.
    enter, leave : float
        Possession begins at ``index >= enter`` and ends at ``index < leave``; `leave` is `enter` by default.
    max_gap : float
        Possessions that are no further apart are one, seconds.
    min_duration : float
        Shorter ones are dropped, after merging, seconds.
    file : str
        What to write into the column ``file``.

    Returns
    -------
    DataFrame
        Events: ``file onset offset label confidence`` (label: `second`, or "zone"; confidence: the mean index), then
        ``first_frame`` and ``n_frames``. The total time is ``n_frames.sum() / rate``, exact.

    Raises
    ------
    ValueError
        If a column or track is missing, a frame holds two boxes of a track, or `leave` is above `enter`.

    Examples
    --------
    >>> from .scenes import player_and_ball
    >>> tracks, reference = player_and_ball()
    >>> found = possession(tracks, "ball", "red", rate=25, index="containment", enter=0.8, leave=0.3)
    >>> found[["first_frame", "n_frames"]].to_numpy().tolist()
    [[50, 125], [400, 70]]
    """
    leave = enter if leave is None else leave
    if leave > enter:
        raise ValueError(f"possession: leave={leave} is above enter={enter}; it is the lower threshold")
    if index not in ov.INDICES:
        raise ValueError(f"possession: unknown index {index!r}; choose from {', '.join(ov.INDICES)}")
    frames = frame_overlap(tracks, first, second, rate=rate)
    value = np.where(frames["seen"], ov.INDICES[index](_overlap(frames), empty=0.0), np.nan)
    edges = np.append(frames["time"].values, frames.attrs["end"])
    # where frames are evenly spaced, whole frames are counted: 10.4 - 10.2 is more than 5 / 25
    ticks, unit = (edges, 1.0) if rate is None or "time" in tracks else (np.arange(len(edges)), rate)
    runs = _runs(_held(value, enter, leave))
    runs = _bridge(runs, (ticks[runs[1:, 0]] - ticks[runs[:-1, 1]]) / unit > max_gap)
    runs = runs[(ticks[runs[:, 1]] - ticks[runs[:, 0]]) / unit >= min_duration]
    return pd.DataFrame(
        {
            "file": [file] * len(runs),
            "onset": edges[runs[:, 0]],
            "offset": edges[runs[:, 1]],
            "label": second if isinstance(second, str) else "zone",
            "confidence": [float(np.nanmean(value[i:j])) for i, j in runs],
            "first_frame": frames["frame"].values[runs[:, 0]],
            "n_frames": runs[:, 1] - runs[:, 0],
        }
    )


def frame_overlap(
    tracks: pd.DataFrame, first: str, second: str | Sequence[float], *, rate: float | None = None
) -> xr.Dataset:
    """Measure frame by frame how the boxes of two tracks, or of a track and a zone, overlap.

    Parameters
    ----------
    tracks, first, second, rate
        See `possession`.

    Returns
    -------
    Dataset
        ``intersection size_a size_b`` in squared units of the boxes, ``iou`` (NaN where a box is missing), ``seen``
        and ``time`` (begin of the frame, seconds) over ``frame``; the end of the last frame in ``attrs["end"]``.

    Raises
    ------
    ValueError
        As `possession`.

    Examples
    --------
    >>> two = pd.DataFrame([[0, "a", 0, 0, 2, 2], [0, "b", 1, 0, 3, 2]], columns=["frame", "track", *BOX])
    >>> round(float(frame_overlap(two, "a", "b", rate=25).iou[0]), 4)
    0.3333
    """
    if missing := [c for c in ("frame", "track", *BOX) if c not in tracks]:
        raise ValueError(f"possession: the tracks lack {', '.join(missing)}; they need frame, track, x1, y1, x2, y2")
    frames, time, end = _clock(tracks, rate)
    sides = [_boxes(tracks, first, frames), _boxes(tracks, second, frames)]
    seen = ~(np.isnan(sides[0]) | np.isnan(sides[1])).any(axis=1)
    o = boxes.measure(*(np.where(seen[:, None], x, 0.0) for x in sides))
    sizes = {k: ("frame", np.asarray(getattr(o, k))) for k in ("intersection", "size_a", "size_b")}
    data = xr.Dataset({**sizes, "seen": ("frame", seen), "time": ("frame", time)}, {"frame": frames}, {"end": end})
    return data.assign(iou=("frame", np.where(seen, ov.iou(o, empty=0.0), np.nan)))


def _clock(tracks: pd.DataFrame, rate: float | None) -> tuple[np.ndarray, np.ndarray, float]:
    """Return every frame of the film, when it begins, and when the last one ends."""
    if "time" in tracks:
        times = tracks.groupby("frame")["time"].first()
        frames, time = times.index.to_numpy(), times.to_numpy(float)
        if len(time) < 2 or not (np.diff(time) > 0).all():
            raise ValueError("possession: column time must rise from frame to frame, over two frames or more")
        return frames, time, float(2 * time[-1] - time[-2])
    if rate is None or not rate > 0:
        raise ValueError(f"possession: rate={rate}; pass the frames per second, or a column time")
    last = int(tracks["frame"].max()) if len(tracks) else -1
    frames = np.arange(last + 1)
    return frames, frames / rate, (last + 1) / rate


def _boxes(tracks: pd.DataFrame, which: str | Sequence[float], frames: np.ndarray) -> np.ndarray:
    """Return a box for every frame, NaN where there is none."""
    if not isinstance(which, str):
        return np.tile(np.asarray(which, float).reshape(1, 4), (len(frames), 1))
    rows = tracks[tracks["track"] == which]
    if rows.empty:
        found = ", ".join(map(str, pd.unique(tracks["track"])[:8]))
        raise ValueError(f"possession: there is no track {which!r}; found {found}")
    if rows["frame"].duplicated().any():
        again = rows.loc[rows["frame"].duplicated(), "frame"].iloc[0]
        raise ValueError(f"possession: track {which!r} has two boxes in frame {again}")
    return rows.set_index("frame")[BOX].reindex(frames).to_numpy(float)


def _overlap(frames: xr.Dataset) -> ov.Overlap:
    return ov.Overlap(*(frames[k].values for k in ("intersection", "size_a", "size_b")))


def _held(value: np.ndarray, enter: float, leave: float) -> np.ndarray:
    """Return where possession is: on from `enter`, off below `leave`, unchanged between."""
    switch = np.where(value >= enter, 1, np.where(value >= leave, -1, 0))
    last = np.maximum.accumulate(np.where(switch >= 0, np.arange(len(value)), -1))
    return np.asarray((last >= 0) & (switch[last] == 1))


def _runs(on: np.ndarray) -> Any:
    """Return the runs of True as rows (start, stop)."""
    return np.flatnonzero(np.diff(on.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)


def _bridge(runs: Any, apart: np.ndarray) -> Any:
    """Join the runs that are not apart from the next."""
    first, last = np.append(True, apart)[: len(runs)], np.append(apart, True)[: len(runs)]
    return np.stack([runs[first, 0], runs[last, 1]], axis=1)
