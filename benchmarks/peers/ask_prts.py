"""Ask prts (Apache-2.0) and aeon (BSD-3) for range-based precision and recall on drawn vectors.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install prts==1.0.0.3 aeon==1.6.0
    /tmp/peer/bin/python benchmarks/peers/ask_prts.py

48 vectors of 0 and 1, every combination of the settings twice. "prts" holds precision, recall and F of beta = 2; where
aeon says other than prts to 1e-12, its F stands beside: it divides by beta² (P + R).
"""

from __future__ import annotations

import json
import platform
import warnings
from importlib.metadata import version
from itertools import product
from pathlib import Path

import numpy as np
from aeon.benchmarking.metrics.anomaly_detection import range_f_score, range_precision, range_recall
from prts import ts_fscore, ts_precision, ts_recall

TARGET = Path(__file__).parents[2] / "tests" / "data" / "range_based.json"
BIASES = ("flat", "front", "middle", "back")
BETA = 2.0


def draw(rng: np.random.Generator) -> np.ndarray:
    """Return a vector with runs of 0 and of 1, one of each at least."""
    lengths = rng.integers(1, 12, 14)
    vector = np.repeat(np.arange(14) % 2, lengths)
    return vector[: 10 * len(vector) // 14] if rng.random() < 0.5 else vector


def main() -> None:
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(2018)
    cases = []
    settings = list(product((0.0, 0.3, 1.0), ("one", "reciprocal"), BIASES))
    for alpha, cardinality, bias in settings * 2:
        reference = draw(rng)
        prediction = np.roll(draw(rng), rng.integers(0, 9))
        n = min(len(reference), len(prediction))
        reference, prediction = reference[:n], prediction[:n]
        options = {"alpha": alpha, "cardinality": cardinality, "bias": bias}
        both = {"p_alpha": alpha, "r_alpha": alpha, "cardinality": cardinality, "p_bias": bias, "r_bias": bias}
        precision = ts_precision(reference, prediction, **options)
        recall = ts_recall(reference, prediction, **options)
        assert abs(range_precision(reference, prediction, **options) - precision) < 1e-12
        assert abs(range_recall(reference, prediction, **options) - recall) < 1e-12
        cases.append(
            {
                "prediction": "".join(map(str, prediction)),
                "reference": "".join(map(str, reference)),
                "settings": options,
                "prts": [float(precision), float(recall), float(ts_fscore(reference, prediction, beta=BETA, **both))],
                "aeon_f": float(range_f_score(reference, prediction, beta=BETA, **both)),
            }
        )
    about = {
        "tool": f"prts {version('prts')}, aeon {version('aeon')}",
        "python": platform.python_version(),
        "beta": BETA,
    }
    TARGET.write_text(json.dumps({"about": about, "cases": cases}) + "\n")


if __name__ == "__main__":
    main()
