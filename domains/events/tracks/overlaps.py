"""How two things overlap, frame by frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

import overlap as ov
from overlap import boxes

from .films import Film, film_of, frame_numbers, whole_film
from .places import Place, Tracks, boxes_of, of_tracks, resolved


def frame_overlap(tracks: pd.DataFrame, first: Tracks, second: Place, *, rate: float | None = None) -> xr.Dataset:
    """Measure frame by frame how the boxes of two tracks, or of a track and a zone, overlap.

    Parameters
    ----------
    tracks, first, second, rate
        See `possession`; `second` is one track, list of tracks or zone.

    Returns
    -------
    Dataset
        ``intersection size_a size_b`` in squared units of the boxes, ``iou`` (NaN where a box is missing), ``seen``,
        ``time`` (begin of the frame, seconds) and ``duration`` (how long it lasts, seconds) over ``frame``; the end of
        the last frame in ``attrs["end"]``. Every frame of the film, or with a column ``time`` those that have a row.

    Raises
    ------
    ValueError
        As `possession`.

    See Also
    --------
    possession : Find when a thing is with another, in a fixed zone, or with one of several.
    overlap.boxes.measure : Measure how boxes overlap, pair by pair.

    Examples
    --------
    >>> columns = ["frame", "track", "x1", "y1", "x2", "y2"]
    >>> two = pd.DataFrame([[0, "a", 0, 0, 2, 2], [0, "b", 1, 0, 3, 2]], columns=columns)
    >>> round(float(frame_overlap(two, "a", "b", rate=25).iou[0]), 4)
    0.3333
    """
    numbers = frame_numbers(tracks)
    film = film_of(tracks, numbers, rate) if "time" in tracks else whole_film(numbers, rate)
    a = boxes_of(of_tracks(first), tracks, numbers, film.numbers)
    b = boxes_of(resolved(second, tracks), tracks, numbers, film.numbers)
    return measured(a, b, film)


def measured(a: np.ndarray, b: np.ndarray, film: Film) -> xr.Dataset:
    """Return how two boxes overlap in each frame of a film."""
    is_seen = ~(np.isnan(a) | np.isnan(b)).any(axis=1)
    a = np.where(is_seen[:, None], a, 0.0)
    b = np.where(is_seen[:, None], b, 0.0)
    o = boxes.measure(a, b)
    iou = np.where(is_seen, ov.iou(o, empty=0.0), np.nan)
    variables: dict[str, Any] = {
        "intersection": ("frame", np.asarray(o.intersection)),
        "size_a": ("frame", np.asarray(o.size_a)),
        "size_b": ("frame", np.asarray(o.size_b)),
        "seen": ("frame", is_seen),
        "time": ("frame", film.begin),
        "duration": ("frame", film.end - film.begin),
        "iou": ("frame", iou),
    }
    end = float(film.end[-1]) if len(film.end) else 0.0
    return xr.Dataset(variables, coords={"frame": film.numbers}, attrs={"end": end})
