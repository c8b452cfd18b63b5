"""Lists of sound events as DCASE, sed_eval and Audacity write them, mostly without a header.

Conventions
-----------
- A row is ``[file [scene]] onset offset [label]``, parted by tabs or by commas. Which it is follows from how many
  cells a row has and where its numbers stand, never from their range. Seconds.
- A first row of words is a header; one that is not known is refused.
- A row of a file name alone says that the file was looked at and holds no event. It must look like a file name: it has
  an ending or a folder, or other rows name their file.
- Rows of numbers alone could mean anything: such a list is read only where ``kind="dcase"`` says that it is one.

References
----------
Mesaros, A., Heittola, T. & Virtanen, T. (2016). Metrics for polyphonic sound event detection. Appl. Sci. 6, 162.
doi:10.3390/app6060162
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..._files import ReadError, split_lines
from ..._text import one_line
from . import audacity, usual
from .counts import count_below_header, count_lines, first_line, is_blank
from .declared import Format
from .delimited import Line, cells_of_line, missing, table_of
from .rows import DECIMAL_COMMA, EMPTY_ROW, NO_EVENT, NO_TIMES, Row

FILE_NAME = re.compile(r"""[^<>|"*?\s]*[/\\][^<>|"*?\s]+|[^<>|"*?\s]*[^.<>|"*?\s]\.[A-Za-z]\w*""")
HEADER = ("filename", "onset", "offset", "event_label")
LAYOUTS = {
    ("onset", "offset"): "NN",
    ("onset", "offset", "label"): "NN.",
    ("file", "onset", "offset"): "FNN",
    ("file", "onset", "offset", "label"): "FNN.",
    ("file", "scene", "onset", "offset", "label"): "FFNN.",
}
"""What the cells of a row are, and what each must look like: N is a number, F is none, "." is anything."""


def read(text: str) -> Iterator[Row]:
    r"""Yield the rows of a list of sound events, with or without header.

    Raises
    ------
    ReadError
        If the first row is a header that is not known, or no row has an onset and an offset or is the name of a file
        without events.

    Examples
    --------
    >>> [row.get("skip") for row in read("a.wav\t0.5\t1.5\tdog\nb.wav")]
    [None, 'no event']
    """
    if usual.recognises(text):
        yield from usual.read(text)
        return
    separator = _separator(text)
    header = first_line(text).split(separator)
    if len(header) > 1 and not any(map(_is_number, header)):
        present = one_line(", ".join(header), 200)
        raise ReadError(f"its header ({present}) is none of DCASE; rename the columns to onset, offset, event_label")
    fault = cells_of_line(first_line(text), separator).fault
    if fault and not missing([cell.strip() for cell in header], usual.COLUMNS):
        raise ReadError(f"line 1: {fault}; write the header without quotation marks")
    rows = list(_headless(text, separator))
    if rows and all(row.get("skip") == NO_TIMES for row in rows):
        raise ReadError("no row has an onset and an offset, or is the name of a file without events; name the columns")
    yield from rows


def recognises(text: str) -> bool:
    r"""Return whether the first row is one of such a list, and some row has times and a word, or all are file names.

    Examples
    --------
    >>> recognises("0.5\t1.5\tdog"), recognises("0.5\t1.5"), recognises("a.wav"), recognises("hello")
    (True, False, True, False)
    """
    if audacity.recognises(text):
        return False
    separator = _separator(text)
    # split without quotation marks: where these do not pair up, a header is still no row
    first = [cell.strip() for cell in first_line(text).split(separator)]
    lines = (_parts(line, separator) for line in split_lines(text) if not is_blank(line))
    if any(map(_is_number, first)):
        return any(_has_times_and_word(line.cells) for line in lines)
    return _is_file_name(first) and all(_is_of_list(line.cells) for line in lines)


def _count(text: str) -> int | None:
    return count_below_header(text) if usual.recognises(text) else count_lines(text)


def write(rows: Sequence[Row]) -> str:
    r"""Return a list with a header; a recording without events is a row of its name alone.

    Examples
    --------
    >>> write([{"file": "a", "onset": "0.5", "offset": "1.5", "label": "dog"}, {"file": "b", "skip": NO_EVENT}])
    'filename\tonset\toffset\tevent_label\na\t0.5\t1.5\tdog\nb\t\t\t\n'
    """
    cells = [[row.get(name, "") for name in ("file", "onset", "offset", "label")] for row in rows]
    return table_of(HEADER, cells, "\t", quoted=False)


FORMAT = Format("dcase", "onset offset label", read, recognises, _count, write=write, ending=".tsv", forbids="\t\n\r")


def _separator(text: str) -> str:
    return "\t" if "\t" in text else ","


def _parts(line: str, separator: str) -> Line:
    """Return the cells of a line; only where commas part them can quotation marks be around one."""
    parts = Line(0, line.split("\t"), "") if separator == "\t" else cells_of_line(line, separator)
    return parts._replace(cells=[cell.strip() for cell in parts.cells])


def _is_of_list(cells: Sequence[str]) -> bool:
    return _is_file_name(cells) or any(map(_is_number, cells))


def _is_file_name(cells: Sequence[str]) -> bool:
    return len(cells) == 1 and bool(FILE_NAME.fullmatch(cells[0]))


def _has_times_and_word(cells: Sequence[str]) -> bool:
    layout = _layout(cells)
    has_word = any(not _is_number(cell) and cell for cell in cells)
    return bool(layout) and has_word


def _headless(text: str, separator: str) -> Iterator[Row]:
    rows: list[Row] = []
    for number, line in enumerate(split_lines(text), 1):
        if not is_blank(line):
            rows.append({"where": f"line {number}", **_row(line, separator)})
    name_files = any("file" in row and "onset" in row for row in rows)
    for row in rows:
        is_alone = "file" in row and "onset" not in row
        if is_alone and (name_files or FILE_NAME.fullmatch(row["file"])):
            row["skip"] = NO_EVENT
        elif is_alone:
            row["detail"] = row.pop("file")
            row["skip"] = NO_TIMES
        yield row


def _row(line: str, separator: str) -> Row:
    cells, fault = _parts(line, separator)[1:]
    if fault:
        return {"skip": fault, "detail": line}
    if separator == "," and _is_split_at_decimals(cells):
        return {"skip": DECIMAL_COMMA, "detail": line}
    layout = _layout(cells)
    if layout:
        row = dict(zip(layout, cells, strict=True))
        return {"label": "", **row}
    if not any(cells):
        return {"skip": EMPTY_ROW, "detail": line}
    is_one_word = len(cells) == 1 and len(cells[0].split()) == 1 and not _is_number(cells[0])
    return {"file": cells[0]} if is_one_word else {"skip": NO_TIMES, "detail": line}


def _layout(cells: Sequence[str]) -> tuple[str, ...]:
    """Return what the cells are; nothing if they are no row of such a list."""
    pattern = "".join("N" if _is_number(cell) else "F" for cell in cells)
    for names, wanted in LAYOUTS.items():
        if len(wanted) == len(pattern) and all(w in (".", p) for w, p in zip(wanted, pattern, strict=True)):
            return names
    return ()


def _is_split_at_decimals(cells: Sequence[str]) -> bool:
    """Return whether commas part more numbers than a row has, as where they also stand for the decimal point."""
    return sum(map(_is_number, cells)) > 3


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
