"""Which cases a cohort has: those of two folders or of a table, of whom they are, and which part of them is done.

Conventions
-----------
- A table is a CSV of ``prediction``, ``reference``, ``name`` and ``group``. Paths are those of the machine, or begin at
  its folder. An empty prediction, or one that is no file, is missing. ``name`` is by default the name of the reference
  without its ending. Other columns are refused: one that is misspelt would be lost.
- ``group`` says of whom a case is, such as the patient: a column of the table, or what a pattern captures in the name.
- The parts of a job array take turns: part 2 of 5 has the cases 2, 7, 12, …. So all of them need the same cases in the
  same order, of which each keeps a hash.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TypedDict

from ..._checks import UsageError, check_whole
from ..._files import ReadError, Row, read_text, reading, split_rows
from ..._text import from_csv, printable
from ..images.names import case_name
from .folders import Listed, pair_images
from .folders import Row as Skipped
from .naming import Names, captured, check_pattern

NEEDED = ("prediction", "reference")
COLUMNS = (*NEEDED, "name", "group")
OPERATION = "lesions.cohort"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which cases a cohort has, besides its two folders.

    Parameters
    ----------
    cases : path, optional
        A CSV with the columns ``prediction reference`` and perhaps ``name group`` instead of folders.
    names, reference_names : str, optional
        Regular expressions whose groups capture the case in the names of files, such as ``"(.+)-seg"``; of references
        as of predictions by default. See `domains.lesions.cohorts.naming`.
    group : str, optional
        A regular expression whose groups capture in the name of a case of whom it is, such as ``"(.+)_.*"``.
    """

    cases: str | Path | None = None
    names: str | None = None
    reference_names: str | None = None
    group: str | None = None


class ChoiceOptions(TypedDict, total=False):
    """The fields of `Choice` as keywords, for type checkers; they are explained there."""

    cases: str | Path | None
    names: str | None
    reference_names: str | None
    group: str | None


def choose_cases(
    predictions: str | Path | None,
    references: str | Path | None,
    choice: Choice,
    shares: bool = False,
) -> tuple[list[Listed], list[Skipped]]:
    """Return the cases of all parts, with their groups, and what in the folders is none.

    Parameters
    ----------
    predictions, references : path or None
        Folders.
    choice : Choice
        Which cases.
    shares : bool
        See `list_cases`.

    Raises
    ------
    UsageError, FileNotFoundError, ValueError
        See `list_cases` and `grouped`.

    Examples
    --------
    >>> choose_cases("predictions", None, Choice())
    Traceback (most recent call last):
    domains._checks.UsageError: lesions.cohort: give two folders, predictions and references, or a table, cases= ...
    """
    listed, aside = list_cases(predictions, references, choice.cases, choice.names, choice.reference_names, shares)
    return grouped(listed, choice.group), aside


def list_cases(
    predictions: str | Path | None,
    references: str | Path | None,
    cases: str | Path | None = None,
    names: str | None = None,
    reference_names: str | None = None,
    shares: bool = False,
) -> tuple[list[Listed], list[Skipped]]:
    """Return the cases of two folders, or of a table.

    Parameters
    ----------
    predictions, references : path or None
        Folders.
    cases : path, optional
        A table instead; see `read_cases`.
    names, reference_names : str, optional
        Patterns that capture the case in the names of files; see `Names`.
    shares : bool
        Whether the probabilities of nnU-Net are the predictions, or the segmentations beside them.

    Returns
    -------
    list of Listed
    list of dict
        What in the folders is none, for the table of what was skipped.

    Raises
    ------
    UsageError
        If both or neither are given, or a table and patterns.
    FileNotFoundError, ValueError
        See `pair_images` and `read_cases`.

    Examples
    --------
    >>> list_cases("predictions", None)
    Traceback (most recent call last):
    domains._checks.UsageError: lesions.cohort: give two folders, predictions and references, or a table, cases= ...
    """
    is_table = cases is not None
    n_folders = (predictions is not None) + (references is not None)
    if n_folders != (0 if is_table else 2):
        raise UsageError(
            f"{OPERATION}: give two folders, predictions and references, or a table, cases= (--cases FILE); got "
            f"{n_folders} folders and {'a' if is_table else 'no'} table"
        )
    if cases is not None:
        if names is not None or reference_names is not None:
            raise UsageError(f"{OPERATION}: names and reference_names are for folders; write names into {cases}")
        return read_cases(cases), []
    of_predictions = Names(names)
    of_references = of_predictions if reference_names is None else Names(reference_names)
    return pair_images(Path(str(predictions)), Path(str(references)), of_predictions, of_references, shares)


def grouped(cases: Sequence[Listed], pattern: str | None, operation: str = OPERATION) -> list[Listed]:
    """Return cases with the group that a pattern captures in their names.

    Raises
    ------
    UsageError
        If it is no pattern, or does not match a name.

    Examples
    --------
    >>> case = Listed("anna_2", None, Path("anna_2.nii.gz"))
    >>> grouped([case], "(.+)_.*")[0].group
    'anna'
    """
    if pattern is None:
        return list(cases)
    check_pattern("group", pattern, operation)
    found = []
    for case in cases:
        group = captured(pattern, case.name)
        if group is None:
            raise UsageError(
                f"{operation}: group {pattern!r} does not match the case {case.name}: it must match every name, whole"
            )
        found.append(case._replace(group=group))
    return found


def part_of(cases: Sequence[Listed], part: tuple[int, int] | None) -> list[Listed]:
    """Return the cases of a part.

    Parameters
    ----------
    cases : sequence of Listed
        All of them.
    part : (int, int), optional
        Its number, from 1 on, and how many parts there are; all cases by default.

    Raises
    ------
    UsageError
        If there is no such part.

    Examples
    --------
    >>> cases = [Listed(name, None, Path(name)) for name in "abcde"]
    >>> [case.name for case in part_of(cases, (2, 3))]
    ['b', 'e']
    """
    if part is None:
        return list(cases)
    number, n_parts = part
    check_whole(OPERATION, "the number of parts", n_parts, at_least=1)
    check_whole(OPERATION, "part", number, at_least=1, at_most=n_parts)
    return list(cases[number - 1 :: n_parts])


def hash_of_names(cases: Sequence[Listed]) -> str:
    """Return a hash of the names of cases, in their order.

    Examples
    --------
    >>> cases = [Listed(name, None, Path(name)) for name in "ab"]
    >>> hash_of_names(cases) == hash_of_names(cases[::-1])
    False
    """
    names = [case.name for case in cases]
    written = json.dumps(names).encode("ascii")
    return blake2b(written, digest_size=16).hexdigest()


def read_cases(path: str | Path, operation: str = OPERATION) -> list[Listed]:
    r"""Read a list of cases.

    Parameters
    ----------
    path : path
        A CSV in UTF-8, plain or packed.
    operation : str
        Who asks, for the error.

    Returns
    -------
    list of Listed
        In the order of the table.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ReadError
        If it is no such table, a row names no reference, or two rows have one name; the message names the line.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "cases.csv")
    ...     _ = path.write_text("prediction,reference,group\n,r/a.nii.gz,anna\n")
    ...     [(case.name, case.predicted, case.reference.name, case.group) for case in read_cases(path)]
    [('a', None, 'a.nii.gz', 'anna')]
    """
    text = read_text(operation, path)
    with reading(operation, path):
        return _cases_in(text, Path(path).parent)


def _cases_in(text: str, folder: Path) -> list[Listed]:
    header, *rows = split_rows(text, ",")
    columns = [cell.strip() for cell in header.cells]
    _check_columns(columns)
    cases: dict[str, Listed] = {}
    lines: dict[str, int] = {}
    for row in rows:
        if not any(cell.strip() for cell in row.cells):
            continue
        case = _case_of(row, columns, folder)
        if case.name in cases:
            raise ReadError(
                f"line {row.line}: the case {case.name} again, after line {lines[case.name]}: give each a name of its "
                "own in a column name"
            )
        cases[case.name] = case
        lines[case.name] = row.line
    if not cases:
        raise ReadError("it names no cases: write a row for each, with its prediction and its reference")
    return list(cases.values())


def _check_columns(columns: list[str]) -> None:
    known = ", ".join(COLUMNS)
    for column in columns:
        if column not in COLUMNS:
            raise ReadError(f"line 1: a column {column!r}; a list of cases has {known}: rename it, or leave it out")
        if columns.count(column) > 1:
            raise ReadError(f"line 1: the column {column} is there twice: keep one of them")
    for column in NEEDED:
        if column not in columns:
            raise ReadError(f"line 1: no column {column}; a list of cases has {known}: add it")


def _case_of(row: Row, columns: list[str], folder: Path) -> Listed:
    if len(row.cells) != len(columns):
        raise ReadError(
            f"line {row.line}: {len(row.cells)} cells in a table of {len(columns)} columns: write each cell, quoted if "
            "it holds a comma"
        )
    cells = [from_csv(cell.strip()) for cell in row.cells]
    said = dict(zip(columns, cells, strict=True))
    if not said["reference"]:
        raise ReadError(f"line {row.line}: no reference is named: name one, or leave the row out")
    reference = folder / said["reference"]
    predicted = folder / said["prediction"]
    is_there = said["prediction"] != "" and predicted.exists()
    name = printable(said.get("name") or case_name(reference))
    return Listed(name, predicted if is_there else None, reference, said.get("group", ""))
