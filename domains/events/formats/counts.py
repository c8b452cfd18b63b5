"""How many rows a text holds, counted without its reader.

Conventions
-----------
- A row is a line that holds more than spaces and tabs and is neither header nor comment.
- Nothing is said of a table with quotation marks, whose rows may take several lines.
"""

from __future__ import annotations

from ..._files import split_lines

BLANK = " \t"


def count_lines(text: str, comment: str = "") -> int:
    r"""Return how many lines hold more than spaces and tabs, and are no comment.

    Parameters
    ----------
    text : str
    comment : str
        What a comment begins with; "" where there are none.

    Returns
    -------
    int

    Examples
    --------
    >>> count_lines("1\t2\n \n;; a note\n3\t4", comment=";")
    2
    """
    lines = [line.strip(BLANK) for line in split_lines(text)]
    return sum(bool(line) and not (comment and line.startswith(comment)) for line in lines)


def count_below_header(text: str) -> int | None:
    r"""Return how many rows follow a header; None where quotation marks hide that.

    Examples
    --------
    >>> count_below_header("onset,offset\n1,2\n\n3,4\n")
    2
    """
    return None if '"' in text else count_lines(text) - 1


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
