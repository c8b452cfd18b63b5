from __future__ import annotations

import pytest

from domains.events import as_events
from domains.events.schema import times_of
from domains.events.steps.rows import cut, merged, with_shared_gaps, without_frames


def test_what_is_merged_stands_where_its_first_stood_with_the_highest_confidence():
    events = as_events([[5, 6], [0, 1], [6, 7]]).assign(confidence=[0.2, 0.1, 0.9])
    rows = merged(events, 0.0)
    assert times_of(rows).tolist() == [[5.0, 7.0], [0.0, 1.0]]
    assert rows["confidence"].tolist() == [0.9, 0.1]


def test_a_point_is_one_piece():
    assert times_of(cut(as_events([[2, 2], [0, 6]]), 3.0, 0.0)).tolist() == [[2.0, 2.0], [0.0, 3.0], [3.0, 6.0]]


def test_an_overlap_is_no_gap_to_share():
    with pytest.raises(ValueError, match="no gap to share"):
        with_shared_gaps(as_events([[0, 5], [4, 6]]), 1.0, 1.0)


def test_columns_that_count_frames_go():
    assert "n_frames" not in without_frames(as_events([[0, 1]]).assign(n_frames=1))
