"""Which frames a film has, how long each lasts, and which are absent."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from ..._checks import UsageError, check_kind, check_number
from ..._files import check_budget
from ..._text import one_line

BOX = ["x1", "y1", "x2", "y2"]

MOST_FRAMES = 10**8
"""46 days at 25 frames a second: larger numbers are times, or count from somewhere else."""

LONGEST_FRAME = 5.0
"""Usual frames that one frame may last: what lies further from the next frame is absent, whatever its number."""

EXACT = 1e-3
"""Usual frames: what differs by less is the same time."""

_LAST_EXACT = 2.0**53
_BYTES_A_FRAME = 200


class Film(NamedTuple):
    """The frames of a film that have rows.

    Parameters
    ----------
    numbers : ndarray, shape (n,)
        Of the frames, rising.
    begin, end : ndarray, shape (n,)
        When each begins and ends, seconds; what lies between an end and the next beginning is absent.
    usual : float
        How long a frame lasts that has no length of its own, seconds.
    rate : float or None
        Frames per second of a film whose frames are evenly spaced.
    """

    numbers: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    usual: float
    rate: float | None


class Pieces(NamedTuple):
    """A film without holes: its frames, and what is absent between them.

    Parameters
    ----------
    frame : ndarray, shape (m,)
        Place of the frame in the film, or that of the last frame before an absent piece.
    is_absent : ndarray, shape (m,)
        Whether no frame is there.
    edges : ndarray, shape (m + 1,)
        When each piece begins, and when the last ends, seconds.
    numbers : ndarray, shape (m + 1,)
        The number of the frame with which each piece begins, and that after the last.
    """

    frame: np.ndarray
    is_absent: np.ndarray
    edges: np.ndarray
    numbers: np.ndarray


def frame_numbers(tracks: pd.DataFrame) -> np.ndarray:
    """Return the frame of each row; one that is no whole number from 0 on is refused."""
    check_kind("events.frame_overlap", "tracks", tracks, pd.DataFrame, "pass what events.read_tracks returns")
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


def film_of(tracks: pd.DataFrame, numbers: np.ndarray, rate: float | None) -> Film:
    """Return the frames that have rows, by their times where there are any, else by the rate."""
    if "time" in tracks:
        return _film_of_times(tracks, numbers, rate)
    rate = _checked_rate(rate)
    _check_length(numbers)
    present = np.unique(numbers)
    return Film(present, present / rate, (present + 1) / rate, 1 / rate, rate)


def whole_film(numbers: np.ndarray, rate: float | None) -> Film:
    """Return every frame of an evenly spaced film, also those without a box."""
    rate = _checked_rate(rate)
    n_frames = _check_length(numbers)
    what = f"a value for each of {n_frames} frames"
    check_budget("events.frame_overlap", "tracks", n_frames * _BYTES_A_FRAME, what)
    frames = np.arange(n_frames)
    return Film(frames, frames / rate, (frames + 1) / rate, 1 / rate, rate)


def without_holes(film: Film, max_hold: float) -> Pieces:
    """Fill the holes of a film: absent frames one by one as far as something may be held there, then all the rest."""
    n = len(film.numbers)
    if n == 0:
        nothing = np.empty(0, int)
        return Pieces(nothing, nothing.astype(bool), np.zeros(1), np.zeros(1, int))
    until_next = np.append(film.begin[1:] - film.end[:-1], 0.0)
    numbers_left_out = np.append(np.diff(film.numbers) - 1, 0)
    is_hole = until_next > EXACT * film.usual
    by_length = np.maximum(np.round(until_next / film.usual), 1)
    n_absent = np.where(is_hole, np.where(numbers_left_out > 0, numbers_left_out, by_length), 0).astype(np.int64)
    n_single = np.minimum(n_absent, int(np.ceil(min(max_hold / film.usual, _LAST_EXACT))))
    n_pieces = 1 + n_single + (n_absent > n_single)
    total = int(n_pieces.sum())
    check_budget("events.possession", "tracks", total * _BYTES_A_FRAME, f"a value for each of {total} frames")
    frame = np.repeat(np.arange(n), n_pieces)
    first_piece = np.cumsum(n_pieces) - n_pieces
    place = np.arange(total) - first_piece[frame]
    is_absent = place > 0
    length_of_one = until_next / np.maximum(n_absent, 1)
    in_hole = film.end[frame] + (place - 1) * length_of_one[frame]
    begin = np.where(is_absent, in_hole, film.begin[frame])
    has_number = numbers_left_out[frame] > 0
    number = film.numbers[frame] + np.where(has_number, place, np.minimum(place, 1))
    numbers = np.append(number, film.numbers[-1] + 1)
    if film.rate is not None:
        return Pieces(frame, is_absent, numbers / film.rate, numbers)
    return Pieces(frame, is_absent, np.append(begin, film.end[-1]), numbers)


def _film_of_times(tracks: pd.DataFrame, numbers: np.ndarray, rate: float | None) -> Film:
    times = pd.to_numeric(tracks["time"], errors="coerce").groupby(numbers)
    begin = times.first().to_numpy(float)
    present = np.unique(numbers)
    is_rising = np.isfinite(begin).all() and (np.diff(begin) > 0).all()
    if len(begin) < 2 or not is_rising:
        raise ValueError("events.frame_overlap: column time must rise from frame to frame, over two frames or more")
    has_two = np.flatnonzero(times.max().to_numpy() > times.min().to_numpy())
    if len(has_two):
        raise ValueError(
            f"events.frame_overlap: frame {present[has_two[0]]} has two times in its rows; give each frame one time"
        )
    step = np.diff(begin)
    step_of_number = np.diff(present)
    usual = float(np.median(step / step_of_number))
    if rate is not None:
        usual = _declared_usual(usual, rate)
    has_own_length = (step_of_number == 1) & (step <= (LONGEST_FRAME + EXACT) * usual)
    length = np.where(has_own_length, step, np.minimum(usual, step))
    end = begin + np.append(length, length[-1])
    # where frame touches frame, an end is the next beginning to the last bit
    end[:-1] = np.where(has_own_length, begin[1:], end[:-1])
    return Film(present, begin, end, usual, None)


def _declared_usual(measured: float, rate: float) -> float:
    """Return how long a frame lasts by the rate, if the times say about the same."""
    declared = 1 / _checked_rate(rate)
    if not declared / 2 <= measured <= declared * 2:
        raise ValueError(
            f"events.frame_overlap: rate={rate:g} is {declared:g} s a frame, and the column time steps by "
            f"{measured:g}; leave rate out if the times are right, or give them in seconds"
        )
    return declared


def _checked_rate(rate: float | None) -> float:
    if rate is None:
        raise UsageError("events.frame_overlap: rate=None; pass the frames per second, or tracks with a column time")
    check_number("events.frame_overlap", "rate", rate, above=0)
    return rate


def _check_length(numbers: np.ndarray) -> int:
    """Return how many frames a film has that ends with its last box."""
    n_frames = int(numbers.max()) + 1 if len(numbers) else 0
    if n_frames > MOST_FRAMES:
        raise ValueError(
            f"events.frame_overlap: frame {n_frames - 1} is beyond the {MOST_FRAMES} frames that a film may have; "
            "count from the first frame of the film, or pass tracks with a column time"
        )
    return n_frames
