"""A trial in another process, whatever becomes of it."""

from __future__ import annotations

import os
import signal
import sys
import textwrap
import time

import pytest

from domains._files import ReadError
from domains.ramachandran.regions.trial import Trial


@pytest.fixture
def trial(tmp_path, monkeypatch):
    """A function that does what the name of its file says."""
    module = """
        import os
        import time

        def do(path):
            print("a library prints")
            name = os.path.basename(path)
            if name == "wait":
                time.sleep(60)
            while name == "hang":
                pass
            if name == "die":
                os.abort()
            if name == "raise":
                raise IndexError("out of bounds")
            if name == "remember":
                open(path + str(os.getppid()), "w").close()
        """
    (tmp_path / "doing.py").write_text(textwrap.dedent(module))
    monkeypatch.syspath_prepend(tmp_path)
    trial = Trial("doing", "do", 5.0)
    yield trial
    trial.end()


def test_a_file_that_is_well_is_passed_over(trial):
    trial.of("well")
    trial.of("also \udcff well")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX: forks")
def test_a_process_serves_many_files(trial, tmp_path):
    trial.of(str(tmp_path / "remember"))
    with pytest.raises(ReadError):
        trial.of("die")
    trial.of(str(tmp_path / "remember"))
    assert len(list(tmp_path.glob("remember*"))) == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("die", "damaged: reading it ended its process; fetch or write it again"),
        ("raise", r"damaged \(IndexError: out of bounds\); fetch or write it again"),
    ],
)
def test_what_goes_wrong_is_one_line_and_the_next_goes_well(trial, name, said):
    with pytest.raises(ReadError, match=said):
        trial.of(name)
    trial.of("well")


def test_what_does_not_end_is_ended(trial):
    trial.waiting = 0.3
    begin = time.monotonic()
    with pytest.raises(ReadError, match="did not come to an end within 0.3 s; fetch"):
        trial.of("wait")
    assert time.monotonic() - begin < 30
    trial.of("well")


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX: forks")
def test_what_works_without_an_end_is_ended(trial):
    trial.seconds = 0.1
    with pytest.raises(ReadError, match="did not come to an end within 0.1 s of processor time; fetch"):
        trial.of("hang")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX: forks")
def test_a_file_that_waits_for_a_busy_machine_is_no_damaged_one(trial, tmp_path):
    """The time that others take counts for nothing; here nobody takes it, and it passes."""
    (tmp_path / "slow.py").write_text("import time\ndef do(path):\n    time.sleep(0.3)\n")
    slow = Trial("slow", "do", 0.1)
    slow.of("well")
    slow.end()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX: forks")
def test_a_program_that_ignores_alarms_has_its_limit_too(trial):
    before = signal.signal(signal.SIGALRM, signal.SIG_IGN)
    try:
        trial.waiting = 0.3
        with pytest.raises(ReadError, match="did not come to an end within 0.3 s; fetch"):
            trial.of("wait")
    finally:
        signal.signal(signal.SIGALRM, before)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX: forks")
def test_a_forked_process_has_a_trial_of_its_own(trial):
    trial.of("well")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            trial.of("well")
            trial.end()
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    trial.of("well")


def test_without_a_program_to_start_nothing_is_tried(trial, monkeypatch):
    monkeypatch.setattr(sys, "executable", "")
    trial.of("die")
