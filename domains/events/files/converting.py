"""The whole job over files that change their format: read them, write them, say what was left out.

Conventions
-----------
- A file, or a folder of files, is read as `score` reads one side. What is written is one file with all events, or a
  folder with a file for each recording, called after it.
- What a file is called after needs no name in it: of a file that is written from one file, the name of either.
- A recording that cannot be written is a row of `skipped`; the others are written.
- The command ends with exit code 1 if something that stood in the files, or could not be read from them, does not stand
  in what was written. ``drop=`` names what may be lost.

References
----------
See `domains.events.files.writing`.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Collection
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from ... import _console, _skipped
from ..._checks import UsageError, check_choice, check_number, check_path
from ..._console import check_folder, check_outputs
from ..._files import ReadError, reading
from ..._running import split_running, takes_running
from ..._skipped import NOT_WRITTEN
from ..._tables import build_table
from ..._text import count_of, file_name, for_table, for_terminal, one_line, printable
from ..formats import FORMATS, Format, recording_of
from .io import SAYS_NONE, Annotations
from .sides import Reading, read_sides
from .tree import find_files, is_standard
from .writing import ROUNDED, Text, check_drop, format_to_write, note_of, save_text, text_of

if TYPE_CHECKING:
    from rich.table import Table

    from ..._console import Outputs

OPERATION = "events.convert"
LONGEST_NAME = 255
"""Bytes of a file's name that common file systems take."""
NO_DURATION = "a recording of which is not known how long it is"
MOST_ROWS = 40


class Converted(NamedTuple):
    """What `convert` returns.

    Parameters
    ----------
    files : DataFrame
        ``file recordings events``: what was written, and how much is in it.
    skipped : DataFrame
        ``side file where reason detail``: what could not be read, and what the format does not hold.
    text : str
        What was written to standard output, ``"-"``; "" otherwise.
    """

    files: pd.DataFrame
    skipped: pd.DataFrame
    text: str


@takes_running
def convert(
    source: str | Path,
    target: str | Path,
    to: str | None = None,
    *,
    kind: str | None = None,
    rate: float | None = None,
    subset: str | None = None,
    label_column: str | None = None,
    recordings: bool = False,
    drop: Collection[str] = (),
    **options: Any,
) -> Converted:
    r"""Bring files of events into another format.

    Parameters
    ----------
    source : path
        A file, a folder of files, or "-", standard input.
    target : path
        A file, which gets all events; or a folder, one that is there or a path that ends in "/", which gets a file for
        each recording; or "-", whose text is returned.
    to : str, optional
        The format that is written, see `write_events`; by default the ending of `target` says it.
    kind, rate, subset, label_column
        How the files are read, see `read_events`.
    recordings : bool
        Whether the recordings, each from 0 to its duration, are written in place of the events: the UEM of a folder.
    drop : collection of str
        What may be lost without a word, see `write_events`.
    records, workers, scheduler, executor, max_seconds, max_memory, progress
        How the files are read, see `score`.

    Returns
    -------
    Converted
        ``files``, ``skipped`` and ``text``.

    Raises
    ------
    UsageError
        If a format is not known, or there are several recordings for a file that holds one, or the target is a source.
    ValueError, FileNotFoundError
        If the only file cannot be read, or nothing of it can be written.
    Interrupted
        On Ctrl-C or SIGTERM, a KeyboardInterrupt.

    See Also
    --------
    read_events : Read a file of events.
    write_events : Write events as a file that other programs read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     source = Path(folder, "night.csv")
    ...     _ = source.write_text("onset,offset,label\n1.5,2.5,owl\n")
    ...     print(convert(source, "-", "audacity").text, end="")
    1.5 2.5 owl
    """
    check_path(OPERATION, "source", source)
    check_path(OPERATION, "target", target)
    check_choice(OPERATION, "kind", kind, (None, *FORMATS))
    if rate is not None:
        check_number(OPERATION, "rate", rate, above=0)
    running, unknown = split_running(options, OPERATION)
    if unknown:
        raise TypeError(f"{OPERATION}: unknown options {', '.join(unknown)}; see help(events.convert)")
    source = Path(source)
    to_folder = _is_folder(target)
    path = Path(target)
    form = format_to_write("" if to_folder else path.suffix, to, OPERATION)
    to_output = is_standard(target)
    if not to_output:
        _check_target(path, to_folder, source)
    found = find_files(source, "", OPERATION)
    if is_standard(source) and not (to_folder or to_output):
        found = [found[0]._replace(recording=for_table(recording_of(path)))]
    how = Reading(kind, rate, subset, OPERATION, label_column=label_column)
    side = read_sides({"": found}, how, running)[""]
    given = Annotations(side.events, side.skipped, side.support)
    if recordings:
        given = _of_recordings(given)
    check_drop(drop, given.events, OPERATION)
    if to_folder:
        return _as_folder(given, form, path, source, drop)
    written = write_whole_file(given, form, source, path, drop, OPERATION)
    name = file_name(path)
    n_recordings = len(set(given.support["file"]) | set(given.events["file"]))
    files = pd.DataFrame({"file": [name], "recordings": [n_recordings], "events": [written.n_events]})
    text = written.text if to_output else ""
    return Converted(files, _skipped.joined(given.skipped, written.left_out), text)


def write_whole_file(
    given: Annotations, form: Format, source: Path, target: Path, drop: Collection[str], operation: str
) -> Text:
    r"""Write all events as one file, unless the target is "-", and warn of what it does not hold.

    Parameters
    ----------
    given : Annotations
        What is written.
    form : Format
        How.
    source, target : Path
        Where it comes from and where it goes to.
    drop : collection of str
        What may be lost without a word.
    operation : str
        Who asks.

    Returns
    -------
    Text
        What was written; what was left out is of the target.

    Examples
    --------
    >>> from domains.events import as_events
    >>> events = as_events([[1.0, 2.5]])
    >>> given = Annotations(events, _skipped.as_skipped(), pd.DataFrame({"file": [""], "duration": [np.nan]}))
    >>> write_whole_file(given, FORMATS["csv"], Path("a.csv"), Path("-"), (), "events.convert").text
    'file,onset,offset\na,1.0,2.5\n'
    """
    with reading(operation, source):
        written = text_of(given, form, _called_after(given, source, target), drop, operation)
    if not is_standard(target):
        save_text(written.text, target)
    left_out = written.left_out.assign(file=file_name(target))
    _warn(left_out)
    return written._replace(left_out=left_out)


def convert_files(source: Path, target: str, *, outputs: Outputs, **options: Any) -> int:
    """Do what ``overlap events convert`` does, and return its exit code."""
    to_output = is_standard(target)
    if to_output and outputs.format != "table":
        raise UsageError(f"{OPERATION}: the events go to standard output already; leave out --json and --format")
    if not to_output and not _is_folder(target):
        check_outputs({"--csv": outputs.csv, "--skipped": outputs.skipped, "target": Path(target)}, [source])
    progress = not outputs.quiet and source.is_dir()
    with _console.refusals_listed(outputs), _console.collected_warnings() as notes:
        files, skipped, text = convert(source, target, progress=progress, **options)
    if to_output:
        print_text(text)
    code = _console.deliver(
        {"files": files.to_dict("records")},
        outputs,
        lambda: [] if to_output else [_files_table(files)],
        None,
        skipped,
        rows=files,
        notes=notes,
    )
    is_lost = ~skipped["reason"].isin((*SAYS_NONE, ROUNDED))
    if not is_lost.any():
        return code
    told = count_of(int(is_lost.sum()), "row says", "rows say")
    _console.note(
        f"error: {OPERATION}: {told} what is not in {printable(target)}: --skipped saves them, --drop allows a loss"
    )
    return max(code, _console.INCOMPLETE)


def print_text(text: str) -> None:
    """Print a file as it is; a terminal would obey some of its characters.

    Examples
    --------
    >>> print_text("onset,offset")
    onset,offset
    """
    print(for_terminal(text) if sys.stdout.isatty() else text, end="")


def _is_folder(target: str | Path) -> bool:
    text = os.fspath(target)
    return text.endswith(("/", os.sep)) or Path(target).is_dir()


def _check_target(path: Path, is_folder: bool, source: Path) -> None:
    if not is_folder:
        check_folder("target", path)
        check_outputs({"target": path}, [source])
    elif not path.absolute().parent.is_dir():
        raise UsageError(f"target {path}: there is no folder {path.parent}; make it first")
    elif path.exists() and not path.is_dir():
        raise UsageError(f"target {path}: this is a file, and ends in / as a folder does; choose another name")
    elif source.is_dir() and path.resolve().is_relative_to(source.resolve()):
        raise UsageError(f"target {path}: this folder would lie in {source}, which is read; choose another folder")


def _called_after(given: Annotations, source: Path, target: Path) -> str:
    """Return the recording that needs no name in the file: the one that either file is called after."""
    names = set(given.events["file"]) | set(given.support["file"])
    if is_standard(target):
        return "stdin" if is_standard(source) else str(for_table(recording_of(source)))
    own = for_table(recording_of(target))
    return own if source.is_dir() or names == {own} else str(for_table(recording_of(source)))


def _of_recordings(given: Annotations) -> Annotations:
    """Return the recordings as events, each from 0 to its duration."""
    is_known = given.support["duration"].notna()
    known = given.support[is_known].reset_index(drop=True)
    if known.empty:
        raise ReadError(
            f"{OPERATION}: of no recording it is known how long it is; name a file that says it (HED-SCORE, TUSZ, "
            "TextGrid, EDF+, BORIS, ActivityNet)"
        )
    lengths = known["duration"].to_numpy(float)
    events = pd.DataFrame(
        {"file": known["file"], "onset": 0.0, "offset": lengths, "label": "", "confidence": np.nan},
    )
    unknown = [
        {"file": name, "where": "", "reason": NO_DURATION, "detail": "its file does not say it"}
        for name in given.support["file"][~is_known]
    ]
    skipped = _skipped.joined(given.skipped, _skipped.as_skipped(unknown))
    return Annotations(events, skipped, known.assign(duration=np.nan))


def _as_folder(given: Annotations, form: Format, folder: Path, source: Path, drop: Collection[str]) -> Converted:
    """Write a file for each recording."""
    events_of = dict(iter(given.events.groupby("file", sort=False)))
    lengths = given.support.groupby("file", sort=False)["duration"].max()
    names = dict.fromkeys([*lengths.index, *events_of])
    none = given.events.iloc[:0]
    left_out = [_skipped.as_skipped()]
    files = []
    folder.mkdir(exist_ok=True)
    for name in names:
        support = pd.DataFrame({"file": [name], "duration": [lengths.get(name, np.nan)]})
        own = Annotations(events_of.get(name, none).reset_index(drop=True), given.skipped.iloc[:0], support)
        try:
            path = _path_in(folder, name, form)
            check_outputs({"target": path}, [source])
            written = _saved(own, form, path, name, drop)
        except (ValueError, OSError) as error:
            row = {
                "file": file_name(folder),
                "where": f"recording {name}",
                "reason": NOT_WRITTEN,
                "detail": _line(error),
            }
            left_out.append(_skipped.as_skipped([row]))
            continue
        left_out.append(written.left_out.assign(file=file_name(path)))
        files.append({"file": file_name(path), "recordings": 1, "events": written.n_events})
    table = pd.DataFrame(files, columns=["file", "recordings", "events"])
    lost = _skipped.joined(*left_out)
    _warn(lost)
    return Converted(table, _skipped.joined(given.skipped, lost), "")


def _warn(left_out: pd.DataFrame) -> None:
    note = note_of(left_out[left_out["reason"] != NOT_WRITTEN], OPERATION)
    if note:
        warnings.warn(note, stacklevel=3)


def _path_in(folder: Path, name: str, form: Format) -> Path:
    """Return where the file of a recording lies; a name that is no path below the folder is refused."""
    inside = PurePosixPath(name)
    is_plain = str(inside) == name and name not in ("", ".") and "\0" not in name
    longest = max((len(part.encode()) for part in inside.parts), default=0) + len(form.ending)
    if not is_plain or inside.is_absolute() or ".." in inside.parts or longest > LONGEST_NAME:
        raise ReadError(f"{one_line(name, 80)!r} is no name of a file; rename the recording")
    return folder / f"{name}{form.ending}"


def _saved(own: Annotations, form: Format, path: Path, name: str, drop: Collection[str]) -> Text:
    written = text_of(own, form, name, drop, OPERATION)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_text(written.text, path)
    return written


def _line(error: Exception) -> str:
    said = error.strerror if isinstance(error, OSError) and error.strerror else error
    return one_line(said)


def _files_table(files: pd.DataFrame) -> Table:
    rows = [[str(cell) for cell in row] for row in files.head(MOST_ROWS).itertuples(index=False)]
    left = len(files) - MOST_ROWS
    caption = f"{left} more files: --csv has them" if left > 0 else ""
    return build_table(("written",), ("recordings", "events"), rows, caption=caption)
