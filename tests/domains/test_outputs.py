"""Files are new and complete, or as they were."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from domains._outputs import is_special, write_whole

OLD = "old\n" * 1000


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text(OLD)
    return path


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def test_a_file_is_replaced_and_nothing_else_is_left(path):
    write_whole(path, lambda part: part.write_text("new"))
    assert path.read_text() == "new"
    assert names(path.parent) == ["scores.csv"]


def test_the_part_lies_beside_and_has_the_same_endings(tmp_path):
    seen = []

    def write(part):
        seen.append(part)
        part.write_text("new")

    for name in ("a.csv", "patient.7.nii.gz", "no_ending", "x." + "y" * 240, "x." + "y" * 230 + ".csv"):
        write_whole(tmp_path / name, write)
    assert [part.parent for part in seen] == [tmp_path] * 5
    assert [part.name.partition(".part")[2] for part in seen] == [".csv", ".nii.gz", "", "", ".csv"]
    assert all(part.name.startswith(".") for part in seen)


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), RuntimeError("no font"), KeyboardInterrupt()]
)
@pytest.mark.parametrize("existed", [True, False])
def test_what_fails_on_the_way_leaves_what_was_there(path, error, existed):
    if not existed:
        path.unlink()

    def write(part):
        part.write_text("half of")
        raise error

    with pytest.raises(type(error)):
        write_whole(path, write)
    assert names(path.parent) == (["scores.csv"] if existed else [])
    assert not existed or path.read_text() == OLD


def test_a_writer_that_makes_its_own_file_in_place_of_the_part(path):
    """As some libraries do: they remove what is there and begin anew."""

    def write(part):
        part.unlink()
        part.write_text("new")

    write_whole(path, write)
    assert path.read_text() == "new"


def test_permissions_are_kept_or_those_of_a_new_file(path):
    ordinary = path.parent / "ordinary"
    ordinary.touch()
    fresh = path.parent / "fresh.csv"
    write_whole(fresh, lambda part: part.write_text("new"))
    assert fresh.stat().st_mode == ordinary.stat().st_mode
    path.chmod(0o640)
    write_whole(path, lambda part: part.write_text("new"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_the_file_behind_a_link_is_replaced(path):
    link = path.parent / "link.csv"
    link.symlink_to("second.csv")
    (path.parent / "second.csv").symlink_to(path)
    write_whole(link, lambda part: part.write_text("new"))
    assert link.is_symlink()
    assert path.read_text() == "new"


def test_a_link_to_nothing_makes_the_file_that_it_names(tmp_path):
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "new.csv")
    write_whole(link, lambda part: part.write_text("new"))
    assert link.is_symlink()
    assert (tmp_path / "new.csv").read_text() == "new"


def test_links_in_a_circle_are_an_error(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="symbolic links"):
        write_whole(tmp_path / "a", lambda part: part.write_text("new"))
    assert names(tmp_path) == ["a", "b"]


def test_a_pipe_is_written_directly(tmp_path):
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    found = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_text()))
    reader.start()
    write_whole(pipe, lambda part: part.write_text("new"))
    reader.join(10)
    assert found == ["new"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_device_is_written_directly():
    write_whole(os.devnull, lambda part: part.write_text("new"))
    assert is_special(os.devnull)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux: /dev/full")
def test_a_full_device_says_so():
    with pytest.raises(OSError, match="No space left on device"):
        write_whole("/dev/full", lambda part: part.write_text("new"))


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="needs POSIX: /dev/stdout")
@pytest.mark.parametrize("linked", [False, True])
def test_standard_output_is_not_replaced_even_if_it_is_a_file(tmp_path, linked):
    name = "/dev/stdout"
    if linked:
        (tmp_path / "link").symlink_to(name)
        name = str(tmp_path / "link")
    program = f"from domains._outputs import *\nwrite_whole({name!r}, lambda part: open(part, 'a').write('new'))"
    into = tmp_path / "captured"
    with into.open("w") as file:
        before = os.fstat(file.fileno()).st_ino
        subprocess.run([sys.executable, "-c", program], stdout=file, check=True)
    assert into.stat().st_ino == before
    assert into.read_text() == "new"


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX: limits the size of files")
def test_a_limit_on_the_size_of_files_leaves_the_old_one(path):
    program = (
        "import resource, sys\nfrom pathlib import Path\nfrom domains._outputs import write_whole\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "try:\n    write_whole(sys.argv[1], lambda part: part.write_text('x' * 5000))\n"
        "except OSError as error:\n    print(error.strerror)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout == "File too large\n"
    assert path.read_text() == OLD
    assert names(path.parent) == ["scores.csv"]


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX: permissions")
@pytest.mark.parametrize(("of_file", "of_folder"), [(0o444, 0o777), (0o666, 0o555)])
def test_what_may_not_be_written_is_not_replaced(path, of_file, of_folder):
    path.chmod(of_file)
    path.parent.chmod(of_folder)
    program = (
        "import os, sys\nfrom domains._outputs import write_whole\n"
        # root may write everywhere
        "if os.geteuid() == 0:\n    os.setuid(65534)\n"
        "try:\n    write_whole(sys.argv[1], lambda part: part.write_text('new'))\n"
        "except PermissionError as error:\n    print(error.strerror)"
    )
    run = [sys.executable, "-c", program, path.name]
    done = subprocess.run(run, cwd=path.parent, capture_output=True, text=True)
    path.parent.chmod(0o755)
    assert done.stdout == "Permission denied\n", done.stderr
    assert path.read_text() == OLD
    assert names(path.parent) == ["scores.csv"]


def test_a_writer_that_took_its_part_away_says_its_own_error(path):
    def write(part):
        part.write_text("half of")
        part.unlink()
        raise RuntimeError("no font")

    with pytest.raises(RuntimeError, match="no font"):
        write_whole(path, write)
