"""Limits of time and memory for a piece of work, held by the process that does it.

Conventions
-----------
- Time is held by an alarm of the system, which only the main thread of a process hears, and not on Windows.
- Memory is the address space of the whole process (Linux). Where several threads ask for a limit the lowest holds, and
  the last of them puts back what held before.

References
----------
setitimer(2), getrlimit(2)
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

GIB = 2**30
GRACE = 1.2
"""A process that does not heed its limit of time is ended after this multiple of it."""

_lock = threading.Lock()
_held: list[int] = []
"""The limits of the address space that hold now, bytes."""
_before = (0, 0)
"""What held before the first of them."""


@contextmanager
def time_limit(seconds: float | None, what: str, *, end_process: bool = False) -> Iterator[None]:
    """Raise TimeoutError in the block if it takes longer.

    Code that never comes back to Python is not stopped by that: with `end_process` the process is, a little later.
    Outside the main thread, and on Windows, only the second holds.

    Parameters
    ----------
    seconds : float, optional
        The limit; None for none.
    what : str
        What takes so long, such as ``"reading a.nii.gz"``.
    end_process : bool
        Whether this process may be ended.

    Raises
    ------
    TimeoutError
        After the limit.

    Examples
    --------
    >>> with time_limit(0.05, "sleeping"):
    ...     time.sleep(2)
    Traceback (most recent call last):
    TimeoutError: sleeping took longer than the limit of 0.05 s
    """
    if seconds is None:
        yield
        return
    watchdog = None
    if end_process:
        watchdog = threading.Timer(GRACE * seconds + 1, os._exit, [1])
        watchdog.daemon = True
        watchdog.start()
    try:
        with _alarm(seconds, what):
            yield
    finally:
        if watchdog is not None:
            watchdog.cancel()


@contextmanager
def memory_limit(gib: float | None) -> Iterator[None]:
    """Let the block take no more memory than this on top of what the process has: MemoryError otherwise.

    Parameters
    ----------
    gib : float, optional
        The limit, GiB of address space; None for none.
    """
    if gib is None:
        yield
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + int(gib * GIB)
    _hold(limit)
    try:
        yield
    finally:
        _release(limit)


def _hold(limit: int) -> None:
    import resource

    global _before
    with _lock:
        if not _held:
            _before = resource.getrlimit(resource.RLIMIT_AS)
        _held.append(limit)
        resource.setrlimit(resource.RLIMIT_AS, (min(_held), _before[1]))


def _release(limit: int) -> None:
    import resource

    with _lock:
        _held.remove(limit)
        soft = min(_held, default=_before[0])
        resource.setrlimit(resource.RLIMIT_AS, (soft, _before[1]))


@contextmanager
def _alarm(seconds: float, what: str) -> Iterator[None]:
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or not hasattr(signal, "setitimer"):
        yield
        return

    def expire(signum: int, frame: object) -> None:
        raise TimeoutError(f"{what} took longer than the limit of {seconds:g} s")

    begin = time.monotonic()
    outer_handler = signal.getsignal(signal.SIGALRM)
    outer_left, _ = signal.getitimer(signal.ITIMER_REAL)
    if 0 < outer_left <= seconds:
        # the limit around this one comes first
        yield
        return
    signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, outer_handler)
        if outer_left:
            left = outer_left - (time.monotonic() - begin)
            signal.setitimer(signal.ITIMER_REAL, max(left, 0.001))
