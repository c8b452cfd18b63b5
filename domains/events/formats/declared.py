"""What a format says of itself: its name, how it is told from others, read, counted and written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from .rows import Row


@dataclass(frozen=True)
class Format:
    """A format of event files.

    Parameters
    ----------
    name : str
        What ``kind=`` calls it.
    known_by : str
        By which names of columns a table of it is known, in a few words: an error lists those of all formats. "" for
        what is no table with a header.
    read : callable
        Takes the text and yields the rows, as they stand.
    recognises : callable
        Takes the text and says, by its header or its structure and never by the range of a number, whether it is of
        this format.
    count : callable
        Takes the text and returns how many rows it holds, counted without `read`; None where lines do not say it.
    suffixes : tuple of str
        Endings, in small letters, that no other format has: such a file is of this format whatever it holds.
    of_bytes : bool
        Whether `read` takes the bytes of the file, and not its text.
    write : callable, optional
        Takes rows, as `read` yields them, and returns the text that `read` gives them back from. None for formats that
        are only read. A row of an event has ``file onset offset duration label confidence length`` and further columns
        as text, "" where nothing is known; one with the reason `NO_EVENT` is of a recording without events.
    ending : str
        The usual ending of a file that is written.
    name_endings : tuple of str
        What its programs append to the name of the recording, before the ending, in small letters; a ``#`` is a number.
    of_stretches : bool
        Whether its rows are the stretches that were scored.
    names_labels : bool
        Whether `read` takes, after the text, which column is the label, of an author who named it.
    forbids : str
        Characters that no text in it may have, because programs that read the format stumble over them.

    Examples
    --------
    >>> from .rttm import FORMAT
    >>> FORMAT.name, FORMAT.recognises("SPEAKER f1 1 0.5 1.25 <NA> <NA> anna 0.9 <NA>")
    ('rttm', True)
    """

    name: str
    known_by: str
    read: Callable[..., Iterator[Row]]
    recognises: Callable[[str], bool]
    count: Callable[[str], int | None]
    suffixes: tuple[str, ...] = ()
    of_bytes: bool = False
    write: Callable[[Sequence[Row]], str] | None = None
    ending: str = ".txt"
    name_endings: tuple[str, ...] = ()
    of_stretches: bool = False
    names_labels: bool = False
    forbids: str = ""
