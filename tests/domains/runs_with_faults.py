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
        self.records = records_of(out)
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
            if self.records.exists() and self.records.read_bytes().count(RECORD) >= n:
                return
            time.sleep(0.02)


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


def compared(script, folder, n, place):
    """Run a script disturbed and undisturbed, and say whether the tables are the same, and how long it took."""
    begin = time.perf_counter()
    found = Run(script, folder, folder / "disturbed.csv", place).disturbed(n)
    middle = time.perf_counter()
    wanted = Run(script, folder, folder / "undisturbed.csv", place).to_the_end()
    end = time.perf_counter()
    n_rows = len(found.splitlines()) - 1
    print(f"{n_rows} rows; disturbed {middle - begin:.1f} s, undisturbed {end - middle:.1f} s")
    print("the tables are", "the same" if found == wanted else "NOT the same")
