"""Ask CC-Metrics (MIT and Apache-2.0) for scores in the Voronoi cell of each reference lesion.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install ccmetrics==0.0.3         # brings torch: pin a CPU build
    /tmp/peer/bin/python benchmarks/peers/ask_ccmetrics.py

Dice, HD95 and surface Dice (1 voxel) in each cell and their mean; in voxels, since its cells know no spacing. 3-D
alone. Where the reference is empty, Dice is 1 if the prediction is empty too, else 0.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from CCMetrics import CCDiceMetric, CCHausdorffDistance95Metric, CCSurfaceDiceMetric
from golden import ask, ask_each, write
from masks import Pair, masks

WORST_DISTANCE = 30.0


def scores(pair: Pair) -> dict[str, Any]:
    return {
        "dice": ask(by_cell, CCDiceMetric(), pair),
        "hd95": ask(by_cell, CCHausdorffDistance95Metric(metric_worst_score=WORST_DISTANCE), pair),
        "surface dice 1": ask(by_cell, CCSurfaceDiceMetric(class_thresholds=[1.0]), pair),
    }


def by_cell(metric: Any, pair: Pair) -> dict[str, Any]:
    metric(y_pred=_one_hot(pair.prediction), y=_one_hot(pair.reference))
    cells = metric.cc_aggregate(mode="overall")
    return {"mean": metric.cc_aggregate(mode="patient").item(), "cells": np.atleast_1d(cells.numpy()).tolist()}


def _one_hot(mask: np.ndarray) -> np.ndarray:
    """Return background and lesion as channels of a batch of one."""
    return np.stack([~mask, mask])[np.newaxis].astype(np.uint8)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    cases = {name: pair for name, pair in masks().items() if pair.reference.ndim == 3}
    answers = {"worst distance": WORST_DISTANCE, "lesions": ask_each(scores, cases)}
    write("ccmetrics", answers, ("ccmetrics", "monai", "torch", "scipy", "connected-components-3d"))
