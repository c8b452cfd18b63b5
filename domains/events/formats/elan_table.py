"""Tables that ELAN exports as tab-delimited text with the names of the columns.

Conventions
-----------
- A time has its unit in the name of its column, ``ss.msec`` (seconds) or ``msec``. Of the two, seconds count. Clock
  times alone (``hh:mm:ss.ms``) are refused: export seconds too.
- The label stands in ``Annotation``, or else in the column called after the only tier; ``Tier`` is kept.

References
----------
Wittenburg, P. et al. (2006). ELAN: a professional framework for multimodality research. LREC.
"""

from __future__ import annotations

from collections.abc import Iterator

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
    has_seconds = separator_of(text, IN_SECONDS, "\t") or not separator_of(text, IN_MILLISECONDS, "\t")
    for row in named_rows(text, IN_SECONDS if has_seconds else IN_MILLISECONDS, separators="\t", quoted=False):
        if not has_seconds:
            row["ticks"] = MILLISECONDS
        yield row


def recognises(text: str) -> bool:
    r"""Return whether tabs part a header with begin and end in seconds or milliseconds, and an annotation.

    Examples
    --------
    >>> recognises("Begin Time - msec\tEnd Time - msec\tAnnotation")
    True
    >>> recognises("Begin Time - hh:mm:ss.ms\tEnd Time - hh:mm:ss.ms\tAnnotation")
    False
    """
    return bool(separator_of(text, IN_SECONDS, "\t") or separator_of(text, IN_MILLISECONDS, "\t"))


def _count(text: str) -> int:
    return count_lines(text) - 1


FORMAT = Format("elan_table", "Begin Time - ss.msec", read, recognises, _count)
