"""RTTM: who speaks when.

Conventions
-----------
- Fields stand between spaces or tabs; a row has nine, or ten with the last, ``slat``. There is no quoting, and a name
  holds no space: with more or fewer fields, which is the speaker is not known.
- Lines that begin with ``;`` are comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..._files import split_lines
from .counts import BLANK, count_lines, first_line, is_blank
from .declared import Format
from .delimited import without_lines
from .rows import ABSENT, Row, events_of

# of the fields after the type; three have no meaning here
FIELDS = ("file", "channel", "onset", "duration", None, None, "label", "confidence", None)
FIRST_CHANNEL = "1"
NOT_KNOWN = "<NA>"
SPACES = re.compile("[ \t]+")
LENGTHS = (9, 10)
OTHER_TYPES = (
    "SEGMENT",
    "NOSCORE",
    "NO_RT_METADATA",
    "LEXEME",
    "NON-LEX",
    "NON-SPEECH",
    "FILLER",
    "EDIT",
    "IP",
    "SU",
    "CB",
    "A/P",
    "SPKR-INFO",
)
"""The types of the RT-09 plan besides SPEAKER."""

NOT_SCORED = {
    "NOSCORE": "a NOSCORE row: md-eval scores without its time, so leave it out of the support",
    "NON-LEX": "a NON-LEX row: md-eval scores without its time and up to 0.5 s around, so leave it out of the support",
}
NO_ROW = "not a row of RTTM"
WRONG_LENGTH = "not the nine or ten fields of RTTM"


def read(text: str) -> Iterator[Row]:
    """Yield the rows of an RTTM file; only SPEAKER rows are events.

    Examples
    --------
    >>> next(read("SPEAKER f1 1 0.5 1.25 <NA> <NA> anna 0.9 <NA>"))["label"]
    'anna'
    """
    for number, line in enumerate(split_lines(text), 1):
        if is_blank(line) or line.lstrip(BLANK).startswith(";"):
            continue
        parts = SPACES.split(line.strip(BLANK))
        yield {"where": f"line {number}", **_fields(parts, line)}


def recognises(text: str) -> bool:
    r"""Return whether the first row that is no comment begins with a type of RTTM.

    Examples
    --------
    >>> recognises(";; by hand\nSPEAKER f1 1 0.5 1.25 <NA> <NA> anna 0.9 <NA>"), recognises("SPEAKERS,1,2")
    (True, False)
    """
    first = first_line(without_lines(text, ";"))
    return SPACES.split(first.strip(BLANK))[0] in ("SPEAKER", *OTHER_TYPES)


def _count(text: str) -> int:
    return count_lines(text, comment=";")


def write(rows: Sequence[Row]) -> str:
    r"""Return a SPEAKER row for each event.

    Examples
    --------
    >>> write([{"file": "f1", "onset": "0.5", "duration": "1.25", "label": "anna", "confidence": "0.9"}])
    'SPEAKER f1 1 0.5 1.25 <NA> <NA> anna 0.9 <NA>\n'
    """
    return "".join(_line(row) for row in events_of(rows))


def _line(row: Row) -> str:
    given = {"channel": FIRST_CHANNEL, **{name: cell for name, cell in row.items() if cell}}
    fields = [given.get(name or "", NOT_KNOWN) for name in FIELDS]
    return " ".join(["SPEAKER", *fields]) + "\n"


FORMAT = Format("rttm", "", read, recognises, _count, (".rttm",), write=write, ending=".rttm", forbids=" \t\n\r")


def _fields(parts: list[str], line: str) -> Row:
    kind, *values = parts
    if kind in OTHER_TYPES:
        return {"skip": NOT_SCORED.get(kind, f"a {kind} row"), "detail": line}
    if kind != "SPEAKER":
        return {"skip": NO_ROW, "detail": line}
    if len(parts) not in LENGTHS:
        return {"skip": WRONG_LENGTH, "detail": line}
    row: Row = {}
    for name, value in zip(FIELDS, values, strict=False):
        if name is not None:
            row[name] = value
    for name in ("file", "label"):
        if row[name] == NOT_KNOWN:
            row[name] = ""
    if row["confidence"] in ABSENT:
        row["confidence"] = ""
    return row
