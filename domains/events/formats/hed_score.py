"""Tables of seizures, HED-SCORE in BIDS, as SzCORE has them.

Conventions
-----------
- Tabs part the cells. The columns are ``onset duration eventType confidence channels dateTime recordingDuration``, and
  ``n/a`` stands for what is not known. Seconds.
- A recording without seizures has a ``bckg`` row over its whole length.

References
----------
Dan, J. et al. (2024). SzCORE. Epilepsia. doi:10.1111/epi.18113
"""

from __future__ import annotations

from collections.abc import Sequence

from . import bids
from .declared import Format
from .delimited import table_of
from .rows import Row

HEADER = ("onset", "duration", "eventType", "confidence", "channels", "dateTime", "recordingDuration")
BACKGROUND_TYPE = "bckg"


def recognises(text: str) -> bool:
    r"""Return whether tabs part a header with onset, duration and eventType, and without offset.

    Examples
    --------
    >>> recognises("onset\tduration\teventType"), recognises("onset\tduration\ttrial_type")
    (True, False)
    """
    return bids.is_of_durations(text) and bids.OF_HED in bids.header_of(text)


def write(rows: Sequence[Row]) -> str:
    r"""Return the table of a recording.

    Examples
    --------
    >>> write([{"length": "60.0", "skip": "no event"}]).splitlines()[1]
    '0.0\t60.0\tbckg\tn/a\tn/a\tn/a\t60.0'
    """
    return table_of(HEADER, [_cells(row) for row in rows], "\t", quoted=False)


def _cells(row: Row) -> list[str]:
    length = row.get("length", "")
    if "skip" in row:
        row = {"onset": "0.0", "duration": length, "label": BACKGROUND_TYPE}
    cells = [row.get(name, "") for name in ("onset", "duration", "label", "confidence", "channels", "dateTime")]
    return [cell or bids.NOT_KNOWN for cell in (*cells, length)]


FORMAT = Format(
    "hed_score",
    "eventType; tabs",
    bids.read,
    recognises,
    bids.count,
    write=write,
    ending=".tsv",
    forbids="\t\n\r",
)
