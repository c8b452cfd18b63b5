"""What the readers of all formats share: the words for absent values, and the reasons that formats have."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PureWindowsPath
from typing import Any

Row = dict[str, Any]

ABSENT = ("", "n/a", "<NA>", "nan", "NaN")

NO_LABELS = (
    *("channel", "channels", "electrode", "scene", "scene_label", "date", "time", "datetime", "stim_file", "hed"),
    *("participant_id", "subject", "session", "annotator", "path", "view", "begin file", "end file", "begin path"),
    *("begin date", "end date", "begin date time", "begin clock time", "end clock time"),
)
"""Columns of words that are no label, in small letters, as the formats and tools that are read here call them."""

OF_READERS = ("where", "skip", "length", "detail", "n_rows", "ticks")
"""What a row says besides its columns; a column of the file that is called so gets a "_" after its name."""

OF_EVENTS = ("file", "onset", "offset", "duration", "label", "confidence")
"""The columns of every row that is written; all others are further ones."""

UNKNOWN_RATE = float("nan")
"""Of times that count samples or frames, where the file does not say how many are in a second."""

CLOCK = "a clock time, not seconds"
NO_EVENT = "no event"
BACKGROUND = "background"
EMPTY_ROW = "an empty row"
OTHER_VIEW = "other view of a selection"
VIEWED = "a stretch that was viewed: nothing is known outside, so name these stretches as the support"
NO_SOUND_FILE = "no sound file, or no time in it"
OVER_SOUND_FILES = "a selection over several sound files"
NO_TIMES = "no onset and offset"
NO_SEGMENT = "no segment [start, end]"
NO_TEXT = "a label that is no text"
TOO_WIDE = "more cells than the header has names"
TOO_SHORT = "fewer cells than the header has names"
DECIMAL_COMMA = "a label that is a number, as decimal commas make it"
NO_NOTE = "not the three fields onset, offset and pitch"
NO_PITCH = "a pitch that is no frequency above 0"
NO_STOP = "a START without STOP"
NO_START = "a STOP without START"


def name_of_sound(path: str) -> str:
    r"""Return what a recording is called: its file without folders, of either system, and without the ending.

    Examples
    --------
    >>> name_of_sound("/data/night 1.wav"), name_of_sound("C:\\data\\night 1.wav")
    ('night 1', 'night 1')
    """
    return PureWindowsPath(path).stem


def events_of(rows: Sequence[Row]) -> list[Row]:
    """Return the rows that are events, of those that are written.

    Examples
    --------
    >>> events_of([{"file": "a", "onset": "1"}, {"file": "b", "skip": NO_EVENT}])
    [{'file': 'a', 'onset': '1'}]
    """
    return [row for row in rows if "skip" not in row]


def columns_of(rows: Sequence[Row], known: Sequence[str]) -> list[str]:
    """Return the further columns of rows that are written, in their order.

    Parameters
    ----------
    rows : sequence of Row
    known : sequence of str
        Columns that a format has by other names.

    Examples
    --------
    >>> columns_of([{"file": "a", "onset": "1", "tier": "hand", "length": "60"}], ["onset"])
    ['tier']
    """
    present = dict.fromkeys(name for row in rows for name in row)
    return [name for name in present if name not in (*OF_EVENTS, *OF_READERS, *known)]
