"""A window shows what it says, and one that would show nearly nothing is refused."""

from __future__ import annotations

import re

import numpy as np
import pytest

from domains._checks import UsageError
from domains.lesions.pictures.windows import WINDOWS, grey_range, parse_window

SCALED = np.linspace(0, 1, 400).reshape(20, 20)
STANDARDISED = np.linspace(-3, 3.5, 400).reshape(20, 20)


def greys(values, window=None):
    return grey_range("f", values, values, window)


def test_a_window_of_ct():
    """Radiopaedia's lung window: W 1500, L -600."""
    ct = np.array([[-1400.0, 0.0], [100.0, 400.0]])
    assert greys(ct, "lung") == (-1350, 150, "grey from −1350 to 150 (HU, lung window)")
    assert greys(ct, (50, 200)) == (-50, 150, "grey from −50 to 150 (window)")


def test_without_a_window_percentiles_of_the_slice():
    values = np.arange(200.0).reshape(10, 20)
    values[0, 0] = 1e6
    *limits, said = greys(values)
    assert limits == pytest.approx(np.percentile(values, [1, 99]))
    assert said.endswith("(1st to 99th percentile)")


def test_a_slice_of_nearly_one_value_shows_the_others():
    values = np.zeros((20, 20))
    values[3, 4] = 5.0
    assert greys(values) == (0, 5, "grey from 0 to 5 (all of its values)")


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ("lungs", "window must be one of"),
        ((40,), r"pass a name \(bone, .*\) or \(centre, width\)"),
        ((40, 0), r"pass a name"),
    ],
)
def test_what_is_no_window_is_refused(window, said):
    with pytest.raises(UsageError, match=said):
        greys(SCALED * 700 + 200, window)


@pytest.mark.parametrize(
    ("values", "window"),
    [
        *[(SCALED, name) for name in WINDOWS],
        *[(STANDARDISED, name) for name in ("lung", "brain", "stroke")],
        (SCALED * 700 + 200, "stroke"),
        (SCALED, (50.0, 400.0)),
        (SCALED * 4095 + 30000, "lung"),
    ],
)
def test_a_window_that_shows_nearly_nothing_is_refused_and_the_remedy_shows_all(values, window):
    with pytest.raises(UsageError, match="nearly nothing of the image") as refused:
        greys(values, window)
    own = re.search(r"--window (\S+), or leave it out", str(refused.value)).group(1)
    assert greys(values, parse_window(own))[:2] == pytest.approx(np.percentile(values, [1, 99]), rel=1e-4)
    assert greys(values)[:2] == pytest.approx(np.percentile(values, [1, 99]))


@pytest.mark.parametrize(
    ("values", "window"),
    [
        (STANDARDISED * 300, "lung"),
        (np.full((4, 4), 0.5), "brain"),
        (np.where(SCALED > 0.999, 60.0, -900.0), "soft tissue"),
    ],
)
def test_a_window_that_shows_what_there_is_is_taken(values, window):
    centre, width = WINDOWS[window]
    assert greys(values, window)[:2] == (centre - width / 2, centre + width / 2)


def test_a_slice_of_air_is_drawn_in_a_window_that_shows_the_rest():
    air = np.full((20, 20), -1000.0)
    whole = np.stack([air, np.linspace(-1000, 300, 400).reshape(20, 20)])
    assert grey_range("f", whole, air, "bone")[:2] == (-500, 1300)


def test_every_window_has_a_width():
    assert all(width > 0 for _, width in WINDOWS.values())


@pytest.mark.parametrize("text", ["lungs", "40", "40,80,1", "40,-80", "nan,80"])
def test_what_the_command_line_cannot_read_is_refused(text):
    with pytest.raises(UsageError, match="--window"):
        parse_window(text)
