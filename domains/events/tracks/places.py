"""Who or what is meant: a track, several tracks of one player, or a zone, and where it is in each frame."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from ..._checks import UsageError
from ..._text import one_line
from .films import BOX

Tracks = Hashable | Collection[Hashable]
Place = Tracks | Collection[float]


def named_places(second: Any, tracks: pd.DataFrame) -> dict[str, np.ndarray | list[Any]]:
    """Return each place by its name: a zone as an array of four numbers, a player as the list of its tracks."""
    if not isinstance(second, Mapping):
        place = resolved(second, tracks)
        return {_name_of(place): place}
    if not second:
        raise UsageError("events.possession: second={} names nobody; name one track or zone at least")
    names = [str(name) for name in second]
    if len(set(names)) < len(names):
        raise UsageError(f"events.possession: two names are written alike in {one_line(names, 80)}; rename one")
    return {str(name): resolved(place, tracks) for name, place in second.items()}


def resolved(place: Any, tracks: pd.DataFrame) -> np.ndarray | list[Any]:
    """Return a zone as an array of four numbers, and one or several tracks as a list."""
    if not _is_collection(place):
        return [place]
    members = list(place)
    are_numbers = bool(members) and all(isinstance(x, Real) and not isinstance(x, bool) for x in members)
    if isinstance(place, set | frozenset) or not are_numbers:
        return _listed(members)
    has_fractions = any(isinstance(x, float | np.floating) for x in members)
    known = set(tracks["track"].dropna())
    n_tracks = sum(x in known for x in members)
    if len(members) != 4:
        if has_fractions or n_tracks == 0:
            raise UsageError(f"events.frame_overlap: a zone is four numbers x1, y1, x2, y2; got {place!r}")
        return _listed(members)
    may_be_tracks = n_tracks > 0 and len(set(members)) == 4 and not has_fractions
    if may_be_tracks:
        written = ", ".join(str(x) for x in members)
        zone = ", ".join(str(float(x)) for x in members)
        raise UsageError(
            f"events.frame_overlap: [{written}] may be a zone or four tracks; write a zone as [{zone}], "
            f"tracks as {{{written}}}"
        )
    return np.asarray(members, float)


def of_tracks(first: Any) -> list[Any]:
    """Return one or several tracks as a list."""
    return _listed(list(first)) if _is_collection(first) else [first]


def boxes_of(
    place: np.ndarray | list[Any], tracks: pd.DataFrame, numbers: np.ndarray, frames: np.ndarray
) -> np.ndarray:
    """Return a box for every frame, NaN where there is none, shape (n, 4)."""
    if isinstance(place, np.ndarray):
        return np.tile(place.reshape(1, 4), (len(frames), 1))
    is_of_track = np.zeros(len(tracks), bool)
    for track in place:
        is_of_track |= _rows_of(track, tracks)
    rows = tracks[is_of_track]
    name = repr(_plain(place[0])) if len(place) == 1 else one_line([_plain(track) for track in place], 80)
    frame = pd.Index(numbers[is_of_track])
    if frame.has_duplicates:
        repeated = frame[frame.duplicated()][0]
        raise ValueError(f"events.frame_overlap: track {name} has two boxes in frame {repeated}; keep one")
    try:
        corners = rows[BOX].to_numpy(float)
    except (ValueError, TypeError) as error:
        found = f"a corner of a box of track {name} is no number ({one_line(error)})"
        raise ValueError(f"events.frame_overlap: {found}; correct it, or leave the row out") from error
    found_at = frame.get_indexer(pd.Index(frames))
    return np.where((found_at >= 0)[:, None], corners[found_at], np.nan)


def _rows_of(track: Any, tracks: pd.DataFrame) -> np.ndarray:
    """Return which rows are of a track; one that is not there is refused, with what is."""
    _check_id(track)
    is_of_track = np.asarray((tracks["track"] == track).to_numpy(bool, na_value=False))
    if is_of_track.any():
        return is_of_track
    track = _plain(track)
    present = [_plain(x) for x in pd.unique(tracks["track"].dropna())]
    alike = [x for x in present if str(x) == str(track)]
    if alike:
        kind = type(alike[0]).__name__
        raise ValueError(
            f"events.frame_overlap: there is no track {track!r} ({type(track).__name__}); "
            f"found {alike[0]!r} ({kind}): pass {alike[0]!r}"
        )
    listed = ", ".join(map(str, present[:8]))
    raise ValueError(f"events.frame_overlap: there is no track {track!r}; found {one_line(listed)}")


def _is_collection(place: Any) -> bool:
    return isinstance(place, list | tuple | set | frozenset | np.ndarray | pd.Series | pd.Index)


def _listed(members: list[Any]) -> list[Any]:
    if not members:
        raise UsageError("events.frame_overlap: an empty list of tracks; name one at least")
    for member in members:
        _check_id(member)
    return list(dict.fromkeys(members))


def _check_id(track: object) -> None:
    if not pd.api.types.is_scalar(track):
        raise TypeError(
            f"events.frame_overlap: a track is a {type(track).__name__}; pass its id as the column track has it"
        )


def _name_of(place: np.ndarray | list[Any]) -> str:
    if isinstance(place, np.ndarray):
        return "zone"
    return "+".join(str(track) for track in place)


def _plain(track: Any) -> Any:
    """Return an element of an array as Python writes it: 3, not np.int64(3)."""
    return track.item() if isinstance(track, np.generic) else track
