r"""Spindles of one night, as the MODA data set lists them beside the stretches that were viewed.

Conventions
-----------
- The columns are ``startSec durationSec eventName``, seconds from the beginning of the night. The rows
  ``segmentViewed`` are the stretches of 115 s that the annotators saw: they are no events, and outside of them nothing
  is known.
- The lists of all nights have other columns, and are tables of the usual names (`domains.events.formats.usual`).

References
----------
Lacourse, K. et al. (2020). Massive online data annotation, crowdsourcing to generate high quality sleep spindle
annotations from EEG data. Sci. Data 7, 190. doi:10.1038/s41597-020-0533-4
"""

from __future__ import annotations

from collections.abc import Iterator

from .counts import count_below_header
from .declared import Format
from .delimited import Columns, named_rows, separator_of
from .rows import VIEWED, Row

COLUMNS = Columns(
    {"onset": ("startSec",), "duration": ("durationSec",), "label": ("eventName",)},
    (("onset",), ("duration",), ("label",)),
)
OF_VIEWED = "segmentViewed"


def read(text: str) -> Iterator[Row]:
    r"""Yield the rows; what was viewed is no event.

    Raises
    ------
    ReadError
        As `domains.events.formats.delimited.named_rows`.

    Examples
    --------
    >>> rows = read("startSec\tdurationSec\teventName\n8218.9\t115\tsegmentViewed\n8235.4\t0.94\tspindle\n")
    >>> [(row["onset"], row["label"], row.get("skip")) for row in rows]
    [('8218.9', 'segmentViewed', 'a stretch that was viewed: ...'), ('8235.4', 'spindle', None)]
    """
    for row in named_rows(text, COLUMNS):
        if row.get("label") == OF_VIEWED:
            row.setdefault("skip", VIEWED)
        yield row


def recognises(text: str) -> bool:
    r"""Return whether the header has startSec, durationSec and eventName.

    Examples
    --------
    >>> recognises("startSec\tdurationSec\teventName"), recognises("startSec\tdurationSec")
    (True, False)
    """
    return bool(separator_of(text, COLUMNS))


FORMAT = Format(
    "moda",
    "eventName",
    read,
    recognises,
    count_below_header,
    name_endings=("_moda_gs",),
)
