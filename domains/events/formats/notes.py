"""Notes of music, an onset, an offset and a pitch a line: read only where ``kind="notes"`` names them.

Conventions
-----------
- A row is ``onset offset pitch``, parted by spaces or tabs: seconds, and Hz. Lines that begin with ``#`` are comments.
- The pitch is a further column, ``pitch``. Files of MIDI numbers look alike, and nothing tells them apart: score these
  with ``pitch_unit="midi"``.

References
----------
Raffel, C. et al. (2014). mir_eval. ISMIR, 367 (valued intervals).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from ..._files import split_lines
from .counts import count_lines, is_blank
from .declared import Format
from .rows import NO_NOTE, NO_PITCH, Row

FIELDS = ("onset", "offset", "pitch")
COMMENT = "#"


def read(text: str) -> Iterator[Row]:
    r"""Yield the notes.

    Examples
    --------
    >>> next(read("# by ear\n0.5 1.25 440\n"))
    {'where': 'line 2', 'onset': '0.5', 'offset': '1.25', 'pitch': 440.0}
    """
    for number, line in enumerate(split_lines(text), 1):
        if is_blank(line) or line.lstrip().startswith(COMMENT):
            continue
        fields = line.split()
        row: Row = {"where": f"line {number}"}
        if len(fields) != len(FIELDS):
            row |= {"skip": NO_NOTE, "detail": line}
            yield row
            continue
        onset, offset, pitch = fields
        row |= {"onset": onset, "offset": offset, "pitch": _frequency(pitch)}
        if row["pitch"] is None:
            row |= {"skip": NO_PITCH, "detail": line}
        yield row


def _frequency(text: str) -> float | None:
    """Return a pitch as a number above 0; None if it is none."""
    try:
        pitch = float(text)
    except ValueError:
        return None
    return pitch if isfinite(pitch) and pitch > 0 else None


def _never(text: str) -> bool:
    """Return False: three numbers in a line may mean anything."""
    return False


def _count(text: str) -> int:
    return count_lines(text, COMMENT)


FORMAT = Format("notes", "", read, _never, _count)
