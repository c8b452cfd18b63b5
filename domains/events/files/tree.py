"""Folders of event files: which file is which recording.

Conventions
-----------
- A recording is called after the path of its file below the folder, without the ending and what Raven and BirdNET
  append to it. Two files of one recording are an error that names both. Beside a BIDS table may lie a .json that
  describes its columns.
- Links are followed. A link that leads back to a folder above it, or to one that another link leads to, a folder that
  may not be read, a name that is no text and what a system keeps beside a file are faults of their own: what is there
  to read is read.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ..._checks import UsageError
from ..._files import ReadError, load_json, read_text
from ..._text import file_name, for_table, printable
from ..formats import IN_FOLDERS, ROOTS, recording_of

Identity = tuple[int, int]
"""Device and number of a folder, whatever its path."""

KEPT_BESIDE = {
    "._": "what macOS keeps of a file beside it: dot_clean removes it",
    "~$": "what a program that has a file open keeps beside it: close the file there",
}
"""How a name begins that is none of a file of events, and what it is."""

STANDARD = "-"
"""Standard input where something is read, standard output where something is written."""


class Found(NamedTuple):
    """A file, or a folder that cannot be looked into.

    Parameters
    ----------
    path : Path
        Where it is, as it was named.
    recording : str
        What its recording is called; of a folder, what all recordings in it begin with, "/" at the end.
    fault : str
        Why it is not read; "" if it is.
    copy : Path, optional
        Where it is read instead, as standard input is.
    """

    path: Path
    recording: str
    fault: str = ""
    copy: Path | None = None

    @property
    def place(self) -> str:
        """Where it is read, for a worker that may be at home in another folder."""
        return os.path.abspath(self.copy or self.path)


def is_standard(path: str | Path) -> bool:
    """Return whether a path is standard input, or standard output: "-".

    Examples
    --------
    >>> is_standard(Path("-")), is_standard("./-")
    (True, False)
    """
    return str(path) == STANDARD


def is_one_file(path: Path) -> bool:
    """Return whether a path is a file or standard input.

    Examples
    --------
    >>> is_one_file(Path("-")), is_one_file(Path("."))
    (True, False)
    """
    return is_standard(path) or path.is_file()


def check_one_input(operation: str, paths: Iterable[Path]) -> None:
    """Refuse standard input in two places.

    Examples
    --------
    >>> check_one_input("events.score", [Path("-"), Path("-")])
    Traceback (most recent call last):
    domains._checks.UsageError: events.score: standard input (-) is named twice and can be read once; save it as a file
    """
    if sum(is_standard(path) for path in paths) > 1:
        raise UsageError(f"{operation}: standard input (-) is named twice and can be read once; save it as a file")


def find_files(path: Path, side: str, operation: str = "events.score") -> list[Found]:
    """Return the files of a side, in order of their paths.

    Parameters
    ----------
    path : Path
        A folder, a file, or "-" for standard input, whose recording is called "stdin".
    side : str
        "prediction" or "reference", for errors; "" if there is one side.
    operation : str
        Who asks, for errors.

    Returns
    -------
    list of Found

    Raises
    ------
    ReadError
        If there is no file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("a.csv", "b.csv", "b.txt"):
    ...         _ = Path(folder, name).write_text("")
    ...     found = find_files(Path(folder), "reference")
    >>> [(one.path.name, one.recording, one.fault[-16:]) for one in found]
    [('a.csv', 'a', ''), ('b.csv', 'b', 'keep one of them'), ('b.txt', 'b', 'keep one of them')]
    """
    if is_standard(path):
        copy = _saved_input()
        return [Found(path, recording_of(copy), copy=copy)]
    if not path.is_dir():
        return [Found(path, for_table(recording_of(path)))]
    entries = sorted(_entries(path, operation), key=_path_of)
    found = _told_apart(_without_descriptions(entries), operation)
    if not found:
        suffixes = ", ".join(IN_FOLDERS)
        of_side = f" for the {side}" if side else ""
        raise ReadError(
            f"{operation}: {file_name(path)}: no files of events ({suffixes}){of_side}; give them such an ending"
        )
    return found


def _saved_input() -> Path:
    """Save standard input as a text file, which is gone when the process ends: workers have no standard input."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    copy = Path(folder, "stdin.txt")
    with copy.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    return copy


def _path_of(found: Found) -> Path:
    return found.path


def _entries(root: Path, operation: str) -> Iterator[Found]:
    """Yield what lies in a folder and in those below it, through links too.

    A folder is looked into where it lies and through one link at most: links in a net have endless many paths.
    """
    pending = [_Folder(root, frozenset(), False)]
    linked: set[Identity] = set()
    while pending:
        folder = pending.pop()
        prefix = "" if folder.path == root else f"{_below(root, folder.path)}/"
        try:
            status = folder.path.stat()
            entries = sorted(os.scandir(folder.path), key=_name_of, reverse=True)
        except OSError as error:
            reason = error.strerror or error
            yield _shut(folder.path, prefix, operation, f"a folder that cannot be read ({reason}); ask its owner")
            continue
        this = (status.st_dev, status.st_ino)
        if this in folder.above:
            yield _shut(folder.path, prefix, operation, "a link that leads back to a folder above it; remove it")
            continue
        if folder.through_link and this in linked:
            why = "a link to a folder that another link leads to; leave one of them"
            yield _shut(folder.path, prefix, operation, why)
            continue
        if folder.through_link:
            linked.add(this)
        for entry in entries:
            path = folder.path / entry.name
            if _is_folder(entry):
                through_link = folder.through_link or entry.is_symlink()
                pending.append(_Folder(path, folder.above | {this}, through_link))
            elif path.suffix.lower() in IN_FOLDERS:
                yield _entry(root, path, operation)


class _Folder(NamedTuple):
    """A folder to look into, the folders on the way to it, and whether a link is on that way."""

    path: Path
    above: frozenset[Identity]
    through_link: bool


def _name_of(entry: os.DirEntry[str]) -> str:
    return entry.name


def _shut(folder: Path, prefix: str, operation: str, why: str) -> Found:
    return Found(folder, prefix, f"{operation}: {file_name(folder)}: {why}")


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # a link that leads to itself: reading it says so
        return False


def _entry(root: Path, path: Path, operation: str) -> Found:
    recording = _below(root, path.with_name(recording_of(path)))
    try:
        recording.encode()
    except UnicodeEncodeError:
        fault = f"{operation}: {file_name(path)}: its name is no text in UTF-8; rename it"
        return Found(path, recording, fault)
    kept = KEPT_BESIDE.get(path.name[:2])
    return Found(path, recording, f"{operation}: {file_name(path)}: {kept}" if kept else "")


def _below(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _without_descriptions(entries: list[Found]) -> list[Found]:
    """Leave out each .json that describes the columns of the table beside it."""
    tables = {one.recording for one in entries if one.path.suffix.lower() == ".tsv"}
    kept = []
    for one in entries:
        is_beside = one.path.suffix.lower() == ".json" and one.recording in tables
        if not is_beside or not _describes(one.path):
            kept.append(one)
    return kept


def _describes(path: Path) -> bool:
    """Return whether a .json beside a table describes it: by its name, or because it holds no events."""
    if path.stem.endswith("_events"):
        return True
    try:
        data = load_json(read_text("events.read_events", path), constants=True)
    except (ValueError, OSError):
        return True
    return not isinstance(data, dict) or not set(ROOTS) & set(data)


def _told_apart(entries: list[Found], operation: str) -> list[Found]:
    """Give files of one recording the fault that there are several."""
    by_recording: dict[str, list[Found]] = {}
    for one in entries:
        by_recording.setdefault(one.recording, []).append(one)
    found = []
    for one in entries:
        several = by_recording[one.recording]
        if len(several) > 1 and not one.fault:
            names = " and ".join(file_name(other.path) for other in several)
            what = f"{len(several)} files of one recording, {printable(one.recording)!r}; keep one of them"
            one = one._replace(fault=f"{operation}: {names}: {what}")
        found.append(one)
    return found
