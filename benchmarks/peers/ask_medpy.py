"""Ask MedPy (GPL-3.0) for distances.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install medpy==0.5.2
    /tmp/peer/bin/python benchmarks/peers/ask_medpy.py

A black box: its licence is not ours.
"""

from __future__ import annotations

from typing import Any

from golden import ask, write
from masks import Pair, masks
from medpy.metric import binary


def distances(pair: Pair) -> dict[str, Any]:
    spacing = pair.spacing.tolist()
    return {
        metric.__name__: ask(metric, pair.prediction, pair.reference, voxelspacing=spacing)
        for metric in (binary.hd, binary.hd95, binary.assd)
    }


if __name__ == "__main__":
    write(
        "medpy",
        "what MedPy says of masks.npz; made by benchmarks/peers/ask_medpy.py",
        ("medpy", "numpy", "scipy"),
        {"distances": {name: distances(pair) for name, pair in masks().items()}},
    )
