"""A folder for long results on their way from a worker: it goes with its process, or else with the next run.

Conventions
-----------
- A folder lies where temporary files do. It holds a file that its process keeps locked; the system unlocks it when the
  process ends, however it ends.
- What a process left that was killed is removed by the next one of the same user. Nothing is removed that does not hold
  that file, or holds anything besides it but results.
- Where files cannot be locked so (Windows), nothing is removed that others left.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from io import BufferedWriter
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

PREFIX = "overlap-spool-"
UNLOCKED = "overlap-new-"
OWNER = "owner.lock"
SUFFIX = ".json"


class Spool:
    """A new folder; those that dead processes left are removed.

    Examples
    --------
    >>> spool = Spool()
    >>> Path(keep("{}", spool.path)).read_text()
    '{}'
    >>> spool.remove()
    >>> spool.path.exists()
    False
    """

    path: Path

    def __init__(self) -> None:
        self._owner: BufferedWriter | None = None
        if fcntl is None:
            self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
            return
        remove_abandoned()
        folder = Path(tempfile.mkdtemp(prefix=UNLOCKED))
        self._owner = (folder / OWNER).open("wb")
        fcntl.flock(self._owner, fcntl.LOCK_EX)
        # others find it by this name: when it is locked, not before
        self.path = folder.rename(folder.with_name(folder.name.replace(UNLOCKED, PREFIX, 1)))

    def remove(self) -> None:
        """Remove the folder."""
        if self._owner is not None:
            self._owner.close()
        shutil.rmtree(self.path, ignore_errors=True)


def keep(text: str, folder: Path) -> str:
    """Write a text into a new file of a folder, and return its path."""
    with tempfile.NamedTemporaryFile("w", dir=folder, suffix=SUFFIX, delete=False, encoding="ascii") as file:
        file.write(text)
    return file.name


def remove_abandoned() -> None:
    """Remove the folders of this user whose processes have ended."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            if _is_ours(folder) and _is_unlocked(folder / OWNER):
                shutil.rmtree(folder, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    """Return whether a folder is one of this module and this user, with nothing else in it."""
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        return False
    names = os.listdir(folder)
    return OWNER in names and all(name == OWNER or name.endswith(SUFFIX) for name in names)


def _is_unlocked(path: Path) -> bool:
    number = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(number)
    return True
