"""From the scores of frames to the events at every threshold.

Conventions
-----------
- The frames of a label of a file are a track: rows that touch, each with a confidence. At a threshold, frames whose
  confidence reaches it and that touch are one event.
- An event is there from the threshold of its lowest frame down to that of the higher one of its neighbours, where it
  becomes part of a longer one. A track of n frames has n events at most over all thresholds.

References
----------
Ebbers, J., Serizel, R. & Haeb-Umbach, R. (2022). Threshold-independent evaluation of sound event detection scores.
ICASSP. arXiv:2201.13148
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..._text import one_line

ROUNDING = 1e-6
"""Frames no further apart than this touch, seconds."""


def events_at_every_threshold(frames: pd.DataFrame) -> pd.DataFrame:
    """Return every event that some threshold makes of frames.

    Parameters
    ----------
    frames : DataFrame
        Rows with a confidence; those of one file and label do not overlap.

    Returns
    -------
    DataFrame
        ``file onset offset label confidence``: at this threshold and below the event is there; ``until``: at this
        threshold and below it is part of a longer event, -inf if it never is.

    Raises
    ------
    ValueError
        If frames of one label overlap.

    Examples
    --------
    >>> from ..schema import as_events
    >>> frames = as_events([[0, 1], [1, 2], [2, 3]]).assign(confidence=[0.9, 0.4, 0.6])
    >>> events_at_every_threshold(frames)[["onset", "offset", "confidence", "until"]].to_numpy().tolist()
    [[0.0, 1.0, 0.9, 0.4], [0.0, 3.0, 0.4, -inf], [2.0, 3.0, 0.6, 0.4]]
    """
    frames = frames.sort_values(["file", "label", "onset"], kind="stable", ignore_index=True)
    track = frames.groupby(["file", "label"], sort=False).ngroup().to_numpy()
    onset = frames["onset"].to_numpy()
    offset = frames["offset"].to_numpy()
    gap = onset[1:] - offset[:-1]
    is_same = track[1:] == track[:-1]
    _check_apart(frames, is_same & (gap < -ROUNDING))
    # a wall of the lowest score stands before, after and between tracks, and where frames do not touch
    is_wall = ~is_same | (gap > ROUNDING)
    place = np.arange(len(frames)) + 1 + np.append(0, np.cumsum(is_wall))[: len(frames)]
    score = np.full(int(place[-1]) + 2 if len(frames) else 1, -np.inf)
    score[place] = frames["confidence"].to_numpy(float)
    before = nearest_lower(score)
    after = len(score) - 1 - nearest_lower(score[::-1])[::-1]
    events = pd.DataFrame({"before": before[place], "after": after[place], "confidence": score[place]})
    # frames of one score in one event are that event
    is_first = ~events.duplicated().to_numpy()
    row = np.full(len(score), -1)
    row[place] = np.arange(len(frames))
    first = row[events["before"] + 1]
    last = row[events["after"] - 1]
    neighbours = np.maximum(score[events["before"]], score[events["after"]])
    made = frames.assign(onset=onset[first], offset=offset[last], until=neighbours)
    return made[is_first].reset_index(drop=True)


def nearest_lower(score: np.ndarray) -> np.ndarray:
    """Return for each place the nearest one before it of lower score; its own place where there is none.

    Each place looks at the nearest lower one so far, and jumps on from there until that is lower: what lies between
    is never lower.

    Examples
    --------
    >>> nearest_lower(np.array([-np.inf, 0.9, 0.4, 0.6])).tolist()
    [0, 0, 0, 2]
    """
    nearest = np.maximum(np.arange(len(score)) - 1, 0)
    open_ = np.flatnonzero(score > -np.inf)
    while len(open_):
        open_ = open_[score[nearest[open_]] >= score[open_]]
        nearest[open_] = nearest[nearest[open_]]
    return nearest


def _check_apart(frames: pd.DataFrame, overlaps: np.ndarray) -> None:
    rows = np.flatnonzero(overlaps)
    if not len(rows):
        return
    first = frames.iloc[rows[0]]
    raise ValueError(
        f"events.assess: {len(rows)} frames overlap the next of their file and label (the first: {first['onset']:g} to "
        f"{first['offset']:g} s of {one_line(first['label'], 80)!r} in {one_line(first['file'], 80)!r}), and frames of "
        "one track follow each other; if rows are events that may overlap, leave out rows='frames'"
    )
