"""How long recordings are, from tables written here."""

from __future__ import annotations

import pytest

from domains._files import ReadError
from domains.events.formats.durations import read


def test_a_table_of_durations_is_whole_or_refused():
    assert [row["file"] for row in read("filename,duration\na,1\n\nb,2\n")] == ["a", "b"]
    with pytest.raises(ReadError, match="line 3: fewer cells"):
        list(read("file,duration\na,1\nb\n"))
