"""PSDS beside psds_eval: 1168 recordings at 50 operating points. Processor time, the least of three runs.

    python benchmarks/sound_events.py PYTHON

PYTHON is that of an environment with psds_eval 0.5.3 and pandas 1.5.3, see `benchmarks/peers/ask_psds_eval.py`.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from events import Row, seconds

N_FILES = 1168
N_POINTS = 50
LABELS = [f"label {k}" for k in range(10)]
PSDS_EVAL = """
import sys, time, warnings
import pandas as pd
from psds_eval import PSDSEval
warnings.simplefilter("ignore")
names = {"file": "filename", "label": "event_label"}
prediction, truth, durations = (pd.read_csv(path).rename(columns=names) for path in sys.argv[1:4])
points = [prediction[prediction.confidence > k / 50].drop(columns="confidence") for k in range(50)]
times = []
for _ in range(3):
    began = time.process_time()
    tool = PSDSEval(0.1, 0.1, 0.3, ground_truth=truth, metadata=durations)
    for table in points:
        tool.add_operating_point(table)
    score = tool.psds(alpha_ct=0.5, alpha_st=1.0, max_efpr=100.0).value
    times.append(time.process_time() - began)
print(min(times), score)
"""


def recordings(seed: int, *, scored: bool) -> pd.DataFrame:
    """Return events of recordings of 10 s; those of one label do not overlap, as psds_eval asks."""
    rng = np.random.default_rng(seed)
    rows = []
    for file in range(N_FILES):
        for label in rng.choice(LABELS, 3, replace=False):
            begin, end = np.sort(rng.uniform(0, 10, 2).round(3))
            if begin < end:
                rows.append((f"{file:04}.wav", begin, end, label))
    table = pd.DataFrame(rows, columns=["file", "onset", "offset", "label"])
    return table.assign(confidence=rng.random(len(table))) if scored else table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("python", help="the Python of an environment with psds_eval")
    ours, (taken, score) = measured(parser.parse_args().python)
    print(f"psds_eval, {N_POINTS} operating points: {taken:.3f} s (PSDS {score:.12f})")
    for name, (mine, own_score) in ours.items():
        print(f"ours, {name}: {mine:.3f} s (PSDS {own_score:.12f}), ratio {taken / mine:.1f}")


def rows(python: str) -> Iterator[Row]:
    """Yield PSDS at operating points, and at all thresholds; processor time."""
    ours, (taken, _) = measured(python)
    for name, (mine, _) in ours.items():
        yield f"PSDS of {N_FILES} recordings, {name}", f"psds_eval, {N_POINTS} points", mine, taken, 10


def measured(python: str) -> tuple[dict[str, tuple[float, float]], tuple[float, float]]:
    """Return our times and scores, by what was given, and those of psds_eval."""
    from domains.events import compare, operating_points

    truth = recordings(1, scored=False)
    near = truth.assign(onset=truth["onset"] * 0.95, confidence=np.random.default_rng(3).random(len(truth)))
    prediction = pd.concat([near, recordings(2, scored=True)]).drop_duplicates(["file", "label"])
    durations = pd.DataFrame({"file": [f"{k:04}.wav" for k in range(N_FILES)], "duration": 10.0})
    points = operating_points(
        {
            f"{k:02}": prediction[prediction["confidence"] > k / N_POINTS].drop(columns="confidence")
            for k in range(N_POINTS)
        }
    )
    ours = {}
    for name, table in ((f"{N_POINTS} operating points", points), ("all thresholds", prediction)):
        taken, report = seconds(partial(compare, table, truth, "psds_scenario2", support=durations), repeats=3)
        ours[name] = (taken, float(report.psds))
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for name, table in (("prediction", prediction), ("truth", truth), ("durations", durations)):
            path = Path(folder, f"{name}.csv")
            table.to_csv(path, index=False)
            paths.append(str(path))
        done = subprocess.run([python, "-c", PSDS_EVAL, *paths], capture_output=True, text=True, check=True)
    taken, score = map(float, done.stdout.split())
    return ours, (taken, score)


if __name__ == "__main__":
    main()
