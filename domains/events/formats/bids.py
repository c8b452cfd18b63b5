"""Tables of the Brain Imaging Data Structure, events.tsv, HED-SCORE's included.

Conventions
-----------
- Tabs part the cells. There is no quoting: a quotation mark is a character like others.
- ``bckg`` rows of HED-SCORE say that there is no event. ``recordingDuration`` is how long the recording is.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..schema import ALIASES
from .counts import count_lines, first_line
from .declared import Format
from .delimited import Columns, named_rows, separator_of
from .rows import BACKGROUND, Row

COLUMNS = Columns(
    {
        "onset": ("onset",),
        "duration": ("duration",),
        "label": ("label", *ALIASES["label"]),
        "confidence": ("confidence",),
        "file": ("file", *ALIASES["file"]),
    },
    (("onset",), ("duration",)),
)
OFFSETS = {"offset", *ALIASES["offset"]}


def read(text: str) -> Iterator[Row]:
    r"""Yield the rows of a BIDS events.tsv, HED-SCORE's included, whose ``bckg`` rows are no events.

    Raises
    ------
    ReadError
        As `domains.events.formats.delimited.named_rows`.

    Examples
    --------
    >>> next(read("onset\tduration\teventType\trecordingDuration\n0\t60\tbckg\t60"))["skip"]
    'background'
    """
    for row in named_rows(text, COLUMNS, separators="\t", quoted=False):
        row["length"] = row.pop("recordingDuration", "")
        if row.get("label") == "bckg":
            row.setdefault("skip", BACKGROUND)
        yield row


def recognises(text: str) -> bool:
    r"""Return whether tabs part a header with onset and duration, and without offset.

    Examples
    --------
    >>> recognises("onset\tduration\ttrial_type"), recognises("onset,duration,trial_type")
    (True, False)
    """
    header = {cell.strip() for cell in first_line(text).split("\t")}
    return bool(separator_of(text, COLUMNS, "\t")) and not header & OFFSETS


def _count(text: str) -> int:
    return count_lines(text) - 1


FORMAT = Format("bids", "onset, duration; tabs", read, recognises, _count)
