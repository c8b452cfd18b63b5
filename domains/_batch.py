"""Whole jobs over many inputs: one engine for all fields.

Conventions
-----------
- A job is a function and the settings that its results depend on; a case is a name, the argument of the function and
  the files that it reads. The function returns plain JSON data (dict, list, str, int, float, bool, None), from which
  the field makes its tables: they are the same, byte for byte, whether the job ran in one process or in many, or was
  stopped and resumed.
- A case fails alone: whatever exception ends it is its outcome.
- With ``records`` each outcome is written to a file as soon as it is there (`domains._records`), and a second run does
  only what is new, failed or has changed since. In this process a case is marked before it begins, so that a run after
  a death tries it last, in a process of its own.
- Several workers are the processes of a dask cluster, or of the standard library's pools where dask is not installed.
  The cases of a worker that died are tried again one at a time, three times in all; then the death is the outcome.
- Ctrl-C and SIGTERM end a job within two seconds: what is done is kept, and `Interrupted` says how to go on.
"""

from __future__ import annotations

import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import current_process
from pathlib import Path
from typing import Any

from ._checks import UsageError
from ._guard import check_main_guard, is_from_standard_input
from ._limits import time_limit
from ._progress import shown
from ._records import Header, Outcome, Records
from ._running import Running
from ._text import file_name
from ._workers import (
    CaseError,
    DaskPlace,
    ExecutorPlace,
    LocalPlace,
    Place,
    Task,
    attempt,
    has_dask,
    received,
)

__all__ = ["Case", "CaseError", "Interrupted", "Job", "Outcome", "Running", "run_cases", "time_limit"]

WORKER_DIED = "WorkerDied"
SECONDS_BETWEEN_LOOKS = 0.5


@dataclass(frozen=True)
class Job:
    """What is done with each case.

    Parameters
    ----------
    name : str
        Who does it, such as ``"lesions.cohort"``: errors and records name it.
    work : callable
        A function of a module (workers import it), from a case's payload to plain JSON data. It may raise anything;
        `CaseError` carries more than a message.
    settings : mapping
        Every setting that results depend on, with its default where it was not given; JSON data. Records that were
        made with others are refused.
    verb : str
        What progress says: ``"comparing"``.
    shared : mapping
        What no result depends on and the records keep of all cases, such as a hash of their names; JSON data.

    Examples
    --------
    >>> Job("lesions.cohort", len, {"level": 0.5}).verb
    'working'
    """

    name: str
    work: Callable[[Any], Any]
    settings: Mapping[str, Any] = field(default_factory=dict)
    verb: str = "working"
    shared: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One input of a job.

    Parameters
    ----------
    name : str
        Unique in the job, such as the path of a file.
    payload : object
        What the work is called with; it can be pickled.
    inputs : tuple of Path
        The files that it reads: a record counts while they are unchanged.
    about : mapping
        What no result depends on and the record keeps, such as the patient; JSON data.

    Examples
    --------
    >>> Case("a.csv", "a.csv", (Path("a.csv"),)).name
    'a.csv'
    """

    name: str
    payload: Any
    inputs: tuple[Path, ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)


class Interrupted(KeyboardInterrupt):
    """A job that was stopped by Ctrl-C or SIGTERM.

    Parameters
    ----------
    message : str
        How many cases are done, and how to go on.
    outcomes : list of Outcome
        Of these cases.

    Examples
    --------
    >>> Interrupted("3 of 8 cases are done", []).outcomes
    []
    """

    def __init__(self, message: str, outcomes: list[Outcome]) -> None:
        super().__init__(message)
        self.outcomes = outcomes


def run_cases(job: Job, cases: Iterable[Case], running: Running | None = None) -> list[Outcome]:
    """Do a job: every case becomes an outcome.

    Parameters
    ----------
    job : Job
        What is done.
    cases : iterable of Case
        To what.
    running : Running, optional
        How; one after the other in this process by default.

    Returns
    -------
    list of Outcome
        One for each case, in the order of `cases`.

    Raises
    ------
    UsageError
        If the records are of another job, version or settings, or in use; if a script without a main guard asks for
        several workers; if a scheduler does not answer.
    ValueError
        If two cases have one name.
    OSError
        If a record cannot be written.
    Interrupted
        On Ctrl-C or SIGTERM.

    Examples
    --------
    >>> outcomes = run_cases(Job("lengths", len), [Case("a", "one"), Case("b", 2)])
    >>> [(outcome.case, outcome.result, outcome.error) for outcome in outcomes]
    [('a', 3, ''), ('b', None, "TypeError: object of type 'int' has no len()")]
    """
    running = running or Running()
    listed = list(cases)
    _check_names(job, listed)
    if running.records is None:
        return _Run(job, listed, running, None).outcomes()
    _check_is_no_input(job, Path(running.records), listed)
    header = Header(job.name, job.settings, shared=job.shared)
    with Records(Path(running.records), header) as records:
        return _Run(job, listed, running, records).outcomes()


class _Run:
    """One run of a job: what is done already, and who does the rest."""

    def __init__(self, job: Job, cases: Sequence[Case], running: Running, records: Records | None) -> None:
        self.job = job
        self.cases = cases
        self.running = running
        self.records = records
        self.done: dict[str, Outcome] = {}

    def outcomes(self) -> list[Outcome]:
        left, suspects = self._what_is_left()
        with shown(self.job.verb, len(left) + len(suspects), visible=self.running.progress) as advance:
            self._advance = advance
            try:
                with _terminable():
                    self._work(left, suspects)
            except KeyboardInterrupt:
                raise Interrupted(self._how_to_go_on(), self._in_order()) from None
        return self._in_order()

    def _what_is_left(self) -> tuple[list[Case], list[Case]]:
        """Take what the records have, and part the other cases from those that a run did not survive."""
        if self.records is None:
            return list(self.cases), []
        died = set(self.records.suspects)
        left = []
        suspects = []
        for case in self.cases:
            if self.records.still_valid(case.name, case.inputs):
                self.done[case.name] = self.records.describe(case.name, case.about)
            elif case.name in died:
                suspects.append(case)
            else:
                left.append(case)
        return left, suspects

    def _work(self, left: list[Case], suspects: list[Case]) -> None:
        if not left and not suspects:
            return
        if self._is_in_process:
            for case in left:
                self._do_here(case)
            if suspects:
                _check_may_have_children(self.job.name)
                with self._place(LocalPlace(1)) as place:
                    for case in suspects:
                        self._do_alone(case, place)
            return
        with self._place(self._workers(len(left) + len(suspects))) as place:
            lost = self._share(left, place)
            for case in [*lost, *suspects]:
                self._do_alone(case, place, deaths=int(case in lost))

    @property
    def _is_in_process(self) -> bool:
        running = self.running
        is_elsewhere = running.workers > 1 or running.scheduler is not None or running.executor is not None
        is_limited = running.max_seconds is not None or running.max_memory is not None
        return not is_elsewhere and not is_limited

    def _workers(self, n_cases: int) -> Place:
        running = self.running
        workers = min(running.workers, n_cases)
        if running.executor is not None:
            return ExecutorPlace(self.job.name, running.executor)
        _check_may_have_children(self.job.name)
        check_main_guard(self.job.name)
        if running.scheduler is not None:
            return DaskPlace(self.job.name, scheduler=running.scheduler)
        # dask starts processes again later, which would look for the script
        if running.workers > 1 and has_dask() and not is_from_standard_input():
            try:
                return DaskPlace(self.job.name, workers=workers)
            except (RuntimeError, OSError):
                # its processes died or were slow while they started; pools start again by themselves
                return LocalPlace(workers)
        return LocalPlace(workers)

    @contextmanager
    def _place(self, place: Place) -> Iterator[Place]:
        """Give a place back at the end, at once if the work ends before its end."""
        try:
            yield place
        except BaseException:
            place.stop(at_once=True)
            raise
        place.stop(at_once=False)

    def _do_here(self, case: Case) -> None:
        if self.records is not None:
            self.records.start(case.name)
        try:
            outcome = attempt(self._task(case))
        except KeyboardInterrupt:
            if self.records is not None:
                self.records.stop([case.name])
            raise
        self._finish(case, outcome)

    def _share(self, cases: list[Case], place: Place) -> list[Case]:
        """Do cases side by side, and return those whose worker died."""
        waiting = deque(cases)
        at_work: dict[Future[str], Case] = {}
        lost = []
        last_look = time.monotonic()
        while waiting or at_work:
            while waiting and len(at_work) < place.width:
                case = waiting.popleft()
                at_work[place.submit(self._task(case))] = case
            finished, _ = wait(at_work, SECONDS_BETWEEN_LOOKS, FIRST_COMPLETED)
            if time.monotonic() - last_look >= SECONDS_BETWEEN_LOOKS:
                place.look()
                last_look = time.monotonic()
            for future in finished:
                case = at_work.pop(future)
                if _died(future):
                    lost.append(case)
                else:
                    self._finish(case, received(future.result()))
        return lost

    def _do_alone(self, case: Case, place: Place, deaths: int = 0) -> None:
        """Do a case while no other is at work, until it is done or has ended its worker too often."""
        while True:
            begin = time.monotonic()
            future = place.submit(self._task(case))
            while not wait([future], SECONDS_BETWEEN_LOOKS).done:
                place.look()
            if not _died(future):
                self._finish(case, received(future.result()))
                return
            deaths += 1
            if deaths >= place.tries:
                elapsed = time.monotonic() - begin
                self._finish(case, self._death(deaths, elapsed))
                return

    def _death(self, deaths: int, elapsed: float) -> dict[str, Any]:
        running = self.running
        if running.max_seconds is not None and elapsed >= running.max_seconds:
            why = f"this case took longer than the limit of {running.max_seconds:g} s"
        else:
            # the same words wherever it died: tables do not depend on that
            why = (
                f"its worker died {deaths} times, the last time while it did nothing else: it may need more memory "
                "than there is; run it by itself"
            )
        return {"inputs": [], "error": why, "kind": WORKER_DIED, "details": {}}

    def _task(self, case: Case) -> Task:
        inputs = case.inputs if self.records is not None else ()
        return Task(self.job.work, case.payload, inputs, self.running.max_seconds, self.running.max_memory)

    def _finish(self, case: Case, record: Mapping[str, Any]) -> None:
        outcome = Outcome(
            case.name,
            record.get("result"),
            record.get("error", ""),
            record.get("kind", ""),
            record.get("details", {}),
            case.about,
        )
        if self.records is not None:
            self.records.add(outcome, record["inputs"])
        self.done[case.name] = outcome
        self._advance(failed=outcome.error != "")

    def _in_order(self) -> list[Outcome]:
        return [self.done[case.name] for case in self.cases if case.name in self.done]

    def _how_to_go_on(self) -> str:
        counts = f"{self.job.name}: interrupted; {len(self.done)} of {len(self.cases)} cases are done"
        if self.running.records is None:
            return f"{counts}; with records (--records FILE) a second run goes on where the first ended"
        return f"{counts} and kept in {self.running.records}: run the same again to go on"


def _check_names(job: Job, cases: Sequence[Case]) -> None:
    names = set()
    for case in cases:
        if case.name in names:
            raise ValueError(f"{job.name}: two cases are called {case.name!r}: each needs a name of its own")
        names.add(case.name)


def _check_may_have_children(operation: str) -> None:
    if current_process().daemon:
        raise UsageError(
            f"{operation}: this is a process of a pool, which may not start others: leave out workers, max_seconds and "
            "max_memory; after a death, run the same again outside the pool"
        )


def _check_is_no_input(job: Job, records: Path, cases: Sequence[Case]) -> None:
    if not records.is_file():
        return
    for case in cases:
        for path in case.inputs:
            if _is_same_file(path, records):
                raise UsageError(f"{job.name}: records {file_name(records)}: this is an input; choose another name")


def _is_same_file(a: Path, b: Path) -> bool:
    try:
        return a.samefile(b)
    except (OSError, ValueError):
        return False


def _died(future: Future[str]) -> bool:
    """Return whether a future failed: whatever the work raises is in its result."""
    return future.cancelled() or future.exception() is not None


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end the work as Ctrl-C does, where signals can be handled: in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(signum: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
