"""Tables of recordings and how long they are."""

from __future__ import annotations

from collections.abc import Iterator

from ..schema import ALIASES
from .delimited import Columns, named_rows
from .rows import Row

COLUMNS = Columns({name: (name, *others) for name, others in ALIASES.items()}, (("file",),))


def read(text: str) -> Iterator[Row]:
    r"""Return the rows of a table of recordings and how long they are; tabs, semicolons or commas part its cells.

    Raises
    ------
    ReadError
        If the header has no file, or a name twice.

    Examples
    --------
    >>> next(read("file;duration\nnight;3600"))
    {'where': 'line 2', 'file': 'night', 'duration': '3600'}
    """
    return named_rows(text, COLUMNS)
