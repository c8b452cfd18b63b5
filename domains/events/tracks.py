"""Possession: how long two things in a film are together, from their boxes.

Conventions
-----------
- A row of tracks is one box in one frame: ``frame`` (a whole number from 0), ``track``, ``x1 y1 x2 y2``. A frame that
  lacks a box is one where the thing was not seen, and no possession.
- Frame k lasts from k / rate to (k + 1) / rate: n frames are n / rate seconds, not n − 1. If the film gives the time of
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

import numpy as np
import pandas as pd
import xarray as xr

import overlap as ov
from overlap import boxes

from .._checks import UsageError, check_choice, check_number

BOX = ["x1", "y1", "x2", "y2"]

Place = str | Sequence[float]


def possession(
    tracks: pd.DataFrame,
    first: str,
    second: Place,
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
    _check_limits(enter, leave, max_gap, min_duration)
    check_choice("events.possession", "index", index, ov.INDICES)
    frames = frame_overlap(tracks, first, second, rate=rate)
    value = _index_of(frames, index)
    edges = np.append(frames["time"].values, frames.attrs["end"])
    # where frames are evenly spaced, whole frames are counted: 10.4 - 10.2 is more than 5 / 25
    if rate is None or "time" in tracks:
        ticks = edges
        ticks_per_second = 1.0
    else:
        ticks = np.arange(len(edges))
        ticks_per_second = rate
    start, stop = _runs(_hold(value, enter, leave))
    gap = (ticks[start[1:]] - ticks[stop[:-1]]) / ticks_per_second
    start, stop = _bridge(start, stop, gap > max_gap)
    duration = (ticks[stop] - ticks[start]) / ticks_per_second
    is_long_enough = duration >= min_duration
    start = start[is_long_enough]
    stop = stop[is_long_enough]
    return pd.DataFrame(
        {
            "file": [file] * len(start),
            "onset": edges[start],
            "offset": edges[stop],
            "label": second if isinstance(second, str) else "zone",
            "confidence": [float(np.nanmean(value[i:j])) for i, j in zip(start, stop, strict=True)],
            "first_frame": frames["frame"].values[start],
            "n_frames": stop - start,
        }
    )


def frame_overlap(tracks: pd.DataFrame, first: str, second: Place, *, rate: float | None = None) -> xr.Dataset:
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
    missing = [name for name in ("frame", "track", *BOX) if name not in tracks]
    if missing:
        needed = "they need frame, track, x1, y1, x2, y2"
        raise ValueError(f"events.frame_overlap: the tracks lack {', '.join(missing)}; {needed}")
    frames, begin, end = _clock(tracks, rate)
    a = _boxes(tracks, first, frames)
    b = _boxes(tracks, second, frames)
    is_seen = ~(np.isnan(a) | np.isnan(b)).any(axis=1)
    a = np.where(is_seen[:, None], a, 0.0)
    b = np.where(is_seen[:, None], b, 0.0)
    o = boxes.measure(a, b)
    iou = np.where(is_seen, ov.iou(o, empty=0.0), np.nan)
    return xr.Dataset(
        {
            "intersection": ("frame", np.asarray(o.intersection)),
            "size_a": ("frame", np.asarray(o.size_a)),
            "size_b": ("frame", np.asarray(o.size_b)),
            "seen": ("frame", is_seen),
            "time": ("frame", begin),
            "iou": ("frame", iou),
        },
        coords={"frame": frames},
        attrs={"end": end},
    )


def _check_limits(enter: float, leave: float, max_gap: float, min_duration: float) -> None:
    check_number("events.possession", "enter", enter, at_least=0, at_most=1)
    check_number("events.possession", "leave", leave, at_least=0, at_most=1)
    check_number("events.possession", "max_gap", max_gap, at_least=0)
    check_number("events.possession", "min_duration", min_duration, at_least=0)
    if leave > enter:
        raise UsageError(f"events.possession: leave={leave} is above enter={enter}; it is the lower threshold")


def _clock(tracks: pd.DataFrame, rate: float | None) -> tuple[np.ndarray, np.ndarray, float]:
    """Return every frame of the film, when it begins, and when the last one ends."""
    if "time" in tracks:
        return _clock_of_times(tracks)
    if rate is None:
        raise UsageError("events.frame_overlap: rate=None; pass the frames per second, or tracks with a column time")
    check_number("events.frame_overlap", "rate", rate, above=0)
    n = int(tracks["frame"].max()) + 1 if len(tracks) else 0
    frames = np.arange(n)
    return frames, frames / rate, n / rate


def _clock_of_times(tracks: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, float]:
    times = tracks.groupby("frame")["time"].first()
    frames = times.index.to_numpy()
    begin = times.to_numpy(float)
    if len(begin) < 2 or not (np.diff(begin) > 0).all():
        raise ValueError("events.frame_overlap: column time must rise from frame to frame, over two frames or more")
    # the last frame lasts as long as the one before
    end = float(2 * begin[-1] - begin[-2])
    return frames, begin, end


def _boxes(tracks: pd.DataFrame, place: Place, frames: np.ndarray) -> np.ndarray:
    """Return a box for every frame, NaN where there is none."""
    if not isinstance(place, str):
        return _zone(place, len(frames))
    rows = tracks[tracks["track"] == place]
    if rows.empty:
        present = ", ".join(map(str, pd.unique(tracks["track"])[:8]))
        raise ValueError(f"events.frame_overlap: there is no track {place!r}; found {present}")
    repeated = rows["frame"][rows["frame"].duplicated()]
    if len(repeated):
        raise ValueError(f"events.frame_overlap: track {place!r} has two boxes in frame {repeated.iloc[0]}; keep one")
    return rows.set_index("frame")[BOX].reindex(frames).to_numpy(float)


def _zone(corners: Sequence[float], n_frames: int) -> np.ndarray:
    zone = np.asarray(corners, float)
    if zone.size != 4:
        raise UsageError(f"events.frame_overlap: a zone is four numbers x1, y1, x2, y2; got {corners!r}")
    return np.tile(zone.reshape(1, 4), (n_frames, 1))


def _index_of(frames: xr.Dataset, index: str) -> np.ndarray:
    """Return an index of each frame, NaN where a box is missing."""
    o = ov.Overlap(frames["intersection"].values, frames["size_a"].values, frames["size_b"].values)
    value = ov.INDICES[index](o, empty=0.0)
    return np.where(frames["seen"].values, value, np.nan)


def _hold(value: np.ndarray, enter: float, leave: float) -> np.ndarray:
    """Return where possession is: on from `enter`, off below `leave`, unchanged between."""
    turns_on = value >= enter
    # NaN is below every threshold
    turns_off = ~(value >= leave)
    frame = np.arange(len(value))
    last_turn = np.maximum.accumulate(np.where(turns_on | turns_off, frame, -1))
    return np.asarray((last_turn >= 0) & turns_on[last_turn])


def _runs(is_on: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where the runs of True start and stop."""
    turn = np.diff(is_on.astype(np.int8), prepend=0, append=0)
    return np.flatnonzero(turn == 1), np.flatnonzero(turn == -1)


def _bridge(start: np.ndarray, stop: np.ndarray, is_apart: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Join the runs that are not apart from the next."""
    n = len(start)
    is_first = np.append(True, is_apart)[:n]
    is_last = np.append(is_apart, True)[:n]
    return start[is_first], stop[is_last]
