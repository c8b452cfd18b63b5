"""Who holds what, when: from an index of each frame to stretches of time."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

import overlap as ov

from ..._checks import UsageError, check_choice, check_number
from ..frames.switches import ends_of_runs, runs, switched
from .films import EXACT, Film, Pieces, film_of, frame_numbers, without_holes
from .overlaps import measured
from .places import Place, Tracks, boxes_of, named_places, of_tracks

MISSING = ("gap", "hold")
EXCLUSIVE = (None, "nearest", "overlap")


def possession(
    tracks: pd.DataFrame,
    first: Tracks,
    second: Place | Mapping[str, Place],
    *,
    rate: float | None = None,
    index: str = "iou",
    enter: float = 0.5,
    leave: float | None = None,
    exclusive: str | None = None,
    missing: str = "gap",
    max_hold: float | None = None,
    max_gap: float = 0.0,
    min_duration: float = 0.0,
    file: str = "",
) -> pd.DataFrame:
    """Find when a thing is with another, in a fixed zone, or with one of several.

    Parameters
    ----------
    tracks : DataFrame
        ``frame track x1 y1 x2 y2``, and ``time`` if the frames are not evenly spaced.
    first : track, or list of tracks
        What is held: a name or a number as it stands in the column ``track``. A list is one thing whose track changed.
    second : track, list of tracks, four numbers, or mapping of name to these
        Who or where: another track, the tracks of one player after a switch, or a zone x1, y1, x2, y2 that stays. A
        mapping names several, such as ``{"red": [3, 7], "blue": 4, "goal": (0.0, 0.0, 50.0, 100.0)}``.
    rate : float, optional
        Frames per second; needed unless there is a column ``time``.
    index : str
        A name from `overlap.INDICES`. A small box in a large one has a small IoU at best; "containment" says what
        share of the smaller box lies in the other.
    enter, leave : float
        Possession begins at ``index >= enter`` and ends at ``index < leave``; `leave` is `enter` by default.
    exclusive : {None, "nearest", "overlap"}
        Who has it in a frame where several do: all of them; whose centre is nearest to that of `first`; or who overlaps
        it by the larger area. Of equals, the first that was named. A frame that is held counts as what was seen last.
    missing : {"gap", "hold"}
        What a frame means in which a box is missing, or that is absent: no possession, or what was there before.
    max_hold : float, optional
        How long what was seen last is held, seconds; needed with ``missing="hold"``.
    max_gap : float
        Possessions that are no further apart are one, seconds; never over an exclusive one of somebody else.
    min_duration : float
        Shorter ones are dropped, after merging, seconds.
    file : str
        What to write into the column ``file``.

    Returns
    -------
    DataFrame
        Events in the order of their onsets: ``file onset offset label confidence`` (label: the name in the mapping,
        else the track, or "zone"; confidence: the mean index of the frames seen), ``first_frame`` and ``n_frames``.
        With a rate, the total time is ``n_frames.sum() / rate``, exact. The rules stand in ``attrs``: ``exclusive``,
        ``missing``, ``max_hold``, ``holders`` (all names), ``usual_frame`` and ``absent`` (seconds without a frame).

    Raises
    ------
    ValueError
        If a column or track is missing, a frame is no whole number from 0 on, or beyond `MOST_FRAMES` without a column
        ``time``, a frame has two times or two boxes of a track, rate and times contradict each other, or `leave` is
        above `enter`.

    Warns
    -----
    UserWarning
        If no two frames are neighbours, as where a tracker looked at every fifth frame only.

    See Also
    --------
    read_tracks : Read a file of tracks.
    frame_overlap : Measure frame by frame how the boxes of two tracks overlap.
    dwell : Add up the visits to each zone, or the possessions of each holder.
    transitions : Count how often each zone or holder is followed by each.
    ward_taxonomy : Say what became of every reference event.

    Examples
    --------
    >>> from domains.events import player_and_ball
    >>> tracks, reference = player_and_ball()
    >>> how = {"rate": 25, "index": "containment", "enter": 0.8, "leave": 0.3}
    >>> found = possession(tracks, "ball", "red", **how)
    >>> found[["first_frame", "n_frames"]].to_numpy().tolist()
    [[50, 125], [400, 70]]
    >>> found = possession(tracks, "ball", {"A": "red", "B": "blue"}, exclusive="nearest", **how)
    >>> found["label"].tolist()
    ['A', 'B', 'A']
    """
    leave = enter if leave is None else leave
    _check_limits(enter, leave, max_gap, min_duration)
    check_choice("events.possession", "index", index, ov.INDICES)
    check_choice("events.possession", "exclusive", exclusive, EXCLUSIVE)
    hold_for = _checked_hold(missing, max_hold)
    numbers = frame_numbers(tracks)
    film = film_of(tracks, numbers, rate)
    _warn_of_steps(film)
    places = named_places(second, tracks)
    if exclusive is not None and len(places) < 2:
        raise UsageError(
            f"events.possession: exclusive={exclusive!r} and one holder; name several, as "
            '{"red": 3, "blue": 4}, or leave exclusive out'
        )
    pieces = without_holes(film, hold_for)
    a = boxes_of(of_tracks(first), tracks, numbers, film.numbers)
    sides = [boxes_of(place, tracks, numbers, film.numbers) for place in places.values()]
    frames = [measured(a, b, film) for b in sides]
    values = [_in_pieces(_index_of(each, index), pieces) for each in frames]
    holds = np.array([_held(value, pieces, enter, leave, hold_for, film.usual) for value in values])
    if exclusive == "nearest":
        costs = [_distance(a, b) for b in sides]
        holds = _one_only(holds, costs, pieces)
    if exclusive == "overlap":
        costs = [np.where(each["seen"], -each["intersection"], np.nan) for each in frames]
        holds = _one_only(holds, costs, pieces)
    rule = _Rule(max_gap, min_duration, exclusive is not None, EXACT * film.usual)
    parts = [
        _events(name, value, is_held, holds, pieces, rule)
        for name, value, is_held in zip(places, values, holds, strict=True)
    ]
    events = pd.concat(parts, ignore_index=True).sort_values("onset", kind="stable", ignore_index=True)
    events.insert(0, "file", pd.Series([file] * len(events), dtype=str))
    lengths = np.diff(pieces.edges)
    events.attrs = {
        "exclusive": exclusive,
        "missing": missing,
        "max_hold": max_hold,
        "holders": list(places),
        "usual_frame": film.usual,
        "absent": float(lengths[pieces.is_absent].sum()),
    }
    return events


class _Rule(NamedTuple):
    """What becomes of the stretches of time that are found."""

    max_gap: float
    min_duration: float
    is_exclusive: bool
    tolerance: float


def _check_limits(enter: float, leave: float, max_gap: float, min_duration: float) -> None:
    check_number("events.possession", "enter", enter, at_least=0, at_most=1)
    check_number("events.possession", "leave", leave, at_least=0, at_most=1)
    check_number("events.possession", "max_gap", max_gap, at_least=0)
    check_number("events.possession", "min_duration", min_duration, at_least=0)
    if leave > enter:
        raise UsageError(f"events.possession: leave={leave} is above enter={enter}; it is the lower threshold")


def _checked_hold(missing: str, max_hold: float | None) -> float:
    """Return for how long what was seen last is held, seconds."""
    check_choice("events.possession", "missing", missing, MISSING)
    if missing == "gap":
        if max_hold is not None:
            raise UsageError(f'events.possession: max_hold={max_hold} holds nothing; pass missing="hold" with it')
        return 0.0
    if max_hold is None:
        raise UsageError('events.possession: missing="hold" without an end; pass max_hold=, seconds')
    check_number("events.possession", "max_hold", max_hold, at_least=0)
    return max_hold


def _warn_of_steps(film: Film) -> None:
    """Say so where no two frames are neighbours: most of the time of such a film is absent."""
    if len(film.numbers) < 3:
        return
    step = int(np.diff(film.numbers).min())
    if step > 1:
        warnings.warn(
            f"events.possession: frames are numbered in steps of {step} and more, and those between are absent; if "
            f"the film has no others, number them anew: frame // {step}, and rate / {step} if there is no column time",
            stacklevel=3,
        )


def _index_of(frames: xr.Dataset, index: str) -> np.ndarray:
    """Return an index of each frame, NaN where a box is missing."""
    o = ov.Overlap(frames["intersection"].values, frames["size_a"].values, frames["size_b"].values)
    value = ov.INDICES[index](o, empty=0.0)
    return np.where(frames["seen"].values, value, np.nan)


def _in_pieces(value: np.ndarray, pieces: Pieces) -> np.ndarray:
    """Return a value of each piece, NaN where a frame is absent."""
    return np.where(pieces.is_absent, np.nan, value[pieces.frame])


def _held(value: np.ndarray, pieces: Pieces, enter: float, leave: float, hold_for: float, usual: float) -> np.ndarray:
    """Return where possession is: on from `enter`, off below `leave`, unchanged between and while it is held."""
    is_seen = ~np.isnan(value)
    end = pieces.edges[1:]
    last_seen = np.maximum.accumulate(np.where(is_seen, end, -np.inf))
    is_too_late = ~is_seen & (end - last_seen > hold_for + EXACT * usual)
    turns_on = value >= enter
    turns_off = (value < leave) | is_too_late
    return switched(turns_on, turns_off)


def _distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return how far the centres of two boxes lie apart in each frame, NaN where one is missing."""
    centre_a = (a[:, :2] + a[:, 2:]) / 2
    centre_b = (b[:, :2] + b[:, 2:]) / 2
    return np.asarray(np.hypot(*(centre_a - centre_b).T))


def _one_only(holds: np.ndarray, costs: list[np.ndarray], pieces: Pieces) -> np.ndarray:
    """Return the holder of the least cost in each piece; where something is held, by what was seen last."""
    known = np.array([_last_known(_in_pieces(cost, pieces)) for cost in costs])
    of_holders = np.where(holds, known, np.inf)
    winner = np.argmin(of_holders, axis=0)
    is_winner = np.arange(len(costs))[:, None] == winner
    return np.asarray(holds & is_winner)


def _last_known(value: np.ndarray) -> np.ndarray:
    """Return a value with each NaN filled by the one before."""
    place = np.where(np.isnan(value), 0, np.arange(len(value)))
    return np.asarray(value[np.maximum.accumulate(place)])


def _events(
    name: str, value: np.ndarray, is_held: np.ndarray, holds: np.ndarray, pieces: Pieces, rule: _Rule
) -> pd.DataFrame:
    """Return the stretches of one holder, merged and long enough."""
    start, stop = runs(is_held)
    gap = pieces.edges[start[1:]] - pieces.edges[stop[:-1]]
    is_apart = gap > rule.max_gap + rule.tolerance
    if rule.is_exclusive:
        is_apart |= _holds_between(holds & ~is_held, stop[:-1], start[1:])
    start, stop = _bridge(start, stop, is_apart)
    duration = pieces.edges[stop] - pieces.edges[start]
    is_long_enough = duration >= rule.min_duration - rule.tolerance
    start = start[is_long_enough]
    stop = stop[is_long_enough]
    return pd.DataFrame(
        {
            "onset": pieces.edges[start],
            "offset": pieces.edges[stop],
            "label": [name] * len(start),
            "confidence": [_mean_seen(value[i:j]) for i, j in zip(start, stop, strict=True)],
            "first_frame": pieces.numbers[start],
            "n_frames": pieces.numbers[stop] - pieces.numbers[start],
        }
    ).astype({"label": str, "confidence": float})


def _mean_seen(value: np.ndarray) -> float:
    """Return the mean of what was seen, NaN if nothing was."""
    seen = value[~np.isnan(value)]
    return float(seen.mean()) if len(seen) else np.nan


def _holds_between(of_others: np.ndarray, begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return whether somebody else holds it between two pieces."""
    n_before = np.append(0, np.cumsum(of_others.any(axis=0)))
    return np.asarray(n_before[end] > n_before[begin])


def _bridge(start: np.ndarray, stop: np.ndarray, is_apart: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Join the runs that are not apart from the next."""
    is_first, is_last = ends_of_runs(is_apart, len(start))
    return start[is_first], stop[is_last]
