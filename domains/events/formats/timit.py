"""Phones and words of TIMIT, .phn and .wrd.

Conventions
-----------
- A row is ``begin end label``, parted by spaces. Times count samples; TIMIT has 16,000 in a second, other corpora that
  use the format may not: ``rate=`` says it.

References
----------
Garofolo, J. S. et al. (1993). TIMIT acoustic-phonetic continuous speech corpus. doi:10.35111/17gk-bn40
"""

from __future__ import annotations

from collections.abc import Iterator

from ..._files import split_lines
from .counts import count_lines, is_blank
from .declared import Format
from .rows import NO_TIMES, UNKNOWN_RATE, Row

N_FIELDS = 3


def read(text: str) -> Iterator[Row]:
    r"""Yield the phones or words.

    Examples
    --------
    >>> row = next(read("0 7812 h#\n"))
    >>> row["offset"], row["label"]
    ('7812', 'h#')
    """
    for number, line in enumerate(split_lines(text), 1):
        if is_blank(line):
            continue
        fields = line.split(maxsplit=N_FIELDS - 1)
        row: Row = {"where": f"line {number}"}
        if len(fields) == N_FIELDS:
            onset, offset, label = fields
            row |= {"onset": onset, "offset": offset, "label": label.strip(), "ticks": UNKNOWN_RATE}
        else:
            row |= {"skip": NO_TIMES, "detail": line}
        yield row


def _never(text: str) -> bool:
    """Return False: only the ending, or ``kind=``, says that numbers count samples."""
    return False


FORMAT = Format("timit", "", read, _never, count_lines, (".phn", ".wrd"))
