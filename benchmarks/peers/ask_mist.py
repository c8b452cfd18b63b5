"""Ask MIST (Apache-2.0) for lesion-wise scores by the rules of BraTS 2023, and for distances.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install mist-medical==2.3.0      # brings torch: pin a CPU build
    /tmp/peer/bin/python benchmarks/peers/ask_mist.py

Lesions: `compute_lesion_wise_metrics` with the least volume and the number of dilations of each challenge of 2023 (gli
stands for ssa and ped too); 3-D alone. It is not quite the script of 2023, which ask_brats2023.py asks: a lesion of
exactly the least volume counts here; what covers a lesion below it is made up; components touch by faces or edges (18
neighbours); a missed or made-up lesion costs the image's diagonal in HD95, not 374. Distances are DeepMind's.
"""

from __future__ import annotations

from typing import Any

from golden import ask_each, ask_each_setting, write
from masks import Pair, masks
from mist.metrics import segmentation_metrics
from mist.metrics.lesion_wise_metrics import compute_lesion_wise_metrics

SCORES = ["dice", "haus95", "surface_dice", "f1"]
SETTINGS = {
    "as it is by default": {},
    "gli": {"min_lesion_volume": 50.0, "dilation_iters": 3, "gt_consolidation_iters": 3},
    "men": {"min_lesion_volume": 50.0, "dilation_iters": 1, "gt_consolidation_iters": 1},
    "met": {"min_lesion_volume": 2.0, "dilation_iters": 1, "gt_consolidation_iters": 1},
    "gli without merging": {"min_lesion_volume": 50.0, "dilation_iters": 3, "gt_consolidation_iters": 0},
}


def lesions(pair: Pair, setting: dict[str, Any]) -> dict[str, float]:
    spacing = tuple(pair.spacing.tolist())
    return compute_lesion_wise_metrics(pair.prediction, pair.reference, spacing, SCORES, **setting)


def single_lesions(pair: Pair) -> list[dict[str, Any]]:
    spacing = tuple(pair.spacing.tolist())
    setting = SETTINGS["met"]
    return compute_lesion_wise_metrics(pair.prediction, pair.reference, spacing, SCORES, reduction="none", **setting)


def distances(pair: Pair) -> dict[str, Any]:
    spacing = tuple(pair.spacing.tolist())
    surfaces = segmentation_metrics.compute_surface_distances(pair.reference, pair.prediction, spacing)
    return {
        "hausdorff": segmentation_metrics.compute_robust_hausdorff(surfaces, 100.0),
        "hd95": segmentation_metrics.compute_robust_hausdorff(surfaces, 95.0),
        "average surface distance": segmentation_metrics.compute_average_surface_distance(surfaces),
        "surface dice 1 mm": segmentation_metrics.compute_surface_dice_at_tolerance(surfaces, 1.0),
    }


if __name__ == "__main__":
    cases = {name: pair for name, pair in masks().items() if pair.reference.ndim == 3}
    answers = {
        "settings": SETTINGS,
        "distances": ask_each(distances, cases),
        "lesions": ask_each_setting(lesions, cases, SETTINGS),
        "single lesions, met": ask_each(single_lesions, cases),
    }
    write("mist", answers, ("mist-medical", "numpy", "scipy"))
