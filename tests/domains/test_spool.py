"""Folders for results on their way: none outlives its process for longer than until the next run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from domains._spool import OWNER, PREFIX, Spool, keep, remove_abandoned

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX: locks files")

KILLED = """
import os, signal
from domains._spool import Spool, keep
keep("{}", Spool().path)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """A folder of temporary files of this test's own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_text_is_kept_until_the_folder_is_removed(temporary):
    spool = Spool()
    assert Path(keep("[1]", spool.path)).read_text() == "[1]"
    spool.remove()
    assert list(temporary.iterdir()) == []


def test_what_a_killed_process_left_goes_with_the_next_run(temporary):
    subprocess.run([sys.executable, "-c", KILLED], env={**os.environ, "TMPDIR": str(temporary)}, check=False)
    (left,) = temporary.iterdir()
    assert left.name.startswith(PREFIX)
    assert len(list(left.glob("*.json"))) == 1
    spool = Spool()
    assert list(temporary.iterdir()) == [spool.path]
    spool.remove()


def test_the_folder_of_a_process_that_lives_stays():
    first = Spool()
    second = Spool()
    assert first.path.exists()
    first.remove()
    second.remove()


def test_what_is_not_ours_stays(temporary):
    """A folder without the file, one with other files, a link, and what `overlap demo` writes."""
    (temporary / "overlap-demo").mkdir()
    (temporary / f"{PREFIX}a").mkdir()
    results = temporary / f"{PREFIX}b"
    results.mkdir()
    (results / OWNER).touch()
    (results / "thesis.csv").touch()
    elsewhere = temporary / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / OWNER).touch()
    (temporary / f"{PREFIX}c").symlink_to(elsewhere)
    (temporary / f"{PREFIX}d").touch()
    before = sorted(temporary.rglob("*"))
    remove_abandoned()
    assert sorted(temporary.rglob("*")) == before
    # of ours, with nothing else in it, the process is gone
    (results / "thesis.csv").unlink()
    remove_abandoned()
    assert not results.exists()


def test_what_belongs_to_another_user_stays(temporary, monkeypatch):
    folder = temporary / f"{PREFIX}a"
    folder.mkdir()
    (folder / OWNER).touch()
    monkeypatch.setattr(os, "getuid", lambda: folder.stat().st_uid + 1)
    remove_abandoned()
    assert folder.exists()
