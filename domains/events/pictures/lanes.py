"""Where the rows of a picture lie, and on which lane of its row each event."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from .naming import Row

LANES = 2
"""So many lanes have place in a row; one with more is higher."""


class Place(NamedTuple):
    """Where a row is drawn: its middle, how much higher than others it is, and how much space is above it."""

    middle: float
    height: float
    room: float = 0.0


def places_of(shown: list[Row], sides: list[pd.DataFrame], *, room: float = 0.0) -> dict[Row, Place]:
    """Return where each row is drawn, the first on top; a row with many lanes is higher, and has space above it."""
    both = pd.concat([side[["file", "label", "n_lanes"]] for side in sides])
    most_lanes = both.groupby(["file", "label"])["n_lanes"].max()
    places = {}
    bottom = -0.5
    for row in reversed(shown):
        height = max(1.0, most_lanes[row] / LANES)
        places[row] = Place(bottom + height / 2, height, room)
        bottom += height + room
    return places


def with_lanes(events: pd.DataFrame) -> pd.DataFrame:
    """Give each event the first lane that is free, and the number of lanes that its row has."""
    events = events.sort_values(["file", "label", "onset", "offset"], kind="stable", ignore_index=True)
    lane = np.zeros(len(events), int)
    n_lanes = np.ones(len(events), int)
    for positions in events.groupby(["file", "label"], sort=False).indices.values():
        onset = events["onset"].to_numpy(float)[positions]
        offset = events["offset"].to_numpy(float)[positions]
        if (onset[1:] >= np.maximum.accumulate(offset)[:-1]).all():
            continue
        lane[positions] = lanes_of(onset, offset)
        n_lanes[positions] = lane[positions].max() + 1
    return events.assign(lane=lane, n_lanes=n_lanes)


def lanes_of(onset: np.ndarray, offset: np.ndarray) -> list[int]:
    """Return the first free lane of each of some events in order of their onsets."""
    free_from: list[float] = []
    lanes = []
    for begin, end in zip(onset.tolist(), offset.tolist(), strict=True):
        free = next((k for k, until in enumerate(free_from) if until <= begin), len(free_from))
        if free == len(free_from):
            free_from.append(end)
        free_from[free] = end
        lanes.append(free)
    return lanes
