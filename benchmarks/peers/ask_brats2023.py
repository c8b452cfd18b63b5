"""Ask the script of the BraTS challenges of 2023 for lesion-wise scores.

    python -m venv /tmp/peer
    /tmp/peer/bin/pip install surface-distance==0.1 numpy==1.24.4 scipy==1.11.4 pandas==2.0.3 nibabel==5.2.1 \\
        connected-components-3d==3.12.4
    # and brats_2023_metrics of github.com/rachitsaluja/BraTS-2023-Metrics, commit 0c603fcc, beside them, with the
    # distances of surface-distance, which the script brings an older copy of
    /tmp/peer/bin/python benchmarks/peers/ask_brats2023.py

The script is not on PyPI and has no licence: it is a black box here. From numpy 1.25 on it raises where a lesion met
several predicted ones. It reads NIfTI files; every voxel of a mask gets
label 3, so that its three tissues agree, and WT is kept. 3-D alone.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nibabel
import numpy as np
from brats_2023_metrics.surface_distance.brats_metrics import get_lesion_wise_results
from golden import ask_each_setting, write
from masks import Pair, masks

CHALLENGES = {name: f"BraTS-{name}" for name in ("GLI", "SSA", "PED", "MEN", "MET")}
SCORES = (
    "Num_TP",
    "Num_FP",
    "Num_FN",
    "Lesion_Wise_Score_Dice",
    "Lesion_Wise_Score_HD95",
    "Legacy_Dice",
    "Legacy_HD95",
)
ENHANCING = 3


def lesions(pair: Pair, challenge: str) -> dict[str, Any]:
    with TemporaryDirectory() as folder:
        prediction = save(pair.prediction, pair.spacing, Path(folder) / "prediction.nii.gz")
        reference = save(pair.reference, pair.spacing, Path(folder) / "reference.nii.gz")
        table = get_lesion_wise_results(prediction, reference, challenge)
    whole_tumour = table[table["Labels"] == "WT"].iloc[0]
    return {score: whole_tumour[score] for score in SCORES}


def save(mask: np.ndarray, spacing: np.ndarray, path: Path) -> str:
    labels = (ENHANCING * mask).astype(np.uint8)
    nibabel.save(nibabel.Nifti1Image(labels, np.diag([*spacing, 1.0])), path)
    return str(path)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    cases = {name: pair for name, pair in masks().items() if pair.reference.ndim == 3}
    tools = ("surface-distance", "numpy", "scipy", "pandas", "connected-components-3d")
    answers = {"lesions": ask_each_setting(lesions, cases, CHALLENGES)}
    write("brats2023", answers, tools, {"BraTS-2023-Metrics": "commit 0c603fcc"})
