"""Timed events beside the peers, and how times grow. Processor time, the least of several runs.

pyannote.metrics runs in an environment of its own: ``python benchmarks/events.py PYTHON`` (some minutes: its time grows
with the square of the turns). Without it only our times are shown.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

TURNS = 10_000
PYANNOTE = """
import sys, time, warnings
import numpy
from pyannote.core import Annotation, Segment
from pyannote.metrics.diarization import DiarizationErrorRate
warnings.simplefilter("ignore")
sides = []
for path in sys.argv[1:]:
    table = numpy.load(path)
    annotation = Annotation()
    for track, (onset, offset, label) in enumerate(table):
        annotation[Segment(onset, offset), track] = str(int(label))
    sides.append(annotation)
hypothesis, reference = sides
began = time.process_time()
rate = DiarizationErrorRate(collar=0.25)(reference, hypothesis)
print(time.process_time() - began, rate)
"""


def conversation(turns: int, seed: int, speakers: int = 8) -> pd.DataFrame:
    """Return turns of some seconds that follow and overlap each other."""
    rng = np.random.default_rng(seed)
    onset = np.cumsum(rng.exponential(2.0, turns)).round(3)
    offset = (onset + rng.gamma(2.0, 1.2, turns)).round(3)
    label = rng.integers(0, speakers, turns).astype(str)
    return pd.DataFrame({"file": "talk", "onset": onset, "offset": offset, "label": label})


def seconds(work: Callable[[], Any], repeats: int = 5) -> tuple[float, Any]:
    """Return the least processor time of several runs, and what came of it."""
    times = []
    for _ in range(repeats):
        began = time.process_time()
        result = work()
        times.append(time.process_time() - began)
    return min(times), result


def ours(turns: int) -> tuple[float, float]:
    from domains.events import compare

    prediction = conversation(turns, 1)
    reference = conversation(turns, 2)
    taken, report = seconds(lambda: compare(prediction, reference, "pyannote_der", collar=0.25))
    return taken, float(report.der)


def theirs(python: str, turns: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for seed in (1, 2):
            path = Path(folder, f"{seed}.npy")
            np.save(path, conversation(turns, seed)[["onset", "offset", "label"]].to_numpy(float))
            paths.append(str(path))
        done = subprocess.run([python, "-c", PYANNOTE, *paths], capture_output=True, text=True, check=True)
    taken, rate = done.stdout.split()
    return float(taken), float(rate)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("python", nargs="?", help="the Python of an environment with pyannote.metrics")
    python = parser.parse_args().python
    print("DER of one recording, eight speakers, collar 0.25 s")
    before = None
    for turns in (TURNS, 2 * TURNS, 4 * TURNS, 8 * TURNS):
        taken, rate = ours(turns)
        growth = "" if before is None else f", {taken / before:.2f} times the half"
        print(f"  ours, {turns:6} turns a side: {taken:8.3f} s{growth} (DER {rate:.12f})")
        before = taken
    if python is None:
        return
    mine, rate = ours(TURNS)
    taken, their_rate = theirs(python, TURNS)
    print(
        f"  pyannote, {TURNS} turns a side: {taken:8.3f} s (DER {their_rate:.12f}), difference {rate - their_rate:.1e}"
    )
    print(f"  ratio {taken / mine:.0f} (aim 200)")


if __name__ == "__main__":
    main()
