"""Ask SUMO (MIT, https://github.com/dslaborg/sumo) how many spindles match on drawn recordings, and its scores.

    python benchmarks/peers/ask_sumo.py sumo/sumo/evaluation/utils.py

in an environment with numpy and scipy, and that file of a checkout. 60 recordings at 100 Hz of spindles of 0.3 to 3 s,
detections near them, some cut in two and some of them alone; the last six have an empty side. Every third recording has
spindles of few lengths, so that temporal IoU are equal.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

np.int = int  # type: ignore[attr-defined]  # noqa: NPY001

TARGET = Path(__file__).parents[2] / "tests" / "data" / "sumo_spindles.json"
THRESHOLDS = [k / 20 for k in range(1, 20)]
RATE = 100


def drawn(rng: np.random.Generator, coarse: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return detections and references in samples."""
    step = 50 if coarse else 1
    n = int(rng.integers(3, 15))
    onset = np.cumsum(rng.integers(150, 900, n)) // step * step
    offset = onset + np.maximum(rng.integers(30, 300, n) // step, 1) * step
    reference = np.stack([onset, offset], axis=1)
    moved = reference + rng.integers(-40, 41, reference.shape) // step * step
    detections = moved[rng.random(n) < 0.8]
    halves = reference[rng.random(n) < 0.3]
    middle = halves.mean(axis=1).astype(int)
    cut = [np.stack([halves[:, 0], middle], axis=1), np.stack([middle, halves[:, 1]], axis=1)]
    alone = rng.integers(0, 9000, (int(rng.integers(0, 4)), 1)) // step * step + np.array([0, 100])
    every = np.concatenate([detections, *cut, alone])
    return every[every[:, 0] < every[:, 1]], reference


def asked(utils: ModuleType) -> list[dict[str, Any]]:
    rng = np.random.default_rng(12)
    cases = []
    for k in range(60):
        detections, reference = drawn(rng, coarse=k % 3 == 0)
        if k >= 54 and k % 3 != 1:
            detections = detections[:0]
        if k >= 54 and k % 3 != 2:
            reference = reference[:0]
        found = utils.get_true_positives(detections, reference, np.array(THRESHOLDS))
        with np.errstate(all="ignore"):
            precision, recall, f1 = utils.metric_scores(len(detections), len(reference), found)
        cases.append(
            {
                "detections": detections.tolist(),
                "reference": reference.tolist(),
                "true_positives": found.tolist(),
                "precision": np.asarray(precision, float).tolist(),
                "recall": np.asarray(recall, float).tolist(),
                "f1": np.asarray(f1, float).tolist(),
            }
        )
    return cases


def main() -> None:
    spec = importlib.util.spec_from_file_location("utils", sys.argv[1])
    utils = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    spec.loader.exec_module(utils)  # type: ignore[union-attr]
    about = f"SUMO, sumo/evaluation/utils.py of its main branch; numpy {np.__version__}; spindles in samples at 100 Hz"
    answers = {"about": about, "thresholds": THRESHOLDS, "cases": asked(utils)}
    TARGET.write_text(json.dumps(answers, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
