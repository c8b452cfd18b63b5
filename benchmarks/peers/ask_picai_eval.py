"""Ask picai_eval (Apache-2.0) for AP, AUROC and the FROC curve of maps of detections.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install picai-eval==1.4.13
    /tmp/peer/bin/python benchmarks/peers/ask_picai_eval.py

`evaluate` on the ten drawn scans of detections.npz, on all thirteen, and on ten like its own test maps ("published",
whose AP of 5/18 and AUROC of 3/4 it publishes); at its least IoU of 0.1 and others. `evaluate_case` on each scan.
Candidates are the 26-connected components of the map, whatever their values; a candidate's score is its maximum. A
reference lesion that nobody found is a result of score 0. By default a candidate that overlaps enough, but is not
matched, is no false positive ("strict": it is one).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from golden import ask, ask_each_setting, write
from masks import Pair, detections
from picai_eval import evaluate
from picai_eval.eval import evaluate_case

SETTINGS = {
    "iou 0.1": {"min_overlap": 0.1},
    "iou 0.25": {"min_overlap": 0.25},
    "iou 0.5": {"min_overlap": 0.5},
    "dice 0.2": {"min_overlap": 0.2, "overlap_func": "DSC"},
    "iou 0.1 strict": {"min_overlap": 0.1, "allow_unmatched_candidates_with_minimal_overlap": False},
}
TEN = [f"scan_{k}" for k in range(10)]
FALSE_POSITIVES = (1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8)


def cohort(scans: dict[str, Pair], setting: dict[str, Any]) -> dict[str, Any]:
    metrics = evaluate(
        y_det=[scan.prediction for scan in scans.values()],
        y_true=[scan.reference for scan in scans.values()],
        subject_list=list(scans),
        num_parallel_calls=1,
        **setting,
    )
    return {
        "AP": metrics.AP,
        "auroc": metrics.auroc,
        "score": metrics.score,
        "num_lesions": metrics.num_lesions,
        "lesion_TPR": metrics.lesion_TPR.tolist(),
        "lesion_FPR": metrics.lesion_FPR.tolist(),
        "thresholds": np.asarray(metrics.thresholds).tolist(),
        "lesion_TPR_at_FPR": {str(rate): ask(metrics.lesion_TPR_at_FPR, rate) for rate in FALSE_POSITIVES},
    }


def single_scan(scan: Pair, setting: dict[str, Any]) -> dict[str, Any]:
    results, confidence, _, _ = evaluate_case(scan.prediction, scan.reference, **setting)
    return {"results": sorted(results, reverse=True), "case_confidence": confidence}


if __name__ == "__main__":
    scans = detections()
    ten = {name: scans[name] for name in TEN}
    drawn_and_built = {name: scan for name, scan in scans.items() if name.startswith("scan")}
    published = {name: scan for name, scan in scans.items() if name.startswith("published")}
    cohorts = {"ten scans": ten, "all scans": drawn_and_built, "published": published}
    answers = {
        "settings": SETTINGS,
        **ask_each_setting(cohort, cohorts, SETTINGS),
        "scans": ask_each_setting(single_scan, scans, SETTINGS),
    }
    write("picai_eval", answers, ("picai-eval", "numpy", "scipy", "scikit-learn"))
