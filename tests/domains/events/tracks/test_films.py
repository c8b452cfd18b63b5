"""Which frames there are, how long they last, and what lies between them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from domains.events.tracks.films import film_of, whole_film, without_holes


def film(numbers, times=None, rate=None):
    tracks = pd.DataFrame({"frame": numbers})
    if times is not None:
        tracks["time"] = times
    return film_of(tracks, np.asarray(numbers), rate)


def test_by_rate_a_frame_lasts_its_share_of_a_second():
    found = film([0, 1, 5], rate=25)
    assert found.begin.tolist() == [0, 1 / 25, 5 / 25]
    assert found.end.tolist() == [1 / 25, 2 / 25, 6 / 25]
    assert found.usual == 1 / 25
    assert len(whole_film(np.array([0, 1, 5]), 25).numbers) == 6


def test_by_times_a_frame_lasts_until_the_next():
    found = film([0, 1, 2, 3], [0.0, 0.5, 2.0, 3.0])
    assert found.end.tolist() == [0.5, 2.0, 3.0, 4.0]
    assert found.usual == 1.0


@pytest.mark.parametrize("numbers", [[0, 1, 2, 50, 51], [0, 1, 2, 3, 4]])
def test_a_frame_before_a_hole_lasts_as_long_as_is_usual(numbers):
    times = np.array([0, 1, 2, 50, 51]) / 25
    found = film(numbers, times)
    assert found.end == pytest.approx(np.array([1, 2, 3, 51, 52]) / 25, rel=1e-12)
    pieces = without_holes(found, max_hold=0.0)
    assert pieces.is_absent.tolist() == [False, False, False, True, False, False]
    assert pieces.edges == pytest.approx(np.array([0, 1, 2, 3, 50, 51, 52]) / 25, rel=1e-12)


def test_the_usual_frame_is_per_number():
    """Every fifth frame has rows: each lasts a fifth of the step."""
    found = film([0, 5, 10, 15], [0.0, 0.2, 0.4, 0.6])
    assert found.usual == pytest.approx(0.04, rel=1e-12)
    assert (found.end - found.begin) == pytest.approx([0.04] * 4, rel=1e-12)


def test_the_last_frame_is_like_the_one_before_unless_that_ends_at_a_hole():
    assert film([0, 1, 2, 3], [0, 1, 2, 5]).end[-1] == 8
    assert film([0, 1, 2, 9], [0, 1, 2, 9]).end[-1] == 10


def test_absent_frames_are_filled_as_far_as_something_is_held():
    found = film([0, 1, 11], rate=10)
    assert len(without_holes(found, 0.0).frame) == 4
    held = without_holes(found, 0.3)
    assert held.numbers.tolist() == [0, 1, 2, 3, 4, 5, 11, 12]
    assert held.edges.tolist() == [number / 10 for number in held.numbers]
    assert len(without_holes(found, 1e9).frame) == 12
    assert len(without_holes(film([], rate=10), 1.0).frame) == 0


def test_a_declared_rate_says_what_is_usual():
    assert film([0, 1, 2], [0.0, 0.03, 0.08], rate=25).usual == 0.04
    with pytest.raises(ValueError, match=r"rate=25 is 0.04 s a frame, and the column time steps by 40; .*in seconds"):
        film([0, 1, 2], [0, 40, 80], rate=25)
    assert film([0, 1, 2], np.array([0, 40, 80]) / 1000, rate=25).usual == 0.04
