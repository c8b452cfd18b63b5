"""Runs that are killed on their way, and go on to the end: what the fields' tests of that share.

A field's script makes the inputs, ends its own worker at one case, and writes one table. A run is the same script once
more, with the word ``score`` at the end of its arguments.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

RECORD = b'"case"'
PLACES = ("serial", "pools", "dask")


class Run:
    """A script that does a job over many inputs, where, and what it writes.

    Parameters
    ----------
    script : path
        Run as ``python SCRIPT FOLDER OUT PLACE score``.
    folder : Path
        Where the inputs lie.
    out : Path
        The table; its records lie beside it.
    place : {"serial", "pools", "dask"}
        Where the cases are worked on.
    """

    def __init__(self, script, folder, out, place):
        self.command = [sys.executable, script, str(folder), str(out), place, "score"]
        self.out = out
        self.place = place

    def start(self):
        return subprocess.Popen(self.command)

    def to_the_end(self):
        """Run, and run again after a death, until it ends by itself; return the table."""
        for _ in range(3):
            if self.start().wait() == 0:
                return self.out.read_bytes()
        raise AssertionError("the third run died too")

    def disturbed(self, n, kills=2):
        """Kill a worker and the run, once or several times, at records spread over n cases; go on to the end."""
        process = self.start()
        if self.place != "serial":
            self.wait_for_records(process, n // 4)
            kill_a_worker(process)
        for k in range(kills):
            self.wait_for_records(process, n * (k + 1) // (kills + 1))
            process.kill()
            process.wait()
            if k < kills - 1:
                process = self.start()
        return self.to_the_end()

    def wait_for_records(self, process, n):
        """Wait until n cases are done, or the run has ended."""
        while process.poll() is None:
            if self.n_records() >= n:
                return
            time.sleep(0.02)

    def n_records(self):
        """Return how many cases are done, in one file of records or several."""
        files = self.out.parent.glob(f"{self.out.name}.records*")
        return sum(path.read_bytes().count(RECORD) for path in files)


def records_of(out):
    return out.with_name(f"{out.name}.records")


def kill_a_worker(process):
    """Kill one of the processes that a run has started for its cases, as soon as there is one."""
    while process.poll() is None:
        workers = workers_of(process)
        if workers:
            with suppress(ProcessLookupError):
                os.kill(random.choice(workers), signal.SIGKILL)
            return
        time.sleep(0.02)


def workers_of(process):
    """Return the processes that a run has started for its cases."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            command = stat.with_name("cmdline").read_bytes()
        except OSError:
            continue
        if parent == process.pid and b"spawn_main" in command:
            found.append(int(stat.parent.name))
    return found


def choose_place(place):
    """Let this process work at a place, and return how many workers it is to ask for.

    Its workers call this too, before they import anything that looks for dask.
    """
    if place == "pools":
        # as if dask were not installed
        sys.modules["dask"] = None
        sys.modules["distributed"] = None
    return 1 if place == "serial" else 2


def compared(script, folder, n, place, table="table.csv"):
    """Run a script disturbed and undisturbed; print whether the tables are the same, their hash and the times.

    Whatever an earlier call left is removed first. The hash is that of other places, too.
    """
    tables = {}
    took = {}
    for how in ("disturbed", "undisturbed"):
        parent = folder / how
        parent.mkdir(exist_ok=True)
        for left in parent.glob(f"{table}*"):
            left.unlink()
        run = Run(script, folder, parent / table, place)
        begin = time.perf_counter()
        tables[how] = run.disturbed(n) if how == "disturbed" else run.to_the_end()
        took[how] = f"{how} {time.perf_counter() - begin:.1f} s"
    is_same = tables["disturbed"] == tables["undisturbed"]
    digest = blake2b(tables["undisturbed"], digest_size=6).hexdigest()
    said = f"the same, {digest}" if is_same else "NOT the same"
    print(f"{table}, {place}: {', '.join(took.values())}; the tables are {said}", flush=True)
