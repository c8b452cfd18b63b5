"""Ask YASA (BSD-3) which of drawn spindles are found, by the temporal IoU of one-to-one pairs.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install yasa==0.8.1
    /tmp/peer/bin/python benchmarks/peers/ask_yasa.py

`yasa.compare_detection` with method="intersection". Times are hundredths of a second; spindles of one side overlap, so
that there is more to choose than one pairing.
"""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import yasa

TARGET = Path(__file__).parents[2] / "tests" / "data" / "yasa_spindles.json"
N = 40
THRESHOLDS = (0.1, 0.2, 0.3, 0.5, 0.7)


def draw(rng: Random) -> list[Any]:
    """Return spindles, begin and end in hundredths of a second."""
    spindles = []
    begin = 0
    for _ in range(rng.randint(1, 25)):
        begin += rng.randint(0, 200)
        length = rng.randint(30, 250)
        spindles.append([begin, begin + length])
        begin += rng.randint(0, length)
    return spindles


def ask(prediction: list[Any], reference: list[Any], threshold: float) -> list[float]:
    sides = [np.array(side) / 100 for side in (prediction, reference)]
    found = yasa.compare_detection(*sides, method="intersection", iou_threshold=threshold)
    return [len(found["tp"]), float(found["precision"]), float(found["recall"]), float(found["f1"])]


def main() -> None:
    rng = Random(20)
    cases = []
    for _ in range(N):
        a = draw(rng)
        b = draw(rng)
        cases.append({"prediction": a, "reference": b, "answer": [ask(a, b, threshold) for threshold in THRESHOLDS]})
    tool = f"yasa {version('yasa')}, python {platform.python_version()}"
    TARGET.write_text(
        json.dumps({"tool": tool, "thresholds": THRESHOLDS, "cases": cases}, separators=(",", ":")) + "\n"
    )


if __name__ == "__main__":
    main()
