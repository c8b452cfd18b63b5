"""Ask eval.py of MS-TCN (MIT) for segmental F1 and the edit score on drawn label timelines.

    git clone https://github.com/yabufarha/ms-tcn && python -m venv /tmp/peer && /tmp/peer/bin/pip install numpy
    /tmp/peer/bin/python benchmarks/peers/ask_ms_tcn.py ms-tcn/eval.py

The golden values come from commit 4d3bc71, in which np.float is np.float64, so that numpy of today runs it. 60 videos,
a letter a frame, "b" for background: predictions are the reference with boundaries moved, labels exchanged and
segments split, so that many best matches are taken and many IoU lie at a threshold.
"""

from __future__ import annotations

import importlib.util
import json
import platform
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

TARGET = Path(__file__).parents[2] / "tests" / "data" / "ms_tcn.json"
N = 60
LABELS = "bcutp"
BACKGROUND = ["b"]
OVERLAPS = (0.1, 0.25, 0.5)


def load(path: str) -> Any:
    """Return the module at a path."""
    spec = importlib.util.spec_from_file_location("ms_tcn_eval", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def draw(rng: np.random.Generator) -> np.ndarray:
    """Return the label of each frame of a video."""
    n = int(rng.integers(2, 14))
    return np.repeat(rng.choice(list(LABELS), n), rng.integers(1, 12, n))


def spoiled(reference: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a prediction of it: shifted, with pieces of other labels in it."""
    prediction = np.roll(reference, rng.integers(-3, 4))
    for _ in range(rng.integers(0, 6)):
        begin = rng.integers(0, len(prediction))
        prediction[begin : begin + rng.integers(1, 6)] = rng.choice(list(LABELS))
    return prediction


def main() -> None:
    warnings.simplefilter("ignore")
    peer = load(sys.argv[1])
    rng = np.random.default_rng(2017)
    cases = []
    while len(cases) < N:
        reference = draw(rng)
        prediction = spoiled(reference, rng)
        # it raises where the reference has no segment
        if set(reference) <= set(BACKGROUND):
            continue
        counts = [peer.f_score(prediction, reference, overlap, BACKGROUND) for overlap in OVERLAPS]
        edit = peer.edit_score(prediction, reference, True, BACKGROUND)
        cases.append(
            {
                "prediction": "".join(prediction),
                "reference": "".join(reference),
                "tp_fp_fn": counts,
                "edit": float(edit),
            }
        )
    about = {"tool": "ms-tcn eval.py, commit 4d3bc71", "numpy": np.__version__, "python": platform.python_version()}
    TARGET.write_text(json.dumps({"about": about, "background": BACKGROUND, "cases": cases}) + "\n")


if __name__ == "__main__":
    main()
