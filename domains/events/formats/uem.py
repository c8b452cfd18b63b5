"""UEM: which stretches of recordings are scored.

Conventions
-----------
- A row is ``file channel onset offset``, parted by spaces or tabs. Lines that begin with ``;`` are comments. Seconds.
- Read as events, the stretches have no label.

References
----------
NIST (2009). The RT-09 evaluation plan. https://web.archive.org/web/2017/http://www.itl.nist.gov/iad/mig/tests/rt/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..._files import split_lines
from .counts import count_lines, is_blank
from .declared import Format
from .rows import Row, events_of

FIELDS = ("file", "channel", "onset", "offset")
COMMENT = ";"
WRONG_LENGTH = "not the four fields of UEM"


def read(text: str) -> Iterator[Row]:
    r"""Yield the stretches.

    Examples
    --------
    >>> next(read("f1 1 0.5 60\n"))
    {'where': 'line 1', 'file': 'f1', 'channel': '1', 'onset': '0.5', 'offset': '60', 'label': ''}
    """
    for number, line in enumerate(split_lines(text), 1):
        if is_blank(line) or line.lstrip().startswith(COMMENT):
            continue
        fields = line.split()
        row: Row = {"where": f"line {number}"}
        if len(fields) == len(FIELDS):
            row |= {**dict(zip(FIELDS, fields, strict=True)), "label": ""}
        else:
            row |= {"skip": WRONG_LENGTH, "detail": line}
        yield row


def _never(text: str) -> bool:
    """Return False: only the ending, or ``kind=``, says it."""
    return False


def _count(text: str) -> int:
    return count_lines(text, COMMENT)


def write(rows: Sequence[Row]) -> str:
    r"""Return a row for each stretch.

    Examples
    --------
    >>> write([{"file": "f1", "onset": "0.0", "offset": "60.0"}])
    'f1 1 0.0 60.0\n'
    """
    return "".join(
        f"{row['file']} {row.get('channel') or 1} {row['onset']} {row['offset']}\n" for row in events_of(rows)
    )


FORMAT = Format(
    "uem", "", read, _never, _count, (".uem",), write=write, ending=".uem", of_stretches=True, forbids=" \t\n\r"
)
