"""Where the cases of a job are worked on: processes of this machine, a dask cluster, or an executor that was given.

Conventions
-----------
- A place takes one case at a time for each of its workers, and says by a future what became of it. Whatever the work
  raises is part of the outcome; a future that fails means that the worker died.
- Every worker is a process of its own, started afresh: a fork of a process that runs threads may hang.
- Workers end when the process that started them ends, however it ends: they hold one end of a pipe that closes then.
- A worker ignores Ctrl-C; who started it decides.
- Results travel as text. Long ones go through a file, so that no worker can die in the midst of sending one.

References
----------
Rocklin, M. (2015). Dask: parallel computation with blocked algorithms and task scheduling. SciPy, 126.
doi:10.25080/Majora-7b98e3ed-013
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from math import inf
from multiprocessing import active_children, get_context, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from uuid import uuid4
from weakref import WeakValueDictionary

from ._checks import UsageError
from ._guard import main_not_run_again
from ._limits import GRACE, memory_limit, time_limit
from ._records import fingerprints
from ._spool import Spool, keep
from ._text import one_line

INLINE = 2000
"""A longer result goes through a file: a shorter one fits into one write to a pipe, which is never torn."""
TRIES = 3
"""How many deaths of its worker make a task one that ends workers."""
WIDTH_OF_EXECUTORS = 64
SECONDS_WITHOUT_WORKERS = 30.0
NO_LIMITS_HERE = (
    "limits of time and memory need workers that are processes of their own: leave the limits out, or use workers"
)
SECONDS_TO_CLOSE = 1.0
SECONDS_TO_START = 10.0
"""How long a process may take to start before its limit of time is looked at from outside."""
SECONDS_TO_RESTART = 20.0


class CaseError(Exception):
    """A case that failed, and what its field wants to know about that besides the message.

    Parameters
    ----------
    message : str
        One line.
    **details
        JSON data.

    Examples
    --------
    >>> CaseError("no such file", side="prediction").details
    {'side': 'prediction'}
    """

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.details = details

    def __reduce__(self) -> tuple[Any, ...]:
        return _case_error, (str(self), self.details)


@dataclass(frozen=True)
class Task:
    """What a worker is given: the work, its argument, the files to identify, and the limits.

    Parameters
    ----------
    work : callable
        A function of a module, from `payload` to JSON data.
    payload : object
        What it is called with.
    inputs : tuple of Path
        Files whose content is identified; none if nobody keeps a record.
    seconds, memory : float, optional
        Limits: seconds, and GiB on top of what the worker has.
    sender : int
        The process that hands it out.
    """

    work: Callable[[Any], Any]
    payload: Any
    inputs: tuple[Path, ...] = ()
    seconds: float | None = None
    memory: float | None = None
    sender: int = field(default_factory=os.getpid)


class Place(Protocol):
    """Where tasks are worked on."""

    @property
    def width(self) -> int:
        """How many tasks it takes at once."""

    @property
    def tries(self) -> int:
        """How many futures of a task must fail before it is taken for one that ends its worker."""

    def submit(self, task: Task) -> Future[str]:
        """Begin a task."""

    def look(self) -> None:
        """See whether there is still somebody who works."""

    def stop(self, *, at_once: bool) -> None:
        """Give everything back; with `at_once` without waiting for tasks that run."""


def attempt(task: Task) -> dict[str, Any]:
    """Do the work of a task, and return what a record holds: its inputs, and a result or an error.

    Parameters
    ----------
    task : Task
        What to do. Its limits are not for this process: see `attempt_within_limits`.

    Returns
    -------
    dict
        ``inputs``, and ``result`` or ``error kind details``.

    Examples
    --------
    >>> attempt(Task(len, [1, 2]))
    {'inputs': [], 'result': 2}
    >>> attempt(Task(float, "two"))["kind"]
    'ValueError'
    """
    inputs = fingerprints(task.inputs)
    try:
        return {"inputs": inputs, "result": task.work(task.payload)}
    except CaseError as error:
        return {"inputs": inputs, "error": error_line(error), "kind": "CaseError", "details": error.details}
    except (Exception, SystemExit) as error:
        return {"inputs": inputs, "error": error_line(error), "kind": type(error).__name__, "details": {}}


def attempt_within_limits(task: Task) -> str:
    """Do the work of a task in a worker, and return its outcome as JSON."""
    is_limited = task.seconds is not None or task.memory is not None
    if is_limited and task.sender == os.getpid():
        return json.dumps({"inputs": [], "error": NO_LIMITS_HERE, "kind": "UsageError", "details": {}})
    with memory_limit(task.memory), time_limit(task.seconds, "this case", end_process=True):
        outcome = attempt(task)
    if task.memory is not None and outcome.get("kind") == "MemoryError":
        outcome["error"] = f"this case needs more memory than the limit of {task.memory:g} GiB"
    return json.dumps(outcome)


def error_line(error: BaseException) -> str:
    """Return an error as one line; one that is not of our own words begins with its kind.

    Examples
    --------
    >>> error_line(ValueError("events.read_events: a.csv: empty"))
    'events.read_events: a.csv: empty'
    >>> error_line(IndexError("index 3 is out of bounds"))
    'IndexError: index 3 is out of bounds'
    """
    text = one_line(error, most=None).strip()
    kind = type(error).__name__
    if not text:
        return kind
    if isinstance(error, CaseError | ValueError | OSError | ImportError):
        return text
    return f"{kind}: {text}"


class LocalPlace:
    """Processes of this machine, one standard pool of one process each: a death breaks no other.

    Parameters
    ----------
    workers : int
        How many.
    """

    tries = TRIES

    def __init__(self, workers: int) -> None:
        self.width = workers
        self._spool = Spool()
        self._workers: list[_LocalWorker] = []

    def submit(self, task: Task) -> Future[str]:
        """Begin a task on a worker that is free, or on a new one."""
        for worker in self._workers:
            if worker.is_free:
                return worker.submit(task)
        worker = _LocalWorker(self._spool.path)
        self._workers.append(worker)
        return worker.submit(task)

    def look(self) -> None:
        """End a process that does not even hear its own limit of time: it may be stopped, or wait for a disk."""
        for worker in self._workers:
            worker.end_if_late()

    def stop(self, *, at_once: bool) -> None:
        """End the processes."""
        for worker in self._workers:
            worker.stop()
        self._spool.remove()


class ExecutorPlace:
    """An executor that was given: only its tasks are ended, not itself.

    A pool of the standard library that lost a process takes no more tasks. The others are then worked on one after the
    other in a process of our own.

    Parameters
    ----------
    operation : str
        Who asks, such as ``"lesions.cohort"``.
    executor : Executor
        Of `concurrent.futures`, or one that behaves like it.
    """

    tries = TRIES

    def __init__(self, operation: str, executor: Executor) -> None:
        self._operation = operation
        self._executor = executor
        self._instead: LocalPlace | None = None
        self._futures: list[Future[str]] = []

    @property
    def width(self) -> int:
        """How many tasks it is given at once: how many workers it has, an executor does not say."""
        return WIDTH_OF_EXECUTORS if self._instead is None else 1

    def submit(self, task: Task) -> Future[str]:
        """Begin a task."""
        if self._instead is not None:
            return self._instead.submit(task)
        try:
            future = self._executor.submit(attempt_within_limits, task)
        except BrokenExecutor:
            self._instead = LocalPlace(1)
            return self._instead.submit(task)
        except RuntimeError as error:
            raise UsageError(f"{self._operation}: executor: {error_line(error)}: pass one that is open") from error
        self._futures = [running for running in self._futures if not running.done()]
        self._futures.append(future)
        return future

    def look(self) -> None:
        """Do nothing: a broken executor is replaced when it is given the next task."""

    def stop(self, *, at_once: bool) -> None:
        """Cancel what has not begun."""
        for future in self._futures:
            future.cancel()
        if self._instead is not None:
            self._instead.stop(at_once=at_once)


class DaskPlace:
    """A dask cluster: one of this machine's own, or one that runs already.

    A cluster of our own that has lost all its workers for good is replaced by pools. dask starts workers again, but not
    one that died while it was being started.

    Parameters
    ----------
    operation : str
        Who asks, such as ``"lesions.cohort"``.
    workers : int
        Processes of a cluster of this machine.
    scheduler : str, optional
        Address of a scheduler to join instead.

    Raises
    ------
    UsageError
        If the scheduler cannot be reached, or its workers have another version of this package.
    """

    def __init__(self, operation: str, *, workers: int = 1, scheduler: str | None = None) -> None:
        self._operation = operation
        self._workers = workers
        self._scheduler = scheduler
        self._instead: LocalPlace | None = None
        self._cluster: Any = None
        # what it says of a scheduler that is gone is an error of ours
        self._log = logging.getLogger("distributed.client")
        self._log_level = self._log.level
        if scheduler is None:
            self._cluster = _in_quiet_thread(lambda: _local_cluster(workers))
            self._client = _in_quiet_thread(lambda: _client(self._cluster))
        else:
            self._client = _join(operation, scheduler)
            self._log.setLevel(logging.CRITICAL)
        self._tasks = _NamedTasks(self._client)
        self._executor = ExecutorPlace(operation, self._tasks)
        self._seconds: float | None = None
        self._at_work: dict[str, _AtWork] = {}
        self._last_seen = time.monotonic()
        # a scheduler that was joined gives up a task when several workers have died of it already
        self.tries = TRIES if scheduler is None else 2

    @property
    def width(self) -> int:
        """Some tasks for each thread of the cluster as it is now: one runs, the others wait at the scheduler."""
        if self._instead is not None:
            return self._instead.width
        return 4 * max(1, self._threads())

    def submit(self, task: Task) -> Future[str]:
        """Begin a task on any worker."""
        self._seconds = task.seconds
        return (self._instead or self._executor).submit(task)

    def look(self) -> None:
        """See whether there are workers, and end those that do not even hear their own limit of time."""
        if self._instead is not None:
            return
        now = time.monotonic()
        if self._threads():
            self._last_seen = now
        elif now - self._last_seen > SECONDS_WITHOUT_WORKERS:
            self._replace()
        if self._seconds is not None:
            with suppress(OSError):  # the next look finds the scheduler gone
                self._end_late_workers(now, latest=GRACE * self._seconds + SECONDS_TO_START)

    def stop(self, *, at_once: bool) -> None:
        """Leave the cluster; end it if it is our own."""
        self._executor.stop(at_once=at_once)
        if self._instead is not None:
            self._instead.stop(at_once=at_once)
        if self._cluster is not None and at_once:
            with suppress(Exception):
                _end_workers(self._cluster)
        with suppress(Exception):
            self._client.close(timeout=SECONDS_TO_CLOSE)
        if self._cluster is not None:
            with suppress(Exception):
                self._cluster.close(timeout=SECONDS_TO_CLOSE)
        self._log.setLevel(self._log_level)

    def _end_late_workers(self, now: float, latest: float) -> None:
        """Have workers restarted that finished none of their tasks for longer than one may take.

        They may be stopped, or wait for a disk. A worker that has others' tasks too may be at one of these.
        """
        at_work = {}
        for worker, keys in self._client.processing().items():
            if not keys or not all(self._tasks.has(key) for key in keys):
                continue
            now_at = _AtWork(frozenset(keys), now)
            before = self._at_work.get(worker, now_at)
            at_work[worker] = before if before.keys <= now_at.keys else now_at
        self._at_work = at_work
        for worker, work in at_work.items():
            if now - work.since > latest:
                self._tasks.cancel(work.keys)
                with suppress(ValueError, TimeoutError):  # one that nobody can restart
                    self._client.restart_workers([worker], timeout=SECONDS_TO_RESTART, raise_for_error=False)

    def _threads(self) -> int:
        try:
            threads: dict[str, int] = self._client.nthreads()
        except OSError as error:
            raise OSError(
                f"{self._operation}: {self._scheduler or 'the cluster'} no longer answers: start a scheduler and "
                "workers, then run the same again"
            ) from error
        return sum(threads.values())

    def _replace(self) -> None:
        if self._cluster is None:
            raise OSError(
                f"{self._operation}: {self._scheduler} has had no workers for {SECONDS_WITHOUT_WORKERS:g} s: start "
                "some (dask worker ADDRESS), then run the same again"
            )
        self._executor.stop(at_once=True)
        self._instead = LocalPlace(self._workers)


def has_dask() -> bool:
    """Return whether a dask cluster can be made here."""
    try:
        import distributed  # noqa: F401
    except ImportError:
        return False
    return True


def received(text: str) -> dict[str, Any]:
    """Return an outcome from what a future brought: JSON, or the path of a file of JSON."""
    if text.startswith("{"):
        outcome: dict[str, Any] = json.loads(text)
        return outcome
    path = Path(text)
    outcome = json.loads(path.read_text(encoding="ascii"))
    path.unlink()
    return outcome


class _NamedTasks(Executor):
    """The tasks of a client under names of their own, by which they are found among all of a cluster."""

    def __init__(self, client: Any) -> None:
        self._executor = client.get_executor(pure=False, retries=0)
        self._name = f"overlap-{uuid4().hex}"
        self._futures: WeakValueDictionary[str, Future[Any]] = WeakValueDictionary()
        self._count = 0

    def submit(self, work: Callable[..., Any], /, *arguments: Any, **options: Any) -> Future[Any]:
        self._count += 1
        key = f"{self._name}-{self._count}"
        future: Future[Any] = self._executor.submit(work, *arguments, key=key, **options)
        self._futures[key] = future
        return future

    def has(self, key: str) -> bool:
        return str(key).startswith(self._name)

    def cancel(self, keys: Iterable[str]) -> None:
        for key in keys:
            future = self._futures.get(key)
            if future is not None:
                future.cancel()


class _AtWork(NamedTuple):
    """The tasks that a worker has, and since when none of them was finished."""

    keys: frozenset[str]
    since: float


class _LocalWorker:
    """A standard pool of one process, which is replaced when the process dies."""

    def __init__(self, spool: Path) -> None:
        self._spool = spool
        self._future: Future[str] | None = None
        self._is_begun = False
        self._pid: int | None = None
        self._started: list[BaseProcess] = []
        self._begin()

    @property
    def is_free(self) -> bool:
        return self._future is None or self._future.done()

    def submit(self, task: Task) -> Future[str]:
        try:
            self._future = self._submit(task)
        except BrokenExecutor:
            self.stop()
            self._begin()
            self._future = self._submit(task)
        return self._future

    def end_if_late(self) -> None:
        if not self.is_free and time.monotonic() > self._deadline:
            self._kill()

    def _submit(self, task: Task) -> Future[str]:
        self._deadline = inf
        if task.seconds is not None:
            self._deadline = time.monotonic() + GRACE * task.seconds + SECONDS_TO_START
        if self._is_begun:
            return self._pool.submit(_attempt_and_spool, task, self._spool)
        # the first task starts the process
        others = active_children()
        with _quiet_children(), main_not_run_again():
            future = self._pool.submit(_attempt_and_spool, task, self._spool)
        self._started = [process for process in active_children() if process not in others]
        self._is_begun = True
        return future

    def stop(self) -> None:
        # the process sees the other end of the pipe closed, and ends; unless it is stopped
        self._kill()
        self._lifeline.close()
        # the pool's own thread must not meet the end of this program half closed; one that is stuck is left behind
        closing = threading.Thread(target=self._pool.shutdown, kwargs={"cancel_futures": True}, daemon=True)
        closing.start()
        closing.join(SECONDS_TO_CLOSE)

    def _kill(self) -> None:
        with suppress(EOFError, OSError):
            while self._lifeline.poll():
                self._pid = self._lifeline.recv()
        # another thread may have started processes too; ours says its number as soon as it runs
        is_alone = len(self._started) == 1
        for process in self._started:
            if process.pid == self._pid or is_alone:
                process.kill()

    def _begin(self) -> None:
        context = get_context("spawn")
        end, self._lifeline = context.Pipe()
        self._pid = None
        self._started = []
        self._pool = ProcessPoolExecutor(1, context, initializer=_begin_worker, initargs=(end,))
        self._is_begun = False


def _attempt_and_spool(task: Task, spool: Path) -> str:
    text = attempt_within_limits(task)
    return text if len(text) <= INLINE else keep(text, spool)


def _begin_worker(lifeline: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError):  # the other process may have ended already
        lifeline.send(os.getpid())
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()


def _end_with(lifeline: Connection) -> None:
    """End this process when the other end of a pipe is closed, or its process has ended."""
    with suppress(EOFError, OSError):
        lifeline.recv()
    os._exit(1)


@contextmanager
def _quiet_children() -> Iterator[None]:
    """Start processes that never see Ctrl-C, not even while they are being started."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # it lifts the mask when it is started
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _in_quiet_thread(start: Callable[[], Any]) -> Any:
    """Return what a function returns that starts threads and processes; they never see Ctrl-C, this thread does."""
    with _one_quiet_thread() as executor:
        return executor.submit(start).result()


@contextmanager
def _one_quiet_thread() -> Iterator[Executor]:
    from concurrent.futures import ThreadPoolExecutor

    executor = ThreadPoolExecutor(1)
    with _quiet_children():
        executor.submit(int).result()
    try:
        yield executor
    finally:
        executor.shutdown(wait=False)


def _local_cluster(workers: int) -> Any:
    import dask
    import distributed

    settings = {
        # the first death of a worker is ours to judge: its cases are tried again one by one
        "distributed.scheduler.allowed-failures": 0,
        "distributed.scheduler.worker-saturation": 1.0,
        "distributed.worker.profile.enabled": False,
    }
    with dask.config.set(settings):
        return distributed.LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address=":0",
            silence_logs="CRITICAL",
        )


def _client(cluster: Any, **options: Any) -> Any:
    import distributed

    return distributed.Client(cluster, **options, set_as_default=False)  # type: ignore[no-untyped-call]


def _join(operation: str, address: str) -> Any:
    import overlap as ov

    try:
        client = _in_quiet_thread(lambda: _client(address, timeout=10))
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(
            f"{operation}: no dask scheduler answers at {address} ({error_line(error)}): start one (dask scheduler), "
            "or correct --scheduler"
        ) from error
    versions = set(client.run(_version).values())
    if versions - {ov.__version__}:
        client.close()
        others = ", ".join(sorted(versions - {ov.__version__}))
        raise UsageError(
            f"{operation}: workers at {address} have version {others} of overlap-toolkit, this is {ov.__version__}: "
            "install the same everywhere"
        )
    return client


def _version() -> str:
    import overlap as ov

    return ov.__version__


def _end_workers(cluster: Any) -> None:
    """End the processes of a cluster of this machine without waiting for their tasks."""
    nannies = list(cluster.workers.values())

    async def close() -> None:
        await asyncio.gather(*[nanny.close(timeout=0.2) for nanny in nannies], return_exceptions=True)

    cluster.sync(close, callback_timeout=SECONDS_TO_CLOSE)


def _case_error(message: str, details: dict[str, Any]) -> CaseError:
    return CaseError(message, **details)
