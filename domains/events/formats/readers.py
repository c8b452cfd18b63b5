"""All formats, and which of them a file is of.

Conventions
-----------
- Endings that belong to one format say it. Otherwise the header or the structure of the text does.
- A text of no format, or of several, is refused with what was found and with all that is known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from ..._files import ReadError
from ..._text import one_line
from . import (
    activitynet,
    audacity,
    bids,
    birdnet,
    boris,
    dcase,
    edf,
    elan,
    elan_table,
    hed_score,
    lines,
    mne,
    moda,
    notes,
    raven,
    rttm,
    textgrid,
    timit,
    tusz,
    uem,
    usual,
)
from .counts import first_line
from .declared import Format

_ALL = (
    usual.FORMAT,
    usual.WITH_TABS,
    dcase.FORMAT,
    bids.FORMAT,
    hed_score.FORMAT,
    rttm.FORMAT,
    activitynet.FORMAT,
    audacity.FORMAT,
    raven.FORMAT,
    birdnet.FORMAT,
    boris.FORMAT,
    tusz.FORMAT,
    moda.FORMAT,
    mne.FORMAT,
    elan_table.FORMAT,
    timit.FORMAT,
    uem.FORMAT,
    textgrid.FORMAT,
    elan.FORMAT,
    edf.FORMAT,
    lines.ONSETS,
    lines.STAGES,
    notes.FORMAT,
)
FORMATS: Mapping[str, Format] = MappingProxyType({one.name: one for one in _ALL})
"""Every format, by name."""

TEXTS = (".csv", ".tsv", ".txt")
"""Endings that say that a file is text, and no more."""
SUFFIXES = (*TEXTS, *(suffix for one in _ALL for suffix in one.suffixes))
"""Every ending that files of events have."""
IN_FOLDERS = tuple(suffix for suffix in SUFFIXES if suffix not in edf.FORMAT.suffixes)
"""Those that are looked for in a folder: beside a table of events often lies the recording that it is of."""

_APPENDED = re.compile(
    "|".join(re.escape(ending).replace(r"\#", "[0-9]+") + r"\Z" for one in _ALL for ending in one.name_endings),
    re.IGNORECASE,
)
"""What programs append to the name of a recording; of several the longest, which begins first."""

_UNIT = re.compile(r"[\s_(\[](ms|msecs?|milliseconds?|us|µs|min|minutes?|hours?)[\])\s]*(?:[,;\t\"]|\Z)", re.IGNORECASE)
"""A unit at the end of a column's name that is no second."""

HOW_TO_SAY = "kind= (--kind at the command line)"


def format_of_suffix(suffix: str) -> Format | None:
    """Return the format that an ending belongs to; None if it belongs to several or none.

    Examples
    --------
    >>> format_of_suffix(".RTTM").name, format_of_suffix(".txt")
    ('rttm', None)
    """
    return next((one for one in _ALL if suffix.lower() in one.suffixes), None)


def recording_of(path: Path) -> str:
    """Return the recording that a file is called after.

    Parameters
    ----------
    path : Path
        Its ending is cut off, and what programs append before it, see `Format.name_endings`.

    Examples
    --------
    >>> [recording_of(Path(name)) for name in ("dawn.txt", "dawn.Table.1.selections.txt", "dawn.BirdNET.results.csv")]
    ['dawn', 'dawn', 'dawn']
    """
    name = path.stem
    # of a name that is an ending alone nothing would be left
    return _APPENDED.sub("", name) or name


def find_format(suffix: str, text: str) -> Format:
    """Return of which format a file is.

    Parameters
    ----------
    suffix : str
        The ending of its name.
    text : str
        What it holds.

    Returns
    -------
    Format

    Raises
    ------
    ReadError
        If it is of none, or of several.

    Examples
    --------
    >>> find_format(".txt", "onset,offset").name
    'csv'
    """
    of_suffix = format_of_suffix(suffix)
    if of_suffix is not None:
        return of_suffix
    if suffix and suffix.lower() not in TEXTS:
        raise ReadError(f"events are read from {', '.join(SUFFIXES)}; pass {HOW_TO_SAY} if it is one of these")
    fitting = [one for one in _ALL if one.recognises(text)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = " or ".join(one.name for one in fitting)
        raise ReadError(f"it could be of the format {names}; say which: {HOW_TO_SAY}")
    raise ReadError(_why_none(text))


def _why_none(text: str) -> str:
    first = first_line(text)
    if not first:
        return (
            "the file is empty; a table of a recording without events has a header. If its format has none, say "
            f"which format it is, such as rttm: {HOW_TO_SAY}"
        )
    shown = one_line(first, 64)
    if lines.are_words(text):
        return (
            f"each of its lines is a word (the first: {shown}), as the stages of epochs and the labels of frames are; "
            f"if it is such a list, say {HOW_TO_SAY} stages, and how many are in a second: rate= (--rate)"
        )
    if first.lower().startswith("sep="):
        return f"its first line ({shown}) tells Excel what separates cells, and is no header; delete the line"
    if _is_numbers(first):
        return (
            f"its first line ({shown}) is of numbers without a header, which could mean anything; name the columns, or "
            f"say what they are: {HOW_TO_SAY} is dcase (onset, offset), onsets (one a line) or stages (one a line)"
        )
    unit = _UNIT.search(first)
    if unit:
        return (
            f"its header ({shown}) has a column in {unit[1]}; turn its times into seconds and name it onset, offset "
            "or duration"
        )
    # those with an ending of their own are known by that
    asked = [one for one in _ALL if one.known_by or not one.suffixes]
    known = ", ".join(f"{one.name} ({one.known_by})" if one.known_by else one.name for one in asked)
    return f"its header ({shown}) is not known; rename its columns, or say {HOW_TO_SAY}. Known are {known}"


def _is_numbers(line: str) -> bool:
    cells = line.replace("\t", ",").replace(";", ",").replace(" ", ",").split(",")
    try:
        return all(float(cell) == float(cell) for cell in cells if cell)
    except ValueError:
        return False
