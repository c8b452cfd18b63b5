"""Tables as text: CSV with a header, DCASE and sed_eval tables, BIDS events.tsv.

Conventions
-----------
- A line that holds more than spaces and tabs is the header, a row, or the rest of a row whose quoted cell holds line
  breaks. A row that cannot be split into cells, or has more or fewer of them than the header has names, is skipped:
  what stands in which column is not guessed.
- Cells may be quoted as in RFC 4180, but for those of BIDS: a quotation mark in its tables is a character like others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ..._files import ReadError, split_lines, split_rows
from ..._text import from_csv, one_line
from ..schema import ALIASES
from .counts import first_line, is_blank
from .rows import ABSENT, BACKGROUND, DECIMAL_COMMA, EMPTY_ROW, NO_EVENT, NO_TIMES, OF_READERS, TOO_SHORT, TOO_WIDE, Row

OWN_NAMES = {other: name for name, others in ALIASES.items() for other in others}
WANTED = {"onset": ("onset", "offset", "label"), "file": ("file", "duration")}
FILE_NAME = re.compile(r".*[/\\].+|.*[^.]\.[A-Za-z]\w*")


class Line(NamedTuple):
    """A line that is not blank, its cells, and why they cannot be told apart; "" if they can."""

    number: int
    cells: list[str]
    fault: str


def comma_separated(text: str) -> Iterator[Row]:
    r"""Yield the rows of a CSV file with a header.

    An apostrophe before what a spreadsheet would take for a formula is none of a name: see `domains._text.for_csv`.

    Raises
    ------
    ReadError
        If the header has no onset, or a name twice.

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

    A row of a filename alone says that the file was looked at and holds no event. Without a header it must look like
    one: it has an ending or a folder, or other rows of the table name their file.

    Raises
    ------
    ReadError
        If no row has an onset and an offset, or is the name of a file without events; or as `comma_separated`.

    Examples
    --------
    >>> [row.get("skip") for row in dcase("a.wav\t0.5\t1.5\tdog\nb.wav")]
    [None, 'no event']
    """
    first = first_line(text)
    separator = "\t" if "\t" in first else ","
    has_header = "onset" in first
    rows = list(_with_header(text, separator) if has_header else _without_header(text))
    if rows and all(row.get("skip") == NO_TIMES for row in rows):
        raise ReadError("no row has an onset and an offset, or is the name of a file without events; name the columns")
    for row in rows:
        # a row of a name alone is shorter than the header, and meant so
        if row.get("skip", TOO_SHORT) == TOO_SHORT and _is_blank(row):
            row["skip"] = NO_EVENT
        yield row


def bids(text: str) -> Iterator[Row]:
    r"""Yield the rows of a BIDS events.tsv, HED-SCORE's included, whose ``bckg`` rows are no events.

    Raises
    ------
    ReadError
        As `comma_separated`.

    Examples
    --------
    >>> next(bids("onset\tduration\teventType\trecordingDuration\n0\t60\tbckg\t60"))["skip"]
    'background'
    """
    for row in _with_header(text, "\t", quoted=False):
        row["length"] = row.pop("recordingDuration", "")
        if row.get("label") == "bckg":
            row.setdefault("skip", BACKGROUND)
        yield row


def durations(text: str) -> Iterator[Row]:
    r"""Yield the rows of a table of recordings and how long they are; tabs, semicolons or commas part its cells.

    Raises
    ------
    ReadError
        If the header has no file, or a name twice, or a row cannot be told into cells or has too many or too few.

    Examples
    --------
    >>> next(durations("file;duration\nnight;3600"))
    {'where': 'line 2', 'file': 'night', 'duration': '3600'}
    """
    first = first_line(text)
    separators = [mark for mark in "\t;" if mark in first]
    for row in _with_header(text, [*separators, ","][0], needed="file"):
        if "skip" in row:
            raise ReadError(f"{row['where']}: {row['skip']}; correct the line")
        yield row


def _with_header(text: str, separator: str, *, quoted: bool = True, needed: str = "onset") -> Iterator[Row]:
    lines = _lines(text, separator, quoted)
    header = next(lines, None)
    names = _names(header, needed)
    for line in lines:
        row: Row = {"where": f"line {line.number}"}
        cells = [cell.strip() for cell in line.cells]
        fault = line.fault or _width_fault(cells, len(names))
        if fault:
            row["skip"] = fault
            row["detail"] = separator.join(line.cells)
        if not fault or fault == TOO_SHORT:
            row.update(zip(names, cells, strict=False))
            row.pop("", None)
        yield row


def _lines(text: str, separator: str, quoted: bool) -> Iterator[Line]:
    """Yield every line that is not blank. Where quotation marks do not pair up, each line is split by itself."""
    if not quoted or '"' not in text:
        for number, line in enumerate(split_lines(text), 1):
            if not is_blank(line):
                yield Line(number, line.split(separator), "")
        return
    try:
        rows = split_rows(text, separator)
    except ReadError:
        for number, line in enumerate(split_lines(text), 1):
            if not is_blank(line):
                yield _line_alone(number, line, separator)
        return
    for row in rows:
        if not row.cells:
            continue
        # of a cell "" nothing is left, but its line is not blank
        if row.cells[0].strip() or row.cells == [""] or not is_blank(separator.join(row.cells)):
            yield Line(row.line, row.cells, "")


def _line_alone(number: int, line: str, separator: str) -> Line:
    try:
        (row,) = split_rows(line, separator)
    except ReadError as error:
        fault = str(error).partition(": ")[2].partition(";")[0]
        return Line(number, [line], fault)
    return Line(number, row.cells, "")


def _names(header: Line | None, needed: str) -> list[str]:
    """Return what the columns are called here; a header that says too little, or too much, is refused."""
    if header is None:
        raise ReadError(f"no column {needed!r} in the header (the file is empty); write it again, with its header")
    if header.fault:
        raise ReadError(f"line {header.number}: {header.fault}; write the header without quotation marks")
    names = [_own_name(cell) for cell in header.cells]
    if needed not in names:
        present = one_line(", ".join(names), 200)
        raise ReadError(f"no column {needed!r} in the header ({present}); name the columns {', '.join(WANTED[needed])}")
    seen: dict[str, str] = {}
    for name, cell in zip(names, header.cells, strict=True):
        if name and name in seen:
            both = one_line(f"{seen[name]!r} and {cell.strip()!r}", 200)
            raise ReadError(f"two columns are the {one_line(name, 80)} ({both}); rename the one that is not meant")
        seen[name] = cell.strip()
    return names


def _own_name(column: str) -> str:
    name = column.strip()
    if name in OF_READERS:
        return f"{name}_"
    return OWN_NAMES.get(name, name)


def _width_fault(cells: list[str], width: int) -> str:
    """Return why cells do not go with the names of a header; "" if they do."""
    if not any(cells):
        return EMPTY_ROW
    if len(cells) < width:
        return TOO_SHORT
    return TOO_WIDE if any(cells[width:]) else ""


def _without_header(text: str) -> Iterator[Row]:
    """Yield rows whose two times are found by being numbers.

    What stands before the times is the file (and a scene), what follows them is the label.
    """
    rows: list[Row] = []
    for number, line in enumerate(split_lines(text), 1):
        if not is_blank(line):
            rows.append({"where": f"line {number}", **_headless_row(line)})
    name_files = any("file" in row and "onset" in row for row in rows)
    for row in rows:
        is_alone = "file" in row and "onset" not in row
        if is_alone and not name_files and not FILE_NAME.fullmatch(row["file"]):
            row["detail"] = row.pop("file")
            row["skip"] = NO_TIMES
        yield row


def _headless_row(line: str) -> Row:
    separator = "\t" if "\t" in line else ","
    parts = Line(0, line.split(separator), "")
    if separator == "," and '"' in line:
        parts = _line_alone(0, line, separator)
    if parts.fault:
        return {"skip": parts.fault, "detail": line}
    cells = [cell.strip() for cell in parts.cells]
    place = _place_of_times(cells)
    if place is None:
        is_one_word = len(cells) == 1 and len(cells[0].split()) == 1 and not _is_number(cells[0])
        return {"file": cells[0]} if is_one_word else {"skip": NO_TIMES, "detail": line}
    label, *further = [*cells[place + 2 :], ""]
    if separator == "," and _is_number(label) and any(further):
        return {"skip": DECIMAL_COMMA, "detail": line}
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
