"""Tables that ELAN exports as tab-delimited text with the names of the columns.

Conventions
-----------
- A time has its unit in the name of its column: ``ss.msec`` (seconds), ``msec`` or ``hh:mm:ss.ms``. Of several the
  first in this order counts.
- The label stands in ``Annotation``, or else in the column called after the only tier; ``Tier`` is kept.

References
----------
Wittenburg, P. et al. (2006). ELAN: a professional framework for multimodality research. LREC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from .counts import count_lines
from .declared import Format
from .delimited import Columns, named_rows, separator_of
from .rows import Row

LABEL = ("Annotation", "Default", "default")
IN_SECONDS = Columns(
    {"onset": ("Begin Time - ss.msec",), "offset": ("End Time - ss.msec",), "label": LABEL},
    (("onset",), ("offset",), ("label",)),
)
IN_MILLISECONDS = Columns(
    {"onset": ("Begin Time - msec",), "offset": ("End Time - msec",), "label": LABEL},
    (("onset",), ("offset",), ("label",)),
)
IN_CLOCK_TIMES = Columns(
    {"onset": ("Begin Time - hh:mm:ss.ms",), "offset": ("End Time - hh:mm:ss.ms",), "label": LABEL},
    (("onset",), ("offset",), ("label",)),
)
CLOCK_TIME = re.compile(r"(\d+):([0-5]\d):([0-5]\d(?:\.\d+)?)", re.ASCII)
MILLISECONDS = 1000.0


def read(text: str) -> Iterator[Row]:
    r"""Yield the annotations of all tiers.

    Raises
    ------
    ReadError
        As `domains.events.formats.delimited.named_rows`.

    Examples
    --------
    >>> next(read("Tier\tBegin Time - ss.msec\tEnd Time - ss.msec\tAnnotation\nhand\t1.5\t2\twave\n"))["onset"]
    '1.5'
    """
    columns = _columns_of(text) or IN_SECONDS
    for row in named_rows(text, columns, separators="\t", quoted=False):
        if columns is IN_MILLISECONDS:
            row["ticks"] = MILLISECONDS
        if columns is IN_CLOCK_TIMES:
            for name in ("onset", "offset"):
                row[name] = _seconds(row.get(name, ""))
        yield row


def recognises(text: str) -> bool:
    r"""Return whether tabs part a header with begin and end, each with its unit, and an annotation.

    Examples
    --------
    >>> recognises("Begin Time - msec\tEnd Time - msec\tAnnotation")
    True
    >>> recognises("Begin Time\tEnd Time\tAnnotation")
    False
    """
    return _columns_of(text) is not None


def _columns_of(text: str) -> Columns | None:
    """Return which times a table has that count; None if it has none."""
    for columns in (IN_SECONDS, IN_MILLISECONDS, IN_CLOCK_TIMES):
        if separator_of(text, columns, "\t"):
            return columns
    return None


def _seconds(cell: str) -> str:
    """Return a clock time as seconds, exactly; what is none stays as it is."""
    clock_time = CLOCK_TIME.fullmatch(cell)
    if clock_time is None:
        return cell
    hours, minutes, seconds = clock_time.groups()
    return str(3600 * int(hours) + 60 * int(minutes) + Decimal(seconds))


def _count(text: str) -> int:
    return count_lines(text) - 1


FORMAT = Format("elan_table", "Begin Time - ss.msec", read, recognises, _count)
