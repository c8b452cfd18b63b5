"""What the rows of a picture are called: short, and as different as their files and labels are."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

from ..._text import for_picture, printable

NAME = 34
"""Characters of a row's name."""

Row = tuple[str, str]
"""File and label."""


class RowNames(NamedTuple):
    """What rows are called, and what was left out of the names of all their files."""

    names: list[str]
    without: str

    @classmethod
    def of(cls, shown: list[Row], names: Mapping[Row, str] = MappingProxyType({})) -> RowNames:
        """Return the names of rows: labels, or files and labels, short, and as different as they are.

        Examples
        --------
        >>> RowNames.of([(f"sub-0{k}_ses-01_task-monitoring_run-0{k}_eeg", "sz") for k in (1, 2)])
        RowNames(names=['sub-01…run-01', 'sub-02…run-02'], without='ses-01_task-monitoring, eeg')
        """
        called = row_names(shown, names)
        files = list(dict.fromkeys(file.rsplit("/", 1)[-1] for file, _ in shown))
        is_cut = any("…" in name and "…" not in file for name, (file, _) in zip(called, shown, strict=True))
        return cls(called, _shared_words(files) if is_cut else "")


def elided(text: str, most: int) -> str:
    """Return a name that is no longer than so many characters, cut in its middle: both ends tell names apart.

    Examples
    --------
    >>> elided("sub-01_ses-02_task-rest_run-003_events", 20)
    'sub-01_ses…03_events'
    >>> elided("dog", 20)
    'dog'
    """
    line = printable(text)
    if len(line) <= most:
        return line
    n_end = (most - 1) // 2
    n_begin = most - 1 - n_end
    return f"{line[:n_begin]}…{line[-n_end:]}"


def row_names(shown: list[Row], names: Mapping[Row, str] = MappingProxyType({})) -> list[str]:
    """Return what rows are called: labels, or files and labels, short, and as different as they are.

    Parameters
    ----------
    shown : list of (str, str)
        File and label of each row.
    names : mapping, optional
        Rows that are called otherwise than by their label.

    Examples
    --------
    >>> row_names([("p", "dog"), ("p", "cat")]), row_names([("p", "dog"), ("q", "dog")])
    (['dog', 'cat'], ['p', 'q'])
    """
    files = list(dict.fromkeys(file for file, _ in shown))
    labels = [names.get(row, row[1]) for row in shown]
    if len(files) < 2:
        return [for_picture(elided(label, NAME)) for label in labels]
    last = [file.rsplit("/", 1)[-1] for file in files]
    told_apart = last if len(set(last)) == len(files) else files
    short = dict(zip(files, short_names(told_apart, NAME), strict=True))
    # a label that all rows have tells none apart
    is_one = len(set(labels)) == 1
    called = []
    for (file, _), label in zip(shown, labels, strict=True):
        parts = [short[file]] if is_one else [short[file], elided(label, NAME // 2)]
        called.append(for_picture(" · ".join(part for part in parts if part)))
    return called


def short_names(names: list[str], most: int) -> list[str]:
    """Return names cut once, where they are long, to so many characters; longer where they would be alike.

    First goes what all end with, then the words that all have, and then the middle.

    Examples
    --------
    >>> short_names(["a_long_name_1_of_some_events", "a_long_name_2_of_some_events"], 16)
    ['a_long_name_1…', 'a_long_name_2…']
    >>> short_names(["a_long_name_of_some_events", "b"], 16)
    ['a_long_n…_events', 'b']
    >>> short_names([f"sub-0{k}_ses-01_task-monitoring_run-0{k}_eeg" for k in (1, 2)], 24)
    ['sub-01…run-01', 'sub-02…run-02']
    >>> short_names([f"sub-0{k}_ses-01_task-monitoring_run-0{k}" for k in (1, 2)], 24)
    ['sub-01…run-01', 'sub-02…run-02']
    """
    if max(map(len, names), default=0) <= most:
        return [printable(name) for name in names]
    n_shared = len(_shared_end(names))
    if n_shared:
        ended = [f"{name[:-n_shared]}…" for name in names]
        if max(map(len, ended)) <= most:
            return [printable(name) for name in ended]
        names = [name[:-n_shared] for name in names]
    names = _without_shared_words(names)
    length = most
    while True:
        short = [elided(name, length) for name in names]
        if len(set(short)) == len(set(names)):
            return short
        length += 4


def _without_shared_words(names: list[str]) -> list[str]:
    """Return the first word of each name and those that differ, where all have as many; "_" parts words."""
    words = [name.split("_") for name in names]
    if len({len(of_name) for of_name in words}) > 1:
        return names
    kept = [k for k, column in enumerate(zip(*words, strict=True)) if k == 0 or len(set(column)) > 1]
    short = []
    for of_name in words:
        name = of_name[0]
        for before, k in pairwise(kept):
            name += ("_" if k == before + 1 else "…") + of_name[k]
        short.append(name)
    return short


def _shared_words(names: list[str]) -> str:
    """Return the words that all names have and short ones lack, in their order."""
    n_shared = len(_shared_end(names))
    end = names[0][len(names[0]) - n_shared :].lstrip("_-. ") if n_shared else ""
    words = [name[: len(name) - n_shared].split("_") for name in names]
    parts: list[str] = []
    if len({len(of_name) for of_name in words}) == 1:
        columns = [set(column) for column in zip(*words, strict=True)]
        run: list[str] = []
        for column in [*columns[1:], {"", "end"}]:
            if len(column) == 1:
                run += column
            elif run:
                parts.append("_".join(run))
                run = []
    return ", ".join(part for part in (*parts, end) if part)


def _shared_end(names: list[str]) -> str:
    """Return the words that all names end with, from where a word begins."""
    n_shared = 0
    for letters in zip(*[reversed(name) for name in names], strict=False):
        if len(set(letters)) > 1:
            break
        n_shared += 1
    shared = names[0][len(names[0]) - n_shared :]
    begins = [shared.find(mark) for mark in "_-. " if mark in shared]
    end = shared[min(begins) :] if begins else ""
    # what is left must be a name
    return end if len(end) < min(map(len, names)) else ""
