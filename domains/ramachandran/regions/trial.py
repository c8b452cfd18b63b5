"""A trial in another process: what may never end, or end its process, does so there.

Conventions
-----------
- The process is started at the first trial and waits for the next, so that only the first takes a moment. It ends with
  this one. Its start counts for no file.
- What a file may take is processor time: on a busy machine a sound file takes long by the clock. The clock ends only
  what waits for something that never comes.
- It gets the name of a file on its standard input and answers with a line of JSON. Each file is tried in a fork of it,
  which the system ends when its time is over: no file finds a library that another left in disorder.
- Where there are no forks (Windows) the process tries the files itself, and is replaced after each that did not go
  well.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

from ..._files import ReadError

_START = f"import sys; sys.path[:] = sys.argv[3:]; from {__name__} import serve; serve(*sys.argv[1:3])"
ENDED = "damaged: reading it ended its process; fetch or write it again"
_FORKS = hasattr(os, "fork")
_TO_ANSWER = 5.0
"""Seconds that the process has to answer once the time for a file is over."""


class Trial:
    """A function that is tried on files in a process of its own.

    Parameters
    ----------
    module, function : str
        Where it is. It takes the path of a file, and raises ReadError or whatever a library raises.
    seconds : float
        How long it may take, in seconds of processor time.
    waiting : float
        How long it may take in seconds by the clock; where there are no forks nothing else is looked at.

    Examples
    --------
    >>> Trial("os", "stat", 10.0).of("/")
    >>> Trial("time", "sleep", 10.0).of("nowhere")
    Traceback (most recent call last):
    domains._files.ReadError: damaged (TypeError: ...
    """

    def __init__(self, module: str, function: str, seconds: float, waiting: float = 60.0) -> None:
        self.seconds = seconds
        self.waiting = waiting
        self._names = (module, function)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._owner = 0

    def of(self, path: str) -> None:
        """Try the function on a file.

        Parameters
        ----------
        path : str
            The file, in full.

        Raises
        ------
        ReadError
            If the function raised anything, did not come to an end, or ended its process.
        """
        if not sys.executable:
            # a program that has Python within it: there is nothing to start
            return
        with self._lock:
            answer = self._ask(path)
        if answer is None:
            raise ReadError(ENDED)
        if answer["refused"]:
            raise ReadError(answer["refused"])

    def _ask(self, path: str) -> dict[str, Any] | None:
        process = self._running()
        timer = threading.Timer(self.waiting + _TO_ANSWER * _FORKS, process.kill)
        timer.start()
        try:
            process.stdin.write(json.dumps([path, self.seconds, self.waiting]) + "\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
            line = process.stdout.readline()  # type: ignore[union-attr]
        except OSError:
            line = ""
        finally:
            timer.cancel()
        answer: dict[str, Any] | None = json.loads(line) if line.endswith("\n") else None
        if answer is None or (answer["refused"] and not _FORKS):
            self.end()
        return answer

    def _running(self) -> subprocess.Popen[str]:
        # a forked process must not talk to the one of its parent
        if self._process is None or self._owner != os.getpid() or self._process.poll() is not None:
            self._owner = os.getpid()
            self._process = subprocess.Popen(
                [sys.executable, "-c", _START, *self._names, *sys.path],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="ascii",
            )
            atexit.register(self.end)
            # it says when it has loaded what it needs: that takes long on a busy machine
            self._process.stdout.readline()  # type: ignore[union-attr]
        return self._process

    def end(self) -> None:
        """End the process; the next trial starts another."""
        process = self._process
        self._process = None
        atexit.unregister(self.end)
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        process.communicate()


def serve(module: str, function: str) -> None:
    """Try a function on each file that is named on standard input, until that ends."""
    from importlib import import_module

    attempt: Callable[[str], object] = getattr(import_module(module), function)
    # what a library prints is no answer
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    answers.write("ready\n")
    answers.flush()
    for line in sys.stdin:
        path, *limits = json.loads(line)
        refused = _refused_by_fork(attempt, path, *limits) if _FORKS else _refused(attempt, path)
        answers.write(json.dumps({"refused": refused}) + "\n")
        answers.flush()


def _refused_by_fork(attempt: Callable[[str], object], path: str, seconds: float, waiting: float) -> str:
    """Return why a file is refused, "" if it is not, whatever becomes of the process that finds out."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            # the system ends the process, even within a library, unless somebody before us ignored these signals
            signal.signal(signal.SIGPROF, signal.SIG_DFL)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGPROF, signal.SIGALRM})
            signal.setitimer(signal.ITIMER_PROF, seconds)
            signal.setitimer(signal.ITIMER_REAL, waiting)
            os.write(writing, _refused(attempt, path).encode("utf-8", "surrogatepass"))
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        refused = pipe.read().decode("utf-8", "surrogatepass")
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        return refused
    limits: dict[int, str] = {signal.SIGPROF: f"{seconds:g} s of processor time", signal.SIGALRM: f"{waiting:g} s"}
    ended_by = os.WTERMSIG(status)
    if ended_by in limits:
        return f"damaged: reading it did not come to an end within {limits[ended_by]}; fetch or write it again"
    return ENDED


def _refused(attempt: Callable[[str], object], path: str) -> str:
    from ..._text import one_line

    try:
        attempt(path)
    except ReadError as error:
        return str(error)
    except Exception as error:
        return f"damaged ({type(error).__name__}: {one_line(error, 120)}); fetch or write it again"
    return ""
