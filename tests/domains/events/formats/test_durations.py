"""How long recordings are, from tables written here."""

from __future__ import annotations

import pytest

from domains._files import ReadError
from domains.events.formats.durations import read
from domains.events.formats.rows import TOO_SHORT


def test_a_table_of_durations_is_whole_or_refused():
    assert [row["file"] for row in read("filename,duration\na,1\n\nb,2\n")] == ["a", "b"]
    assert [row.get("skip") for row in read("file,duration\na,1\nb\n")] == [None, TOO_SHORT]
    with pytest.raises(ReadError, match="no column 'file'"):
        list(read("name,duration\na,1\n"))
