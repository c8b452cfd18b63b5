"""Frame by frame: closed forms of two boxes, and the time of each frame."""

from __future__ import annotations

import numpy as np
import pandas as pd

from domains.events import frame_overlap


def two(frames):
    """Two squares of side 2 that share half of each."""
    rows = [[k, track, x, 0, x + 2, 2] for k in frames for track, x in (("a", 0), ("b", 1))]
    return pd.DataFrame(rows, columns=["frame", "track", "x1", "y1", "x2", "y2"])


def test_areas():
    found = frame_overlap(two([0, 1]), "a", "b", rate=10)
    assert found.intersection.values.tolist() == [2, 2]
    assert found.size_a.values.tolist() == found.size_b.values.tolist() == [4, 4]
    assert found.duration.values.tolist() == [0.1, 0.1]


def test_absent_frames_have_no_value():
    found = frame_overlap(two([0, 3]), "a", "b", rate=10)
    assert found.seen.values.tolist() == [True, False, False, True]
    assert np.isnan(found.iou.values).tolist() == [False, True, True, False]
    assert found.attrs["end"] == 0.4


def test_a_frame_before_a_hole_lasts_as_long_as_is_usual():
    tracks = two([0, 1, 9])
    found = frame_overlap(tracks.assign(time=tracks["frame"] / 10), "a", "b")
    assert found.frame.values.tolist() == [0, 1, 9]
    np.testing.assert_allclose(found.duration, [0.1, 0.1, 0.1], rtol=1e-12)
