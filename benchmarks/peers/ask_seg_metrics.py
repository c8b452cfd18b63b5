"""Ask seg-metrics (MIT) for distances.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install seg-metrics==1.2.8
    /tmp/peer/bin/python benchmarks/peers/ask_seg_metrics.py

`write_metrics` on arrays, with both contours that it offers: fully connected (its default) and not. It works in single
precision. "msd" is the mean over both directions' points together.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from golden import ask, write
from masks import Pair, masks
from seg_metrics.seg_metrics import write_metrics

DISTANCES = ("hd", "hd95", "msd", "mdsd", "stdsd")


def distances(pair: Pair, fully_connected: bool) -> dict[str, Any]:
    answers = write_metrics(
        labels=[1],
        gdth_img=pair.reference.astype(np.uint8),
        pred_img=pair.prediction.astype(np.uint8),
        spacing=pair.spacing,
        metrics=list(DISTANCES),
        fully_connected=fully_connected,
    )[0]
    return {name: answers[name][0] for name in DISTANCES}


def both_contours(pair: Pair) -> dict[str, Any]:
    return {
        "fully connected": ask(distances, pair, True),
        "by faces": ask(distances, pair, False),
    }


if __name__ == "__main__":
    logging.disable()
    write(
        "seg_metrics",
        "what seg-metrics says of masks.npz; made by benchmarks/peers/ask_seg_metrics.py",
        ("seg-metrics", "SimpleITK", "numpy"),
        {"distances": {name: both_contours(pair) for name, pair in masks().items()}},
    )
