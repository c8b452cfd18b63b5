"""TextGrids of Praat, read by praatio.

Conventions
-----------
- The long and the short form, in UTF-8 or, with a byte order mark, UTF-16. Seconds.
- Every tier is read and named in the column ``tier``. Marks of a point tier are events of no length. An interval
  without text is no annotation.

References
----------
Praat manual, TextGrid file formats. https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from typing import Any

from ..._files import ReadError
from ..._text import one_line
from .declared import Format
from .rows import Row

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
OF_POINTS = "TextTier"
TOKENS = re.compile(r'"(?:[^"]|"")*"|(?<!\S)(?:<exists>|[-+]?[\d.]+(?:[eE][-+]?\d+)?)(?!\S)')
"""What counts in a TextGrid: quoted texts, and numbers that stand free; all else, as ``xmin =``, is for the eye."""
BEFORE_TIERS = 5
"""Tokens: what the file is, twice, its begin and end, and that there are tiers."""


def read(content: bytes) -> Iterator[Row]:
    """Yield the intervals and points of all tiers.

    Raises
    ------
    ImportError
        If praatio is not installed.
    ReadError
        If it is no TextGrid, or no text.
    """
    try:
        from praatio.utilities import textgrid_io
    except ImportError:
        raise ImportError('events: TextGrids need praatio: pip install "overlap-toolkit[events]"') from None
    text = _decoded(content)
    grid = textgrid_io.parseTextgridStr(text, includeEmptyIntervals=True)
    _check_sizes(text, grid["tiers"])
    for tier in grid["tiers"]:
        for number, entry in enumerate(tier["entries"], 1):
            onset, offset, label = _times_and_label(tier, list(entry))
            if label.strip():
                where = f"tier {tier['name']}, {number}"
                yield {
                    "where": where,
                    "onset": onset,
                    "offset": offset,
                    "label": label,
                    "tier": tier["name"],
                    "length": str(grid["xmax"]),
                }


def _decoded(content: bytes) -> str:
    is_wide = content.startswith(UTF_16)
    try:
        text = content.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReadError(f"byte {error.start} is no text in UTF-8; save the TextGrid as UTF-8 or UTF-16") from error
    if "TextGrid" not in text[:200] or "ooTextFile" not in text[:200]:
        raise ReadError("it does not begin as a TextGrid does ('ooTextFile', 'TextGrid'); save it with Praat as text")
    # without a line break at the end praatio 6.2.2 takes the last letter for the quotation mark
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip() + "\n"


def _check_sizes(text: str, tiers: Sequence[dict[str, Any]]) -> None:
    """Refuse a file that has fewer tiers or entries than it says, which praatio reads as far as it goes."""
    tokens = TOKENS.findall(text)
    if tokens[BEFORE_TIERS - 1 : BEFORE_TIERS] != ["<exists>"]:
        return
    place = BEFORE_TIERS
    n_tiers = int(_token(tokens, place, "its tiers"))
    place += 1
    for k in range(n_tiers):
        kind = _token(tokens, place, f"tier {k + 1} of {n_tiers}").strip('"')
        name = _token(tokens, place + 1, f"tier {k + 1} of {n_tiers}").strip('"')
        size = int(_token(tokens, place + 4, f"the size of tier {one_line(name, 80)!r}"))
        width = 2 if kind == OF_POINTS else 3
        place += 5 + size * width
        _token(tokens, place - 1, f"the {size} entries of tier {one_line(name, 80)!r}")
        n_read = len(tiers[k]["entries"]) if k < len(tiers) else 0
        if n_read != size:
            raise ReadError(f"tier {one_line(name, 80)!r} says that it has {size} entries, and {n_read} can be read")


def _token(tokens: Sequence[str], place: int, what: str) -> str:
    if place >= len(tokens):
        raise ReadError(f"it ends before {what}; fetch or write it again")
    return tokens[place]


def _times_and_label(tier: dict[str, Any], entry: Sequence[Any]) -> tuple[str, str, str]:
    if tier["class"] == OF_POINTS:
        onset, label = entry
        return str(onset), str(onset), label
    onset, offset, label = entry
    return str(onset), str(offset), label


def _never(text: str) -> bool:
    """Return False: the ending says it."""
    return False


def _count(text: str) -> None:
    """Return None: its rows are no lines."""


FORMAT = Format("textgrid", "", read, _never, _count, (".textgrid",), of_bytes=True)
