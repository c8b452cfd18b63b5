"""Scripts that start processes."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from domains._guard import check_main_guard

FOLDER = Path(__file__).parent


@pytest.mark.parametrize(("guarded", "code"), [("", 2), ("if __name__ == '__main__':\n    ", 0)])
def test_a_script_without_a_guard_is_one_line(tmp_path, guarded, code):
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\n"
        "from domains._checks import UsageError\n"
        "from domains._guard import check_main_guard\n"
        "def job():\n"
        "    try:\n"
        "        check_main_guard('tests.job')\n"
        "    except UsageError as error:\n"
        "        print(error)\n"
        "        sys.exit(2)\n"
        f"{guarded}job()\n"
    )
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)
    assert run.returncode == code, run.stderr
    if code:
        assert run.stdout.count("\n") == 1
        assert f"line 10 of {script}" in run.stdout


def test_no_script_needs_no_guard():
    check_main_guard("tests.job")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX: kills a process by a signal")
def test_a_script_without_a_guard_goes_on_after_a_death(tmp_path):
    """The case that ended the first run is tried in a process of its own, which does not run the script again."""
    script = tmp_path / "script.py"
    mark = tmp_path / "mark"
    script.write_text(
        f"import sys\n"
        f"sys.path.insert(0, {str(FOLDER)!r})\n"
        f"from work_of_tests import work\n"
        f"from domains._batch import Case, Job, Running, run_cases\n"
        f"cases = [Case('once', {{'die': 'once', 'mark': {str(mark)!r}}}), Case('other', 3)]\n"
        f"outcomes = run_cases(Job('tests.job', work), cases, Running(records={str(tmp_path / 'records')!r}))\n"
        f"print([outcome.result for outcome in outcomes])\n"
    )
    assert subprocess.run([sys.executable, script], check=False).returncode == -signal.SIGKILL
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, check=False)
    assert run.stdout == "['survived', [3, 9]]\n"
    assert run.stderr == ""


@pytest.mark.slow
def test_a_script_from_standard_input_may_have_workers(tmp_path):
    text = (
        f"import sys\n"
        f"sys.path.insert(0, {str(FOLDER)!r})\n"
        f"from work_of_tests import work\n"
        f"from domains._batch import Case, Job, Running, run_cases\n"
        f"outcomes = run_cases(Job('tests.job', work), [Case('a', 2), Case('b', 3)], Running(workers=2))\n"
        f"print([outcome.result for outcome in outcomes])\n"
    )
    run = subprocess.run([sys.executable, "-"], input=text, capture_output=True, text=True, timeout=60, check=False)
    assert (run.stdout, run.stderr) == ("[[2, 4], [3, 9]]\n", "")


def test_a_thread_of_an_unguarded_script_is_told_too(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from domains._guard import check_main_guard\n"
        "with ThreadPoolExecutor(1) as executor:\n"
        "    print(executor.submit(check_main_guard, 'tests.job').exception())\n"
    )
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, check=False)
    assert f"several workers are started from line 4 of {script}" in run.stdout
