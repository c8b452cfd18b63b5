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
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

import overlap as ov
from overlap import boxes

from .._checks import UsageError, check_choice, check_number
from .._files import check_budget
from .._text import one_line

BOX = ["x1", "y1", "x2", "y2"]

MOST_FRAMES = 10**8
"""46 days at 25 frames a second: larger numbers are times, or count from somewhere else."""

_LAST_EXACT = 2.0**53
_BYTES_A_FRAME = 200

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
        If a column or track is missing, a frame is no whole number from 0 on, or beyond `MOST_FRAMES` without a column
        ``time``, a frame holds two boxes of a track, or `leave` is above `enter`.

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
    numbers = _frame_numbers(tracks)
    has_times = "time" in tracks
    film = _film_of_times(tracks, numbers) if has_times else _film_near_rows(numbers, rate)
    frames = _measured(tracks, numbers, first, second, film)
    value = _index_of(frames, index)
    edges = np.append(film.begin, film.end)
    place = np.append(film.frames, film.n_frames)
    if has_times:
        place = np.arange(len(edges))
    # where frames are evenly spaced, whole frames are counted: 10.4 - 10.2 is more than 5 / 25
    ticks = edges if has_times else place
    ticks_per_second = 1.0 if has_times else _checked_rate(rate)
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
            "first_frame": film.frames[start],
            "n_frames": place[stop] - place[start],
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
    numbers = _frame_numbers(tracks)
    film = _film_of_times(tracks, numbers) if "time" in tracks else _whole_film(numbers, rate)
    return _measured(tracks, numbers, first, second, film)


class _Film(NamedTuple):
    """Frames that are measured, when each begins, when the last of the film ends, and how many the film has."""

    frames: np.ndarray
    begin: np.ndarray
    end: float
    n_frames: int


def _measured(tracks: pd.DataFrame, numbers: np.ndarray, first: str, second: Place, film: _Film) -> xr.Dataset:
    """Return how the boxes overlap in each frame of a film, or of the part of it that is measured."""
    a = _boxes(tracks, numbers, first, film.frames)
    b = _boxes(tracks, numbers, second, film.frames)
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
            "time": ("frame", film.begin),
            "iou": ("frame", iou),
        },
        coords={"frame": film.frames},
        attrs={"end": film.end},
    )


def _check_limits(enter: float, leave: float, max_gap: float, min_duration: float) -> None:
    check_number("events.possession", "enter", enter, at_least=0, at_most=1)
    check_number("events.possession", "leave", leave, at_least=0, at_most=1)
    check_number("events.possession", "max_gap", max_gap, at_least=0)
    check_number("events.possession", "min_duration", min_duration, at_least=0)
    if leave > enter:
        raise UsageError(f"events.possession: leave={leave} is above enter={enter}; it is the lower threshold")


def _frame_numbers(tracks: pd.DataFrame) -> np.ndarray:
    """Return the frame of each row; one that is no whole number from 0 on is refused."""
    missing = [name for name in ("frame", "track", *BOX) if name not in tracks]
    if missing:
        needed = "they need frame, track, x1, y1, x2, y2"
        raise ValueError(f"events.frame_overlap: the tracks lack {', '.join(missing)}; {needed}")
    numbers = pd.to_numeric(tracks["frame"], errors="coerce").to_numpy(float, na_value=np.nan)
    is_whole = np.isfinite(numbers) & (numbers >= 0) & (numbers == np.floor(numbers)) & (numbers < _LAST_EXACT)
    wrong = np.flatnonzero(~is_whole)
    if len(wrong):
        row = wrong[0]
        given = one_line(tracks["frame"].iloc[row], 40)
        raise ValueError(
            f"events.frame_overlap: frame {given} in row {row}: frames are whole numbers from 0 on; "
            "correct it, or leave the row out"
        )
    return numbers.astype(np.int64)


def _film_of_times(tracks: pd.DataFrame, numbers: np.ndarray) -> _Film:
    times = pd.to_numeric(tracks["time"], errors="coerce").groupby(numbers).first()
    begin = times.to_numpy(float)
    is_rising = np.isfinite(begin).all() and (np.diff(begin) > 0).all()
    if len(begin) < 2 or not is_rising:
        raise ValueError("events.frame_overlap: column time must rise from frame to frame, over two frames or more")
    # the last frame lasts as long as the one before
    end = float(2 * begin[-1] - begin[-2])
    return _Film(times.index.to_numpy(), begin, end, len(begin))


def _whole_film(numbers: np.ndarray, rate: float | None) -> _Film:
    """Return every frame of the film, also those without a box."""
    rate = _checked_rate(rate)
    n_frames = _length(numbers)
    what = f"a value for each of {n_frames} frames"
    check_budget("events.frame_overlap", "tracks", n_frames * _BYTES_A_FRAME, what)
    frames = np.arange(n_frames)
    return _Film(frames, frames / rate, n_frames / rate, n_frames)


def _film_near_rows(numbers: np.ndarray, rate: float | None) -> _Film:
    """Return the frames that hold a box, and those right after them, where what is seen ends."""
    rate = _checked_rate(rate)
    n_frames = _length(numbers)
    if n_frames <= 2 * len(numbers):
        frames = np.arange(n_frames)
    else:
        frames = np.union1d(numbers, numbers + 1)
        frames = frames[frames < n_frames]
    return _Film(frames, frames / rate, n_frames / rate, n_frames)


def _checked_rate(rate: float | None) -> float:
    if rate is None:
        raise UsageError("events.frame_overlap: rate=None; pass the frames per second, or tracks with a column time")
    check_number("events.frame_overlap", "rate", rate, above=0)
    return rate


def _length(numbers: np.ndarray) -> int:
    """Return how many frames a film has that ends with its last box."""
    n_frames = int(numbers.max()) + 1 if len(numbers) else 0
    if n_frames > MOST_FRAMES:
        raise ValueError(
            f"events.frame_overlap: frame {n_frames - 1} is beyond the {MOST_FRAMES} frames that a film may have; "
            "count from the first frame of the film, or pass tracks with a column time"
        )
    return n_frames


def _boxes(tracks: pd.DataFrame, numbers: np.ndarray, place: Place, frames: np.ndarray) -> np.ndarray:
    """Return a box for every frame, NaN where there is none."""
    if not isinstance(place, str):
        return _zone(place, len(frames))
    is_of_track = (tracks["track"] == place).to_numpy(bool, na_value=False)
    rows = tracks[is_of_track]
    if rows.empty:
        present = ", ".join(map(str, pd.unique(tracks["track"])[:8]))
        raise ValueError(f"events.frame_overlap: there is no track {place!r}; found {one_line(present)}")
    frame = pd.Index(numbers[is_of_track])
    if frame.has_duplicates:
        repeated = frame[frame.duplicated()][0]
        raise ValueError(f"events.frame_overlap: track {place!r} has two boxes in frame {repeated}; keep one")
    try:
        corners = rows[BOX].to_numpy(float)
    except (ValueError, TypeError) as error:
        found = f"a corner of a box of track {place!r} is no number ({one_line(error)})"
        raise ValueError(f"events.frame_overlap: {found}; correct it, or leave the row out") from error
    found_at = frame.get_indexer(pd.Index(frames))
    return np.where((found_at >= 0)[:, None], corners[found_at], np.nan)


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
