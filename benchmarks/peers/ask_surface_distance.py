"""Ask DeepMind's surface-distance (Apache-2.0) for distances.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install surface-distance==0.1 "numpy<2"
    /tmp/peer/bin/python benchmarks/peers/ask_surface_distance.py

Both ways' means are given, weighted by area. In two dimensions the answers are of contours and their lengths.
"""

from __future__ import annotations

import warnings
from typing import Any

import surface_distance
from golden import ask_each, write
from masks import Pair, masks


def distances(pair: Pair) -> dict[str, Any]:
    surfaces = surface_distance.compute_surface_distances(pair.reference, pair.prediction, pair.spacing.tolist())
    of_reference, of_prediction = surface_distance.compute_average_surface_distance(surfaces)
    return {
        "hausdorff": surface_distance.compute_robust_hausdorff(surfaces, 100.0),
        "hd95": surface_distance.compute_robust_hausdorff(surfaces, 95.0),
        "mean of the reference's surface": of_reference,
        "mean of the prediction's surface": of_prediction,
        "surface dice 1 mm": surface_distance.compute_surface_dice_at_tolerance(surfaces, 1.0),
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    answers = {"distances": ask_each(distances, masks())}
    write("surface_distance", answers, ("surface-distance", "numpy", "scipy"))
