"""Annotations of the TUH EEG corpora: csv and csv_bi.

Conventions
-----------
- Lines that begin with ``#`` say what the file is of: ``bname`` is the recording, ``duration`` how long it is. Then
  follows a header, with the columns parted by commas. Seconds.
- ``bckg`` rows say that there is no event.

References
----------
Shah, V. et al. (2018). The Temple University Hospital seizure detection corpus. Front. Neuroinform. 12, 83.
doi:10.3389/fninf.2018.00083
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..._files import split_lines
from .counts import count_lines
from .declared import Format
from .delimited import Columns, named_rows, separator_of, table_of, without_lines
from .rows import BACKGROUND, Row

COLUMNS = Columns(
    {
        "onset": ("start_time",),
        "offset": ("stop_time",),
        "label": ("label",),
        "confidence": ("confidence",),
    },
    (("onset",), ("offset",), ("label",)),
    ("channel",),
)
HEADER = ("channel", "start_time", "stop_time", "label", "confidence")
ALL_CHANNELS = "TERM"
"""What the corpora call an annotation that holds for all channels."""
COMMENT = "#"
SECONDS = re.compile(r"([0-9.]+) secs?")


def read(text: str) -> Iterator[Row]:
    r"""Yield the rows of an annotation, whose ``bckg`` rows are no events.

    Raises
    ------
    ReadError
        As `domains.events.formats.delimited.named_rows`.

    Examples
    --------
    >>> said = "# version = csv_v1.0.0\n# bname = s1\n# duration = 300.00 secs\n"
    >>> row = next(read(said + "channel,start_time,stop_time,label,confidence\nTERM,1.5,2,seiz,1.0\n"))
    >>> row["file"], row["onset"], row["length"]
    ('s1', '1.5', '300.00')
    """
    said = _said(text)
    duration = SECONDS.fullmatch(said.get("duration", ""))
    for row in named_rows(without_lines(text, COMMENT), COLUMNS, separators=","):
        if "bname" in said:
            row["file"] = said["bname"]
        row["length"] = duration.group(1) if duration else ""
        if row.get("label") == "bckg":
            row.setdefault("skip", BACKGROUND)
        yield row


def recognises(text: str) -> bool:
    """Return whether the header has channel, start_time, stop_time and label.

    Examples
    --------
    >>> recognises("channel,start_time,stop_time,label"), recognises("start_time,stop_time,label")
    (True, False)
    """
    return bool(separator_of(without_lines(text, COMMENT), COLUMNS, ","))


def _count(text: str) -> int | None:
    return None if '"' in text else count_lines(text, COMMENT) - 1


def write(rows: Sequence[Row]) -> str:
    r"""Return the annotation of a recording; one without events has a ``bckg`` row over its length, if that is known.

    Examples
    --------
    >>> print(write([{"file": "s1", "onset": "1.5", "offset": "2.0", "label": "seiz", "length": "300.0"}]), end="")
    # version = csv_v1.0.0
    # bname = s1
    # duration = 300.0 secs
    #
    channel,start_time,stop_time,label,confidence
    TERM,1.5,2.0,seiz,
    """
    said = ["# version = csv_v1.0.0"]
    for row in rows[:1]:
        said.append(f"# bname = {row['file']}")
        if row.get("length"):
            said.append(f"# duration = {row['length']} secs")
    cells = [_cells(row) for row in rows if "skip" not in row or row.get("length")]
    return "\n".join([*said, "#", table_of(HEADER, cells, ",", quoted=False)])


def _cells(row: Row) -> list[str]:
    if "skip" in row:
        return [ALL_CHANNELS, "0.0", row["length"], "bckg", "1.0"]
    cells = [row.get(name, "") for name in ("onset", "offset", "label", "confidence")]
    return [row.get("channel") or ALL_CHANNELS, *cells]


FORMAT = Format(
    "tusz",
    "channel, stop_time",
    read,
    recognises,
    _count,
    (".csv_bi",),
    write=write,
    ending=".csv_bi",
    forbids=',#"\n\r',
)


def _said(text: str) -> dict[str, str]:
    """Return what the lines before the header say."""
    said = {}
    for line in split_lines(text):
        if line.startswith(COMMENT):
            name, _, value = line.removeprefix(COMMENT).partition("=")
            said[name.strip()] = value.strip()
    return said
