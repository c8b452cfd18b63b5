r"""Label tracks of Audacity, the extended ones too, whose rows of frequencies begin with a backslash.

Conventions
-----------
- Rows are ``onset offset label``, parted by tabs, in seconds; BirdNET adds a fourth cell, the confidence.
- A row that begins with a backslash holds the low and the high frequency (Hz) of the label before it, -1 where there
  is none. Such a file is told by these rows.
- One without them reads as a list of sound events does (`domains.events.formats.dcase`).

References
----------
Audacity manual, Importing and exporting labels.
https://manual.audacityteam.org/man/importing_and_exporting_labels.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..._files import split_lines
from .counts import count_lines, is_blank
from .declared import Format
from .rows import NO_TIMES, Row, events_of

OF_FREQUENCIES = "\\"
NO_LABEL_BEFORE = "frequencies without a label before them"
NO_FREQUENCIES = "not the two frequencies of a label"
TOO_MANY = "more than onset, offset, label and confidence"
FIELDS = ("onset", "offset", "label", "confidence")
UNKNOWN = "-1"


def read(text: str) -> Iterator[Row]:
    r"""Yield the labels of a track, each with the frequencies of the row after it.

    Examples
    --------
    >>> next(read("0.5\t1.5\tdog\n\\\t1000\t2000\n"))["low_freq"]
    '1000'
    """
    label: Row | None = None
    for number, line in enumerate(split_lines(text), 1):
        if is_blank(line):
            continue
        cells = line.split("\t")
        where = f"line {number}"
        if cells[0].strip() != OF_FREQUENCIES:
            if label is not None:
                yield label
            label = {"where": where, **_label(cells, line)}
        elif label is None or "low_freq" in label or "skip" in label:
            yield {"where": where, "skip": NO_LABEL_BEFORE, "detail": line}
        elif len(cells) < 3 or not all(cell.strip() for cell in cells[1:3]):
            yield {"where": where, "skip": NO_FREQUENCIES, "detail": line}
        else:
            label["low_freq"], label["high_freq"] = map(_frequency, cells[1:3])
            label["n_rows"] = 2
    if label is not None:
        yield label


def recognises(text: str) -> bool:
    r"""Return whether some row begins with a backslash and a tab.

    Examples
    --------
    >>> recognises("0.5\t1.5\tdog\n\\\t1000\t2000\n"), recognises("0.5\t1.5\tdog\n")
    (True, False)
    """
    return text.startswith("\\\t") or "\n\\\t" in text


def write(rows: Sequence[Row]) -> str:
    r"""Return a label track, with a row of frequencies after each label that has one.

    Examples
    --------
    >>> write([{"onset": "0.5", "offset": "1.5", "label": "dog", "low_freq": "1000", "high_freq": ""}])
    '0.5\t1.5\tdog\n\\\t1000\t-1\n'
    """
    return "".join(_lines(row) for row in events_of(rows))


def _lines(row: Row) -> str:
    label = f"{row['onset']}\t{row['offset']}\t{row.get('label', '')}\n"
    frequencies = [row.get(name, "") for name in ("low_freq", "high_freq")]
    if not any(frequencies):
        return label
    low, high = [frequency or UNKNOWN for frequency in frequencies]
    return f"{label}{OF_FREQUENCIES}\t{low}\t{high}\n"


FORMAT = Format("audacity", "", read, recognises, count_lines, write=write, forbids="\t\n\r")


def _label(cells: Sequence[str], line: str) -> Row:
    if len(cells) < 2:
        return {"skip": NO_TIMES, "detail": line}
    if len(cells) > len(FIELDS):
        return {"skip": TOO_MANY, "detail": line}
    return {"label": "", **dict(zip(FIELDS, cells, strict=False))}


def _frequency(cell: str) -> str:
    """Return a frequency in hertz; "" where the label has none."""
    frequency = cell.strip()
    is_unknown = frequency.rstrip("0").rstrip(".") == UNKNOWN
    return "" if is_unknown else frequency
