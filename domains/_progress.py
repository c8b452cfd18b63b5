"""How far a job is: a bar on a terminal, a line that is rewritten in a notebook, plain lines elsewhere.

Conventions
-----------
- All of it goes to standard error, but for the line in a notebook.
- It says how many cases are done, how many of them failed, how many a second, and the time left at that rate.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

SECONDS_BETWEEN_UPDATES = 0.2
SECONDS_BETWEEN_LINES = 30.0


class Progress(Protocol):
    """What a job tells of its cases as they are done."""

    def __call__(self, *, failed: bool = False) -> None:
        """Count a case."""


@contextmanager
def shown(what: str, total: int, *, visible: bool = True) -> Iterator[Progress]:
    """Show how many cases are done.

    Parameters
    ----------
    what : str
        What is done, such as ``"comparing"``.
    total : int
        How many cases there are; nothing is shown for less than two.
    visible : bool
        Whether anything is shown at all.

    Yields
    ------
    callable
        To be called once for each case, with ``failed=True`` for one that failed.

    Examples
    --------
    >>> with shown("comparing", 1) as advance:
    ...     advance(failed=False)
    """
    counter = Counter(what, total)
    if not visible or total < 2:
        yield counter.count
        return
    display = _notebook_display if _in_notebook() else _terminal_display
    with display(counter) as update:

        def advance(*, failed: bool = False) -> None:
            counter.count(failed=failed)
            update()

        yield advance


class Counter:
    """How many cases are done, and how that reads as a line.

    Parameters
    ----------
    what : str
        What is done.
    total : int
        How many cases there are.

    Examples
    --------
    >>> counter = Counter("comparing", 3)
    >>> counter.count(failed=True)
    >>> counter.line(now=counter.begin + 2.0)
    'comparing: 1 of 3, 1 failed, 0.5 a second, 0:00:04 left'
    """

    def __init__(self, what: str, total: int) -> None:
        self.what = what
        self.total = total
        self.done = 0
        self.failed = 0
        self.begin = time.monotonic()

    def count(self, *, failed: bool = False) -> None:
        """Count a case."""
        self.done += 1
        self.failed += failed

    def line(self, now: float | None = None) -> str:
        """Return what is known as a line of text."""
        counts = f"{self.what}: {self.done} of {self.total}"
        if self.failed:
            counts += f", {self.failed} failed"
        elapsed = (time.monotonic() if now is None else now) - self.begin
        if not self.done or elapsed <= 0:
            return counts
        rate = self.done / elapsed
        left = round((self.total - self.done) / rate)
        minutes, seconds = divmod(left, 60)
        hours, minutes = divmod(minutes, 60)
        return f"{counts}, {rate:.2g} a second, {hours}:{minutes:02}:{seconds:02} left"


@contextmanager
def _terminal_display(counter: Counter) -> Iterator[Callable[[], None]]:
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _plain_lines(counter)
        return
    from rich.progress import BarColumn, Progress, TextColumn

    line = TextColumn("{task.description}", markup=False)
    with Progress(BarColumn(), line, console=console, transient=True) as bar:
        task = bar.add_task(counter.line(), total=counter.total)

        def update() -> None:
            bar.update(task, description=counter.line(), completed=counter.done)

        yield update


def _plain_lines(counter: Counter) -> Callable[[], None]:
    last = counter.begin

    def update() -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= SECONDS_BETWEEN_LINES:
            print(counter.line(), file=sys.stderr, flush=True)
            last = now

    return update


@contextmanager
def _notebook_display(counter: Counter) -> Iterator[Callable[[], None]]:
    """Rewrite one line of text as the work goes on: it needs no widgets, and stays in the saved notebook."""
    from IPython.display import display

    def line() -> dict[str, str]:
        return {"text/plain": counter.line()}

    output: Any = display(line(), raw=True, display_id=True)  # type: ignore[no-untyped-call]
    last = time.monotonic()

    def update() -> None:
        nonlocal last
        now = time.monotonic()
        if now - last > SECONDS_BETWEEN_UPDATES or counter.done == counter.total:
            output.update(line(), raw=True)
            last = now

    yield update


def _in_notebook() -> bool:
    """Return whether a Jupyter kernel runs this code."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return hasattr(shell, "kernel")
