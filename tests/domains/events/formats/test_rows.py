"""Which reasons of the formats are mistakes, and which words say that there is no value."""

from __future__ import annotations

import pytest

from domains.events import read_events
from domains.events.files.io import NO_ONSET, SAYS_NONE
from domains.events.formats.rows import (
    ABSENT,
    BACKGROUND,
    EMPTY_ROW,
    NO_EVENT,
    NO_SEGMENT,
    NO_TIMES,
    OTHER_VIEW,
    VIEWED,
)


def test_a_row_that_says_there_is_no_event_is_no_mistake():
    assert set(SAYS_NONE) == {NO_EVENT, BACKGROUND, EMPTY_ROW, OTHER_VIEW, VIEWED}
    assert not {NO_TIMES, NO_SEGMENT} & set(SAYS_NONE)


@pytest.mark.parametrize("word", ABSENT)
def test_words_for_no_value(word, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(f"onset,offset,label,confidence\n{word},2,x,0.5\n1,2,x,{word}\n")
    events, skipped, _ = read_events(path)
    assert skipped["reason"].tolist() == [NO_ONSET]
    assert events["confidence"].isna().tolist() == [True]


@pytest.mark.parametrize("name", ["where", "skip", "length", "detail", "n_rows", "ticks"])
def test_a_column_that_is_called_as_readers_say_it_is_kept(name, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(f"onset,offset,label,{name}\n1,2,x,7\n")
    events, skipped, _ = read_events(path)
    assert len(skipped) == 0
    assert events[f"{name}_"].astype(float).tolist() == [7]
