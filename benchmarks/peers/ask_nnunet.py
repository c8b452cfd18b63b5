"""Ask nnU-Net (Apache-2.0) what it writes of two folders: the values of docs/gallery/lesions/nnunet-output.md.

    python -m venv /tmp/peer
    /tmp/peer/bin/pip install nnunetv2==2.8.1                          # brings torch: pin a CPU build
    /tmp/peer/bin/python benchmarks/peers/ask_nnunet.py

The label maps are the page's: label 1 is what one of two radiologists outlined, label 2 what both did, and the fourth
case has no label 2. What is printed is the part of `summary.json` that has the means.
"""

from __future__ import annotations

import json
import tempfile
from importlib.metadata import version
from pathlib import Path

import nibabel as nib
import numpy as np
from nnunetv2.evaluation.evaluate_predictions import compute_metrics_on_folder
from nnunetv2.imageio.simpleitk_reader_writer import SimpleITKIO

NODULES = Path(__file__).parents[2] / "domains" / "lesions" / "data"
RATERS = {"predictions": (0, 2), "labelsTr": (1, 3)}
LABELS = [1, 2]
NUMBERS = ("Dice", "IoU")


def write_folder(folder: Path, raters: tuple[int, int]) -> None:
    folder.mkdir()
    for k in range(4):
        image = nib.load(NODULES / f"nodule_{k:02}.nii.gz")
        outlined = np.asarray(image.dataobj)[..., raters]
        labels = outlined.sum(axis=-1).astype("uint8")
        if k == 3:
            labels = labels.clip(max=1)
        nib.save(nib.Nifti1Image(labels, image.affine), folder / f"nodule_{k:03}.nii.gz")


def means_of(summary: dict) -> dict:
    by_label = {label: {name: values[name] for name in NUMBERS} for label, values in summary["mean"].items()}
    return {"mean": by_label, "foreground_mean": {name: summary["foreground_mean"][name] for name in NUMBERS}}


if __name__ == "__main__":
    folder = Path(tempfile.mkdtemp())
    for name, raters in RATERS.items():
        write_folder(folder / name, raters)
    written = folder / "summary.json"
    compute_metrics_on_folder(
        str(folder / "labelsTr"),
        str(folder / "predictions"),
        str(written),
        SimpleITKIO(),
        ".nii.gz",
        LABELS,
        num_processes=1,
    )
    print(f"nnU-Net {version('nnunetv2')}")
    print(json.dumps(means_of(json.loads(written.read_text())), indent=2))
