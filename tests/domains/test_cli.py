"""The command line as a whole, run as a user runs it."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import time
import warnings
from types import SimpleNamespace

import pytest
import xarray as xr

from domains import cli
from domains.cli import FIELDS


def run(*arguments, code=0):
    done = subprocess.run(
        [sys.executable, "-P", "-m", "domains.cli", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.slow
def test_help_lists_the_fields_and_is_quick():
    begin = time.perf_counter()
    text = run("--help").stdout
    assert time.perf_counter() - begin < 5, "a mere guard; the benchmark measures it"
    assert "ramachandran" in text
    assert "demo" in text


@pytest.mark.slow
def test_demo_saves_what_it_says(run_command, tmp_path):
    pytest.importorskip("nibabel")
    folder = tmp_path / "demo"
    text = run_command("demo", "--out", folder).stdout
    assert "0.6699" in text
    assert "0.7644" in text
    saved = {p.name for p in (folder / "ramachandran").iterdir()}
    assert saved == {
        *("agreement.png", "residues.png", "comparison.csv", "residues.csv", "skipped.csv"),
        *("comparison.nc", "hard_spheres.nc"),
    }
    for field in FIELDS:
        assert {p.suffix for p in (folder / field).iterdir()} == {".png", ".csv", ".nc"}, field
    with xr.open_dataset(folder / "ramachandran" / "comparison.nc", engine="h5netcdf") as data:
        assert float(data.iou.sel(model="five_clashes")) == pytest.approx(0.6699, abs=5e-5)


@pytest.mark.slow
def test_version():
    assert run("version").stdout.strip() == "0.1.0"


def completed(monkeypatch, capsys, *words):
    """Return what bash is offered for the last of the words."""
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    monkeypatch.setenv("_OVERLAP_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "\n".join(["overlap", *words]))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    return capsys.readouterr().out.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["ev"], ["events"]),
        (["--version", "les"], ["lesions"]),
        (["lesions", "cohort-p"], ["cohort-protocols"]),
        (["events", "score", "--pro"], ["--protocol"]),
        (["events", "score", "a.csv", "b.csv", "--by", ""], ["label", "file"]),
        (["events", "score", "--protocol", "psds_s"], ["psds_scenario1", "psds_scenario2"]),
        (["lesions", "compare", "--preset", "m"], ["monai", "metrics_reloaded", "medpy"]),
        # files are left to the shell
        (["lesions", "compare", ""], []),
    ],
)
def test_a_shell_completes_commands_options_and_choices(monkeypatch, capsys, words, offered):
    assert completed(monkeypatch, capsys, *words) == offered


COMPLETED_IN_BASH = """
eval "$(_OVERLAP_COMPLETE=source_bash overlap)"
COMP_WORDS=(overlap lesions dec) COMP_CWORD=2
_overlap_completion overlap
echo "${COMPREPLY[@]}"
complete -p overlap
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes(tmp_path):
    program = tmp_path / "overlap"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m domains.cli "$@"\n')
    program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", COMPLETED_IN_BASH], env=environment, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("decide\ncomplete -o default -F _overlap_completion overlap\n", "")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (IndexError("list index\nout of range"), "IndexError: list index out of range (test_cli.py, line "),
        (RecursionError(), "RecursionError:  (test_cli.py, line "),
        (
            MemoryError("Unable to allocate 9 GiB"),
            "it needs more memory than is free (Unable to allocate 9 GiB); close",
        ),
        (ValueError("a.csv: \x1b[2J\udcff"), r"a.csv: \x1b[2J\xff"),
        (OSError(28, "No space left on device"), "[Errno 28] No space left on device"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_whatever_is_raised_is_one_line(monkeypatch, capsys, error, said):
    def broken(**_):
        raise error

    monkeypatch.setattr(cli, "_program", lambda: broken)
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"error: {said}")


def test_a_command_that_is_none_is_said_in_one_line(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["overlap", "events", "scores"])
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: no such command 'scores'")
    assert line.endswith("; overlap events -h lists the options")


def test_a_demonstration_is_put_into_a_folder_that_is_there(monkeypatch, tmp_path):
    field = SimpleNamespace(demo=lambda folder: (folder / "a.csv").touch())
    monkeypatch.setattr(cli, "import_module", lambda *_: field)
    for _ in range(2):
        cli._demonstrate("events", tmp_path / "demo" / "events", visible=True)
    assert (tmp_path / "demo" / "events" / "a.csv").exists()


def test_a_terminal_without_the_letters_shows_their_numbers(tmp_path, monkeypatch):
    (tmp_path / "φ.csv").write_text("onset,offset,label\n1,2,猫\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["overlap", "events", "score", "φ.csv", "φ.csv", "--by", "label"])
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    # as Python opens them where PYTHONIOENCODING is ascii
    written, said = io.BytesIO(), io.BytesIO()
    terminal = io.TextIOWrapper(written, encoding="ascii", errors="strict")
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(said, encoding="ascii", errors="backslashreplace"))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    terminal.flush()
    sys.stderr.flush()
    assert not ended.value.code, said.getvalue()
    assert rb"\u732b" in written.getvalue()


INTERRUPTED = """
import os, signal
# a process that a shell has put into the background ignores Ctrl-C
signal.signal(signal.SIGINT, signal.default_int_handler)
from domains import cli
from domains.lesions import comparing
comparing.compare_files = lambda *_, **__: os.kill(os.getpid(), signal.SIGINT)
cli.main()
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs POSIX: sends a signal")
def test_ctrl_c_is_one_line_wherever_it_comes():
    command = [sys.executable, "-P", "-c", INTERRUPTED, "lesions", "compare", "p.nii", "r.nii"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs POSIX: limits the size of files")
def test_a_full_disk_leaves_the_old_files_and_says_so(tmp_path):
    """A limit of no byte a file stands for it: the numbers are printed, what was there is whole."""
    (tmp_path / "a.csv").write_text("onset,offset,label\n1,2,owl\n")
    names = ("rows.csv", "skipped.csv", "picture.svg")
    for name in names:
        (tmp_path / name).write_text("old")
    program = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); from domains.cli import main; main()"
    flags = ["--csv", "rows.csv", "--skipped", "skipped.csv", "--plot", "picture.svg"]
    run = [sys.executable, "-P", "-c", program, "events", "score", "a.csv", "a.csv", *flags]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert "1.0000" in done.stdout
    assert [line.count("File too large") for line in done.stderr.splitlines()] == [1, 1, 1], done.stderr
    assert all((tmp_path / name).read_text() == "old" for name in names)
    assert len(list(tmp_path.iterdir())) == 4
