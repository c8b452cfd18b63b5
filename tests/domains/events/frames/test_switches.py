"""Frame by frame, as one would do it by hand."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domains.events.frames.switches import ends_of_runs, runs, switched


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=30))
def test_on_until_it_turns_off(turns):
    is_on = False
    expected = []
    for on, off in turns:
        is_on = on or (is_on and not off)
        expected.append(is_on)
    pairs = np.array(turns, bool).reshape(-1, 2)
    assert switched(pairs[:, 0], pairs[:, 1]).tolist() == expected


@given(st.lists(st.booleans(), max_size=30))
def test_runs_are_where_it_is_on(is_on):
    mask = np.array(is_on, bool)
    start, stop = runs(mask)
    drawn = np.zeros(len(mask), bool)
    for i, j in zip(start, stop, strict=True):
        assert not drawn[max(i - 1, 0) : j].any()
        drawn[i:j] = True
    assert drawn.tolist() == is_on


def test_runs_of_rows_end_at_a_break():
    first, last = ends_of_runs(np.array([False, True, False]), 4)
    assert first.tolist() == [True, False, True, False]
    assert last.tolist() == [False, True, False, True]
    nothing = ends_of_runs(np.empty(0, bool), 0)
    assert [len(part) for part in nothing] == [0, 0]
