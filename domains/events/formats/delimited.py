"""Tables as text whose first line names their columns: what all such formats share.

Conventions
-----------
- A table is read by the names in its header. One that lacks a needed name, or has one twice, is refused.
- A line that holds more than spaces and tabs is the header, a row, or the rest of a row whose quoted cell holds line
  breaks. A row that cannot be split into cells, or has more or fewer of them than the header has names, is skipped:
  what stands in which column is not guessed.
- Cells may be quoted as in RFC 4180, unless a format says that it has no quoting.
- Tabs, semicolons or commas part the cells: whichever makes the header hold the needed names.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from typing import NamedTuple

from ..._files import ReadError, split_lines, split_rows
from ..._text import one_line
from .counts import first_line, is_blank
from .rows import EMPTY_ROW, OF_READERS, TOO_SHORT, TOO_WIDE, Row

SEPARATORS = "\t;,"
FAR_TOO_LONG = 100_000
"""Characters of a line that nobody wrote as a header."""


class Columns(NamedTuple):
    """The columns of a format.

    Parameters
    ----------
    names : mapping of str to tuple of str
        What the columns of the event table are called there, the usual name first.
    needed : tuple of tuple of str
        Columns of the event table that a header must have: one of each tuple.
    others : tuple of str
        Further names, as they stand in the file, that a header must have.
    """

    names: Mapping[str, tuple[str, ...]]
    needed: tuple[tuple[str, ...], ...]
    others: tuple[str, ...] = ()


def with_label(columns: Columns, label: str) -> Columns:
    """Return the columns of a table whose label stands in a column that is said, or else in one that is known.

    Examples
    --------
    >>> columns = with_label(Columns({"onset": ("start",), "label": ("name",)}, (("onset",),)), "Call Type")
    >>> columns.names["label"], missing(["start", "kind"], columns)
    (('Call Type', 'name'), ['Call Type'])
    """
    labels = (label, *(name for name in columns.names["label"] if name != label))
    return columns._replace(names={**columns.names, "label": labels}, needed=(*columns.needed, ("label",)))


def has_column(text: str, name: str) -> bool:
    r"""Return whether the first line of a table has a column of this name, whatever parts its cells.

    Examples
    --------
    >>> has_column("start;Call Type\n1;trill\n", "Call Type"), has_column("start,end\n", "Call Type")
    (True, False)
    """
    line = first_line(text)
    return any(name in _cells_of(line, separator) for separator in SEPARATORS)


class Line(NamedTuple):
    """A line that is not blank, its cells, and why they cannot be told apart; "" if they can."""

    number: int
    cells: list[str]
    fault: str


def separator_of(text: str, columns: Columns, separators: str = SEPARATORS) -> str:
    r"""Return what parts the cells of a table of these columns; "" if it is not one.

    Examples
    --------
    >>> columns = Columns({"onset": ("onset", "start"), "offset": ("offset",)}, (("onset",), ("offset",)))
    >>> separator_of("start;offset\n1;2\n", columns), separator_of("begin;offset\n1;2\n", columns)
    (';', '')
    """
    line = first_line(text)
    if len(line) > FAR_TOO_LONG:
        return ""
    for separator in separators:
        if separator in line and not missing(_cells_of(line, separator), columns):
            return separator
    return ""


def missing(header: Sequence[str], columns: Columns) -> list[str]:
    """Return which needed columns a header lacks, each as it is usually called.

    Examples
    --------
    >>> columns = Columns({"onset": ("onset", "start"), "offset": ("end",)}, (("onset",), ("offset",)), ("View",))
    >>> missing(["start", "until"], columns)
    ['end', 'View']
    """
    present = set(header)
    lacking = []
    for choices in columns.needed:
        theirs = [other for own in choices for other in columns.names[own]]
        if not present & set(theirs):
            lacking.append(theirs[0])
    lacking += [name for name in columns.others if name not in present]
    return lacking


def named_rows(text: str, columns: Columns, *, separators: str = SEPARATORS, quoted: bool = True) -> Iterator[Row]:
    r"""Yield the rows of a table by the names in its header.

    Parameters
    ----------
    text : str
        As `read_text` returns it.
    columns : Columns
        How its columns are called.
    separators : str
        What may part its cells, each a character.
    quoted : bool
        Whether cells may stand in quotation marks.

    Yields
    ------
    Row
        ``where`` and the cells, by the names of the event table where these are known.

    Raises
    ------
    ReadError
        If the header lacks a needed column, or has a name twice.

    Examples
    --------
    >>> columns = Columns({"onset": ("start",), "offset": ("end",)}, (("onset",), ("offset",)))
    >>> next(named_rows("start,end,note\n1,2,loud", columns))
    {'where': 'line 2', 'onset': '1', 'offset': '2', 'note': 'loud'}
    """
    separator = separator_of(text, columns, separators) or _likeliest(first_line(text), separators)
    lines = _lines(text, separator, quoted)
    names = _names(next(lines, None), columns)
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


def cells_of_line(line: str, separator: str) -> Line:
    """Return the cells of a line by itself, and why they cannot be told apart.

    Examples
    --------
    >>> cells_of_line('1,2,"dog, big"', ",").cells
    ['1', '2', 'dog, big']
    """
    if '"' not in line:
        return Line(0, line.split(separator), "")
    return _line_alone(0, line, separator)


def without_lines(text: str, comment: str) -> str:
    r"""Return a text whose comments are blank lines, so that its other lines keep their numbers.

    Examples
    --------
    >>> without_lines("# a note\nonset,offset", "#")
    '\nonset,offset'
    """
    return "\n".join("" if line.startswith(comment) else line for line in split_lines(text))


def table_of(header: Sequence[str], rows: Iterable[Sequence[str]], separator: str, *, quoted: bool = True) -> str:
    r"""Return a table as text.

    Parameters
    ----------
    header : sequence of str
        The names of its columns.
    rows : iterable of sequence of str
        The cells of each row.
    separator : str
        What parts them.
    quoted : bool
        Whether a cell that holds a separator, a quotation mark or a line break stands in quotation marks.

    Examples
    --------
    >>> table_of(["onset", "label"], [["1", "dog, big"]], ",")
    'onset,label\n1,"dog, big"\n'
    """
    lines = [header, *rows]
    if not quoted:
        return "".join(separator.join(line) + "\n" for line in lines)
    text = StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\n").writerows(lines)
    return text.getvalue()


def _likeliest(line: str, separators: str) -> str:
    """Return what parts the cells of a header that is not understood, so that an error can list them."""
    present = [separator for separator in separators if separator in line]
    return present[0] if present else separators[-1]


def _cells_of(line: str, separator: str) -> list[str]:
    return [cell.strip() for cell in cells_of_line(line, separator).cells]


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


def _names(header: Line | None, columns: Columns) -> list[str]:
    """Return what the columns are called here; a header that says too little, or too much, is refused."""
    if header is None:
        raise ReadError("the file is empty, without a header; write it again, with its header")
    if header.fault:
        raise ReadError(f"line {header.number}: {header.fault}; write the header without quotation marks")
    cells = [cell.strip() for cell in header.cells]
    lacking = missing(cells, columns)
    if lacking:
        present = one_line(", ".join(cells), 200)
        raise ReadError(f"no column {lacking[0]!r} in the header ({present}); rename the one that is meant")
    names = _own_names(cells, columns)
    seen: dict[str, str] = {}
    for name, cell in zip(names, cells, strict=True):
        if name and name in seen:
            both = one_line(f"{seen[name]!r} and {cell!r}", 200)
            raise ReadError(f"two columns are the {one_line(name, 80)} ({both}); rename the one that is not meant")
        seen[name] = cell
    return names


def _own_names(cells: Sequence[str], columns: Columns) -> list[str]:
    """Return the names of the event table; of several labels, files or confidences the one with the usual name counts.

    Of times it does not: two columns that could be the onset are refused by the caller.
    """
    present = set(cells)
    own_of: dict[str, str] = {}
    for own, theirs in columns.names.items():
        is_time = own in ("onset", "offset", "duration")
        usual = [theirs[0]] if theirs[0] in present and not is_time else theirs
        own_of |= dict.fromkeys(usual, own)
    names = []
    for cell in cells:
        name = own_of.get(cell, cell)
        is_taken = name in OF_READERS or (cell not in own_of and cell in columns.names)
        names.append(f"{name}_" if is_taken else name)
    return names


def _width_fault(cells: list[str], width: int) -> str:
    """Return why cells do not go with the names of a header; "" if they do."""
    if not any(cells):
        return EMPTY_ROW
    if len(cells) < width:
        return TOO_SHORT
    return TOO_WIDE if any(cells[width:]) else ""
