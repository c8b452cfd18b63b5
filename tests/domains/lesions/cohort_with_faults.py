"""A cohort in which everything goes wrong at once: its table is that of a run that nobody disturbed.

One image is cut off, one is empty, one lies on another grid, and one ends the process that reads it, as the kernel does
when memory runs out. On the way a worker is killed, and the whole run twice. The long version of the test, with 500
cases on two workers of a dask cluster::

    python tests/domains/lesions/cohort_with_faults.py /tmp/cohort 500 dask

The last word may also be ``pools`` (two processes without dask) or ``serial``.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import nibabel
import numpy as np

KILLER = "case_0003"
CUT_OFF = "case_0005"
EMPTY = "case_0007"
OTHER_GRID = "case_0009"
_load = nibabel.load


def load_or_die(path, *rest, **more):
    if KILLER in str(path):
        os.kill(os.getpid(), signal.SIGKILL)
    return _load(path, *rest, **more)


if __name__ in ("__main__", "__mp_main__"):
    # in workers too, but not in the tests
    sys.path.append(str(Path(__file__).parents[1]))
    import runs_with_faults

    nibabel.load = load_or_die
    workers = runs_with_faults.choose_place(sys.argv[3])


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


def main():
    folder = Path(sys.argv[1])
    if sys.argv[-1] == "score":
        from domains.lesions import cohort

        cohort(folder / "p", folder / "r", out=Path(sys.argv[2]), workers=workers)
        return
    n = int(sys.argv[2])
    make(folder, n)
    runs_with_faults.compared(__file__, folder, n, place=sys.argv[3])


if __name__ == "__main__":
    main()
