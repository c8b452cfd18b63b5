"""Rules written by hand, with fractions for what floating point cannot say."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domains._checks import UsageError
from domains.events.frames.rounding import ROUNDINGS, check_rounding, made_whole, whole_ends

BY_HAND = {
    "floor": (math.floor, math.floor),
    "nearest_even": (round, round),
    "half_up": (lambda x: math.floor(x + Fraction(1, 2)), lambda x: math.floor(x + Fraction(1, 2))),
    "ceil": (math.ceil, math.ceil),
    "cover": (math.floor, math.ceil),
}


@pytest.mark.parametrize("rounding", ROUNDINGS)
@settings(max_examples=30)
@given(hundredths=st.integers(-10_000, 10**7), rate=st.sampled_from([1, 2, 10, 25, 100, 256]))
def test_decimals_are_rounded_as_fractions_are(rounding, hundredths, rate):
    """0.29 s at 100 frames a second is frame 29, whatever floating point makes of it."""
    exact = Fraction(hundredths, 100) * rate
    position = np.array([hundredths / 100 * rate])
    first, stop = whole_ends(position, position, rounding, 1e-6)
    begin, end = BY_HAND[rounding]
    assert (int(first[0]), int(stop[0])) == (begin(exact), end(exact))


def test_without_tolerance_the_bits_count():
    assert made_whole(np.array([0.29 * 100]), np.floor, 0.0) == 28
    assert made_whole(np.array([0.29 * 100]), np.floor, 1e-6) == 29


def test_what_is_endless_stays_so():
    assert made_whole(np.array([np.inf]), np.ceil, 1e-6) == np.inf


@pytest.mark.parametrize(
    ("rounding", "tolerance", "message"),
    [("round", 0.0, "rounding must be one of"), ("floor", -1, "tolerance"), ("floor", 0.3, "is in frames")],
)
def test_wrong_settings_are_refused(rounding, tolerance, message):
    with pytest.raises(UsageError, match=f"events.to_frames: .*{message}"):
        check_rounding("events.to_frames", rounding, tolerance)
