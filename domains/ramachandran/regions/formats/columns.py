"""Columns of numbers between white space, as most programs write them.

Conventions
-----------
- Lines that are empty, or begin with a comment's character, hold no row. All other lines have as many numbers as the
  first.
- ``inf`` and ``nan`` are numbers here: what a program writes where it never was.
- A file may hold several tables whose rows begin with their name, such as "ALA".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from ...._files import ReadError, split_lines
from ...._text import one_line

Words = list[str]


class Columns(NamedTuple):
    """A table of numbers, and the line of each row.

    Attributes
    ----------
    lines : ndarray of int, shape (rows,)
    values : ndarray, shape (rows, columns)
    """

    lines: np.ndarray
    values: np.ndarray

    def check_width(self, n: int, wanted: str) -> None:
        """Check that there are `n` columns.

        Raises
        ------
        ReadError
            If there are more or fewer.
        """
        width = self.values.shape[1]
        if width != n:
            raise ReadError(f"line {self.lines[0]}: {width} columns, {wanted}; write it again")


def rows_of_words(text: str, comments: str = "#@!") -> Iterator[tuple[int, Words]]:
    r"""Yield the number of each line that holds a row, and its words.

    Examples
    --------
    >>> list(rows_of_words("# phi psi\n-90 90\n"))
    [(2, ['-90', '90'])]
    """
    for number, line in enumerate(split_lines(text), 1):
        words = line.split()
        if words and words[0][0] not in comments:
            yield number, words


def read_columns(text: str, comments: str = "#@!", least: int = 3) -> Columns:
    r"""Read all rows of numbers.

    Parameters
    ----------
    text : str
    comments : str
        What a line without a row begins with.
    least : int
        How many columns there must be.

    Returns
    -------
    Columns

    Raises
    ------
    ReadError
        If a line is shorter or longer than the first, a cell is no number, or there is no row.

    Examples
    --------
    >>> read_columns("#X Y Free\n-90 -90 0.5\n\n-90 90 inf\n").values
    array([[-90. , -90. ,   0.5],
           [-90. ,  90. ,   inf]])
    """
    numbers = []
    rows = []
    for number, words in rows_of_words(text, comments):
        numbers.append(number)
        rows.append(words)
    return to_numbers(numbers, rows, least)


class NamedRows(NamedTuple):
    """The rows of one of several tables, as words.

    Attributes
    ----------
    lines : list of int
    rows : list of list of str
    """

    lines: list[int]
    rows: list[Words]


def read_named_rows(text: str, name_of: Callable[[Words, int], tuple[str, Words]]) -> dict[str, NamedRows]:
    r"""Return the rows of each table of a file, by its name.

    Parameters
    ----------
    text : str
    name_of : callable
        Takes the words of a row and its line, and returns the name of its table and the words behind it.

    Returns
    -------
    dict of str to NamedRows
        In the order of the file.

    Examples
    --------
    >>> read_named_rows("ala -90 1\ngly -90 2\n", lambda words, line: (words[0], words[1:]))["gly"]
    NamedRows(lines=[2], rows=[['-90', '2']])
    """
    tables: dict[str, NamedRows] = {}
    for number, words in rows_of_words(text):
        name, cells = name_of(words, number)
        table = tables.setdefault(name, NamedRows([], []))
        table.lines.append(number)
        table.rows.append(cells)
    return tables


def to_numbers(lines: Sequence[int], rows: Sequence[Sequence[str]], least: int = 3) -> Columns:
    """Return the numbers of rows of words, each in its line.

    Examples
    --------
    >>> to_numbers([1], [["-90", "90", "1e3"]]).values
    array([[ -90.,   90., 1000.]])
    """
    if not rows:
        raise ReadError("no row of numbers in it; write it again")
    width = len(rows[0])
    for line, words in zip(lines, rows, strict=True):
        if len(words) != width:
            found = f"line {line}: {len(words)} cells, but line {lines[0]} has {width}"
            raise ReadError(f"{found}; it is damaged or cut off: write it again")
    if width < least:
        raise ReadError(f"line {lines[0]}: {width} columns of {least} at least; write angles and a value in each row")
    numbers = _numbers(rows)
    if numbers is None:
        numbers = np.array([number_of(word, line) for line, words in zip(lines, rows, strict=True) for word in words])
    return Columns(np.array(lines), numbers.reshape(len(rows), width))


def _numbers(rows: Sequence[Sequence[str]]) -> np.ndarray | None:
    """Return the numbers of all cells at once; None if a cell needs a closer look."""
    words = list(chain.from_iterable(rows))
    letters = "".join(words)
    if not letters.isascii() or "_" in letters:
        return None
    try:
        return np.array(words, dtype=float)
    except ValueError:
        return None


def number_of(word: str, line: int) -> float:
    """Return the number that a word is.

    Raises
    ------
    ReadError
        If it is none.

    Examples
    --------
    >>> number_of("9.95E-4", 1)
    0.000995
    """
    try:
        if word.isascii() and "_" not in word:
            return float(word)
    except ValueError:
        pass
    raise ReadError(f"line {line}: no number, but {one_line(word, 40)!r}; write it again, with points for decimals")
