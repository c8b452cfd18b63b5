"""Ask statsmodels (BSD-3) and krippendorff (GPL-3, as a black box) how well drawn annotators agree, second by second.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install statsmodels==0.15.0 krippendorff==0.9.0
    /tmp/peer/bin/python benchmarks/peers/ask_statsmodels.py

Three to five annotators cut a recording of whole seconds into runs of up to three labels and none. Both tools see one
rating a second; Fleiss' kappa of these is that of the time.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa, fleiss_kappa, to_table

TARGET = Path(__file__).parents[2] / "tests" / "data" / "annotators.json"
LABELS = ("", "a", "b", "c")
"""The first is none."""


def draw(rng: np.random.Generator) -> np.ndarray:
    """Return a label of each second and annotator, (seconds, annotators): runs of one truth, moved and relabelled."""
    length = int(rng.integers(40, 120))
    truth = np.repeat(rng.integers(0, 4, length), rng.integers(1, 9, length))[:length]
    raters = []
    for _ in range(int(rng.integers(3, 6))):
        own = np.roll(truth, int(rng.integers(-2, 3)))
        is_other = np.repeat(rng.random(length) < 0.1, 4)[:length]
        raters.append(np.where(is_other, rng.integers(0, 4, length), own))
    return np.stack(raters, axis=1)


def runs(labels: np.ndarray) -> list[list[Any]]:
    """Return the events of one annotator: onset, offset, label."""
    edges = [0, *(np.flatnonzero(np.diff(labels)) + 1).tolist(), len(labels)]
    return [[begin, end, LABELS[labels[begin]]] for begin, end in pairwise(edges) if labels[begin]]


def ask(ratings: np.ndarray) -> dict[str, Any]:
    answer: dict[str, Any] = {"fleiss": {}, "alpha": {}, "cohen": {}}
    for k in range(len(LABELS)):
        seen = ratings if k == 0 else (ratings == k).astype(int)
        name = "(all)" if k == 0 else LABELS[k]
        if k and not seen.any():
            continue
        table, _ = aggregate_raters(seen)
        answer["fleiss"][name] = float(fleiss_kappa(table))
        answer["alpha"][name] = float(krippendorff.alpha(seen.T, level_of_measurement="nominal"))
        pair, _ = to_table(seen[:, :2])
        answer["cohen"][name] = float(cohens_kappa(pair).kappa)
    return answer


def main() -> None:
    rng = np.random.default_rng(3)
    cases = []
    for _ in range(12):
        ratings = draw(rng)
        events = [runs(ratings[:, k]) for k in range(ratings.shape[1])]
        cases.append({"seconds": len(ratings), "raters": events, "answer": ask(ratings)})
    tool = f"statsmodels {version('statsmodels')}, krippendorff {version('krippendorff')}"
    TARGET.write_text(json.dumps({"tool": tool, "cases": cases}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
