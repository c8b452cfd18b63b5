"""A generated scene whose possession times are known: two players and a ball.

Conventions
-----------
- Pixels, x to the right, y down. 25 frames a second, 20 seconds; the ball is 20 × 20, a player 60 × 120.
- While a player has the ball it lies in his box wholly, or half of it sticks out while he dribbles. Else at most 0.2 of
  it lies in anyone's box. So every pair of thresholds in (0.5, 1] and (0.2, 0.5] finds the same, known times.

References
----------
None: the scene is made up.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..._checks import check_number
from ..schema import as_events
from .films import BOX

RATE = 25.0
FRAMES = 500
BALL_SIZE = (20.0, 20.0)
PLAYER_SIZE = (60.0, 120.0)
HOLDS = {"red": [(50, 175), (400, 470)], "blue": [(220, 360)]}


def player_and_ball(
    *, jitter: float = 0.0, lost: float = 0.0, rng: int | np.random.Generator | None = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make tracks of two players and a ball, and the true times of possession.

    Parameters
    ----------
    jitter : float
        Standard deviation of a tracker's error in the place of each box, pixels.
    lost : float
        Share of the ball's boxes that the tracker loses.
    rng : int or Generator, optional
        Seed of the errors.

    Returns
    -------
    tracks : DataFrame
        ``frame track x1 y1 x2 y2`` of "red", "blue" and "ball".
    reference : DataFrame
        Events: who has the ball, when.

    See Also
    --------
    possession : Find when a thing is with another, in a fixed zone, or with one of several.
    possession_scenes : Make twelve short scenes, and who has the ball in them.

    Examples
    --------
    >>> tracks, reference = player_and_ball()
    >>> reference[["onset", "offset", "label"]].to_numpy().tolist()
    [[2.0, 7.0, 'red'], [8.8, 14.4, 'blue'], [16.0, 18.8, 'red']]
    """
    check_number("events.player_and_ball", "jitter", jitter, at_least=0)
    check_number("events.player_and_ball", "lost", lost, at_least=0, at_most=1)
    frame = np.arange(FRAMES)
    corners = {
        "red": np.stack([100 + 0.4 * frame, np.full(FRAMES, 80.0)], axis=1),
        "blue": np.stack([500 - 0.3 * frame, np.full(FRAMES, 80.0)], axis=1),
    }
    corners["ball"] = _ball(frame, corners)
    generator = np.random.default_rng(rng)
    parts = [_track(who, corner, jitter, generator) for who, corner in corners.items()]
    tracks = pd.concat(parts, ignore_index=True)
    is_lost = (tracks["track"] == "ball") & (generator.random(len(tracks)) < lost)
    return tracks[~is_lost].reset_index(drop=True), _true_holds()


def _true_holds() -> pd.DataFrame:
    """Return who has the ball, when."""
    rows = [(who, start / RATE, stop / RATE) for who, holds in HOLDS.items() for start, stop in holds]
    table = pd.DataFrame(rows, columns=["label", "onset", "offset"])
    return as_events(table.sort_values("onset"))


def _ball(frame: np.ndarray, corners: dict[str, np.ndarray]) -> np.ndarray:
    """Return the ball's corner: at a holder's feet, and between holds high over the field."""
    place = np.stack([300 + 100 * np.sin(frame / 20), np.full(FRAMES, 10.0)], axis=1)
    for who, holds in HOLDS.items():
        for start, stop in holds:
            now = frame[start:stop]
            is_dribbling = (now // 5) % 2 == 1
            # x1 at the right edge of the box less 20 is wholly inside, less 10 is half out
            right = np.where(is_dribbling, 50.0, 35.0)
            down = np.full(stop - start, 95.0)
            place[now] = corners[who][now] + np.stack([right, down], axis=1)
    # grazing a player without having it: four of its 20 pixels lie inside
    graze = slice(185, 195)
    place[graze] = corners["blue"][graze] + np.array([56.0, 20.0])
    return place


def _track(who: str, corner: np.ndarray, jitter: float, generator: np.random.Generator) -> pd.DataFrame:
    size = np.array(BALL_SIZE if who == "ball" else PLAYER_SIZE)
    top_left = corner + generator.normal(0, jitter, corner.shape)
    bottom_right = top_left + size
    table = pd.DataFrame(np.hstack([top_left, bottom_right]), columns=BOX)
    table.insert(0, "frame", np.arange(len(corner)))
    table.insert(1, "track", who)
    return table
