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
from collections.abc import Iterator

from ..._files import split_lines
from .counts import count_lines
from .declared import Format
from .delimited import Columns, named_rows, separator_of, without_lines
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


FORMAT = Format("tusz", "channel, stop_time", read, recognises, _count, (".csv_bi",))


def _said(text: str) -> dict[str, str]:
    """Return what the lines before the header say."""
    said = {}
    for line in split_lines(text):
        if line.startswith(COMMENT):
            name, _, value = line.removeprefix(COMMENT).partition("=")
            said[name.strip()] = value.strip()
    return said
