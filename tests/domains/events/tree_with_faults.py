"""A tree of event files in which everything goes wrong at once: its table is that of a run that nobody disturbed.

One file is what a crash leaves, zeros, and one ends the process that reads it, as the kernel does when memory runs out.
On the way a worker is killed, and the whole run twice. The long version of the test, with 2,200 files a side on two
workers of a dask cluster::

    python tests/domains/events/tree_with_faults.py /tmp/tree 2200 dask

The last word may also be ``pools`` (two processes without dask).
"""

from __future__ import annotations

import os
import random
import signal
import sys
from pathlib import Path

KILLER = "r/site_0/night_0003.rttm"
BROKEN = "p/site_1/night_0001.tsv"
LABELS = ("owl", "fox", "tawny owl, far")


def read_or_die(path, *rest, **more):
    if path.endswith(KILLER):
        os.kill(os.getpid(), signal.SIGKILL)
    return read_with_note(path, *rest, **more)


if __name__ in ("__main__", "__mp_main__"):
    # in workers too, but not in the tests
    sys.path.append(str(Path(__file__).parents[1]))
    import runs_with_faults

    workers = runs_with_faults.choose_place(sys.argv[3])
    from domains.events.files import sides
    from domains.events.files.io import read_with_note

    sides.read_with_note = read_or_die


def make(folder, n):
    """Write n files a side in folders of sites, as a CSV, a BIDS table, a table of DCASE and RTTM in turn."""
    writers = (as_csv, as_bids, as_dcase, as_rttm)
    numbers = random.Random(7)
    for k in range(n):
        onsets = sorted(round(numbers.uniform(0, 3000), 3) for _ in range(2 + k % 9))
        events = [(onset, 0.5 + j % 4, LABELS[j % 3]) for j, onset in enumerate(onsets)]
        later = [(onset + 0.25, duration, label) for onset, duration, label in events[k % 2 :]]
        write = writers[k % 4]
        site = f"site_{k % 3}"
        write(folder / "r" / site / f"night_{k:04d}", events)
        write(folder / "p" / site / f"night_{k:04d}", later)
    (folder / BROKEN).write_bytes(bytes(4096))


def as_csv(path, events):
    lines = ["onset,offset,label"]
    lines += [f'{onset},{onset + duration},"{label}"' for onset, duration, label in events]
    save(path, ".csv", lines)


def as_bids(path, events):
    lines = ["onset\tduration\ttrial_type"]
    lines += [f"{onset}\t{duration}\t{label}" for onset, duration, label in events]
    save(path, ".tsv", lines)


def as_dcase(path, events):
    save(path, ".txt", [f"{onset}\t{onset + duration}\t{label}" for onset, duration, label in events])


def as_rttm(path, events):
    lines = []
    for onset, duration, label in events:
        name = label.replace(" ", "_")
        lines.append(f"SPEAKER {path.name} 1 {onset} {duration} <NA> <NA> {name} <NA> <NA>")
    save(path, ".rttm", lines)


def save(path, suffix, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(suffix).write_text("\n".join(lines) + "\n")


def table_of(folder, **running):
    """Return the score of each recording, then what was skipped, as one table."""
    import pandas as pd

    from domains.events import score, summarise

    report, skipped, _ = score(folder / "p", folder / "r", by="file", **running)
    return pd.concat([summarise(report), skipped], ignore_index=True)


def main():
    folder = Path(sys.argv[1])
    if sys.argv[-1] == "score":
        from domains._console import save_table

        out = Path(sys.argv[2])
        table = table_of(folder, workers=workers, records=runs_with_faults.records_of(out))
        save_table(table, out)
        return
    n = int(sys.argv[2])
    make(folder, n)
    runs_with_faults.compared(__file__, folder, n, place=sys.argv[3])


if __name__ == "__main__":
    main()
