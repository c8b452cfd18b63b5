"""Files of boxes: tables with a header, and the text of the MOT challenge.

Conventions
-----------
- A row becomes a mapping of text: ``where``, ``frame track x1 y1 x2 y2`` and what else there is, or ``skip``, the
  reason why it is no box, with ``detail``, the row as it stands.
- MOT text has no header: ``frame, id, left, top, width, height``, then up to four more. Frames count from 1, and become
  frames from 0. The corner of a box stays as it is written, in pixels from 1. With nine fields, as in MOT16's ground
  truth, the last three are a flag, the class and the visibility; a flag of 0 says that the row does not count. With any
  other number the seventh is a confidence. An id of -1 is a detection that nobody tracked.

References
----------
Milan, A. et al. (2016). MOT16. arXiv:1603.00831, table 3. https://motchallenge.net/instructions
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..._files import ReadError, split_lines, split_rows
from ..._text import from_csv, one_line
from .films import BOX

Row = dict[str, Any]

KNOWN = ("frame", "track", *BOX, "time", "confidence")
MOT_FIELDS = ("frame", "track", "left", "top", "width", "height", "confidence")
MOT_LENGTHS = range(6, 11)

TOO_LONG = "more cells than the header has names"
TOO_SHORT = "fewer cells than the header has names"
EMPTY_ROW = "an empty row"
NOT_MOT = "not the six to ten fields of MOT text"
NO_NUMBER = "a field that is no number"
NOT_TRACKED = "a detection of no track"
NOT_COUNTED = "marked as not to be counted"
BEFORE_FIRST = "a frame before the first, which is 1"


def table_of_boxes(text: str) -> Iterator[Row]:
    r"""Yield the rows of a table with the columns ``frame track x1 y1 x2 y2``, and ``time`` or others if it has them.

    Raises
    ------
    ReadError
        If a column is missing or stands twice.

    Examples
    --------
    >>> next(table_of_boxes("frame,track,x1,y1,x2,y2\n0,ball,1,2,3,4\n"))["track"]
    'ball'
    """
    rows = split_rows(text, ",")
    names = [cell.strip() for cell in rows[0].cells] if rows else []
    missing = [name for name in ("frame", "track", *BOX) if name not in names]
    if missing:
        found = one_line(", ".join(names) or "nothing", 120)
        raise ReadError(f"the header lacks {', '.join(missing)} (found {found}); known are {', '.join(KNOWN)}")
    doubled = [name for name in names if names.count(name) > 1]
    if doubled:
        raise ReadError(f"the header has {one_line(doubled[0], 40)!r} twice; keep one")
    for row in rows[1:]:
        if not row.cells:
            continue
        where = f"line {row.line}"
        cells = [cell.strip() for cell in row.cells]
        reason = fault_of(cells, len(names))
        if reason:
            yield {"where": where, "skip": reason, "detail": ",".join(row.cells)}
            continue
        yield {"where": where, **dict(zip(names, cells, strict=False)), "track": from_csv(cells[names.index("track")])}


def mot(text: str) -> Iterator[Row]:
    r"""Yield the rows of MOT text.

    Examples
    --------
    >>> row = next(mot("1, 3, 794.25, 247.5, 71.25, 174.75, -1, -1, -1, -1"))
    >>> row["frame"], row["track"], row["x2"], row["y2"]
    ('0', '3', '865.5', '422.25')
    """
    for number, line in enumerate(split_lines(text), 1):
        if line.strip():
            yield {"where": f"line {number}", **_mot_row(line)}


def fault_of(cells: list[str], width: int) -> str:
    """Return why cells do not fit a header of so many names; "" if they do."""
    if not any(cells):
        return EMPTY_ROW
    if len(cells) < width:
        return TOO_SHORT
    return TOO_LONG if any(cells[width:]) else ""


def _mot_row(line: str) -> Row:
    fields = [field.strip() for field in line.split(",")]
    if fields and fields[-1] == "":
        fields.pop()
    if len(fields) not in MOT_LENGTHS:
        return {"skip": NOT_MOT, "detail": line}
    try:
        numbers = [float(field) for field in fields]
    except ValueError:
        return {"skip": NO_NUMBER, "detail": line}
    frame, track, left, top, width, height, *others = numbers
    if track == -1:
        return {"skip": NOT_TRACKED, "detail": line}
    if frame < 1:
        return {"skip": BEFORE_FIRST, "detail": line}
    has_flag = len(fields) == 9
    if has_flag and others[0] == 0:
        return {"skip": NOT_COUNTED, "detail": line}
    row: Row = {
        "frame": f"{frame - 1:.17g}",
        "track": fields[1],
        "x1": fields[2],
        "y1": fields[3],
        "x2": f"{left + width:.17g}",
        "y2": f"{top + height:.17g}",
        "detail": line,
    }
    if has_flag:
        row["class"] = fields[7]
        row["visibility"] = fields[8]
    elif others:
        row["confidence"] = fields[6]
    return row
