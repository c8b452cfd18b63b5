"""A cohort in which everything goes wrong at once: its table is that of a run that nobody disturbed.

One image is cut off, one is empty, one lies on another grid, and one ends the process that reads it, as the kernel does
when memory runs out. On the way a worker is killed, and the whole run twice. The long version of the test, with 500
cases on two workers of a dask cluster::

    python tests/domains/lesions/cohort_with_faults.py /tmp/cohort 500 dask

The last word may also be ``pools`` (two processes without dask) or ``serial``.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import nibabel
import numpy as np

KILLER = "case_0003"
CUT_OFF = "case_0005"
EMPTY = "case_0007"
OTHER_GRID = "case_0009"
RECORD = b'"case"'
_load = nibabel.load


def load_or_die(path, *rest, **more):
    if KILLER in str(path):
        os.kill(os.getpid(), signal.SIGKILL)
    return _load(path, *rest, **more)


if __name__ in ("__main__", "__mp_main__"):
    # in workers too, but not in the tests
    nibabel.load = load_or_die


def make(folder, n):
    """Write the images of n cases."""
    for k in range(n):
        for side, shift in (("p", 0), ("r", 1 + k % 2)):
            mask = np.zeros((7, 6, 4), np.uint8)
            mask[shift : shift + 3, 1 : 2 + k % 4, 1:3] = 1
            save(folder / side / f"case_{k:04d}.nii.gz", mask)
    cut_off = folder / "p" / f"{CUT_OFF}.nii.gz"
    cut_off.write_bytes(cut_off.read_bytes()[:-5])
    (folder / "r" / f"{EMPTY}.nii.gz").write_bytes(b"")
    save(folder / "r" / f"{OTHER_GRID}.nii.gz", np.ones((7, 6, 5), np.uint8))


def save(path, mask):
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(mask, np.eye(4)), path)


def start(folder, out, place):
    return subprocess.Popen([sys.executable, __file__, str(folder), str(out), place, "score"])


def to_the_end(folder, out, place):
    """Run the cohort, again if it died."""
    for _ in range(3):
        if start(folder, out, place).wait() == 0:
            return out.read_bytes()
    raise AssertionError("the third run died too")


def wait_for_records(process, out, n):
    """Wait until n cases are done, or the run has ended."""
    records = out.with_name(f"{out.name}.records")
    while process.poll() is None:
        if records.exists() and records.read_bytes().count(RECORD) >= n:
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


def disturbed(folder, out, place, n, kills=2):
    """Run the cohort, kill a worker and the run, once or twice, and go on to the end."""
    process = start(folder, out, place)
    if place != "serial":
        wait_for_records(process, out, n // 4)
        os.kill(random.choice(workers_of(process)), signal.SIGKILL)
    for k in range(kills):
        wait_for_records(process, out, n * (k + 1) // (kills + 1))
        process.kill()
        process.wait()
        if k < kills - 1:
            process = start(folder, out, place)
    return to_the_end(folder, out, place)


def score(folder, out, place):
    from domains import _batch
    from domains.lesions import cohort

    if place == "pools":
        _batch.has_dask = lambda: False
    cohort(folder / "p", folder / "r", out=out, workers=1 if place == "serial" else 2)


def main():
    folder = Path(sys.argv[1])
    if sys.argv[-1] == "score":
        score(folder, Path(sys.argv[2]), sys.argv[3])
        return
    n = int(sys.argv[2])
    place = sys.argv[3]
    make(folder, n)
    begin = time.perf_counter()
    found = disturbed(folder, folder / "disturbed.csv", place, n)
    middle = time.perf_counter()
    wanted = to_the_end(folder, folder / "undisturbed.csv", place)
    end = time.perf_counter()
    n_rows = len(found.splitlines()) - 1
    print(f"{n_rows} rows; disturbed {middle - begin:.1f} s, undisturbed {end - middle:.1f} s")
    print("the tables are", "the same" if found == wanted else "NOT the same")


if __name__ == "__main__":
    main()
