r"""Text that others wrote is data: one function for each place where it is shown or written.

Conventions
-----------
- Names of files, labels, regions, chains and the words of a library's error are shown as they stand. Nothing in them
  is obeyed: no markup, no escape sequence of a terminal, no mathematics of a picture, no HTML, no formula.
- What has no picture is written as Python writes it: ``\x1b`` for the escape character, ``\n`` for a line break,
  ``\xff`` for a byte of a file name that is no UTF-8.
- A table holds text that can be written as UTF-8: `for_table`, wherever a name enters one. pandas keeps text in Arrow
  where pyarrow is installed, which takes no other.
- A cell of a CSV file that a spreadsheet would run as a formula gets an apostrophe in front, as spreadsheets know it:
  `for_csv`. Numbers never do. `from_csv` takes it off, so that our own files come back as they were.

References
----------
OWASP, CSV Injection. https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

_SURROGATES = re.compile("[\ud800-\udfff]")
# control characters, and those that turn the direction of the text around them
_UNSEEN_BUT_BREAKS = "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
_UNSEEN_IN_TEXT = re.compile(_UNSEEN_BUT_BREAKS)
_UNSEEN_IN_LINE = re.compile(rf"\n|{_UNSEEN_BUT_BREAKS}")
# from the beginning of white space only: from each of a million spaces would take hours
_BREAKS = re.compile(r"(?<!\s)\s*[\r\n]\s*")
# spreadsheets of East Asia take the wide forms too
_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠].", re.DOTALL)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|inf|nan)", re.IGNORECASE | re.ASCII)
_FIRST_OF_BYTES = 0xDC80
_LAST_OF_BYTES = 0xDCFF
_SHORT_FORMS = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def printable(text: object) -> str:
    r"""Return text in one line that every terminal and file takes: characters without a picture are escaped.

    Parameters
    ----------
    text : object
        What ``str`` makes text of, such as a path or a label.

    Returns
    -------
    str

    Examples
    --------
    >>> print(printable("a\x1b[31mb\nc\udcff"))
    a\x1b[31mb\nc\xff
    """
    written = str(text)
    if written.isascii() and written.isprintable():
        return written
    return _UNSEEN_IN_LINE.sub(_escape, written)


def for_terminal(text: object) -> str:
    r"""Return text as a terminal may show it: as `printable` does, but line breaks stay.

    Examples
    --------
    >>> print(for_terminal("[noise]\n\x1b[31m"))
    [noise]
    \x1b[31m
    """
    return _UNSEEN_IN_TEXT.sub(_escape, str(text))


def for_picture(text: object) -> str:
    r"""Return text as matplotlib shows it unchanged, in a title, a tick's label or a legend: ``$`` begins no formula.

    Examples
    --------
    >>> print(for_picture("a$b_1$"))
    a\$b_1\$
    """
    return printable(text).replace("$", r"\$")


def for_html(text: object) -> str:
    """Return text as a page shows it unchanged.

    Examples
    --------
    >>> for_html("<b>&")
    '&lt;b&gt;&amp;'
    """
    return escape(for_terminal(text))


def for_json(data: Any) -> str:
    r"""Return data as JSON whose text can be shown and written anywhere, and is read back as it was.

    Parameters
    ----------
    data : dict, list, str, float, int, bool or None
        Without NaN and infinity.

    Returns
    -------
    str

    Examples
    --------
    >>> print(for_json(["φ", "\udcff.csv", "\x9b31m"]))
    [
      "φ",
      "\udcff.csv",
      "\u009b31m"
    ]
    """
    written = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
    # what stands between the texts is plain, so that each of these is within one
    return _UNSEEN_IN_TEXT.sub(lambda match: f"\\u{ord(match.group()):04x}", written)


def for_table(cell: Any) -> Any:
    r"""Return a cell as every table can hold it: bytes of a file name that are no UTF-8 become ``\xff`` and the like.

    Parameters
    ----------
    cell : object
        What is no str is returned unchanged.

    Returns
    -------
    object

    Examples
    --------
    >>> print(for_table("\udcff.csv"))
    \xff.csv
    """
    if not isinstance(cell, str) or cell.isascii():
        return cell
    return _SURROGATES.sub(_escape, cell)


def row_for_table(row: Mapping[Any, Any]) -> dict[Any, Any]:
    r"""Return a row as every table can hold it: see `for_table`.

    Examples
    --------
    >>> print(row_for_table({"file": "\udcff.csv", "line": 5})["file"])
    \xff.csv
    """
    return {name: for_table(cell) for name, cell in row.items()}


def for_csv(cell: Any) -> Any:
    """Return a cell of a table as CSV holds it: no spreadsheet runs it, and it can be written as UTF-8.

    Text that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line break, after any number of apostrophes, gets an
    apostrophe in front. Numbers, also as text, and such a character alone stay as they are.

    Parameters
    ----------
    cell : object
        What is no str is returned unchanged.

    Returns
    -------
    object

    Examples
    --------
    >>> [for_csv(cell) for cell in ("owl", "=1+2", "-1.5", "-", "-owl", "'=1", -1.5)]
    ['owl', "'=1+2", '-1.5', '-', "'-owl", "''=1", -1.5]
    """
    if not isinstance(cell, str):
        return cell
    written: str = for_table(cell)
    if _FORMULA.match(written) and not _NUMBER.fullmatch(written):
        return f"'{written}"
    return written


def from_csv(cell: str) -> str:
    """Return what `for_csv` was given.

    Examples
    --------
    >>> [from_csv(cell) for cell in ("owl", "'=1+2", "-1.5", "''=1", "'owl'")]
    ['owl', '=1+2', '-1.5', "'=1", "'owl'"]
    """
    if cell.startswith("'") and _FORMULA.match(cell):
        return cell[1:]
    return cell


def one_line(text: object, most: int | None = 300) -> str:
    r"""Return what somebody else said as one line, not too long: line breaks become spaces.

    Parameters
    ----------
    text : object
        Such as the error of a library.
    most : int or None
        How many characters are kept; all for None.

    Returns
    -------
    str

    Examples
    --------
    >>> one_line(ValueError("bad header\n  in block 3"))
    'bad header in block 3'
    """
    line = printable(_BREAKS.sub(" ", str(text).strip("\r\n")))
    if most is None or len(line) <= most:
        return line
    return line[: most - 1] + "…"


def count_of(number: int, singular: str, plural: str | None = None) -> str:
    """Return how many there are of something, in words as they are said.

    Parameters
    ----------
    number : int
    singular : str
        What one is called.
    plural : str, optional
        What several are called, by default with an s.

    Returns
    -------
    str

    Examples
    --------
    >>> count_of(1, "outlier"), count_of(3, "outlier"), count_of(0, "outlier")
    ('1 outlier', '3 outliers', 'no outliers')
    """
    many = f"{singular}s" if plural is None else plural
    if number == 0:
        return f"no {many}"
    return f"{number} {singular if number == 1 else many}"


def file_name(path: str | Path) -> str:
    r"""Return a path as messages show it.

    Examples
    --------
    >>> print(file_name("caf\udce9.csv"))
    caf\xe9.csv
    """
    return printable(path)


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    if character in _SHORT_FORMS:
        return _SHORT_FORMS[character]
    code = ord(character)
    if _FIRST_OF_BYTES <= code <= _LAST_OF_BYTES:
        # how Python keeps a byte of a file name that is no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"
