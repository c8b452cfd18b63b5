"""How many rows a file holds, counted without its reader.

Conventions
-----------
- In the formats whose rows are lines, a row is a line that holds more than spaces and tabs and is neither header nor
  comment.
- Nothing is said of a table with quotation marks, whose rows may take several lines, and of JSON, which has no rows.
"""

from __future__ import annotations

from ..._files import split_lines

BLANK = " \t"


def count_rows(kind: str, text: str) -> int | None:
    r"""Return how many rows a text holds by the rules of its format; None where that cannot be said line by line.

    Examples
    --------
    >>> count_rows("csv", "onset,offset\n1,2\n\n3,4\n")
    2
    """
    if kind == "activitynet":
        return None
    lines = [line for line in split_lines(text) if not is_blank(line)]
    if kind == "rttm":
        return sum(not line.lstrip(BLANK).startswith(";") for line in lines)
    if kind != "bids" and '"' in text:
        return None
    has_header = kind != "dcase" or "onset" in first_line(text)
    return len(lines) - has_header


def first_line(text: str) -> str:
    r"""Return the first line that holds more than spaces and tabs; "" if none does.

    Examples
    --------
    >>> first_line("\n onset\toffset\n1\t2\n")
    ' onset\toffset'
    """
    for line in split_lines(text):
        if not is_blank(line):
            return line
    return ""


def is_blank(line: str) -> bool:
    r"""Return whether a line holds nothing but spaces and tabs.

    Examples
    --------
    >>> is_blank(" \t"), is_blank(",,")
    (True, False)
    """
    return not line.strip(BLANK)
