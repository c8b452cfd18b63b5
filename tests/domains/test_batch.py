"""The engine of whole jobs: nothing is lost, whoever dies and whenever."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from domains import _batch
from domains._batch import Case, Interrupted, Job, Running, run_cases
from domains._checks import UsageError
from domains._records import Header, Records

FOLDER = Path(__file__).parent
IN_A_CLUSTER = pytest.param("dask", marks=pytest.mark.slow)
PLACES = ["here", "pools", IN_A_CLUSTER, "executor"]


@pytest.fixture
def job(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    from work_of_tests import work

    return Job("tests.job", work, {"level": 0.5}, "trying")


@pytest.fixture(params=PLACES)
def running(request, monkeypatch):
    """Every place where cases can be worked on."""
    if request.param == "here":
        yield Running()
    elif request.param == "pools":
        monkeypatch.setattr(_batch, "has_dask", lambda: False)
        yield Running(workers=2)
    elif request.param == "dask":
        pytest.importorskip("distributed")
        yield Running(workers=2)
    else:
        with ProcessPoolExecutor(2, get_context("spawn")) as executor:
            yield Running(executor=executor)


def as_cases(payloads):
    return [Case(f"case {k}", payload) for k, payload in enumerate(payloads)]


@pytest.mark.slow
def test_every_case_is_an_outcome_in_its_order_and_the_records_are_the_same_everywhere(job, running, tmp_path):
    cases = as_cases([1, "raise", 2.5, "fail", "long", 7])
    elsewhere = tmp_path / "elsewhere.records"
    outcomes = run_cases(job, cases, Running(records=elsewhere, workers=running.workers, executor=running.executor))
    assert [outcome.case for outcome in outcomes] == [f"case {k}" for k in range(6)]
    assert [outcome.kind for outcome in outcomes] == ["", "IndexError", "", "CaseError", "", ""]
    assert outcomes[1].error == "IndexError: index 3 is out of bounds for axis 0"
    assert outcomes[3].details == {"side": "prediction"}
    assert outcomes[5].result == [7, 49]
    assert outcomes == run_cases(job, cases, Running(records=tmp_path / "here.records"))
    done = (0, 2, 4, 5)
    again = run_cases(job, [cases[k] for k in done], Running(records=elsewhere))
    assert again == [outcomes[k] for k in done]


# in this process it would end the tests: see the suspects below
in_other_processes = pytest.mark.parametrize("running", PLACES[1:], indirect=True)


@pytest.mark.slow
@in_other_processes
def test_a_case_that_kills_its_worker_is_the_only_one_lost(job, running):
    outcomes = run_cases(job, as_cases([1, 2, "die", 3, 4, 5, 6]), running)
    assert [outcome.kind for outcome in outcomes] == ["", "", "WorkerDied", "", "", "", ""]
    assert "its worker died 3 times" in outcomes[2].error


@pytest.mark.slow
@in_other_processes
def test_a_worker_that_is_killed_once_costs_nothing(job, running, tmp_path):
    once = {"die": "once", "mark": str(tmp_path / "mark")}
    outcomes = run_cases(job, as_cases([1, once, 2, 3]), running)
    assert [outcome.result for outcome in outcomes] == [[1, 1], "survived", [2, 4], [3, 9]]


def test_no_cases_start_nothing(job, running):
    assert run_cases(job, [], running) == []


def test_two_cases_of_one_name_are_refused(job):
    with pytest.raises(ValueError, match="two cases are called 'a'"):
        run_cases(job, [Case("a", 1), Case("a", 2)])


@pytest.mark.slow
def test_a_scheduler_can_be_joined_whose_worker_dies(job, tmp_path):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs="CRITICAL"
    ) as cluster:
        running = Running(scheduler=cluster.scheduler_address, records=tmp_path / "job.records")
        once = {"die": "once", "mark": str(tmp_path / "mark")}
        outcomes = run_cases(job, as_cases([1, once, "raise", 4]), running)
        assert [outcome.kind for outcome in outcomes] == ["", "", "IndexError", ""]
        assert outcomes[1].result == "survived"


@pytest.mark.slow
def test_a_cluster_that_does_not_start_is_replaced(job, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("Nanny failed to start.")

    monkeypatch.setattr(_batch, "DaskPlace", fail)
    assert run_cases(job, as_cases([1]), Running(workers=2))[0].result == [1, 1]


@pytest.mark.slow
def test_limits_hold_with_one_worker_too(job):
    outcomes = run_cases(job, as_cases(["sleep", 3]), Running(max_seconds=0.3))
    assert [outcome.error for outcome in outcomes] == ["this case took longer than the limit of 0.3 s", ""]


def test_a_thread_may_run_a_job(job):
    with ThreadPoolExecutor(1) as executor:
        assert executor.submit(run_cases, job, as_cases([2])).result()[0].result == [2, 4]


class TestResuming:
    def test_a_second_run_does_nothing_twice(self, job, tmp_path):
        marks = [tmp_path / f"{k}.txt" for k in range(3)]
        for mark in marks:
            mark.write_text("then")
        cases = [Case(str(mark), {"read": str(mark)}, (mark,)) for mark in marks]
        running = Running(records=tmp_path / "job.records")
        first = run_cases(job, cases, running)
        marks[1].write_text("changed")
        size = running.records.stat().st_size
        second = run_cases(job, cases, running)
        assert [outcome.result for outcome in second] == ["then", "changed", "then"]
        assert first[0] == second[0]
        third = running.records.stat().st_size
        assert size < third < 1.5 * size
        assert run_cases(job, cases, running) == second
        assert running.records.stat().st_size == third

    def test_a_failure_is_tried_again(self, job, tmp_path):
        path = tmp_path / "a.txt"
        cases = [Case("a", {"read": str(path)}, (path,))]
        running = Running(records=tmp_path / "job.records")
        assert run_cases(job, cases, running)[0].kind == "FileNotFoundError"
        path.write_text("here")
        assert run_cases(job, cases, running)[0].result == "here"

    @pytest.mark.slow
    def test_a_case_that_ended_a_run_is_tried_last_in_a_process_of_its_own(self, job, tmp_path):
        running = Running(records=tmp_path / "job.records")
        with Records(running.records, Header(job.name, job.settings)) as records:
            records.start("case 0")
        outcomes = run_cases(job, as_cases(["die", 1, 2]), running)
        assert [outcome.kind for outcome in outcomes] == ["WorkerDied", "", ""]
        with Records(running.records, Header(job.name, job.settings)) as records:
            assert list(records.outcomes) == ["case 1", "case 2", "case 0"]

    def test_an_input_is_not_written_into(self, job, tmp_path):
        path = tmp_path / "a.txt"
        path.touch()
        with pytest.raises(UsageError, match="this is an input"):
            run_cases(job, [Case("a", {"read": str(path)}, (path,))], Running(records=path))
        assert path.read_bytes() == b""

    def test_other_settings_are_refused(self, job, tmp_path):
        running = Running(records=tmp_path / "job.records")
        run_cases(job, as_cases([1]), running)
        with pytest.raises(UsageError, match="level 0.5, now 0.7"):
            run_cases(Job(job.name, job.work, {"level": 0.7}), as_cases([1]), running)


SCRIPT = """
import signal
import sys
# a process that a shell has put into the background ignores Ctrl-C
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.path.insert(0, {folder!r})
from work_of_tests import work
from domains import _batch
from domains._batch import Case, Interrupted, Job, Running, run_cases

if __name__ == "__main__":
    if {pools}:
        _batch.has_dask = lambda: False
    cases = [Case(str(k), {{"pause": {pause}, "value": k}}) for k in range({n})]
    running = Running(records={records!r}, workers={workers})
    print("begin", flush=True)
    try:
        outcomes = run_cases(Job("tests.job", work), cases, running)
    except Interrupted as stop:
        print(stop)
        sys.exit(130)
    print([outcome.result for outcome in outcomes] == list(range({n})))
"""


def start(tmp_path, *, workers=1, pools=False, pause=0.05, n=60):
    script = tmp_path / "script.py"
    records = str(tmp_path / "job.records")
    text = textwrap.dedent(SCRIPT)
    script.write_text(text.format(folder=str(FOLDER), records=records, workers=workers, pools=pools, pause=pause, n=n))
    process = subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout.readline() == "begin\n", process.stderr.read()
    return process


def wait_for_records(tmp_path, n):
    path = tmp_path / "job.records"
    for _ in range(600):
        if path.exists() and path.read_bytes().count(b'"case"') >= n:
            return
        time.sleep(0.05)
    pytest.fail("no records were written")


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX: sends signals to a group of processes")
class TestEnds:
    @pytest.mark.slow
    @pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
    @pytest.mark.parametrize(("workers", "pools"), [(1, False), (2, True), (2, False)])
    def test_a_signal_stops_within_two_seconds_and_says_how_to_go_on(self, tmp_path, by, workers, pools):
        if workers > 1 and not pools:
            pytest.importorskip("distributed")
        process = start(tmp_path, workers=workers, pools=pools, pause=0.3)
        wait_for_records(tmp_path, 2)
        begin = time.monotonic()
        # Ctrl-C reaches every process of the terminal; a job manager's signal the first only
        if by == signal.SIGINT:
            os.killpg(process.pid, by)
        else:
            process.send_signal(by)
        out, errors = process.communicate(timeout=30)
        assert time.monotonic() - begin < 2.5
        assert process.returncode == 130, errors
        assert "interrupted; " in out
        assert "of 60 cases are done and kept in" in out
        assert errors == ""
        assert _members(process.pid) == []

    @pytest.mark.slow
    @pytest.mark.parametrize(("workers", "pools"), [(1, False), (2, True)])
    def test_runs_that_are_killed_end_with_the_table_of_one_that_was_not(self, tmp_path, workers, pools):
        for n in (3, 9):
            process = start(tmp_path, workers=workers, pools=pools, n=20)
            wait_for_records(tmp_path, n)
            process.kill()
            process.communicate()
        process = start(tmp_path, workers=workers, pools=pools, n=20)
        assert process.communicate(timeout=60) == ("True\n", "")


def _members(group):
    """Return the processes of a group that are still alive, after they had time to end."""
    for _ in range(40):
        alive = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == group and fields[0] != "Z":
                alive.append(stat.parent.name)
        if not alive:
            return []
        time.sleep(0.05)
    return alive


def test_an_interruption_hands_over_what_is_done(job, monkeypatch):
    def interrupted(task, attempt=_batch.attempt):
        if task.payload == "stop":
            raise KeyboardInterrupt
        return attempt(task)

    monkeypatch.setattr(_batch, "attempt", interrupted)
    with pytest.raises(Interrupted, match=r"1 of 3 cases are done; with records \(--records FILE\)") as caught:
        run_cases(job, as_cases([3, "stop", 4]))
    assert [outcome.result for outcome in caught.value.outcomes] == [[3, 9]]


def test_an_executor_that_was_shut_down_is_refused(job):
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(UsageError, match=r"tests.job: executor: .*: pass one that is open"):
        run_cases(job, as_cases([1]), Running(executor=executor))


def test_a_process_of_a_pool_may_start_no_others(job, monkeypatch):
    class Daemon:
        daemon = True

    monkeypatch.setattr(_batch, "current_process", Daemon)
    with pytest.raises(UsageError, match="this is a process of a pool, which may not start others"):
        run_cases(job, as_cases([1, 2]), Running(workers=2))
    assert run_cases(job, as_cases([1]))[0].result == [1, 1]
