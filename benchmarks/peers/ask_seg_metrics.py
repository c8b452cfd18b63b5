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
from golden import ask_each_setting, write
from masks import Pair, masks
from seg_metrics.seg_metrics import write_metrics

CONTOURS = {"fully connected": True, "by faces": False}
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


if __name__ == "__main__":
    logging.disable()
    answers = {"distances": ask_each_setting(distances, masks(), CONTOURS)}
    write("seg_metrics", answers, ("seg-metrics", "SimpleITK", "numpy"))
