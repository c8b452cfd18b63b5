"""Selection tables of Raven, and of programs that write them, such as BirdNET.

Conventions
-----------
- Tabs part the cells. The times stand in ``Begin Time (s)`` and ``End Time (s)``.
- A table has a row for each view of a selection: rows of one number in ``Selection``, of one channel and the same
  times, that contradict each other in nothing but ``View`` and frequencies. The spectrogram's is the event, wherever
  it stands, and the others are skipped. What it leaves blank, such as a measure of the waveform, is taken from them.
- The label stands in a column that its author named. The names in `LABELS` are known; any other is said.
- Times are those of the whole sequence of sound files. Where ``Begin File`` (or ``Begin Path``, of BirdNET) and
  ``File Offset (s)`` say in which file a selection begins, and when, it is of the recording of that name, from that
  time on. One that ends in another file is skipped. Without the offset the whole sequence is one recording.

References
----------
Raven Pro User's Manual, chapter 6: measurements and selection tables.
https://ravensoundsoftware.com/raven-pro-user-manual
BirdNET-Analyzer. https://github.com/birdnet-team/BirdNET-Analyzer
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from .counts import count_below_header
from .declared import Format
from .delimited import Columns, named_rows, separator_of, table_of, with_label
from .rows import (
    ABSENT,
    NO_SOUND_FILE,
    OTHER_VIEW,
    OVER_SOUND_FILES,
    Row,
    columns_of,
    events_of,
    name_of_sound,
)

LABELS = ("Annotation", "Common Name", "Species", "Label", "label")
"""The first that is there counts."""
VIEW = "View"
SPECTROGRAM = "Spectrogram"
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
OF_VIEW = (VIEW, "where", "low_freq", "high_freq")
"""What rows of one selection may differ in."""
OF_SELECTION = (SELECTION, "Channel", "file", "onset", "offset")
"""What they may not differ in; all else may be blank in one of them."""
SOUND_FILES = ("Begin File", "Begin Path")
"""Columns that say in which sound file a selection begins; the first that is there counts."""
WITHIN = "File Offset (s)"
"""When it begins there."""
LAST = "End File"


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


def read(text: str, label: str | None = None) -> Iterator[Row]:
    r"""Yield the rows of a table: of each selection one is the event, and the others are skipped.

    Parameters
    ----------
    text : str
        As `read_text` returns it.
    label : str, optional
        Which column is the label, if the table has it; else one of those in `LABELS`.

    Raises
    ------
    ReadError
        As `domains.events.formats.delimited.named_rows`.

    Examples
    --------
    >>> header = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tAnnotation\n"
    >>> views = "1\tWaveform 1\t1\t12.5\t13.25\t\ttrill\n1\tSpectrogram 1\t1\t12.5\t13.25\t2500\ttrill\n"
    >>> [(row["View"], row["low_freq"], row.get("skip")) for row in read(header + views)]
    [('Waveform 1', '', 'other view of a selection'), ('Spectrogram 1', '2500', None)]
    """
    columns = _columns(_label_in(text))
    if label is not None:
        columns = with_label(columns, label)
    rows = list(named_rows(text, columns, separators="\t"))
    for row in rows:
        _place_in_sound_file(row)
    for views in _selections(rows):
        # of several spectrograms, and of several others, the first
        shown = min(views, key=_is_less)
        for row in views:
            if row is not shown:
                _complete(shown, row)
                row["skip"] = OTHER_VIEW
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


FORMAT = Format(
    "raven",
    "Begin Time (s)",
    read,
    recognises,
    count_below_header,
    write=write,
    name_endings=(".table.#.selections", ".selections"),
    names_labels=True,
    forbids='\t\n\r"',
)


def _place_in_sound_file(row: Row) -> None:
    """Take the recording and the times of a row from its sound file, where a table says both."""
    sound_file = next((name for name in SOUND_FILES if name in row), None)
    if "skip" in row or "file" in row or sound_file is None or WITHIN not in row:
        return
    row["file"] = name_of_sound(row[sound_file])
    within = row.pop(WITHIN)
    if row[sound_file] in ABSENT or within in ABSENT:
        row["skip"] = NO_SOUND_FILE
    elif row.get(LAST, "") not in ("", row[sound_file]):
        row["skip"] = OVER_SOUND_FILES
    else:
        row["onset"], row["offset"] = within, _moved(row["offset"], row["onset"], within)


def _moved(offset: str, onset: str, to: str) -> str:
    """Return when an event ends that begins elsewhere, in decimals as they stand; what is no number stays."""
    try:
        return str(Decimal(to) + (Decimal(offset) - Decimal(onset)))
    except ArithmeticError:
        return offset


def _selections(rows: Sequence[Row]) -> list[list[Row]]:
    """Return the rows of each selection that has several views."""
    found: dict[tuple[str, ...], list[list[Row]]] = {}
    for row in rows:
        if "skip" in row or not row[SELECTION] or VIEW not in row:
            continue
        alike = found.setdefault(tuple(row.get(name, "") for name in OF_SELECTION), [])
        views = next((views for views in alike if all(_are_views(row, other) for other in views)), None)
        if views is None:
            alike.append([row])
        else:
            views.append(row)
    return [views for alike in found.values() for views in alike]


def _are_views(row: Row, other: Row) -> bool:
    """Return whether two rows are different views that contradict each other in nothing."""
    further = [name for name in row if name not in OF_VIEW]
    return row[VIEW] != other[VIEW] and all(
        row[name] == other[name] or not row[name] or not other[name] for name in further
    )


def _is_less(row: Row) -> bool:
    """Return whether a row is no spectrogram with frequencies, which says most of a selection."""
    return not (row[VIEW].startswith(SPECTROGRAM) and row.get("low_freq"))


def _complete(row: Row, other: Row) -> None:
    """Fill what is blank in a row and stands in another view of its selection."""
    for name, cell in other.items():
        row[name] = row[name] or cell


def _label_in(text: str) -> str:
    """Return which column is the label."""
    header = {cell.strip() for cell in text.partition("\n")[0].split("\t")}
    present = [label for label in LABELS if label in header]
    return present[0] if present else LABELS[0]
