"""Ask panoptica (Apache-2.0) for distances, and for the panoptic quality of lesions under its matchers.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install panoptica==2.1.7
    /tmp/peer/bin/python benchmarks/peers/ask_panoptica.py

Distances: the low-level metrics on whole masks, with the spacing; NSD with its own tolerance, the least spacing, and
with 1 mm. Lesions: `Panoptica_Evaluator` on semantic masks; components and edge cases as they are by default.
"""

from __future__ import annotations

import warnings

import numpy as np
from golden import ask, ask_each, ask_each_setting, write
from masks import Pair, masks
from panoptica import (
    ConnectedComponentsInstanceApproximator,
    InputType,
    MaxBipartiteMatching,
    Metric,
    NaiveThresholdMatching,
    Panoptica_Evaluator,
)
from panoptica.instance_matcher import InstanceMatchingAlgorithm, MaximizeMergeMatching

DISTANCES = (Metric.HD, Metric.HD95, Metric.ASSD, Metric.NSD)
VALUES = ("tp", "fp", "fn", "n_pred_instances", "n_ref_instances", "rq", "sq", "pq", "sq_dsc", "pq_dsc", "sq_assd")
MATCHERS = {
    "naive iou 0.5": NaiveThresholdMatching(),
    "naive iou 0.1": NaiveThresholdMatching(matching_threshold=0.1),
    "naive iou 0.5 many to one": NaiveThresholdMatching(allow_many_to_one=True),
    "naive iou 0.1 many to one": NaiveThresholdMatching(matching_threshold=0.1, allow_many_to_one=True),
    "naive dice 0.5": NaiveThresholdMatching(matching_metric=Metric.DSC),
    "bipartite iou 0.5": MaxBipartiteMatching(),
    "bipartite iou 0.1": MaxBipartiteMatching(matching_threshold=0.1),
    "bipartite dice 1e-6": MaxBipartiteMatching(matching_metric=Metric.DSC, matching_threshold=1e-6),
    "merge iou 0.5": MaximizeMergeMatching(),
    "merge iou 0.1": MaximizeMergeMatching(matching_threshold=0.1),
}


def distances(pair: Pair) -> dict[str, object]:
    spacing = tuple(pair.spacing.tolist())
    sides = (pair.reference, pair.prediction)
    answers = {metric.name: ask(metric, *sides, voxelspacing=spacing) for metric in DISTANCES}
    answers["NSD 1 mm"] = ask(Metric.NSD, *sides, voxelspacing=spacing, threshold=1.0)
    return answers


def lesions(pair: Pair, matcher: InstanceMatchingAlgorithm) -> dict[str, object]:
    evaluator = Panoptica_Evaluator(
        expected_input=InputType.SEMANTIC,
        instance_approximator=ConnectedComponentsInstanceApproximator(),
        instance_matcher=matcher,
        instance_metrics=[Metric.DSC, Metric.IOU, Metric.ASSD],
        global_metrics=[Metric.DSC],
    )
    prediction = pair.prediction.astype(np.uint8)
    reference = pair.reference.astype(np.uint8)
    spacing = tuple(pair.spacing.tolist())
    result = evaluator.evaluate(prediction, reference, voxelspacing=spacing)["ungrouped"]
    return {value: ask(getattr, result, value) for value in VALUES}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    cases = masks()
    answers = {"distances": ask_each(distances, cases), "lesions": ask_each_setting(lesions, cases, MATCHERS)}
    write("panoptica", answers, ("panoptica", "numpy", "scipy", "connected-components-3d"))
