"""Files that are written whole: the old one stays as it is until the new one is complete.

Conventions
-----------
- A file is written beside its place under a hidden name, brought to the disk, and then takes its place in one step.
  Whatever fails before (a full disk, a limit, an interrupt) leaves what was there, and no part of the new file.
- The new file has the permissions of the one that it replaces, or those of any new file. A file that may not be
  written is not replaced either.
- A symbolic link stays one: the file that it names is replaced. Of a hard link only the named place is.
- A device or a pipe, such as ``/dev/stdout``, has nothing to replace and is written directly.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_LONGEST_ENDING = 20
"""Characters of a name's ending that its part keeps: writers choose the format by it."""


def write_whole(path: str | Path, write: Callable[[Path], object]) -> None:
    """Write a file so that it is either new and complete, or as it was before.

    Parameters
    ----------
    path : path
        The file.
    write : callable
        Writes and closes the file whose path it is given: beside `path`, with the same endings.

    Raises
    ------
    OSError
        If it cannot be written; what was there before is untouched.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "scores.csv")
    ...     write_whole(path, lambda part: part.write_text("dice"))
    ...     path.read_text(), [entry.name for entry in Path(folder).iterdir()]
    ('dice', ['scores.csv'])
    """
    place = _followed(Path(path))
    if place is None or _is_special(place):
        write(Path(path))
        return
    replaced = _status(place)
    part = _part_beside(place)
    try:
        write(part)
        _bring_to_disk(part)
        if replaced is not None:
            _take_over(part, replaced)
        os.replace(part, place)
    except BaseException:
        # an interrupt too
        with suppress(OSError):
            part.unlink()
        raise
    _bring_to_disk(place.parent)


def is_special(path: str | Path) -> bool:
    """Return whether a path is written directly: a device, a pipe, or what is open already, as ``/dev/stdout``.

    Examples
    --------
    >>> is_special(os.devnull), is_special("scores.csv")
    (True, False)
    """
    place = _followed(Path(path))
    return place is None or _is_special(place)


def _followed(path: Path) -> Path | None:
    """Return where symbolic links lead, or None if that is what a process has open, which has no name of its own."""
    seen = set()
    while not _is_open_file(path):
        if not path.is_symlink():
            return path
        if path in seen:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
        seen.add(path)
        path = path.parent / os.readlink(path)
    return None


def _is_open_file(path: Path) -> bool:
    folder = Path(os.path.realpath(path.parent))
    return folder in (Path("/dev"), Path("/dev/fd")) or Path("/proc") in folder.parents


def _is_special(place: Path) -> bool:
    status = _status(place)
    return status is not None and not stat.S_ISREG(status.st_mode)


def _status(place: Path) -> os.stat_result | None:
    try:
        return place.stat()
    except OSError:
        return None


def _part_beside(place: Path) -> Path:
    """Make an empty file beside another, with the permissions of any new file."""
    if place.exists() and not os.access(place, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(place))
    part = place.with_name(f".{secrets.token_hex(6)}.part{_ending(place)}")
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    return part


def _ending(place: Path) -> str:
    """Return the last two endings of a name, as ``.nii.gz``, or the last one if these are long."""
    for ending in ("".join(place.suffixes[-2:]), place.suffix):
        if len(ending) <= _LONGEST_ENDING:
            return ending
    return ""


def _take_over(part: Path, replaced: os.stat_result) -> None:
    """Give a file the permissions and, where that is allowed, the owner of the one that it replaces."""
    own = part.stat()
    if (own.st_uid, own.st_gid) != (replaced.st_uid, replaced.st_gid):
        with suppress(OSError):
            os.chown(part, replaced.st_uid, replaced.st_gid)
    os.chmod(part, stat.S_IMODE(replaced.st_mode))


def _bring_to_disk(path: Path) -> None:
    is_folder = path.is_dir()
    try:
        opened = os.open(path, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
    except OSError:
        # not every system opens folders
        if not is_folder:
            raise
