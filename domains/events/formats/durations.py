"""Tables of recordings and how long they are."""

from __future__ import annotations

from collections.abc import Iterator

from ..._files import ReadError
from ..schema import ALIASES
from .delimited import Columns, named_rows
from .rows import Row

COLUMNS = Columns({name: (name, *others) for name, others in ALIASES.items()}, (("file",),))


def read(text: str) -> Iterator[Row]:
    r"""Yield the rows of a table of recordings and how long they are; tabs, semicolons or commas part its cells.

    Raises
    ------
    ReadError
        If the header has no file, or a name twice, or a row cannot be told into cells or has too many or too few.

    Examples
    --------
    >>> next(read("file;duration\nnight;3600"))
    {'where': 'line 2', 'file': 'night', 'duration': '3600'}
    """
    for row in named_rows(text, COLUMNS):
        if "skip" in row:
            raise ReadError(f"{row['where']}: {row['skip']}; correct the line")
        yield row
