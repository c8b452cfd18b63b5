"""Annotations as MNE-Python saves them in a text file.

Conventions
-----------
- The first line is ``# MNE-Annotations``; the last that begins with ``#`` names the columns, parted by commas. Onsets
  are seconds from ``orig_time``, or from the beginning of the recording.

References
----------
Gramfort, A. et al. (2013). MEG and EEG data analysis with MNE-Python. Front. Neurosci. 7, 267.
doi:10.3389/fnins.2013.00267
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..._files import ReadError, split_lines
from .counts import BLANK, count_lines, first_line
from .declared import Format
from .delimited import Columns, named_rows, table_of, without_lines
from .rows import Row, columns_of, events_of

COLUMNS = Columns(
    {"onset": ("onset",), "duration": ("duration",), "label": ("description",)},
    (("onset",), ("duration",), ("label",)),
)
FIRST = "# MNE-Annotations"
COMMENT = "#"


def read(text: str) -> Iterator[Row]:
    r"""Yield the annotations.

    Raises
    ------
    ReadError
        If no line names the columns, or as `domains.events.formats.delimited.named_rows`.

    Examples
    --------
    >>> next(read("# MNE-Annotations\n# onset, duration, description\n1.5, 0.5, blink\n"))
    {'where': 'line 3', 'onset': '1.5', 'duration': '0.5', 'label': 'blink'}
    """
    lines = split_lines(text)
    comments = [k for k, line in enumerate(lines) if line.startswith(COMMENT)]
    if not comments:
        raise ReadError(f"no line names the columns; the file begins with {FIRST!r} and '# onset, duration, ...'")
    header = comments[-1]
    named = without_lines(text, COMMENT).split("\n")
    named[header] = lines[header].removeprefix(COMMENT)
    yield from named_rows("\n".join(named), COLUMNS, separators=",")


def recognises(text: str) -> bool:
    """Return whether the first line is that of MNE.

    Examples
    --------
    >>> recognises("# MNE-Annotations"), recognises("# onset, duration, description")
    (True, False)
    """
    return first_line(text).strip(BLANK) == FIRST


def _count(text: str) -> int | None:
    return None if '"' in text else count_lines(text, COMMENT)


def write(rows: Sequence[Row]) -> str:
    r"""Return annotations, with further columns as MNE has them since 1.11.

    Examples
    --------
    >>> write([{"onset": "1.5", "duration": "0.5", "label": "blink"}])
    '# MNE-Annotations\n# onset, duration, description\n1.5,0.5,blink\n'
    """
    events = events_of(rows)
    names = ["onset", "duration", "label"]
    names += [name for name in ("confidence",) if any(row.get(name) for row in events)]
    names += columns_of(events, names)
    header = ", ".join("description" if name == "label" else name for name in names)
    cells = [[row.get(name, "") for name in names] for row in events]
    return f"{FIRST}\n" + table_of([f"{COMMENT} {header}"], cells, ",", quoted=False)


FORMAT = Format("mne", "", read, recognises, _count, write=write, forbids=',#"\n\r')
