"""Ask MONAI (Apache-2.0) for distances, Dice by component, and the FROC curve of points.

    python -m venv /tmp/peer
    /tmp/peer/bin/pip install monai==1.6.1 scipy scikit-image          # brings torch: pin a CPU build
    /tmp/peer/bin/python benchmarks/peers/ask_monai.py

MONAI reduces in single precision. Its FROC takes points: here the centre of mass of each candidate, rounded, with the
candidate's score; a point counts if it lies in a reference lesion, and of several the best score is the lesion's.
Candidates and lesions are 26-connected components.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch
from golden import ask, ask_each, write
from masks import Pair, detections, masks
from monai.metrics import (
    DiceMetric,
    HausdorffDistanceMetric,
    SurfaceDiceMetric,
    SurfaceDistanceMetric,
    compute_fp_tp_probs_nd,
    compute_froc_curve_data,
    compute_froc_score,
)
from scipy import ndimage

TEN = [f"scan_{k}" for k in range(10)]
LUNA = (1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8)
CAMELYON = (1 / 4, 1 / 2, 1, 2, 4, 8)
BY_CORNERS = np.ones((3, 3, 3))
DISTANCES = {
    "hausdorff": HausdorffDistanceMetric(include_background=True),
    "hd95": HausdorffDistanceMetric(include_background=True, percentile=95),
    "asd symmetric": SurfaceDistanceMetric(include_background=True, symmetric=True),
    "surface dice 1 mm": SurfaceDiceMetric([1.0], include_background=True),
    "surface dice 1 mm, subvoxels": SurfaceDiceMetric([1.0], include_background=True, use_subvoxels=True),
}


def distances(pair: Pair) -> dict[str, Any]:
    return {name: ask(distance, metric, pair) for name, metric in DISTANCES.items()}


def distance(metric: Any, pair: Pair) -> float:
    prediction = as_batch(pair.prediction)
    reference = as_batch(pair.reference)
    return metric(prediction, reference, spacing=pair.spacing.tolist()).item()


def dice_by_component(pair: Pair) -> float:
    metric = DiceMetric(include_background=False, per_component=True, reduction="none")
    return metric(with_background(pair.prediction), with_background(pair.reference)).item()


def as_batch(mask: np.ndarray) -> torch.Tensor:
    return torch.as_tensor(mask)[None, None].float()


def with_background(mask: np.ndarray) -> torch.Tensor:
    return torch.as_tensor(np.stack([~mask, mask]))[None].float()


def froc(scans: dict[str, Pair]) -> dict[str, Any]:
    made_up = []
    found = []
    n_lesions = 0
    for scan in scans.values():
        lesions, _ = ndimage.label(scan.reference, BY_CORNERS)
        scores, points = candidates(scan.prediction)
        scan_made_up, scan_found, scan_lesions = compute_fp_tp_probs_nd(scores, points, lesions)
        made_up.extend(scan_made_up)
        found.extend(scan_found)
        n_lesions += scan_lesions
    rates, sensitivities = compute_froc_curve_data(np.array(made_up), np.array(found), n_lesions, len(scans))
    return {
        "false positives' scores": sorted(made_up),
        "lesions' scores": sorted(found),
        "fps_per_image": rates.tolist(),
        "total_sensitivity": sensitivities.tolist(),
        "score 1/4 to 8": compute_froc_score(rates, sensitivities, CAMELYON),
        "score 1/8 to 8": compute_froc_score(rates, sensitivities, LUNA),
    }


def candidates(confidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the score and the rounded centre of each candidate of a map."""
    labels, n = ndimage.label(confidence > 0, BY_CORNERS)
    numbers = np.arange(1, n + 1)
    scores = ndimage.maximum(confidence, labels, numbers)
    centres = ndimage.center_of_mass(confidence > 0, labels, numbers)
    return np.array(scores), np.rint(np.array(centres).reshape(-1, 3)).astype(int)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    cases = masks()
    scans = detections()
    answers = {
        "distances": ask_each(distances, cases),
        "dice by component": ask_each(dice_by_component, cases),
        "froc": {
            "ten scans": froc({name: scans[name] for name in TEN}),
            "all scans": froc({name: scan for name, scan in scans.items() if name.startswith("scan")}),
        },
    }
    write("monai", answers, ("monai", "torch", "numpy", "scipy"))
