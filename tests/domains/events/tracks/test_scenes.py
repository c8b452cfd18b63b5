"""What the scene says of itself."""

from __future__ import annotations

import numpy as np
import pandas as pd

from domains.events import frame_overlap, player_and_ball
from domains.events.tracks.scenes import FRAMES, HOLDS, RATE


def test_how_much_of_the_ball_lies_in_a_player():
    tracks, _ = player_and_ball()
    for who, them in HOLDS.items():
        frames = frame_overlap(tracks, "ball", who, rate=RATE)
        share = (frames.intersection / frames.size_a).values
        held = np.zeros(FRAMES, bool)
        for start, stop in them:
            held[start:stop] = True
        assert set(np.round(share[held], 9)) == {0.5, 1.0}
        assert share[~held].max() <= 0.2 + 1e-9


def test_errors_are_seeded():
    first, _ = player_and_ball(jitter=2.0, lost=0.1)
    again, _ = player_and_ball(jitter=2.0, lost=0.1)
    other, _ = player_and_ball(jitter=2.0, lost=0.1, rng=1)
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)
    assert 0.8 * FRAMES < (first["track"] == "ball").sum() < FRAMES
    assert (first["track"] == "red").sum() == FRAMES
