"""Tables of the Brain Imaging Data Structure, events.tsv, HED-SCORE's included.

Conventions
-----------
- Tabs part the cells. There is no quoting: a quotation mark is a character like others.
- ``n/a`` stands for what is not known.
- ``bckg`` rows of HED-SCORE say that there is no event. ``recordingDuration`` is how long the recording is. Its tables
  are written by `domains.events.formats.hed_score`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..schema import ALIASES
from .counts import count_lines, first_line
from .declared import Format
from .delimited import Columns, named_rows, separator_of, table_of
from .rows import BACKGROUND, Row, columns_of, events_of

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
NOT_KNOWN = "n/a"
OF_HED = "eventType"
"""The column that HED-SCORE has and other tables of BIDS have not."""
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
        for name, cell in row.items():
            if cell == NOT_KNOWN and name not in ("onset", "duration"):
                row[name] = ""
        if row.get("label") == "bckg":
            row.setdefault("skip", BACKGROUND)
        yield row


def recognises(text: str) -> bool:
    r"""Return whether tabs part a header with onset and duration, and without offset and HED-SCORE's eventType.

    Examples
    --------
    >>> recognises("onset\tduration\ttrial_type"), recognises("onset,duration,trial_type")
    (True, False)
    """
    return is_of_durations(text) and OF_HED not in header_of(text)


def is_of_durations(text: str) -> bool:
    r"""Return whether tabs part a header with onset and duration, and without offset.

    Examples
    --------
    >>> is_of_durations("onset\tduration\teventType"), is_of_durations("onset\tduration\toffset")
    (True, False)
    """
    return bool(separator_of(text, COLUMNS, "\t")) and not header_of(text) & OFFSETS


def header_of(text: str) -> set[str]:
    r"""Return the names in the header of a table that is parted by tabs.

    Examples
    --------
    >>> sorted(header_of("onset\t duration\n1\t2"))
    ['duration', 'onset']
    """
    return {cell.strip() for cell in first_line(text).split("\t")}


def write(rows: Sequence[Row]) -> str:
    r"""Return a table with the columns onset, duration, trial_type, then confidence, if there is one, and the others.

    Examples
    --------
    >>> write([{"onset": "1.5", "duration": "0.5", "label": "", "tier": "hand"}])
    'onset\tduration\ttrial_type\ttier\n1.5\t0.5\tn/a\thand\n'
    """
    events = events_of(rows)
    names = ["onset", "duration", "label"]
    names += [name for name in ("confidence",) if any(row.get(name) for row in events)]
    names += columns_of(events, names)
    cells = [[row.get(name, "") or NOT_KNOWN for name in names] for row in events]
    header = ["trial_type" if name == "label" else name for name in names]
    return table_of(header, cells, "\t", quoted=False)


def count(text: str) -> int:
    """Return how many rows follow the header; quotation marks hide none."""
    return count_lines(text) - 1


FORMAT = Format("bids", "onset, duration; tabs", read, recognises, count, write=write, ending=".tsv", forbids="\t\n\r")
