"""Write tests/data/lesions_rankseg.json: how large the masks are that rankseg decides for.

    python benchmarks/peers/rankseg_masks.py

It needs an environment with rankseg and numpy, and nothing of this project. The maps are written as a formula, which
the test has too. BA is the method of the paper; eps and pruning_prob are as exact as it goes.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from rankseg import rankdice_ba

SHAPE = (26, 22, 14)
LESIONS = {
    "one, sharp": [(11.3, 10.6, 6.2, 5.0, 0.4)],
    "one, soft": [(11.3, 10.6, 6.2, 5.0, 1.5)],
    "one, very soft": [(11.3, 10.6, 6.2, 3.0, 3.0)],
    "a sharp and a soft one": [(8.2, 8.4, 5.1, 4.0, 0.5), (19.4, 15.3, 9.7, 2.0, 1.2)],
    "hardly there": [(12.1, 9.9, 7.3, 0.5, 1.0)],
}
"""Centre (three), radius and softness of each lesion, in voxels."""


def probability(lesions: list[tuple[float, ...]]) -> np.ndarray:
    """Return the chance that at least one of the lesions holds a voxel."""
    places = np.indices(SHAPE, dtype=float)
    none = np.ones(SHAPE)
    for x, y, z, radius, softness in lesions:
        away = np.sqrt((places[0] - x) ** 2 + (places[1] - y) ** 2 + (places[2] - z) ** 2)
        none *= 1 - 1 / (1 + np.exp((away - radius) / softness))
    return 1 - none


def main() -> None:
    """Write the file."""
    maps = {}
    for name, lesions in LESIONS.items():
        p = probability(lesions)
        sizes = {}
        for solver in ("BA", "TRNA"):
            mask = rankdice_ba(torch.as_tensor(p[None, None]), solver=solver, eps=1e-12, pruning_prob=0.0)
            sizes[solver] = int(mask.sum())
        maps[name] = {"lesions": lesions, "voxels": sizes, "voxels at 0.5": int((p >= 0.5).sum())}
    found = {"versions": {"rankseg": version("rankseg")}, "shape": SHAPE, "maps": maps}
    path = Path(__file__).parents[2] / "tests" / "data" / "lesions_rankseg.json"
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
