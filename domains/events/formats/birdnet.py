"""Tables of detections that BirdNET writes as CSV, for R and for Kaleidoscope too.

Conventions
-----------
- The times stand in ``Start (s)`` and ``End (s)``, the label is the common name. ``File``, where it is there, is the
  path of the recording; its name without folders and ending is what the recording is called.
- The table for R has ``start``, ``end`` and ``filepath``; that for Kaleidoscope ``OFFSET``, which is the onset,
  ``DURATION`` and ``IN FILE``.

References
----------
Kahl, S. et al. (2021). BirdNET. Ecol. Inform. 61, 101236. doi:10.1016/j.ecoinf.2021.101236
"""

from __future__ import annotations

from collections.abc import Iterator

from .counts import count_below_header
from .declared import Format
from .delimited import Columns, named_rows, separator_of
from .rows import Row, name_of_sound

COLUMNS = Columns(
    {
        "onset": ("Start (s)",),
        "offset": ("End (s)",),
        "label": ("Common name", "Common Name"),
        "confidence": ("Confidence",),
        "file": ("File",),
    },
    (("onset",), ("offset",), ("label",), ("confidence",)),
)
FOR_R = Columns(
    {
        "onset": ("start",),
        "offset": ("end",),
        "label": ("common_name",),
        "confidence": ("confidence",),
        "file": ("filepath",),
    },
    (("onset",), ("offset",), ("label",), ("confidence",), ("file",)),
)
FOR_KALEIDOSCOPE = Columns(
    {
        "onset": ("OFFSET",),
        "duration": ("DURATION",),
        "label": ("common_name",),
        "confidence": ("confidence",),
        "file": ("IN FILE",),
    },
    (("onset",), ("duration",), ("label",), ("confidence",), ("file",)),
)


def read(text: str) -> Iterator[Row]:
    r"""Yield the detections.

    Raises
    ------
    ReadError
        As `domains.events.formats.delimited.named_rows`.

    Examples
    --------
    >>> row = next(read("Start (s),End (s),Scientific name,Common name,Confidence,File\n0,3,Strix,Owl,0.9,/a/b.wav\n"))
    >>> row["onset"], row["label"], row["file"]
    ('0', 'Owl', 'b')
    """
    for row in named_rows(text, _columns_of(text) or COLUMNS):
        if row.get("file"):
            row["file"] = name_of_sound(row["file"])
        yield row


def recognises(text: str) -> bool:
    """Return whether the header has Start (s), End (s), Common name and Confidence, or those for R or Kaleidoscope.

    Examples
    --------
    >>> recognises("Start (s),End (s),Common name,Confidence"), recognises("Start (s),Stop (s),Behavior")
    (True, False)
    """
    return _columns_of(text) is not None


def _columns_of(text: str) -> Columns | None:
    """Return which of the three tables a text is; None if it is none."""
    return next((columns for columns in (COLUMNS, FOR_R, FOR_KALEIDOSCOPE) if separator_of(text, columns)), None)


FORMAT = Format(
    "birdnet",
    "Start (s), Common name",
    read,
    recognises,
    count_below_header,
    name_endings=(
        ".birdnet.selection.table",
        ".birdnet.selections",
        ".birdnet.results",
        ".birdnet.results.r",
        ".birdnet.results.kaleidoscope",
    ),
)
