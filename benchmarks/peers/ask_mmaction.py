"""Ask mmaction2 1.2.0 (Apache-2.0, its AR-AN is a port of ActivityNet's code) for the average recall of proposals.

    pip download --no-deps mmaction2==1.2.0 && python -m zipfile -e mmaction2-*.whl mmaction2
    python benchmarks/peers/ask_mmaction.py mmaction2/mmaction/evaluation/functional/accuracy.py FOLDER

FOLDER holds thumos14_gt.json and thumos14_synthetic_predictions.json. It needs numpy alone.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np

# numpy 2.4 has no trapz; and in double precision, as ActivityNet's own code and OpenTAD are
np.trapz = np.trapezoid  # type: ignore[attr-defined]  # noqa: NPY201
np.float32 = np.float64  # type: ignore[misc, assignment]


def main() -> None:
    code, folder = sys.argv[1:]
    spec = importlib.util.spec_from_file_location("accuracy", code)
    accuracy = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    spec.loader.exec_module(accuracy)  # type: ignore[union-attr]

    database = json.loads(Path(folder, "thumos14_gt.json").read_text())["database"]
    results = json.loads(Path(folder, "thumos14_synthetic_predictions.json").read_text())["results"]
    references = {}
    for video, entry in database.items():
        if entry["subset"].lower() == "test" and entry["annotations"]:
            references[video] = np.array([one["segment"] for one in entry["annotations"]], float)
    proposals = {video: np.zeros((0, 3)) for video in references}
    for video, found in results.items():
        proposals[video] = np.array([[*one["segment"], one["score"]] for one in found], float)
    n = sum(len(one) for one in proposals.values())

    _, average, number, area = accuracy.average_recall_at_avg_proposals(references, proposals, n, max_avg_proposals=100)
    print("AUC", area / number[-1])
    for k in (1, 10, 100):
        print(f"AR@{k}", average[k - 1])


if __name__ == "__main__":
    main()
