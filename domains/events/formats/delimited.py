"""Tables as text: CSV with a header, DCASE and sed_eval tables, BIDS events.tsv."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from ..._text import from_csv
from ..schema import ALIASES
from .rows import ABSENT, BACKGROUND, NO_EVENT, NO_TIMES, Row

OWN_NAMES = {other: name for name, others in ALIASES.items() for other in others}


def comma_separated(text: str) -> Iterator[Row]:
    r"""Yield the rows of a CSV file with a header.

    An apostrophe before what a spreadsheet would take for a formula is none of a name: see `domains._text.for_csv`.

    Examples
    --------
    >>> next(comma_separated("onset,duration,label\n1,2,dog"))
    {'where': 'line 2', 'onset': '1', 'duration': '2', 'label': 'dog'}
    """
    for row in _with_header(text, ","):
        for name in ("file", "label"):
            if name in row:
                row[name] = from_csv(row[name])
        yield row


def dcase(text: str) -> Iterator[Row]:
    r"""Yield the rows of a DCASE table: filename onset offset event_label, or without header as sed_eval has it.

    A row of a filename alone (one word) says that the file was looked at and holds no event.

    Raises
    ------
    ValueError
        If no row has an onset and an offset, or is the name of a file without events.

    Examples
    --------
    >>> [row.get("skip") for row in dcase("a.wav\t0.5\t1.5\tdog\nb.wav")]
    [None, 'no event']
    """
    first_line = next(iter(text.splitlines()), "")
    if "onset" in first_line:
        rows = list(_with_header(text, "\t" if "\t" in first_line else ","))
    else:
        rows = list(_without_header(text))
    if rows and all(row.get("skip") == NO_TIMES for row in rows):
        raise ValueError("no row has an onset and an offset, or is the name of a file without events")
    for row in rows:
        if _is_blank(row):
            row.setdefault("skip", NO_EVENT)
        yield row


def bids(text: str) -> Iterator[Row]:
    r"""Yield the rows of a BIDS events.tsv, HED-SCORE's included, whose ``bckg`` rows are no events.

    Examples
    --------
    >>> next(bids("onset\tduration\teventType\trecordingDuration\n0\t60\tbckg\t60"))["skip"]
    'background'
    """
    for row in _with_header(text, "\t"):
        row["length"] = row.pop("recordingDuration", "")
        if row.get("label") == "bckg":
            row["skip"] = BACKGROUND
        yield row


def _with_header(text: str, separator: str) -> Iterator[Row]:
    reader = csv.reader(StringIO(text), delimiter=separator)
    header = [_own_name(cell) for cell in next(reader, [])]
    if "onset" not in header:
        present = ", ".join(header) or "the file is empty"
        raise ValueError(f"no column 'onset' in the header ({present})")
    for parts in reader:
        cells = [cell.strip() for cell in parts]
        if not any(cells):
            continue
        missing = [""] * (len(header) - len(cells))
        row: Row = {"where": f"line {reader.line_num}"}
        for name, cell in zip(header, cells + missing, strict=False):
            if name:
                row[name] = cell
        yield row


def _own_name(column: str) -> str:
    name = column.strip()
    return OWN_NAMES.get(name, name)


def _without_header(text: str) -> Iterator[Row]:
    """Yield rows whose two times are found by being numbers.

    What stands before the times is the file (and a scene), what follows them is the label.
    """
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        separator = "\t" if "\t" in line else ","
        cells = [cell.strip() for cell in line.split(separator)]
        yield {"where": f"line {number}", **_headless_row(cells)}


def _headless_row(cells: list[str]) -> Row:
    place = _place_of_times(cells)
    if place is None:
        is_one_word = len(cells) == 1 and len(cells[0].split()) == 1
        return {"file": cells[0]} if is_one_word else {"skip": NO_TIMES}
    label = cells[place + 2] if len(cells) > place + 2 else ""
    row = {"onset": cells[place], "offset": cells[place + 1], "label": label}
    if place > 0:
        row["file"] = cells[0]
    return row


def _place_of_times(cells: list[str]) -> int | None:
    """Return where two numbers stand side by side first."""
    for place in range(len(cells) - 1):
        if _is_number(cells[place]) and _is_number(cells[place + 1]):
            return place
    return None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_blank(row: Row) -> bool:
    """Return whether a row has no time and no label."""
    return all(row.get(name, "") in ABSENT for name in ("onset", "offset", "label"))
