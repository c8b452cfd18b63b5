"""Ask affiliation-metrics-py (MIT) for precision and recall by affiliation on drawn series.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install numpy && /tmp/peer/bin/pip install --no-deps TSB-AD==1.5
    /tmp/peer/bin/python benchmarks/peers/ask_affiliation.py

The authors' own package is on GitHub only; TSB-AD 1.5 has a copy of it, which is asked here. 60 series, a third of them
in whole samples, with up to eight events a side: some touch the ends of the series, some zones have no prediction.
"""

from __future__ import annotations

import json
import platform
import sys
from importlib.metadata import distribution, version
from pathlib import Path

import numpy as np

# the package imports all of its detectors, the folder of the metrics none
sys.path.insert(0, str(distribution("TSB-AD").locate_file("TSB_AD/evaluation")))
from affiliation.metrics import pr_from_events  # type: ignore[import-not-found]

TARGET = Path(__file__).parents[2] / "tests" / "data" / "affiliation.json"
N = 60
LENGTH = 1000

Events = list[tuple[float, float]]


def draw(rng: np.random.Generator, at_least: int, *, whole: bool) -> Events:
    """Return up to eight disjoint events of a series."""
    n = int(rng.integers(at_least, 9))
    bounds = np.sort(rng.choice(LENGTH + 1, 2 * n, replace=False)).astype(float)
    if not whole:
        bounds[1:-1] += rng.uniform(0, 0.5, max(len(bounds) - 2, 0)).round(3) if n else 0
    return [(float(a), float(b)) for a, b in bounds.reshape(-1, 2)]


def main() -> None:
    rng = np.random.default_rng(20220814)
    cases = []
    for k in range(N):
        whole = k % 3 == 0
        reference = draw(rng, 1, whole=whole)
        prediction = draw(rng, 0 if k % 10 == 0 else 1, whole=whole)
        answer = pr_from_events(prediction, reference, (0, LENGTH))
        cases.append({"prediction": prediction, "reference": reference, "answer": answer})
    about = {
        "tool": f"affiliation-metrics-py, as TSB-AD {version('TSB-AD')} has it",
        "python": platform.python_version(),
    }
    TARGET.write_text(json.dumps({"about": about, "length": LENGTH, "cases": cases}, indent=None) + "\n")


if __name__ == "__main__":
    main()
