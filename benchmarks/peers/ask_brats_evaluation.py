"""Ask brats-evaluation (AGPL-3.0), the package of the BraTS challenges of 2026, for lesion-wise scores.

    python -m venv /tmp/peer && /tmp/peer/bin/pip install brats-evaluation==0.0.10 "panoptica==2.1.7"
    /tmp/peer/bin/python benchmarks/peers/ask_brats_evaluation.py

A black box: its licence is not ours. It reads NIfTI files; every voxel of a mask gets label 1. Each challenge's
configuration answers for the whole tumour ("wt"; of radiotherapy "gtv"), and all six say the same, so one is kept:
"mets". 3-D alone.
"""

from __future__ import annotations

import contextlib
import io
import math
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nibabel
import numpy as np
from brats_evaluation import config_path, evaluate_single_exam
from golden import ask, write
from masks import Pair, masks
from panoptica import Panoptica_Evaluator

CHALLENGES = {"mets": "wt", "gli": "wt", "ped": "wt", "MenRT": "gtv", "MenPre": "wt", "GoAT": "wt"}
SCORES = (
    *("n_ref_instances", "n_pred_instances", "tp", "fp", "fn", "rq"),
    *("sq_dsc", "pq_dsc", "sq_hd95", "sq_nsd", "global_bin_dsc", "global_bin_hd95", "global_bin_nsd"),
)


def lesions(pair: Pair, folder: Path) -> dict[str, Any]:
    prediction = save(pair.prediction, pair.spacing, folder / "prediction.nii.gz")
    reference = save(pair.reference, pair.spacing, folder / "reference.nii.gz")
    answers = {challenge: evaluate(prediction, reference, challenge) for challenge in CHALLENGES}
    for other in answers.values():
        assert agree(answers["mets"], other)
    return answers["mets"]


def evaluate(prediction: str, reference: str, challenge: str) -> dict[str, Any]:
    with contextlib.redirect_stdout(io.StringIO()):
        evaluator = Panoptica_Evaluator.load_from_config(str(config_path(challenge)))
        answer = evaluate_single_exam(prediction, reference, "case", evaluator)
    group = answer[CHALLENGES[challenge]]
    return {score: float(group[score]) for score in SCORES}


def agree(one: dict[str, float], other: dict[str, float]) -> bool:
    return all(one[score] == other[score] or math.isnan(one[score]) and math.isnan(other[score]) for score in SCORES)


def save(mask: np.ndarray, spacing: np.ndarray, path: Path) -> str:
    nibabel.save(nibabel.Nifti1Image(mask.astype(np.uint8), np.diag([*spacing, 1.0])), path)
    return str(path)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    cases = {name: pair for name, pair in masks().items() if pair.reference.ndim == 3}
    with TemporaryDirectory() as folder:
        answers = {name: ask(lesions, pair, Path(folder)) for name, pair in cases.items()}
    write(
        "brats_evaluation",
        "what brats-evaluation says of the 3-D cases of masks.npz; made by benchmarks/peers/ask_brats_evaluation.py",
        ("brats-evaluation", "panoptica", "numpy", "scipy", "connected-components-3d"),
        {"lesions": answers},
    )
