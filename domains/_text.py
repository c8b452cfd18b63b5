r"""Text that others wrote is data: one function for each place where it is shown.

Conventions
-----------
- Names of files, labels, regions, chains and the words of a library's error are shown as they stand. Nothing in them
  is obeyed: no markup, no escape sequence of a terminal, no formula.
- What has no picture is written as Python writes it: ``\x1b`` for the escape character, ``\n`` for a line break,
  ``\xff`` for a byte of a file name that is no UTF-8.
"""

from __future__ import annotations

import re
from pathlib import Path

_SURROGATES = re.compile("[\ud800-\udfff]")
# control characters, and those that turn the direction of the text around them
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
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
    return _UNSEEN.sub(_escape, written)


def encodable(text: str) -> str:
    r"""Return text that can be written as UTF-8: bytes of a file name that are none become ``\xff`` and the like.

    Examples
    --------
    >>> print(encodable("\udcff.csv"))
    \xff.csv
    """
    return _SURROGATES.sub(_escape, text)


def one_line(text: object, most: int = 300) -> str:
    r"""Return what somebody else said as one line, not too long: line breaks become spaces.

    Parameters
    ----------
    text : object
        Such as the error of a library.
    most : int
        How many characters are kept.

    Returns
    -------
    str

    Examples
    --------
    >>> one_line(ValueError("bad header\n  in block 3"))
    'bad header in block 3'
    """
    joined = " ".join(str(text).split())
    line = printable(joined)
    if len(line) <= most:
        return line
    return line[: most - 1] + "…"


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
