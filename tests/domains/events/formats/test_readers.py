"""Every format has a reader, and every reader says where a row is."""

from __future__ import annotations

import pytest

from domains.events.formats import READERS

TEXTS = {
    "csv": ("onset,offset\n1,2\n", "line 2"),
    "dcase": ("1\t2\tdog\n", "line 1"),
    "bids": ("onset\tduration\n1\t2\n", "line 2"),
    "rttm": ("SPEAKER f 1 1 2 <NA> <NA> anna <NA> <NA>\n", "line 1"),
    "activitynet": ('{"results": {"v": [{"segment": [1, 2], "label": "jump"}]}}', "annotation 1"),
}


@pytest.mark.parametrize("kind", READERS)
def test_a_row_says_where_it_is(kind):
    text, where = TEXTS[kind]
    (row,) = READERS[kind](text)
    assert row["where"] == where
    assert "skip" not in row


def test_the_names_of_the_formats():
    assert list(READERS) == ["csv", "dcase", "bids", "rttm", "activitynet"]
