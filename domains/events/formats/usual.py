"""Tables with a header of the usual names, CSV or parted by tabs or semicolons.

Conventions
-----------
- `ALIASES` says what the columns may be called. Seconds, unless the name says samples or frames.
- A row that names its file and says nothing else is of a recording without events, as DCASE lists have it.

References
----------
DCASE: https://dcase.community. YASA, spindle tables: https://yasa-sleep.org. DAS: https://janclemenslab.org/das.
MODA: https://github.com/klacourse/MODA_GC. OpenSoundscape: https://opensoundscape.org.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..._text import for_csv, from_csv
from ..schema import ALIASES
from . import bids, birdnet, moda
from .counts import count_below_header
from .declared import Format
from .delimited import Columns, named_rows, separator_of, table_of, with_label
from .rows import ABSENT, NO_EVENT, TOO_SHORT, UNKNOWN_RATE, Row, columns_of

COLUMNS = Columns({name: (name, *others) for name, others in ALIASES.items()}, (("onset",), ("offset", "duration")))
IN_TICKS = Columns(
    {
        **COLUMNS.names,
        "onset": ("start_sample", "startSamples", "onset_sample", "start_frame", "onset_frame"),
        "offset": ("end_sample", "stop_sample", "offset_sample", "end_frame", "stop_frame", "offset_frame"),
        "duration": ("durationSamples", "duration_samples", "duration_frames"),
    },
    COLUMNS.needed,
)
"""Times that are numbers of samples or frames: how long one lasts has to be said."""


def read(text: str, label: str | None = None) -> Iterator[Row]:
    r"""Yield the rows of a table with a header.

    An apostrophe before what a spreadsheet would take for a formula is none of a name: see `domains._text.for_csv`.

    Parameters
    ----------
    text : str
        As `read_text` returns it.
    label : str, optional
        Which column is the label, if the table has it; else one that is called so.

    Raises
    ------
    ReadError
        If the header has no onset and offset or duration, or a name twice.

    Examples
    --------
    >>> next(read("onset,duration,label\n1,2,dog"))
    {'where': 'line 2', 'onset': '1', 'duration': '2', 'label': 'dog'}
    >>> [row.get("skip") for row in read("filename\tonset\toffset\tevent_label\na.wav\t0.5\t1.5\tdog\nb.wav\t\t\t")]
    [None, 'no event']
    """
    are_ticks = not separator_of(text, COLUMNS) and bool(separator_of(text, IN_TICKS))
    columns = IN_TICKS if are_ticks else COLUMNS
    for row in named_rows(text, columns if label is None else with_label(columns, label)):
        for name, cell in row.items():
            row[name] = from_csv(cell)
        if are_ticks:
            row["ticks"] = UNKNOWN_RATE
        if _names_a_file_alone(row):
            row["skip"] = NO_EVENT
        yield row


def recognises(text: str) -> bool:
    """Return whether the header has an onset, and an offset or a duration, and is none of a format of its own.

    Examples
    --------
    >>> recognises("Start;End;Channel"), recognises("Begin;End")
    (True, False)
    """
    has_times = bool(separator_of(text, COLUMNS) or separator_of(text, IN_TICKS))
    is_of_another = bids.is_of_durations(text) or birdnet.recognises(text) or moda.recognises(text)
    return has_times and not is_of_another


def write(rows: Sequence[Row], separator: str = ",") -> str:
    r"""Return a table with a header; what a spreadsheet would take for a formula gets an apostrophe.

    Examples
    --------
    >>> write([{"file": "a", "onset": "1.5", "offset": "2.5", "label": "-owl", "confidence": ""}])
    "file,onset,offset,label\na,1.5,2.5,'-owl\n"
    """
    names = ["file", "onset", "offset"]
    names += [name for name in ("label", "confidence") if any(row.get(name) for row in rows)]
    names += columns_of(rows, names)
    cells = [[for_csv(row.get(name, "")) for name in names] for row in rows]
    return table_of([for_csv(name) for name in names], cells, separator)


def write_with_tabs(rows: Sequence[Row]) -> str:
    r"""Return the same table, parted by tabs.

    Examples
    --------
    >>> write_with_tabs([{"file": "a", "onset": "1.5", "offset": "2.5"}])
    'file\tonset\toffset\na\t1.5\t2.5\n'
    """
    return write(rows, "\t")


def _never(text: str) -> bool:
    """Return False: "csv" is what such a table is."""
    return False


FORMAT = Format(
    "csv",
    "onset, offset or duration",
    read,
    recognises,
    count_below_header,
    write=write,
    ending=".csv",
    names_labels=True,
)
WITH_TABS = Format("tsv", "", read, _never, count_below_header, write=write_with_tabs, ending=".tsv", names_labels=True)
"""Reads as "csv" does; a name of its own says what is written."""


def _names_a_file_alone(row: Row) -> bool:
    # a row of a name alone may be shorter than the header, and is meant so
    if row.get("skip", TOO_SHORT) != TOO_SHORT or row.get("file", "") in ABSENT:
        return False
    return all(row.get(name, "") in ABSENT for name in ("onset", "offset", "duration", "label"))
