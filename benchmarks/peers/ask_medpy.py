"""Ask MedPy (GPL-3.0) for distances.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install medpy==0.5.2
    /tmp/peer/bin/python benchmarks/peers/ask_medpy.py

A black box: its licence is not ours.
"""

from __future__ import annotations

from typing import Any

from golden import ask, ask_each, write
from masks import Pair, masks
from medpy.metric import binary


def distances(pair: Pair) -> dict[str, Any]:
    sides = (pair.prediction, pair.reference)
    spacing = pair.spacing.tolist()
    return {
        "hd": ask(binary.hd, *sides, voxelspacing=spacing),
        "hd95": ask(binary.hd95, *sides, voxelspacing=spacing),
        "assd": ask(binary.assd, *sides, voxelspacing=spacing),
    }


if __name__ == "__main__":
    answers = {"distances": ask_each(distances, masks())}
    write("medpy", answers, ("medpy", "numpy", "scipy"))
