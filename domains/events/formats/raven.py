"""Selection tables of Raven, and of programs that write them, such as BirdNET.

Conventions
-----------
- Tabs part the cells. The times stand in ``Begin Time (s)`` and ``End Time (s)``.
- A table has a row for each view: rows that differ in nothing but ``View`` and frequencies, and bear one number in
  ``Selection``, are one selection.
- The label stands in a column that its author named. The names in `LABELS` are known.
- ``Begin File`` and ``Begin Path`` say where a selection lies on disk. Times are those of the whole sequence of files,
  so they name no recording.

References
----------
Raven Pro User's Manual, chapter 6: measurements and selection tables.
https://ravensoundsoftware.com/raven-pro-user-manual
BirdNET-Analyzer. https://github.com/birdnet-team/BirdNET-Analyzer
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .counts import count_below_header
from .declared import Format
from .delimited import Columns, named_rows, separator_of, table_of
from .rows import Row, columns_of, events_of

LABELS = ("Annotation", "Common Name", "Species", "Label", "label")
"""The first that is there counts."""
VIEW = "View"
SELECTION = "Selection"
WRITTEN = {
    SELECTION: SELECTION,
    VIEW: VIEW,
    "Channel": "Channel",
    "onset": "Begin Time (s)",
    "offset": "End Time (s)",
    "low_freq": "Low Freq (Hz)",
    "high_freq": "High Freq (Hz)",
    "label": LABELS[0],
}
"""The columns that Raven itself writes, by what they are called here."""
OF_VIEW = (VIEW, "where", "low_freq", "high_freq", "n_rows")
"""What rows of one selection may differ in."""


def _columns(label: str) -> Columns:
    return Columns(
        {
            "onset": ("Begin Time (s)",),
            "offset": ("End Time (s)",),
            "label": (label,),
            "confidence": ("Confidence", "Score"),
            "low_freq": ("Low Freq (Hz)",),
            "high_freq": ("High Freq (Hz)",),
        },
        (("onset",), ("offset",)),
        (SELECTION,),
    )


def read(text: str) -> Iterator[Row]:
    r"""Yield the selections of a table, each once.

    Raises
    ------
    ReadError
        As `domains.events.formats.delimited.named_rows`.

    Examples
    --------
    >>> header = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tAnnotation\n"
    >>> rows = list(read(header + "1\tWaveform 1\t1\t12.5\t13.25\ttrill\n1\tSpectrogram 1\t1\t12.5\t13.25\ttrill\n"))
    >>> [(row["onset"], row["label"], row["n_rows"]) for row in rows]
    [('12.5', 'trill', 2)]
    """
    selections: dict[tuple[tuple[str, str], ...], Row] = {}
    views: dict[tuple[tuple[str, str], ...], set[str]] = {}
    rows: list[Row] = []
    for row in named_rows(text, _columns(_label_in(text)), separators="\t"):
        if "skip" in row or not row[SELECTION] or VIEW not in row:
            rows.append(row)
            continue
        selection = tuple((name, cell) for name, cell in row.items() if name not in OF_VIEW)
        seen = views.setdefault(selection, set())
        if seen and row[VIEW] not in seen:
            selections[selection]["n_rows"] += 1
        else:
            row["n_rows"] = 1
            selections[selection] = row
            rows.append(row)
        seen.add(row[VIEW])
    yield from rows


def recognises(text: str) -> bool:
    r"""Return whether tabs part a header with Selection, Begin Time (s) and End Time (s).

    Examples
    --------
    >>> recognises("Selection\tBegin Time (s)\tEnd Time (s)"), recognises("Selection\tBegin Time (s)")
    (True, False)
    """
    return bool(separator_of(text, _columns(LABELS[0]), "\t"))


def write(rows: Sequence[Row]) -> str:
    r"""Return a selection table; selections are numbered from 1 and of the first spectrogram, if nothing else is said.

    Examples
    --------
    >>> write([{"onset": "12.5", "offset": "13.25", "label": "trill"}]).splitlines()[1]
    '1\tSpectrogram 1\t1\t12.5\t13.25\t\t\ttrill'
    """
    events = events_of(rows)
    has_confidence = any(row.get("confidence") for row in events)
    further = columns_of(events, list(WRITTEN))
    names = [*WRITTEN, *(["confidence"] if has_confidence else []), *further]
    header = [*WRITTEN.values(), *(["Confidence"] if has_confidence else []), *further]
    cells = []
    for number, row in enumerate(events, 1):
        usual = {SELECTION: str(number), VIEW: "Spectrogram 1", "Channel": "1"}
        given = usual | {name: cell for name, cell in row.items() if cell}
        cells.append([given.get(name, "") for name in names])
    return table_of(header, cells, "\t", quoted=False)


FORMAT = Format("raven", "Begin Time (s)", read, recognises, count_below_header, write=write, forbids='\t\n\r"')


def _label_in(text: str) -> str:
    """Return which column is the label."""
    header = {cell.strip() for cell in text.partition("\n")[0].split("\t")}
    present = [label for label in LABELS if label in header]
    return present[0] if present else LABELS[0]
