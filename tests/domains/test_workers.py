"""Where cases are worked on, and how a worker ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import BrokenExecutor, Future, wait
from pathlib import Path

import pytest

from domains import _workers
from domains._checks import UsageError
from domains._workers import (
    CaseError,
    DaskPlace,
    LocalPlace,
    Task,
    attempt,
    attempt_within_limits,
    error_line,
    received,
)

FOLDER = Path(__file__).parent
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: limits of the address space")


@pytest.fixture
def work(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    from work_of_tests import work

    return work


@pytest.fixture
def place(work):
    place = LocalPlace(1)
    yield place
    place.stop(at_once=True)


def result(place, task):
    return received(place.submit(task).result(timeout=60))


def test_whatever_the_work_raises_is_error_line(work):
    assert attempt(Task(work, "raise"))["error"] == "IndexError: index 3 is out of bounds for axis 0"
    assert attempt(Task(work, "exit"))["error"] == "SystemExit: goodbye"
    assert attempt(Task(work, "recurse"))["error"].startswith("RecursionError: ")
    assert attempt(Task(work, "fail")) == {
        "inputs": [],
        "error": "no such label",
        "kind": "CaseError",
        "details": {"side": "prediction"},
    }


def test_an_error_without_words_is_its_kind():
    assert error_line(MemoryError()) == "MemoryError"
    assert error_line(CaseError("a\n b")) == "a b"


@pytest.mark.slow
def test_no_more_processes_are_started_than_there_is_work(work):
    place = LocalPlace(1000)
    assert result(place, Task(work, 3))["result"] == [3, 9]
    assert len(place._workers) == 1
    place.stop(at_once=True)


@pytest.mark.slow
@ON_LINUX
def test_workers_never_see_ctrl_c(place, work):
    status = result(place, Task(work, {"read": "/proc/thread-self/status"}))["result"]
    blocked = next(line for line in status.splitlines() if line.startswith("SigBlk:"))
    assert int(blocked.split()[1], 16) >> (signal.SIGINT - 1) & 1


@pytest.mark.slow
def test_a_worker_that_dies_is_replaced(place, work):
    future = place.submit(Task(work, "die"))
    assert isinstance(future.exception(timeout=60), BrokenExecutor)
    assert result(place, Task(work, 3))["result"] == [3, 9]


@pytest.mark.slow
def test_a_long_result_arrives_whole_and_leaves_no_file(place, work):
    assert len(result(place, Task(work, "long"))["result"]) == 100_000
    assert list(place._spool.path.glob("*.json")) == []


@pytest.mark.slow
def test_a_limit_of_time_is_told(place, work):
    outcome = result(place, Task(work, "sleep", seconds=0.2))
    assert outcome["error"] == "this case took longer than the limit of 0.2 s"
    assert result(place, Task(work, 3, seconds=0.2))["result"] == [3, 9]


@pytest.mark.slow
@ON_LINUX
def test_a_limit_of_memory_is_told(place, work):
    outcome = result(place, Task(work, "hog", memory=0.5))
    assert outcome["error"] == "this case needs more memory than the limit of 0.5 GiB"


def test_limits_are_refused_where_the_work_is_done_in_this_process(work):
    outcome = received(attempt_within_limits(Task(work, 3, seconds=1.0)))
    assert outcome["error"].startswith("limits of time and memory need workers that are processes of their own")
    assert received(attempt_within_limits(Task(work, 3)))["result"] == [3, 9]


@pytest.mark.slow
def test_stopping_ends_workers_in_the_midst_of_their_work(work):
    place = LocalPlace(2)
    futures = [place.submit(Task(work, "sleep")) for _ in range(2)]
    time.sleep(0.5)
    begin = time.monotonic()
    place.stop(at_once=True)
    assert not wait(futures, timeout=2).not_done
    assert time.monotonic() - begin < 2


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs POSIX: stops a process by a signal")
def test_a_worker_that_was_stopped_is_ended(work, monkeypatch):
    monkeypatch.setattr(_workers, "SECONDS_TO_START", 0.5)
    others = set(multiprocessing.active_children())
    place = LocalPlace(1)
    assert result(place, Task(work, 3))["result"] == [3, 9]
    future = place.submit(Task(work, "sleep", seconds=0.5))
    (process,) = set(multiprocessing.active_children()) - others
    os.kill(process.pid, signal.SIGSTOP)
    place.look()
    assert not future.done()
    time.sleep(1.2)
    place.look()
    assert isinstance(future.exception(timeout=10), BrokenExecutor)
    place.stop(at_once=True)


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs POSIX: stops a process by a signal")
@pytest.mark.parametrize("seconds", [0, 0.5])
def test_a_worker_that_was_stopped_before_it_said_its_number_is_ended(work, seconds):
    others = set(multiprocessing.active_children())
    place = LocalPlace(1)
    future = place.submit(Task(work, "sleep"))
    time.sleep(seconds)
    (process,) = set(multiprocessing.active_children()) - others
    os.kill(process.pid, signal.SIGSTOP)
    place.stop(at_once=True)
    assert isinstance(future.exception(timeout=10), BrokenExecutor)


def test_workers_end_with_the_process_that_started_them(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import os, sys
            sys.path.insert(0, {str(FOLDER)!r})
            from domains._workers import LocalPlace, Task, received

            if __name__ == "__main__":
                place = LocalPlace(1)
                print(received(place.submit(Task(len, "ab")).result())["result"], flush=True)
                from work_of_tests import work
                place.submit(Task(work, "sleep"))
                import multiprocessing
                print(multiprocessing.active_children()[0].pid, flush=True)
                os.kill(os.getpid(), 9)
            """
        )
    )
    out = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60).stdout.split()
    worker = int(out[1])
    for _ in range(40):
        if not _is_alive(worker):
            return
        time.sleep(0.05)
    pytest.fail(f"worker {worker} outlived its parent")


@pytest.mark.slow
def test_a_cluster_works_loses_a_worker_ends_one_that_was_stopped_and_stops_at_once(work, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(_workers, "SECONDS_TO_START", 1.0)
    place = DaskPlace("tests.job")
    try:
        assert place.width == 4
        assert result(place, Task(work, 3))["result"] == [3, 9]
        assert place.submit(Task(work, "die")).exception(timeout=60) is not None
        assert result(place, Task(work, 4))["result"] == [4, 16]
        stopped = place.submit(Task(work, "stop", seconds=0.1))
        while not stopped.done():
            place.look()
            time.sleep(0.1)
        assert stopped.cancelled()
        assert result(place, Task(work, 5))["result"] == [5, 25]
        place.submit(Task(work, "sleep"))
        time.sleep(0.3)
    finally:
        begin = time.monotonic()
        place.stop(at_once=True)
    assert time.monotonic() - begin < 2


def test_workers_that_others_use_are_left_alone():
    """Only a worker whose tasks are all ours, and of which none was finished, is late."""
    processing = {"late": ["ours 1"], "shared": ["ours 2", "theirs"], "idle": []}
    restarted = []

    class Client:
        def get_executor(self, **options):
            return self

        def processing(self):
            return processing

        def restart_workers(self, workers, **options):
            restarted.extend(workers)

    place = object.__new__(DaskPlace)
    place._client = Client()
    place._tasks = _workers._NamedTasks(place._client)
    place._tasks._name = "ours"
    place._at_work = {}
    place._end_late_workers(0.0, latest=5.0)
    place._end_late_workers(6.0, latest=5.0)
    assert restarted == ["late"]
    # it has finished one since
    processing["late"] = ["ours 3"]
    place._end_late_workers(7.0, latest=5.0)
    place._end_late_workers(11.0, latest=5.0)
    assert restarted == ["late"]


@pytest.fixture
def empty_cluster():
    """A scheduler of no workers."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=0, dashboard_address=":0", silence_logs="CRITICAL") as cluster:
        yield cluster


@pytest.mark.slow
def test_a_cluster_of_our_own_that_lost_all_workers_is_replaced(work, monkeypatch, empty_cluster):
    monkeypatch.setattr(_workers, "_local_cluster", lambda workers: empty_cluster)
    monkeypatch.setattr(_workers, "SECONDS_WITHOUT_WORKERS", 0.1)
    place = DaskPlace("tests.job", workers=1)
    future = place.submit(Task(work, 3))
    time.sleep(0.2)
    place.look()
    assert future.cancelled()
    assert place.width == 1
    assert result(place, Task(work, 3))["result"] == [3, 9]
    place.stop(at_once=True)


def test_a_scheduler_without_workers_is_told(monkeypatch, empty_cluster):
    monkeypatch.setattr(_workers, "SECONDS_WITHOUT_WORKERS", 0.1)
    place = DaskPlace("tests.job", scheduler=empty_cluster.scheduler_address)
    time.sleep(0.2)
    with pytest.raises(OSError, match=r"has had no workers for 0.1 s: start some \(dask worker ADDRESS\)"):
        place.look()
    place.stop(at_once=True)


def test_a_scheduler_that_does_not_answer_is_told(monkeypatch):
    pytest.importorskip("distributed")
    with pytest.raises(UsageError, match=r"no dask scheduler answers at nonsense://x .*: start one"):
        DaskPlace("tests.job", scheduler="nonsense://x")


def _is_alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


class _Pool:
    """A pool that is handed a task and never does it."""

    def submit(self, *_):
        return Future()


def test_a_worker_has_the_limit_and_the_time_that_a_process_takes_to_start(tmp_path, monkeypatch):
    worker = _workers._LocalWorker(tmp_path)
    monkeypatch.setattr(worker, "_is_begun", True)
    monkeypatch.setattr(worker, "_pool", _Pool())
    clock = {"now": 100.0}
    ended = []
    monkeypatch.setattr(worker, "_kill", lambda: ended.append(clock["now"]))
    monkeypatch.setattr(_workers.time, "monotonic", lambda: clock["now"])
    worker.submit(Task(abs, -1, seconds=50.0))
    for clock["now"] in (100.0, 169.9, 170.1):
        worker.end_if_late()
    assert ended == [170.1], "50 s and a fifth more, and 10 to start"
    worker.submit(Task(abs, -1))
    clock["now"] = 1e9
    worker.end_if_late()
    assert ended == [170.1], "without a limit nothing is late"
