"""Tables for the terminal, in which no number is ever cut.

Conventions
-----------
- The first columns are labels, which may be folded into several lines. All others are numbers, which may not.
- Where the numbers do not fit side by side, they stand in several tables below each other, each with the labels.
- Cells are plain text: what looks like markup in the name of a file is printed as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Column, Table
from rich.text import Text

from ._text import for_terminal

if TYPE_CHECKING:
    import xarray as xr

Cell = str | Text

LABEL_WIDTH = 16
"""A label is not folded to fewer characters than this."""
GAP = 2
"""Characters between two columns."""


def build_table(
    labels: Sequence[str],
    numbers: Sequence[str],
    rows: Iterable[Iterable[Cell]],
    *,
    title: str = "",
    caption: str = "",
) -> Table:
    """Return a table for the terminal.

    Parameters
    ----------
    labels, numbers : sequence of str
        Headings of the two kinds of columns.
    rows : iterable of rows
        Each with a cell for each label, then for each number.
    title, caption : str
        What stands above and below; may have several lines.

    Returns
    -------
    Table

    Examples
    --------
    >>> table = build_table(["label"], ["IoU", "Dice"], [["core", "0.5000", "0.6667"]])
    >>> table.row_count, len(table.columns)
    (1, 3)
    """
    label_columns = [Column(as_text(name), overflow="fold") for name in labels]
    number_columns = [Column(as_text(name), justify="right", no_wrap=True) for name in numbers]
    table = _empty(*label_columns, *number_columns)
    table.title = as_text(title) if title else None
    table.caption = as_text(caption) if caption else None
    for row in rows:
        table.add_row(*[as_text(cell) for cell in row])
    return table


def report_table(
    report: xr.Dataset,
    headings: Sequence[str],
    cells: Callable[[Mapping[Any, Any]], Iterable[Cell]],
    *,
    title: str = "",
    caption: str = "",
) -> Table:
    """Return a report as a table for the terminal, a row for each combination of the labels of its sizes.

    Parameters
    ----------
    report : Dataset
        As `domains._report.build` returns it.
    headings : sequence of str
        Headings of the numbers.
    cells : callable
        Makes the numbers of a row of `domains._report.as_rows`.
    title, caption : str
        What stands above and below; by default the names of the two sides stand above.

    Returns
    -------
    Table

    Examples
    --------
    >>> import overlap as ov
    >>> from domains._report import build
    >>> report = build(ov.Overlap([3], [4], [5]), {"label": ["core"]}, prediction="mine", reference="yours", units="s")
    >>> table = report_table(report, ["IoU"], lambda row: [f"{row['iou']:.4f}"])
    >>> [str(cell) for column in table.columns for cell in column.cells]
    ['core', '0.5000']
    """
    from ._report import as_rows

    labels = [str(dim) for dim in report["intersection"].dims]
    rows = []
    for row in as_rows(report).to_dict("records"):
        names = [str(row[label]) for label in labels]
        rows.append([*names, *cells(row)])
    sides = f"prediction: {report.attrs['prediction']}\nreference: {report.attrs['reference']}"
    return build_table(labels, headings, rows, title=title or sides, caption=caption)


def wrapped(table: Table, width: int) -> list[Table]:
    """Return a table as several whose numbers fit into a line, or as itself if they fit already.

    Parameters
    ----------
    table : Table
        As `build_table` returns it.
    width : int
        Characters a line.

    Returns
    -------
    list of Table
        Each begins with the labels; without title and caption.

    Examples
    --------
    >>> table = build_table(["label"], ["IoU", "Dice"], [["core", "0.5000", "0.6667"]])
    >>> [len(part.columns) for part in wrapped(table, 80)], [len(part.columns) for part in wrapped(table, 15)]
    ([3], [2, 2])
    """
    labels = [column for column in table.columns if not column.no_wrap]
    numbers = [column for column in table.columns if column.no_wrap]
    available = width
    for column in labels:
        available -= min(_width(column), LABEL_WIDTH) + GAP
    return [_part([*labels, *group]) for group in _groups(numbers, available)]


def _groups(columns: Sequence[Column], available: int) -> list[list[Column]]:
    """Part columns, in their order, into groups that fit; each has one column at least."""
    groups: list[list[Column]] = [[]]
    left = available
    for column in columns:
        needed = _width(column)
        if groups[-1] and needed > left:
            groups.append([])
            left = available
        groups[-1].append(column)
        left -= needed + GAP
    return groups


def _part(columns: Sequence[Column]) -> Table:
    fresh = [
        Column(column.header, justify=column.justify, no_wrap=column.no_wrap, overflow=column.overflow)
        for column in columns
    ]
    part = _empty(*fresh)
    for row in zip(*[column.cells for column in columns], strict=True):
        part.add_row(*row)
    return part


def _empty(*columns: Column) -> Table:
    # one character of padding and one of the box between two columns, none at the edges
    return Table(*columns, box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))


def _width(column: Column) -> int:
    """Return the characters of the widest line in a column."""
    widest = 0
    for cell in (column.header, *column.cells):
        for line in as_text(cell).split():
            widest = max(widest, line.cell_len)
    return widest


def as_text(cell: object) -> Text:
    r"""Return what is shown, character by character: nothing in it is markup, and none moves the cursor.

    Examples
    --------
    >>> print(as_text("[red]\x1b[2J"))
    [red]\x1b[2J
    """
    if not isinstance(cell, Text):
        return Text(for_terminal(cell))
    shown = for_terminal(cell.plain)
    if shown == cell.plain:
        return cell
    return Text(shown, cell.style, no_wrap=cell.no_wrap)
