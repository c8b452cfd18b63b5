"""Timed events beside the peers, and how times grow. Processor time, the least of several runs.

pyannote.metrics runs in an environment of its own: ``python benchmarks/events.py PYTHON`` (some minutes: its time grows
with the square of the turns). Without it only our times are shown. ``--anomalies PYTHON`` shows affiliation beside
affiliation-metrics-py, as TSB-AD 1.5 has it, and precision and recall of ranges beside prts 1.0.0.3 (minutes too).
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

Row = tuple[str, str, float, float, float]
"""What, the peer, our seconds, the peer's seconds, the ratio aimed at."""

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
ANOMALIES = 10_000
AFFILIATION = """
import sys, time
from importlib.metadata import distribution
import numpy
sys.path.insert(0, str(distribution("TSB-AD").locate_file("TSB_AD/evaluation")))
from affiliation.metrics import pr_from_events
prediction, reference = [[tuple(map(float, row)) for row in numpy.load(path)] for path in sys.argv[1:]]
length = max(prediction[-1][1], reference[-1][1])
began = time.process_time()
answer = pr_from_events(prediction, reference, (0, length))
print(time.process_time() - began, answer["Affiliation_Precision"], answer["Affiliation_Recall"])
"""
RANGES = """
import sys, time
import numpy
from prts import ts_precision, ts_recall
sides = []
events = [numpy.load(path).astype(int) for path in sys.argv[1:]]
length = max(rows.max() for rows in events)
for rows in events:
    change = numpy.zeros(length + 1, int)
    change[rows[:, 0]] += 1
    change[rows[:, 1]] -= 1
    sides.append(numpy.cumsum(change)[:length])
prediction, reference = sides
settings = {"cardinality": "reciprocal", "bias": "middle"}
began = time.process_time()
precision = ts_precision(reference, prediction, **settings)
recall = ts_recall(reference, prediction, **settings)
print(time.process_time() - began, precision, recall)
"""

MIDDLE: dict[str, Any] = {
    "rate": 1.0,
    "cardinality": "reciprocal",
    "precision_bias": "middle",
    "recall_bias": "middle",
}
ANOMALY_SCORES: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("affiliation", "affiliation-metrics-py", AFFILIATION, {}),
    ("range_based", "prts", RANGES, MIDDLE),
)


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
    sides = [conversation(turns, seed)[["onset", "offset", "label"]].to_numpy(float) for seed in (1, 2)]
    taken, rate = asked(python, PYANNOTE, sides)
    return taken, rate


def asked(python: str, program: str, sides: list[np.ndarray]) -> list[float]:
    """Return the numbers that a program of another environment prints of two tables."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for k, side in enumerate(sides):
            path = Path(folder, f"{k}.npy")
            np.save(path, side)
            paths.append(str(path))
        done = subprocess.run([python, "-c", program, *paths], capture_output=True, text=True, check=True)
    return [float(number) for number in done.stdout.split()]


def runs(n: int, seed: int) -> np.ndarray:
    """Return n disjoint events, in whole samples, a hundred samples to each."""
    bounds = np.random.default_rng(seed).choice(100 * n, 2 * n, replace=False)
    return np.sort(bounds).reshape(-1, 2).astype(float)


def rows_of_speakers(python: str) -> Iterator[Row]:
    """Yield the error rate of one recording; processor time."""
    mine, _ = ours(TURNS)
    taken, _ = theirs(python, TURNS)
    yield f"DER of {TURNS} turns, eight speakers, collar", "pyannote.metrics", mine, taken, 200


def rows_of_anomalies(python: str) -> Iterator[Row]:
    """Yield scores of anomalies; processor time."""
    from domains.events import compare

    for protocol, peer, program, settings in ANOMALY_SCORES:
        mine, _ = _compared(compare, protocol, ANOMALIES, settings)
        taken, *_ = asked(python, program, [runs(ANOMALIES, 1), runs(ANOMALIES, 2)])
        yield f"{protocol} of {ANOMALIES} events a side", peer, mine, taken, 200


def anomalies(python: str | None) -> None:
    """Show affiliation and range-based scores, and those of the peers if there is a Python to ask."""
    from domains.events import compare

    for protocol, peer, program, settings in ANOMALY_SCORES:
        before = None
        for n in (ANOMALIES, 2 * ANOMALIES, 4 * ANOMALIES):
            taken, _ = _compared(compare, protocol, n, settings)
            growth = "" if before is None else f", {taken / before:.2f} times the half"
            print(f"  {protocol}, {n:6} events a side: {taken:8.3f} s{growth}")
            before = taken
        if python is None:
            continue
        mine, report = _compared(compare, protocol, ANOMALIES, settings)
        taken, *figures = asked(python, program, [runs(ANOMALIES, 1), runs(ANOMALIES, 2)])
        difference = max(abs(float(report.precision) - figures[0]), abs(float(report.recall) - figures[1]))
        print(f"  {peer}, {ANOMALIES} events a side: {taken:8.3f} s, ours {mine:.3f} s, difference {difference:.1e}")
        print(f"  ratio {taken / mine:.0f}")


def _compared(compare: Callable[..., Any], protocol: str, n: int, settings: dict[str, Any]) -> tuple[float, Any]:
    sides = [runs(n, seed) for seed in (1, 2)]
    length = max(side.max() for side in sides)
    return seconds(lambda: compare(*sides, protocol, support=length, **settings))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("python", nargs="?", help="the Python of an environment with pyannote.metrics")
    parser.add_argument("--anomalies", metavar="PYTHON", help="the Python of an environment with TSB-AD and prts")
    arguments = parser.parse_args()
    python = arguments.python
    if arguments.anomalies:
        print("Anomalies, events in whole samples")
        anomalies(arguments.anomalies)
        return
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
