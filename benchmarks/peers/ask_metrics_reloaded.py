"""Ask MetricsReloaded (Apache-2.0) for distances, boundary IoU and lesion-wise F1.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install numpy==2.4.6 scipy==1.17.1
    # and MetricsReloaded beside them: it is not on PyPI, so from a checkout of github.com/Project-MONAI/MetricsReloaded
    /tmp/peer/bin/python benchmarks/peers/ask_metrics_reloaded.py

No checkout could be had where the answers were made. They come from `BinaryPairwiseMeasures` at commit 00219d05 and
`MorphologyOps` at 076e2fc8: of these files, the methods that are called here, as they stand there. NSD is at 1 mm;
the boundary of boundary IoU is the border itself ("d1", its default) and 3 cells ("d3"). What an empty side gives has
changed since.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from golden import ask, ask_each, write
from masks import Pair, masks
from MetricsReloaded.metrics.pairwise_measures import BinaryPairwiseMeasures


def measures(pair: Pair, **arguments: float) -> BinaryPairwiseMeasures:
    prediction = pair.prediction.astype(np.int32)
    reference = pair.reference.astype(np.int32)
    return BinaryPairwiseMeasures(prediction, reference, pixdim=pair.spacing.tolist(), dict_args=arguments)


def distances(pair: Pair) -> dict[str, Any]:
    peer = measures(pair, nsd=1.0, boundary_dist=1)
    wide = measures(pair, boundary_dist=3)
    return {
        "hd": ask(peer.measured_hausdorff_distance),
        "hd_perc": ask(peer.measured_hausdorff_distance_perc),
        "assd": ask(peer.measured_average_distance),
        "masd": ask(peer.measured_masd),
        "nsd": ask(peer.normalised_surface_distance),
        "boundary_iou d1": ask(peer.boundary_iou),
        "boundary_iou d3": ask(wide.boundary_iou),
    }


def lesions(pair: Pair) -> dict[str, Any]:
    peer = measures(pair)
    return {
        "lesion_f1_score": ask(peer.lesion_f1_score),
        "lesion_ppv": ask(peer.lesion_ppv),
        "lesion_sensitivity": ask(peer.lesion_sensitivity),
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    cases = masks()
    answers = {"distances": ask_each(distances, cases), "lesions": ask_each(lesions, cases)}
    write("metrics_reloaded", answers, ("numpy", "scipy"), {"MetricsReloaded": "commit 00219d05"})
